"""How our rules judge the manifests of other policy tools, against what those tools expect of them."""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from diagnose import library
from diagnose.kinds import key_of
from diagnose.language.compiler import RuleSet
from diagnose.language.ruleset import Override
from diagnose.language.syntax import ASKED
from diagnose.model import Finding
from diagnose.run import diagnose
from diagnose.snapshot import Builder

SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "policy"
MAPPING = Path(__file__).parent / "mapping.yaml"
NEWEST = "v1.37.0"
_SETTING = re.compile(r"(\w+): (\d+|true)")
_AGAIN = re.compile(r"~\d+$")
_Objects = list[dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One line of expectations.jsonl."""

    suite: str
    check: str
    file: str
    fails: bool
    object: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.suite}/{self.check}"


def rows() -> Iterator[Row]:
    """Every expectation."""
    for line in (SHARED / "expectations.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        yield Row(
            told["suite"],
            told["check"],
            told["file"],
            told["expect"] == "fail",
            told.get("object", {}),
            dict(_SETTING.findall(told.get("config", ""))),
        )


@dataclass(frozen=True)
class Reviewed:
    """tests/policy/mapping.yaml."""

    checks: Mapping[str, Mapping[str, Any]]
    read_as: Mapping[str, str]
    unmapped: Mapping[str, str]
    otherwise: tuple[Mapping[str, str], ...]

    def reason(self, row: Row) -> str:
        """Why a row is judged otherwise on purpose; "" when it is not."""
        for entry in self.otherwise:
            same = entry["check"] == row.name and row.file.endswith(entry["file"])
            if same and entry.get("object", row.object.get("name")) == row.object.get("name"):
                return entry["reason"]
        return ""


@cache
def mapping() -> Reviewed:
    """The mapping, read once."""
    told = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    return Reviewed(told["checks"], told["read-as"], told["unmapped"], tuple(told["otherwise"]))


@cache
def files() -> Mapping[str, _Objects]:
    """The objects of every manifest, by file."""
    found: dict[str, _Objects] = {}
    with tarfile.open(SHARED / "manifests.tar.xz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and member.name.endswith((".yaml", ".yml")):
                found[member.name.removeprefix("./")] = list(_objects(stream.read()))
    return found


def _objects(text: bytes) -> Iterator[dict[str, Any]]:
    for document in _documents(text):
        items = document.get("items")
        yield from items if isinstance(items, list) and str(document.get("kind")).endswith("List") else [document]


def _documents(text: bytes) -> Iterator[dict[str, Any]]:
    """The documents up to the first that is not YAML: some are templates."""
    try:
        yield from (d for d in yaml.load_all(text, Loader=yaml.CSafeLoader) if isinstance(d, dict))
    except yaml.YAMLError:
        return


@cache
def _rules(params: str) -> RuleSet:
    overrides = {rule: Override(params=values) for rule, values in json.loads(params).items()}
    return library.compiled(library.Selection(profiles=ASKED["all"], scopes=("manifest",), overrides=overrides))


@cache
def _findings(file: str, version: str, params: str) -> tuple[Finding, ...]:
    builder = Builder()
    builder.coverage.add_everything()
    builder.version(version)
    seen: set[tuple[str, ...]] = set()
    for number, told in enumerate(files()[file]):
        kind, api = str(told.get("kind", "")), str(told.get("apiVersion", ""))
        if api == "v1":
            api = mapping().read_as.get(kind, api)
        metadata = {"name": f"nameless~{number}", **(told.get("metadata") or {})}
        name = (kind, str(metadata.get("namespace")), metadata["name"])
        if name in seen:  # the suites repeat names in one file
            metadata["name"] += f"~{number}"
        seen.add(name)
        builder.add_object({**told, "apiVersion": api, "metadata": metadata}, file, key_of(api, kind))
    return diagnose(builder.build(), _rules(params)).findings


def findings(row: Row) -> list[Finding]:
    """What our rules for the row's check say of its file, or of its object."""
    entry = mapping().checks[row.name]
    version = f"v1.{row.config['Minor']}.0" if "Minor" in row.config else str(entry.get("version", NEWEST))
    params, rules = dict(entry.get("params", {})), set(entry["rules"])
    for option, meaning in entry.get("config", {}).items():
        rule, _, name = meaning.partition(".")
        if option in row.config and name:
            params[rule] = {name: int(row.config[option])}
        elif option in row.config:
            rules.discard(rule)
    found = [
        f for f in _findings(row.file, version, json.dumps(params, sort_keys=True)) if f.rule.partition("/")[0] in rules
    ]
    return [f for f in found if _is_about(f, row.object)] if row.object else found


def _is_about(finding: Finding, wanted: Mapping[str, str]) -> bool:
    name = _AGAIN.sub("", finding.object.name)
    return finding.object.kind == wanted["kind"] and name == (wanted["name"] or "nameless")


def agrees(row: Row) -> bool:
    """Whether we judge a row as its tool does."""
    return bool(findings(row)) == row.fails


def main() -> None:
    """Tell the score: `python -m tests.policy.scoring`."""
    every = list(rows())
    mapped = [row for row in every if row.name in mapping().checks]
    agreed = sum(map(agrees, mapped))
    lines = [
        f"{len(mapped)} of {len(every)} rows are mapped ({len(mapped) / len(every):.1%})",
        f"{agreed} are judged as their tools do ({agreed / len(mapped):.1%})",
    ]
    for row in mapped:
        if not agrees(row):
            where = f"{row.file} {row.object.get('name', '')}".rstrip()
            what = "passes" if row.fails else "fails"
            lines.append(f"{row.name} {what}: {where}: {mapping().reason(row) or 'NO REASON'}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
