"""What gap the groups are large enough to show: REP002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.behind import groups_behind, level_behind, size_as_known
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.comparing import Comparison, Gap, compare
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS
from auditor.format import people, ratio
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.proportions import rows_to_collect
from auditor.use.needs import needed, to_see
from auditor.use.usecase import UseCase


@rule(
    "REP002",
    "group-too-small",
    needs=(GROUPS,),
    severity=Severity.CONDITION,
    pooled=True,
    measures=quantities("n", "detectable_ratio", "needed_n"),
)
def group_too_small(evidence: Evidence, use: UseCase, *, min_n: int = 0) -> Iterator[Finding | Record]:
    """A group is too small for this audit to see a gap of the size that matters.

    How it is measured: From the sizes of the group and its reference and the overall rate of favourable outcomes: the
    impact ratio that the test would show with 80 % power, at the significance left to one pair of groups after the
    adjustment over all. The group is too small when only ratios below the limit would show; strongly so when it has
    fewer than `min_n` rows (default: the policy's, 30). A group about which OUT001 settled the matter was large
    enough. Without an outcome only `min_n` decides. Where people recur, rows count as many as they tell (OUT001).

    Why it matters: "No gap was found" means nothing where none could have been found.

    What to do: Collect the rows named, or say in the use that nothing is claimed about this group.

    Source: Power of the pooled two-proportion test, as statsmodels computes it; the 80 % is a convention.
    """
    tally = evidence.tally
    least = min_n or use.limits.min_n
    for group in tally.roles.groups:
        counts = tally.outcomes(group)
        if tally.roles.target is None or len(counts) < 2:
            for cell in tally.cells(group):
                if cell.level is not None:
                    yield _by_size(cell.level, cell.rows, group, least)
            continue
        effects = tally.effects(group)
        usual = least == use.limits.min_n
        comparison = evidence.comparisons[group] if usual else compare(counts, use.terms(group, min_n=least), effects)
        rate = sum(x for x, _ in counts.values()) / sum(rows for _, rows in counts.values())
        reference = comparison.reference
        rows = counts[reference][1]
        n = rows / effects.get(reference, 1)
        yield size_as_known(_by_size(reference, rows, group, least, n), tally, group, reference, needed=least - n)
        for level, told in tally.outcomes_withheld(group).items():
            if level not in counts:
                few = told + tally.left_out < least
                yield _by_size(level, told, group, least) if few else level_behind(group, level, told)
        for gap in comparison.gaps:
            found = _by_power(gap, comparison, effects, group, rate, least, use)
            yield size_as_known(found, tally, group, gap.level, gap.reference)
        yield from groups_behind(tally, group)


def _by_size(level: str, rows: float, group: str, least: int, counting: float | None = None) -> Finding:
    n = rows if counting is None else counting
    return Finding(
        states.enough_rows(n, least),
        {"group": group, "level": level},
        f"{group} '{level}': {_told(rows, n, ' rows')}; at least {least} are asked for.",
        {"n": Measure(n, n=n, limit=least)},
        needs=needed(group, level, least - n, _at_least(least)),
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
    purpose = to_see(limit, limits.power)
    needs = needed(group, gap.level, own, purpose) if own > least - n else ()
    needs = needs or needed(group, gap.level, least - n, _at_least(least))
    sizes = f"{_told(gap.pair.n, n, ' rows')} against {_told(gap.pair.n_ref, n_ref)} of '{gap.reference}'"
    few = f", though fewer than the {least} asked for" if n < least else ""
    end = f"They were enough here{few}: OUT001 settled it." if settled else f"The limit is {limit:g}."
    return Finding(
        states.enough_power(n, least, settled=settled, small=small),
        {"group": group, "level": gap.level, "reference": gap.reference},
        f"{group} '{gap.level}': {sizes} {_shows(gap, limits.power, limit)} {end}",
        {
            "n": Measure(n, n=n, limit=least),
            "detectable_ratio": Measure(gap.detectable, n=n + n_ref, limit=limit),
            "needed_n": Measure(max(n + own, least), n=n),
        },
        remedy=None
        if needs or theirs
        else f"Collect more rows of '{gap.level}' ({group}) before outcomes are called fair to this group: a gap could "
        "hide in so few.",
        needs=(*needs, *needed(group, gap.reference, theirs, purpose)),
    )


def _at_least(least: int) -> str:
    return f"to have the {least} that any claim asks for"


def _told(rows: float, counting: float, what: str = "") -> str:
    return f"{people(rows)}{what}" + (f" (people recur: as good as {people(counting)})" if counting < rows else "")


def _shows(gap: Gap, power: float, limit: float) -> str:
    if gap.detectable is None:
        return f"would show no gap with {100 * power:g} % power, however large."
    widest = ratio(gap.detectable, limit)
    return f"would show, with {100 * power:g} % power, only gaps as wide as an impact ratio of {widest}."
