"""The table of formats."""

from __future__ import annotations

import subprocess
import sys

import pytest

from diagnose.errors import UsageError
from diagnose.render import FORMATS, render

from .builders import night


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_the_same_report_to_the_same_bytes(name):
    first = render(night(), name)
    assert first and first == render(night(), name)
    assert FORMATS[name].summary and FORMATS[name].extension.isalnum()


def test_unknown_format_names_the_known():
    with pytest.raises(UsageError, match=r"no format 'xml'; the formats are: text, json"):
        render(night(), "xml")


def test_formats_are_imported_when_asked_for():
    code = "import sys, diagnose.render; print(*(m for m in sys.modules if m.startswith(('diagnose.render.', 'rich'))))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["diagnose.render.view"]
