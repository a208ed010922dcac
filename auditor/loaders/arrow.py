"""Arrow IPC and Feather files -> rows, scanned where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check, arrow_types
from auditor.loaders.names import distinct, joined, named
from auditor.loaders.rows import KEPT
from auditor.loaders.store import reason

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.loaders.files import Found
    from auditor.loaders.store import Store

MAGIC = (b"ARROW1", b"FEA1")


def load(store: Store, found: Found) -> str:
    """Return what to put behind FROM: the mapped files, or a table of what came as a stream."""
    import pyarrow as pa

    file = found.files[0]
    packed = [arrow_check.file(each.path, each.label) for each in found.files]
    try:
        if len(found.files) == 1 and not _is_file_format(file.path):
            with pa.ipc.open_stream(pa.memory_map(str(file.path))) as reader:
                names = named(store, reader.schema.names, file.label)
                return stored(store, arrow_types.stream(store, reader, names, file.label))
        data = _mapped(store, found)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{found.label} cannot be read as Arrow: {reason(error, store, found.label)}") from error
    plain = arrow_types.dataset(store, data)
    if plain is not data:
        return stored(store, plain)
    if any(packed):  # each scan would unpack many batches at once
        return stored(store, data.scanner(batch_readahead=1, fragment_readahead=1).to_reader())
    store.connection.register("mapped", data)
    return "mapped"


def stored(store: Store, stream: object, selected: str = "*") -> str:
    """Read a stream, which can be read only once, into a table; `selected` is the SQL of what is kept of it."""
    import duckdb

    store.connection.register("stream", stream)
    try:
        store.run(f"CREATE TABLE {KEPT} AS SELECT {selected} FROM stream")
    except duckdb.Error as error:
        if store.fault is not None:
            raise store.fault from error
        raise
    store.connection.unregister("stream")
    return KEPT


def _mapped(store: Store, found: Found) -> Any:
    import pyarrow as pa
    from pyarrow import dataset, fs

    mapping = fs.LocalFileSystem(use_mmap=True)
    schemas = []
    for file in found.files:
        schema = dataset.dataset(str(file.path), format="ipc", filesystem=mapping).schema
        distinct(schema.names, file.label)
        schemas.append(schema)
    joined(store, ((file.label, schema.names) for file, schema in zip(found.files, schemas, strict=True)))
    schema = pa.unify_schemas(schemas)
    paths = [str(file.path) for file in found.files]
    return dataset.dataset(paths, schema=schema, format="ipc", filesystem=mapping)


def _is_file_format(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(6).startswith(MAGIC)
