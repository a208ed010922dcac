"""REP004 and OUT006 on the planted drift of the hiring sample, on shuffled years, and on kinds of time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import Audit, State
from tests.conftest import SAMPLES, rows_of
from tests.golden import kept
from tests.tallies import Counts, audit_of, counted, run_rule, tally_of

SHARE, GAP = "REP004", "OUT006"


@pytest.fixture(scope="module")
def hiring() -> pd.DataFrame:
    return pd.read_csv(SAMPLES / "hiring.csv", usecols=["applied_year", "gender", "hired"])


def _audit(frame: pd.DataFrame) -> Audit:
    return audit_of(counted(frame, groups=["gender"], time="applied_year"), only=[SHARE, GAP])


def test_the_planted_drift_is_found_with_its_sign(hiring: pd.DataFrame) -> None:
    audit = kept("hiring")
    women = next(f for f in audit.findings(SHARE) if f.subject["level"] == "female")
    assert women.state is State.SHOWN
    known = hiring.dropna(subset=["gender"])
    share = (known["gender"] == "female").groupby(known["applied_year"]).mean()
    assert women.measures["first_share"].value == pytest.approx(share.iloc[0])
    assert women.measures["change"].value == pytest.approx(share.iloc[-1] - share.iloc[0])
    assert (women.measures["trend_z"].value or 0) > 4
    (gap,) = audit.findings(GAP)
    assert gap.state is State.SHOWN
    assert (gap.measures["trend_z"].value or 0) < -2
    assert "the gap grows" in gap.message


def test_shuffled_years_hold_no_drift(hiring: pd.DataFrame) -> None:
    """Either rule fires in about 5 % of shuffles at most; 30 shuffles here, 200 in the benchmark."""
    rng = np.random.default_rng(12)
    fired = {SHARE: 0, GAP: 0}
    for _ in range(30):
        shuffled = hiring.assign(applied_year=rng.permutation(hiring["applied_year"]))
        for result in _audit(shuffled).results:
            if result.rule in fired:
                fired[result.rule] += result.state.found
    assert max(fired.values()) <= 5  # 1.5 expected; more than 5 of 30 has a chance of 0.3 % at 5 %


@pytest.mark.parametrize(
    ("days", "periods", "unit"),
    [(3650, 10, "year"), (700, 8, "quarter"), (200, 7, "month"), (30, 5, "week"), (6, 7, "day")],
)
def test_the_period_is_chosen_by_the_span_and_said(days: int, periods: int, unit: str) -> None:
    frame = rows_of({"a": (300, 1000), "b": (290, 1000)})
    rng = np.random.default_rng(2)
    at = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, days + 1, len(frame)), unit="D")
    audit = auditor.check(frame.assign(when=at), target="hired", groups=["group"], time="when", only=[SHARE])
    assert f"Time 'when' is taken by {unit}." in audit.dataset.notes
    found = {row["period"] for row in audit.result(SHARE).table}
    assert abs(len(found) - periods) <= 1


def test_equal_shares_and_rates_are_silent() -> None:
    even: Counts = {"a": (300, 1000), "b": (300, 1000)}
    audit = audit_of(tally_of(periods={str(year): even for year in range(2015, 2021)}), only=[SHARE, GAP])
    assert [audit.result(rule).state for rule in (SHARE, GAP)] == [State.CLEAR, State.CLEAR]


def test_declines_without_time_and_with_too_few_periods() -> None:
    even: Counts = {"a": (300, 1000), "b": (290, 1000)}
    assert "no column of dates or years" in str(run_rule(SHARE, tally_of(even)).reason)
    once = tally_of(periods={"2020": even})
    assert run_rule(SHARE, once).reason == "the data hold one period only"
    assert "fewer than three periods" in str(run_rule(GAP, once).reason)
