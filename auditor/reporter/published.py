"""Tables to publish: counts and ratios as a policy asks for them, with nothing judged in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.format import people, percent
from auditor.model import Audit, Finding, Result, State

TITLE = "Tables to publish"
MEANING = "The policy asks for these numbers to be published. Nothing in them is judged: it sets no line to pass."
OF_PAY = (
    "Article 9(1) of Directive (EU) 2023/970 asks employers for these figures, points (a) to (g). Nothing in them is "
    "judged here. A gap is what a group has less than the reference, as a share of the reference's."
)
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A column of a published table: the key of its records, its title, and how a value is written."""

    key: str
    title: str
    written: Callable[[Any], str]
    scored: str = ""  # the title where the outcome is a score
    bounds: tuple[str, str] | None = None  # the keys of an interval that is written after the value

    @property
    def number(self) -> bool:
        """Whether the column holds numbers."""
        return self.written is not str


@dataclass(frozen=True)
class Published:
    """How a rule's records are published: a table for each value of `by`, its columns, and the lines below it.

    `marked` is the key of the reason why a record has no value; `counted` names the measure of a finding about the same
    group that is printed below the table. `meaning` stands above the tables, `notes` below each of them.
    """

    by: str
    fields: tuple[Field, ...]
    marked: str
    counted: tuple[str, str] | None = None
    meaning: str = MEANING
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tabled:
    """A table as it is shown: cells as text; `numbers` marks the columns of numbers; `notes` are printed below it."""

    title: str
    head: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def _ratio(value: float) -> str:
    return f"{value:.3f}"


PUBLISHED = {
    "POL001": Published(
        by="group",
        fields=(
            Field("level", "Category", str),
            Field("n", "Number", people),
            Field("selected", "Selected", people, scored="Scoring above the median"),
            Field("selection_rate", "Selection rate", percent, scored="Scoring rate"),
            Field("impact_ratio", "Impact ratio", _ratio),
        ),
        marked="excluded",
        counted=("unknown", "People of unknown category, in no row of this table"),
    ),
    "PAY001": Published(
        by="pair",
        fields=(
            Field("point", "Point", str),
            Field("figure", "Figure", str),
            Field("of", "Of", str),
            Field("n", "Workers of the group", people),
            Field("reference_n", "Workers of the reference", people),
            Field("gap", "Gap (95% CI)", percent, bounds=("low", "high")),
            Field("share", "Share of the group", percent),
            Field("reference_share", "Share of the reference", percent),
        ),
        marked="why",
        meaning=OF_PAY,
        notes=(
            "A figure of 5% or more in a category is the first of three conditions of a joint pay assessment "
            "(Article 10(1)). The others are that the employer has not justified it by objective, gender-neutral "
            "criteria, and has not remedied it within six months of the report.",
            "Intervals and the numbers of workers are not asked for; they state how far the figures can be relied on. "
            "A mean has no interval where a group has under ten workers, or where rows are not different workers.",
        ),
    ),
}
LEFT_OUT = "left out"
SIGN = "*"  # of the reason below the table: once for the first one, twice for the second
NOTHING = "–"


def is_published(result: Result) -> bool:
    """Whether a result is shown as tables to publish, and nowhere among what was judged."""
    return result.rule in PUBLISHED and bool(result.table)


def published(audit: Audit) -> Iterator[tuple[Result, list[Tabled]]]:
    """Yield each result with tables to publish, and the tables."""
    for result in audit.results:
        if is_published(result):
            yield result, list(_tables(result, PUBLISHED[result.rule]))


def _tables(result: Result, how: Published) -> Iterator[Tabled]:
    parts: dict[str, list[Record]] = {}
    for record in result.table:
        parts.setdefault(_name(record, how), []).append(record)
    for name, records in parts.items():
        scored = all(record.get("scored") for record in records)
        reasons = list(dict.fromkeys(record[how.marked] for record in records if record.get(how.marked)))
        yield Tabled(
            name,
            tuple(field.scored if scored and field.scored else field.title for field in how.fields),
            tuple(field.number for field in how.fields),
            tuple(tuple(_cell(record, field, how.marked, reasons) for field in how.fields) for record in records),
            tuple(_notes(name, records, reasons, scored, result.findings, how)),
        )


def meaning(result: Result) -> str:
    """Return what stands above the tables of a rule."""
    return PUBLISHED[result.rule].meaning


def _name(of: Record, how: Published) -> str:
    """Return what a table is called: by its group, and its stage where it is of one."""
    return f"{of.get(how.by)}, stage '{of['stage']}'" if of.get("stage") else str(of.get(how.by))


def _cell(record: Record, field: Field, marked: str, reasons: Sequence[str]) -> str:
    value = record.get(field.key)
    if value is None:
        why = record.get(marked)
        return f"{LEFT_OUT}{_sign(reasons.index(why))}" if field.key in record and why else NOTHING
    low, high = (record.get(key) for key in field.bounds or ("", ""))
    around = f" ({field.written(low)} to {field.written(high)})" if low is not None and high is not None else ""
    return f"{field.written(value)}{around}"


def _sign(place: int) -> str:
    return SIGN * (place + 1)


def _notes(
    name: str,
    records: list[Record],
    reasons: Sequence[str],
    scored: bool,
    findings: tuple[Finding, ...],
    how: Published,
) -> Iterator[str]:
    """Yield what is printed below a table: why a ratio is left out, who is in no row, and what is not whole."""
    for place, reason in enumerate(reasons):
        yield f"{_sign(place)} {reason}"
    yield from how.notes
    if how.counted is None:
        return
    key, words = how.counted
    for finding in findings:
        if _name(finding.subject, how) != name:
            continue
        if key in finding.measures:
            yield f"{words}: {people(finding.measures[key].value or 0)}."
        if finding.state is State.UNDETERMINED:
            yield finding.message
    for outcome in dict.fromkeys(record["outcome"] for record in records if record.get("outcome")):
        yield f"{'Scoring' if scored else 'Selected'}: {outcome}."
