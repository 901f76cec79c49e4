"""Logs: read only when asked, only so much of them, and without what frames them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.logs import LIMIT, ContainerLog, Log, NodeLog


def log(text: str, framing: str = "plain") -> Log:
    return Log.of_text("x", text, framing)


STAMP = "2026-01-01T12:00:00.123456789Z"


@pytest.mark.parametrize(
    ("framing", "raw", "text"),
    [
        ("plain", "one\r\ntwo\n", "one\ntwo\n"),
        ("plain", f"{STAMP} kept", f"{STAMP} kept"),
        ("stamped", f"{STAMP} one\n{STAMP} {STAMP} two\nthree", f"one\n{STAMP} two\nthree"),
        ("stamped", "2026-01-01T12:00:00+02:00 one", "one"),
        ("cri", f"{STAMP} stdout F one\n{STAMP} stderr F two\nodd", "one\ntwo\nodd"),
        ("cri", f"{STAMP} stdout P on\n{STAMP} stdout P e \n{STAMP} stdout F line", "one line"),
        ("cri", f"{STAMP} stdout P open end", "open end"),
        ("cri", f"{STAMP} stdout F", ""),
        ("docker", json.dumps({"log": "one\n", "stream": "stdout"}) + "\nodd\n{broken", "one\nodd\n{broken"),
        ("docker", '{"log": 3}\n{"other": 1}\n[1]', '3\n{"other": 1}\n[1]'),
        ("docker", '{"log":' + "[" * 5000, '{"log":' + "[" * 5000),
    ],
)
def test_framing_is_taken_off(framing: str, raw: str, text: str) -> None:
    assert log(raw, framing).text == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00b\x07c\x7f", "abc"),
        ("\x1b]0;title\x07x", "0;titlex"),
        ("tab\tstays", "tab\tstays"),
        ("over\rwrite", "overwrite"),
    ],
)
def test_what_a_terminal_would_act_on_is_gone(raw: str, text: str) -> None:
    assert log(raw).text == text


@pytest.mark.parametrize("framing", ["plain", "stamped"])
def test_a_part_is_found_as_it_stands_in_the_text(framing: str) -> None:
    coloured = log(f"{STAMP} no \x1b[31mspace\x1b[0m left\r\n{STAMP} disk\x00 full\n", framing)
    assert coloured.has("no space left") and coloured.has("disk full")
    assert not coloured.has("31m") and not coloured.has("left" + STAMP[:4])
    assert log(f"{STAMP} one\n", framing).has(STAMP) is (framing == "plain")
    assert log(f"{STAMP} one\n", framing).has("one") and not log(f"{STAMP} one\n", framing).has("two")


@given(st.text(st.sampled_from("ab \t\r\n\x00\x1b[31m\x7fé\x85\u2028")), st.sampled_from(["plain", "stamped", "cri"]))
def test_control_characters_are_gone_from_any_text(raw: str, framing: str) -> None:
    found = log(raw, framing)
    assert not set(found.text) & set(map(chr, [*range(9), *range(11, 32), 127]))
    assert all(found.has(part) == (part in found.text) for part in ("a", "ab", "a b", "3", "[31m", "é"))


def test_bytes_that_are_no_text_are_replaced() -> None:
    raw = b"one \xff two"
    assert Log("x", len(raw), lambda offset, length: raw[offset : offset + length]).text == "one \ufffd two"


@pytest.mark.parametrize(
    "text",
    [
        "unable to retrieve container logs for containerd://0a1b2c",
        "Request log error: the server rejected our request\n",
        "failed to open log file",
        'Error from server (BadRequest): container "c" in pod "p" is waiting to start',
        "",
        " \n\n",
    ],
)
def test_an_error_that_a_collector_saved_is_no_log(text: str) -> None:
    assert not log(text)


@pytest.mark.parametrize("text", ["x", "Error from server (NotFound): x\nand then the program went on"])
def test_a_log_that_says_something_is_one(text: str) -> None:
    assert log(text)


def test_of_a_long_log_only_its_ends_are_read_at_whole_lines() -> None:
    lines = "".join(f"line {i:07}\n" for i in range(400_000))
    asked: list[tuple[int, int]] = []

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return lines[offset : offset + length].encode()

    found = Log("x", len(lines), read).text
    assert sum(length for _, length in asked) == LIMIT
    assert found.startswith("line 0000000\n") and found.endswith("line 0399999\n")
    assert all(len(line) == 12 for line in found.split("\n")[:-1])


def test_a_long_log_of_one_line_is_read_at_its_end() -> None:
    text = "x" * (2 * LIMIT) + "end"
    assert log(text).text.endswith("end")


def test_nothing_is_read_before_it_is_asked_for() -> None:
    def read(offset: int, length: int) -> bytes:
        raise AssertionError("read")

    held = Log("x", 5, read)
    assert (held.size, held.name) == (5, "x")


def test_lines() -> None:
    held = log("first\n  second here \n\n \n")
    assert held.line_at(held.text.index("here")) == "second here"
    assert held.line_at(0) == "first"
    assert held.last_line() == "second here"
    assert log("\n").last_line() == ""


def test_what_a_reader_calls_it() -> None:
    text = log("x")
    assert [
        Log("n", 1, text.read, of=of).label for of in (ContainerLog("a", "p", "c"), ContainerLog("a", "p", "c", True))
    ] == [
        "c",
        "c, previous run",
    ]
    assert Log("n", 1, text.read, of=NodeLog("n", "kubelet")).label == "kubelet journal"
    assert text.label == "x"
