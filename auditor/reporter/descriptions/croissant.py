"""The audit as a Croissant description with RAI: JSON-LD that data-set searches and loaders read.

The vocabulary is that of Croissant 1.0 and its RAI extension 1.0 (MLCommons, 2024). Both have no place for numbers:
these are under the project's own property `dataudit:audit`, as plain JSON. What an audit does not know (licence,
publisher, version) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from auditor.format import in_json, printable
from auditor.model import Audit, Column
from auditor.reporter.answer import report_id
from auditor.reporter.descriptions import facts
from auditor.reporter.showing import shown
from auditor.reporter.table import Table, plain_fields, plain_value
from auditor.reporter.tables import tables

NAMESPACE = "urn:dataudit:audit:1:"
CONFORMS = ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
# As the specification has it, and the project's own namespace.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dataudit": NAMESPACE,
    "dataudit:audit": {"@id": f"{NAMESPACE}audit", "@type": "@json"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# Suffix -> the type of the file; those whose columns are read by their names.
TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
}
# How the engine calls a type, or how that begins -> the type in Croissant.
DATA_TYPES = (
    ("VARCHAR", "sc:Text"), ("ENUM", "sc:Text"), ("UUID", "sc:Text"), ("BOOLEAN", "sc:Boolean"), ("DATE", "sc:Date"),
    ("TIMESTAMP", "sc:DateTime"), ("TINYINT", "sc:Integer"), ("SMALLINT", "sc:Integer"), ("INTEGER", "sc:Integer"),
    ("BIGINT", "sc:Integer"), ("HUGEINT", "sc:Integer"), ("UTINYINT", "sc:Integer"), ("USMALLINT", "sc:Integer"),
    ("UINTEGER", "sc:Integer"), ("UBIGINT", "sc:Integer"), ("DOUBLE", "sc:Float"), ("FLOAT", "sc:Float"),
    ("DECIMAL", "sc:Float"),
)  # fmt: skip
KEPT = ("groups", "measures", "columns")  # the tables of the audit that are given as numbers
FILE, ROWS = "data", "rows"


def render(audit: Audit) -> str:
    """Return the description as indented JSON-LD; suppressed numbers are not in it."""
    text = json.dumps(described(shown(audit)), ensure_ascii=False, indent=1, allow_nan=False)
    return in_json(text, "utf-8") + "\n"


def described(audit: Audit) -> dict[str, Any]:
    """Return the description of an audit that may be shown."""
    name = PurePath(audit.dataset.name).stem or audit.dataset.name
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": printable(name),
        "description": printable(facts.summary(audit)),
        **_files(audit),
        **{key: value for key, value in _responsible(audit).items() if value},
    }
    if audit.provenance.created:
        made["sdDatePublished"] = audit.provenance.created
    made["dataudit:audit"] = _numbers(audit)
    return made


def _files(audit: Audit) -> dict[str, Any]:
    """Return the file and its columns, where the data are one file of a kind whose columns are read by name."""
    of = audit.dataset
    kind = TYPES.get(PurePath(of.name).suffix.lower())
    if kind is None or of.sha256 is None or any(mark in of.name for mark in "*?[/\\"):
        return {}
    file = {
        "@type": "cr:FileObject",
        "@id": FILE,
        "name": of.name,
        "contentUrl": of.name,
        "encodingFormat": kind,
        "sha256": of.sha256,
    }
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{ROWS}/column-{i}",
            "name": column.name,
            "description": f"Role in the audit: {facts.ROLES.get(column.role, column.role)}.",
            "dataType": data_type,
            "source": {"fileObject": {"@id": FILE}, "extract": {"column": column.name}},
        }
        for i, column in enumerate(of.columns, 1)
        if (data_type := _data_type(column))
    ]
    records = {"@type": "cr:RecordSet", "@id": ROWS, "name": ROWS, "field": fields}
    return {"distribution": [file], "recordSet": [records]} if fields else {"distribution": [file]}


def _data_type(column: Column) -> str | None:
    """Return the type of a column's values; None for lists, nested values and what was made on reading."""
    if column.name.startswith("image.") or "[" in column.type:
        return None
    return next((known for begins, known in DATA_TYPES if column.type.upper().startswith(begins)), None)


def _responsible(audit: Audit) -> dict[str, Any]:
    """Return what was found, and what the use case states, mostly in properties of the RAI extension."""
    years = facts.period(audit)
    missing = facts.missing(audit)
    found: dict[str, Any] = {
        "rai:dataBiases": facts.biases(audit),
        "rai:dataLimitations": [*facts.unsuited(audit), *facts.limitations(audit)],
        "rai:dataUseCases": facts.uses(audit),
        "rai:dataCollection": " ".join(facts.collected(audit)),
        "temporalCoverage": f"{years[0]}/{years[1]}" if years else "",
        "rai:dataCollectionMissingData": f"Missing values: {'; '.join(missing)}." if missing else "",
        "rai:personalSensitiveInformation": facts.sensitive(audit),
    }
    return {
        key: printable(value) if isinstance(value, str) else list(map(printable, value)) for key, value in found.items()
    }


def _numbers(audit: Audit) -> dict[str, Any]:
    """Return what the vocabulary has no place for: the verdict, and the tables of numbers."""
    of = audit.provenance
    found = {table.key: table for table in tables(audit)}
    return {
        "report": report_id(audit),
        "verdict": str(audit.verdict.level),
        "because": list(audit.verdict.because),
        "rows": audit.dataset.rows,
        "madeBy": {"version": of.version, "engine": of.engine, "seed": of.seed},
        **{key: _records(found[key]) for key in KEPT if key in found},
    }


def _records(table: Table) -> list[Mapping[str, Any]]:
    """Return the rows of a table by the keys of its columns; what has no value is left out."""
    rows = [{field.key: plain_value(field, row) for field in plain_fields(table)} for row in table.rows]
    return [{key: value for key, value in row.items() if value is not None} for row in rows]
