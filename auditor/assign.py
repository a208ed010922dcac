"""From the stated use and a peek at the data to roles: what was said, else guessed, and said to be guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from auditor.errors import ColumnError, RoleError, hint
from auditor.grouping import edges_of, parted, refuse_many_levels
from auditor.guesses import (
    GROUP_WORDS,
    TARGET_NAMES,
    TIME_WORDS,
    UNFAVOURABLE_WORDS,
    canonical,
    obvious,
    words_of,
)
from auditor.model import Decision
from auditor.opaque import decisions, opaque, refuse_as_text, runs
from auditor.roles import Bands, Cut, Roles, Seen
from auditor.usecase import UseCase

AGE_BANDS = (25.0, 40.0, 65.0)
TEXT_WORDS = 8
MAX_STRATA = 1_000
MAX_PERIODS = 40
# Unit of time -> the days that the data must span for it; the first that fits is taken.
PERIODS = (("year", 3 * 365), ("quarter", 365), ("month", 60), ("week", 15), ("day", 0))
OWN_NAME = re.compile(r"\(.*\)", re.DOTALL)  # what engines call columns that they add to the data's
FLAGS = {"Text": "text", "Time": "time", "Identifier": "id"}
MAX_NUMERIC_LEVELS = 10  # a number with no more values than this is taken for a code


def assign(seen: Mapping[str, Seen], use: UseCase, where: str) -> Roles:
    """Decide what each column of `where` is, from the use and from what a peek saw."""
    if own := next(filter(OWN_NAME.fullmatch, seen), None):
        raise ColumnError(
            f"{where}: column '{own}' needs another name: audits call columns of their own by words in parentheses"
        )
    return _Assignment(dict(seen), use, where).roles()


class _Assignment:
    """One pass over the columns; `reading` gathers what was not stated but guessed."""

    def __init__(self, seen: dict[str, Seen], use: UseCase, where: str) -> None:
        self.seen, self.use, self.where = seen, use, where
        self.reading: list[Decision] = []

    def roles(self) -> Roles:
        use = self.use
        named = self._named_groups()
        target = self._target()
        text = tuple(self._known(name) for name in use.features.text)
        refuse_as_text(self.seen, text)
        time = self._known(use.features.time) if use.features.time else None
        key = self._known(use.features.id) if use.features.id else None
        weight = self._weight()
        strata = tuple(self._known(name) for name in use.features.strata)
        taken = {target, time, key, weight, *text, *named}
        groups = named or self._guess_groups(taken)
        _refuse_overlap(target, groups, text, time, key, weight)
        cut = self._cut(target) if target else None
        positive, guessed = self._positive(target) if target and not cut else ((), False)
        bands = {name: self._bands(name, cuts) for name, cuts in groups.items() if self._is_banded(name, cuts)}
        bands |= {name: self._bands(name, "", "Stratum") for name in strata if self._is_banded(name, "")}
        rest = [name for name in self.seen if name not in {target, time, key, weight, *text, *groups}]
        text = text or self._guess_text(rest)
        time = time or self._guess_time(rest)
        key = key or self._guess_id(rest)
        unread = opaque(self.seen, (name for name in rest if name not in {*text, time, key}), TEXT_WORDS)
        left = [name for name in rest if name not in {*text, time, key, *unread}]
        ignored = {name: why for name in left if (why := self._useless(name))}
        features = tuple(name for name in left if name not in ignored)
        self.reading += [*decisions(unread, self.seen), *runs(self.seen, features)]
        period = self._period(time) if time else None
        return Roles(
            target=target,
            positive=positive,
            groups=tuple(groups),
            bands=bands,
            text=text,
            time=time,
            id=key,
            features=features,
            ignored=ignored,
            reading=tuple(self.reading),
            positive_guessed=guessed,
            cut=cut,
            strata=self._strata(strata, {target: "target", **dict.fromkeys(groups, "group")}),
            period=period,
            weight=weight,
            opaque=unread,
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
                self._decide(
                    f"Target guessed from its name: '{name}'.", "target", name, overrule="--target", warning=True
                )
                return name
        self._decide(
            "No target was named and none could be guessed: outcomes are not judged.", "target", overrule="--target"
        )
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
                if value not in seen.levels and seen.all_levels:
                    near = hint(value, levels)
                    raise RoleError(f"favourable value '{value}' does not occur in '{target}'{near} (values: {listed})")
            if seen.all_levels and set(levels) <= set(wanted):
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
        self._decide(
            f"Favourable value taken as '{guess}' of '{target}'.",
            "favourable outcome",
            target,
            overrule="--positive",
        )
        return (guess,), True

    def _cut(self, target: str) -> Cut | None:
        """Return where a numeric outcome is cut: as said, else above the median where it has many values."""
        seen, said = self.seen[target], self.use.label.positive
        if len(said) == 1 and (cut := Cut.read(said[0])):
            if not seen.numeric:
                raise RoleError(f"target '{target}' is not a number ({seen.type}) and cannot be cut at '{said[0]}'")
            return cut
        if said or not seen.numeric or seen.distinct <= MAX_NUMERIC_LEVELS:
            return None
        return Cut(">", None)

    def _weight(self) -> str | None:
        if not self.use.features.weight:
            return None
        name = self._known(self.use.features.weight)
        if not self.seen[name].numeric:
            raise RoleError(f"weight '{name}' is not a number ({self.seen[name].type})")
        if (self.seen[name].low or 0) < 0:
            raise RoleError(f"weight '{name}' has negative values (lowest {self.seen[name].low:g})")
        self._decide(
            f"Rows are weighted by '{name}': shares and rates are weighted, and their intervals and tests use Kish's "
            "effective number of rows, which is what is shown as rows; rules about strata, periods and joint groups "
            "are not weighted and do not run.",
            "weights",
            name,
        )
        return name

    def _strata(self, strata: tuple[str, ...], taken: Mapping[str | None, str]) -> tuple[str, ...]:
        joint = 1
        for name in strata:
            if name in taken:
                raise RoleError(f"column '{name}' cannot be both {taken[name]} and stratum")
            joint *= self.seen[name].distinct if not self._is_banded(name, "") else len(self._quartiles(name)) + 1
        if joint > MAX_STRATA:
            raise RoleError(f"{', '.join(strata)} make {joint:,} strata; at most {MAX_STRATA} can be compared within")
        return strata

    def _period(self, time: str) -> str:
        """Choose the unit that gives a readable number of periods, and say it."""
        seen = self.seen[time]
        if seen.dated:
            days = max(0.0, (seen.high or 0) - (seen.low or 0)) / 86400
            unit = next(unit for unit, least in PERIODS if days >= least)
        else:
            unit = "value" if seen.distinct <= MAX_PERIODS or not seen.numeric else "five"
        said = {"value": "value by value", "five": "five values at a time"}.get(unit, f"by {unit}")
        self._decide(f"Time '{time}' is taken {said}.", "time order", time, overrule="--time")
        return unit

    def _named_groups(self) -> dict[str, str]:
        """Return group column -> the cuts written behind it (`age:25,40`), '' for none."""
        groups: dict[str, str] = {}
        for written in self.use.groups.columns:
            name, cuts = parted(written, self.seen)
            name = self._known(name)
            seen = self.seen[name]
            if not seen.numeric:
                refuse_many_levels(name, seen.distinct, seen.rows)
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
            self._decide(f"Groups guessed from their names: {listed}.", "groups", *found)
        else:
            self._decide(
                "No group column was named and none could be guessed: nobody is compared with anybody.",
                "groups",
                overrule="--group",
            )
        return found

    def _is_banded(self, name: str, cuts: str) -> bool:
        seen = self.seen[name]
        if cuts and not seen.numeric:
            raise RoleError(f"group '{name}' is not a number ({seen.type}) and cannot be cut at {cuts}")
        return bool(cuts) or (seen.numeric and seen.distinct > MAX_NUMERIC_LEVELS)

    def _quartiles(self, name: str) -> list[float]:
        cuts = self.seen[name].cuts
        return sorted(set(cuts[len(cuts) // 4 :: max(1, len(cuts) // 4)][:3]))

    def _bands(self, name: str, cuts: str, what: str = "Group") -> Bands:
        seen = self.seen[name]
        if cuts:
            edges = list(edges_of(name, cuts))
        elif "age" in words_of(name):
            edges = list(AGE_BANDS)
        else:
            edges = self._quartiles(name)
        bands = Bands.at(edges, seen.whole and all(edge.is_integer() for edge in edges))
        if not cuts:
            otherwise = f"--group {name}:{','.join(f'{edge:.15g}' for edge in edges)}" if what == "Group" else None
            self._decide(
                f"{what} '{name}' is a number, cut into bands by default: {'; '.join(bands.labels)}.",
                "bands",
                name,
                overrule=otherwise,
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
        if seen.dated:
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
            text = f"{what} column guessed: {', '.join(repr(name) for name in names)}."
            self._decide(text, what.lower(), *names, overrule=f"--{FLAGS[what]}")

    def _decide(self, text: str, about: str, *columns: str, overrule: str | None = None, warning: bool = False) -> None:
        self.reading.append(Decision(text, about, columns, overrule, warning))


def _refuse_overlap(
    target: str | None,
    groups: Mapping[str, str],
    text: tuple[str, ...],
    time: str | None,
    key: str | None,
    weight: str | None,
) -> None:
    used: dict[str, str] = {}
    roles = {"target": [target], "group": groups, "text": text, "time": [time], "id": [key], "weight": [weight]}
    for role, names in roles.items():
        for name in names:
            if name and used.setdefault(name, role) != role:
                raise RoleError(f"column '{name}' cannot be both {used[name]} and {role}")
