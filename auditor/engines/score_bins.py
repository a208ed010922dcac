"""A score: the edges of its bins, in which each value is alone where they are few; the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from auditor.counts.edges import below, marked
from auditor.engines.outcome_bins import MOST_COUNTS, Numbers, joint_cells, ranked
from auditor.errors import RoleError
from auditor.use.roles import Cut, Roles, Seen

MOST_VALUES = 1_000  # up to so many have a bin each
LEAST_VALUES = 128  # with very many groups
QUANTILES = 512  # of the values, where they are more
MIDDLE = (0.4, 0.45, 0.48, 0.5, 0.52, 0.55, 0.6)  # quantiles of the peek, between which the median of all rows lies


def score_edges(numbers: Numbers, roles: Roles, seen: Mapping[str, Seen]) -> tuple[float, ...]:
    """Return the inclusive upper bounds of a score's bins, ascending; () where it is not to be cut finely.

    Up to `MOST_VALUES` values have a bin each, and what lies between them another, so that nothing is lost. Of more,
    the bins are quantiles of the peek, with the median of all rows and the stated cut among the edges: what is above
    either of them is exact.

    Raises:
        RoleError: The score has no finite value.
    """
    name = roles.scoring.score
    if name is None or roles.scoring.coarse:
        return ()
    known = seen[name]
    most = max(LEAST_VALUES, min(MOST_VALUES, MOST_COUNTS // joint_cells(roles, seen) // 2))
    edges = set(_at(roles.scoring.cut, known.type))
    if known.distinct <= most:
        values = [value for value in numbers.distinct(most) if math.isfinite(value)]
        edges |= {edge for value in values for edge in (below(value, known.type), value)}
    else:
        count = min(QUANTILES, most)
        steps = [i / count for i in range(1, count)]
        values = [float(value) for value in numbers.quantiles([*steps, *MIDDLE])]
        edges |= set(marked(values[: len(steps)], known.type))
        middle = _median(numbers, known, sorted({*values[len(steps) :]}))
        edges |= {below(middle, known.type), middle}
    if not any(map(math.isfinite, values)):
        raise RoleError(f"score '{name}' has no finite value in the rows that were looked at")
    return tuple(sorted(edge for edge in edges if math.isfinite(edge)))


def _at(cut: Cut | None, kind: str) -> Iterator[float]:
    """Yield the edges that give a cut a bin of its own value: whatever the comparison, it lies between two bins."""
    if cut is not None and cut.value is not None:
        value = cut.value
        whole = value.is_integer()
        yield below(value, kind if whole else "DOUBLE")
        yield value


def _median(numbers: Numbers, known: Seen, near: Sequence[float]) -> float:
    """Return the lower median of all rows: what is above the median is above it. `near` are values around it."""
    if known.complete:
        return float(numbers.quantiles([0.5])[0])
    (counted,) = numbers.binned(near, ())
    return ranked(numbers, near, counted.bins, (sum(counted.bins.values()) + 1) // 2)
