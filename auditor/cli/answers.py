"""Answers to the questions of a use case: what was typed, read into the draft; AuditError in one line if wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.audit.draft import Draft, written
from auditor.errors import AuditError, UseCaseError
from auditor.use.assign import assign
from auditor.use.cuts import taken
from auditor.use.grouping import parted
from auditor.use.levels.spelling import same_spelling
from auditor.use.nameable import name_people, named
from auditor.use.outcome import canonical
from auditor.use.population import Population, read_population, shipped
from auditor.use.roles import NONE, Cut
from auditor.use.says import Says
from auditor.use.toml import explain
from auditor.use.usecase import UseCase

OWN_SHARES = "shares"
ANSWERED = "as answered"
SAYS = Says(shipped="{title} ({source})", file="From {file}")


def outcome(text: str, found: Draft) -> None:
    """Read the outcome column; the favourable values guessed for another column are dropped."""
    name = _column_or_none(text, found)
    if name in found.seen:
        seen = found.seen[name]
        if seen.distinct < 2 and seen.complete:
            raise AuditError(f"'{name}' has the same value in every row; name a column with two values or more")
        if not seen.numeric and name_people(seen.levels):
            raise AuditError(f"'{name}' holds addresses or official numbers of people; name another column")
    if name != found.target:
        found.set_outcome(name)
    found.groups.pop(name, None)
    found.why_target = ANSWERED


def favourable(text: str, found: Draft) -> None:
    """Read the favourable values; each must occur, where all values are known, or be a comparison of a number."""
    seen = found.seen[found.target or ""]
    values = tuple(canonical(value.strip(), seen.type) for value in text.split(";") if value.strip())
    listed = named(seen.levels, distinct=seen.distinct) if seen.levels else ""
    if not values:
        raise AuditError(f"name the favourable value (values: {listed})")
    if not (seen.numeric and len(values) == 1 and Cut.read(values[0])):
        unknown = [value for value in values if value not in seen.levels]
        if unknown and (seen.all_levels or not seen.levels):
            raise AuditError(
                f"'{unknown[0]}' does not occur in '{found.target}' (values: {listed or 'numbers; write >= 5'})"
            )
        if seen.all_levels and set(values) >= set(seen.levels):
            raise AuditError("every value is favourable then, so there is nothing left to compare")
    found.positive = values
    _refuse_unfit(found)


def groups(text: str, found: Draft) -> None:
    """Read the group columns as they are written; numbers after a comma belong to the cuts before it."""
    parts: list[str] = []
    for part in (each.strip() for each in text.split(",")):
        if parts and ":" in parts[-1] and re.fullmatch(r"[-+]?[\d.]+", part):
            parts[-1] += f",{part}"
        elif part and (part.lower() != NONE or NONE in found.seen):
            parts.append(part)
    names = []
    for each in parts:
        name, cuts = parted(each, found.seen)
        name = found.column(name)
        if name == found.target:
            raise AuditError(f"'{name}' is the outcome, and cannot be a group too")
        taken(name, found.seen[name], cuts)
        names.append(f"{name}:{cuts}" if cuts else name)
    found.groups = {name: found.groups.get(name, ANSWERED) for name in names}
    found.no_groups = not names
    _refuse_unfit(found)


def population(text: str, found: Draft) -> None:
    """Read where the population's shares are from: a shipped population, a file, `shares` (asked for next), or none."""
    found.population, found.survey, found.population_source = {}, {}, None
    answer = text.strip()
    if answer.lower() in ("", NONE, OWN_SHARES):
        return
    bare = {parted(name, found.seen)[0]: name for name in found.groups}
    of = shipped(answer.lower())
    if of:
        stated: Mapping[str, Any] = of.fitted({name: found.levels(name) for name in bare})[0]
        found.population_source = SAYS("shipped", title=of.title, source=of.source)
    else:
        stated = read_population(answer)
        found.population_source = SAYS("file", file=answer)
    shares = {key: value for key, value in stated.items() if key != "survey"}
    by_case = {name.lower(): name for name in bare}
    found.population = {by_case[key.lower()]: value for key, value in shares.items() if key.lower() in by_case}
    if not found.population:
        raise UseCaseError(
            f"'{answer}' states shares of {', '.join(shares)}, which are no groups here (groups: {', '.join(bare)})"
        )
    surveyed = stated.get("survey", {})
    found.survey = {by_case[key.lower()]: n for key, n in surveyed.items() if key.lower() in by_case}
    _refuse_unlike(found)


def shares(text: str, group: str, found: Draft) -> None:
    """Read the shares of a group's levels; nothing typed means that they are not known."""
    stated = {}
    for each in filter(str.strip, text.split(";" if ";" in text else ",") if text.strip().lower() != NONE else []):
        level, sign, share = each.rpartition("=")
        try:
            number = float(share.strip().removesuffix("%")) / (100 if share.strip().endswith("%") else 1)
        except ValueError:
            sign = ""
        if not sign:
            raise AuditError(f"write level=share, separated by commas; got '{each.strip()}'")
        own = next((known for known in found.levels(group) if same_spelling(known, level)), level.strip())
        stated[own] = number
    try:
        Population.model_validate({group: stated} if stated else {})
    except ValidationError as error:
        raise AuditError(explain(error, "", Population).lstrip(": ")) from None
    found.population.pop(group, None)
    if stated:
        found.population[group] = stated
        _refuse_unlike(found)


def period(text: str, found: Draft) -> None:
    """Read the years that the use is about: one, or the first and the last."""
    if text.strip().lower() in ("", NONE):
        found.period = None
        return
    years = re.fullmatch(r"\s*(\d{4})\s*(?:\D+\s*(\d{4}))?\s*", text)
    if not years:
        raise AuditError(f"write a year, or two: 2021-2026; got '{text.strip()}'")
    first, last = int(years[1]), int(years[2] or years[1])
    if first > last:
        raise AuditError(f"the years run backwards: {first} to {last}")
    found.period = first, last


def person(text: str, found: Draft) -> None:
    """Read the column that identifies people."""
    name = _column_or_none(text, found)
    if name == found.target and name != NONE:
        raise AuditError(f"'{name}' is the outcome, and cannot identify people too")
    found.id = name
    _refuse_unfit(found)


def words(key: str, text: str, found: Draft) -> None:
    """Read an answer in words; `none` leaves the question open."""
    found.answers[key] = "" if text.strip().lower() == NONE else text.strip()


def one_of(text: str, choices: Iterable[str]) -> str:
    """Return the choice that was typed, whole or by its first letters."""
    choices = list(choices)
    typed = text.strip().lower().replace(" ", "_")
    fitting = [each for each in choices if each == typed] or [each for each in choices if each.startswith(typed)]
    if len(fitting) != 1 or not typed:
        raise AuditError(f"'{text.strip()}' is not one of {', '.join(choices)}")
    return fitting[0]


def _column_or_none(text: str, found: Draft) -> str:
    name = text.strip() or NONE
    return NONE if name.lower() == NONE and NONE not in found.seen else found.column(name)


def _refuse_unfit(found: Draft) -> None:
    """Refuse roles that `check` would refuse."""
    use = UseCase.model_validate(tomllib.loads(written(found, Path())))
    assign(found.seen, use, found.where)


def _refuse_unlike(found: Draft) -> None:
    """Refuse shares of a group that name no level of it."""
    for group, stated in found.population.items():
        known = found.levels(group)
        if known and not any(same_spelling(level, own) for level in stated for own in known):
            raise UseCaseError(f"no level of '{group}' is called {', '.join(stated)} (levels: {', '.join(known)})")
