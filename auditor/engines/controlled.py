"""Rows as codes of their groups, controls and units, with their outcomes: what regressions read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditor.counts.controlled import Control, Controlled, asked_controls, scale_of
from auditor.counts.names import LEVEL
from auditor.counts.tally import Tally
from auditor.engines.cells import BATCH_ROWS, enums
from auditor.engines.codes import split
from auditor.engines.people import unit_columns
from auditor.engines.plans import modulus_for
from auditor.engines.sql import as_text, group_key, outcome_sql
from auditor.loaders.source import Source, columns, quoted
from auditor.stats.adjusted import Covariate, Scale
from auditor.stats.regression import Outcomes
from auditor.use.roles import Seen
from auditor.use.says import Says
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 20_000_000  # that are held; of more, some are taken by a hash
MOST_LEVELS = 1_000  # of a control

SAYS = Says(
    levels="'{column}' has more than {most:people} value{most:s}; state it in coarser levels, or in bands "
    "({column}:2,5,10)",
)


@dataclass(frozen=True)
class Counts:
    """The columns of a relation that has cells in place of rows: their rows, and sums of a number's powers."""

    n: str
    first: str
    second: str
    third: str


def controlled(
    source: Source, tally: Tally, seen: Mapping[str, Seen], use: UseCase, counts: Counts | None = None
) -> Controlled:
    """Read the rows with a known outcome, or cells of them, whose `counts` columns are then named."""
    scale, asked = scale_of(tally, use), asked_controls(use, tally.roles, seen)
    spelled = {of.name: _sql(of, tally, seen) for of in asked}
    levels = {of.name: _levels(source, of, spelled[of.name], tally) for of in asked if not of.number}
    if many := next((name for name, of in levels.items() if len(of) > MOST_LEVELS), None):
        return Controlled.none(scale, asked, SAYS("levels", column=many, most=MOST_LEVELS))
    groups = {name: tally.levels_of(name) for name in tally.roles.groups}
    kinds = {f"dataudit_adjusted{i}": of for i, of in enumerate([*groups.values(), *levels.values()])}
    keys = {name: group_key(name, tally.roles, seen) for name in groups}
    modulus = modulus_for(tally.rows, MOST_ROWS) if counts is None and tally.rows > MOST_ROWS else 1
    with enums(source, kinds):
        named = dict(
            zip([*(("group", name) for name in groups), *(("control", name) for name in levels)], kinds, strict=True)
        )
        wanted = {f"g{i}": _code(keys[name], named["group", name], groups[name]) for i, name in enumerate(groups)}
        wanted |= {
            f"c{i}": spelled[of.name]
            if of.number
            else _code(spelled[of.name], named["control", of.name], levels[of.name])
            for i, of in enumerate(asked)
        }
        units = unit_columns(tally)
        wanted |= {f"u{i}": f"hash({quoted(name)})" for i, name in enumerate(units)}
        wanted |= {f"l{i}": f"{quoted(name)} IS NULL" for i, name in enumerate(units)}
        wanted |= _outcome(tally, seen, scale, counts)
        where = (
            [f"{wanted['y']} IS NOT NULL"] if scale is not Scale.RATE else [f"{outcome_sql(tally.roles, seen)} >= 0"]
        )
        if modulus > 1:
            unit = f"hash({quoted(units[-1])})" if units else f"hash({columns(source.record)})"
            where.append(f"{unit} % {modulus} = 0")
        read = _read(source, wanted, " AND ".join(where))
    n = read["n"] if counts else np.ones(len(read["y"]))
    rate = scale is Scale.RATE
    first = read["y"].astype(np.float64) * (n if rate else 1)
    second, third = (first, first) if rate else (read["yy"], read["yyy"]) if counts else (first**2, first**3)
    found = [_units(read[f"u{i}"], read[f"l{i}"]) for i in range(len(units))]
    return Controlled(
        scale,
        Outcomes(n, first, second, third, found),
        {name: (_placed(read[f"g{i}"], len(of)), tuple(of)) for i, (name, of) in enumerate(groups.items())},
        [
            _number(of.name, read[f"c{i}"])
            if of.number
            else Covariate(of.name, read[f"c{i}"], len(levels[of.name]) + 1)
            for i, of in enumerate(asked)
        ],
        asked,
        modulus,
    ).in_cells()


