"""What a column is, guessed from its name and from what was seen of its values: the one place where that is guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.use import vocabulary as words
from auditor.use.images import is_copies, is_counted, is_property
from auditor.use.nameable import name_people
from auditor.use.names import joined, parts, words_of
from auditor.use.people import MANY_KEYS, identifies_people, is_contact, is_id, rank
from auditor.use.roles import Ignored, Seen
from auditor.use.says import Says

FEW_LEVELS = 50  # of a column that sorts people into groups
TEXT_WORDS = 8  # words per value from which on a column holds texts
SHORT_WORDS = 3  # from which on values that differ in most rows may be short texts, and are not sure to be identifiers
NUMERIC_LEVELS = 10  # a number with no more values has levels
HANDFUL = 5  # rows of the commonest value of an identifier that recurs
UNIQUE = 0.5  # share of different values from which on measures of association cease to mean anything
# What pandas and the loaders call a column without a name.
INDEX_NAME = re.compile(r"(unnamed|column|index_level)_?\d+")

SAYS = Says(by_name="by its name ({words})", by_values="by its values, which are those of {kind} ({values:each})")


class Guess(StrEnum):
    """What a column is recognised as."""

    GROUP = "group"
    POSSIBLE_GROUP = "possible group"
    BIRTH = "date of birth"
    TEXT = "text"
    TIME = "time"
    PERSON = "identifier"
    IGNORED = "ignored"
    FEATURE = "feature"


@dataclass(frozen=True)
class Inference:
    """A guess about one column: `kind` of group, the `evidence` in words, and why it is `ignored`, where it is."""

    column: str
    guess: Guess
    evidence: str = ""
    kind: str = ""
    by_name: bool = True
    ignored: Ignored | None = None


@dataclass(frozen=True)
class Inferred:
    """What the columns are that were not stated; `possible` groups are mentioned, and not used.

    `times` are all columns that could be the time; `time` is there where it is one.
    """

    groups: Mapping[str, Inference]
    possible: Mapping[str, Inference]
    text: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    id: str | None = None
    ignored: Mapping[str, Ignored] = field(default_factory=dict)

    @property
    def time(self) -> str | None:
        """The column of the time, where only one can be it."""
        return self.times[0] if len(self.times) == 1 else None


def infer(seen: Mapping[str, Seen], taken: Collection[str] = (), *, id_stated: bool = False) -> Inferred:
    """Guess what the columns are that are not `taken`: whose role was stated."""
    every = {name: guess(name, of) for name, of in seen.items()}
    free = {name: of for name, of in every.items() if name not in taken}
    groups = {name: of for name, of in free.items() if of.guess is Guess.GROUP}
    possible = {name: of for name, of in free.items() if of.guess is Guess.POSSIBLE_GROUP}
    ignored = {name: of.ignored for name, of in free.items() if of.ignored}
    kinds = {of.kind for of in every.values() if of.guess is Guess.GROUP and len(kinds_of(of.column)) <= 1}
    for name in [name for name in groups if len(kinds_of(name)) > 1 and kinds.issuperset(kinds_of(name))]:
        ignored[name] = Ignored.JOINED
        del groups[name]
    for name, of in free.items():
        if of.guess is Guess.BIRTH:  # the age in years is the better column, where it is there
            (possible if "age" in kinds else groups)[name] = of
    people = [name for name, of in free.items() if of.guess is Guess.PERSON]
    chosen = None if id_stated else min(people, key=lambda name: rank(name, seen[name]), default=None)
    ignored |= {name: _other_key(name, seen[name]) for name in people if name != chosen}
    return Inferred(
        groups,
        possible,
        tuple(name for name, of in free.items() if of.guess is Guess.TEXT),
        tuple(name for name, of in free.items() if of.guess is Guess.TIME),
        chosen,
        {name: ignored[name] for name in seen if name in ignored},
    )


def guess(name: str, seen: Seen) -> Inference:
    """Guess what one column is, from its name and its values.

    What is surer comes first: no value, what was read of images, a date of birth, the name of a group, a text, an
    identifier, a time, a row index; then the values of a group; then what no rule can compare.
    """
    sure = (_empty, _of_images, _birth, _group, _text, _person, _time, _index)
    looks = (*sure, _group_by_values, _possible_group, _useless)
    return next((found for look in looks if (found := look(name, seen))), Inference(name, Guess.FEATURE))


def kinds_of(name: str) -> tuple[str, ...]:
    """Return the kinds of groups that a column's name means.

    >>> kinds_of("RAC1P"), kinds_of("applicant_sex"), kinds_of("sex-age"), kinds_of("vehicle_age")
    (('race',), ('sex',), ('age', 'sex'), ())
    """
    named, bare = words_of(name), _bare(name)
    if kind := words.GROUP_NAMES.get(joined(name)) or words.GROUP_NAMES.get(bare) or words.FLAG_NAMES.get(bare):
        return (kind,)
    return () if named & words.NOT_OF_PEOPLE else tuple(kind for kind, of in words.GROUPS.items() if named & of)


def is_birth(name: str, seen: Seen) -> bool:
    """Whether a column holds dates or years of birth."""
    return _is_birth_name(name) and (seen.dated or _is_year(seen, 1850))


def is_coded_name(name: str) -> bool:
    """Whether a name shows that its numbers are codes: a postal code, a code of an occupation, a group but the age."""
    return bool(words_of(name) & words.CODES) or any(kind != "age" for kind in kinds_of(name))


def _empty(name: str, seen: Seen) -> Inference | None:
    nothing = seen.complete and seen.known == 0
    return Inference(name, Guess.IGNORED, ignored=Ignored.EMPTY) if nothing else None


def _of_images(name: str, seen: Seen) -> Inference | None:
    """Recognise what was read of images: how a picture was held is no orientation of a person, its year no time."""
    if is_copies(name):
        return Inference(name, Guess.IGNORED, ignored=Ignored.COPIES)
    return Inference(name, Guess.FEATURE) if is_property(name) or is_counted(name) else None


def _birth(name: str, seen: Seen) -> Inference | None:
    if is_birth(name, seen):
        return Inference(name, Guess.BIRTH, "by its name, a date of birth", "age")
    if _is_birth_name(name) and not seen.numeric and seen.distinct > UNIQUE * seen.known:
        return Inference(name, Guess.IGNORED, ignored=Ignored.UNREAD_BIRTH)
    return None


def _group(name: str, seen: Seen) -> Inference | None:
    kinds = kinds_of(name)
    many = kinds == ("age",) and seen.numeric and seen.distinct > 1
    if not kinds or not (_few(seen) or many) or (_bare(name) in words.FLAG_NAMES and seen.distinct > 2):
        return None
    return Inference(name, Guess.GROUP, SAYS("by_name", words=" and ".join(kinds)), kinds[0])


def _group_by_values(name: str, seen: Seen) -> Inference | None:
    levels = {joined(level).replace("_", "-") or level.strip() for level in seen.levels}
    if not _few(seen) or not seen.levels:
        return None
    letters = any(pair <= levels and len(levels - pair) <= 1 for pair in words.SEX_LETTERS)
    kind = ""
    if letters or (len(levels & words.SEXES) >= 2 and len(levels - words.SEXES) <= 1):
        kind = "sex"
    elif len(levels & words.RACES) >= 2 and len(levels - words.RACES) <= 2 and not words_of(name) & words.COLOURS:
        kind = "race"
    if not kind:
        return None
    evidence = SAYS("by_values", kind=kind, values=list(seen.levels)[:4])
    return Inference(name, Guess.GROUP, evidence, kind, by_name=False)


def _possible_group(name: str, seen: Seen) -> Inference | None:
    if kinds_of(name) and _many(seen) and not _recurs(name, seen):  # many nations, or ages among words
        return Inference(name, Guess.POSSIBLE_GROUP, SAYS("by_name", words=kinds_of(name)[0]), kinds_of(name)[0])
    named = words_of(name) & words.ALSO_GROUPS
    if not named or not _few(seen):
        return None
    return Inference(name, Guess.POSSIBLE_GROUP, SAYS("by_name", words=min(named)))


def _text(name: str, seen: Seen) -> Inference | None:
    return Inference(name, Guess.TEXT, "by its words") if seen.words >= TEXT_WORDS else None


def _person(name: str, seen: Seen) -> Inference | None:
    if INDEX_NAME.fullmatch(joined(name)) or joined(name) in words.ROW_INDICES:
        return None
    found = identifies_people(name, seen)
    return Inference(name, Guess.PERSON, "by its name and its many values") if found else None


def _time(name: str, seen: Seen) -> Inference | None:
    if seen.dated or (_is_year(seen, 1900) and words_of(name) & words.TIMES):
        return Inference(name, Guess.TIME, "by its values")
    return None


def _index(name: str, seen: Seen) -> Inference | None:
    if not seen.whole or not seen.known or seen.distinct < seen.rows:
        return None
    called = joined(name) in words.ROW_INDICES or INDEX_NAME.fullmatch(joined(name))
    rises = seen.running and seen.known > NUMERIC_LEVELS and not words_of(name) & words.RANKS
    return Inference(name, Guess.IGNORED, ignored=Ignored.INDEX) if called or rises else None


def _useless(name: str, seen: Seen) -> Inference | None:
    """Recognise identifiers of other things than people, and columns that work like one."""
    why = None
    if not seen.numeric and name_people(seen.levels):
        return Inference(name, Guess.IGNORED, ignored=Ignored.PERSONAL)
    spread = (seen.high or 0) - (seen.low or 0) + 1
    if seen.known <= NUMERIC_LEVELS or seen.dated:
        return None
    if is_id(name) and seen.distinct > MANY_KEYS and (seen.whole or not seen.numeric):
        why = Ignored.KEY
    elif seen.whole and seen.distinct == seen.known == spread and not words_of(name) & words.RANKS:
        why = Ignored.RUNNING
    elif not seen.numeric and seen.distinct > UNIQUE * seen.known:
        why = Ignored.SHORT_TEXT if seen.words >= SHORT_WORDS else Ignored.UNIQUE
    elif _recurs(name, seen):
        why = Ignored.RECURRING
    elif words_of(name) & words.CONTACTS and seen.distinct > UNIQUE * seen.known:
        why = Ignored.PERSONAL
    return Inference(name, Guess.IGNORED, ignored=why) if why else None


def _other_key(name: str, seen: Seen) -> Ignored:
    """Return what an identifier is beside the one that is taken."""
    if is_contact(name):
        return Ignored.PERSONAL
    return Ignored.UNIQUE if seen.distinct > UNIQUE * seen.known else Ignored.KEY


def _recurs(name: str, seen: Seen) -> bool:
    """Whether each of many values has a few rows; of numbers only where they are codes, for measured ones do too."""
    named = (not seen.numeric or (seen.whole and is_coded_name(name))) and not words_of(name) & words.PLACES
    spelled = seen.numeric or any(letter.isalpha() for level in seen.levels for letter in level)  # no grades as text
    return named and spelled and seen.distinct > MANY_KEYS and 0 < max(seen.levels.values(), default=0) <= HANDFUL


def _bare(name: str) -> str:
    """Return a name without words like "is" and "applicant"."""
    return "_".join(word for word in parts(name) if word not in words.FILLERS | words.PEOPLE)


def _few(seen: Seen) -> bool:
    return 1 < seen.distinct <= FEW_LEVELS and (seen.whole or not seen.numeric)


def _many(seen: Seen) -> bool:
    """Whether a column has too many levels to be taken as a group unasked, and fewer than one for each person."""
    return not seen.numeric and FEW_LEVELS < seen.distinct <= UNIQUE * seen.known and seen.words < TEXT_WORDS


def _is_year(seen: Seen, first: int) -> bool:
    return seen.whole and seen.low is not None and seen.high is not None and first <= seen.low <= seen.high <= 2100


def _is_birth_name(name: str) -> bool:
    named = words_of(name)
    return bool(named & words.BIRTH_NAMES or (named & words.BIRTH_WORDS and not named & words.BIRTH_OTHERS))


def clusters_of(seen: Mapping[str, Seen], taken: Collection[str] = ()) -> tuple[str, ...]:
    """Return the columns that may name what several people have in common, by their names; fewest levels last."""
    found = [
        name
        for name, of in seen.items()
        if name not in taken
        and {word.removesuffix("id") or word for word in parts(name)} & words.CLUSTERS
        and NUMERIC_LEVELS < of.distinct <= UNIQUE * of.known
        and (of.whole or not of.numeric)
    ]
    return tuple(sorted(found, key=lambda name: (-seen[name].distinct, name)))
