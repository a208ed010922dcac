"""The loaders: a module and an entry each. How a path, an address or a frame is recognised, and what can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from auditor.use.says import Says

_MARKS = ("decimal", "thousands")


@dataclass(frozen=True)
class Loader:
    """How data of one kind are recognised, which keys of [data] apply to them, and the module that reads them.

    The module's `load` returns what to put behind FROM. It is `load(store, found)` for files, and `load(store, found,
    table, sql)`, which returns what to call it too, for what holds `tables` (an address in place of `found`, where the
    kind has `schemes`); `load(store, frame)` for `types` and what has an attribute `offers`.

    Attributes:
        kind: What errors call it.
        module: Where `load` is; it may be imported only when such data are met.
        suffixes: Of files, with their dot.
        begins: Place and bytes by which a file of this kind is recognised.
        schemes: Of addresses, without the colon.
        types: Library and class of values in Python, dotted: a value is recognised without importing its library.
        offers: The attribute by which a value in Python is recognised.
        options: The keys of [data] that can be obeyed.
        tables: It holds tables, and takes `table` and `sql`.
        packed: Its files may be compressed.
        no_text: A file so named whose bytes are those of a text is refused; of others the loader has the better reason.
        beside: Suffix of a file that belongs to one of this kind, and that must not change either.
        called: What the sentences call it, where they do not call it by its kind.
    """

    kind: str
    module: str
    suffixes: tuple[str, ...] = ()
    begins: tuple[tuple[int, bytes], ...] = ()
    schemes: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    offers: str | None = None
    options: tuple[str, ...] = ()
    tables: bool = False
    packed: bool = False
    no_text: bool = False
    beside: str | None = None
    called: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What the sentences call it."""
        return self.called or (self.kind,)

    @property
    def load(self) -> Callable[..., Any]:
        """Import the module, and return its function."""
        load: Callable[..., Any] = import_module(self.module).load
        return load


# In the order in which they are named, and in which a value in Python is compared with them.
LOADERS = (
    Loader(
        "CSV", "auditor.loaders.csv", suffixes=(".csv", ".tsv", ".tab", ".psv"), called=("CSV", "TSV"),
        options=(*_MARKS, "encoding", "header", "skip_rows"), packed=True,
    ),
    Loader(
        "JSON", "auditor.loaders.json", suffixes=(".json", ".jsonl", ".ndjson"), options=("encoding",), packed=True,
    ),
    Loader("Parquet", "auditor.loaders.parquet", suffixes=(".parquet", ".pq", ".parq"), begins=((0, b"PAR1"),)),
    Loader(
        "Excel", "auditor.loaders.excel", suffixes=(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
        begins=((0, b"\xd0\xcf\x11\xe0"),), options=(*_MARKS, "header", "skip_rows", "sheet"), no_text=True,
    ),
    Loader(
        "Arrow", "auditor.loaders.arrow", suffixes=(".arrow", ".arrows", ".feather", ".ipc"),
        begins=((0, b"ARROW1"), (0, b"FEA1"), (0, b"\xff\xff\xff\xff")),
    ),
    Loader(
        "SQLite", "auditor.loaders.sqlite", suffixes=(".sqlite", ".sqlite3"), begins=((0, b"SQLite format 3"),),
        tables=True, no_text=True,
    ),
    Loader(
        "DuckDB", "auditor.loaders.duckdb", suffixes=(".duckdb", ".ddb"), begins=((8, b"DUCK"),), tables=True,
        no_text=True, beside=".wal",
    ),
    Loader("PostgreSQL", "auditor.loaders.postgres", schemes=("postgresql", "postgres"), tables=True),
    Loader("pandas", "auditor.loaders.pandas", types=(("pandas", "DataFrame"),), called=("a pandas frame",)),
    Loader(
        "Polars", "auditor.loaders.polars", types=(("polars", "LazyFrame"), ("polars", "DataFrame")),
        called=("a Polars frame",),
    ),
    Loader(
        "Arrow in memory", "auditor.loaders.arrow_tables",
        types=(("pyarrow", "Table"), ("pyarrow", "RecordBatch"), ("pyarrow.dataset", "Dataset")),
        called=("an Arrow table, batch or dataset",),
    ),
    Loader(
        "Python", "auditor.loaders.records",
        types=(("builtins", "dict"), ("builtins", "list"), ("builtins", "tuple"), ("numpy", "ndarray")),
        called=("a NumPy array", "a dict of columns", "a list of rows"),
    ),
    Loader(
        "stream", "auditor.loaders.streams", offers="__arrow_c_stream__",
        called=(
            "a DuckDB relation or connection",
            "an object with __arrow_c_stream__, __dataframe__, to_arrow() or to_pandas()",
        ),
    ),
)  # fmt: skip
PACKINGS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
SAYS = Says(
    files="{kinds} files can be read, {packed} also as {packings}",
    values="{most:each}, or {last} is needed",
)


def of_kind(kind: str) -> Loader:
    """Return the loader of a kind; KeyError for an unknown kind."""
    return {loader.kind: loader for loader in LOADERS}[kind]


def of_suffix(name: str) -> Loader | None:
    """Return the loader of a file by its name: the one of the longest suffix that it ends in.

    >>> of_suffix("People.JSONL").kind, of_suffix("people")
    ('JSON', None)
    """
    found = [
        (len(suffix), i)
        for i, loader in enumerate(LOADERS)
        for suffix in loader.suffixes
        if name.lower().endswith(suffix) and len(name) > len(suffix)
    ]
    return LOADERS[max(found)[1]] if found else None


def of_scheme(address: str) -> Loader | None:
    """Return the loader of an address, by what stands before its colon."""
    return next((of for of in LOADERS if address.startswith(tuple(f"{scheme}:" for scheme in of.schemes))), None)


def of_bytes(head: bytes) -> Loader | None:
    """Return the loader of a file by its first bytes; None where they identify no loader, as for any text."""
    return next((of for of in LOADERS if any(head.startswith(start, place) for place, start in of.begins)), None)


def file_kinds() -> tuple[str, ...]:
    """Return the kinds of files that can be read."""
    return tuple(loader.kind for loader in LOADERS if loader.suffixes)


def obeyed(kind: str) -> tuple[str, ...]:
    """Return the keys of [data] that can be obeyed in reading a kind; none for what is no kind of ours."""
    return next((loader.options for loader in LOADERS if loader.kind == kind), ())


def files_in_words() -> str:
    """Return what files can be read, as a sentence.

    >>> files_in_words()
    'CSV, TSV, JSON, Parquet, Excel, Arrow, SQLite and DuckDB files can be read, CSV and JSON also as .gz and .zst'
    """
    files = [loader for loader in LOADERS if loader.suffixes]
    every = _and(word for loader in files for word in loader.words)
    packed = _and(loader.kind for loader in files if loader.packed)
    first = {packing: suffix for suffix, packing in reversed(PACKINGS.items())}
    return SAYS("files", kinds=every, packed=packed, packings=_and(reversed(first.values())))


def values_in_words() -> str:
    """Return what values in Python can be read, as a sentence."""
    every = [word for loader in LOADERS if loader.types or loader.offers for word in loader.words]
    return SAYS("values", most=["a path", *every[:-1]], last=every[-1])


def databases_in_words() -> str:
    """Return the kinds that hold tables.

    >>> databases_in_words()
    'SQLite, DuckDB and PostgreSQL'
    """
    return _and(loader.kind for loader in LOADERS if loader.tables)


def addresses_in_words() -> str:
    """Return what addresses can be read, as they are typed.

    >>> addresses_in_words()
    'postgresql://host/database'
    """
    return _and(f"{loader.schemes[0]}://host/database" for loader in LOADERS if loader.schemes)


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
