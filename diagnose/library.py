"""Rule folders: the built-in one and the user's, read into one compiled RuleSet."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diagnose.errors import LoadError, LoadErrors, UsageError
from diagnose.kinds import KindKey
from diagnose.language.compiler import RuleSet, compile_rules
from diagnose.language.ruleset import Override, suggest
from diagnose.language.ruleset import load_rules as rules_of
from diagnose.language.syntax import PROFILES, SCOPES, Rule, Symptom
from diagnose.language.tables import load_relations, load_symptoms
from diagnose.relations import Relations

TEST_SUFFIX = ".test.yaml"
_TABLES = ("relations.yaml", "symptoms.yaml")


def builtin_folder() -> Path:
    """Where the rules that come with the program are: in the wheel, or beside an editable install."""
    packaged = Path(__file__).parent / "_rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "rules"


@dataclass(frozen=True)
class Selection:
    """Which rules to load, and what the configuration changes of them."""

    folders: Sequence[str] = ()
    builtin: bool = True
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    scopes: Sequence[str] = SCOPES
    profiles: frozenset[str] = frozenset()
    """Those whose policies are loaded (ASKED in syntax.py); none, so that dumps are not judged by policies."""
    overrides: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """Rules as loaded, with the tables that they are compiled against."""

    rules: tuple[Rule, ...]
    relations: Relations
    symptoms: tuple[Symptom, ...]

    def compiled(self, present: Container[KindKey] | None = None) -> RuleSet:
        """All rules, compiled together; with `present`, only as far as these kinds need. Raises LoadErrors."""
        return compile_rules(self.rules, self.relations, self.symptoms, present=present)


def prepared(selection: Selection = Selection()) -> Callable[[Container[KindKey]], RuleSet]:
    """The rules that are selected, to be compiled for the kinds of a snapshot once they are known.

    Rules of the user are compiled at once, so that what is wrong in them is told before anything else.
    Raises LoadErrors, UsageError.
    """
    if selection.folders or selection.overrides or not selection.builtin:
        whole = compiled(selection)
        return lambda present: whole
    try:
        return load(selection, places=False).compiled
    except LoadErrors:
        return load(selection).compiled


def compiled(selection: Selection = Selection()) -> RuleSet:
    """The rules that are selected, compiled, for those who only want to run them. Raises LoadErrors, UsageError.

    The rules that come with the program are read without their places; only if anything is wrong, with them.
    """
    try:
        return load(selection, places=False).compiled()
    except LoadErrors:
        return load(selection).compiled()


def load(selection: Selection = Selection(), *, places: bool = True) -> Library:
    """Read every rule that is selected. Raises LoadErrors, UsageError.

    `places` False leaves out where in its file each part of a built-in rule stands.
    """
    builtin = builtin_folder()
    relations = load_relations((builtin / _TABLES[0]).read_text(encoding="utf-8"), f"rules/{_TABLES[0]}")
    symptoms = load_symptoms((builtin / _TABLES[1]).read_text(encoding="utf-8"), f"rules/{_TABLES[1]}")
    errors: list[LoadError] = []
    found: dict[str, Rule] = {}
    unread: dict[str, str] = {}
    unasked = PROFILES.keys() - selection.profiles
    folders = [(builtin, "rules")] if selection.builtin else []
    folders += [(_user_folder(f), f) for f in selection.folders]
    for folder, label in folders:
        for path in rule_files(folder):
            name = label if path == folder else f"{label}/{path.relative_to(folder).as_posix()}"
            try:
                text = path.read_text(encoding="utf-8")
                if _profile(text) in unasked or (folder == builtin and _other_scope(text, selection.scopes)):
                    unread[path.stem] = f"{path.parent.name}/{path.stem}"
                    continue
                ours = folder == builtin
                rules = rules_of(text, name, selection.overrides, linted=ours, places=places or not ours)
            except LoadErrors as several:
                errors += several.errors
                continue
            except (OSError, UnicodeDecodeError) as error:
                errors.append(LoadError(f"cannot be read: {error}", name))
                continue
            for rule in rules:
                _add(rule, found, errors)
    unknown = set(selection.overrides) - set(found) - set(unread)
    for rule_id in sorted(unknown):
        errors.append(LoadError(f"there is no rule '{rule_id}'{suggest(rule_id, found)}", "configuration"))
    if errors:
        raise LoadErrors(errors)
    _check_globs(selection, found.values(), unread)
    chosen = sorted((r for r in found.values() if _chosen(r, selection)), key=lambda r: r.id)
    if found and not chosen and any(_fits(names, selection.only) for names in unread.items()):
        raise UsageError("only policies are left, and they are run by `diagnose check`, with --profile")
    if found and not chosen:
        raise UsageError(f"no rule is left to run ({len(found)} were loaded; see --only, --skip and the configuration)")
    return Library(tuple(chosen), relations, tuple(symptoms))


def load_rules(
    *folders: str | os.PathLike[str], builtin: bool = True, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> RuleSet:
    """The rules that come with the program and those of `folders`, compiled. Raises LoadErrors, UsageError."""
    return compiled(Selection([os.fspath(f) for f in folders], builtin, only, skip))


def names(selection: Selection) -> frozenset[str]:
    """Every rule that there is, also those not selected, as category/id."""
    folders = [builtin_folder()] if selection.builtin else []
    folders += [_user_folder(folder) for folder in selection.folders]
    return frozenset(f"{path.parent.name}/{path.stem}" for folder in folders for path in rule_files(folder))


def file_of(rule: Rule) -> Path:
    """Where a loaded rule was read from (built-in ones are called `rules/...` wherever they are)."""
    path = Path(rule.file)
    inside = builtin_folder().joinpath(*path.parts[1:])
    return path if path.exists() or not inside.exists() else inside


def _user_folder(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise UsageError(f"no such file or folder: {name} (given with --rules)")
    if not rule_files(path):
        raise UsageError(f"{name} holds no rules (*.yaml)")
    return path


def rule_files(folder: Path) -> list[Path]:
    """The rule files of a folder, without tests and tables; a file stands for itself.

    What is hidden is left out: a mounted ConfigMap has every file a second time, below a folder `..2026_01_01...`.
    """
    if folder.is_file():
        return [folder]
    return [
        p
        for p in sorted(folder.rglob("*.yaml"))
        if not p.name.endswith(TEST_SUFFIX)
        and not (p.parent == folder and p.name in _TABLES)
        and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    ]


_PROFILE = re.compile(r"^profile: *(\w+)", re.MULTILINE)


def _other_scope(text: str, scopes: Sequence[str]) -> bool:
    """Whether a file that comes with the program has no rule of some scopes, seen without reading it."""
    return "state" not in scopes and "scope: manifest" not in text


def _profile(text: str) -> str:
    """The profile that a rule file names, found without reading it as YAML: there are many that nobody asked for."""
    found = _PROFILE.search(text)
    return found[1] if found else ""


def _check_globs(selection: Selection, rules: Collection[Rule], unread: Mapping[str, str]) -> None:
    """Refuse an --only that fits no rule, and a --skip that names none: a slip of the pen would go unseen."""
    for option, globs in (("--only", selection.only), ("--skip", selection.skip)):
        for glob in globs:
            exact = not set(glob) & set("*?[")
            if (option == "--only" or exact) and not (
                any(_any(rule, [glob]) for rule in rules) or any(_fits(names, [glob]) for names in unread.items())
            ):
                names = sorted({name for rule in rules for name in (rule.id, f"{rule.category}/{rule.id}")})
                raise UsageError(f"{option} {glob} fits no rule{suggest(glob, names) or '; see: diagnose rules list'}")


def _add(rule: Rule, found: dict[str, Rule], errors: list[LoadError]) -> None:
    there = found.get(rule.id)
    if there is not None and not rule.replaces:
        errors.append(
            LoadError(
                f"there is a rule '{rule.id}' already, in {there.file}; `replaces: true` takes its place",
                rule.file,
                *rule.place("id"),
            )
        )
        return
    found[rule.id] = rule


def _chosen(rule: Rule, selection: Selection) -> bool:
    override = selection.overrides.get(rule.id)
    if override is not None and not override.enabled:
        return False
    if rule.scope not in selection.scopes or (rule.profile and rule.profile not in selection.profiles):
        return False
    if selection.only and not _any(rule, selection.only):
        return False
    return not _any(rule, selection.skip)


def _any(rule: Rule, globs: Iterable[str]) -> bool:
    return _fits((rule.id, f"{rule.category}/{rule.id}", *rule.aliases), globs)


def _fits(names: Iterable[str], globs: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs for name in names)
