"""The world -> Source: a file, a folder, standard input, a database or a frame becomes rows that DuckDB can scan."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.loaders.images.sets import ImageSet
    from auditor.loaders.options import ReadOptions
    from auditor.loaders.source import Source
    from auditor.loaders.store import Store

__all__ = ["open_source"]


def open_source(
    data: object,
    *,
    name: str | None = None,
    count: str | None = None,
    memory_limit: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    options: ReadOptions | None = None,
    progress: Callable[[str], None] = lambda message: None,
    vectors: Mapping[str, Path] | None = None,
) -> Source:
    """Return the rows of `data`: a path, a glob, "-" for standard input, a database, or a frame.

    `count` names a column of frequencies: each row then stands for that many rows. `memory_limit` bounds what the
    engine holds ("512MB"); more is spilled to a temporary folder. `table` names one of a database's tables; `sql`
    is a query in its language, or in DuckDB's over a file or a frame, which it calls `data`, or over files that the
    query names itself (`data`: None). `options` state what cannot be detected about how to read it. `progress` is
    called with a few words where reading takes long. `vectors` are NumPy files by the names of the columns that their
    rows become. Close the source when done.
    """
    import duckdb

    from auditor.loaders.credentials import scrubbed, shown
    from auditor.loaders.databases import refuse_unclear
    from auditor.loaders.finish import finished
    from auditor.loaders.source import no_room
    from auditor.loaders.store import Store, reason

    refuse_unclear(table, sql)
    path = os.fsdecode(data) if isinstance(data, str | os.PathLike) else None
    store = Store(memory_limit, options, progress)
    try:
        if data is None and sql is not None:
            store.options.check("a query", "what a query names")
            read = Rows(_queried(store, None, sql, "files"), "query", None)
        elif path is None:
            read = _from_frame(store, data, table, sql)
        else:
            read = _from_path(store, path, table, sql)
        relation, label, hashing = _pictured(store, read), read.label, read.hashing
        if vectors:
            relation = _with_vectors(store, relation, vectors, label, ordered=sql is None and not _is_address(path))
        return finished(store, relation, label, name=name, count=count, hashing=hashing, asked=sql is not None)
    except BaseException as error:
        store.close()
        label = type(data).__name__ if path is None else "stdin" if path == "-" else shown(path)
        if isinstance(error, Exception) and (why := no_room(error)):
            raise SourceError(f"{label} cannot be read: {why}") from error
        # A library in Rust that gives up raises what is no Exception.
        if isinstance(error, duckdb.Error | OSError) or type(error).__name__ == "PanicException":
            raise SourceError(f"{label} cannot be read: {scrubbed(reason(error, store, label), path, sql)}") from error
        raise


class Rows(NamedTuple):
    """What stands behind FROM, what to call it, and what waits for its hash, if it has one.

    `folder` is where the paths of images begin, if not where the program runs; `image` the column that is sure to
    have them.
    """

    relation: str
    label: str
    hashing: Callable[[], str] | None
    folder: Path | None = None
    image: str | None = None


def _pictured(store: Store, read: Rows) -> str:
    """Return what to put behind FROM: the rows, with the properties of their images."""
    from pathlib import Path

    from auditor.loaders.images import columns

    image = store.options.image
    if image is None and read.image in [name for name, *_ in store.run(f"DESCRIBE SELECT * FROM {read.relation}")]:
        image = read.image
    return columns.read(store, read.relation, read.label, read.folder or Path(), image)


def _from_path(store: Store, path: str, table: str | None, sql: str | None) -> Rows:
    from pathlib import Path

    from auditor.loaders import files
    from auditor.loaders.catalog import of_kind, of_scheme
    from auditor.loaders.images import sets

    if at := of_scheme(path):
        store.options.check(at.kind, "a database")
        relation, label = at.load(store, path, table, sql)
        return Rows(relation, label, None)
    if images := sets.find(path):
        return _of_images(store, images, table, sql)
    found = files.find(store, path)
    loader = of_kind(found.kind)
    beside = [Path(f"{file.path}{loader.beside}") for file in found.files if loader.beside]
    store.lock([*(file.path for file in found.files), *beside])
    hashing = files.Hashing(found)
    store.before_closing.append(hashing.stop)
    store.options.check(found.kind, found.label)
    folder = Path(path) if Path(path).is_dir() else Path(path).parent if Path(path).is_file() else None
    if loader.tables:
        if len(found.files) > 1:
            raise SourceError(f"{found.label}: {len(found.files)} {found.kind} files; name one of them")
        relation, label = loader.load(store, found, table, sql)
        return Rows(relation, label, hashing.result, folder)
    if table is not None:
        raise SourceError(f"{found.label} is not a database and has no table '{table}'; leave --table out")
    relation = loader.load(store, found)
    return Rows(_queried(store, relation, sql, found.label), found.label, hashing.result, folder)


def _of_images(store: Store, images: ImageSet, table: str | None, sql: str | None) -> Rows:
    """Read a set of images; what its table is read from, and the images, make its hash."""
    from auditor.loaders import files

    if table is not None:
        raise SourceError(f"{images.label} is not a database and has no table '{table}'; leave --table out")
    if store.options.image is not None:
        raise SourceError(f"{images.label} is {images.kind}, which says itself where they are; leave --image out")
    store.lock(images.tables)
    hashing = files.Hashing(files.Found(images.label, images.kind, images.files))
    store.before_closing.append(hashing.stop)
    if not images.tables:
        store.options.check(images.kind, images.label)
    relation = _queried(store, images.load(store), sql, images.label)
    return Rows(relation, images.label, hashing.result, images.folder, images.column)


def _from_frame(store: Store, frame: object, table: str | None, sql: str | None) -> Rows:
    from auditor.loaders import connections, frames, separate

    label = frames.label(frame)
    store.options.check("a frame", label)
    store.lock()
    if isinstance(frame, separate.Separate):
        if sql is not None:
            raise SourceError(
                "the rows of a query have no order that y or sensitive_features could follow; leave sql out"
            )
        return Rows(separate.load(store, frame, table), label, None)
    if connections.is_one(frame):  # its query runs there
        return Rows(frames.load(store, frame, table, sql), label, None)
    return Rows(_queried(store, frames.load(store, frame, table), sql, label), label, None)


def _queried(store: Store, relation: str | None, sql: str | None, label: str) -> str:
    """Return what a query gives of the rows behind `relation`, or those rows where there is no query."""
    from auditor.loaders.databases import queried

    if sql is None:
        assert relation is not None
        return relation
    if relation is not None:
        store.run(f"CREATE VIEW data AS FROM {relation}")
    return queried(store, sql, label)


def _is_address(path: str | None) -> bool:
    from auditor.loaders.catalog import of_scheme

    return path is not None and of_scheme(path) is not None


def _with_vectors(store: Store, relation: str, vectors: Mapping[str, Path], label: str, *, ordered: bool) -> str:
    from auditor.loaders.vectors import beside

    if not ordered:
        raise SourceError(
            f"{label}: the rows of a query or a database have no order that {next(iter(vectors.values())).name} could "
            "follow; write the vectors into a column"
        )
    return beside(store, relation, vectors, label)
