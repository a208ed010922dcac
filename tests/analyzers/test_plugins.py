"""Rules of other packages: a real little package on the path, found by its entry points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.plugins import install

RULE = '''
from auditor.analyzers.catalog import rule
from auditor.analyzers.preconditions import GROUPS
from auditor.model import Finding, Severity, State


@rule("ACME001", "acme-lottery", needs=(GROUPS,), severity=Severity.BLOCK)
def lottery(evidence, use, *, tickets: int = 3):
    """The data were drawn in a lottery, which is a fault.

    How it is measured: The rows are counted, and held against the number of tickets that the option names.

    Why it matters: It shows that a rule of another package runs like any other rule of the program.

    What to do: Nothing at all, for this is a test of the program and not of data.

    Source: None but this test.
    """
    state = State.SHOWN if evidence.tally.rows > tickets else State.CLEAR
    yield Finding(state, {"group": evidence.tally.roles.groups[0]}, f"{evidence.tally.rows} tickets.", remedy="Do it.")
'''
FAULTS = {
    "no module": ("gone:rule", "", "ModuleNotFoundError: No module named 'gone'"),
    "a fault at import": ("acme_rules", "raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "no rule in it": ("acme_rules", "x = 1", "TypeError: 'acme_rules' holds no rule"),
    "a code that is taken": (
        "acme_rules",
        RULE.replace("ACME001", "OUT001"),
        "TypeError: a rule is called OUT001 already",
    ),
}


def _install(folder: Path, value: str, code: str) -> None:
    install(folder, "acme-rules", "1.2", {"dataudit.rules": {"acme": value}}, {"acme_rules": code})


def _audit(folder: Path, *arguments: str) -> dict[str, Any]:
    report = folder / "report.json"
    command = ["check", "sample_data/callbacks.csv", "--target", "received_callback", "--group", "race", "--no-models"]
    run = subprocess.run(
        [sys.executable, "-m", "auditor", *command, "--report", str(report), "--fail-on", "never", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])},
    )  # fmt: skip
    assert run.returncode in (0, 3), run.stderr
    audit: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return audit


def _result(audit: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [result for result in audit["results"] if result["rule"] == code]
    return dict(found)


@pytest.mark.parametrize("value", ["acme_rules", "acme_rules:lottery"])
def test_a_rule_of_another_package_runs_and_is_for_information_unless_a_policy_says_more(
    tmp_path: Path, value: str
) -> None:
    _install(tmp_path, value, RULE)
    policy = tmp_path / "own.toml"
    policy.write_text('extends = "default"\n[severity]\nACME001 = "condition"\n', encoding="utf-8")
    audit = _audit(tmp_path)
    result = _result(audit, "ACME001")
    assert (result["state"], result["severity"]) == ("shown", "note")  # its own "block" does not count
    assert audit["provenance"]["plugins"] == ["acme-rules 1.2"]
    assert audit["results"][-1]["rule"] == "ACME001"  # behind the program's own
    audit = _audit(tmp_path, "--policy", str(policy), "--only", "ACME")
    assert _result(audit, "ACME001")["severity"] == "condition"
    assert [result["rule"] for result in audit["results"] if result["state"] != "not_run"] == ["ACME001"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_package_that_cannot_be_loaded_is_said_and_costs_nothing_else(tmp_path: Path, fault: str) -> None:
    value, code, said = FAULTS[fault]
    _install(tmp_path, value, code)
    audit = _audit(tmp_path, "--only", "OUT001")
    (note,) = [each for each in audit["dataset"]["reading"] if each["about"] == "plug-in"]
    assert f"acme-rules 1.2 (acme): {said}" in note["text"] and note["warning"]
    assert audit["provenance"]["plugins"] == []
    assert _result(audit, "OUT001")["state"] == "shown"


def test_the_rule_that_contributing_shows_runs_as_it_stands_there(tmp_path: Path) -> None:
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = text.partition("<!-- a rule -->\n```python\n")[2].partition("```")[0]
    _install(tmp_path, "acme_rules", code)
    use = tmp_path / "use.toml"
    use.write_text("[rules.NEW001]\nmost = 0.4\n", encoding="utf-8")
    silent = _result(_audit(tmp_path, "--only", "NEW001"), "NEW001")
    assert silent["state"] == "clear"  # half of the 4,870 names are of either race: 2,435
    shown = _result(_audit(tmp_path, "--only", "NEW", "--use-case", str(use)), "NEW001")
    assert shown["state"] == "shown"
    assert [finding["message"] for finding in shown["findings"]] == [
        "race 'black': 50.0% of 4,870 rows.", "race 'white': 50.0% of 4,870 rows.",
    ]  # fmt: skip
    declined = subprocess.run(
        [sys.executable, "-m", "auditor", "check", "sample_data/callbacks.csv", "--target", "received_callback",
         "--group", "none", "--only", "NEW001", "--format", "json", "--fail-on", "never"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
    )  # fmt: skip
    assert _result(json.loads(declined.stdout), "NEW001")["reason"] == "no group column is named (--group)"
