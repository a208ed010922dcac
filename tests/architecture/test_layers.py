"""The import table, import lightness, and that every rule is documented, tested and judged by the policy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import auditor
from auditor.policy import Policy
from auditor.rules import HEADINGS, all_rules
from tests.conftest import ROOT

# Level of every module; an import goes to a lower level, or stays within one's own folder.
LEVELS = {
    "auditor.errors": -1,
    "auditor.arguments": -0.5,
    "auditor.inputs": 0,
    "auditor.signals": 0,
    "auditor.leftovers": 1,
    "auditor.streams": 1,
    "auditor.endings": 2,
    "auditor.model": 0,
    "auditor.needs": 1,
    "auditor.words": -2,
    "auditor.credentials": 0,
    "auditor.toml": 1,
    "auditor.source": 1,
    "auditor.stats": 1,
    "auditor.tables": 1,
    "auditor.policy": 2,
    "auditor.use": 2,
    "auditor.population": 3,
    "auditor.usecase": 3.5,
    "auditor.roles": 1,
    "auditor.periods": 1,
    "auditor.clock": 2,
    "auditor.grouping": 1,
    "auditor.assign": 5,
    "auditor.levels": 4,
    "auditor.preparing": 6,
    "auditor.loaders": 4.5,
    "auditor.opaque": 2,
    "auditor.engines": 5,
    "auditor.rules": 5,
    "auditor.verdict": 6,
    "auditor.choice": 6,
    "auditor.comparing": 5,
    "auditor.waivers": 5,
    "auditor.statements": 6,
    "auditor.timeline": 6,
    "auditor.telling": 6,
    "auditor.behind": 6,
    "auditor.unchecked": 6,
    "auditor.marked": 6,
    "auditor.changes": 7,
    "auditor.lexicons": 2,
    "auditor.analyzers": 7,
    "auditor.judging": 7,
    "auditor.opening": 6,
    "auditor.tallies": 8,
    "auditor.redaction": 7,
    "auditor.counting": 6,
    "auditor.draft": 7,
    "auditor.asking": 8,
    "auditor.populations": 2,
    "auditor.reporter": 8,
    "auditor.audit": 9,
    "auditor.cli": 10,
    "auditor.__main__": 11,
    "auditor": 10,
}
# model.Audit offers its own faces (save, notebook); rules name the analyzers; both only when they are called.
UPWARD = {("auditor.model", "auditor.reporter")}
FORBIDDEN = {
    "auditor.analyzers": (
        "auditor.loaders",
        "auditor.reporter",
        "auditor.engines.duckdb",
        "auditor.engines.peek",
        "auditor.engines.sql",
        "auditor.engines.sample",
        "auditor.engines.slices",
    ),
    "auditor.reporter": ("auditor.loaders", "auditor.engines", "auditor.stats", "auditor.analyzers"),
    "auditor.stats": ("auditor.engines", "auditor.usecase", "auditor.rules", "pandas"),
}
HEAVY = ("pandas", "duckdb", "sklearn", "statsmodels", "scipy", "altair", "pyarrow", "vl_convert", "jinja2", "pydantic")


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(path: Path) -> set[str]:
    """The modules that a file imports while it runs: not those for the type checker alone."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module.startswith("auditor"):
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _home(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if ".".join(parts[:2]) in LEVELS else "auditor"


@pytest.mark.parametrize(("module", "path"), list(_modules()))
def test_imports_point_down(module: str, path: Path) -> None:
    own = _home(module)
    for imported in _imports(path):
        if not imported.startswith("auditor"):
            continue
        other = _home(imported)
        if other in (own, "auditor") or (own, other) in UPWARD:
            continue
        assert LEVELS[other] < LEVELS[own], f"{module} imports {imported}"
    for folder, names in FORBIDDEN.items():
        if module.startswith(folder):
            assert not [name for name in _imports(path) if name.startswith(names)]


@pytest.mark.parametrize(("module", "path"), list(_modules()))
def test_analyzers_never_import_each_other(module: str, path: Path) -> None:
    if module.startswith("auditor.analyzers."):
        assert not [name for name in _imports(path) if name.startswith("auditor.analyzers")]


@pytest.mark.parametrize(
    "arguments", [["-c", "import auditor"], ["-m", "auditor", "--help"], ["-m", "auditor", "check", "-h"]]
)
def test_help_and_import_load_nothing_heavy(arguments: list[str]) -> None:
    assert not {name.split(".")[0] for name in _loaded(arguments)} & set(HEAVY)


def test_counts_that_need_no_exact_test_and_no_strata_load_no_statistics_of_others() -> None:
    audit = [
        "check",
        "sample_data/callbacks.csv",
        "--target",
        "received_callback",
        "--group",
        "race",
        "--only",
        "OUT001",
    ]
    loaded = _loaded(["-m", "auditor", *audit, "--fail-on", "never"])
    assert "scipy.special" in loaded
    assert not loaded & {"scipy.stats", "statsmodels", "sklearn", "altair"}


def _loaded(arguments: list[str]) -> set[str]:
    """The modules that a fresh process loads."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {line.rsplit("|", 1)[1].strip() for line in run.stderr.splitlines() if "|" in line}


def test_public_names_are_sorted_and_exist() -> None:
    assert auditor.__all__ == sorted(auditor.__all__)
    assert all(hasattr(auditor, name) for name in auditor.__all__)
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        _ = auditor.chek


@pytest.mark.parametrize("code", list(all_rules()))
def test_every_rule_is_documented_tested_and_has_a_severity(code: str) -> None:
    rule = all_rules()[code]
    assert list(rule.sections) == list(HEADINGS)
    assert all(len(text) > 20 for text in rule.sections.values())
    assert rule.title.endswith(".")
    assert code in Policy.load("default").severity
    tests = [path for path in (ROOT / "tests" / "analyzers").glob("test_*.py") if f'"{code}"' in path.read_text()]
    assert tests, f"no test in tests/analyzers names {code}"


def test_every_limit_says_where_it_comes_from() -> None:
    policy = Policy.load("default")
    assert set(policy.sources) == set(type(policy.limits).model_fields)


def test_nothing_shipped_is_empty_of_types() -> None:
    assert (ROOT / "auditor" / "py.typed").exists()
