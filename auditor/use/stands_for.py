"""Columns that may state how many people a row stands for: counts, and weights of a survey."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from auditor.use import vocabulary as words
from auditor.use.infer import FEW_LEVELS
from auditor.use.names import joined, words_of
from auditor.use.roles import Seen


def weight_of(seen: Mapping[str, Seen], stated: Collection[str] = ()) -> str | None:
    """Return the column that may be the weight of a survey's rows, by its name; of replicate weights the first."""
    bodies = any(words_of(name) & words.BODIES for name in seen)
    for name, of in seen.items():
        named = words_of(name)
        heavy = bool(named & words.HEAVY) and named <= words.HEAVY | words.OF_WEIGHTS and not bodies
        if (named & words.WEIGHTS or heavy) and of.numeric and of.distinct > 1 and (of.low or 0) >= 0:
            return None if name in stated else name
    return None


def may_count(name: str) -> bool:
    """Whether a name is that of a number of people per row, surely or where the data look so.

    >>> may_count("n"), may_count("number_of_applicants"), may_count("Total"), may_count("age")
    (True, True, True, False)
    """
    named = words_of(name)
    return joined(name) in words.COUNTS or bool(named & words.COUNTED and named <= words.COUNTED | words.OF_COUNTS)


def count_of(seen: Mapping[str, Seen], stated: Collection[str] = ()) -> Iterator[tuple[str, bool]]:
    """Yield the columns that may be the number of people per row, and whether they surely are.

    It is sure where every other column has few levels and their combinations distinguish all rows: so it is in a table
    of counts, and hardly ever in rows of people.
    """
    for name, of in seen.items():
        if not may_count(name) or name in stated or not of.whole or of.missing or of.running or (of.low or 0) < 0:
            continue
        others = [other for each, other in seen.items() if each != name]
        few = bool(others) and all(other.distinct <= FEW_LEVELS for other in others)
        several = bool(of.cuts) and of.cuts[len(of.cuts) // 2] > 1  # the median
        sure = few and several and of.apart and of.complete
        if sure or joined(name) in words.COUNTS:  # other names mean as much only where the table looks so
            yield name, sure
