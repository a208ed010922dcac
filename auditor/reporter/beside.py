"""Two audits side by side, as every report shows them: which is better, what changed, and the numbers that answer."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.format import people, shortened
from auditor.model import Change, Comparison, Direction, Level, Measure, Shift
from auditor.reporter import view
from auditor.reporter.measures import MEASURE_WORDS, measure_text

# What a number tells, for whoever does not know its name.
ASKED = {
    ("PRX002", "auc"): "How surely the group is told (0.5 is guessing)",
    ("PRX003", "auc"): "How surely without the strongest left (0.5 is guessing)",
    ("TXT003", "auc"): "How surely the text tells the group (0.5 is guessing)",
    ("TXT004", "auc"): "How surely without the strongest terms left (0.5 is guessing)",
    ("TXT003", "blind_gap"): "Gap that a model of the text makes, blind to the group",
    ("MDL001", "blind_gap"): "Gap that a model of the columns makes, blind to the group",
    ("MDL001", "impact_ratio"): "Impact ratio of that model",
    ("OUT001", "impact_ratio"): "Impact ratio in the data",
}
IN_THE_DATA = "OUT001"
MOST_MESSAGE = 240  # characters of a finding that got worse; the whole of it stands in the report
TITLES = {
    Direction.WORSE: "Worse",
    Direction.BETTER: "Better",
    Direction.NEW: "New",
    Direction.GONE: "No longer in the data",
    Direction.OTHER: "Known otherwise",
}


@dataclass(frozen=True)
class Told:
    """A change as it is shown: what happened, the rule, what it is about, its number in both; if worse, the finding."""

    happened: str
    rule: str
    about: str
    numbers: str
    message: str

    @property
    def text(self) -> str:
        """All but the rule and what happened, in a line."""
        return f"{self.about}{f'; {self.numbers}' if self.numbers else ''}{f'. {self.message}' if self.message else ''}"


def summary(compared: Comparison) -> str:
    """Return which of the two is better, whether the verdict changed, and how many findings did."""
    if compared.worse and compared.better:
        said = "The second is worse in some things and better in others."
    elif compared.worse:
        said = "The second is worse."
    elif compared.better:
        said = "The second is better."
    else:
        said = "Nothing that counts is better or worse in the second."
    levels = [view.level_words(level) for level in compared.levels]
    if Level.NOT_JUDGED not in compared.levels:
        same = levels[0] == levels[1]
        said += f" The verdict is the same: {levels[0]}." if same else f" The verdict: {levels[0]} → {levels[1]}."
    counts = {title: len(told) for title, told in changes(compared)}
    parts = [f"{people(n)} {title.lower()}" for title, n in counts.items()]
    return f"{said} Findings: {', '.join([*parts, f'{people(compared.unchanged)} unchanged'])}."


def changes(compared: Comparison) -> list[tuple[str, list[Told]]]:
    """Return the findings that changed, under a title for each kind of change, what got worse first."""
    found = []
    for direction, title in TITLES.items():
        told = [_told(change, compared) for change in compared.changes if change.direction is direction]
        if told:
            found.append((title, told))
    return found


def _told(change: Change, compared: Comparison) -> Told:
    of = [shift for shift in compared.shifts if _about(shift) == _about(change)]
    # Of several numbers the one that can be better or worse.
    shift = next((shift for shift in of if shift.direction is not Direction.OTHER), of[0] if of else None)
    numbers = ""
    if shift:
        there = [_text(shift, measure) for measure in (shift.before, shift.after) if measure]
        numbers = f"{MEASURE_WORDS.get(shift.measure, shift.measure)} {' → '.join(there)}"
    message = shortened(change.message, MOST_MESSAGE) if change.worse or change.direction is Direction.WORSE else ""
    return Told(_happened(change), change.rule, view.subject(change.subject), numbers, message)


def _about(item: Change | Shift) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return what a change or a number is about, whomever it is held against."""
    return item.rule, frozenset((key, value) for key, value in item.subject.items() if key != "reference")


def _happened(change: Change) -> str:
    if change.before is None and change.after is not None:
        return f"appeared ({view.STATE_WORDS[change.after]})"
    if change.after is None and change.before is not None:
        return f"went (was {view.STATE_WORDS[change.before]})"
    states = [view.STATE_WORDS[state] for state in (change.before, change.after) if state is not None]
    return f"{' → '.join(states)}"


def rows(compared: Comparison) -> list[tuple[str, str, str, str]]:
    """Return the numbers that are set side by side, with a remark: those that moved, what got worse first, and models'.

    The data's own ratios that did not move beyond their intervals, and are told with no change, are left to the JSON.
    """
    told = {_about(change) for change in compared.changes}
    moved = [shift for shift in compared.shifts if shift.beyond and not (_of_models(shift) or _about(shift) in told)]
    models = [shift for shift in compared.shifts if (shift.rule, shift.measure) in ASKED and _of_models(shift)]
    order = list(Direction)
    moved.sort(key=lambda shift: order.index(shift.direction))
    models.sort(key=lambda shift: list(ASKED).index((shift.rule, shift.measure)))
    return [_row(shift) for shift in (*models, *moved)]


def _of_models(shift: Shift) -> bool:
    """Whether a number is of a rule whose numbers answer what a change was made for; its others say the same again."""
    return shift.rule != IN_THE_DATA and shift.rule in {rule for rule, _ in ASKED}


def _row(shift: Shift) -> tuple[str, str, str, str]:
    words = ASKED.get((shift.rule, shift.measure)) or f"{shift.rule} {MEASURE_WORDS.get(shift.measure, shift.measure)}"
    remark = "the same" if shift.before == shift.after else "" if shift.beyond else "within the intervals"
    if shift.beyond:
        judged = shift.direction in (Direction.BETTER, Direction.WORSE)
        remark = f"{f'{shift.direction}, ' if judged else ''}moved beyond both intervals"
    return f"{words}: {view.subject(shift.subject)}", _text(shift, shift.before), _text(shift, shift.after), remark


def _text(shift: Shift, measure: Measure | None) -> str:
    return measure_text(shift.measure, measure) if measure else "not there"


def unmoved(compared: Comparison) -> int:
    """Return how many of the data's own ratios stand in neither `rows` nor `changes`."""
    told = {_about(change) for change in compared.changes}
    return sum(not (shift.beyond or _of_models(shift) or _about(shift) in told) for shift in compared.shifts)
