"""How much attention a place in a list gets: a logarithmic discount, by bins of places."""

from __future__ import annotations

import math
from collections.abc import Iterator

EXACT, STEP, LAST = 20, 1.1, 1_000_000  # places one by one up to EXACT, then bins STEP times as far, up to LAST


def _edges() -> Iterator[int]:
    yield from range(1, EXACT + 1)
    at = EXACT
    while at < LAST:
        at = max(at + 1, math.floor(at * STEP))
        yield at


EDGES = tuple(_edges())  # the last place of each bin; places beyond all of them are in one more


def discount(place: float) -> float:
    """Return the attention that a place gets, 1 for the first.

    Source: Järvelin and Kekäläinen 2002 (DCG), as exposure by Singh and Joachims 2018, KDD.

    >>> [round(discount(place), 4) for place in (1, 2, 3, 7)]
    [1.0, 0.6309, 0.5, 0.3333]
    """
    return 1 / math.log2(1 + place)


def exposures() -> tuple[float, ...]:
    """Return the attention that the places of each bin get on average; of those beyond all bins, that of the first."""
    firsts = (1, *(edge + 1 for edge in EDGES[:-1]))
    return (
        *(
            math.fsum(map(discount, range(first, last + 1))) / (last - first + 1)
            if last - first < 1000
            else discount((first + last) / 2)
            for first, last in zip(firsts, EDGES, strict=True)
        ),
        discount(EDGES[-1] + 1),
    )
