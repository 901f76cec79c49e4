"""From kubeconfig to a connection, and every way in which that ends in one clear line."""

from __future__ import annotations

import base64
import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from diagnose.errors import DiagnoseError, InputError, UsageError
from diagnose.kinds import parse_key
from diagnose.snapshot import Builder
from diagnose.sources.cluster.connection import connect
from diagnose.sources.cluster.pull import pull
from diagnose.sources.cluster.transport import Clock, Limits, Transport
from tests.live.support import Waits, pods
from tests.server import ApiServer, Fault, Store, certificates
from tests.server.server import TOKEN


def pull_pods(file: Path, context: str | None = None) -> int:
    """How many pods a kubeconfig leads to."""
    connection = connect(str(file), context)
    waits = Waits()
    try:
        into = Builder()
        transport = Transport(connection, Clock(lambda: waits.now, waits.sleep), Limits(request=10.0))
        pull(transport, [parse_key("Pod")], None, into)
    finally:
        connection.close()
    return len(into.names(parse_key("Pod")))


def error_of(file: Path, context: str | None = None) -> DiagnoseError:
    with pytest.raises(DiagnoseError) as error:
        pull_pods(file, context)
    assert "\n" not in str(error.value)
    return error.value


def plugin(folder: Path, body: str) -> dict[str, Any]:
    """A user of a kubeconfig whose credentials come from a program."""
    script = folder / "plugin.py"
    script.write_text(body, encoding="utf-8")
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(script)]}
    return {"exec": {**exec_, "interactiveMode": "Never"}}


def gives(token: str) -> str:
    """A plugin that gives a token, and counts how often it was asked."""
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}}
    return f"open(__file__ + '.runs', 'a').write('.')\nprint({json.dumps(json.dumps(credential))})\n"


def test_an_exec_plugin_gives_the_token(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(2))) as server:
        assert pull_pods(server.kubeconfig(tmp_path / "config", plugin(tmp_path, gives(TOKEN)))) == 2
    assert (tmp_path / "plugin.py.runs").read_text() == "."


def test_an_exec_plugin_is_asked_once_more_when_its_token_is_refused(tmp_path: Path) -> None:
    user = plugin(tmp_path, gives(TOKEN))
    with ApiServer(Store.of(pods(2)), faults=[Fault("/api/v1/pods", 401)]) as server:
        assert pull_pods(server.kubeconfig(tmp_path / "config", user)) == 2
    assert (tmp_path / "plugin.py.runs").read_text() == ".."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit('log in first')", "exec: process returned 1. log in first"),
        ("print('no json')", "exec: failed to decode process output: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_an_exec_plugin_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, said: str) -> None:
    with ApiServer(Store.of([])) as server:
        file = server.kubeconfig(tmp_path / "config", plugin(tmp_path, body))
        error = error_of(file)
    assert isinstance(error, UsageError)
    assert str(error) == f"{file}: context 'tests' gives no credentials: {said}"
    assert capsys.readouterr() == ("", "")


def test_an_exec_plugin_that_is_not_there(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
    with ApiServer(Store.of([])) as server:
        error = error_of(server.kubeconfig(tmp_path / "config", user))
    assert "context 'tests' gives no credentials" in str(error)
    assert "no-such-plugin" in str(error)


def test_a_token_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with ApiServer(Store.of(pods(1))) as server:
        assert pull_pods(server.kubeconfig(tmp_path / "config", {"tokenFile": str(tmp_path / "token")})) == 1


def test_a_token_that_has_expired(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1))) as server:
        error = error_of(server.kubeconfig(tmp_path / "config", {"token": "old"}))
        assert str(error) == (
            f"{server.url} does not accept the credentials (401 Unauthorized): the token or certificate has expired, "
            "or is of another cluster; log in again"
        )
    assert isinstance(error, InputError)


def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    other = base64.b64encode(certificates.made("another").authority).decode()
    with ApiServer(Store.of(pods(1))) as server:
        error = error_of(server.kubeconfig(tmp_path / "config", **{"certificate-authority-data": other}))
        assert isinstance(error, InputError)
        assert str(error).startswith(f"{server.url} cannot be trusted: ")
        assert "certificate verify failed" in str(error)
        assert server.requests == []


