"""The journals of a must-gather: each host's lines, as they stand in the file that the hosts share."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from diagnose.sources.must_gather import _HOST, _lines_of

_LINE = re.compile(rb"[A-Z][a-z]{2} [ \d]\d [\d:.]+ (\S+) .*")
_lines = st.lists(
    st.sampled_from(
        [
            b"Jan 02 03:04:05 master-a kubelet[1]: one",
            b"Aug  3 03:04:05.123456 master-b kubelet[1]: two",
            b"Aug  3 03:04:05.123456 master-a.b kubelet[1]: three",
            b"Aug  3 03:04:05 master-a ",
            b"-- Logs begin at Tue 2021-08-03 --",
            b"  Jan 02 03:04:05 master-a indented",
            b"",
            b"\xff\x00",
        ]
    )
)


@given(_lines, st.booleans())
@example([b"Jan 02 03:04:05 master-a x", b"Jan 02 03:04:05 master-a x"], False)
def test_the_lines_of_each_host(lines: list[bytes], ends: bool) -> None:
    journal = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    said: dict[bytes, bytes] = {}
    for line in journal.split(b"\n"):
        found = _LINE.fullmatch(line)
        if found:
            said[found[1]] = said.get(found[1], b"") + line + b"\n"
    assert set(_HOST.findall(b"\n" + journal)) == set(said)
    for host in (b"master-a", b"master-b", b"master-a.b", b"master"):
        wanted = said.get(host, b"")
        assert _lines_of(lambda: journal, host) in (wanted, wanted[:-1])


def test_a_journal_that_breaks_off_has_no_newline_at_its_end() -> None:
    line = b"Jan 02 03:04:05 master-a x"
    assert _lines_of(lambda: line, b"master-a") == line
    assert _lines_of(lambda: line + b"\n" + line, b"master-a") == line + b"\n" + line
    assert _lines_of(lambda: line + b"\nother", b"master-a") == line + b"\n"
    assert _lines_of(lambda: b"", b"master-a") == b""
