"""What every manifest of deploy/ must pass: the API's schemas, Pod Security, and options that the program has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import kubernetes_validate
import yaml

from diagnose.cli.cluster import cluster

VERSIONS = ("1.29", "1.37")
CUSTOM = {"PrometheusRule": "monitoring.coreos.com/v1"}

Manifest = dict[str, Any]


def documents(text: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(text) if each]


def by_kind(manifests: Iterable[Manifest], kind: str) -> Manifest:
    (found,) = [each for each in manifests if each["kind"] == kind]
    return found


def fits_schemas(manifests: Iterable[Manifest]) -> None:
    """Every built-in kind fits the schema of an old and a new Kubernetes, without a field that they do not know."""
    for each in manifests:
        if each["kind"] in CUSTOM:
            assert each["apiVersion"] == CUSTOM[each["kind"]] and set(each["spec"]) == {"groups"}
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(each, version, strict=True)


def pod_of(cronjob: Manifest) -> Manifest:
    pod: Manifest = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def is_restricted(pod: Manifest) -> None:
    """The Pod Security standard `restricted`: https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & pod.keys()
    whole = pod["securityContext"]
    assert whole["runAsNonRoot"] is True and whole["runAsUser"] > 0
    assert whole["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost")
    assert not {"sysctls", "seLinuxOptions", "windowsOptions"} & whole.keys()
    kinds = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret", "csi", "downwardAPI", "ephemeral"}
    assert all(len(volume.keys() & kinds) == 1 for volume in pod["volumes"])
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False and own.get("privileged") is not True
        assert own["capabilities"] == {"drop": ["ALL"]} and own["readOnlyRootFilesystem"] is True
        assert not any("hostPort" in port for port in container.get("ports", []))


def runs(pod: Manifest) -> dict[str, Any]:
    """The options of the command as the program reads them; files that it writes and reads are on volumes."""
    (container,) = pod["containers"]
    command, *arguments = container["args"]
    assert command == "cluster"
    options = cluster.make_context("cluster", arguments).params
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
    assert {each["name"] for each in mounts.values()} == {each["name"] for each in pod["volumes"]}
    for argument in arguments:
        path = argument.rpartition("=")[2]
        if path.startswith("/"):
            (mount,) = [m for at, m in mounts.items() if path == at or path.startswith(f"{at}/")]
            read = argument.startswith(("--config=", "--rules="))
            assert bool(mount.get("readOnly")) == read
    return options
