"""Text as people paste it into tickets: quoted, framed, indented, in fences of markdown, with prose around it.

`bare` takes off what the paste has added, `pieces` cuts a block where something of another form begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from diagnose.sources.text import event_rows, gets, journals, units
from diagnose.sources.text.base import Block
from diagnose.sources.text.describe import objects
from diagnose.sources.text.describe.happenings import is_section, is_single
from diagnose.sources.text.late import late
from diagnose.sources.text.tables import header

_FENCE = late(r"\s*(?:`{3,}|~{3,})[^`]*\Z")
_QUOTE = late(r" ?>(?: |\Z)")
_SENT = late(r" ?> (?:[A-Z]+ \S+ HTTP/|[\w-]+: \S)")
_FRAMED = late(r"\s*[│┃║] ?(.*?)\s*[│┃║]\s*\Z")
_BORDER = late(r"\s*[┌├└╭╰╔╠╚][─━═┬┼┴].*[─━═┐┤┘╮╯╗╣╝]\s*\Z")
_EMPHASIS = late(r"[*_]{1,4}(?=[\w\[$])")
_EMPHASIS_ENDS = late(r"(?<=\S)[*_]{1,4}\s*\Z")
_FIRST = frozenset("NLPFEDB\u25cf\u25cb\u00d7*")
"""How a line begins that may begin a form, or the data of a ConfigMap."""
_ROW = late(r"  (?:Normal|Warning) ")
_DATA = "\nData\n===="
"""What begins the data of a ConfigMap, which may be markdown itself."""
_LEAST_DOUBLE_SPACED = 12
_DEEPEST = 2
_LONGEST_PROSE = 400
_NEARLY_ALL = 0.95
_LEAST_COLUMNS = 3
_DIVIDED = "\f"


def bare(text: str) -> tuple[str, list[str]]:
    """The text without what a paste has added, and its lines. A line stays a line, so that its number stays what it
    was; a fence becomes a line that `divides`."""
    all_lines = text.split("\n")
    lines = _at_margin(all_lines)
    for _ in range(_DEEPEST if "\n>" in text or text[:1] in (">", " ", "\t") else 0):
        lines = _at_margin(_unquoted(lines))
    if "│" in text or "┃" in text or "║" in text:
        lines = [_unframed(line) for line in lines]
    if lines.count("") * 3 > len(lines):
        lines = _single_spaced(lines)
    if ("```" in text or "~~~" in text) and _DATA not in text:
        lines = [_DIVIDED if _FENCE.match(line) else line for line in lines]
    if "\n\n " in text or "\n\n\t" in text or lines[0][:1] in (" ", "\t") or _DIVIDED in lines:
        lines = _unindented(lines)
    found = text if lines is all_lines else "\n".join(lines)
    if "\n*" in found or "\n_" in found or found[:1] in ("*", "_"):
        lines = [_plain(line) for line in lines]
        found = "\n".join(lines)
    return found, lines


_DIVIDES = late(rf"(?m)^(?:{_DIVIDED}$|`?(?:sudo )?(?:[\w./-]*/)?(?:kubectl|oc|systemctl|journalctl)(?: -n \S+| -l)? )")
_DIVIDING = (_DIVIDED, "ctl ", "oc ")


def is_divided(text: str) -> bool:
    """Whether a bare text is more than one block, although no prompt shows it: by fences, or commands without one."""
    return any(word in text for word in _DIVIDING) and bool(_DIVIDES.search(text))


def divides(line: str) -> bool:
    """Whether a line of a bare text is where a fence was."""
    return line == _DIVIDED


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Without the signs of a quote, where at least two lines in a row have them; `curl -v` has such lines too."""
    quoted = [bool(_QUOTE.match(line)) for line in lines]
    found = list(lines)
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and quoted[end]:
            end += 1
        if end - at > 1 and not any(_SENT.match(line) for line in lines[at : at + 1]):
            for number in range(at, end):
                found[number] = _QUOTE.sub("", lines[number], count=1)
        at = end + 1
    return found


def _unframed(line: str) -> str:
    """Without the frame that a terminal program draws."""
    if _BORDER.match(line):
        return ""
    framed = _FRAMED.match(line)
    return framed[1] if framed else line


def _plain(line: str) -> str:
    """Without the marks of bold and italic text, at the begin of a line and then at its end."""
    begun = _EMPHASIS.match(line)
    return _EMPHASIS_ENDS.sub("", line[begun.end() :]) if begun else line


def _single_spaced(lines: list[str]) -> list[str]:
    """Without the empty line that mail puts after each line, where nearly all have one."""
    said = sum(1 for line in lines if line.strip())
    apart = [n for n in range(1, len(lines)) if lines[n - 1].strip() and not lines[n].strip()]
    if said < _LEAST_DOUBLE_SPACED or len(apart) < _NEARLY_ALL * said:
        return lines
    gone = {*apart}
    return [line for number, line in enumerate(lines) if number not in gone]


