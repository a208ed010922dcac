"""Rows of people who recur: copies add nothing, intervals hold with few people, and folds part nobody."""

from __future__ import annotations

import numpy as np
import pytest
import scipy
from scipy import stats

from auditor.stats.counts import Pair
from auditor.stats.matrices import FOLDS, folds
from auditor.stats.proportions import newcombe
from auditor.stats.roc import auc
from auditor.stats.units import coarsest, effective_size, linearised, linked, quantile


def _people(rng: np.random.Generator, people: int) -> np.ndarray:
    return np.repeat(np.arange(people), rng.integers(2, 7, people))


class TestAreas:
    def test_one_row_a_person_is_delongs(self) -> None:
        rng = np.random.default_rng(1)
        positive, scores, weights = rng.random(300) < 0.4, rng.normal(size=300), rng.random(300) + 0.1
        assert auc(positive, scores, weights, ways=[rng.permutation(300)]) == auc(positive, scores, weights)

    @pytest.mark.parametrize("copies", [2, 7])
    def test_copies_of_every_row_change_nothing(self, copies: int) -> None:
        rng = np.random.default_rng(2)
        positive, scores = np.arange(260) % 2 == 0, rng.normal(size=260)
        once = auc(positive, scores)
        person = np.repeat(np.arange(260), copies)
        often = auc(positive[person], scores[person], ways=[person])
        assert often.value == pytest.approx(once.value, rel=1e-12)
        assert often.error == pytest.approx(once.error, rel=1e-9)
        assert often.interval == pytest.approx(once.interval, rel=1e-9)

    def test_it_is_obuchowskis_with_people_in_both_classes(self) -> None:
        """Written out from the paper for six people with rows of both kinds."""
        positive = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1], dtype=bool)
        scores = np.array([4.0, 3, 2, 5, 1, 3.5, 2, 2, 6, 4, 0, 1])
        person = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 5])
        own, other = scores[positive], scores[~positive]
        wins = (own[:, None] > other) + 0.5 * (own[:, None] == other)
        area, v10, v01 = wins.mean(), wins.mean(axis=1), wins.mean(axis=0)
        s10 = [(v10[person[positive] == i] - area).sum() for i in range(6)]
        s01 = [(v01[person[~positive] == i] - area).sum() for i in range(6)]
        i10, i01, both = len({*person[positive]}), len({*person[~positive]}), 6
        m, n = len(own), len(other)
        first = i10 / ((i10 - 1) * m) * np.square(s10).sum()
        second = i01 / ((i01 - 1) * n) * np.square(s01).sum()
        cross = both / (both - 1) * np.multiply(s10, s01).sum()
        found = auc(positive, scores, ways=[person])
        assert found.value == pytest.approx(area)
        assert found.error**2 == pytest.approx(first / m + second / n + 2 * cross / (m * n))

    def test_of_two_ways_the_wider_interval_counts(self) -> None:
        rng = np.random.default_rng(3)
        site = np.repeat(np.arange(20), 15)
        person = rng.permutation(np.repeat(np.arange(150), 2))
        scores, positive = rng.normal(size=20)[site] + rng.normal(size=300), rng.random(300) < 0.5
        alone = [auc(positive, scores, ways=[way]).interval for way in (person, site)]
        widest = max(alone, key=lambda of: of.high - of.low)
        assert auc(positive, scores, ways=[person, site]).interval == widest

    def test_all_of_a_kind_from_one_person_tell_nothing(self) -> None:
        person = np.array([0] * 20 + [*range(1, 21)])
        found = auc(person == 0, np.arange(40.0), ways=[person])
        assert np.isnan(found.error) and found.interval == (0, 1)

    @pytest.mark.parametrize(("people", "shift"), [(15, 0.0), (15, 1.0), (30, 1.0), (100, 1.0)])
    def test_intervals_hold_the_truth_with_few_people(self, people: int, shift: float) -> None:
        """Scores of a person are alike, and all of one group; 94% less two standard errors of 500."""
        rng = np.random.default_rng(people)
        truth = stats.norm.cdf(shift / np.sqrt(2 * (1 + 0.36)))
        held = 0
        for _ in range(500):
            person = _people(rng, people)
            positive = person % 2 == 0
            scores = rng.normal(size=people)[person] + 0.6 * rng.normal(size=len(person)) + shift * positive
            low, high = auc(positive, scores, ways=[person]).interval
            held += low <= truth <= high
        assert held / 500 >= 0.94 - 2 * np.sqrt(0.94 * 0.06 / 500)


