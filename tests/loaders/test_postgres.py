"""PostgreSQL, from a real server: values as they are, the audit of the file, and no password anywhere."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import auditor
from auditor.cli.commands import main
from auditor.loaders.postgres import shown
from tests.benchmarks.generate import parts
from tests.conftest import SAMPLES
from tests.loaders.conftest import PASSWORD, Server, percent
from tests.loaders.reading import read, refusal

ROWS = 300_000


def test_values_come_as_they_are_kept(postgres: Server) -> None:
    postgres.run(
        "DROP TABLE IF EXISTS odd",
        "DROP TYPE IF EXISTS mood CASCADE",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        'CREATE TABLE odd (i int, n numeric, p numeric(10,2), r real, c char(5), b boolean, d date, t timestamp, '
        'z timestamptz, j jsonb, u uuid, a int[], e mood, m money, o oid, net inet, "we""ird" text)',
        "INSERT INTO odd VALUES (1, 1.5, 2.25, 0.5, 'z', true, '2020-01-02', '2020-01-02 10:00', '2020-01-02 10:00+02', "
        "'{\"k\":1}', '00000000-0000-0000-0000-000000000001', '{1,2}', 'ok', 3.5, 7, '1.2.3.4', '')",
        "INSERT INTO odd (i, n, p, r, d, t) VALUES (2, 'NaN', 'NaN', 'NaN', 'infinity', '-infinity')",
    )  # fmt: skip
    found = read(postgres.address, table="odd")
    assert found.rows == [
        (
            1, 1.5, Decimal("2.25"), 0.5, "z", True, datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 10),
            datetime.datetime(2020, 1, 2, 8), '{"k": 1}', UUID(int=1), [1, 2], "ok", 3.5, 7, "1.2.3.4/32", None,
        ),
        (2, *[None] * 16),
    ]  # fmt: skip
    assert found.fields["p"] == "DECIMAL(10,2)" and found.name == "odd" and found.sha256 is None
    assert found.notes == (f"Read from table odd of {postgres.shown}.", "times with a zone are read in UTC: 'z'")


def test_tables_are_told_apart_by_schema_and_named_as_they_are_written(postgres: Server) -> None:
    postgres.run(
        "DROP SCHEMA IF EXISTS hr CASCADE", "CREATE SCHEMA hr", 'CREATE TABLE hr."App licants" AS SELECT 1 AS x',
        "DROP TABLE IF EXISTS plain", "CREATE TABLE plain AS SELECT 2 AS x",
        "CREATE VIEW hr.seen AS SELECT 3 AS x",
    )  # fmt: skip
    for name, value in (("hr.App licants", 1), ("plain", 2), ("public.plain", 2), ("hr.seen", 3)):
        assert read(postgres.address, table=name).rows == [(value,)]
    assert "has no table 'plian'; did you mean 'plain'? (it has " in refusal(postgres.address, table="plian")
    assert "tables; name one with --table, or give --sql: " in refusal(postgres.address)


def test_a_query_is_read_and_nothing_is_ever_changed(postgres: Server) -> None:
    postgres.run("DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT generate_series(1, 5) AS x")
    found = read(postgres.address, sql="WITH few AS (SELECT x FROM kept) SELECT x * 2 AS y FROM few WHERE x > 3; ")
    assert found.rows == [(8,), (10,)]
    assert (
        found.notes[-1] == "Read by the query: WITH few AS (SELECT x FROM kept) SELECT x * 2 AS y FROM few WHERE x > 3;"
    )
    postgres.run("CREATE OR REPLACE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM kept; SELECT 1'")
    assert "cannot execute DELETE in a read-only transaction" in refusal(postgres.address, sql="SELECT wipe()")
    for query, said in {
        "DELETE FROM kept": "no columns",
        "SELECT * FROM nope": 'relation "nope" does not exist',
        "SELECT 1 AS a, 2 AS a": "column 'a' occurs twice",
        "SELECT 1; SELECT 2": "multiple commands",
        " ;": "the query is empty",
        "SELECT 1 AS a WHERE false": "gives no rows",
    }.items():
        assert said in refusal(postgres.address, sql=query)
    assert len(read(postgres.address, table="kept").rows) == 5


def test_no_password_reaches_a_report_or_an_error(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.ingest("hiring", pd.read_csv(SAMPLES / "hiring.csv"))
    (tmp_path / "use.toml").write_text(
        f'[data]\npath = "{postgres.address}"\ntable = "hiring"\n[label]\ncolumn = "hired"\npositive = "yes"\n'
    )
    said = ""

    def run(*words: str) -> Result:
        nonlocal said
        monkeypatch.setattr(sys, "argv", ["dataudit", *words])  # what the provenance quotes
        done = CliRunner().invoke(main, words)
        said += done.output
        return done

    plain = PASSWORD.replace("%", "%25").replace("#", "%23").replace("/", "%2F")  # what must be escaped, no more
    for i, asked in enumerate(
        (
            [postgres.address, "--table", "hiring"],
            [postgres.address.replace(percent(PASSWORD), plain), "--table", "hiring"],
            ["--use-case", str(tmp_path / "use.toml")],
            [postgres.address, "--sql", "select * from hiring where 'password=hunter2' <> ''"],
        )
    ):
        reports = [str(tmp_path / f"{i}{suffix}") for suffix in (".json", ".md", ".txt", *([".html"] if not i else []))]
        flags = [word for path in reports for word in ("--report", path)]
        done = run("check", *asked, *flags, "--group", "gender", "--no-models", "--fail-on", "never")
        assert done.exit_code == 0, done.output
        said += "".join(Path(path).read_text(encoding="utf-8") for path in reports)
    wrong = postgres.address.replace("s3cr", "wr0ng")
    for address in (
        wrong,
        wrong + "?password=wr0ng",
        wrong.replace("/postgres", "/nodb"),
        f"postgresql://auditor:{PASSWORD}@127.0.0.1:{postgres.port}/postgres",
        postgres.address.replace(str(postgres.port), "1"),
        postgres.address.replace("postgresql:", "mysql:"),
        f"postgresql://127.0.0.1:{postgres.port}/postgres?user=auditor&password=wr0ng",
        postgres.address.replace("postgresql://", "postgresql:"),
    ):
        done = run("check", address, "--table", "hiring")
        assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and not done.stdout
    assert postgres.shown in said
    for secret in ("s3cr", "wr0ng", "p#w", "p%23w", "hunter2", "auditor:", "auditor@", '"auditor"', "=auditor"):
        assert secret not in said


def test_a_draft_names_the_table_and_not_the_password(postgres: Server, tmp_path: Path) -> None:
    postgres.ingest("hiring", pd.read_csv(SAMPLES / "hiring.csv"))
    path = tmp_path / "use.toml"
    done = CliRunner().invoke(main, ["init", postgres.address, "--table", "hiring", "-o", str(path)])
    assert done.exit_code == 0, done.output
    written = path.read_text(encoding="utf-8")
    assert f'path = "{postgres.shown}"\ntable = "hiring"\n' in written and "s3cr" not in written


def test_the_audit_of_many_rows_is_that_of_the_file(postgres: Server, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["gender", "race", "age", "region", "university", "year", "n0", "n5", "c0", "c9", "hired"]
    data = pa.concat_tables(parts(ROWS)).select(names)
    postgres.ingest("applicants", pa.table({name: _plain(data[name]) for name in data.column_names}))
    roles = {"target": "hired", "positive": "yes", "groups": ["gender", "race"], "no_models": True}
    command = (
        "import json, re, sys, auditor\n"
        f"audit = auditor.check(sys.argv[1], table='applicants', memory_limit='300MB', **{roles})\n"
        "audit.save(sys.argv[2])\n"
        "print(re.search(r'VmHWM:\\s+([0-9]+)', open('/proc/self/status').read())[1])"  # getrusage counts the parent's
    )
    out = tmp_path / "audit.json"
    done = subprocess.run(
        [sys.executable, "-c", command, postgres.address, str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) / 1024 < 800, "MiB at the most, the program with its libraries among them"
    from_table = json.loads(out.read_text(encoding="utf-8"))
    # A table has an order of its own, and the bins are cut after some of its rows: the file is what the server exports.
    pq.write_table(_exported(postgres, "applicants"), tmp_path / "applicants.parquet")
    from_file = json.loads(json.dumps(auditor.check(tmp_path / "applicants.parquet", **roles).to_dict()))  # type: ignore[arg-type]
    assert from_table["dataset"]["rows"] == ROWS
    assert from_table["results"] == from_file["results"]
    assert from_table["verdict"] == from_file["verdict"]
    assert from_table["dataset"]["columns"] == from_file["dataset"]["columns"]


def _plain(column: object) -> object:
    import pyarrow as pa

    assert isinstance(column, pa.ChunkedArray)
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _exported(postgres: Server, table: str) -> object:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres.address) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetch_arrow_table()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://ann:p@ss@db.example:5433/hr?sslmode=require", "postgresql://db.example:5433/hr"),
        ("postgres://db.example/hr?password=x", "postgres://db.example/hr"),
        ("postgresql:///hr", "postgresql:///hr"),
        ("postgresql://ann@/hr?host=/var/run", "postgresql:///hr"),
        ("postgresql://ann:p@[::1]:5432/hr", "postgresql://[::1]:5432/hr"),
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str, said: str) -> None:
    assert shown(address) == said


@pytest.mark.parametrize("address", ["postgresql://u:a/b@h/d", "postgresql://u:a#b@h/d", "postgresql://u:a?b@h/d"])
def test_an_address_that_cannot_be_made_out_is_refused_and_not_repeated(address: str) -> None:
    assert refusal(address).startswith("the address of the database cannot be made out")
    assert "a/b" not in refusal(address)
