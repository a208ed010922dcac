"""docs/reference/use-case.md: the tables of a use-case file and of a policy, with their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.use.usecase import UseCase
from tests.reference.text import MADE, paragraphs, prose, table


def page() -> str:
    """Return the page."""
    schema = UseCase.model_json_schema()
    lines = ["# The keys of a use case", "", MADE, ""]
    lines += [
        "A use case is a TOML file. [The stated use](../use-case.md) explains it by an example; editors complete it from",
        "[its JSON Schema](../../auditor/use/use_case.schema.json). A key that is not listed here is an error.",
        "",
    ]
    for name, of in schema["properties"].items():
        lines += _table(name, of, schema["$defs"])
    return "\n".join(lines).rstrip() + "\n"


def _table(name: str, of: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[str]:
    several = of.get("type") == "array"
    reference = (of["items"] if several else of).get("$ref") or next(
        (part["$ref"] for part in of.get("allOf", of.get("anyOf", ())) if "$ref" in part), None
    )
    yield from (f"## {name}", "")
    if reference is None:
        yield from (f"`[{name}.CODE]`: options of a rule, by its code. [The rules](rules.md) list them.", "")
        return
    found = defs[reference.rpartition("/")[2]]
    yield from (f"`[[{name}]]`, once for each." if several else f"`[{name}]`", "")
    for text in paragraphs(found.get("description", "")):
        yield from (text, "")
    rows = [
        (f"`{key}`", _type(value, defs), _default(value), prose(value.get("description", "")))
        for key, value in found["properties"].items()
    ]
    described = any(row[3] for row in rows)
    head = ("key", "type", "default", "meaning")
    yield from table(head if described else head[:3], [row if described else row[:3] for row in rows])
    if found.get("additionalProperties"):
        yield from (
            "Every other key is the name of a group column, with the share or the count of each of its levels.",
            "",
        )


def _type(of: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    if "enum" in of:
        return ", ".join(f'`"{value}"`' for value in of["enum"])
    if "const" in of:
        return f'`"{of["const"]}"`'
    if "$ref" in of:
        return _type(defs[of["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in of:
        return " or ".join(dict.fromkeys(_type(part, defs) for part in of["anyOf"] if part.get("type") != "null"))
    kind = of.get("type")
    if isinstance(kind, list):
        return "text or number"
    if kind == "array":
        return f"list of {_type(of['items'], defs)}" if isinstance(of.get("items"), Mapping) else "list"
    if kind == "object":
        return "table"
    if of.get("format") == "date":
        return "date"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}.get(
        str(kind), "any"
    )


def _default(of: Mapping[str, Any]) -> str:
    value = of.get("default")
    return "" if value in (None, [], {}, ()) else f"`{value}`"
