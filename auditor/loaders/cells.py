"""Cells of a spreadsheet -> one column of a type: numbers may be kept as text, and texts look like numbers."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.loaders.forms import MACROS, WHOLES, Form
from auditor.loaders.marks import Choice
from auditor.loaders.missing import OVERRULE
from auditor.loaders.sheets import text as written
from auditor.use.names import words_of
from auditor.use.says import Says
from auditor.use.vocabulary import QUANTITIES

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.store import Store

WORDS = {
    int: "numbers",
    float: "numbers",
    bool: "truth values",
    datetime.date: "dates",
    datetime.datetime: "dates",
    datetime.time: "times",
    datetime.timedelta: "durations",
}
WHOLE = WHOLES | Form.MINUS | Form.PLUS | Form.BARE
SAYS = Says(
    as_text="Column '{column}' is read as text: {why}.",
    mixed="it mixes {kinds:ands}",
    among="{what} at {place} among numbers",
    at_last="numbers at first, then {what} at {place}",
)


@dataclass(frozen=True)
class Column:
    """The cells of one column, and where each stands."""

    name: str
    values: list[Any]
    places: Sequence[str]

    @property
    def kinds(self) -> set[type]:
        """The types of its cells."""
        return {type(value) for value in self.values if value is not None}


def forms_of(store: Store, columns: Sequence[Column]) -> dict[str, Form]:
    """Return the forms of the texts in each column of texts and numbers; `TEXT` for any other column."""
    import pyarrow as pa

    found = dict.fromkeys((column.name for column in columns), Form.TEXT)
    asked = [column for column in columns if str in column.kinds and column.kinds <= {str, int, float}]
    pairs = [(column.name, value) for column in asked for value in {*column.values} if isinstance(value, str)]
    if not pairs:
        return found
    for macro in MACROS:
        store.run(macro)
    names, values = zip(*pairs, strict=True)
    store.connection.register("texts", pa.table({"name": names, "value": values}))
    forms = store.run("SELECT name, bit_or(form_of(value)) FROM texts GROUP BY name")
    store.connection.unregister("texts")
    found |= {name: Form(bits) for name, bits in forms}
    for column in asked:
        for number in {value for value in column.values if isinstance(value, int | float)}:
            short = 0 < abs(number) < 1000 and float(number).is_integer()
            found[column.name] |= Form.BARE | (Form.SHORT if short else Form.NONE)
    return found


def is_kept(column: Column, forms: Form) -> bool:
    """Return whether a column has whole numbers alone, all of them stored as text: that was intended as text.

    Ages, pay and other quantities, by their name, were not: programs export whole sheets as text.
    """
    return column.kinds == {str} and not forms & ~WHOLE and not words_of(column.name) & QUANTITIES


def array(store: Store, column: Column, choice: Choice) -> pa.Array:
    """Return the cells of one column as an Arrow array of the type that holds them all."""
    import pyarrow as pa

    kinds = column.kinds
    if is_read(column, choice):
        return _numbers(_read(store, column, choice))
    if kinds and kinds <= {int, float}:
        return _numbers(column.values)
    if kinds == {datetime.date, datetime.datetime}:
        return pa.array([_midnight(value) for value in column.values], pa.timestamp("us"))
    if len(kinds) == 1 and str not in kinds:
        return pa.array(column.values)
    if len(kinds) > 1 and not choice.remarks:
        _note_mixture(store, column)
    return pa.array([None if value is None else written(value) for value in column.values], pa.string())


def is_read(column: Column, choice: Choice) -> bool:
    """Return whether texts of a column are read as numbers."""
    return str in column.kinds and choice.reading.type in ("BIGINT", "DOUBLE")


def _read(store: Store, column: Column, choice: Choice) -> list[Any]:
    """Return the cells with numbers in place of their texts."""
    import pyarrow as pa

    texts = [value for value in {*column.values} if isinstance(value, str)]
    store.connection.register("texts", pa.table({"value": texts}))
    numbers = dict(store.run(f"SELECT value, {choice.reading.sql('value')} FROM texts"))
    store.connection.unregister("texts")
    return [numbers[value] if isinstance(value, str) else value for value in column.values]


def _numbers(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    whole = all(value is None or (float(value).is_integer() and abs(value) < 2**53) for value in values)
    if whole:
        return pa.array([None if value is None else int(value) for value in values], pa.int64())
    return pa.array([None if value is None else float(value) for value in values], pa.float64())


def _note_mixture(store: Store, column: Column) -> None:
    values = column.values
    kinds = [None if value is None else WORDS.get(type(value), "texts") for value in values]
    numbers, odd = kinds.count("numbers"), [i for i, kind in enumerate(kinds) if kind not in (None, "numbers")]
    if numbers < len(odd):
        why = SAYS("mixed", kinds=sorted({kind for kind in kinds if kind}))
    else:
        what = "a text" if kinds[odd[0]] == "texts" else "another value"
        why = SAYS("at_last" if "numbers" in kinds[: odd[0]] else "among", what=what, place=column.places[odd[0]])
    text = SAYS("as_text", column=column.name, why=why)
    store.note(text, "text among numbers", [column.name], OVERRULE, warning=True)


def _midnight(value: Any) -> Any:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value, datetime.time())
    return value
