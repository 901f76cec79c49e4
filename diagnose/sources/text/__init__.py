"""Dumps that are text: what people paste into tickets, and collectors that save what kubectl printed.

`FORMS` is the table of what text may be, most telling first; a new form is one module and one line.
"""

from __future__ import annotations

from functools import partial

from diagnose.logs import Log
from diagnose.snapshot import Builder
from diagnose.sources import content
from diagnose.sources.base import GZIP, Folder
from diagnose.sources.log_files import framing_of, log_of
from diagnose.sources.text import blocks, commands, journals, pod_logs
from diagnose.sources.text.base import Block, Form
from diagnose.sources.text.calls import CALLS
from diagnose.sources.text.describe import DESCRIBE
from diagnose.sources.text.event_rows import EVENT_TABLES
from diagnose.sources.text.gets import GETS
from diagnose.sources.text.pod_logs import LooseLogs
from diagnose.sources.text.probes import PROBES
from diagnose.sources.text.refusals import REFUSALS
from diagnose.sources.text.top import TOP
from diagnose.sources.text.units import UNITS
from diagnose.sources.unpack import words

__all__ = ["FORMS", "NAME", "read_files"]

NAME = "kubectl text"
FORMS: tuple[Form, ...] = (DESCRIBE, EVENT_TABLES, TOP, UNITS, REFUSALS, CALLS, PROBES, GETS)
_HEAD = 8192
_LARGEST = 64 << 20


def read_files(folder: Folder, into: Builder) -> tuple[set[str], bool]:
    """Read every file that is text of a known form: which those are, and whether any told of a cluster.

    Logs of containers alone tell of none; the journal of a kubelet tells of its node.
    """
    logs = LooseLogs()
    taken: set[str] = set()
    told = False
    before = len(into.told)
    for path, size in folder.files.items():
        if not size or path.endswith(content.JSON + content.YAML):
            continue
        try:
            known, tells = _read_file(folder, path, size, into, logs)
        except OSError as error:
            into.warn(f"not read: {words(error)}", folder.name(path))
            continue
        told = told or tells
        if known:
            taken.add(path)
    heard = len(into.told) > before
    if told or (heard and not into.sources):
        into.sources.append((folder.label or next(iter(folder.files)), NAME))
    if logs.found:
        into.defer(partial(logs.settle, into=into, loud=told))
    return taken, told or heard


def _read_file(folder: Folder, path: str, size: int, into: Builder, logs: LooseLogs) -> tuple[bool, bool]:
    """Whether a file is text of a known form, and whether it tells of a cluster."""
    head = folder.read_at(path, 0, _HEAD)
    if not _is_text(head):
        return False, False
    begin = blocks.plain(head)
    if content.is_data(head) and not pod_logs.is_json_log(begin):
        return False, False
    if (key := journals.whole(begin, path)) and not blocks.shows_commands(begin):
        journals.keep(key, log_of(folder, path, size, "plain"), into)
        return True, False
    if pod_logs.is_log(begin) and not blocks.shows_commands(begin):
        logs.add(log_of(folder, path, size), path, commands.parse(""))
        return True, False
    text = begin if size <= len(head) else _whole(folder, path, size, into)
    parts = blocks.split(text, folder.name(path), path)
    read = [_read_block(block, into, logs) for block in parts]
    if not any(known for known, _ in read) and len(parts) == 1 and pod_logs.named_as_log(path):
        logs.add(log_of(folder, path, size), path, commands.parse(""))
        return True, False
    return any(known for known, _ in read), any(tells for _, tells in read)


def _whole(folder: Folder, path: str, size: int, into: Builder) -> str:
    """The text of a file, up to a limit."""
    if size > _LARGEST:
        into.warn("only its first 64 MiB were read", folder.name(path), incomplete=True)
        return blocks.plain(folder.read_at(path, 0, _LARGEST))
    return blocks.plain(bytes(folder.read(path)))


def _read_block(block: Block, into: Builder, logs: LooseLogs) -> tuple[bool, bool]:
    """Whether a block is of a known form, and whether it tells of a cluster."""
    command = commands.parse(block.command)
    if command.verb == "logs" or (block.command and command.verb == "journalctl") or journals.is_journal(block.lines):
        return _read_log(block, command, into, logs), False
    for form in FORMS:
        if form.recognises(block):
            before = len(into.told)
            form.read(block, into)
            return True, len(into.told) > before
    if block.first > 1 and pod_logs.is_log("\n".join(block.lines[:6])):
        return _read_log(block, command, into, logs), False
    return False, False


def _read_log(block: Block, command: commands.Command, into: Builder, logs: LooseLogs) -> bool:
    """A log between prompts, or after the mark of its file."""
    text = "\n".join(block.lines)
    log = Log.of_text(block.file, text, framing_of(text[:400].encode()))
    key = journals.of_command(command, text) if command.verb == "journalctl" or not block.command else None
    if key is not None:
        journals.keep_kubelet(key, log, into)
    else:
        logs.add(log, block.path, command)
    return True


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return bool(head) and b"\0" not in head and not head.startswith(GZIP)
