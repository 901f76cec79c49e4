"""What loaded rules need of a cluster: the kinds to list, and the rules that look at logs."""

from __future__ import annotations

from dataclasses import replace

from diagnose.kinds import KindKey, is_observed, parse_key
from diagnose.language.compiler import RuleSet
from diagnose.language.scope import Reads
from diagnose.relations import Relation
from diagnose.views import WORKLOADS

_POD = KindKey("", "Pod")
_BETWEEN = frozenset({KindKey("apps", "ReplicaSet"), KindKey("batch", "Job")})
"""Between a pod and the workload that a person would mend: without them a report names what nobody wrote."""


def kinds_read(rules: RuleSet) -> frozenset[KindKey]:
    """The kinds of the API of which some rule reads objects, or whether there are any."""
    found = set(rules.reads.of_rules) | {key for plan in rules.plans for key in plan.keys}
    borne = {case.symptom for plan in rules.plans for case in plan.cases}
    for symptom, (_, ways) in rules.symptoms.items():
        for way in ways if symptom in borne else ():
            if way.symptom in borne:
                found |= {key for relation in way.relations for key in _led_to(relation)}
    if _POD in found:
        found |= _BETWEEN
    return frozenset(key for key in found if not is_observed(key))


def _led_to(relation: Relation) -> set[KindKey]:
    if relation.how == "involved":
        return {parse_key("Event")}
    return {relation.target} if relation.target is not None else set(map(parse_key, WORKLOADS))


def readers_of_logs(rules: RuleSet) -> tuple[str, ...]:
    """The ids of the rules that look at logs of containers, sorted."""
    return tuple(sorted(plan.rule.id for plan in rules.plans if plan.asks_log or plan.reads_log))


def asking_for_logs(rules: RuleSet) -> RuleSet:
    """The rules that tell of which containers the logs are wanted: those that begin at what the API shows.

    A rule that looks through the log of every container (`reads_log`) asks for none: it sees those that others ask
    for. Indexes are left to be built when a join asks for one.
    """
    plans = tuple(plan for plan in rules.plans if plan.asks_log and not plan.reads_log)
    return replace(rules, plans=plans, reads=Reads(paths=rules.reads.paths, joined=rules.reads.joined))
