"""Values that are missing more often for one part of the rows than for another: shared by PRX004 and QLT002."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from auditor.analyzers import states
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Need, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, newcombe, rows_to_bound
from auditor.stats.tails import holm
from auditor.use.images import is_property
from auditor.use.needs import needed
from auditor.use.policy import Limits
from auditor.use.says import Says

SAYS = Says(
    open="Inconclusive. The shares of missing values of {columns:listed 8} for {one} and {other} may differ by "
    "{most:number} points or more. {>widest}",
    within="The shares of missing values of {columns:listed 8} for {one} and {other} differ by less than {most:number} "
    "points. {>widest}",
    widest="The widest interval is that of '{column}', missing for {rate:percent} of {n:people} and {rate_ref:percent} "
    "of {n_ref:people} ({difference:points} points {bounds:points_interval}).",
    purpose="to detect a difference of {most:number} points in missing values",
    enough="Collect many more rows. The difference in missing values of {columns:listed 8} is near {most:number} "
    "points.",
    rows="Collect about {rows:people} more rows of {name}{>and_other}, to detect a difference of {most:number} points "
    "in missing values.",
    and_other=" and {rows_other:people} of {other_name}",
)


def with_blanks(tally: Tally) -> list[str]:
    """Return the columns whose missing values are compared.

    Not among them are properties of images that are missing where the image is: one image would be counted many times.
    """
    images = {tally.columns[name].missing for name in tally.roles.opaque}
    names = (*tally.roles.features, *tally.roles.opaque)
    return [name for name in names if not (is_property(name) and tally.columns[name].missing in images)]


@dataclass(frozen=True)
class Blanks:
    """The rows in which a column has no value, of two parts of all rows; `p` is adjusted over all that share alpha."""

    column: str
    pair: Pair
    p: float
    limits: Limits

    @property
    def difference(self) -> float:
        """The share that is missing in the first part less that in the second."""
        return self.pair.rate - self.pair.rate_ref

    @cached_property
    def interval(self) -> Interval:
        """Newcombe's interval of the difference."""
        return newcombe(self.pair, self.limits.alpha)

    @property
    def reach(self) -> float:
        """How far from 0 the difference may lie."""
        return max(abs(bound) for bound in self.interval)

    @property
    def state(self) -> State:
        """The state of the difference."""
        return states.differs(self.difference, self.interval, self.p, self.limits.missing_share, self.limits.alpha)

    @property
    def measures(self) -> dict[str, Measure]:
        """The difference, and the p of there being none."""
        n = self.pair.n + self.pair.n_ref
        return {
            "missing_difference": Measure(self.difference, *self.interval, n=n, limit=self.limits.missing_share),
            "p_adjusted": Measure(self.p, n=n, limit=self.limits.alpha),
        }


def blanks(pairs: Sequence[tuple[str, Pair]], limits: Limits) -> list[Blanks]:
    """Compare the missing values of each column; all of them share alpha (Holm)."""
    p_values = holm([equal_rates(pair).p for _, pair in pairs])
    return [Blanks(column, pair, p, limits) for (column, pair), p in zip(pairs, p_values, strict=True)]


def not_shown(
    rest: Iterable[Blanks], subject: Mapping[str, str], one: str, other: str, group: str | None = None
) -> Finding | None:
    """Return the finding on the columns without a fault, clear or inconclusive; None if there are no such columns.

    Clear where the whole interval of each lies within the threshold; else inconclusive for those where it does not.
    `one` and `other` name the parts in words; rows of them are asked for as levels of `group` where it is given.
    """
    rest = [each for each in rest if not each.state.found]
    if not rest:
        return None
    open_ones = [each for each in rest if each.state is not State.CLEAR]
    reported = open_ones or rest
    widest = max(reported, key=lambda each: each.reach)
    facts = {"columns": [each.column for each in reported], "most": 100 * widest.limits.missing_share}
    facts |= {"one": one, "other": other}
    rows = rows_to_bound(widest.pair, widest.limits.missing_share, widest.limits.alpha, widest.limits.power)
    needs: tuple[Need, ...] = ()
    if group:
        levels, purpose = (subject["level"], subject["reference"]), SAYS("purpose", most=facts["most"])
        needs = tuple(need for level, n in zip(levels, rows, strict=True) for need in needed(group, level, n, purpose))
    return Finding(
        states.worst(each.state for each in rest),
        subject,
        SAYS(
            "open" if open_ones else "within",
            **facts,
            column=widest.column,
            rate=widest.pair.rate,
            n=widest.pair.n,
            rate_ref=widest.pair.rate_ref,
            n_ref=widest.pair.n_ref,
            difference=widest.difference,
            bounds=widest.interval,
        ),
        widest.measures,
        needs=needs,
        settle=None if needs else _settle(rows, facts),
    )


def _settle(rows: tuple[int, int], facts: Mapping[str, Any]) -> str:
    """State how many rows of each part would settle it."""
    (n, name), *more = [(n, facts[part]) for n, part in zip(rows, ("one", "other"), strict=True) if n] or [(0, "")]
    if not n:
        return SAYS("enough", **facts)
    n_other, other = more[0] if more else (None, None)
    return SAYS("rows", rows=n, name=name, rows_other=n_other, other_name=other, most=facts["most"])
