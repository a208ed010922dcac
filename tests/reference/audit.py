"""docs/reference/audit.md: the fields of a saved audit, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model import SCHEMA, json_schema
from tests.reference.text import MADE, paragraphs, prose, table


def page() -> str:
    """Return the page."""
    schema = json_schema()
    lines = ["# The saved audit", "", MADE, ""]
    lines += [
        f"`--report audit.json` and `--format json` write an audit of schema {SCHEMA}, after",
        "[this JSON Schema](../../auditor/reporter/audit.schema.json). `dataudit render` and `compare` read it, and so does",
        "`Audit.load` in Python. Numbers of groups under `min_report_cell` rows are suppressed in it",
        "([privacy](../privacy.md#small-groups-in-reports)). A number that cannot be known is null, never 0.",
        "",
    ]
    lines += _object("The audit", schema)
    for name, of in schema.get("$defs", {}).items():
        lines += _object(f"`{name}`", of)
    return "\n".join(lines).rstrip() + "\n"


def _object(name: str, of: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "")
    for text in paragraphs(of.get("description", "")):
        yield from (text, "")
    if "enum" in of:
        yield from (f"One of {', '.join(f'`{value}`' for value in of['enum'])}.", "")
    if "properties" in of:
        needed = of.get("required", ())
        rows = [
            (f"`{key}`", _type(value), "yes" if key in needed else "", prose(value.get("description", "")))
            for key, value in of["properties"].items()
        ]
        described = any(row[3] for row in rows)
        head = ("field", "type", "always there", "meaning")
        yield from table(head if described else head[:3], [row if described else row[:3] for row in rows])


def _type(of: Mapping[str, Any]) -> str:
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if "anyOf" in of:
        return " or ".join(dict.fromkeys(_type(part) for part in of["anyOf"]))
    if "enum" in of:
        return ", ".join(f"`{value}`" for value in of["enum"])
    if "const" in of:
        return f"`{of['const']}`"
    kind = of.get("type")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_type(of['items'])}" if isinstance(of.get("items"), Mapping) else "list"
    if kind == "object":
        values = of.get("additionalProperties")
        return f"object of {_type(values)}" if isinstance(values, Mapping) and values else "object"
    return str(kind or "any")
