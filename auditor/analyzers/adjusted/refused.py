"""When no regression can be fitted to the rows at all: what ADJ001 and ADJ002 refuse."""

from __future__ import annotations

import math

from auditor.analyzers.catalog import NotRun
from auditor.counts.controlled import Controlled
from auditor.counts.tally import Tally
from auditor.stats.adjusted import Scale
from auditor.use.says import Says

SAYS = Says(
    copies="rows that agree in all columns are copies, and it is not known which rows are people",
    not_positive="some values of '{column}' are not positive and have no logarithm; state plain in its place",
    not_finite="some values of '{column}' are infinite",
    survey="it does not support a survey's design, and the use states one",
)


def refuse_unscaled(rows: Controlled, tally: Tally, target: str) -> None:
    """Refuse rows that no regression can be fitted to.

    Raises:
        NotRun: They are copies, of a survey, or too many, or their numbers do not fit the scale.
    """
    if rows.why:
        raise NotRun(rows.why)
    if tally.copied or tally.roles.survey.columns:
        raise NotRun(SAYS("copies" if tally.copied else "survey"))
    column = tally.columns[target]
    if rows.scale is Scale.RATE or column.low is None or column.high is None:
        return
    if rows.scale is Scale.LOG and not column.low > 0:
        raise NotRun(SAYS("not_positive", column=target))
    if not math.isfinite(column.high - column.low):
        raise NotRun(SAYS("not_finite", column=target))
