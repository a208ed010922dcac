"""Outcomes by groups and controls, row by row or by cells: what ADJ001 compares groups with. It leaves no site."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from auditor.counts.tally import Tally
from auditor.errors import ColumnError, RoleError
from auditor.stats.adjusted import Covariate, Scale
from auditor.stats.coded import Mask
from auditor.stats.regression import Codes, Outcomes
from auditor.use.cuts import are_codes, taken
from auditor.use.grouping import CODES, parted
from auditor.use.infer import NUMERIC_LEVELS
from auditor.use.roles import Bands, Roles, Seen
from auditor.use.usecase import UseCase

CELLS = 1 << 20  # that rows are put together in, where there are many more rows
FEWER = 4


@dataclass(frozen=True)
class Control:
    """A control as it is asked for: by its levels, in `bands`, or as a number; `reason` is why it is legitimate."""

    name: str
    reason: str
    number: bool = False
    bands: Bands | None = None


@dataclass(frozen=True, eq=False)
class Controlled:
    """Cells, or single rows, with their `outcomes`.

    `groups` has the place of each cell's level among the levels of a group column, -1 where it has none; `controls` are
    the covariates, `asked` how each was asked for. One row in
    `modulus` was taken. `why` is given, in place of all this, where the data have too many levels or cells.
    """

    scale: Scale
    outcomes: Outcomes
    groups: Mapping[str, tuple[Codes, tuple[str, ...]]] = field(default_factory=dict)
    controls: Sequence[Covariate] = ()
    asked: Sequence[Control] = ()
    modulus: int = 1
    why: str | None = None

    @classmethod
    def none(cls, scale: Scale, asked: Sequence[Control], why: str) -> Controlled:
        """Return that there is nothing to compare, and why."""
        empty = np.zeros(0)
        return cls(scale, Outcomes.of(empty), asked=asked, why=why)

    def levels(self, group: str) -> tuple[str, ...]:
        """Return the levels of a group column that were counted."""
        return self.groups[group][1]

    def pair(self, group: str, level: str, reference: str) -> tuple[Mask, Outcomes, list[Covariate]]:
        """Return the cells of two levels: which are of the first, their outcomes, the controls but for the group."""
        codes, levels = self.groups[group]
        at = np.flatnonzero((codes == levels.index(level)) | (codes == levels.index(reference)))
        controls = [of for of in self.controls if of.name != group]
        if len(at) == len(codes):
            return codes == levels.index(level), self.outcomes, controls
        return codes[at] == levels.index(level), self.outcomes.among(at), [of.among(at) for of in controls]

    def in_cells(self) -> Controlled:
        """Return the same with the rows of equal groups and controls put together, where cells are far fewer."""
        sizes = [*(len(levels) + 1 for _, levels in self.groups.values()), *(of.size for of in self.controls)]
        cells, of = math.prod(sizes), self.outcomes
        if of.units or self.why or cells > CELLS or cells * FEWER > len(of.n):
            return self
        at = np.zeros(len(of.n), dtype=np.int64)
        codes = [*(codes + 1 for codes, _ in self.groups.values()), *(each.codes for each in self.controls)]
        for code, size in zip(codes, sizes, strict=True):
            at *= size
            at += code
        together = of.together(at, cells)
        there = np.flatnonzero(together.n)
        places = np.unravel_index(there, sizes)
        groups = {
            name: (place - 1, levels) for place, (name, (_, levels)) in zip(places, self.groups.items(), strict=False)
        }
        controls = [
            replace(each, codes=place) for place, each in zip(places[len(groups) :], self.controls, strict=True)
        ]
        return replace(self, outcomes=together.among(there), groups=groups, controls=controls)


def control_columns(use: UseCase, columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the columns of the stated controls as the data spell them: how each is cut, and its reason.

    Raises:
        ColumnError: The data have no such column.
    """
    by_case = {name.lower(): name for name in columns}
    found = {}
    for written, reason in use.features.controls.items():
        name, cuts = parted(written, columns)
        if name.lower() not in by_case:
            raise ColumnError.missing(name, columns, "the data", "--control")
        found[by_case[name.lower()]] = (cuts, reason)
    return found


def asked_controls(use: UseCase, roles: Roles, seen: Mapping[str, Seen]) -> list[Control]:
    """Return the controls as they are to be read.

    Raises:
        ColumnError: The data have no such column.
        RoleError: A control cannot be cut as it was stated.
    """
    found = []
    for name, (cuts, reason) in control_columns(use, [*seen]).items():
        of = seen[name]
        if cuts and cuts != CODES:
            found.append(Control(name, reason, bands=taken(name, of, cuts, what="control").bands))
            continue
        if name in roles.bands:
            found.append(Control(name, reason, bands=roles.bands[name]))
            continue
        many = of.dated or (of.numeric and of.distinct > NUMERIC_LEVELS)
        codes = cuts == CODES or name in roles.codes or (of.whole and are_codes(name, of) is True)
        found.append(Control(name, reason, number=many and not codes))
    return found


def refuse_controls(use: UseCase, roles: Roles, columns: Sequence[str]) -> None:
    """Refuse a control that is the outcome, a text, a vector, or names a person.

    Raises:
        RoleError: It is one of these.
    """
    for name in control_columns(use, columns):
        role = roles.of(name)
        if name == roles.target or name in (*roles.text, *roles.opaque, *roles.survey.columns):
            raise RoleError(f"column '{name}' cannot be both {role} and control")
        if name in (roles.id, roles.weight):
            raise RoleError(f"column '{name}' cannot be both {role} and control")


def scale_of(tally: Tally, use: UseCase) -> Scale:
    """Return what gaps are differences of: rates, or logarithms where all numbers are positive, or numbers."""
    target = tally.roles.target
    if tally.roles.cut is None or target is None:
        return Scale.RATE
    low = tally.columns[target].low
    if use.label.scale:
        return Scale(use.label.scale)
    return Scale.LOG if low is not None and low > 0 else Scale.PLAIN
