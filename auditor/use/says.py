"""Sentences apart from the numbers in them: templates under a key, and the facts that fill their holes.

A file with sentences has one `Says`. A hole is `{fact}` or `{fact:form}`, with forms from `FORMS`: how a number is
written is decided there, and nowhere in a rule. `{>key}` is another template of the file, left out where one
of its facts is missing. A fact that is a sentence, or holds some, is written as its text and kept as its facts. Nothing
in the program reads a sentence; what it needs later is in the facts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from auditor import format as write
from auditor.model import Said

_HOLE = re.compile(r"\{(>?)(\w+)(?::(\w+)((?: [\w.]+)*))?\}")


def _interval(bounds: Sequence[float | None], limit: float | None = None) -> str:
    return write.interval(bounds[0], bounds[1], limit)


def _fixed(value: float, decimals: int) -> str:
    return write.NOT_COMPUTABLE if math.isnan(value) else f"{value:.{decimals}f}".replace("-", "−")


def _percents(bounds: Sequence[float]) -> str:
    return f"[{write.percent(bounds[0])}, {write.percent(bounds[1])}]"


def _points(value: float, decimals: int = 1) -> str:
    return write.signed(100 * value, decimals)


def _points_interval(bounds: Sequence[float], decimals: int = 1) -> str:
    return f"[{_points(bounds[0], decimals)}, {_points(bounds[1], decimals)}]"


# How a fact is written; a form may take numbers, or the names of other facts, as arguments.
FORMS: Mapping[str, Callable[..., str]] = {
    "percent": write.percent,  # a share, with the limit that it must not be rounded across
    "percents": _percents,  # the two ends of a share's interval
    "people": write.people,  # rows or people
    "estimated": lambda n, part: write.people(n) if part == 1 else f"about {write.people(n)}",  # from part of the rows
    "strata": lambda n: f"{n} strat{'um' if n == 1 else 'a'}",
    "reasons": lambda of: "; ".join(f"{name}: {why or 'no reason was given'}" for name, why in of.items()),
    "ratio": write.ratio,  # with its limit
    "interval": _interval,  # the two ends of a ratio's interval, with its limit
    "p": write.p_value,
    "points": _points,  # a difference of shares, in points
    "points_interval": _points_interval,
    "gap": lambda value: f"{abs(100 * value):.1f}",  # the size of a difference of shares, in points
    "signed": write.signed,
    "amount": write.amount,
    "roughly": write.roughly,
    "numbers": lambda bounds: f"[{write.signed(bounds[0], 3)}, {write.signed(bounds[1], 3)}]",
    "number": "{:g}".format,
    "whole": "{:,}".format,
    "exact": "{:.15g}".format,  # as it is in the data
    "steps": "{:,.15g}".format,
    "fixed": _fixed,
    "hundred": write.times_in_hundred,
    "listed": write.listed,  # names in quotes, at most so many
    "s": lambda n: "" if n == 1 else "s",
    "y": lambda n: "y" if n == 1 else "ies",
    "verb": lambda n: "s" if n == 1 else "",  # of the verb that a number is the subject of
    "are": lambda n: "is" if n == 1 else "are",
    "them": lambda names: "it" if len(names) == 1 else "them",
    "each": lambda names: ", ".join(names),
    "ands": write.ands,
    "exacts": lambda numbers: ", ".join(f"{number:.15g}" for number in numbers),
    "clauses": "; ".join,
    "sentences": " ".join,
    "higher_or_lower": write.higher_or_lower,
}


class Sentence(str):
    """A text with its content: the keys of its templates, and their facts."""

    said: Said

    def __new__(cls, text: str, said: Said | None = None) -> Sentence:
        """Make one of a text and its content."""
        made = super().__new__(cls, text)
        made.said = said or Said((), {})
        return made


class Says(Mapping[str, str]):
    """The templates of a file, by their keys.

    >>> says = Says(rate="{level}: {rate:percent} of {n:people} row{n:s}{>fewer}.", fewer=", under {least:number}")
    >>> says("rate", level="f", rate=0.25, n=1, least=None)
    'f: 25.0% of 1 row.'
    >>> says("rate", level="f", rate=0.25, n=20, least=30)
    'f: 25.0% of 20 rows, under 30.'
    """

    def __init__(self, **templates: str) -> None:
        self._templates = templates
        for key, template in templates.items():
            for _, name, form, _ in _HOLE.findall(template):
                if form and form not in FORMS:
                    raise TypeError(f"{key}: {{{name}:{form}}} is no form of a fact")

    def __getitem__(self, key: str) -> str:
        return self._templates[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def __call__(self, *keys: str, **facts: Any) -> Sentence:
        """Return the sentences of some keys, one after the other; "" for a key adds nothing."""
        said = tuple(key for key in keys if key)
        return Sentence(" ".join(self._written(key, facts) for key in said), Said(said, _plain(facts)))

    def _written(self, key: str, facts: Mapping[str, Any]) -> str:
        def filled(hole: re.Match[str]) -> str:
            inner, name, form, arguments = hole.groups()
            if inner:
                return self._written(name, facts) if self._is_known(name, facts) else ""
            value = facts[name]
            if value is None and form != "ratio":
                raise TypeError(f"'{name}' in '{key}' has no value")
            if not form:
                return str(value)
            return FORMS[form](value, *(_argument(each, facts) for each in arguments.split()))

        return _HOLE.sub(filled, self._templates[key])

    def knows(self, key: str, facts: Mapping[str, Any]) -> bool:
        """Whether all facts that a template needs are there."""
        return self._is_known(key, facts)

    def _is_known(self, key: str, facts: Mapping[str, Any]) -> bool:
        """Whether all facts of a template are there, but for those of what is left out of it."""
        holes = _HOLE.findall(self._templates[key])
        return all(inner or facts.get(name) is not None for inner, name, *_ in holes)


def _argument(text: str, facts: Mapping[str, Any]) -> Any:
    return int(text) if text.isdigit() else facts[text]


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as JSON has them: numbers that are not finite become None."""
    return {name: _value(value) for name, value in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Sentence):
        return dict(value.said.facts)
    if isinstance(value, str | bool) or value is None:
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _value(of) for key, of in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [_value(of) for of in value]
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, Fraction):
        value = float(value)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    return str(value)


def together(*sentences: str) -> Sentence:
    """Return sentences one after the other as one; empty ones are left out."""
    parts = [each for each in sentences if each]
    said = [each.said for each in parts if isinstance(each, Sentence)]
    facts = {name: value for of in said for name, value in of.facts.items()}
    return Sentence(" ".join(parts), Said(tuple(key for of in said for key in of.keys), facts))
