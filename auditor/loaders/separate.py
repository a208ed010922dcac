"""A table, and columns of the same people that were given beside it: an outcome and sensitive features, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.errors import ArgumentError, ColumnError, SourceError
from auditor.format import listed, spelled
from auditor.loaders import frames, pandas, records
from auditor.loaders.in_memory import is_a
from auditor.loaders.source import quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

GIVEN, JOINED, BESIDE = "kept.table_given", "with_separate", "kept.separate"
OUTCOME, FEATURE = "y", "sensitive_feature_"  # fairlearn's names for what has none
SAYS = Says(
    joined="Joined by position to the rows of {data}: {columns:listed}.",
    own="{columns:listed} of the data {are} the same as given beside {them}, and {are} read once.",
)


@dataclass(frozen=True)
class Separate:
    """A table, and columns beside it: the argument that each came from, by the column's name."""

    data: object
    columns: Mapping[str, Any]
    sources: Mapping[str, str]


def beside(data: object, y: object, sensitive_features: object) -> tuple[Separate, str | None, tuple[str, ...]]:
    """Return a table with columns beside it, the name of the outcome, and those of the sensitive features.

    Raises:
        ArgumentError: One of them has no rows of values, or two of them have different indexes or one name.
    """
    if data is None or isinstance(data, str | bytes) or hasattr(data, "__fspath__"):
        raise ArgumentError(
            "y and sensitive_features go with data in Python; of a file, target and groups name columns"
        )
    if is_a(data, "duckdb", "DuckDBPyRelation", "DuckDBPyConnection") or type(data).__module__.startswith("pyspark."):
        raise ArgumentError(
            "y and sensitive_features are joined by position, and the data are a query, whose rows have no order; join "
            "them there, and name the columns with target and groups"
        )
    outcome = _columns(y, "y", OUTCOME) if y is not None else {}
    if len(outcome) > 1:
        raise ArgumentError(f"y has {len(outcome)} columns; an outcome is one")
    features = _columns(sensitive_features, "sensitive_features", FEATURE) if sensitive_features is not None else {}
    if both := set(outcome) & set(features):
        raise ArgumentError(f"y and sensitive_features both have a column {listed(sorted(both))}; rename one of them")
    _check_indexes([*_parts("the data", data), *_parts("y", y), *_parts("sensitive_features", sensitive_features)])
    sources = {**dict.fromkeys(outcome, "y"), **dict.fromkeys(features, "sensitive_features")}
    return Separate(data, {**outcome, **features}, sources), next(iter(outcome), None), tuple(features)


def _columns(given: Any, argument: str, called: str) -> dict[str, Any]:
    """Return columns by name: those of a frame or a mapping, a Series' own, or `called`, numbered."""
    if hasattr(type(given), "tocsr"):
        raise ArgumentError(f"{argument} is sparse, and needs a value for each row; give its toarray()")
    if isinstance(given, str) or (isinstance(given, list | tuple) and not given):
        instead = "target" if argument == "y" else "groups"
        raise ArgumentError(f"{argument} takes a value for each row; {instead} takes the name of a column")
    named = given if isinstance(given, Mapping) else None
    if hasattr(type(given), "columns") and (hasattr(given, "to_pandas") or hasattr(given, "iloc")):
        whole = given if hasattr(given, "iloc") else given.to_pandas()
        named = {name: whole.iloc[:, i] for i, name in enumerate(whole.columns)}
    if named is None:
        name = getattr(given, "name", None)
        if getattr(given, "ndim", 1) == 2:
            every = given.shape[1]
            named = {_numbered(called, i) if every > 1 else _alone(called): given[:, i] for i in range(every)}
        else:
            named = {name if isinstance(name, str | int) else _alone(called): given}
    if not named:
        raise ArgumentError(f"{argument} has no column")
    columns = {spelled(name): records.column(values) for name, values in named.items()}
    if len(columns) < len(named):
        raise ArgumentError(f"{argument} has a column name twice; rename one of them")
    if unread := [name for name, values in columns.items() if values is None]:
        raise ArgumentError(f"{argument} has no values for each row in {listed(unread)}; give a Series or an array")
    return columns


def _numbered(called: str, place: int) -> str:
    return f"{called}{place}"


def _alone(called: str) -> str:
    """Return the name of the only column; fairlearn numbers that of a sensitive feature too."""
    return _numbered(called, 0) if called == FEATURE else called


def _parts(argument: str, given: object) -> list[tuple[str, object]]:
    """Return what may have an index of its own: the value of an argument, or each column of a mapping."""
    return [(argument, of) for of in given.values()] if isinstance(given, Mapping) else [(argument, given)]


def _check_indexes(given: Sequence[tuple[str, object]]) -> None:
    """Refuse pandas objects with different indexes: joined by position, values would go to other people."""
    indexed = [(name, of.index) for name, of in given if hasattr(of, "iloc") and hasattr(of, "index")]
    for name, other in indexed[1:]:
        first, index = indexed[0]
        if len(other) == len(index) and not index.equals(other):
            both = f"{name} and {first} have" if name != first else f"the columns of {name} have"
            raise ArgumentError(
                f"{both} different indexes, and rows are joined by position; align them, or give "
                f"{name if name != 'the data' else first} without an index (.to_numpy())"
            )


def load(store: Store, given: Separate, table: str | None) -> str:
    """Return what to put behind FROM for a table with the columns beside it.

    Raises:
        SourceError: A column has another number of rows than the table.
        ColumnError: The table has another column of that name.
    """
    where = frames.label(given)
    store.run(f"CREATE TABLE {GIVEN} AS SELECT * FROM {frames.load(store, given.data, table)}")
    ((rows,),) = store.run(f"SELECT count(*) FROM {GIVEN}")
    for name, values in given.columns.items():
        if len(values) != rows:
            raise SourceError(f"{given.sources[name]} has {len(values):,} rows, and {where} has {rows:,} rows")
    made = pandas.load(store, records.joined(given.columns, where), " and ".join(dict.fromkeys(given.sources.values())))
    store.run(f"CREATE TABLE {BESIDE} AS SELECT * FROM {made}")
    there = {name.lower(): name for name, *_ in store.run(f"DESCRIBE {GIVEN}")}
    columns = [name for name, *_ in store.run(f"DESCRIBE {BESIDE}")]
    same = [name for name in columns if name.lower() in there]
    for name in same:
        _refuse_other(store, there[name.lower()], name, given.sources[name], where)
    new = [name for name in columns if name not in same]
    if same:
        store.note(
            SAYS("own", columns=same, are="are" if len(same) > 1 else "is", them="them" if len(same) > 1 else "it"),
            "separate columns", same,
        )  # fmt: skip
    if not new:
        return GIVEN
    chosen = ", ".join(["given.*", *(f"beside.{quoted(name)}" for name in new)])
    store.run(f"CREATE VIEW {JOINED} AS SELECT {chosen} FROM {GIVEN} given POSITIONAL JOIN {BESIDE} beside")
    store.note(SAYS("joined", data=where, columns=new), "separate columns", new)
    return JOINED


def _refuse_other(store: Store, own: str, name: str, source: str, where: str) -> None:
    """Refuse a column beside a table that has one of its name with other values."""
    ((other,),) = store.run(
        f"SELECT count(*) FROM {GIVEN} given POSITIONAL JOIN {BESIDE} beside "
        f"WHERE CAST(given.{quoted(own)} AS VARCHAR) IS DISTINCT FROM CAST(beside.{quoted(name)} AS VARCHAR)"
    )
    if other:
        raise ColumnError(f"{where} has a column '{own}' with other values than {source}; rename one of them")
