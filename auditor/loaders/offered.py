"""Values in Python that are known by what they offer -> rows: each is turned into what another loader reads.

The protocols are tried in the order of `WAYS`: those that keep types and read in parts come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders.in_memory import label
from auditor.use.says import Says

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.store import Store

ROWS = 8_192  # of a batch
SAYS = Says(names="Codes are read as the names that the data set has for them: {columns:listed}.")
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
            return make(store, frame)
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


def _computed(_: Store, frame: Any) -> Any:
    """Return what a graph of Dask computes: a pandas frame or an array, in memory."""
    return frame.compute()


def _batches(store: Store, frame: Any) -> Any:
    """Return a data set of Hugging Face, or one that is streamed, as a reader of its batches."""
    import pyarrow as pa

    named = {name: list(of.names) for name, of in (getattr(frame, "features", None) or {}).items() if _is_coded(of)}
    if named:
        store.note(SAYS("names", columns=list(named)), "codes", list(named))
    batches = (_with_names(table, named) for table in frame.with_format("arrow").iter(batch_size=ROWS))
    first = next(batches, None)
    if first is None:
        return pa.table({name: [] for name in frame.column_names or ()})

    def every() -> Iterator[pa.RecordBatch]:
        yield from first.to_batches()
        for table in batches:
            yield from table.cast(first.schema).to_batches()

    return pa.RecordBatchReader.from_batches(first.schema, every())


def _is_coded(feature: Any) -> bool:
    """Whether a column of Hugging Face holds codes of names."""
    return isinstance(getattr(feature, "names", None), list | tuple) and getattr(feature, "dtype", "") == "int64"


def _with_names(table: pa.Table, named: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return a table whose codes are their names; a code without a name, such as -1, is missing."""
    import pyarrow as pa

    for name, names in named.items():
        codes = [code if code is not None and 0 <= code < len(names) else None for code in table[name].to_pylist()]
        words = pa.array([None if code is None else names[code] for code in codes], pa.string())
        table = table.set_column(table.column_names.index(name), name, words)
    return table


def _array_stream(_: Store, frame: Any) -> Any:
    import pyarrow as pa

    return pa.record_batch(frame)


def _interchanged(_: Store, frame: Any) -> Any:
    """Return a frame of the interchange protocol as a table."""
    from pyarrow.interchange import from_dataframe

    return from_dataframe(frame)


def _as_array(_: Store, frame: Any) -> Any:
    import numpy as np

    return np.asarray(frame)


# What a value has -> how that is used.
WAYS: dict[str, Callable[[Store, Any], Any]] = {
    "__dask_graph__": _computed,
    "with_format": _batches,
    "__arrow_c_array__": _array_stream,
    "to_reader": lambda _, frame: frame.to_reader(),
    "to_arrow": lambda _, frame: frame.to_arrow(),
    "__dataframe__": _interchanged,
    "to_pandas": lambda _, frame: frame.to_pandas(),
    "__array__": _as_array,
}
