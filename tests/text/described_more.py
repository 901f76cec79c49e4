"""More kinds as `kubectl describe` prints them: services, networks, configuration, autoscaling, access."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tests.text.described import KINDS as FIRST
from tests.text.described import _created, _head, _meta
from tests.text.describing import Object, conditions, date, joined, pairs, selector


def _service(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o)
    yield from _meta(o)
    yield f"Selector:\t{joined(spec.get('selector'))}"
    yield f"Type:\t{spec['type']}"
    yield f"IP Family Policy:\t{spec.get('ipFamilyPolicy', 'SingleStack')}"
    yield f"IP Families:\t{','.join(spec.get('ipFamilies') or ()) or '<none>'}"
    yield f"IP:\t{spec.get('clusterIP', '')}"
    yield f"IPs:\t{','.join(spec.get('clusterIPs') or ()) or '<none>'}"
    if spec.get("externalName"):
        yield f"External Name:\t{spec['externalName']}"
    found = (status.get("loadBalancer") or {}).get("ingress") or ()
    if found:
        yield f"LoadBalancer Ingress:\t{', '.join(i.get('ip') or i['hostname'] for i in found)}"
    for p in spec.get("ports") or ():
        name = p.get("name") or "<unset>"
        yield f"Port:\t{name}\t{p['port']}/{p['protocol']}"
        yield f"TargetPort:\t{p['targetPort']}/{p['protocol']}"
        if p.get("nodePort"):
            yield f"NodePort:\t{name}\t{p['nodePort']}/{p['protocol']}"
        yield "Endpoints:\t10.1.0.1:80,10.1.0.2:80,10.1.0.3:80 + 2 more..."
    yield f"Session Affinity:\t{spec['sessionAffinity']}"
    if spec.get("externalTrafficPolicy"):
        yield f"External Traffic Policy:\t{spec['externalTrafficPolicy']}"
    if spec.get("internalTrafficPolicy"):
        yield f"Internal Traffic Policy:\t{spec['internalTrafficPolicy']}"


def _endpoints(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    yield "Subsets:"
    for s in o.get("subsets") or ():
        for title, name in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
            yield f"  {title}:\t{','.join(a['ip'] for a in s.get(name) or ()) or '<none>'}"
        if s.get("ports"):
            yield from ("  Ports:", "    Name\tPort\tProtocol", "    ----\t----\t--------")
            yield from (f"    {p.get('name') or '<unset>'}\t{p['port']}\t{p['protocol']}" for p in s["ports"])
        yield ""


def _endpoint_slice(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    yield f"AddressType:\t{o['addressType']}"
    if o.get("ports"):
        yield from ("Ports:", "  Name\tPort\tProtocol", "  ----\t----\t--------")
        yield from (f"  {p.get('name') or '<unset>'}\t{p.get('port', '<unset>')}\t{p['protocol']}" for p in o["ports"])
    else:
        yield "Ports: <unset>"
    yield "Endpoints:" + ("" if o.get("endpoints") else " <none>")
    for e in o.get("endpoints") or ():
        yield f"  - Addresses:\t{', '.join(e['addresses'])}"
        yield "    Conditions:"
        yield f"      Ready:\t{str(e.get('conditions', {}).get('ready', '<unset>')).lower()}"
        yield f"    Hostname:\t{e.get('hostname', '<unset>')}"
        if e.get("targetRef"):
            yield f"    TargetRef:\t{e['targetRef']['kind']}/{e['targetRef']['name']}"
        yield f"    NodeName:\t{e.get('nodeName', '<unset>')}"
        yield f"    Zone:\t{e.get('zone', '<unset>')}"


def _config_map(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    yield from ("", "Data", "====")
    for key, value in (o.get("data") or {}).items():
        yield from (f"{key}:", "----", *value.split("\n"), "")
    yield from ("", "BinaryData", "====")
    yield from (f"{key}: {len(value)} bytes" for key, value in (o.get("binaryData") or {}).items())
    yield ""


def _secret(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    yield from ("", f"Type:\t{o['type']}", "", "Data", "====")
    yield from (f"{key}:\t{len(value)} bytes" for key, value in (o.get("data") or {}).items())


def _service_account(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    for title, name in (("Image pull secrets:", "imagePullSecrets"), ("Mountable secrets: ", "secrets")):
        found = [s["name"] for s in o.get(name) or ()]
        yield f"{title}\t{found[0] if found else '<none>'}"
        yield from (f"{' ' * 19}\t{more}" for more in found[1:])
    yield "Tokens:            \t<none>"


def _quota_rows(o: Object, indent: str = "") -> Iterator[str]:
    yield from (f"{indent}Resource\tUsed\tHard", f"{indent}--------\t----\t----")
    status = o["status"]
    for name, hard in sorted(status.get("hard", {}).items()):
        yield f"{indent}{name}\t{status['used'].get(name, '0')}\t{hard}"


def _quota(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _quota_rows(o)


_COLUMNS = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


def _limit_range(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio"
    yield "----\t--------\t---\t---\t---------------\t-------------\t-----------------------"
    for item in o["spec"]["limits"]:
        for name in sorted({key for column in _COLUMNS for key in item.get(column, ())}):
            yield "\t".join((item["type"], name, *(item.get(column, {}).get(name, "-") for column in _COLUMNS)))


def _namespace(o: Object) -> Iterator[str]:
    yield from _head(o)
    yield from _meta(o)
    yield f"Status:\t{o['status']['phase']}"
    yield from conditions(o, "type", "status", "lastTransitionTime", "reason", "message")
    quotas = o.get("quotas") or []
    yield ""
    yield "Resource Quotas" if quotas else "No resource quota."
    for q in quotas:
        yield f"  Name:\t{q['metadata']['name']}"
        yield from _quota_rows(q, "  ")
    yield from ("", "No LimitRange resource.")


def _ingress(o: Object) -> Iterator[str]:
    spec = o["spec"]
    yield f"Name:\t{o['metadata']['name']}"
    yield from pairs("Labels", o["metadata"].get("labels"))
    yield f"Namespace:\t{o['metadata']['namespace']}"
    found = (o.get("status", {}).get("loadBalancer") or {}).get("ingress") or ()
    yield f"Address:\t{','.join(i.get('ip') or i['hostname'] for i in found)}"
    yield f"Ingress Class:\t{spec.get('ingressClassName') or '<none>'}"
    yield f"Default backend:\t{_backend(spec['defaultBackend']) if spec.get('defaultBackend') else '<default>'}"
    if spec.get("tls"):
        yield "TLS:"
        for t in spec["tls"]:
            hosts = ",".join(t.get("hosts") or ())
            yield f"  {t['secretName']} terminates {hosts}" if t.get("secretName") else f"  SNI routes {hosts}"
    yield from ("Rules:", "  Host\tPath\tBackends", "  ----\t----\t--------")
    for rule in spec.get("rules") or ():
        yield f"  {rule.get('host') or '*'}\t"
        yield from (f"    \t{p.get('path', '')} \t{_backend(p['backend'])}" for p in rule["http"]["paths"])
    if not spec.get("rules"):
        yield "  *\t*\t<default>"
    yield from list(_meta(o))[len(list(pairs("Labels", o["metadata"].get("labels")))) :]


def _backend(b: Object) -> str:
    port = b["service"]["port"]
    name = b["service"]["name"]
    return f'{name}:{port.get("number") or port.get("name")} (<error: services "{name}" not found>)'


def _autoscaler(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o)
    yield from _meta(o)
    yield _created(o)
    yield f"Reference:\t{spec['scaleTargetRef']['kind']}/{spec['scaleTargetRef']['name']}"
    yield "Metrics:\t( current / target )"
    now = [m.get("resource") for m in status.get("currentMetrics") or ()]
    for m in spec.get("metrics") or ():
        r = m["resource"]
        current = next((c["current"] for c in now if c and c["name"] == r["name"]), None)
        if "averageUtilization" in r["target"]:
            shown = f"{current['averageUtilization']}% ({current['averageValue']})" if current else "<unknown>"
            target = f"{r['target']['averageUtilization']}%"
            yield f"  resource {r['name']} on pods  (as a percentage of request):\t{shown} / {target}"
        else:
            shown = current["averageValue"] if current else "<unknown>"
            yield f"  resource {r['name']} on pods:\t{shown} / {r['target']['averageValue']}"
    yield f"Min replicas:\t{spec.get('minReplicas', '<unset>')}"
    yield f"Max replicas:\t{spec['maxReplicas']}"
    kind = spec["scaleTargetRef"]["kind"]
    yield f"{kind} pods:\t{status.get('currentReplicas', 0)} current / {status.get('desiredReplicas', 0)} desired"
    yield from conditions(o, "type", "status", "reason", "message")


def _budget(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o["status"]
    yield from _head(o)
    if "minAvailable" in spec:
        yield f"Min available:\t{spec['minAvailable']}"
    else:
        yield f"Max unavailable:\t{spec['maxUnavailable']}"
    yield f"Selector:\t{selector(spec.get('selector'), '<unset>')}"
    yield "Status:"
    names = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
    for title, name in zip(("Allowed disruptions", "Current", "Desired", "Total"), names, strict=True):
        yield f"    {title}:\t{status[name]}"


def _peers(title: str, other: str, rules: list[Object], name: str) -> Iterator[str]:
    way = "ingress" if name == "from" else "egress"
    if not rules:
        yield f"    <none> (Selected pods are isolated for {way} connectivity)"
    for i, rule in enumerate(rules):
        for p in rule.get("ports") or ():
            end = f"-{p['endPort']}" if "endPort" in p else ""
            yield f"    To Port{' Range' if end else ''}: {p['port']}{end}/{p.get('protocol', 'TCP')}"
        if not rule.get("ports"):
            yield "    To Port: <any> (traffic allowed to all ports)"
        if not rule.get(name):
            yield f"    {title}: <any> (traffic not restricted by {other})"
        for peer in rule.get(name) or ():
            yield f"    {title}:"
            for key, word in (("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")):
                yield from [f"      {word}: {selector(peer[key])}"] if key in peer else []
            if "ipBlock" in peer:
                yield from ("      IPBlock:", f"        CIDR: {peer['ipBlock']['cidr']}")
                yield f"        Except: {', '.join(peer['ipBlock'].get('except') or ())}"
        if i < len(rules) - 1:
            yield "    ----------"


def _policy(o: Object) -> Iterator[str]:
    spec = o["spec"]
    yield from _head(o, f"Created on:\t{date(o['metadata']['creationTimestamp'])}")
    yield from _meta(o)
    yield "Spec:"
    chosen = selector(spec["podSelector"])
    everything = "<none> (Allowing the specific traffic to all pods in this namespace)"
    yield f"  PodSelector:     {everything if chosen == '<none>' else chosen}"
    for way, name, title, other in (("Ingress", "from", "From", "source"), ("Egress", "to", "To", "destination")):
        if way in spec["policyTypes"]:
            yield f"  Allowing {way.lower()} traffic:"
            yield from _peers(title, other, spec.get(way.lower()) or [], name)
        else:
            yield f"  Not affecting {way.lower()} traffic"
    yield f"  Policy Types: {', '.join(spec['policyTypes'])}"


def _binding(o: Object) -> Iterator[str]:
    yield f"Name:\t{o['metadata']['name']}"
    yield from _meta(o)
    yield from ("Role:", f"  Kind:\t{o['roleRef']['kind']}", f"  Name:\t{o['roleRef']['name']}")
    yield from ("Subjects:", "  Kind\tName\tNamespace", "  ----\t----\t---------")
    yield from (f"  {s['kind']}\t{s['name']}\t{s.get('namespace', '')}" for s in o.get("subjects") or ())


MORE: dict[str, Callable[[Object], Iterable[str]]] = {
    "Service": _service,
    "Endpoints": _endpoints,
    "EndpointSlice": _endpoint_slice,
    "ConfigMap": _config_map,
    "Secret": _secret,
    "ServiceAccount": _service_account,
    "ResourceQuota": _quota,
    "LimitRange": _limit_range,
    "Namespace": _namespace,
    "Ingress": _ingress,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
    "NetworkPolicy": _policy,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
}
FIRST |= MORE
WITHOUT_EVENTS = frozenset(
    {"Secret", "ResourceQuota", "LimitRange", "Namespace", "NetworkPolicy", "RoleBinding", "ClusterRoleBinding"}
)
