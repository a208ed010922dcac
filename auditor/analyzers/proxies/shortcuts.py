"""Columns that should not matter, and predict the outcome all the same: PRX005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import INCIDENTAL, TARGET, Supply
from auditor.analyzers.proxies.held_out import held_measures, held_out, held_said
from auditor.analyzers.suppressed import LEVELS
from auditor.counts.shortcuts import Shortcut, incidental, shortcuts
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval
from auditor.stats.tails import benjamini_hochberg
from auditor.use.images import is_property
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.implied import Implied

GUESSING = 0.5
LEAK, STRONG = 0.556, 0.638  # areas of Cohen's d of 0.2 and 0.5

SAYS = Says(
    alone="'{column}' should not matter for '{target}'. Alone it predicts it with an AUC of {area:fixed 3} "
    "[{low:fixed 3}, {high:fixed 3}] from {n:people} row{n:s} (0.5 is chance, {p:p}).",
    within="Among people of one group ({groups:ands}) the AUC is {inside:fixed 3} [{inside_low:fixed 3}, "
    "{inside_high:fixed 3}].",
    by_groups="So the groups may explain the link.",
    learn="A model can learn '{column}' in place of what matters.",
    near="That is better than chance, but below the threshold of {leak:number}.",
    implied="A model of {others:people} other column{others:s} predicts {what} with an AUC of {area_of_it:fixed 3} "
    "[{low_of_it:fixed 3}, {high_of_it:fixed 3}] among rows of one outcome. So leaving '{column}' out is not enough.",
    not_implied="A model of {others:people} other column{others:s} does not predict it among rows of one outcome (AUC "
    "{area_of_it:fixed 3} [{low_of_it:fixed 3}, {high_of_it:fixed 3}]).",
    what="'{column}' = '{level}'",
    what_larger="the larger half of '{column}'",
    leaked="LAB003 shows that it leaks the outcome.",
    open="Inconclusive for {columns:listed}. The highest upper bound is that of '{column}', with an AUC of "
    "{area:fixed 3} [{low:fixed 3}, {high:fixed 3}].",
    uncounted="'{column}' was not examined. It is the {role} column, and its values were not counted.",
    leave_out="Leave '{column}' out of the model, and collect both outcomes at each of its values. Then test the model "
    "on a value that it did not learn from.",
    even_out="A model of the images can read '{column}'. Collect images of both outcomes that are alike in it, or make "
    "them so before training. Then test the model on images in which the link is turned round.",
    more_rows="Collect more rows with an outcome, until the whole interval is below {leak:number}.",
    no_role="Name '{column}' as incidental alone, and audit again.",
)


@dataclass(frozen=True)
class _Judged:
    """A column with its p-value, adjusted over the columns, its state, and the bounds at its part of alpha."""

    of: Shortcut
    q: float
    state: State
    bounds: Interval


@rule(
    "PRX005",
    "shortcut",
    asks=Ask(
        "Break the link between the outcome and columns that should not matter",
        "data owner",
        "the AUC of each such column is below 0.556",
        ("column",),
    ),
    headlines=Headlines(
        found="'{column}' should not matter, but predicts the outcome: AUC {auc:fixed 2} (0.5 is chance)",
        near="'{column}' should not matter, and predicts the outcome weakly: AUC {auc:fixed 2}",
        open="Too little data to rule out shortcuts such as '{column}'",
        clear="No column that should not matter predicts the outcome",
    ),
    needs=(TARGET, INCIDENTAL),
    wants=(Supply.MODELS, Supply.VECTOR_MODELS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    columns=LEVELS,
    measures=quantities(
        "auc", "auc_within_groups", "auc_from_others", "auc_within_values", "auc_held_out", "held_out_drop", "q"
    ),
    leading={"auc": "AUC of a column that should not matter (0.5 is chance)"},
)
def shortcut(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = STRONG
) -> Iterator[Finding | Record]:
    """A column that should not matter predicts the outcome: a model would learn the site or the light, not the case.

    How it is measured: Columns that should not matter are those that the use names under [features] incidental, what is
    derived from them as in PRX001, and the properties of images. For each one alone the outcome of each row is
    predicted by the rate of the other rows at the same value; numbers are in bins, and a missing value is one. The AUC
    is the probability that a random favourable row is ranked above a random other one. 0.5 is chance, also where nearly
    all rows have one outcome, so the baseline is not an accuracy. Its interval is DeLong's with the error times the
    root of two, since every two rows of a value are judged by each other. Its upper end is that of the middle between
    this AUC and the one of all rows by their own rates, as a rate that was learned falls short of the best. It shares
    alpha among the columns, and is wider where people recur. The AUC among people of one group is beside it: of the
    same rates, over pairs of people of the same group. If it is lower, the groups explain a part of the link. Of a
    stated column that is found, a model (as in PRX002) predicts its commonest values from the other columns, over pairs
    of rows of one outcome. Where it can, leaving the column out is not enough. Its commonest values (at most 8, with 25
    rows of both outcomes) are then held out one by one. A logistic regression of the other columns predicts the outcome
    there, once from rows of other values, and once from as many rows of the same value in other folds. So does a linear
    discriminant of vectors, where there are some; the better one within values is reported. The drop has DeLong's error
    of a difference, larger for the cross-fitted part. From five values on its mean is given with values as units
    (Student's t). Of fewer it is the largest, at the part of alpha of one, and other values stay inconclusive.
    A finding needs three things: an AUC of `leak_auc`, its interval above 0.5, and a chi-square test of column and
    outcome with p below 0.05 (Benjamini-Hochberg over the columns). Evidence is strong from a lower bound of
    `strong_auc`. No issue is found when the upper bound of every column is under `leak_auc`. The others are
    inconclusive.

    Why it matters: Networks have learned which hospital took an X-ray, or the snow behind a wolf, in place of what they
    were to see. Such a model works on data like these, and fails elsewhere.

    What to do: Leave the column out, or make images alike in it. Collect both outcomes at each value, and test the
    model on a value that it did not learn from.

    Source: Geirhos and others 2020, Nature Machine Intelligence 2 (shortcuts); Zech and others 2018, PLOS Medicine 15
    (hospitals); Ribeiro, Singh and Guestrin 2016 (snow); DeLong, DeLong and Clarke-Pearson 1988 (intervals); Benjamini
    and Hochberg 1995; 0.556 and 0.638 are Cohen's d of 0.2 and 0.5.
    """
    tally = evidence.tally
    named = incidental(tally, use)
    found = list(shortcuts(tally, [name for name in named if _is_counted(tally, name)]))
    uncounted = [name for name in named if not _is_counted(tally, name)]
    if not found and not uncounted:
        raise NotRun("no column that should not matter has two values, or there is one outcome only")
    alpha = use.limits.alpha / max(1, len(found))
    adjusted = benjamini_hochberg([of.p for of in found])
    judged = [
        _Judged(
            of,
            float(q),
            states.shortcut(of.alone.value, of.bounds(alpha), float(q), use.limits.alpha, (leak_auc, strong_auc)),
            of.bounds(alpha),
        )
        for of, q in zip(found, adjusted, strict=True)
    ]
    for one in sorted(judged, key=lambda one: -one.of.alone.value):
        yield _record(one)
        if one.state.found or one.state is states.NEAR:
            yield _finding(one, evidence, leak_auc, alpha)
    if unsure := [one for one in judged if one.state is states.NOT_KNOWN]:
        yield _open(unsure, evidence.target, leak_auc)
    for name in uncounted:
        yield Finding(
            states.NOT_KNOWN,
            {"target": evidence.target, "column": name},
            SAYS("uncounted", column=name, role=tally.roles.of(name)),
            settle=SAYS("no_role", column=name),
        )


def _is_counted(tally: Tally, name: str) -> bool:
    """Whether the values of a column were counted by outcome."""
    roles = tally.roles
    return name not in (*roles.units, *roles.text, *roles.opaque, *roles.survey.columns) and bool(
        len(next(iter(tally.column(name).tables.values())))
    )


def _finding(one: _Judged, evidence: Evidence, leak: float, alpha: float) -> Finding:
    """Return the finding on a column; `alpha` is its part of that of all columns."""
    of, roles = one.of, evidence.tally.roles
    inside = of.within.at(alpha) if of.within else None
    explained = one.state.found and of.within is not None and of.within.value < leak
    others = _implied(of.column, evidence) if one.state.found else None
    hidden = others.area.at(alpha / others.levels) if others else None
    is_implied = others is not None and hidden is not None and hidden.low > GUESSING and others.area.value >= leak
    said = SAYS(
        "alone",
        "within" if of.within else "",
        "by_groups" if explained else "",
        "learn" if one.state.found else "near",
        ("implied" if is_implied else "not_implied") if others else "",
        "leaked" if of.column in roles.leaks else "",
        column=of.column,
        target=evidence.target,
        area=of.alone.value,
        low=one.bounds.low,
        high=one.bounds.high,
        p=one.q,
        n=of.n,
        groups=[group for group in roles.groups if group != of.column],
        inside=of.within.value if of.within else None,
        inside_low=inside.low if inside else None,
        inside_high=inside.high if inside else None,
        others=others.columns if others else None,
        what=SAYS("what" if others.level is not None else "what_larger", column=of.column, level=others.level)
        if others
        else None,
        area_of_it=others.area.value if others else None,
        low_of_it=hidden.low if hidden else None,
        high_of_it=hidden.high if hidden else None,
        leak=leak,
    )
    lost = held_out(one.of.column, evidence) if one.state.found else None
    remedy = SAYS("even_out" if is_property(of.column) else "leave_out", column=of.column) if one.state.found else None
    measures = {"auc": _measure(one, leak), "q": Measure(one.q, n=of.n)}
    if of.within and inside:
        measures["auc_within_groups"] = Measure(of.within.value, *inside, n=of.n)
    if others and hidden and evidence.models:
        measures["auc_from_others"] = Measure(others.area.value, *hidden, n=evidence.models.rows)
    if lost:
        measures |= held_measures(lost, alpha)
        said = together(said, held_said(lost, of.column, evidence.target, alpha))
    return Finding(one.state, {"target": evidence.target, "column": of.column}, said, measures, remedy=remedy)


def _implied(column: str, evidence: Evidence) -> Implied | None:
    """Return how well other columns predict a stated one; properties of images are seen in the image itself."""
    models, tally = evidence.models, evidence.tally
    if models is None or is_property(column) or tally.roles.weight:
        return None
    from auditor.learn.implied import implied

    own = {name for name, of in tally.derivations.items() if of.source == column}
    return implied(models, column, {*incidental(tally, evidence.use), *own})


def _measure(one: _Judged, leak: float) -> Measure:
    return Measure(one.of.alone.value, *one.bounds, n=one.of.n, limit=leak)


def _record(one: _Judged) -> Record:
    return {
        "column": one.of.column,
        "auc": one.of.alone.value,
        "low": one.bounds.low,
        "high": one.bounds.high,
        "q": one.q,
        "auc_within_groups": one.of.within.value if one.of.within else None,
        "n": one.of.n,
        "state": str(one.state),
    }


def _open(unsure: Sequence[_Judged], target: str, leak: float) -> Finding:
    """Return the finding on columns that may predict the outcome or not."""
    widest = max(unsure, key=lambda one: one.bounds.high)
    column = widest.of.column
    return Finding(
        states.NOT_KNOWN,
        {"target": target, "column": column},
        SAYS(
            "open",
            columns=[one.of.column for one in unsure],
            column=column,
            area=widest.of.alone.value,
            low=widest.bounds.low,
            high=widest.bounds.high,
        ),
        {"auc": _measure(widest, leak)},
        settle=SAYS("more_rows", leak=leak),
    )
