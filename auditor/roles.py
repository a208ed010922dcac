"""What each column is: target, group, feature, text, time, id; from what was said, else guessed and said."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.errors import ColumnError, RoleError, hint
from auditor.guesses import (
    GROUP_WORDS,
    TARGET_NAMES,
    TIME_WORDS,
    UNFAVOURABLE_WORDS,
    canonical,
    is_numeric,
    obvious,
    words_of,
)
from auditor.usecase import UseCase

MAX_GROUP_LEVELS = 200
MAX_NUMERIC_LEVELS = 10  # a number with no more values than this is taken for a code
AGE_BANDS = (25.0, 40.0, 65.0)
TEXT_WORDS = 8


@dataclass(frozen=True)
class Seen:
    """What a peek saw of a column: `levels` are the commonest values as text, `cuts` the quantiles of a number.

    `whole`: every number seen is whole. `words`: words per value of a text, on average.
    """

    type: str
    rows: int
    missing: int
    distinct: int
    complete: bool
    levels: Mapping[str, int]
    cuts: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: float = 0.0

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return is_numeric(self.type)

    @property
    def known(self) -> int:
        """Rows seen with a value."""
        return self.rows - self.missing


@dataclass(frozen=True)
class Bands:
    """A number cut into bands: band i holds edges[i-1] <= value < edges[i]."""

    edges: tuple[float, ...]
    labels: tuple[str, ...]

    @classmethod
    def at(cls, edges: Sequence[float], whole: bool) -> Bands:
        """Cut at `edges`; whole numbers are labelled by the numbers they hold.

        >>> Bands.at([25, 40], whole=True).labels
        ('under 25', '25 to 39', '40 and over')
        >>> Bands.at([0.5, 2], whole=False).labels
        ('under 0.5', '0.5 to under 2', '2 and over')
        """
        inner = [
            f"{low:g} to {high - 1:g}" if whole else f"{low:g} to under {high:g}"
            for low, high in itertools.pairwise(edges)
        ]
        return cls(tuple(edges), (f"under {edges[0]:g}", *inner, f"{edges[-1]:g} and over"))


@dataclass(frozen=True)
class Roles:
    """What every column is; `notes` says what was guessed, `ignored` why a column is left out."""

    target: str | None
    positive: tuple[str, ...]
    groups: tuple[str, ...]
    bands: Mapping[str, Bands]
    text: tuple[str, ...]
    time: str | None
    id: str | None
    features: tuple[str, ...]
    ignored: Mapping[str, str]
    notes: tuple[str, ...]
    positive_guessed: bool = False

    def of(self, name: str) -> str:
        """Return the role of a column in a word."""
        if name == self.target:
            return "target"
        if name in self.groups:
            return "group"
        if name in self.text:
            return "text"
        if name in (self.time, self.id):
            return "time" if name == self.time else "id"
        return "ignored" if name in self.ignored else "feature"


def assign(seen: Mapping[str, Seen], use: UseCase, where: str) -> Roles:
    """Decide what each column of `where` is, from the use and from what a peek saw."""
    return _Assignment(dict(seen), use, where).roles()


class _Assignment:
    """One pass over the columns; `notes` gathers what was not said but guessed."""

    def __init__(self, seen: dict[str, Seen], use: UseCase, where: str) -> None:
        self.seen, self.use, self.where = seen, use, where
        self.notes: list[str] = []

    def roles(self) -> Roles:
        use = self.use
        named = self._named_groups()
        target = self._target()
        text = tuple(self._known(name) for name in use.features.text)
        time = self._known(use.features.time) if use.features.time else None
        key = self._known(use.features.id) if use.features.id else None
        taken = {target, time, key, *text, *named}
        groups = named or self._guess_groups(taken)
        _refuse_overlap(target, groups, text, time, key)
        positive, guessed = self._positive(target) if target else ((), False)
        bands = {name: self._bands(name, cuts) for name, cuts in groups.items() if self._is_banded(name, cuts)}
        rest = [name for name in self.seen if name not in {target, time, key, *text, *groups}]
        text = text or self._guess_text(rest)
        time = time or self._guess_time(rest)
        key = key or self._guess_id(rest)
        ignored = {name: why for name in rest if name not in {*text, time, key} and (why := self._useless(name))}
        features = tuple(name for name in rest if name not in {*text, time, key, *ignored})
        return Roles(
            target, positive, tuple(groups), bands, text, time, key, features, ignored, tuple(self.notes), guessed
        )

    def _known(self, name: str) -> str:
        """Return the column's own spelling; names differ by more than case, as the engine wants them."""
        by_case = {column.lower(): column for column in self.seen}
        if name.lower() not in by_case:
            raise ColumnError.missing(name, self.seen, self.where)
        return by_case[name.lower()]

    def _target(self) -> str | None:
        if self.use.label.column:
            name = self._known(self.use.label.column)
            if self.seen[name].complete and self.seen[name].known == 0:
                raise RoleError(f"target '{name}' has no value in any of {self.seen[name].rows:,} rows")
            return name
        by_case = {column.lower(): column for column in self.seen}
        for guess in TARGET_NAMES:
            name = by_case.get(guess, "")
            if name and obvious(self.seen[name].levels):
                self.notes.append(f"Target guessed from its name: '{name}' (say otherwise with --target).")
                return name
        self.notes.append("No target was named and none could be guessed: outcomes are not judged.")
        return None

    def _positive(self, target: str) -> tuple[tuple[str, ...], bool]:
        """Return the favourable values as the engine will spell them, and whether they were guessed."""
        seen, levels = self.seen[target], list(self.seen[target].levels)
        listed = ", ".join(levels[:10]) + (", …" if seen.distinct > 10 else "")
        if seen.complete and seen.distinct == 1:
            raise RoleError(f"target '{target}' is constant: every row with a value has '{levels[0]}'")
        if self.use.label.positive:
            wanted = tuple(canonical(value, seen.type) for value in self.use.label.positive)
            for value in wanted:
                if value not in seen.levels and seen.complete:
                    near = hint(value, levels)
                    raise RoleError(f"favourable value '{value}' does not occur in '{target}'{near} (values: {listed})")
            if seen.complete and set(levels) <= set(wanted):
                raise RoleError(
                    f"every value of '{target}' was named favourable ({listed}): nothing is left to compare"
                )
            return wanted, False
        if (guess := obvious(seen.levels)) is None:
            raise RoleError(
                f"which value of '{target}' is favourable? name it with --positive (values: {listed}; "
                f"{seen.distinct:,} in all)"
            )
        if words := words_of(target) & UNFAVOURABLE_WORDS:
            raise RoleError(
                f"'{target}' reads like an unfavourable outcome ('{min(words)}'); name the favourable value with "
                f"--positive (values: {listed})"
            )
        self.notes.append(f"Favourable value taken as '{guess}' of '{target}' (say otherwise with --positive).")
        return (guess,), True

    def _named_groups(self) -> dict[str, str]:
        """Return group column -> the cuts written behind it (`age:25,40`), '' for none."""
        groups: dict[str, str] = {}
        for written in self.use.groups.columns:
            name, cuts = written, ""
            if written not in self.seen and ":" in written:
                name, _, cuts = written.rpartition(":")
            name = self._known(name)
            seen = self.seen[name]
            if not seen.numeric and seen.distinct > MAX_GROUP_LEVELS:
                raise RoleError(
                    f"group '{name}' has over {MAX_GROUP_LEVELS} levels ({seen.distinct:,} in {seen.rows:,} rows); "
                    "give a column that sorts people into fewer groups"
                )
            groups[name] = cuts
        return groups

    def _guess_groups(self, taken: set[str | None]) -> dict[str, str]:
        found = {
            name: ""
            for name, seen in self.seen.items()
            if name not in taken and words_of(name) & GROUP_WORDS and (seen.numeric or 1 < seen.distinct <= 50)
        }
        if found:
            listed = ", ".join(f"'{name}'" for name in found)
            self.notes.append(f"Groups guessed from their names: {listed} (say otherwise with --group).")
        else:
            self.notes.append("No group column was named and none could be guessed: nobody is compared with anybody.")
        return found

    def _is_banded(self, name: str, cuts: str) -> bool:
        seen = self.seen[name]
        if cuts and not seen.numeric:
            raise RoleError(f"group '{name}' is not a number ({seen.type}) and cannot be cut at {cuts}")
        return bool(cuts) or (seen.numeric and seen.distinct > MAX_NUMERIC_LEVELS)

    def _bands(self, name: str, cuts: str) -> Bands:
        seen = self.seen[name]
        if cuts:
            try:
                edges = sorted({float(cut) for cut in cuts.split(",")})
            except ValueError:
                raise RoleError(f"group '{name}' is to be cut at '{cuts}'; write numbers: {name}:25,40,65") from None
        elif "age" in words_of(name):
            edges = list(AGE_BANDS)
        else:
            edges = sorted(set(seen.cuts[len(seen.cuts) // 4 :: max(1, len(seen.cuts) // 4)][:3]))
        bands = Bands.at(edges, seen.whole and all(edge.is_integer() for edge in edges))
        if not cuts:
            self.notes.append(
                f"Group '{name}' is a number, cut into bands by default: {'; '.join(bands.labels)} "
                f"(say otherwise with --group {name}:{','.join(f'{edge:g}' for edge in edges)})."
            )
        return bands

    def _guess_text(self, rest: Sequence[str]) -> tuple[str, ...]:
        found = tuple(name for name in rest if self.seen[name].words >= TEXT_WORDS)
        self._say("Text", found)
        return found

    def _guess_time(self, rest: Sequence[str]) -> str | None:
        found = [name for name in rest if self._is_time(name)]
        if len(found) != 1:
            return None
        self._say("Time", found)
        return found[0]

    def _is_time(self, name: str) -> bool:
        seen = self.seen[name]
        if seen.type.startswith(("DATE", "TIMESTAMP")):
            return True
        year = seen.whole and seen.low is not None and seen.high is not None and 1900 <= seen.low <= seen.high <= 2100
        return bool(year and words_of(name) & TIME_WORDS)

    def _guess_id(self, rest: Sequence[str]) -> str | None:
        for name in rest:
            seen = self.seen[name]
            if "id" in words_of(name) and seen.known and seen.distinct > 0.9 * seen.known:
                self._say("Identifier", [name])
                return name
        return None

    def _useless(self, name: str) -> str | None:
        """Say why a column cannot be compared between groups: an identifier, or without a value."""
        seen = self.seen[name]
        if seen.complete and seen.known == 0:
            return "no value in any row"
        spread = (seen.high or 0) - (seen.low or 0) + 1
        if seen.whole and seen.known > MAX_NUMERIC_LEVELS and seen.distinct == seen.known == spread:
            return "identifier: a running number"
        if not seen.numeric and seen.known > MAX_NUMERIC_LEVELS and seen.distinct > 0.5 * seen.known:
            return "identifier: more than half of its values are unique"
        return None

    def _say(self, what: str, names: Sequence[str]) -> None:
        if names:
            self.notes.append(f"{what} column guessed: {', '.join(repr(name) for name in names)}.")


def _refuse_overlap(
    target: str | None, groups: Mapping[str, str], text: tuple[str, ...], time: str | None, key: str | None
) -> None:
    used: dict[str, str] = {}
    for role, names in (("target", [target]), ("group", groups), ("text", text), ("time", [time]), ("id", [key])):
        for name in names:
            if name and used.setdefault(name, role) != role:
                raise RoleError(f"column '{name}' cannot be both {used[name]} and {role}")
