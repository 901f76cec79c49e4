"""The view `routes`: routes of a gateway whose configuration stands in a ConfigMap, and the Service that each means.

Spring Cloud Gateway: a list of routes with id, uri and predicates, in YAML or as properties. A placeholder stands for
its default, as `${STOCK_HOST:stock}` for `stock`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import yaml

from diagnose.decode import Record
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.values import UNKNOWN, as_map, as_maps
from diagnose.view import UNTOLD, Element, Elements, View, fixed, is_open

_SERVICE = KindKey("", "Service")
_LARGEST = 1 << 20
_DEEPEST = 20
_ANCHOR = re.compile(r"(?m)(?:^|[\s:\[{,-])&\w")
_PROPERTY = re.compile(r"(?m)^\s*[\w.-]+\.routes\[(\d{1,4})\]\.(id|uri|predicates\[\d{1,3}\])\s*[=:]\s*(.+?)\s*$")
_PLACEHOLDER = re.compile(r"\$\{[^${}]*?(?::([^${}]*))?\}")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_GENERAL = re.compile(r"(?:api|rest|v\d+|service|svc)?\Z")
_SUFFIX = re.compile(r"(?:service|svc|server|backend|api|app)\Z")
_VERSION = re.compile(r"v\d+|canary|blue|green|new|old|next|stable|beta|test|staging|dev|prod")
_FEW = 4
_NUMBERED = "number "


def _routes(world: World, record: Record, configmap: dict[str, Any]) -> Elements:
    data = configmap.get("data")
    told = [r for key, text in as_map(data).items() if isinstance(text, str) for r in _in_file(key, text)]
    found = [_element(number, route, record.meta.namespace) for number, route in enumerate(told, 1)]
    services = [r.meta.name for r in world.rows(_SERVICE, record.meta.namespace)]
    names = _Names(services)
    unseen = UNKNOWN if world.coverage.missing(_SERVICE, record.meta.namespace) else None
    reached = {e["service"] for e in found if e["service"] and names.named(e, e["service"])}
    for element in found:
        meant = [s for s in services if s not in reached and names.meant(element, s)]
        missed = element["service"] and len(meant) == 1 and not names.named(element, element["service"])
        element["meant"] = meant[0] if missed else unseen
    return found, UNTOLD if is_open(data) else None


def _in_file(key: str, text: str) -> Iterator[dict[str, Any]]:
    if len(text) > _LARGEST or "routes" not in text or "uri" not in text:
        return
    if _PROPERTY.search(text):
        routes: dict[str, dict[str, Any]] = {}
        for number, name, value in _PROPERTY.findall(text):
            route = routes.setdefault(number, {"file": key, "predicates": []})
            route.update({name: value} if "[" not in name else {"predicates": [*route["predicates"], value]})
        yield from (r for r in routes.values() if "uri" in r)
    elif not _ANCHOR.search(text):
        try:
            documents = list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        except (yaml.YAMLError, RecursionError, ValueError):
            return
        for document in documents:
            yield from ({**route, "file": key} for route in _below(document, _DEEPEST))


def _below(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The entries of every list called `routes` that have a uri."""
    if not isinstance(value, dict) or not depth:
        return
    for name, inside in value.items():
        if name == "routes":
            yield from (dict(r) for r in as_maps(inside) if isinstance(r.get("uri"), str))
        yield from _below(inside, depth - 1)


def _element(number: int, route: dict[str, Any], own: str) -> Element:
    uri = _filled(str(route["uri"]))
    try:
        parts = urlsplit(uri if "//" in uri else f"//{uri}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    name, _, rest = host.partition(".")
    namespace = rest.partition(".")[0] if rest else own
    return {
        "file": route["file"],
        "id": str(route["id"]) if route.get("id") is not None else f"{_NUMBERED}{number}",
        "uri": uri,
        "service": name if name and namespace == own else None,
        "port": port,
        "paths": list(_paths(route.get("predicates"))),
    }


def _filled(text: str) -> str:
    """The text with every placeholder as its default, from the inside out."""
    for _ in range(5):
        text, changed = _PLACEHOLDER.subn(lambda m: m[1] or "", text)
        if not changed:
            break
    return text


def _paths(predicates: Any) -> Iterator[str]:
    """`Path=/a/**,/b/**`, or the long form with name and args."""
    for predicate in predicates if isinstance(predicates, list) else ():
        if isinstance(predicate, str) and predicate.startswith("Path="):
            yield from (p.strip() for p in predicate.removeprefix("Path=").split(",") if p.strip().startswith("/"))
        elif isinstance(predicate, dict) and predicate.get("name") == "Path":
            given = predicate.get("args")
            for value in given.values() if isinstance(given, dict) else ():
                yield from (str(v) for v in (value if isinstance(value, list) else [value]) if str(v).startswith("/"))


def _is_version(service: str, word: str) -> bool:
    return service == word or (service.startswith(word) and bool(_VERSION.fullmatch(service[len(word) :])))


class _Names:
    """What the Services of a namespace are called, without what most of them have in common."""

    def __init__(self, services: Iterable[str]) -> None:
        listed = list(services)
        first = Counter(name.partition("-")[0] for name in listed if "-" in name).most_common(1)
        common = first[0][0] if first and first[0][1] >= max(_FEW, len(listed) / 2) else ""
        self._prefix = f"{common}-" if common else ""

    def named(self, route: Element, service: str) -> bool:
        """Whether the id or a path of a route names a Service, or one of which this is a version."""
        short = self._short(service)
        return any(_is_version(short, word) for words in self._words(route) for word in words)

    def meant(self, route: Element, service: str) -> bool:
        """Whether all that a route is called by, its id and its paths, names a Service."""
        words = list(self._words(route))
        return bool(words) and all(self._short(service) in some for some in words)

    def _words(self, route: Element) -> Iterator[set[str]]:
        """Of the id, and of each path, what may be the name of a Service."""
        if not route["id"].startswith(_NUMBERED):
            yield {self._short(route["id"])}
        for path in route["paths"]:
            segments = [_NO_WORD.sub("", s.lower()) for s in path.split("/") if not set(s) & set("*{")]
            named = {self._short(s) for s in segments if not _GENERAL.match(s)}
            if named:
                yield named

    def _short(self, name: str) -> str:
        bare = _NO_WORD.sub("", name.removeprefix(self._prefix).lower())
        return _SUFFIX.sub("", bare) or bare


VIEWS = (
    View(
        "routes",
        ("ConfigMap",),
        "Each route of a gateway whose configuration (Spring Cloud Gateway) stands in the ConfigMap.",
        {
            "file": "the key of the ConfigMap",
            "id": "its id, or its number in the list",
            "uri": "where it leads, with the defaults of placeholders",
            "service": "the name of the Service in the same namespace that it leads to, whether it exists or not",
            "port": "the port in the uri",
            "paths": "the paths that it takes",
            "meant": "the one Service that its id and paths name, where no route of that name leads there",
        },
        _routes,
        fixed(("data",)),
    ),
)
OTHER_READS: dict[str, dict[KindKey, tuple[Any, ...]]] = {"routes": {_SERVICE: ()}}
