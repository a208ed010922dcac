"""Column names: each must be unique, and files are joined by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.format import spelled
from auditor.loaders import limits
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

SAYS = Says(
    absent="{file} has no {columns:listed}: missing in its rows",
    unnamed="{data}: column {place} has no name, so it is called '{column}'",
    joint="{data}: the levels of column names are joined by dots: {columns:listed 3}",
)


def distinct(names: Sequence[str], label: str) -> None:
    """Refuse a column name that occurs twice, for DuckDB would rename the second one silently; or no columns at all."""
    if not names:
        raise SourceError(f"{label} has no columns")
    limits.refuse_wide(len(names), label)
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        first = seen.setdefault(name.lower(), position)
        if first == position:
            continue
        if names[first - 1] == name:
            raise SourceError(
                f"{label}: column '{name}' occurs twice, at positions {first} and {position}; "
                "give each column a name of its own"
            )
        raise SourceError(
            f"{label}: columns '{names[first - 1]}' (position {first}) and '{name}' (position {position}) "
            "differ only by case; rename one of them"
        )


def joined(store: Store, files: Iterable[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """Return the names of all columns by their lower-case form, noting which file lacks which.

    DuckDB takes names that differ only by case as one; the first spelling stands.
    """
    files = list(files)
    union: dict[str, str] = {}
    for _, names in files:
        for name in names:
            union.setdefault(name.lower(), name)
    for label, names in files:
        own = {name.lower() for name in names}
        if absent := [name for key, name in union.items() if key not in own]:
            store.note(SAYS("absent", file=label, columns=absent))
    return union


def named(store: Store, labels: Iterable[object], label: str) -> list[str]:
    """Return the names of a frame's columns, each unique, and report the names given to columns without one."""
    labels = list(labels)
    names = [spelled(each) for each in labels]
    for i, name in enumerate(names):
        if not name.strip():
            names[i] = f"column{i}"
            text = SAYS("unnamed", data=label, place=i + 1, column=names[i])
            store.note(text, "column names", (names[i],))
    distinct(names, label)
    if joint := [name for name, each in zip(names, labels, strict=True) if isinstance(each, tuple)]:
        store.note(SAYS("joint", data=label, columns=joint), "column names", joint)
    return names
