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

SAYS = Says(
    few_sets="'{level}' and '{reference}' ({group}) have {sets:people} sets of identical records; at least {least} are "
    "asked for.",
    identical="Among {sets:people} set{sets:s} of identical records {>of_both}",
    near="Among {sets:people} set{sets:s} of near-identical records (numbers by quarters) {>of_both}",
    of_both="of {group} '{level}' and '{reference}' ({rows:people} rows that agree in {asked:people} "
    "columns{>chosen}),",
    chosen="; one set in {one_in:people} was looked at, chosen by a hash",
    ratio="'{level}' get the favourable outcome at {ratio:ratio limit} times the rate {bounds:interval limit}; odds "
    "ratio {odds_ratio:ratio 1} {odds_bounds:interval 1},",
    tested="{p:p} ({test}{>family}).",
    family=", Holm over {tests} tests of all group columns, identical and near-identical records",
    untested="p not computable, for no set has both outcomes.",
    flipped="One outcome exchanged would reverse the order: inconclusive.",
    find_out="Find out why identical records of '{level}' and '{reference}' ({group}) were decided differently, and do "
    "not train on these outcomes before that is known.",
    more_sets="More records of '{level}' and '{reference}' ({group}) that are alike in all other columns.",
    noise="The recorded outcome looks wrong for {rate:percent} of {n:people} with {group} '{level}', against "
    "{rate_ref:percent} of {n_ref:people} with '{reference}': {difference:points} points {bounds:points_interval}, "
    "{p:p} (confident joint).",
    judge_again="Have a sample of the outcomes of '{level}' and '{reference}' ({group}) judged again, blind to the "
    "first judgement.",
    missing="{group} '{level}': no outcome for {without:people} of {n:people} ({rate:percent}), against "
    "{rate_ref:percent} of {n_ref:people} for '{reference}': {difference:points} points "
    "{bounds:points_interval}, {p:p}.",
    purpose="to see a difference in missing outcomes to {most:number} points",
    ask="The outcomes of the rows of '{level}' and '{reference}' ({group}) that have none.",
    amount="'{target}' has no value in {without:people} of {n:people} rows ({rate:percent most}), where more "
    "than {most:percent} is too many: rates are of the others.",
    record_any="Record '{target}' for the rows without it, or say of whom the others speak.",
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
        clear="Matched pairs of '{level}' and '{reference}' are treated alike",
    ),
    needs=(TARGET, GROUPS, MATCHED),
    severity=Severity.CONDITION,
    measures=quantities("mh_odds_ratio", "mh_risk_ratio", "p_value", "p_adjusted", "pairs", "cmh_p"),
)
def twins_treated_differently(evidence: Evidence, use: UseCase, *, min_pairs: int = 10) -> Iterator[Finding | Record]:
    """Identical records but for the group get different outcomes.

    How it is measured: Records that agree in every column but the outcome, the groups and the identifier are matched;
    sets of matched records with several groups in them are strata. The test asks whether the outcome differs by group
    within them: Cochran-Mantel-Haenszel's, or the exact conditional one where few sets have both outcomes. It is
    Holm-adjusted over all pairs of groups, all group columns and both lines. The pooled ratio of rates
    (Mantel-Haenszel, with the stratified Miettinen-Nurminen interval) is held to the limit, with the states and the
    guard against small numbers of OUT001. Near matches, whose numbers agree by quarters and whose columns of many
    values are set aside, are a second line that never shows more than "near the limit". At least `min_pairs` sets are
    asked for. Of more than 262,144 rows, sets chosen by their hash are looked at. Columns that leak the outcome
    (LAB003) are not asked to agree.

    Why it matters: Nothing else that was recorded can explain the difference between matched records. It is the
    strongest evidence that counts can hold.

    What to do: Look at how these decisions were made, and do not train on them before that is known.

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
                    said = SAYS("few_sets", **pair, sets=n, least=min_pairs)
                    measures = {"pairs": Measure(n, limit=min_pairs)}
                    settle = SAYS("more_sets", **pair)
                    yield Finding(states.NOT_KNOWN, {"target": evidence.target, **pair}, said, measures, settle=settle)


def _matched(gap: GapWithin, exact: bool, group: str, of: Twins, tests: int, use: UseCase) -> Finding:
    """Judge one pair of groups within sets of matched records."""
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
        sets=within.strata,
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
        settle=SAYS("more_sets", **pair) if gap.state is State.UNDETERMINED else None,
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
    """The outcome looks wrong more often for one group than for another.

    How it is measured: The confident joint (cleanlab) on the cross-fitted probabilities of the blind model of MDL001,
    in each group by itself: the share of rows whose recorded outcome the model confidently takes for the other one.
    What is judged is the difference to the reference group, with Newcombe's interval and Holm over the groups; the
    level by itself says little. Where people recur it is not run: who is confident recurs with them. Shown at a
    difference of `min_difference`, clear where the whole interval is within.

    Why it matters: Labels that are wrong more often for a group teach a model the error as a rule.

    What to do: Have a sample of the outcomes of every group judged again, blind to the first judgement.

    Source: Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research 70. It cannot see an error
    that a column explains: it is a screen, not a proof.
    """
    tally = evidence.tally
    blind = evidence.models.blind if evidence.models else None
    if blind is None:
        raise NotRun("no column to learn from, or under 50 sampled rows of either outcome")
    for group, counts, reference in tally.comparable(use):
        noise = {level: _noise(blind, group, level) for level in counts}
        told = {level: of for level, of in noise.items() if of is not None}
        if reference not in told:
            continue
        pairs = {level: Pair(*of, *told[reference]) for level, of in told.items() if level != reference}
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
        open="Too little data to say whether outcomes are missing by group",
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

    How it is measured: The share of all rows without an outcome, a count of these rows: shown above `max_missing`
    (a half), near the limit above half of that. The share of each group's rows without one, against that of the largest
    group, with Newcombe's interval of the difference; shown at 5 points or more with p below 0.05, Holm-adjusted over
    the groups of all columns; clear only where the whole interval lies within 5 points.

    Why it matters: Rates are of those whose outcome is known. Where refusals of one group are left blank, its rate
    looks as it should, and is not.

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
    """Say that many of all rows have no outcome, or near to many; rates are of the others, whoever they are."""
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
    """Return the rows with which equal shares would be seen to differ by less than the limit."""
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
