"""Terms to mask: suggested by an audit, edited by a person, read back, and masked in a copy of the data."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.engines.masking import masker
from auditor.engines.peek import peek
from auditor.engines.tokens import QUOTES
from auditor.errors import ColumnError, OutputError, RoleError, UseCaseError, hint
from auditor.format import printable, share_or_few
from auditor.loaders import open_source, signals, verbatim
from auditor.loaders.files import rereadable
from auditor.loaders.leftovers import own_draft
from auditor.loaders.source import FULL, Source, literal
from auditor.loaders.store import Store
from auditor.model import Audit, TermKind
from auditor.use.assign import assign
from auditor.use.inputs import WRITTEN, guarded, reading, too_large
from auditor.use.says import Says
from auditor.use.toml import reason
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {".csv": "CSV, HEADER", ".parquet": "PARQUET", ".jsonl": "JSON"}
ROWS = 10_000
HEAD = """\
# Terms that the audit suggests to mask, one per line. The text after # is the reason, for you to judge.
# Delete the terms that the task needs. Then run: dataudit check … --redact THIS
# To write a masked copy: dataudit redact DATA --terms THIS -o COPY
"""
SAYS = Says(
    none="# No term to mask was found{>reason}.\n",
    reason=": {why}",
    alike="# Left out: {terms:people} watch-list term{terms:s} without evidence of a difference between groups.\n",
    moves="{group}: associated with the outcome",
    marks="{group}: in {share} of '{level}', {share_reference} of '{reference}'{>watched}",
    watched=", on the watch list of {list}",
    costs_within="{cost}, also within the groups",
)


def suggestions(audit: Audit) -> str:
    """Return the terms for which the audit found a difference between groups, with the reason beside each.

    A term that is only on a watch list is left out, and counted. So is a pair of words where one of its words is
    suggested: masking the word masks it in the pair.
    """
    reasons: dict[str, str] = {}
    costly: dict[str, str] = {}
    alike: dict[str, None] = {}
    for result in audit.results:
        for record in result.table if result.rule in ("TXT001", "TXT002") else ():
            if record.get("kind") == TermKind.WATCHED:
                alike[str(record["term"])] = None
                continue
            reasons.setdefault(str(record["term"]), _reason(record))
            if result.rule == "TXT002":
                costly.setdefault(str(record["term"]), _cost(record))
    lines = []
    for term, why in reasons.items():
        words = term.split(" ")
        if len(words) > 1 and any(word in reasons for word in words):
            continue
        lines.append(f"{printable(term)}  # {printable(why)}{f'; {costly[term]}' if term in costly else ''}\n")
    if not lines:
        unread = next((result.reason for result in audit.results if result.rule == "TXT001" and result.reason), None)
        lines = [SAYS("none", why=printable(unread) if unread else None)]
    if left_out := len(alike.keys() - reasons.keys()):
        lines.append(SAYS("alike", terms=left_out))
    return HEAD + "".join(lines)


def _cost(row: Mapping[str, Any]) -> str:
    kind = TermKind(row["kind"])
    return SAYS("costs_within", cost=kind.words) if row["direct"] else kind.words


def _reason(row: Mapping[str, Any]) -> str:
    if "share" not in row:
        return SAYS("moves", group=row["group"])
    return SAYS(
        "marks",
        group=row["group"],
        share=share_or_few(row["share"]),
        level=row["level"],
        share_reference=share_or_few(row["share_reference"]),
        reference=row["reference"],
        list=row.get("watched") or None,
    )


def read_terms(source: str | Path | Iterable[str]) -> tuple[str, ...]:
    """Return terms from a file (one per line, # begins a remark) or as given; in lower case, straight apostrophes.

    Raises:
        UseCaseError: The file cannot be read, or names no term.
    """
    if isinstance(source, str | Path):
        reading(source)
        if too_large(source, WRITTEN):
            raise UseCaseError(f"terms '{source}' cannot be read: larger than {WRITTEN // 2**20} MiB, the limit")
        try:
            lines: Iterable[str] = Path(source).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UseCaseError(f"terms '{source}' cannot be read: {reason(error)}") from None
        where = f"'{source}'"
    else:
        lines, where = list(source), "the list"
    terms = [" ".join(re.sub(QUOTES, "'", line.split("#")[0]).lower().split()) for line in lines]
    found = tuple(dict.fromkeys(term for term in terms if term))
    if not found:
        raise UseCaseError(
            f"{where} names no term; write at least one{' (a term per line)' if where != 'the list' else ''}"
        )
    return found


def redact(data: str, terms: Sequence[str], output: str, columns: Sequence[str] = ()) -> tuple[int, tuple[str, ...]]:
    """Write a copy of the data with the terms masked in its texts; return how many values changed, and the columns.

    `columns` are the text columns; without them those that read like text. A copy in the format of the data (CSV,
    JSON, Parquet) differs in nothing else. In another format, values are written as they are read.

    Raises:
        OutputError: The copy would replace the data, or cannot be written.
    """
    path = Path(output)
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"'{output}' must end in one of {', '.join(FORMATS)}{hint(path.suffix, FORMATS)}")
    if data != "-" and path.resolve() == Path(data).resolve():
        raise OutputError(f"'{output}' is the data itself; a masked copy needs a path of its own")
    if not path.parent.is_dir():
        raise OutputError(f"'{output}' cannot be written: there is no folder '{path.parent}'")
    store = Store()
    try:
        with guarded([output]), open_source(given := rereadable(store, data)) as source:
            chosen = _chosen(source, columns)
            changed = _written(given, source, path, chosen, masker(terms))
    finally:
        store.close()
    return changed, chosen


def _chosen(source: Source, columns: Sequence[str]) -> tuple[str, ...]:
    for name in columns:
        if name not in source.fields:
            raise ColumnError.missing(name, source.fields, source.name)
    if chosen := tuple(columns) or assign(peek(source), UseCase(), source.name).text:
        return chosen
    raise RoleError("no column reads like text; name the one to mask with --text")


def _written(data: str, source: Source, path: Path, columns: Sequence[str], mask: Callable[[str], str]) -> int:
    """Write the copy whole, or not at all; return how many texts changed."""
    changed = 0

    def masked(text: str) -> str:
        nonlocal changed
        new = mask(text)
        changed += new != text
        return new

    draft = _draft(path)
    try:
        if not verbatim.copy(data, draft, path.suffix.lower(), columns, masked):
            _converted(source, draft, FORMATS[path.suffix.lower()], columns, masked)
        os.chmod(draft, signals.mode_of(path))
        draft.replace(path)
    except OSError as error:
        why = next((words for words in FULL if words in str(error)), error.strerror or str(error))
        raise OutputError(f"'{path}' cannot be written: {why}") from None
    finally:
        draft.unlink(missing_ok=True)
        signals.end(draft)
    return changed


def _converted(source: Source, draft: Path, form: str, columns: Collection[str], mask: Callable[[str], str]) -> None:
    """Write the rows in another format than that of the data."""
    import duckdb

    masked = _masked(source.connection.sql(f"SELECT * FROM {source.relation}").to_arrow_reader(ROWS), columns, mask)
    with duckdb.connect() as writer:
        writer.register("masked", masked)
        try:
            writer.execute(f"COPY masked TO {literal(str(draft))} (FORMAT {form}, USE_TMP_FILE false)").fetchall()
        except duckdb.IOException as error:
            raise OSError(str(error).splitlines()[0]) from None


def _draft(path: Path) -> Path:
    """Make the file that becomes a masked copy: private until it is whole, for it holds rows."""
    try:
        descriptor, draft = own_draft(path.parent)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror or error}") from None
    os.close(descriptor)
    return draft


def _masked(reader: pa.RecordBatchReader, columns: Collection[str], mask: Callable[[str], str]) -> pa.RecordBatchReader:
    """Return the reader with texts masked."""
    import pyarrow as pa

    def batches() -> Iterable[pa.RecordBatch]:
        for batch in reader:
            arrays = []
            for field, array in zip(batch.schema, batch.columns, strict=True):
                if field.name in columns:
                    new = [mask(value) if isinstance(value, str) else value for value in array.to_pylist()]
                    array = pa.array(new, field.type)
                arrays.append(array)
            yield pa.RecordBatch.from_arrays(arrays, schema=batch.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())
