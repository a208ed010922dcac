"""Columns of text -> a table with types: guessed from the first rows, checked on all of them while they are stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import marks
from auditor.loaders.column_types import ALIEN, TEXT, Reading
from auditor.loaders.forms import FAMILIES, MACROS, NUMBERS, Form
from auditor.loaders.missing import OVERRULE, count, counting, is_one_of
from auditor.loaders.names import joined
from auditor.loaders.source import quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

SAMPLE = 20_000
KEPT = "kept.rows"
WIDE = 100  # columns, from which planning costs more than it saves
# The text that made a column one of texts is not shown: it may be about a person.
SAYS = Says(
    as_text="Column '{column}' is read as text: {why}.",
    among="a text at {place}{>of_file} among {family}",
    at_last="{family} at first, then a text at {place}{>of_file}",
    of_file=" of {file}",
    commas="In {columns:listed}, values are read as text: between commas, those like 1,5 could be two numbers.",
)


@dataclass(frozen=True)
class Scan:
    """One file as DuckDB reads it: `sql` stands behind FROM and gives `columns`, whose names are `names`.

    `places` gives the position in the file of rows, counted from 0. `delimiter` is the mark between fields. `form` is
    the SQL function that returns a value's Form, `text` the SQL of its text. `typed`: the file types its values
    itself, so that their text alone does not show their form.
    """

    label: str
    names: Sequence[str]
    sql: str
    columns: Sequence[str]
    places: Callable[[Collection[int]], Mapping[int, str]]
    delimiter: str = ""
    form: str = "form_of"
    text: str = "{0}"
    typed: bool = False


class Unreadable(Exception):
    """DuckDB could not read the file of `scan`; the cause is its own error."""

    def __init__(self, scan: Scan) -> None:
        super().__init__(scan.label)
        self.scan = scan


class _Alien(SourceError):
    """A value further down has a form that the first rows did not have."""


@dataclass(frozen=True)
class Loaded:
    """What to put behind FROM, the decimal marks of numbers with decimals, and how each column was read."""

    relation: str
    decimals: frozenset[str]
    readings: Mapping[str, Reading]


def load(store: Store, scans: Sequence[Scan]) -> Loaded:
    """Store the rows of all scans, columns joined by name."""
    for macro in MACROS:
        store.run(macro)
    names = joined(store, ((scan.label, scan.names) for scan in scans))
    scans = [_without_missing(store, scan) for scan in scans]
    forms, chosen = _chosen(store, scans, names, whole=False)
    if len(names) > WIDE:  # which is quadratic in the expressions of a query, and there is little to find
        store.run("SET disabled_optimizers = 'common_subexpressions'")
    try:
        ends = _stored(store, scans, names, chosen)
    except _Alien:
        forms, chosen = _chosen(store, scans, names, whole=True)
        ends = _stored(store, scans, names, chosen)
    marks.note(store, {names[key]: choice for key, choice in chosen.items()})
    texts = {names[key]: forms[key] for key, choice in chosen.items() if choice.reading is TEXT}
    _note_mixtures(store, scans, ends, texts)
    _note_commas(store, texts)
    decimals = {choice.decimal for choice in chosen.values() if choice.reading.type == "DOUBLE"}
    return Loaded(KEPT, frozenset(decimals), {key: choice.reading for key, choice in chosen.items()})


def _without_missing(store: Store, scan: Scan) -> Scan:
    """Return the scan without the values that were stated to mean none, so that they do not make a column text."""
    options = store.options
    own = {name: scan.text.format(column) for name, column in zip(scan.names, scan.columns, strict=True)}
    own = {name: text for name, text in own.items() if options.means_missing(name)}
    if not own:
        return scan
    asked = [(name, value) for name in own for value in options.means_missing(name)]
    counts = counting(own, dict.fromkeys(own, "VARCHAR"), asked)
    count(store, asked, _run(store, scan, f"SELECT {counts} FROM {scan.sql}")[0])
    values = ", ".join(
        f"CASE WHEN NOT coalesce({is_one_of(own[name], options.means_missing(name))}, false) THEN {column} END "
        f"AS {column}"
        if name in own
        else column
        for name, column in zip(scan.names, scan.columns, strict=True)
    )
    return replace(scan, sql=f"(SELECT {values} FROM {scan.sql})")


def _chosen(
    store: Store, scans: Sequence[Scan], names: Mapping[str, str], *, whole: bool
) -> tuple[Mapping[str, Form], Mapping[str, marks.Choice]]:
    """Return the forms of the columns, and how they are to be read; `whole`: by all rows, not the first."""
    found = dict.fromkeys(names, Form.NONE)
    stated = store.options.marks
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
            # Between commas, "1,3" is two numbers.
            if form & Form.COMMA and scan.delimiter == "," and (stated is None or stated[0] != ","):
                form |= Form.TEXT
            found[scan.names[i].lower()] |= form
    delimiters = {scan.delimiter for scan in scans}
    chosen = marks.choices(found, store.options, comma_delimited=delimiters == {","}, semicolons=delimiters == {";"})
    return found, chosen


def _stored(
    store: Store, scans: Sequence[Scan], names: Mapping[str, str], chosen: Mapping[str, marks.Choice]
) -> list[tuple[Scan, int]]:
    """Fill the table and return, for each scan, the number of rows up to its end."""
    readings = {key: chosen[key].reading for key in names}
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
    rows = scan.sql
    if scan.text != "{0}":  # once for each column: a long expression in each of its uses is planned in quadratic time
        texts = {key: quoted(f"(text {i})") for i, key in enumerate(own)}
        rows = f"(SELECT {', '.join(f'{own[key]} AS {text}' for key, text in texts.items())} FROM {rows})"
        own = texts
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
    return f"SELECT {', '.join(values)} FROM (SELECT {asked} FROM {rows})"


def _run(store: Store, scan: Scan, sql: str) -> list[tuple[int, ...]]:
    import duckdb

    try:
        return store.run(sql)
    except duckdb.Error as error:
        if isinstance(error, duckdb.ConversionException) or ALIEN in str(error):
            raise _Alien(f"{scan.label}: the form of a value is unknown") from error
        raise Unreadable(scan) from error


def _note_commas(store: Store, texts: Mapping[str, Form]) -> None:
    """Report columns of text all of whose values are numbers, some of them with a comma that may part two."""
    maybe = [name for name, forms in texts.items() if forms & Form.COMMA and not forms & ~(NUMBERS | Form.TEXT)]
    found = []
    for name in maybe:
        text = f"SELECT 1 FROM {KEPT} WHERE form_of({quoted(name)}) & {int(Form.TEXT)} > 0 LIMIT 1"
        if not store.run(text):
            found.append(name)
    if found:
        store.note(SAYS("commas", columns=found), "decimal mark", found, '[data] decimal = ","', warning=True)


@dataclass(frozen=True)
class _Mixture:
    """A column of text in which most values belong to one family, and the first value that does not."""

    column: str
    family: str
    row: int
    first: bool


def _note_mixtures(
    store: Store, scans: Sequence[Scan], ends: Sequence[tuple[Scan, int]], texts: Mapping[str, Form]
) -> None:
    mixtures = [mixture for name, forms in texts.items() for mixture in _mixtures(store, name, forms)]
    start = 0
    for scan, end in ends:
        here = [mixture for mixture in mixtures if start <= mixture.row < end]
        places = scan.places([mixture.row - start for mixture in here]) if here else {}
        file = scan.label if len(scans) > 1 else None
        for each in here:
            key = "among" if each.first else "at_last"
            why = SAYS(key, place=places[each.row - start], file=file, family=each.family)
            text = SAYS("as_text", column=each.column, why=why)
            store.note(text, "text among numbers", [each.column], OVERRULE, warning=True)
        start = end


def _mixtures(store: Store, name: str, forms: Form) -> list[_Mixture]:
    for family, members in FAMILIES.items():
        if not forms & members or not forms & ~members:
            continue
        belongs = f"form_of({quoted(name)}) & {int(members)} > 0"
        # Not by rowid, which may be the name of a column.
        rows = f"SELECT row_number() OVER () - 1 AS row, {belongs} AS inside FROM {KEPT}"
        ((inside, total, row, first_inside),) = store.run(
            f"SELECT count(*) FILTER (inside), count(inside), min(row) FILTER (NOT inside), "
            f"min(row) FILTER (inside) FROM ({rows})"
        )
        if row is not None and 2 * inside >= total:
            return [_Mixture(name, family, row, first=first_inside is None or row < first_inside)]
    return []
