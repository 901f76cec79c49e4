"""What must not leave, and what must stay readable."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.redact import (
    HIDDEN,
    Redactor,
    environment_values,
    hide_environment,
    is_credential_name,
    is_unknown,
    secret,
)
from diagnose.render import render
from diagnose.values import UNKNOWN
from tests.builders import obj, only, pod, report, rule_text

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"token is {JWT}.", "token is [redacted]."),
        (f"a {PEM} b", "a [redacted] b"),
        ("x -----BEGIN PRIVATE KEY-----\nMIIEpA", "x [redacted]"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [redacted]"),
        ("header basic dXNlcjpwYXNzd29yZA== sent", "header basic [redacted] sent"),
        ("postgres://app:hunter2@db:5432/shop", "postgres://app:[redacted]@db:5432/shop"),
        ("amqp://u:p@ss@mq/ and http://h:80/x", "amqp://u:[redacted]@mq/ and http://h:80/x"),
        ("redis://:s3cr3t@cache:6379", "redis://:[redacted]@cache:6379"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"),
        ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "[redacted]"),
        ("xoxb-123456789012-abcdef", "[redacted]"),
        ("DB_PASSWORD=hunter2 exported", "DB_PASSWORD=[redacted] exported"),
        ('{"password": "hunter2", "user": "app"}', '{"password": [redacted], "user": "app"}'),
        ("password: correcthorse", "password: [redacted]"),
        ("--client-secret=abcd1234 --v=2", "--client-secret=[redacted] --v=2"),
        ("api_key: abc123def", "api_key: [redacted]"),
        ("SPRING_DATASOURCE_PASS=abcdef", "SPRING_DATASOURCE_PASS=[redacted]"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, clean: str) -> None:
    assert Redactor()(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "unauthorized: authentication required",
        'secret "db" not found',
        "couldn't find key password in Secret shop/db-credentials",
        "Basic authentication failed for user app",
        "no basic auth credentials",
        "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
        'www-authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
        "invalid bearer token",
        "bearer authentication is required",
        "failed to fetch token: unexpected status",
        'MountVolume.SetUp failed for volume "db-token" : secret "db-token-x7k2p" not found',
        'pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource',
        "password: authentication failed",
        "password authentication failed for user app",
        "token: not found",
        "error: exit code 137",
        "image quay.io/x/y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "https://10.0.0.1:6443/healthz",
        "secrets: []",
        "imagePullSecrets: none",
        "serviceAccountToken: true",
    ],
)
def test_ordinary_messages_stay_readable(text: str) -> None:
    assert Redactor()(text) == text


def test_known_values_are_hidden_wherever_they_stand() -> None:
    clean = Redactor(["correct horse", "correct horse battery", "short"])
    assert clean("a correct horse battery staple, correct horses") == f"a {HIDDEN} staple, {HIDDEN}s"
    assert clean("short stays") == "short stays"
    assert Redactor(["staple"])("x stapl") == "x stapl"
    more = clean.with_values(frozenset({"staple"}))
    assert more("correct horse, staple") == f"{HIDDEN}, {HIDDEN}"
    assert clean("staple") == "staple"
    assert clean.with_values(frozenset({"staple"})) is more
    assert clean.with_values(frozenset({"correct horse"})) is clean


@given(st.lists(st.text("ab\n ", min_size=6, max_size=9), max_size=4), st.text("ab\n ", max_size=60))
def test_no_known_value_is_left(values: list[str], text: str) -> None:
    assert not any(v in part for part in Redactor(values)(text).split(HIDDEN) for v in values)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "password=" * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 30_000,
        "eyJ" * 300_000,
        "://a:b@" * 100_000,
        "secretsecret" * 80_000,
        "bearer " * 100_000,
        "'\"" * 400_000,
    ],
    ids=lambda text: text[:8],
)
def test_long_texts_take_linear_time(text: str) -> None:
    clean = Redactor(f"aaaaaa{i}" for i in range(2000))
    begin = time.process_time()
    clean(text[: len(text) // 4])
    quarter = time.process_time() - begin
    begin = time.process_time()
    clean(text)
    assert time.process_time() - begin < 12 * quarter + 0.5


@pytest.mark.parametrize(
    ("name", "hides"),
    [
        ("DB_PASSWORD", True),
        ("MYSQL_PASS", True),
        ("PGPASSWORD", True),
        ("API_KEY", True),
        ("apiKey", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("BASIC_AUTH", True),
        ("CREDENTIALS", True),
        ("TLS_PRIVATE_KEY", True),
        ("SSH_PASSPHRASE", True),
        ("PATH", False),
        ("AUTHOR", False),
        ("COMPASS", False),
        ("BYPASS_CACHE", False),
        ("LOG_LEVEL", False),
        ("KEYBOARD", False),
        ("", False),
    ],
)
def test_names_of_credentials(name: str, hides: bool) -> None:
    assert is_credential_name(name) == hides


def test_unknown_values() -> None:
    hidden = [UNKNOWN, "[redacted]", "***HIDDEN***", "<redacted>", "REDACTED"]
    assert all(map(is_unknown, hidden))
    assert not any(map(is_unknown, [None, "", 0, False, [], "redacted", ["[redacted]"]]))


# --- secrets


def test_the_passwords_inside_a_docker_configuration_are_remembered() -> None:
    auth = base64.b64encode(b"robot:hunter2hunter2").decode()
    config = {"auths": {"quay.io": {"username": "robot-user", "password": "hunter2hunter2", "auth": auth}}}
    encoded = base64.b64encode(json.dumps(config).encode()).decode()
    _, values = secret(json.dumps(obj("Secret", "s", data={".dockerconfigjson": encoded})).encode())
    assert {encoded, auth, "hunter2hunter2"} <= values
    assert not values & {"robot-user", "quay.io"}


def test_all_forms_of_a_secret_value_are_remembered() -> None:
    lines = "user=app\npassword-one\n"
    raw = json.dumps(
        obj("Secret", "s", data={"k": base64.b64encode(lines.encode()).decode()}, stringData={"t": "plain-word"})
    )
    _, values = secret(raw.encode())
    assert {lines, "password-one", "plain-word", base64.b64encode(b"plain-word").decode()} <= values


# --- environment


def deployment(*env: Any) -> dict[str, Any]:
    return obj("Deployment", "d", "a", spec={"template": {"spec": {"containers": [{"name": "c", "env": list(env)}]}}})


SECRET_ENV = {"name": "DB_PASSWORD", "value": "hunter2hunter2"}


@pytest.mark.parametrize(
    "wrap",
    [lambda s: s, lambda s: {"template": {"spec": s}}, lambda s: {"jobTemplate": {"spec": {"template": {"spec": s}}}}],
)
@pytest.mark.parametrize("part", ["containers", "initContainers", "ephemeralContainers"])
def test_credentials_in_the_environment_are_hidden(wrap: Any, part: str) -> None:
    env = [SECRET_ENV, {"name": "LEVEL", "value": "debug"}, {"name": "TOKEN", "valueFrom": {}}, None, {"value": "x"}]
    data = {"spec": wrap({part: [{"env": json.loads(json.dumps(env))}, "odd"]})}
    assert environment_values(data) == {"hunter2hunter2"}
    hide_environment(data)
    assert environment_values(data) in (frozenset(), frozenset({HIDDEN}))
    assert "hunter2" not in json.dumps(data)
    assert "debug" in json.dumps(data)


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ("$(OTHER)", False),
        ("${DB_PASSWORD}", False),
        ("true", False),
        ("/var/secrets/google/key.json", False),
        ("file:///etc/tls/key.pem", False),
        ("vault:secret/data/db#password", False),
        ("1234", True),
        ("/9j4AAQ+x", True),
        ("/etc", True),
        ("truer", True),
        ("$(OTHER)x", True),
    ],
)
def test_what_is_no_secret_itself_is_shown(value: str, hidden: bool) -> None:
    data = deployment({"name": "DB_PASSWORD", "value": value})
    hide_environment(data)
    (entry,) = data["spec"]["template"]["spec"]["containers"][0]["env"]
    assert entry["value"] == (HIDDEN if hidden else value)


@pytest.mark.parametrize(
    "data", [{}, {"spec": None}, {"spec": []}, {"spec": {"containers": {}}}, {"spec": {"containers": [{"env": 3}]}}]
)
def test_objects_of_odd_types_have_no_environment(data: Any) -> None:
    hide_environment(data)
    assert environment_values(data) == frozenset()


@pytest.mark.parametrize(
    "path",
    [
        "pod.spec.containers[*].env[*].value",
        "pod.spec.containers[*].env[*]",
        "pod.spec.containers[*].env",
        "pod.spec.containers[0]",
        "pod.spec",
        "pod",
        "pod.spec..value",
        "pod.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']",
        "pod.spec.containers[*].args[*]",
        "c.spec.env[?(@.name=='DB_PASSWORD')].value",
        "c.log",
    ],
)
def test_no_rule_can_leak_the_environment(path: str) -> None:
    container = {"name": "c", "env": [SECRET_ENV, {"name": "LEVEL", "value": "debug"}], "args": ["--db=hunter2hunter2"]}
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"spec": {"containers": [container]}})}
    p = pod(spec={"containers": [container]}, meta={"annotations": applied})
    message = f"{{{path}}}".replace("'", "''")
    text = rule_text("for: Pod\n{each: pod -> containers, as: c}", message, tail=f'evidence: ["{path}"]')
    told = report(text, [p], logs={("a", "p", "c"): "connecting with hunter2hunter2\n"})
    assert only(told).message
    assert "hunter2" not in repr(told) + str(render(told, "json")) + str(render(told, "text"))


def test_a_rule_can_see_that_a_credential_is_written_out_without_seeing_it() -> None:
    where = "where: {$.name: {matches: PASSWORD}, $.value: {exists: true}}"
    match = f"for: PodSpec\n{{each: podspec -> containers, as: c}}\n{{each: 'c.spec.env[*]', as: e, {where}}}"
    told = report(rule_text(match, "{e.name} {e.value}"), [deployment(SECRET_ENV)])
    assert only(told).message == "DB_PASSWORD [redacted]"


@pytest.mark.parametrize("key", ["username", "login", "host", "DB_NAME", "email", "anything"])
def test_the_value_of_any_key_of_a_secret_is_searched_for(key: str) -> None:
    """A harmless name of the key is no reason to show its value."""
    raw = json.dumps({"data": {key: base64.b64encode(b"superuser99").decode()}}).encode()
    emptied, values = secret(raw)
    assert "superuser99" in values
    assert b"superuser99" not in emptied
    assert Redactor(values)("login failed for superuser99") == "login failed for [redacted]"
