"""Group columns as they are written (`age:25,40`), and how many groups one may sort people into."""

from __future__ import annotations

import math
from collections.abc import Collection

from auditor.errors import RoleError

MAX_GROUP_LEVELS = 200


def refuse_many_levels(group: str, levels: int, rows: int) -> None:
    """Refuse a group column that sorts people into too many groups to be compared."""
    if levels > MAX_GROUP_LEVELS:
        raise RoleError(
            f"group '{group}' has over {MAX_GROUP_LEVELS} levels ({levels:,} in {rows:,} rows); give a column that "
            "sorts people into fewer groups"
        )


def parted(written: str, columns: Collection[str]) -> tuple[str, str]:
    """Return a group's column and where it is to be cut, as it was written; a colon may be part of a name.

    >>> parted("age:25,40", ["age"])
    ('age', '25,40')
    """
    if written in columns or ":" not in written:
        return written, ""
    name, _, cuts = written.rpartition(":")
    return name, cuts


def edges_of(name: str, cuts: str) -> tuple[float, ...]:
    """Return the numbers at which a group is to be cut, in order; RoleError for what is none."""
    try:
        edges = tuple(sorted({float(cut) for cut in cuts.split(",")}))
    except ValueError:
        edges = (math.nan,)
    if not all(map(math.isfinite, edges)):
        raise RoleError(f"group '{name}' is to be cut at '{cuts}'; write numbers: {name}:25,40,65")
    return edges
