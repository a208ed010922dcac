"""Regressions over coded rows, against statsmodels, hand-worked numbers and published outputs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

import auditor.stats.coded as coded
from auditor.stats.coded import Design, Factor, independent
from auditor.stats.regression import Effect, Outcomes, Separated, least_squares, logistic
from auditor.stats.sensitivity import partial_share, robustness_value

GROUP = np.array([[0.0], [1.0]])


def _frame(rows: int = 600, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 60, rows)
    frame = pd.DataFrame({"a": rng.integers(0, 5, rows), "b": rng.integers(0, 3, rows), "u": unit})
    frame["g"] = (rng.random(rows) < 0.1 + 0.8 * (unit % 2)).astype(int)  # groups go with clusters
    t = rng.gamma(2, 3, rows) + frame.g
    frame["z"] = (t - t.mean()) / t.std()
    shared = rng.normal(size=60)[unit] * 1.5
    frame["y"] = 1 + 0.3 * frame.a + 0.5 * frame.z - 0.2 * frame.g + rng.normal(size=rows) * (1 + frame.g) + shared
    frame["hired"] = (rng.random(rows) < 1 / (1 + np.exp(1 - 0.5 * frame.y))).astype(float)
    return frame


def _design(frame: pd.DataFrame) -> Design:
    values, codes = np.unique(frame.z, return_inverse=True)
    return Design(
        [
            Factor("a", frame.a.to_numpy(), np.eye(5)),
            Factor("b", frame.b.to_numpy(), np.eye(3)),
            Factor("z", codes, np.stack([values, values**2], axis=1)),
            Factor("g", frame.g.to_numpy(), GROUP),
        ],
        len(frame),
    )


def _all(design: Design) -> np.ndarray:
    return np.ones(design.width, dtype=bool)


def _line(design: Design, outcomes: Outcomes) -> Effect:
    found = least_squares(design, outcomes, _all(design), design.gram(outcomes.n), design.sums(outcomes.first)[:, 0])
    assert found is not None
    return found.effect


FORMULA = "C(a) + C(b) + z + I(z ** 2) + g"


@pytest.mark.parametrize("counted", [4096, 8])
def test_least_squares_has_the_numbers_of_statsmodels(counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """HC3 errors, and errors by clusters; whether a factor is counted or written out."""
    monkeypatch.setattr(coded, "COUNTED", counted)
    frame = _frame()
    design, y = _design(frame), frame.y.to_numpy()
    by_rows, by_units = (_line(design, Outcomes.of(y, units)) for units in ([], [frame.u.to_numpy()]))
    model = smf.ols(f"y ~ {FORMULA}", frame)
    hc3, clustered = model.fit(cov_type="HC3"), model.fit(cov_type="cluster", cov_kwds={"groups": frame.u})
    assert clustered.bse["g"] > hc3.bse["g"]  # the larger one counts
    assert by_rows.value == pytest.approx(hc3.params["g"], rel=1e-9)
    assert by_rows.error == pytest.approx(hc3.bse["g"], rel=1e-9)
    assert by_units.value == pytest.approx(hc3.params["g"], rel=1e-9)
    assert by_units.error == pytest.approx(clustered.bse["g"], rel=1e-9)


def test_a_logistic_fit_has_the_average_difference_of_statsmodels() -> None:
    """The error is that of statsmodels by the delta method, with residuals over one less their leverage as in HC3."""
    frame = _frame(900, 2)
    design = _design(frame)
    found = logistic(design, Outcomes.of(frame.hired.to_numpy()), _all(design))
    model = smf.logit(f"hired ~ {FORMULA}", frame)
    fit = model.fit(disp=0)
    margin = fit.get_margeff(dummy=True).summary_frame().loc["g"]
    assert found.difference.value == pytest.approx(margin["dy/dx"], rel=1e-7)
    x = fit.model.exog
    mu = fit.predict()
    at = [np.where(np.arange(x.shape[1]) == x.shape[1] - 1, side, x) for side in (1.0, 0.0)]
    rates = [1 / (1 + np.exp(-each @ fit.params.to_numpy())) for each in at]
    slopes = [(each * (rate * (1 - rate))[:, None]).mean(axis=0) for each, rate in zip(at, rates, strict=True)]
    assert (found.rate, found.reference_rate) == pytest.approx([rate.mean() for rate in rates], rel=1e-7)
    leverage = sm.GLM(frame.hired, x, family=sm.families.Binomial()).fit().get_influence().hat_matrix_diag
    bread = np.linalg.inv(x.T @ (x * (mu * (1 - mu))[:, None]))
    covariance = bread @ (x.T @ (x * (((frame.hired - mu) / (1 - leverage)) ** 2).to_numpy()[:, None])) @ bread
    gradient = slopes[0] - slopes[1]
    assert found.difference.error == pytest.approx(math.sqrt(gradient @ covariance @ gradient), rel=1e-6)
    of_ratio = slopes[0] / rates[0].mean() - slopes[1] / rates[1].mean()
    assert found.log_ratio.error == pytest.approx(math.sqrt(of_ratio @ covariance @ of_ratio), rel=1e-6)
    plain = model.fit(disp=0, cov_type="HC0").get_margeff(dummy=True).summary_frame().loc["g"]
    assert found.difference.error == pytest.approx(plain["Std. Err."], rel=0.03)  # which leaves leverage out


def test_clusters_of_a_logistic_fit_are_those_of_statsmodels() -> None:
    frame = _frame(900, 3)
    design = _design(frame)
    found = logistic(design, Outcomes.of(frame.hired.to_numpy(), [frame.u.to_numpy()]), _all(design))
    fit = smf.logit(f"hired ~ {FORMULA}", frame).fit(disp=0, cov_type="cluster", cov_kwds={"groups": frame.u})
    margin = fit.get_margeff(dummy=True).summary_frame().loc["g"]
    assert found.difference.value == pytest.approx(margin["dy/dx"], rel=1e-7)
    assert found.difference.error == pytest.approx(margin["Std. Err."], rel=1e-6)


def test_cells_have_the_numbers_of_their_rows() -> None:
    frame = _frame(3_000, 4)
    rows = Design([Factor("a", frame.a.to_numpy(), np.eye(5)), Factor("g", frame.g.to_numpy(), GROUP)], len(frame))
    cells = Design([Factor("a", np.repeat(np.arange(5), 2), np.eye(5)), Factor("g", np.tile([0, 1], 5), GROUP)], 10)
    place = (frame.a * 2 + frame.g).to_numpy()
    for y, numeric in ((frame.y.to_numpy(), True), (frame.hired.to_numpy(), False)):
        of_rows = Outcomes.of(y)
        of_cells = of_rows.together(place, 10)
        assert of_cells.second == pytest.approx(np.bincount(place, y**2, 10))
        pairs = ((cells, of_cells), (rows, of_rows))
        one, other = (_line(*of) if numeric else logistic(*of, _all(of[0])).log_ratio for of in pairs)
        assert tuple(one) == pytest.approx(tuple(other), rel=1e-8)


def test_a_large_fit_starts_from_some_rows_and_ends_at_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame(4_000, 5)
    design, outcomes = _design(frame), Outcomes.of(frame.hired.to_numpy())
    whole = logistic(design, outcomes, _all(design))
    monkeypatch.setattr("auditor.stats.regression.MANY", 2_000)
    assert logistic(design, outcomes, _all(design)).log_ratio == pytest.approx(whole.log_ratio, rel=1e-6)


def test_two_columns_that_say_the_same_are_one() -> None:
    """Levels sum to the constant; a group that is a level of a control has no effect of its own."""
    frame = _frame()
    design = _design(frame)
    assert independent(design.gram(), _all(design)).sum() == 1 + 4 + 2 + 2 + 1
    same = Design([Factor("a", frame.g.to_numpy(), np.eye(2)), Factor("g", frame.g.to_numpy(), GROUP)], len(frame))
    outcomes = Outcomes.of(frame.y.to_numpy())
    assert least_squares(same, outcomes, _all(same), same.gram(outcomes.n), same.sums(outcomes.first)[:, 0]) is None
    with pytest.raises(Separated):
        logistic(same, Outcomes.of(frame.hired.to_numpy()), _all(same))


def test_an_outcome_that_is_determined_has_no_logistic_fit() -> None:
    g = np.repeat([0, 1], 50)
    design = Design([Factor("g", g, GROUP)], 100)
    with pytest.raises(Separated):
        logistic(design, Outcomes.of(g.astype(float)), _all(design))


def test_a_gap_of_two_groups_by_hand() -> None:
    """Means of 3 and 6: HC3 of two groups is the sum of squares over n squared, each over (1 - 1/n) squared."""
    y, g = np.array([1.0, 3.0, 5.0, 4.0, 6.0, 6.0, 8.0]), np.array([0, 0, 0, 1, 1, 1, 1])
    effect = _line(Design([Factor("g", g, GROUP)], 7), Outcomes.of(y))
    assert effect.value == pytest.approx(3.0)
    assert effect.error**2 == pytest.approx(8 / 9 / (2 / 3) ** 2 + 8 / 16 / (3 / 4) ** 2)


def test_few_clusters_cover_although_their_standard_error_is_too_small() -> None:
    """Four treated clusters of twelve, no gap: 95% of the intervals hold nought; with 1.96 errors far fewer do."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(12), 10)
    design = Design([Factor("g", (unit < 4).astype(int), GROUP)], 120)
    found = [
        _line(design, Outcomes.of(rng.normal(size=120) + 2 * rng.normal(size=12)[unit], [unit])) for _ in range(400)
    ]
    held = np.mean([of.at(0.05).low <= 0 <= of.at(0.05).high for of in found])
    assert held > 0.93 and np.mean([abs(of.value) <= 1.96 * of.error for of in found]) < 0.9


