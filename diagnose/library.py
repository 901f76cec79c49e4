"""Rule folders: the built-in one and the user's, read into one compiled RuleSet."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diagnose.errors import LoadError, LoadErrors, UsageError
from diagnose.language.compiler import RuleSet, compile_rules
from diagnose.language.ruleset import Override, suggest
from diagnose.language.ruleset import load_rules as rules_of
from diagnose.language.syntax import SCOPES, Rule, Symptom
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
    overrides: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """Rules as loaded, with the tables that they are compiled against."""

    rules: tuple[Rule, ...]
    relations: Relations
    symptoms: tuple[Symptom, ...]

    def compiled(self) -> RuleSet:
        """All rules, compiled together. Raises LoadErrors."""
        return compile_rules(self.rules, self.relations, self.symptoms)


def load(selection: Selection = Selection()) -> Library:
    """Read every rule that is selected. Raises LoadErrors, UsageError."""
    builtin = builtin_folder()
    relations = load_relations((builtin / _TABLES[0]).read_text(encoding="utf-8"), f"rules/{_TABLES[0]}")
    symptoms = load_symptoms((builtin / _TABLES[1]).read_text(encoding="utf-8"), f"rules/{_TABLES[1]}")
    errors: list[LoadError] = []
    found: dict[str, Rule] = {}
    folders = [(builtin, "rules")] if selection.builtin else []
    folders += [(_user_folder(f), f) for f in selection.folders]
    for folder, label in folders:
        for path in rule_files(folder):
            name = label if path == folder else f"{label}/{path.relative_to(folder).as_posix()}"
            try:
                rules = rules_of(path.read_text(encoding="utf-8"), name, selection.overrides, folder == builtin)
            except LoadErrors as several:
                errors += several.errors
                continue
            except (OSError, UnicodeDecodeError) as error:
                errors.append(LoadError(f"cannot be read: {error}", name))
                continue
            for rule in rules:
                _add(rule, found, errors)
    unknown = set(selection.overrides) - set(found)
    for rule_id in sorted(unknown):
        errors.append(LoadError(f"there is no rule '{rule_id}'{suggest(rule_id, found)}", "configuration"))
    if errors:
        raise LoadErrors(errors)
    _check_globs(selection, found.values())
    chosen = sorted((r for r in found.values() if _chosen(r, selection)), key=lambda r: r.id)
    if found and not chosen:
        raise UsageError(f"no rule is left to run ({len(found)} were loaded; see --only, --skip and the configuration)")
    return Library(tuple(chosen), relations, tuple(symptoms))


def load_rules(
    *folders: str | os.PathLike[str], builtin: bool = True, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> RuleSet:
    """The rules that come with the program and those of `folders`, compiled. Raises LoadErrors, UsageError."""
    return load(Selection([os.fspath(f) for f in folders], builtin, only, skip)).compiled()


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
    """The rule files of a folder, without tests and tables; a file stands for itself."""
    if folder.is_file():
        return [folder]
    return [
        p
        for p in sorted(folder.rglob("*.yaml"))
        if not p.name.endswith(TEST_SUFFIX) and not (p.parent == folder and p.name in _TABLES)
    ]


def _check_globs(selection: Selection, rules: Collection[Rule]) -> None:
    """Refuse an --only that fits no rule, and a --skip that names none: a slip of the pen would go unseen."""
    for option, globs in (("--only", selection.only), ("--skip", selection.skip)):
        for glob in globs:
            exact = not set(glob) & set("*?[")
            if (option == "--only" or exact) and not any(_any(rule, [glob]) for rule in rules):
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
    if rule.scope not in selection.scopes:
        return False
    if selection.only and not _any(rule, selection.only):
        return False
    return not _any(rule, selection.skip)


def _any(rule: Rule, globs: Iterable[str]) -> bool:
    names = (rule.id, f"{rule.category}/{rule.id}", *rule.aliases)
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs for name in names)
