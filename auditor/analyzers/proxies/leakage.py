"""Columns that leak the outcome, or whose missing values are associated with a group: PRX004, LAB003."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.analyzers import states
from auditor.analyzers.blanks import Blanks, blanks, not_shown, with_blanks
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.suppressed import LEVELS, MISSING_VALUES
from auditor.analyzers.unchecked import columns_unchecked
from auditor.counts.columns import plain_number
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
from auditor.counts.names import COUNT, LEVEL
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import wilson
from auditor.use.nameable import named
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

LINK = 0.1  # Cramér's V from which a leak is reported as linked with a group
ROWS_A_DIMENSION = 10  # of vectors, from which on a linear model of a leak would come close to its AUC

SAYS = Says(
    missing="'{column}' is missing {>by_group}",
    no_vector="'{column}' has no usable vector {>by_group}",
    by_group="for {rate:percent} of {n:people} with {group} '{level}' and for {rate_ref:percent} of {n_ref:people} "
    "with '{reference}'. The difference is {difference:points} points ({p:p}, Holm over {comparisons} comparisons).",
    record="Record '{column}' for all groups, or leave it out. Its missing values are associated with {group}.",
    predicts="'{column}' alone predicts {>how}",
    nearly_predicts="'{column}' alone nearly predicts {>how}",
    how="'{target}', with an AUC of {area:fixed 3} [{low:fixed 3}, {high:fixed 3}] ({n:people} row{n:s}). It explains "
    "{explained:fixed 1}% of the outcome's entropy.",
    occurs="{values} occurs {>with_one}",
    occur="{values} occur {>with_one}",
    with_one="only with the {outcome} outcome of '{target}', in {covers:percent} of the rows with that outcome ({p:p}, "
    "exact).",
    open="Inconclusive. Target leakage of {columns:listed} cannot be ruled out. The AUC of '{column}' is "
    "{area:fixed 3} [{low:fixed 3}, {high:fixed 3}], from {n:people} row{n:s}.",
    more_rows="Collect more rows with an outcome, at least {least:people}, or find out when {columns:listed} are "
    "recorded.",
    by_groups="The groups explain this link, so the other rules keep the column.",
    tied="It is also linked with {tied:each}. If it is known before the decision, name it under [features] not_leaks, "
    "and it is judged as a proxy.",
    tie="{group} (Cramér's V {v:fixed 2})",
    leave_out="Leave '{column}' out of the model, and find out when it is recorded.",
    ask_when="Find out when '{column}' is recorded. If that is after the decision, leave it out of the model.",
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
        open="Too little data to determine whether missing values of '{column}' are associated with {group}",
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
    """Missing values are associated with the group.

    How it is measured: For every column with missing values, the share missing in each group against the largest
    group, with Newcombe's interval. A finding needs 5 points or more with p below 0.05, Holm-adjusted over columns and
    groups. No issue is found only where the whole interval of each lies within 5 points. The other columns are
    inconclusive, with the widest interval and the rows that would narrow it. Columns without missing values are not
    reported. A vector of another length than most, with a number that is not finite, or of zeros alone is missing too.

    Why it matters: A model treats "not given" as a value. A question that only some people are asked, or that some
    leave unanswered, becomes a proxy for them.

    What to do: Ask everyone or no one; leave the column out, or fill in missing values by a rule that does not use the
    group.

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
        for name in with_blanks(tally):
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
            key = "no_vector" if of.column in tally.roles.vectors else "missing"
            yield _missing_by_group(of, key, group, level, base, len(pairs))
    for group, level, base in dict.fromkeys(keys):
        rest = [of for key, of in zip(keys, compared, strict=True) if key == (group, level, base)]
        subject = {"group": group, "level": level, "reference": base}
        if (said := not_shown(rest, subject, f"'{level}'", f"'{base}'", group)) is not None:
            yield said


def _missing_by_group(of: Blanks, key: str, group: str, level: str, base: str, comparisons: int) -> Finding:
    """Return the finding on a group whose values of a column are missing more often."""
    pair = of.pair
    return Finding(
        of.state,
        {"column": of.column, "group": group, "level": level, "reference": base},
        SAYS(
            key,
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
    """Target leakage: a column was recorded after the decision, or is the decision.

    How it is measured: Three measures of each column alone, or of what is derived from it as in PRX001 (numbers in
    bins). First, the AUC of predicting each row's outcome by the rate of the other rows at the same level, with
    DeLong's interval. Second, Theil's U, the share of the outcome's entropy that it explains, less what chance gives.
    Third, the values, a missing one too, that occur with one outcome only, with the share of that outcome's rows that
    have them. A value counts as one-sided when chance hardly explains it: the exact probability that so many rows of
    its groups have only one outcome, times the number of values examined, is under 0.001. A finding needs an AUC of
    `max_auc`, a U of `max_share` with an AUC of 0.9, or a share of `max_one_sided`, in 30 rows or more. An AUC of 0.9
    or a share of 0.4 is near the threshold, as such a column predicts a part of the outcomes. No issue is found where
    the AUC's interval lies below `max_auc`. Leaks are judged first, and all other rules about columns leave them out;
    one whose link with the outcome is explained by the groups stays in. A stratum with a reason, and what the use names
    under [features] not_leaks, is not judged.

    Why it matters: A model with the column seems perfect, and is useless where the decision is yet to be made.

    What to do: Leave the column out, and ask when each column is known.

    Source: Kaufman, Rosset and Perlich 2012, ACM TKDD 6 (leakage); DeLong, DeLong and Clarke-Pearson 1988 (interval);
    the thresholds are judgement.
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
    yield from columns_unchecked(tally, use, "leak the outcome", read=_vectors_read(evidence, limits))


def _vectors_read(evidence: Evidence, limits: Limits) -> list[str]:
    """Return the columns of vectors from which models predict the outcome surely less well than a leak would."""
    found = []
    for name, study in evidence.vectors.items():
        areas = study.outcome_areas()
        enough = study.rows >= ROWS_A_DIMENSION * study.dimensions
        if areas and enough and all(states.tells_little(a.interval, limits.max_auc, study.rows, LEAST) for a in areas):
            found.append(name)
    return found


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
    """Return the finding on columns whose target leakage is inconclusive."""
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
    """State how well a column predicts the outcome, and why."""
    target = str(tally.roles.target)
    aside = of.column in tally.roles.leaks
    tied = [SAYS("tie", group=group, v=v) for group, v in of.links.items() if v >= LINK]
    link = SAYS(
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
    return together(link, _only(of.one_sided, target), SAYS(by_groups, known, tied=tied))


def _only(one: OneSided | None, target: str) -> str:
    """Name the values that occur with one outcome only."""
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
