"""Progress: rows read of all, and an estimate, while a statement runs."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from auditor.engines import progress
from auditor.loaders import open_source


def test_a_scan_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.001)
    said: list[str] = []
    frame = pd.DataFrame({"a": range(3_000_000)})
    with open_source(frame) as source, progress.watched(source, said.append, "counting", len(frame)):
        source.connection.execute(f"SELECT count(DISTINCT hash(a)) FROM {source.relation}").fetchall()
    assert said
    for words in said:
        found = re.fullmatch(r"counting: ([\d,]+) of 3,000,000 rows, about ([\d,]+) s left", words)
        assert found
        assert 0 < int(found[1].replace(",", "")) <= 3_000_000
