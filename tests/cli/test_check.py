"""`diagnose check`: manifests in, findings on their lines, an exit code with one meaning."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import obj
from tests.cli.command import Command, command
from tests.server import ApiServer, Store

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: web
    image: nginx:1.25
    envFrom:
    - configMapRef: {name: web-config}
    securityContext:
      privileged: true
"""
RULE = """\
id: map-missing
title: A ConfigMap that a container needs does not exist
severity: error
scope: manifest
match:
- for: PodSpec
- each: podspec -> containers
  as: container
- each: container.spec.envFrom[*].configMapRef
  as: wanted
- none: ConfigMap
  named: wanted.name
report: {message: "container {container.name} needs ConfigMap {wanted.name}", evidence: [wanted.name]}
"""
ONLY = ("--only", "privileged-container")


@pytest.fixture
def diagnose(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    return command(capsysbinary, monkeypatch)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pod.yaml").write_text(POD)
    return tmp_path / "shop"


def findings(out: str) -> list[tuple[str, str, str]]:
    """Rule, severity and place of each finding of a JSON report."""
    found = json.loads(out)["findings"]
    places = [f["location"] or {"file": "", "line": 0, "column": 0} for f in found]
    return [
        (f["rule"], f["severity"], f"{p['file']}:{p['line']}:{p['column']}") for f, p in zip(found, places, strict=True)
    ]


def test_a_finding_on_its_line(diagnose: Command, shop: Path) -> None:
    ended = diagnose("check", "shop", *ONLY)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[:8] == [
        "shop   Kubernetes 1.37   1 pod   1 rule",
        "1 finding (1 error)",
        "",
        " 1 error     Pod shop/web: container web is privileged [privileged-container]",
        "   at        shop/pod.yaml:13:7 $.spec.containers[0].securityContext.privileged",
        "             13 | privileged: true",
        "                | ^",
        "   fix       Take it out, and add the one capability that the container needs,",
    ]


def test_nothing_found(diagnose: Command, shop: Path) -> None:
    (shop / "pod.yaml").write_text(POD.replace("true", "false"))
    ended = diagnose("check", "shop", *ONLY)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "nothing found: 1 rule on 1 pod")


@pytest.mark.parametrize(("level", "code"), [("critical", 0), ("error", 1), ("info", 1), ("never", 0)])
def test_fail_on(diagnose: Command, shop: Path, level: str, code: int) -> None:
    assert diagnose("check", "shop", *ONLY, "--fail-on", level).code == code


def test_stdin_with_the_source_that_helm_names(diagnose: Command) -> None:
    text = f"---\n# Source: web/templates/pod.yaml\n{POD}"
    ended = diagnose("check", "-", *ONLY, "-o", "json", stdin=text.encode())
    assert ended.code == 1
    (found,) = json.loads(ended.out)["findings"]
    assert found["location"] == {
        "file": "stdin",
        "line": 15,
        "column": 7,
        "path": "$.spec.containers[0].securityContext.privileged",
        "origin": "web/templates/pod.yaml",
    }


def test_what_cannot_be_read_ends_with_3_and_the_rest_is_checked(diagnose: Command, shop: Path) -> None:
    (shop / "broken.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: x\n")
    ended = diagnose("check", "shop", "--only", "privileged-container", "--only", "manifest-*", "-o", "json")
    assert ended.code == 3
    assert findings(ended.out) == [
        ("manifest-unreadable", "error", "shop/broken.yaml:4:1"),
        ("privileged-container", "error", "shop/pod.yaml:13:7"),
    ]


