"""Every run's findings in a database: since when each is there, how often it came back, what is gone.

`open_history(url)` gives a `History`; `History.record(...)` compares a report with the runs before and keeps it, in one
transaction. SQLAlchemy is imported here and nowhere else; the clock is the caller's.
"""

from diagnose.history.database import open_history
from diagnose.history.identity import Identity, identity_of
from diagnose.history.record import History, Run

__all__ = ["History", "Identity", "Run", "identity_of", "open_history"]
