"""Columns and rows in Python's own containers, NumPy's arrays and scikit-learn's Bunch -> a pandas frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.format import spelled
from auditor.loaders import limits, pandas
from auditor.loaders.in_memory import label
from auditor.loaders.notes import left_out
from auditor.use.says import Says

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from auditor.loaders.store import Store

ROWS_OF = "a list must hold a mapping of column to value for each row, or a list of values for each row"
SAYS = Says(
    numbered="{data}: columns without names are called {first} to {last}, in their order",
    only="{data}: the column without a name is called {first}",
)


def load(store: Store, given: Any) -> str:
    """Return what to put behind FROM for a mapping, a list of rows, or an array."""
    return pandas.load(store, frame(store, given), label(given))


def frame(store: Store, given: Any) -> pd.DataFrame:
    """Return the table that a mapping of columns, a list of rows, an array or a Bunch holds.

    Raises:
        SourceError: It has no rows and columns, or columns of several lengths.
    """
    if isinstance(given, Mapping):
        return _of_bunch(store, given) if _is_bunch(given) else _of_columns(store, given)
    if isinstance(given, list | tuple):
        return _of_rows(store, given)
    return _of_array(store, given, label(given))


def column(values: Any) -> Any:
    """Return values as a column of pandas, by position; None for what is no column (a text, a number, a table).

    Arrays keep their type. Values in a list keep theirs, each its own; rows of a matrix become vectors.
    """
    import numpy as np
    import pandas as pd

    if isinstance(values, pd.MultiIndex):
        return _objects(list(values))
    if isinstance(values, pd.Series | pd.Index):
        return pd.Series(values).reset_index(drop=True)
    if isinstance(values, str | bytes | bytearray | Mapping) or hasattr(type(values), "columns"):
        return None
    if hasattr(values, "to_arrow"):  # a column of Polars or cuDF
        values = values.to_arrow()
    if hasattr(values, "type") and hasattr(values, "to_pylist"):  # of Arrow
        return pd.Series(pd.array(values, dtype=pd.ArrowDtype(values.type)))
    if isinstance(values, pd.api.extensions.ExtensionArray):
        return pd.Series(values)
    if hasattr(values, "__array__"):
        return _of_values(np.ma.asanyarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values))
    if isinstance(values, Sequence):
        return _objects(values)
    return None


def _objects(values: Sequence[Any] | np.ndarray) -> Any:
    """Return a column of Python objects, lists and arrays among them: pandas would take those for more columns."""
    import numpy as np
    import pandas as pd

    made = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        made[i] = value
    return pd.Series(made)


def _of_values(array: np.ndarray) -> Any:
    """Return an array of one dimension as a column, of two as a column of vectors; None for any other."""
    import numpy as np
    import pandas as pd

    if array.ndim not in (1, 2) or array.dtype.names:
        return None
    if isinstance(array, np.ma.MaskedArray):
        values = array.data.astype(object)
        values[np.ma.getmaskarray(array)] = None
        array = values
    if not array.dtype.isnative:  # of a file from another machine
        array = array.astype(array.dtype.newbyteorder("="))
    if array.ndim == 2:
        return _objects(array)
    if array.dtype.kind in "US":
        return pd.Series([value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in array])
    return pd.Series(array)


def _of_columns(store: Store, given: Mapping[Any, Any]) -> pd.DataFrame:
    """Return a mapping of columns as a table; values that are no columns are named and left out."""
    if several := [
        name for name, value in given.items() if hasattr(type(value), "columns") or hasattr(type(value), "column_names")
    ]:
        raise SourceError(
            f"{label(given)} holds several tables; give one of them, such as data[{spelled(several[0])!r}]"
        )
    refuse_misaligned(given, label(given))
    columns = {name: column(value) for name, value in given.items()}
    readable = {name: of for name, of in columns.items() if of is not None}
    if given and not readable:
        raise SourceError(f"{label(given)} has no column: a mapping must hold a list or an array for each column")
    left_out(store, [spelled(name) for name in columns if name not in readable], "because they are no columns")
    return joined(readable, label(given))


def refuse_misaligned(given: Mapping[Any, Any], where: str) -> None:
    """Refuse objects of pandas with different indexes: joined by position, values would go to other people.

    `given` maps names to values of any kind; those without an index, and those of another length, are not compared.
    """
    indexed = [(name, of.index) for name, of in given.items() if hasattr(of, "iloc") and hasattr(of, "index")]
    for name, other in indexed[1:]:
        first, index = indexed[0]
        if len(other) == len(index) and not index.equals(other):
            raise SourceError(
                f"{where}: '{spelled(name)}' and '{spelled(first)}' have different indexes, and columns are joined by "
                "position; align them (pandas.DataFrame does), or give them without an index (.to_numpy())"
            )


def joined(columns: Mapping[Any, Any], where: str) -> pd.DataFrame:
    """Return columns of equal length as a table, which keeps names that are no texts."""
    import pandas as pd

    limits.refuse_wide(len(columns), where)
    lengths = {name: len(of) for name, of in columns.items()}
    if len(set(lengths.values())) > 1:
        (first, n), *others = lengths.items()
        other, m = next((name, size) for name, size in others if size != n)
        raise SourceError(
            f"{where}: column '{spelled(first)}' has {n:,} rows, and '{spelled(other)}' has {m:,}; "
            "columns must be of one length"
        )
    made = pd.concat(list(columns.values()), axis=1) if columns else pd.DataFrame()
    return made.set_axis(pd.Index(list(columns), tupleize_cols=False, dtype=object), axis=1)


def _of_rows(store: Store, given: Sequence[Any]) -> pd.DataFrame:
    """Return a list of mappings, or of lists of one length, as a table; a key that a row lacks is missing there."""
    if given and all(isinstance(row, Mapping) for row in given):
        names = dict.fromkeys(name for row in given for name in row)
        return joined({name: column([row.get(name) for row in given]) for name in names}, label(given))
    if given and all(isinstance(row, list | tuple) for row in given):
        sizes = {len(row) for row in given}
        if len(sizes) > 1:
            raise SourceError(
                f"{label(given)}: a row has {min(sizes):,} values, and another {max(sizes):,}; all must have as many"
            )
        columns = [column(list(values)) for values in zip(*given, strict=True)]
        return joined(dict(zip(_numbered(store, len(columns), label(given)), columns, strict=True)), label(given))
    if not given:
        raise SourceError(f"an empty {label(given)} cannot be read; {ROWS_OF}")
    kinds = sorted({type(row).__name__ for row in given})
    if all(hasattr(row, "columns") for row in given):
        joins = "pandas.concat, polars.concat or pyarrow.Table.from_batches"
        raise SourceError(f"a {label(given)} of {' and '.join(kinds[:3])} is several tables; join them first ({joins})")
    raise SourceError(f"a {label(given)} of {' and '.join(kinds[:3])} cannot be read; {ROWS_OF}")


def _of_array(store: Store, array: np.ndarray, where: str) -> pd.DataFrame:
    """Return an array of two dimensions, or one of records, as a table."""
    import numpy as np

    if isinstance(array, np.matrix):  # whose columns would be matrices again
        array = np.asarray(array)
    names = array.dtype.names
    if names and array.ndim == 1:
        columns = {name: column(array[name]) for name in names}
        readable = {name: of for name, of in columns.items() if of is not None}
        left_out(store, [name for name in names if name not in readable])
        return joined(readable, where)
    if array.ndim != 2:
        what = "one value" if array.ndim == 0 else "one column" if array.ndim == 1 else f"{array.ndim} dimensions"
        raise SourceError(f"{where} cannot be read: it has {what}; an array must have two dimensions, or named fields")
    limits.refuse_wide(array.shape[1], where)
    called = _numbered(store, array.shape[1], where)
    return joined({name: column(array[:, i]) for i, name in enumerate(called)}, where)


def _numbered(store: Store, columns: int, where: str) -> list[str]:
    """Return names for columns without names, and report them."""
    names = [f"x{i}" for i in range(columns)]
    if names:
        store.note(
            SAYS("numbered" if columns > 1 else "only", data=where, first=names[0], last=names[-1]), "column names"
        )
    return names


def _is_bunch(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one of data and an outcome, as scikit-learn's data sets are."""
    data = given.get("data")
    return data is not None and "target" in given and (getattr(data, "ndim", None) == 2 or hasattr(data, "columns"))


