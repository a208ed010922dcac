"""From rows to rows that can be counted: their levels made clear, and what each column is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from auditor.engines.engine import Engine
from auditor.use.assign import assign, levelled
from auditor.use.levels.column import Recoding, folded
from auditor.use.levels.recoding import asked, decide, understood
from auditor.use.ranking import ranking
from auditor.use.roles import Levelled, Roles, Seen
from auditor.use.usecase import UseCase
from auditor.use.vectors import vectored

Rows = TypeVar("Rows", bound=Engine)


@dataclass(frozen=True)
class Prepared(Generic[Rows]):
    """Rows whose levels are words, what a peek saw of them, what each column is, and the use in the same words."""

    rows: Rows
    seen: Mapping[str, Seen]
    roles: Roles
    use: UseCase


def prepared(rows: Rows, use: UseCase) -> Prepared[Rows]:
    """Look at rows, decide what the levels of their groups, strata and outcome mean, and assign the roles."""
    by, use = ranking(use, rows.fields, rows.name)
    rows, seen, use = with_vectors(rows.ranked(by) if by else rows, use)
    recoding = recoding_of(rows, seen, levelled(folded(seen), use, rows.name), use)
    if recoding.values or recoding.reading:
        rows = rows.recoded(recoding)
    if recoding.values:
        seen = {**seen, **rows.peek(recoding.values)}
    use = understood(use, recoding)
    return Prepared(rows, seen, assign(seen, use, rows.name), use)


def with_vectors(rows: Rows, use: UseCase) -> tuple[Rows, Mapping[str, Seen], UseCase]:
    """Look at rows, and return them with each vector as one column, what was seen then, and the use that names it."""
    seen = rows.peek()
    found = vectored(seen, use, rows.name)
    if not found.columns:
        return rows, seen, found.use
    before = rows.fields
    rows = rows.vectored(found)
    changed = [name for name in found.columns if rows.fields[name] != before.get(name)]
    if changed:  # a look at vectors costs most of a look at all columns
        seen = {**seen, **rows.peek(changed)}
    return rows, {name: seen[name] for name in rows.fields}, found.use


def recoding_of(
    rows: Engine,
    seen: Mapping[str, Seen],
    of: Levelled,
    use: UseCase,
    fixed: Mapping[str, Collection[str]] | None = None,
) -> Recoding:
    """Decide on the levels of all rows, which the peek knows where it saw all rows; `fixed` are those of other data."""
    wanted = asked(seen, of, use)
    levels = {name: seen[name].levels for name in wanted if seen[name].all_levels}
    rest = {name: inside for name, inside in wanted.items() if name not in levels}
    return decide({**levels, **(rows.levels(rest) if rest else {})}, seen, of, use, fixed)
