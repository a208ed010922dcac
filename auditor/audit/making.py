"""Tallies made where the rows are, alone or to be added to one that was made before."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from auditor.audit.agreeing import named_alike, refuse_other_roles, refuse_other_types, with_levels
from auditor.audit.counting import as_people
from auditor.audit.preparing import prepared, with_vectors
from auditor.audit.validate import refuse_unexpected, refuse_unusable_weights
from auditor.audit.withholding import as_seen_here, cut_alike, protected, with_round_bands
from auditor.counts.coarsen import as_few
from auditor.counts.exchange import dumped, loaded, merged, part_of
from auditor.counts.grids import on_grids
from auditor.counts.part import Part
from auditor.engines.engine import Engine, OnDuckDB
from auditor.errors import AuditError, ColumnError
from auditor.loaders.source import Source, quoted
from auditor.model import Decision
from auditor.use.grouping import parted
from auditor.use.ranking import ranking
from auditor.use.roles import Roles
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(left_out="Not counted, because {other} has no such columns: {columns:listed}.")


def agreed_on(edges_from: str | os.PathLike[str] | None) -> Part | None:
    """Return the tally that another is to be made like."""
    return loaded(Path(edges_from)) if edges_from is not None else None


def make(rows: Engine, use: UseCase, agreed: Part | None = None, min_cell: int = 0, *, aggregated: bool = False) -> str:
    """Return the text of the tally file of some rows; it holds counts, and no row.

    `agreed` is a tally made before, to which this one is to be added. `aggregated`: the rows were counts.

    Raises:
        AuditError: The rows cannot be counted so.
    """
    # The site's own least cell has priority: with the other's, two files with two least cells could be subtracted.
    least = min_cell or (agreed.min_cell if agreed else 0)
    if not agreed or (agreed.aggregated and not aggregated):
        rows, guessed = as_people(rows, use)
        aggregated = aggregated or guessed is not None
    if agreed:
        return dumped(_like(rows, agreed, use, aggregated, least))
    ready = prepared(rows, use)
    rows, seen, roles = ready.rows, ready.seen, ready.roles
    if least > 1:
        stated = [name for name, cuts in (parted(each, seen) for each in use.groups.columns) if cuts]
        seen, roles = on_grids(seen), _coarse(with_round_bands(roles, seen, stated))
    tally = rows.tally(roles, seen, aggregated, _silent)
    refuse_unexpected(tally)
    part = part_of(tally, seen, rows.name, rows.reading)
    part = replace(part, labels=use.groups.labels, unknown=use.groups.unknown)
    return dumped(as_few(protected(part, _source(rows), seen, least)) if least > 1 else part)


def _coarse(roles: Roles) -> Roles:
    """Return roles by which a score is cut at round numbers: its values are those of people."""
    return replace(roles, scoring=replace(roles.scoring, coarse=bool(roles.scoring.score)))


def _silent(message: str) -> None:
    """Report no progress."""


def _source(rows: Engine) -> Source:
    """Return rows that DuckDB counts; AuditError for others."""
    if not isinstance(rows, OnDuckDB):
        raise AuditError("small cells can be suppressed only where DuckDB counts: omit --min-cell, or Spark")
    return rows.source


def _like(rows: Engine, agreed: Part, use: UseCase, aggregated: bool, least: int) -> Part:
    """Return the tally of rows made as another was.

    With a least cell only the other's roles reach the rows. Its columns, and how they are counted, do not: all columns
    are counted as the site itself would, and what may be published is merged into the other's levels and edges.
    """
    use = named_alike(use, agreed)
    by, use = ranking(use, rows.fields, rows.name)
    rows = rows.ranked(by) if by else rows
    rows, use = _with_vectors(rows, agreed, use)
    for column in agreed.columns:
        if column not in rows.fields:
            raise ColumnError.missing(column, rows.fields, rows.name)
    extra = [column for column in rows.fields if column not in agreed.columns]
    left = SAYS("left_out", other=agreed.name, columns=extra)
    noted = (Decision(left, "columns left out", tuple(extra)),) if extra else ()
    whole = merged([agreed])
    if extra and least <= 1:
        rows = rows.without(extra)
    rows, use = with_levels(rows, whole, use)
    refuse_other_roles(use, agreed)
    rows = _with_types(rows, agreed)
    seen = {name: replace(of, type=rows.fields[name], complete=False) for name, of in agreed.seen.items()}
    refuse_other_types(seen, agreed, rows.name)
    roles = agreed.roles
    if least > 1:
        seen = on_grids(rows.peek())
        roles = _coarse(as_seen_here(roles, seen, use, rows.name))
    tally = rows.tally(roles, seen, aggregated, _silent, agreed=None if least > 1 else whole.columns)
    refuse_unusable_weights(tally)
    reading = [of for of in rows.reading if (of.about, set(of.columns)) != ("columns left out", set(extra))]
    part = part_of(tally, agreed.seen, rows.name, (*reading, *noted))
    part = replace(part, labels=agreed.labels, unknown=agreed.unknown)
    return cut_alike(protected(part, _source(rows), seen, least), agreed) if least > 1 else part


def _with_vectors(rows: Engine, agreed: Part, use: UseCase) -> tuple[Engine, UseCase]:
    """Return rows whose vectors are read as those of a tally were, where it has some."""
    if not agreed.roles.vectors:
        return rows, use
    if not use.features.vector and all(name in rows.fields for name in agreed.roles.vectors):
        use = use.over("features", vector=agreed.roles.vectors)  # few rows may not show what they are
    made, _, use = with_vectors(rows, use)
    return made, use


def _with_types(rows: Engine, agreed: Part) -> Engine:
    """Return rows with the agreed type for columns without a value, which have no type of their own on DuckDB."""
    if not isinstance(rows, OnDuckDB):
        return rows
    source = rows.source
    other = {name: of.type for name, of in agreed.seen.items() if source.fields[name] != of.type}
    if not other:
        return rows
    known = ", ".join(f"count({quoted(name)})" for name in other)
    counts = source.connection.execute(f"SELECT {known} FROM {source.relation}").fetchall()[0]
    empty = {name: kind for (name, kind), n in zip(other.items(), counts, strict=True) if not n}
    if not empty:
        return rows
    casts = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in empty.items())
    relation = f"(SELECT * REPLACE ({casts}) FROM {source.relation})"
    return OnDuckDB(replace(source, relation=relation, fields={**source.fields, **empty}))
