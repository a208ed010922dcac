"""Identical rows: copies of one record, or different people who look alike; decided by how often each occurs."""

from __future__ import annotations

import math
from collections.abc import Mapping

from auditor.stats.tails import normal

FEWEST = 10  # different records from which a common divisor of their numbers is no chance
ALL = 0  # a factor: all rows of a record are one
CHANCE = 0.001  # of taking people for copies where no person is there twice, over all spectra examined
PLACES = (2, 3, 4)  # numbers of rows that are compared with their neighbours


def factor(spectrum: Mapping[int, int], unlikely: bool = False, looks: int = 1) -> int:
    """Return how many rows represent one: 1 where identical rows are people, ALL where a record's rows are one.

    `spectrum` maps k to the number of different records that are there k times. Where each is there a multiple of c
    times, the rows were written c times: c. Else, were rows drawn one by one, the number of records that are there k
    times would be a mixture of Poisson probabilities, for which (k! n_k)^2 <= (k - 1)! n_(k-1) * (k + 1)! n_(k+1) in
    expectation (Cauchy and Schwarz). Far more pairs than single records and triples allow are copies. Far more means
    more pairs than chance gives in one of a thousand data sets, in which `looks` spectra are examined. `unlikely`:
    by the columns' own values hardly any two rows would be identical; then pairs are copies, however few, where no
    record is there more than twice.

    >>> factor({2: 300}), factor({1: 200, 2: 100}), factor({1: 100, 2: 60, 3: 40, 4: 20, 5: 9})
    (2, 0, 1)
    """
    records = sum(spectrum.values())
    divisor = math.gcd(*spectrum) if spectrum else 1
    if divisor > 1 and records >= FEWEST:
        return divisor
    if unlikely and max(spectrum, default=1) == 2:
        return ALL
    errors = normal(1 - CHANCE / (looks * len(PLACES)))
    for k in PLACES:
        n, fewer, rest = (spectrum.get(at, 0) + (at != k) for at in (k, k - 1, k + 1))
        bound = math.sqrt((k + 1) / k * fewer * rest)  # of n_k, from both its neighbours
        if n > bound + errors * math.sqrt(n + bound**2 / 4 * (1 / fewer + 1 / rest)):
            return ALL
    return 1
