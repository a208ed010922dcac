"""Whether records that are alike but for the group were decided alike: LAB001."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.comparing import GapWithin, compare_within
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, MATCHED, TARGET
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.strata import pooled_odds
from auditor.stats.stratified_gaps import tested_within
from auditor.stats.tails import holm
from auditor.stats.within import CMH
from auditor.use.says import Says
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.extras import Twins

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
