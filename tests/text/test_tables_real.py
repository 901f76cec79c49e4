"""Real objects as kubectl prints them in tables: what the rows tell is true of the objects."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from diagnose.snapshot import Builder
from diagnose.sources.text.base import Block
from diagnose.sources.text.gets import GETS
from diagnose.sources.text.rows import STATUS_COLUMN
from tests.text.agreement import differences
from tests.text.printing import PRINTERS
from tests.text.texts import table

SHARED = Path(__file__).parent.parent.parent.parent / "shared"
DUMPS = SHARED / "dumps" / "real-1.36"
pytestmark = pytest.mark.skipif(not DUMPS.is_dir(), reason=f"{DUMPS} is not there")
NOT_SHOWN = ("$.metadata.creationTimestamp", f"$.metadata.annotations.{STATUS_COLUMN}")


def real_objects(kind: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted(DUMPS.glob("*/get/*.json")):
        items = json.loads(path.read_bytes()).get("items") or []
        found += [item for item in items if item.get("kind") == kind and item["apiVersion"] in ("v1", "apps/v1")]
    return found


@pytest.mark.parametrize("kind", PRINTERS)
def test_what_a_row_tells_is_true(kind: str) -> None:
    columns, printed = PRINTERS[kind]
    wrong = defaultdict(list)
    seen = real_objects(kind)
    for real in seen:
        lines = table(columns, printed(real)).rstrip("\n").split("\n")
        into = Builder()
        GETS.read(Block(tuple(lines), "f", "f"), into)
        (telling,) = into.told
        assert into.warnings == []
        assert telling.key.kind == kind and telling.name == real["metadata"]["name"]
        for at, told, there in differences(telling.fields, real):
            if at not in NOT_SHOWN:
                wrong[at].append((telling.name, told, there))
    assert [(at, *case) for at, cases in wrong.items() for case in cases] == []
    assert seen or kind in ("PersistentVolumeClaim", "PersistentVolume", "StatefulSet")
