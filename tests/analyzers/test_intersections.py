"""OUT004 and REP003: a planted joint group is found, equal rates raise no alarm, a missing combination is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from auditor.model import Audit, State
from tests.tallies import audit_of, counted, tally_of

GAP, MISSING = "OUT004", "REP003"


def _frame(rows: int, seed: int, penalty: float = 0.0) -> pd.DataFrame:
    """Sex by four age bands by race; `penalty` is taken from the rate of old women."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.choice(["a", "b", "c", "old"], rows),
            "race": rng.choice(["x", "y", "z"], rows, p=[0.6, 0.3, 0.1]),
        }
    )
    rate = 0.4 - penalty * ((frame["sex"] == "f") & (frame["age"] == "old"))
    return frame.assign(hired=np.where(rng.random(rows) < rate, "yes", "no"))


def _check(frame: pd.DataFrame, groups: list[str]) -> Audit:
    return audit_of(counted(frame, groups=groups), only=[GAP, MISSING])


def test_a_gap_of_old_women_is_found_where_it_is() -> None:
    findings = list(_check(_frame(8000, 1, penalty=0.25), ["sex", "age"]).findings(GAP))
    assert [finding.subject["level"] for finding in findings] == ["f · old"]
    assert findings[0].state is State.SHOWN_STRONG


def test_raw_and_shrunk_rates_stand_side_by_side() -> None:
    frame = _frame(8000, 1)
    table = {row["level"]: row for row in _check(frame, ["sex", "age"]).result(GAP).table}
    old_women = frame[(frame["sex"] == "f") & (frame["age"] == "old")]
    assert table["f · old"]["n"] == len(old_women)
    assert table["f · old"]["selection_rate"] == pytest.approx((old_women["hired"] == "yes").mean())
    spread = [
        abs(row["shrunk_rate"] - row["mean_rate"]) - abs(row["selection_rate"] - row["mean_rate"])
        for row in table.values()
    ]
    assert max(spread) < 0.005  # shrunk towards the mean


def test_equal_rates_raise_no_alarm() -> None:
    """At most 5% of data sets without a gap report any; 20 here, 200 in the benchmark."""
    alarms = sum(_check(_frame(2000, seed), ["sex", "age", "race"]).result(GAP).state.found for seed in range(20))
    assert alarms <= 2


def test_thin_cells_are_shown_and_not_over_read() -> None:
    result = _check(_frame(300, 5), ["sex", "age", "race"]).result(GAP)
    assert result.state is State.UNDETERMINED
    assert "too few to show a gap" in result.findings[0].message
    assert min(row["n"] for row in result.table) < 30


def test_a_missing_combination_is_named_with_what_was_expected() -> None:
    frame = _frame(4000, 9)
    frame = frame[~((frame["sex"] == "f") & (frame["age"] == "old"))]
    (finding,) = _check(frame, ["sex", "age"]).findings(MISSING)
    assert finding.subject["level"] == "f · old"
    assert finding.measures["n"].value == 0
    women, old = (frame["sex"] == "f").mean(), (frame["age"] == "old").mean()
    assert finding.measures["expected"].value == pytest.approx(len(frame) * women * old)
    assert finding.state is State.SHOWN


def test_declines_with_one_group_column() -> None:
    audit = _check(_frame(500, 1), ["sex"])
    for rule in (GAP, MISSING):
        assert "fewer than two group columns" in str(audit.result(rule).reason)


def _joint(rates: list[int], n: int) -> Audit:
    """Six joint groups of n rows each, of which so many are favourable."""
    names = [(sex, age) for sex in ("f", "m") for age in ("a", "b", "old")]
    counts = {name: (x, n) for name, x in zip(names, rates, strict=True)}
    return audit_of(tally_of(counts, groups=("sex", "age")), only=[GAP])


def test_what_holm_shows_of_one_group_against_the_rest_is_shown() -> None:
    """20 of 50 in each but one with 4: Fisher's p of 4 of 50 against 100 of 250 is far below 0.025 / 6."""
    assert stats.fisher_exact(np.array([[4, 46], [100, 150]])).pvalue * 6 < 0.025
    (finding,) = _joint([4, 20, 20, 20, 20, 20], 50).findings(GAP)
    assert finding.subject["level"] == "f · a"
    assert finding.state.found
    ratio = finding.measures["impact_ratio"]
    low, high = confint_proportions_2indep(4, 50, 100, 250, method="score", compare="ratio")
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.2, low, high), rel=1e-6)


@pytest.mark.parametrize(
    ("rates", "n", "state"),
    [
        ([400] * 6, 1000, State.CLEAR),
        ([40] * 6, 100, State.UNDETERMINED),  # .4 of 100 against .4 of 500: a ratio of .8 is not ruled out
        ([335, 400, 400, 400, 400, 400], 1000, State.UNDETERMINED),  # .8375 of the others; its interval goes below .8
    ],
)
def test_joint_groups_are_clear_only_where_each_has_its_evidence(rates: list[int], n: int, state: State) -> None:
    low, _ = confint_proportions_2indep(rates[0], n, sum(rates[1:]), 5 * n, method="score", compare="ratio")
    assert bool(low >= 0.8) is (state is State.CLEAR)
    (finding,) = _joint(rates, n).findings(GAP)
    assert finding.state is state
    assert (finding.settle is None) is (state is State.CLEAR)
