"""JSON that ends in the middle, or holds what no JSON may: as much of it as can be used.

A collector that was killed leaves a list without its end. Its whole items are kept: each is skipped
by the decoder itself, so the work is linear in the size of the file.
"""

from __future__ import annotations

import re

import msgspec

TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_SEPARATOR = re.compile(rb"\s*,\s*")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL
)
_HEAD = 1 << 20
_raw = msgspec.json.Decoder(msgspec.Raw)


class CutOff(msgspec.DecodeError):
    """The rest of a document could not be read; what came before it was."""


def end_of_value(view: memoryview) -> int | None:
    """Where the first JSON value of some text ends; None when it does not."""
    try:
        _raw.decode(view)
    except msgspec.DecodeError as error:
        found = TRAILING.search(str(error))
        return int(found[1]) - 1 if found else None
    except RecursionError:
        return None
    return len(view)


def without_lone_surrogates(view: memoryview) -> bytes | None:
    """The text with halves of surrogate pairs replaced, if that makes it JSON."""
    if not _SURROGATE.search(view):
        return None
    text = _ESCAPES.sub(lambda found: b"\\ufffd" if len(found[0]) == 6 else found[0], bytes(view))
    return text if end_of_value(memoryview(text)) is not None else None


def whole_items(view: memoryview) -> tuple[bytes, int] | None:
    """A list closed after its last whole item, and how many there are; None when there are none."""
    begin = _first_item(view)
    if begin is None:
        return None
    position = last = begin
    count = 0
    while (length := end_of_value(view[position:])) is not None:
        last = position + length
        count += 1
        separator = _SEPARATOR.match(view, last)
        if separator is None:
            break
        position = separator.end()
    if not count:
        return None
    head = bytes(view[:begin])
    kind = b"" if b'"kind"' in head else b',"kind":"List"'
    return bytes(view[:last]) + (b"]" + kind + b"}" if head.lstrip().startswith(b"{") else b"]"), count


def _first_item(view: memoryview) -> int | None:
    head = bytes(view[:_HEAD])
    start = len(head) - len(head.lstrip())
    if head[start : start + 1] == b"[":
        return start + 1
    found = _ITEMS.search(head)
    if found is None or end_of_value(memoryview(head[: found.start()] + b'"items":[]}')) is None:
        return None
    return found.end()