def test_every_problem_of_a_file_has_its_rule_and_place(diagnose: Command, tmp_path: Path) -> None:
    pytest.importorskip("kubernetes_validate")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: 1}\nextra: 1\nextra: 2\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text("kind: ConfigMap\nmetadata: {name: a}\n---\n" + text.replace("extra", "data"))
    ended = diagnose("check", ".", "--only", "manifests/*", "-o", "json")
    assert ended.code == 1
    assert sorted(findings(ended.out)) == [
        ("manifest-duplicate-key", "error", "a.yaml:6:1"),
        ("manifest-duplicate-key", "error", "b.yaml:8:1"),
        ("manifest-duplicate-key", "error", "b.yaml:9:1"),
        ("manifest-duplicate-object", "warning", "b.yaml:6:12"),
        ("manifest-invalid", "error", "a.yaml:4:8"),
        ("manifest-invalid", "error", "b.yaml:1:1"),
        ("manifest-invalid", "error", "b.yaml:9:1"),
        ("manifest-unknown-field", "error", "a.yaml:6:1"),
    ]


def test_without_the_schemas_their_rules_are_not_evaluated(
    diagnose: Command, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diagnose.sources.manifests import schemas

    monkeypatch.setattr(schemas, "PACKAGE", "no_such_package")
    ended = diagnose("check", "shop", "--only", "manifest-*", "-o", "json")
    assert ended.code == 0
    why = "the schemas of Kubernetes are not installed: pip install 'kube-diagnose[check]'"
    told = {(n["rule"], n["reason"]) for n in json.loads(ended.out)["not_evaluated"]}
    assert told == {("manifest-invalid", why), ("manifest-unknown-field", why)}


def test_a_version_of_kubernetes(diagnose: Command, shop: Path) -> None:
    pytest.importorskip("kubernetes_validate")
    text = POD.replace("spec:\n", "spec:\n  resources: {limits: {cpu: 1}}\n")
    (shop / "pod.yaml").write_text(text)
    only = ("--only", "manifest-unknown-field", "-o", "json")
    assert findings(diagnose("check", "shop", *only).out) == []
    old = diagnose("check", "shop", *only, "--kubernetes-version", "1.30")
    assert findings(old.out) == [("manifest-unknown-field", "error", "shop/pod.yaml:7:3")]
    assert json.loads(old.out)["snapshot"]["server_version"] == "v1.30"


# --- whole sets -------------------------------------------------------------------------------------------------------


@pytest.fixture
def rule(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "map-missing.yaml").write_text(RULE)
    return ("--rules", str(tmp_path / "map-missing.yaml"), "--no-default-rules")


def test_what_is_not_in_the_set_may_be_elsewhere(diagnose: Command, shop: Path, rule: tuple[str, ...]) -> None:
    ended = diagnose("check", "shop", *rule)
    assert ended.code == 0
    assert ended.out.splitlines()[3:] == [
        "info (1)",
        "   Pod shop/web: not in this set: container web needs ConfigMap web-config",
        "     (shop/pod.yaml:11:22) [map-missing]",
    ]


def test_a_complete_set_has_no_elsewhere(diagnose: Command, shop: Path, rule: tuple[str, ...]) -> None:
    ended = diagnose("check", "shop", *rule, "--complete", "-o", "json")
    assert (ended.code, findings(ended.out)) == (1, [("map-missing", "error", "shop/pod.yaml:11:22")])


def test_what_is_in_the_set_is_fine(diagnose: Command, shop: Path, rule: tuple[str, ...]) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-config, namespace: shop}\n"
    (shop / "map.yaml").write_text(other)
    ended = diagnose("check", "shop", *rule, "-o", "json")
    assert (ended.code, findings(ended.out), json.loads(ended.out)["not_evaluated"]) == (0, [], [])


@pytest.mark.parametrize(("name", "code"), [("web-config", 0), ("other", 1)])
def test_a_dump_tells_what_there_is(
    diagnose: Command, shop: Path, rule: tuple[str, ...], tmp_path: Path, name: str, code: int
) -> None:
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}}
    bad = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "shop"}}
    bad["spec"] = {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "gone"}}]}]}
    lists = [{"apiVersion": "v1", "kind": f"{o['kind']}List", "items": [o]} for o in (there, bad)]
    (tmp_path / "dump.json").write_text("\n".join(map(json.dumps, lists)))
    ended = diagnose("check", "shop", *rule, "--against", "dump.json", "-o", "json")
    report = json.loads(ended.out)
    assert ended.code == code
    assert [f["object"]["name"] for f in report["findings"]] == ["web"] * code, "only manifests are judged"
    assert report["snapshot"]["objects"] == {"Pod": 1}


