"""The connection and what it leaves behind: nothing."""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from auditor.errors import SourceError
from auditor.loaders import open_source
from tests.loaders.reading import read, write


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_closing_removes_the_temporary_files(tmp_path: Path, temporary: Path) -> None:
    source = open_source(write(tmp_path, "a.csv", "a,b\nx,1\n"))
    assert list(temporary.iterdir())
    source.close()
    source.close()
    assert not list(temporary.iterdir())


def test_a_failure_leaves_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    for path in (write(tmp_path, "a.csv", "a,b\nx\n"), tmp_path / "none.csv"):
        with pytest.raises(SourceError):
            open_source(path)
    assert not list(temporary.iterdir())


def test_a_source_that_is_dropped_leaves_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    source = open_source(write(tmp_path, "a.csv", "a,b\nx,1\n"))
    del source
    gc.collect()
    assert not list(temporary.iterdir())


def test_memory_is_limited_and_the_disk_is_used_instead(tmp_path: Path, temporary: Path) -> None:
    with open_source(write(tmp_path, "a.csv", "a,b\nx,1\n")) as source:
        settings = "current_setting('memory_limit'), current_setting('temp_directory')"
        ((limit, folder),) = source.connection.execute(f"SELECT {settings}").fetchall()
    assert limit in ("2.0 GiB", "1.9 GiB") or limit.startswith(("0.", "1.")) or limit.endswith("MiB")
    assert Path(folder).is_relative_to(temporary)


def test_a_variable_of_the_caller_is_no_table(tmp_path: Path) -> None:
    data = [1]
    with open_source(write(tmp_path, "a.csv", "a,b\nx,1\n")) as source:
        assert source.connection.execute("SELECT a FROM data").fetchall() == [("x",)]
    assert data == [1]


def test_two_sources_do_not_meet(tmp_path: Path) -> None:
    with open_source(write(tmp_path, "a.csv", "a\nx\n")) as one, open_source(write(tmp_path, "b.csv", "a\ny\n")) as two:
        assert one.connection.execute(f"FROM {one.relation}").fetchall() == [("x",)]
        assert two.connection.execute(f"FROM {two.relation}").fetchall() == [("y",)]


def test_importing_the_loaders_loads_nothing_heavy() -> None:
    heavy = "{'duckdb', 'pandas', 'pyarrow', 'polars', 'charset_normalizer', 'python_calamine'}"
    code = f"import sys, auditor.loaders; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_rows_keep_their_order(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(150_000)))
    assert [row[0] for row in read(path).rows] == list(range(150_000))
