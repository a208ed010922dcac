"""Notes on rows that are not independent people who count the same: copies, and heavy weights."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.counts.tally import Tally
from auditor.model import Decision
from auditor.use.says import Says

HEAVY = 0.05  # the share of a group's weight that one row may hold without a word

SAYS = Says(
    copies="Rows that agree in all columns are counted as copies, because people alone would not agree so often: "
    "{rows:people} row{rows:s}, {originals:people} different. Tests and intervals count each record once.",
    heavy="One row holds {share:percent} of the weight of {group} '{level}', so that row dominates the group's rates. "
    "Kish's effective sample size is {kish:people} of {rows:people} row{rows:s}.",
)


def of_rows(tally: Tally) -> Iterator[Decision]:
    """Yield what makes fewer of the rows than there are: copies, and rows that hold much of a group's weight."""
    units = tally.units
    if units is None:
        return
    if tally.copied:
        rows = units.design.rows
        originals = round(tally.rows * (int(units.design.units[0].max(initial=0)) + 1) / max(1, rows))
        yield Decision(SAYS("copies", originals=originals, rows=tally.rows), "copies", overrule="--id", warning=True)
    weight = tally.roles.weight
    if weight is None:
        return
    for group in tally.roles.groups:
        for level in units.levels[group]:
            w = units.design.weighted[units.are(group, level)]
            if w.sum() > 0 and (share := float(w.max() / w.sum())) > HEAVY and len(w) > 1 / HEAVY:
                kish = float(w.sum() ** 2 / (w * w).sum())
                said = SAYS("heavy", share=share, group=group, level=level, kish=kish, rows=len(w))
                yield Decision(said, "weights", (weight, group), warning=True)
