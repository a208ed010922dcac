"""Columns whose values no rule reads yet: vectors, images, other bytes, nested values; what is decided of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from auditor.errors import RoleError
from auditor.model import Decision
from auditor.use.images import is_property
from auditor.use.roles import Opaque, Seen
from auditor.use.says import Says

SAYS = Says(
    one="{columns:listed} {holds}. No rule audits it yet, but a model could predict the group from it.",
    several="{columns:listed} {holds}. No rule audits them yet, but a model could predict the group from them.",
    pictured="{columns:listed} {holds}, described by columns such as {properties:each}. No rule audits it yet beyond "
    "these, and a model could predict the group from it.",
    by_path="Their properties are read if the column is named (--image).",
    left_out="it {holds}, which no rule reads yet",
    holds_numbers="holds {numbers}",
    hold_numbers="hold {numbers}",
    vectors="vectors of {most:whole} number{most:s}",
    lists="lists of {least:whole} to {most:whole} number{most:s}",
)
# What the values of a column are -> the words for one such column, and for several.
HOLDS = {
    Opaque.IMAGE: ("holds images", "hold images"),
    Opaque.IMAGE_FILE: ("names image files", "name image files"),
    Opaque.BINARY: ("holds bytes", "hold bytes"),
    Opaque.NESTED: ("holds nested values", "hold nested values"),
}
# Long bytes are not kept, but a mark of each value, equal where they are: the first HEAD bytes, and a hash of all.
HEAD = 16
MARK = ("(bytes ", "... ", ")")
SHORT = 64  # bytes up to which they are read in hexadecimal instead, as identifiers and hashes are
FEW = 20  # lists of numbers with no more distinct ones than this are compared as levels
LONG_RUN = 16  # numbered columns of fractions, or numbers in a text, from which on they look like one vector


def opaque(seen: Mapping[str, Seen], names: Iterable[str], text_words: int) -> dict[str, Opaque]:
    """Return those of the columns that no rule can read, with what they hold.

    Lists of numbers and nested values that recur are compared as levels; nested values with `text_words` words or more
    are read as text.
    """
    return {name: holds for name in names if (holds := seen[name].holds) and not is_readable(seen[name], text_words)}


def is_readable(seen: Seen, text_words: int = 0) -> bool:
    """Whether such values are compared as levels, or read as texts of `text_words` words or more."""
    if seen.holds is Opaque.VECTOR:
        return seen.distinct <= min(FEW, seen.known / 2)
    return seen.holds is Opaque.NESTED and (seen.distinct <= seen.known / 2 or seen.words >= text_words)


def refuse_as_text(seen: Mapping[str, Seen], names: Iterable[str]) -> None:
    """Refuse columns of bytes that are named as text: their words would be those of an encoding."""
    for name in names:
        if (holds := seen[name].holds) in (Opaque.IMAGE, Opaque.BINARY):
            raise RoleError(f"column '{name}' {_holds(holds, several=False)} and cannot be read as text")


def decisions(columns: Mapping[str, Opaque], seen: Mapping[str, Seen]) -> Iterator[Decision]:
    """Yield one decision for all columns that hold the same."""
    alike: dict[tuple[Opaque, str], list[str]] = {}
    for name, kind in columns.items():
        alike.setdefault((kind, _numbers(seen[name])), []).append(name)
    for (kind, numbers), names in alike.items():
        several = len(names) > 1
        holds = _holds(kind, numbers, several=several)
        described = [name for name in seen if is_property(name)][:2] if kind is Opaque.IMAGE else []
        key = "pictured" if described else "several" if several else "one"
        yield Decision(
            SAYS(key, "by_path" if kind is Opaque.IMAGE_FILE else "", columns=names, holds=holds, properties=described),
            "not audited",
            tuple(names),
            " ".join(f"--drop {shlex.quote(name)}" for name in names),
            warning=True,
        )


def unread(kind: Opaque) -> str:
    """Return why a column is left out, in a few words: "it holds vectors, which no rule reads yet"."""
    return SAYS("left_out", holds=_holds(kind, "vectors", several=False))


def _holds(kind: Opaque, numbers: str = "", *, several: bool) -> str:
    """Return what one column, or several, hold; `numbers` is what lists of numbers are called."""
    if kind is Opaque.VECTOR:
        return SAYS("hold_numbers" if several else "holds_numbers", numbers=numbers)
    return HOLDS[kind][several]


def _numbers(seen: Seen) -> str:
    """Return what lists of numbers are called: vectors, where all are of one length."""
    if seen.width is None:
        return "lists of numbers"
    least, most = seen.width
    return SAYS("vectors" if least == most else "lists", least=least, most=most)
