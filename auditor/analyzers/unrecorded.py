"""What rows without a recorded group or outcome could make of a ratio of rates: part of OUT001."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.analyzers.comparing import Gap
from auditor.counts.tally import Cell
from auditor.model import Measure
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import turned_interval
from auditor.stats.proportions import equal_rates
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence

SAYS = Says(
    bounds="Left out for want of a recorded {what}: {rows:people} row{rows:s}. With them the ratio could be anything "
    "from {low:ratio limit} to {high:ratio limit} (bounds at worst and best, no interval of chance).",
    many="Cannot tell: they are more than {most:percent} of the rows, and at worst there is a gap beyond the limit "
    "of {limit:number}.",
    tilted="Cannot tell: they are spread unevenly over groups or outcomes, and at worst there is a gap beyond the "
    "limit of {limit:number}.",
    group="group",
    outcome="outcome",
    either="group or outcome",
    record="Record what is missing in {rows:people} row{rows:s} ({what}): as it is, they could hide a gap between "
    "'{level}' and '{reference}' ({group}).",
)


@dataclass(frozen=True)
class Unrecorded:
    """What is not recorded of two groups: their rows without an outcome, and all rows without a group, `what` in words.

    `bounds`: the lowest and the highest ratio of rates that these rows allow, each with the outcome and in the group
    that makes it so. Of rows with neither recorded those of either group are counted in both, which is wider than
    what is possible. `many`: the share of rows is above the policy's. `tilted`: more of one outcome lack their group,
    or more of one group their outcome, beyond chance.
    """

    rows: float
    what: str
    bounds: Interval
    many: bool
    tilted: bool

    @property
    def matters(self) -> bool:
        """Whether the rows are not to be passed over: they are many, or chance alone did not choose them."""
        return self.many or self.tilted

    @property
    def worst(self) -> float:
        """The lowest ratio that the rows allow, whichever of the groups it is against."""
        return min(self.bounds.low, turned_interval(self.bounds).low)

    @property
    def measure(self) -> Measure:
        """The bounds; no value in them is likelier than another."""
        return Measure(None, *self.bounds, n=self.rows)

    def settle(self, group: str, level: str, reference: str) -> Sentence:
        """Say what would settle it."""
        return SAYS("record", rows=self.rows, what=self.what, group=group, level=level, reference=reference)

    def said(self, limits: Limits, *, lost: bool) -> Sentence:
        """Say what the rows could change, and, where `lost`, that the ratio is not clear for it."""
        return SAYS(
            "bounds",
            ("tilted" if self.tilted else "many") if lost else "",
            rows=self.rows,
            what=self.what,
            low=self.bounds.low,
            high=self.bounds.high,
            limit=float(limits.impact_ratio),
            most=limits.missing_share,
        )


def unrecorded(cells: Sequence[Cell], gap: Gap, limits: Limits) -> Unrecorded | None:
    """Return what is not recorded of the two groups of a gap, of all cells of their column; None where nothing is."""
    by_level = {cell.level: cell for cell in cells}
    own, theirs, nowhere = by_level[gap.level], by_level[gap.reference], by_level.get(None, Cell(None, 0, 0, 0))
    rows = own.no_outcome + theirs.no_outcome + nowhere.rows
    if not rows:
        return None
    all_rows = sum(cell.rows for cell in cells)
    return Unrecorded(
        rows,
        SAYS("group" if rows == nowhere.n else "either" if nowhere.rows else "outcome"),
        Interval(_least(own, theirs, nowhere), turned_interval(Interval(_least(theirs, own, nowhere), math.inf)).high),
        nowhere.n > limits.missing_share * all_rows
        or own.no_outcome + theirs.no_outcome > limits.missing_share * (own.rows + theirs.rows),
        _tilted(own, theirs, limits.alpha) or _of_one_outcome(cells, nowhere, limits.alpha),
    )


def _least(own: Cell, theirs: Cell, nowhere: Cell) -> float:
    """Return the lowest ratio: of those not recorded, who has nothing is in the group, who has is in the reference."""
    refused = own.no_outcome + nowhere.unfavourable + nowhere.no_outcome
    favoured = theirs.no_outcome + nowhere.favourable + nowhere.no_outcome
    pair = Pair(own.favourable, own.n + refused, theirs.favourable + favoured, theirs.n + favoured)
    return pair.ratio


def _tilted(own: Cell, theirs: Cell, alpha: float) -> bool:
    return equal_rates(Pair(own.no_outcome, own.rows, theirs.no_outcome, theirs.rows)).p < alpha


def _of_one_outcome(cells: Sequence[Cell], nowhere: Cell, alpha: float) -> bool:
    favourable, unfavourable = sum(cell.favourable for cell in cells), sum(cell.unfavourable for cell in cells)
    if not favourable or not unfavourable:
        return False
    return equal_rates(Pair(nowhere.favourable, favourable, nowhere.unfavourable, unfavourable)).p < alpha