def test_a_cluster_tells_what_there_is(
    diagnose: Command, shop: Path, rule: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.config import kube_config

    other = POD.replace("web-config", "gone").replace("name: web\n  namespace", "name: other\n  namespace")
    (shop / "other.yaml").write_text(other)
    objects = [obj("Namespace", "shop"), obj("ConfigMap", "web-config", "shop")]
    with ApiServer(Store.of(objects)) as server:
        server.kubeconfig(tmp_path / "config")
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))
        ended = diagnose("check", "shop", *rule, "--against", "cluster", "-o", "json")
    assert (ended.code, findings(ended.out)) == (1, [("map-missing", "error", "shop/other.yaml:11:22")]), ended.err


def test_overlays_are_judged_each_by_itself(diagnose: Command, tmp_path: Path) -> None:
    for name, privileged in (("dev", "true"), ("prod", "true"), ("test", "false")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pod.yaml").write_text(POD.replace("true", privileged))
    ended = diagnose("check", ".", *ONLY, "-o", "json")
    report = json.loads(ended.out)
    assert [place for _, _, place in findings(ended.out)] == ["dev/pod.yaml:13:7", "prod/pod.yaml:13:7"]
    assert len({f["id"] for f in report["findings"]}) == 2
    assert report["snapshot"]["objects"] == {"Pod": 3}


# --- adoption ---------------------------------------------------------------------------------------------------------


def test_a_baseline_survives_moved_lines_and_lets_only_new_findings_fail(diagnose: Command, shop: Path) -> None:
    written = diagnose("check", "shop", *ONLY, "--baseline", "base.json", "--write-baseline")
    assert (written.code, written.out) == (0, "")
    assert written.err == "wrote base.json: 1 finding that will not fail\n"
    (shop / "pod.yaml").write_text("# moved\n\n" + POD)
    ended = diagnose("check", "shop", *ONLY, "--baseline", "base.json")
    assert (ended.code, ended.out.splitlines()[-2:]) == (
        0,
        ["set aside (1)", "   privileged-container on Pod shop/web: baseline base.json"],
    )
    (shop / "new.yaml").write_text(POD.replace("name: web\n  namespace", "name: new\n  namespace"))
    new = diagnose("check", "shop", *ONLY, "--baseline", "base.json", "-o", "json")
    assert (new.code, findings(new.out)) == (1, [("privileged-container", "error", "shop/new.yaml:13:7")])


def test_what_of_a_baseline_is_gone_is_told(diagnose: Command, shop: Path) -> None:
    diagnose("check", "shop", *ONLY, "--baseline", "base.json", "--write-baseline")
    (shop / "pod.yaml").write_text(POD.replace("true", "false"))
    ended = diagnose("check", "shop", *ONLY, "--baseline", "base.json", "-o", "json")
    assert ended.code == 0
    assert json.loads(ended.out)["snapshot"]["warnings"] == [
        {
            "message": "a finding of the baseline is gone (privileged-container on Pod/shop/web); write it anew with "
            "--write-baseline, so that they cannot come back unseen",
            "file": "base.json",
        }
    ]


def warnings(out: str) -> list[str]:
    return [each["message"] for each in json.loads(out)["snapshot"]["warnings"]]


def test_what_was_not_looked_for_is_not_gone(diagnose: Command, shop: Path, tmp_path: Path) -> None:
    """Neither what a rule that was not asked would tell, nor what is in files that were not given."""
    diagnose("check", "shop", "--baseline", "base.json", "--write-baseline")
    (tmp_path / "diagnose.yaml").write_text("waivers: [{rule: seccomp-not-set, object: Pod/shop/other, reason: old}]\n")
    other = diagnose("check", "shop", *ONLY, "--baseline", "base.json", "-o", "json")
    assert (other.code, warnings(other.out)) == (0, [])
    (tmp_path / "new.yaml").write_text(POD.replace("name: web\n  namespace", "name: new\n  namespace"))
    changed = diagnose("check", "--changed", "new.yaml", "--baseline", "base.json", "-o", "json")
    assert (changed.code, warnings(changed.out)) == (1, [])
    (shop / "pod.yaml").write_text(POD.replace("true", "false"))
    mended = diagnose("check", "--changed", "shop/pod.yaml", "--baseline", "base.json", "-o", "json")
    assert (mended.code, warnings(mended.out)) == (
        0,
        [
            "a finding of the baseline is gone (privileged-container on Pod/shop/web); write it anew with "
            "--write-baseline, so that they cannot come back unseen"
        ],
    )
    whole = diagnose("check", "shop", "-o", "json")
    assert warnings(whole.out) == ["the waiver of 'seccomp-not-set' fits nothing: take it out"]


@pytest.mark.parametrize("text", ["a: [", "x: !Ref y\n", '{\n  // why\n  "a": 1,\n}\n', "a: {{ b }}: c\n"])
def test_changed_files_that_are_no_manifests_are_passed_over(diagnose: Command, shop: Path, text: str) -> None:
    (shop / "other.yaml").write_text(text)
    ended = diagnose("check", "--changed", "shop/other.yaml", "shop/pod.yaml", *ONLY, "-o", "json")
    assert findings(ended.out) == [("privileged-container", "error", "shop/pod.yaml:13:7")]
    assert (ended.code, warnings(ended.out)) == (1, [])
    assert diagnose("check", "--changed", "shop/other.yaml").code == 0


def test_a_set_with_an_operator_may_have_other_pods(diagnose: Command, tmp_path: Path) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: a}\nspec: {selector: {app: x}, ports: []}\n"
    )
    made = (
        "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: NS}\nspec: {}\n"
    )
    (tmp_path / "s.yaml").write_text(service + made.replace("NS", "b"))
    only = ("--only", "service-template-missing", "--complete", "-o", "json")
    assert [rule for rule, _, _ in findings(diagnose("check", "s.yaml", *only).out)] == ["service-template-missing"]
    (tmp_path / "s.yaml").write_text(service + made.replace("NS", "a"))
    report = json.loads(diagnose("check", "s.yaml", *only).out)
    assert (report["findings"], [each["reason"] for each in report["not_evaluated"]]) == (
        [],
        ["Prometheus/a/k8s makes pods that are not among the manifests"],
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "cannot be read: No such file or directory; write it with --baseline base.json --write-baseline"),
        ("{", "not a baseline: Input data was truncated; write one with --write-baseline"),
        ('{"schema": "x", "findings": []}', "a baseline of schema 'x'; this version reads diagnose.baseline/v1"),
    ],
)
def test_a_baseline_that_cannot_be_read(
    diagnose: Command, shop: Path, tmp_path: Path, text: str | None, error: str
) -> None:
    if text is not None:
        (tmp_path / "base.json").write_text(text)
    ended = diagnose("check", "shop", "--baseline", "base.json")
    assert (ended.code, ended.err) == (2, f"diagnose: base.json: {error}\n")


