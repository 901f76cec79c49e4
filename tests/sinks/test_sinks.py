"""What each sink makes of a report."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from diagnose.model import Known, Report, Severity, State
from diagnose.render import Options, render
from diagnose.render.json import json_schema
from diagnose.sinks import SINKS, SinkError, alertmanager, deliver, slack
from diagnose.sinks.options import Template
from tests.render.builders import cause, finding, night, report
from tests.render.hostile import reports, worst

from .server import Answer, receiver
from .support import NOW, STILL, Waits, by_rule, compared, made, notice, target


def alerts(of: Any, **options: Any) -> list[dict[str, Any]]:
    requests = made(of, target("alertmanager", **options))
    assert all((r.method, r.path, r.content_type) == ("POST", "/api/v2/alerts", "application/json") for r in requests)
    return [alert for request in requests for alert in json.loads(request.body)]


# --- alertmanager -----------------------------------------------------------------------------------------------------


def test_an_alert_for_each_cause() -> None:
    kubelet, crash = alerts(notice(), interval=600.0, labels={"cluster": "prod"})
    assert kubelet == {
        "labels": {
            "alertname": "kubelet-never-posted",
            "rule": "kubelet-never-posted",
            "finding": by_rule(night(), "kubelet-never-posted").id,
            "source": "kube-diagnose",
            "severity": "critical",
            "category": "node",
            "kind": "Node",
            "name": "worker-b",
            "cluster": "prod",
        },
        "annotations": {
            "summary": "Node worker-b: its kubelet never posted status",
            "title": "Kubelet never posted",
            "message": "its kubelet never posted status",
            "fix": "Start the kubelet and check that it reaches the API server.",
            "commands": "systemctl status kubelet\njournalctl -u kubelet -n 100",
            "docs": "https://kubernetes.io/docs/concepts/architecture/nodes/",
            "effects": "3 consequences",
        },
        "startsAt": "2026-11-23T03:28:45Z",
        "endsAt": "2026-11-23T03:50:00Z",
    }
    assert crash["annotations"]["container"] == "api" and crash["labels"]["namespace"] == "shop"


def test_effects_and_infos_are_alerts_only_when_asked_for() -> None:
    assert len(alerts(notice(), effects=True)) == 5
    assert len(alerts(notice(), effects=True, severity="error")) == 4
    assert len(alerts(notice(), severity="info")) == 10


def test_with_a_history_an_alert_begins_when_it_was_first_seen_and_ends_when_it_is_gone() -> None:
    stays, gone = finding("r", "Pod a/p"), finding("r", "Pod a/q", "is broken", "critical", container="c", key=("c",))
    of = compared(report([stays]), gone=(gone, finding("r", "Pod a/i", severity="info")), p=STILL)
    first, second = alerts(notice(of))
    assert (first["startsAt"], first["endsAt"]) == ("2026-11-22T03:30:00Z", "2026-11-23T05:30:00Z")
    assert (second["startsAt"], second["endsAt"]) == ("2026-11-22T03:30:00Z", "2026-11-23T03:30:00Z")
    assert second["labels"] == alerts(notice(report([gone])))[0]["labels"]


def test_an_alert_of_another_severity_resolves_the_one_before() -> None:
    bad, mild = finding("r", "Pod a/p"), finding("r", "Pod a/p", severity="warning")
    of = compared(report([bad]), p=replace(STILL, severity_before=Severity.warning))
    before, now = alerts(notice(of))
    assert before["endsAt"] == "2026-11-23T03:30:00Z" and now["endsAt"] == "2026-11-23T05:30:00Z"
    assert before["labels"] == alerts(notice(report([mild])))[0]["labels"]


def test_an_alert_never_begins_in_the_future() -> None:
    of = notice(report([finding("r", "Pod a/p")], captured_at=NOW + 500))
    assert alerts(of)[0]["startsAt"] == "2026-11-23T03:30:00Z"
    unknown = notice(report([finding("r", "Pod a/p")], captured_at=None))
    assert alerts(unknown)[0]["startsAt"] == "2026-11-23T03:30:00Z"


def test_many_alerts_go_in_parts() -> None:
    many = report([finding("r", f"Pod a/p{n}") for n in range(alertmanager.PER_REQUEST + 1)])
    assert [len(json.loads(r.body)) for r in made(notice(many), target("alertmanager"))] == [500, 1]
    assert made(notice(report()), target("alertmanager")) == []


@settings(deadline=None)
@given(of=reports())
def test_any_report_becomes_alerts(of: Report) -> None:
    for alert in alerts(notice(of), severity="info", effects=True):
        texts = [*alert["labels"].values(), *alert["annotations"].values()]
        assert all(text.strip() and text.replace("\n", "").isprintable() for text in texts)


# --- pushgateway ------------------------------------------------------------------------------------------------------


def test_the_metrics_are_put_under_job_and_instance() -> None:
    (request,) = made(notice(), target("pushgateway"))
    assert (request.method, request.path) == ("PUT", "/metrics/job/kube-diagnose/instance/prod")
    assert request.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert request.body == render(night(), "prometheus", Options(title="prod", generated_at=NOW, duration=1.25))


@pytest.mark.parametrize(
    ("options", "title", "path"),
    [
        ({}, "", "/metrics/job/kube-diagnose"),
        ({"job": "d", "instance": "eu 1"}, "prod", "/metrics/job/d/instance/eu%201"),
        ({}, "a/b", f"/metrics/job/kube-diagnose/instance@base64/{base64.urlsafe_b64encode(b'a/b').decode()}"),
        ({}, "..", "/metrics/job/kube-diagnose/instance@base64/Li4"),
        ({}, "ü?#", "/metrics/job/kube-diagnose/instance/%C3%BC%3F%23"),
    ],
)
def test_names_in_the_path(options: dict[str, str], title: str, path: str) -> None:
    (request,) = made(notice(title=title), target("pushgateway", **options))
    assert request.path == path


# --- webhook ----------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_the_report() -> None:
    import jsonschema

    (request,) = made(notice(), target("webhook"))
    assert (request.method, request.path, request.content_type) == ("POST", "", "application/json")
    assert not request.repeatable
    document = json.loads(request.body)
    jsonschema.validate(document, json_schema())
    assert document["summary"]["critical"] == 1 and len(document["causes"]) == 10


def test_a_template_makes_the_body() -> None:
    text = """{
      "event": {{ summary | tojson }}, "cluster": {{ title | tojson }}, "at": {{ sent_at | tojson }},
      "items": [{% for c in causes if c.severity != "info" %}
        {"what": {{ c.headline | tojson }}, "because": {{ c.effects | length }}, "new": {{ c.new | tojson }}}
        {{- "," if not loop.last }}
      {% endfor %}],
      "version": {{ report.tool.version | tojson }}
    }"""
    (request,) = made(notice(), target("webhook", severity="error", template=Template("hook.j2", text)))
    assert json.loads(request.body) == {
        "event": "2 causes (1 critical, 1 error), 2 consequences, 3 rules could not be evaluated, "
        "9 below error not shown",
        "cluster": "prod",
        "at": "2026-11-23T03:30:00Z",
        "items": [
            {"what": "Node worker-b: its kubelet never posted status", "because": 2, "new": None},
            {
                "what": "Deployment shop/api crashes with exit code 1: container api cannot reach "
                "postgres.shop.svc:5432",
                "because": 0,
                "new": None,
            },
        ],
        "version": "1.0",
    }


def test_a_template_knows_what_is_new_and_gone() -> None:
    new, old, gone = finding("r", "Pod a/new"), finding("r", "Pod a/old"), finding("r", "Pod a/gone")
    text = "{% for c in causes if c.new %}+ {{ c.headline }}\n{% endfor %}"
    text += "{% for g in gone %}- {{ g.headline }}\n{% endfor %}"
    options = {"template": Template("t", text), "content_type": "text/plain"}
    of = notice(compared(report([new, old]), gone=(gone,), old=STILL))
    (request,) = made(of, target("webhook", **options))
    assert request.body == b"+ Pod a/new: is broken\n- Pod a/gone: is broken\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n{% if %}", "t.j2:2: Expected an expression, got 'end of statement block'"),
        ("\n\n{{ nothing }}", "t.j2:3: 'nothing' is undefined"),
        ("{{ title.x }}", "t.j2:1: 'str object' has no attribute 'x'"),
        ("{{ 1 / 0 }}", "t.j2:1: division by zero"),
        (
            "{{ ''.__class__.__mro__ }}",
            "t.j2:1: access to attribute '__class__' of 'str' object is unsafe.",
        ),
        ("{% include '/etc/passwd' %}", "t.j2:1: no loader for this environment specified"),
        (
            "{'a': 1}",
            "t.j2: what it makes is no JSON (JSON is malformed: object keys must be strings (byte 1)); write values as "
            "{{ value | tojson }}, or give a content_type that is no JSON",
        ),
    ],
)
def test_what_is_wrong_with_a_template(text: str, message: str) -> None:
    with pytest.raises(SinkError) as told:
        made(notice(), target("webhook", template=Template("t.j2", text)))
    assert str(told.value) == message


def test_a_template_cannot_change_the_report() -> None:
    with pytest.raises(SinkError, match="unsafe"):
        made(notice(), target("webhook", template=Template("t", "{{ causes.append(1) }}")))


@settings(deadline=None)
@given(of=reports())
def test_any_report_fits_a_template(of: Report) -> None:
    text = "{{ {'causes': causes, 'gone': gone, 'summary': summary, 'report': report} | tojson }}"
    (request,) = made(notice(of), target("webhook", template=Template("t", text)))
    assert json.loads(request.body)["report"]["schema"] == "diagnose.report/v1"


# --- slack ------------------------------------------------------------------------------------------------------------


def message(of: Any, **options: Any) -> dict[str, Any]:
    (request,) = made(of, target("slack", **options))
    assert (request.method, request.path, request.repeatable) == ("POST", "", False)
    found: dict[str, Any] = json.loads(request.body)
    return found


def sections(of: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in of["blocks"] if block["type"] == "section"]


def test_a_message_groups_what_follows_under_its_cause() -> None:
    told = message(notice(), report_url="https://reports.example/prod")
    assert told["blocks"][0]["text"] == {"type": "plain_text", "text": "prod: 2 causes", "emoji": False}
    context = [element["text"] for element in told["blocks"][1]["elements"]]
    assert context[1:] == [
        "The input was read only in part: objects may be missing.",
        "<https://reports.example/prod|the report>",
    ]
    assert sections(told) == [
        ":red_circle: *critical* Node worker-b: its kubelet never posted status\n"
        "• leads to: Deployment shop/web: 0 of 3 replicas are available\n"
        "• leads to: Service shop/web has no ready endpoint\n"
        "• leads to: Ingress shop/web: answers 503\n"
        "_fix_: Start the kubelet and check that it reaches the API server.\n"
        "`systemctl status kubelet`",
        ":large_orange_circle: *error* Deployment shop/api crashes with exit code 1: container api "
        "cannot reach postgres.shop.svc:5432\n"
        "_fix_: Start the database, or correct its address in the Deployment's environment; then watch the pods "
        "recover.\n"
        "`kubectl -n shop logs deploy/api --previous`",
    ]
    assert told["text"].startswith("prod: 2 causes\n• critical: Node worker-b: its kubelet never posted status\n")


def test_with_a_history_only_what_is_new_or_gone_is_told() -> None:
    new, old, gone = finding("r", "Pod a/new"), finding("r", "Pod a/old"), finding("r", "Pod a/gone")
    of = notice(compared(report([new, old]), gone=(gone,), old=STILL))
    told = message(of)
    assert told["blocks"][0]["text"]["text"] == "prod: 1 new, 1 gone"
    assert sections(told) == [
        ":large_orange_circle: *error* Pod a/new: is broken",
        ":white_check_mark: *gone* Pod a/gone: is broken",
    ]
    assert len(sections(message(of, always=True))) == 3
    assert made(notice(compared(report([old]), old=STILL)), target("slack")) == []
    worse = replace(STILL, severity_before=Severity.warning)
    assert len(sections(message(notice(compared(report([old]), old=worse))))) == 1
    first = compared(report([old]), against="", old=Known(State.unknown, None))
    assert message(notice(first))["blocks"][0]["text"]["text"] == "prod: 1 cause"


def test_a_healthy_cluster_is_told_when_everything_is() -> None:
    assert message(notice(report()))["blocks"][0]["text"]["text"] == "prod: 0 causes"


def test_nobody_is_called_by_a_name() -> None:
    bad = finding(
        "r",
        "Pod a/p",
        "<!channel> <@U1> & <http://x|y> *bold* _it_ ~no~ `code` snake_case 2*3",
        commands=("a `b` <c>",),
    )
    (text,) = sections(message(notice(report([bad]))))
    assert text == (
        ":large_orange_circle: *error* Pod a/p: &lt;!channel&gt; &lt;@U1&gt; &amp; &lt;http://x|y&gt; "
        "\u2217bold\u2217 \uff3fit\uff3f \u223cno\u223c \u02cbcode\u02cb snake_case 2*3\n`a \u02cbb\u02cb &lt;c&gt;`"
    )


@pytest.mark.parametrize("number", [0, 1, 46, 47, 48, 49, 3000])
def test_no_message_has_too_many_blocks(number: int) -> None:
    many = report([finding("r", f"Pod a/p{n}", "x" * 500) for n in range(number)])
    told = message(notice(many))
    assert len(told["blocks"]) <= slack.MOST_BLOCKS
    assert len(told["text"]) <= slack.LONGEST_TEXT
    shown = len(sections(told))
    last = told["blocks"][-1].get("elements", [{}])[0].get("text", "")
    assert shown == number or last == f"and {number - shown:,} more, see the report"


def limits(told: dict[str, Any]) -> None:
    assert 1 <= len(told["blocks"]) <= 50 and 0 < len(told["text"]) <= 3000
    for block in told["blocks"]:
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
        for text in block.get("elements", [block.get("text")]):
            assert 0 < len(text["text"]) <= 3000
            if text["type"] == "mrkdwn":
                assert not {"<!", "<@", "<#"} & {text["text"][i : i + 2] for i in range(len(text["text"]))}


@settings(deadline=None)
@given(of=reports())
def test_any_report_fits_into_a_message(of: Report) -> None:
    limits(message(notice(of, title=of.version * 50), severity="info"))


def test_the_worst_report_fits_into_a_message() -> None:
    root = finding("r", "Node n", "&" * 700, fix="<" * 700, commands=("`" * 3000,))
    effects = [finding("e", f"Pod a/{n}", ">" * 700) for n in range(9)]
    limits(message(notice(worst(), title="<!here>" * 100), severity="info"))
    limits(message(notice(report([root, *effects], [cause(1, root, *effects)]))))


# --- delivery ---------------------------------------------------------------------------------------------------------


def test_every_sink_has_a_module_and_words() -> None:
    for name, sink in SINKS.items():
        assert sink.module == f"diagnose.sinks.{name}" and callable(sink.load()) and sink.summary
        assert all(option.doc for option in sink.options.values())


def test_delivery_tells_how_far_it_came() -> None:
    many = report([finding("r", f"Pod a/p{n}") for n in range(1001)])
    with receiver(Answer(), Answer(400, b"bad alert")) as there, pytest.raises(SinkError) as told:
        deliver(notice(many), target("alertmanager", there.url), Waits().client)
    assert str(told.value) == "HTTP 400: bad alert (after 1 of 3 parts)"


def test_nothing_to_say_is_nothing_sent() -> None:
    with receiver() as there:
        assert deliver(notice(report()), target("alertmanager", there.url), Waits().client) == 0
    assert there.got == []
