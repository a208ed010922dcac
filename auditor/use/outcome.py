"""The outcome: which column it may be, which value is favourable, and what to type where neither is sure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from auditor.errors import OutcomeError
from auditor.format import printable
from auditor.use import vocabulary as words
from auditor.use.infer import NUMERIC_LEVELS, Guess, guess, is_coded_name
from auditor.use.nameable import may_be_named, named
from auditor.use.names import parts, words_of
from auditor.use.roles import NONE, Seen, is_numeric
from auditor.use.says import Says

MOST_VALUES = 20  # of a column of classes that may be the outcome
LISTED, SHOWN, LONGEST = 6, 4, 24  # candidates in an error, values of each, characters of a value

SAYS = Says(
    numbers="numbers from about {low:roughly} to {high:roughly}",
    other="the other one, as the name '{column}' describes an unfavourable outcome: please check",
    more="and {columns:whole} more columns",
    which="which column of {where} is the outcome? Name it with --target. Candidates, and what to add to the command:",
    which_by_values="which column of {where} is the outcome? No column has the name of an outcome; name it with "
    "--target. Candidates by their values, and what to add to the command:",
    dots="Replace the dots by the favourable value.",
    python="In Python: target={column}, positive={positive}.",
    example="For example: {command} {flags}",
    none="If the data have no outcome, add {flag} to audit only groups, columns and texts.",
)


@dataclass(frozen=True)
class Outcome:
    """A column that may be the outcome: its favourable value, where it is clear, and why it is that one.

    `sure`: name and values are unambiguous. `score` is the share of the name's words that mean an
    outcome; 0 where only the values make it a candidate.
    """

    column: str
    seen: Seen
    positive: str | None
    why: str
    sure: bool
    score: float

    @property
    def cut(self) -> bool:
        """Whether it is a number that is to be cut."""
        return self.seen.numeric and self.seen.distinct > NUMERIC_LEVELS and not is_coded_name(self.column)

    @property
    def values(self) -> str:
        """The values in a few words."""
        if self.cut:
            return SAYS("numbers", low=self.seen.low or 0, high=self.seen.high or 0)
        if not may_be_named(self.seen.levels, self.seen.distinct):
            return named(self.seen.levels, distinct=self.seen.distinct)
        listed = [_short(level) for level in list(self.seen.levels)[:SHOWN]]
        return ", ".join(listed) + (", …" if self.seen.distinct > SHOWN else "")

    @property
    def flags(self) -> str:
        """What to type."""
        positive = "'>= …'" if self.cut else "…" if self.positive is None else shlex.quote(self.positive)
        return f"--target {shlex.quote(self.column)} --positive {positive}"


def outcomes(seen: Mapping[str, Seen], taken: Collection[str] = ()) -> list[Outcome]:
    """Return the columns that may be the outcome, likeliest first; where no name means one, those whose values could.

    Columns that are `taken` are left out, and so are those guessed to be groups, times or texts.
    """
    other = {Guess.BIRTH, Guess.TEXT, Guess.TIME, Guess.IGNORED, Guess.PERSON}
    free = {}
    for name, of in seen.items():
        inferred = guess(name, of)
        if name not in taken and inferred.guess not in other and of.distinct > 1:
            free[name] = (of, inferred.guess is Guess.GROUP)
    found = [_outcome(name, of, score) for name, (of, _) in free.items() if (score := _score(name, of))]
    if found:
        return sorted(found, key=lambda of: (not of.sure, of.seen.distinct != 2, -of.score))
    rest = {name: of for name, (of, group) in free.items() if not group}
    two = [_outcome(name, of, 0.0) for name, of in rest.items() if of.distinct == 2 and len(of.levels) == 2]
    numbers = [
        _outcome(name, of, 0.0)
        for name, of in rest.items()
        if of.numeric and of.distinct > 2 and not is_coded_name(name) and not words_of(name) & words.IDS
    ]
    return [*sorted(two, key=lambda of: of.positive is None), *numbers]


def guessed(seen: Mapping[str, Seen], taken: Collection[str] = ()) -> str | None:
    """Return the outcome whose name and two values are unambiguous, or None."""
    order = words.GUESSED_OUTCOMES
    sure = [of.column for of in outcomes(seen, taken) if of.sure]
    return min(sure, key=lambda name: order.index(name.strip().lower()), default=None)


def favourable(name: str, levels: Collection[str]) -> tuple[str | None, str]:
    """Return the favourable one of a column's values, and why; None where it is unclear.

    >>> favourable("deny", ["no", "yes"])
    ('no', "the other one, as the name 'deny' describes an unfavourable outcome: please check")
    >>> favourable("credit_risk", ["bad", "good"])[0], favourable("income", ["<=50K", ">50K"])[0]
    ('good', '>50K')
    """
    if (first := obvious(levels)) is not None:
        if unfavourable(name) is None:
            return first, "two unambiguous values"
        other = next(level for level in levels if level != first)
        return other, SAYS("other", column=name)
    two = len(levels) == 2
    good = [level for level in levels if (two and level.startswith(">")) or _all(level, words.FAVOURABLE)]
    bad = [level for level in levels if unfavourable(level) or set(parts(level)) & words.FIRST_NEGATIONS]
    good = [level for level in good if level not in bad]
    if len(good) == 1:
        return good[0], "by its spelling"
    left = [level for level in levels if level not in bad]
    return (left[0], "by the spelling of the other") if two and len(left) == 1 else (None, "")


def unfavourable(name: str) -> str | None:
    """Return the word by which a name, or a value, describes what nobody wants; None where it has none.

    >>> unfavourable("Exited"), unfavourable("not_hired"), unfavourable("offer_no"), unfavourable("hired")
    ('exited', 'not', None, None)
    """
    named = parts(name)
    found = [word for word in named if word in words.UNFAVOURABLE | words.NEGATIONS]
    first = [word for word in named[:1] if word in words.FIRST_NEGATIONS and len(named) > 1]
    return min([*found, *first], default=None)


def names_outcome(name: str) -> bool:
    """Whether a name has a word for an outcome: what "yes" means of any other column, its name does not show.

    >>> names_outcome("hired"), names_outcome("loan_decision"), names_outcome("flag")
    (True, True, False)
    """
    return bool(words_of(name) & (words.OUTCOMES | words.OUTCOME_NAMES | words.FAVOURABLE))


def obvious(levels: Collection[str]) -> str | None:
    """Return the favourable one of two unambiguous values, else None."""
    by_lower = {level.lower(): level for level in levels}
    if not len(by_lower) == len(levels) == 2:
        return None
    first, second = sorted(by_lower)
    known = words.OBVIOUS.get((first, second))
    return by_lower[known] if known else None


def canonical(value: str, kind: str) -> str:
    """Spell a value as the engine's text of it: 1.0 of a whole number is 1, True is true."""
    value = value.strip() if is_numeric(kind) or kind == "BOOLEAN" else value
    if kind == "BOOLEAN":
        return {"1": "true", "0": "false"}.get(value, value.lower())
    if is_numeric(kind):
        value = {"true": "1", "false": "0"}.get(value.lower(), value)
        try:
            number = float(value)
        except ValueError:
            return value
        return str(int(number)) if number.is_integer() else value
    return value


