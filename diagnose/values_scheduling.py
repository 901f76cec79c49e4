"""Labels, taints and nodes as the scheduler sees them; `diagnose.values` offers these functions with the others.

As there: a value of the wrong type matches nothing and raises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence


def selects(selector: object, labels: Mapping[str, str] | None, *, numeric: bool = False) -> bool:
    """Whether a LabelSelector, or a plain map of labels (Service, ReplicationController), selects these labels.

    Source: metav1.LabelSelectorAsSelector. No selector (None) selects nothing, an empty one everything, and one the
    API would refuse (an unknown operator, In without values) nothing. `numeric` adds the Gt and Lt of node affinity.
    """
    if not isinstance(selector, Mapping):
        return False
    have = labels if isinstance(labels, Mapping) else {}
    if all(isinstance(selector.get(key, ""), str) for key in ("matchLabels", "matchExpressions")):
        return _has_labels(have, selector)
    wanted, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if not isinstance(wanted, Mapping | None) or not isinstance(expressions, list | tuple | None):
        return False
    return _has_labels(have, wanted or {}) and _meets_all(have, expressions or (), numeric=numeric)


def _has_labels(have: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return all(key in have and _same(have[key], value) for key, value in wanted.items())


def _same(left: object, right: object) -> bool:
    """Equality of two label values: null is "" as in Go's map[string]string, and 1 is not True."""
    left, right = "" if left is None else left, "" if right is None else right
    return type(left) is type(right) and isinstance(left, str | int | float) and left == right


def _meets_all(have: Mapping[str, object], expressions: Sequence[object], *, numeric: bool) -> bool:
    return all(_meets(have, expression, numeric=numeric) for expression in expressions)


def _meets(have: Mapping[str, object], expression: object, *, numeric: bool) -> bool:
    """One requirement of labels.NewRequirement; `numeric` adds the Gt and Lt of node affinity."""
    key, operator, values = _requirement(expression)
    if not key:
        return False
    if operator in ("Exists", "DoesNotExist"):
        return not values and (key in have) == (operator == "Exists")
    if operator in ("In", "NotIn"):
        present = key in have and any(_same(have[key], value) for value in values)
        return bool(values) and present == (operator == "In")
    if numeric and operator in ("Gt", "Lt") and len(values) == 1:
        return _compare(operator, have.get(key), values[0], _GO_INTEGER)
    return False


def _requirement(expression: object) -> tuple[str, object, Sequence[object]]:
    """Key, operator and values; the key is "" when the expression is malformed."""
    if not isinstance(expression, Mapping):
        return "", None, ()
    key, values = expression.get("key"), expression.get("values")
    if not isinstance(key, str) or not isinstance(values, list | tuple | None):
        return "", None, ()
    return key, expression.get("operator"), values or ()


_GO_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")


def _compare(operator: object, left: object, right: object, form: re.Pattern[str]) -> bool:
    """`left` Gt or Lt `right`, both texts of 64-bit integers; False when one is not."""
    if not (isinstance(left, str) and isinstance(right, str) and form.fullmatch(left) and form.fullmatch(right)):
        return False
    a, b = int(left), int(right)
    if not all(-(2**63) <= number < 2**63 for number in (a, b)):
        return False
    return a > b if operator == "Gt" else a < b


def tolerates(toleration: Mapping[str, object], taint: Mapping[str, object]) -> bool:
    """Whether one toleration covers one taint, whatever the taint's effect.

    Source: Toleration.ToleratesTaint of k8s.io/api/core/v1, with the Lt and Gt of KEP-5471 (taint compared to
    toleration, both canonical 64-bit integers).
    """
    if not isinstance(toleration, Mapping) or not isinstance(taint, Mapping):
        return False
    effect, key = toleration.get("effect") or "", toleration.get("key") or ""
    if effect and not _same(effect, taint.get("effect")):
        return False
    if key and not _same(key, taint.get("key")):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    if operator == "Equal":
        return _same(toleration.get("value"), taint.get("value"))
    if operator in ("Lt", "Gt"):
        return _compare(operator, taint.get("value"), toleration.get("value"), _CANONICAL_INTEGER)
    return False


def untolerated(taint: Mapping[str, object], tolerations: Sequence[object] | None) -> bool:
    """Whether a taint keeps a pod with these tolerations off its node; only NoSchedule and NoExecute ever do."""
    if not isinstance(taint, Mapping) or taint.get("effect") not in ("NoSchedule", "NoExecute"):
        return False
    return not any(tolerates(toleration, taint) for toleration in as_maps(tolerations))


def node_affinity_matches(pod_spec: Mapping[str, object], node: Mapping[str, object]) -> bool:
    """Whether nodeSelector and the required node affinity of a pod allow a node (taints are `untolerated`'s).

    Source: k8s.io/component-helpers/scheduling/corev1/nodeaffinity. Terms are ORed, the expressions of one ANDed; an
    empty term, and a required affinity without terms, match no node.
    """
    metadata = as_map(as_map(node).get("metadata"))
    labels = as_map(metadata.get("labels"))
    if not _has_labels(labels, as_map(as_map(pod_spec).get("nodeSelector"))):
        return False
    affinity = as_map(as_map(as_map(pod_spec).get("affinity")).get("nodeAffinity"))
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not isinstance(required, Mapping):
        return True
    return any(_term_matches(term, labels, metadata.get("name")) for term in as_maps(required.get("nodeSelectorTerms")))


def _term_matches(term: Mapping[str, object], labels: Mapping[str, object], name: object) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not isinstance(expressions, list | tuple) or not isinstance(fields, list | tuple):
        return False
    return (
        bool(expressions or fields)
        and _meets_all(labels, expressions, numeric=True)
        and all(_field_matches(field, name) for field in fields)
    )


def _field_matches(expression: object, name: object) -> bool:
    key, operator, values = _requirement(expression)
    if operator not in ("In", "NotIn") or len(values) != 1:
        return False
    return _same(name if key == "metadata.name" else "", values[0]) == (operator == "In")


def as_map(value: object) -> Mapping[str, object]:
    """The value, or an empty map in place of anything that is none."""
    return value if isinstance(value, dict | Mapping) else {}


def as_maps(value: object) -> Iterator[Mapping[str, object]]:
    """The maps in a list; nothing from anything that is no list."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, dict | Mapping))
