"""Tallies in files: made where the rows are, and audited where they are brought together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.analyzers.evidence import Evidence
from auditor.audit.counting import as_people
from auditor.audit.judge import dataset, judged
from auditor.audit.preparing import prepared, recoding_of
from auditor.audit.select import Chosen
from auditor.audit.validate import refuse_unexpected, refuse_unknown_levels, refuse_unusable_weights
from auditor.audit.withholding import as_seen_here, cut_alike, protected, with_round_bands
from auditor.counts.coarsen import as_few, with_common_edges
from auditor.counts.exchange import Part, dumped, loaded, merged, part_of
from auditor.counts.grids import on_grids
from auditor.counts.tally import COUNT, LEVEL, OTHER, Tally
from auditor.engines import duckdb as engine
from auditor.engines.engine import OnDuckDB
from auditor.engines.people import clusters
from auditor.errors import AuditError, ColumnError, RoleError, UseCaseError
from auditor.format import listed, people
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions
from auditor.loaders.source import Source, quoted
from auditor.model import Audit, Decision
from auditor.use.grouping import CODES, edges_of, parted
from auditor.use.levels.column import Column, Recoding
from auditor.use.levels.recoding import understood
from auditor.use.population import Shipped
from auditor.use.roles import NONE, Cut, Levelled, Seen
from auditor.use.toml import value_text
from auditor.use.usecase import UseCase

SUFFIX = ".tally"
NEEDS_ROWS = "it needs rows, and only counts were given (tallies)"


def given(data: object) -> list[Path] | None:
    """Return the tally files that were given as data: paths that end in .tally, or a list of paths; else None."""
    if isinstance(data, str | os.PathLike):
        path = Path(os.fsdecode(data))
        return [path] if path.suffix == SUFFIX else None
    if not isinstance(data, list | tuple) or not data:
        return None
    paths = [Path(os.fsdecode(one)) if isinstance(one, str | os.PathLike) else None for one in data]
    named = [path for path in paths if path is not None]
    if len(named) < len(paths) or (len(named) > 1 and any(path.suffix != SUFFIX for path in named)):
        raise AuditError(
            "several files at once must be tallies (.tally); give a folder or a glob for the parts of a table"
        )
    return named if named[0].suffix == SUFFIX else None


def make(
    data: object,
    use: UseCase,
    *,
    edges_from: str | os.PathLike[str] | None = None,
    min_cell: int = 0,
    count: str | None = None,
    memory_limit: str | None = None,
    name: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    options: ReadOptions | None = None,
) -> str:
    """Return the text of the tally file of `data`; it holds counts, and no row."""
    agreed = loaded(Path(edges_from)) if edges_from is not None else None
    # The site's own word goes first: with the other's, two files with two least cells could be taken from one another.
    least = min_cell or (agreed.min_cell if agreed else 0)
    with open_source(
        data, name=name, count=count, memory_limit=memory_limit, table=table, sql=sql, options=options
    ) as source:
        aggregated = count is not None
        if not agreed or (agreed.aggregated and not aggregated):
            rows, guessed = as_people(OnDuckDB(source), use)
            source, aggregated = rows.source, aggregated or guessed is not None
        if agreed:
            return dumped(_like(source, agreed, use, aggregated, least))
        ready = prepared(OnDuckDB(source), use)
        source, seen, roles = ready.rows.source, ready.seen, ready.roles
        if least > 1:
            stated = [name for name, cuts in (parted(each, seen) for each in use.groups.columns) if cuts]
            seen, roles = on_grids(seen), with_round_bands(roles, seen, stated)
        tally = engine.tally(source, roles, seen, aggregated)
        refuse_unexpected(tally)
        part = part_of(_with_people(source, tally, seen), seen, source.name, source.reading)
        part = replace(part, labels=use.groups.labels, unknown=use.groups.unknown)
        return dumped(as_few(protected(part, source, seen, least)) if least > 1 else part)


def _with_people(source: Source, tally: Tally, seen: Mapping[str, Any]) -> Tally:
    return replace(tally, clusters=clusters(source, tally, seen))


def _like(source: Source, agreed: Part, use: UseCase, aggregated: bool, least: int) -> Part:
    """Return the tally of a source made as another was.

    With a least cell only the other's roles reach the rows. Its columns, and how they are counted, do not: all columns
    are counted as the site itself would, and what may leave is put together to the other's levels and edges.
    """
    use = _named_alike(use, agreed)
    for column in agreed.columns:
        if column not in source.fields:
            raise ColumnError.missing(column, source.fields, source.name)
    extra = [column for column in source.fields if column not in agreed.columns]
    fields = {column: source.fields[column] for column in agreed.columns}
    left = f"Not counted, for {agreed.name} has no such columns: {listed(extra)}."
    reading = (*source.reading, *([Decision(left, "columns left out", tuple(extra))] if extra else []))
    whole = merged([agreed])
    if least > 1:
        fields = dict(source.fields)
    source, use = _with_levels(replace(source, fields=fields, reading=reading), whole, use)
    _refuse_other_roles(use, agreed)
    source = _with_types(source, agreed)
    seen = {name: replace(of, type=source.fields[name], complete=False) for name, of in agreed.seen.items()}
    _refuse_other_types(seen, agreed, source.name)
    roles = agreed.roles
    if least > 1:
        seen = on_grids(engine.peek(source))
        roles = as_seen_here(roles, seen, use, source.name)
    tally = engine.tally(source, roles, seen, aggregated, agreed=None if least > 1 else whole.columns)
    refuse_unusable_weights(tally)
    part = part_of(_with_people(source, tally, seen), agreed.seen, source.name, source.reading)
    part = replace(part, labels=agreed.labels, unknown=agreed.unknown)
    return cut_alike(protected(part, source, seen, least), agreed) if least > 1 else part


def _named_alike(use: UseCase, part: Part) -> UseCase:
    """Return the use with the labels and the unknown levels that a tally was made with; UseCaseError for others."""
    for what, asked, made in (
        ("labels", use.groups.labels, part.labels),
        ("unknown", use.groups.unknown, part.unknown),
    ):
        if asked and asked != made:
            said = value_text(made) if made else "nothing"
            raise UseCaseError(
                f"{part.name} was counted with [groups] {what} = {said}, and {value_text(asked)} is asked for"
            )
    return use.over("groups", labels=part.labels, unknown=part.unknown)


def _with_levels(source: Source, agreed: Tally, use: UseCase) -> tuple[Source, UseCase]:
    """Return a source whose levels are spelled as those of a tally, and the use in the same words."""
    roles = agreed.roles
    of = Levelled(roles.target, dict.fromkeys(roles.groups, ""), roles.strata)
    rows = OnDuckDB(source)
    recoding = recoding_of(rows, rows.peek(of.columns), of, use, {name: _levels(agreed, name) for name in of.columns})
    return rows.recoded(recoding).source, understood(use, recoding)


def _levels(tally: Tally, column: str) -> list[str]:
    return [level for level in tally.levels(column) if level is not None and level != OTHER]


def _in_its_words(use: UseCase, tally: Tally, labels: Mapping[str, Mapping[str, str]]) -> UseCase:
    """Return the use with a tally's words for the levels it names."""
    roles = tally.roles
    of = Levelled(roles.target, dict.fromkeys(roles.groups, ""), roles.strata)
    columns = []
    for name in of.columns:
        levels, kind = _levels(tally, name), tally.columns[name].type
        own = (dict.fromkeys(levels, 1), labels.get(name, {}), None, levels)
        columns.append(Column(name, kind, of.role(name), *own))
    return understood(use, Recoding(tuple(columns)))


