"""SQLite and DuckDB files, and queries over files and frames."""

from __future__ import annotations

import datetime
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from tests.conftest import SAMPLES
from tests.loaders.reading import read, refusal, write

ROLES = {"target": "hired", "groups": "gender", "no_models": True}


@pytest.fixture(scope="module")
def hiring() -> pd.DataFrame:
    """The hiring sample, as a file of columns gives it."""
    frame: pd.DataFrame = duckdb.read_csv(str(SAMPLES / "hiring.csv")).df()
    for name in frame.select_dtypes("bool"):  # SQLite knows no truth values
        frame[name] = frame[name].map({True: "yes", False: "no"})
    return frame


def _sqlite(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def test_a_column_of_sqlite_has_one_type_whatever_it_holds(tmp_path: Path) -> None:
    path = _sqlite(
        tmp_path / "a.sqlite",
        "CREATE TABLE t (i, r, mixed, late, day, at, blob, none, \"the \"\"odd\"\" one\")",
        "INSERT INTO t VALUES (1, 1, 30, NULL, '2020-01-02', '2020-01-02 10:00:00', x'00ff', NULL, 'x')",
        "INSERT INTO t VALUES (2, 2.5, 'unknown', 'at last', '2020-01-03', '2020-01-03 11:30:00', NULL, NULL, '')",
    )  # fmt: skip
    found = read(path)
    assert found.fields == {
        "i": "BIGINT", "r": "DOUBLE", "mixed": "VARCHAR", "late": "VARCHAR", "day": "DATE", "at": "TIMESTAMP",
        "blob": "VARCHAR", "none": "VARCHAR", 'the "odd" one': "VARCHAR",
    }  # fmt: skip
    day, at = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 10)
    assert found.rows[0] == (1, 1.0, "30", None, day, at, "00FF", None, "x")
    assert found.rows[1][2:4] == ("unknown", "at last") and found.rows[1][8] is None
    assert found.name == "t" and found.sha256
    assert found.notes == (
        "Read from table t of a.sqlite.",
        "Read as text, as it holds numbers and text: 'mixed'.",
    )


def test_a_date_that_no_calendar_has_leaves_its_column_as_text(tmp_path: Path) -> None:
    path = _sqlite(
        tmp_path / "a.db",
        "CREATE TABLE t AS SELECT '2020-02-28' AS d UNION ALL SELECT '2020-02-31' UNION ALL SELECT NULL",
    )
    assert read(path).fields == {"d": "VARCHAR"}


def test_text_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    path = _sqlite(tmp_path / "a.db", "CREATE TABLE t AS SELECT CAST(x'4aff' AS TEXT) AS x")
    assert read(path).rows == [("J\ufffd",)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_database_file_is_asked_for_a_table_or_a_query(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    statements = (
        "CREATE TABLE one AS SELECT 1 AS x",
        "CREATE TABLE two AS SELECT 2 AS x",
        "CREATE VIEW v AS SELECT 3 AS x",
    )
    if kind == "sqlite":
        _sqlite(path, *statements)
    else:
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
    before = path.read_bytes()
    assert [read(path, table=name).rows[0][0] for name in ("one", "two", "v")] == [1, 2, 3]
    found = read(path, sql="SELECT x + 1 AS y FROM two;")
    assert found.rows == [(3,)] and found.name == path.name
    assert "Read by the query: SELECT x + 1 AS y FROM two;" in found.notes
    assert refusal(path) == f"a.{kind} has 3 tables; name one with --table, or give --sql: one, two, v"
    assert refusal(path, table="twp") == f"a.{kind} has no table 'twp'; did you mean 'two'? (it has one, two, v)"
    assert refusal(path, table="one", sql="SELECT 1") == "a table and a query are both given; give --table or --sql"
    assert "nope" in refusal(path, sql="SELECT * FROM nope")
    for query in ("DELETE FROM one", "DROP TABLE one", "CREATE TABLE three AS SELECT 1", "SELECT 1 AS a, 2 AS a"):
        refusal(path, sql=query)
    assert path.read_bytes() == before, "nothing is ever changed"


def test_broken_database_files_are_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, "a.sqlite", b"SQLite format 3\0 and junk")).startswith(
        "a.sqlite cannot be read as SQLite"
    )
    assert refusal(write(tmp_path, "a.duckdb", b"12345678DUCK and junk")).startswith(
        "a.duckdb cannot be read as DuckDB"
    )
    assert "is named as SQLite but holds text" in refusal(write(tmp_path, "b.sqlite", "a,b\n1,2\n"))
    assert (
        refusal(_sqlite(tmp_path / "none.db", "CREATE TABLE t (x)", "DROP TABLE t"))
        == "none.db has no table that can be read"
    )
    assert refusal(_sqlite(tmp_path / "rows.db", "CREATE TABLE t (x)")) == "t has no rows"
    assert (
        refusal(write(tmp_path, "a.csv", "a\n1\n"), table="t")
        == "a.csv is not a database and has no table 't'; leave --table out"
    )


