"""Kinds without a describer of their own: kubectl prints all fields, with their names in words (`API Version`)."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import KindKey, key_of
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, Lines
from diagnose.sources.text.describe.table import Fields
from diagnose.sources.text.late import late
from diagnose.told import Whole

_WORDS = late(r"[A-Za-z]+(?: [A-Za-z-]+)*\Z")
_SPOKEN = frozenset({"Name", "Namespace", "Labels", "Annotations", "API Version", "Kind", "Events", "Metadata"})
_TIME = late(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


def kind_of(lines: Lines) -> KindKey | None:
    """The kind that the text itself names."""
    named = {line.key: line.value for line in lines if line.key in ("API Version", "Kind")}
    if len(named) < 2:
        return None
    return key_of(named["API Version"], named["Kind"])


def fields(lines: Lines) -> Fields:
    """What is told for certain: labels, times, conditions, and fields of words below `Spec` and `Status`."""
    told: Fields = {}
    for line in lines:
        if line.key in ("Labels", "Annotations"):
            read = values.labels if line.key == "Labels" else values.annotation_map
            told.setdefault("metadata", {})[line.key.lower()] = read(line)
        elif line.key == "API Version":
            told["apiVersion"] = line.value
        elif line.key == "Metadata":
            told.setdefault("metadata", {}).update(_metadata(line))
        elif line.key in ("Spec", "Status") and line.below:
            told[line.key.lower()] = _of(line)
    return told


def _metadata(line: Line) -> Fields:
    found = {below.key: below.value for below in line.below}
    told: Fields = {"deletionTimestamp": found.get("Deletion Timestamp")}
    for words, name in (("Creation Timestamp", "creationTimestamp"), ("UID", "uid")):
        if words in found:
            told[name] = found[words]
    if found.get("Generation", "").isdecimal():
        told["generation"] = int(found["Generation"])
    return told


def _of(line: Line) -> Fields:
    """Fields by their words. A key that stands twice belongs to a list, whose elements the text does not divide."""
    keys = [below.key for below in line.below]
    told: Fields = {}
    for below in line.below:
        name = _name(below.key)
        if not name or keys.count(below.key) > 1:
            continue
        if below.key == "Conditions":
            told[name] = values.opened(_elements(below.below), below)
        elif below.below:
            inner = _of(below)
            if inner:
                told[name] = inner
        elif below.value:
            told[name] = _scalar(below.value)
    return told


def _elements(lines: Lines) -> list[Any]:
    """The conditions of a list: the fields of each are sorted, and each has a type, which is the last."""
    found: list[Any] = []
    one: Fields = {}
    for line in lines:
        name = _name(line.key)
        if name:
            one[name] = line.value if name in ("status", "type", "reason") else _scalar(line.value)
        if line.key == "Type":
            found.append(Whole(one))
            one = {}
    return found


def _name(words: str) -> str:
    """`Last Transition Time` is lastTransitionTime; "" for what is no name in words."""
    if not _WORDS.match(words):
        return ""
    first, *rest = words.split(" ")
    return "".join((first.lower() if first.isupper() else first[:1].lower() + first[1:], *rest))


def _scalar(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    if value.isdecimal() and len(value) < 16:
        return int(value)
    return value
