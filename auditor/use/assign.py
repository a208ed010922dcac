"""From the stated use and a peek at the data to roles: stated ones, else guessed ones, reported as guessed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence

from auditor.errors import ColumnError, RoleError
from auditor.format import roughly
from auditor.model import Decision
from auditor.use import decided
from auditor.use.clock import clock_of
from auditor.use.cuts import Taken, are_codes, numbers_as_text, taken
from auditor.use.grouping import parted, refuse_many_levels
from auditor.use.infer import NUMERIC_LEVELS, TEXT_WORDS, UNIQUE, Inferred, infer
from auditor.use.levels.spelling import same_spelling
from auditor.use.nameable import as_in, may_be_named, name_people, named, near
from auditor.use.names import words_of
from auditor.use.opaque import decisions, opaque, refuse_as_text
from auditor.use.outcome import canonical, favourable, guessed, names_outcome, obvious, unfavourable
from auditor.use.roles import Clock, Cut, Ignored, Levelled, Opaque, PayColumns, Roles, Seen, Survey, in_order
from auditor.use.scoring import scoring
from auditor.use.stage_values import stages_of
from auditor.use.stands_for import count_of, weight_of
from auditor.use.stated import stated
from auditor.use.usecase import UseCase
from auditor.use.vectors import apart, is_vector
from auditor.use.vectors import guessed as vectors_guessed
from auditor.use.vocabulary import PLACES

MAX_STRATA = 1_000
MAX_LISTS = 20_000
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
    """What was stated, with what is inferred of the other columns; `reading` gathers what was guessed."""

    def __init__(self, seen: dict[str, Seen], use: UseCase, where: str) -> None:
        self.seen, self.use = seen, use
        self.stated = stated(use, list(seen), where)
        last, values = self.stated.steps.last
        if last and values and self.stated.target == last and not use.label.positive:
            there = [level for level in seen[last].levels if same_spelling(level, values[0])]
            self.use = use.over("label", positive=tuple(there) or values)
        self.reading: list[Decision] = []

    def levelled(self) -> Levelled:
        self.stated.refuse_overlap()
        target = self._target()
        groups = self._groups(self._inferred(target))
        return Levelled(
            target, groups, tuple(dict.fromkeys((*self.stated.strata, *self._compared_within(target, groups))))
        )

    def _compared_within(self, target: str | None, groups: Collection[str]) -> Iterator[str]:
        """Yield the texts by whose levels people are compared as in strata: the category of workers, and controls."""
        by_case = {name.lower(): name for name in self.seen}
        controls = (parted(written, [*self.seen])[0] for written in self.use.features.controls)
        for written in (self.stated.pay.category, *controls):
            name = by_case.get((written or "").lower())
            if name and self.seen[name].type == "VARCHAR" and name not in (target, *groups, *self.stated.text):
                yield name

    def roles(self) -> Roles:
        said = self.stated
        said.refuse_overlap()
        refuse_as_text(self.seen, said.text)
        self._refuse_empty()
        target = self._target()
        weight, cluster = self._weight(), self._cluster()
        inferred = self._inferred(target)
        groups = self._groups(inferred)
        self.reading += decided.of_groups(
            inferred,
            said.groups,
            self.use.features.forbidden,
            none="group" in said.no_column,
            probable=bool(said.probabilities),
        )
        self._note_counts()
        cut = self._cut(target) if target else None
        positive, was_guessed = self._positive(target) if target and not cut else ((), False)
        sorting = self._sorting(groups)
        text = said.text or self._guessed("text", inferred.text)
        time = said.time or self._time(inferred)
        stages = stages_of(said.steps, self.seen, target, positive, self.reading)
        key = said.id or next(iter(self._guessed("id", (inferred.id,) if inferred.id else ())), None)
        taken = {target, said.score, said.prediction, time, key, cluster, weight}
        taken |= {*text, *groups, *said.survey.columns, *said.pay.columns}
        taken |= {*said.steps.read, said.list_column, self._rank()}
        probabilities = self._probabilities()
        taken |= {name for of in probabilities.values() for name in of.values()}
        rest = [name for name in self.seen if name not in taken]
        vectors = self._vectors(rest)
        if vectors and not said.vectors:
            self.reading.append(vectors_guessed(vectors, self.seen))
        unread = opaque(self.seen, rest, TEXT_WORDS) | dict.fromkeys(vectors, Opaque.VECTOR)
        unread = {name: unread[name] for name in rest if name in unread}
        ignored = self._ignored(inferred, [name for name in rest if name not in unread])
        features = tuple(name for name in rest if name not in ignored and name not in unread)
        alone = {name: kind for name, kind in unread.items() if name not in vectors}
        self.reading += [*decisions(alone, self.seen), *apart(self.seen, features)]
        period = self._period(time)
        scored, how = scoring(said.score, said.prediction, self.seen, self.use.label, positive)
        self.reading += how
        return Roles(
            target=target,
            positive=positive,
            groups=tuple(groups),
            bands={name: of.bands for name, of in sorting.items() if of.bands},
            text=text,
            time=time,
            id=key,
            cluster=cluster,
            survey=self._survey(weight),
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
            vectors=vectors,
            stages=stages,
            list_column=self._list(),
            rank=said.rank,
            scoring=scored,
            pay=self._pay(groups, key),
            probabilities=probabilities,
        )

    def _inferred(self, target: str | None) -> Inferred:
        said = self.stated
        known = {*said.columns, *([target] if target else []), *self._vectors([*self.seen])}
        return infer(self.seen, known, id_stated=said.id is not None or "id" in said.no_column)

    def _groups(self, inferred: Inferred) -> Mapping[str, str]:
        """Return group column -> where it is to be cut: those that were stated, else those that look like groups."""
        said = self.stated
        return said.groups if said.groups or "group" in said.no_column else dict.fromkeys(inferred.groups, "")

    def _target(self) -> str | None:
        if self.stated.target:
            return self.stated.target
        none = "target" in self.stated.no_column
        name = None if none else guessed(self.seen, self.stated.columns)
        self.reading.append(decided.of_target(name, stated=none))
        return name

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
        lost = {value.lower() for value in self.stated.steps.withdrawn} if target in self.stated.steps.read else set()
        if (guess := obvious([level for level in levels if level.lower() not in lost])) is None:
            likely = favourable(target, levels)[0] if seen.all_levels else None
            perhaps = f"; perhaps --positive {shlex.quote(likely)}" if likely and may_be_named(levels) else ""
            raise RoleError(
                f"which value of '{target}' is favourable? name it with --positive (values: {values}; "
                f"{seen.distinct:,} in all){perhaps}"
            )
        if word := unfavourable(target):
            raise RoleError(
                f"'{target}' reads like an unfavourable outcome ('{word}'); name the favourable value with "
                f"--positive (values: {values})"
            )
        self.reading.append(decided.of_favourable(guess, target, doubtful=not names_outcome(target)))
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
        many = seen.numeric and seen.distinct > NUMERIC_LEVELS and target not in self.stated.codes
        return Cut(">", None, median=True) if many and not positive and are_codes(target, seen) is not True else None

    def _weight(self) -> str | None:
        name = self.stated.weight
        if name is None:
            return None
        if not self.seen[name].numeric:
            raise RoleError(f"weight '{name}' is not a number ({self.seen[name].type})")
        if (self.seen[name].low or 0) < 0:
            raise RoleError(f"weight '{name}' has negative values (lowest {roughly(self.seen[name].low or 0)})")
        self.reading.append(decided.of_weight(name))
        return name

    def _survey(self, weight: str | None) -> Survey:
        survey = self.stated.survey
        if survey.replicates and weight is None:
            raise RoleError("replicate weights are replicates of a weight: name it with --weight")
        for name in survey.replicates:
            if not self.seen[name].numeric:
                raise RoleError(f"replicate weight '{name}' is not a number ({self.seen[name].type})")
        if survey.columns:
            self.reading.append(decided.of_survey(survey))
        return survey

    def _pay(self, groups: Collection[str], key: str | None) -> PayColumns:
        pay = self.stated.pay
        for name in pay.columns:
            if not self.seen[name].numeric:
                raise RoleError(f"pay '{name}' is not a number ({self.seen[name].type}){as_in(self.seen[name].levels)}")
        for what, names in (("group", groups), ("id", {key})):
            if pay.category and pay.category in names:
                raise RoleError(f"column '{pay.category}' cannot be both {what} and category of workers")
        if pay.category and self.seen[pay.category].distinct > MAX_STRATA:
            found = self.seen[pay.category].distinct
            raise RoleError(f"category '{pay.category}' has {found:,} values; at most {MAX_STRATA:,} can be compared")
        return pay

    def _probabilities(self) -> Mapping[str, Mapping[str, str]]:
        found = self.stated.probabilities
        for group, of in found.items():
            if group in self.seen:
                raise RoleError(f"group '{group}' of [groups] probabilities is a column of the data; name it otherwise")
            if len(of) < 2 or len(set(of.values())) < len(of):
                raise RoleError(f"[groups] probabilities of '{group}' need a column of its own for two levels or more")
            for name in of.values():
                if not self.seen[name].numeric:
                    raise RoleError(
                        f"probability '{name}' is not a number ({self.seen[name].type}){as_in(self.seen[name].levels)}"
                    )
        return found

    def _vectors(self, rest: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of vectors, in the order of the data: those stated, else those that surely hold some."""
        said = self.stated
        if said.vectors or "vector" in said.no_column:
            return tuple(name for name in rest if name in said.vectors)
        return tuple(name for name in rest if name not in said.columns and is_vector(self.seen[name]))

    def _cluster(self) -> str | None:
        name = self.stated.cluster
        if name and self.seen[name].complete and self.seen[name].distinct == 1:
            raise RoleError(f"cluster '{name}' has the same value in all rows; name a column that differs between rows")
        return name

    def _list(self) -> str | None:
        """Return the column of lists."""
        name = self.stated.list_column
        if name is None:
            return None
        if self.seen[name].complete and self.seen[name].distinct == 1:
            raise RoleError(f"list '{name}' has the same value in all rows; name a column that differs between rows")
        if (lists := self.seen[name].distinct) > MAX_LISTS:
            raise RoleError(f"'{name}' has about {lists:,} lists; at most {MAX_LISTS:,} can be compared within")
        self.reading.append(decided.of_list(name))
        return name

    def _rank(self) -> str | None:
        """Return the column of places in a list."""
        name = self.stated.rank
        if name and not self.seen[name].numeric:
            raise RoleError(f"rank '{name}' is not a number ({self.seen[name].type})")
        if name and (self.seen[name].low or 0) < 0:
            raise RoleError(f"rank '{name}' has negative places (lowest {roughly(self.seen[name].low or 0)})")
        if name and self.seen[name].low == 0:
            raise RoleError(
                f"rank '{name}' has a place 0, and places count from 1; add 1 to all, or leave it blank where it means "
                "that there is no place"
            )
        return name

    def _refuse_empty(self) -> None:
        """Refuse a column that has a stated role and no value."""
        for role, names in {**self.stated.roles, "stratum": self.stated.strata}.items():
            for name in names:
                seen = self.seen[name]
                if seen.complete and seen.known == 0:
                    raise RoleError(f"{role} '{name}' has no value in any of {seen.rows:,} rows")
                if role in ("group", "stratum", "target") and not seen.numeric and name_people(seen.levels):
                    raise RoleError(
                        f"{role} '{name}' holds addresses or official numbers of people, which no report may name; "
                        "take another column"
                    )

    def _note_counts(self) -> None:
        """Report which columns may count or weight people; where one surely counts, rows were unfolded before."""
        stated = {*self.stated.columns, *self.stated.required}
        if self.stated.weight is None and self.use.data.count is None and (name := weight_of(self.seen, stated)):
            self.reading.append(decided.of_unweighted(name))
        if self.use.data.count is not None:
            return
        for name, _ in count_of(self.seen, stated):
            if self.seen[name].apart:
                self.reading.append(decided.of_count(name))

    def _sorting(self, groups: Mapping[str, str]) -> dict[str, Taken]:
        """Return how groups and strata are taken: by levels, as codes, or in bands; and report what was guessed."""
        found = {}
        for name, cuts in groups.items():
            found[name] = taken(name, self.seen[name], cuts, codes=name in self.stated.codes)
        for name in self.stated.strata:
            found[name] = taken(name, self.seen[name], codes=name in self.stated.codes, what="stratum")
        for name, of in found.items():
            seen = self.seen[name]
            if name in groups and not of.bands:
                place = bool(words_of(name) & PLACES)
                refuse_many_levels(name, seen.distinct, seen.rows, codes=of.codes, place=place)
        if texts := [name for name in groups if numbers_as_text(name, self.seen[name])]:
            self.reading.append(decided.of_numbers_as_text(texts))
        bands = {name: of for name, of in found.items() if of.bands and of.guessed}
        sure = [name for name, of in found.items() if of.codes and of.guessed and of.sure]
        unsure = [name for name, of in found.items() if of.codes and not of.sure]
        self.reading += decided.of_bands(bands, groups)
        self.reading += decided.of_codes(sure, self.seen, groups)
        self.reading += decided.of_codes(unsure, self.seen, groups, warning=True)
        return found

    def _codes(self, sorting: Mapping[str, Taken], rest: Sequence[str]) -> tuple[str, ...]:
        """Return the columns whose whole numbers are counted as codes: stated, guessed as groups, or called so."""
        found = [name for name, of in sorting.items() if of.codes]
        for name in rest:
            seen = self.seen[name]
            called = are_codes(name, seen) is True and seen.distinct <= UNIQUE * seen.known
            if seen.whole and seen.distinct > NUMERIC_LEVELS and (called or name in self.stated.codes):
                found.append(name)
        return tuple(dict.fromkeys(found))

    def _strata(self, sorting: Mapping[str, Taken]) -> tuple[str, ...]:
        joint = 1
        for name in self.stated.strata:
            bands = sorting[name].bands
            joint *= len(bands.labels) if bands else self.seen[name].distinct
        if joint > MAX_STRATA:
            raise RoleError(
                f"{', '.join(self.stated.strata)} make {joint:,} strata; at most {MAX_STRATA} can be compared within"
            )
        return self.stated.strata

    def _ignored(self, inferred: Inferred, rest: Sequence[str]) -> dict[str, Ignored]:
        """Return the columns that are no features, each with the reason; those that the task requires are."""
        found = dict(inferred.ignored)
        for name in inferred.text:
            if self.seen[name].distinct > UNIQUE * self.seen[name].known:
                found[name] = Ignored.TEXT
        ignored = {
            name: found[name]
            for name in rest
            if name in found and (name not in self.stated.required or found[name] is Ignored.EMPTY)
        }
        self.reading += decided.of_ignored(ignored)
        return ignored

    def _time(self, inferred: Inferred) -> str | None:
        if inferred.time or "time" in self.stated.no_column:
            return next(iter(self._guessed("time", (inferred.time,) if inferred.time else ())), None)
        if inferred.times:
            self.reading.append(decided.of_times(inferred.times))
        return None

    def _guessed(self, flag: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return the columns guessed for a role, and report them; nothing where no column is to have it."""
        if not names or flag in self.stated.no_column:
            return ()
        self.reading.append(decided.of_role(flag, names))
        return tuple(names)

    def _period(self, time: str | None) -> Clock | None:
        """Choose how time is counted; its order is found, and reported, once all its values are known."""
        stated = self.use.features.time_order
        if stated and not time:
            raise RoleError("[features] time_order is given, but no column of time (--time)")
        return clock_of(time, self.seen[time], stated) if time else None
