"""Repeated rows, missing values by outcome and uninformative columns: QLT001, QLT002, QLT003."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.blanks import Blanks, blanks, not_shown, with_blanks
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import PEOPLE, ROWS, TARGET
from auditor.analyzers.suppressed import MISSING_VALUES, Columns
from auditor.counts.copies import chance_copies
from auditor.counts.effects import of_missing_by_outcome
from auditor.counts.extras import Repeats
from auditor.counts.names import COUNT, LEVEL, OUTCOME
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.use.roles import Ignored
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

SAYS = Says(
    rows="{extra:estimated part} of {total:estimated part} row{total:s} repeat{extra:verb} an earlier row in all "
    "columns ({share:percent limit}).",
    people="{extra:estimated part} of {total:estimated part} entries repeat{extra:verb} a person already in the data, "
    "identified by '{column}' ({share:percent limit}).",
    keep_rows="Keep one row per person. {extra:estimated part} row{extra:s} repeat{extra:verb} an earlier row.",
    keep_people="Keep one row per person. {extra:estimated part} entr{extra:y} repeat{extra:verb} a person already in "
    "the data.",
    alike="But the columns have so few values that different people must often look alike, so copies cannot be "
    "distinguished from people.",
    missing="'{column}' is missing {>by_outcome}",
    no_vector="'{column}' has no usable vector {>by_outcome}",
    by_outcome="for {rate:percent} of {n:people} with the favourable outcome and for {rate_ref:percent} of "
    "{n_ref:people} without. The difference is {difference:points} points ({p:p}).",
    when="Find out when '{column}' is recorded, and do not let a model use its missing values.",
    empty="'{column}' has no value in any row.",
    identifier="'{column}' is no feature: {why} ({levels:estimated exact} distinct values).",
    constant="'{column}' has the same value in every row that has one.",
    leave_out="Leave '{column}' out of the model.",
)


@rule(
    "QLT001",
    "duplicate-rows",
    asks=Ask("Keep one row per person", "data owner", "repeated rows are within the threshold", ("column",)),
    headlines=Headlines(
        found=(
            "{duplicates:people} row{duplicates:s} repeat{duplicates:verb} an earlier one ({duplicate_share:percent})",
        ),
        open="Copies cannot be distinguished from people who look alike",
        clear="Few rows repeat an earlier one ({duplicate_share:percent})",
    ),
    needs=(ROWS,),
    units="facts",
    severity=Severity.CONDITION,
    measures=quantities("duplicates", "duplicate_share"),
)
def duplicate_rows(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The same record, or the same person, is in the data more than once.

    How it is measured: Records are distinguished by a hash of all their values, people by the identifier column. Those
    that repeat an earlier one are counted. In tables of over a million rows a fixed part of the hashes is counted, all
    copies of a record together, and the share has an interval. A finding needs more than 1% of rows. Where the columns
    have so few values that different people must often look alike (expected under independence of the columns),
    identical rows do not count as copies. They do if a column identifies people, if each record is there twice (thrice,
    …), or if there are far more pairs than different people would give. Tests and intervals of all rules then count
    copies once.

    Why it matters: Every test here treats rows as different people. With all people entered twice, a test at 5% gives
    17% false alarms; with four entries each, 33%.

    What to do: Keep one row per person, or name the identifier column so that people can be counted.

    Source: The false-alarm rates are a simulation of the pooled Z test on repeated rows; the 1% is judgement.
    """
    tally = evidence.tally
    limit = use.limits.repeated_share
    if tally.roles.id and tally.repeated_ids is not None:
        yield _repeated(tally.repeated_ids, tally.roles.id, limit)
    yield _rows(tally, limit)


def _rows(tally: Tally, limit: float) -> Finding:
    finding = _repeated(tally.repeated_rows, None, limit)
    if finding.state is State.CLEAR or tally.roles.id or tally.copied or chance_copies(tally) < limit:
        return finding
    return Finding(
        states.NOT_KNOWN,
        finding.subject,
        together(finding.message, SAYS("alike")),
        finding.measures,
        settle=PEOPLE,  # which distinguishes repeated people from people who look alike
    )


def _repeated(repeats: Repeats, column: str | None, limit: float) -> Finding:
    """Judge the rows that repeat an earlier one, or people already in the data according to a column."""
    share, error = repeats.share, repeats.error
    low, high = max(0.0, share - 1.959964 * error), min(1.0, share + 1.959964 * error)
    extra, total = repeats.extra / repeats.fraction, repeats.counted / repeats.fraction
    what = "rows" if column is None else "people"
    facts = {"extra": extra, "total": total, "part": repeats.fraction, "share": share, "limit": limit}
    return Finding(
        states.part(share, limit),
        {"column": "(all columns)" if column is None else column},
        SAYS(what, **facts, column=column),
        {"duplicates": Measure(extra), "duplicate_share": Measure(share, low, high, n=repeats.counted, limit=limit)},
        remedy=SAYS(f"keep_{what}", **facts),
    )


