"""The values that leave the program: frozen, ordered, serialisable, and ignorant of how they are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import TypeAdapter

SCHEMA: Literal["dataudit/audit/1"] = "dataudit/audit/1"


class State(StrEnum):
    """What the data show about one thing, worst first."""

    SHOWN_STRONG = "shown_strong"
    SHOWN = "shown"
    BORDERLINE = "borderline"
    UNDETERMINED = "undetermined"
    CLEAR = "clear"
    NOT_RUN = "not_run"

    @property
    def found(self) -> bool:
        """Whether the fault is shown, with size and evidence."""
        return self in (State.SHOWN_STRONG, State.SHOWN)


class Severity(StrEnum):
    """What a shown fault does to the verdict."""

    BLOCK = "block"
    CONDITION = "condition"
    NOTE = "note"


class Level(StrEnum):
    """The verdict. Never a score. NOT_JUDGED: rules that it needs were left out on request, so there is no verdict."""

    FIT = "fit"
    FIT_WITH_CONDITIONS = "fit_with_conditions"
    UNFIT = "unfit"
    CANNOT_TELL = "cannot_tell"
    NOT_JUDGED = "not_judged"


class LeftOut(StrEnum):
    """Which part of a request left a rule out."""

    ONLY = "only"
    SKIP = "skip"
    NO_MODELS = "no_models"


class ProxyKind(StrEnum):
    """What a column is to a group, in the table of PRX001."""

    CARRIER = "carrier"
    ALIAS = "alias"
    LEAK = "leak"
    OFFSET = "offset"
    NONE = "none"

    @property
    def words(self) -> str:
        """The same in words."""
        return {
            ProxyKind.CARRIER: "proxy that transmits the gap",
            ProxyKind.ALIAS: "names the group",
            ProxyKind.LEAK: "proxy, no effect on the gap found",
            ProxyKind.OFFSET: "offsets the gap",
            ProxyKind.NONE: "not a proxy",
        }[self]


class TermKind(StrEnum):
    """What a term is to a group: in the table of TXT001 the first two, in that of TXT002 the others."""

    MARKS = "marks"
    WATCHED = "watched"
    PENALISED = "penalised"
    FAVOURS_REFERENCE = "favours_reference"

    @property
    def words(self) -> str:
        """The same in words."""
        return {
            TermKind.MARKS: "proxy term",
            TermKind.WATCHED: "watch list",
            TermKind.PENALISED: "group-linked term with lower selection",
            TermKind.FAVOURS_REFERENCE: "favours the reference",
        }[self]


@dataclass(frozen=True)
class Measure:
    """A number with its interval; None for an unknown value or an unbounded side.

    `n` is the number of rows it rests on; a fraction only where rows are weighted. `limit` is its threshold.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | float | None = None
    limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "limit"):
            number = getattr(self, name)
            if number is not None:
                number = float(number)
                object.__setattr__(self, name, number if math.isfinite(number) else None)
        if self.n is not None:
            number = float(self.n)
            whole = int(self.n) if number.is_integer() else number
            object.__setattr__(self, "n", whole if math.isfinite(number) else None)


@dataclass(frozen=True)
class Need:
    """How many more rows of one level of a group a finding asks for, and why."""

    group: str
    level: str
    rows: int
    purpose: str

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"rows needed of '{self.level}' ({self.group}) must be 1 or more, got {self.rows}")


@dataclass(frozen=True)
class Said:
    """The content of a sentence, apart from its words: the keys of its templates, in order, and their facts.

    Facts are texts, numbers (None for an unknown one), and lists or mappings of them.
    """

    keys: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One result about one subject (column, group, term, …); `waiver` names who accepts it, and why.

    `remedy` is what to do about a fault, `settle` what would decide an open question, `needs` what to collect for
    either. A clear finding has none of them. `said` has the facts of the message; a changed message, for example with
    suppressed numbers, has no facts. `headline` is the result in a few words. `id` names the finding by its rule and
    subject, the same in every run; `severity` is its effect on the verdict, after policy and waivers (None: no effect).
    """

    state: State
    subject: Mapping[str, str]
    message: str
    measures: Mapping[str, Measure] = field(default_factory=dict)
    remedy: str | None = None
    settle: str | None = None
    waiver: str | None = None
    needs: tuple[Need, ...] = ()
    said: Said | None = None
    headline: str = ""
    id: str = ""
    severity: Severity | None = None

    def __post_init__(self) -> None:
        said = getattr(self.message, "said", None) if self.said is None else self.said
        object.__setattr__(self, "said", said)
        if self.state is State.CLEAR:
            for name, nothing in (("remedy", None), ("settle", None), ("needs", ())):
                object.__setattr__(self, name, nothing)


@dataclass(frozen=True)
class Result:
    """The result of one rule; every rule has exactly one in every audit, with a reason where it did not run.

    `failed`: the rule crashed. `left_out`: it was not run because the request left it out.
    """

    rule: str
    name: str
    state: State
    severity: Severity
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    table: tuple[Mapping[str, Any], ...] = ()
    failed: bool = False
    left_out: LeftOut | None = None


@dataclass(frozen=True)
class Action:
    """What must be done before the data are audited again: one for each kind of action and owner.

    `applies` are the columns, groups or terms that it is about, `rules` those that ask for it and check it, `done` what
    a new audit must show, `findings` the ids of what asks for it.
    """

    what: str
    applies: tuple[str, ...]
    owner: str
    done: str
    severity: Severity
    rules: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The verdict, and what it rests on: rule codes in `because` and `not_checked`, sentences elsewhere.

    `selection` has the rules that were left out on request and that a verdict needs: without them the data can be
    shown to be unfit, and nothing else. `actions` are the conditions as a work list. `ran` of all `rules` were run;
    both are 0 in audits of versions that did not count them.
    """

    level: Level
    because: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    to_settle: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    selection: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    ran: int = 0
    rules: int = 0


