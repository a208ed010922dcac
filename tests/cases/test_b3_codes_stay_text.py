"""Whatever does not print back as it was written is text: 40 distinct ids 100E400 … were infinite numbers, all alike."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

import auditor
from auditor.loaders import open_source

IDS = {
    "exponents": [f"{i}E400" for i in range(100, 140)],
    "short exponents": [f"{i}E{i % 7}" for i in range(10, 50)],
    "leading zeros": [f"{i:05}" for i in range(40)],
    "signs": [f"+{i}" for i in range(40)],
    "twenty digits": [f"1234567890123456{i:04}" for i in range(40)],
    "hexadecimal": [f"0x{i:04x}" for i in range(40)],
    "mixed exponents": [*(f"{i}E3" for i in range(20)), *(str(i) for i in range(20, 40))],
}


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS.keys())
@pytest.mark.parametrize("form", ["csv", "json", "sqlite"])
def test_ids_are_as_many_as_they_are(tmp_path: Path, ids: list[str], form: str) -> None:
    path = tmp_path / f"a.{form}"
    if form == "csv":
        path.write_text("id,g\n" + "".join(f"{id_},{'fm'[i % 2]}\n" for i, id_ in enumerate(ids)))
    elif form == "json":
        path.write_text(json.dumps([{"id": id_, "g": "fm"[i % 2]} for i, id_ in enumerate(ids)]))
    else:
        with sqlite3.connect(path) as base:
            base.execute("CREATE TABLE t (id TEXT, g TEXT)")
            base.executemany("INSERT INTO t VALUES (?, ?)", [(id_, "fm"[i % 2]) for i, id_ in enumerate(ids)])
        base.close()
    with open_source(path) as source:
        found = [row[0] for row in source.connection.execute(f"SELECT id FROM {source.relation}").fetchall()]
    assert found == ids


def test_nobody_is_said_to_recur(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{id_},{'fm'[i % 2]},{'yes' if i % 3 else 'no'}\n" for i, id_ in enumerate(IDS["exponents"])]
    path.write_text("id,g,hired\n" + "".join(rows))
    audit = auditor.check(path, target="hired", positive="yes", groups="g", id="id", only="QLT001")
    assert not [finding for finding in audit.findings("QLT001") if finding.state.found]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.50", "2.5", "-3"], [1.5, 2.5, -3]),
        (["1e-3", "0.5", "2.5e-2"], [0.001, 0.5, 0.025]),
        (["-1", "0", "1"], [-1, 0, 1]),
    ],
)
def test_measurements_stay_numbers(tmp_path: Path, values: list[str], expected: list[float]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{value},a\n" for value in values))
    with open_source(path) as source:
        found = [row[0] for row in source.connection.execute(f"SELECT x FROM {source.relation}").fetchall()]
    assert found == expected
