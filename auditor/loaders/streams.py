"""Whatever exports an Arrow stream -> rows; a DuckDB relation too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_types
from auditor.loaders.arrow import stored
from auditor.loaders.in_memory import label
from auditor.loaders.names import distinct, named
from auditor.loaders.source import quoted

if TYPE_CHECKING:
    from auditor.loaders.store import Store


def load(store: Store, frame: Any) -> str:
    """Read what may give its rows only once; a DuckDB relation too, whose query may give other rows next time."""
    import pyarrow as pa

    columns = getattr(frame, "columns", None)
    if isinstance(columns, list):  # a relation's own: it would rename the second of two that differ by case
        distinct(columns, label(frame))
        frame = _without_widest(frame)
    try:
        reader = frame if isinstance(frame, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(_Stream(frame))
    except (pa.ArrowInvalid, TypeError) as error:  # of single values, or of no Arrow data at all
        raise SourceError(f"{label(frame)} cannot be read: its __arrow_c_stream__ gives no table") from error
    names = named(store, reader.schema.names, label(frame))
    return stored(store, arrow_types.stream(store, reader, names, label(frame)))


def _without_widest(relation: Any) -> Any:
    """Return a relation whose unsigned numbers of 128 bits are doubles: Arrow would be given them as negative ones."""
    kinds = [(quoted(name), str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)]
    if not any(kind == "UHUGEINT" for _, kind in kinds):
        return relation
    return relation.project(
        ", ".join(f"CAST({name} AS DOUBLE) AS {name}" if kind == "UHUGEINT" else name for name, kind in kinds)
    )


class _Stream:
    """The Arrow stream of an object, and nothing else of it."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)
