"""The population and the period of the data, compared with the stated use: FIT001, FIT002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import POPULATION, TIME, WHOLE_PERIODS, Precondition
from auditor.analyzers.timeline import rows_by_value, timeline
from auditor.counts.names import OTHER
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity
from auditor.use.nameable import named
from auditor.use.says import Says
from auditor.use.usecase import UseCase

INSIDE = 0.95  # the share of rows that must be within what the use is about

PERIOD_STATED = Precondition(
    lambda of: None if of.use.population.period else "no period is stated ([population] period in the use case)"
)

SAYS = Says(
    no_column="the population is stated by '{name}', which is not a column of the data.",
    record="Record '{name}', or restate the use.",
    uncounted="'{name}' was not counted by its values, so the stated values could not be checked.",
    none_stated="'{name}' has no row with the stated {stated:listed}; the data have {there}.",
    inside="{inside:percent least} of {known:people} row{known:s} have a '{name}' that the stated population names.",
    inside_at_least="At least {>inside}",
    absent="Absent: {absent:listed}.",
    chance="The probability that as many rows of the stated population include no such group is at most "
    "{chance:fixed 4}.",
    collect="Collect data of {absent:listed} ('{name}'), or exclude them from the stated use.",
    leave_out="Exclude the rows whose '{name}' is outside the stated population, or restate the population.",
    maybe_there="'{level}' was not found in '{name}', but may be among {others:people} row{others:s} that were not "
    "counted by value.",
    ask_rows="Provide the number of rows with '{level}' ('{name}').",
    no_years="no years can be read in '{name}'{>no_order}",
    no_order=": {why}",
    years="{inside:percent least} of {total:people} dated row{total:s} are from {first} to {last}. They range from "
    "{oldest} to {newest}; {young:percent} are from the last {max_age} years of the period.",
    unread="{unread:people} row{unread:s} with an unreadable date were not counted.",
    restate="Exclude the rows from before {first} and after {last}, collect newer ones, or restate the period.",
)


@rule(
    "FIT001",
    "population",
    asks=Ask(
        "Exclude rows outside the stated population, or restate it",
        "product owner",
        "the rows are of the stated population",
        ("column",),
    ),
    headlines=Headlines(
        found="Only {share:percent} of the rows are of the stated population",
        near="Only {share:percent} of the rows are of the stated population",
        open="It is not known whether the rows are of the stated population",
        clear="{share:percent} of the rows are of the stated population",
    ),
    needs=(POPULATION,),
    units="facts",
    severity=Severity.BLOCK,
    suppressed="whole",
    measures=quantities("share"),
)
def population(evidence: Evidence, use: UseCase, *, min_inside: float = INSIDE) -> Iterator[Finding | Record]:
    """People or places that the use is for are not in the data.

    How it is measured: Every level that the stated population names must occur in its column, and at least
    `min_inside` of the rows with a value must have a level that it names. An absent level is found where the
    probability that as many rows of the stated population would not include it is below 0.05, shared among the levels.
    Otherwise, as for a small level in few rows, it is near the threshold. REP001 judges the shares.

    Why it matters: A model trained without a group cannot be assumed to work for it.

    What to do: Collect data of the missing people, or exclude them from the stated use.

    Source: Regulation (EU) 2024/1689, Article 10(3) and (4) (persons, groups and places); the share is judgement.
    """
    tally = evidence.tally
    for name, stated in use.population.groups.items():
        if name not in tally.columns:
            said = SAYS("no_column", name=name)
            yield Finding(states.ABSENT, {"column": name}, said, remedy=SAYS("record", name=name))
            continue
        counts = _levels(tally, name)
        if not counts:
            yield Finding(states.NOTHING_TO_JUDGE, {"column": name}, SAYS("uncounted", name=name))
            continue
        yield from _against_stated(tally, name, stated, counts, min_inside, use.limits.alpha)


def _against_stated(
    tally: Tally, name: str, stated: Mapping[str, float], counts: Mapping[str, int], least: float, alpha: float
) -> Iterator[Finding]:
    """Yield the findings about the levels of a column for which the use states some."""
    absent = [level for level, share in stated.items() if share > 0 and not counts.get(level)]
    others = counts.get(OTHER, 0)
    if absent and others + tally.left_out:
        yield from (_not_counted(name, level, others + tally.left_out) for level in absent)
        absent = []
    known = sum(counts.values())
    named_rows = sum(n for level, n in counts.items() if level in stated)
    inside = named_rows / known
    if not inside and not others:
        said = SAYS("none_stated", name=name, stated=list(stated), there=named(counts, 8, quotes=True))
        yield Finding(states.NOTHING_TO_JUDGE, {"column": name}, said)
        return
    # The probability that so many rows include no row of a level: of the least likely, times all that are stated.
    chance = min(1.0, min(((1 - stated[level]) ** named_rows for level in absent), default=1.0) * len(stated))
    keys = "inside_at_least" if others else "inside", "absent" if absent else "", "chance" if absent else ""
    share = states.inside(inside, inside + others / known, least)
    yield Finding(
        states.worst((share, states.absent(chance, alpha))) if absent else share,
        {"column": name},
        SAYS(*keys, name=name, inside=inside, known=known, least=least, absent=absent, chance=chance),
        {"share": Measure(inside, n=known, limit=least)},
        remedy=SAYS("collect" if absent else "leave_out", name=name, absent=absent),
    )


def _not_counted(name: str, level: str, others: int) -> Finding:
    """State that a level which was not counted by itself may be there."""
    return Finding(
        states.NOT_KNOWN,
        {"column": name, "level": level},
        SAYS("maybe_there", name=name, level=level, others=others),
        settle=SAYS("ask_rows", name=name, level=level),
    )


def _levels(tally: Tally, name: str) -> dict[str, int]:
    """Return the rows of every level of a column or group; empty where it was not counted by levels."""
    if name in tally.roles.groups:
        return {level: round(n) for level, n in tally.shares(name).items()}
    column = tally.columns[name]
    return {} if column.edges else {level: n for level, n in tally.levels(name).items() if level is not None}


@rule(
    "FIT002",
    "period",
    asks=Ask("Use data of the stated period", "product owner", "the rows are of the stated period", ("column",)),
    headlines=Headlines(
        found="Only {share:percent} of the rows are of the stated period, {recent_share:percent} of its last years",
        clear="{share:percent} of the rows are of the stated period",
    ),
    needs=(PERIOD_STATED, TIME, WHOLE_PERIODS),
    units="facts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities("share", "recent_share"),
)
def period(
    evidence: Evidence, use: UseCase, *, min_inside: float = INSIDE, max_age_years: int = 5
) -> Iterator[Finding | Record]:
    """The data are not from the years that the use is about, or are too old for it.

    How it is measured: The years of the time column (the first year of a fiscal or academic year) are compared with the
    stated period. The report gives the share of dated rows within it, the oldest and the newest year, and the share of
    the last `max_age_years` before its end. An issue is found when fewer than `min_inside` of the rows are within. The
    evidence is strong when fewer than half are, or no row is from those last years.

    Why it matters: Jobs, people and those who decide change; old records describe the past.

    What to do: Exclude rows older than the period, collect newer ones, or restate the period.

    Source: Regulation (EU) 2024/1689, Article 10(4); the share and the years are judgement.
    """
    tally = evidence.tally
    stated = use.population.period
    assert stated is not None  # it is needed
    order, rows = timeline(tally, use), rows_by_value(tally)
    years: dict[int, int] = {}
    for value, year in order.years.items():
        years[year] = years.get(year, 0) + rows[value]
    total = sum(years.values())
    if not total:
        raise NotRun(SAYS("no_years", name=tally.roles.time, why=order.reason or None))
    unread = sum(rows.values()) - total
    first, last = stated
    inside = sum(n for year, n in years.items() if first <= year <= last) / total
    young = sum(n for year, n in years.items() if last - max_age_years < year <= last) / total
    yield Finding(
        states.in_period(inside, young, min_inside),
        {"column": str(tally.roles.time)},
        SAYS(
            "years",
            "unread" if unread else "",
            inside=inside,
            least=min_inside,
            total=total,
            first=first,
            last=last,
            oldest=min(years),
            newest=max(years),
            young=young,
            max_age=max_age_years,
            unread=unread,
        ),
        {"share": Measure(inside, n=total, limit=min_inside), "recent_share": Measure(young, n=total)},
        remedy=SAYS("restate", first=first, last=last),
    )
