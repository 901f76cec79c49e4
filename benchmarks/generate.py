"""Write a synthetic cluster as `kubectl get KIND -A -o json` would save it, and its truth.

    python benchmarks/generate.py --pods 100000 --out FOLDER

The same arguments give the same bytes. Objects go to disk as they are made, so the size of the
cluster is limited by the disk alone. The roots of what is broken go to FOLDER.truth.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cluster import Cluster, Scale
from benchmarks.dump import DumpWriter, truth_path


def generate(folder: Path, scale: Scale, pretty: bool = False) -> dict[str, int]:
    """Write the dump and its truth; returns how many objects each file got."""
    cluster = Cluster(scale)
    truth = truth_path(folder)
    truth.unlink(missing_ok=True)
    with DumpWriter(folder, pretty) as dump:
        for made in cluster.objects():
            dump.add(made)
    truth.write_text(json.dumps(cluster.roots, indent=1) + "\n", encoding="utf-8")
    return dump.counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write a synthetic cluster dump.")
    parser.add_argument("--pods", type=int, default=20_000, help="how many pods (default: 20000)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to write it")
    parser.add_argument(
        "--format",
        choices=("json", "pretty"),
        default="json",
        help="json is compact, pretty is indented as kubectl does it (default: json)",
    )
    parser.add_argument(
        "--broken",
        type=float,
        default=0.02,
        help="fraction of the workloads that is broken (default: 0.02)",
    )
    parser.add_argument("--seed", type=int, default=1, help="which cluster (default: 1)")
    chosen = parser.parse_args(arguments)
    scale = Scale(chosen.pods, chosen.broken, chosen.seed)
    try:
        counts = generate(chosen.out, scale, pretty=chosen.format == "pretty")
    except ValueError as error:
        parser.error(str(error))
    for name, count in counts.items():
        size = (chosen.out / name).stat().st_size
        print(f"{size / 1e6:10.1f} MB {count:9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
