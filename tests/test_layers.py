"""Lower layers never import higher ones; dangerous doors are opened in one place. Late imports count."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "diagnose"

LAYERS: list[tuple[str, ...]] = [
    (
        "addresses",
        "apis",
        "errors",
        "model",
        "values",
        "values_scheduling",
        "positions",
        "version",
        "kinds",
        "logs",
        "mend",
        "told",
        "path_code",
        "owned",
        "inherited",
        "web",
    ),
    ("decode", "paths", "redact", "secret_values", "capture_time", "tellings", "snapshot", "cleaning"),
    ("sources",),
    (
        "normalise",
        "index",
        "view",
        "views",
        "views_addresses",
        "views_node",
        "views_references",
        "views_routes",
        "podspecs",
        "relations",
    ),
    ("certificates", "match", "language", "library", "config"),
    (
        "trie",
        "dispatch",
        "engine",
        "findings",
        "correlate",
        "run",
        "asked_logs",
        "live",
        "rbac",
        "looked",
        "diff",
        "report_file",
        "locate",
        "checking",
        "waivers",
        "baseline",
    ),
    ("render", "sinks", "history"),
    ("testing", "linting", "cli", "__main__"),
]
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}


def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name below it; the package itself is ''."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = ast.parse(path.read_text())
    return found


MODULES = modules()


def imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports, also inside functions; not what only type checkers see."""
    hidden = {
        id(n)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for n in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name: str) -> str:
    """The module of this package that an import leads to."""
    name = name.removeprefix("diagnose").lstrip(".")
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def edges(module: str) -> set[str]:
    return {own(i) for i in imports(MODULES[module]) if i.partition(".")[0] == "diagnose"} - {module, ""}


def test_every_module_has_a_layer() -> None:
    assert {name.partition(".")[0] for name in MODULES if name} <= set(LAYER)


@pytest.mark.parametrize("module", [m for m in MODULES if m])
def test_no_module_imports_a_higher_layer(module: str) -> None:
    mine = LAYER[module.partition(".")[0]]
    assert {m for m in edges(module) if LAYER[m.partition(".")[0]] > mine} == set()


def test_no_module_imports_itself_by_a_detour() -> None:
    remaining = {m: edges(m) for m in MODULES}
    while free := [m for m, needs in remaining.items() if not needs & set(remaining)]:
        for module in free:
            del remaining[module]
    packages = {"sources", "render", "cli"}
    assert {m for m in remaining if m.partition(".")[0] not in packages} == set()


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("jsonpath_ng", {"paths"}),
        ("kubernetes", {"language", "sources.cluster", "cli"}),
        ("urllib3", {"sources.cluster", "web", "cli.live_options"}),
        ("click", {"cli"}),
        ("tarfile", {"sources.unpack", "cli.archive"}),
        ("zipfile", {"sources.unpack"}),
        ("mmap", {"sources.stores", "sources.archive"}),
        ("tempfile", {"sources.archive", "sources.stores", "sources.unpack"}),
        ("pickle", set()),
        ("subprocess", {"sources.manifests.rendering"}),
        ("socket", set()),
        ("sqlalchemy", {"history"}),
        ("jinja2", {"render", "sinks"}),
    ],
)
def test_a_library_has_one_door(library: str, allowed: set[str]) -> None:
    users = {m for m, tree in MODULES.items() if any(i.partition(".")[0] == library for i in imports(tree))}
    assert {m for m in users if not any(m == a or m.startswith(f"{a}.") for a in allowed)} == set()


def called(tree: ast.Module) -> set[str]:
    """The names of what is called or read as an attribute: `print`, `time.time`, `.read_text`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(node.func.id)
        if isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
            if isinstance(node.value, ast.Name):
                found.add(f"{node.value.id}.{node.attr}")
    return found


FORBIDDEN = {
    "print",
    "input",
    "exit",
    "quit",
    "eval",
    "exec",
    "sys.exit",
    "sys.stdout",
    "sys.stderr",
    "sys.stdin",
    "sys.argv",
    "time.time",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "datetime.today",
    "os.environ",
    "os.getenv",
    "os.getcwd",
    "Path.cwd",
    "random.random",
}


ALLOWED = {"trie": {"exec"}, "path_code": {"exec"}, "language.conditions_code": {"exec"}}
"""What is asked for every object is written as source; nothing of a rule stands in it but keys and values, quoted."""


@pytest.mark.parametrize("module", [m for m in MODULES if m.partition(".")[0] != "cli"])
def test_only_the_command_line_prints_exits_and_reads_clock_and_environment(module: str) -> None:
    assert called(MODULES[module]) & FORBIDDEN <= ALLOWED.get(module, set())


READERS = {"open", ".read_text", ".read_bytes", ".iterdir", ".rglob", ".glob", "os.walk", "os.scandir", "os.listdir"}
OPENS_DUMPS = {"sources.archive", "sources.stores", "sources.unpack"}
OPENS_MANIFESTS = {"sources.manifests.files", "sources.manifests.schemas"}
READS_RULES = {"library", "testing", "linting"}
READS_ITSELF = {"render.json", "render.diffs.json"}


def test_files_are_opened_in_few_places() -> None:
    users = {m for m, tree in MODULES.items() if called(tree) & READERS and m.partition(".")[0] != "cli"}
    assert users <= OPENS_DUMPS | OPENS_MANIFESTS | READS_RULES | READS_ITSELF
