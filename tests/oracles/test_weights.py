"""Survey weights: weighted shares and rates, intervals on Kish's effective size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import auditor
from tests.conftest import rows_of
from tests.tallies import Counts, run_rule, tally_of


def _frame() -> pd.DataFrame:
    frame = rows_of({"a": (400, 1000), "b": (350, 1000)})
    return frame.assign(w=np.random.default_rng(1).uniform(0.5, 3, len(frame)))


def test_rates_and_intervals_by_hand() -> None:
    frame = _frame()
    audit = auditor.check(frame, target="hired", groups=["group"], weight="w", only="OUT001")
    for row in audit.result("OUT001").table:
        own = frame[frame["group"] == row["level"]]
        rate = np.average(own["hired"] == "yes", weights=own["w"])
        kish = own["w"].sum() ** 2 / (own["w"] ** 2).sum()
        assert row["selection_rate"] == pytest.approx(rate)
        assert row["n"] == pytest.approx(kish)
        assert (row["low"], row["high"]) == pytest.approx(proportion_confint(rate * kish, kish, method="wilson"))
    assert any("Kish" in note for note in audit.dataset.notes)


def test_shares_are_weighted() -> None:
    frame = _frame()
    audit = auditor.check(
        frame, target="hired", groups=["group"], weight="w", reference={"group": {"a": 0.5, "b": 0.5}}, only="REP001"
    )
    share = next(f for f in audit.findings("REP001") if f.subject.get("level") == "a").measures["share"]
    assert share.value == pytest.approx(frame.loc[frame["group"] == "a", "w"].sum() / frame["w"].sum())
    assert share.n == pytest.approx(frame["w"].sum() ** 2 / (frame["w"] ** 2).sum())


def test_weights_of_one_change_nothing() -> None:
    counts: Counts = {"a": (400, 1000), "b": (350, 1000)}
    plain, weighted = (
        run_rule("OUT001", tally).findings[0] for tally in (tally_of(counts), tally_of(counts, weights={}))
    )
    for name, measure in plain.measures.items():
        assert weighted.measures[name].value == pytest.approx(measure.value), name


def test_wrong_weights_are_refused() -> None:
    with pytest.raises(auditor.AuditError, match="weight 'w' has negative values"):
        auditor.check(_frame().assign(w=-1.0), target="hired", groups=["group"], weight="w")
    with pytest.raises(auditor.AuditError, match="weight 'hired' is not a number"):
        auditor.check(_frame(), groups=["group"], weight="hired", only=["REP"])
