"""Two audits side by side, as every report shows them: which is better, what changed, and the numbers that answer."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.format import people, shortened
from auditor.model import Change, Comparison, Direction, Documentation, Level, Measure, Shift
from auditor.reporter import view
from auditor.reporter.answer import VERDICTS
from auditor.reporter.bins import RESULTS
from auditor.reporter.measures import measure_text, words

IN_THE_DATA = "OUT001"
MOST_MESSAGE = 240  # characters of a finding that got worse; the report has all of it
TITLES = {
    Direction.WORSE: "Worse",
    Direction.BETTER: "Better",
    Direction.NEW: "New",
    Direction.GONE: "No longer in the data",
    Direction.OTHER: "Other changes",
}


@dataclass(frozen=True)
class Shown:
    """A change as it is shown: what happened, the rule, the subject, its number in both; if worse, the finding."""

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
    which = "last" if compared.series else "second"  # of two, or of several in a row
    if compared.worse and compared.better:
        text = f"The {which} is worse in some things and better in others."
    elif compared.worse:
        text = f"The {which} is worse."
    elif compared.better:
        text = f"The {which} is better."
    else:
        text = f"Nothing that counts is better or worse in the {which}."
    levels = [VERDICTS[level][0] for level in compared.levels]
    if Level.NOT_JUDGED not in compared.levels:
        same = levels[0] == levels[1]
        text += f" The verdict is the same: {levels[0]}." if same else f" The verdict: {levels[0]} → {levels[1]}."
    counts = {title: len(of) for title, of in changes(compared)}
    other = TITLES[Direction.OTHER]
    parts = [f"{people(n)} {'changed otherwise' if title == other else title.lower()}" for title, n in counts.items()]
    return f"{text} Findings: {', '.join([*parts, f'{people(compared.unchanged)} unchanged'])}."


def changes(compared: Comparison) -> list[tuple[str, list[Shown]]]:
    """Return the findings that changed, under a title for each kind of change, what got worse first."""
    found = []
    for direction, title in TITLES.items():
        shown = [_shown(change, compared) for change in compared.changes if change.direction is direction]
        if shown:
            found.append((title, shown))
    return found


def _shown(change: Change, compared: Comparison) -> Shown:
    of = [shift for shift in compared.shifts if _about(shift) == _about(change)]
    # Of several numbers the one that can be better or worse.
    shift = next((shift for shift in of if shift.direction is not Direction.OTHER), of[0] if of else None)
    numbers = ""
    if shift:
        there = [_text(shift, measure, compared) for measure in (shift.before, shift.after) if measure]
        numbers = f"{_words(shift, compared)} {' → '.join(there)}"
    message = shortened(change.message, MOST_MESSAGE) if change.worse or change.direction is Direction.WORSE else ""
    return Shown(_happened(change), change.rule, view.subject(change.subject), numbers, message)


def _about(item: Change | Shift) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return what a change or a number is about, whatever it is compared with."""
    return item.rule, frozenset((key, value) for key, value in item.subject.items() if key != "reference")


def _happened(change: Change) -> str:
    if change.before is None and change.after is not None:
        return f"appeared ({RESULTS[change.after]})"
    if change.after is None and change.before is not None:
        return f"went (was {RESULTS[change.before]})"
    states = [RESULTS[state] for state in (change.before, change.after) if state is not None]
    return f"{' → '.join(states)}"


def rows(compared: Comparison) -> list[tuple[str, str, str, str]]:
    """Return the numbers side by side, with a remark: those of models, and those that moved, what got worse first.

    The data's own ratios that did not move beyond their intervals, and belong to no change, are in the JSON only.
    """
    covered = {_about(change) for change in compared.changes}
    moved = [
        shift
        for shift in compared.shifts
        if shift.beyond
        and not (_of_models(shift, compared) or _about(shift) in covered or _looks_same(shift, compared))
    ]
    models = [shift for shift in compared.shifts if _leads(shift, compared) and _of_models(shift, compared)]
    order = list(Direction)
    moved.sort(key=lambda shift: order.index(shift.direction))
    models.sort(key=lambda shift: list(compared.documentation).index(shift.rule))
    return [_row(shift, compared) for shift in (*models, *moved)]


def _of_models(shift: Shift, compared: Comparison) -> bool:
    """Whether a number is of a rule whose numbers answer what a change was made for; its others say the same again."""
    return shift.rule != IN_THE_DATA and bool(_rule(shift, compared).leading)


def _leads(shift: Shift, compared: Comparison) -> bool:
    return shift.measure in _rule(shift, compared).leading


def _rule(shift: Shift, compared: Comparison) -> Documentation:
    return compared.documentation.get(shift.rule) or Documentation(shift.rule, "")


def _words(shift: Shift, compared: Comparison) -> str:
    return words(shift.measure, _rule(shift, compared).measures)


def _row(shift: Shift, compared: Comparison) -> tuple[str, str, str, str]:
    text = _rule(shift, compared).leading.get(shift.measure) or f"{shift.rule} {_words(shift, compared)}"
    remark = "the same" if shift.before == shift.after else "" if shift.beyond else "within the intervals"
    if shift.beyond:
        judged = shift.direction in (Direction.BETTER, Direction.WORSE)
        moved = "" if _is_exact(shift) else "moved beyond both intervals"
        remark = ", ".join(filter(None, (shift.direction if judged else "", moved)))
    before, after = (_text(shift, measure, compared) for measure in (shift.before, shift.after))
    return f"{text}: {view.subject(shift.subject)}", before, after, remark


def _is_exact(shift: Shift) -> bool:
    """Whether both numbers are counted in full, as shares of the rows at hand are: there is no interval to leave."""
    return all(of is not None and of.value == of.low == of.high for of in (shift.before, shift.after))


def _looks_same(shift: Shift, compared: Comparison) -> bool:
    """Whether a number reads the same in both, so that to call it better or worse would contradict the line."""
    return _text(shift, shift.before, compared) == _text(shift, shift.after, compared)


def _text(shift: Shift, measure: Measure | None, compared: Comparison) -> str:
    return measure_text(shift.measure, measure, _rule(shift, compared).measures) if measure else "not there"


def unmoved(compared: Comparison) -> int:
    """Return how many of the data's own ratios are in neither `rows` nor `changes`."""
    covered = {_about(change) for change in compared.changes}
    still = [shift for shift in compared.shifts if not (shift.beyond or _of_models(shift, compared))]
    return sum(_about(shift) not in covered for shift in still)


def unmoved_text(compared: Comparison) -> str:
    """Return the sentence about them; an empty text for none of them."""
    more = unmoved(compared)
    if not more:
        return ""
    of, their = ("ratio", "its interval") if more == 1 else ("ratios", "their intervals")
    return f"{people(more)} other impact {of} did not move beyond {their}."
