"""The amounts of every row: pay, hours, and the levels that they are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.pay import PayRows
from auditor.engines.sql import as_text, group_key
from auditor.loaders.source import Source, quoted
from auditor.use.roles import Roles, Seen
from auditor.use.vectors import in_number_order

if TYPE_CHECKING:
    import pyarrow as pa


def needed(roles: Roles) -> tuple[str, ...]:
    """Return the columns that the figures of pay are made of, each once."""
    category = [roles.pay.category] if roles.pay.category else []
    return tuple(dict.fromkeys([*roles.groups, *category, *roles.pay.columns]))


def pay_rows(source: Source, roles: Roles, seen: Mapping[str, Seen], *, blank_is_none: bool) -> PayRows:
    """Read the amounts of all rows; `blank_is_none`: an empty cell of variable pay means no such pay."""
    pay = roles.pay
    asked = {f"k{i}": group_key(group, roles, seen) for i, group in enumerate(roles.groups)}
    if pay.category:
        asked["category"] = as_text(pay.category, seen[pay.category].type)
    asked["base"] = _amount(str(pay.base))
    if pay.variable:
        parts = [_amount(name) for name in pay.variable]
        asked["variable"] = " + ".join(f"coalesce({part}, 0)" for part in parts) if blank_is_none else " + ".join(parts)
    if pay.hours:
        asked["hours"] = _amount(pay.hours)
    listed = ", ".join(f"{sql} AS {name}" for name, sql in asked.items())
    table = source.connection.sql(f"SELECT {listed} FROM {source.relation}").to_arrow_table().combine_chunks()
    keys = {group: _coded(table[f"k{i}"]) for i, group in enumerate(roles.groups)}
    category, categories = _coded(table["category"]) if pay.category else (None, ())
    return PayRows(
        {group: codes for group, (codes, _) in keys.items()},
        {group: levels for group, (_, levels) in keys.items()},
        _numbers(table["base"]),
        _numbers(table["variable"]) if pay.variable else None,
        _numbers(table["hours"]) if pay.hours else None,
        category,
        categories,
    )


def _amount(name: str) -> str:
    return f"CAST({quoted(name)} AS DOUBLE)"


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    found: np.ndarray = values.to_pandas().to_numpy(dtype=float)
    return found


def _coded(values: pa.ChunkedArray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the places of texts among their levels, which are in order (10 after 9), -1 for none, and the levels."""
    found = values.combine_chunks().dictionary_encode()
    found = found.chunk(0) if hasattr(found, "chunk") else found
    names = found.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda at: in_number_order(names[at]))
    to = np.full(len(names) + 1, -1, dtype=np.int32)
    to[order] = np.arange(len(names))
    places = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return to[places], tuple(names[at] for at in order)
