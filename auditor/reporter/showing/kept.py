"""What is suppressed in one rule's result."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from auditor.model import Few, Finding, Measure, Need, Result, State
from auditor.reporter.showing.few import few_share, hides, is_few, names
from auditor.reporter.showing.pay import without_few_receiving, without_sizes, without_variable
from auditor.reporter.showing.records import (
    Record,
    coarse_term,
    coarser,
    of_term,
    small,
    small_places,
    small_stages,
    split_stages,
    without_a_level,
)
from auditor.use.needs import sentence

# A finding of these about few rows keeps its state: it is about their number, not about their outcomes.
ABOUT_SIZE = {"REP001", "REP002", "REP003", "FIT006"}
# Numbers of models, over many people, from which no count can be computed.
OF_MODELS = {"PRX002", "PRX003", "TXT003", "TXT004", "EMB001", "EMB002"}
# Findings about a whole group column that disclose its single levels.
OF_LEVELS = {"REP001", "POL001"}
UNGROUPED = {"unknown"}  # a measure that is of none of the groups
# What divides a table's groups: where one cell is small, the whole period or stratum is left out.
PLACES = {
    "REP004": "period",
    "OUT006": "period",
    "OUT003": "stratum",
    "OUT002": "class",
    "STG001": "stage",
    "STG002": "stratum",
    "SCO002": "cut",
    "SCO005": "bin",
    "PAY002": "category",
}
OF_STAGES = "STG001"
TO_PUBLISH = "POL001"  # whose small categories are named, with no number
OF_PAY = "PAY002"  # whose gaps of two groups give no number of a third
PARTS = ("slice", "stratum", "stage")  # of people who are no level of a group column
NAMES_PEOPLE = ("group", "level", "slice", "stratum", "stage", "term")
COUNTED = {"n", "rows", "pairs"}
SHARES = {"selection_rate", "reference_rate", "share", "missing_share", "first_share", "last_share", "rate"}


@dataclass(frozen=True)
class Kept:
    """What is suppressed in one rule's result.

    `places` has the periods or strata left out, by group column (categories of workers by the two groups compared), and
    `ends` the first and the last of them; `terms` are those that few documents of a group hold, each with the groups
    compared; `split` has the stages at which it is not shown how many withdrew, and the categories without their
    variable pay. `fewest` has those of the places that are left out because they have a small cell themselves.
    """

    rule: str
    few: Few
    places: Mapping[str, Collection[str]]
    ends: Mapping[str, Collection[str]]
    terms: Collection[tuple[str, ...]] = ()
    split: Mapping[str, Collection[str]] = field(default_factory=dict)
    fewest: Mapping[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, result: Result, few: Few) -> Kept:
        """Find what is suppressed in a result, from its whole table."""
        place = PLACES.get(result.rule)
        if place is None:
            terms = {of_term(of) for of in result.table if "term" in of and coarse_term(of, few.least) is not of}
            return cls(result.rule, few, {}, {}, terms)
        by_group: dict[str, list[Record]] = {}
        for record in result.table:
            hidden = names(record, few.few) if result.rule == OF_PAY else hides(record, few)
            if record.get("kind", "stratum") == "stratum" and not hidden:
                by_group.setdefault(_line(result.rule, record), []).append(record)
        if result.rule == OF_STAGES:
            stages = {group: small_stages(records, few.least) for group, records in by_group.items()}
            split = {group: split_stages(records, few.least) for group, records in by_group.items()}
            return cls(result.rule, few, stages, {}, split=split)
        left_out = {group: small_places(records, place, few.least) for group, records in by_group.items()}
        ends = {group: {str(records[0].get(place)), str(records[-1].get(place))} for group, records in by_group.items()}
        fewest = {
            group: {str(record[place]) for record in records if small(record, few.least)}
            for group, records in by_group.items()
        }
        split = {}
        if result.rule == OF_PAY:
            split = {group: without_few_receiving(records, few.least) for group, records in by_group.items()}
        return cls(result.rule, few, left_out, ends, split=split, fewest=fewest)

    def finding(self, finding: Finding) -> Finding:
        """Return a finding as it may be shown."""
        subject, least = finding.subject, self.few.least
        own = finding.measures.get("selection_rate")
        line = _line(self.rule, subject)
        few_there = subject.get("category") in self.fewest.get(line, ())
        few_in_part = own and any(key in subject for key in PARTS) and is_few(own.n, least)
        if few_there or names(subject, self.few.few) or few_in_part:
            return self.unnumbered(finding)
        if finding.state is State.NOT_RUN and not finding.measures:
            return finding
        group, models = str(subject.get("group")), self.rule in OF_MODELS
        hidden = (
            (names(subject, self.few.beside) and not models)
            or (self.rule in OF_LEVELS and "level" not in subject and bool({group} & {*self.few.few, *self.few.beside}))
            or ("term" in subject and of_term(subject) in self.terms)
            or subject.get("stratum", subject.get("stage")) in self.places.get(group, ())
            or subject.get("category") in self.places.get(line, ())
            or (PLACES.get(self.rule) == "period" and {*self.places.get(group, ())} & {*self.ends.get(group, ())})
            or (
                any(key in subject for key in NAMES_PEOPLE)
                and any(
                    _few_in(*of, least, fine=any(key in subject for key in PARTS))
                    for of in (*finding.measures.items(), *_of_reference(finding.measures))
                )
            )
        )
        if hidden:
            return self._without(finding, few=False)
        if subject.get("category") in self.split.get(line, ()):
            measures = {name: of for name, of in finding.measures.items() if name != "variable_pay_gap"}
            finding = replace(finding, measures=measures) if measures != finding.measures else finding
        needs = tuple(need for need in finding.needs if not self._needed_of_few(need))
        return finding if needs == finding.needs else _with_needs(finding, needs)

    def unnumbered(self, finding: Finding) -> Finding:
        """Return a finding about few rows without a number."""
        return self._without(finding, few=True)

    def _needed_of_few(self, need: Need) -> bool:
        return hides({"group": need.group, "level": need.level}, self.few)

    def _without(self, finding: Finding, few: bool) -> Finding:
        """Return a finding without a number: about few rows it is open, but where it is about how few they are."""
        about, least = _about(finding.subject), self.few.least
        state = finding.state
        if few and self.rule not in ABOUT_SIZE and state is not State.NOT_RUN:
            state = State.UNDETERMINED
        if few:
            message = f"{about}: too few to show (under {least} rows)."
        else:
            message = f"{about}: numbers suppressed, because they would disclose a count of under {least} rows."
        bare = _with_needs(finding, ())
        remedy, settle = bare.remedy, bare.settle
        if few and state is State.UNDETERMINED:  # whatever their outcomes are
            level, group = finding.subject.get("level", about), finding.subject.get("group", "a group")
            settle = f"Collect more rows of '{level}' ({group})."
        elif finding.needs:
            groups = " and ".join(dict.fromkeys(f"'{need.level}' ({need.group})" for need in finding.needs))
            remedy = remedy or f"Collect more rows of {groups}, or claim nothing about this group."
            settle = settle or f"Collect more rows of {groups}."
        return replace(
            bare,
            state=state,
            message=message,
            headline="",
            said=None,  # its facts are the suppressed ones
            severity=finding.severity if state is finding.state else None,
            measures={
                name: of for name, of in finding.measures.items() if name in UNGROUPED and not is_few(of.value, least)
            },
            remedy=remedy if state.found or state is State.BORDERLINE else None,
            settle=settle if state is State.UNDETERMINED else None,
        )

    def record(self, record: Record) -> Record | None:
        """Return a record of a table as it may be shown; None where it is left out."""
        group, least = str(record.get("group")), self.few.least
        place = PLACES.get(self.rule)
        if self.rule == TO_PUBLISH:
            return without_a_level(record, least) if hides(record, self.few) else record
        if hides(record, self.few) and not (self.rule in (*OF_MODELS, OF_PAY) and not names(record, self.few.few)):
            return None
        if place is not None:
            line = _line(self.rule, record)
            if record.get(place) in self.places.get(line, ()):
                return None
            if self.rule == OF_PAY:
                hidden = record.get(place) in self.split.get(line, ())
                return without_sizes(without_variable(record) if hidden else record, self.few)
            if record.get(place) in self.split.get(group, ()):
                return {**record, "entered": None, "withdrawn": None, "unknown": None}
            return record
        if "term" in record:
            return coarse_term(record, least)
        if is_few(record.get("no_outcome"), least):
            record = {**record, "no_outcome": None, "rows": None}
        if small(record, least):
            return None
        return coarser(record) if {group} & {*self.few.few, *self.few.beside} else record


def _line(rule: str, about: Mapping[str, object]) -> str:
    """Return what totals are of in which places are left out: a group column; in categories, the two that compare."""
    keys = ("group", "level", "reference") if rule == OF_PAY else ("group",)
    return "\0".join(str(about.get(key)) for key in keys)


def _of_reference(measures: Mapping[str, Measure]) -> Iterator[tuple[str, Measure]]:
    """Yield the reference's share of missing values, which its message has and its measures imply."""
    own, difference = measures.get("missing_share"), measures.get("missing_difference")
    if own and difference and None not in (own.value, own.n, difference.value, difference.n):
        share = float(own.value or 0) - float(difference.value or 0)
        yield "missing_share", Measure(share, n=(difference.n or 0) - (own.n or 0))