def test_a_query_over_files_names_them(tmp_path: Path) -> None:
    for year in (2004, 2005, 2006):
        pd.DataFrame({"year": [year] * 2, "x": [year, 0]}).to_parquet(tmp_path / f"{year}.parquet")
    found = read(None, sql=f"select * from '{tmp_path}/*.parquet' where year >= 2005 order by year, x")
    assert found.rows == [(2005, 0), (2005, 2005), (2006, 0), (2006, 2006)]
    assert found.name == "query" and found.sha256 is None


def test_a_query_over_a_file_or_a_frame_calls_it_data(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "town,n\nx,1\ny,NA\nx,3\n")
    assert read(path, sql="SELECT n FROM data WHERE town = 'x'").rows == [(1,), (3,)]
    assert read(pd.DataFrame({"n": [1, 2, 3]}), sql="SELECT * FROM data WHERE n > 1").rows == [(2,), (3,)]
    # More than one query, or one that writes, is none.
    target = tmp_path / "stolen.csv"
    for query in (
        f"COPY data TO '{target}'",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET threads = 1",
    ):
        assert refusal(path, sql=query).startswith("--sql takes one query that selects rows")
    assert not target.exists()
    assert refusal(path, sql="SELECT nope FROM data").startswith("the query over a.csv failed: ")
    assert "did you mean" not in refusal(path, sql="SELEC 1")


def test_every_face_gives_the_audit_of_the_file(tmp_path: Path, hiring: pd.DataFrame) -> None:
    hiring = hiring.head(1500)
    hiring.to_parquet(tmp_path / "hiring.parquet")
    with closing(sqlite3.connect(tmp_path / "hiring.sqlite")) as connection:
        hiring.to_sql("applicants", connection, index=False)
    with duckdb.connect(str(tmp_path / "hiring.duckdb")) as store:
        store.execute("CREATE TABLE applicants AS FROM hiring")
    whole = auditor.check(tmp_path / "hiring.parquet", **ROLES)  # type: ignore[arg-type]
    for audit in (
        auditor.check(tmp_path / "hiring.sqlite", table="applicants", **ROLES),  # type: ignore[arg-type]
        auditor.check(tmp_path / "hiring.duckdb", **ROLES),  # type: ignore[arg-type]
        auditor.check(sql=f"FROM '{tmp_path}/hiring.parquet'", **ROLES),  # type: ignore[arg-type]
    ):
        assert audit.results == whole.results and audit.verdict == whole.verdict
    use = tmp_path / "use.toml"
    use.write_text('[data]\npath = "hiring.sqlite"\nsql = "SELECT * FROM applicants"\n')
    assert auditor.check(use_case=use, **ROLES).dataset.rows == whole.dataset.rows  # type: ignore[arg-type]


def test_a_tally_of_a_table_is_made_and_audited(tmp_path: Path, hiring: pd.DataFrame) -> None:
    with closing(sqlite3.connect(tmp_path / "hiring.db")) as connection:
        hiring.to_sql("applicants", connection, index=False)
    made = CliRunner().invoke(
        main,
        [
            "tally",
            str(tmp_path / "hiring.db"),
            "--table",
            "applicants",
            "-o",
            str(tmp_path / "a.tally"),
            "--target",
            "hired",
        ],
    )
    assert made.exit_code == 0, made.output
    assert auditor.check(tmp_path / "a.tally").dataset.rows == len(hiring)
    use = tmp_path / "use.toml"
    use.write_text('[data]\npath = "hiring.db"\ntable = "applicants"\n[label]\ncolumn = "hired"\n')
    named = CliRunner().invoke(main, ["tally", "--use-case", str(use), "-o", str(tmp_path / "b.tally")])
    assert named.exit_code == 0, named.output
    assert auditor.check(tmp_path / "b.tally").dataset.rows == len(hiring)
    asked = CliRunner().invoke(main, ["check", str(tmp_path / "a.tally"), "--table", "applicants"])
    assert asked.exit_code == 2 and "'table' cannot be asked of tallies" in asked.output


def test_a_report_never_replaces_what_a_query_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "rows.json", '[{"a": 1}, {"a": 2}]')
    done = CliRunner().invoke(main, ["check", "--sql", "FROM 'rows.json'", "--report", "rows.json"])
    assert done.exit_code == 2 and "is also an input of this command" in done.output
    assert CliRunner().invoke(main, ["tally", "-o", "x.tally"]).exit_code == 2
    assert CliRunner().invoke(main, ["init", "-o", "x.toml"]).exit_code == 2


@pytest.mark.parametrize(
    ("module", "words", "extra"),
    [
        ("adbc_driver_postgresql", ["postgresql://host/db"], "postgres"),
        ("pyspark", ["x.parquet", "--engine", "spark"], "spark"),
    ],
)
def test_without_its_driver_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, words: list[str], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    done = CliRunner().invoke(main, ["check", *words])
    assert done.exit_code == 2 and f"pip install 'dataudit[{extra}]'" in done.stderr
