"""Small files that spell much: each is refused in a line before it takes memory or time, or is read after all."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.audit.redact import read_terms
from auditor.counts.exchange import loaded
from auditor.engines.corpus import plain_text
from auditor.errors import AuditError
from auditor.loaders import limits, open_source, workbook_reader
from auditor.loaders.dialect import Broken, Dialect
from auditor.reporter.json import read
from auditor.use.population import read_population
from auditor.use.toml import read_toml
from tests.loaders.reading import read as rows_of

ROWS = "y,g\n" + "1,x\n0,z\n" * 50


def refused(act: Callable[[], object]) -> str:
    """Return the one line of the error."""
    with pytest.raises(AuditError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    return text


def not_opened(path: Path, **options: str) -> str:
    """Return the one line by which a file is refused."""
    return refused(lambda: open_source(path, **options).close())  # type: ignore[arg-type]


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that small files reach."""
    monkeypatch.setattr(limits, "LINE", 2**16)
    monkeypatch.setattr(limits, "UNPACKED", 2**18)


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv.zst", "x.json.gz", "x.jsonl.zst", "x.tsv.gz"])
def test_what_unpacks_to_very_much_is_refused(tmp_path: Path, low: None, name: str) -> None:
    start = '[{"y": "' if "json" in name else ROWS
    with pa.output_stream(str(tmp_path / name), compression="zstd" if name.endswith("zst") else "gzip") as stream:
        stream.write(start.encode() + b"a" * 2**20)
    assert "unpacks to over 256 KiB, more than 100 times its size" in not_opened(tmp_path / name)


def test_what_unpacks_to_no_more_than_usual_is_read(tmp_path: Path, low: None) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    assert len(rows_of(tmp_path / "x.csv.gz").rows) == 100


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize("start", ["", "é,g\n1,x\n" * 3, "é,g\r1,x\r" * 3])
def test_a_line_has_a_limit(tmp_path: Path, low: None, start: str, encoding: str) -> None:
    (tmp_path / "x.csv").write_bytes((start + "aé " * 2**16).encode(encoding))
    line = start.count("\n") + 1
    assert f"line {line}: longer than 64 KiB, the limit for a line" in not_opened(tmp_path / "x.csv")


def test_many_lines_are_no_long_line(tmp_path: Path, low: None) -> None:
    (tmp_path / "x.csv").write_text("y,g\n" + "1,x\n0,z\n" * 10_000)
    with open_source(tmp_path / "x.csv") as source:
        assert source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall() == [(20_000,)]


def test_a_quote_that_is_never_closed_has_a_limit(tmp_path: Path, low: None) -> None:
    (tmp_path / "x.csv").write_text(ROWS + '1,"x\n' + "hello,\n" * 30_000)
    text = not_opened(tmp_path / "x.csv")
    assert "line 102: a quoted field does not end as it should (no end within 64 KiB)" in text


def test_a_record_of_many_lines_has_a_limit(low: None) -> None:
    with pytest.raises(Broken):
        list(Dialect(",").records(iter(['"\n', *['","\n'] * 2**15])))


@pytest.mark.parametrize("line", [",".join(f"c{i}" for i in range(60)), "1;" * 60, "a\t" * 60])
def test_columns_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(limits, "COLUMNS", 50)
    (tmp_path / "x.csv").write_text(f"{line}\n" * 3)
    assert "columns, and 50 is the limit" in not_opened(tmp_path / "x.csv")


@pytest.mark.parametrize("name", ["x.json", "x.parquet", "x.arrow"])
def test_columns_have_a_limit_in_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "COLUMNS", 50)
    table = pa.table({f"c{i}": [1, 2] for i in range(51)})
    if name == "x.json":
        (tmp_path / name).write_text(json.dumps(table.to_pylist()))
    elif name == "x.parquet":
        pq.write_table(table, tmp_path / name)
    else:
        with pa.ipc.new_file(str(tmp_path / name), table.schema) as writer:
            writer.write_table(table)
    assert "51 columns, and 50 is the limit" in not_opened(tmp_path / name)