class TestRates:
    def test_copies_count_once(self) -> None:
        chosen = np.random.default_rng(4).random(200) < 0.3
        person = np.repeat(np.arange(200), 5)
        assert effective_size(np.repeat(chosen, 5), np.ones(1000), [person]) == pytest.approx(200)

    def test_without_units_it_is_kishs_size(self) -> None:
        weights = np.random.default_rng(5).random(50)
        expected = weights.sum() ** 2 / (weights**2).sum()
        assert effective_size(weights > 0.5, weights) == pytest.approx(expected)
        assert effective_size(weights > 0.5, weights, [np.arange(50)]) == pytest.approx(expected)

    def test_where_nobody_differs_people_are_counted(self) -> None:
        """200 people with 3 rows each: 600² / (200 · 3²) = 200."""
        person = np.repeat(np.arange(200), 3)
        assert effective_size(np.ones(600, dtype=bool), np.ones(600), [person]) == pytest.approx(200)

    def test_one_person_is_one_row_at_most(self) -> None:
        assert effective_size(np.arange(9) % 2 == 0, np.ones(9), [np.zeros(9, dtype=int)]) == 1

    @pytest.mark.parametrize("people", [15, 30, 100])
    def test_gaps_hold_the_truth_with_few_people(self, people: int) -> None:
        """Rates .3 and .5, a correlation of .5 within a person; 94% less two standard errors of 600."""
        rng = np.random.default_rng(people)
        held = 0
        for _ in range(600):
            person = _people(rng, people)
            own = np.where(np.arange(people) % 2, 0.5, 0.3)
            chosen = rng.random(len(person)) < rng.beta(own, 1 - own)[person]
            parts = [(person % 2 == side) for side in (0, 1)]
            sizes = [effective_size(chosen[of], np.ones(of.sum()), [person[of]]) for of in parts]
            counts = [(size * chosen[of].mean(), size) for of, size in zip(parts, sizes, strict=True)]
            low, high = newcombe(Pair(*counts[0], *counts[1]))
            held += low <= -0.2 <= high
        assert held / 600 >= 0.94 - 2 * np.sqrt(0.94 * 0.06 / 600)

    def test_a_variance_by_unit_is_that_of_its_sums(self) -> None:
        values = np.random.default_rng(6).normal(size=600)
        person = np.repeat(np.arange(150), 4)
        assert linearised(values) == pytest.approx((values**2).sum())
        assert linearised(values, [person]) == pytest.approx(
            max((values.reshape(150, 4).sum(axis=1) ** 2).sum(), (values**2).sum())
        )


class TestFolds:
    def test_people_within_sites_are_told_by_the_sites(self) -> None:
        site = np.repeat(np.arange(30), 20)
        person = np.arange(600) // 4
        (kept,) = coarsest([person, site])
        assert kept is site
        assert len(coarsest([person, np.tile(np.arange(30), 20)])) == 2
        assert len(coarsest([person, person.copy()])) == 1

    def test_rows_that_are_one_in_any_way_share_a_fold(self) -> None:
        rng = np.random.default_rng(7)
        person = np.arange(600) // 3
        text = np.where(rng.random(600) < 0.05, rng.integers(0, 15, 600), 1000 + np.arange(600))
        unit = linked([person, text])
        assert unit is not None
        fold = folds(np.zeros(600, dtype=int), unit)
        for way in (person, text):
            assert all(len({*fold[way == of]}) == 1 for of in np.unique(way))
        assert len(np.unique(fold)) == FOLDS

    def test_links_that_would_chain_all_rows_are_not_followed(self) -> None:
        rng = np.random.default_rng(8)
        person, site = rng.permutation(np.arange(600) // 2), np.tile(np.arange(20), 30)
        assert linked([person, site]) is site
        assert linked([]) is None


def test_few_degrees_of_freedom_ask_for_students_t() -> None:
    for freedom in (1.0, 7.5, 60.0):
        assert quantile(0.975, freedom) == pytest.approx(scipy.stats.t.ppf(0.975, freedom))
    assert quantile(0.975, 1e4) == pytest.approx(scipy.stats.norm.ppf(0.975))
