"""Values in Python that are known by what they offer -> rows: each is turned into what another loader reads.

The protocols are tried in the order of `WAYS`: those that keep types and read in parts come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders.in_memory import label

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.store import Store

ROWS = 8_192  # of a batch
MOST = 4  # steps from what was given to what is read


def unwrapped(store: Store, frame: Any) -> Any:
    """Return what a value offers in its own place: a table, a stream, a frame or an array.

    Raises:
        SourceError: The value's own method failed; its error is not repeated, because it may quote rows.
    """
    for way, make in WAYS.items():
        if not hasattr(frame, way):
            continue
        try:
            return make(frame)
        except SourceError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # whatever another library raises
            raise SourceError(
                f"{label(frame)} cannot be read: its {way} failed ({type(error).__name__}); "
                "turn it into a pandas, Polars or Arrow table first"
            ) from error
    return None


def _computed(frame: Any) -> Any:
    """Return what a graph of Dask computes: a pandas frame or an array, in memory."""
    return frame.compute()


def _batches(frame: Any) -> Any:
    """Return a data set of Hugging Face, or one that is streamed, as a reader of its batches."""
    import pyarrow as pa

    batches: Iterator[pa.Table] = iter(frame.with_format("arrow").iter(batch_size=ROWS))
    first = next(batches, None)
    if first is None:
        return pa.table({name: [] for name in frame.column_names or ()})

    def every() -> Iterator[pa.RecordBatch]:
        yield from first.to_batches()
        for table in batches:
            yield from table.cast(first.schema).to_batches()

    return pa.RecordBatchReader.from_batches(first.schema, every())


def _array_stream(frame: Any) -> Any:
    import pyarrow as pa

    return pa.record_batch(frame)


def _interchanged(frame: Any) -> Any:
    """Return a frame of the interchange protocol as a table."""
    from pyarrow.interchange import from_dataframe

    return from_dataframe(frame)


def _as_array(frame: Any) -> Any:
    import numpy as np

    return np.asarray(frame)


# What a value has -> how that is used.
WAYS: dict[str, Callable[[Any], Any]] = {
    "__dask_graph__": _computed,
    "with_format": _batches,
    "__arrow_c_array__": _array_stream,
    "to_reader": lambda frame: frame.to_reader(),
    "to_arrow": lambda frame: frame.to_arrow(),
    "__dataframe__": _interchanged,
    "to_pandas": lambda frame: frame.to_pandas(),
    "__array__": _as_array,
}