def _with_types(source: Source, agreed: Part) -> Source:
    """Return the source with the agreed type for columns without a value, which have none of their own."""
    other = {name: of.type for name, of in agreed.seen.items() if source.fields[name] != of.type}
    if not other:
        return source
    known = ", ".join(f"count({quoted(name)})" for name in other)
    counts = source.connection.execute(f"SELECT {known} FROM {source.relation}").fetchall()[0]
    empty = {name: kind for (name, kind), n in zip(other.items(), counts, strict=True) if not n}
    if not empty:
        return source
    casts = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in empty.items())
    relation = f"(SELECT * REPLACE ({casts}) FROM {source.relation})"
    return replace(source, relation=relation, fields={**source.fields, **empty})


def _refuse_other_types(seen: Mapping[str, Seen], agreed: Part, where: str) -> None:
    """Refuse columns that cannot be cut, or taken by period, as another tally has it."""
    roles = agreed.roles
    for name, of in seen.items():
        there = agreed.seen[name]
        cut = (
            agreed.columns[name].edges
            or name in roles.bands
            or (name == roles.time and roles.period and roles.period.of_numbers)
        )
        dated = name == roles.time or name in roles.bands
        if (cut and of.numeric != there.numeric) or (dated and of.dated != there.dated):
            raise RoleError(
                f"column '{name}' is {of.type} in {where} and {there.type} in {agreed.name}: it cannot be cut at the "
                "same places"
            )


def _refuse_other_roles(use: UseCase, part: Part) -> None:
    """Refuse a use that asks for other roles than those a tally was made with."""
    roles = part.roles
    groups = [parted(written, roles.groups) for written in use.groups.columns]
    stated: dict[str, tuple[Any, Any]] = {
        "target": (use.label.column, roles.target),
        "groups": (tuple(name for name, _ in groups), roles.groups),
        "time": (use.features.time, roles.time),
        "id": (use.features.id, roles.id),
        "weight": (use.features.weight, roles.weight),
        "strata": (tuple(use.features.strata), roles.strata),
    }
    said = tuple(map(str, use.label.positive))
    if roles.cut:
        asked = [Cut.read(value) for value in said]
        if asked != [roles.cut]:
            stated["positive"] = (said, (str(roles.cut),))
    else:
        stated["positive"] = (said, roles.positive)
    stated |= {
        f"{name} cut at": (edges_of(name, cuts), roles.bands[name].edges if name in roles.bands else ())
        for name, cuts in groups
        if cuts and cuts != CODES
    }
    for what, (asked, made) in stated.items():
        if asked and asked != made and not (asked in (NONE, (NONE,)) and not made):
            raise UseCaseError(f"{part.name} was counted with {what} = {_said(made)}, and {_said(asked)} is asked for")


