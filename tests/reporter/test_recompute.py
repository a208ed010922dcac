"""The SQL below each group table gives the table's counts, run by DuckDB on the data as they lie, cell by cell."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest

from auditor import Audit, UseCase, check
from auditor.model import Recompute
from auditor.reporter import html as page
from auditor.reporter import markdown, separated, workbook
from auditor.reporter.groups import group_rows
from tests.conftest import DATA, SAMPLES

ONLY: dict[str, Any] = {"only": ["OUT001", "REP001"]}
GROUP, TARGET = "ge\"n'der; --", "x'y</pre>"
N = 400


def run(audit: Audit, connection: duckdb.DuckDBPyConnection | None = None) -> dict[str, dict[Any, dict[str, Any]]]:
    """Run the statements of an audit where the data are, and return group -> level -> its counts."""
    found = {}
    for group, of in audit.recompute.items():
        assert of.sql is not None, of.note
        cursor = (connection or duckdb.connect()).execute(of.sql)
        names = [name for name, *_ in cursor.description or ()]
        found[group] = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in cursor.fetchall()}
    return found


def assert_same(audit: Audit, connection: duckdb.DuckDBPyConnection | None = None) -> None:
    """Every number of people and of selected ones in the group tables is what the SQL gives, and there is no other."""
    found, tables = run(audit, connection), group_rows(audit)
    assert set(found) == set(tables) == set(audit.use_case["groups"]["columns"])
    for group, rows in tables.items():
        assert {row["level"]: (row["rows"], row["favourable"]) for row in rows} == {
            level: (of["people"], of["selected"]) for level, of in found[group].items()
        }


def applicants() -> pd.DataFrame:
    """Return rows with all that a loader decides on: unknown levels, spellings, dates, ages, codes, quotes."""
    return pd.DataFrame(
        {
            GROUP: ["male", "Female", "female ", "Unknown", "MALE", "prefer not to say", "", "N/A"] * (N // 8),
            TARGET: ["yes", "no", "No", "YES", "n/a", "no", "yes", "yes"] * (N // 8),
            "age": [str(i % 70 + 18) if i % 50 else "999" for i in range(N)],
            "birth": [f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.{1950 + i % 50}" for i in range(N)],
            "pay": [f"{(i * 37) % 9000 / 100:.2f}".replace(".", ",") for i in range(N)],
            "weight": [1.5 + i % 3 for i in range(N)],
            "note": ['a,"b"\nc', "plain; x"] * (N // 2),
            "race": [["1", "2", "9", "1.0"][i % 4] for i in range(N)],
            "nothing": [str(i * 7919 % N) for i in range(N)],
        }
    )


HOSTILE = 'g"; DROP TABLE data; --</code></pre><script>alert(1)</script>'
GROUPS = [GROUP, "age:30,50", "birth:1970,1985", "race:codes"]
OUTCOME: dict[str, Any] = {"target": TARGET, "positive": ["yes"]}


@pytest.mark.parametrize(
    ("folder", "name", "asked"),
    [
        (SAMPLES, "hiring.csv", {"use_case": SAMPLES / "hiring.use_case.toml"}),
        (SAMPLES, "callbacks.csv", {"use_case": SAMPLES / "callbacks.use_case.toml"}),
        (
            DATA, "adult.parquet",
            {"target": "income", "positive": ">50K", "groups": ["sex", "race", "age:25,45,65", "native_country"]},
        ),
        (
            DATA, "german_credit.csv",
            {"target": "credit_amount", "positive": ">2000", "groups": ["sex", "age", "residence_since:codes"]},
        ),
        (DATA, "berkeley.csv", {"target": "admit", "positive": "Admitted", "groups": ["gender"]}),
        (DATA, "berkeley_counts.csv", {"target": "admit", "positive": "Admitted", "groups": ["gender"]}),
        (DATA, "berkeley_counts.csv", {"target": "admit", "positive": "Admitted", "groups": ["gender"], "count": "n"}),
    ],
)  # fmt: skip
def test_the_sql_gives_the_counts_of_real_data(
    folder: Path, name: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = check(folder / name, **asked, **ONLY)
    monkeypatch.chdir(folder)
    assert_same(audit)


def _written(of: Callable[[pd.DataFrame], str], name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_text(of(applicants()), encoding="utf-8", newline="")
        return path

    return write


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="note")


def _repeated(frame: pd.DataFrame) -> str:
    lines = _flat(frame).to_csv(index=False).splitlines(True)
    return "".join([*lines[:200], lines[0], *lines[200:]])


def _gzipped(folder: Path) -> Path:
    applicants().to_csv(folder / "p.csv.gz", index=False)
    return folder / "p.csv.gz"


def _parquet(folder: Path) -> Path:
    applicants().to_parquet(folder / "o'd\"d [1].parquet")
    return folder / "o'd\"d [1].parquet"


@pytest.mark.parametrize(
    "write",
    [
        _written(lambda frame: frame.to_csv(index=False), "a'b [1]*.csv"),
        _written(lambda frame: frame.to_csv(index=False, sep=";"), "semi;colon.csv"),
        _written(lambda frame: frame.to_csv(index=False, sep="\t"), "tabs.tsv"),
        _written(lambda frame: frame.to_csv(index=False, lineterminator="\r\n"), "windows.csv"),
        _written(lambda frame: "\ufeff" + frame.to_csv(index=False), "marked.csv"),
        _written(lambda frame: "# a remark\n# and more\n" + frame.to_csv(index=False), "titled.csv"),
        _written(lambda frame: _flat(frame).to_csv(index=False).replace(",", ", "), "spaced.csv"),
        _written(_repeated, "repeated.csv"),
        _gzipped,
        _parquet,
    ],
)
def test_the_sql_gives_the_counts_however_the_file_is_written(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    groups = [GROUP] if path.suffix == ".parquet" or path.name == "spaced.csv" else GROUPS
    audit = check(path, groups=groups, **OUTCOME, **ONLY)
    monkeypatch.chdir(tmp_path)
    assert_same(audit)
    assert str(tmp_path) not in repr(audit.recompute)


@pytest.mark.parametrize(
    "stated",
    [
        {"data": {"missing": {"*": ["male"], "age": ["20"]}}},
        {"data": {"missing": {"*": []}}},
        {"groups": {"labels": {"race": {"1": "white", "2": "black"}}, "unknown": {"race": ["9"]}}},
        {"label": {"column": "pay", "positive": ">=40"}},
        {"label": {"column": "pay", "positive": "<40.5"}},
    ],
)
def test_the_sql_holds_to_what_the_use_states(
    stated: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _written(lambda frame: frame.to_csv(index=False, sep=";"), "data.csv")(tmp_path)
    outcome = {} if "label" in stated else OUTCOME
    groups = [each.removesuffix(":codes") for each in GROUPS]
    audit = check(path, use_case=UseCase.model_validate(stated), groups=groups, **outcome, **ONLY)
    monkeypatch.chdir(tmp_path)
    assert_same(audit)


def test_columns_whose_names_a_reader_would_change_keep_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _flat(applicants()).rename(columns={"age": " age ", "race": "NA", "birth": ""})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    audit = check(tmp_path / "odd.csv", groups=[GROUP, "age:30,50", "NA:codes"], **OUTCOME, **ONLY)
    monkeypatch.chdir(tmp_path)
    assert_same(audit)
    frame.to_csv(tmp_path / "none.csv", index=False, header=False)
    use = UseCase.model_validate({"data": {"header": False}})
    audit = check(tmp_path / "none.csv", use_case=use, groups=["column0"], target="column1", positive="yes", **ONLY)
    assert_same(audit)


def test_the_files_of_a_folder_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = applicants()
    for folder in ("csv", "parquet/k=1", "parquet/k=2"):
        (tmp_path / folder).mkdir(parents=True)
    frame[:150].to_csv(tmp_path / "csv" / "1.csv", index=False)
    frame[150:].to_csv(tmp_path / "csv" / "2.csv", index=False)
    frame[:150].to_parquet(tmp_path / "parquet" / "k=1" / "a.parquet")
    frame[150:].to_parquet(tmp_path / "parquet" / "k=2" / "b.parquet")
    audit = check(tmp_path / "csv", groups=GROUPS, **OUTCOME, **ONLY)
    monkeypatch.chdir(tmp_path / "csv")
    assert_same(audit)
    audit = check(tmp_path / "parquet", groups=[GROUP, "k"], **OUTCOME, **ONLY)
    monkeypatch.chdir(tmp_path / "parquet")
    assert_same(audit)


def test_a_file_in_another_encoding_is_to_be_saved_as_utf_8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "latin.csv"
    applicants().assign(note="é").to_csv(path, index=False, encoding="cp1252")
    audit = check(path, groups=GROUPS, **OUTCOME, **ONLY)
    assert {of.note for of in audit.recompute.values()} == {
        "Run it in DuckDB, in the folder that holds the data. Save the file as UTF-8 first."
    }
    path.write_text(path.read_text(encoding="cp1252"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert_same(audit)


def test_what_duckdb_cannot_read_as_it_lies_is_loaded_into_a_table_first(tmp_path: Path) -> None:
    frame = applicants()
    frame["age"] = frame["age"].astype(int)
    path = tmp_path / "data.xlsx"
    frame.to_excel(path, index=False)
    audits = [check(path, groups=[GROUP, "age:30,50"], **OUTCOME, **ONLY)]
    audits.append(check(frame, groups=[GROUP, "age:30,50"], **OUTCOME, **ONLY))
    frame.to_json(tmp_path / "data.jsonl", orient="records", lines=True)
    audits.append(check(tmp_path / "data.jsonl", groups=[GROUP, "age:30,50"], **OUTCOME, **ONLY))
    for audit in audits:
        connection = duckdb.connect()
        connection.register("data", frame)
        assert_same(audit, connection)
        note = audit.recompute["age"].note
        assert note.startswith(
            "Load the data into a table named data first. The columns it reads, with their types: 'age'"
        )


def test_a_table_of_a_duckdb_file_and_what_a_query_selects(tmp_path: Path) -> None:
    frame = applicants()
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.register("frame", frame)
        database.execute('CREATE TABLE "t\'a""b" AS FROM frame')
    audit = check(tmp_path / "x.duckdb", groups=[GROUP], **OUTCOME, **ONLY)
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        assert_same(audit, database)
    audit = check(frame, sql="SELECT * FROM data WHERE race <> '2'", groups=[GROUP], **OUTCOME, **ONLY)
    assert audit.recompute[GROUP].note.startswith("Load the result of the query that selected the rows into a table")
    connection = duckdb.connect()
    connection.register("data", frame[frame["race"] != "2"])
    assert_same(audit, connection)


def test_of_weighted_rows_the_sql_gives_the_rates_and_states_what_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _written(lambda frame: frame.to_csv(index=False), "data.csv")(tmp_path)
    audit = check(path, groups=GROUPS, weight="weight", **OUTCOME, **ONLY)
    monkeypatch.chdir(tmp_path)
    found = run(audit)
    for group, rows in group_rows(audit).items():
        assert "effective sample sizes, which this statement does not give" in audit.recompute[group].note
        for row in rows:
            of = found[group][row["level"]]
            if row["selection_rate"] is not None:
                assert of["weight_selected"] / of["weight_with_outcome"] == pytest.approx(row["selection_rate"])


def test_copies_are_counted_as_rows_and_it_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = applicants()
    pd.concat([frame, frame[:100]]).to_csv(tmp_path / "data.csv", index=False)
    audit = check(tmp_path / "data.csv", groups=["age:30,50"], **OUTCOME, **ONLY)
    of = audit.recompute["age"]
    assert of.sql is not None
    stated = "The table's numbers of people count identical records once; this statement counts every row."
    assert stated in of.note
    assert of.sql.endswith(f"-- {stated}")
    monkeypatch.chdir(tmp_path)
    assert sum(level["people"] for level in run(audit)["age"].values()) == N + 100


def test_no_value_that_may_name_a_person_is_printed(tmp_path: Path) -> None:
    frame = applicants()
    frame["site"] = [f"ann{i}@example.org" if i == 8 else "north" if i % 2 else "south" for i in range(N)]
    frame.to_csv(tmp_path / "data.csv", index=False)
    audit = check(tmp_path / "data.csv", groups=["site", GROUP], **OUTCOME, **ONLY)
    assert "example.org" not in repr(audit.recompute)
    assert "They are not printed here" in audit.recompute["site"].note
    assert "They are not printed here" not in audit.recompute[GROUP].note


@pytest.mark.parametrize("group", [f"{HOSTILE}{end}" for end in ("", "\n", "\n; SELECT 2")])
def test_hostile_names_are_quoted_in_sql_and_escaped_in_a_page(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = "'); DROP TABLE data; --"
    levels = [level, f" {level.lower()}", "b"] * 60
    frame = pd.DataFrame({group: levels, "y": ["yes", "no", "yes"] * 60, "z": range(180)})
    frame.to_csv(tmp_path / "x'); --.csv", index=False)
    audit = check(tmp_path / "x'); --.csv", groups=[group.strip()], target="y", positive="yes", **ONLY)
    monkeypatch.chdir(tmp_path)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE data AS FROM frame")
    sql = audit.recompute[group.strip()].sql
    assert sql is not None
    assert len(connection.extract_statements(sql)) == 1
    if "\n" not in group or group.strip() == group:
        assert_same(audit, connection)
    text = page.render(audit)
    assert "<script>alert" not in text
    (shown,) = re.findall(r'<pre class="sql"[^>]*><code>(.*?)</code></pre>', text, flags=re.DOTALL)
    assert html.unescape(shown) == sql


def test_columns_may_be_called_as_the_statement_calls_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(
        {
            "people": ["a", "b"] * 90,
            "selected": ["1", "0", "1"] * 60,
            "step_1": ["x"] * 90 + ["y"] * 90,
            "data": range(180),
        }
    )
    frame.to_csv(tmp_path / "data.csv", index=False)
    audit = check(tmp_path / "data.csv", groups=["people", "step_1"], target="selected", positive="1", **ONLY)
    monkeypatch.chdir(tmp_path)
    assert_same(audit)


@pytest.fixture(scope="module")
def audit() -> Audit:
    return check(SAMPLES / "hiring.csv", use_case=SAMPLES / "hiring.use_case.toml", **ONLY)


def test_each_format_has_the_sql_where_it_fits(audit: Audit) -> None:
    sql = audit.recompute["gender"].sql
    assert sql is not None
    text = page.render(audit)
    shown = re.findall(r'<pre class="sql"[^>]*><code>(.*?)</code></pre>', text, flags=re.DOTALL)
    assert [html.unescape(each) for each in shown] == [sql]
    assert "Recompute these counts" in text
    assert "read_csv" not in markdown.render(audit)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.render(audit)))["recompute"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()][1] == [
        "gender",
        sql,
        audit.recompute["gender"].note,
    ]
    rows = list(csv.DictReader(io.StringIO(separated.render_folder(audit)["recompute.csv"])))
    assert [row["sql"] for row in rows] == [sql]
    assert audit.tables()["recompute"].loc[0, "sql"] == sql
    assert Audit.from_dict(audit.to_dict()).recompute == audit.recompute
    assert "--" not in sql  # no flag, no remark


def test_a_saved_statement_is_no_formula_and_drives_no_terminal(audit: Audit) -> None:
    hostile = replace(audit, recompute={"gender": Recompute("=cmd()\n\x1b[31m")})
    (row,) = csv.DictReader(io.StringIO(separated.render_folder(hostile)["recompute.csv"]))
    assert row["sql"] == "'=cmd()\n\N{REPLACEMENT CHARACTER}[31m"
    assert "\x1b" not in page.render(hostile)


def test_a_group_that_the_audit_makes_of_terms_has_no_sql() -> None:
    words = ["she led a team of many people here", "he led a group of some other people"]
    frame = pd.DataFrame({"text": [f"{words[i % 2]} {i}" for i in range(200)], "y": ["a", "b", "a", "a"] * 50})
    audit = check(frame, target="y", positive="a", text="text", group_from_terms=["she"], **ONLY)
    (made,) = audit.recompute.values()
    assert made == Recompute(None, "No SQL gives these counts: the group is made by the audit itself.")


def test_where_there_is_no_sql_a_line_states_it_and_older_audits_have_no_fold(audit: Audit) -> None:
    none = replace(audit, recompute={"gender": Recompute(None, "No SQL gives these counts.")})
    assert "No SQL gives these counts." in page.render(none)
    assert '<pre class="sql"' not in page.render(none)
    old = replace(audit, recompute={})
    assert "Recompute these counts" not in page.render(old)
    counted = replace(old, provenance=replace(audit.provenance, engine="tallies"))
    assert "Only counts were given (tallies)" in page.render(counted)


def test_a_group_column_with_one_recorded_level_has_a_table() -> None:
    use = UseCase.model_validate({"groups": {"columns": ["g", "h"]}, "population": {"g": {"a": 0.5, "b": 0.5}}})
    frame = pd.DataFrame({"g": ["a"] * 60 + [None] * 40, "h": ["c", "d"] * 50, "y": ["yes", "no", "no", "yes"] * 25})
    audit = check(frame, use_case=use, target="y", positive="yes", **ONLY)
    assert [row["level"] for row in group_rows(audit)["g"]] == ["a", None, "b"]
    assert "(not recorded)" in page.render(audit)


def test_a_refusal_before_the_outcome_is_one_in_table_and_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 100 a 40 are screened and 10 hired, 5 withdraw and 2 have no entry; who was refused has no further one."""
    paths = {"no,": 60, "yes,yes": 10, "yes,no": 23, "yes,withdrawn": 5, "yes,": 2}
    rows = [f"{of},{path}" for of in "ab" for path, n in paths.items() for _ in range(n)]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "stages.csv"
    path.write_text("\n".join(["g,screened,hired", *rows]))
    stated: dict[str, Any] = {"target": "hired", "positive": "yes", "stages": ["screened", "hired"]}
    audit = check(path, groups=["g"], withdrawn="withdrawn", **stated, **ONLY)
    assert_same(audit)
    for level, row in {row["level"]: row for row in group_rows(audit)["g"]}.items():
        assert (row["rows"], row["known"], row["favourable"]) == (100, 93, 10)
        assert row["selection_rate"] == pytest.approx(10 / 93)
        assert run(audit)["g"][level] == {"people": 100, "with_outcome": 93, "selected": 10}
