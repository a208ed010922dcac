"""A saved audit explains its own rules: no reporter asks the rules of the version that it runs in."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.analyzers.catalog import all_rules
from auditor.model import Audit, Documentation, Unit
from auditor.reporter import renderer
from tests.conftest import ROOT
from tests.reporter.conftest import EVIL

SAVED = ROOT / "reports" / "hiring.json"
LIBRARIES = {"scipy", "pandas", "numpy", "statsmodels", "sklearn", "duckdb", "pyarrow"}
ABOVE = ("auditor.analyzers", "auditor.learn", "auditor.engines", "auditor.counts", "auditor.stats")
NAMES = {"auditor.engines", "auditor.engines.catalog"}  # of the engines, for the command line


def _saved() -> Audit:
    return Audit.from_dict(json.loads(SAVED.read_text(encoding="utf-8")))


def test_an_audit_holds_what_each_of_its_rules_says_of_itself() -> None:
    audit = _saved()
    assert [*audit.documentation] == [result.rule for result in audit.results]
    rules = all_rules()
    assert audit.documentation == {code: rules[code].documentation for code in audit.documentation}
    assert audit.documentation["OUT001"].measures["impact_ratio"].unit is Unit.RATIO


def test_documentation_comes_back_from_json(audit: Audit) -> None:
    assert audit.documentation
    assert Audit.from_dict(json.loads(json.dumps(audit.to_dict()))).documentation == audit.documentation


def test_reports_show_the_documentation_that_was_saved_and_no_other(audit: Audit) -> None:
    """The audit may be of a version whose rules said something else, or of a rule that is not installed here."""
    told = Documentation("outcome-gap", "The fault as it was told then.", {"Why it matters": "For a reason of then."})
    old = replace(audit, documentation={"OUT001": told})
    page = renderer(".html")(old)
    assert "The fault as it was told then." in page
    assert "For a reason of then." in page
    assert all_rules()["OUT001"].title not in page


def test_documentation_is_escaped_like_all_text(audit: Audit) -> None:
    page = renderer(".html")(audit)
    assert "Because of &lt;script&gt;" in page
    assert EVIL not in page


@pytest.mark.parametrize("suffix", [".html"])
def test_an_audit_saved_without_documentation_says_where_it_is(suffix: str) -> None:
    data = json.loads(SAVED.read_text(encoding="utf-8"))
    del data["documentation"]
    old = Audit.from_dict(data)
    assert old.documentation == {}
    text = " ".join(renderer(suffix)(old).split())
    assert "saved without the documentation of its rules; see dataudit explain OUT001." in text
    assert "How it is measured, why it matters" not in text


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt", ".json"])
def test_to_render_a_saved_audit_loads_no_rule_and_no_statistics(suffix: str, tmp_path: Path) -> None:
    written = tmp_path / f"report{suffix}"
    code = (
        "import sys; from auditor.cli.commands import main; "
        f"main(['render', {str(SAVED)!r}, '-o', {str(written)!r}], standalone_mode=False); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = run.stdout.split()
    assert written.stat().st_size > 1000
    assert "auditor.reporter.json" in loaded
    assert not {name.split(".")[0] for name in loaded} & LIBRARIES
    assert not [name for name in loaded if name.startswith(ABOVE) and name not in NAMES]
