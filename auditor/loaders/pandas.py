"""pandas frames -> frames that DuckDB can scan in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders.names import distinct

if TYPE_CHECKING:
    import pandas as pd

    from auditor.loaders.store import Store


def readable(store: Store, frame: Any) -> pd.DataFrame:
    """Return the frame with string names, and with columns replaced where DuckDB has no type for theirs."""
    names = [str(name) for name in frame.columns]
    distinct(names, "DataFrame")
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)  # an index may come along as a column
    try:
        replaced = {name: _column(store, name, frame[name]) for name in names if _is_odd(frame[name].dtype)}
    except UnicodeEncodeError as error:  # half a character, as from a file that was read with the wrong encoding
        raise SourceError(f"DataFrame: {error.object!r:.40} holds half a character, and is no text") from error
    result: pd.DataFrame = frame.copy(deep=False)
    for name, column in replaced.items():
        result[name] = column
    return result


def _is_odd(dtype: Any) -> bool:
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype | pd.SparseDtype):
        return True
    if isinstance(dtype, pd.StringDtype | pd.ArrowDtype | pd.DatetimeTZDtype):
        return False
    numeric = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    return not numeric and getattr(dtype, "kind", "O") not in "bMm"


def _column(store: Store, name: str, column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return _categories(column)
    if isinstance(column.dtype, pd.SparseDtype):
        dense: pd.Series[Any] = pd.Series(column.array.to_dense(), index=column.index)
        return dense
    return _objects(store, name, column) if column.dtype == "object" else _texts(column)


def _categories(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    categories = column.cat.categories
    if pd.api.types.is_bool_dtype(categories):
        return column.astype("boolean")
    names = [str(category) for category in categories]
    return column.cat.rename_categories(names) if len(set(names)) == len(names) and names else _texts(column)


def _objects(store: Store, name: str, column: pd.Series[Any]) -> pd.Series[Any]:
    """Give Python objects the one type they all have, or make them text.

    DuckDB would tell their type from some of them, and stumble over the others.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        array = pa.array(column, from_pandas=True)
    except UnicodeEncodeError:
        raise
    except (pa.ArrowException, OverflowError, TypeError, ValueError):  # Decimal has numbers that Arrow's has not
        kinds = sorted({type(value).__name__ for value in column[column.notna()]})
        store.note(f"column '{name}' is read as text: it holds {' and '.join(kinds)} values")
        return _texts(column)
    return pd.Series(pd.array(array, dtype=pd.ArrowDtype(array.type)), index=column.index)


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype(object).map(str, na_action="ignore").astype("str")
