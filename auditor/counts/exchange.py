"""Tallies of parts: written where the rows are, read and added up where they are audited; no row among them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from auditor.counts.alike import refuse_unlike
from auditor.counts.columns import Column
from auditor.counts.extras import Repeats, Vectors
from auditor.counts.names import COUNT, LEVEL, MEAN, OTHER, OUTCOME, SQUARES, VARIANCE, WEIGHT
from auditor.counts.part import MISSING, SCHEMA, Counted, Part, Table, Unusable
from auditor.counts.tally import Tally
from auditor.counts.validity import check
from auditor.errors import SourceError
from auditor.format import in_json
from auditor.model import Decision
from auditor.stats.clusters import Clusters
from auditor.stats.counts import Moments, pool
from auditor.use.inputs import SAVED, reading, too_large
from auditor.use.roles import Seen

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


_ADAPTER = TypeAdapter(Part)


def part_of(tally: Tally, seen: Mapping[str, Seen], name: str, reading: Sequence[Decision]) -> Part:
    """Return a tally as it is written."""
    return Part(
        name,
        tally.rows,
        tally.roles,
        {column: replace(of, levels={}, ends={}, inner=None) for column, of in seen.items()},
        _tables(tally.tables),
        {column: _counted(of) for column, of in tally.columns.items()},
        {column: _counted(of) for column, of in tally.derived.items()},
        None if tally.moments is None else _tables(tally.moments),
        {group: dict(of) for group, of in tally.clusters.items()},
        tally.aggregated,
        tuple(reading),
        version=version("dataudit"),
        vectors={name: _unusable(of) for name, of in tally.vectors.items()},
    )


def _unusable(vectors: Vectors) -> Unusable:
    return Unusable(vectors.dimension, {why or MISSING: n for why, n in vectors.lost.items()})


def _counted(column: Column) -> Counted:
    """Return a column as it is written: in rows, for the effect of weights cannot be computed without rows."""
    return Counted(
        column.type,
        column.missing,
        column.levels,
        column.exact,
        column.agree,
        _tables({key: frame.drop(columns=[WEIGHT, SQUARES], errors="ignore") for key, frame in column.tables.items()}),
        column.edges,
        column.kept,
        column.low,
        column.high,
    )


def _tables(frames: Mapping[tuple[str, ...], pd.DataFrame]) -> list[Table]:
    return [Table(key, {name: _plain(frame[name]) for name in frame.columns}) for key, frame in frames.items()]


def _plain(values: pd.Series) -> list[Any]:
    if values.dtype.kind in "iuf":
        return [None if value != value else value for value in values.tolist()]
    return [value if isinstance(value, str) else None for value in values]


def dumped(part: Part) -> str:
    """Return the text of a tally file: strict JSON, in which an endless number is a word and no terminal is driven."""
    plain = json.loads(_ADAPTER.dump_json(part))
    return in_json(json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")), "utf-8") + "\n"


def loaded(path: Path) -> Part:
    """Read a tally file; SourceError for any other file."""
    reading(path)
    if too_large(path, SAVED):
        raise SourceError(f"{path.name} is larger than {SAVED // 2**20} MiB, the limit for a tally")
    try:
        text = path.read_text(encoding="utf-8")
        if json.loads(text).get("schema") != SCHEMA:
            raise SourceError(f"{path.name} is not a tally: its schema is not '{SCHEMA}'")
        part = _ADAPTER.validate_json(text)
        check(part)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise SourceError(f"{path.name} is not a complete tally: {where}: {error.errors()[0]['msg']}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, RecursionError):
        raise SourceError(f"{path.name} is not a tally; `dataudit tally DATA -o {path.name}` makes one") from None
    except ValueError as error:
        raise SourceError(f"{path.name} is not a complete tally: {error}") from None
    return part


def merged(parts: Sequence[Part]) -> Tally:
    """Add up the tallies of parts; SourceError where they were not made alike.

    What needs the rows themselves is left out: records that repeat, within a part or across parts.
    """
    first = parts[0]
    for part in parts[1:]:
        refuse_unlike(first, part)
    withheld = [part.withheld for part in parts if part.withheld]
    vectors = _vectors(parts)
    left_out = sum(part.left_out for part in parts)
    coarse = {name for part in parts for name, of in {**part.columns, **part.derived}.items() if of.coarse}
    parts = [part for part in parts if part.rows] or parts[:1]
    return Tally(
        roles=first.roles,
        rows=sum(part.rows for part in parts),
        tables=_summed([part.tables for part in parts]),
        columns={name: _joined(name, [of.columns[name] for of in parts], name in coarse) for name in first.columns},
        derived={name: _joined(name, [of.derived[name] for of in parts], name in coarse) for name in first.derived},
        repeated_rows=Repeats(0, 0, 0, 1.0),
        moments=None if first.moments is None else _pooled([part.moments or [] for part in parts]),
        clusters=_people(parts) if first.roles.id else {},
        aggregated=any(part.aggregated for part in parts),
        withheld=_summed(withheld) if withheld else {},
        left_out=left_out,
        vectors=vectors,
    )


def _vectors(parts: Sequence[Part]) -> dict[str, Vectors]:
    """Add up why rows have no usable vector."""
    found: dict[str, Vectors] = {}
    least = any(part.min_cell for part in parts)
    for part in parts:
        for name, of in part.vectors.items():
            known = found.get(name, Vectors(of.dimension, {}, {}, least))
            lost = Counter[str | None](known.lost)
            lost.update({None if why == MISSING else why: n for why, n in of.lost.items()})
            found[name] = replace(known, lost=dict(lost))
    return found


def _frame(table: Table) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: np.asarray(values, dtype=_kind(name)) for name, values in table.columns.items()})


def _kind(name: str) -> Any:
    if name in (COUNT, OUTCOME):
        return np.int64
    return float if name in (WEIGHT, SQUARES, MEAN, VARIANCE) else object


def _summed(parts: Sequence[Sequence[Table]]) -> dict[tuple[str, ...], pd.DataFrame]:
    """Add up the tables of several parts, key by key."""
    import pandas as pd

    found = {}
    for tables in zip(*parts, strict=True):
        frames = [_frame(table) for table in tables]
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        by = [name for name in frame.columns if name not in (COUNT, WEIGHT, SQUARES)]
        found[tables[0].key] = (
            frame.groupby(by, dropna=False, sort=False, as_index=False).sum() if len(frames) > 1 else frame
        )
    return found


def _joined(name: str, parts: Sequence[Counted], coarse: bool) -> Column:
    if any(not part.tables[0].columns[LEVEL] for part in parts):  # not counted by one of them, so by none
        parts = [replace(part, tables=list(map(_emptied, part.tables)), kept=()) for part in parts]
    first = parts[0]
    bounded = [part.kept for part in parts if part.kept]
    kept = tuple(level for level in bounded[0] if all(level in of for of in bounded)) if bounded else ()
    parted = [[_folded(table, set(kept)) for table in part.tables] if bounded else part.tables for part in parts]
    tables = _summed(parted)
    levels = next(iter(tables.values()))[LEVEL]
    lows, highs = ([getattr(part, end) for part in parts] for end in ("low", "high"))  # None where it is not known
    uncounted = first.edges or not len(levels)
    return Column(
        name,
        first.type,
        tables,
        missing=sum(part.missing for part in parts),
        levels=max(part.levels for part in parts) if uncounted else int(levels.nunique(dropna=True)),
        exact=all(part.exact for part in parts) and not bounded and (len(parts) == 1 or not uncounted),
        agree=first.agree if uncounted or len(parts) == 1 else _agree(next(iter(tables.values()))),
        edges=first.edges,
        low=None if None in lows else min(lows),
        high=None if None in highs else max(highs),
        kept=kept,
        coarse=coarse,
    )


def _emptied(table: Table) -> Table:
    return Table(table.key, {name: [] for name in table.columns})


def _folded(table: Table, kept: set[str]) -> Table:
    levels: list[Any] = [level if level is None or level in kept else OTHER for level in table.columns[LEVEL]]
    frame = _frame(Table(table.key, {**table.columns, LEVEL: levels}))
    by = [name for name in frame.columns if name != COUNT]
    return _tables({table.key: frame.groupby(by, dropna=False, sort=False, as_index=False).sum()})[0]


def _agree(table: pd.DataFrame) -> float:
    sums = table.groupby(LEVEL, dropna=False, sort=False)[COUNT].sum().to_numpy(dtype=float)
    return float((sums * (sums - 1)).sum() / max(1.0, sums.sum() * (sums.sum() - 1)))


def _pooled(parts: Sequence[Sequence[Table]]) -> dict[tuple[str, ...], pd.DataFrame]:
    """Pool the numbers, means and variances of several parts, key by key."""
    import pandas as pd

    found = {}
    for tables in zip(*parts, strict=True):
        frame = pd.concat([_frame(table) for table in tables], ignore_index=True)
        by = [name for name in frame.columns if name not in (COUNT, MEAN, VARIANCE)]
        rows = []
        for key, of in frame.groupby(by, dropna=False, sort=False):
            known = of[of[COUNT] > 0]
            whole = pool(
                [Moments(int(n), m, v) for n, m, v in zip(known[COUNT], known[MEAN], known[VARIANCE], strict=True)]
            )
            rows.append((*key, whole.n, whole.mean, whole.variance))
        found[tables[0].key] = pd.DataFrame(rows, columns=[*by, COUNT, MEAN, VARIANCE])
    return found


def _people(parts: Sequence[Part]) -> dict[str, dict[str, Clusters]]:
    """Add up how people recur, taking those of different parts for different people.

    A level that a part does not report it for is left out: for the groups with an entry, it is not known.
    """
    found: dict[str, dict[str, Clusters]] = {}
    if not any(part.clusters for part in parts):
        return found
    unknown = set()
    for part in parts:
        if part.clusters and part.min_cell:
            tally = merged([replace(part, clusters={})])
            unknown |= {(group, of) for group in part.clusters for of in tally.outcomes(group)} - {
                (group, of) for group, levels in part.clusters.items() for of in levels
            }
        for group in part.clusters:
            found.setdefault(group, {})
        for group, levels in (part.clusters or _single(part)).items():
            for level, of in levels.items():
                old = found.setdefault(group, {}).get(level)
                found[group][level] = old.plus(of) if old else of
    for group, level in unknown:
        found[group].pop(level, None)
    return found


def _single(part: Part) -> dict[str, dict[str, Clusters]]:
    """Return the sums of a part in which nobody recurs."""
    tally = merged([part])
    return {
        group: {
            level: Clusters(int(n), int(n), int(x), int(n), int(x), int(x))
            for level, (x, n) in tally.outcomes(group).items()
        }
        for group in tally.roles.groups
    }
