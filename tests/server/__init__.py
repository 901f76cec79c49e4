"""An API server for tests: it speaks the list protocol of Kubernetes over TLS, and can be told to misbehave.

    with ApiServer(Store.of(objects)) as server:
        file = server.kubeconfig(tmp_path / "config")

`python -m tests.server FOLDER` serves a folder that `diagnose collect` or `kubectl get -o json` wrote.
"""

from tests.server.faults import Fault
from tests.server.server import ApiServer
from tests.server.store import Store

__all__ = ["ApiServer", "Fault", "Store"]