def test_a_long_tail_is_wider_on_its_side() -> None:
    """The mean of lognormal numbers is too low more often than too high, of the group and of the reference."""
    tail = np.exp(np.random.default_rng(3).normal(size=40))
    y = np.concatenate([tail, np.linspace(-1, 1, 400)])
    g = np.repeat([1, 0], [40, 400])
    up, down = (_line(Design([Factor("g", of, GROUP)], 440), Outcomes.of(y)) for of in (g, 1 - g))
    assert up.above > up.below == 1.0 and down.below == pytest.approx(up.above) and down.above == 1.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(0.001, 1000))
def test_the_gap_is_that_of_shifted_and_scaled_outcomes(seed: int, shift: float, scale: float) -> None:
    frame = _frame(80, seed)
    if frame.g.nunique() < 2:
        return
    design = Design([Factor("a", frame.a.to_numpy(), np.eye(5)), Factor("g", frame.g.to_numpy(), GROUP)], len(frame))
    y = frame.y.to_numpy()
    one = _line(design, Outcomes.of(y).less(float(y.mean())))
    moved = scale * y + shift
    other = _line(design, Outcomes.of(moved).less(float(moved.mean())))
    assert (other.value, other.error) == pytest.approx((scale * one.value, scale * one.error), rel=1e-4)
    assert other.freedom == pytest.approx(one.freedom)


