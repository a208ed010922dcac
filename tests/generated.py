"""Write what is generated from the code: tables and pages of the documents, schemas. `python -m tests.generated`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from auditor.analyzers.catalog import all_rules
from auditor.loaders.catalog import LOADERS, PACKINGS
from auditor.model import json_schema
from auditor.reporter.formats import FORMATS
from auditor.use.usecase import UseCase
from tests.conftest import ROOT
from tests.reference import PAGES


def rules_table() -> str:
    """Return the table of the rules, from their own documentation."""
    rows = [f"| {rule.code} | {rule.name} | {rule.title} |" for rule in all_rules().values()]
    return "\n".join(["| code | name | the fault |", "|---|---|---|", *rows])


def loaders_table() -> str:
    """Return the table of what can be read, and what it is recognised by."""
    packed = ", ".join(f"`{suffix}`" for suffix in PACKINGS)
    rows = []
    for loader in LOADERS:
        marks = [f"`{suffix}`" for suffix in loader.suffixes] + [f"`{scheme}://`" for scheme in loader.schemes]
        also = f"; also {packed}" if loader.packed else ""
        rows.append(f"| {', '.join(loader.words)} | {', '.join(marks) or 'in Python'}{also} |")
    return "\n".join(["| what is read | recognised by |", "|---|---|", *rows])


def formats_table() -> str:
    """Return the table of the formats that can be written."""
    rows = [f"| `{form.suffix}` | {form.description} |" for form in FORMATS]
    return "\n".join(["| report | what it is |", "|---|---|", *rows])


def use_case_schema() -> str:
    """Return the JSON Schema of a use-case file, for editors."""
    schema = UseCase.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=1) + "\n"


TABLES = {
    "README.md": {"written": formats_table},
    "docs/data.md": {"read": loaders_table},
    "docs/rules.md": {"rules": rules_table},
}


def fresh(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return the text of a document with its generated tables made again."""
    for name, table in tables.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}{table()}\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    for document, tables in TABLES.items():
        path = ROOT / document
        path.write_text(fresh(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
    for document, page in PAGES.items():
        (ROOT / document).write_text(page(), encoding="utf-8")
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    (ROOT / "auditor" / "reporter" / "audit.schema.json").write_text(f"{schema}\n", encoding="utf-8")
    (ROOT / "auditor" / "use" / "use_case.schema.json").write_text(use_case_schema(), encoding="utf-8")
