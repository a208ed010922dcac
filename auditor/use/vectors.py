"""Which columns hold vectors of numbers, one in each row: as the use states, else as their values show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from auditor.errors import ColumnError, RoleError
from auditor.model import Decision
from auditor.use.opaque import LONG_RUN, is_readable
from auditor.use.roles import NONE, Opaque, Seen, is_numeric
from auditor.use.says import Says
from auditor.use.stated import stated
from auditor.use.usecase import UseCase

LEAST = 2  # numbers of a vector
JOINTS = "_-.:# "  # between the name of a vector and the numbers of its columns
UNNAMED = "vector"
VECTOR_TYPE = "FLOAT[]"  # every vector's, once the rows are read as vectors
SAYS = Says(
    run="'{first}' to '{last}' are read as one vector '{name}' of {columns:whole} numbers, and are no features by "
    "themselves.",
    alone="'{first}' to '{last}' look like one vector of {columns:whole} numbers. They are audited column by column, "
    "which reveals little about the whole vector.",
    texts="'{column}' is read as vectors of {dimension:whole} numbers, which its texts spell.",
    guessed="Vectors guessed: {vectors:each}.",
    of_guessed="'{column}' ({dimension:whole} numbers)",
)


@dataclass(frozen=True)
class Vectored:
    """Vectors by name, each with the column, or the columns in order, whose numbers it has; `use` names them.

    `reading` has the decisions on what they are made of.
    """

    columns: Mapping[str, tuple[str, ...]]
    use: UseCase
    reading: tuple[Decision, ...] = ()


def vectored(seen: Mapping[str, Seen], use: UseCase, where: str) -> Vectored:
    """Decide which columns are vectors, before any role is assigned.

    Raises:
        ColumnError: A stated column, or a pattern of names, does not fit any.
        RoleError: A stated column holds no vectors, or has another role.
    """
    columns: dict[str, tuple[str, ...]] = {}
    reading = []
    known = stated(aside(use), list(seen), where)
    named = [name for name in use.features.vector if name.lower() != NONE or NONE in seen]
    taken = known.columns | {*known.required}
    for name in named:
        found, members = _stated(name, seen, where)
        if both := next((each for each in members if each in taken), None):
            raise RoleError(f"column '{both}' cannot be both vector and {_role(known.roles, both)}")
        columns[found] = members
        if members != (found,):
            reading.append(_of_run(found, members))
    if not use.features.vector:
        alone = taken | {*use.features.forbidden, *use.features.not_leaks}  # columns that are named by themselves
        for found, members in _guessed(seen, known.columns, alone):
            columns[found] = members
            reading += [_of_run(found, members, f"--vector {NONE}")] if members != (found,) else []
    for found, members in columns.items():
        if members == (found,) and seen[found].type == "VARCHAR":
            text = SAYS("texts", column=found, dimension=seen[found].dimension)
            reading.append(Decision(text, "vectors", (found,), f"--vector {NONE}"))
    if named:
        use = use.over("features", vector=tuple(columns))
    return Vectored(columns, use, tuple(reading))


def aside(use: UseCase) -> UseCase:
    """Return the use without what it states of vectors."""
    features = use.features.model_copy(update={"vector": ()})
    return use.model_copy(update={"features": features}) if use.features.vector else use


def is_vector(seen: Seen) -> bool:
    """Whether a column surely holds vectors: lists of numbers, nearly all of one length, that hardly recur."""
    if seen.holds is not Opaque.VECTOR or not seen.even or not seen.dimension or is_readable(seen):
        return False
    if seen.type == "VARCHAR":
        return seen.dimension >= LONG_RUN
    element, of_one_length = re.sub(r"\[\d*\]$", "", seen.type), re.search(r"\[\d+\]$", seen.type)
    fractions = element in ("FLOAT", "DOUBLE") or element.startswith("DECIMAL")
    return seen.dimension >= LEAST and (fractions or (of_one_length is not None and is_numeric(element)))


def guessed(names: Sequence[str], seen: Mapping[str, Seen]) -> Decision:
    """Return which columns are guessed to be vectors."""
    vectors = [SAYS("of_guessed", column=name, dimension=seen[name].dimension) for name in names]
    return Decision(SAYS("guessed", vectors=vectors), "vectors", tuple(names), f"--vector {NONE}")


def runs(seen: Mapping[str, Seen], names: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Yield the columns of each numbered run of fractions, LONG_RUN or more, by their numbers: emb_0 to emb_383."""
    found: dict[str, dict[int, str]] = {}
    for name in names:
        numbered = re.fullmatch(r"(.*?)(\d+)", name, re.DOTALL)
        if numbered and seen[name].numeric and not seen[name].whole and seen[name].known:
            found.setdefault(numbered[1], {})[int(numbered[2])] = name
    for run in found.values():
        if len(run) >= LONG_RUN and max(run) - min(run) + 1 == len(run):
            yield tuple(run[number] for number in sorted(run))


