"""Two audits side by side, as every report shows them: the verdicts, the numbers that answer, and what changed."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Change, Comparison, Measure, Shift
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


def rows(compared: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is compared, both sides and a remark: the verdict, the numbers that answer, others that moved."""
    levels = [view.level_words(level) for level in compared.levels]
    yield "Verdict", levels[0], levels[1], "" if levels[0] != levels[1] else "the same"
    order = list(ASKED)
    answers = [shift for shift in compared.shifts if _key(shift) in ASKED]
    # Of a rule that answers, the other numbers only say the same again; the data's own rates are worth a line.
    moved = [shift for shift in compared.shifts if shift.beyond and (shift.rule == "OUT001" or not _answers(shift))]
    for shift in sorted(answers, key=lambda shift: order.index(_key(shift))):
        yield _row(shift, ASKED[_key(shift)])
    for shift in moved:
        if shift not in answers:
            yield _row(shift, f"{shift.rule} {MEASURE_WORDS.get(shift.measure, shift.measure)}")


def _answers(shift: Shift) -> bool:
    return shift.rule in {rule for rule, _ in ASKED}


def _row(shift: Shift, words: str) -> tuple[str, str, str, str]:
    remark = "the same" if shift.before == shift.after else ""
    if shift.beyond:
        remark = "moved beyond both intervals"
    return f"{words}: {view.subject(shift.subject)}", _text(shift, shift.before), _text(shift, shift.after), remark


def _key(shift: Shift) -> tuple[str, str]:
    return shift.rule, shift.measure


def _text(shift: Shift, measure: Measure | None) -> str:
    return measure_text(shift.measure, measure) if measure else "not there"


def changes(compared: Comparison) -> Iterator[tuple[str, str, str]]:
    """Yield what happened to a finding in a few words, its rule and what it is about; what got worse first, in full."""
    for change in sorted(compared.changes, key=lambda change: (not change.worse, change.after is None)):
        yield _happened(change), change.rule, change.message if change.worse else view.subject(change.subject)


def _happened(change: Change) -> str:
    if change.before is None and change.after is not None:
        return f"appeared ({view.STATE_WORDS[change.after]})"
    if change.after is None and change.before is not None:
        return f"went (was {view.STATE_WORDS[change.before]})"
    states = [view.STATE_WORDS[state] for state in (change.before, change.after) if state is not None]
    return f"{' → '.join(states)}"


def summary(compared: Comparison) -> str:
    """Return in a sentence how the second stands to the first."""
    if compared.worse:
        return "The second is worse: a fault that counts appeared or grew, or the verdict fell."
    return f"The verdict is {'the same' if compared.levels[0] == compared.levels[1] else 'better'}."
