"""The schemas of one version of Kubernetes, as `kubernetes-validate` ships them, and what they say of an object.

They are OpenAPI schemas as the API server publishes them, which use few of JSON Schema's words; a walk of our own over
those is 100 times faster than a validator for all of them, and can say where and what instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from diagnose.errors import UsageError
from diagnose.sources.manifests.documents import INVALID, Problem, Steps, json_path
from diagnose.sources.manifests.objects import Manifest, problem
from diagnose.sources.manifests.words import ONE_OF

NEWEST = "1.37"
"""The newest version of Kubernetes that rules and schemas know; the default of `--kubernetes-version`."""
PACKAGE = "kubernetes_validate"
UNKNOWN_FIELD = "unknown-field"
_FOLDER = "kubernetes-json-schema"
_NAME = re.compile(r"v(\d+\.\d+)\.\d+-local-strict")
_REF = "#/$defs/"
_MAY_BE_EMPTY = frozenset(
    {
        ("HTTPHeader", "value"),
        ("Sysctl", "value"),
        ("LimitRangeSpec", "limits"),
        ("CSINodeSpec", "drivers"),
        ("ISCSIVolumeSource", "lun"),
        ("ISCSIPersistentVolumeSource", "lun"),
    }
)
"""Definitions and fields of which the empty value, which one that is missing becomes, is allowed."""
_MOST = 50
"""Problems of one object that are told."""

Schema = Mapping[str, Any]
Wrong = tuple[str, Steps, str, str]
"""Type of the problem, where, what is wrong, and what may have been meant."""


def available() -> dict[str, Path]:
    """The versions that there are schemas of, with their folders; none when the package is not installed."""
    found = find_spec(PACKAGE)  # looking is not importing, which would take jsonschema's third of a second
    folders = [Path(place, _FOLDER) for place in (found.submodule_search_locations or () if found else ())]
    there = [each for folder in folders if folder.is_dir() for each in sorted(folder.iterdir())]
    return {name[1]: each for each in there if (name := _NAME.fullmatch(each.name))}


def load(version: str) -> Schemas | None:
    """The schemas of a version such as `1.31`; None when the package is not installed. Raises UsageError for a version
    that it does not have."""
    there = available()
    if not there:
        return None
    if version not in there:
        known = sorted(there, key=lambda text: tuple(map(int, text.split("."))))
        raise UsageError(f"there are no schemas of Kubernetes {version}; there are those of {known[0]} to {known[-1]}")
    return Schemas(version, there[version])


@dataclass(frozen=True)
class Schemas:
    """The schemas of one version, read when the first object needs them."""

    version: str
    folder: Path

    def __call__(self, manifest: Manifest) -> Iterator[Problem]:
        """What of an object its schema does not allow; nothing for a kind that is not Kubernetes' own."""
        data = manifest.data
        api, kind = str(data["apiVersion"]), str(data["kind"])
        schema = self.schema(api, kind)
        if schema is None:
            yield from self._no_kind(manifest, api, kind)
            return
        for number, (type, steps, message, instead) in enumerate(self.wrong(schema, data)):
            if number == _MOST:
                return
            where = (*manifest.steps, *steps)
            yield problem(manifest.document, type, message, where, name=json_path(steps), instead=instead)

    def wrong(self, schema: Schema, value: Any, steps: Steps = ()) -> Iterator[Wrong]:
        """Everything in a value that a schema does not allow."""
        return _wrong(schema, value, steps, self)

    def schema(self, api: str, kind: str) -> Schema | None:
        """The schema of a kind, as a reference to its definition; None when Kubernetes has no such kind."""
        name = self._kinds.get((api, kind))
        return {"$ref": f"{_REF}{name}"} if name else None

    def must_have(self, definition: str, key: str) -> bool:
        """Whether the API server really refuses an object without a field that the schema requires.

        The schemas of older versions require some that it sets itself; those of newer ones were corrected.
        """
        if (definition.rpartition(".")[2], key) in _MAY_BE_EMPTY:
            return False
        newest = self._newest.get(definition)
        return newest is None or key in newest.get("required", ())

    @cached_property
    def _newest(self) -> Mapping[str, Schema]:
        there = available()
        folder = there.get(NEWEST, self.folder)
        return self.definitions if folder == self.folder else Schemas(NEWEST, folder).definitions

    @cached_property
    def definitions(self) -> Mapping[str, Schema]:
        text = (self.folder / "_definitions.json").read_bytes()
        found: Mapping[str, Schema] = msgspec.json.decode(text)["$defs"]
        return found

    @cached_property
    def _kinds(self) -> Mapping[tuple[str, str], str]:
        """The definition of each apiVersion and kind; of words that several groups share, those with a kind alone."""
        found: dict[tuple[str, str], str] = {}
        for name, schema in self.definitions.items():
            told: list[dict[str, str]] = schema.get("x-kubernetes-group-version-kind") or []
            if len(told) == 1:
                group, version, kind = (told[0][word] for word in ("group", "version", "kind"))
                found[f"{group}/{version}" if group else version, kind] = name
        return found

    def _no_kind(self, manifest: Manifest, api: str, kind: str) -> Iterator[Problem]:
        """A kind that does not exist, in a group and version of Kubernetes' own."""
        kinds = sorted(known for version, known in self._kinds if version == api)
        others = {known for version, known in self._kinds if version.partition("/")[0] == api.partition("/")[0]}
        if kinds and kind not in others:
            close = difflib.get_close_matches(kind, kinds, n=1, cutoff=0.7)
            elsewhere = sorted(version for version, known in self._kinds if known == kind)
            guess = f", did you mean {close[0]}?" if close else ""
            instead = f"; it is in {', '.join(elsewhere)}" if elsewhere else guess
            message = f"there is no kind {kind} in {api} of Kubernetes {self.version}{instead}"
            where = (*manifest.steps, "kind")
            yield problem(manifest.document, INVALID, message, where, instead=close[0] if close else "")


