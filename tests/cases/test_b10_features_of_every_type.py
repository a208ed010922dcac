"""Columns of every type, with blanks, as models take them.

A date with blanks among the features was a TypeError in PRX002, PRX003 and MDL001; unsigned numbers of 128 bits ended
the audit; a number that was infinite wherever it was known, or known in one row, was a ValueError in scikit-learn; and
what is infinite was taken for missing. Long whole numbers that name people were rounded, and people became one.

Half of the people are women. The column tells them from the men, but for a share q of blanks in both groups, at random.
A model ranks women, blanks, men. Of two people, a woman and a man, it errs only where both are blanks, and there it
guesses: the area under the curve is 1 - q^2 / 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.learn import peel
from auditor.learn.features import feature
from auditor.learn.sampled import units

ROWS = 500
BLANK = 5  # one value in so many
# Type -> the SQL of its value in row i, for women (w) and for others.
VALUES = {
    "DATE": "DATE '2020-01-01' + (i % 90)::INT + CASE WHEN w THEN 0 ELSE 400 END",
    "DATE, endless": "CASE WHEN w THEN DATE '2020-01-01' + (i % 90)::INT ELSE 'infinity'::DATE END",
    "TIMESTAMP": "TIMESTAMP '2020-01-01' + INTERVAL (i % 90 + CASE WHEN w THEN 0 ELSE 400 END) HOUR",
    "TIMESTAMP, endless": "CASE WHEN w THEN '-infinity'::TIMESTAMP ELSE TIMESTAMP '2020-01-01' + INTERVAL (i % 90) HOUR END",
    "TIMESTAMP_NS": "(TIMESTAMP '2020-01-01' + INTERVAL (i % 90 + CASE WHEN w THEN 0 ELSE 400 END) HOUR)::TIMESTAMP_NS",
    "TIMESTAMPTZ": "(TIMESTAMP '2020-01-01' + INTERVAL (i % 90 + CASE WHEN w THEN 0 ELSE 400 END) HOUR)::TIMESTAMPTZ",
    "TIME": "TIME '08:00:00' + INTERVAL (i % 90 + CASE WHEN w THEN 0 ELSE 400 END) MINUTE",
    "INTERVAL": "INTERVAL (i % 90 + CASE WHEN w THEN 0 ELSE 400 END) DAY",
    "BOOLEAN": "w",
    "DECIMAL": "((i % 90) / 8 + CASE WHEN w THEN 0 ELSE 20 END)::DECIMAL(18, 3)",
    "DECIMAL, long": "((i % 90) / 8 + CASE WHEN w THEN 0 ELSE 20 END)::DECIMAL(38, 20)",
    "HUGEINT": "(i % 90 + CASE WHEN w THEN 0 ELSE 400 END)::HUGEINT * 1_000_000_000_000_000_000_000",
    "UHUGEINT": "(i % 90 + CASE WHEN w THEN 0 ELSE 400 END)::UHUGEINT * 1_000_000_000_000_000_000_000",
    "BIGNUM": "(i % 90 + CASE WHEN w THEN 0 ELSE 400 END)::BIGNUM",
    "DOUBLE, infinite": "CASE WHEN w THEN 'inf'::DOUBLE ELSE i % 90 / 7 END",
    "DOUBLE, all infinite": "CASE WHEN w THEN 'inf' ELSE '-inf' END::DOUBLE",
    "UUID": "md5((i % 3 + CASE WHEN w THEN 0 ELSE 3 END)::VARCHAR)::UUID",
    "ENUM": "(CASE WHEN w THEN 'day' ELSE 'night' END)::ENUM('day', 'night')",
    "VARCHAR": "CASE WHEN w THEN 'day' ELSE 'night' END",
    "BIT": "(CASE WHEN w THEN 1 ELSE 2 END)::BIT",
    "JSON": "(CASE WHEN w THEN '{\"a\": 1}' ELSE '{\"a\": 2}' END)::JSON",
    "STRUCT": "{'a': w}",
    "MAP": "MAP {'a': w}",
    "UNION": "union_value(a := w)",
    "list of numbers": "CASE WHEN w THEN [1, 2] ELSE [2, 1] END",
    "list of texts": "CASE WHEN w THEN ['a'] ELSE ['a', 'b'] END",
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A DuckDB file with a column of each type, blank in one row of BLANK."""
    path = tmp_path_factory.mktemp("types") / "people.duckdb"
    values = ", ".join(f'CASE WHEN i // 2% {BLANK} > 0 THEN {sql} END AS "{name}"' for name, sql in VALUES.items())
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"CREATE TABLE people AS SELECT *, {values} FROM (SELECT range AS i, range % 2 = 0 AS w, "
            "CASE WHEN range % 2 = 0 THEN 'f' ELSE 'm' END AS sex, hash(range) % 2 AS hired, "
            f"hash(range + {ROWS}) % 7 AS grade, DATE '2020-01-01' + range::INT AS day FROM range({ROWS}))"
        ).fetchall()
    yield path


