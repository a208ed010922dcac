"""From the stated use and a peek at the data to roles: what was stated, else what was guessed, and said to be."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from auditor.errors import ColumnError, RoleError
from auditor.format import listed, roughly
from auditor.model import Decision
from auditor.use.clock import clock_of
from auditor.use.cuts import Taken, are_codes, default_edges, taken
from auditor.use.grouping import refuse_many_levels
from auditor.use.infer import NUMERIC_LEVELS, TEXT_WORDS, UNIQUE, Inferred, count_of, infer
from auditor.use.nameable import may_be_named, name_people, named, near
from auditor.use.names import words_of
from auditor.use.opaque import decisions, opaque, refuse_as_text, runs
from auditor.use.outcome import canonical, favourable, guessed, obvious
from auditor.use.roles import Clock, Cut, Ignored, Levelled, Roles, Seen, in_order
from auditor.use.stated import stated
from auditor.use.usecase import UseCase
from auditor.use.vocabulary import PLACES, UNFAVOURABLE

MAX_STRATA = 1_000
OWN_NAME = re.compile(r"\(.*\)", re.DOTALL)  # what engines call columns that they add to the data's


def assign(seen: Mapping[str, Seen], use: UseCase, where: str) -> Roles:
    """Decide what each column of `where` is, from the use and from what a peek saw."""
    if own := next(filter(OWN_NAME.fullmatch, seen), None):
        raise ColumnError(
            f"{where}: column '{own}' needs another name: audits call columns of their own by words in parentheses"
        )
    return _Assignment(dict(seen), use, where).roles()


def levelled(seen: Mapping[str, Seen], use: UseCase, where: str) -> Levelled:
    """Name the columns whose levels matter, before anything is decided of their values."""
    return _Assignment(dict(seen), use, where).levelled()


class _Assignment:
    """What was stated, with what is inferred of the other columns; `reading` gathers what nobody stated."""

    def __init__(self, seen: dict[str, Seen], use: UseCase, where: str) -> None:
        self.seen, self.use = seen, use
        self.said = stated(use, list(seen), where)
        self.reading: list[Decision] = []

    def levelled(self) -> Levelled:
        self.said.refuse_overlap()
        target = self._target()
        return Levelled(target, self._groups(self._inferred(target)), self.said.strata)

    def roles(self) -> Roles:
        said = self.said
        said.refuse_overlap()
        refuse_as_text(self.seen, said.text)
        self._refuse_empty()
        target = self._target()
        weight = self._weight()
        inferred = self._inferred(target)
        groups = self._groups(inferred)
        self._say_groups(inferred)
        self._say_counts()
        cut = self._cut(target) if target else None
        positive, was_guessed = self._positive(target) if target and not cut else ((), False)
        sorting = self._sorting(groups)
        text = said.text or self._guessed("text", inferred.text)
        time = said.time or self._time(inferred)
        key = said.id or next(iter(self._guessed("id", (inferred.id,) if inferred.id else ())), None)
        rest = [name for name in self.seen if name not in {target, time, key, weight, *text, *groups}]
        unread = opaque(self.seen, rest, TEXT_WORDS)
        ignored = self._ignored(inferred, [name for name in rest if name not in unread])
        features = tuple(name for name in rest if name not in ignored and name not in unread)
        self.reading += [*decisions(unread, self.seen), *runs(self.seen, features)]
        period = self._period(time)
        return Roles(
            target=target,
            positive=positive,
            groups=tuple(groups),
            bands={name: of.bands for name, of in sorting.items() if of.bands},
            text=text,
            time=time,
            id=key,
            features=features,
            ignored=ignored,
            reading=in_order(self.reading),
            positive_guessed=was_guessed,
            cut=cut,
            strata=self._strata(sorting),
            period=period,
            weight=weight,
            codes=self._codes(sorting, [*features, *([target] if target and not cut else [])]),
            opaque=unread,
        )

    def _inferred(self, target: str | None) -> Inferred:
        said = self.said
        known = {*said.columns, *([target] if target else [])}
        return infer(self.seen, known, id_stated=said.id is not None or "id" in said.nobody)

    def _groups(self, inferred: Inferred) -> Mapping[str, str]:
        """Return group column -> where it is to be cut: those that were stated, else those that look like groups."""
        said = self.said
        return said.groups if said.groups or "group" in said.nobody else dict.fromkeys(inferred.groups, "")

    def _target(self) -> str | None:
        if self.said.target:
            return self.said.target
        if "target" in self.said.nobody:
            self._decide("There is no outcome, as stated: outcomes are not judged.", "target")
            return None
        if name := guessed(self.seen, self.said.columns):
            self._decide(f"Target guessed from its name: '{name}'.", "target", name, overrule="--target", warning=True)
            return name
        self._decide(
            "No target was named and none could be guessed: outcomes are not judged.", "target", overrule="--target"
        )
        return None

    def _positive(self, target: str) -> tuple[tuple[str, ...], bool]:
        """Return the favourable values as the engine will spell them, and whether they were guessed."""
        seen, levels = self.seen[target], list(self.seen[target].levels)
        values = named(levels, distinct=seen.distinct)
        if seen.complete and seen.distinct == 1:
            raise RoleError(f"target '{target}' is constant: every row with a value has the same one ({values})")
        if self.use.label.positive:
            wanted = tuple(canonical(value, seen.type) for value in self.use.label.positive)
            for value in wanted:
                if value not in seen.levels and seen.all_levels:
                    several = [part.strip() for part in value.split(",")]
                    both = len(several) > 1 and set(several) <= set(levels)
                    nearest = "; repeat --positive, once for each value" if both else near(value, levels, seen.distinct)
                    raise RoleError(
                        f"favourable value '{value}' does not occur in '{target}'{nearest} (values: {values})"
                    )
            if seen.all_levels and set(levels) <= set(wanted):
                raise RoleError(
                    f"every value of '{target}' was named favourable ({values}): nothing is left to compare"
                )
            return wanted, False
        if (guess := obvious(seen.levels)) is None:
            likely = favourable(target, levels)[0] if seen.all_levels else None
            perhaps = f"; perhaps --positive {shlex.quote(likely)}" if likely and may_be_named(levels) else ""
            raise RoleError(
                f"which value of '{target}' is favourable? name it with --positive (values: {values}; "
                f"{seen.distinct:,} in all){perhaps}"
            )
        if words := words_of(target) & UNFAVOURABLE:
            raise RoleError(
                f"'{target}' reads like an unfavourable outcome ('{min(words)}'); name the favourable value with "
                f"--positive (values: {values})"
            )
        self._decide(
            f"Favourable value taken as '{guess}' of '{target}'.",
            "favourable outcome",
            target,
            overrule="--positive",
        )
        return (guess,), True

    def _cut(self, target: str) -> Cut | None:
        """Return where a numeric outcome is cut: as stated, else above the median where it has many values."""
        seen, positive = self.seen[target], self.use.label.positive
        if len(positive) == 1 and (cut := Cut.read(positive[0])):
            if seen.numeric:
                return cut
            if positive[0] not in seen.levels:  # else it is a value that is spelt like a comparison
                values = named(seen.levels, distinct=seen.distinct)
                raise RoleError(
                    f"target '{target}' is not a number ({seen.type}) and cannot be cut at '{positive[0]}'"
                    f"{near(positive[0], seen.levels, seen.distinct)} (values: {values})"
                )
        many = seen.numeric and seen.distinct > NUMERIC_LEVELS and target not in self.said.codes
        return Cut(">", None, median=True) if many and not positive and are_codes(target, seen) is not True else None

    def _weight(self) -> str | None:
        name = self.said.weight
        if name is None:
            return None
        if not self.seen[name].numeric:
            raise RoleError(f"weight '{name}' is not a number ({self.seen[name].type})")
        if (self.seen[name].low or 0) < 0:
            raise RoleError(f"weight '{name}' has negative values (lowest {roughly(self.seen[name].low or 0)})")
        self._decide(
            f"Rows are weighted by '{name}': shares and rates are weighted, and their intervals and tests use Kish's "
            "effective number of rows, which is what is shown as rows; rules about strata, periods and joint groups "
            "are not weighted and do not run.",
            "weights",
            name,
        )
        return name

    def _refuse_empty(self) -> None:
        """Refuse a column of which a role is stated and that has no value."""
        for role, names in {**self.said.roles, "stratum": self.said.strata}.items():
            for name in names:
                seen = self.seen[name]
                if seen.complete and seen.known == 0:
                    raise RoleError(f"{role} '{name}' has no value in any of {seen.rows:,} rows")
                if role in ("group", "stratum", "target") and not seen.numeric and name_people(seen.levels):
                    raise RoleError(
                        f"{role} '{name}' holds addresses or official numbers of people, which no report may name; "
                        "take another column"
                    )

    def _say_groups(self, inferred: Inferred) -> None:
        """Say which group columns were guessed, or, where some are stated, which others look like one."""
        found = [name for name in inferred.groups if name not in self.use.features.forbidden]
        flags = " ".join(f"--group {shlex.quote(name)}" for name in found)
        if "group" in self.said.nobody:
            self._decide("There is no group column, as stated: nobody is compared with anybody.", "groups")
        elif self.said.groups:
            if found:
                look = "looks like a group column and was" if len(found) == 1 else "look like group columns and were"
                text = f"{listed(found)} {look} not named."
                self._decide(text, "groups not named", *found, overrule=flags, warning=True)
            return
        elif inferred.groups:
            by = {name: of.evidence for name, of in inferred.groups.items() if not of.by_name}
            values = f" ({'; '.join(f'{name} {why}' for name, why in by.items())})" if by else ""
            text = f"Groups guessed from their names: {listed([*inferred.groups])}{values}."
            self._decide(text, "groups", *inferred.groups, overrule="--group")
        else:
            self._decide(
                "No group column was named and none could be guessed: nobody is compared with anybody.",
                "groups",
                overrule="--group",
            )
        if possible := [*inferred.possible]:
            text = f"Not compared, though they may say who people are: {listed(possible)}."
            self._decide(text, "possible groups", *possible, overrule=f"--group {shlex.quote(possible[0])}")

    def _say_counts(self) -> None:
        """Say which columns may count people; where one surely does, rows were unfolded before."""
        if self.use.data.count is not None:
            return
        for name, _ in count_of(self.seen, {*self.said.columns, *self.said.required}):
            if self.seen[name].apart:
                text = f"Each row counts as one person, though '{name}' may say of how many it is."
                self._decide(text, "counts", name, overrule=f"--count {shlex.quote(name)}", warning=True)

    def _sorting(self, groups: Mapping[str, str]) -> dict[str, Taken]:
        """Return how groups and strata are taken: by levels, as codes, or in bands; and say what nobody stated."""
        found = {}
        for name, cuts in groups.items():
            found[name] = taken(name, self.seen[name], cuts, codes=name in self.said.codes)
        for name in self.said.strata:
            found[name] = taken(name, self.seen[name], codes=name in self.said.codes, what="stratum")
        for name, of in found.items():
            seen = self.seen[name]
            if name in groups and not of.bands:
                place = bool(words_of(name) & PLACES)
                refuse_many_levels(name, seen.distinct, seen.rows, codes=of.codes, place=place)
        self._say_bands({name: of for name, of in found.items() if of.bands and of.guessed}, groups)
        self._say_codes([name for name, of in found.items() if of.codes and of.guessed and of.sure], groups)
        self._say_codes([name for name, of in found.items() if of.codes and not of.sure], groups, warning=True)
        return found

    def _say_bands(self, banded: Mapping[str, Taken], groups: Mapping[str, str]) -> None:
        cut = "; ".join(f"'{name}' ({', '.join(of.bands.labels)})" for name, of in banded.items() if of.bands)
        flags = [
            f"--group {shlex.quote(name)}:{','.join(f'{edge:.15g}' for edge in of.bands.edges)}"
            for name, of in banded.items()
            if of.bands and name in groups
        ]
        if banded:
            own = "[groups] codes" if not flags else " ".join(flags)
            self._decide(f"Cut into bands by default: {cut}.", "bands", *banded, overrule=own)

    def _say_codes(self, names: Sequence[str], groups: Mapping[str, str], *, warning: bool = False) -> None:
        if not names:
            return
        found = ", ".join(f"'{name}' ({self.seen[name].distinct:,} values)" for name in names)
        flags = [
            f"--group {shlex.quote(name)}:{','.join(f'{edge:.6g}' for edge in default_edges(name, self.seen[name]))}"
            for name in names
            if name in groups
        ]
        text = f"Whole numbers taken for codes, each a group of its own: {found}."
        self._decide(text, "codes", *names, overrule=" ".join(flags) or None, warning=warning)

    def _codes(self, sorting: Mapping[str, Taken], rest: Sequence[str]) -> tuple[str, ...]:
        """Return the columns whose whole numbers are counted as codes: stated, guessed as groups, or called so."""
        found = [name for name, of in sorting.items() if of.codes]
        for name in rest:
            seen = self.seen[name]
            called = are_codes(name, seen) is True and seen.distinct <= UNIQUE * seen.known
            if seen.whole and seen.distinct > NUMERIC_LEVELS and (called or name in self.said.codes):
                found.append(name)
        return tuple(dict.fromkeys(found))

    def _strata(self, sorting: Mapping[str, Taken]) -> tuple[str, ...]:
        joint = 1
        for name in self.said.strata:
            bands = sorting[name].bands
            joint *= len(bands.labels) if bands else self.seen[name].distinct
        if joint > MAX_STRATA:
            raise RoleError(
                f"{', '.join(self.said.strata)} make {joint:,} strata; at most {MAX_STRATA} can be compared within"
            )
        return self.said.strata

    def _ignored(self, inferred: Inferred, rest: Sequence[str]) -> dict[str, Ignored]:
        """Return the columns that are no features, each with the reason; those that the task requires are."""
        found = dict(inferred.ignored)
        for name in inferred.text:
            if self.seen[name].distinct > UNIQUE * self.seen[name].known:
                found[name] = Ignored.TEXT
        ignored = {
            name: found[name]
            for name in rest
            if name in found and (name not in self.said.required or found[name] is Ignored.EMPTY)
        }
        if ignored:
            by_reason: dict[Ignored, list[str]] = {}
            for name, why in ignored.items():
                by_reason.setdefault(why, []).append(name)
            reasons = "; ".join(f"{listed(names)} ({why})" for why, names in by_reason.items())
            self._decide(
                f"Not used as features: {reasons}.", "columns left out", *ignored, overrule="[features] required"
            )
        return ignored

    def _time(self, inferred: Inferred) -> str | None:
        if inferred.time or "time" in self.said.nobody:
            return next(iter(self._guessed("time", (inferred.time,) if inferred.time else ())), None)
        if inferred.times:
            text = f"No time was taken, for several columns could be it: {listed(inferred.times)}."
            self._decide(text, "time", *inferred.times, overrule="--time")
        return None

    def _guessed(self, flag: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return what was guessed of a role, and say it; nothing where no column is to have it."""
        if not names or flag in self.said.nobody:
            return ()
        what = {"id": "identifier"}.get(flag, flag)
        self._decide(f"{what.capitalize()} column guessed: {listed(names)}.", what, *names, overrule=f"--{flag}")
        return tuple(names)

    def _period(self, time: str | None) -> Clock | None:
        """Choose how time is counted; its order is found, and said, when all its values are."""
        stated = self.use.features.time_order
        if stated and not time:
            raise RoleError("[features] time_order is given, but no column of time (--time)")
        return clock_of(time, self.seen[time], stated) if time else None

    def _decide(self, text: str, about: str, *columns: str, overrule: str | None = None, warning: bool = False) -> None:
        self.reading.append(Decision(text, about, columns, overrule, warning))
