"""Which counts are few, and which others would disclose them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from auditor.model import Few

Key = TypeVar("Key", bound=Hashable)


def is_few(n: float | None, least: int) -> bool:
    """Whether there are rows, and so few."""
    return n is not None and 0 < round(n, 6) < least


def closed(counts: Mapping[Key, float], hidden: Collection[Key], least: int) -> set[Key]:
    """Return `hidden` with those cells that must be hidden beside, so that no total less the others discloses one.

    In every line of cells that differ in one place of their key (keys that are no tuples are one line), no cell is
    hidden, or two or more that together have no few rows. Those added are the smallest that are not empty.

    >>> sorted(closed({("a",): 1, ("b",): 70, ("c",): 9}, {("a",)}, 5))
    [('a',), ('c',)]
    >>> sorted(closed({"a": 1, "b": 4, "c": 9}, {"a", "b"}, 5))
    ['a', 'b']
    """
    found = set(hidden)
    lines: dict[Hashable, list[Key]] = {}
    for key in counts:
        for line in _lines(key):
            lines.setdefault(line, []).append(key)
    held = {line: sum(key in found for key in keys) for line, keys in lines.items()}
    changed = True
    while changed:
        changed = False
        for keys in lines.values():
            inside = [counts[key] for key in keys if key in found]
            spare = [key for key in keys if key not in found and counts[key]]
            if spare and inside and _discloses(inside, least):
                # Where its other lines have hidden cells as well, fewer are hidden in all.
                best = min(spare, key=lambda key: (-sum(held[of] > 0 for of in _lines(key)), counts[key], str(key)))
                found.add(best)
                for line in _lines(best):
                    held[line] += 1
                changed = True
    return found


def _lines(key: Hashable) -> list[Hashable]:
    """Return the lines that a cell is in: for each place of its key, what the others are."""
    return [(at, (*key[:at], *key[at + 1 :])) for at in range(len(key))] if isinstance(key, tuple) else [None]


def _discloses(hidden: Sequence[float], least: int) -> bool:
    """Whether the sum of hidden counts discloses one of them, or is itself one of few."""
    total = sum(hidden)
    if not total:
        return False
    # A sum that is the most, or the least, that so few groups can have discloses each of them.
    return len(hidden) < 2 or total < least or set(hidden) in ({1}, {least - 1})


def few_share(share: float, n: float, least: int) -> bool:
    """Whether so few of `n` are those of a share, or the others."""
    return is_few(share * n, least) or is_few(n - share * n, least)


def names(about: Mapping[str, Any], levels: Mapping[str, Collection[str]]) -> bool:
    """Whether a subject or a record is about one of the levels of its group column."""
    of = levels.get(str(about.get("group")), ())
    return bool(of) and any(about.get(key) in of for key in ("level", "reference"))


def hides(about: Mapping[str, Any], few: Few) -> bool:
    """Whether a subject or a record is about a group whose numbers are suppressed."""
    return names(about, few.few) or names(about, few.beside)
