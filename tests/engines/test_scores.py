"""A score and a prediction are counted alike by every engine, in parts that are added up, and when cells are small."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.preparing import prepared
from auditor.counts.exchange import loaded
from auditor.engines.open import opened
from auditor.errors import AuditError
from auditor.model import Audit, State
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.tally import Tally

CUT = 0.5
USE: dict[str, Any] = {
    "label": {"column": "hired", "positive": "yes", "score": "score", "cut": CUT},
    "groups": {"columns": ["sex", "town"]},
}


def _rows(rows: int = 5_000, seed: int = 1, *, decimals: int | None = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, rows)
    score = score if decimals is None else score.round(decimals)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(np.array(["f", "m", None], dtype=object), rows, p=[0.45, 0.5, 0.05]),
            "town": rng.choice(["x", "y", "z"], rows),
            "hired": np.where(rng.random(rows) < score, "yes", "no"),
            "score": np.where(rng.random(rows) < 0.05, np.nan, score),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "hired"] = None
    advice = pd.Series(np.where(frame["score"] >= CUT, "yes", "no"), index=frame.index)
    return frame.assign(advice=advice.where(frame["score"].notna(), None))


def _tally(data: object, use: dict[str, Any] | None = None) -> Tally:
    with opened(data) as rows:
        ready = prepared(rows, UseCase.model_validate(use or USE))
        return ready.rows.tally(ready.roles, ready.seen, False, lambda message: None)


def _audit(data: object, **more: Any) -> Audit:
    return auditor.check(data, use_case=USE, only="SCO", **more)


def _numbers(audit: Audit) -> dict[str, Any]:
    return {
        f"{result.rule} {of.subject} {name}": (measure.value, measure.low, measure.high)
        for result in audit.results
        for of in result.findings
        for name, measure in of.measures.items()
    }


@pytest.mark.parametrize("decimals", [2, None])
def test_every_row_is_in_its_bin(decimals: int | None) -> None:
    """The counts of each bin, group and outcome are those of pandas, whether values have a bin each or not."""
    frame = _rows(30_000, decimals=decimals)
    column = _tally(frame).columns["score"]
    assert len(column.edges) <= 2_000
    known = frame[frame["score"].notna()]
    places = np.searchsorted(column.edges, known["score"])
    expected = (
        known.assign(at=np.array(column.bins)[places]).groupby(["at", "sex", "town", "hired"], dropna=False).size()
    )
    table = column.table[column.table["(level)"].notna()]
    assert table["(rows)"].sum() == len(known) and len(table) == len(expected)
    assert {CUT, np.nextafter(CUT, 0)} <= set(column.edges)
    if decimals:
        held = [value for value, n in zip(column.only_values, np.bincount(places), strict=False) if n]
        assert held == sorted(known["score"].unique())


@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("decimals", [2, None])
def test_spark_counts_as_duckdb_does(spark: Any, decimals: int | None) -> None:
    frame = _rows(3_000, decimals=decimals)
    here = _numbers(_audit(frame))
    there = _numbers(_audit(spark.createDataFrame(frame.astype(object).where(frame.notna(), None))))
    assert here.keys() == there.keys()
    for name, numbers in here.items():
        assert there[name] == pytest.approx(numbers, nan_ok=True), name


def test_parts_add_up_to_the_whole(tmp_path: Path) -> None:
    """Two sites' tallies give the numbers of all their rows; what was stated with the first holds for both."""
    frame = _rows(6_000, decimals=1)
    frame["score"] = frame["score"].clip(0.1, 0.8)  # the first site has every value
    parts = [frame.iloc[:2_500], frame.iloc[2_500:]]
    paths = [tmp_path / f"{i}.tally" for i in range(2)]
    auditor.tally(parts[0], paths[0], use_case=USE)
    auditor.tally(parts[1], paths[1], use_case=USE, edges_from=paths[0])
    whole = _numbers(_audit(frame))
    summed = _numbers(_audit([str(path) for path in paths]))
    assert whole.keys() == summed.keys()
    for name, numbers in whole.items():
        assert summed[name] == pytest.approx(numbers, abs=1e-9), name
    with pytest.raises(AuditError, match="was counted with cut"):
        auditor.tally(parts[1], paths[1], use_case=USE | {"label": {**USE["label"], "cut": 0.6}}, edges_from=paths[0])


def test_small_cells_of_a_score_do_not_leave_their_site(tmp_path: Path) -> None:
    """Bins are cut at round numbers, none with 1 to 9 rows; where the cut is lost, that is stated, nothing is judged."""
    path = tmp_path / "a.tally"
    auditor.tally(_rows(4_000, decimals=None), path, use_case=USE, min_cell=10)
    counted = loaded(path).columns["score"]
    assert all(n is None or int(n) >= 10 for table in counted.tables for n in table.columns["(rows)"])
    assert all(edge == round(edge, 3) for edge in counted.edges)
    result = _audit([str(path)]).result("SCO002")
    assert result.state in (State.UNDETERMINED, State.NOT_RUN)
    assert "--prediction" in " ".join(of.settle or "" for of in result.findings)
    use = {"label": {"column": "hired", "positive": "yes", "prediction": "advice"}, "groups": {"columns": ["sex"]}}
    frame = _rows(4_000).dropna(subset=["sex", "advice"])  # a few missing values would hide a level
    auditor.tally(frame[["sex", "hired", "advice"]], path, use_case=use, min_cell=10)
    counts = auditor.check([str(path)], use_case=use, only="SCO002").result("SCO002").findings[0].measures
    rates = (frame["advice"] == "yes").groupby(frame["sex"]).mean()
    found = [counts[name].value or 0.0 for name in ("selection_rate", "reference_rate")]
    assert sorted(found) == pytest.approx(sorted(rates))


def test_weights_count_scores_as_they_count_people() -> None:
    """Each row with a weight of 2 is two rows in the rates; a weight that repeats rows gives their rates."""
    frame = _rows(3_000).dropna(subset=["sex", "hired", "score"])
    rng = np.random.default_rng(5)
    weighted = frame.assign(w=rng.choice([1.0, 3.0], len(frame)))
    repeated = frame.loc[frame.index.repeat(weighted["w"].astype(int))]
    (found,) = [of for of in _audit(weighted, weight="w").result("SCO002").findings if of.subject["group"] == "sex"]
    rates = (repeated["score"] >= CUT).groupby(repeated["sex"]).mean()
    measured = [found.measures[name].value or 0.0 for name in ("selection_rate", "reference_rate")]
    assert sorted(measured) == pytest.approx(sorted(rates))
