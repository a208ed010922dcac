"""Design effects against formulas of the textbooks, worked here with numpy, and against simulations of known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm, t

from auditor.counts.units import Recurring, Units
from auditor.stats.association import carried_gap, carried_influence, independence
from auditor.stats.clusters import few_units
from auditor.stats.copies import factor
from auditor.stats.design import Design, independence_effect, rate_effect, replicated, stratified
from auditor.stats.shares import against_population, goodness_of_fit

RNG = np.random.default_rng


def _few(m: int) -> float:
    return float(m / (m - 1) * (t.ppf(0.975, m - 1) / norm.ppf(0.975)) ** 2)


def test_the_correction_for_few_units_is_students() -> None:
    for m in (2, 8, 15, 30, 1000):
        assert few_units(m) == pytest.approx(_few(m))
    assert few_units(1) == np.inf


def test_rows_that_are_units_have_no_effect() -> None:
    y = RNG(1).random(50) < 0.3
    everybody = np.ones(50, dtype=bool)
    assert rate_effect(Design(50), y, everybody) == 1
    assert rate_effect(Design(50, weights=np.ones(50)), y, everybody) == pytest.approx(1)


def test_a_rate_of_people_who_recur_has_the_variance_of_a_ratio() -> None:
    """Cochran 1977, (6.13) with clusters: sum of (y - p n)^2 over the square of the rows."""
    rng = RNG(2)
    n = rng.integers(1, 6, 40)
    people = np.repeat(np.arange(40), n)
    y = rng.random(len(people)) < rng.beta(1, 2, 40)[people]
    x = np.array([y[people == i].sum() for i in range(40)])
    p = y.mean()
    expected = ((x - p * n) ** 2).sum() / n.sum() ** 2 / (p * (1 - p) / n.sum()) * _few(40)
    everybody = np.ones(len(people), dtype=bool)
    assert rate_effect(Design(len(people), (people,)), y, everybody) == pytest.approx(expected)


def test_of_two_kinds_of_units_the_larger_variance_counts() -> None:
    people, sites = np.arange(60) // 2, np.arange(60) // 20
    y = np.arange(60) < 20  # the first site: all of it, and nobody else
    everybody = np.ones(60, dtype=bool)
    of = [rate_effect(Design(60, units), y, everybody) for units in ((people,), (sites,), (people, sites))]
    assert of[1] > of[0]
    assert of[2] == of[1]


def test_weighted_rates_have_the_linearised_variance() -> None:
    rng = RNG(3)
    w, y = rng.choice([1.0, 6.0], 500), rng.random(500) < 0.4
    p = np.average(y, weights=w)
    variance = (w**2 * (y - p) ** 2).sum() / w.sum() ** 2
    effect = rate_effect(Design(500, weights=w), y, np.ones(500, dtype=bool))
    kish = w.sum() ** 2 / (w**2).sum()
    few = kish / (kish - 1) * (t.ppf(0.975, kish - 1) / norm.ppf(0.975)) ** 2
    assert effect == pytest.approx(variance / (p * (1 - p) / 500) * few)


def test_the_scale_of_weights_changes_nothing() -> None:
    rng = RNG(4)
    w, x, g = rng.choice([1.0, 6.0], 300), rng.integers(0, 4, 300), rng.integers(0, 2, 300)
    one, other = (independence_effect(Design(300, weights=scale * w), x, g) for scale in (1, 1e-3))
    assert one == pytest.approx(other)


def test_strata_and_units_by_the_textbook() -> None:
    """Two strata, with replacement within each: sum over them of m / (m - 1) times squares about their means."""
    sums, strata = np.array([3.0, 5.0, 10.0, 1.0, 2.0, 9.0]), np.array([0, 0, 0, 1, 1, 1])
    by_hand = 3 / 2 * ((3 - 6) ** 2 + (5 - 6) ** 2 + (10 - 6) ** 2) + 3 / 2 * (
        (1 - 4) ** 2 + (2 - 4) ** 2 + (9 - 4) ** 2
    )
    assert by_hand == pytest.approx(96.0)
    degrees = (t.ppf(0.975, 6 - 2) / norm.ppf(0.975)) ** 2
    assert stratified(sums, strata) == pytest.approx(by_hand * degrees)


def test_a_stratum_of_one_unit_is_held_against_all() -> None:
    sums, strata = np.array([3.0, 5.0, 10.0]), np.array([0, 0, 1])
    by_hand = 2 / 1 * ((3 - 4) ** 2 + (5 - 4) ** 2) + (10 - 6) ** 2
    degrees = (t.ppf(0.975, 1) / norm.ppf(0.975)) ** 2
    assert stratified(sums, strata) == pytest.approx(by_hand * degrees)


def test_replicates_by_successive_difference() -> None:
    """4 / R times the squared distances of the replicated rates from the rate, as the Census Bureau's handbook has it."""
    rng = RNG(5)
    w, y = rng.uniform(1, 9, 200), rng.random(200) < 0.4
    replicates = w[:, None] * rng.choice([0.3, 1.0, 1.7], (200, 80))
    rate = np.average(y, weights=w)
    each = np.array([np.average(y, weights=replicates[:, r]) for r in range(80)])
    variance = 4 / 80 * ((each - rate) ** 2).sum()
    assert replicated(replicates, w, y - rate) / w.sum() ** 2 == pytest.approx(variance)
    effect = rate_effect(Design(200, weights=w, replicates=replicates), y, np.ones(200, dtype=bool))
    assert effect == pytest.approx(max(1, variance / (rate * (1 - rate) / 200)))


