"""Names of columns that the program's own SQL, or the engine, could take for something else.

A column called `rowid` beside a column of mixed values was a TypeError: the first odd value was looked for by DuckDB's
row numbers, which that column hides. Other names gave wrong answers without a word: a text column called `term` (a
parameter of a function in SQL) put every document into a group made from terms; a group called `weight`, `squares`,
`mean` or `variance` was overwritten by sums of that name; SQLite read a column called `true` as 1 in every row; a line
end in a CSV header left no rows. The law: the SQL of the program never refers to a name that a column can have.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.loaders.source import quoted
from tests.loaders.reading import read, refusal, write

NAMES = [
    "rowid", "rownum", "data", "count", "value", "kept", "c0", "c1", "n", "x", "i", "j", "g", "y", "place", "inside",
    "key", "json", "term", "word", "frame", "mapped", "stream", "sheet", "given", "counted", "strata", "level", "which",
    "outcome", "missing0", "filename", "file_row_number", "file_index", "column0", "unnest", "range", "select", "from",
    "group", "table", "order", "all", "true", "current_date", "user", "lambda", "struct", "columns", "*", "exclude",
    "replace", "hash", "a\"b", "a'b", "a.b", "a[0]", "{0}", "{", "a{b}c", "a\nb", "a\tb", "über", "日本", "a;b",
    "a,b", "a`b", "$1", "?", ":x", "%s", "a\\b", "--x", "/*x*/", "a b", "ß",
]  # fmt: skip
# Every column holds numbers but for its second value.
VALUES = ["1", "n.v.", "3", "4"]
TABLE = pa.table([VALUES] * len(NAMES), names=NAMES)


def _csv(folder: Path) -> Path:
    path = folder / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:  # lines end in \r\n, of which a name has one half
        csv.writer(stream).writerows([NAMES, *([value] * len(NAMES) for value in VALUES)])
    return path


def _json(folder: Path) -> Path:
    return write(folder, "a.json", json.dumps([dict.fromkeys(NAMES, value) for value in VALUES]))


def _parquet(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "a.parquet")
    return folder / "a.parquet"


def _feather(folder: Path) -> Path:
    feather.write_feather(TABLE, str(folder / "a.feather"))
    return folder / "a.feather"


def _duckdb(folder: Path) -> Path:
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.register("made", TABLE)
        connection.execute("CREATE TABLE people AS FROM made").fetchall()
    return folder / "a.duckdb"


def _sqlite(folder: Path) -> Path:
    with sqlite3.connect(folder / "a.sqlite") as connection:
        connection.execute(f"CREATE TABLE people ({', '.join(map(quoted, NAMES))})")
        marks = ", ".join("?" * len(NAMES))
        connection.executemany(f"INSERT INTO people VALUES ({marks})", [[value] * len(NAMES) for value in VALUES])
    return folder / "a.sqlite"


def _excel(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (NAMES, *([value] * len(NAMES) for value in VALUES)):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


KINDS: dict[str, Callable[[Path], object]] = {
    "csv": _csv, "json": _json, "parquet": _parquet, "feather": _feather, "duckdb": _duckdb, "sqlite": _sqlite,
    "excel": _excel, "pandas": lambda _: TABLE.to_pandas(), "polars": lambda _: pl.from_arrow(TABLE),
    "lazy": lambda _: pl.DataFrame(TABLE).lazy(), "arrow": lambda _: TABLE, "reader": lambda _: TABLE.to_reader(),
    "relation": lambda _: duckdb.connect().from_arrow(TABLE),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_loader_reads_every_name(kind: str, tmp_path: Path) -> None:
    found = read(KINDS[kind](tmp_path))
    assert list(found.fields) == NAMES
    assert found.rows == [(value,) * len(NAMES) for value in VALUES]


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", "a\rb"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_in_a_header_are_not_those_of_the_file(name: str, end: str, tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", end.join([f'"{name}",c', "1,2", "3,4", ""])))
    assert (list(found.fields), found.rows) == ([name, "c"], [(1, 2), (3, 4)])


def test_the_first_odd_value_is_named_by_its_line_whatever_the_columns_are_called(tmp_path: Path) -> None:
    rows = "rowid,gender,score,hired\nR1,f,1,yes\nR2,m,2,no\nR3,f,n.v.,no\nR4,m,4,yes\n"
    found = read(write(tmp_path, "a.csv", rows))
    assert found.rows[2] == ("R3", "f", "n.v.", "no")
    assert any("'score'" in note and "a text at line 4" in note for note in found.notes)


def test_the_first_odd_value_is_the_first_in_the_file(tmp_path: Path) -> None:
    """Of 150,000 rows, read by several threads, the odd ones are the 140,001st and later: line 140,002."""
    lines = [f"{i},{'n.v.' if i >= 140_000 else i}" for i in range(150_000)]
    (note,) = read(write(tmp_path, "a.csv", "\n".join(["rowid,score", *lines]))).notes
    assert "a text at line 140002" in note


def test_a_column_called_as_a_count_is_unfolded() -> None:
    frame = pd.DataFrame({"(n)": ["a", "b"], "(from)": ["c", "d"], "range": ["p", "q"], "how many": [2, 3]})
    found = read(frame, count="how many")
    assert sorted(found.rows) == [("a", "c", "p")] * 2 + [("b", "d", "q")] * 3


ROWS = 400
RNG = np.random.default_rng(7)
PEOPLE = pd.DataFrame(
    {
        "group": ["f", "m"] * (ROWS // 2),
        "side": RNG.choice(["u", "v"], ROWS),
        "pay": RNG.normal(30, 5, ROWS).round(2),
        "kilos": RNG.random(ROWS) + 0.5,
    }
)


@pytest.mark.parametrize("name", ["weight", "squares", "mean", "variance", "known", "weights", "n"])
@pytest.mark.parametrize("weight", ["kilos", None])
def test_a_group_called_as_a_sum_is_counted_as_any_other(name: str, weight: str | None) -> None:
    frame = PEOPLE if weight else PEOPLE.drop(columns="kilos")
    audit = auditor.check(
        frame.rename(columns={"group": name}), target="pay", positive="> 30", groups=[name, "side"], weight=weight,
        only=["OUT001", "OUT002"],
    )  # fmt: skip
    favourable = (PEOPLE["pay"] > 30).astype(float)
    sizes = PEOPLE["kilos"] if weight else pd.Series(1.0, PEOPLE.index)
    by = PEOPLE["group"]
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table if row["group"] == name}
    assert rates == pytest.approx({of: np.average(favourable[by == of], weights=sizes[by == of]) for of in ("f", "m")})
    if not weight:
        means = {row["level"]: row["mean"] for row in audit.result("OUT002").table if row["group"] == name}
        assert means == pytest.approx(dict(PEOPLE.groupby("group")["pay"].mean()))


@pytest.mark.parametrize("name", ["term", "word", "t", "words", "x"])
def test_a_group_from_terms_is_the_same_whatever_the_text_is_called(name: str) -> None:
    texts = ["she led", "he built", "they ran", "her team"] * 50
    frame = pd.DataFrame({name: texts, "hired": ["yes", "no", "no", "yes"] * 50})
    audit = auditor.check(frame, target="hired", text=name, group_from_terms=["she", "her"], only="OUT001")
    # Two of every four documents hold "she" or "her", and both people were hired.
    assert {row["level"]: (row["favourable"], row["n"]) for row in audit.result("OUT001").table} == {
        "with the terms": (100, 100),
        "without the terms": (0, 100),
    }


def _audited(frame: pd.DataFrame, **flags: Any) -> list[tuple[str, str, int]]:
    audit = auditor.check(frame, target="hired", groups="gender", name="frame", no_models=True, **flags)
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []
    return [(result.rule, result.state, len(result.findings)) for result in audit.results]


def test_an_audit_is_the_same_whatever_its_columns_are_called() -> None:
    """All the names at once as features, then some in each of the other roles."""
    levels = {f"feature {i}": RNG.choice(list("pqr"), ROWS) for i in range(len(NAMES))}
    own = {"gender": PEOPLE["group"], "hired": RNG.choice(["yes", "no"], ROWS), "who": [f"p{i}" for i in range(ROWS)]}
    plain = pd.DataFrame({**own, **levels, "day": pd.date_range("2020-01-01", periods=ROWS).astype(str)})
    roles = {"within": "feature 0", "time": "day", "id": "who"}
    hostile = dict(zip(levels, NAMES, strict=True))
    expected = _audited(plain, **roles)
    assert _audited(plain.rename(columns=hostile), **{**roles, "within": NAMES[0]}) == expected
    plain = plain[[*own, "feature 0", "feature 1", "day"]]
    expected = _audited(plain, **roles)
    for names in (("rowid", "a\nb", "{0}"), ('a"b', "rownum", "%s"), ("count", 'a"b', "rowid")):
        asked = dict(zip(roles, names, strict=True))
        renamed = plain.rename(columns={column: asked[role] for role, column in roles.items()})
        assert _audited(renamed, **asked) == expected


def test_a_name_in_parentheses_is_refused_in_a_line() -> None:
    assert "needs another name" in _refused(PEOPLE.assign(**{"(mean)": 1.0}))
    assert "occurs twice" in refusal(pd.DataFrame([[1, 2]], columns=["rowid", "rowid"]))


def _refused(frame: pd.DataFrame) -> str:
    with pytest.raises(auditor.AuditError) as caught:
        auditor.check(frame, target="pay", groups="group")
    return str(caught.value)
