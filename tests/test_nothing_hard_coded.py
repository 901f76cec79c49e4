"""A rule that is good on the labelled cases must be good anywhere: no name of a case stands in a rule or in code."""

from __future__ import annotations

import json
import re
import tarfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = ROOT.parent / "shared" / "bench" / "opsbench-dev.tar.xz"
_OF_ANY_CLUSTER = {"master", "frontend", "default"}
_IMAGE = re.compile(rb"image: *\"?([a-z0-9./-]+)(?::([\w.-]+))?")


@cache
def names_of_cases() -> frozenset[str]:
    """Applications, nodes, namespaces, images and versions of images of the labelled cases."""
    found: set[str] = set()
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            if member.name.endswith("labels.json"):
                labels = json.load(tar.extractfile(member))  # type: ignore[arg-type]
                for label in labels.values():
                    found |= {label["fault_object"].split("/", 1)[1], label["namespace"]}
            elif "/yaml/" in member.name and member.isfile():
                found.add(Path(member.name).stem)
                data = tar.extractfile(member)
                for image, tag in _IMAGE.findall(data.read() if data else b""):
                    found |= {image.decode(), image.decode().rpartition("/")[2], tag.decode()}
    plain = re.compile(r"[\d.]{1,4}|latest|stable|[a-z]{1,7}|v?\d")
    return frozenset(name for name in found - _OF_ANY_CLUSTER if len(name) > 3 and not plain.fullmatch(name))


@pytest.mark.skipif(not ARCHIVE.is_file(), reason="the labelled cases are not beside the project")
@pytest.mark.parametrize("folder", ["rules", "diagnose", "benchmarks/accuracy"])
def test_no_name_of_a_case_stands_in(folder: str) -> None:
    names = sorted(names_of_cases(), key=len, reverse=True)
    assert len(names) > 50
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, names)) + r")(?![\w-])")
    told = {
        f"{path.relative_to(ROOT)}: {hit}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".yaml", ".py", ".html", ".js") and not path.name.endswith("_test.py")
        for hit in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert told == set()