def test_a_column_constant_in_the_person_has_the_effect_of_the_squares() -> None:
    """Sum of m^2 over sum of m, where the shares of both columns are the same at every size of a person."""
    m = np.tile([1, 3, 6, 2], 4).reshape(4, 4)  # each kind of person once at every size
    people = np.repeat(np.arange(16), m.ravel())
    x, g = (np.repeat(np.repeat(code, 4), m.ravel()) for code in ([0, 0, 1, 1], [0, 1, 0, 1]))
    plain = independence_effect(Design(len(x), (people,), copies=True), x, g)
    assert plain == pytest.approx((m**2).sum() / m.sum())
    assert independence_effect(Design(len(x), (people,)), x, g) == pytest.approx(plain * _few(16))


def test_rao_scott_keeps_the_size_where_people_recur() -> None:
    """100 people of one to seven rows, two columns of them that have nothing to do with each other: 5%, not 77%."""
    rng = RNG(6)
    adjusted = plain = 0
    for _ in range(400):
        people = np.repeat(np.arange(100), rng.integers(1, 8, 100))
        x, g = rng.integers(0, 5, 100)[people], rng.integers(0, 2, 100)[people]
        table = np.zeros((5, 2))
        np.add.at(table, (x, g), 1)
        effect = independence_effect(Design(len(x), (people,)), x, g)
        statistic, p = independence(table, effect)
        assert p == pytest.approx(chi2.sf(statistic / effect, 4))
        adjusted += p < 0.05
        plain += chi2.sf(statistic, 4) < 0.05
    assert adjusted <= 0.05 * 400 + 2 * np.sqrt(0.05 * 0.95 * 400)
    assert plain > 0.6 * 400


@pytest.mark.parametrize("people", [15, 100])
def test_carried_gaps_of_people_who_recur_are_covered(people: int) -> None:
    """The truth: x is a coin for everybody, so that it carries nothing."""
    rng = RNG(7)
    held = 0
    for _ in range(300):
        unit = np.repeat(np.arange(people), 4)
        x, g = rng.integers(0, 2, people)[unit], (np.arange(people) % 2)[unit]
        y = (rng.random(len(unit)) < rng.beta(1, 2, people)[unit]).astype(int)
        rows, favourable = np.zeros((2, 2)), np.zeros((2, 2))
        np.add.at(rows, (x, g), 1)
        np.add.at(favourable, (x, g), y)
        effect = Design(len(x), (unit,)).effect(carried_influence(rows, favourable)[x, g, y], g)
        low, high = carried_gap(rows, favourable, effect=effect).interval
        held += low <= 0 <= high
    assert held / 300 >= 0.94 - 2 * np.sqrt(0.94 * 0.06 / 300)


def test_copies_are_told_from_people_who_look_alike() -> None:
    assert factor({2: 40}) == 2  # everything twice
    assert factor({4: 11, 8: 3}) == 4
    assert factor({1: 200, 2: 100}) == 0  # a third twice, nothing thrice: no drawing of people gives that
    poisson = {k: round(4000 * float(np.exp(-1) / np.prod(np.arange(1, k + 1)))) for k in range(1, 7)}
    assert factor(poisson) == 1  # 4,000 kinds of people, one of each expected
    assert factor(dict.fromkeys((37, 41, 50, 62), 1)) == 1  # four kinds of people, as in a table of counts
    assert factor({2: 3, 4: 2}) == 1  # too few records to say anything


