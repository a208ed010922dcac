"""What gap the groups are large enough to show: REP002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.comparing import Comparison, Gap
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.proportions import rows_to_collect
from auditor.use.needs import at_least, needed, to_see
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

SAYS = Says(
    size="{group} '{level}' has {rows:people} row{rows:s}{>effective}; at least {least} are required.",
    effective=" (effective sample size {n:people})",
    effective_ref=" (effective sample size {n_ref:people})",
    nothing="{>sizes}. With {power:number}% power these sizes would not show any gap, however large.",
    only="{>sizes}. With {power:number}% power these sizes would show only impact ratios of {detectable:ratio limit} "
    "or less.",
    sizes="{group} '{level}' has {rows:people} row{rows:s}{>effective}, and '{reference}' has "
    "{rows_ref:people}{>effective_ref}",
    settled="They were enough here, because OUT001 reached a result.",
    settled_few="They are fewer than the {least} required, but were enough here, because OUT001 reached a result.",
    limit="The threshold is {limit:number}.",
    collect="Collect more rows of '{level}' ({group}) before outcomes are called fair to this group. So few rows could "
    "hide a gap.",
)


@rule(
    "REP002",
    "group-too-small",
    asks=Ask(
        "Collect rows of small groups, or make no claim about them",
        "data owner",
        "every group has the rows that its comparisons need",
        ("level",),
    ),
    headlines=Headlines(
        found=(
            "'{level}' is below the {least} rows that are required: {few:people}",
            "'{level}' is too small to show a gap at the threshold",
        ),
        clear=(
            "'{level}' is large enough: {n:people} rows",
            "'{level}' is large enough to show a gap at the threshold",
        ),
        open="Too little is known of the size of '{level}'",
    ),
    needs=(GROUPS,),
    units="facts",
    severity=Severity.CONDITION,
    pooled=True,
    suppressed="bounds",
    measures=quantities("n", "detectable_ratio", "needed_n"),
)
def group_too_small(evidence: Evidence, use: UseCase, *, min_n: int = 0) -> Iterator[Finding | Record]:
    """A group is too small for this audit to find a gap of the size that matters.

    How it is measured: The sizes of the group and its reference and the overall rate of favourable outcomes determine
    the impact ratio that the test would show with 80% power, at the significance that one pair of groups has after
    adjustment over all. The group is too small when only ratios below the threshold would show. The evidence is strong
    when it has fewer than `min_n` rows (default: the policy's, 30). The smaller of the two groups is named, whichever
    is the reference. A group for which OUT001 reached a result was large enough. Without an outcome only `min_n`
    decides. Where people appear more than once, the effective sample size counts (OUT001).

    Why it matters: "No gap was found" means nothing where none could have been found.

    What to do: Collect the rows named, or state in the use case that no claim is made about this group.

    Source: Power of the pooled two-proportion test, as statsmodels computes it; the 80% is a convention.
    """
    tally = evidence.tally
    least = min_n or use.limits.min_n
    compared = evidence.comparisons if least == use.limits.min_n else evidence.compared(min_n=least)
    for group in tally.roles.groups:
        counts = tally.outcomes(group)
        if tally.roles.target is None or len(counts) < 2:
            for cell in tally.cells(group):
                if cell.level is not None:
                    yield _by_size(cell.level, cell.rows, group, least)
            continue
        effects = tally.recurrence(group)
        comparison = compared[group]
        rate = sum(x for x, _ in counts.values()) / sum(rows for _, rows in counts.values())
        reference = comparison.reference
        rows = counts[reference][1]
        yield _by_size(reference, rows, group, least, rows / effects.get(reference, 1))
        for gap in comparison.gaps:
            yield _by_power(gap, comparison, effects, group, rate, least, use)


def _by_size(level: str, rows: float, group: str, least: int, counting: float | None = None) -> Finding:
    n = rows if counting is None else counting
    said = SAYS("size", group=group, level=level, rows=rows, n=n if n < rows else None, least=least, few=n)
    return Finding(
        states.enough_rows(n, least),
        {"group": group, "level": level},
        said,
        {"n": Measure(n, n=n, limit=least)},
        needs=needed(group, level, least - n, at_least(least)),
    )


def _by_power(
    gap: Gap,
    comparison: Comparison,
    effects: Mapping[str, float],
    group: str,
    rate: float,
    least: int,
    use: UseCase,
) -> Finding:
    limits = use.limits
    limit = float(limits.impact_ratio)
    n, n_ref = (of / effects.get(name, 1) for of, name in ((gap.pair.n, gap.level), (gap.pair.n_ref, gap.reference)))
    settled = gap.state.found or gap.state is State.CLEAR
    small = not settled and (gap.detectable is None or gap.detectable < limit)
    own, theirs = (0, 0) if settled else rows_to_collect(rate, limit, n, n_ref, comparison.alpha, limits.power)
    level, reference = gap.level, gap.reference
    if small and n > n_ref:  # it is the smaller one that is too small, whichever is the reference
        level, reference, n, n_ref, own, theirs = reference, level, n_ref, n, theirs, own
    purpose = to_see(limit, limits.power)
    needs = needed(group, level, own, purpose) if own > least - n else ()
    needs = needs or needed(group, level, least - n, at_least(least))
    return Finding(
        states.enough_power(n, least, settled=settled, small=small),
        {"group": group, "level": level, "reference": reference},
        _said(gap, (level, reference), (n, n_ref), group, least, limits),
        {
            "n": Measure(n, n=n, limit=least),
            "detectable_ratio": Measure(gap.detectable, n=n + n_ref, limit=limit),
            "needed_n": Measure(max(n + own, least), n=n),
        },
        remedy=None if needs or theirs else SAYS("collect", level=level, group=group),
        needs=(*needs, *needed(group, reference, theirs, purpose)),
    )


def _said(
    gap: Gap, names: tuple[str, str], sizes: tuple[float, float], group: str, least: int, limits: Limits
) -> Sentence:
    """State what gap the rows would show; `sizes` are the effective ones of the two groups named, the smaller first."""
    n, n_ref = sizes
    level, reference = names
    rows, rows_ref = (gap.pair.n, gap.pair.n_ref) if level == gap.level else (gap.pair.n_ref, gap.pair.n)
    settled = gap.state.found or gap.state is State.CLEAR
    return SAYS(
        "nothing" if gap.detectable is None else "only",
        "limit" if not settled else "settled_few" if n < least else "settled",
        group=group,
        level=level,
        reference=reference,
        rows=rows,
        n=n if n < rows else None,
        rows_ref=rows_ref,
        n_ref=n_ref if n_ref < rows_ref else None,
        power=100 * limits.power,
        detectable=gap.detectable,
        limit=float(limits.impact_ratio),
        least=least,
        few=n if settled and n < least else None,
    )
