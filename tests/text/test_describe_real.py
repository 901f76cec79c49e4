"""Real objects in describe form tell what they are; real describe texts load without a warning."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from diagnose.snapshot import Builder
from diagnose.sources.text.base import Block
from diagnose.sources.text.describe import DESCRIBE
from tests.text.agreement import differences
from tests.text.described import ENDS, KINDS, describe
from tests.text.described_more import WITHOUT_EVENTS
from tests.text.reading import read, tellings

SHARED = Path(__file__).parent.parent.parent.parent / "shared"
DUMPS = SHARED / "dumps" / "real-1.36"
CASES = SHARED / "bench" / "opsbench-dev.tar.xz"
_RENDERED_OTHERWISE = ("$.allocated", "$.status.currentMetrics", "$.spec.ipFamilyPolicy")


def _objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(DUMPS.glob("*/get/*.json")):
        for item in json.loads(path.read_text()).get("items") or ():
            if item["kind"] in KINDS:
                yield path.parent.parent.name, item


def test_what_is_told_of_real_objects_is_true() -> None:
    if not DUMPS.is_dir():
        pytest.skip("../shared/dumps is not there")
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for dump, real in _objects():
        kind = real["kind"]
        text = describe(real, () if kind in WITHOUT_EVENTS else (ENDS,))
        into = read(text, f"describe/{kind.lower()}/a.txt")
        wrong += [f"{dump} {kind}: {w.message}" for w in into.warnings]
        told = next(t for t in tellings(into) if t.key.kind == kind)
        assert told.name == real["metadata"]["name"]
        seen[kind] += 1
        wrong += [
            f"{dump} {kind} {told.name} {at}: {a!r}, not {b!r}"
            for at, a, b in differences(told.fields, real)
            if not at.startswith(_RENDERED_OTHERWISE) and ".taints[" not in at
        ]
    assert wrong == []
    assert seen["Pod"] > 100 and len(seen) > 20


def test_a_list_of_all_objects_of_a_kind_is_divided() -> None:
    if not DUMPS.is_dir():
        pytest.skip("../shared/dumps is not there")
    pods = [item for _, item in _objects() if item["kind"] == "Pod"]
    into = read("\n\n".join(describe(pod) for pod in pods))
    assert [t.name for t in tellings(into) if t.rank == 3] == [pod["metadata"]["name"] for pod in pods]
    assert not into.warnings


def test_describe_texts_of_other_clusters_load_without_a_warning() -> None:
    if not CASES.is_file():
        pytest.skip("../shared/bench is not there")
    into = Builder()
    unread: list[str] = []
    count = 0
    with tarfile.open(CASES) as archive:
        for member in archive:
            if "/describe/" not in member.name or not member.isfile():
                continue
            extracted = archive.extractfile(member)
            text = extracted.read().decode() if extracted else ""
            block = Block(tuple(text.split("\n")), member.name, member.name)
            count += 1
            if DESCRIBE.recognises(block):
                DESCRIBE.read(block, into)
            elif not text.startswith("Error from server"):
                unread.append(member.name)
    assert count > 30_000
    assert unread == []
    assert [(w.file, w.message) for w in into.warnings] == []