def _said(value: object) -> str:
    if not isinstance(value, tuple):
        return "nothing" if value is None else str(value)
    return ", ".join(f"{each:.15g}" if isinstance(each, float) else str(each) for each in value) or "nothing"


def audit(
    paths: Sequence[Path],
    use: UseCase,
    rules: Sequence[Chosen],
    named: Shipped | None = None,
    name: str | None = None,
    seed: int = 0,
    command: str | None = None,
) -> Audit:
    """Audit what several tallies are together."""
    if len(set(map(os.path.realpath, paths))) < len(paths):
        raise AuditError("a tally is given twice: its rows would count twice")
    parts = with_common_edges([loaded(path) for path in paths])
    tally = merged(parts)
    use = _in_its_words(_named_alike(use, parts[0]), tally, parts[0].labels)
    _refuse_other_roles(use, parts[0])
    # They were compared within; a reason that the use gives stays, and without one they move no verdict.
    use = use.over("features", strata={of: use.features.strata.get(of, "") for of in parts[0].roles.strata})
    if not tally.rows and any(part.min_cell for part in parts):
        least = max(part.min_cell for part in parts)
        raise AuditError(f"nothing is left to audit: no group has {least} rows or more of each outcome (--min-cell)")
    refuse_unexpected(tally)
    refuse_unknown_levels(tally, use)
    from auditor.counts.leaks import set_aside  # its libraries are loaded aside, with those of the rules

    tally = set_aside(tally, use)
    reading = list(_reading(parts))
    if named:
        levels = {group: tally.levels_of(group) for group in tally.roles.groups}
        shares, said = named.fitted(levels)
        use = use.over("population", **{**use.population.model_dump(exclude_unset=True), **shares})
        reading.append(said)
    left = [of if of.reason or not of.rule.needs_rows else replace(of, reason=NEEDS_ROWS) for of in rules]
    called = name or (parts[0].name if len(parts) == 1 else f"{len(parts)} tallies")
    return judged(Evidence(tally, use), dataset(tally, use, called, reading), left, "tallies", seed, command)


def _outcomes_untold(part: Part) -> int:
    return sum(int(n or 0) for table in part.withheld[:1] for n in table.columns[COUNT])


def _left_out(part: Part) -> str:
    """Say what became of joint groups with a small cell."""
    said = ""
    for table in part.withheld[:1]:
        rows = _outcomes_untold(part)
        if not table.key:  # no group is named
            said += f"Of {people(rows)} rows only the number leaves: so few have one of the outcomes. "
            continue
        keys = list(zip(*(table.columns[name] for name in table.key), strict=True))
        names = [" · ".join("(not recorded)" if level is None else str(level) for level in key) for key in keys]
        said += f"Of groups with so few of one outcome, only the {people(rows)} rows are told: {listed(names)}. "
    if not part.left_out:
        return f"{said}All {'other ' if said else ''}rows are in the groups' counts."
    return f"{said}In no count at all, for they were as few: at most {people(part.left_out)} rows."


def _coarser(part: Part) -> str:
    coarse = [name for name, column in part.columns.items() if column.coarse]
    names = [name for name in coarse if part.columns[name].tables[0].columns[LEVEL]]
    gone = [name for name in coarse if name not in names]
    coarser = f" Coarser so, and perhaps more of a stand-in than is told: {listed(names)}." if names else ""
    return coarser + (f" Not counted so: {listed(gone)}." if gone else "")


def _reading(parts: Sequence[Part]) -> Iterator[Decision]:
    listed_parts = "; ".join(f"{part.name} ({people(part.rows + _outcomes_untold(part))} rows)" for part in parts)
    counted = f"Counted in {len(parts)} part{'s' * (len(parts) > 1)}, whose rows were not seen here: {listed_parts}."
    yield Decision(counted, "tallies")
    yield from dict.fromkeys(decision for part in parts for decision in part.reading)
    for part in parts:
        if part.min_cell:
            yield Decision(
                f"{part.name}: no cell of under {part.min_cell} rows left its site. {_left_out(part)} "
                "Numbers are cut at round places that part off no such cell; other levels of a column with one, and "
                "smaller ones, are counted among '(all other values)', for every group; strata and periods with one, "
                f"and smaller ones, are left out; missing values of no known group are in steps of {part.min_cell}."
                f"{_coarser(part)}",
                "small cells",
            )
    if len(parts) > 1:
        seen = "Records and people that stand in several parts count in each: that they recur cannot be seen."
        yield Decision(seen, "tallies")
