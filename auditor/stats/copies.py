"""Identical rows: copies of one record, or different people who look alike; decided by how often each occurs."""

from __future__ import annotations

import math
from collections.abc import Mapping

from auditor.stats.tails import chi_square_tail, normal

FEWEST = 10  # different records from which a common divisor of their numbers is no chance
ALL = 0  # a factor: all rows of a record are one
CHANCE = 0.001  # of taking people for copies where no person is there twice, over all spectra examined
PLACES = (2, 3, 4)  # numbers of rows that are compared with their neighbours
ROUND = 5  # tables are rounded to multiples of it
DENSE = 2.0  # originals per record from which on a round divisor is a rounded table


def factor(spectrum: Mapping[int, int], unlikely: bool = False, looks: int = 1) -> int:
    """Return how many rows represent one: 1 where identical rows are people, ALL where a record's rows are one.

    `spectrum` maps k to the number of different records that are there k times. Where each is there a multiple of c
    times, the rows were written c times: c. Two kinds of numbers with a common divisor are left: counts of a rounded
    table (c a multiple of five, and many rows of each record), and originals more alike in number than any drawing of
    people would make them, as in a planned sample. Else, were rows drawn one by one, the number of records that are
    there k times would be a mixture of Poisson probabilities, for which (k! n_k)^2 <= (k - 1)! n_(k-1) * (k + 1)!
    n_(k+1) in expectation (Cauchy and Schwarz). Far more pairs than single records and triples allow are copies. Far
    more means more pairs than chance gives in one of a thousand data sets, in which `looks` spectra are examined.
    `unlikely`: by the columns' own values hardly any two rows would be identical; then pairs are copies, however few,
    where no record is there more than twice.

    >>> factor({2: 300}), factor({1: 200, 2: 100}), factor({1: 100, 2: 60, 3: 40, 4: 20}), factor({60: 12, 40: 12})
    (2, 0, 1, 1)
    """
    records = sum(spectrum.values())
    divisor = math.gcd(*spectrum) if spectrum else 1
    if divisor > 1 and records >= FEWEST:
        originals = {k // divisor: n for k, n in spectrum.items()}
        rounded = divisor % ROUND == 0 and sum(k * n for k, n in originals.items()) >= DENSE * records
        return 1 if rounded or _too_even(originals) else divisor
    if unlikely and max(spectrum, default=1) == 2:
        return ALL
    errors = normal(1 - CHANCE / (looks * len(PLACES)))
    for k in PLACES:
        n, fewer, rest = (spectrum.get(at, 0) + (at != k) for at in (k, k - 1, k + 1))
        bound = math.sqrt((k + 1) / k * fewer * rest)  # of n_k, from both its neighbours
        if n > bound + errors * math.sqrt(n + bound**2 / 4 * (1 / fewer + 1 / rest)):
            return ALL
    return 1


def _too_even(spectrum: Mapping[int, int]) -> bool:
    """Return whether records are there more equally often than people who are drawn one by one.

    Their numbers are then a mixture of Poisson numbers, none of them 0, which vary at least as much as one
    zero-truncated Poisson of the same mean (variance m (1 + r - m) at the rate r of the mean m).
    """
    records = sum(spectrum.values())
    mean = sum(k * n for k, n in spectrum.items()) / records
    if mean == 1:  # each is there once, as records of many columns are
        return False
    from scipy.special import lambertw

    rate = mean + float(lambertw(-mean * math.exp(-mean)).real)
    variance = mean * (1 + rate - mean)
    squares = sum(n * (k - mean) ** 2 for k, n in spectrum.items())
    return 1 - chi_square_tail(squares / variance, records - 1) < CHANCE
