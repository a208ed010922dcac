"""What means "no value": the spellings that are recognised in text, and the values that were stated, in any data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.errors import ColumnError
from auditor.loaders.options import EVERY, ReadOptions
from auditor.loaders.source import literal, quoted
from auditor.model import Decision
from auditor.use.nameable import counted
from auditor.use.roles import is_numeric
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

# What stands for a missing value in a text, where a field is not in quotes.
SPELLINGS = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>", "#N/A")
BLANKS = " \t\r\n\u00a0\u2007\u202f\ufeff"
ABOUT = "missing values"
OVERRULE = "[data] missing"
SAYS = Says(
    recognised="Read as missing{where}: {spellings:each}.",
    spelling="'{spelling}' ({fields:people} field{fields:s})",
    stated="Read as missing in '{column}', as stated: {values:each}.",
    value="'{value}' ({values})",
    absent="Stated to mean a missing value, but not found in the data: {values:listed}.",
    absent_in="Stated to mean a missing value, but not found in '{column}': {values:listed}.",
)

Stated = tuple[str, str]  # a column, and one of its values that is stated to mean none


def is_one_of(text: str, values: Iterable[str]) -> str:
    """Return the SQL that tests whether a text, but for blanks around it, is one of some values."""
    words = ", ".join(literal(value.strip(BLANKS)) for value in values)
    return f"trim({text}, {literal(BLANKS)}) IN ({words})"


def note_recognised(store: Store, counts: Mapping[str, int], columns: Sequence[str], where: str = "") -> None:
    """Report which spellings were read as missing values, in how many fields."""
    found = [SAYS("spelling", spelling=word, fields=n) for word, n in sorted(counts.items()) if n]
    if found:
        store.note(SAYS("recognised", where=where, spellings=found), ABOUT, columns, OVERRULE)


def counting(texts: Mapping[str, str], kinds: Mapping[str, str], asked: Sequence[Stated]) -> str:
    """Return the SQL that counts, in one row, the values that are stated to mean none.

    `texts` is the SQL of each column, `kinds` its type.
    """
    return ", ".join(f"count(*) FILTER ({_is(texts[name], value, kinds[name])})" for name, value in asked)


def count(store: Store, asked: Sequence[Stated], found: Sequence[int]) -> None:
    """Take down how many values were stated to mean none."""
    for stated, n in zip(asked, found, strict=True):
        store.missing[stated] = store.missing.get(stated, 0) + n


def without(column: str, kind: str, value: str, stated: Sequence[str]) -> str:
    """Return the SQL of a column without the values that were stated to mean none; `value` is the SQL of it so far."""
    if not stated:
        return value
    either = " OR ".join(_is(column, each, kind) for each in stated)
    return f"CASE WHEN NOT coalesce({either}, false) THEN {value} END"


def number(value: str) -> int | float | None:
    """Return the number that a text stands for, None if it stands for none.

    >>> number("999.0"), number("9.5"), number("n.v.")
    (999, 9.5, None)
    """
    try:
        found = float(value)
    except ValueError:
        return None
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def _is(column: str, value: str, kind: str) -> str:
    """Return the SQL that tests whether a column has a value: a number by its value, anything else by its text."""
    if is_numeric(kind):
        found = number(value)
        if found is None:
            return "false"
        return f"{column} = {found if isinstance(found, int) else f'{literal(repr(found))}::DOUBLE'}"
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"{column} = TRY_CAST({literal(value)} AS {kind})"
    return is_one_of(f"CAST({column} AS VARCHAR)", [value.lower() if kind == "BOOLEAN" else value])


def note_stated(store: Store, relation: str, kinds: Mapping[str, str], label: str) -> None:
    """Report what was read as missing because the use states it; `kinds` are the types of the columns of `relation`."""
    read = {name for name, _ in store.missing}
    check_columns(store.options, [*kinds, *(name for name in read if name not in kinds)], label)
    if asked := [(name, value) for name in kinds for value in store.options.means_missing(name)]:
        counts = counting({name: quoted(name) for name in kinds}, kinds, asked)
        count(store, asked, store.run(f"SELECT {counts} FROM {relation}")[0])
    for decision in decisions(store.options, store.missing):
        if decision not in store.reading:
            store.reading.append(decision)


def check_columns(options: ReadOptions, columns: Collection[str], label: str) -> None:
    """Refuse a column that [data] missing names and the data do not have."""
    for name in options.missing:
        if name != EVERY and name not in columns:
            raise ColumnError.missing(name, columns, f"{label}, but in [data] missing")


def decisions(options: ReadOptions, counts: Mapping[Stated, int]) -> Iterator[Decision]:
    """Yield a decision on the values that were stated to mean "missing", by how often each was found."""
    for name in dict.fromkeys(name for name, _ in counts):
        found = [(value, n) for (own, value), n in counts.items() if own == name and n]
        shown = [SAYS("value", value=value, values=counted(n, "value")) for value, n in found]
        if found:
            yield Decision(SAYS("stated", column=name, values=shown), ABOUT, (name,), OVERRULE)
    for name, values in options.missing.items():
        met = {value for (own, value), n in counts.items() if n and name in (EVERY, own)}
        if absent := [value for value in values if value not in met]:
            columns = () if name == EVERY else (name,)
            text = SAYS("absent" if name == EVERY else "absent_in", column=name, values=absent)
            yield Decision(text, ABOUT, columns, OVERRULE, warning=True)
