"""Near copies among vectors, of one group or outcome more than of the other: EMB004."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import ROWS, UNWEIGHTED, VECTOR_MODELS, VECTORS
from auditor.model import Finding, Measure, Severity
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, newcombe, wilson
from auditor.stats.tails import holm
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.vector_regions import Copies
    from auditor.learn.vectors import VectorStudy

NOTICED = 0.05  # a difference of shares, and a share of sets, that counts

SAYS = Says(
    no_copies="No two of the {n:people} vectors of '{column}' are nearly equal (cosine of {alike:number} or more).",
    copies="{rows:people} of {n:people} vectors of '{column}' are equal or nearly equal to another (cosine of "
    "{alike:number} or more), in {sets:people} set{sets:s}.",
    differ="Of {judged:people} set{judged:s} in which two rows or more have an outcome, {differ:people} "
    "({share:percent}) hold both outcomes.",
    share="{rate:percent} of {n:people} row{n:s} with {own} have a near copy in '{column}', and {rate_ref:percent} of "
    "{n_ref:people} with {other}: a difference of {difference:points} percentage points {bounds:points_interval} "
    "({p:p}, Holm).",
    level="'{level}'",
    favourable="the favourable outcome",
    unfavourable="another outcome",
    review="Review the near copies in '{column}': keep one of each set, and settle which outcome holds.",
    uneven="Keep one of each set of near copies in '{column}', or name what they have in common (--id or --cluster).",
    unknown="Record the outcome of rows in '{column}' that have a near copy.",
)


@rule(
    "EMB004",
    "near-copies",
    asks=Ask("Review the near copies among the vectors", "data owner", "each set is one row", ("column",)),
    headlines=Headlines(
        found=(
            "Near copies in '{column}' are more frequent for '{level}' or '{reference}'",
            "Near copies in '{column}' have different outcomes, or are more frequent with one",
        ),
        near="Some near copies in '{column}' have different outcomes",
        open="Too little data to compare the near copies in '{column}'",
        clear=(
            "Near copies in '{column}' are as frequent for '{level}' as for '{reference}'",
            "No near copies in '{column}' have different outcomes",
        ),
    ),
    needs=(UNWEIGHTED, VECTORS, ROWS, VECTOR_MODELS),
    units="models",
    severity=Severity.NOTE,
    measures=quantities("near_copies", "copied_share", "copied_difference", "copies_differ"),
)
def near_copies(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """Vectors are nearly equal, of one group more than of the other, or with different outcomes.

    How it is measured: Two vectors are near copies where they are equal, or the cosine of both, less the mean of all,
    is 0.995 or more; sets are linked by pairs. Up to 8,000 rows all pairs are compared; in more, those that random
    hyperplanes leave together in one of 12 draws, which misses under 1% of the pairs. In under 8 dimensions, and where
    a chain of copies links more than a fifth of the rows, only equal vectors count. A finding needs sets with both
    outcomes in more than 5% of those in which two rows or more have an outcome, or shares of rows with a near copy that
    differ significantly by 5 percentage points or more: between groups, or between outcomes. A set counts as one unit.
    All comparisons of one column share alpha (Holm). Where no set has two known outcomes, nothing is claimed of them.

    Why it matters: A model that learns from one copy knows the other; a copy with another outcome is an error in one of
    them.

    What to do: Keep one of each set, or name what the copies have in common (--id, --cluster).

    Source: Charikar 2002 (random hyperplanes); Newcombe 1998 (interval). The cosine of 0.995 is a judgement.
    """
    from auditor.learn.vector_regions import near_copies as counted

    roles = evidence.tally.roles
    for study in evidence.vectors.values():
        found = counted(study, roles.groups)
        yield _copies(study, found)
        if not found.sets:
            continue
        compared = list(_compared(study, found, evidence))
        adjusted = holm([equal_rates(each.pair).p for each in compared])
        for each, p in zip(compared, adjusted, strict=True):
            yield _uneven(study, each, float(p), use.limits)


class _Compared(NamedTuple):
    """Rows with a near copy among those of two levels, or of two outcomes: what a finding is about, their names."""

    subject: Mapping[str, str]
    names: tuple[Sentence, Sentence]
    pair: Pair


def _compared(study: VectorStudy, found: Copies, evidence: Evidence) -> Iterator[_Compared]:
    if found.by_outcome and all(n for _, n in found.by_outcome):
        names = SAYS("favourable"), SAYS("unfavourable")
        subject = {"target": evidence.target, "column": study.name}
        yield _Compared(subject, names, Pair(*found.by_outcome[0], *found.by_outcome[1]))
    for group, levels in found.by_level.items():
        for level, (x, n) in [*levels.items()][1:]:
            reference = next(iter(levels))
            subject = {"column": study.name, "group": group, "level": level, "reference": reference}
            names = SAYS("level", level=level), SAYS("level", level=reference)
            if n and levels[reference][1]:
                yield _Compared(subject, names, Pair(x, n, *levels[reference]))


def _copies(study: VectorStudy, found: Copies) -> Finding:
    from auditor.stats.near_vectors import ALIKE

    share = found.differ / found.judged if found.judged else math.nan if found.sets else 0.0
    state = states.amount(share, 0.0, NOTICED)
    return Finding(
        state,
        {"column": study.name},
        SAYS(
            "copies" if found.sets else "no_copies",
            "differ" if found.judged else "",
            column=study.name,
            n=study.rows,
            rows=found.rows,
            sets=found.sets,
            judged=found.judged,
            differ=found.differ,
            share=share,
            alike=ALIKE,
        ),
        {
            "near_copies": Measure(found.rows, n=study.rows),
            "copies_differ": Measure(share, n=found.judged, limit=NOTICED),
        },
        remedy=SAYS("review", column=study.name) if found.differ else None,
        settle=None if found.judged or not found.sets else SAYS("unknown", column=study.name),
    )


def _uneven(study: VectorStudy, compared: _Compared, p: float, limits: Limits) -> Finding:
    """Compare the shares of rows with a near copy; `p` is adjusted."""
    pair, names = compared.pair, compared.names
    bounds = newcombe(pair, limits.alpha)
    difference = pair.rate - pair.rate_ref
    state = states.differs(difference, bounds, p, NOTICED, limits.alpha)
    return Finding(
        state,
        compared.subject,
        SAYS(
            "share",
            column=study.name,
            own=names[0],
            other=names[1],
            rate=pair.rate,
            n=max(1, round(pair.n)),  # copies of one another are one, however many they are
            rate_ref=pair.rate_ref,
            n_ref=max(1, round(pair.n_ref)),
            difference=difference,
            bounds=bounds,
            p=p,
        ),
        {
            "copied_share": Measure(pair.rate, *wilson(pair.x, pair.n, limits.alpha), n=round(pair.n)),
            "copied_difference": Measure(difference, *bounds, n=round(pair.n + pair.n_ref), limit=NOTICED),
        },
        remedy=SAYS("uneven", column=study.name) if state.found else None,
    )
