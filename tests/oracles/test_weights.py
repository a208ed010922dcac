"""Survey weights: weighted shares and rates, intervals by the linearised variance, never surer than Kish's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import auditor
from auditor.counts.names import LEVEL, SQUARES, WEIGHT
from auditor.stats.counts import Pair
from auditor.stats.effective import effective_rows
from auditor.stats.proportions import ratio_interval
from auditor.use.usecase import UseCase
from tests.benchmarks.slices import searched
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
        variance = (own["w"] ** 2 * ((own["hired"] == "yes") - rate) ** 2).sum() / own["w"].sum() ** 2
        size = min(kish, rate * (1 - rate) / variance)
        assert row["n"] == pytest.approx(size)
        assert (row["low"], row["high"]) == pytest.approx(proportion_confint(rate * size, size, method="wilson"))
    assert any("linearised" in note for note in audit.dataset.notes)


def test_weights_that_go_with_the_outcome_are_less_sure_than_kish_has_it() -> None:
    """Rows of weight 8 hired at 60%, rows of weight 1 at 20%: the interval holds the truth in 94% of data sets.

    Without bias: two groups of the same make-up. Kish's size, which knows nothing of outcomes, is larger.
    """
    rng = np.random.default_rng(12)
    held = wider = 0
    for _ in range(600):
        sums = []
        for _ in range(2):
            heavy = rng.random(300) < 0.2
            won, w = rng.random(300) < np.where(heavy, 0.6, 0.2), np.where(heavy, 8.0, 1.0)
            x, n = w[won].sum(), w.sum()
            per = effective_rows(x, (w[won] ** 2).sum(), n - x, (w[~won] ** 2).sum())
            sums += [x * per, n * per]
            wider += n * per < n**2 / (w**2).sum() * (1 - 1e-9)
        low, high = ratio_interval(Pair(*sums))
        held += low <= 1 <= high
    assert held / 600 >= 0.94 - 2 * np.sqrt(0.94 * 0.06 / 600)
    assert wider > 600


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


@pytest.mark.parametrize("age", [range(18, 70), range(18, 70, 13)], ids=["in bins", "by its values"])
@pytest.mark.parametrize("bands", ["", ":30,50"])
def test_a_group_of_numbers_is_counted_in_weights_by_its_own_levels(age: range, bands: str) -> None:
    """Held against the sums that pandas makes: a numeric group has bins, or its values, beside its bands."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 900), "age": rng.choice(np.array(age), 900)})
    frame["w"], frame["hired"] = rng.uniform(0.5, 3, 900), rng.choice(["yes", "no"], 900)
    use = UseCase.model_validate(
        {
            "label": {"column": "hired", "positive": "yes"},
            "groups": {"columns": ["sex", f"age{bands}"]},
            "features": {"weight": "w"},
        }
    )
    column = searched(frame, use).columns["age"]
    labels = frame["age"].astype(str)
    if column.edges:
        labels = pd.Series(np.array(column.bins)[np.searchsorted(column.edges, frame["age"])])
    sums = frame["w"].groupby(labels).sum()
    squares = (frame["w"] ** 2).groupby(labels).sum()
    for table in column.tables.values():
        found = table.groupby(LEVEL)[[WEIGHT, SQUARES]].sum()
        assert found[WEIGHT].to_dict() == pytest.approx(sums.to_dict())
        assert found[SQUARES].to_dict() == pytest.approx(squares.to_dict())
