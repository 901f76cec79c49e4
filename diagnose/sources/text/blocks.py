"""Files of text as blocks: what one command has printed, without prompts, terminal escapes and carriage returns."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from diagnose.sources.text import pasted
from diagnose.sources.text.base import Block
from diagnose.sources.text.late import late

_PROGRAMS = (
    r"(?:sudo +)?(?:[\w./-]*/)?(?:kubectl(?:\.sh|\.exe)?|oc|kc?|kubecolor|microk8s|k3s"
    r"|systemctl|journalctl|crictl|nc|ncat|curl|wget|nslookup|dig|host|telnet|ping|helm|date|kubeadm|istioctl)\b"
)
_WORDS = (
    "kubectl",
    "oc ",
    "systemctl ",
    "journalctl ",
    "curl ",
    "nc -",
    "wget ",
    "nslookup ",
    "dig ",
    "\nk get ",
    "# k ",
    "$ k ",
    "$ kc ",
)
_ASKED = late(
    r"(?:PS [A-Za-z]:[^>\n]*> ?(?P<powershell>\S.*)"
    r"|[A-Za-z]:\\[^>\n]*>(?P<dos>\S.*)"
    r"|(?:\([\w.-]+\) ?|\[[\d:]+\] )?(?:\[?[\w.-]+@[\w.-]+[^$#\n]{0,120}|[\w.~/:-]{0,60} ?)"
    r"[$#%\u276f\u279c] *(?P<shell>" + _PROGRAMS + r".*)"
    r"|(?:>|\u276f|\u279c|\++) +(?P<trace>" + _PROGRAMS + r".*)"
    r"|[=*#~<>-]{2}[=*#~<>:\[\] -]*(?:(?:command|output of|running|cmd) *:? *)?[\"'`]?(?P<marker>"
    + _PROGRAMS
    + r".*))",
    re.I,
)
_COMMAND_NEXT = late(r"[#=-]+\[ *Command *\][#=-]*")
_EMPTY_PROMPT = late(r"(?:\[?[\w.-]+@[\w.-]+[:\s][^$#\n]{0,120}[$#] ?|PS [A-Za-z]:[^>\n]*> ?|[$] ?)")
_ANY_PROMPT = late(r"\[?[\w.-]+@[\w.-]+[: ][^$#\n]{0,120}[$#] +(?P<shell>\S.*)")
_PART = late(r"==> (?P<path>\S[^\n]*?) <==")
_PART_BEGINS = "==> "
_ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_CONTROL = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
_OVERPRINTED = re.compile(rb"[^\x08]\x08")
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LONGEST_COMMAND = 1000


def plain(data: bytes) -> str:
    """The text of some bytes without byte order mark, terminal escapes, control characters and carriage returns."""
    encoding = next((name for bom, name in _WIDE if data.startswith(bom)), "utf-8")
    if encoding != "utf-8":
        data = data.decode(encoding, "replace").encode()
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\x1b" in data:
        data = _ESCAPE.sub(b"", data)
    if b"\x08" in data:
        data = _OVERPRINTED.sub(b"", data)
    return data.translate(None, _CONTROL).decode("utf-8", "replace").removeprefix("\ufeff")


def split(text: str, file: str, path: str) -> list[Block]:
    """The blocks of a file's plain text, in order. Without prompts or marks the whole file is one."""
    text, lines = pasted.bare(text)
    if not shows_commands(text) and not pasted.is_divided(text):
        return list(pasted.pieces(Block(tuple(lines), file, path)))
    return [
        piece
        for block in _blocks(lines, file, path)
        for piece in pasted.pieces(block)
        if any(line.strip() for line in piece.lines)
    ]


def shows_commands(text: str) -> bool:
    """Whether a text shows the commands that printed it, or names of files before their parts."""
    end = 0
    for found in _signs().finditer(text):
        at = found.start()
        if at < end:
            continue
        begin = text.rfind("\n", 0, at + 1) + 1
        end = text.find("\n", at + 1)
        end = end if end >= 0 else len(text)
        line = text[begin:end]
        if line.startswith(_PART_BEGINS) or (len(line) <= _LONGEST_COMMAND and _command(line) is not None):
            return True
    return False


@lru_cache(maxsize=1)
def _signs() -> Any:
    """Where any of the words is: RE2 looks for all of them at once."""
    return re2.compile("|".join(map(re2.escape, (*_WORDS, _PART_BEGINS))))


def _command(line: str) -> str | None:
    """The command line that a line shows; empty for a prompt without one, None where it shows none."""
    found = _ASKED.fullmatch(line.rstrip())
    if found:
        if found["marker"]:
            return found["marker"].rstrip("=*#~<>:-] \"'`")
        return next(group for group in found.groups() if group is not None).strip()
    return None


def _blocks(lines: list[str], file: str, path: str) -> Iterator[Block]:
    begin, command, of = 0, "", path
    skip = False
    for number, line in enumerate(lines):
        if skip:
            skip = False
            command, begin = line.lstrip("#$ "), number + 1
            continue
        asked, part = _ends(line)
        if asked is None and part is None:
            asked = pasted.asked(lines, number)
        if pasted.divides(line):
            asked = "" if any(map(str.strip, lines[begin:number])) else command
        announced = bool(_COMMAND_NEXT.fullmatch(line))
        if asked is None and part is None and not announced:
            continue
        yield Block(tuple(lines[begin:number]), file, of, command, begin + 1)
        begin, command, skip = number + 1, asked or "", announced
        of = part or of
    yield Block(tuple(lines[begin:]), file, of, command, begin + 1)


def _ends(line: str) -> tuple[str | None, str | None]:
    """The command, or the path of the part, that a line begins; None for both where it begins nothing."""
    if not line or line[0] == " " or len(line) > _LONGEST_COMMAND:
        return None, None
    if line.startswith("==> ") and (found := _PART.fullmatch(line)):
        return _command(line), None if _command(line) else found["path"]
    command = _command(line)
    if command is None and (_EMPTY_PROMPT.fullmatch(line)):
        return "", None
    if command is None and (shell := _ANY_PROMPT.fullmatch(line)):
        return shell["shell"], None
    return command, None
