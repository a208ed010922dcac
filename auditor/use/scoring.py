"""A score or a prediction beside the outcome: what it selects, as stated or as its values show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.errors import RoleError
from auditor.model import Decision
from auditor.use.levels.spelling import spelling_key
from auditor.use.nameable import named, near
from auditor.use.names import words_of
from auditor.use.outcome import canonical, obvious
from auditor.use.roles import Cut, Scoring, Seen
from auditor.use.says import Says
from auditor.use.vocabulary import REFUSALS

if TYPE_CHECKING:
    from auditor.use.usecase import Label

DECIMAL_COMMA = re.compile(r"[-+−]?\d+(?:,\d+)?")
MOST_VALUES = 20  # of a prediction: a number with more is a score
SAYS = Says(
    score="Score of a tool: '{score}'{>cut}. Its {better} values are the better ones. It is not a feature.",
    cut=", cut at {cut}",
    prediction="Prediction of a tool: '{prediction}', which selects with {values:each}. It is not a feature.",
)


def scoring(
    score: str | None, prediction: str | None, seen: Mapping[str, Seen], label: Label, positive: Sequence[str]
) -> tuple[Scoring, list[Decision]]:
    """Return what selects a row, and what is to be reported about it; `positive` are the outcome's favourable values.

    Raises:
        RoleError: The score is no number, the cut cannot be read, or no value of the prediction is known to select.
    """
    _refuse_unlike(score, prediction, label)
    decisions = []
    cut, lower = None, label.score_higher_is_better is False
    if score:
        cut, lower = _cut(score, seen[score], label)
        better = "low" if lower else "high"
        text = SAYS("score", score=score, better=better, cut=str(cut) if cut else None)
        decisions.append(Decision(text, "score", (score,), "[label] cut, score_higher_is_better"))
    predicted: tuple[str, ...] = ()
    if prediction:
        predicted = _predicted(prediction, seen[prediction], label.prediction_positive, positive)
        text = SAYS("prediction", prediction=prediction, values=[f"'{value}'" for value in predicted])
        overrule = "[label] prediction_positive"
        decisions.append(Decision(text, "prediction", (prediction,), overrule, not label.prediction_positive))
    return Scoring(score, prediction, predicted, cut, lower), decisions


def _refuse_unlike(score: str | None, prediction: str | None, label: Label) -> None:
    """Refuse what is stated of a score or a prediction that is not there, or of both."""
    if label.cut is not None and score is None:
        raise RoleError(f"the cut '{label.cut}' needs the score that it cuts (--score)")
    if label.cut is not None and prediction is not None:
        raise RoleError("a cut (--cut) and a prediction (--prediction) both select rows; state one of them")
    if label.prediction_positive and prediction is None:
        raise RoleError("--prediction-positive needs the column of the prediction (--prediction)")


def stated_cut(label: Label) -> Cut | None:
    """Return the cut that is stated: a number alone is the lowest, or the highest, that selects; None without one."""
    if label.cut is None:
        return None
    sign = "<=" if label.score_higher_is_better is False else ">="
    return Cut.read(label.cut) or Cut.read(f"{sign} {label.cut}")


def _cut(name: str, seen: Seen, label: Label) -> tuple[Cut | None, bool]:
    """Return where a score is cut, and whether low scores are the better ones: a comparison states that, too."""
    if not seen.numeric:
        if seen.levels and all(DECIMAL_COMMA.fullmatch(level.strip()) for level in seen.levels):
            raise RoleError(
                f"score '{name}' is text, whose values have a decimal comma; state it ([data] decimal), "
                "or make the column of a frame a number"
            )
        raise RoleError(
            f"score '{name}' is not a number ({seen.type}); name a column of grades or words with --prediction"
        )
    higher = label.score_higher_is_better
    if label.cut is None:
        return None, higher is False
    found = stated_cut(label)
    if found is None:
        raise RoleError(f"score '{name}' cannot be cut at '{label.cut}'; write a number, or a comparison like '>= 600'")
    lower = found.sign.startswith("<")
    if higher is not None and higher is lower:
        better = "high" if higher else "low"
        raise RoleError(f"score '{name}': the cut '{label.cut}' contradicts that {better} values are the better ones")
    return found, lower


def _predicted(name: str, seen: Seen, stated: Sequence[str], positive: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a prediction that select: those stated, else the outcome's own, else the obvious one."""
    levels = list(seen.levels)
    if seen.numeric and seen.distinct > MOST_VALUES:
        raise RoleError(f"prediction '{name}' is a number with {seen.distinct:,} values; name it with --score")
    values = named(levels, distinct=seen.distinct)
    plain = {level: spelling_key(level) for level in levels}
    yes_and_no = obvious(dict.fromkeys(plain.values()))
    if stated:
        wanted = tuple(canonical(value, seen.type) for value in stated)
        for value in wanted:
            if spelling_key(value) not in plain.values() and seen.all_levels:
                raise RoleError(
                    f"'{value}' does not occur in prediction '{name}'{near(value, levels, seen.distinct)} "
                    f"(values: {values})"
                )
    elif yes_and_no is not None and words_of(name) & REFUSALS:
        raise RoleError(
            f"prediction '{name}' is named after a refusal, so it is not clear which value selects; state it with "
            f"--prediction-positive (values: {values})"
        )
    elif {*map(spelling_key, positive)} & {*plain.values()}:
        wanted = tuple(positive)
    elif yes_and_no is not None:
        wanted = (yes_and_no,)
    else:
        raise RoleError(
            f"which value of prediction '{name}' selects? state it with --prediction-positive (values: {values})"
        )
    keys = {*map(spelling_key, wanted)}
    there = {*plain.values()}
    unseen = [value for value in wanted if spelling_key(value) not in there]
    wanted = (*(level for level in levels if plain[level] in keys), *unseen)
    if seen.all_levels and there <= keys:
        raise RoleError(f"every value of prediction '{name}' selects ({values}): nothing is left to compare")
    return wanted
