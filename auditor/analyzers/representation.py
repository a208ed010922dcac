"""Who is in the data, against whom they are for: REP001, REP002, REP005."""

from __future__ import annotations

import math
from collections.abc import Iterator

from auditor.engines.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.gaps import choose_reference
from auditor.stats.proportions import Pair, detectable_ratio, equal_rates, goodman, needed_n, newcombe, wilson
from auditor.stats.shares import Share, against_population, goodness_of_fit, total_variation
from auditor.usecase import UseCase
from auditor.words import interval, listed, p_value, people, percent, ratio

# Total variation distances that are taken for small and for notable; judgement.
SMALL, NOTABLE = 0.05, 0.10


@rule("REP001", "group-under-represented")
def group_under_represented(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """A group's share of the data is under four fifths of its share of the stated population.

    How it is measured: The representation ratio is the share in the data over the stated share, with Goodman's joint
    95 % interval; evidence is the exact binomial test, Holm-adjusted over the groups. Under-representation is shown
    when the ratio is below the limit and the adjusted p is below 0.05, strongly when the whole interval is below. It
    is clear only when the whole interval is at or above the limit. The total variation distance is the share of rows
    that would have to change. Rows of groups that the population does not name are left out of the shares, and said.

    Why it matters: A model learns little about those it seldom sees, and what is measured on everybody is then not
    measured on them.

    What to do: Collect the missing people, or state that the use leaves this group out; weighting repairs averages
    but adds no knowledge.

    Source: The population is the user's own statement. The four fifths mirrors 29 CFR 1607.4(D) by analogy; the exact
    binomial test against availability is the "pools" analysis of employment statistics.
    """
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    yield from _shares_table(tally, use)
    compared = False
    for group in tally.roles.groups:
        stated = use.population.shares(group)
        if stated is None:
            continue
        compared = True
        counts = tally.shares(group)
        yield from _against(counts, stated, group, use)
    if not compared:
        raise NotRun("no reference population is stated (--reference, or [population] in the use case)")


def _shares_table(tally: Tally, use: UseCase) -> Iterator[Record]:
    for group in tally.roles.groups:
        stated = use.population.shares(group) or {}
        counts = tally.shares(group)
        counts |= {level: 0 for level in stated if level not in counts}
        total = sum(counts.values())
        joint = goodman(list(counts.values())) if len(counts) > 1 and total else [None] * len(counts)
        for (level, n), bounds in zip(counts.items(), joint, strict=True):
            yield {
                "group": group,
                "level": level,
                "rows": n,
                "share": n / total if total else None,
                "low": bounds.low if bounds else None,
                "high": bounds.high if bounds else None,
                "stated_share": stated.get(level),
            }


def _against(counts: dict[str, float], stated: dict[str, float], group: str, use: UseCase) -> Iterator[Finding]:
    n = sum(counts.get(level, 0) for level in stated)
    unnamed = [level for level in counts if level not in stated]
    if n == 0:
        raise NotRun(
            f"no row of '{group}' has a level that the population names ({listed(list(stated))}; "
            f"the data have {listed(unnamed)})"
        )
    limits = use.limits
    for share in against_population(counts, stated, limits.representation_ratio, limits.alpha):
        yield _share_finding(share, group, use)
    statistic, p = goodness_of_fit(counts, stated)
    distance = total_variation(counts, stated)
    left_out = f" Left out, not named by the population: {listed(unnamed)}." if unnamed else ""
    yield Finding(
        State.CLEAR
        if p >= limits.alpha or distance < SMALL
        else State.SHOWN
        if distance >= NOTABLE
        else State.BORDERLINE,
        {"group": group},
        f"Over all groups of '{group}', {percent(distance)} of the rows would have to change for the stated shares to "
        f"hold (total variation distance, notable from {percent(NOTABLE)}; chi-square {statistic:.1f}, {p_value(p)})."
        f"{left_out}",
        {
            "total_variation": Measure(distance, n=n),
            "chi_square": Measure(statistic, n=n),
            "p_value": Measure(p, n=n, limit=limits.alpha),
        },
        remedy=f"Bring the shares of '{group}' nearer to the stated population, or restate it.",
    )


def _share_finding(share: Share, group: str, use: UseCase) -> Finding:
    limits = use.limits
    limit = float(limits.representation_ratio)
    low, high = share.joint.low / share.stated, share.joint.high / share.stated
    lacking = max(0.0, share.shortfall)
    to_collect = lacking / (1 - share.stated) if share.stated < 1 else lacking
    short = f" That is {people(lacking)} fewer than the stated share of as many rows." if lacking else ""
    severe = ", less than half" if share.state.found and share.ratio < 0.5 else ""
    absent = " The group is absent from the data." if share.count == 0 else ""
    return Finding(
        share.state,
        {"group": group, "level": share.level},
        f"'{share.level}' makes up {percent(share.count / share.n)} of {people(share.n)} rows against a stated "
        f"{percent(share.stated)}{severe}: representation ratio {ratio(share.ratio, limit)} "
        f"{interval(low, high, limit)}, {p_value(share.p_adjusted)} (exact binomial, Holm).{absent}{short}",
        {
            "share": Measure(share.count / share.n, *share.interval, n=share.n),
            "reference_share": Measure(share.stated),
            "representation_ratio": Measure(share.ratio, low, high, n=share.n, limit=limit),
            "z": Measure(share.z, n=share.n),
            "p_value": Measure(share.p, n=share.n),
            "p_adjusted": Measure(share.p_adjusted, n=share.n, limit=limits.alpha),
            "shortfall": Measure(share.shortfall, n=share.n),
        },
        remedy=f"Collect about {people(math.ceil(to_collect))} more rows of '{share.level}' ({group}), or leave the "
        "group out of the stated use.",
        settle=f"More rows: the share of '{share.level}' ({group}) is too uncertain to hold against the population."
        if share.state is State.UNDETERMINED
        else None,
    )


@rule("REP002", "group-too-small")
def group_too_small(tally: Tally, use: UseCase, *, min_n: int = 0) -> Iterator[Finding | Record]:
    """A group is too small for this audit to see a gap of the size that matters.

    How it is measured: From the sizes of the group and its reference and the overall rate of favourable outcomes,
    never from the observed gap: the impact ratio that a two-sided 5 % test would show with 80 % power. The group is
    too small when only ratios below the limit would show, strongly so when it has fewer than `min_n` rows (default:
    the policy's, 30). Without an outcome only `min_n` decides.

    Why it matters: "No gap was found" means nothing where none could have been found.

    What to do: Collect the rows named, or say in the use that nothing is claimed about this group.

    Source: Power of the pooled two-proportion test, as statsmodels computes it; the 80 % is a convention.
    """
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    least = min_n or use.limits.min_n
    for group in tally.roles.groups:
        cells = [cell for cell in tally.cells(group) if cell.level is not None]
        counts = {cell.level: (cell.favourable, cell.n) for cell in cells if cell.level and cell.n}
        if tally.roles.target is None or len(counts) < 2:
            for cell in cells:
                yield _by_size(str(cell.level), cell.rows, group, least)
            continue
        rate = sum(x for x, _ in counts.values()) / sum(rows for _, rows in counts.values())
        limits = use.limits
        reference = use.groups.reference.get(group)
        if reference not in counts:
            reference, _ = choose_reference(counts, sum(rows for _, rows in counts.values()), least, limits.min_share)
        for level, (_, n) in counts.items():
            if level == reference:
                yield _by_size(level, n, group, least)
            else:
                yield _by_power(level, n, group, reference, counts[reference][1], rate, least, use)


def _by_size(level: str, n: float, group: str, least: int) -> Finding:
    small = n < least
    return Finding(
        State.SHOWN_STRONG if small else State.CLEAR,
        {"group": group, "level": level},
        f"'{level}' has {people(n)} rows{', fewer than' if small else '; at least'} {least} are asked for.",
        {"n": Measure(n, n=n, limit=least)},
        remedy=f"Collect at least {people(least - n)} more rows of '{level}' ({group}) before anything "
        "is claimed of it.",
    )


def _by_power(
    level: str, n: float, group: str, reference: str, n_ref: float, rate: float, least: int, use: UseCase
) -> Finding:
    limits = use.limits
    limit = float(limits.impact_ratio)
    seen = detectable_ratio(rate, n, n_ref, limits.alpha, limits.power)
    needed = needed_n(rate, limit, n_ref, limits.alpha, limits.power)
    alone = needed is not None
    if needed is None:
        needed = needed_n(rate, limit, None, limits.alpha, limits.power)
    small = seen is None or seen < limit
    strong = n < least
    lacking = max((needed or 0) - n, least - n)
    power = f"{100 * limits.power:g} %"
    what = (
        f"would show an impact ratio of {ratio(seen, limit)} or lower with {power} power"
        if seen is not None
        else f"would show no gap with {power} power, however large"
    )
    who = f"'{level}' ({group})" if alone else f"'{level}' and of its reference '{reference}' ({group}) each"
    total = "more rows" if alone else f"rows in all, now {people(n)},"
    return Finding(
        State.SHOWN_STRONG if strong else State.SHOWN if small else State.CLEAR,
        {"group": group, "level": level, "reference": reference},
        f"{people(n)} rows of '{level}' against {people(n_ref)} of '{reference}' {what}; the limit is {limit:g}.",
        {
            "n": Measure(n, n=n, limit=least),
            "detectable_ratio": Measure(seen, n=n + n_ref, limit=limit),
            "needed_n": Measure(needed, n=n),
        },
        remedy=f"Collect {people(lacking if alone else needed or least)} {total} of {who} before outcomes are called "
        "fair to this group: a gap could hide in so few.",
    )


@rule("REP005", "group-unknown")
def group_unknown(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """Membership in a group is not recorded for too many rows, or more for one outcome than for the other.

    How it is measured: The share of rows without a value in the group column, with Wilson's 95 % interval; shown above
    5 % of rows. Beside it the share among rows with the favourable outcome minus the share among the others, with
    Newcombe's interval; shown at 5 points or more with p below 0.05 (Holm over the group columns).

    Why it matters: Whoever is not recorded is in no comparison; where that depends on the outcome, every comparison
    is bent.

    What to do: Record the group, or ask the people; say how many are unknown wherever a rate is quoted. Do not guess
    membership from names.

    Source: 6 RCNY 5-301 asks for the number of people of unknown category; the 5 % and 5 points are judgement.
    """
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    limit = use.limits.missing_share
    pairs = {group: _missing_by_outcome(tally, group) for group in tally.roles.groups}
    for group in tally.roles.groups:
        unknown = tally.missing(group)
        share = unknown / tally.rows
        measures = {"missing_share": Measure(share, *wilson(unknown, tally.rows), n=tally.rows, limit=limit)}
        tilted, whom = False, ""
        if (pair := pairs[group]) is not None and unknown:
            p = min(1.0, equal_rates(pair).p * len(pairs))
            difference = pair.rate - pair.rate_ref
            measures["missing_difference"] = Measure(difference, *newcombe(pair), n=pair.n + pair.n_ref, limit=limit)
            measures["p_adjusted"] = Measure(p, n=pair.n + pair.n_ref, limit=use.limits.alpha)
            tilted = abs(difference) >= limit and p < use.limits.alpha
            whom = (
                f" Not recorded for {percent(pair.rate)} of those with the favourable outcome and "
                f"{percent(pair.rate_ref)} of the others ({p_value(p)})."
            )
        yield Finding(
            State.SHOWN if share > limit or tilted else State.CLEAR,
            {"group": group},
            f"'{group}' is not recorded in {people(unknown)} of {people(tally.rows)} rows ({percent(share)}).{whom}",
            measures,
            remedy=f"Record '{group}' for the rows without it, or say beside every rate how many are unknown.",
        )


def _missing_by_outcome(tally: Tally, group: str) -> Pair | None:
    cells = tally.cells(group)
    unknown = [cell for cell in cells if cell.level is None]
    favourable, others = sum(cell.favourable for cell in cells), sum(cell.unfavourable for cell in cells)
    if not favourable or not others:
        return None
    return Pair(
        sum(cell.favourable for cell in unknown), favourable, sum(cell.unfavourable for cell in unknown), others
    )
