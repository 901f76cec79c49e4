"""`diagnose dump --send`: what leaves, what is told when it does not, and that the report is never lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnose.cli import send
from diagnose.web import Client
from tests.cli.command import Command, command

from .server import Answer, receiver
from .support import Waits

SHOP = str(Path(__file__).parents[2] / "fixtures" / "broken-shop")


@pytest.fixture
def run(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """`diagnose` in an empty folder, with a clock that does not wait."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(send, "client", lambda endpoint: Client(endpoint, Waits().clock))
    return command(capsysbinary, monkeypatch)


def test_a_report_is_sent_to_every_sink(run: Command) -> None:
    with receiver() as one, receiver() as two:
        sinks = [f"--send=alertmanager={one.url}", f"--send=webhook={two.url}/hook"]
        done = run("dump", SHOP, "-o", "json=report.json", *sinks)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert [got.path for got in one.got] == ["/api/v2/alerts"]
    assert two.got[0].path == "/hook" and two.got[0].json == json.loads(Path("report.json").read_bytes())


def test_a_sink_that_fails_loses_nothing(run: Command) -> None:
    with receiver(*[Answer(500, b"full")] * 9) as bad, receiver() as good:
        slack, webhook = f"--send=slack={bad.url}/services/s3cr3t", f"--send=webhook={good.url}"
        done = run("dump", SHOP, slack, webhook)
    assert done.code == send.UNDELIVERED == 4
    assert done.err == f"diagnose: slack at {bad.url}: not sent: HTTP 500: full (tried 4 times)\n"
    assert done.out == run("dump", SHOP).out and len(good.got) == 1


def test_it_is_sent_although_a_file_cannot_be_written(run: Command) -> None:
    with receiver() as there:
        done = run("dump", SHOP, "-o", "json=no/such/folder.json", f"--send=webhook={there.url}")
    assert done.code == 2 and "cannot be written" in done.err and len(there.got) == 1


def test_findings_do_not_hide_that_a_sink_failed(run: Command) -> None:
    with receiver() as gone:
        url = gone.url
    assert run("dump", SHOP, "--fail-on=error").code == 1
    assert run("dump", SHOP, "--fail-on=error", f"--send=webhook={url}").code == 4


def test_settings_come_from_the_configuration(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as there:
        monkeypatch.setenv("HOOK", f"{there.url}/s3cr3t")
        Path("token").write_text("abc\n")
        Path("diagnose.yaml").write_text(
            "sinks:\n- {sink: webhook, url: {env: HOOK}, headers: {Authorization: {file: token, prefix: 'Bearer '}}}\n"
        )
        assert run("dump", SHOP, "-o", "json").code == 0 and there.got == []
        assert run("dump", SHOP, "-o", "json", "--send=all").code == 0
    assert (there.got[0].path, there.got[0].headers["Authorization"]) == ("/s3cr3t", "Bearer abc")


def test_bad_settings_are_told_before_anything_is_read(run: Command) -> None:
    done = run("dump", "no-such-dump", "--send=slak=http://x")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "diagnose: unknown sink 'slak', did you mean 'slack'?; there are: alertmanager, pushgateway, slack, webhook\n"
    )