@rule(
    "QLT002",
    "missing-by-group",
    asks=Ask(
        "Find out why values are missing by outcome",
        "data owner",
        "the shares of missing values are alike",
        ("column",),
    ),
    headlines=Headlines(
        found="Missing values of '{column}' are associated with the outcome: {missing_difference:gap} points",
        near="Missing values of '{column}' are associated with the outcome",
        open="Too little data to determine whether missing values of '{column}' are associated with the outcome",
        clear="Missing values are not associated with the outcome",
    ),
    needs=(TARGET,),
    units="counts",
    severity=Severity.NOTE,
    suppressed="rest",
    columns=MISSING_VALUES,
    measures=quantities("missing_difference", "p_adjusted"),
)
def missing_by_group(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A column's values are missing more often for one outcome than for the other.

    How it is measured: For every column with missing values, the share missing among the favourable outcomes less that
    among the others, with Newcombe's interval. A finding needs 5 points or more with p below 0.05, Holm-adjusted over
    the columns. No issue is found only where the whole interval of each lies within 5 points; the others are
    inconclusive. Columns without missing values are not reported. A vector that cannot be used is missing too. PRX004
    compares missing values by group.

    Why it matters: A form filled in after the decision is empty for those who were refused. A model then learns from
    the missing value what was not known at the time of the decision.

    What to do: Find out when the column is recorded; leave it out, or fill in missing values by a rule that does not
    use the outcome.

    Source: Newcombe 1998; Kaufman, Rosset and Perlich 2012 (leakage); the 5 points are judgement.
    """
    tally = evidence.tally
    pairs = {
        name: pair for name in with_blanks(tally) if (pair := _missing_by_outcome(tally, name)) and pair.x + pair.x_ref
    }
    compared = blanks(list(pairs.items()), use.limits)
    for of in compared:
        if of.state.found:
            subject = {"target": evidence.target, "column": of.column}
            key = "no_vector" if of.column in tally.roles.vectors else "missing"
            yield Finding(of.state, subject, _missing(of, key), of.measures, remedy=SAYS("when", column=of.column))
    favourable, others = "the favourable outcome", "the others"
    if (said := not_shown(compared, {"target": evidence.target}, favourable, others)) is not None:
        yield said


def _missing(of: Blanks, key: str) -> Sentence:
    return SAYS(
        key,
        column=of.column,
        rate=of.pair.rate,
        n=of.pair.n,
        rate_ref=of.pair.rate_ref,
        n_ref=of.pair.n_ref,
        difference=of.difference,
        p=of.p,
    )


def _missing_by_outcome(tally: Tally, name: str) -> Pair | None:
    """Return (missing, rows) with the favourable outcome and without it; None without both."""
    frame = tally.columns[name].table
    if not len(frame) or not tally.missing_placed(name) or not tally.columns[name].missing:
        return None
    lost = frame[LEVEL].isna()
    parts = []
    for outcome in (1, 0):
        of = frame[OUTCOME] == outcome
        parts += [float(frame.loc[of & lost, COUNT].sum()), float(frame.loc[of, COUNT].sum())]
    by, by_ref = of_missing_by_outcome(tally, name)
    return Pair(parts[0], parts[1], parts[2], parts[3], by, by_ref) if parts[1] and parts[3] else None


def _may_be_constant(tally: Tally) -> list[str]:
    """Return the columns that are partly suppressed, but for those that are seen to have several values."""
    return [name for name in tally.partly_suppressed() if len({*tally.levels(name)} - {None}) < 2]


@rule(
    "QLT003",
    "uninformative-column",
    asks=Ask("Leave out columns that hold no information", "data owner", "no such column remains", ("column",)),
    headlines=Headlines(
        found="'{column}' holds no information that a model could use",
    ),
    units="facts",
    severity=Severity.NOTE,
    suppressed="rest",
    columns=Columns(_may_be_constant),
    measures=quantities("levels"),
)
def uninformative_column(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A column holds one value only, no value at all, or a different one in (nearly) every row.

    How it is measured: Distinct values over all rows where the levels are counted, over a peek of 20,000 rows spread
    over the data else. An identifier is a running whole number, or a column with more distinct values than half its
    rows that is neither a number nor a text of several words.

    Why it matters: A constant holds no information. An identifier lets a model memorise people, and statistics of it
    reflect only the number of its levels.

    What to do: Leave the column out of the model.

    Source: Judgement; the half is where bias-corrected association measures cease to mean anything.
    """
    tally = evidence.tally
    for name, column in tally.columns.items():
        why = tally.roles.ignored.get(name)
        if column.missing == tally.rows:
            key = "empty"
        elif why and why.identifies and why is not Ignored.SHORT_TEXT:
            key = "identifier"
        elif name in tally.roles.features and _constant(tally, name):
            key = "constant"
        else:
            continue
        yield Finding(
            states.PRESENT,
            {"column": name},
            SAYS(key, column=name, why=why, levels=column.levels, exact=column.exact),
            {"levels": Measure(column.levels, n=tally.rows - column.missing)},
            remedy=SAYS("leave_out", column=name),
        )


def _constant(tally: Tally, name: str) -> bool:
    column = tally.columns[name]
    return not column.edges and column.levels == 1 and column.exact  # a number in bins had many values in the peek
