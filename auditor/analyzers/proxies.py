"""Columns that are proxies for a group: PRX001."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.candidates import Candidate, candidates
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.suppressed import LEVELS
from auditor.analyzers.unchecked import columns_unchecked
from auditor.counts.effects import of_rates
from auditor.model import Finding, Measure, ProxyKind, Severity
from auditor.stats.association import Carried
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe
from auditor.stats.tails import benjamini_hochberg, normal
from auditor.use.says import Says
from auditor.use.usecase import UseCase

LINK = 0.1  # Cramér's V from which a column is said to leak the group
SURELY = 1 + normal(0.9) / normal(
    0.975
)  # times an interval's reach: it lies within that of a gap of 0 in 4 of 5 data sets

SAYS = Says(
    proxy="'{column}' {opening} {group}: Cramér's V {v:fixed 3}, and it explains {told:fixed 1}% of the variation in "
    "{group} (Theil's U, less chance). Used alone, blind to the group, it gives '{level}' {carried:points} points "
    "against '{reference}' {carried_bounds:points_interval}; the raw gap is {raw:points} {raw_bounds:points_interval}: "
    "{kind} ({p:p}, both links, Benjamini-Hochberg; within the groups {within_p:p}).",
    alias="It names {group} outright: each of its values belongs to one group alone, as if given out by group.",
    too="It is a group column too.",
    offset="It runs against the gap: without it the gap would be wider, not narrower.",
    watch="Watch the columns that are linked with {group} and carry no gap here (PRX001 lists them).",
    leave_out="Leave '{column}' out of what a model sees, or justify in writing that the task needs it.",
    open="Cannot tell whether {columns:listed} would carry {points:number} point{points:s} or more of a gap between "
    "groups of {group}: the widest, of '{column}', is {carried:points} points {carried_bounds:points_interval} for "
    "'{level}' against '{reference}'.",
    rows="About {n:people} rows with groups and outcomes, if the columns carry nothing.",
    leave_open="Leave {columns:listed} out of what a model sees.",
)


@dataclass(frozen=True)
class _Judged:
    """A candidate as it is judged: by one level against the reference, with p-values adjusted over all columns."""

    of: Candidate
    kind: ProxyKind
    level: str
    raw: Pair
    q: float
    cleared: bool

    @property
    def carried(self) -> Carried:
        """The gap that it carries for that level."""
        return self.of.carried[self.level]


@rule(
    "PRX001",
    "proxy-feature",
    asks=Ask(
        "Remove or justify proxy columns",
        "model team",
        "PRX003 finds an AUC of at most 0.556 without them",
        ("column",),
    ),
    headlines=Headlines(
        found=("'{column}' is a proxy for {group}: alone it reproduces {carried_gap:gap} points of the gap",),
        near="'{column}' is linked with {group}; no effect on the gap was found",
        open=(
            "Too little data to say whether '{column}' reproduces a gap of {group}",
            "Too little data to rule out proxies for {group}",
        ),
        clear=(
            "'{column}' offsets the gap of {group}",
            "No column reproduces a gap of {group}",
        ),
    ),
    needs=(GROUPS, TARGET),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    columns=LEVELS,
    measures=quantities("cramers_v", "theils_u", "carried_gap", "raw_gap", "q", "within_p"),
)
def proxy_feature(evidence: Evidence, use: UseCase, *, carried_points: float = 1.0) -> Iterator[Finding | Record]:
    """A column is a proxy for a group and reproduces its gap: a model that never sees the group would repeat it.

    How it is measured: The link of every column with the group by the bias-corrected Cramér's V and Theil's U (the
    share of what there is to know about the group that the column tells, less what chance gives): other group columns,
    and what is derived from columns, are among them (hour, weekday, month and year of dates, the first characters of
    codes, length, capitals and punctuation of texts, as masked); numbers in bins, missing a level of its own. Their p
    is chi-square's, or that of drawn tables with the same margins where few rows are to be expected in the cells. The
    carried gap is the gap in points that a lookup of this column alone, blind to the group, reproduces; leave-one-out,
    with its closed-form standard error. A column is a carrier when the carried gap is at least `carried_points` and a
    tenth of the raw gap, its interval excludes 0, and both links, with group and with outcome, hold (the larger p,
    Benjamini-Hochberg over the columns, below 0.05); of a column that names the group outright the group's own link
    with the outcome is taken. Where the same is true but the carried gap runs against the raw gap, whose interval
    excludes 0, the column offsets the gap: it is reported, and is no fault. Of several groups, one whose gap the column
    carries comes first. It leaks without carrying when V is 0.1 or more, the link has a p below 0.025
    (Benjamini-Hochberg), and it neither carries nor offsets; one that names the group outright is shown all the same.
    The test within the groups (CMH) stands beside it and never clears: a blind model uses the link across groups. Clear
    are columns whose carried gap lies with its whole interval, for every group, within `carried_points` or a tenth of
    the raw gap; of the others it cannot be told.

    Why it matters: Taking the group's column out changes nothing while its proxies are there.

    What to do: Leave a carrier out, or justify it as needed for the task; then ask what the other columns still tell.
    Keep in mind what offsets the gap: without it the gap would be wider.

    Source: Bergsma 2013 (V); Theil 1970, Vinh, Epps and Bailey 2010 (U); Patefield 1981 (drawn tables); Kitagawa 1955
    and leave-one-out for the carried gap; Benjamini and Hochberg 1995; the point and the tenth are judgement.
    """
    tally = evidence.tally
    yield from columns_unchecked(tally, use, "be a proxy")
    compared = False
    for group, totals, reference in tally.comparable(use):
        columns = list(candidates(tally, group, reference, list(totals)))
        if not columns:
            continue
        compared = True
        both = benjamini_hochberg([column.p for column in columns])
        links = benjamini_hochberg([column.link_p for column in columns])
        by = {level: of_rates(tally, {group: level}) for level in totals}
        raws = {
            level: Pair(*totals[level], *totals[reference], by[level], by[reference])
            for level in totals
            if level != reference
        }
        judged = [
            _judged(column, (float(q), float(link)), raws, use.limits.alpha, carried_points / 100)
            for column, q, link in zip(columns, both, links, strict=True)
        ]
        for one in sorted(judged, key=lambda one: -abs(one.of.carried[one.of.widest].gap)):
            yield _record(one, group, reference)
            if one.kind is not ProxyKind.NONE:
                yield _finding(one, group, reference, use.limits.alpha, carried_points / 100)
        if unsure := [one for one in judged if not one.cleared]:
            yield _open(unsure, group, reference, carried_points / 100)
    if not compared:
        raise NotRun("no group column has two groups with outcomes, or no feature is left to compare")


def _judged(
    column: Candidate, adjusted: tuple[float, float], raws: Mapping[str, Pair], alpha: float, least: float
) -> _Judged:
    q, link_q = adjusted
    linked = q < alpha
    kinds = {level: _carries(of, raws[level], least) if linked else None for level, of in column.carried.items()}
    level = _told_of(column, kinds)
    kind = kinds[level]
    if kind is None:
        leaks = (math.isnan(column.v) or column.v >= LINK) and link_q < alpha / 2
        kind = ProxyKind.NONE if not leaks else ProxyKind.ALIAS if column.names else ProxyKind.LEAK
    # What is a fault, or runs against the gap, has its finding; a link that carries nothing yet is to be told of.
    found = kind not in (ProxyKind.NONE, ProxyKind.LEAK)
    within = [states.carries_nothing(of.interval, _limit(raws[name], least)) for name, of in column.carried.items()]
    return _Judged(column, kind, level, raws[level], q, found or all(within))


def _record(one: _Judged, group: str, reference: str) -> Record:
    column, carried, raw = one.of, one.carried, one.raw
    return {
        "group": group,
        "level": one.level,
        "reference": reference,
        "column": column.name,
        "kind": str(one.kind),
        "cramers_v": None if math.isnan(column.v) else column.v,
        "theils_u": column.u,
        "carried_gap": carried.gap,
        "low": carried.interval.low,
        "high": carried.interval.high,
        "raw_gap": raw.rate - raw.rate_ref,
        "q": one.q,
        "outcome_v": None if math.isnan(column.outcome_v) else column.outcome_v,
        "outcome_p": column.outcome_p,
        "within_p": column.within_p,
    }


def _limit(raw: Pair, least: float) -> float:
    """Return how much of a gap a column carries at least that is a carrier: a number of points, and a tenth of it."""
    return max(least, abs(raw.rate - raw.rate_ref) / 10)


def _carries(carried: Carried, raw: Pair, least: float) -> ProxyKind | None:
    """Return whether a column whose links hold carries the gap of a level, or runs against it; None for neither.

    It runs against a gap whose direction is known; else the gap that it carries is the only one that is.
    """
    known = newcombe(raw, 0.05)
    off_zero = not carried.interval.low <= 0 <= carried.interval.high
    if not (off_zero and abs(carried.gap) >= _limit(raw, least)):
        return None
    against = known.high < 0 < carried.gap or carried.gap < 0 < known.low
    return ProxyKind.OFFSET if against else ProxyKind.CARRIER


def _told_of(column: Candidate, kinds: Mapping[str, ProxyKind | None]) -> str:
    """Return the level that a column is judged by: the widest of those whose gap it carries, else offsets, else of all.

    What it offsets for one level must not hide what it carries for another.
    """
    for kind in (ProxyKind.CARRIER, ProxyKind.OFFSET, None):
        if of := [level for level, found in kinds.items() if found is kind]:
            return max(of, key=lambda level: abs(column.carried[level].gap))
    raise AssertionError("a column is compared for one level at least")


OPENING = {
    ProxyKind.CARRIER: "is a proxy for",
    ProxyKind.ALIAS: "is a proxy for",
    ProxyKind.LEAK: "says something about",
    ProxyKind.OFFSET: "is linked with",
}


def _finding(one: _Judged, group: str, reference: str, alpha: float, least: float) -> Finding:
    column, kind, carried, raw, total = one.of, one.kind, one.carried, one.raw, one.of.total
    subject = {"group": group, "level": one.level, "reference": reference, "column": column.name}
    gap, bounds = raw.rate - raw.rate_ref, newcombe(raw, alpha)
    said = SAYS(
        "proxy",
        "offset" if kind is ProxyKind.OFFSET else "alias" if column.names else "",
        "too" if column.is_group else "",
        **subject,
        opening=OPENING[kind],
        v=column.v,
        told=100 * column.u,
        carried=carried.gap,
        carried_bounds=carried.interval,
        raw=gap,
        raw_bounds=bounds,
        kind=kind.words,
        p=one.q,
        within_p=column.within_p,
    )
    return Finding(
        states.proxy(kind, carried.interval, least),
        subject,
        said,
        {
            "cramers_v": Measure(column.v, n=total, limit=LINK),
            "theils_u": Measure(column.u, n=total),
            "carried_gap": Measure(carried.gap, *carried.interval, n=total, limit=least),
            "raw_gap": Measure(gap, *bounds, n=raw.n + raw.n_ref),
            "q": Measure(one.q, n=total, limit=alpha),
            "within_p": Measure(column.within_p, n=total),
        },
        remedy=_remedy(kind, **subject),
    )


def _open(unsure: Sequence[_Judged], group: str, reference: str, least: float) -> Finding:
    """Say of which columns it cannot be told whether they carry the gap, and what would settle it."""
    found = [(one, level, of) for one in unsure for level, of in one.of.carried.items()]
    one, level, widest = max(found, key=lambda item: max(map(abs, item[2].interval)))
    columns = list(dict.fromkeys(one.of.name for one in unsure))
    reach = max((of.interval.high - of.interval.low) / 2 for _, _, of in found)
    more = (SURELY * reach / least) ** 2 if least else math.inf
    n = math.ceil(one.of.total * more) if 1 < more < math.inf else None
    return Finding(
        states.NOT_KNOWN,
        {"group": group, "level": level, "reference": reference},
        SAYS(
            "open",
            columns=columns,
            points=100 * least,
            group=group,
            column=one.of.name,
            carried=widest.gap,
            carried_bounds=widest.interval,
            level=level,
            reference=reference,
        ),
        settle=SAYS("rows" if n else "leave_open", n=n, columns=columns),
    )


def _remedy(kind: ProxyKind, **facts: str) -> str | None:
    key = "" if kind is ProxyKind.OFFSET else "watch" if kind is ProxyKind.LEAK else "leave_out"
    return SAYS(key, **facts) or None