def refused(found: Sequence[Outcome], where: str, command: str | None = None) -> OutcomeError:
    """Return the error that lists the candidates, each with its values and what to type.

    Of a `command` that Python does not have, an example is shown in place of the arguments in Python.
    """
    shown = found[:LISTED]
    names = [_plain(of.column) for of in shown]
    wide = max(map(len, names))
    lines = [
        f"  {name:<{wide}}  {of.values}  →  {printable(' '.join(of.flags.split()))}"
        for name, of in zip(names, shown, strict=True)
    ]
    if len(found) > LISTED:
        lines.append("  " + SAYS("more", columns=len(found) - LISTED))
    example = next((of for of in shown if of.positive is not None or of.cut), shown[0])
    positive = ">= …" if example.cut else example.positive or "…"
    dots = any("…" in of.flags for of in shown)
    return OutcomeError(
        SAYS("which" if any(of.score for of in shown) else "which_by_values", where=where),
        (
            *lines,
            SAYS(
                "dots" if dots else "",
                "example" if command else "python",
                command=command,
                flags=example.flags,
                column=repr(example.column),
                positive=repr(positive),
            ),
            SAYS("none", flag=f"--target {NONE}"),
        ),
        tuple(of.column for of in found),
    )


def _outcome(name: str, seen: Seen, score: float) -> Outcome:
    positive, why = favourable(name, list(seen.levels)) if seen.distinct == len(seen.levels) else (None, "")
    sure = name.strip().lower() in words.GUESSED_OUTCOMES and obvious(seen.levels) is not None
    return Outcome(name, seen, positive, why, sure, score)


def _score(name: str, seen: Seen) -> float:
    """Return the share of a name's words that mean an outcome; 0 for a column that cannot be one."""
    named = parts(name)
    means = sum(word in words.OUTCOMES for word in named)
    alone = [word for word in named if word in words.OUTCOME_NAMES or word not in words.FILLERS]
    if alone and all(word in words.OUTCOMES | words.OUTCOME_NAMES for word in alone):
        means = len(named)
    fits = 2 <= seen.distinct <= MOST_VALUES or seen.numeric
    return means / len(named) if means and fits else 0.0


def _all(text: str, vocabulary: Collection[str]) -> bool:
    return bool(parts(text)) and all(word in vocabulary for word in parts(text))


def _short(level: str) -> str:
    return f"'{_plain(level)}'"


def _plain(text: str) -> str:
    """Return text from the data in a few characters of one line."""
    plain = printable(" ".join(text.split()))
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
