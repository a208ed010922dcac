"""The tool that changes code changes it, one thing at a time, and tells a change that is noticed from one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation import __main__ as tool
from tests.mutation.mutants import mutants

SOURCE = '''"""Text with 1 in it."""
from math import inf

def judged(n: int, least: int = 30) -> State:
    """Not 2."""
    if n >= least and n < inf:
        return State.CLEAR
    return State.SHOWN if n + 1 > least else State.UNDETERMINED
'''


def test_every_change_is_made_alone() -> None:
    changes = {(mutant.line, mutant.before, mutant.after) for mutant in mutants(SOURCE)}
    assert {
        (4, "30", "31"),
        (6, "n >= least", "n > least"),
        (6, "n < inf", "n <= inf"),
        (6, "n >= least and n < inf", "n >= least or n < inf"),
        (7, "State.CLEAR", "State.UNDETERMINED"),
        (8, "State.SHOWN", "State.BORDERLINE"),
        (8, "n + 1", "n - 1"),
        (8, "1", "2"),
        (8, "n + 1 > least", "n + 1 >= least"),
        (8, "State.UNDETERMINED", "State.CLEAR"),
    } <= changes
    assert len(changes) == len(mutants(SOURCE)) == 12  # and the two conditions turned round
    plain = set(SOURCE.splitlines())
    for mutant in mutants(SOURCE):
        assert '"""Text with 1 in it."""' in mutant.source and '"""Not 2."""' in mutant.source
        compile(mutant.source, "mutant", "exec")
        assert mutant.source not in plain


@pytest.mark.parametrize(("source", "found"), [("EDGE = 30\n", tool.SURVIVED), ("EDGE = 31\n", tool.KILLED)])
def test_a_change_that_a_test_notices_is_killed(tmp_path: Path, source: str, found: str) -> None:
    (tmp_path / "edge.py").write_text("EDGE = 30\n", encoding="utf-8")
    (tmp_path / "test_edge.py").write_text(
        "from edge import EDGE\n\n\ndef test_edge():\n    assert EDGE == 30\n", encoding="utf-8"
    )
    assert tool.fate(tmp_path, Path("edge.py"), source, ["test_edge.py"], 60) == found
    assert (tmp_path / "edge.py").read_text(encoding="utf-8") == "EDGE = 30\n"


def test_a_change_without_an_end_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "edge.py").write_text("EDGE = 30\n", encoding="utf-8")
    (tmp_path / "test_edge.py").write_text("import edge\n", encoding="utf-8")
    assert tool.fate(tmp_path, Path("edge.py"), "while True:\n    pass\n", ["test_edge.py"], 1) == tool.LATE


@pytest.mark.parametrize("module", tool.modules([]), ids=lambda path: path.stem)
def test_every_module_has_tests_near_it(module: Path) -> None:
    tests = tool.near(module)
    assert [test for test in tests if test.startswith(("tests/stats/", "tests/analyzers/"))]
