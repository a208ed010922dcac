"""Arrow tables, batches and datasets -> rows, checked before the engine scans them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check, arrow_types
from auditor.loaders.arrow import stored
from auditor.loaders.in_memory import in_place, label
from auditor.loaders.names import named

if TYPE_CHECKING:
    from auditor.loaders.store import Store


def load(store: Store, frame: Any) -> str:
    """Return what to put behind FROM to scan a table, a batch or a dataset."""
    import pyarrow as pa

    names = named(store, frame.schema.names, label(frame))
    if isinstance(frame, pa.Table | pa.RecordBatch):
        arrow_check.whole(frame, label(frame))
    elif not _is_parquet(frame):
        for _ in arrow_check.batches(_scanned(frame), label(frame)):
            pass
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    if isinstance(frame, pa.Table):
        return in_place(store, arrow_types.table(store, frame.rename_columns(names)))
    data = arrow_types.dataset(store, frame)
    return in_place(store, data) if data is frame else stored(store, data)


def _is_parquet(data: Any) -> bool:
    """Whether a dataset is read from Parquet files, whose reader makes its arrays itself."""
    from pyarrow import dataset

    return isinstance(getattr(data, "format", None), dataset.ParquetFileFormat)


def _scanned(data: Any) -> Any:
    import pyarrow as pa

    try:
        yield from data.scanner(batch_readahead=1, fragment_readahead=1).to_batches()
    except pa.ArrowException as error:
        raise SourceError(f"{label(data)} cannot be read: {next(iter(str(error).splitlines()), '')}") from error