# --- the walk ---------------------------------------------------------------------------------------------------------

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_ARTICLES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
}


def _wrong(schema: Schema, value: Any, steps: Steps, of: Schemas) -> Iterator[Wrong]:
    name = ""
    while "$ref" in schema:
        name = schema["$ref"].partition(_REF)[2]
        schema = of.definitions.get(name, {})
    if value is None:
        return  # the API server takes null for a field that is not there
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        if not any(_fits(choice, value, of) for choice in choices):
            yield INVALID, steps, f"{_field(steps)} takes {_either(choices)}, not {_shown(value)}", ""
        return
    expected = schema.get("type")
    if expected is not None and not _is(value, expected):
        names = [each for each in _listed(expected) if each != "null"]
        takes = " or ".join(_ARTICLES.get(name, name) for name in names)
        yield INVALID, steps, f"{_field(steps)} takes {takes}, not {_shown(value)}", _quoted(value, names)
        return
    allowed = schema.get("enum")
    if allowed and value not in allowed:
        yield _other_word(value, [str(each) for each in allowed if each is not None], steps)
    if isinstance(value, dict):
        yield from _wrong_map(schema, value, steps, of, name)
    elif isinstance(value, list):
        inner = schema.get("items")
        if isinstance(inner, Mapping):
            for number, each in enumerate(value):
                yield from _wrong(inner, each, (*steps, number), of)


def _wrong_map(schema: Schema, value: dict[str, Any], steps: Steps, of: Schemas, name: str) -> Iterator[Wrong]:
    properties = schema.get("properties") or {}
    more, short = schema.get("additionalProperties"), name.rpartition(".")[2]
    for key, inside in value.items():
        known = properties.get(key)
        if known is not None:
            yield from _wrong(known, inside, (*steps, key), of)
            words = ONE_OF.get((short, key))
            if words and isinstance(inside, str) and inside and inside not in words:
                yield _other_word(inside, sorted(words), (*steps, key))
        elif isinstance(more, Mapping):
            yield from _wrong(more, inside, (*steps, key), of)
        elif more is False or (more is None and properties and not schema.get("x-kubernetes-preserve-unknown-fields")):
            close = _close(key, properties)
            guess = f", did you mean {close!r}?" if close else _below(key, properties, of)
            parent = f" in {_field(steps)}" if steps else ""
            yield UNKNOWN_FIELD, (*steps, key), f"there is no field {key!r}{parent}{guess}", close
    for key in schema.get("required") or ():
        if value.get(key) is None and of.must_have(name, key):
            yield INVALID, (*steps, key), f"{_field(steps)} has no {key!r}, which must be there", ""


def _other_word(value: Any, words: list[str], steps: Steps) -> Wrong:
    close = next((word for word in words if word.lower() == str(value).lower()), "")
    close = close or next(iter(difflib.get_close_matches(str(value), words, n=1, cutoff=0.6)), "")
    guess = f", did you mean {close!r}?" if close else f"; it takes: {', '.join(words)}"
    return INVALID, steps, f"{_field(steps)} is never {str(value)[:60]!r}{guess}", close


def _close(key: str, known: Mapping[str, Any]) -> str:
    """The field that may have been meant: but for its case, or close to it."""
    lower = {name.lower(): name for name in known}
    if key.lower() in lower:
        return lower[key.lower()]
    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.75)), "")


def _below(key: str, properties: Mapping[str, Schema], of: Schemas) -> str:
    """A word about a field that stands one level too high."""
    for name, schema in properties.items():
        inner = of.definitions.get(str(schema.get("$ref", "")).partition(_REF)[2], {})
        if key in inner.get("properties", ()):
            return f"; it belongs in {name!r}"
    return ""


def _fits(schema: Schema, value: Any, of: Schemas) -> bool:
    return next(_wrong(schema, value, (), of), None) is None


def _is(value: Any, expected: str | list[str]) -> bool:
    """Whether a value is of a type; a boolean is no number, and a whole number may be written as 1.0."""
    for name in _listed(expected):
        if isinstance(value, bool):
            fits = name == "boolean"
        elif name == "integer" and isinstance(value, float):
            fits = value.is_integer()
        else:
            fits = isinstance(value, _TYPES.get(name, (object,)))
        if fits:
            return True
    return False


def _either(choices: list[Schema]) -> str:
    types = (each for choice in choices for each in _listed(choice.get("type")) if each != "null")
    return " or ".join(dict.fromkeys(_ARTICLES.get(each, each) for each in types))


def _listed(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types or ())


def _field(steps: Steps) -> str:
    """What a place is called in a sentence: its last names."""
    if not steps:
        return "the object"
    text = ""
    for step in steps[-3:]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".") if not text.startswith("[") else f"{steps[-4] if len(steps) > 3 else ''}{text}"


def _shown(value: Any) -> str:
    """What a value is, without showing it: it may be a secret."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    for name, words in (("string", "text"), ("integer", "a number"), ("number", "a number")):
        if isinstance(value, _TYPES[name]):
            return words
    return "a map" if isinstance(value, dict) else "a list"


def _quoted(value: Any, names: list[str]) -> str:
    """How to write a value that YAML read as a number or boolean, where text is taken."""
    return '"…", in quotes' if names == ["string"] and isinstance(value, bool | int | float) else ""
