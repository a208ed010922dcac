"""Arrow data, checked before anything reads them: those that lie about their sizes are read beyond their end.

The checks see what Arrow hands over: buffers and their sizes. An object that exports a stream through C hands over
addresses without sizes, and must be believed in that.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditError, SourceError
from auditor.loaders import arrow_sizes, limits

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from auditor.loaders.store import Store

BATCH = 2**30  # bytes that a batch may unpack to
READABLE = "write it again with Arrow"


def whole(data: Any, label: str) -> None:
    """Check a table, a batch or an array; SourceError where it is damaged."""
    import pyarrow as pa

    try:
        data.validate(full=True)
    except (pa.ArrowException, IndexError, ValueError) as error:
        raise _damaged(error, label) from error


def watched(store: Store, given: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches for the engine; where one cannot be read, leave the reason with the store, for the full message."""
    try:
        yield from given
    except AuditError as error:
        store.fault = error
        raise


def batches(given: Iterable[pa.RecordBatch], label: str) -> Iterator[pa.RecordBatch]:
    """Yield batches, each checked."""
    for batch in given:
        whole(batch, label)
        yield batch


def file(path: Path, label: str) -> bool:
    """Check a whole file or stream, and return whether it is packed."""
    import pyarrow as pa

    packed = _sizes(path, label)
    try:
        with pa.memory_map(str(path)) as source:
            reader: Any
            if source.read(6) == arrow_sizes.FILE:
                reader = pa.ipc.open_file(source)
                found = (reader.get_batch(i) for i in range(reader.num_record_batches))
            else:
                source.seek(0)
                reader = pa.ipc.open_stream(source)
                found = iter(reader)
            str(reader.schema)  # names may be no text
            unfolded, size = 0, path.stat().st_size
            for batch in batches(found, label):
                unfolded += sum(map(_unfolded, batch.columns))
                limits.refuse_unpacked(unfolded, size, label, "write it without dictionaries")
    except (pa.ArrowException, OSError, IndexError, ValueError) as error:
        raise _damaged(error, label) from error
    return packed


def _unfolded(array: Any) -> int:
    """Return the bytes of the texts that stand for the codes of a dictionary; 0 for any other array."""
    import pyarrow as pa
    from pyarrow import compute

    if not pa.types.is_dictionary(array.type):
        return 0
    try:
        lengths = compute.binary_length(array.dictionary)
    except pa.ArrowNotImplementedError:  # of no texts
        return 0
    return int(compute.sum(compute.cast(lengths.take(array.indices), pa.int64())).as_py() or 0)


def _sizes(path: Path, label: str) -> bool:
    """Refuse a file that claims too much, and return whether it is packed."""
    size, rows, unpacked, packed = path.stat().st_size, 0, 0, False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        view = memoryview(content)
        try:
            for batch in arrow_sizes.sizes(view):
                rows, packed = rows + batch.rows, packed or batch.packed
                unpacked += batch.unpacked
                if batch.unpacked > BATCH:
                    at_most = limits.amount(BATCH)
                    raise SourceError(f"{label} has a batch of over {at_most}, the limit; write it in smaller ones")
        except arrow_sizes.Malformed as error:
            raise _damaged(error, label) from error
        finally:
            view.release()
    limits.refuse_unpacked(unpacked, size, label, "write it without compression")
    limits.refuse_rows(rows, size, label)
    return packed


def _damaged(error: Exception, label: str) -> SourceError:
    why = next(iter(str(error).splitlines()), "")[:200].rstrip(". ")
    return SourceError(f"{label} cannot be read as Arrow: {why}; it is cut off or damaged, {READABLE}")