@dataclass(frozen=True)
class Column:
    """A column as the audit read it."""

    name: str
    role: str
    type: str
    missing: int
    levels: int | None
    note: str | None = None


@dataclass(frozen=True)
class Decision:
    """One thing decided on reading the data: a guess, a default, or what was asked for.

    `about` names its kind in a word or two ("encoding", "decimal mark"), `columns` those it concerns. `overrule` is the
    key or flag that changes it, as it is typed. `warning`: if it is wrong, a result may be reversed.
    """

    text: str
    about: str = ""
    columns: tuple[str, ...] = ()
    overrule: str | None = None
    warning: bool = False


@dataclass(frozen=True)
class Dataset:
    """The data audited; `reading` has what was decided on reading them, in that order."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    sha256: str | None = None
    reading: tuple[Decision, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The decisions' sentences."""
        return tuple(decision.text for decision in self.reading)


@dataclass(frozen=True)
class Provenance:
    """How the audit was made; the only place for a clock. `plugins` are the packages whose rules ran, with versions."""

    version: str
    seed: int
    engine: str
    command: str | None = None
    created: str | None = None
    plugins: tuple[str, ...] = ()


class Unit(StrEnum):
    """In what a quantity is measured."""

    SHARE = "share"
    POINTS = "points"  # a difference of shares
    RATIO = "ratio"
    P = "p"
    PEOPLE = "people"  # or rows
    DEVIATIONS = "deviations"
    NUMBER = "number"


@dataclass(frozen=True)
class Quantity:
    """What a measure is: its name in words and its unit.

    `ideal` is its value without a fault; None where no value is better than another. `unknown` is the meaning of an
    unknown value, where it has one. `descriptive`: it describes the rows at hand and has no interval, and no state
    rests on it.
    """

    words: str
    unit: Unit = Unit.NUMBER
    ideal: float | None = None
    unknown: str | None = None
    descriptive: bool = False


@dataclass(frozen=True)
class Ask:
    """A kind of action: what must be done, its owner, and what a new audit shows once it is done.

    `of` are the keys of a finding's subject to which it applies: the first that is there.
    """

    what: str
    owner: str
    done: str
    of: tuple[str, ...] = ("column", "level", "group", "target")


@dataclass(frozen=True)
class Documentation:
    """How a rule describes itself: its name, the fault in a sentence, and texts by heading ("How it is measured", …).

    `asks` is the kind of action that its findings ask for.

    `measures` explains each of its measures; `leading` are those by which two audits are compared, in plain words.
    """

    name: str
    title: str
    sections: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Quantity] = field(default_factory=dict)
    leading: Mapping[str, str] = field(default_factory=dict)
    asks: Ask | None = None


