"""The audit as CSV: the measures in one file, or a folder with a file per table."""

from __future__ import annotations

import csv
import io

from auditor.format import printable
from auditor.model import Audit
from auditor.reporter.showing import shown
from auditor.reporter.table import Table, plain_fields, plain_value, printable_sql
from auditor.reporter.tables import tables

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(audit: Audit) -> str:
    """Return the measures of every finding, a row each."""
    found = {table.key: table for table in tables(shown(audit))}
    return _text(found["measures"]) if "measures" in found else ""


def render_folder(audit: Audit) -> dict[str, str]:
    """Return file name -> text, a file per table."""
    return {f"{table.key}.csv": _text(table) for table in tables(shown(audit))}


def _text(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fields = plain_fields(table)
    writer.writerow([field.key for field in fields])
    for row in table.rows:
        writer.writerow([_value(plain_value(field, row), field.form) for field in fields])
    return out.getvalue()


def _value(value: object, form: str = "text") -> object:
    """Return a value as a file holds it; a text that a spreadsheet would run gets an apostrophe before it.

    >>> _value("=1+1"), _value(-0.5), _value("-x"), _value(None)
    ("'=1+1", -0.5, "'-x", '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = printable_sql(value) if form == "sql" else printable(value)
        return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
    return value
