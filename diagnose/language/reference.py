"""docs/rule-reference.md, made from the tables of the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagnose.kinds import TABLE as KINDS
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.operators import TABLE as OPERATORS
from diagnose.language.problems import CHECKS
from diagnose.language.scope import ANYTHING, SNAPSHOT_FIELDS, VIRTUAL
from diagnose.language.syntax import CASE_KEYS, CLAUSE_KEYS, CLAUSES, REPORT_KEYS, RULE_KEYS, Symptom
from diagnose.language.templates import FILTERS
from diagnose.relations import Relation, Relations
from diagnose.views import TABLE as VIEWS

_HEAD = """\
# Rule reference

Made by `diagnose rules reference` from the program's own tables; do not edit it.
How to write a rule is told in [writing-rules.md](writing-rules.md).
"""

_TAKES = {
    "value": "text, number, true or false",
    "list": "list",
    "condition": "literal or operators",
    "bool": "true or false",
    "regex": "RE2 pattern",
    "text": "text",
    "quantity": "number or quantity",
    "duration": "duration, as 30s, 10m, 1h",
    "range": "range of versions, as >=1.25,<1.30",
    "labels": "map of labels",
    "tolerations": "tolerations",
}

_ABOUT_PATHS = f"""\
JSONPath, as jsonpath-ng reads it. `$` is the object or element of the clause; any other first word is a binding.
`snapshot` is always there, with: {", ".join(SNAPSHOT_FIELDS)}. A path that leads nowhere, or to null, has no value.

| write | for |
|---|---|
| `$.spec.nodeName` | a field |
| `$.metadata.labels['app.kubernetes.io/name']` | a key with dots or slashes |
| `$.spec.containers[*].image` | all elements of a list, or values of a map |
| `$.spec.containers[0].image` | one element |
| `$.status.conditions[?(@.type=='Ready')].status` | the elements whose field has that value |

Other forms of JSONPath work, slowly; `rules lint` names them.
"""


def reference(relations: Relations, symptoms: Iterable[Symptom]) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        _section("A rule", _table("key", RULE_KEYS)),
        _section("`report`", _table("key", REPORT_KEYS)),
        _section("A case", _table("key", CASE_KEYS)),
        _section(
            "Clauses",
            _table("verb", CLAUSES),
            "Beside its verb a clause (not `let`, not `when`) can have:",
            _table("key", CLAUSE_KEYS),
        ),
        _section("Paths", _ABOUT_PATHS.rstrip()),
        _section("Operators", _OPERATORS_INTRO, _operators()),
        _section("Functions of `let`", _functions()),
        _section("Filters of templates", _FILTERS_INTRO, _table("filter", {f.name: f.doc for f in FILTERS.values()})),
        _section("Kinds", _KINDS_INTRO, _kinds()),
        _section("Relations", _RELATIONS_INTRO, _relations(relations)),
        _section("Views", *_views()),
        _section("Symptoms", _symptoms(symptoms)),
        _section("What lint checks", _LINT_INTRO, _checks()),
    ]
    return "\n".join(parts)


_OPERATORS_INTRO = """\
On the right side of a path: a literal (equality), or a map of operators, of which all must hold. Of several values at
a path one must pass. The right side of an operator is a literal, `{ref: path}` or `{param: name}`."""
_FILTERS_INTRO = (
    "`{path}` or `{path|filter}`, in messages, `fix` and `commands`; `{{` and `}}` are the braces themselves."
)
_KINDS_INTRO = (
    "Short names of kinds; any other kind is written with its group, as `ClusterOperator.config.openshift.io`."
)
_RELATIONS_INTRO = '`binding -> relation`; relations can be chained. Those of "any" are there for every kind.'
_LINT_INTRO = "`diagnose rules lint`; the level in brackets is that for rules that do not come with the program."


def _section(title: str, *parts: str) -> str:
    return f"## {title}\n\n" + "\n\n".join(parts) + "\n"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines)


def _table(word: str, table: Mapping[str, str]) -> str:
    return _rows((word, "meaning"), ((f"`{k}`", v) for k, v in table.items()))


def _operators() -> str:
    return _rows(
        ("operator", "right side", "holds when"), ((f"`{o.name}`", _TAKES[o.takes], o.doc) for o in OPERATORS.values())
    )


def _functions() -> str:
    def paths(least: int, most: int) -> str:
        return str(least) if least == most else f"{least} to {most}"

    return _rows(("function", "paths", "gives"), ((f"`{f.name}`", paths(*f.paths), f.doc) for f in FUNCTIONS.values()))


def _kinds() -> str:
    core = ", ".join(f"`{k.kind}`" for k in KINDS)
    made = ", ".join(f"`{v}`" for v in VIRTUAL)
    return f"{core}\n\nMade by the program: {made} (see Views), and `{ANYTHING}`: every object, of whatever kind."


def _relations(relations: Relations) -> str:
    rows = [
        ("any" if r.source == "*" else f"`{r.source}`", f"`{r.name}`", _target(r), _how(r)) for r in relations.all()
    ]
    return _rows(("from", "relation", "to", "by"), rows)


def _target(relation: Relation) -> str:
    if relation.view is not None:
        return f"view `{relation.view.name}`"
    return "any" if relation.to == "*" else f"`{relation.to}`"


def _how(relation: Relation) -> str:
    path = f"`{relation.path.text}`" if relation.path else ""
    match relation.how:
        case "name":
            return f"the name at {path}"
        case "labels":
            return f"the labels at {path}"
        case "selector":
            return f"the selector at {path}"
        case "inverse":
            return f"`{relation.inverse}` read backwards"
        case "involved":
            return "the object that an event is about"
        case "owner":
            return "the topmost owner" if relation.top else "the controller in ownerReferences"
        case "owned":
            return "the objects that it controls"
        case _:
            return "a view"


def _views() -> list[str]:
    return [
        f"### {view.name}\n\n{view.doc} Of: {', '.join(f'`{k}`' for k in view.of)}.\n\n{_table('field', view.fields)}"
        for view in VIEWS.values()
    ]


def _symptoms(symptoms: Iterable[Symptom]) -> str:
    rows = []
    for s in symptoms:
        leads = ", ".join(f"`{e.symptom}`" + (f" (via `{e.via}`)" if e.via else "") for e in s.explains)
        rows.append((f"`{s.name}`", "any kind" if s.of == "*" else f"`{s.of}`", s.about, leads))
    return _rows(("symptom", "of", "meaning", "leads to"), rows)


def _checks() -> str:
    rows = [(f"`{c.name}`", c.level + (f" ({c.for_users})" if c.for_users else ""), c.doc) for c in CHECKS.values()]
    return _rows(("check", "level", "meaning"), rows)