def _few_in(name: str, measure: Measure, least: int, *, fine: bool) -> bool:
    """Whether a measure rests on few rows, or is their number; `fine`: or a share that so few have, or lack."""
    value, n = measure.value, measure.n
    if is_few(n, least) or (name in COUNTED and is_few(value, least)):
        return True
    return fine and name in SHARES and value is not None and n is not None and few_share(value, n, least)


def _with_needs(finding: Finding, needs: tuple[Need, ...]) -> Finding:
    """Return a finding that asks for less, its sentences too."""
    before, after = (" ".join(map(sentence, of)) for of in (finding.needs, needs))

    def text(of: str | None) -> str | None:
        if of is None or not before or not of.startswith(before):
            return of
        return f"{after} {of.removeprefix(before)}".strip() or None

    return replace(finding, needs=needs, remedy=text(finding.remedy), settle=text(finding.settle))


def _about(subject: Mapping[str, str]) -> str:
    """Return what a finding is about: "religion 'x' against 'y'"."""
    if "slice" in subject:
        return subject["slice"]
    name = subject.get("group") or subject.get("column") or subject.get("target") or ""
    level = f" '{subject['level']}'" if "level" in subject else ""
    against = f" against '{subject['reference']}'" if "reference" in subject else ""
    within = f" within {subject['stratum']}" if "stratum" in subject else ""
    within = f" at stage {subject['stage']}" if "stage" in subject else within
    within += f" in category '{subject['category']}'" if "category" in subject else ""
    column = f"'{subject['column']}' and " if "column" in subject and "group" in subject else ""
    term = f"'{subject['term']}' and " if "term" in subject else ""
    return f"{term or column}{name}{level}{against}{within}"
