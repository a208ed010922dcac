"""The pay of every row: who it is of, what of it can be used, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

MOST_ROWS = 5_000_000  # whose amounts are held at once: medians and quarters need all of them


class Fault(StrEnum):
    """Why the pay of a row is in no figure; the first that holds, in this order."""

    NO_BASE = "basic pay is missing"
    BASE_ZERO = "basic pay is zero"
    BASE_NEGATIVE = "basic pay is negative"
    NO_HOURS = "hours are missing"
    HOURS_ZERO = "hours are zero"
    HOURS_NEGATIVE = "hours are negative"
    NO_VARIABLE = "variable pay is missing"
    VARIABLE_NEGATIVE = "variable pay is negative"
    TOO_LARGE = "an amount is not finite"


@dataclass(frozen=True)
class PayRows:
    """Amounts by row, nan where one is missing, with the row's levels: codes from 0, -1 where none is recorded.

    `codes` and `levels` are by group column, `category` and `categories` are of the category of workers, None where no
    column is named for it. All arrays have the shape (rows,). `variable` and `hours` are None where no column is named.
    """

    codes: Mapping[str, np.ndarray]
    levels: Mapping[str, tuple[str, ...]]
    base: np.ndarray
    variable: np.ndarray | None = None
    hours: np.ndarray | None = None
    category: np.ndarray | None = None
    categories: tuple[str, ...] = ()

    @cached_property
    def faults(self) -> Mapping[Fault, np.ndarray]:
        """Fault -> the rows that have it, and none before it."""
        base, zero = self.base, np.zeros(len(self.base))
        variable = zero if self.variable is None else self.variable
        hours = zero + 1 if self.hours is None else self.hours
        found = {
            Fault.NO_BASE: np.isnan(base),
            Fault.BASE_ZERO: base == 0,
            Fault.BASE_NEGATIVE: base < 0,
            Fault.NO_HOURS: np.isnan(hours),
            Fault.HOURS_ZERO: hours == 0,
            Fault.HOURS_NEGATIVE: hours < 0,
            Fault.NO_VARIABLE: np.isnan(variable),
            Fault.VARIABLE_NEGATIVE: variable < 0,
            Fault.TOO_LARGE: np.isinf(base) | np.isinf(hours) | np.isinf(variable),
        }
        seen = np.zeros(len(base), dtype=bool)
        for fault, rows in found.items():
            found[fault] = rows & ~seen
            seen |= rows
        return found

    @cached_property
    def usable(self) -> np.ndarray:
        """Whether a row's pay is in the figures."""
        usable: np.ndarray = ~np.logical_or.reduce([*self.faults.values()])
        return usable

    @cached_property
    def per_hour(self) -> tuple[np.ndarray, np.ndarray]:
        """Basic and variable pay of an hour, or of the whole period where no hours are named; of usable rows."""
        hours = np.ones(len(self.base)) if self.hours is None else self.hours
        variable = np.zeros(len(self.base)) if self.variable is None else self.variable
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.base / hours, variable / hours

    @cached_property
    def total_per_hour(self) -> np.ndarray:
        """Basic and variable pay of an hour together."""
        base, variable = self.per_hour
        both: np.ndarray = base + variable
        return both
