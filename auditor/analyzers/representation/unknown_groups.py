"""Rows whose group is not recorded: REP005."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS
from auditor.counts.effects import of_missing_by_outcome
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, newcombe, rows_to_bound
from auditor.stats.tails import holm
from auditor.use.policy import Limits
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    unknown="'{group}' is not recorded in {unknown:people} of {n:people} row{n:s} ({share:percent limit}).",
    unknown_of="It is missing for {rate:percent} of those with the favourable outcome and {rate_ref:percent} of the "
    "others ({difference:points} points {bounds:points_interval}, {p:p}).",
    more_unknown="Record '{group}' for the rows without it, or collect about {rows:people} more rows. This shows to "
    "{most:number} points whether it is missing more for one outcome.",
    record="Record '{group}' for the rows without it, or state beside every rate how many are unknown.",
)


@rule(
    "REP005",
    "group-unknown",
    asks=Ask(
        "Find out why the group is not recorded, and record it",
        "data owner",
        "the group is recorded for all outcomes alike",
        ("group",),
    ),
    headlines=Headlines(
        found="'{group}' is not recorded for {missing_share:percent} of the rows",
        near="'{group}' is not recorded for {missing_share:percent} of the rows",
        open="Too little data to determine whether '{group}' is missing by outcome",
        clear="'{group}' is recorded for all outcomes alike",
    ),
    needs=(GROUPS,),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="bounds",
    measures=quantities("missing_share", "missing_difference", "p_adjusted"),
)
def group_unknown(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """Membership in a group is not recorded for too many rows, or more for one outcome than for the other.

    How it is measured: The share of rows without a value in the group column is counted, and found above 5% of rows.
    The share among rows with the favourable outcome minus the share among the others has Newcombe's interval. It is
    found at 5 points or more with p below 0.05 (Holm over the group columns). No issue is found only where the whole
    interval lies within 5 points. Where every row has a value there is no difference.

    Why it matters: People whose group is not recorded are in no comparison. Where that depends on the outcome, every
    comparison is biased.

    What to do: Record the group, or ask the people. State how many are unknown wherever a rate is quoted. Do not guess
    membership from names.

    Source: 6 RCNY 5-301 asks for the number of people of unknown category; the 5% and 5 points are judgement.
    """
    tally = evidence.tally
    pairs = {group: _missing_by_outcome(tally, group) for group in tally.roles.groups}
    p_values = holm([equal_rates(pair).p if pair else 1.0 for pair in pairs.values()])
    for group, p in zip(pairs, p_values, strict=True):
        yield _unknown(tally, group, pairs[group], p, use.limits)


def _unknown(tally: Tally, group: str, pair: Pair | None, p: float, limits: Limits) -> Finding:
    """Judge how many rows lack a group, and whether those of one outcome lack it more: `pair` of them, if there are."""
    unknown, n, limit = tally.missing(group), tally.grouped, limits.missing_share
    share, tilt, settle = unknown / n, states.NOT_PRESENT, None
    measures = {"missing_share": Measure(share, share, share, n=n, limit=limit)}
    facts = {"group": group, "unknown": unknown, "n": n, "share": share, "limit": limit, "p": p}
    if pair is not None and unknown:
        difference, bounds, rows = pair.rate - pair.rate_ref, newcombe(pair, limits.alpha), pair.n + pair.n_ref
        tilt = states.differs(difference, bounds, p, limit, limits.alpha)
        measures["missing_difference"] = Measure(difference, *bounds, n=rows, limit=limit)
        measures["p_adjusted"] = Measure(p, n=rows, limit=limits.alpha)
        facts |= {"rate": pair.rate, "rate_ref": pair.rate_ref, "difference": difference, "bounds": bounds}
        more = max(1, sum(rows_to_bound(pair, limit, limits.alpha, limits.power)))
        settle = SAYS("more_unknown", group=group, rows=more, most=100 * limit)
    return Finding(
        states.part_or_tilt(share, limit, tilt),
        {"group": group},
        SAYS("unknown", "unknown_of" if "bounds" in facts else "", **facts),
        measures,
        remedy=SAYS("record", group=group),
        settle=settle if tilt is State.UNDETERMINED else None,
    )


def _missing_by_outcome(tally: Tally, group: str) -> Pair | None:
    cells = tally.cells(group)
    unknown = [cell for cell in cells if cell.level is None]
    favourable, others = sum(cell.favourable for cell in cells), sum(cell.unfavourable for cell in cells)
    if not favourable or not others:
        return None
    return Pair(
        sum(cell.favourable for cell in unknown),
        favourable,
        sum(cell.unfavourable for cell in unknown),
        others,
        *of_missing_by_outcome(tally, group),
    )
