"""Two reports or dumps beside each other: what is new, gone, still there, and what cannot be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.diff import Comparison, alarming, compare, compared
from diagnose.errors import UsageError
from diagnose.model import Changes, Finding, Known, NotEvaluated, Report, Severity, State
from diagnose.render import Options
from diagnose.render.diffs import render
from diagnose.render.diffs.json import json_schema

from .builders import pod, rule_text
from .cli.command import Command, command
from .render import builders, hostile

RULES = ("a", "b", "c", "d")


def finding(rule: str, severity: str = "error", **more: Any) -> Finding:
    return builders.finding(rule, f"Pod shop/{rule}", severity=severity, **more)


def report(found: Sequence[Finding | str], rules: Sequence[str] | None = RULES, **more: Any) -> Report:
    made = [finding(each) if isinstance(each, str) else each for each in found]
    not_evaluated = more.pop("not_evaluated", ())
    of = builders.report(made, not_evaluated=not_evaluated, **{"coverage": {"Pod": "all"}, **more})
    return replace(of, rule_ids=None if rules is None else tuple(rules))


def states(changes: Changes, after: Report) -> dict[str, tuple[State, str]]:
    return {f.rule: (changes.known[f.id].state, changes.known[f.id].why) for f in after.findings}


def test_new_gone_and_still_there() -> None:
    before, after = report(["a", "b"]), report(["b", "c"])
    changes = compare(before, after, "old.json")
    assert changes.against == "old.json"
    assert changes.since == before.snapshot.captured_at
    assert states(changes, after) == {"b": (State.still, ""), "c": (State.new, "")}
    assert [past.finding.rule for past in changes.gone] == ["a"]
    assert changes.unseen == ()


def test_gone_is_told_apart_from_not_looked_for() -> None:
    changes = compare(report(["a", "b"]), report([], rules=["b"]), "old")
    assert [(p.finding.rule, p.why) for p in changes.unseen] == [("a", "the rule a was not run")]
    assert [p.finding.rule for p in changes.gone] == ["b"]


def test_new_is_told_apart_from_not_looked_for_before() -> None:
    before = report([], not_evaluated=(NotEvaluated("a", "Secret was not collected"),))
    after = report(["a", "b"])
    assert states(compare(before, after, "old"), after) == {
        "a": (State.unknown, "the rule could not be decided: Secret was not collected"),
        "b": (State.new, ""),
    }


def test_a_report_that_leaves_out_what_is_minor() -> None:
    shown = replace(report(["a"]), lowest=Severity.error)
    changes = compare(report(["a", finding("b", "info")]), shown, "old")
    assert [(p.finding.rule, p.why) for p in changes.unseen] == [("b", "the report leaves out what is below error")]
    after = report(["a", finding("b", "info")])
    assert states(compare(shown, after, "old"), after)["b"][0] is State.unknown


def test_what_a_history_told_the_first_report_is_not_lost() -> None:
    before = report(["a", "b"])
    known = {f.id: Known(State.still, 7.0, 41) for f in before.findings}
    changes = compare(replace(before, changes=Changes("run 1", 1.0, known)), report(["a"]), "old")
    assert changes.known[finding("a").id] == Known(State.still, 7.0, 42)
    assert (changes.gone[0].first_seen, changes.gone[0].times_seen) == (7.0, 41)


def level(after: Report, changes: Changes, severity: Severity) -> list[str]:
    return [f.rule for f in alarming(replace(after, changes=changes), severity)]


def test_what_is_alarming() -> None:
    before = report([finding("a"), finding("b", "warning"), finding("d", "critical")], rules=["a", "b", "d"])
    after = report([finding("a"), finding("b", "error"), finding("c"), finding("d", "error")])
    changes = compare(before, after, "old")
    assert level(after, changes, Severity.error) == ["b"]
    assert level(after, changes, Severity.critical) == []
    back = replace(changes, known={**changes.known, finding("a").id: Known(State.back, 1.0, 2, 1)})
    assert level(after, back, Severity.error) == ["a", "b"]
    assert alarming(after, Severity.info) == []


found = st.sets(st.sampled_from(RULES))


@given(found, found, found, found)
def test_every_finding_stands_in_one_place(a: set[str], b: set[str], ran_a: set[str], ran_b: set[str]) -> None:
    before, after = report(sorted(a & ran_a), sorted(ran_a)), report(sorted(b & ran_b), sorted(ran_b))
    changes = compare(before, after, "old")
    old, new = a & ran_a, b & ran_b
    told = {state: {f.rule for f in after.findings if changes.known[f.id].state is state} for state in State}
    assert told == {
        State.still: old & new,
        State.new: (new - old) & ran_a,
        State.unknown: new - old - ran_a,
        State.back: set(),
    }
    assert {p.finding.rule for p in changes.gone} == (old - new) & ran_b
    assert {p.finding.rule for p in changes.unseen} == old - new - ran_b


# --- formats


def comparison() -> Comparison:
    before = report(["a", finding("b", "warning"), "c"], rules=["a", "b", "c"], incomplete=False)
    after = report([finding("b", "critical"), "d", finding("e"), finding("f", "info")], rules=["b", "c", "d", "e", "f"])
    return compared(replace(before, rule_ids=("a", "b", "c", "e", "f")), after, "old.json", "new.json")


TEXT = """\
before   old.json   captured 2026-11-23 03:28:45Z   2 nodes, 37 pods, 355 events
         212 rules
