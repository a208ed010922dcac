"""Group columns as they are written (`age:25,40`, `race:codes`), and how many groups one may sort people into."""

from __future__ import annotations

import math
from collections.abc import Collection

from auditor.errors import RoleError
from auditor.use.says import Says

MAX_GROUP_LEVELS = 200
CODES = "codes"  # written behind a column whose whole numbers are codes: race:codes

SAYS = Says(cut="if its numbers are not codes, cut them ({group}:10,20), else {instead}")


def refuse_many_levels(group: str, levels: int, rows: int, *, codes: bool = False, place: bool = False) -> None:
    """Refuse a group column that sorts people into too many groups to be compared.

    `codes`: its levels are numbers that are codes; `place`: of places, whose first digits mean larger ones.
    """
    if levels > MAX_GROUP_LEVELS:
        instead = "give a column that sorts people into fewer groups"
        if place:
            instead = "put the first two or three characters of each into a column of its own, and give that"
        elif codes:
            instead = SAYS("cut", group=group, instead=instead)
        raise RoleError(f"group '{group}' has over {MAX_GROUP_LEVELS} levels ({levels:,} in {rows:,} rows); {instead}")


def parted(written: str, columns: Collection[str]) -> tuple[str, str]:
    """Return a group's column and where it is to be cut, as it was written; a colon may be part of a name.

    >>> parted("age:25,40", ["age"]), parted("race:codes", ["race"])
    (('age', '25,40'), ('race', 'codes'))
    """
    if written in columns or ":" not in written:
        return written, ""
    name, _, cuts = written.rpartition(":")
    return name, cuts


def edges_of(name: str, cuts: str, *, years: bool = False) -> tuple[float, ...]:
    """Return the numbers, or `years`, at which a group is to be cut, in order; RoleError for anything else."""
    try:
        edges = tuple(sorted({float(cut) for cut in cuts.split(",")}))
    except ValueError:
        edges = (math.nan,)
    if not all(map(math.isfinite, edges)):
        right = f"years: {name}:1970,1980" if years else f"numbers: {name}:25,40,65"
        raise RoleError(f"group '{name}' is to be cut at '{cuts}'; write {right}")
    return edges