WAIVER = "waivers:\n- {rule: privileged-*, object: Pod/shop/*, container: web, reason: it formats disks"


@pytest.mark.parametrize("extra", ["}", ", expires: 2999-01-01}"])
def test_a_waiver(diagnose: Command, shop: Path, tmp_path: Path, extra: str) -> None:
    (tmp_path / "diagnose.yaml").write_text(WAIVER + extra + "\n")
    ended = diagnose("check", "shop", *ONLY, "-o", "json")
    report = json.loads(ended.out)
    assert (ended.code, report["findings"], report["snapshot"]["warnings"]) == (0, [], [])
    (aside,) = report["set_aside"]
    assert (aside["by"], aside["reason"], aside["place"]) == ("waiver", "it formats disks", "diagnose.yaml:2:3")


def test_an_expired_waiver_and_one_that_fits_nothing_are_told(diagnose: Command, shop: Path, tmp_path: Path) -> None:
    text = WAIVER + ", expires: 2020-01-01}\n- {rule: host-pid, reason: none}\n"
    (tmp_path / "diagnose.yaml").write_text(text)
    ended = diagnose("check", "shop", *ONLY, "--only", "host-pid", "-o", "json")
    assert ended.code == 1
    assert json.loads(ended.out)["snapshot"]["warnings"] == [
        {
            "message": "the waiver of 'privileged-*' has expired; what it was for is told again",
            "file": "diagnose.yaml:2:3",
        },
        {"message": "the waiver of 'host-pid' fits nothing: take it out", "file": "diagnose.yaml:3:3"},
    ]


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (
            "{rule: privilegd-container, reason: x}",
            "2:10: there is no rule 'privilegd-container', did you mean 'privileged-container'?",
        ),
        (
            "{rule: privileged-container}",
            "2:3: a waiver needs 'reason', as {rule: host-path-volume, object: \"DaemonSet/logging/*\", "
            "reason: it reads the logs of the node}",
        ),
        ("{rule: host-pid, reason: x, expires: soon}", "2:40: 'expires' takes a day, as 2027-06-30, not 'soon'"),
        (
            "{rule: host-pid, reason: x, until: soon}",
            "2:31: unknown key 'until' in a waiver; it takes: container, expires, object, reason, rule",
        ),
        ("host-pid", "2:3: an element of 'waivers' takes a map, as {key: value}, not 'host-pid'"),
    ],
)
def test_a_wrong_waiver_is_an_error_with_its_place(
    diagnose: Command, shop: Path, tmp_path: Path, entry: str, error: str
) -> None:
    (tmp_path / "diagnose.yaml").write_text(f"waivers:\n- {entry}\n")
    ended = diagnose("check", "shop", *ONLY)
    assert ended.code == 2
    assert f"diagnose: diagnose.yaml:{error}\n" in ended.err


