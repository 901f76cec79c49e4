"""Manifests before they are merged: 10,000 objects and every policy, and one file, as a hook would check it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Usage, command, diagnose, side_by_side
from benchmarks.sections import Bench, row_of
from benchmarks.table import Bar, Row

OBJECTS = 10_000
_PER_FILE = 20
_BAR = 10.0
_ONE_FILE_BAR = 0.5
_BROKEN = 0.02
_START_ROUNDS = 5

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{app.kubernetes.io/name: {name}}}
spec:
  replicas: 3
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: {name}}}
    spec:
      serviceAccountName: {name}
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile: {{type: RuntimeDefault}}
      containers:
      - name: app
        image: registry.example.com/{name}:1.{number}
        ports:
        - {{name: http, containerPort: 8080}}
        envFrom:
        - configMapRef: {{name: {name}}}
        env:
        - name: LEVEL
          value: info
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
        livenessProbe:
          httpGet: {{path: /live, port: http}}
        securityContext:
          privileged: {privileged}
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {{drop: [ALL]}}
        volumeMounts:
        - {{name: tmp, mountPath: /tmp}}
      volumes:
      - name: tmp
        emptyDir: {{sizeLimit: 64Mi}}
"""
_CARELESS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
spec:
  replicas: 1
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: {name}}}
    spec:
      containers:
      - name: app
        image: {name}:latest
        ports:
        - {{name: http, containerPort: 8080}}
        env:
        - name: NUMBER
          value: "{number}"
        securityContext:
          privileged: {privileged}
"""
"""A Deployment as tutorials show it: some forty policies have something to say."""
_OTHERS = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{app.kubernetes.io/name: {name}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, namespace: {namespace}}}
data:
  level: info
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, namespace: {namespace}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
"""


def write(folder: Path, objects: int, seed: int = 1, deployment: str = _DEPLOYMENT) -> int:
    """Workloads with all that belongs to them, of which some are privileged; the bytes that were written."""
    random_ = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    texts: list[str] = []
    for number in range(objects // 5):
        known = {"name": f"app-{number}", "namespace": f"team-{number // 20}", "number": number}
        privileged = "true" if random_.random() < _BROKEN else "false"
        texts += [deployment.format(**known, privileged=privileged), _OTHERS.format(**known)]
        if len(texts) * 5 // 2 >= _PER_FILE:
            size += _flush(folder, number, texts)
    return size + (_flush(folder, objects, texts) if texts else 0)


def _flush(folder: Path, number: int, texts: list[str]) -> int:
    text = "---\n".join(texts)
    texts.clear()
    return (folder / f"{number:06}.yaml").write_text(text, encoding="utf-8")


def check(bench: Bench) -> Iterator[Row]:
    """`diagnose check` of a folder with every policy, of one file, and checkov where it is installed."""
    folder = bench.scratch / "manifests"
    size = write(folder, OBJECTS)
    yield Row(f"{OBJECTS:,} manifests, {size / 1e6:,.0f} MB of YAML")
    careless = bench.scratch / "careless"
    write(careless, OBJECTS, deployment=_CARELESS)
    small = bench.scratch / "one"
    one_size = write(small, 5)
    (file,) = small.iterdir()
    everything = ("--profile", "all", "--fail-on", "never", "-o", "json=/dev/null", "-q")
    measures = {
        "folder": diagnose("check", folder, *everything),
        "complete": diagnose("check", folder, "--complete", *everything),
        "careless": diagnose("check", careless, *everything),
    }
    best = side_by_side(measures, bench.rounds)
    one = side_by_side({"one": diagnose("check", file, *everything)}, _START_ROUNDS)["one"]
    yield row_of("  diagnose check FOLDER --profile all", best["folder"], size, _seconds(best["folder"], _BAR))
    yield row_of("  the same, --complete", best["complete"], size, _seconds(best["complete"], _BAR))
    yield row_of("  of Deployments as in tutorials", best["careless"], size, _seconds(best["careless"], _BAR))
    yield row_of("  diagnose check one.yaml", one, one_size, _seconds(one, _ONE_FILE_BAR))
    checkov = shutil.which("checkov")
    if checkov:
        options = (
            "--framework",
            "kubernetes",
            "--compact",
            "--quiet",
            "--soft-fail",
            "-o",
            "json",
            "--output-file-path",
        )
        out = bench.scratch / "checkov"
        yield row_of("  checkov -f one.yaml", command([checkov, "-f", str(file), *options, str(out)]), one_size)
        yield row_of("  checkov -d FOLDER", command([checkov, "-d", str(folder), *options, str(out)]), size)


def _seconds(used: Usage, limit: float) -> Bar | None:
    return None if used.failure else Bar(used.seconds, limit, "s")
