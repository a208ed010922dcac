"""Columns of text -> a table with types: guessed from the first rows, checked on all of them while they are stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders.column_types import ALIEN, FAMILIES, FORM_OF, TEXT, Form, Reading, reading, unclear
from auditor.loaders.names import joined
from auditor.source import quoted
from auditor.words import listed

if TYPE_CHECKING:
    from auditor.loaders.store import Store

SAMPLE = 20_000
KEPT = "kept.rows"


@dataclass(frozen=True)
class Scan:
    """One file as DuckDB reads it: `sql` stands behind FROM and gives `columns`, whose names are `names`.

    `places` tells where rows, counted from 0, stand in the file. `decimal_comma` says whether 1,5 is a number there.
    `form` is the SQL function that tells a value's Form, `text` the SQL of its text. `typed` says that the file types
    its values itself, so that their text alone does not tell their form.
    """

    label: str
    names: Sequence[str]
    sql: str
    columns: Sequence[str]
    places: Callable[[Collection[int]], Mapping[int, str]]
    decimal_comma: bool = False
    form: str = "form_of"
    text: str = "{0}"
    typed: bool = False


class Unreadable(Exception):
    """DuckDB stumbled over the file behind `scan`; the cause says how."""

    def __init__(self, scan: Scan) -> None:
        super().__init__(scan.label)
        self.scan = scan


class _Alien(SourceError):
    """A value further down has a form that the first rows did not have."""


def load(store: Store, scans: Sequence[Scan]) -> str:
    """Store the rows of all scans, columns joined by name, and return what to put behind FROM."""
    store.run(FORM_OF)
    names = joined(store, ((scan.label, scan.names) for scan in scans))
    forms = _forms(store, scans, names, whole=False)
    try:
        ends = _stored(store, scans, names, forms)
    except _Alien:
        forms = _forms(store, scans, names, whole=True)
        ends = _stored(store, scans, names, forms)
    _note_readings(store, names, forms)
    _note_mixtures(store, scans, ends, names, forms)
    return KEPT


def _forms(store: Store, scans: Sequence[Scan], names: Mapping[str, str], *, whole: bool) -> dict[str, Form]:
    found = dict.fromkeys(names, Form.NONE)
    for scan in scans:
        limit = "" if whole or scan.typed else f"LIMIT {SAMPLE}"
        indexes = ", ".join(map(str, range(len(scan.names))))
        # One row per value, not one expression per column: planning thousands of expressions takes minutes.
        sql = (
            f"SELECT i, bit_or({scan.form}(value)) FROM (SELECT unnest([{indexes}]) AS i, "
            f"unnest([{', '.join(scan.columns)}]) AS value FROM (SELECT * FROM {scan.sql} {limit})) GROUP BY i"
        )
        for i, bits in _run(store, scan, sql):
            form = Form(bits or 0)
            if form & Form.COMMA and not scan.decimal_comma:
                form |= Form.TEXT
            found[scan.names[i].lower()] |= form
    return found


def _stored(
    store: Store, scans: Sequence[Scan], names: Mapping[str, str], forms: Mapping[str, Form]
) -> list[tuple[Scan, int]]:
    """Fill the table and return, for each scan, the number of rows up to its end."""
    readings = {key: reading(forms[key]) for key in names}
    columns = ", ".join(f"{quoted(names[key])} {readings[key].type}" for key in names)
    store.run(f"CREATE OR REPLACE TABLE {KEPT} ({columns})")
    ends: list[tuple[Scan, int]] = []
    rows = 0
    for scan in scans:
        sql = f"INSERT INTO {KEPT} {_typed(scan, readings)}"
        rows += int(_run(store, scan, sql)[0][0])
        ends.append((scan, rows))
    return ends


def _typed(scan: Scan, readings: Mapping[str, Reading]) -> str:
    """Return the query that gives the columns of all scans, with their types."""
    own = {name.lower(): scan.text.format(scan.columns[i]) for i, name in enumerate(scan.names)}
    tried = {
        key: (f"{each.tried.format(own[key])} AS {quoted(f'(tried {i})')}", quoted(f"(tried {i})"))
        for i, (key, each) in enumerate(readings.items())
        if key in own and each.tried
    }
    asked = ", ".join(["*", *(sql for sql, _ in tried.values())])
    values = (
        each.sql(own[key], tried[key][1] if key in tried else "") if key in own else "NULL"
        for key, each in readings.items()
    )
    return f"SELECT {', '.join(values)} FROM (SELECT {asked} FROM {scan.sql})"


def _run(store: Store, scan: Scan, sql: str) -> list[tuple[int, int]]:
    import duckdb

    try:
        return store.run(sql)
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConversionException) or ALIEN in str(error):
            raise _Alien(f"{scan.label}: the form of a value cannot be told") from error
        raise Unreadable(scan) from error


def _note_readings(store: Store, names: Mapping[str, str], forms: Mapping[str, Form]) -> None:
    notes: dict[str, list[str]] = {}
    for key, name in names.items():
        if note := unclear(forms[key]) or reading(forms[key]).note:
            notes.setdefault(note, []).append(name)
    for note, columns in notes.items():
        store.note(f"{'columns' if len(columns) > 1 else 'column'} {listed(columns)}: {note}")


@dataclass(frozen=True)
class _Mixture:
    """A column of text in which most values belong to one family, and the first value that does not."""

    column: str
    family: str
    value: str
    row: int
    first: bool


def _note_mixtures(
    store: Store, scans: Sequence[Scan], ends: Sequence[tuple[Scan, int]], names: Mapping[str, str],
    forms: Mapping[str, Form],
) -> None:  # fmt: skip
    texts = [names[key] for key in names if reading(forms[key]) is TEXT]
    mixtures = [mixture for name in texts for mixture in _mixtures(store, name, forms[name.lower()])]
    start = 0
    for scan, end in ends:
        here = [mixture for mixture in mixtures if start <= mixture.row < end]
        places = scan.places([mixture.row - start for mixture in here]) if here else {}
        where = f" of {scan.label}" if len(scans) > 1 else ""
        for each in here:
            shown = each.value if len(each.value) <= 40 else each.value[:39] + "…"
            told = "{1} among {0}" if each.first else "{0} at first, then {1}"
            value = f"'{shown}' at {places[each.row - start]}{where}"
            store.note(f"column '{each.column}' is read as text: {told.format(each.family, value)}")
        start = end


def _mixtures(store: Store, name: str, forms: Form) -> list[_Mixture]:
    for family, members in FAMILIES.items():
        if not forms & members or not forms & ~members:
            continue
        belongs = f"form_of({quoted(name)}) & {int(members)} > 0"
        ((inside, total, row, value, first_inside),) = store.run(
            f"SELECT count(*) FILTER (inside), count(inside), min(place) FILTER (NOT inside), "
            f"arg_min(value, place) FILTER (NOT inside), min(place) FILTER (inside) FROM "
            f"(SELECT row_number() OVER () - 1 AS place, {quoted(name)} AS value, {belongs} AS inside FROM {KEPT})"
        )
        if row is not None and 2 * inside >= total:
            return [_Mixture(name, family, value, row, first=first_inside is None or row < first_inside)]
    return []