def test_verification_can_be_left_out_by_the_kubeconfig(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1))) as server:
        config = server.config(**{"insecure-skip-tls-verify": True})
        del config["clusters"][0]["cluster"]["certificate-authority-data"]
        (tmp_path / "config").write_text(yaml.safe_dump(config))
        with pytest.warns(match="Unverified HTTPS request"):
            assert pull_pods(tmp_path / "config") == 1


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as unused, ApiServer(Store.of([])) as server:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}"
        error = error_of(server.kubeconfig(tmp_path / "config", server=url))
    assert isinstance(error, InputError)
    assert str(error) == f"{url} cannot be reached: Failed to establish a new connection: Connection refused"


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    with ApiServer(Store.of([])) as server:
        error = error_of(server.kubeconfig(tmp_path / "config", server="https://no-such-host.invalid:6443"))
    assert isinstance(error, InputError)
    assert str(error).startswith("https://no-such-host.invalid:6443 cannot be reached: ")


def test_the_context_that_is_asked_for(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1))) as good:
        config = good.config()
        config["contexts"] += [{"name": "prod", "context": {"cluster": "tests", "user": "nobody"}}]
        config["users"] += [{"name": "nobody", "user": {"token": "wrong"}}]
        file = tmp_path / "config"
        file.write_text(yaml.safe_dump(config))
        assert pull_pods(file, "tests") == 1
        assert "401" in str(error_of(file, "prod"))
        error = error_of(file, "stage")
    assert isinstance(error, UsageError)
    assert str(error) == f"{file} has no context 'stage'; it has: prod, tests"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "{file} is no kubeconfig: Invalid kube-config. {file} file is empty"),
        ("a: [", "{file} is no kubeconfig: while parsing a flow"),
        ("just words", "{file} is no kubeconfig: "),
        ("contexts: [{name: a}]", "{file} has no current-context; choose one with --context: a"),
        ("current-context: b\ncontexts: [{name: a}]", "{file} has no context 'b'; it has: a"),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]",
            "{file}: context 'a' cannot be used: Invalid kube-config file. Expected object with name c in",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
            "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority: /no/such.crt}}]",
            "{file}: context 'a' cannot be used: File does not exist: /no/such.crt",
        ),
    ],
)
def test_a_kubeconfig_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    error = error_of(file)
    assert isinstance(error, UsageError)
    assert str(error).startswith(said.format(file=file))


def test_impersonation_is_not_passed_over(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1))) as server:
        file = server.kubeconfig(tmp_path / "config", {"token": TOKEN, "as": "somebody"})
        assert str(error_of(file)) == (f"{file}: context 'tests' impersonates somebody (`as`), which is not supported")
        assert server.requests == []


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    error = error_of(tmp_path / "none")
    assert isinstance(error, UsageError)
    assert str(error) == f"no such kubeconfig: {tmp_path / 'none'}"


def test_no_kubeconfig_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import kube_config

    default = str(tmp_path / "none")
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", default)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError) as error:
        connect()
    assert str(error.value) == (
        f"no kubeconfig: {default} is not there, and this is no pod of a cluster; "
        "name one with --kubeconfig or KUBECONFIG"
    )


def test_the_cluster_that_it_runs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import incluster_config, kube_config

    with ApiServer(Store.of(pods(3))) as server:
        host, port = server.url.removeprefix("https://").split(":")
        (tmp_path / "token").write_text(TOKEN)
        (tmp_path / "ca.crt").write_bytes(certificates.made().authority)
        monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        monkeypatch.setattr(incluster_config.InClusterConfigLoader.__init__, "__defaults__", (True, environ))
        connection = connect()
        assert (connection.name, connection.host) == ("in-cluster", server.url)
        waits, into = Waits(), Builder()
        pull(Transport(connection, Clock(lambda: waits.now, waits.sleep)), [parse_key("Pod")], None, into)
        connection.close()
    assert len(into.names(parse_key("Pod"))) == 3
