"""Serve a folder until the process is ended: `python -m tests.server FOLDER --kubeconfig FILE`."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from tests.server import ApiServer, Store


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a folder of lists as a Kubernetes API.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="where to write one for the server")
    parser.add_argument("--date", help="what the server says the time is (RFC 9110)")
    parser.add_argument("--compress", action="store_true", help="compress large answers, as real servers do")
    chosen = parser.parse_args()
    date = {"date": chosen.date} if chosen.date else {}
    with ApiServer(Store.from_folder(chosen.folder), compressed=chosen.compress, **date) as server:
        server.kubeconfig(chosen.kubeconfig)
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
