"""Progress: rows read of all, and an estimate, while a scan streams by."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from auditor.engines import duckdb, progress
from auditor.engines.engine import OnDuckDB
from auditor.loaders import open_source
from auditor.use.assign import assign
from auditor.use.usecase import UseCase

ROWS = 1_000_000


@pytest.mark.parametrize("cells", [duckdb.MAX_CELLS, 10])
def test_a_scan_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(duckdb, "MAX_CELLS", cells)
    said: list[str] = []
    frame = pd.DataFrame({"sex": ["f", "m"] * (ROWS // 2), "hired": [0, 1, 1, 0] * (ROWS // 4), "n": range(ROWS)})
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    with open_source(frame) as source:
        seen = OnDuckDB(source).peek()
        OnDuckDB(source).tally(assign(seen, use, "frame"), seen, False, said.append)
    part = "" if cells > 10 else r", part ([12]) of 2"
    found = [
        re.fullmatch(rf"counting{part}: ([\d,]+) of 1,000,000 rows, about ([\d,]+) s left", words) for words in said
    ]
    assert said
    assert all(found)
    read = [(*one.groups()[:-2], int(one[one.re.groups - 1].replace(",", ""))) for one in found if one]
    assert read == sorted(read)
    assert read[-1][-1] == ROWS