ANNOTATION = "  annotations:\n    diagnose.dev/ignore: {}\nspec:\n"


def test_an_annotation_on_the_object(diagnose: Command, shop: Path) -> None:
    text = POD.replace("spec:\n", ANNOTATION.format('"privileged-container: it formats disks"'))
    (shop / "pod.yaml").write_text(text)
    ended = diagnose("check", "shop", *ONLY, "-o", "json")
    (aside,) = json.loads(ended.out)["set_aside"]
    assert ended.code == 0
    assert (aside["by"], aside["reason"], aside["place"]) == ("annotation", "it formats disks", "shop/pod.yaml:7:5")
    assert diagnose("check", "shop", *ONLY, "--no-inline-waivers").code == 1


def test_an_annotation_on_the_template_is_for_its_own_object_alone(diagnose: Command, tmp_path: Path) -> None:
    pod = "\n".join("      " + line for line in POD.partition("spec:\n")[2].splitlines())
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    metadata:\n"
    note = '      annotations: {diagnose.dev/ignore: "privileged-*: disks; host-pid: too"}\n'
    (tmp_path / "a.yaml").write_text(text.replace("NAME", "a") + note + f"    spec:\n{pod}\n")
    (tmp_path / "b.yaml").write_text(text.replace("NAME", "b") + f"    spec:\n{pod}\n")
    ended = diagnose("check", ".", *ONLY, "--only", "host-pid", "-o", "json")
    assert findings(ended.out) == [("privileged-container", "error", "b.yaml:14:13")]
    assert [w["message"] for w in json.loads(ended.out)["snapshot"]["warnings"]] == [
        "the annotation of 'host-pid' fits nothing: take it out"
    ]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("privileged-container", "'privileged-container' has no reason; write it as 'rule: reason'"),
        ('"nope: x"', "there is no rule 'nope'; see: diagnose rules list"),
    ],
)
def test_a_wrong_annotation_is_an_error_with_its_place(diagnose: Command, shop: Path, value: str, error: str) -> None:
    (shop / "pod.yaml").write_text(POD.replace("spec:\n", ANNOTATION.format(value)))
    ended = diagnose("check", "shop", *ONLY)
    assert (ended.code, ended.err) == (2, f"diagnose: shop/pod.yaml:7:5: diagnose.dev/ignore: {error}\n")


