"""Whether the outcome can be trusted: LAB001, LAB002, LAB004."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import GapWithin, compare_within
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, MATCHED, MODELS, TARGET, UNWEIGHTED, Precondition
from auditor.counts.effects import of_no_outcome
from auditor.model import Finding, Measure, Need, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, newcombe, rows_to_bound, wilson
from auditor.stats.strata import pooled_odds
from auditor.stats.stratified_gaps import tested_within
from auditor.stats.tails import holm
from auditor.stats.units import effective_size, taken
from auditor.stats.within import CMH
from auditor.use.needs import needed
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.extras import Twins
    from auditor.learn.study import Blind

# The variance of label error rates by cross-fitted scores, over that of independent rows. By simulation without a link
# it is 1.7: thresholds and scores come from the same rows. Two, as of areas of such scores, is on the safe side.
CROSS_FITTED = 2.0

SAYS = Says(
    few_pairs="'{level}' and '{reference}' ({group}) have {pairs:people} matched pair{pairs:s}; at least {least} are "
    "needed.",
    identical="'{level}' and '{reference}' have {pairs:people} matched pair{pairs:s}, identical except for {group} "
    "({>of_rows}).",
    near="'{level}' and '{reference}' have {pairs:people} near-matched pair{pairs:s}, alike except for {group}, with "
    "numbers by quarters ({>of_rows}).",
    of_rows="{rows:people} row{rows:s}, {asked:people} matching column{asked:s}{>chosen}",
    chosen="; one pair in {one_in:people}, chosen by a hash",
    ratio="In these pairs, '{level}' is selected at {ratio:ratio limit} times the rate of '{reference}' "
    "{bounds:interval limit}. The odds ratio is {odds_ratio:ratio 1} {odds_bounds:interval 1}.",
    tested="The test gives {p:p} ({test}{>family}).",
    family=", Holm over {tests} tests of all group columns, matched and near-matched pairs",
    untested="The p-value is not computable, because no pair has both outcomes.",
    flipped="Inconclusive. One exchanged outcome would reverse the order.",
    find_out="Find out why matched pairs of '{level}' and '{reference}' ({group}) were decided differently, and do not "
    "train on these outcomes before that is known.",
    more_pairs="Collect more records of '{level}' and '{reference}' ({group}) that are alike in all other columns.",
    noise="The estimated label error rate is {rate:percent} of {n:people} with {group} '{level}' and "
    "{rate_ref:percent} of {n_ref:people} with '{reference}'. The difference is {difference:points} points "
    "{bounds:points_interval} ({p:p}, confident joint).",
    judge_again="Have a sample of the outcomes of '{level}' and '{reference}' ({group}) judged again, without the "
    "first judgement.",
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

CLEANLAB = Precondition(
    lambda of: None if find_spec("cleanlab") else "it needs cleanlab: pip install 'dataudit[labels]'"
)


@rule(
    "LAB001",
    "matched-pairs-differ",
    aliases=("twins-treated-differently",),
    asks=Ask(
        "Have matched pairs with different outcomes judged again",
        "decision owner",
        "matched pairs are treated alike",
        ("level",),
    ),
    headlines=Headlines(
        found=("Records identical except for {group} have different outcomes: '{level}' against '{reference}'",),
        near="Similar records differ in outcome by {group}",
        open="Too few matched pairs to compare '{level}' with '{reference}'",
        clear="Outcomes in matched pairs of '{level}' and '{reference}' do not differ beyond the threshold",
    ),
    needs=(TARGET, GROUPS, MATCHED),
    severity=Severity.CONDITION,
    measures=quantities("mh_odds_ratio", "mh_risk_ratio", "p_value", "p_adjusted", "pairs", "cmh_p"),
)
def matched_pairs_differ(evidence: Evidence, use: UseCase, *, min_pairs: int = 10) -> Iterator[Finding | Record]:
    """Matched pairs, identical except for the group, have different outcomes.

    How it is measured: Records that agree in every column but the outcome, the groups and the identifier are matched.
    A matched pair holds one or more records of each of two groups; the pairs are strata. The test asks whether the
    outcome differs by group within them: Cochran-Mantel-Haenszel's, or the exact conditional one where few pairs have
    both outcomes. It is Holm-adjusted over all pairs of groups, all group columns, and matched and near-matched pairs.
    The pooled ratio of rates (Mantel-Haenszel, with the stratified Miettinen-Nurminen interval) is compared with the
    threshold, with the states and the guard against small numbers of OUT001. In near-matched pairs numbers agree by
    quarters and columns of many values are set aside; their result is never more than "near the threshold". At least
    `min_pairs` pairs are needed. With more than 262,144 rows, pairs are chosen by a hash. Columns that leak the outcome
    (LAB003) need not agree.

    Why it matters: No other recorded column can explain the difference within matched pairs. It is the strongest
    evidence that counts can give.

    What to do: Review how these decisions were made, and do not train on them before that is known.

    Source: Mantel and Haenszel 1959; Miettinen and Nurminen 1985 (interval); Jung 2014 (exact test); Bertrand and
    Mullainathan 2004 (matched records).
    """
    tally = evidence.tally
    twins = tally.twins
    assert twins is not None  # they are needed
    lines = [
        (exact, of, group, counts, reference, tested_within(of.sets, counts, use.terms(group), min_pairs))
        for group, counts, reference in tally.comparable(use)
        for exact, of in zip((True, False), twins[group], strict=True)
    ]
    p_values = holm([one.evidence.p for *_, tested in lines for one in tested.values()])
    rest = iter(p_values)
    for exact, of, group, counts, reference, tested in lines:
        adjusted = dict(zip(tested, rest, strict=False))
        for gap in compare_within(tested, adjusted, counts, use.terms(group)):
            yield _matched(gap, exact, group, of, len(p_values), use)
        if exact:
            for level in counts:
                if level != reference and frozenset((level, reference)) not in tested:
                    n = len(of.pairs(level, reference))
                    pair = {"group": group, "level": level, "reference": reference}
                    said = SAYS("few_pairs", **pair, pairs=n, least=min_pairs)
                    measures = {"pairs": Measure(n, limit=min_pairs)}
                    settle = SAYS("more_pairs", **pair)
                    yield Finding(states.NOT_KNOWN, {"target": evidence.target, **pair}, said, measures, settle=settle)


def _matched(gap: GapWithin, exact: bool, group: str, of: Twins, tests: int, use: UseCase) -> Finding:
    """Judge two groups within matched pairs."""
    limit, within = float(use.limits.impact_ratio), gap.within
    pair = {"group": group, "level": gap.level, "reference": gap.reference}
    theirs, (low, high) = pooled_odds(within)  # the reference's odds over the group's
    odds = (_inverse(theirs), _inverse(high), _inverse(low))
    varies = not math.isnan(gap.evidence.z)
    measures = {
        "mh_odds_ratio": Measure(*odds, n=within.rows),
        "mh_risk_ratio": Measure(within.ratio, *gap.interval, n=within.rows, limit=limit),
        "p_value": Measure(gap.evidence.p if varies else None, n=within.rows),
        "p_adjusted": Measure(gap.p_adjusted if varies else None, n=within.rows, limit=use.limits.alpha),
        "pairs": Measure(within.strata, n=within.rows),
    }
    if gap.evidence.test == CMH:
        measures["cmh_p"] = Measure(gap.evidence.p, n=within.rows)
    said = SAYS(
        "identical" if exact else "near",
        "ratio",
        "tested" if varies else "untested",
        "flipped" if gap.flipped else "",
        **pair,
        pairs=within.strata,
        rows=within.rows,
        asked=len(of.asked),
        one_in=of.of if of.of > 1 else None,
        ratio=within.ratio,
        bounds=gap.interval,
        limit=limit,
        odds_ratio=odds[0],
        odds_bounds=odds[1:],
        p=gap.p_adjusted if varies else None,
        test=gap.evidence.test,
        tests=tests if tests > 1 else None,
    )
    return Finding(
        gap.state if exact else states.near_match(gap.state),
        {**pair, "stratum": "identical" if exact else "near-identical"},
        said,
        measures,
        remedy=SAYS("find_out", **pair),
        settle=SAYS("more_pairs", **pair) if gap.state is State.UNDETERMINED else None,
    )


def _inverse(value: float) -> float:
    return 1 / value if value else math.inf


@rule(
    "LAB002",
    "label-noise-differs",
    asks=Ask(
        "Have a sample of outcomes judged again, without the first judgement",
        "decision owner",
        "the error rates of the groups are alike",
        ("level",),
    ),
    headlines=Headlines(
        found="The estimated label error rate of '{level}' differs by {noise_difference:gap} "
        "points from that of '{reference}'",
        near="The estimated label error rate of '{level}' differs from that of '{reference}'",
        open="Too little data to compare the label errors of '{level}' and '{reference}'",
        clear="The estimated label error rates of '{level}' and '{reference}' are alike",
    ),
    needs=(TARGET, GROUPS, UNWEIGHTED, CLEANLAB, MODELS),
    units="rows",
    severity=Severity.CONDITION,
    measures=quantities("noise_difference", "p_adjusted"),
)
def label_noise_differs(
    evidence: Evidence, use: UseCase, *, min_difference: float = 0.05
) -> Iterator[Finding | Record]:
    """The estimated label error rate is higher for one group than for another.

    How it is measured: The label error rate of a group is estimated by the confident joint (cleanlab) on the
    cross-validated probabilities of the model of MDL001, which does not use the groups. It is computed in each group by
    itself: the share of rows for which the model confidently predicts the other outcome than the recorded one. The
    difference to the reference group is judged, with Newcombe's interval and Holm over the groups, each at twice the
    variance of independent rows: every row is judged by a model that learned from the others. The rate by itself means
    little. The rule is not run where people recur, as confident predictions recur with them. A finding needs a
    difference of `min_difference`; no issue is found where the whole interval is within it.

    Why it matters: A model learns label errors that are more frequent in one group as if they were a rule.

    What to do: Have a sample of the outcomes of every group judged again, without the first judgement.

    Source: Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research 70. It cannot see an error
    that a column explains: it is a screen, not a proof.
    """
    tally = evidence.tally
    blind = evidence.models.blind if evidence.models else None
    if blind is None:
        raise NotRun("there is no column to fit a model to, or an outcome has under 50 sampled rows")
    for group, counts, reference in tally.comparable(use):
        noise = {level: _noise(blind, group, level) for level in counts}
        known = {level: of for level, of in noise.items() if of is not None}
        if reference not in known:
            continue
        effects = CROSS_FITTED, CROSS_FITTED
        pairs = {level: Pair(*of, *known[reference], *effects) for level, of in known.items() if level != reference}
        for (level, pair), p in zip(pairs.items(), holm([equal_rates(of).p for of in pairs.values()]), strict=True):
            yield _noise_finding(group, level, reference, pair, p, min_difference, use)


def _noise(blind: Blind, group: str, level: str) -> tuple[float, float] | None:
    """Return (rows off the diagonal of the confident joint, rows) of a level; None with under 50 rows of an outcome."""
    from cleanlab.count import compute_confident_joint

    rows = blind.among(group, level)
    labels, scores = blind.favourable[rows].astype(int), blind.scores[rows]
    if min(labels.sum(), len(labels) - labels.sum()) < 50:
        return None
    joint, wrong = compute_confident_joint(
        labels, np.column_stack([1 - scores, scores]), calibrate=True, return_indices_of_off_diagonals=True
    )
    doubted = np.bincount(np.asarray(wrong, dtype=int), minlength=len(labels)) > 0
    share = effective_size(doubted, np.ones(len(labels)), taken(blind.ways, rows)) / len(labels)
    return float(joint.sum() - joint.trace()) * share, float(joint.sum()) * share


def _noise_finding(group: str, level: str, reference: str, pair: Pair, p: float, least: float, use: UseCase) -> Finding:
    difference, bounds = pair.rate - pair.rate_ref, newcombe(pair)
    subject = {"group": group, "level": level, "reference": reference}
    said = SAYS(
        "noise",
        **subject,
        rate=pair.rate,
        n=pair.n,
        rate_ref=pair.rate_ref,
        n_ref=pair.n_ref,
        difference=difference,
        bounds=bounds,
        p=p,
    )
    return Finding(
        states.differs(difference, bounds, p, least, use.limits.alpha),
        subject,
        said,
        {
            "noise_difference": Measure(difference, *bounds, n=pair.n + pair.n_ref, limit=least),
            "p_adjusted": Measure(p, n=pair.n + pair.n_ref, limit=use.limits.alpha),
        },
        remedy=SAYS("judge_again", **subject),
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