def apart(seen: Mapping[str, Seen], features: Collection[str]) -> Iterator[Decision]:
    """Yield a note on runs of numbered columns that are features by themselves, as the use states."""
    for run in runs(seen, features):
        yield Decision(SAYS("alone", first=run[0], last=run[-1], columns=len(run)), "vectors", (run[0], run[-1]))


def _guessed(
    seen: Mapping[str, Seen], taken: Collection[str], alone: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((name, (name,)) for name in seen if name not in taken and is_vector(seen[name]))
    for run in runs(seen, [name for name in seen if name not in alone]):
        prefix = re.sub(r"\d+$", "", run[0])
        yield _called(prefix, run, seen), run


def _stated(name: str, seen: Mapping[str, Seen], where: str) -> tuple[str, tuple[str, ...]]:
    """Return a stated vector, and the column or the columns that it is made of."""
    by_case = {column.lower(): column for column in seen}
    if column := by_case.get(name.lower()):
        _refuse(column, seen[column])
        return column, (column,)
    if not set(name) & set("*?["):
        raise ColumnError.missing(name, list(seen), where, "--vector")
    found = sorted((each for each in seen if fnmatchcase(each.lower(), name.lower())), key=in_number_order)
    if len(found) < LEAST:
        raise ColumnError(f"{where}: --vector '{name}' fits {len(found)} columns, and {LEAST} are the least")
    if other := next((each for each in found if not seen[each].numeric), None):
        raise RoleError(f"--vector '{name}' fits '{other}', which is not a number ({seen[other].type})")
    return _called(re.sub(r"[*?]|\[.*?\]", "", name), found, seen), tuple(found)


def _refuse(column: str, seen: Seen) -> None:
    """Refuse a column that holds no vectors."""
    if seen.complete and seen.known == 0:
        raise RoleError(f"vector '{column}' has no value in any of {seen.rows:,} rows")
    if seen.holds is not Opaque.VECTOR:
        raise RoleError(
            f"column '{column}' holds no vectors ({seen.type}); right is a list of numbers in each row, or a pattern "
            "of numbered columns ('emb_*')"
        )
    if not seen.dimension:
        raise RoleError(f"column '{column}' holds lists of lists; a vector is one list of numbers")
    if seen.dimension < LEAST:
        raise RoleError(f"column '{column}' holds lists of {seen.dimension} number; a vector has {LEAST} or more")


def in_number_order(name: str) -> list[tuple[bool, int, str]]:
    """Return the key that sorts emb_2 before emb_10."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name.lower())]


def _called(prefix: str, members: Sequence[str], seen: Mapping[str, Seen]) -> str:
    """Return what to call the vector of some columns: what their names have in common, where that is free."""
    name = prefix.rstrip(JOINTS) or UNNAMED
    others = {each.lower() for each in seen} - {each.lower() for each in members}
    while name.lower() in others:
        name += "*"
    return name


def _of_run(name: str, members: Sequence[str], overrule: str | None = None) -> Decision:
    text = SAYS("run", first=members[0], last=members[-1], name=name, columns=len(members))
    return Decision(text, "vectors", (members[0], members[-1]), overrule)


def _role(roles: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next((role for role, names in roles.items() if name in names), "stratum")
