"""The engines: a module and an entry each; their own frames find them, and their names load nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.engines import catalog
from auditor.engines.catalog import ENGINES, Entry, engine_for, names
from auditor.errors import AuditError

ABACUS = '''
from contextlib import contextmanager
from auditor.engines.engine import OnDuckDB
from auditor.loaders import open_source

class OnAbacus(OnDuckDB):
    engine = "abacus"

class Beads:
    """A frame of its own."""
    def __init__(self, frame):
        self.frame = frame

@contextmanager
def opened(data, asked):
    with open_source(data.frame if isinstance(data, Beads) else data, name=asked.name, count=asked.count) as source:
        yield OnAbacus(source)
'''


def test_every_engine_opens_data_and_has_a_description() -> None:
    assert len(set(names())) == len(ENGINES)
    for entry in ENGINES:
        assert callable(entry.load())
        assert entry.description


def test_an_engine_is_a_module_and_an_entry(
    tmp_path: Path, frame_of: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "abacus.py").write_text(ABACUS)
    monkeypatch.syspath_prepend(tmp_path)
    entry = Entry("abacus", "abacus", "by hand", frames=(("abacus", "Beads"),))
    monkeypatch.setattr(catalog, "ENGINES", (*ENGINES, entry))
    frame = frame_of({"a": (40, 100), "b": (80, 100)})
    asked: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "group", "only": ["OUT001"]}
    named = auditor.check(frame, engine="abacus", **asked)
    assert named.provenance.engine == "abacus"
    beads = __import__("abacus").Beads(frame)
    own = auditor.check(beads, **asked)
    assert own.provenance.engine == "abacus"
    assert own.results == named.results == auditor.check(frame, **asked).results
    assert auditor.check(frame, **asked).provenance.engine == "duckdb"
    with pytest.raises(AuditError, match="engine 'abakus' is not one of duckdb, spark, abacus; did you mean 'abacus'"):
        auditor.check(frame, engine="abakus", **asked)
    with pytest.raises(AuditError, match="a master is Spark's; give --engine spark with it"):
        auditor.check(frame, engine="abacus", master="local", **asked)


def test_a_frame_is_its_engines_by_class_and_library_a_subclass_too() -> None:
    made = {
        library: type("DataFrame", (), {"__module__": library})
        for library in ("pyspark.sql.dataframe", "pyspark.sql", "pyspark.sqlx", "pandas")
    }
    found = {library: engine_for(made[library](), None).name for library in made}
    assert found == {
        "pyspark.sql.dataframe": "spark",
        "pyspark.sql": "spark",
        "pyspark.sqlx": "duckdb",
        "pandas": "duckdb",
    }
    below = type("Sales", (made["pyspark.sql"],), {"__module__": "shop"})
    assert engine_for(below(), None).name == "spark"
    assert engine_for(below(), "duckdb").name == "duckdb"
    assert engine_for(None, None).name == engine_for("x.csv", None).name == "duckdb"


def test_the_command_offers_the_engines_and_loads_none_to_name_them() -> None:
    assert f"[{'|'.join(names())}]" in CliRunner().invoke(main, ["check", "--help"]).output
    code = "import sys; from auditor.engines.catalog import names; names(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"duckdb", "pyspark", "numpy", "auditor.engines.engine"} & set(run.stdout.split())
