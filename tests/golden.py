"""The expected reports of fixtures/: `python -m tests.golden` writes them anew, test_fixtures.py compares.

A changed report is read before it is committed: it is what users will see.
"""

from __future__ import annotations

from pathlib import Path

from diagnose import library, sources
from diagnose.language.compiler import RuleSet
from diagnose.render import Options, render
from diagnose.run import diagnose

FIXTURES = Path(__file__).parent.parent / "fixtures"
EXPECTED = "expected.txt"


def folders() -> list[Path]:
    """The snapshots in fixtures/."""
    return sorted(p for p in FIXTURES.iterdir() if p.is_dir())


def report(folder: Path, rules: RuleSet) -> str:
    """What the terminal shows of a fixture, at 80 columns without colour."""
    with sources.read([str(folder)]) as snapshot:
        text = render(diagnose(snapshot, rules), "text", Options(title=folder.name))
    return text if isinstance(text, str) else text.decode()


def main() -> None:
    rules = library.load().compiled()
    for folder in folders():
        (folder / EXPECTED).write_text(report(folder, rules), encoding="utf-8")


if __name__ == "__main__":
    main()