def _sql(of: Control, tally: Tally, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a control's value: a level as text, or a finite number."""
    if of.bands:
        return group_key(of.name, replace(tally.roles, bands={of.name: of.bands}), seen)
    if not of.number:
        return as_text(of.name, seen[of.name].type)
    if seen[of.name].dated:
        return f"CASE WHEN isfinite({quoted(of.name)}) THEN epoch({quoted(of.name)}) / 86400.0 END"
    value = f"CAST({quoted(of.name)} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def _levels(source: Source, of: Control, sql: str, tally: Tally) -> list[str]:
    """Return the levels of a control, from the tally where it has all of them; one too many, where they are many."""
    if of.bands:
        return list(of.bands.labels)
    counted = tally.columns.get(of.name)
    if counted is not None and not counted.edges and not counted.kept and len(counted.table):
        return sorted({level for level in counted.table[LEVEL] if isinstance(level, str)})
    asked = f"SELECT DISTINCT {sql} AS v FROM {source.relation} WHERE {quoted(of.name)} IS NOT NULL"
    found = source.connection.execute(f"{asked} LIMIT {MOST_LEVELS + 1}").fetchall()
    return sorted(level for (level,) in found if level is not None)


def _code(sql: str, kind: str, levels: Sequence[str]) -> str:
    """Return the SQL of a level's place among the levels, after the last for none."""
    last = len(levels)
    if not levels:
        return f"{last}::UINTEGER"
    return f"CAST(coalesce(enum_code(TRY_CAST({sql} AS {quoted(kind)})), {last}) AS UINTEGER)"


def _outcome(tally: Tally, seen: Mapping[str, Seen], scale: Scale, counts: Counts | None) -> dict[str, str]:
    """Return the SQL of a row's outcome, or of a cell's sums."""
    if scale is Scale.RATE:
        outcome = {"y": f"CAST({outcome_sql(tally.roles, seen)} AS DOUBLE)"}
        return outcome | ({"n": f"CAST({quoted(counts.n)} AS DOUBLE)"} if counts else {})
    if counts:
        sums = {"y": counts.first, "yy": counts.second, "yyy": counts.third, "n": counts.n}
        return {name: f"CAST({quoted(column)} AS DOUBLE)" for name, column in sums.items()}
    value = f"CAST({quoted(str(tally.roles.target))} AS DOUBLE)"
    if scale is Scale.LOG:
        return {"y": f"CASE WHEN {value} > 0 AND isfinite({value}) THEN ln({value}) END"}
    return {"y": f"CASE WHEN isfinite({value}) THEN {value} END"}


def _read(source: Source, wanted: Mapping[str, str], where: str) -> dict[str, NDArray[Any]]:
    """Return columns of rows as arrays; codes as the smallest whole numbers that hold them."""
    listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in wanted.items())
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in wanted}
    for batch in _batches(source, f"SELECT {listed} FROM {source.relation} WHERE {where}"):
        for name, column in zip(wanted, batch.columns, strict=True):
            parts[name].append(_array(name, column))
    return {name: np.concatenate(of) if of else np.empty(0) for name, of in parts.items()}


def _batches(source: Source, query: str) -> Iterator[pa.RecordBatch]:
    yield from source.connection.sql(query).to_arrow_reader(BATCH_ROWS)


def _array(name: str, column: pa.Array) -> NDArray[Any]:
    if name.startswith("l"):
        return column.to_numpy(zero_copy_only=False).astype(bool)  # type: ignore[no-any-return]
    values, there = split(column)
    if values.dtype == np.uint32:
        largest = int(values.max(initial=0))
        return values.astype(np.uint8 if largest < 1 << 8 else np.uint16 if largest < 1 << 16 else np.uint32)
    if there is not None:
        return np.where(there, values, np.nan if values.dtype.kind == "f" else 0)
    return values.copy()


def _placed(codes: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the places of levels, -1 for none."""
    wide = codes.astype(np.int16 if size < 1 << 15 else np.int32)
    return np.where(wide == size, -1, wide)


def _number(name: str, values: NDArray[Any]) -> Covariate:
    """Return a number as codes of its values, in order, a missing one last."""
    found, codes = np.unique(values.astype(np.float64), return_inverse=True)
    return Covariate(name, codes.astype(np.uint16 if len(found) < 1 << 16 else np.uint32), len(found), found)


def _units(hashes: NDArray[Any], lost: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the units of rows as codes from 0; a row that names none is a unit of its own."""
    codes = np.unique(hashes, return_inverse=True)[1].astype(np.int64)
    codes[lost] = codes.max(initial=0) + 1 + np.arange(int(lost.sum()))
    return codes