after    new.json   captured 2026-11-23 03:28:45Z   2 nodes, 37 pods, 355 events
         212 rules
2 new (1 error, 1 info), 1 gone, 1 still there, 1 of them of another severity, 2
that cannot be told

new (2)
   error     Pod shop/e: is broken [e]
   info      Pod shop/f: is broken [f]

of another severity (1)
   critical  was warning: Pod shop/b: is broken [b]

gone (1)
   error     Pod shop/c: is broken [c]

there now, and perhaps before: not looked for then (1)
   the rule d was not run:
     error     Pod shop/d: is broken

gone, or only not looked for this time (1)
   the rule a was not run:
     error     Pod shop/a: is broken
"""


def test_text() -> None:
    assert render(comparison(), "text") == TEXT


def test_text_of_what_is_shown() -> None:
    text = render(comparison(), "text", Options(severity=Severity.critical))
    assert isinstance(text, str)
    assert "0 new, 0 gone, 1 still there, 1 of them of another severity" in text.replace("\n", " ")
    same = compared(report(["a"]), report(["a"]), "a", "b")
    assert str(render(same, "text")).endswith("0 new, 0 gone, 1 still there\n")
    assert str(render(same, "text", Options(limit=0))).endswith(
        "still there (1)\n   error     Pod shop/a: is broken [a]\n"
    )


def test_text_says_when_the_order_is_odd_and_the_input_incomplete() -> None:
    late = report(["a"], captured_at=builders.at("2026-11-24T00:00:00Z"))
    text = str(render(compared(late, report([], incomplete=True, captured_at=1e9), "a", "b"), "text"))
    assert "The first was captured after the second: what is called new was there" in text
    assert "The input was read only in part: objects may be missing." in text
    assert "the input was read only in part:\n" in text


def test_json() -> None:
    data = render(comparison(), "json")
    document = json.loads(data)
    jsonschema.validate(document, json_schema(), jsonschema.Draft202012Validator)
    assert {key: [f["rule"] for f in document[key]] for key in ("new", "gone", "still", "unknown", "unseen")} == {
        "new": ["e", "f"],
        "gone": ["c"],
        "still": ["b"],
        "unknown": ["d"],
        "unseen": ["a"],
    }
    assert document["still"][0]["severity_before"] == "warning"
    assert document["unseen"][0]["why"] == "the rule a was not run"
    assert document["before"] == {
        "name": "old.json",
        "captured_at": "2026-11-23T03:28:45Z",
        "version": "1.0",
        "rules": 212,
        "findings": 3,
        "incomplete": False,
    }


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match="there is no format 'html' of a comparison; the formats are: text, json"):
        render(comparison(), "html")


@settings(max_examples=20, deadline=None)
@given(hostile.reports(), hostile.reports())
def test_hostile_reports(before: Report, after: Report) -> None:
    check_harmless(before, after)


def test_the_worst_reports() -> None:
    check_harmless(hostile.worst(), builders.night())
    check_harmless(builders.night(), hostile.worst())


def check_harmless(before: Report, after: Report) -> None:
    """Nothing that acts on a terminal comes out, and the JSON is as its schema says."""
    of = compared(before, after, "\x1b[2J\u202e", "b")
    text, data = render(of, "text", Options(limit=0)), render(of, "json")
    assert isinstance(text, str) and isinstance(data, bytes)
    assert all(line.isprintable() for line in text.split("\n"))
    assert not set("\x1b\x9b\u202e\u2066\u2028") & set(data.decode())
    jsonschema.validate(json.loads(data), json_schema())


# --- the command


LOUD = rule_text("{for: Pod, where: {$.status.phase: Failed}}", "{pod.metadata.name} failed.", rule="loud")
QUIET = rule_text("for: Pod", "{pod.metadata.name} is there.", rule="quiet").replace("error", "info", 1)


@pytest.fixture
def diagnose(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command in a folder with two dumps and the reports of them."""
    monkeypatch.chdir(tmp_path)
    Path("rules").mkdir()
    for name, text in (("loud", LOUD), ("quiet", QUIET)):
        Path("rules", f"{name}.yaml").write_text(text)
    Path("old.dump").write_text(pods("ok"))
    Path("new.dump").write_text(pods("ok", "bad"))
    run = command(capsysbinary, monkeypatch)
    for name in ("old", "new"):
        run("dump", f"{name}.dump", "--no-default-rules", "--rules", "rules", "-o", f"json={name}.json")
    return run


