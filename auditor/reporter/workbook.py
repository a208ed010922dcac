"""The audit as a workbook: a sheet per table, plain values in them, and a first sheet that explains them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.format import printable
from auditor.model import Audit
from auditor.reporter import answer
from auditor.reporter.showing import shown
from auditor.reporter.table import Field, Row, Table, plain_fields, plain_value, printable_sql
from auditor.reporter.tables import tables

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_000  # of a sheet
MOST_CHARACTERS = 32_000  # of a cell
FORMS = {"share": "0.0%", "count": "#,##0.##", "points": "0.0%", "ratio": "0.000", "p": "0.0000", "number": "0.000"}
WIDEST = 60


def render(audit: Audit) -> bytes:
    """Return the workbook. Texts are written as texts: nothing in it is a formula or a link."""
    from xlsxwriter import Workbook

    audit = shown(audit)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, options) as book:
        made = audit.provenance.created
        book.set_properties(
            {"title": f"Data audit of {printable(audit.dataset.name)}", "created": _moment(made), "author": "dataudit"}
        )
        formats = {form: book.add_format({"num_format": text, "valign": "top"}) for form, text in FORMS.items()}
        head, wrapped = (
            book.add_format({"bold": True, "bottom": 1}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        found = list(tables(audit))
        _read_me(book.add_worksheet("Read me"), audit, found, head, wrapped)
        for table in found:
            sheet = book.add_worksheet(table.key[:31])
            _filled(sheet, plain_fields(table), table.rows[:MOST_ROWS], head, formats, wrapped)
    return out.getvalue()


def _moment(created: str | None) -> datetime:
    moment = datetime.fromisoformat(created) if created else datetime(2000, 1, 1)
    return moment.replace(tzinfo=None)


def _filled(
    sheet: Worksheet,
    fields: Sequence[Field],
    rows: Sequence[Row],
    head: Format,
    formats: Mapping[str, Format],
    text: Format,
) -> None:
    for at, field in enumerate(fields):
        sheet.write_string(0, at, field.title, head)
        longest = max([len(field.title), *(len(str(plain_value(field, row) or "")) for row in rows[:200])])
        sheet.set_column(at, at, min(WIDEST, max(8, longest + 2)) if not field.is_number else 14)
        for i, row in enumerate(rows):
            value = plain_value(field, row)
            if isinstance(value, bool | str):
                shown = printable_sql(str(value)) if field.form == "sql" else printable(str(value))
                sheet.write_string(i + 1, at, shown[:MOST_CHARACTERS], text)
            elif value is not None:
                sheet.write_number(i + 1, at, value, formats.get(field.form))
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), max(0, len(fields) - 1))


def _read_me(sheet: Worksheet, audit: Audit, found: Sequence[Table], head: Format, text: Format) -> None:
    verdict, meaning = answer.verdict(audit)
    lines = [
        ("Data", audit.dataset.name),
        ("Rows", f"{audit.dataset.rows:,}"),
        ("Verdict", f"{verdict}. {meaning}"),
        ("For", answer.use(audit)),
        ("Checks", answer.covered(audit)),
        ("Terms", " ".join(answer.explained(audit))),
        ("Report", answer.report_id(audit)),
        ("Policy", str((audit.use_case.get("policy") or {}).get("title", ""))),
        ("", ""),
        ("Sheet", "What it holds"),
        *((table.key, f"{table.title}. {table.about}".strip()) for table in found),
        ("", ""),
        ("Measure", "What it is"),
        *sorted(_definitions(audit).items()),
    ]
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 100)
    for i, (name, value) in enumerate(lines):
        title = name in ("Sheet", "Measure")
        sheet.write_string(i, 0, printable(name), head)
        sheet.write_string(i, 1, printable(value)[:MOST_CHARACTERS], head if title else text)


def _definitions(audit: Audit) -> dict[str, str]:
    """Return what each measure is, in its unit, and which value means that there is no gap."""
    found: dict[str, str] = {}
    for code, of in audit.documentation.items():
        for quantity in of.measures.values():
            ideal = "" if quantity.ideal is None else f"; {quantity.ideal:g} means no gap"
            found.setdefault(quantity.words, f"{quantity.unit}{ideal} (first used by {code} {of.name})")
    return found
