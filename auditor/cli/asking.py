"""The questions of a use case, asked one by one; an answer that cannot be right is refused, and asked for again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import click
from pydantic import ValidationError

from auditor.audit.draft import LISTS, QUESTIONS, Draft
from auditor.errors import AuditError, ColumnError
from auditor.use.cuts import taken
from auditor.use.grouping import parted
from auditor.use.levels.spelling import same_spelling
from auditor.use.nameable import named
from auditor.use.outcome import canonical
from auditor.use.population import Population
from auditor.use.roles import NONE, Cut
from auditor.use.says import Says
from auditor.use.toml import explain

KINDS = ("past_decision", "measured_outcome", "human_rating")
MOST_SHARES = 12  # levels of a group whose population shares are asked for
NOT_KNOWN = "not_known"
SAYS = Says(shares="Shares of '{group}' in the population ({example:each}; empty: not known)")

Answer = TypeVar("Answer")


def ask(found: Draft) -> None:
    """Ask for the roles that were guessed, and for what no data can say; the draft holds the answers."""
    where = found.path or "the query"

    def column(text: str) -> str:
        name = text.strip() or NONE
        return NONE if name.lower() == NONE and NONE not in found.seen else _known(name, found, where)

    found.target, old = _prompt("Outcome column (or none)", found.target or NONE, column), found.target
    if found.target in found.seen:
        guess = "; ".join(found.positive) if found.target == old else ""
        found.positive = _prompt("Its favourable value (several by semicolons)", guess, lambda t: _values(t, found))
        found.why_target = "as answered"
        kind = click.prompt("What the label is", type=click.Choice([*KINDS, NOT_KNOWN]), default=NOT_KNOWN)
        found.kind = None if kind == NOT_KNOWN else kind
        found.stands_for = click.prompt("What the label stands for", default="", show_default=False) or None
    groups = _prompt("Group columns, by commas (age:25,40 cuts)", ", ".join(found.groups), lambda t: _groups(t, found))
    found.groups = {name: found.groups.get(name, "as answered") for name in groups}
    for name in found.groups:
        bare = parted(name, found.seen)[0]
        levels = found.levels(bare)
        if 1 < len(levels) <= MOST_SHARES and bare == name:
            asked = SAYS("shares", group=bare, example=[f"{level}=…" for level in levels[:3]])
            if shares := _prompt(asked, "", partial(_shares, group=bare, found=found)):
                found.population[bare] = shares
    found.period = _prompt("Years that the use is about (2021-2026; empty: not known)", "", _period)
    found.id = _prompt("Column that identifies people (or none)", found.id or NONE, column)
    found.answers = dict(_questions())


def _questions() -> Iterator[tuple[str, str]]:
    for key, question in QUESTIONS:
        hint = " (several by semicolons)" if key in LISTS else ""
        yield key, click.prompt(f"{question}{hint}", default="", show_default=False)
    decisions = click.Choice(["assistive", "automated", "research"])
    yield "decision", click.prompt("Decision", type=decisions, default="assistive")
    yield "stakes", click.prompt("Stakes", type=click.Choice(["high", "low"]), default="high")


def _prompt(question: str, default: str, read: Callable[[str], Answer]) -> Answer:
    """Ask until an answer is valid; a line explains what is wrong with another."""

    def checked(text: str) -> Answer:
        try:
            return read(text)
        except AuditError as error:
            raise click.BadParameter(str(error)) from None

    answer: Answer = click.prompt(question, default=default, show_default=bool(default), value_proc=checked)
    return answer


def _known(name: str, found: Draft, where: str) -> str:
    by_case = {column.lower(): column for column in found.seen}
    if name.lower() not in by_case:
        raise ColumnError.missing(name, found.seen, where)
    return by_case[name.lower()]


def _values(text: str, found: Draft) -> tuple[str, ...]:
    """Return the favourable values; each must occur, where all values are known, or be a comparison of a number."""
    seen = found.seen[found.target or ""]
    values = tuple(canonical(value.strip(), seen.type) for value in text.split(";") if value.strip())
    listed = named(seen.levels, distinct=seen.distinct) if seen.levels else ""
    if not values:
        raise AuditError(f"name the favourable value (values: {listed})")
    if seen.numeric and len(values) == 1 and Cut.read(values[0]):
        return values
    unknown = [value for value in values if value not in seen.levels]
    if unknown and (seen.all_levels or not seen.levels):
        raise AuditError(
            f"'{unknown[0]}' does not occur in '{found.target}' (values: {listed or 'numbers; write >= 5'})"
        )
    if seen.all_levels and set(values) >= set(seen.levels):
        raise AuditError("every value is favourable then: nothing is left to compare")
    return values


def _groups(text: str, found: Draft) -> list[str]:
    """Return group columns as they are written; numbers after a comma belong to the cuts before it."""
    written: list[str] = []
    for part in (each.strip() for each in text.split(",")):
        if written and ":" in written[-1] and re.fullmatch(r"[-+]?[\d.]+", part):
            written[-1] += f",{part}"
        elif part and part.lower() != NONE:
            written.append(part)
    names = []
    for each in written:
        name, cuts = parted(each, found.seen)
        name = _known(name, found, found.path or "the query")
        if name == found.target:
            raise AuditError(f"'{name}' is the outcome, and cannot be a group too")
        taken(name, found.seen[name], cuts)
        names.append(f"{name}:{cuts}" if cuts else name)
    return names


def _shares(text: str, group: str, found: Draft) -> dict[str, float]:
    shares = {}
    for each in filter(str.strip, text.split(";" if ";" in text else ",")):
        level, sign, share = each.rpartition("=")
        try:
            number = float(share.strip().removesuffix("%")) / (100 if share.strip().endswith("%") else 1)
        except ValueError:
            sign = ""
        if not sign:
            raise AuditError(f"write level=share, one for each, by commas; got '{each.strip()}'")
        own = next((known for known in found.levels(group) if same_spelling(known, level)), level.strip())
        shares[own] = number
    try:
        Population.model_validate({group: shares} if shares else {})
    except ValidationError as error:
        raise AuditError(explain(error, "", Population).lstrip(": ")) from None
    return shares


def _period(text: str) -> tuple[int, int] | None:
    if not text.strip():
        return None
    years = re.fullmatch(r"\s*(\d{4})\s*(?:\D+\s*(\d{4}))?\s*", text)
    if not years:
        raise AuditError(f"write a year, or two: 2021-2026; got '{text.strip()}'")
    first, last = int(years[1]), int(years[2] or years[1])
    if first > last:
        raise AuditError(f"the years run backwards: {first} to {last}")
    return first, last
