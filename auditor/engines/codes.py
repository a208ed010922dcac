"""Columns as small whole numbers: the place of each value among its levels or bins, as a scan gives them to numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from auditor.engines.plans import Plan
from auditor.loaders.source import quoted
from auditor.use.roles import WHOLE

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_UP = 1 << 16  # whole numbers within such a range are looked up in a table
COMPARED = 40  # edges up to which a number is compared with each: a search by halves is guesswork for a processor
Places = NDArray[np.integer]


class Coder(Protocol):
    """How a column, `name`, leaves the engine (`sql`), and what its places stand for: levels, or upper edges of bins.

    The place after the last is that of all other values and of missing ones. `unknown` is the SQL of a test that
    other values pass.
    """

    name: str
    sql: str
    unknown: str

    @property
    def labels(self) -> Sequence[Any]:
        """What the places stand for, in their order."""

    def places(self, values: pa.Array) -> Places:
        """Return the place of each value."""


def coder(plan: Plan, levels: Sequence[str], kind: str) -> Coder:
    """Return the coder of a column that is counted; `kind` is an ENUM type of the levels, for those that are texts."""
    if plan.edges:
        return _Bins(plan)
    parsed = _parsed(plan.seen.type, levels)
    return _Texts(plan, levels, kind) if parsed is None else _Numbers(plan, levels, parsed)


def sorted_levels(plan: Plan) -> list[str]:
    """Return the levels that are distinguished, in the order in which they are counted."""
    levels = list(plan.kept or plan.seen.levels)
    parsed = _parsed(plan.seen.type, levels)
    return sorted(levels) if parsed is None else [levels[i] for i in np.argsort(parsed, kind="stable")]


def is_text(plan: Plan, levels: Sequence[str]) -> bool:
    """Whether a column's levels are looked up as texts."""
    return not plan.edges and _parsed(plan.seen.type, levels) is None


def split(values: pa.Array) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the numbers of an array, and which are there; None where all are. Missing ones are void."""
    width, offset = values.type.to_pandas_dtype(), values.offset
    validity, data = values.buffers()
    numbers = np.frombuffer(data, width)[offset : offset + len(values)] if data else np.empty(0, width)
    if not values.null_count:
        return numbers, None
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little", count=offset + len(values))
    return numbers, bits[offset:].view(np.bool_)


class _Texts:
    """Levels that are texts, by their place in an ENUM type: cheap where a file has dictionaries of its own."""

    def __init__(self, plan: Plan, levels: Sequence[str], kind: str) -> None:
        self.name = plan.name
        cast = f"TRY_CAST({plan.sql} AS {quoted(kind)})" if levels else "NULL"  # no ENUM is empty
        self.sql = f"enum_code({cast})" if levels else "NULL::UTINYINT"
        self.labels, self.unknown = levels, f"{quoted(plan.name)} IS NOT NULL AND {cast} IS NULL"

    def places(self, values: pa.Array) -> Places:
        return _elsewhere(*split(values), len(self.labels))


class _Numbers:
    """Levels that are numbers, compared as such: to spell every value would cost more than to count it."""

    def __init__(self, plan: Plan, levels: Sequence[str], parsed: NDArray[Any]) -> None:
        self.name, name = plan.name, quoted(plan.name)
        self.sql = name if plan.seen.type in WHOLE else f"CAST({name} AS DOUBLE)"
        self.labels, self.numbers = levels, parsed
        listed = ", ".join(f"'{number}'::{'HUGEINT' if plan.seen.type in WHOLE else 'DOUBLE'}" for number in parsed)
        self.unknown = f"{self.sql} IS NOT NULL" + (f" AND {self.sql} NOT IN ({listed})" if listed else "")

    def places(self, values: pa.Array) -> Places:
        numbers, there = split(values)
        return _elsewhere(_looked_up(numbers, self._found), there, len(self.labels))

    def _found(self, numbers: NDArray[Any]) -> Places:
        known = self.numbers
        if not len(known):
            return np.zeros(len(numbers), np.intp)
        at = np.searchsorted(known, numbers.astype(known.dtype, copy=False))
        at[at == len(known)] = 0
        return np.where(known[at] == numbers, at, len(known))


class _Bins:
    """Bins closed above by edges, and one above all edges."""

    unknown = "false"

    def __init__(self, plan: Plan) -> None:
        self.name, name = plan.name, quoted(plan.name)
        whole = plan.seen.type in WHOLE and all(edge.is_integer() and abs(edge) < 2**53 for edge in plan.edges)
        self.sql = name if whole else f"CAST({name} AS DOUBLE)"
        self.labels = (*plan.edges, math.inf)
        self.edges = np.array(list(map(int, plan.edges)) if whole else plan.edges, dtype=None if whole else np.float64)

    def places(self, values: pa.Array) -> Places:
        numbers, there = split(values)
        return _elsewhere(_looked_up(numbers, self._found), there, len(self.labels))

    def _found(self, numbers: NDArray[Any]) -> Places:
        if len(self.edges) > COMPARED or numbers.dtype.kind != "f":
            return np.searchsorted(self.edges, numbers)
        at = np.zeros(len(numbers), np.int8)
        with np.errstate(invalid="ignore"):  # what stands for a missing value may be anything
            for edge in self.edges:
                at += numbers > edge
        return at


def _elsewhere(places: Places, there: NDArray[np.bool_] | None, last: int) -> Places:
    """Return the places, those of missing values at the last."""
    return places if there is None else np.where(there, places, np.intp(last))


def _looked_up(numbers: NDArray[Any], found: Callable[[NDArray[Any]], Places]) -> Places:
    """Return what is found for each number; of whole numbers in a small range, once for each that can occur."""
    if numbers.dtype.kind == "f" or not len(numbers):
        return found(numbers)
    low, high = numbers.min(), numbers.max()
    if int(high) - int(low) >= min(LOOKED_UP, len(numbers)):
        return found(numbers)
    wide = np.uint64 if numbers.dtype == np.uint64 else np.int64
    table = found(np.arange(int(high) - int(low) + 1).astype(wide) + wide(low))
    return table[(numbers.astype(wide) - wide(low)).astype(np.intp)]


def _parsed(kind: str, levels: Sequence[str]) -> NDArray[Any] | None:
    """Return levels as the numbers that they spell, exactly; None for another type, or where one spells none."""
    try:
        if kind in WHOLE:
            return np.array(list(map(int, levels)), dtype=np.uint64 if kind == "UBIGINT" else np.int64)
        if kind in ("DOUBLE", "FLOAT"):
            narrow = np.float32 if kind == "FLOAT" else np.float64
            return np.array([narrow(level) for level in levels], dtype=np.float64)
    except (ValueError, OverflowError):
        pass
    return None
