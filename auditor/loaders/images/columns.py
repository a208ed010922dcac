"""Columns of images, by their bytes or their paths -> columns of their properties, and a short mark of each image."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import ColumnError, SourceError
from auditor.loaders.images import properties
from auditor.loaders.images.again import Images
from auditor.loaders.images.alike import near_copies
from auditor.loaders.images.properties import Picture
from auditor.loaders.images.where import Folder, Unread
from auditor.loaders.source import literal, quoted
from auditor.use.images import COPIES, PROPERTIES, named
from auditor.use.opaque import HEAD, MARK
from auditor.use.says import Says

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.store import Store

LOOKED_AT = 20  # values that decide whether a column of bytes holds images
BATCH = 64  # images that are in memory at a time
WORKERS = 4
SECONDS = 1.0  # between two messages of progress
ROW = "(row of images)"
# The first bytes of PNG, JPEG, GIF, BMP, TIFF, WebP and AVIF.
BEGINS = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8|BM|II\*\0|MM\0\*|RIFF.{4}WEBP|.{4}ftyp(?:avif|avis)", re.DOTALL
)
SAYS = Says(
    read="'{column}' holds images. Read of {n:whole} of {of:whole}: their properties, as columns {first} to {last}.",
    unread="No property was read of {n:whole} image{n:s} {why}. Their properties are missing values.",
    constant="The same in all images, and left out: {columns:listed}.",
    personal="Of {n:whole} image{n:s} the EXIF data hold what can identify someone ({what:ands}). It is not read.",
    copies="Near copies of other images: {n:whole}. Models keep near copies together.",
    install="'{column}' holds images. To read their properties, install Pillow: {command}.",
    progress="reading images: {n:whole} of {of:whole}",
)


class Item(NamedTuple):
    """What was read of one row's image: its mark and its properties, or why it has neither."""

    mark: str | None
    picture: Picture | None
    unread: Unread | None


@dataclass(frozen=True)
class _Column:
    """A column of images: the SQL of its bytes and of its paths; "NULL" for what it does not have."""

    name: str
    bytes: str
    path: str


def read(store: Store, relation: str, label: str, folder: Path, image: str | None = None) -> str:
    """Return what to put behind FROM: the rows with the properties of their images beside them.

    `image` names the column of images: of paths below `folder`, or of bytes. Without it, columns of bytes that begin
    as images do are read.

    Raises:
        ColumnError: There is no column of that name.
        SourceError: The named column holds no image that can be read, or Pillow is not installed.
    """
    columns = _columns(store, relation, label, image)
    if columns and not properties.can_read():
        if image is not None:
            properties.need_pillow(label)
        for column in columns:
            store.note(
                SAYS("install", column=column.name, command=properties.INSTALL), "images", [column.name], warning=True
            )
        return relation
    for column in columns:
        several = column.name if len(columns) > 1 else ""
        relation = _with_properties(store, relation, column, Folder(folder), several, asked=image is not None)
    return relation


