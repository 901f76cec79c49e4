"""The manifests of deploy/ pass the program's own check, with the strictest profile."""

from __future__ import annotations

import pytest
import yaml

from tests.cli.command import command

from . import test_kustomize as kustomize
from .generated import DEPLOY

RESTRICTED = ("--profile", "restricted", "--fail-on", "warning")


def test_the_folder(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    done = command(capsysbinary, monkeypatch)("check", DEPLOY, *RESTRICTED)
    assert (done.code, done.err) == (0, ""), done.out


@kustomize.needs_kubectl
def test_the_base(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    made = yaml.safe_dump_all(kustomize.built(kustomize.BASE)).encode()
    done = command(capsysbinary, monkeypatch)("check", "-", *RESTRICTED, stdin=made)
    assert (done.code, done.err) == (0, ""), done.out
    assert "nothing found: " in done.out


@pytest.mark.parametrize("everything", [False, True])
def test_the_chart(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    pytest.importorskip("helm_python.chart", reason="Helm is not installed: pip install helm-python-sdk")
    from . import test_helm as chart

    made = yaml.safe_dump_all(chart.rendered(chart.EVERYTHING if everything else {})).encode()
    done = command(capsysbinary, monkeypatch)("check", "-", *RESTRICTED, stdin=made)
    assert (done.code, done.err) == (0, ""), done.out