def _of_bunch(store: Store, given: Mapping[Any, Any]) -> pd.DataFrame:
    """Return the features and the outcome of a Bunch as one table; what else is as long is named and left out."""
    whole = given.get("frame")
    if whole is not None:
        made: pd.DataFrame = whole
        return made
    data, target, where = given["data"], given["target"], label(given)
    refuse_misaligned({"data": data, "target": target}, where)
    columns = dict(data.items()) if hasattr(data, "columns") else _named_columns(store, given)
    columns = {name: column(values) for name, values in columns.items()}
    if target is not None:
        outcomes = (
            dict(target.items()) if hasattr(target, "columns") else {getattr(target, "name", None) or "target": target}
        )
        columns |= {name: column(values) for name, values in outcomes.items()}
    rows = len(data)
    others = [
        name
        for name, value in given.items()
        if name not in ("data", "target", "frame", "feature_names", "target_names")
        and getattr(value, "shape", ())[:1] == (rows,)
    ]
    left_out(store, list(map(spelled, others)), "beside the data and the target")
    return joined({name: of for name, of in columns.items() if of is not None}, where)


def _named_columns(store: Store, given: Mapping[Any, Any]) -> dict[Any, Any]:
    array, names = given["data"], given.get("feature_names")
    if hasattr(array, "tocsr"):
        raise SourceError(f"{label(given)} holds a sparse matrix, which has no columns to be read; give data.toarray()")
    if names is None or len(names) != array.shape[1]:
        names = _numbered(store, array.shape[1], label(given))
    return {str(name): array[:, i] for i, name in enumerate(names)}
