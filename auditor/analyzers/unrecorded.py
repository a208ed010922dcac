"""What rows without a recorded group or outcome could make of a ratio of rates: part of OUT001."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.analyzers.comparing import Gap
from auditor.counts.columns import Cell
from auditor.model import Measure
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import turned_interval
from auditor.stats.proportions import equal_rates
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence

SAYS = Says(
    bounds="{rows:people} row{rows:s} without a recorded {what} could change the ratio to anything from "
    "{low:ratio limit} to {high:ratio limit} (worst and best case, not a confidence interval).",
    many="Inconclusive. These are more than {most:percent} of the rows, and in the worst case there is a gap beyond "
    "the threshold of {limit:number}.",
    tilted="Inconclusive. These rows are spread unevenly over groups or outcomes, and in the worst case there is a gap "
    "beyond the threshold of {limit:number}.",
    group="group",
    outcome="outcome",
    either="group or outcome",
    score="score",
    either_score="group or score",
    record="Record the missing {what} in {rows:people} row{rows:s}. These rows could hide a gap between '{level}' and "
    "'{reference}' ({group}).",
)


@dataclass(frozen=True)
class Unrecorded:
    """What is not recorded of two groups: their rows without an outcome, and all rows without a group, `what` in words.

    `bounds`: the lowest and the highest ratio of rates that these rows allow, each with the outcome and in the group
    that makes it so. Rows with neither recorded are counted in both groups, which is wider than what is possible.
    `many`: the share of rows is above the policy's. `tilted`: significantly more rows of one outcome lack their group,
    or of one group their outcome.
    """

    rows: float
    what: str
    bounds: Interval
    many: bool
    tilted: bool

    @property
    def matters(self) -> bool:
        """Whether the rows cannot be ignored: they are many, or significantly uneven."""
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
        """State what would settle it."""
        return SAYS("record", rows=self.rows, what=self.what, group=group, level=level, reference=reference)

    def said(self, limits: Limits, *, lost: bool) -> Sentence:
        """State what the rows could change, and, where `lost`, that the ratio is therefore inconclusive."""
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


def unrecorded(cells: Sequence[Cell], gap: Gap, limits: Limits, *, scored: bool = False) -> Unrecorded | None:
    """Return what is not recorded of the two groups of a gap, of all cells of their column; None where nothing is.

    `scored`: the cells are of who was selected by a score, which is what may be missing.
    """
    by_level = {cell.level: cell for cell in cells}
    own, theirs, nowhere = by_level[gap.level], by_level[gap.reference], by_level.get(None, Cell(None, 0, 0, 0))
    rows = own.no_outcome + theirs.no_outcome + nowhere.rows
    if not rows:
        return None
    all_rows = sum(cell.rows for cell in cells)
    return Unrecorded(
        rows,
        SAYS("group" if rows == nowhere.n else _words(scored)[bool(nowhere.rows)]),
        Interval(_least(own, theirs, nowhere), turned_interval(Interval(_least(theirs, own, nowhere), math.inf)).high),
        nowhere.n > limits.missing_share * all_rows
        or own.no_outcome + theirs.no_outcome > limits.missing_share * (own.rows + theirs.rows),
        _tilted(own, theirs, limits.alpha) or _of_one_outcome(cells, nowhere, limits.alpha),
    )


def _words(scored: bool) -> tuple[str, str]:
    return ("score", "either_score") if scored else ("outcome", "either")


def _least(own: Cell, theirs: Cell, nowhere: Cell) -> float:
    """Return the lowest ratio: of the unrecorded, all unfavourable are in the group, all others in the reference."""
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