def test_counts_of_a_planned_or_rounded_table_are_people() -> None:
    assert factor({60: 12, 40: 12}) == 1  # sixty and forty in each of twelve periods
    assert factor({3 * 4: 30, 2 * 4: 30}) == 1  # quotas: drawing people would give other numbers, too
    assert factor(dict.fromkeys((95, 5, 85, 15, 60, 40, 70, 30, 55, 45, 80, 20), 1)) == 1  # rounded to fives
    assert factor({10: 300, 20: 15}) == 10  # many columns, everything ten times


def test_everything_written_several_times_is_found_however_alike_the_people_look() -> None:
    """Poisson numbers of people of each kind, written twice or thrice: 2,000 data sets, one in a thousand may be missed."""
    rng = RNG(12)
    missed = 0
    for times in (2, 3):
        for mean in (0.2, 1, 4, 30):
            for _ in range(250):
                drawn = rng.poisson(mean * rng.gamma(5, 0.2, 100))
                found = factor(
                    dict(zip(*map(list, np.unique(drawn[drawn > 0] * times, return_counts=True)), strict=True))
                )
                missed += found != times and int(np.gcd.reduce(drawn)) == 1
    assert missed <= 8


def test_people_are_hardly_ever_taken_for_copies_however_many_groups_are_looked_at() -> None:
    """Poisson numbers of people of each kind, at which the bound is an equality, in all rows and in two groups of them.

    Of 2,000 data sets two are expected at most, and more than ten with a probability of 8e-6. Without the number of
    looks, at three standard errors each, it was up to one in a hundred data sets.
    """
    rng = RNG(11)
    told = 0
    for _ in range(2_000):
        parts = [rng.poisson(3, 750) for _ in range(2)]
        spectra = [dict(enumerate(np.bincount(of).tolist())) for of in (*parts, np.concatenate(parts))]
        told += any(factor({k: n for k, n in of.items() if k and n}, looks=3) != 1 for of in spectra)
    assert told <= 10


@pytest.mark.parametrize("people", [30, 100])
def test_shares_of_people_who_recur_are_covered_jointly(people: int) -> None:
    """Three groups of the stated shares, one to seven rows a person: rows taken for people held in 37% of data sets."""
    rng = RNG(8)
    stated = {"a": 0.5, "b": 0.3, "c": 0.2}
    held = found = overall = 0
    for _ in range(200):
        unit = np.repeat(np.arange(people), rng.integers(1, 8, people))
        level = rng.choice(list(stated), people, p=list(stated.values()))[unit]
        design, everybody = Design(len(unit), (unit,)), np.ones(len(unit), dtype=bool)
        counts = {one: float((level == one).sum()) for one in stated}
        effects = {one: rate_effect(design, level == one, everybody) for one in stated}
        shares = against_population(counts, stated, effects=effects)
        held += all(of.joint.low <= of.stated <= of.joint.high for of in shares)
        found += any(of.p_adjusted < 0.05 for of in shares)
        overall += goodness_of_fit(counts, stated, effects=effects)[1] < 0.05
    chance = 2 * np.sqrt(0.05 * 0.95 / 200)
    assert held / 200 >= 0.94 - chance
    assert found / 200 <= 0.05 + chance
    assert overall / 200 <= 0.05 + chance


def test_a_common_effect_divides_the_chi_square_of_shares() -> None:
    counts, stated = {"a": 60.0, "b": 25.0, "c": 15.0}, {"a": 0.5, "b": 0.3, "c": 0.2}
    statistic, p = goodness_of_fit(counts, stated, effects=dict.fromkeys(stated, 2.5))
    assert statistic == pytest.approx(100 / 50 + 25 / 30 + 25 / 20)
    assert p == pytest.approx(chi2.sf(statistic / 2.5, 2))


def test_numbers_of_people_who_recur_have_the_larger_effect_of_mean_and_ranks() -> None:
    """One person of four rows holds the only large number: the mean hangs on that person, the ranks hardly."""
    unit = np.repeat(np.arange(10), 4)
    values = np.where(unit == 0, 1000.0, np.tile(np.arange(4.0), 10))
    everybody = np.ones(40, dtype=bool)
    units = Units((Recurring.PEOPLE,), Design(40, (unit,)), np.ones(40, dtype=int), {}, {}, values)
    deviations = values - values.mean()
    of_mean = sum(deviations[unit == i].sum() ** 2 for i in range(10)) / (deviations**2).sum() * _few(10)
    assert units.numbers(everybody) == pytest.approx(of_mean)
