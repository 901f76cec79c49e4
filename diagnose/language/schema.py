"""The JSON Schema of rule files, for editors: made from the tables of the language.

The loader does not use it: a schema failure shows a whole clause where the loader names the misspelt word.
"""

from __future__ import annotations

from typing import Any

from diagnose.kinds import BY_KIND
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.operators import TABLE as OPERATORS
from diagnose.language.scope import ANYTHING, VIRTUAL
from diagnose.language.syntax import CASE_KEYS, CLAUSE_KEYS, CLAUSES, PROFILES, REPORT_KEYS, RULE_KEYS, SCOPES
from diagnose.model import Severity

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Schema = {"type": ["string", "number", "boolean", "null"]}
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_KEBAB = "^[a-z0-9]+(-[a-z0-9]+)*$"

TAKES: dict[str, Schema] = {
    "value": _PLAIN,
    "list": {"type": "array"},
    "condition": {"$ref": "#/$defs/test"},
    "bool": {"type": "boolean"},
    "regex": _TEXT,
    "text": _TEXT,
    "quantity": {"type": ["string", "number"]},
    "duration": _TEXT,
    "range": _TEXT,
    "labels": {"type": "object"},
    "tolerations": {"type": "array"},
}
"""The literal that an operator's right side can be, by what the operator `takes`."""

_REF_ONLY = ("condition", "bool", "regex")


def rule_schema() -> Schema:
    """The schema of one document of a rule file."""
    return {
        "$schema": _DIALECT,
        "title": "kube-diagnose rule",
        "description": "One rule: what to look for in a cluster, and what to say of it.",
        "type": "object",
        "required": ["id", "title", "severity", "match"],
        "oneOf": [
            {
                "required": ["report"],
                "properties": {"report": {"required": ["message"]}},
                "not": {"required": ["cases"]},
            },
            {"required": ["cases"], "properties": {"report": {"not": {"required": ["message"]}}}},
        ],
        "additionalProperties": False,
        "properties": {key: _rule_key(key) | {"description": text} for key, text in RULE_KEYS.items()},
        "$defs": {
            "report": _keyed(REPORT_KEYS),
            "case": _keyed(CASE_KEYS, required=["id", "message"]),
            "clause": {"oneOf": [_clause(verb) for verb in CLAUSES]},
            "condition": _condition(),
            "test": _test(),
            "operators": _operators(),
            "ref": _wrapped("ref", _TEXT, "the values of a path"),
            "param": _wrapped("param", _TEXT, "the value of a parameter of this rule"),
            "functions": _functions(),
            "explains": {
                "type": "object",
                "required": ["symptom", "via"],
                "additionalProperties": False,
                "properties": {
                    "symptom": _TEXT | {"description": "a symptom of symptoms.yaml"},
                    "via": _TEXT | {"description": "a binding, or a chain of relations that starts at one"},
                },
            },
        },
    }


_RULE_KEYS: dict[str, Schema] = {
    "id": {"type": "string", "pattern": _KEBAB},
    "title": _TEXT,
    "category": _TEXT,
    "severity": {"enum": [s.name for s in sorted(Severity, reverse=True)]},
    "scope": {"enum": list(SCOPES)},
    "profile": {"enum": list(PROFILES)},
    "about": _TEXT,
    "match": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/clause"}},
    "report": {"$ref": "#/$defs/report"},
    "cases": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/case"}},
    "evidence": _TEXTS,
    "fix": _TEXT,
    "commands": _TEXTS,
    "docs": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "symptom": _TEXT,
    "explains": {"type": "array", "items": {"$ref": "#/$defs/explains"}},
    "inferred": {"type": "boolean"},
    "params": {"type": "object"},
    "kubernetes": _TEXT,
    "refs": _TEXTS,
    "aliases": _TEXTS,
    "replaces": {"type": "boolean"},
    "message": _TEXT,
    "object": _TEXT,
    "since": _TEXT,
    "when": {"$ref": "#/$defs/condition"},
}


def _rule_key(key: str) -> Schema:
    return dict(_RULE_KEYS[key])


def _keyed(table: dict[str, str], required: list[str] | None = None) -> Schema:
    made: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _rule_key(key) | {"description": text} for key, text in table.items()},
    }
    return made | {"required": required} if required else made


_CLAUSE_KEYS: dict[str, Schema] = {
    "as": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "where": {"$ref": "#/$defs/condition"},
    "newest": _TEXT,
    "largest": _TEXT,
    "unknown": {"const": "absent"},
    "named": _TEXT,
    "namespace": _TEXT,
    "is": {"$ref": "#/$defs/test"},
}


def _clause(verb: str) -> Schema:
    """A clause has one verb; `let` and `when` have nothing else."""
    first: Schema = {"type": "string"}
    keys = CLAUSE_KEYS
    if verb == "for":
        first |= {"examples": [*BY_KIND, *VIRTUAL, ANYTHING]}
        first = {"anyOf": [first, _TEXTS | {"minItems": 1}]}
    elif verb == "let":
        first, keys = {"type": "object", "additionalProperties": {"$ref": "#/$defs/functions"}}, {}
    elif verb == "when":
        first, keys = {"$ref": "#/$defs/condition"}, {}
    return {
        "type": "object",
        "required": [verb],
        "additionalProperties": False,
        "properties": {
            verb: first | {"description": CLAUSES[verb]},
            **{key: dict(_CLAUSE_KEYS[key]) | {"description": text} for key, text in keys.items()},
        },
    }


def _condition() -> Schema:
    tests = {"type": "object", "additionalProperties": {"$ref": "#/$defs/test"}}
    return {
        "description": "Paths and what their values must be (all hold), or a list of such maps (one holds).",
        "anyOf": [tests, {"type": "array", "items": tests}],
    }


def _test() -> Schema:
    return {
        "description": "A literal (equality), or operators, of which all hold.",
        "anyOf": [_PLAIN, {"type": "array"}, *({"$ref": f"#/$defs/{n}"} for n in ("operators", "ref", "param"))],
    }


def _operators() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {o.name: _right_side(o.takes) | {"description": o.doc} for o in OPERATORS.values()},
    }


def _right_side(takes: str) -> Schema:
    literal = TAKES[takes]
    if takes == "condition":
        return dict(literal)
    names = ("param",) if takes in _REF_ONLY else ("ref", "param")
    return {"anyOf": [literal, *({"$ref": f"#/$defs/{name}"} for name in names)]}


def _wrapped(key: str, value: Schema, text: str) -> Schema:
    return {
        "type": "object",
        "required": [key],
        "additionalProperties": False,
        "properties": {key: value},
        "description": text,
    }


def _functions() -> Schema:
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {f.name: _paths(*f.paths) | {"description": f.doc} for f in FUNCTIONS.values()},
    }


def _paths(least: int, most: int) -> Schema:
    several = _TEXTS | {"minItems": least, "maxItems": most}
    return {"anyOf": [_TEXT, several]} if least == 1 else dict(several)
