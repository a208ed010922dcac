"""Arrow types that the engine cannot read -> types that it can; columns that have no such type are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.loaders import arrow_check
from auditor.loaders.notes import left_out, rounded

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.store import Store

DIGITS = 38  # of the longest decimal numbers that the engine reads


@dataclass(frozen=True)
class Readable:
    """What to make of Arrow data: the schema to cast to, the columns left out, and those that lose digits by it."""

    schema: pa.Schema
    left_out: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    changed: bool = False

    def note(self, store: Store) -> None:
        """Report which columns were left out and which were rounded."""
        left_out(store, self.left_out)
        rounded(store, self.rounded)

    def batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch of rows with these columns, of these types."""
        return batch.select(self.schema.names).cast(self.schema)


def readable(schema: pa.Schema, fits: Callable[[str, pa.DataType], bool] = lambda name, kind: False) -> Readable:
    """Return what to make of data of a schema; `fits` returns whether a column's long decimals fit a shorter type."""
    import pyarrow as pa

    fields, out, loose = [], [], []
    for field in schema:
        exact = _shorter(field.type)
        kind = exact if exact is not None and fits(field.name, exact) else plain(field.type)
        if kind is None:
            out.append(field.name)
            continue
        loose += [field.name] if exact is not None and kind is not exact else []
        fields.append(field.with_type(kind))
    wanted = pa.schema(fields, metadata=schema.metadata)
    return Readable(wanted, tuple(out), tuple(loose), not wanted.equals(schema))


def table(store: Store, data: pa.Table) -> pa.Table:
    """Return a table that the engine can read, and report what it lacks."""
    import pyarrow as pa

    def fits(name: str, kind: pa.DataType) -> bool:
        try:
            data[name].cast(kind)
        except pa.ArrowInvalid:
            return False
        return True

    to = readable(data.schema, fits)
    to.note(store)
    return data.select(to.schema.names).cast(to.schema) if to.changed else data


def array(values: pa.Array) -> pa.Array | None:
    """Return an array that the engine can read, or None. Long decimals that do not fit become doubles."""
    import pyarrow as pa

    for kind in (_shorter(values.type), plain(values.type)):
        if kind is not None:
            try:
                return values.cast(kind)
            except pa.ArrowInvalid:
                continue
    return None


def stream(store: Store, reader: pa.RecordBatchReader, names: Sequence[str], label: str) -> pa.RecordBatchReader:
    """Return a reader whose batches are sound and the engine can read, with columns of these names.

    Columns that were left out or rounded are reported.
    """
    import pyarrow as pa

    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    to = readable(schema)
    to.note(store)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in arrow_check.batches(reader, label):
            yield to.batch(batch.rename_columns(list(names)))

    return pa.RecordBatchReader.from_batches(to.schema, arrow_check.watched(store, batches()))


def dataset(store: Store, data: Any) -> Any:
    """Return a dataset as it is, or a reader of it where it has types that the engine cannot read."""
    from pyarrow import dataset as ds

    to = readable(data.schema)
    to.note(store)
    if not to.changed:
        return data
    # Not all are cast: a column without a value has a type that is cast to no other, nor to itself.
    columns = {
        field.name: ds.field(field.name) if field.type == data.schema.field(field.name).type
        else ds.field(field.name).cast(field.type)
        for field in to.schema
    }  # fmt: skip
    return data.scanner(columns=columns, batch_readahead=1, fragment_readahead=1).to_reader()


def rounds(before: pa.DataType, after: pa.DataType) -> bool:
    """Whether numbers lose digits by a change of type."""
    import pyarrow as pa

    return bool(pa.types.is_decimal256(before) and pa.types.is_floating(after))


def _shorter(kind: pa.DataType) -> pa.DataType | None:
    """Return the decimal type that may hold long decimals."""
    import pyarrow as pa

    if not pa.types.is_decimal256(kind):
        return None
    return pa.decimal128(DIGITS, kind.scale) if 0 <= kind.scale <= DIGITS else None


def plain(kind: pa.DataType) -> pa.DataType | None:
    """Return a type that the engine can read and that holds the values of `kind`, or None."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):  # such as tensors: the engine reads what they are stored as
        inner = plain(kind.storage_type)
        return inner and (kind if inner == kind.storage_type else inner)
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind):
        return pa.float64()
    if pa.types.is_union(kind) and kind.mode == "dense":
        return None
    if pa.types.is_dictionary(kind):
        inner = plain(kind.value_type)
        return inner and (kind if inner == kind.value_type else pa.dictionary(kind.index_type, inner, kind.ordered))
    if pa.types.is_fixed_size_list(kind):
        inner = plain(kind.value_type)
        return inner and (kind if inner == kind.value_type else pa.list_(inner, kind.list_size))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = plain(kind.value_type)
        make = pa.large_list if pa.types.is_large_list(kind) else pa.list_
        return inner and (kind if inner == kind.value_type else make(inner))
    if pa.types.is_map(kind):
        pair = plain(kind.key_type), plain(kind.item_type)
        return None if None in pair else (kind if pair == (kind.key_type, kind.item_type) else pa.map_(*pair))
    if pa.types.is_struct(kind):
        inner_fields = [(field, plain(field.type)) for field in kind]
        if any(inner is None for _, inner in inner_fields):
            return None
        same = all(inner == field.type for field, inner in inner_fields)
        return kind if same else pa.struct([field.with_type(inner) for field, inner in inner_fields])
    return kind
