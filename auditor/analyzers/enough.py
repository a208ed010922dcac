"""Whether the groups that a use must cover have rows enough for what is claimed of them: FIT006."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.behind import groups_behind, level_behind, size_as_known
from auditor.engines.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.gaps import compare
from auditor.stats.proportions import clear_n
from auditor.usecase import UseCase
from auditor.words import people


@rule("FIT006", "sample-size")
def sample_size(tally: Tally, use: UseCase, *, min_positives: int = 97) -> Iterator[Finding | Record]:
    """A group that the use must cover has too few rows for what is to be claimed of it.

    How it is measured: For every group that the stated population names (all, without one): the rows that it would
    take to earn "clear" at the limit with the policy's power, were the rates equal, given the reference's rows; and
    `min_positives` favourable outcomes, with which a model's true positive rate is known to 10 points. A group whose
    gap OUT001 settled has rows enough for that; the favourable outcomes it still needs.

    Why it matters: A claim that a tool is fair to a group, and works for it, rests on the people of that group.

    What to do: Collect the rows named, or claim nothing about the group.

    Source: the sample size of a ratio on the log scale; 0.9604 / 0.10^2 = 97 for the true positive rate.
    """
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    compared = False
    for group, counts, reference in tally.comparable(use):
        stated = use.population.groups.get(group)
        effects = tally.effects(group)
        gaps = {gap.level: gap for gap in compare(counts, use.terms(group), effects).gaps}
        rate = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
        for level, (x, n) in counts.items():
            if stated is not None and level not in stated:
                continue
            compared = True
            gap = gaps.get(level)
            settled = gap is None or gap.state.found or gap.state is State.CLEAR
            needed = 0 if settled else _clear(rate, counts[reference][1] / effects.get(reference, 1), use)
            found = _enough(group, level, (x, n), effects.get(level, 1), needed, min_positives)
            yield size_as_known(found, tally, group, level, reference)
        for level, n in tally.outcomes_withheld(group).items():
            if level not in counts and (stated is None or level in stated):
                yield level_behind(group, level, n)
        yield from groups_behind(tally, group)
    if not compared:
        raise NotRun("no group column has two groups with outcomes")


def _clear(rate: float, n_ref: float, use: UseCase) -> float | None:
    return clear_n(rate, float(use.limits.impact_ratio), n_ref, use.limits.alpha, use.limits.power)


def _enough(
    group: str, level: str, counts: tuple[float, float], effect: float, needed: float | None, positives: int
) -> Finding:
    x, n = (of / effect for of in counts)
    rows = 0.0 if not needed else max(0.0, needed - n)
    lacking = max(0.0, positives - x)
    parts = []
    if needed is None:
        parts.append("more rows of the reference first: with so few no number of rows would do")
    elif rows:
        parts.append(f"{people(round(rows + 0.5))} more rows to call it clear at the limit")
    if lacking:
        parts.append(f"{people(lacking)} more favourable outcomes to know a model's true positive rate to 10 points")
    short = bool(parts)
    return Finding(
        State.SHOWN if short else State.CLEAR,
        {"group": group, "level": level},
        f"{group} '{level}': {people(counts[1])} rows with an outcome, {people(counts[0])} favourable"
        + (f" (people recur: as good as {people(n)} and {people(x)}). " if effect > 1 else ". ")
        + (f"Lacking: {'; '.join(parts)}." if short else "Enough for a claim about this group."),
        {"n": Measure(n, n=n), "needed_n": Measure(needed or n, n=n), "favourable": Measure(x, n=n, limit=positives)},
        remedy=f"Collect for '{level}' ({group}): {'; '.join(parts)}; or claim nothing about this group."
        if short
        else None,
    )
