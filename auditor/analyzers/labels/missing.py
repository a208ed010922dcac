"""Whether outcomes are recorded for all groups alike: LAB004."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.counts.effects import of_no_outcome
from auditor.model import Finding, Measure, Need, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, newcombe, rows_to_bound, wilson
from auditor.stats.tails import holm
from auditor.use.needs import needed
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    pass

SAYS = Says(
    missing="{group} '{level}': the outcome is missing for {without:people} of {n:people} ({rate:percent}), and for "
    "{rate_ref:percent} of {n_ref:people} with '{reference}'. The difference is {difference:points} points "
    "{bounds:points_interval} ({p:p}).",
    purpose="to detect a difference of {most:number} points in missing outcomes",
    ask="Record the missing outcomes of '{level}' and '{reference}' ({group}).",
    amount="'{target}' has no value in {without:people} of {n:people} row{n:s} ({rate:percent most}; the threshold is "
    "{most:percent}). Rates are those of the other rows only.",
    record_any="Record '{target}' for the rows without it, or state which people the other rows represent.",
    record="Record the missing outcomes of '{level}' and '{reference}' ({group}) before rates are compared.",
)


@rule(
    "LAB004",
    "label-missing-by-group",
    asks=Ask(
        "Record the missing outcomes, or find out why they are missing",
        "decision owner",
        "outcomes are recorded for all groups alike",
        ("level",),
    ),
    headlines=Headlines(
        found=(
            "The outcome is missing for {missing_share:percent} of '{level}'",
            "The outcome is missing for {missing_share:percent} of the rows",
        ),
        near="The outcome is missing for {missing_share:percent} of '{level}'",
        open="Too little data to determine whether outcomes are missing by group",
        clear="Outcomes are recorded for all groups alike",
    ),
    needs=(TARGET, GROUPS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="not_run",
    measures=quantities("missing_share", "missing_difference", "p_adjusted"),
)
def label_missing_by_group(evidence: Evidence, use: UseCase, *, max_missing: float = 0.5) -> Iterator[Finding | Record]:
    """The outcome is not recorded for many people, or for more of one group than of another.

    How it is measured: First, the share of all rows without an outcome. It is a finding above `max_missing` (a half),
    and near the threshold above half of that. Second, the share of each group's rows without one, against that of the
    largest group, with Newcombe's interval of the difference. A finding needs 5 points or more with p below 0.05,
    Holm-adjusted over the groups of all columns. No issue is found only where the whole interval lies within 5 points.

    Why it matters: Rates describe only people with a known outcome. Where refusals of one group are left blank, its
    rate seems normal, and is not.

    What to do: Find out why the outcomes are missing, and record them, before any rate is compared.

    Source: Newcombe 1998; the half, as in FIT003, and the 5 points are judgement.
    """
    tally = evidence.tally
    yield from _amount(evidence, max_missing)
    found: list[tuple[dict[str, str], Pair]] = []
    for group in tally.roles.groups:
        cells = [cell for cell in tally.cells(group) if cell.level is not None and cell.rows]
        if len(cells) < 2 or not any(cell.no_outcome for cell in cells):
            continue
        base = cells[0]
        names = {"target": evidence.target, "group": group, "reference": str(base.level)}
        by = of_no_outcome(evidence.tally, group, [str(cell.level) for cell in cells])
        theirs = base.no_outcome, base.rows
        found += [
            (
                {**names, "level": level},
                Pair(cell.no_outcome, cell.rows, *theirs, by[level], by[str(base.level)]),
            )
            for cell in cells[1:]
            for level in [str(cell.level)]
        ]
    for (subject, pair), p in zip(found, holm([equal_rates(pair).p for _, pair in found]), strict=True):
        yield _without_outcome(subject, pair, p, use)


def _amount(evidence: Evidence, many: float) -> Iterator[Finding]:
    """Return the finding that many rows have no outcome, or near to many; rates are those of the others only."""
    cells = evidence.tally.cells(evidence.tally.roles.groups[0])
    without, n = sum(cell.no_outcome for cell in cells), sum(cell.rows for cell in cells)
    state = states.amount(without / n, many / 2, many)
    if state is State.CLEAR:
        return
    yield Finding(
        state,
        {"target": evidence.target},
        SAYS("amount", target=evidence.target, without=without, n=n, rate=without / n, most=many),
        {"missing_share": Measure(without / n, without / n, without / n, n=n, limit=many)},
        remedy=SAYS("record_any", target=evidence.target),
    )


def _without_outcome(subject: dict[str, str], pair: Pair, p: float, use: UseCase) -> Finding:
    """Judge the shares without an outcome."""
    difference, total, limits = pair.rate - pair.rate_ref, pair.n + pair.n_ref, use.limits
    bounds = newcombe(pair, limits.alpha)
    state = states.differs(difference, bounds, p, limits.missing_share, limits.alpha)
    names = {name: subject[name] for name in ("group", "level", "reference")}
    return Finding(
        state,
        subject,
        _missing(names, pair, bounds, p),
        {
            "missing_share": Measure(pair.rate, *wilson(pair.sized.x, pair.sized.n), n=pair.n),
            "missing_difference": Measure(difference, *bounds, n=total, limit=limits.missing_share),
            "p_adjusted": Measure(p, n=total, limit=limits.alpha),
        },
        remedy=SAYS("record", **names),
        needs=_to_bound(names, pair, limits) if state is State.UNDETERMINED else (),
        settle=SAYS("ask", **names) if state is State.UNDETERMINED else None,
    )


def _to_bound(names: Mapping[str, str], pair: Pair, limits: Limits) -> tuple[Need, ...]:
    """Return the rows with which equal shares would be shown to differ by less than the threshold."""
    purpose = SAYS("purpose", most=100 * limits.missing_share)
    rows = rows_to_bound(pair, limits.missing_share, limits.alpha, limits.power)
    return tuple(
        need
        for name, n in zip(("level", "reference"), rows, strict=True)
        for need in needed(names["group"], names[name], n, purpose)
    )


def _missing(names: Mapping[str, str], pair: Pair, bounds: Interval, p: float) -> Sentence:
    return SAYS(
        "missing",
        **names,
        without=pair.x,
        n=pair.n,
        rate=pair.rate,
        rate_ref=pair.rate_ref,
        n_ref=pair.n_ref,
        difference=pair.rate - pair.rate_ref,
        bounds=bounds,
        p=p,
    )