def pods(*names: str) -> str:
    made = [pod(name, meta={"uid": name}, status={"phase": "Failed" if name == "bad" else "Running"}) for name in names]
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": made})


OWN = ("--no-default-rules", "--rules", "rules")


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        ("old.json", "new.json", ()),
        ("old.dump", "new.dump", OWN),
        ("old.json", "new.dump", OWN),
        ("old.dump", "new.json", OWN),
    ],
)
def test_dumps_and_reports(diagnose: Command, before: str, after: str, options: Sequence[str]) -> None:
    done = diagnose("diff", before, after, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out.split("\n", 2)[2].replace("         2 rules\n", "") == (
        "2 new (1 error, 1 info), 0 gone, 1 still there\n"
        "\n"
        "new (2)\n"
        "   error     Pod a/bad: bad failed. [loud]\n"
        "   info      Pod a/bad: bad is there. [quiet]\n"
    )
    assert diagnose("diff", before, after, *options, "--fail-on", "new:error").code == 1
    assert diagnose("diff", before, after, *options, "--fail-on", "new:critical").code == 0
    assert diagnose("diff", after, before, *options, "--fail-on", "new:info").code == 0
    assert diagnose("diff", after, before, *options, "--fail-on", "info").code == 1


def test_stdin(diagnose: Command) -> None:
    done = diagnose("diff", "-", "new.json", "-o", "json", stdin=Path("old.json").read_bytes())
    assert (done.code, len(json.loads(done.out)["new"])) == (0, 2)
    done = diagnose("diff", "old.json", "-", *OWN, stdin=Path("new.dump").read_bytes())
    assert "after    stdin   " in done.out
    done = diagnose("diff", "-", "-")
    assert (done.code, done.err) == (2, "diagnose: only one of the two can come from stdin\n")


def test_several_outputs_and_namespaces(diagnose: Command) -> None:
    done = diagnose("diff", "old.json", "new.json", "-n", "other", "-o", "text=d.txt", "-o", "json")
    assert json.loads(done.out)["new"] == []
    assert "0 new, 0 gone, 0 still there\n" in Path("d.txt").read_text()


@pytest.mark.parametrize(
    ("args", "code", "err"),
    [
        (
            ["old.json", "new.json", "--only", "x"],
            2,
            "--only chooses rules for dumps, and both A and B are finished reports",
        ),
        (["old.json", "new.json", "-o", "html"], 2, "unknown format 'html'; there are: json, text"),
        (["old.json", "nowhere"], 2, "no such file or folder: nowhere"),
        (
            ["old.json", "cut.json"],
            3,
            "cut.json: no whole JSON: Input data was truncated; the report may have been cut off",
        ),
    ],
)
def test_mistakes(diagnose: Command, args: Sequence[str], code: int, err: str) -> None:
    Path("cut.json").write_bytes(Path("new.json").read_bytes()[:500])
    done = diagnose("diff", *args)
    assert (done.code, done.err) == (code, f"diagnose: {err}\n")


def test_an_incomplete_input_is_no_good_news(diagnose: Command) -> None:
    Path("cut.dump").write_text(pods("ok", "bad")[:-40])
    for before, after in (("cut.dump", "new.json"), ("new.json", "cut.dump")):
        done = diagnose("diff", before, after, *OWN, "--fail-on", "new:info")
        assert done.code == 3
        assert "0 new, 0 gone" in done.out
