"""What goes wrong, as often as it is told to, on the requests that a pattern fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock


@dataclass
class Fault:
    """`what` is a status (429, 500, 503, 410, 401) or one of: `cut` (the answer breaks off), `broken` (its JSON does),
    `html` (a proxy answers), `hang` (no answer), `reset` (the connection is closed).

    `where` is searched for in the path with its query. `times` None is always; `after` seconds go into Retry-After.
    """

    where: str
    what: int | str
    times: int | None = 1
    after: str | None = None

    def __post_init__(self) -> None:
        self._lock = Lock()
        self.done = 0

    def hits(self, url: str) -> bool:
        """Whether it happens to this request."""
        if not re.search(self.where, url):
            return False
        with self._lock:
            if self.times is not None and self.done >= self.times:
                return False
            self.done += 1
            return True
