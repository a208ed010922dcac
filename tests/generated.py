"""Write what is generated from the code: README's tables, the JSON Schema of an audit. `python -m tests.generated`."""

from __future__ import annotations

import json
import re

from auditor.analyzers.catalog import all_rules
from auditor.model import json_schema
from auditor.use.usecase import UseCase
from tests.conftest import ROOT


def rules_table() -> str:
    """Return the table of the rules, from their own documentation."""
    rows = [f"| {rule.code} | {rule.name} | {rule.title} |" for rule in all_rules().values()]
    return "\n".join(["| code | name | the fault |", "|---|---|---|", *rows])


def use_case_schema() -> str:
    """Return the JSON Schema of a use-case file, for editors."""
    schema = UseCase.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=1) + "\n"


def fresh(text: str) -> str:
    """Return README text with its generated parts made again."""
    return re.sub(r"(<!-- rules -->\n).*?(<!-- /rules -->)", rf"\g<1>{rules_table()}\n\g<2>", text, flags=re.DOTALL)


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(fresh(path.read_text(encoding="utf-8")), encoding="utf-8")
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    (ROOT / "auditor" / "reporter" / "audit.schema.json").write_text(f"{schema}\n", encoding="utf-8")
    (ROOT / "auditor" / "use" / "use_case.schema.json").write_text(use_case_schema(), encoding="utf-8")
