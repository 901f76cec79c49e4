"""Attempts to reach something: `nc -zv`, `curl -v`, `wget`, `nslookup`, `dig`, and reports of several nodes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from diagnose.snapshot import Builder
from diagnose.sources.text import commands, journals, observed
from diagnose.sources.text.base import Block
from diagnose.sources.text.late import late

_HOST = r"(?P<host>[\w.-]*\w)"
_ADDRESS = r"\[?(?P<address>[0-9a-fA-F.:]+?)\]?"
_PORT = r"(?P<port>\d{1,5})"
_SIGN = late(
    r"\(\S+:\d+\) open|connection (?:succeeded|failed|refused|timed out|to \S+ (?:\(\S+\) )?\d+ port)"
    r"|nc: |ncat: |curl: \(\d+\)|wget: "
    r"|\*\* server can't find|;; |\* +(?:trying|connected to|could not resolve)|< HTTP/|HTTP/[\d.]+ \d{3}"
    r"|connectivity test|punt!|telnet: |nslookup: |(?:no route to host|could not resolve host)",
    re.I,
)
_RESULTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (late(pattern, re.I), result)
    for pattern, result in (
        (rf"(?:{_HOST} )?\({_ADDRESS}:{_PORT}\) open", "open"),
        (rf"Connection to {_HOST} (?:\({_ADDRESS}\) )?{_PORT} port \S+ succeeded", "open"),
        (rf"Ncat: Connected to {_ADDRESS}:{_PORT}", "open"),
        (rf"\* +Connected to {_HOST} \({_ADDRESS}\) port {_PORT}", "open"),
        (r"< HTTP/|\AHTTP/[\d.]+ \d{3}|Connection Succeeded|\AConnected to ", "open"),
        (rf"nc: (?:connect to )?{_HOST} (?:\({_ADDRESS}\) )?port {_PORT}.*refused", "refused"),
        (rf"nc: (?:connect to )?{_HOST} (?:\({_ADDRESS}\) )?port {_PORT}.*timed out", "timeout"),
        (rf"nc: {_HOST} \({_ADDRESS}:{_PORT}\): .*refused", "refused"),
        (rf"nc: {_HOST} \({_ADDRESS}:{_PORT}\): .*timed out", "timeout"),
        (rf"(?:bad address|getaddrinfo for host|could not resolve(?: host)?:?|resolve host|can't resolve|can't find) "
         rf"[\"'\u2018]?{_HOST}", "unresolved"),
        (r"status: (?:NXDOMAIN|SERVFAIL)|Name or service not known|no such host|Temporary failure in name resolution",
         "unresolved"),
        (rf"Failed to connect to {_HOST} port {_PORT}.*refused", "refused"),
        (rf"Failed to connect to {_HOST} port {_PORT}.*(?:timed? ?out|timeout was reached)", "timeout"),
        (rf"connect to {_HOST} port {_PORT} failed: .*refused", "refused"),
        (rf"connect to {_HOST} port {_PORT} failed: .*timed out", "timeout"),
        (rf"can't connect to remote host \({_ADDRESS}\): .*refused", "refused"),
        (rf"Failed to connect to {_HOST} port {_PORT}", "failed"),
        (r"connection refused", "refused"),
        (r"timed? ?out|punt!|timeout was reached|no servers could be reached", "timeout"),
        (r"No route to host|Network is unreachable|Connection reset|Empty reply|server returned error", "failed"),
        (r"Connection Failed|curl: \(\d+\)", "failed"),
    )
)  # fmt: skip
_WHERE = (
    late(rf"Connecting to {_HOST}(?: \({_ADDRESS}:{_PORT}\)|:\d+|\|)"),
    late(rf"\* +Trying {_ADDRESS}:{_PORT}"),
    late(r"> Host: (?P<host>[\w.-]+)(?::(?P<port>\d+))?"),
)
_FROM = late(
    r"(?P<before>.*\b(?:on|from|node|pod)[: ]+)(?P<from>[a-z0-9][a-z0-9.-]*[a-z0-9])\s*[:=](?:\s+(?P<rest>.*))?\Z", re.I
)
_TITLE = late(r"[=#*-]{2,}.*?(?P<host>[a-z0-9][\w.-]*):(?P<port>\d{1,5})\b")
_IN_PATH = late(r"(?P<host>[a-z0-9](?:[\w.-]*[a-z0-9])?)[-_:.](?P<port>\d{1,5})\Z")
_URL = late(r"https?://(?P<host>[\w.-]+)(?::(?P<port>\d+))?")
_RANK = {"open": 3, "refused": 3, "unresolved": 3, "timeout": 2, "failed": 1, None: 0}
_TOOLS = ("nc", "ncat", "telnet", "curl", "wget", "nslookup", "dig", "host", "ping")
_LOOKED_AT = 12


@dataclass
class _Probe:
    """One attempt while its lines are read."""

    source: str | None = None
    host: str | None = None
    port: int | None = None
    address: str | None = None
    result: str | None = None
    text: list[str] = field(default_factory=list)

    def take(self, line: str) -> bool:
        """Learn from a line; False when it tells of another attempt than the lines before."""
        for pattern, result in _RESULTS:
            found = pattern.search(line)
            if not found:
                continue
            words = found.groupdict()
            if self.result and words.get("host") and words["host"] != self.host:
                return False
            if _RANK[result] > _RANK[self.result]:
                self.result = result
            self._place(words)
            break
        else:
            for where in _WHERE:
                if found := where.search(line):
                    self._place(found.groupdict())
        if line.strip():
            self.text.append(line.strip())
        return True

    def _place(self, words: dict[str, Any]) -> None:
        self.host = self.host or words.get("host")
        self.address = self.address or words.get("address")
        port = words.get("port")
        self.port = self.port or (int(port) if port else None)


class Probes:
    """Results of connectivity probes."""

    name = "connectivity probes"

    def recognises(self, block: Block) -> bool:
        if _tool(commands.parse(block.command)):
            return True
        lines = [line for line in block.lines[:_LOOKED_AT] if line.strip()]
        return bool(lines) and any(_SIGN.search(line[:300]) for line in lines[:3])

    def read(self, block: Block, into: Builder) -> None:
        host, port = _target(block)
        seen: Counter[str] = Counter()
        for probe in _probes(block, host, port):
            if probe.result is None:
                continue
            if probe.host is None and probe.address is None:
                probe.host = host
            if probe.host == host or probe.host is None:
                probe.port = probe.port or port
            told = {
                "host": probe.host,
                "port": probe.port,
                "address": probe.address,
                "from": probe.source,
                "result": probe.result,
                "text": "\n".join(probe.text),
            }
            if probe.host or probe.address:
                observed.probe(told, block.file, into)
                seen[probe.result] += 1


def _probes(block: Block, host: str | None, port: int | None) -> Iterator[_Probe]:
    command = commands.parse(block.command)
    default = command.words[0] if command.verb == "exec" and command.words else journals.node_of(block.path) or None
    probe = _Probe(default)
    for line in block.lines:
        line = line[:1000]
        if _TITLE.match(line):
            yield probe
            probe = _Probe(default)
            continue
        if (begins := _FROM.match(line)) and _known_report(begins):
            yield probe
            probe = _Probe(begins["from"])
            line = begins["rest"] or ""
        if not probe.take(line):
            yield probe
            probe = _Probe(probe.source)
            probe.take(line)
    yield probe


def _known_report(begins: re.Match[str]) -> bool:
    """Whether a line begins the result of a node or pod, and is no message that ends with a name."""
    return not any(word in begins["before"].lower() for word in ("nc:", "curl", "wget", "http", "connected"))


def _target(block: Block) -> tuple[str | None, int | None]:
    """What was to be reached: from the title of a report, the command, or the name of the file."""
    for line in block.lines[:3]:
        if found := _TITLE.match(line):
            return found["host"], int(found["port"])
    command = commands.parse(block.command)
    if tool := _tool(command):
        return _target_of(tool)
    stem = block.path.rpartition("/")[2].removesuffix(".txt").removesuffix(".log").removesuffix(".out")
    if found := _IN_PATH.match(stem):
        return found["host"], int(found["port"])
    return None, None


def _tool(command: commands.Command) -> list[str]:
    """The words of a command from the probing tool on; none when it is not one."""
    words = [command.verb, *command.words]
    at = next((n for n, word in enumerate(words) if word in _TOOLS), None)
    return [] if at is None or (at > 0 and command.verb not in ("exec", "run", "debug")) else words[at:]


def _target_of(words: list[str]) -> tuple[str | None, int | None]:
    for word in words[1:]:
        if found := _URL.match(word):
            port = int(found["port"]) if found["port"] else 443 if word.startswith("https") else 80
            return found["host"], port
    plain = [word for word in words[1:] if not word.startswith(("-", "+", "@"))]
    number = next((int(word) for word in plain[1:] if word.isdecimal()), None)
    return (plain[0], number) if plain else (None, None)


PROBES = Probes()
