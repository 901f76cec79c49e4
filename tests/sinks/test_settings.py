"""Where reports go, as options and configuration say it; and what is told when they say it wrong."""

# ruff: noqa: E501 (tables of messages)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diagnose.config import load_config
from diagnose.errors import UsageError
from diagnose.model import Severity
from diagnose.sinks import SINKS, Target
from diagnose.sinks.settings import Outside, chosen, prometheus_of

ALL = """\
sinks:
- sink: alertmanager
  url: https://alertmanager.example:9093
  severity: error
  timeout: 5s
  tries: 2
  ca: ca.pem
  interval: 30m
  labels: {cluster: prod}
  headers:
    Authorization: {file: token, prefix: "Bearer "}
    X-Scope-OrgID: team
- {sink: pushgateway, url: "http://push:9091", job: d, instance: prod}
- {sink: webhook, url: {file: token}, template: hook.j2}
- {sink: slack, url: {env: SLACK_URL}, always: true}
"""
FILES = {"token": "https://t.example/s3cr3t\n", "ca.pem": "PEM", "hook.j2": "{{ title }}", "empty": "\n"}
VARIABLES = {"SLACK_URL": "https://hooks.slack.example/s3cr3t", "NOTHING": "", "BAD": "not a url s3cr3t"}


def read(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[name]


OUTSIDE = Outside(VARIABLES.get, read, lambda name: f"/etc/{name}")


def wanted(text: str, *given: str) -> list[Target]:
    return chosen(given, load_config(text, "diagnose.yaml").document, OUTSIDE)


def wrong(text: str, *given: str) -> str:
    with pytest.raises(UsageError) as told:
        wanted(text, *(given or ("all",)))
    assert "s3cr3t" not in str(told.value)
    return str(told.value)


def test_all_sinks_of_a_configuration() -> None:
    alertmanager, pushgateway, webhook, slack = wanted(ALL, "all")
    assert alertmanager.endpoint.headers == {
        "Authorization": "Bearer https://t.example/s3cr3t",
        "X-Scope-OrgID": "team",
    }
    assert (alertmanager.endpoint.timeout, alertmanager.endpoint.tries, alertmanager.endpoint.ca) == (
        5,
        2,
        "/etc/ca.pem",
    )
    assert alertmanager.severity == Severity.error
    assert alertmanager.options == {"interval": 1800.0, "labels": {"cluster": "prod"}, "effects": False}
    assert pushgateway.options == {"job": "d", "instance": "prod"} and pushgateway.endpoint.timeout == 10
    assert (webhook.options["template"].text, webhook.endpoint.url) == ("{{ title }}", "https://t.example/s3cr3t")
    assert slack.options["always"] is True and str(slack) == "slack at https://hooks.slack.example"
    assert "s3cr3t" not in repr([alertmanager, pushgateway, webhook, slack])


def test_one_sink_by_name_and_one_by_address() -> None:
    named, given = wanted(ALL, "slack", "slack=https://other.example/x")
    assert named.endpoint.url == VARIABLES["SLACK_URL"] and given.endpoint.url == "https://other.example/x"
    assert given.options == {name: option.default for name, option in SINKS["slack"].options.items()}
    assert len(wanted(ALL, "slack", "all")) == 4


def test_no_sink_is_used_unless_it_is_asked_for() -> None:
    assert wanted("sinks: nonsense") == [] and wanted("") == []
    assert [t.sink for t in wanted("sinks: nonsense", "webhook=http://localhost:1/")] == ["webhook"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("slak=http://x", "unknown sink 'slak', did you mean 'slack'?; there are: alertmanager, pushgateway, slack, webhook"),
        ("all=http://x", "unknown sink 'all'; there are: alertmanager, pushgateway, slack, webhook"),
        ("https://hooks.example/s3cr3t", "--send takes SINK=URL, as --send alertmanager=http://localhost:9093"),
        ("slack=hooks.example/s3cr3t", "--send slack: what stands behind the '=' is no URL of the form http://HOST or https://HOST"),
        ("slack=", "--send slack: what stands behind the '=' is no URL of the form http://HOST or https://HOST"),
        ("webhook", "--send webhook: the configuration has no sink 'webhook' under 'sinks'; write --send webhook=https://HOST, or add it there"),
        ("all", "--send all: the configuration has no 'sinks'; write --send slack=https://HOST, or add it there"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_option(given: str, message: str) -> None:
    assert wrong("", given) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sinks: slack", "1:8: 'sinks' is a list, as `- {sink: slack, url: {env: SLACK_URL}}`"),
        ("sinks: [slack]", "1:9: an entry of 'sinks' is a map with 'sink', one of: alertmanager, pushgateway, slack, webhook, and 'url'"),
        ("sinks: [{sink: slak}]", "1:16: unknown sink 'slak', did you mean 'slack'?; there are: alertmanager, pushgateway, slack, webhook"),
        ("sinks: [{sink: slack}]", "1:9: 'url' is missing: a text, {env: NAME} or {file: PATH}"),
        ("sinks: [{sink: slack, url: 1}]", "1:28: 'url' is a text, {env: NAME} or {file: PATH}"),
        ("sinks: [{sink: slack, url: {env: A, file: B}}]", "1:28: 'url' is a text, {env: NAME} or {file: PATH}"),
        ("sinks: [{sink: slack, url: {env: 1}}]", "1:28: 'url' is a text, {env: NAME} or {file: PATH}"),
        ("sinks: [{sink: slack, url: {env: NONE}}]", "1:34: the environment variable NONE is not set"),
        ("sinks: [{sink: slack, url: {env: NOTHING}}]", "1:34: the environment variable NOTHING is not set"),
        ("sinks: [{sink: slack, url: {env: BAD}}]", "1:28: the value of 'url' is no URL of the form http://HOST or https://HOST"),
        ("sinks: [{sink: slack, url: {file: none}}]", "1:35: none: cannot be read: No such file or directory"),
        ("sinks: [{sink: slack, url: {file: empty}}]", "1:35: empty: is empty"),
        ("sinks: [{sink: slack, url: 'http://h', chanel: x}]", "1:40: the sink 'slack' has no setting 'chanel'; there are: always, ca, headers, report_url, severity, sink, timeout, tries, url"),
        ("sinks: [{sink: slack, url: 'http://h', always: 1}]", "1:48: 'always' takes true or false"),
        ("sinks: [{sink: slack, url: 'http://h', severity: bad}]", "1:50: 'bad' is not one of: info, warning, error, critical"),
        ("sinks: [{sink: slack, url: 'http://h', timeout: soon}]", "1:49: 'timeout' takes a time as 30s or 1h"),
        ("sinks: [{sink: slack, url: 'http://h', timeout: 0}]", "1:49: 'timeout' takes a time as 30s or 1h"),
        ("sinks: [{sink: slack, url: 'http://h', tries: 0}]", "1:47: 'tries' takes a number from 1 to 20"),
        ("sinks: [{sink: slack, url: 'http://h', ca: none}]", "1:44: none: cannot be read: No such file or directory"),
        ("sinks: [{sink: slack, url: 'http://h', ca: 1}]", "1:44: 'ca' is the name of a file with certificates in PEM"),
        ("sinks: [{sink: slack, url: 'http://h', headers: x}]", "1:49: 'headers' is a map of name to a text, {env: NAME} or {file: PATH}"),
        ("sinks: [{sink: slack, url: 'http://h', headers: {A: \"x\\ny: s3cr3t\"}}]", "1:53: the value of the header A has characters that cannot be sent"),
        ("sinks: [{sink: slack, url: 'http://h', headers: {'A b': x}}]", "1:57: 'A b' is no name of a header"),
        ("sinks: [{sink: webhook, url: 'http://h', template: none.j2}]", "1:52: none.j2: cannot be read: No such file or directory"),
        ("sinks: [{sink: alertmanager, url: 'http://h', labels: {a-b: c}}]", "1:55: 'labels' takes a map of label names to texts, as {cluster: prod}"),
        ("sinks: [{sink: pushgateway, url: 'http://h', job: ''}]", "1:51: 'job' takes a text"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_configuration(text: str, message: str) -> None:
    assert wrong(text).splitlines()[0] == f"diagnose.yaml:{message}"


def asked(text: str, given: str = "config") -> Any:
    return prometheus_of(given, load_config(text, "diagnose.yaml").document, OUTSIDE)


def test_the_connection_to_prometheus() -> None:
    text = "prometheus: {url: 'https://p:9090/base', headers: {Authorization: {file: token}}, match: {cluster: prod}}"
    found = asked(text)
    assert (found.endpoint.url, found.endpoint.timeout, found.match) == ("https://p:9090/base", 60, {"cluster": "prod"})
    assert asked("", "http://localhost:9090").endpoint.timeout == 60
    for text, given, message in (
        ("", "config", "--prometheus config: the configuration has no 'prometheus'; add it, or give a URL"),
        ("", "localhost", "--prometheus: what is given is no URL of the form http://HOST or https://HOST, nor 'config'"),
        ("prometheus: {url: 'http://p', query: x}", "config", "diagnose.yaml:1:31: the connection to Prometheus has no setting 'query'; there are: ca, headers, match, timeout, tries, url"),
        ("prometheus: x", "config", "diagnose.yaml:1:13: the connection to Prometheus is a map of: ca, headers, match, timeout, tries, url"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as told:
            asked(text, given)
        assert str(told.value) == message


def test_every_setting_is_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sinks.md").read_text()
    for name, sink in SINKS.items():
        assert f"## {name}" in page
        assert all(f"`{option}`" in page for option in sink.options)