def _workbook(path: Path, *cells: str) -> Path:
    book = openpyxl.Workbook()
    for row in [["y", "g"], [1, "x"], [0, "z"]]:
        book.active.append(row)
    for cell in cells:
        book.active[cell] = 1
    book.save(path)
    return path


def test_a_cell_far_from_the_others_ends_no_process(tmp_path: Path) -> None:
    assert "keep the table alone" in not_opened(_workbook(tmp_path / "x.xlsx", "XFD1048576"))


def test_a_cell_beside_the_table_is_named(tmp_path: Path) -> None:
    assert "row 9: 16384 cells where the header in row 1 has 2" in not_opened(_workbook(tmp_path / "x.xlsx", "XFD9"))


def test_a_workbook_of_too_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_reader, "CELLS", 3)
    path = _workbook(tmp_path / "x.xlsx")
    assert [kind for kind, _ in workbook_reader.parts(str(path))] == ["sheet", "large"]
    assert "2 rows × 2 columns are more than can be read" in not_opened(path)


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path: Path, low: None) -> None:
    path = _workbook(tmp_path / "x.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst>" + b" " * 2**20)
    assert "unpacks to over" in not_opened(path)


def test_texts_that_cells_share_do_not_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook holds a text once, and its cells name it: the process of its own ends, not ours."""
    path = _workbook(tmp_path / "plain.xlsx")
    assert len(rows_of(path).rows) == 2
    monkeypatch.setattr(workbook_reader, "MEMORY", 2**28)
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 20_000))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    related = f'<Relationship Id="shared" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(tmp_path / "x.xlsx", "w", zipfile.ZIP_DEFLATED) as made:
        for name in plain.namelist():
            text = plain.read(name).decode()
            text = re.sub("<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", text)
            made.writestr(name, text.replace("</Relationships>", related) if "workbook.xml.rels" in name else text)
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        made.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>{"x" * 30_000}</t></si></sst>')
    assert "it holds too much, or is damaged" in not_opened(tmp_path / "x.xlsx")


VIEWS = {
    "endless": "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i % 2 AS y, 'x' AS g FROM c",
    "large": "SELECT y, zeroblob(1000000000) AS g FROM t",
    "random": "SELECT y, randomblob(1000000000) AS g FROM t",
    "text": "SELECT y, hex(zeroblob(400000000)) AS g FROM t",
    "much": "SELECT y, zeroblob(100000) AS g FROM t",
}


@pytest.mark.parametrize("view", VIEWS)
def test_views_in_sqlite_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, low: None, view: str) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.3)
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.execute("CREATE TABLE t(y, g)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(i % 2, "xz"[i % 2]) for i in range(100)])
    connection.execute(f"CREATE VIEW v AS {VIEWS[view]}")
    connection.commit()
    connection.close()
    text = not_opened(tmp_path / "x.sqlite", table="v")
    assert {"endless": "takes over", "much": "unpacks to over"}.get(view, "a value of over 16 MiB, the limit") in text
    assert len(rows_of(tmp_path / "x.sqlite", table="t").rows) == 100


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("SELECT i % 2 AS y, 'x' AS g FROM range(1000000000000) r(i)", "has 1,001 rows"),
        ("SELECT y, range(2000000000) AS g FROM t", "the limits for a view"),
        ("SELECT y, nothing AS g FROM t", "cannot be read as DuckDB"),
    ],
)
def test_views_in_duckdb_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str, said: str) -> None:
    monkeypatch.setattr(limits, "ROWS", 1_000)
    monkeypatch.setattr(limits, "PER_BYTE", 0)
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i % 2 AS y, 'x' AS g, 1 AS nothing FROM range(100) r(i)")
        connection.execute(f"CREATE VIEW v AS {view}")
        connection.execute("CREATE VIEW plain AS SELECT y, g FROM t")
        if "nothing" in view:
            connection.execute("CREATE OR REPLACE TABLE t AS SELECT y, g FROM t")
    assert said in not_opened(path, table="v")
    assert len(rows_of(path, table="plain").rows) == 100


def test_the_reader_of_views_reaches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE VIEW v AS FROM read_csv('{tmp_path / 'secret.csv'}')")
    assert "cannot be read" in not_opened(path, table="v")


def test_parquet_that_claims_many_rows_or_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", 1_000)
    pq.write_table(pa.table({"y": [1] * 100_000, "g": ["x"] * 100_000}), tmp_path / "rows.parquet")
    assert "has 100,000 rows in" in not_opened(tmp_path / "rows.parquet")
    monkeypatch.setattr(limits, "UNPACKED", 2**18)
    pq.write_table(pa.table({"y": [1], "g": ["x" * 2**20]}), tmp_path / "bytes.parquet", compression="zstd")
    assert "unpacks to over" in not_opened(tmp_path / "bytes.parquet")


def test_an_object_of_many_keys_is_read(tmp_path: Path) -> None:
    """Planning was quadratic in the columns, and the text "NaN" is still no number."""
    row = {"y": 1, "g": "NaN", **{f"k{i}": i for i in range(150)}}
    (tmp_path / "x.json").write_text(json.dumps([row] * 3))
    found = rows_of(tmp_path / "x.json")
    assert found.rows == [(1, "NaN", *range(150))] * 3


def test_deep_json_is_refused_or_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"y": 1, "a": ' + "[" * 100_000 + "]" * 100_000 + "}]")
    assert "x.json" in not_opened(tmp_path / "x.json")


TANGLED = {
    "divisions": "<div>" * 40_000 + "a <b>word</b>",
    "attributes": "<a " + " ".join(f"k{i}=1" for i in range(20_000)) + ">a <b>word</b>",
    "quoted": "<a " + " ".join(f"k{i}='>'" for i in range(20_000)) + ">a <b>word</b>",
    "comments": "<p>a <!-- " + "<!--" * 20_000 + "--> word",
    "lists": "<ul><li>" * 20_000 + "a word",
}


@pytest.mark.parametrize("kind", TANGLED)
def test_tangled_html_is_read_in_one_pass(kind: str) -> None:
    assert plain_text(TANGLED[kind]).endswith("a word")


def test_long_html_is_read_as_short_html_is() -> None:
    short = (
        "<head><title>t</title></head><body><p class=x>one <script>bad()</script> two<!-- c --> three &amp; "
        "<b>four</b></p><style>p {}</style>five</body>"
    )
    assert plain_text(short) == plain_text(short + "<br>" * 1_001) == "one two three & four five"


def test_endless_mail_is_left_as_it_is() -> None:
    parts = "From: a\nContent-Type: multipart/mixed; boundary=b\n\n" + "--b\n\n" * 20_000
    parameters = "From: a\nContent-Type: text/plain; " + "a=b; " * 10_000 + "\n\nhello"
    assert (plain_text(parts), plain_text(parameters)) == (parts, parameters)


def test_what_is_read_whole_has_a_limit(tmp_path: Path) -> None:
    for name in ("x.toml", "x.csv", "x.json", "x.tally", "x.txt"):
        with (tmp_path / name).open("wb") as stream:
            stream.truncate(2**26 + 1)  # takes no room
    said = [
        refused(lambda: read_toml(tmp_path / "x.toml", "use case")),
        refused(lambda: read_population(tmp_path / "x.csv")),
        refused(lambda: read_terms(tmp_path / "x.txt")),
        refused(lambda: read(str(tmp_path / "x.json"))),
        refused(lambda: loaded(tmp_path / "x.tally")),
    ]
    assert all("MiB, the limit" in text for text in said)
