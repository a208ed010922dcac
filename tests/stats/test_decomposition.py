"""The Oaxaca-Blinder decomposition against statsmodels, its laws, and its intervals by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.adjusted import Covariate, Scale, adjusted
from auditor.stats.decomposition import Coefficients, Decomposition, decompose
from auditor.stats.regression import Outcomes


def _frame(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    g = rng.random(rows) < 0.4
    a = np.clip(rng.poisson(2, rows) - g * (rng.random(rows) < 0.4), 0, 4)
    t = rng.gamma(2, 3, rows) - g
    y = 3 + 0.2 * a + 0.05 * t - 0.1 * g - 0.02 * g * t + rng.normal(size=rows) * (0.3 + 0.2 * g)
    return pd.DataFrame({"g": g, "a": a, "t": t, "y": y})


def _split(
    frame: pd.DataFrame, *, order: list[int] | None = None, units: list[np.ndarray] | None = None
) -> Decomposition:
    values, codes = np.unique(frame.t, return_inverse=True)
    levels = np.argsort(order)[frame.a] if order else frame.a.to_numpy()
    controls = [Covariate("a", levels, 5), Covariate("t", codes, len(values), values)]
    return decompose(frame.g.to_numpy(), Outcomes.of(frame.y.to_numpy(), units or []), controls)


def test_the_splits_are_those_of_statsmodels() -> None:
    frame = _frame(900, np.random.default_rng(1))
    z = (frame.t - frame.t.mean()) / frame.t.std()
    dummies = pd.get_dummies(frame.a, drop_first=True).astype(float)
    exog = np.column_stack([dummies, z, z**2, frame.g.astype(float)])
    model = sm.stats.OaxacaBlinder(frame.y.to_numpy(), exog, exog.shape[1] - 1, hasconst=False, swap=False)
    found = _split(frame)
    assert found.splits is not None and found.gap is not None
    unexplained, explained, gap = model.two_fold(two_fold_type="pooled").params[:3]
    sign = np.sign(gap) * np.sign(found.gap.value)  # which of the two is first
    both = found.splits[Coefficients.BOTH]
    assert (sign * gap, sign * explained, sign * unexplained) == pytest.approx(
        (found.gap.value, both.explained.value, both.unexplained.value), rel=1e-8
    )
    endowments, _, interaction, _ = model.three_fold().params
    values = {sign * endowments, sign * (endowments + interaction)}  # at the coefficients of the second, of the first
    mine = {found.splits[of].explained.value for of in (Coefficients.GROUP, Coefficients.REFERENCE)}
    assert sorted(mine) == pytest.approx(sorted(values), rel=1e-8)


def test_a_split_by_hand() -> None:
    """Grades x and y are worth 10 and 20 to the reference. A group has 3 of 4 in x, the reference 1 of 4: -5 explained.

    The group's own mean is 12 - 1 in x and 19 in y, so what is unexplained is 13 - 17.5 + 5 = .5 of the gap.
    """
    frame = pd.DataFrame(
        {
            "g": [True] * 8 + [False] * 8,
            "a": [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1],
            "y": [10.0, 12.0] * 3 + [18.0, 20.0] + [9.0, 11.0] + [19.0, 21.0] * 3,
        }
    )
    found = decompose(frame.g.to_numpy(), Outcomes.of(frame.y.to_numpy()), [Covariate("a", frame.a.to_numpy(), 2)])
    assert found.gap is not None and found.splits is not None
    split = found.splits[Coefficients.REFERENCE]
    assert found.gap.value == pytest.approx(13 - 17.5)
    assert (split.explained.value, split.unexplained.value) == pytest.approx((-5.0, 0.5))
    assert split.parts["a"] == pytest.approx(split.explained)
    assert found.splits[Coefficients.GROUP].explained.value == pytest.approx(-0.5 * (19 - 11))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_the_parts_add_up_whatever_the_order_of_levels(seed: int, order: list[int]) -> None:
    frame = _frame(400, np.random.default_rng(seed))
    found, other = _split(frame), _split(frame, order=order)
    assert found.gap is not None and found.splits is not None and other.splits is not None
    for name, split in found.splits.items():
        assert split.explained.value + split.unexplained.value == pytest.approx(found.gap.value, abs=1e-10)
        assert sum(of.value for of in split.parts.values()) == pytest.approx(split.explained.value, abs=1e-10)
        for control, part in split.parts.items():
            assert tuple(part) == pytest.approx(tuple(other.splits[name].parts[control]), rel=1e-6, abs=1e-9)
    means = frame.groupby("g").y.mean()
    assert found.gap.value == pytest.approx(means[True] - means[False])


def test_what_both_leave_unexplained_is_the_adjusted_gap() -> None:
    frame = _frame(700, np.random.default_rng(2))
    values, codes = np.unique(frame.t, return_inverse=True)
    controls = [Covariate("a", frame.a.to_numpy(), 5), Covariate("t", codes, len(values), values)]
    outcomes = Outcomes.of(frame.y.to_numpy())
    found = _split(frame)
    gap = adjusted(Scale.PLAIN, frame.g.to_numpy(), outcomes, controls).adjusted
    assert gap is not None and found.splits is not None
    both = found.splits[Coefficients.BOTH].unexplained
    assert both.value == pytest.approx(gap.effect.value, rel=1e-9)
    assert both.error == pytest.approx(gap.effect.error, rel=0.1)


def test_cells_are_split_as_their_rows() -> None:
    frame = _frame(2_000, np.random.default_rng(3))
    place = (frame.a * 2 + frame.g).to_numpy()
    of = Outcomes.of(frame.y.to_numpy()).together(place, 10)
    cells = decompose(np.tile([False, True], 5), of, [Covariate("a", np.repeat(np.arange(5), 2), 5)])
    rows = decompose(frame.g.to_numpy(), Outcomes.of(frame.y.to_numpy()), [Covariate("a", frame.a.to_numpy(), 5)])
    assert cells.splits is not None and rows.splits is not None
    for name in Coefficients:
        for one, other in ((cells.splits[name].explained, rows.splits[name].explained),):
            assert tuple(one) == pytest.approx(tuple(other), rel=1e-8)


def test_intervals_hold_the_truth() -> None:
    """Explained and unexplained at the reference's coefficients, of 400 samples; clusters among them."""
    rng = np.random.default_rng(4)
    big = _frame(400_000, rng)
    truth = _split(big).splits
    assert truth is not None
    held = []
    for _ in range(150):
        found = _split(_frame(400, rng)).splits
        assert found is not None
        for name in Coefficients:
            for part in ("explained", "unexplained"):
                low, high = getattr(found[name], part).at(0.05)
                held.append(low <= getattr(truth[name], part).value <= high)
    assert np.mean(held) > 0.93


def test_a_level_that_one_group_alone_has_is_left_out() -> None:
    frame = _frame(600, np.random.default_rng(5))
    frame.loc[frame.g & (frame.a == 3), "a"] = 2
    found = _split(frame)
    assert found.left_out == pytest.approx((frame.a == 3).mean()) and found.gap is not None
    frame["a"] = frame.g.astype(int)
    none = _split(frame)
    assert none.gap is None and none.why == "same"
