"""pandas frames -> frames that DuckDB can scan in place."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check, arrow_types
from auditor.loaders.in_memory import in_place
from auditor.loaders.names import named
from auditor.loaders.notes import left_out, rounded
from auditor.use.says import Says

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditor.loaders.store import Store

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+>")  # in the text of an object without a text of its own
SAYS = Says(
    complex="column '{column}' is read as text: it holds complex numbers",
    objects="column '{column}' is read as text: it holds {kinds:ands} values",
)


def load(store: Store, frame: Any, where: str = "DataFrame") -> str:
    """Return what to put behind FROM to scan a frame; `where` is what errors call it."""
    return in_place(store, _readable(store, frame, where))


def _readable(store: Store, frame: Any, where: str) -> pd.DataFrame:
    """Return the frame with string names, and with columns replaced where DuckDB has no type for theirs."""
    import pandas as pd

    names = named(store, frame.columns, where)
    _check(frame, where)
    frame = pd.DataFrame(frame).set_axis(names, axis=1).reset_index(drop=True)  # an index may come along as a column
    try:
        replaced = {name: _column(store, name, frame[name]) for name in names if _is_odd(frame[name].dtype)}
    except UnicodeEncodeError as error:  # half a character, as from a file that was read with the wrong encoding
        raise SourceError(f"{where}: {error.object!r:.40} holds half a character, and is no text") from error
    result: pd.DataFrame = frame.copy(deep=False)
    unread = [name for name, column in replaced.items() if column is None]
    left_out(store, unread)
    for name, column in replaced.items():
        if column is not None:
            result[name] = column
    return result.drop(columns=unread)


def _check(frame: Any, where: str) -> None:
    """Refuse columns that point beyond their values: Arrow arrays that are damaged, codes without a category."""
    import pandas as pd

    for i, dtype in enumerate(frame.dtypes):
        array = frame.iloc[:, i].array
        if isinstance(dtype, pd.ArrowDtype | pd.StringDtype) and getattr(dtype, "storage", "pyarrow") == "pyarrow":
            arrow_check.whole(array.__arrow_array__(), where)
        coded = isinstance(dtype, pd.CategoricalDtype) and len(array)
        if coded and not -1 <= array.codes.min() <= array.codes.max() < len(array.categories):
            raise SourceError(f"{where}: '{frame.columns[i]}' has codes of categories that it does not have")


def _is_odd(dtype: Any) -> bool:
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype | pd.SparseDtype):
        return True
    if isinstance(dtype, pd.ArrowDtype):
        return bool(arrow_types.plain(dtype.pyarrow_dtype) != dtype.pyarrow_dtype)
    if isinstance(dtype, pd.StringDtype | pd.DatetimeTZDtype):
        return False
    numeric = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if getattr(dtype, "kind", "O") == "f" and getattr(dtype, "itemsize", 8) not in (4, 8):
        return True
    return not numeric and getattr(dtype, "kind", "O") not in "bMm"


def _column(store: Store, name: str, column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return a column of a type that DuckDB knows; None where none can hold its values."""
    import pandas as pd

    dtype: Any = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(column)
    if isinstance(dtype, pd.SparseDtype):
        dense: pd.Series[Any] = pd.Series(column.array.to_dense(), index=column.index)
        return _column(store, name, dense) if _is_odd(dense.dtype) else dense
    if isinstance(dtype, pd.ArrowDtype):
        return _of_arrow(store, name, column.array.__arrow_array__(), column.index)
    if _is_foreign(dtype):  # such as shapes on a map, whose text would be a place
        return None
    if dtype.kind == "f":  # of 16 bits, or of the processor's own length
        short = column.astype("float32" if dtype.itemsize < 4 else "float64")
        if not short.astype(dtype).equals(column):
            rounded(store, [name])
        return short
    if dtype.kind == "c":
        store.note(SAYS("complex", column=name), "complex numbers", (name,))
    return _objects(store, name, column) if dtype == "object" else _texts(column)


def _is_foreign(dtype: Any) -> bool:
    """Whether values are objects of a type that another library defines: their text is not what they are."""
    import pandas as pd

    own = type(dtype).__module__.partition(".")[0] == "pandas"
    return (
        isinstance(dtype, pd.api.extensions.ExtensionDtype) and not own and dtype.kind == "O" and dtype.type is not str
    )


def _categories(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    categories = column.cat.categories
    if pd.api.types.is_bool_dtype(categories):
        return column.astype("boolean")
    names = [str(category) for category in categories]
    return column.cat.rename_categories(names) if len(set(names)) == len(names) and names else _texts(column)


def _objects(store: Store, name: str, column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Give Python objects the one type they all have, or make them text; None where their text does not describe them.

    DuckDB would infer their type from some of them, and fail on the others.
    """
    import pyarrow as pa

    if (vectors := _vectors(column)) is not None:
        return _of_arrow(store, name, vectors, column.index)
    for values in (_moments(column), _listed(column)):
        try:
            array = pa.array(values, from_pandas=True)
        except UnicodeEncodeError:
            raise
        except (pa.ArrowException, OverflowError, TypeError, ValueError):  # Decimal has numbers that Arrow's has not
            continue
        return _of_arrow(store, name, array, column.index)
    kinds = sorted({type(value).__name__ for value in column[column.notna()]})
    texts = _texts(column)
    if any(ADDRESS.search(text) for text in texts.dropna().head(100)):
        return None
    store.note(SAYS("objects", column=name, kinds=kinds))
    return texts


def _vectors(column: pd.Series[Any]) -> pa.Array | None:
    """Return arrays of one dimension as lists of numbers, without a Python object for each; None for other values."""
    import numpy as np
    import pyarrow as pa

    there = column.notna().to_numpy()
    arrays = list(column[there])
    if not arrays or not all(isinstance(of, np.ndarray) and of.ndim == 1 and of.dtype.kind in "fiu" for of in arrays):
        return None
    lengths = np.zeros(len(column), np.int64)
    lengths[there] = [len(of) for of in arrays]
    numbers = np.concatenate(arrays)
    if numbers.dtype.itemsize < 4 or numbers.dtype.itemsize > 8:  # half of a float, or one of the processor's own
        numbers = numbers.astype(np.float32 if numbers.dtype.itemsize < 4 else np.float64)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]))
    return pa.LargeListArray.from_arrays(offsets, pa.array(numbers), mask=pa.array(~there))


def _listed(column: pd.Series[Any]) -> list[Any]:
    """Return the values with arrays of any number of dimensions as lists of lists."""
    return [value.tolist() if hasattr(value, "tolist") and getattr(value, "ndim", False) else value for value in column]


def _moments(column: pd.Series[Any]) -> Any:
    """Return the values, dates among times as their midnight: Arrow would cut the hours off, or take neither."""
    kinds = set(map(type, column[column.notna()]))
    if datetime.date not in kinds or not any(issubclass(kind, datetime.datetime) for kind in kinds):
        return column
    midnight = datetime.time()
    return [datetime.datetime.combine(value, midnight) if type(value) is datetime.date else value for value in column]


def _of_arrow(store: Store, name: str, array: pa.Array, index: pd.Index[Any]) -> pd.Series[Any] | None:
    """Return an Arrow array as a column, of a type that DuckDB knows."""
    import pandas as pd

    plain = arrow_types.array(array)
    if plain is None:
        return None
    if arrow_types.rounds(array.type, plain.type):
        rounded(store, [name])
    return pd.Series(pd.array(plain, dtype=pd.ArrowDtype(plain.type)), index=index)


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype(object).map(str, na_action="ignore").astype("string")
