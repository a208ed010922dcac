"""Whether the outcome can be trusted: LAB004."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.engines.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.proportions import Pair, equal_rates, holm, newcombe, wilson
from auditor.usecase import UseCase
from auditor.words import p_value, people, percent, signed


@rule("LAB004", "label-missing-by-group")
def label_missing_by_group(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """The outcome is not recorded for more people of one group than of another.

    How it is measured: The share of each group's rows without an outcome, against that of the largest group, with
    Newcombe's interval of the difference; shown at 5 points or more with p below 0.05, Holm-adjusted over the groups
    of a column.

    Why it matters: Rates are of those whose outcome is known. Where refusals of one group are left blank, its rate
    looks as it should, and is not.

    What to do: Find out why the outcomes are missing, and record them, before any rate is compared.

    Source: Newcombe 1998; the 5 points are judgement.
    """
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    limit = use.limits.missing_share
    for group in tally.roles.groups:
        cells = [cell for cell in tally.cells(group) if cell.level is not None and cell.rows]
        if len(cells) < 2 or not any(cell.no_outcome for cell in cells):
            continue
        base = cells[0]
        pairs = {str(cell.level): Pair(cell.no_outcome, cell.rows, base.no_outcome, base.rows) for cell in cells[1:]}
        p_values = holm([equal_rates(pair).p for pair in pairs.values()])
        for (level, pair), p in zip(pairs.items(), p_values, strict=True):
            difference = pair.rate - pair.rate_ref
            total = pair.n + pair.n_ref
            yield Finding(
                State.SHOWN if abs(difference) >= limit and p < use.limits.alpha else State.CLEAR,
                {"target": tally.roles.target, "group": group, "level": level, "reference": str(base.level)},
                f"{group} '{level}': no outcome for {people(pair.x)} of {people(pair.n)} ({percent(pair.rate)}), "
                f"against {percent(pair.rate_ref)} of {people(pair.n_ref)} for '{base.level}': "
                f"{signed(100 * difference)} points, {p_value(p)}.",
                {
                    "missing_share": Measure(pair.rate, *wilson(pair.x, pair.n), n=pair.n),
                    "missing_difference": Measure(difference, *newcombe(pair), n=total, limit=limit),
                    "p_adjusted": Measure(p, n=total, limit=use.limits.alpha),
                },
                remedy=f"Record the missing outcomes of '{level}' and '{base.level}' ({group}) before rates are "
                "compared.",
            )
