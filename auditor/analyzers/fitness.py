"""The data compared with the stated use: FIT001 to FIT005."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import POPULATION, TARGET, TIME, WHOLE_PERIODS, Precondition
from auditor.analyzers.timeline import rows_by_value, timeline
from auditor.counts.tally import OTHER, Tally
from auditor.model import Finding, Measure, Severity
from auditor.stats.association import cramers_v
from auditor.use.nameable import named
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

INSIDE = 0.95  # the share of rows that must be within what the use is about
LINK = 0.1  # Cramér's V from which a column is called a proxy for a forbidden one
MOST_NAMED = 8  # proxies that are named

PERIOD_STATED = Precondition(
    lambda of: None if of.use.population.period else "no period is stated ([population] period in the use case)"
)
REQUIRED = Precondition(
    lambda of: None if of.use.features.required else "no column is required ([features] required in the use case)"
)
FORBIDDEN = Precondition(
    lambda of: None if of.use.features.forbidden else "no column is forbidden ([features] forbidden in the use case)"
)
KIND = Precondition(
    lambda of: (
        None
        if of.use.label.kind
        else "the use does not state what kind of label the outcome is ([label] kind and stands_for)"
    )
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
    required_absent="'{name}' is required and is not in the data.",
    required="'{name}' is required; {missing:percent most} of {rows:people} row{rows:s} have no value.",
    do_without="Record '{name}', or state in the use case how the task can do without it.",
    not_there="'{name}' is forbidden and not in the data. Without it, proxies for it cannot be found.",
    forbidden="'{name}' is forbidden and in the data.",
    associated="Associated with it are {associated:each} (Cramér's V).",
    association="'{column}' ({v:fixed 2})",
    not_associated="No other column has a Cramér's V of 0.1 or more with it.",
    no_group="Name it as a group (--group) to see its proxies.",
    in_text="The text in {text:listed} may name it too (TXT001).",
    take_out="Remove '{name}' from what a model sees, and justify or remove its proxies.",
    past="'{target}' is a past decision that is meant to represent {meant}. Past decisions may repeat the deciders' "
    "bias; they do not measure {meant}.",
    past_unnamed="'{target}' is a past decision, and the use does not state what it represents. Past decisions may "
    "repeat the deciders' bias.",
    kind="'{target}' is a {kind} that represents {meant}.",
    kind_unnamed="'{target}' is a {kind}; the use does not state what it represents.",
    meant="'{stands_for}'",
    validate="Validate '{target}' against a measured outcome for people of every group, or restate the use as "
    "imitation of past decisions.",
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


@rule(
    "FIT003",
    "required-column",
    asks=Ask("Complete the required columns", "data owner", "required columns are there and filled", ("column",)),
    headlines=Headlines(
        found=(
            "The required column '{column}' is missing for {missing_share:percent} of the rows",
            "The required column '{column}' is not in the data",
        ),
        clear="The required column '{column}' is there",
    ),
    needs=(REQUIRED,),
    units="facts",
    severity=Severity.BLOCK,
    suppressed="whole",
    measures=quantities("missing_share"),
)
def required_column(evidence: Evidence, use: UseCase, *, max_missing: float = 0.5) -> Iterator[Finding | Record]:
    """A column that the use requires is missing, or mostly empty.

    How it is measured: Every column under [features] required must be in the data with a value in at least half of the
    rows (`max_missing`).

    Why it matters: If the data lack what the task needs, a model uses what is correlated with it instead.

    What to do: Record the column, or state how the task can do without it.

    Source: Regulation (EU) 2024/1689, Article 10(2)(e) and (h) (suitability, gaps); the half is judgement.
    """
    tally = evidence.tally
    for name in use.features.required:
        column = tally.columns.get(name)
        missing = column.missing / tally.rows if column and tally.rows else 1.0
        yield Finding(
            states.filled(missing if column else None, max_missing),
            {"column": name},
            SAYS(
                "required" if column else "required_absent",
                name=name,
                missing=missing,
                most=max_missing,
                rows=tally.rows,
            ),
            {"missing_share": Measure(missing, n=tally.rows, limit=max_missing)} if column else {},
            remedy=SAYS("do_without", name=name),
        )


@rule(
    "FIT004",
    "forbidden-column",
    asks=Ask(
        "Remove forbidden columns",
        "model team",
        "no forbidden column, and no proxy for one, is in the data",
        ("column",),
    ),
    headlines=Headlines(
        found="The forbidden column '{column}' is in the data",
        near="A proxy for a forbidden column is in the data",
        clear="The forbidden column '{column}' is not in the data",
    ),
    needs=(FORBIDDEN,),
    units="facts",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities("stand_ins"),
)
def forbidden_column(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A column that the use forbids is in the data, or proxies for it are.

    How it is measured: The rule lists columns under [features] forbidden that are in the data. For group columns it
    also lists the other columns that have a bias-corrected Cramér's V of 0.1 or more with them. The models of this
    audit never use a forbidden column.

    Why it matters: A model can use permitted columns as proxies for a forbidden one.

    What to do: Remove the column from what a model sees, and judge its proxies as PRX001 and TXT002 list them.

    Source: Bergsma 2013 (V); Cohen 1988 for the 0.1.
    """
    tally = evidence.tally
    for name in use.features.forbidden:
        if name not in tally.columns:
            yield Finding(states.NOT_PRESENT, {"column": name}, SAYS("not_there", name=name))
            continue
        proxies = _proxies(tally, name, use) if name in tally.roles.groups else {}
        yield Finding(
            states.PRESENT,
            {"column": name},
            _forbidden(tally, name, proxies),
            {"stand_ins": Measure(len(proxies))},
            remedy=SAYS("take_out", name=name),
        )