@pytest.mark.parametrize("name", VALUES)
def test_a_column_with_blanks_tells_what_it_holds(people: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peel, "FAR", 1.1)  # both learners are asked, though the first tells all
    sql = f'SELECT sex, hired, year(day) AS year, "{name}" AS told FROM people'  # of a day its month would be read too
    audit = auditor.check(people, sql=sql, target="hired", groups="sex", time="year", only="PRX002")
    (found,) = audit.findings("PRX002")
    blank = 1 / BLANK
    for learner in ("auc_ridge", "auc_boosting"):
        assert found.measures[learner].value == pytest.approx(1 - blank**2 / 2, abs=0.01)


def test_no_rule_fails_on_a_table_of_all_types(people: Path) -> None:
    audit = auditor.check(people, sql="SELECT * EXCLUDE (w, i) FROM people", target="hired", groups="sex", time="day")
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []
    assert {result.rule for result in audit.results if result.state != "not_run"} >= {"PRX002", "PRX003", "MDL001"}


@pytest.mark.parametrize("known", [[0], [0, 1], [0, 5, 10]])
@pytest.mark.parametrize("value", [1.5, float("inf"), float("-inf")])
def test_a_number_known_in_few_rows_fails_no_model(known: list[int], value: float) -> None:
    """Where the rows that a model learns from know none of a column's numbers, it learns without the column."""
    rng = np.random.default_rng(1)
    rare = np.full(400, np.nan)
    rare[known] = value
    frame = pd.DataFrame(
        {"sex": ["f", "m"] * 200, "hired": rng.choice(["yes", "no"], 400), "rare": rare, "grade": rng.normal(size=400)}
    )
    for columns in (["sex", "hired", "rare", "grade"], ["sex", "hired", "rare"]):
        audit = auditor.check(frame[columns], target="hired", groups="sex", only=["PRX002", "PRX003", "MDL001"])
        assert [(result.rule, result.reason) for result in audit.results if result.failed] == []


def test_infinite_numbers_lie_beyond_all_others_and_are_not_missing() -> None:
    numbers = np.array([-np.inf, -1e308, 0.0, 1.0, 1e308, np.inf, np.nan])
    of = feature("x", pd.Series(numbers))
    assert of.numbers is not None and np.isnan(of.numbers[-1]) and np.isfinite(of.numbers[:-1]).all()
    assert (np.diff(of.numbers[:-1]) >= 0).all() and of.numbers[0] < of.numbers[2] < of.numbers[5]
    assert (np.diff(of.codes[:-1]) >= 0).all() and of.codes[0] < of.codes[5] < of.codes[6] == of.levels - 1


def test_people_whose_numbers_are_long_are_not_taken_for_one() -> None:
    """Numbers of 64 bits that differ in the last digit are equal as doubles: 2**53 + 1 and 2**53."""
    frame = pd.DataFrame(
        {
            "who": pd.Series(2**53 + np.arange(300) // 2, dtype="Int64"),
            "sex": ["f", "m", "m"] * 100,
            "hired": ["yes", "no"] * 150,
            "grade": np.arange(300.0),
        }
    )
    frame.loc[0, "who"] = pd.NA  # with a blank, pandas had doubles
    with_models = auditor.check(frame, target="hired", groups="sex", id="who", only=["PRX002", "QLT001"])
    # 150 numbers stand in 300 rows twice; one of them lost a row to the blank.
    (found,) = [each for each in with_models.findings("QLT001") if each.subject["column"] == "who"]
    assert found.measures["duplicates"].value == 149
    texts = pd.Series([None, *(str(number) for number in frame["who"][1:])])
    assert len(np.unique(units(texts))) == 151
