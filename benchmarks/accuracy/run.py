"""Score the program on the labelled root-cause cases (shared/bench) and print accuracy at 1 and 3, per class.

python benchmarks/accuracy/run.py                    all cases
python benchmarks/accuracy/run.py --class 'pvc_*'    some classes; every option of score.py works

The cases are unpacked once, into a folder of the system's temporary directory (or `--cases DIR`). What a cause of
the program means in the terms of the cases stands in classes.yaml.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = Path(os.environ.get("DIAGNOSE_BENCH", HERE.parents[2] / "shared" / "bench"))
ARCHIVE = BENCH / "opsbench-dev.tar.xz"


def unpacked(archive: Path) -> Path:
    """The folder with the cases and labels; unpacked when it is not there yet."""
    mark = hashlib.sha256(f"{archive}{archive.stat().st_size}{archive.stat().st_mtime}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"kube-diagnose-cases-{mark}"
    if not (folder / "dev-labels.json").is_file():
        part = Path(tempfile.mkdtemp(prefix="kube-diagnose-cases-"))
        with tarfile.open(archive) as tar:
            tar.extractall(part, filter="data")
        part.rename(folder)
    return folder


def main() -> int:
    if not ARCHIVE.is_file():
        print(f"{ARCHIVE} is not here: the cases are not part of this project", file=sys.stderr)
        return 2
    folder = unpacked(ARCHIVE)
    program = Path(sys.executable).with_name("diagnose")
    command = [sys.executable, str(BENCH / "score.py"), "--cases", str(folder / "dev")]
    command += ["--labels", str(folder / "dev-labels.json"), "--classes", str(HERE / "classes.yaml"), *sys.argv[1:]]
    return subprocess.call([*command, "--", str(program), "dump", "-q", "-o", "json"])


if __name__ == "__main__":
    sys.exit(main())