# --- programs ---------------------------------------------------------------------------------------------------------


def program(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name, and no other, on the PATH."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:/bin:/usr/bin")


HELM = """\
case "$*" in
  *prod.yaml*) level=true ;;
  *) level=false ;;
esac
echo "---"
echo "# Source: web/templates/pod.yaml"
sed "s/privileged: true/privileged: $level/" POD
"""


def test_helm_with_values_side_by_side(
    diagnose: Command, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "helm", HELM.replace("POD", str(shop / "pod.yaml")), monkeypatch)
    ended = diagnose(
        "check", "--helm", "charts/web", "--values", "dev.yaml", "--values", "base.yaml,prod.yaml", *ONLY, "-o", "json"
    )
    assert ended.code == 1
    (found,) = json.loads(ended.out)["findings"]
    assert found["location"]["file"] == "charts/web (base.yaml, prod.yaml)"
    assert found["location"]["origin"] == "charts/web/templates/pod.yaml"
    assert found["evidence"][-1]["path"] == "values"
    assert found["evidence"][-1]["value"] == "base.yaml,prod.yaml"


def test_helm_that_fails(diagnose: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "helm", "echo 'Error: no such chart' >&2\nexit 1\n", monkeypatch)
    ended = diagnose("check", "--helm", "charts/web")
    assert (ended.code, ended.err) == (
        3,
        "diagnose: charts/web: helm template failed:\ndiagnose: Error: no such chart\n",
    )


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("--helm", "helm is not installed here; install it, or pipe what it makes: helm template x | diagnose check -"),
        (
            "--kustomize",
            "kustomize is not installed here; install it, or pipe what it makes: kustomize build x | diagnose check -",
        ),
    ],
)
def test_a_program_that_is_not_there(
    diagnose: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, error: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = diagnose("check", option, "x")
    assert (ended.code, ended.err) == (2, f"diagnose: {error}\n")


def test_kustomize(diagnose: Command, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = 'metadata:\n  annotations: {config.kubernetes.io/origin: "path: ../base/pod.yaml"}'
    (shop / "pod.yaml").write_text(POD.replace("metadata:", origin))
    program(tmp_path, "kustomize", f"[ \"$1 $2\" = 'build overlays/dev' ] && cat {shop / 'pod.yaml'}\n", monkeypatch)
    ended = diagnose("check", "--kustomize", "overlays/dev", *ONLY, "-o", "json")
    (found,) = json.loads(ended.out)["findings"]
    assert (found["location"]["file"], found["location"]["origin"]) == ("overlays/dev", "overlays/base/pod.yaml")


def test_kubectl_kustomize_stands_in(
    diagnose: Command, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl = Path(sys.executable).with_name("kubectl")
    if not kubectl.exists():
        pytest.skip("there is no kubectl beside this Python")
    monkeypatch.setenv("PATH", f"{kubectl.parent}:/bin:/usr/bin")
    overlay = tmp_path / "overlays/dev"
    overlay.mkdir(parents=True)
    built = "resources: [../../shop]\nbuildMetadata: [originAnnotations]\nnamePrefix: dev-\n"
    (overlay / "kustomization.yaml").write_text(built)
    (shop / "kustomization.yaml").write_text("resources: [pod.yaml]\n")
    ended = diagnose("check", "--kustomize", "overlays/dev", *ONLY, "-o", "json")
    (found,) = json.loads(ended.out)["findings"]
    assert found["object"]["name"] == "dev-web"
    assert (found["location"]["file"], found["location"]["origin"]) == ("overlays/dev", "shop/pod.yaml")


# --- usage ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "name what to check: files, folders, - for stdin, --helm CHART or --kustomize DIR"),
        (("nope",), "no such file or folder: nope"),
        (("shop", "--values", "x"), "--values needs --helm CHART"),
        (("shop", "--write-baseline"), "--write-baseline needs --baseline FILE"),
        (
            ("shop", "--complete", "--against", "x"),
            "--complete says that nothing else exists; it does not go with --against",
        ),
        (("shop", "--kubernetes-version", "31"), "--kubernetes-version takes a version as 1.31, not '31'"),
        (("shop", "--against", "nope"), "no such file or folder: nope"),
    ],
)
def test_bad_usage(diagnose: Command, shop: Path, arguments: tuple[str, ...], error: str) -> None:
    ended = diagnose("check", *arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", f"diagnose: {error}\n")


def test_a_folder_without_manifests_is_no_success(diagnose: Command, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("image: nginx\n")
    ended = diagnose("check", ".")
    assert (ended.code, ended.err) == (3, "diagnose: . holds no Kubernetes objects\n")
    assert diagnose("check", "values.yaml").code == 0, "a hook may be given files that are something else"


# --- secrets ----------------------------------------------------------------------------------------------------------

SECRETS = """\
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  password: abc
  key: 17
  token: hunter2hunter2
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: c
    env:
    - {name: DB_PASSWORD, value: sesame-open-9, valueFrom: {fieldRef: {fieldPath: x}}, wrong: 1}
---
apiVersion: v1
kind: Secret
metadata: {name: t}
stringData:
  password: [swordfish99
"""


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_no_secret_of_a_file_is_quoted(diagnose: Command, tmp_path: Path, format: str) -> None:
    (tmp_path / "s.yaml").write_text(SECRETS)
    ended = diagnose("check", ".", "-o", format)
    assert ended.code == 3
    for secret in ("abc", "hunter2", "sesame", "swordfish"):
        assert secret not in ended.out.replace("abcdef", ""), secret


# --- hostile input ----------------------------------------------------------------------------------------------------


def bomb() -> str:
    """Aliases that stand for more values than there is memory."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for number in range(12):
        last, this = chr(97 + number), chr(98 + number)
        lines.append(f"{this}: &{this} [{','.join([f'*{last}'] * 9)}]")
    return POD + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (bomb(), "x.yaml:20:4", "more than 5,000,000 values, counting what aliases repeat"),
        (POD + "x: " + "[" * 5000 + "]" * 5000, "x.yaml:14:202", "nested deeper than 200 levels"),
        (POD + "x: \x00\n", "x.yaml:14:4", "control characters are not allowed: '\\x00'"),
        (POD + "x: &a [*a]\n", "x.yaml:14:4", "the anchor of this value is used inside it: it would never end"),
        (
            POD + "x: !!python/name:os.system\n",
            "x.yaml:14:4",
            "the tag '!!python/name:os.system' is not supported here",
        ),
    ],
)
def test_what_is_too_much_is_a_finding(diagnose: Command, tmp_path: Path, text: str, place: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    ended = diagnose("check", ".", "--only", "manifest-unreadable", "-o", "json")
    assert (ended.code, findings(ended.out)) == (3, [("manifest-unreadable", "error", place)])
    assert json.loads(ended.out)["findings"][0]["message"] == message


ODD = """\
apiVersion: apps/v1
kind: "Deployment"
metadata: [a]
spec: 3
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: [x], labels: 3, annotations: 4, namespace: {a: b}}
spec: {template: [1, 2], selector: x}
---
apiVersion: v1
kind: Pod
metadata: {name: t, ownerReferences: 3, annotations: {diagnose.dev/other: 3}}
spec: {containers: {a: b}, volumes: [1, null, {name: x, hostPath: 3}]}
---
apiVersion: v1
kind: "P\\e[31m"
metadata: {name: "a\\e]0;x\\a\\n::error::x"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: 99999999999999999999999999}
data: {a: .nan, b: .inf, c: 1e999}
"""


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_values_of_any_type_are_judged_or_told(diagnose: Command, tmp_path: Path, format: str) -> None:
    (tmp_path / "odd.yaml").write_text(ODD)
    ended = diagnose("check", ".", "--profile", "all", "--complete", "-o", format)
    assert ended.code == 1, ended.err
    assert "\x1b" not in ended.out
    assert "\n::error::x" not in ended.out
