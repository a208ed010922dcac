"""Features that a column holds without being one: the hour of a time, the beginning of a code, the style of a text.

Of an identifier it is whether there is one: who has a number of an employee was hired.

They are named after their column ("applied_at: hour"), and go where it goes: a column that is left out, forbidden or
known before the decision leaves out, forbids or clears what is derived from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.model import Decision
from auditor.use.names import words_of
from auditor.use.roles import Ignored, Roles, Seen
from auditor.use.says import Says
from auditor.use.vocabulary import PLACES

PLACE_PREFIX = 3  # characters of a postal code that mean a larger place
PREFIXES = (1, 2, 3, 4)  # characters of another code that are tried
MOST_PREFIXES = 50  # values of a prefix that is taken: the longest with no more
FEW_CODES = 20  # values of a code that needs no prefix
MOST_KINDS = 10  # of the letters that the identifiers of rows begin with: kinds of rows ("H", "R"), and no initials
MOST_WORDS = 1.5  # of a code, on average; a longer text is no code

ABOUT = "derived features"
SAYS = Says(
    read="Derived features, also audited: {names:listed} (PRX001, PRX002, PRX003, LAB003, MDL001).",
    not_read="Tallies do not include parts of dates, text style and whether an identifier is there as features: "
    "{columns:listed}.",
    masked="In Spark, the style of texts with masked words is not a feature: {columns:listed}.",
)


class What(StrEnum):
    """What is derived from a column; the value is its name."""

    HOUR = "hour"
    WEEKDAY = "weekday"
    MONTH = "month"
    YEAR = "year"
    PREFIX = "first"
    LENGTH = "length"
    CAPITALS = "share of capitals"
    PUNCTUATION = "punctuation marks"
    RECORDED = "recorded"

    @property
    def by_values(self) -> bool:
        """Whether its numbers are counted one by one, as those of a calendar are."""
        return self in (What.HOUR, What.WEEKDAY, What.MONTH, What.YEAR)


@dataclass(frozen=True)
class Derivation:
    """A feature derived from a column: `width` is the number of characters of a prefix, `digits` those of a number.

    `masks` are terms that are taken out of a text before. `letters`: a prefix counts only where it has no digit, as of
    running numbers it is an age.
    """

    name: str
    source: str
    what: What
    width: int = 0
    digits: int = 0
    letters: bool = False
    masks: tuple[str, ...] = ()


def proposed(roles: Roles, seen: Mapping[str, Seen], masks: Sequence[str] = ()) -> list[Derivation]:
    """Return what may be derived from the columns; of a code several prefixes, for the engine to choose one.

    `masks` are terms that are masked in the text columns, so that their style is that of the masked text.

    Of the time only what recurs, because the year is the period. Names that are columns already are left out.
    """
    taken = {name.lower() for name in seen}
    # Of an identifier that recurs nothing: its rows are one person's, and share whatever it begins with.
    ignored = [name for name, why in roles.ignored.items() if why in (Ignored.UNIQUE, Ignored.SHORT_TEXT)]
    texts = [*roles.text, *(name for name, why in roles.ignored.items() if why is Ignored.TEXT)]
    found: list[Derivation] = []
    for name in (*roles.features, *([roles.time] if roles.time else [])):
        if seen[name].dated:
            found += _of_time(name, seen[name], year=name != roles.time)
    for name in (*roles.features, *ignored):
        if not seen[name].dated:
            found += _of_code(name, seen[name], coded=name in roles.codes)
    if roles.id and 0 < seen[roles.id].known == seen[roles.id].distinct:  # an identifier of rows, as "H017" and "R018"
        found += [replace(of, letters=True) for of in _of_code(roles.id, seen[roles.id], coded=False)]
    identifiers = [*([roles.id] if roles.id else []), *(name for name, why in roles.ignored.items() if why.identifies)]
    found += [_named(name, What.RECORDED) for name in identifiers if 0 < seen[name].missing < seen[name].rows]
    for name in (name for name in texts if seen[name].type == "VARCHAR"):
        own = tuple(masks) if name in roles.text else ()
        styles = (What.LENGTH, What.CAPITALS, What.PUNCTUATION)
        found += (replace(_named(name, what), masks=own) for what in styles)
    return [of for of in found if of.name.lower() not in taken]


def _named(name: str, what: What) -> Derivation:
    return Derivation(f"{name}: {what}", name, what)


def _of_time(name: str, seen: Seen, *, year: bool) -> Iterator[Derivation]:
    for what in (What.HOUR, What.WEEKDAY, What.MONTH, What.YEAR):
        if (what is not What.HOUR or seen.type.startswith("TIMESTAMP")) and (what is not What.YEAR or year):
            yield _named(name, what)


def _of_code(name: str, seen: Seen, *, coded: bool) -> Iterator[Derivation]:
    place = _is_place(name)
    number = seen.numeric and seen.whole and (place or coded)
    digits = sum(any(letter.isdigit() for letter in level) for level in seen.levels)
    text = seen.type == "VARCHAR" and seen.words <= MOST_WORDS and digits >= len(seen.levels) / 2
    if not (number or text) or seen.distinct <= FEW_CODES:
        return
    whole = len(f"{seen.high or 0:.0f}") if number else 0  # as numbers, codes have lost their leading zeros
    for width in (PLACE_PREFIX,) if place else PREFIXES:
        yield Derivation(f"{name} (first {width})", name, What.PREFIX, width, whole)


def _is_place(name: str) -> bool:
    return bool(words_of(name) & PLACES)


def chosen(asked: Sequence[Derivation], seen: Mapping[str, Seen]) -> list[Derivation]:
    """Return those that vary; of the prefixes of a code the longest that has few values, and fewer than the code."""
    found = [of for of in asked if seen[of.name].distinct > 1]
    longest: dict[str, Derivation] = {}
    for of in found:
        few = _is_place(of.source) or seen[of.name].distinct <= (MOST_KINDS if of.letters else MOST_PREFIXES)
        if of.letters and any(letter.isdigit() for level in seen[of.name].levels for letter in level):
            continue
        if of.what is What.PREFIX and few and seen[of.name].distinct < seen[of.source].distinct:
            best = longest.get(of.source)
            longest[of.source] = of if best is None or of.width > best.width else best
    # A prefix is missing where its code is: beside it, whether there is one would be the same feature again.
    once = [of for of in found if of.what is not What.RECORDED or of.source not in longest]
    return [of for of in once if of.what is not What.PREFIX or of is longest.get(of.source)]


def are_read(derivations: Sequence[Derivation]) -> Decision:
    """Return what is read as features beside the columns."""
    names = tuple(of.name for of in derivations)
    return Decision(SAYS("read", names=names), ABOUT, names)


def not_read(derivations: Sequence[Derivation]) -> tuple[Decision, ...]:
    """Return the dates and texts without derived features, where there are only counts."""
    sources = tuple(dict.fromkeys(of.source for of in derivations if of.what is not What.PREFIX))
    return (Decision(SAYS("not_read", columns=sources), ABOUT, sources),) if sources else ()


def masked_style(derivations: Sequence[Derivation]) -> tuple[Decision, ...]:
    """Return the texts whose style is not derived in Spark, because some of their words are masked."""
    sources = tuple(dict.fromkeys(of.source for of in derivations if of.masks))
    return (Decision(SAYS("masked", columns=sources), ABOUT, sources),) if sources else ()
