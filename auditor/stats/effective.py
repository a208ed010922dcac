"""Weighted rows in rows of effective size."""

from __future__ import annotations


def effective_rows(favourable: float, squares: float, others: float, other_squares: float) -> float:
    """Return rows of effective size per unit of weight, from the weights and their squares by outcome.

    The rows that would give the weighted rate with the same variance, the linearised one: the sum over the rows of
    (w (y - p))^2, over the square of the sum of the weights. Where outcomes do not vary it is Kish's; never more than
    Kish's, so that weights never make anybody surer.

    Source: Cochran 1977, Sampling Techniques, chapter 6 (variance of a ratio).
    """
    weights = favourable + others
    kish = effective_share(weights, squares + other_squares)
    if not favourable > 0 or not others > 0:
        return kish
    rate = favourable / weights
    spread = squares * (1 - rate) ** 2 + other_squares * rate**2
    return min(kish, rate * (1 - rate) * weights / spread) if spread > 0 else kish


def effective_share(weights: float, squares: float) -> float:
    """Return rows of Kish's effective size per unit of weight, from the sums of the weights and of their squares.

    Source: Kish 1965, Survey Sampling: the effective size is (sum w)^2 / sum w^2.
    """
    return weights / squares if squares else 0.0
