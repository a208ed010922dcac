"""What the levels of one column mean: spellings of one word, labels of codes, words for "not recorded"."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from auditor.model import Decision
from auditor.use.levels.spelling import by_key, cleaned, spelling_key, unaccented
from auditor.use.levels.unknown import ABOUT, CODES, EVERYBODY, JOINED, MISSING, OPPOSITE, REFUSALS, TOTALS, WITHHELD
from auditor.use.nameable import is_personal, name_people
from auditor.use.outcome import canonical
from auditor.use.roles import Seen

MANY = 200  # levels: with more, a column is neither group nor outcome
Words = Mapping[str, str | None]


@dataclass(frozen=True)
class Column:
    """A column whose levels are examined; `role` is group, target, stratum or feature.

    `labels` are words for its codes or spellings, as the use states them; `stated` the levels that the use counts as
    not recorded, None where it does not say. `fixed` are words that other data have for its levels; they and those that
    are `favourable` are never taken for "not recorded" by their wording. `impossible`: so are all of its levels.
    """

    name: str
    kind: str
    role: str
    levels: Mapping[str, int]
    labels: Mapping[str, str] = field(default_factory=dict)
    stated: Collection[str] | None = None
    fixed: Collection[str] = ()
    favourable: Collection[str] = ()
    impossible: bool = False

    @property
    def text(self) -> bool:
        """Whether it holds texts, which can be spelt in several ways."""
        return self.kind == "VARCHAR"

    @cached_property
    def labelled(self) -> dict[str, str]:
        """Level -> the label of it, of those that occur and have one."""
        exact = {canonical(code, self.kind): word for code, word in self.labels.items()}
        alike = by_key(exact) if self.text else {}
        codes = {level: level if level in exact else alike.get(spelling_key(level)) for level in self.levels}
        return {level: exact[code] for level, code in codes.items() if code is not None}

    @cached_property
    def words(self) -> dict[str, str | None]:
        """Level -> the word for it, None where it is not recorded."""
        found = {level: self.labelled.get(level) or self._spelt.get(level) for level in self.levels}
        return {level: None if word is None or self._is_unknown(level, word) else word for level, word in found.items()}

    @cached_property
    def changes(self) -> dict[str, str | None]:
        """Level -> word, of those levels that change; of all, where the column becomes one of texts."""
        if not self.text and any(self.words[level] for level in self.labelled):
            return self.words
        return {level: word for level, word in self.words.items() if word != level}

    @property
    def unknown(self) -> dict[str, int]:
        """The levels that are not recorded, with their rows."""
        return {level: n for level, n in self.levels.items() if self.words[level] is None}

    @property
    def groups(self) -> dict[str, int]:
        """The words for the recorded levels, with their rows."""
        found: dict[str, int] = {}
        for level, word in self.words.items():
            if word is not None:
                found[word] = found.get(word, 0) + self.levels[level]
        return found

    @property
    def merged(self) -> dict[str, list[str]]:
        """Word -> its spellings, where there are several and no label merges them."""
        found: dict[str, list[str]] = {}
        for level, word in self.words.items():
            if word is not None and level not in self.labelled:
                found.setdefault(word, []).append(level)
        return {word: levels for word, levels in found.items() if len(levels) > 1}

    def word(self, stated: str) -> str | None:
        """Return the word for a level that is named by its code, by its word or in another spelling."""
        code = canonical(stated, self.kind)
        if code in self.words:
            return self.words[code]
        if stated in self.labels:
            return self.labels[stated]
        alike = {spelling_key(level): word for level, word in self.words.items()} if self.text else {}
        alike |= {spelling_key(word): word for word in self.words.values() if word is not None}
        return alike.get(spelling_key(stated), stated)

    @cached_property
    def _spelt(self) -> dict[str, str]:
        """Level without a label -> its spelling, fixed or the commonest; without those in which nothing can be seen."""
        levels = [level for level in self.levels if level not in self.labelled]
        if not self.text or self.role == "feature":
            return {level: level for level in levels}
        known = {spelling_key(word): word for word in (*self.labelled.values(), *self.fixed)}
        found: dict[str, str] = {}
        for level in sorted(levels, key=lambda level: (-self.levels[level], level)):
            if key := spelling_key(level):
                found[level] = known.setdefault(key, cleaned(level))
        return found

    def _is_unknown(self, level: str, word: str) -> bool:
        if self.impossible or self.names_a_person(level):
            return True
        own = {spelling_key(level), spelling_key(word)}
        if self.stated is not None:
            return bool(own & {spelling_key(canonical(each, self.kind)) for each in self.stated})
        if own & set(map(spelling_key, (*self.fixed, *self.favourable))):
            return False
        if self.role == "target":
            return says_missing(word)
        if self.role != "group" or OPPOSITE.get(word) in self.levels:
            return False
        coded = level not in self.labelled and level in self.codes
        return coded or says_unknown(word) or says_total(word)

    def names_a_person(self, level: str) -> bool:
        """Whether a level among groups or strata is an address or an official number of a person.

        A column of nothing else is refused for it.
        """
        return self._compared and level not in self.labelled and is_personal(level)

    @cached_property
    def _compared(self) -> bool:
        return self.text and self.role in ("group", "stratum") and not name_people(self.levels)

    @cached_property
    def codes(self) -> Sequence[str]:
        """The codes that mean "not recorded" in a column that an official list of codes is about."""
        if not all(level.isdigit() for level in self.levels):
            return ()
        return next((codes for name, codes in CODES.items() if re.fullmatch(name, self.name.lower())), ())


@dataclass(frozen=True)
class Recoding:
    """The columns whose levels were examined, and the decisions on them."""

    columns: tuple[Column, ...] = ()
    reading: tuple[Decision, ...] = ()

    @property
    def values(self) -> dict[str, Words]:
        """Column -> value as text -> the word for it, None for "not recorded"; of those columns that change.

        Values that stay as they are need not be named, but of a column whose type becomes text all that are known are.
        """
        return {column.name: column.changes for column in self.columns if column.changes}


def becomes_text(kind: str, words: Words) -> bool:
    """Whether a column of a type holds texts once these words stand for its values."""
    return kind == "VARCHAR" or any(word is not None for word in words.values())


def says_unknown(word: str) -> bool:
    """Whether a word means that membership of a group is not recorded, or was not given.

    >>> says_unknown("Race Not Available"), says_unknown("I prefer not to say"), says_unknown("Not married")
    (True, True, False)
    """
    return _says(word, MISSING | WITHHELD, REFUSALS)


def says_missing(word: str) -> bool:
    """Whether a word means that there is no value, whatever the column is about.

    >>> says_missing("N/A"), says_missing("Declined")
    (True, False)
    """
    return _says(word, MISSING, ())


def says_total(word: str, *, group: bool = True) -> bool:
    """Whether a word means all groups together; in a column that is no `group`, only where it can mean nothing else.

    >>> says_total("Grand Total"), says_total("INSGESAMT:"), says_total("All"), says_total("Total loss")
    (True, True, True, False)
    """
    return _plain(word) in _all_plain(TOTALS | EVERYBODY if group else TOTALS)


def double_counts(levels: Mapping[str, int], *, group: bool = True) -> str | None:
    """Return the level of a table of counts that counts once more who is in the others: a total of as many rows.

    >>> double_counts({"f": 40, "m": 60, "Total": 100}), double_counts({"f": 40, "m": 60, "Total": 1})
    ('Total', None)
    """
    most, every = max(levels.values(), default=0), sum(levels.values())
    if len(levels) < 2 or most < 2 or 2 * most < every:
        return None
    return next((level for level, rows in levels.items() if rows == most and says_total(level, group=group)), None)


def folded(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    """Return what was seen as if every column's spellings were one and no value meant "missing": to guess roles by."""
    return {name: _folded(of) if of.type == "VARCHAR" and len(of.levels) <= MANY else of for name, of in seen.items()}


def _folded(seen: Seen) -> Seen:
    column = Column("", seen.type, "target", seen.levels)
    distinct = seen.distinct - len(seen.levels) + len(column.groups)
    missing = seen.missing + sum(column.unknown.values())
    return replace(seen, levels=column.groups, distinct=distinct, missing=missing)


def _says(word: str, words: frozenset[str], openings: tuple[str, ...]) -> bool:
    text, known = _plain(word), _all_plain(words)
    bare = " ".join(part for part in text.split() if part.strip(":") not in ABOUT)
    if text in known or bare in known or (openings and bare.startswith(openings)):
        return True
    for sign in JOINED:
        parts = [part.strip() for part in spelling_key(word).split(sign)]
        if len(parts) > 1 and all(parts):
            return all(_says(part, words, openings) for part in parts)
    return False


@cache
def _all_plain(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_plain, words))


def _plain(text: str) -> str:
    """Return a text without case, accents, outer brackets and stops, its words joined by spaces."""
    text = unaccented(spelling_key(text)).replace("’", "'")
    text = text.strip("()[]{}<>\"'“”«»:;,. ") or text
    return " ".join(re.sub(r"(?<=\w)[-_](?=\w)", " ", text).split())
