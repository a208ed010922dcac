"""REP004 and OUT006 on the planted drift of the hiring sample, on shuffled years, and on kinds of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

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
    """Either rule fires in about 5% of shuffles at most; 30 shuffles here, 200 in the benchmark."""
    rng = np.random.default_rng(12)
    fired = {SHARE: 0, GAP: 0}
    for _ in range(30):
        shuffled = hiring.assign(applied_year=rng.permutation(hiring["applied_year"]))
        for result in _audit(shuffled).results:
            if result.rule in fired:
                fired[result.rule] += result.state.found
    assert max(fired.values()) <= 5  # 1.5 expected; more than 5 of 30 has a chance of 0.3% at 5%


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
    """The log ratio of a year has the variance 2 * .7 / .3 / n: to a tenth it is known from 5,000 rows of each a year.

    Of 1,000 its error is .075 and that of the change over six years .082, so that a tenth could hide.
    """
    for rows, state in ((1000, State.UNDETERMINED), (10_000, State.CLEAR)):
        even: Counts = dict.fromkeys("ab", (3 * rows // 10, rows))
        audit = audit_of(tally_of(periods={str(year): even for year in range(2015, 2021)}), only=[SHARE, GAP])
        assert [audit.result(rule).state for rule in (SHARE, GAP)] == [State.CLEAR, state]
        assert bool(next(audit.findings(GAP)).settle) is (state is State.UNDETERMINED)


def _years(shares: list[tuple[int, int]], rows: int = 1000) -> Audit:
    """Return the audit of years with these favourable rows of a and b, each of so many rows."""
    periods = {str(2015 + i): {"a": (x, rows), "b": (y, rows)} for i, (x, y) in enumerate(shares)}
    return audit_of(tally_of(periods=periods), only=[SHARE, GAP])


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ([400] * 5 + [200], "It changes most with 2020, to 0.50"),
        ([400] * 3 + [240] * 3, "It changes most with 2018, to 0.600 times"),
        ([400, 280, 230, 230, 280, 400], "In the first and last periods it is 1.7"),
    ],
    ids=["last year", "step", "bend"],
)
def test_a_gap_that_comes_in_one_year_or_goes_and_returns_is_found(own: list[int], words: str) -> None:
    (gap,) = _years([(x, 400) for x in own]).findings(GAP)
    assert gap.state is State.SHOWN
    assert words in gap.message
    assert "assumes independent rows" in gap.message


def test_the_share_of_a_group_that_jumps_in_the_last_year_is_found() -> None:
    """500 of 1,000 in five years, then 400 of 1,000."""
    sizes = [500] * 5 + [400]
    periods = {str(2015 + i): {"a": (n // 4, n), "b": ((1000 - n) // 4, 1000 - n)} for i, n in enumerate(sizes)}
    found = run_rule(SHARE, tally_of(periods=periods)).findings
    assert all(finding.state is State.SHOWN for finding in found)
    change = found[0].measures["change"]
    bounds = confint_proportions_2indep(400, 1000, 500, 1000, method="newcomb")
    low, high = sorted((change.low or 0, change.high or 0), key=abs, reverse=True)
    assert sorted((abs(low), abs(high))) == pytest.approx(sorted(map(abs, bounds)), abs=1e-9)


def test_years_that_scatter_by_more_than_chance_are_near_and_not_a_trend() -> None:
    """Shares that go up and down by 10 points, of 2,000 rows a year: chi-square of two shares of 1,000, five times."""
    sizes = [900, 1100, 940, 1080, 900, 1120, 960, 1090]
    periods = {str(2010 + i): {"a": (n // 4, n), "b": ((2000 - n) // 4, 2000 - n)} for i, n in enumerate(sizes)}
    found = run_rule(SHARE, tally_of(periods=periods)).findings
    assert {finding.state for finding in found} == {State.BORDERLINE}
    table = np.array([[n, 2000 - n] for n in sizes])
    p = 2 * stats.chi2_contingency(table).pvalue  # it shares alpha with the courses
    assert found[0].measures["differ_p"].value == pytest.approx(p, rel=0.01)
    assert "vary too much to show a trend, step or bend" in found[0].message


def test_of_few_rows_a_share_over_time_is_open() -> None:
    """Four years of 50: .25, .37 and back could be chance, and so could be no change."""
    periods = {str(2015 + i): {"a": (5, n), "b": (5, 50 - n)} for i, n in enumerate([13, 16, 15, 18])}
    result = run_rule(SHARE, tally_of(periods=periods))
    assert result.state is State.UNDETERMINED
    assert all(finding.settle for finding in result.findings)


def test_declines_without_time_and_with_too_few_periods() -> None:
    even: Counts = {"a": (300, 1000), "b": (290, 1000)}
    assert "no column of dates or years" in str(run_rule(SHARE, tally_of(even)).reason)
    once = tally_of(periods={"2020": even})
    assert run_rule(SHARE, once).reason == "the data hold one period only"
    assert "fewer than three periods" in str(run_rule(GAP, once).reason)


# A day of entry is known of those who were hired: every rate by period is 100% or nearly so, whatever the gap did.
@pytest.mark.parametrize(("of_others", "of_hired", "runs"), [(0.0, 1.0, False), (0.02, 0.95, False), (0.7, 0.9, True)])
def test_dates_that_give_away_the_outcome_make_no_periods(of_others: float, of_hired: float, runs: bool) -> None:
    rng = np.random.default_rng(5)
    year = rng.integers(2019, 2024, 4000)
    sex = rng.choice(["f", "m"], 4000)
    hired = rng.random(4000) < np.where(sex == "f", 0.5 - 0.08 * (year - 2019), 0.5)  # women fall behind
    dated = rng.random(4000) < np.where(hired, of_hired, of_others)
    frame = pd.DataFrame({"sex": sex, "hired": np.where(hired, "yes", "no"), "year": pd.Series(year, dtype="Int64")})
    frame.loc[~dated, "year"] = pd.NA
    asked: dict[str, Any] = {
        "target": "hired",
        "groups": ["sex"],
        "time": "year",
        "positive": "yes",
        "only": [SHARE, GAP],
    }
    audit = auditor.check(frame, **asked)
    for rule in (SHARE, GAP):
        reason = audit.result(rule).reason or ""
        assert reason.startswith("its dates are recorded for one outcome alone") is not runs
    if runs:
        assert audit.result(GAP).state is State.SHOWN
