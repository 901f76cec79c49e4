"""Rule folders: which rules are loaded, and every mistake told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diagnose import library, sources
from diagnose.errors import LoadErrors, UsageError
from diagnose.language import ruleset
from diagnose.language.ruleset import Override
from diagnose.language.syntax import ASKED
from diagnose.library import Selection, builtin_folder, compiled, load, rule_files
from diagnose.model import Severity
from diagnose.positions import load_all
from diagnose.run import diagnose
from tests.builders import rule_text

HEAD = "kubernetes: '>=1.25'"


def folder(root: Path, **rules: str) -> str:
    """A folder of rules; `a__b` is the file a/b.yaml."""
    for name, text in rules.items():
        path = root.joinpath(*name.split("__")).with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or rule_text("for: Pod", rule=path.stem))
    return str(root)


def ids(**given: Any) -> list[str]:
    return [r.id for r in load(Selection(builtin=False, **given)).rules]


@pytest.fixture
def rules(tmp_path: Path) -> str:
    aliased = rule_text("for: Pod", rule="beta", tail="aliases: [old-beta]")
    return folder(tmp_path, ops__alpha="", ops__beta=aliased, net__gamma="", net__deep__delta="")


@pytest.mark.parametrize(
    ("only", "skip", "found"),
    [
        ([], [], ["alpha", "beta", "delta", "gamma"]),
        (["alpha"], [], ["alpha"]),
        (["ops/*"], [], ["alpha", "beta"]),
        (["*a"], ["ops/*"], ["delta", "gamma"]),
        (["old-beta"], [], ["beta"]),
        ([], ["old-beta", "nothing-*"], ["alpha", "delta", "gamma"]),
        (["alpha", "gamma"], [], ["alpha", "gamma"]),
        (["deep/delta"], [], ["delta"]),
    ],
)
def test_only_and_skip(rules: str, only: list[str], skip: list[str], found: list[str]) -> None:
    assert ids(folders=[rules], only=only, skip=skip) == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"only": ["alpa"]}, "--only alpa fits no rule, did you mean 'alpha'?"),
        ({"only": ["op/*"]}, "--only op/* fits no rule; see: diagnose rules list"),
        ({"only": ["alpha", "zzz"]}, "--only zzz fits no rule; see: diagnose rules list"),
        ({"skip": ["gama"]}, "--skip gama fits no rule, did you mean 'gamma'?"),
        (
            {"only": ["alpha"], "skip": ["alpha"]},
            "no rule is left to run (4 were loaded; see --only, --skip and the configuration)",
        ),
        (
            {"scopes": ("manifest",)},
            "no rule is left to run (4 were loaded; see --only, --skip and the configuration)",
        ),
    ],
)
def test_a_selection_of_nothing_is_an_error(rules: str, given: Any, message: str) -> None:
    with pytest.raises(UsageError) as error:
        load(Selection(folders=[rules], builtin=False, **given))
    assert str(error.value) == message


def test_overrides_change_rules_and_unknown_ids_are_errors(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        r=rule_text("{for: Pod, where: {$.spec.n: {ge: {param: least}}}}", head="params: {least: 3}"),
        other="",
    )
    settings = {"r": Override({"least": 5}, Severity.info), "other": Override(enabled=False)}
    (rule,) = load(Selection(folders=[where], builtin=False, overrides=settings)).rules
    assert (rule.severity, dict(rule.params)) == (Severity.info, {"least": 5})
    with pytest.raises(LoadErrors) as error:
        load(Selection(folders=[where], builtin=False, overrides={"othr": Override()}))
    assert str(error.value) == "configuration: there is no rule 'othr', did you mean 'other'?"


def test_the_same_id_twice_is_an_error_unless_it_replaces(tmp_path: Path) -> None:
    first, second = folder(tmp_path / "one", r=""), folder(tmp_path / "two", r=rule_text("for: Node"))
    with pytest.raises(LoadErrors) as error:
        load(Selection(folders=[first, second], builtin=False))
    assert (
        str(error.value)
        == f"{second}/r.yaml:1:5: there is a rule 'r' already, in {first}/r.yaml; `replaces: true` takes its place"
    )
    Path(second, "r.yaml").write_text(rule_text("for: Node", tail="replaces: true"))
    assert [r.match[0].target for r in load(Selection(folders=[first, second], builtin=False)).rules] == ["Node"]


def test_every_mistake_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    where = folder(tmp_path, a=rule_text("for: Pod", rule="a").replace("severity", "severty"), b="id: b\ntitle: [\n")
    Path(where, "c.yaml").write_bytes(b"id: \xff")
    with pytest.raises(LoadErrors) as error:
        load(Selection(folders=[where], builtin=False))
    files = [line.split(":")[0].rsplit("/", 1)[-1] for line in str(error.value).splitlines()]
    assert files == ["a.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_folders_that_are_not_there_or_hold_nothing(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none", "no such file or folder: {} (given with --rules)"),
        (tmp_path, "{} holds no rules (*.yaml)"),
    ):
        with pytest.raises(UsageError) as error:
            load(Selection(folders=[str(path)], builtin=False))
        assert str(error.value) == message.format(path)


def test_a_file_stands_for_itself(rules: str) -> None:
    assert ids(folders=[f"{rules}/ops/alpha.yaml"]) == ["alpha"]


def test_tests_and_tables_are_no_rules(tmp_path: Path) -> None:
    folder(tmp_path, r="", sub__relations="")
    for name in ("r.test.yaml", "relations.yaml", "symptoms.yaml"):
        (tmp_path / name).write_text("")
    assert [p.name for p in rule_files(tmp_path)] == ["r.yaml", "relations.yaml"]


def test_the_rules_that_come_with_the_program_load_and_compile() -> None:
    library = load()
    assert [r.id for r in library.rules] == sorted(r.id for r in library.rules)
    assert len(library.compiled().plans) == len(library.rules) > 0
    assert (builtin_folder() / "relations.yaml").is_file()


@pytest.mark.parametrize("path", rule_files(builtin_folder()), ids=lambda path: path.stem)
def test_the_built_in_rules_say_the_same_without_their_places(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [d.data for d in ruleset._unplaced(text, "x")] == [d.data for d in load_all(text, "x")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rule_text("for: Pood", rule="beta"), "rules/beta.yaml:6:8: unknown kind 'Pood', did you mean 'Pod'?"),
        (
            rule_text("for: Pod", rule="beta", tail="sevrity: error"),
            "rules/beta.yaml:8:1: unknown key 'sevrity' in a rule, did you mean 'severity'?",
        ),
        ("id: [beta", "rules/beta.yaml:2:1: did not find expected ',' or ']', while parsing a flow sequence"),
    ],
)
def test_mistakes_in_built_in_rules_tell_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    for table in ("relations.yaml", "symptoms.yaml"):
        (tmp_path / table).write_text((builtin_folder() / table).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(library, "builtin_folder", lambda: tmp_path)
    folder(tmp_path, alpha="", beta=text)
    with pytest.raises(LoadErrors) as told:
        compiled()
    assert str(told.value) == message


def test_rules_compiled_for_the_kinds_of_a_dump_find_the_same() -> None:
    whole, ready = library.compiled(), library.prepared()
    for folder in sorted((Path(__file__).parents[1] / "fixtures").iterdir()):
        if folder.is_dir():
            with sources.read([str(folder)]) as snapshot:
                present = {key for key, rows in snapshot.tables.items() if rows}
                assert diagnose(snapshot, ready(present)) == diagnose(snapshot, whole)


POLICY = "scope: manifest\nprofile: {}"


def test_policies_are_loaded_only_when_their_profile_is_asked_for(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        ops__plain="",
        ops__strict=rule_text("for: Pod", rule="strict", head=POLICY.format("restricted")),
        ops__taste=rule_text("for: Pod", rule="taste", head=POLICY.format("opinion")),
    )
    assert ids(folders=[where]) == ["plain"]
    assert ids(folders=[where], profiles=ASKED["default"]) == ["plain", "strict"]
    assert ids(folders=[where], profiles=ASKED["all"]) == ["plain", "strict", "taste"]


def test_policies_are_known_without_being_loaded(tmp_path: Path) -> None:
    taste = rule_text("for: Pod", rule="taste", head=POLICY.format("opinion"))
    where = folder(tmp_path, ops__plain="", ops__taste=taste)
    assert ids(folders=[where], skip=["taste"]) == ["plain"]
    assert ids(folders=[where], overrides={"taste": Override()}) == ["plain"]
    with pytest.raises(UsageError, match="only policies are left, and they are run by `diagnose check`"):
        ids(folders=[where], only=["taste"])


def test_a_profile_that_there_is_not_is_told(tmp_path: Path) -> None:
    where = folder(tmp_path, ops__odd=rule_text("for: Pod", rule="odd", head=POLICY.format("strict")))
    with pytest.raises(LoadErrors, match="'profile' is never 'strict'"):
        ids(folders=[where])


def test_dumps_are_not_judged_by_policies() -> None:
    assert not [rule.id for rule in load().rules if rule.profile]
    assert all(rule.scope == "manifest" for rule in load(Selection(profiles=ASKED["all"])).rules if rule.profile)
