"""Files -> a copy in which some texts are changed, and all else stands as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.loaders import csv, files
from auditor.loaders.dialect import NO_DELIMITER, Dialect, Record, opened
from auditor.loaders.json import objects
from auditor.loaders.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Change = Callable[[str], str]
ROWS = 10_000  # rows that are in memory at a time
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SPACE = re.compile(r"[ \t\r\n]*")


def copy(data: str, target: Path, suffix: str, columns: Collection[str], change: Change) -> bool:
    """Write `target`, in the format of `suffix`, with each text of `columns` changed.

    Numbers keep their zeros, dates their form, texts their quotes: nothing is read as a type. Returns False, with
    nothing written, where the data cannot be copied so: because they are of another format than the copy, or because
    a column holds more than texts.

    Raises:
        SourceError: The data cannot be read.
        OSError: The copy cannot be written.
    """
    ways = {("CSV", ".csv"): _delimited, ("JSON", ".jsonl"): _lines, ("Parquet", ".parquet"): _parquet}
    store = Store()
    try:
        found = files.find(store, data)
        way = ways.get((found.kind, suffix))
        return way is not None and way(store, found, target, {name.lower() for name in columns}, change)
    finally:
        store.close()


def _delimited(store: Store, found: files.Found, target: Path, columns: Collection[str], change: Change) -> bool:
    tables = csv.tables(store, found)
    first = tables[0]
    if any((each.dialect.delimiter, each.dialect.header) != (first.dialect.delimiter, True) for each in tables[1:]):
        return False
    if any(list(map(str.lower, each.names)) != list(map(str.lower, first.names)) for each in tables):
        return False
    places = [i for i, name in enumerate(first.names) if name.lower() in columns]
    with target.open("w", encoding="utf-8", newline="") as written:
        for table in tables:
            for number, (above, raw, record) in enumerate(_raw_records(table)):
                named = table.dialect.header and (number == 0 or table.is_header(record))
                if named and (number or table is not first):
                    continue
                line = raw if named else _changed(raw, record, places, table.dialect, change)
                written.write(above + (line if line.endswith(("\n", "\r")) else f"{line}\n"))
    return True


def _raw_records(table: csv.Table) -> Iterator[tuple[str, str, Record]]:
    """Yield the lines that are passed over above each record, those of the record, and its fields."""
    lines: list[str] = []

    def noted(stream: Iterator[str]) -> Iterator[str]:
        for line in stream:
            lines.append(line)
            yield line

    with opened(table.path) as stream:
        before = 0
        for number, record in table.dialect.records(noted(stream)):
            passed = number - before - 1
            yield "".join(lines[:passed]), "".join(lines[passed:]), record
            before += len(lines)
            lines.clear()


def _changed(raw: str, record: Record, places: Sequence[int], dialect: Dialect, change: Change) -> str:
    """Return the lines of a record with some of its fields changed."""
    new = {place: text for place in places if (text := change(record[place])) != record[place]}
    if not new:
        return raw
    spans = list(_fields(dialect, raw.rstrip("\r\n")))
    parts, done = [], 0
    for place, text in new.items():
        start, end = spans[place]
        parts += [raw[done:start], _written(text, dialect, quoted=raw.startswith(dialect.quote, start))]
        done = end
    return "".join([*parts, raw[done:]])


def _fields(dialect: Dialect, line: str) -> Iterator[tuple[int, int]]:
    """Yield where each field of a valid record begins and ends, quotes included, the space before it left out."""
    quote, mark = re.escape(dialect.quote), re.escape(dialect.delimiter)
    inner = rf"(?:[^{quote}\\]|\\.)*" if dialect.escape == "\\" else rf"(?:[^{quote}]|{quote}{quote})*"
    before = " *" if dialect.spaced else ""
    bare = rf"(?:\\.|[^{mark}\\])*" if dialect.escape == "\\" else rf"[^{mark}]*"
    field = re.compile(rf"{before}({quote}{inner}{quote}|{bare})(?:{mark}|$)", re.DOTALL)
    at = 0
    while (match := field.match(line, at)) is not None:
        yield match.span(1)
        if match.end() == match.end(1):
            return
        at = match.end()


def _written(text: str, dialect: Dialect, *, quoted: bool) -> str:
    """Return a field as this dialect writes it."""
    mark = "" if dialect.delimiter == NO_DELIMITER else dialect.delimiter
    if not quoted and not any(each in text for each in (dialect.quote, "\r", "\n", *mark)):
        return text
    inner = text.replace("\\", "\\\\") if dialect.escape == "\\" else text
    return f"{dialect.quote}{inner.replace(dialect.quote, dialect.escape + dialect.quote)}{dialect.quote}"


def _lines(store: Store, found: files.Found, target: Path, columns: Collection[str], change: Change) -> bool:
    with target.open("w", encoding="utf-8", newline="") as written:
        for file in found.files:
            for each in objects(store, file, ROWS):
                written.write(" ".join(_with_texts(each, columns, change).splitlines()) + "\n")
    return True


def _with_texts(written: str, columns: Collection[str], change: Change) -> str:
    """Return a JSON object with the texts at some of its keys changed, those within lists and objects too.

    >>> _with_texts('{"n": 1.10, "t": ["she", {"she": "she"}]}', {"t"}, lambda text: text.upper())
    '{"n": 1.10, "t": ["SHE", {"she": "SHE"}]}'
    """
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)
    parts, done = [], 0
    at = written.index("{") + 1
    while (key := STRING.match(written, SPACE.match(written, at).end())) is not None:  # type: ignore[union-attr]
        start = written.index(":", key.end()) + 1
        start = SPACE.match(written, start).end()  # type: ignore[union-attr]
        _, end = decoder.raw_decode(written, start)
        if json.loads(key[0], strict=False).lower() in columns:
            parts += [written[done:start], _texts_changed(written[start:end], change)]
            done = end
        at = SPACE.match(written, end).end() + 1  # type: ignore[union-attr]
    return "".join([*parts, written[done:]])


def _texts_changed(written: str, change: Change) -> str:
    def new(match: re.Match[str]) -> str:
        if written[match.end() :].lstrip().startswith(":"):  # a key
            return match[0]
        text = json.loads(match[0], strict=False)
        return match[0] if (changed := change(text)) == text else json.dumps(changed, ensure_ascii=False)

    return STRING.sub(new, written)


def _parquet(store: Store, found: files.Found, target: Path, columns: Collection[str], change: Change) -> bool:
    import pyarrow.parquet as pq

    if len(found.files) > 1:
        return False
    with pq.ParquetFile(found.files[0].path) as file:
        schema = file.schema_arrow
        if not all(_is_text(field.type) for field in schema if field.name.lower() in columns):
            return False
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(ROWS):
                writer.write_batch(_batch_changed(batch, columns, change))
    return True


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _batch_changed(batch: pa.RecordBatch, columns: Collection[str], change: Change) -> pa.RecordBatch:
    import pyarrow as pa

    arrays: list[Any] = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if field.name.lower() in columns:
            texts = [None if text is None else change(text) for text in array.to_pylist()]
            array = pa.array(texts).cast(field.type)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