def _at_margin(lines: list[str]) -> list[str]:
    """Without the indentation that all lines have."""
    if not lines or (lines[0] and lines[0][0] not in " \t"):
        return lines
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines] if margin else lines


def _unindented(lines: Sequence[str]) -> list[str]:
    """Without the indentation that all lines of a fence have, or a whole run of lines that begins with a form."""
    found: list[str] = []
    run: list[str] = []
    fenced = fresh = True
    for line in (*lines, _DIVIDED):
        ends = divides(line)
        if not ends and (not line.strip() or line[0] in " \t"):
            run.append(line)
            continue
        found += _dedented(run, whole=fenced and ends) if fresh or (run and not run[0].strip()) else run
        found.append(line)
        run, fenced, fresh = [], ends, ends
    return found[:-1]


def _dedented(run: Sequence[str], *, whole: bool) -> Sequence[str]:
    said = [line for line in run if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in said), default=0)
    if not margin:
        return run
    cut = [line[margin:] for line in run]
    if whole:
        return cut
    first = next(number for number, line in enumerate(cut) if line.strip())
    return cut if _begins(cut, first) or _asks(cut[first]) else run


def _asks(line: str) -> bool:
    return bool(_BARE.match(line)) or line[:2] in ("$ ", "# ")


_BARE = late(
    r"(?:sudo )?(?:(?:[\w./-]*/)?(?:kubectl|oc)(?: -n \S+| --namespace[= ]\S+)? (?:get|describe|top|logs|events)"
    r"|systemctl(?: -l)? status|journalctl)(?: [\w./=,:@(){}'\"*<>|-]+)*\Z"
)


def asked(lines: Sequence[str], at: int) -> str | None:
    """The command that a line is, without a prompt: what follows must be what a command prints."""
    line = lines[at]
    if line[:1] not in ("k", "o", "s", "j", "`") or not _BARE.match(line.strip("`: ")):
        return None
    following = next((n for n in range(at + 1, len(lines)) if lines[n].strip() and not divides(lines[n])), None)
    return line.strip("`: ") if following is not None and _begins(lines, following) else None


def _begins(lines: Sequence[str], at: int) -> str | None:
    """The form that begins at a line."""
    line = lines[at]
    first = line[:1]
    if first == "N" and objects.is_begin(lines, at):
        return "describe"
    if first.isupper() and len(header(line)) >= _LEAST_COLUMNS:
        return "table"
    if first == "E" and is_section(lines, at):
        return "events"
    if first not in (" ", "") and units.is_begin(lines, at):
        return "unit"
    return None


def pieces(block: Block) -> Iterator[Block]:
    """The parts of a block that are of different forms; what stands before the first of them is one too."""
    lines = block.lines
    begin, form, data, ended = 0, None, False, False
    for number, line in enumerate(lines):
        if not line or (line[0] == " " and form):
            continue
        if form and not ended and line[0] not in _FIRST and ".service" not in line:
            continue
        if ended and _is_after(lines, number):
            yield _part(block, begin, number)
            begin, form, data, ended = number, None, False, False
        ended = ended or (form == "describe" and line.startswith("Events:"))
        found = _begins(lines, number)
        if found is None and form is None and begin == 0 and number < _LONGEST_PROSE:
            found = _begins_rows(lines, number)
        data = (data and found is None) or (form == "describe" and line.startswith(("Data", "BinaryData")))
        after_gap = number == begin or not lines[number - 1].strip()
        if found is None or found == form or data or (form not in (None, "table") and not after_gap):
            continue
        if number > begin:
            yield _part(block, begin, number)
        begin, form, ended = number, found, False
    yield _part(block, begin, len(lines))


def _is_after(lines: Sequence[str], at: int) -> bool:
    """Whether a line below an Events section belongs to it no more: the message of an event may go on at the margin,
    even after an empty line, but then other events follow."""
    if lines[at - 1].strip() or lines[at].startswith("Name:"):
        return False
    following = range(at, len(lines))
    row = next((number for number in following if _ROW.match(lines[number])), None)
    other = next((number for number in following if objects.is_begin(lines, number)), len(lines))
    return row is None or row > other


def _begins_rows(lines: Sequence[str], at: int) -> str | None:
    """What begins below prose without a line that says so: rows of events, or a journal."""
    line = lines[at]
    if event_rows.is_row(line):
        return "rows"
    if is_single(line):
        return "happenings"
    if gets.is_pod(line):
        return "pods"
    return "journal" if journals.LINE.match(line) else None


def _part(block: Block, begin: int, end: int) -> Block:
    if begin == 0 and end == len(block.lines):
        return block
    return replace(block, lines=block.lines[begin:end], first=block.first + begin)
