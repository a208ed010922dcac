"""How a planted fault becomes designs: how often rules show it, and how often they falsely say that all is clear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from auditor.model import Audit

from .design import Design, Kind, Look, register
from .looks import cleared, flagged, shown
from .making import Rng

SIZES = (200, 500, 1500)


class Made(Protocol):
    """What a fault's function is: it makes an audit of so many rows."""

    def __call__(self, rng: Rng, rows: int) -> Audit:
        """Audit `rows` rows with the fault in them."""
        ...


def fault(
    name: str,
    true: str,
    *codes: str,
    sizes: Sequence[int] = SIZES,
    clear: bool = True,
    power: bool = True,
    near: bool = False,
    rounds: int = 300,
    short: int = 0,
    mended: bool = False,
) -> Callable[[Made], Made]:
    """Register data with a fault, a design for each number of rows.

    Args:
        name: The fault.
        true: What is so.
        codes: The rules that should show it.
        sizes: The numbers of rows.
        clear: Whether it lies so far beyond the limit that no rule may call it clear.
        power: Whether it is one that the rules should show.
        near: Whether "near the limit" says it well enough: it asks for a condition.
        rounds: As for `Design`.
        short: The number of rows of which the short run makes all audits.
        mended: As for `Design`.
    """

    def registered(make: Made) -> Made:
        looks: dict[tuple[Kind, str], Look] = {}
        for code in codes:
            if power:
                looks[Kind.POWER, code] = (flagged if near else shown)(code)
            if clear:
                looks[Kind.FALSE_CLEAR, code] = cleared(code)
        for rows in sizes:
            title = f"{name}, {rows:,} rows"
            few = rounds if rows == short else 0  # a hundred are a few percent off by chance
            register(Design(title, true, partial(make, rows=rows), looks, rounds, few, None, mended))
        return make

    return registered