def test_the_robustness_value_has_the_published_numbers() -> None:
    """Darfur, as the tests of the R package sensemakr state it: estimate, error, 783 degrees of freedom."""
    t = 0.09731582 / 0.02325654
    assert robustness_value(t, 783) == pytest.approx(0.138776, abs=1e-6)
    assert robustness_value(-t, 783, 0.05) == pytest.approx(0.07625797, abs=1e-7)
    assert robustness_value(0.5, 783, 0.05) == 0.0  # not significant before any factor
    assert robustness_value(t, 783, 0.05, wider=1.5) < 0.07625797  # with a larger robust error less suffices
    assert math.isnan(robustness_value(t, 1)) and math.isnan(robustness_value(math.nan, 783))


def test_a_confounder_of_that_strength_removes_the_gap() -> None:
    """Shares of what is left of outcome and group, both at the robustness value: the bias is the estimate itself.

    The bias of a factor is its error times the root of dof times r2y * r2g / (1 - r2g) (Cinelli and Hazlett 2020).
    """
    t, dof = 3.7, 210
    value = robustness_value(t, dof)
    assert math.sqrt(value * value / (1 - value)) * math.sqrt(dof) == pytest.approx(t)


def test_a_partial_share_is_that_of_nested_regressions() -> None:
    frame = _frame()
    whole, less = (smf.ols(f"y ~ {of}", frame).fit() for of in (FORMULA, FORMULA.replace("C(a) + ", "")))
    f = whole.compare_f_test(less)[0] * 4 / whole.df_resid
    assert partial_share(less.ssr, whole.ssr) == pytest.approx(f / (1 + f))
    assert math.isnan(partial_share(0.0, 0.0))