class Direction(StrEnum):
    """How the second of two audits compares with the first in one thing, in the order of the report.

    `NEW` and `GONE` are about what only one of the audits has at all (a group, a column). `OTHER` is neither better
    nor worse: what was inconclusive before or is now, or a number without a better value.
    """

    WORSE = "worse"
    BETTER = "better"
    NEW = "new"
    GONE = "gone"
    OTHER = "other"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A finding that appeared (no state `before`), disappeared (no state `after`), or changed its state.

    `worse`: it makes the second audit worse, because it is shown, grew, and counts for the verdict. `better`: it makes
    it better, because it was shown, no longer is or is less so, and counts.
    """

    rule: str
    subject: Mapping[str, str]
    before: State | None
    after: State | None
    message: str
    worse: bool = False
    better: bool = False
    direction: Direction = Direction.OTHER


@dataclass(frozen=True)
class Shift:
    """A number in two audits; `beyond`: each lies outside the other's interval.

    `direction`: whether it came nearer to its value without a fault (a ratio to 1, a difference to 0), or moved away.
    """

    rule: str
    subject: Mapping[str, str]
    measure: str
    before: Measure | None
    after: Measure | None
    beyond: bool
    direction: Direction = Direction.OTHER


@dataclass(frozen=True)
class Comparison:
    """Two audits side by side: `names` and `levels` of both, what changed, whether the second is worse, and better.

    It may be both, in different findings. `unchanged` is the number of findings that both have in the same state.
    `documentation` is that of the rules whose numbers are in it.
    """

    names: tuple[str, str]
    levels: tuple[Level, Level]
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...]
    worse: bool
    better: bool = False
    unchanged: int = 0
    documentation: Mapping[str, Documentation] = field(default_factory=dict)


@dataclass(frozen=True)
class Few:
    """Groups of under `least` rows, whose numbers no report shows, and those whose numbers would disclose them.

    `few` has, by group column, the levels of so few rows; `beside` those whose exact numbers, taken from the totals,
    would disclose them. Joint groups are named as findings name them. `pooled` are results in which the few are counted
    with the first of those beside; reports show these in place of the groups' own numbers, except for what `again`
    suppresses in such results.
    """

    least: int
    few: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pooled: tuple[Result, ...] = ()
    again: Few | None = None


@dataclass(frozen=True)
class Audit:
    """A whole audit: the data, the use they were judged against, the results, the verdict.

    Its findings hold every number. Reports show no number that `few` suppresses, and the verdict rests on no such
    number. `compared` compares it with another one: the same data before columns or words were left out, or an older
    audit. `documentation` has, by code, how the rules of the results describe themselves, so that a saved audit
    explains itself wherever it is read; audits of old versions lack it.
    """

    dataset: Dataset
    use_case: Mapping[str, Any]
    results: tuple[Result, ...]
    verdict: Verdict
    provenance: Provenance
    compared: Comparison | None = None
    few: Few | None = None
    documentation: Mapping[str, Documentation] = field(default_factory=dict)
    schema: Literal["dataudit/audit/1"] = SCHEMA

    def findings(self, rule: str | None = None) -> Iterator[Finding]:
        """Yield every finding, or those of one rule, in the order of the results."""
        for result in self.results:
            if rule is None or result.rule == rule:
                yield from result.findings

    def result(self, rule: str) -> Result:
        """Return the result of a rule by its code; KeyError for an unknown one."""
        for result in self.results:
            if result.rule == rule:
                return result
        raise KeyError(rule)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a pandas frame, a row per measure: rule, state, subject, measure, value, …."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "rule": result.rule,
                    "state": str(finding.state),
                    "severity": str(result.severity),
                    **finding.subject,
                    "measure": name,
                    "value": measure.value,
                    "low": measure.low,
                    "high": measure.high,
                    "n": measure.n,
                    "limit": measure.limit,
                }
                for result in self.results
                for finding in result.findings
                for name, measure in finding.measures.items()
            ]
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the sheets of the workbook as pandas frames: groups, actions, findings, measures, proxies, terms, ….

        They hold what may be published: see `few`.
        """
        import pandas as pd

        from auditor.reporter.showing import shown
        from auditor.reporter.tables import plain_fields, plain_value, tables

        return {
            table.key: pd.DataFrame(
                [[plain_value(field, row) for field in plain_fields(table)] for row in table.rows],
                columns=[field.key for field in plain_fields(table)],
            )
            for table in tables(shown(self))
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain JSON values, every number in full; `from_dict` reads it back unchanged.

        `save` writes what may be shown: see `few`.
        """
        data: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return {"schema": data.pop("schema"), **data}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Audit:
        """Read what `to_dict` wrote; ValueError when it is not an audit."""
        return _adapter().validate_python(_with_decisions(data))

    def save(self, path: str | Path) -> None:
        """Write the report to `path`; its suffix picks the format, as for `--report`."""
        from auditor.audit.output import write_reports

        write_reports(self, [str(path)])

    def _repr_html_(self) -> str:
        from auditor.reporter import notebook

        return notebook(self)


def _with_decisions(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a saved audit in today's shape: until 0.1 the decisions on reading were plain sentences."""
    dataset = data.get("dataset") if isinstance(data, Mapping) else None
    if not isinstance(dataset, Mapping) or "notes" not in dataset:
        return data
    kept = {key: value for key, value in dataset.items() if key != "notes"}
    return {**data, "dataset": {"reading": [{"text": text} for text in dataset["notes"]], **kept}}


@cache
def _adapter() -> TypeAdapter[Audit]:
    from pydantic import TypeAdapter

    return TypeAdapter(Audit)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a saved audit."""
    return _adapter().json_schema(mode="serialization")
