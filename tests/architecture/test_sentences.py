"""Sentences stand apart from their numbers: with two facts or more they are templates, and never written on the spot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Reports are written for the eye, the sample's texts are data, errors and numbers are the words themselves, and `says` writes the templates.
ELSEWHERE = ("reporter/", "demo/", "errors.py", "format.py", "use/says.py")
PLAIN_WORDS = 3
# Words that no sentence has in capitals.
SQL = re.compile(
    r"\b(SELECT|FROM|WHERE|WHEN|CASE|FILTER|AND|NOT|NULL|BETWEEN|OVER|VALUES|AS|CREATE|ALTER|INSERT|COPY|ORDER BY)\b"
)


def _sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each f-string that is a sentence with two holes or more, and no error's."""
    tree = ast.parse(source)
    of_errors = {id(inner) for node in ast.walk(tree) if _is_error(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in of_errors:
            holes = sum(isinstance(part, ast.FormattedValue) for part in node.values)
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            words = [word for word in text.split() if word.strip(".,:;()").isalpha()]
            if holes > 1 and len(words) >= PLAIN_WORDS and not SQL.search(text):
                yield node.lineno, text


def _is_error(node: ast.AST) -> bool:
    """Whether something is raised, or is an error that is made to be."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).endswith("Error")
    return isinstance(node, ast.Raise)


def _files() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        name = path.relative_to(ROOT / "auditor").as_posix()
        if not name.startswith(ELSEWHERE):
            yield name, path


@pytest.mark.parametrize(("name", "path"), list(_files()))
def test_no_sentence_is_glued_to_its_numbers(name: str, path: Path) -> None:
    assert not list(_sentences(path.read_text(encoding="utf-8"))), f"{name}: make it a template of `Says`"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("""x = f"{n} rows of '{column}' were left out." """, [(1, "{} rows of '{}' were left out.")]),
        ("""def f():\n    yield (f"Read {n} rows, " f"and left {m} out.")""", [(2, "Read {} rows, and left {} out.")]),
        ("""f"{f'{n} of {m} rows in all' if n else ''}" """, [(1, "{} of {} rows in all")]),
        ("""f"{column} was left out entirely" """, []),  # one hole
        ("""f"{column}, {n} rows" """, []),  # no sentence
        ("""raise ValueError(f"{n} of {m} rows are no numbers")""", []),
        ("""def f():\n    return errors.SourceError(f"{n} of {m} rows are no numbers")""", []),
        ("""run(f"SELECT a of FROM {table} WHERE {column} in the end")""", []),
    ],
)
def test_the_search_finds_a_planted_sentence_and_nothing_else(source: str, found: list[tuple[int, str]]) -> None:
    assert list(_sentences(source)) == found
