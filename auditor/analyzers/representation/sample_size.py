"""Whether the groups that a use must cover have enough rows for the claims made about them: FIT006."""

from __future__ import annotations

import math
from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.proportions import rows_to_clear
from auditor.use.needs import needed
from auditor.use.says import Says
from auditor.use.usecase import UseCase

TO_CLEAR = "to rule out a gap at the threshold"
LEAST = 30  # rows from which a group's own rate determines how many rows a favourable outcome takes

SAYS = Says(
    sizes="{group} '{level}' has {rows:people} row{rows:s} with an outcome, {favourable:people} of them "
    "favourable{>recurring}.",
    recurring=" (effectively {n:people} and {x:people}, because {why})",
    people="people appear more than once",
    clusters="rows come in clusters",
    copies="rows that agree in all columns count as copies",
    survey="the survey sampled rows together, or with unequal weights",
    enough="This is enough for a claim about this group.",
    never="No number of rows would rule out a gap at the threshold.",
    own="There are too few rows to rule out a gap at the threshold.",
    theirs="There are too few rows of the reference to rule out a gap at the threshold.",
    waits="There are too few rows of '{reference}' to rule out a gap at the threshold.",
    positives="To know a model's true positive rate to 10 points, {more:people} more favourable outcome{more:s} would "
    "be needed.",
    purpose="to have about {least} favourable outcomes",
    claim_nothing="Make no claim about '{level}' ({group}).",
)


@rule(
    "FIT006",
    "sample-size",
    asks=Ask(
        "Collect rows of small groups, or make no claim about them",
        "data owner",
        "every group has the rows that its comparisons need",
        ("level",),
    ),
    headlines=Headlines(
        found="'{level}' has too few rows with an outcome for this use",
        near="'{level}' has too few rows with an outcome for this use",
        open="Too little is known of the outcomes of '{level}'",
        clear="'{level}' has enough rows with an outcome",
    ),
    needs=(GROUPS, TARGET),
    units="facts",
    severity=Severity.CONDITION,
    pooled=True,
    suppressed="bounds",
    measures=quantities("n", "needed_n", "favourable"),
)
def sample_size(evidence: Evidence, use: UseCase, *, min_positives: int = 97) -> Iterator[Finding | Record]:
    """A group that the use must cover has too few rows for the claims made about it.

    How it is measured: The rule covers every group that the stated population names (without a population, all groups).
    It computes the rows needed to find no issue at the threshold with the policy's power, if the rates were equal. They
    may be rows of the group alone, the reference alone, or both, whichever takes fewest; the rule names the one that
    lacks them. It also asks for `min_positives` favourable outcomes, with which a model's true positive rate is known
    to 10 points. A group whose gap OUT001 settled has enough rows for the first, but may need favourable outcomes.

    Why it matters: A claim that a tool is fair to a group, and works for it, needs enough people of that group.

    What to do: Collect the rows named, or make no claim about the group. Where several rules ask for more rows of a
    group (REP001, REP002, OUT001 too), the largest figure is given.

    Source: the sample size of a ratio on the log scale; 0.9604 / 0.10^2 = 97 for the true positive rate.
    """
    tally = evidence.tally
    limits, compared = use.limits, False
    tested = limits.alpha, limits.power
    why = "survey" if tally.surveyed else "copies" if tally.copied else "clusters" if tally.roles.cluster else "people"
    for group, counts, reference in tally.comparable(use):
        stated = use.population.groups.get(group)
        effects = tally.recurrence(group)
        gaps = {{gap.level: gap.reference}.get(reference, gap.level): gap for gap in evidence.comparisons[group].gaps}
        rate = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
        asked = [level for level in counts if stated is None or level in stated]
        lacking: dict[str, tuple[int, int] | None] = {}
        for level in asked:
            gap = gaps.get(level)
            settled = gap is None or gap.state.found or gap.state is State.CLEAR
            sizes = counts[level][1] / effects.get(level, 1), counts[reference][1] / effects.get(reference, 1)
            lacking[level] = (0, 0) if settled else rows_to_clear(rate, float(limits.impact_ratio), *sizes, *tested)
        if reference in lacking:  # what it lacks is reported for it, and not for those who are compared with it
            lacking[reference] = max(rows[1] for rows in lacking.values() if rows is not None), 0
        for level in asked:
            compared = True
            effect = effects.get(level, 1), str(SAYS(why))
            at = (level, reference)
            yield _enough(group, at, counts[level], effect, rate, lacking[level], min_positives, reference in lacking)
    if not compared:
        raise NotRun("no group column has two groups with outcomes")


def _enough(
    group: str,
    names: tuple[str, str],
    counts: tuple[float, float],
    effect: tuple[float, str],
    rate: float,
    lacking: tuple[int, int] | None,
    positives: int,
    named: bool,
) -> Finding:
    """Judge a level, the first of `names`; `lacking` are the rows of it and of the reference to call it clear.

    `effect`: how many rows count as one, and why.
    `named`: the reference is judged by itself, so that a level to which it alone lacks rows is large enough.
    """
    level, reference = names
    x, n = (of / effect[0] for of in counts)
    own, theirs = lacking or (0, 0)
    usual = x / n if n >= LEAST and x else rate  # with few rows the rate is uncertain
    needs = (
        *needed(group, level, own, TO_CLEAR),
        *needed(group, reference, theirs, TO_CLEAR),
        *needed(group, level, (positives - x) / usual if usual else 0, SAYS("purpose", least=positives)),
    )
    more = math.ceil(positives - x) if positives > x else None
    few = "own" if own else "theirs" if theirs and not named else "positives" if more else ""
    lacks = "never" if lacking is None else few
    said = SAYS(
        "sizes",
        lacks or "enough",
        "positives" if more and lacks in ("never", "own", "theirs") else "",
        "waits" if theirs and named else "",
        group=group,
        level=level,
        rows=counts[1],
        favourable=counts[0],
        n=n if effect[0] > 1 else None,
        why=effect[1],
        x=x,
        more=more,
        reference=reference,
    )
    return Finding(
        states.lacks(lacks),
        {"group": group, "level": level},
        said,
        {"n": Measure(n, n=n), "needed_n": Measure(n + own, n=n), "favourable": Measure(x, n=n, limit=positives)},
        remedy=None if needs else SAYS("claim_nothing", group=group, level=level),
        needs=needs,
    )
