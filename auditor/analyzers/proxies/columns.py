"""Columns that are proxies for a group: PRX001."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.proxies.candidates import Candidate, candidates
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

LINK = 0.1  # Cramér's V from which a column counts as linked with the group
SURELY = 1 + normal(0.9) / normal(
    0.975
)  # times an interval's reach: it lies within that of a gap of 0 in 4 of 5 data sets

SAYS = Says(
    link="'{column}' {opening} {group}. It explains {explained:fixed 1}% of the variation in {group} (Theil's U, less "
    "chance; Cramér's V {v:fixed 3}).",
    alone="Used alone, without {group}, it reproduces a gap of {carried:points} points "
    "{carried_bounds:points_interval} for '{level}' against '{reference}'; the raw gap is {raw:points} points "
    "{raw_bounds:points_interval}.",
    tests="For both links, with {group} and with the outcome, {p:p} (Benjamini-Hochberg); within the groups "
    "{within_p:p}.",
    transmits="It transmits the gap.",
    no_effect="Little or no effect on the gap was found.",
    headline="'{column}' identifies {group}",
    alias="Each of its values belongs to one group only, so it identifies {group}.",
    too="It is a group column too.",
    offset="It offsets the gap. Without it the gap would be wider, not narrower.",
    watch="Monitor the columns that are linked with {group} and have little or no effect on the gap here (PRX001 "
    "lists them).",
    leave_out="Leave '{column}' out of the model, or justify in writing that the task needs it.",
    open="{columns:listed} may reproduce {points:number} point{points:s} or more of a gap of {group}. "
    "The widest interval is that of '{column}', {carried:points} points {carried_bounds:points_interval} for '{level}' "
    "against '{reference}'.",
    rows="Collect rows with '{group}' and the outcome recorded, about {n:people} in all: they would show that no gap "
    "of {group} is reproduced by {columns:listed}, if that is so.",
    leave_open="Leave {columns:listed} out of the model.",
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
        """The gap that it reproduces for that level."""
        return self.of.carried[self.level]


@rule(
    "PRX001",
    "proxy-feature",
    asks=Ask(
        "Remove or justify proxy columns",
        "model team",
        "the AUC is at most 0.556 without them",
        ("column",),
    ),
    headlines=Headlines(
        found=("'{column}' is a proxy for {group}: alone it reproduces {carried_gap:gap} points of the gap",),
        near="'{column}' is linked with {group}; little or no effect on the gap was found",
        open=(
            "Too little data to determine whether '{column}' reproduces a gap of {group}",
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
    """A column is a proxy for a group and reproduces its gap: a model without the group would repeat it.

    How it is measured: The link of every column with the group is measured by the bias-corrected Cramér's V and by
    Theil's U, the share of the variation in the group that the column explains, less what chance gives. Other group
    columns are included, and features derived from columns: hour, weekday, month and year of dates, the first
    characters of codes, length, capitals and punctuation of texts, as masked. Numbers are in bins; missing is a level
    of its own. The p is that of chi-square, or of drawn tables with the same margins where few rows are expected in the
    cells. The carried gap is the gap in points that this column alone reproduces, used without the group; it is
    leave-one-out, with its closed-form standard error. A column transmits the gap when three conditions hold. The
    carried gap is at least `carried_points` and a tenth of the raw gap. Its interval excludes 0. Both links, with group
    and with outcome, are significant (the larger p, Benjamini-Hochberg over the columns, below 0.05). For a column that
    identifies the group, the group's own link with the outcome is taken. Where the same is true but the carried gap has
    the opposite sign of the raw gap, whose interval excludes 0, the column offsets the gap: it is reported, and is not
    a fault. Of several groups, one whose gap the column transmits comes first. A proxy without an effect on the gap has
    a V of 0.1 or more and a link with a p below 0.025 (Benjamini-Hochberg); one that identifies the group is found all
    the same. The test within the groups (CMH) is given beside it and never clears a column, as a model without the
    group uses the link across groups. No issue is found in columns whose carried gap lies with its whole interval, for
    every group, within `carried_points` or a tenth of the raw gap; the others are inconclusive.

    Why it matters: Removing the group's column changes nothing while its proxies are there.

    What to do: Leave a proxy that transmits the gap out, or justify it as needed for the task; then check what the
    other columns still predict. Note which columns offset the gap: without them it would be wider.

    Source: Bergsma 2013 (V); Theil 1970, Vinh, Epps and Bailey 2010 (U); Patefield 1981 (drawn tables); Kitagawa 1955
    and leave-one-out for the carried gap; Benjamini and Hochberg 1995; the point and the tenth are judgement.
    """
    tally = evidence.tally
    yield from columns_unchecked(tally, use, "be a proxy", read=evidence.vectors)
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
    level = _judged_level(column, kinds)
    kind = kinds[level]
    if kind is None:
        leaks = (math.isnan(column.v) or column.v >= LINK) and link_q < alpha / 2
        kind = ProxyKind.NONE if not leaks else ProxyKind.ALIAS if column.names else ProxyKind.LEAK
    # A fault, or an offset, has its finding; a link without an effect on the gap still needs one.
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
    """Return the least part of a gap that a proxy transmits: a number of points, and a tenth of the gap."""
    return max(least, abs(raw.rate - raw.rate_ref) / 10)


def _carries(carried: Carried, raw: Pair, least: float) -> ProxyKind | None:
    """Return whether a column whose links hold transmits the gap of a level, or offsets it; None for neither.

    It offsets only a gap whose direction is known; without one, the gap that it reproduces is the only known one.
    """
    known = newcombe(raw, 0.05)
    off_zero = not carried.interval.low <= 0 <= carried.interval.high
    if not (off_zero and abs(carried.gap) >= _limit(raw, least)):
        return None
    against = known.high < 0 < carried.gap or carried.gap < 0 < known.low
    return ProxyKind.OFFSET if against else ProxyKind.CARRIER


def _judged_level(column: Candidate, kinds: Mapping[str, ProxyKind | None]) -> str:
    """Return the level that a column is judged by: the widest of those whose gap it transmits, else offsets, else all.

    What it offsets for one level must not hide what it transmits for another.
    """
    for kind in (ProxyKind.CARRIER, ProxyKind.OFFSET, None):
        if of := [level for level, found in kinds.items() if found is kind]:
            return max(of, key=lambda level: abs(column.carried[level].gap))
    raise AssertionError("a column is compared for one level at least")


OPENING = {
    ProxyKind.CARRIER: "is a proxy for",
    ProxyKind.ALIAS: "is a proxy for",
    ProxyKind.LEAK: "is linked with",
    ProxyKind.OFFSET: "is linked with",
}
EFFECTS = {
    ProxyKind.CARRIER: "transmits",
    ProxyKind.ALIAS: "no_effect",
    ProxyKind.LEAK: "no_effect",
    ProxyKind.OFFSET: "offset",
}


def _finding(one: _Judged, group: str, reference: str, alpha: float, least: float) -> Finding:
    column, kind, carried, raw, total = one.of, one.kind, one.carried, one.raw, one.of.total
    subject = {"group": group, "level": one.level, "reference": reference, "column": column.name}
    gap, bounds = raw.rate - raw.rate_ref, newcombe(raw, alpha)
    said = SAYS(
        "link",
        "alone",
        EFFECTS[kind],
        "alias" if column.names and kind is not ProxyKind.OFFSET else "",
        "tests",
        "too" if column.is_group else "",
        **subject,
        opening=OPENING[kind],
        v=column.v,
        explained=100 * column.u,
        carried=carried.gap,
        carried_bounds=carried.interval,
        raw=gap,
        raw_bounds=bounds,
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
        headline=str(SAYS("headline", **subject)) if kind is ProxyKind.ALIAS else "",
    )


def _open(unsure: Sequence[_Judged], group: str, reference: str, least: float) -> Finding:
    """Return the finding on columns whose effect on the gap is inconclusive, and what would settle it."""
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
        settle=SAYS("rows" if n else "leave_open", n=n, columns=columns, group=group),
    )


def _remedy(kind: ProxyKind, **facts: str) -> str | None:
    key = "" if kind is ProxyKind.OFFSET else "watch" if kind is ProxyKind.LEAK else "leave_out"
    return SAYS(key, **facts) or None
