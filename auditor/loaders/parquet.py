"""Parquet files -> rows, scanned where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import limits
from auditor.loaders.kinds import escaped
from auditor.loaders.names import distinct, joined
from auditor.loaders.recipe import Recipe
from auditor.loaders.store import reason

if TYPE_CHECKING:
    from auditor.loaders.files import File, Found
    from auditor.loaders.store import Store


def load(store: Store, found: Found) -> str:
    """Return what to put behind FROM to scan the files, columns joined by name."""
    columns = [_columns(store, file) for file in found.files]
    joined(store, zip((file.label for file in found.files), columns, strict=True))
    # Only folders below the one that was given can partition the data.
    partitioned = any("=" in part for file in found.files for part in file.label.split("/")[:-1])
    store.recipe = Recipe(scanned([Path(file.label) for file in found.files], partitioned=partitioned))
    return scanned([file.path for file in found.files], partitioned=partitioned)


def scanned(paths: Sequence[Path], *, partitioned: bool = False) -> str:
    """Return the SQL that scans Parquet files, columns joined by name."""
    listed = ", ".join(map(escaped, paths))
    # Statistics in the files leave NaN out, and DuckDB would infer from them that isnan() is never true.
    options = f"union_by_name = true, can_have_nan = true, hive_partitioning = {str(partitioned).lower()}"
    return f"read_parquet([{listed}], {options})"


def _columns(store: Store, file: File) -> Sequence[str]:
    import duckdb

    try:
        _refuse_bomb(store, file)
        nodes = store.run(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({escaped(file.path)})")
        store.run(f"SELECT * FROM read_parquet({escaped(file.path)}, hive_partitioning = false) LIMIT 1")
    except duckdb.Error as error:
        raise SourceError(f"{file.label} cannot be read as Parquet: {reason(error, store, file.label)}") from error
    names = _top(nodes)
    distinct(names, file.label)
    return names


def _refuse_bomb(store: Store, file: File) -> None:
    """Refuse a file whose directory says that a few bytes stand for very many."""
    size = file.path.stat().st_size
    ((rows,),) = store.run(f"SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata({escaped(file.path)})")
    limits.refuse_rows(int(rows), size, file.label)
    ((unpacked,),) = store.run(
        f"SELECT coalesce(sum(greatest(total_uncompressed_size, 0)), 0) FROM parquet_metadata({escaped(file.path)})"
    )
    limits.refuse_unpacked(int(unpacked), size, file.label, "write it without compression")


def _top(nodes: Sequence[tuple[str, int]]) -> list[str]:
    """Return the names of the columns from a schema that lists each node before its children.

    >>> _top([("schema", 2), ("a", 1), ("inner", 0), ("b", 0)])
    ['a', 'b']
    """
    names, inner = [], 0
    for name, children in nodes[1:]:
        if not inner:
            names.append(name)
        inner = max(0, inner - 1) + children
    return names
