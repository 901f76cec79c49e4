"""Objects rendered as `kubectl describe` prints them, to be read back. Each function gives lines with tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.text.tabs import aligned

Object = dict[str, Any]
_SPACE = "  "


def date(text: str | None, unset: str = "<unset>") -> str:
    """A time of the API with a weekday."""
    if not text:
        return unset
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def pairs(title: str, values: dict[str, str] | None, indent: str = "") -> Iterator[str]:
    found = [f"{key}={value}" for key, value in sorted((values or {}).items())] or ["<none>"]
    yield f"{indent}{title}:\t{found[0]}"
    yield from (f"{indent}\t{more}" for more in found[1:])


def notes(values: dict[str, str] | None, indent: str = "") -> Iterator[str]:
    hidden = "kubectl.kubernetes.io/last-applied-configuration"
    shown: list[str] = []
    for key, value in sorted((values or {}).items()):
        if key == hidden:
            continue
        if len(key) + len(value) + 2 > 140 or "\n" in value.removesuffix("\n"):
            lines = value.removesuffix("\n").split("\n")
            shown += [f"{key}:", *(f"  {v[:138]}..." if len(v) > 138 else f"  {v}" for v in lines)]
        else:
            shown.append(f"{key}: {value}")
    yield f"{indent}Annotations:\t{shown[0] if shown else '<none>'}"
    yield from (f"\t{more}" for more in shown[1:])


def selector(value: Any, empty: str = "<none>") -> str:
    if value is None:
        return empty
    words = [f"{k}={v}" for k, v in sorted((value.get("matchLabels") or {}).items())]
    for e in value.get("matchExpressions") or ():
        listed = ",".join(sorted(e.get("values") or ()))
        forms = {"In": f"{e['key']} in ({listed})", "NotIn": f"{e['key']} notin ({listed})"}
        words.append({**forms, "Exists": e["key"], "DoesNotExist": f"!{e['key']}"}[e["operator"]])
    return ",".join(words) or "<none>"


def joined(values: dict[str, str] | None) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted((values or {}).items())) or "<none>"


def controller(o: Object) -> Iterator[str]:
    for owner in o["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            yield f"Controlled By:\t{owner['kind']}/{owner['name']}"


def probe(p: Object) -> str:
    names = (("delay", "initialDelaySeconds"), ("timeout", "timeoutSeconds"), ("period", "periodSeconds"))
    times = " ".join(f"{short}={p.get(name, 0)}s" for short, name in names)
    attributes = f"{times} #success={p.get('successThreshold', 0)} #failure={p.get('failureThreshold', 0)}"
    if "exec" in p:
        return f"exec [{' '.join(p['exec']['command'])}] {attributes}"
    if "httpGet" in p:
        g = p["httpGet"]
        path = quote(g.get("path", ""), safe="/:@!$&'()*+,;=~-._")
        return f"http-get {g.get('scheme', 'HTTP').lower()}://{g.get('host', '')}:{g['port']}{path} {attributes}"
    if "tcpSocket" in p:
        return f"tcp-socket {p['tcpSocket'].get('host', '')}:{p['tcpSocket']['port']} {attributes}"
    return f"grpc <pod>:{p['grpc']['port']} {p['grpc'].get('service', '')} {attributes}"


def state(title: str, s: Object) -> Iterator[str]:
    if "running" in s:
        yield f"    {title}:\tRunning"
        yield f"      Started:\t{date(s['running'].get('startedAt'))}"
    elif "terminated" in s:
        t = s["terminated"]
        yield f"    {title}:\tTerminated"
        for word, name in (("Reason", "reason"), ("Message", "message")):
            if t.get(name):
                yield f"      {word}:\t{t[name]}"
        yield f"      Exit Code:\t{t['exitCode']}"
        yield from [f"      Signal:\t{t['signal']}"] if t.get("signal") else []
        yield f"      Started:\t{date(t.get('startedAt'), 'Mon, 01 Jan 0001 00:00:00 +0000')}"
        yield f"      Finished:\t{date(t.get('finishedAt'), 'Mon, 01 Jan 0001 00:00:00 +0000')}"
    else:
        yield f"    {title}:\tWaiting"
        if s.get("waiting", {}).get("reason"):
            yield f"      Reason:\t{s['waiting']['reason']}"


def variable(e: Object) -> Iterator[str]:
    source = e.get("valueFrom")
    if not source:
        first, *rest = e.get("value", "").split("\n")
        yield f"      {e['name']}:\t{first}"
        yield from (f"      \t{more}" for more in rest)
        return
    for name, words in (("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")):
        if name in source:
            ref = source[name]
            optional = str(bool(ref.get("optional"))).lower()
            yield f"      {e['name']}:\t<set to the key '{ref['key']}' {words} '{ref['name']}'>\tOptional: {optional}"
    if "fieldRef" in source:
        yield f"      {e['name']}:\t ({source['fieldRef']['apiVersion']}:{source['fieldRef']['fieldPath']})"
    if "resourceFieldRef" in source:
        yield f"      {e['name']}:\t0 ({source['resourceFieldRef']['resource']})"


def resources(r: Object, indent: str = "    ") -> Iterator[str]:
    for title, name in (("Limits", "limits"), ("Requests", "requests")):
        if r.get(name):
            yield f"{indent}{title}:"
            yield from (f"{indent}  {key}:\t{value}" for key, value in sorted(r[name].items()))


def container(c: Object, status: Object | None, indent: str) -> Iterator[str]:
    yield f"  {indent}{c['name']}:"
    ports = c.get("ports") or []
    if status:
        yield f"    Container ID:\t{status.get('containerID', '')}"
    yield f"    Image:\t{c['image']}"
    if status:
        yield f"    Image ID:\t{status.get('imageID', '')}"
    many = "s" if len(ports) > 1 else ""
    yield f"    Port{many}:\t" + (", ".join(f"{p['containerPort']}/{p['protocol']}" for p in ports) or "<none>")
    yield f"    Host Port{many}:\t" + (", ".join(f"{p.get('hostPort', 0)}/{p['protocol']}" for p in ports) or "<none>")
    for title, name in (("Command", "command"), ("Args", "args")):
        if c.get(name):
            yield f"    {title}:"
            yield from (f"      {line}" for word in c[name] for line in word.split("\n"))
    if status:
        yield from state("State", status["state"])
        if "terminated" in (status.get("lastState") or {}):
            yield from state("Last State", status["lastState"])
        yield f"    Ready:\t{status['ready']}"
        yield f"    Restart Count:\t{status['restartCount']}"
    yield from resources(c.get("resources") or {})
    for title, name in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")):
        if c.get(name):
            yield f"    {title}:\t{probe(c[name])}"
    if c.get("envFrom"):
        yield "    Environment Variables from:"
        for e in c["envFrom"]:
            kind = "ConfigMap" if "configMapRef" in e else "Secret"
            ref = e.get("configMapRef") or e.get("secretRef")
            prefix = f" with prefix '{e['prefix']}'" if e.get("prefix") else ""
            yield f"      {ref['name']}\t{kind}{prefix}\tOptional: {str(bool(ref.get('optional'))).lower()}"
    yield "    Environment:" + ("" if c.get("env") else "\t<none>")
    for e in c.get("env") or ():
        yield from variable(e)
    yield "    Mounts:" + ("" if c.get("volumeMounts") else "\t<none>")
    for m in sorted(c.get("volumeMounts") or (), key=lambda m: str(m["mountPath"])):
        path = f',path="{m["subPath"]}"' if m.get("subPath") else ""
        yield f"      {m['mountPath']} from {m['name']} ({'ro' if m.get('readOnly') else 'rw'}{path})"


def containers(title: str, specs: list[Object], statuses: list[Object] | None, indent: str) -> Iterator[str]:
    yield f"{_SPACE if indent else ''}{title}:"
    by_name = {s["name"]: s for s in statuses or ()}
    for c in specs:
        yield from container(c, by_name.get(c["name"]), indent)


VOLUMES: dict[str, Callable[[Object], Iterable[str]]] = {
    "hostPath": lambda v: (
        "Type:\tHostPath (bare)",
        f"Path:\t{v['path']}",
        f"HostPathType:\t{v.get('type', '<none>')}",
    ),
    "emptyDir": lambda v: (
        "Type:\tEmptyDir (a temporary directory)",
        f"Medium:\t{v.get('medium', '')}",
        f"SizeLimit:\t{v.get('sizeLimit', '<unset>')}",
    ),
    "secret": lambda v: (
        "Type:\tSecret (a volume populated by a Secret)",
        f"SecretName:\t{v['secretName']}",
        f"Optional:\t{str(bool(v.get('optional'))).lower()}",
    ),
    "configMap": lambda v: (
        "Type:\tConfigMap (a volume populated by a ConfigMap)",
        f"Name:\t{v['name']}",
        f"Optional:\t{str(bool(v.get('optional'))).lower()}",
    ),
    "persistentVolumeClaim": lambda v: (
        "Type:\tPersistentVolumeClaim (a reference)",
        f"ClaimName:\t{v['claimName']}",
        f"ReadOnly:\t{str(bool(v.get('readOnly'))).lower()}",
    ),
    "csi": lambda v: (
        "Type:\tCSI (a Container Storage Interface (CSI) volume source)",
        f"Driver:\t{v['driver']}",
        f"FSType:\t{v.get('fsType', '')}",
        *([f"VolumeHandle:\t{v['volumeHandle']}"] if "volumeHandle" in v else []),
        f"ReadOnly:\t{str(bool(v.get('readOnly'))).lower()}",
        *pairs("VolumeAttributes", v.get("volumeAttributes")),
    ),
    "local": lambda v: ("Type:\tLocalVolume (local storage)", f"Path:\t{v['path']}"),
    "nfs": lambda v: (
        "Type:\tNFS (an NFS mount)",
        f"Server:\t{v['server']}",
        f"Path:\t{v['path']}",
        f"ReadOnly:\t{str(bool(v.get('readOnly'))).lower()}",
    ),
    "projected": lambda v: ("Type:\tProjected (several sources)", *(line for s in v["sources"] for line in _source(s))),
    "downwardAPI": lambda v: ("Type:\tDownwardAPI (about the pod)", "Items:", "  metadata.labels -> labels"),
}


def _source(s: Object) -> Iterator[str]:
    if "serviceAccountToken" in s:
        yield f"TokenExpirationSeconds:\t{s['serviceAccountToken']['expirationSeconds']}"
    elif "downwardAPI" in s:
        yield "DownwardAPI:\ttrue"
    for name, word in (("configMap", "ConfigMapName"), ("secret", "SecretName")):
        if name in s:
            yield f"{word}:\t{s[name]['name']}"
            yield f"Optional:\t{str(bool(s[name].get('optional'))).lower()}"


def volume(source: Object) -> Iterator[str]:
    for name, value in source.items():
        if name in VOLUMES:
            yield from (f"    {line}" for line in VOLUMES[name](value))


def volumes(found: list[Object] | None, indent: str) -> Iterator[str]:
    yield f"{_SPACE if indent else ''}Volumes:" + ("" if found else "\t<none>")
    for v in found or ():
        yield f"  {indent}{v['name']}:"
        yield from volume({k: inner for k, inner in v.items() if k != "name"})


def tolerations(found: list[Object] | None, indent: str) -> Iterator[str]:
    words = []
    for t in sorted(found or (), key=lambda t: str(t.get("key", ""))):
        word = t.get("key", "") + (f"={t['value']}" if t.get("value") else "")
        word += f":{t['effect']}" if t.get("effect") else ""
        if t.get("operator") == "Exists" and not t.get("value"):
            word += " op=Exists" if word else "op=Exists"
        words.append(word + (f" for {t['tolerationSeconds']}s" if t.get("tolerationSeconds") is not None else ""))
    yield f"{indent}Tolerations:\t{words[0] if words else '<none>'}"
    yield from (f"{indent}\t{word}" for word in words[1:])


def conditions(o: Object, *columns: str) -> Iterator[str]:
    found = o.get("status", {}).get("conditions") or []
    if found:
        yield "Conditions:"
        yield "  " + "\t".join(c[:1].upper() + c[1:] for c in columns)
        if columns != ("type", "status"):
            yield "  " + "\t".join("-" * len(c) for c in columns)
        for c in found:
            cells = [date(c.get(name)) if name.endswith("Time") else str(c.get(name, "")) for name in columns]
            yield "  " + " \t".join(cells)


def text(lines: Iterable[str]) -> str:
    """The lines as kubectl prints them."""
    return aligned("\n".join(lines)) + "\n"
