"""Columns that know too much, or keep silent about some: PRX004, LAB003."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.analyzers import states
from auditor.analyzers.blanks import Blanks, blanks, not_shown
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.suppressed import LEVELS, MISSING_VALUES
from auditor.analyzers.unchecked import columns_unchecked
from auditor.counts.effects import of_missing
from auditor.counts.leaks import (
    LEAST,
    MAX_AUC,
    MAX_ONE_SIDED,
    MAX_SHARE,
    MISSING,
    RECORDED,
    Limits,
    OneSided,
    Predictive,
    known_before,
    predictive,
)
from auditor.counts.tally import COUNT, LEVEL, Tally, plain_number
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import wilson
from auditor.use.nameable import named
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

LINK = 0.1  # Cramér's V from which a leak is said to be tied to a group

SAYS = Says(
    missing="'{column}' is missing for {rate:percent} of {n:people} with {group} '{level}', against {rate_ref:percent} "
    "of {n_ref:people} with '{reference}': {difference:points} points, {p:p} (Holm over {comparisons} comparisons).",
    record="Record '{column}' for everybody, or leave it out: its gaps tell {group}.",
    predicts="'{column}' alone predicts {>how}",
    nearly_predicts="'{column}' alone nearly predicts {>how}",
    how="'{target}': area under the curve {area:fixed 3} [{low:fixed 3}, {high:fixed 3}], and {explained:fixed 1}% "
    "of the outcome's entropy explained ({n:people} rows).",
    occurs="{values} occurs {>with_one}",
    occur="{values} occur {>with_one}",
    with_one="with the {outcome} outcome of '{target}' only, in {covers:percent} of its rows ({p:p}, exact).",
    open="Cannot tell whether {columns:listed} know the outcome: of '{column}' the area under the curve is "
    "{area:fixed 3} [{low:fixed 3}, {high:fixed 3}], of {n:people} rows.",
    more_rows="More rows with an outcome, {least:people} at least; or ask when {columns:listed} are written down.",
    by_groups="The groups explain that, so that it stays in the other rules.",
    tied="It is tied to {tied:each} too: if it is known before the decision, name it under [features] not_leaks so "
    "that it is judged as a proxy.",
    tie="{group} (Cramér's V {v:fixed 2})",
    leave_out="Leave '{column}' out of what a model sees, and ask when it is written down.",
    ask_when="Ask when '{column}' is written down: if after the decision, leave it out of what a model sees.",
)


@rule(
    "PRX004",
    "missingness-proxy",
    asks=Ask(
        "Find out why values are missing by group", "data owner", "the shares of missing values are alike", ("column",)
    ),
    headlines=Headlines(
        found="Missing values of '{column}' are associated with {group}: {missing_difference:gap} points for '{level}'",
        near="Missing values of '{column}' are associated with {group}",
        open="Too little data to say whether missing values of '{column}' are associated with {group}",
        clear="Missing values are not associated with {group}",
    ),
    needs=(GROUPS,),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    columns=MISSING_VALUES,
    measures=quantities("missing_share", "missing_difference", "p_adjusted"),
)
def missingness_proxy(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """Whose values are missing tells the group.

    How it is measured: For every column with missing values, the share missing in each group against the largest
    group, with Newcombe's interval; shown at 5 points or more with p below 0.05, Holm-adjusted over columns and groups.
    Clear only where the whole interval of each lies within 5 points; of the others it is said that it is open, with
    the widest interval and the rows that would narrow it. Where nothing is missing there is nothing to say.

    Why it matters: A model reads "not given" as a value. A question that is put to some, or left unanswered by some,
    stands in for them.

    What to do: Ask everybody or nobody; leave the column out, or fill the gaps by a rule blind to the group.

    Source: Newcombe 1998; the 5 points are judgement.
    """
    tally = evidence.tally
    keys: list[tuple[str, str, str]] = []
    pairs: list[tuple[str, Pair]] = []
    for group in tally.roles.groups:
        sizes = {cell.level: cell.rows for cell in tally.cells(group) if cell.level is not None and cell.rows}
        if len(sizes) < 2:
            continue
        base = max(sizes, key=lambda level: sizes[level])
        for name in (*tally.roles.features, *tally.roles.opaque):
            lost = _missing(tally, name, group)
            if lost and tally.missing_placed(name):
                others = [level for level in sizes if level != base]
                keys += [(group, level, base) for level in others]
                by, theirs = of_missing(tally, name, group, sizes), (lost.get(base, 0), sizes[base])
                pairs += [
                    (name, Pair(lost.get(level, 0), sizes[level], *theirs, by[level], by[base])) for level in others
                ]
    compared = blanks(pairs, use.limits)
    for (group, level, base), of in zip(keys, compared, strict=True):
        if of.state.found:
            yield _missing_by_group(of, group, level, base, len(pairs))
    for group, level, base in dict.fromkeys(keys):
        rest = [of for key, of in zip(keys, compared, strict=True) if key == (group, level, base)]
        subject = {"group": group, "level": level, "reference": base}
        if (said := not_shown(rest, subject, f"'{level}'", f"'{base}'", group)) is not None:
            yield said


def _missing_by_group(of: Blanks, group: str, level: str, base: str, comparisons: int) -> Finding:
    """Say of which group the values of a column are missing more."""
    pair = of.pair
    return Finding(
        of.state,
        {"column": of.column, "group": group, "level": level, "reference": base},
        SAYS(
            "missing",
            column=of.column,
            group=group,
            level=level,
            reference=base,
            rate=pair.rate,
            n=pair.n,
            rate_ref=pair.rate_ref,
            n_ref=pair.n_ref,
            difference=of.difference,
            p=of.p,
            comparisons=comparisons,
        ),
        {"missing_share": Measure(pair.rate, *wilson(pair.sized.x, pair.sized.n), n=pair.n), **of.measures},
        remedy=SAYS("record", column=of.column, group=group),
    )


def _missing(tally: Tally, name: str, group: str) -> dict[str, float]:
    """Return the rows of each group without a value; empty where the column has one for every row."""
    frame = next(frame for key, frame in tally.columns[name].tables.items() if group in key)
    lost: dict[str, float] = {}
    for level, of, n in zip(frame[LEVEL], frame[group], frame[COUNT], strict=True):
        if not isinstance(level, str) and isinstance(of, str):
            lost[of] = lost.get(of, 0) + plain_number(n)
    return lost


@rule(
    "LAB003",
    "target-leak",
    asks=Ask(
        "Remove columns that are recorded after the outcome",
        "data owner",
        "no column predicts the outcome almost perfectly",
        ("column",),
    ),
    headlines=Headlines(
        found=("Target leakage: '{column}' predicts the outcome almost perfectly",),
        near="Possible target leakage: '{column}' predicts the outcome",
        open="Too little data to rule out target leakage of '{column}'",
        clear="No column predicts the outcome almost perfectly",
    ),
    needs=(TARGET,),
    units="counts",
    severity=Severity.BLOCK,
    suppressed="rest",
    columns=LEVELS,
    measures=quantities("auc", "theils_u", "one_sided_share"),
)
def target_leak(
    evidence: Evidence,
    use: UseCase,
    *,
    max_auc: float = MAX_AUC,
    max_share: float = MAX_SHARE,
    max_one_sided: float = MAX_ONE_SIDED,
) -> Iterator[Finding | Record]:
    """A column knows the outcome: it was written down after the decision, or is the decision.

    How it is measured: The area under the curve of predicting each row's outcome by the rate of the other rows at the
    same level of the column alone, or of what is derived from it as in PRX001 (numbers in bins), with DeLong's
    interval; Theil's U, the share of the outcome's entropy that it explains, less what chance gives; and the values, a
    missing one too, that occur with one outcome only, with the share of that outcome's rows that have them. A value
    counts as one-sided when the exact chance that so many rows of its groups hold none of the other outcome, times the
    values that are asked about, is under 0.001. Shown at an area of `max_auc`, a U of `max_share` with an area of 0.9,
    or a share of `max_one_sided`, in 30 rows or more; near the limit, as what tells a part of the outcomes, at an area
    of 0.9 or a share of 0.4. Clear where the area's interval lies below `max_auc`. Leaks are judged first, and all
    other rules about columns leave them out; one whose link with the outcome the groups explain stays in. A stratum
    with a reason, and what the use names under [features] not_leaks, is not judged.

    Why it matters: A model that sees the column looks perfect, and is useless where the decision is yet to be made.

    What to do: Leave the column out, and ask when each column is known.

    Source: Kaufman, Rosset and Perlich 2012, ACM TKDD 6 (leakage); DeLong, DeLong and Clarke-Pearson 1988 (interval);
    the limits are judgement.
    """
    tally = evidence.tally
    limits = Limits(max_auc, max_share, max_one_sided)
    known = known_before(tally, use)
    asked = [name for name in (*tally.roles.leaks, *tally.features()) if name not in known]
    unsure = []
    for of in predictive(tally, [*asked, *tally.roles.groups]):
        if of.leaks(limits):
            yield _leak(of, states.PRESENT, tally, limits)
        elif of.near() and of.column in asked:
            yield _leak(of, states.NEAR, tally, limits)
        elif of.column in asked and not states.tells_little(of.auc.interval, limits.max_auc, of.n, LEAST):
            unsure.append(of)
    if unsure:
        yield _open(unsure, str(tally.roles.target), limits)
    yield from columns_unchecked(tally, use, "know the outcome")


def _leak(of: Predictive, state: State, tally: Tally, limits: Limits) -> Finding:
    measures = {
        "auc": Measure(of.auc.value, *of.auc.interval, n=of.n, limit=limits.max_auc),
        "theils_u": Measure(of.share, n=of.n, limit=limits.max_share),
    }
    if of.one_sided:
        measures["one_sided_share"] = Measure(of.one_sided.covers, n=of.n, limit=limits.max_one_sided)
    return Finding(
        state,
        {"target": str(tally.roles.target), "column": of.column},
        _leak_said(of, state, tally),
        measures,
        remedy=SAYS("leave_out" if state.found else "ask_when", column=of.column),
    )


def _open(unsure: Sequence[Predictive], target: str, limits: Limits) -> Finding:
    """Say of which columns it cannot be told whether they know the outcome."""
    widest = max(unsure, key=lambda of: of.auc.interval.high)
    columns, (low, high) = [of.column for of in unsure], widest.auc.interval
    return Finding(
        states.NOT_KNOWN,
        {"target": target, "column": widest.column},
        SAYS("open", columns=columns, column=widest.column, area=widest.auc.value, low=low, high=high, n=widest.n),
        {"auc": Measure(widest.auc.value, low, high, n=widest.n, limit=limits.max_auc)},
        settle=SAYS("more_rows", least=LEAST, columns=columns),
    )


def _leak_said(of: Predictive, state: State, tally: Tally) -> Sentence:
    """Say how much a column tells of the outcome, and how that comes about."""
    target = str(tally.roles.target)
    aside = of.column in tally.roles.leaks
    tied = [SAYS("tie", group=group, v=v) for group, v in of.links.items() if v >= LINK]
    told = SAYS(
        "predicts" if state.found else "nearly_predicts",
        column=of.column,
        target=target,
        area=of.auc.value,
        low=of.auc.interval.low,
        high=of.auc.interval.high,
        explained=100 * of.share,
        n=of.n,
    )
    by_groups, known = "" if of.apart else "by_groups", "tied" if tied and aside else ""
    return together(told, _only(of.one_sided, target), SAYS(by_groups, known, tied=tied))


def _only(one: OneSided | None, target: str) -> str:
    """Say which values occur with one outcome only."""
    if one is None:
        return ""
    values = "A missing value" if one.values == (MISSING,) else "Any value" if one.values == (RECORDED,) else None
    return SAYS(
        "occurs" if len(one.values) == 1 else "occur",
        values=values or named(one.values, 5, quotes=True),
        outcome="favourable" if one.favourable else "other",
        target=target,
        covers=one.covers,
        p=one.p,
    )
