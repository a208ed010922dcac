"""Rows read once more, where they are not independent people: with their units, for design effects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.counts.columns import Column
from auditor.counts.names import LEVEL, OTHER, OUTCOME, SQUARES, WEIGHT
from auditor.counts.tally import Tally
from auditor.counts.units import Recurring, Units
from auditor.engines.plans import derived, modulus_for
from auditor.engines.sql import as_text, group_key, outcome_sql, there_sql
from auditor.loaders.source import Source, columns, quoted
from auditor.stats.copies import ALL, factor
from auditor.stats.design import Codes, Design
from auditor.use.roles import Roles, Seen

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROWS = 1 << 18  # that are looked at: of more, those of some units, chosen by a hash
COPIED = 0.01  # the share of rows that repeat another from which on they are asked about
UNLIKELY = 0.01  # chance repeats per repeat, were the columns independent, under which looking alike is no chance


def recurring(tally: Tally) -> tuple[Recurring, ...]:
    """Return what makes rows other than independent people who count the same."""
    roles = tally.roles
    people = roles.id is not None and tally.repeated_ids is not None and tally.repeated_ids.extra > 0
    found = {
        Recurring.PEOPLE: people,
        Recurring.CLUSTERS: roles.cluster is not None,
        Recurring.WEIGHTS: roles.weight is not None,
    }
    found[Recurring.SURVEY] = bool(roles.survey.columns)
    return tuple(what for what, there in found.items() if there and not tally.aggregated)


def sampling_unit(tally: Tally) -> str | None:
    """Return the column by whose hash some rows are chosen of very many; None: by the whole record."""
    recur = Recurring.PEOPLE in recurring(tally)
    return tally.roles.survey.psu or tally.roles.cluster or (tally.roles.id if recur else None)


def units(source: Source, tally: Tally, seen: Mapping[str, Seen], *, some: bool = False) -> Units | None:
    """Return the rows with their units; None where every row is a person and counts the same.

    `some`: the source holds some of the rows that were counted, those of whole units.
    """
    what = recurring(tally)
    modulus = 1 if some else modulus_for(tally.rows, ROWS)
    copied = None if set(what) - {Recurring.WEIGHTS} else _copied(source, tally, seen, modulus)
    if copied:
        what = (*what, Recurring.COPIES)
    if not what:
        return None
    roles = tally.roles
    named = [name for name, of in ((roles.id, Recurring.PEOPLE), (roles.cluster, Recurring.CLUSTERS)) if of in what]
    survey = roles.survey
    sampled = [name for name in (survey.strata, survey.psu) if name]
    last = sampling_unit(tally)
    chosen = f"hash({quoted(last)})" if last else f"hash({columns(source.record)})"
    asked = {f"u{i}": f"hash({quoted(str(name))})" for i, name in enumerate(named)}
    asked |= {f"lost{i}": f"{quoted(str(name))} IS NULL" for i, name in enumerate(named)}
    asked |= {f"s{i}": f"hash({columns(sampled[: i + 1])})" for i in range(len(sampled))}
    asked |= {f"r{i}": f"coalesce(CAST({quoted(name)} AS FLOAT), 0)" for i, name in enumerate(survey.replicates)}
    if roles.weight:
        asked["w"] = f"coalesce(CAST({quoted(roles.weight)} AS DOUBLE), 0)"
    if copied:
        asked["record"] = f"hash({columns(source.record)})"
    asked["y"] = f"CAST({outcome_sql(roles, seen)} AS TINYINT)"
    numeric = roles.cut is not None and roles.target is not None
    if numeric:
        asked["number"] = f"CAST({quoted(str(roles.target))} AS DOUBLE)"
    read = dict(_columns(tally, seen))
    asked |= {f"c{i}": sql for i, (sql, _) in enumerate(read.values())}
    listed = ", ".join(f"{sql} AS {name}" for name, sql in asked.items())
    where = f" WHERE {chosen} % {modulus} = 0" if modulus > 1 else ""
    table = source.connection.sql(f"SELECT {listed} FROM {source.relation}{where}").to_arrow_table().combine_chunks()
    codes, levels = {}, {}
    for i, (name, (_, column)) in enumerate(read.items()):
        codes[name], levels[name] = _coded(table[f"c{i}"], column)
    weights = table["w"].to_numpy().astype(float) if roles.weight else None
    of = tuple(_unit(table, i) for i in range(len(named)))
    if copied:
        group, factors = copied
        times = np.array([*(factors.get(level, 1) for level in levels[group]), 1] if group else [factors[None]])
        of = (_originals(table["record"].to_numpy(), times[codes[group]] if group else times[0]),)
    at = [np.unique(table[f"s{i}"].to_numpy(), return_inverse=True)[1] for i in range(len(sampled))]
    of = (at[-1],) if survey.psu else of
    drawn = [table[f"r{i}"].to_numpy() for i in range(len(survey.replicates))]
    design = Design(
        len(table),
        of,
        weights,
        at[0] if survey.strata else None,
        np.stack(drawn, axis=1) if drawn else None,
        bool(copied),
    )
    numbers = table["number"].to_pandas().to_numpy(dtype=float) if numeric else None
    return Units(what, design, table["y"].to_numpy(), codes, levels, numbers)


def _copied(
    source: Source, tally: Tally, seen: Mapping[str, Seen], modulus: int
) -> tuple[str | None, dict[str | None, int]] | None:
    """Return how many rows stand for one (`factor`), of each level of a group column or of all rows (None).

    None where rows that look alike are people.
    """
    repeated, roles = tally.repeated_rows, tally.roles
    if tally.aggregated or repeated.share < COPIED:
        return None
    record = f"hash({columns(source.record)})"
    keys = [f"{group_key(group, roles, seen)} AS k{i}" for i, group in enumerate(roles.groups)]
    names = [f"k{i}" for i in range(len(roles.groups))]
    inner = f"SELECT {', '.join([f'{record} AS h', *keys])} FROM {source.relation} WHERE {record} % {modulus} = 0"
    times = f"SELECT {', '.join(['count(*) AS m', *(f'any_value({name}) AS {name}' for name in names)])} FROM ({inner})"
    query = f"SELECT {', '.join([*names, 'm', 'count(*)'])} FROM ({times} GROUP BY h) GROUP BY ALL"
    found = source.connection.execute(query).fetchall()
    chance = min(1.0, (tally.rows - 1) / 2 * math.prod(column.agree for column in tally.columns.values()))
    unlikely = chance < UNLIKELY * repeated.share
    looks = 1 + sum(len({row[place] for row in found}) for place in range(len(roles.groups)))
    for place, group in ((None, None), *enumerate(roles.groups)):
        spectra: dict[str | None, dict[int, int]] = {}
        for *levels, m, n in found:
            of = spectra.setdefault(None if place is None else levels[place], {})
            of[m] = of.get(m, 0) + n
        factors = {level: factor(spectrum, unlikely, looks) for level, spectrum in spectra.items()}
        if any(times != 1 for times in factors.values()):
            return group, factors
    return None


def _originals(records: np.ndarray, times: np.ndarray | np.integer[Any]) -> Codes:
    """Return the original of each row as codes: of a record's rows every `times` are one, or all where that is ALL."""
    order = np.argsort(records, kind="stable")
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.diff(records[order]) != 0
    starts = np.flatnonzero(new)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    by = np.broadcast_to(times, len(order))
    copy = np.where(by == ALL, 0, place // np.maximum(by, 1))
    record = np.empty(len(order), dtype=np.int64)
    record[order] = np.cumsum(new) - 1
    return np.unique(record * (int(copy.max(initial=0)) + 1) + copy, return_inverse=True)[1].astype(np.int64)


def _columns(tally: Tally, seen: Mapping[str, Seen]) -> Iterator[tuple[str, tuple[str, Column | None]]]:
    """Yield the columns whose levels rules read: the SQL of a row's value, and how it is counted; None: by its text."""
    roles = tally.roles
    for name in roles.groups:
        yield name, (group_key(name, roles, seen), None)
    for name in (*roles.features, *roles.opaque, *roles.scoring.columns, *tally.derivations):
        column = tally.column(name)
        if name in roles.opaque:
            yield name, (there_sql(name, roles, seen), None)
        elif column.edges:
            yield name, (f"CAST({quoted(name)} AS DOUBLE)", column)
        elif len(column.table):
            yield name, (as_text(name, seen[name].type), column)
    for plan in derived(roles, seen):
        yield plan.name, (f"CAST({plan.sql} AS VARCHAR)", None)


def _coded(values: pa.ChunkedArray, column: Column | None) -> tuple[Codes, tuple[str, ...]]:
    """Return the places of a column's values among its levels, -1 for missing ones, and the levels."""
    import pyarrow as pa

    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if column is not None and column.edges:
        there = np.asarray(array.is_valid())
        numbers = array.fill_null(0.0).to_numpy(zero_copy_only=False)
        places = np.searchsorted(np.asarray(column.edges, dtype=float), numbers)
        return np.where(there, places, -1).astype(np.int32), tuple(column.bins)
    found = (array.chunk(0) if isinstance(array, pa.ChunkedArray) else array).dictionary_encode()
    names = found.dictionary.to_pylist()
    places = found.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if column is None or not column.kept:
        return places, tuple(names)
    kept = {level: i for i, level in enumerate((*column.kept, OTHER))}
    to = np.array([*(kept.get(name, len(kept) - 1) for name in names), -1], dtype=np.int32)
    return to[places], tuple(kept)


def _unit(table: pa.Table, i: int) -> Codes:
    """Return the units of a column as codes from 0; a row that names none is a unit of its own."""
    hashes, lost = table[f"u{i}"].to_numpy(), table[f"lost{i}"].to_numpy(zero_copy_only=False).astype(bool)
    codes = np.unique(hashes, return_inverse=True)[1].astype(np.int64)
    codes[lost] = codes.max(initial=0) + 1 + np.arange(int(lost.sum()))
    return codes


def weighed(source: Source, tally: Tally, seen: Mapping[str, Seen]) -> Tally:
    """Return the tally with its columns counted in weights, too, where rows are weighted: one query per column."""
    roles = tally.roles
    if roles.weight is None or tally.aggregated:
        return tally
    read = {name: sql for name, (sql, _) in _columns(tally, seen)}
    read |= {name: _counted_sql(tally.columns[name], roles, seen) for name in roles.groups}
    columns = {
        name: _in_weights(source, of, read[name], tally, seen) for name, of in tally.columns.items() if name in read
    }
    derived_ = {name: _in_weights(source, of, read[name], tally, seen) for name, of in tally.derived.items()}
    derivations = {
        name: replace(of, counted=_in_weights(source, of.counted, read[name], tally, seen))
        for name, of in tally.derivations.items()
        if name in read
    }
    return replace(tally, columns={**tally.columns, **columns}, derived=derived_, derivations=derivations)


def _counted_sql(column: Column, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of what a group column's own table counts: of numbers in bands, the numbers."""
    if column.edges:
        return f"CAST({quoted(column.name)} AS DOUBLE)"
    if column.name in roles.bands and not seen[column.name].dated:
        return as_text(column.name, seen[column.name].type)
    return group_key(column.name, roles, seen)


def _in_weights(source: Source, column: Column, sql: str, tally: Tally, seen: Mapping[str, Seen]) -> Column:
    """Return a column with the sums of weights, and of their squares, beside the rows of each of its counts.

    `sql` is the value of a row that the counts are of.
    """
    roles = tally.roles
    if column.edges:
        cases = " ".join(f"WHEN v <= {edge!r} THEN {i}" for i, edge in enumerate(column.edges))
        level = f"CASE WHEN v IS NULL THEN NULL {cases} ELSE {len(column.edges)} END"
    else:
        level = "v"
    tables = {}
    for key, frame in column.tables.items():
        keys = [f"{group_key(group, roles, seen)} AS k{i}" for i, group in enumerate(key)]
        weight = f"coalesce(CAST({quoted(str(roles.weight))} AS DOUBLE), 0) AS w"
        inner = ", ".join([f"{sql} AS v", *keys, f"{outcome_sql(roles, seen)} AS y", weight])
        asked = ", ".join([level, *(f"k{i}" for i in range(len(key))), "y"])
        query = f"SELECT {asked}, sum(w), sum(w * w) FROM (SELECT {inner} FROM {source.relation}) GROUP BY ALL"
        sums: dict[tuple[Any, ...], tuple[float, float]] = {}
        for value, *at, total, squares in source.connection.execute(query).fetchall():
            spelled = column.bins[value] if column.edges and value is not None else value
            if column.kept and spelled is not None and spelled not in column.kept:
                spelled = OTHER
            before = sums.get((spelled, *at), (0.0, 0.0))
            sums[spelled, *at] = (before[0] + total, before[1] + squares)
        cells = zip(*(_plain(frame[name]) for name in (LEVEL, *key, OUTCOME)), strict=True)
        found = [sums.get(cell, (0.0, 0.0)) for cell in cells]
        weights = {WEIGHT: [total for total, _ in found], SQUARES: [squares for _, squares in found]}
        tables[key] = frame.assign(**{name: np.asarray(of, dtype=float) for name, of in weights.items()})
    return replace(column, tables=tables)


def _plain(values: pd.Series) -> list[Any]:
    return [None if value != value else value for value in values.tolist()]