def _columns(store: Store, relation: str, label: str, image: str | None) -> list[_Column]:
    kinds = {name: kind for name, kind, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")}
    if image is not None and image not in kinds:
        raise ColumnError.missing(image, kinds, label)
    found = []
    for name, kind in kinds.items():
        column = _column(store, relation, name, kind)
        if image is not None and name == image:
            if column is None:
                raise SourceError(
                    f"{label}: column '{name}' cannot name images, its type is {kind}; right are paths, or bytes"
                )
            return [column]
        if image is None and column and column.bytes != "NULL" and _begins(store, relation, column):
            found.append(replace(column, path="NULL"))  # no file is read that nobody asked for
    return found


def _column(store: Store, relation: str, name: str, kind: str) -> _Column | None:
    """Return how a column's bytes and paths are read; None for one of another kind."""
    column = quoted(name)
    if kind == "VARCHAR" or kind.startswith("ENUM("):
        return _Column(name, "NULL", f"CAST({column} AS VARCHAR)")
    if kind == "BLOB":
        return _Column(name, column, "NULL")
    if not kind.startswith("STRUCT(") or not re.search(r"\bBLOB\b", kind):
        return None
    fields = {field: of for field, of, *_ in store.run(f"DESCRIBE SELECT unnest({column}) FROM {relation}")}
    own = next((field for field, of in fields.items() if of == "BLOB"), None)
    path = "path" if fields.get("path") == "VARCHAR" else None
    if own is None:
        return None
    inner = [f"struct_extract({column}, {literal(each)})" if each else "NULL" for each in (own, path)]
    return _Column(name, *inner)


def _begins(store: Store, relation: str, column: _Column) -> bool:
    """Whether most of the first values begin as images do."""
    some = store.run(
        f"SELECT ({column.bytes})[1:16] FROM {relation} WHERE {column.bytes} IS NOT NULL LIMIT {LOOKED_AT}"
    )
    return bool(some) and sum(bool(BEGINS.match(bytes(head))) for (head,) in some) > len(some) / 2


def _with_properties(store: Store, relation: str, column: _Column, folder: Folder, several: str, *, asked: bool) -> str:
    """Make a table of the rows with the properties of one column's images, and return its name."""
    items = list(_items(store, relation, column, folder))
    done = sum(item.picture is not None for item in items)
    unread = Counter(item.unread for item in items if item.unread)
    if not done:
        if asked:
            why = "; ".join(f"{n:,} {why}" for why, n in unread.most_common())
            raise SourceError(f"no image that column '{column.name}' names can be read below {folder.path} ({why})")
        return relation
    values = _values(items)
    pictures = [item.picture for item in items if item.picture]
    # What some of the images do not have, such as the name of a camera, differs between them too.
    kept = [what for what in values if len({picture.values[what] for picture in pictures}) > 1]
    if not kept or (unread and not any(None in values[what] for what in kept)):
        kept = [what for what in values if what in kept or what == "width"]
    _say(store, column.name, items, [named(what, several) for what in kept], several)
    if constant := [named(what, several) for what in PROPERTIES if what not in kept and {*values[what]} != {None}]:
        store.note(SAYS("constant", columns=constant), "images", constant)
    copies = near_copies([item.picture.hash if item.picture else None for item in items])
    if joined := sum(copy is not None for copy in copies):
        store.note(SAYS("copies", n=joined), "images", [column.name])
        values[COPIES], kept = [str(copy) if copy is not None else None for copy in copies], [*kept, COPIES]
    # Of equal images one row will do.
    rows = {item.mark: row for row, item in reversed([*enumerate(items, 1)]) if item.mark is not None}
    store.images[column.name] = Images(relation, column.bytes, column.path, folder, rows)
    made = _table(items, {named(what, several): values[what] for what in kept}, kept)
    return _joined(store, relation, column, made, [named(what, several) for what in kept])


def _items(store: Store, relation: str, column: _Column, folder: Folder) -> Iterator[Item]:
    """Yield what is read of each row's image, in the order of the rows."""
    ((rows,),) = store.run(f"SELECT count(*) FROM {relation}")
    asked = store.connection.execute(f"SELECT {column.bytes}, {column.path} FROM {relation}")

    def one(row: tuple[bytes | None, str | None]) -> Item:
        return _item(*row, folder)

    done, said = 0, time.monotonic()
    with warnings.catch_warnings(), ThreadPoolExecutor(WORKERS) as pool:
        warnings.simplefilter("ignore")  # of Pillow, about what is odd in a file
        while batch := asked.fetchmany(BATCH):
            yield from pool.map(one, batch)
            done += len(batch)
            if time.monotonic() - said > SECONDS:
                said = time.monotonic()
                store.progress(SAYS("progress", n=done, of=rows))


def _item(data: bytes | None, path: str | None, folder: Folder) -> Item:
    """Read one image: of its bytes where there are some, else of its file."""
    if data is None and path is None:
        return Item(None, None, Unread.NONE)
    found = bytes(data) if data is not None else folder.read(path or "")
    if isinstance(found, Unread):
        return Item(None, None, found)
    picture = properties.picture(found)
    return Item(_mark(found), picture, None) if picture else Item(None, None, Unread.BROKEN)


def _mark(data: bytes) -> str:
    """Return the mark of bytes as `auditor.loaders.blobs` makes it: equal where the bytes are."""
    digest = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
    return f"{MARK[0]}{data[:HEAD].hex().upper()}{MARK[1]}{digest}{MARK[2]}"


def _values(items: Sequence[Item]) -> dict[str, list[int | float | str | None]]:
    return {what: [item.picture.values[what] if item.picture else None for item in items] for what in PROPERTIES}


def _say(store: Store, column: str, items: Sequence[Item], names: Sequence[str], several: str) -> None:
    """Report how many images were read, why others were not, and what was left out of all."""
    done = sum(item.picture is not None for item in items)
    store.note(SAYS("read", column=column, n=done, of=len(items), first=names[0], last=names[-1]), "images", [column])
    for why, n in Counter(item.unread for item in items if item.unread).items():
        store.note(SAYS("unread", n=n, why=why), "images", [column], warning=True)
    personal = [item.picture.personal for item in items if item.picture and item.picture.personal]
    if personal:
        what = sorted(set(itertools.chain.from_iterable(personal)))
        store.note(SAYS("personal", n=len(personal), what=what), "images", [column])


def _table(items: Sequence[Item], columns: dict[str, list[int | float | str | None]], kept: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    types = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}
    arrays = {
        name: pa.array(values, types[PROPERTIES.get(what, "VARCHAR")])
        for (name, values), what in zip(columns.items(), kept, strict=True)
    }
    marks = pa.array([item.mark for item in items], pa.string())
    return pa.table({ROW: pa.array(range(1, len(items) + 1), pa.int64()), f"{ROW} mark": marks, **arrays})


def _joined(store: Store, relation: str, column: _Column, made: pa.Table, names: Sequence[str]) -> str:
    """Make a table of the rows with what was read of their images; columns of the data keep their names and values."""
    taken = {name.lower() for name, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")}
    made = made.drop_columns([name for name in names if name.lower() in taken])
    new = ", ".join(quoted(name) for name in names if name.lower() not in taken)
    table = f"kept.images_{len(store.run('SELECT 1 FROM duckdb_tables() WHERE starts_with(table_name, $$images_$$)'))}"
    store.connection.register("images_read", made)
    rows = f"SELECT * EXCLUDE ({quoted(column.name)}), row_number() OVER () AS {quoted(ROW)} FROM {relation}"
    order = ", ".join(
        f"{quoted(ROW + ' mark')} AS {quoted(name)}" if name == column.name else quoted(name)
        for name, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")
    )
    store.run(
        f"CREATE TABLE {table} AS SELECT {order}{', ' + new if new else ''} FROM ({rows}) JOIN images_read "
        f"USING ({quoted(ROW)}) ORDER BY {quoted(ROW)}"
    )
    store.connection.unregister("images_read")
    store.recipe = None  # no query reads the properties of images
    return table
