"""The import table, import lightness, and that every rule is documented, tested and judged by the policy."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import auditor
from auditor.analyzers.catalog import HEADINGS, all_rules
from auditor.cli.commands import main
from auditor.model import Severity
from auditor.use.policy import Policy
from tests.conftest import ROOT

# What each folder, or file at the top, may import of the others; annotations count.
MAY_IMPORT = {
    "cli": {"demo", "audit", "analyzers", "reporter", "learn", "engines", "counts", "loaders", "use", "stats"},
    "audit": {"analyzers", "reporter", "learn", "engines", "embed", "counts", "loaders", "use", "stats"},
    "analyzers": {"learn", "counts", "use", "stats"},
    "reporter": {"use"},
    "learn": {"engines", "loaders", "counts", "use", "stats"},
    "engines": {"loaders", "counts", "use", "stats"},
    "embed": set(),
    "counts": {"use", "stats"},
    "loaders": {"use"},
    "use": {"stats"},
    "stats": set(),
    "demo": set(),
    "model": set(),
}
EVERYWHERE = {"model", "errors", "format"}
TOP = {
    "errors": {"format"},
    "format": set[str](),
    "testing": {"audit", "analyzers", "reporter", "use"} | EVERYWHERE,  # for tests of others, like `cli`
}
# `Audit.save` and the notebook display, when they are called.
KNOWN = {("model.audit", "reporter"), ("model.audit", "audit")}
HEAVY = ("pandas", "duckdb", "sklearn", "statsmodels", "scipy", "altair", "pyarrow", "vl_convert", "jinja2", "pydantic")
OF_MODELS = ("onnxruntime", "tokenizers", "safetensors", "PIL")


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(path: Path) -> set[str]:
    """The modules of the program that a file imports, for the type checker too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = node.module == "auditor"
            found.update(f"auditor.{alias.name}" for alias in node.names) if named else found.add(node.module)
    return {name.removeprefix("auditor.") for name in found if name.startswith("auditor.")}


@pytest.mark.parametrize(("module", "path"), list(_modules()))
def test_imports_point_down(module: str, path: Path) -> None:
    own = module.removeprefix("auditor.")
    home = own.split(".")[0]
    if own in ("auditor", "__main__"):
        return
    allowed = TOP.get(home) if home in TOP else MAY_IMPORT[home] | EVERYWHERE
    assert allowed is not None
    for imported in _imports(path):
        other = imported.split(".")[0]
        known = (own, other) in KNOWN
        assert other in {home, *allowed} or known, f"{module} imports auditor.{imported}"


def test_no_concern_of_the_rules_imports_another() -> None:
    """What two concerns need is a file beside their folders."""
    concerns = {path.name for path in (ROOT / "auditor" / "analyzers").iterdir() if (path / "__init__.py").exists()}
    assert len(concerns) > 10
    found = set()
    for module, path in _modules():
        home = module.split(".")[2:3]
        if module.startswith("auditor.analyzers.") and concerns.intersection(home):
            parts = (name.split(".") for name in _imports_of_names(path) if name.startswith("analyzers."))
            found |= {(home[0], of[1]) for of in parts if of[1] in concerns and of[1] != home[0]}
    assert found == {("proxies", "vectors")}  # the vectors of a text, beside its words


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Annotations count, and imports within functions: but for the one exception, modules can be read one by one."""
    paths = dict(_modules())
    known = {(home, other) for home, other in KNOWN}
    graph = {}
    for module, path in paths.items():
        named = {f"auditor.{name}" for name in _imports_of_names(path)}
        graph[module] = {
            name
            for name in named & set(paths)
            if name != module and (module.removeprefix("auditor."), name.split(".")[1]) not in known
        }
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join([*above[above.index(module) :], module])
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*above, module))
            done.add(module)

    for module in graph:
        if module != "auditor":
            visit(module, ())


def _imports_of_names(path: Path) -> set[str]:
    """The modules that a file imports; of a folder, that of the name, where the name is a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                there = (ROOT / (inner.replace(".", "/") + ".py")).exists() or (ROOT / inner.replace(".", "/")).is_dir()
                found.add(inner if there else node.module)
    return {name.removeprefix("auditor.") for name in found if name.startswith("auditor.")}


def test_the_house_has_twelve_folders_and_five_files() -> None:
    inside = [path for path in (ROOT / "auditor").iterdir() if path.name != "__pycache__"]
    assert sorted(path.name for path in inside if path.is_dir()) == sorted(MAY_IMPORT)
    files = {path.name for path in inside if path.is_file()} - {"py.typed"}
    assert files == {"__init__.py", "__main__.py", *(f"{name}.py" for name in TOP)}


def test_no_file_of_rules_imports_another() -> None:
    of_rules = {rule.judge.__module__ for rule in all_rules().values()}
    assert len(of_rules) > 10
    for module, path in _modules():
        if module in of_rules:
            assert not {f"auditor.{name}" for name in _imports(path)} & (of_rules - {module}), module


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import auditor"],
        ["-c", "import dataudit"],
        ["-m", "dataudit", "--help"],
        *(["-m", "auditor", flag] for flag in ("--help", "--version")),
        *(["-m", "auditor", command, "--help"] for command in main.commands),
    ],
)
def test_help_and_import_load_nothing_heavy(arguments: list[str]) -> None:
    assert not {name.split(".")[0] for name in _loaded(arguments)} & {*HEAVY, *OF_MODELS}


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
    # By modules within: Python reports nothing of the packages that scipy loads when they are first used.
    assert "scipy.special._ufuncs" in loaded
    assert not loaded & {
        "scipy.optimize._optimize",
        "scipy.stats._stats_py",
        "statsmodels",
        "sklearn",
        "altair",
        "auditor.embed.opening",
        *OF_MODELS,
    }


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
    assert rule.severity in Severity
    tests = [path for path in (ROOT / "tests" / "analyzers").glob("test_*.py") if f'"{code}"' in path.read_text()]
    assert tests, f"no test in tests/analyzers names {code}"


@pytest.mark.parametrize("code", list(all_rules()))
def test_what_a_rule_measures_is_named_in_words_and_nothing_else_is_measured(code: str) -> None:
    """A measure without words would show its field name to a manager."""
    rule = all_rules()[code]
    module = inspect.getsource(sys.modules[rule.judge.__module__])
    written = {*re.findall(r'"(\w+)": Measure\(', module), *re.findall(r'measures\["(\w+)"\] = ', module)}
    there = {
        name for of in all_rules().values() if of.judge.__module__ == rule.judge.__module__ for name in of.measures
    }
    assert written <= there
    assert set(rule.leading) <= set(rule.measures)
    assert all(len(of.words) > 0 for of in rule.measures.values())


def test_every_limit_says_where_it_comes_from() -> None:
    policy = Policy.load("default")
    assert set(policy.sources) == set(type(policy.limits).model_fields)


def test_nothing_shipped_is_empty_of_types() -> None:
    assert (ROOT / "auditor" / "py.typed").exists()
