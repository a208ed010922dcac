"""The loaders: a module and an entry each; what they are told by picks them, and the sentences come from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import auditor
from auditor.errors import SourceError
from auditor.loaders import catalog, open_source
from auditor.loaders.catalog import LOADERS, PACKINGS, Loader, files_in_words, of_suffix

# A format of lines "place|word", which nobody else reads; a scheme of its own; a value in Python of its own.
MORSE = '''
def load(store, found):
    """Read lines of dots and dashes."""
    rows = [line.split() for line in found.files[0].path.read_text().splitlines()[1:]]
    words, hired = [word for word, _ in rows], [outcome for _, outcome in rows]
    store.connection.execute("CREATE TABLE heard AS SELECT unnest(?) AS word, unnest(?) AS hired", [words, hired])
    return "heard"
'''
ECHO = '''
def load(store, address, table, sql):
    """Give back what the address says."""
    said = address.partition("://")[2]
    store.connection.execute("CREATE TABLE heard AS SELECT ? AS said, ? AS asked", [said, table or ""])
    return "heard", "echo"
'''
TALLY_STICK = '''
class Stick:
    """A row per notch."""
    notches = 3

def load(store, stick):
    """Read the notches."""
    store.connection.execute("CREATE TABLE cut AS SELECT range AS notch FROM range(?)", [stick.notches])
    return "cut"
'''


@pytest.fixture
def with_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three loaders more, each a module and an entry."""
    for name, source in (("morse", MORSE), ("echo", ECHO), ("stick", TALLY_STICK)):
        (tmp_path / f"own_{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    own = (
        Loader("Morse", "own_morse", suffixes=(".morse", ".morse.txt"), begins=((0, b".-/"),), packed=True),
        Loader("Echo", "own_echo", schemes=("echo",), tables=True),
        Loader("stick", "own_stick", types=(("own_stick", "Stick"),), called=("a stick",)),
    )
    monkeypatch.setattr(catalog, "LOADERS", (*LOADERS, *own))


def _rows(data: object, table: str | None = None) -> list[tuple[object, ...]]:
    with open_source(data, table=table) as source:
        return source.connection.execute(f"SELECT * FROM {source.relation} ORDER BY ALL").fetchall()


class TestOneMore:
    @pytest.mark.parametrize("name", ["a.morse", "a.b.MORSE.TXT", "a"])
    @pytest.mark.usefixtures("with_own")
    def test_a_file_is_told_by_its_suffix_or_its_bytes(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(".-/\nan yes\na no\n")
        assert _rows(tmp_path / name) == [("a", "no"), ("an", "yes")]

    @pytest.mark.usefixtures("with_own")
    def test_an_address_is_told_by_its_scheme(self) -> None:
        assert _rows("echo://out of the woods", table="t") == [("out of the woods", "t")]
        with pytest.raises(SourceError, match="or give postgresql://host/database and echo://host/database"):
            _rows("gopher://x")

    @pytest.mark.usefixtures("with_own")
    def test_a_value_is_told_by_its_class(self) -> None:
        assert _rows(__import__("own_stick").Stick()) == [(0,), (1,), (2,)]
        with pytest.raises(SourceError, match=r"a pandas frame, .* or a stick is needed"):
            _rows(3)

    @pytest.mark.usefixtures("with_own")
    def test_the_sentence_names_it(self, tmp_path: Path) -> None:
        (tmp_path / "a.pdf").write_bytes(b"%PDF")
        said = "SQLite, DuckDB and Morse files can be read, CSV, JSON and Morse also as .gz and .zst"
        with pytest.raises(SourceError, match=said):
            _rows(tmp_path / "a.pdf")
        assert said.removeprefix("SQLite, ") in files_in_words()

    @pytest.mark.usefixtures("with_own")
    def test_an_option_that_it_does_not_name_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.morse").write_text(".-/\nan yes\n")
        with pytest.raises(auditor.AuditError, match=r"a\.morse is read as Morse, to which 'encoding' of"):
            auditor.check(tmp_path / "a.morse", encoding="utf-8", target="none")


def test_each_is_told_by_something_and_has_a_function() -> None:
    assert len({loader.kind for loader in LOADERS}) == len(LOADERS)
    for loader in LOADERS:
        assert loader.suffixes or loader.schemes or loader.types or loader.offers, loader.kind
        if loader.kind != "PostgreSQL":  # its driver need not be installed
            assert callable(loader.load)
    suffixes = [suffix for loader in LOADERS for suffix in loader.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert not set(suffixes) & set(PACKINGS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.csv", "CSV"), ("a.b.TSV", "CSV"), ("a.json", "JSON"), ("a.JSONL", "JSON"), ("a.pq", "Parquet"), ("a.xlsb", "Excel"), ("a.feather", "Arrow"),
     ("a.sqlite3", "SQLite"), ("a.ddb", "DuckDB"), ("csv", None), (".csv", None), ("a.csv.bak", None), ("a", None)],
)  # fmt: skip
def test_a_name_promises_a_kind(name: str, kind: str | None) -> None:
    loader = of_suffix(name)
    assert (loader.kind if loader else None) == kind


def test_a_file_loads_no_library_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4\n")
    code = f"import sys; from auditor.loaders import open_source; open_source({str(tmp_path / 'a.csv')!r}).close(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {"sqlite3", "adbc_driver_postgresql", "polars", "pandas", "python_calamine", "auditor.loaders.sqlite"}
    assert "auditor.loaders.csv" in run.stdout.split()
    assert not others & set(run.stdout.split())
