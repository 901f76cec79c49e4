"""Who controls an object that a table tells without its owner: its name begins with the name of its controller.

A ReplicaSet's pods are called after it with five more characters, a Deployment's ReplicaSets with the hash of the
template, a StatefulSet's pods with a number. Only controllers that are told themselves count.
Source: names of kubernetes/kubernetes, pkg/controller; the alphabet of apimachinery's rand.SafeEncodeString.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from diagnose.kinds import KindKey, api_version, parse_key

Name = tuple[str, str]
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_FIVE = re.compile(rf"{_SAFE}{{5}}\Z")
_HASH = re.compile(rf"{_SAFE}{{1,10}}\Z|\d{{6,10}}\Z")
_ORDINAL = re.compile(r"\d{1,5}\Z")
_MINUTES = re.compile(r"\d{7,10}\Z")
_CONTROLLERS: dict[KindKey, tuple[tuple[KindKey, re.Pattern[str]], ...]] = {
    parse_key("Pod"): (
        (parse_key("ReplicaSet"), _FIVE),
        (parse_key("StatefulSet"), _ORDINAL),
        (parse_key("DaemonSet"), _FIVE),
        (parse_key("Job"), _FIVE),
        (parse_key("ReplicationController"), _FIVE),
    ),
    parse_key("ReplicaSet"): ((parse_key("Deployment"), _HASH),),
    parse_key("Job"): ((parse_key("CronJob"), _MINUTES),),
}


def owners(key: KindKey, name: Name, known: Container[tuple[KindKey, Name]]) -> list[dict[str, Any]] | None:
    """The `ownerReferences` of an object, from its name; None where no controller of such a name is known."""
    stem, _, suffix = name[1].rpartition("-")
    for controller, shape in _CONTROLLERS.get(key, ()):
        if stem and shape.match(suffix) and (controller, (name[0], stem)) in known:
            reference = {"kind": controller.kind, "name": stem, "apiVersion": api_version(controller)}
            return [{**reference, "controller": True}]
    return None
