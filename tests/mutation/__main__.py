"""Change the statistics and the states a little, run the tests that are near, and say which changes none notices.

    python -m tests.mutation                        # 40 changes, of all modules
    python -m tests.mutation --module states --all  # every one of a module
    python -m tests.mutation --module proportions --limit 20 --seed 3

The tests run in a copy of the repository, each change in a process of its own that has the libraries loaded. A change
that survives is either one that no user could see, or a test that is missing: judge it.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
COPIED = ("auditor", "tests", "sample_data", "reports", "docs", "README.md", "CHANGELOG.md", "pyproject.toml")
LIBRARIES = (
    "hypothesis", "numpy", "pandas", "pyarrow", "pydantic", "pytest", "duckdb", "scipy.stats", "sklearn.linear_model",
    "sklearn.metrics", "statsmodels.api",
)  # fmt: skip
SLOW = ("benchmarks", "browser", "fuzz", "hostile", "loaders", "engines", "reporter", "mutation")
RULES = ("stats", "analyzers")
KILLED, SURVIVED, LATE = "killed", "survived", "timed out"


def modules(named: Sequence[str]) -> list[Path]:
    """Return the files that are changed: the states and the statistics, or those that are named."""
    files = [Path("auditor/analyzers/states.py"), *sorted((ROOT / "auditor" / "stats").glob("*.py"))]
    found = [path if not path.is_absolute() else path.relative_to(ROOT) for path in files if path.stem != "__init__"]
    if unknown := {*named} - {path.stem for path in found}:
        raise SystemExit(
            f"no module is called {', '.join(sorted(unknown))}; there are: {' '.join(p.stem for p in found)}"
        )
    return [path for path in found if not named or path.stem in named]


def near(module: Path) -> list[str]:
    """Return the tests near a module, nearest first: they bear its name, import it, or test what does."""
    package, stem = ".".join(module.parent.parts), module.stem

    def imports(path: Path) -> bool:
        text = path.read_text(encoding="utf-8")
        return f"from {package}.{stem} import" in text or any(
            line.startswith(f"from {package} import") and stem in line.replace(",", " ").split()
            for line in text.splitlines()
        )

    tests = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if path.parent.name not in SLOW]
    users = [path.relative_to(ROOT) for path in sorted((ROOT / "auditor").rglob("*.py")) if imports(path)]
    used = {path.stem for path in users}
    by_nearness = (
        [path for path in tests if path.stem == f"test_{stem}"],
        [path for path in tests if imports(path)],
        [path for path in tests if path.stem == "test_edges"],
        [path for path in tests if path.parent.name in RULES and path.stem.removeprefix("test_") in used],
        [path for path in tests if path.parent.name == "oracles"],
    )
    found = [str(path.relative_to(ROOT)) for path in dict.fromkeys(path for part in by_nearness for path in part)]
    if any(Path(test).parent.name in RULES for test in found):
        return found
    return [*dict.fromkeys([*(test for user in users for test in near(user)), *found])]


def fate(copy: Path, module: Path, source: str, tests: Sequence[str], seconds: float) -> str:
    """Return what becomes of a changed module in a copy of the repository: killed, survived, or timed out."""
    path = copy / module
    before = path.read_text(encoding="utf-8")
    path.write_text(source, encoding="utf-8")
    child = os.fork()
    if not child:
        limit = math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))  # of the processor: others may be at work
        signal.alarm(20 * limit)
        _test(copy, tests)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        path.write_text(before, encoding="utf-8")
    return {0: SURVIVED, -signal.SIGXCPU: LATE, -signal.SIGKILL: LATE, -signal.SIGALRM: LATE}.get(code, KILLED)


def _test(copy: Path, tests: Sequence[str]) -> None:
    """Run the tests in this process, which ends with their exit code."""
    import pytest

    os.chdir(copy)
    sys.path[:] = [str(copy), *(path for path in sys.path if Path(path or ".").resolve() != ROOT)]
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "auditor")]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        code = 1
        with contextlib.suppress(BaseException):
            code = int(pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-o", "addopts=", *tests]))
        os._exit(code)


def _copied(folder: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", action="append", default=[], help="a module by its name, as states or gaps")
    parser.add_argument("--limit", type=int, default=40, help="how many changes are tried, drawn by the seed")
    parser.add_argument("--all", action="store_true", help="every change")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120.0, help="of the processor for one change")
    parser.add_argument("--files", type=int, default=1000, help="how many files of tests, of those that are near")
    asked = parser.parse_args(arguments)
    chosen = [
        (module, mutant) for module in modules(asked.module) for mutant in mutants((ROOT / module).read_text("utf-8"))
    ]
    if not asked.all and len(chosen) > asked.limit:
        chosen = [chosen[i] for i in sorted(random.Random(asked.seed).sample(range(len(chosen)), asked.limit))]
    for name in LIBRARIES:
        __import__(name)
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        _run(_copied(Path(folder)), chosen, asked.seconds, asked.files)


def _run(copy: Path, chosen: Sequence[tuple[Path, Mutant]], seconds: float, files: int) -> None:
    """Try the changes one after the other, and say what became of them."""
    fates: Counter[str] = Counter()
    for module in dict.fromkeys(module for module, _ in chosen):
        tests = near(module)[:files]
        whole = (ROOT / module).read_text(encoding="utf-8")
        if (plain := fate(copy, module, whole, tests, 10 * seconds)) != SURVIVED:
            raise SystemExit(f"{module}: without a change its tests are {plain}: {' '.join(tests)}")
        for mutant in [mutant for of, mutant in chosen if of == module]:
            found = fate(copy, module, mutant.source, tests, seconds)
            fates[found] += 1
            if found != KILLED:
                print(f"{found}: {module}, {mutant}", flush=True)
    print(", ".join(f"{n} {found}" for found, n in fates.items()) + f", of {len(chosen)}")


if __name__ == "__main__":
    main()