def _forbidden(tally: Tally, name: str, proxies: Mapping[str, float]) -> Sentence:
    """State that a forbidden column is there, and its proxies, as far as they can be found."""
    found = "associated" if proxies else "not_associated" if name in tally.roles.groups else "no_group"
    named_proxies = [SAYS("association", column=other, v=v) for other, v in list(proxies.items())[:MOST_NAMED]]
    in_text = "in_text" if tally.roles.text else ""
    return SAYS("forbidden", found, in_text, name=name, associated=named_proxies, text=tally.roles.text)


def _proxies(tally: Tally, group: str, use: UseCase) -> dict[str, float]:
    """Return the columns associated with a group column with their V, strongest first."""
    import numpy as np

    found = {}
    for name in tally.roles.features:
        if name in use.features.forbidden:
            continue
        by_level = tally.rows_by(name, group)
        levels = sorted({level for of in by_level.values() for level in of})
        table = np.array([[of.get(level, 0) for level in levels] for of in by_level.values()], dtype=float)
        v = cramers_v(table) if table.size and min(table.shape) > 1 else 0.0
        if v >= LINK:
            found[name] = float(v)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


@rule(
    "FIT005",
    "label-meaning",
    asks=Ask(
        "Validate the outcome against a measured one, or restate the use",
        "product owner",
        "the use case states what the outcome measures, and this is verified",
        ("target",),
    ),
    headlines=Headlines(
        found="'{target}' is a past decision: it may repeat the deciders' bias",
        near="'{target}' may not measure what the use needs",
        open="It is not stated what '{target}' measures",
        clear="'{target}' measures what the use needs",
    ),
    needs=(TARGET, KIND),
    units="facts",
    severity=Severity.CONDITION,
    suppressed="whole",
)
def label_meaning(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The outcome is a past decision that represents something else.

    How it is measured: The meaning of a label cannot be computed. The use states the `kind` of the label and what it
    `stands_for`. A past decision that represents performance, merit or the like is always found. Where the use states
    no kind, the rule is not run.

    Why it matters: Past decisions may repeat the deciders' bias; they do not measure job performance. A model trained
    on them imitates them with their errors, and its accuracy then measures how well it does so.

    What to do: Validate the label against a measured outcome for a sample of people of every group, or restate the
    use as imitation of past decisions.

    Source: Obermeyer et al. 2019, Science 366 (a label used for another quantity); Regulation (EU) 2024/1689,
    Article 10(2)(d) (assumptions on what the data measure).
    """
    target, kind = evidence.target, str(use.label.kind)
    stands_for = use.label.stands_for
    past = kind == "past_decision"
    key = "past" if past else "kind"
    yield Finding(
        states.PRESENT if past else states.NOT_PRESENT,
        {"target": target},
        SAYS(
            key if stands_for else f"{key}_unnamed",
            target=target,
            kind=kind.replace("_", " "),
            meant=SAYS("meant", stands_for=stands_for) if stands_for else None,
        ),
        remedy=SAYS("validate", target=target),
    )
