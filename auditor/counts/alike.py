"""Whether tallies of parts were made alike, so that they can be added up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.counts.names import LEVEL
from auditor.errors import SourceError
from auditor.use.levels.spelling import spelling_key
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.counts.part import Counted, Part

# The roles that tallies must have in common to be added up.
ALIKE = (
    "target", "positive", "cut", "scoring", "groups", "bands", "codes", "strata", "time", "period", "weight",
    "features", "text", "id", "cluster", "survey", "opaque", "vectors", "stages", "list_column", "rank", "pay",
    "probabilities",
)  # fmt: skip
SAYS = Says(
    unlike="{one} and {other} cannot be added up: {why}; make the second with --edges-from the first",
    roles="their roles differ ({role})",
    columns="their columns differ",
    cut="'{column}' is cut at different values",
    counted="'{column}' is counted in one of them only",
    named="their levels are named differently ([groups] labels, unknown)",
    spelled="'{column}' has '{level}' in one and '{theirs}' in the other",
    lengths="'{column}' has vectors of {own:whole} numbers in one and of {theirs:whole} in the other",
    joined="their groups are joined in one of them only",
)


def refuse_unlike(one: Part, other: Part) -> None:
    """Refuse two tallies that were not made alike; SourceError with the first difference."""
    for why in _differences(one, other):
        raise SourceError(SAYS("unlike", one=one.name, other=other.name, why=why))


def _differences(one: Part, other: Part) -> Iterator[str]:
    for role in ALIKE:
        if getattr(one.roles, role) != getattr(other.roles, role):
            yield SAYS("roles", role=role)
    if list(one.columns) != list(other.columns):
        yield SAYS("columns")
    for name in one.columns:
        if one.columns[name].edges != other.columns[name].edges:
            yield SAYS("cut", column=name)
        if bool(one.columns[name].tables[0].columns[LEVEL]) != bool(other.columns[name].tables[0].columns[LEVEL]) and (
            (one.columns[name].kept or other.columns[name].kept) and not (one.min_cell or other.min_cell)
        ):
            yield SAYS("counted", column=name)
    for name in [name for name in one.vectors if name in other.vectors]:
        if one.vectors[name].dimension != other.vectors[name].dimension:
            lengths = [of.vectors[name].dimension for of in (one, other)]
            yield SAYS("lengths", column=name, own=lengths[0], theirs=lengths[1])
    if one.labels != other.labels or one.unknown != other.unknown:
        yield SAYS("named")
    for name in (*one.roles.groups, *one.roles.strata, *([one.roles.target] if one.roles.target else [])):
        if pair := _spelled_otherwise(one.columns[name], other.columns[name]):
            yield SAYS("spelled", column=name, level=pair[0], theirs=pair[1])
    if [table.key for table in one.tables] != [table.key for table in other.tables]:
        yield SAYS("joined")


def _spelled_otherwise(one: Counted, other: Counted) -> tuple[str, str] | None:
    """Return a level of one that the other spells in another way."""
    first, second = (
        {spelling_key(level): level for table in of.tables for level in table.columns[LEVEL] if isinstance(level, str)}
        for of in (one, other)
    )
    return next(((level, second[key]) for key, level in first.items() if second.get(key, level) != level), None)
