"""The assertions for tests of data: what passes, what fails, and that a failure reads well."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import auditor
from auditor.errors import ArgumentError, AuditError
from auditor.model import Audit, Finding, Level, Result, Severity, State, Verdict
from auditor.testing import assert_fit, assert_no
from tests.conftest import ROOT, rows_of
from tests.golden import kept


@cache
def _unfit() -> Audit:
    return kept("hiring")


def _judged(level: Level) -> Audit:
    return replace(_unfit(), verdict=Verdict(level, ("OUT001",), to_settle=("State the population.",)))


def _of(*states: State, reason: str | None = None, waiver: str | None = None) -> Audit:
    """Return an audit with one result alone, whose findings have the given states."""
    findings = tuple(
        Finding(state, {"group": "sex"}, "It is so.", headline=f"It is {state}.", id=str(i), waiver=waiver)
        for i, state in enumerate(states)
    )
    state = min(states, key=list(State).index) if states else State.NOT_RUN
    return replace(_unfit(), results=(Result("OUT001", "outcome-gap", state, Severity.BLOCK, findings, reason),))


class TestFit:
    @pytest.mark.parametrize(
        ("level", "passes", "strictly"),
        [
            (Level.FIT, True, True),
            (Level.FIT_WITH_CONDITIONS, True, False),
            (Level.UNFIT, False, False),
            (Level.CANNOT_TELL, False, False),
            (Level.NOT_JUDGED, False, False),
        ],
    )
    def test_which_verdicts_pass(self, level: Level, passes: bool, strictly: bool) -> None:
        audit = _judged(level)
        for conditions, expected in ((True, passes), (False, strictly)):
            if expected:
                assert assert_fit(audit, conditions=conditions) is audit
            else:
                with pytest.raises(AssertionError):
                    assert_fit(audit, conditions=conditions)

    def test_a_failure_gives_verdict_reasons_and_what_to_do(self) -> None:
        with pytest.raises(AssertionError) as failed:
            assert_fit(_unfit())
        lines = str(failed.value).splitlines()
        assert lines[0] == "Unfit: hiring.csv"
        assert lines[1].startswith("Use: rank incoming applications")
        assert "Main reasons:" in lines
        assert any("impact ratio 0.51" in line and line.endswith("(OUT001)") for line in lines)
        assert "Required actions:" in lines
        assert len(lines) < 30
        assert max(map(len, lines)) < 200

    def test_data_are_audited_with_their_options(self) -> None:
        frame = rows_of({"a": (10, 200), "b": (100, 200)})
        with pytest.raises(AssertionError, match=r"(?s)^Unfit: .*'a' is selected at 5.0%.*\(OUT001\)"):
            assert_fit(frame, target="hired", positive="yes", groups="group", no_models=True)
        with pytest.raises(AuditError, match="did you mean"):
            assert_fit(frame, target="hird")
        with pytest.raises(ArgumentError, match="takes no use case and no options"):
            assert_fit(_unfit(), target="hired")


class TestNo:
    @pytest.mark.parametrize(
        ("states", "passes", "loosely"),
        [
            ((State.CLEAR,), True, True),
            ((State.CLEAR, State.UNDETERMINED), False, True),
            ((State.BORDERLINE,), False, True),
            ((State.CLEAR, State.SHOWN), False, False),
            ((State.SHOWN_STRONG,), False, False),
            ((), False, True),
        ],
    )
    def test_only_what_is_clear_passes(self, states: tuple[State, ...], passes: bool, loosely: bool) -> None:
        audit = _of(*states, reason=None if states else "no group is named")
        for strict, expected in ((True, passes), (False, loosely)):
            if expected:
                assert_no(audit, "OUT001", strict=strict)
            else:
                with pytest.raises(AssertionError) as failed:
                    assert_no(audit, "OUT001", strict=strict)
                named = [f"It is {state}." in str(failed.value) for state in states if state is not State.CLEAR]
                assert all(named)
                assert ("no group is named" in str(failed.value)) is (not states)

    def test_what_somebody_accepts_passes(self) -> None:
        assert_no(_of(State.SHOWN, waiver="accepted by HR"), "OUT001")

    @pytest.mark.parametrize("name", ["OUT001", "out001", "outcome-gap", "OUT"])
    def test_a_rule_is_named_by_code_name_or_family(self, name: str) -> None:
        with pytest.raises(AssertionError, match=r"hiring.csv: not clear of .*\n\nOUT001 outcome-gap:\n  Found"):
            assert_no(_of(State.SHOWN), name)

    def test_an_unknown_rule_is_an_error_and_never_a_pass(self) -> None:
        with pytest.raises(AuditError, match="no rule or family is called 'OUT01'; did you mean 'OUT001'"):
            assert_no(_of(State.CLEAR), "OUT01")
        with pytest.raises(AuditError, match="the audit has no result of REP001"):
            assert_no(_of(State.CLEAR), "REP001")
        with pytest.raises(AuditError, match="name one rule or more"):
            assert_no(_of(State.CLEAR))
        with pytest.raises(ArgumentError, match="named by a text"):
            assert_no(_of(State.CLEAR), ["OUT001"])  # type: ignore[arg-type]

    def test_numbers_about_few_people_are_not_printed(self) -> None:
        frame = rows_of({"a": (1, 3), "b": (40, 100), "c": (80, 100)})
        audit = auditor.check(frame, target="hired", positive="yes", groups="group", only=["OUT001"])
        assert any(of.subject.get("level") == "a" and of.measures for of in audit.findings("OUT001"))
        with pytest.raises(AssertionError) as failed:
            assert_no(audit, "OUT001")
        assert "33.3%" not in str(failed.value)  # 1 of 3


USE = """\
[label]
column = "hired"
positive = "yes"

[groups]
columns = ["group"]
"""


def test_pytest_shows_the_line_of_the_documented_test_and_the_message(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- pytest -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert block is not None
    (tmp_path / "test_data.py").write_text(block[1], encoding="utf-8")
    (tmp_path / "use_case.toml").write_text(USE, encoding="utf-8")
    rows_of({"a": (10, 200), "b": (100, 200)}).to_csv(tmp_path / "applicants.csv", index=False)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_data.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "E       AssertionError: Unfit: applicants.csv" in run.stdout
    assert re.search(r"^test_data.py:\d+: AssertionError$", run.stdout, flags=re.MULTILINE)
    assert "auditor/testing.py" not in run.stdout
