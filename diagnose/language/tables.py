"""The files beside the rules: relations.yaml and symptoms.yaml."""

from __future__ import annotations

from typing import Any

from diagnose.errors import LoadError, LoadErrors
from diagnose.language.ruleset import listed, suggest
from diagnose.language.syntax import Explains, Symptom
from diagnose.paths import Path, PathError, parse
from diagnose.positions import Marked, load
from diagnose.relations import HOW, Relation, Relations
from diagnose.views import TABLE as VIEWS

_RELATION_KEYS = {"from", "relation", "to", "kind", "api", "namespace", *HOW}
_SYMPTOM_KEYS = {"symptom", "of", "about", "explains"}


def load_relations(text: str, file: str) -> Relations:
    """The relations of one file. Raises LoadErrors."""
    errors: list[LoadError] = []
    document = load(text, file)
    entries = document.data if isinstance(document.data, list) else []
    found = [_relation(document, i, entry, errors) for i, entry in enumerate(entries)]
    relations = Relations(r for r in found if r is not None)
    for i, r in enumerate(found):
        if r is not None and r.how == "inverse" and relations.get(r.to, r.inverse) is None:
            errors.append(
                document.value_error(f"{r.to} has no relation '{r.inverse}' that could be read backwards", i, "inverse")
            )
    if errors:
        raise LoadErrors(errors)
    return relations


def _relation(document: Marked, i: int, entry: Any, errors: list[LoadError]) -> Relation | None:
    if not isinstance(entry, dict):
        errors.append(document.value_error("a relation is {from: Kind, relation: name, to: Kind, name: path}", i))
        return None
    how = [k for k in HOW if k in entry]
    for key in entry:
        if key not in _RELATION_KEYS:
            errors.append(document.error(f"unknown key '{key}'{suggest(key, _RELATION_KEYS)}", i, key))
    if len(how) != 1 or not {"from", "relation", "to"} <= set(entry):
        errors.append(document.value_error(f"a relation has from, relation, to, and one of: {listed(HOW)}", i))
        return None
    value = entry[how[0]]

    def path(key: str) -> Path | None:
        if key not in entry:
            return None
        try:
            return parse(str(entry[key]))
        except PathError as error:
            errors.append(document.value_error(str(error), i, key))
            return None

    if how[0] == "view" and value not in VIEWS:
        errors.append(document.value_error(f"unknown view '{value}'{suggest(str(value), VIEWS)}", i, "view"))
        return None
    return Relation(
        source=str(entry["from"]),
        name=str(entry["relation"]),
        to=str(entry["to"]),
        how=how[0],
        path=path(how[0]) if how[0] in ("name", "labels", "selector") else None,
        inverse=str(value) if how[0] == "inverse" else "",
        view=VIEWS[str(value)] if how[0] == "view" else None,
        kind_path=path("kind"),
        api_path=path("api"),
        namespace_path=path("namespace"),
        top=how[0] == "owner" and value == "top",
    )


def load_symptoms(text: str, file: str) -> list[Symptom]:
    """The symptoms of one file. Raises LoadErrors."""
    errors: list[LoadError] = []
    document = load(text, file)
    found: list[Symptom] = []
    for i, entry in enumerate(document.data if isinstance(document.data, list) else []):
        if not isinstance(entry, dict) or not {"symptom", "of"} <= set(entry) or set(entry) - _SYMPTOM_KEYS:
            errors.append(document.value_error(f"a symptom has: {listed(_SYMPTOM_KEYS)}", i))
            continue
        explains = tuple(
            Explains(str(e["symptom"]), str(e["via"]), document.value_at(i, "explains", j))
            for j, e in enumerate(entry.get("explains") or [])
        )
        found.append(Symptom(str(entry["symptom"]), str(entry["of"]), str(entry.get("about", "")), explains))
    names = {s.name for s in found}
    for i, symptom in enumerate(found):
        for e in symptom.explains:
            if e.symptom not in names:
                errors.append(document.value_error(f"unknown symptom '{e.symptom}'{suggest(e.symptom, names)}", i))
    if errors:
        raise LoadErrors(errors)
    return found
