"""What pipelines read: SARIF and JUnit XML by their schemas, annotations by the rules of GitHub's runner."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
import xmlschema
from click.testing import CliRunner
from jsonschema import Draft4Validator

import auditor
from auditor.cli.commands import main
from auditor.model import Audit, Finding, Measure, Result, Severity, State
from auditor.reporter.json import read, render
from auditor.reporter.pipelines import github, junit, sarif
from auditor.reporter.showing import shown
from tests.conftest import DATA, SAMPLES
from tests.golden import kept

# SARIF 3.27.9 and 3.27.10: what is open, not applicable or passed has no level.
EXPECTED = {
    State.SHOWN_STRONG: "fail",
    State.SHOWN: "fail",
    State.BORDERLINE: "review",
    State.UNDETERMINED: "open",
    State.CLEAR: "pass",
    State.NOT_RUN: "notApplicable",
}


@cache
def _schema() -> Draft4Validator:
    return Draft4Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))


@cache
def _xsd() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))


def _run(audit: Audit) -> dict[str, Any]:
    """Return the one run of a SARIF log that the official schema takes."""
    log = json.loads(sarif.render(audit))
    assert list(_schema().iter_errors(log)) == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def _suite(audit: Audit) -> ET.Element:
    """Return the one suite of a JUnit file that the schema takes."""
    text = junit.render(audit)
    _xsd().validate(text)
    (suite,) = ET.fromstring(text)
    return suite


def _with(audit: Audit, *findings: Finding, **of_result: Any) -> Audit:
    """Return the audit with one result alone, of the given findings."""
    states = [finding.state for finding in findings] or [State.NOT_RUN]
    made = Result("OUT001", "outcome-gap", min(states, key=list(State).index), Severity.BLOCK, findings)
    return replace(audit, results=(replace(made, **of_result),))


def _finding(state: State, severity: Severity | None = None, **more: Any) -> Finding:
    subject = {"target": "hired", "group": "sex", "level": more.pop("level", "female"), "reference": "male"}
    return Finding(state, subject, "What was seen.", {"impact_ratio": Measure(0.5)}, id="x", severity=severity, **more)


@pytest.mark.parametrize("name", ["hiring", "callbacks", "names"])
def test_the_sample_reports_are_valid(name: str) -> None:
    audit = kept(name)
    run = _run(audit)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [result.rule for result in audit.results]
    assert {of["ruleId"] for of in run["results"]} == {result.rule for result in audit.results}
    suite = _suite(audit)
    assert [case.get("name", "").split()[0] for case in suite.findall("testcase")] == [of.rule for of in audit.results]


def test_names_of_the_data_are_text_and_nothing_else(audit: Audit) -> None:
    run = _run(audit)
    (found,) = (of for of in run["results"] if of["kind"] == "fail")
    assert "<script>" in found["message"]["text"]
    assert "\x1b" not in sarif.render(audit)
    assert "<script>" not in run["tool"]["driver"]["rules"][1]["help"]["markdown"]
    failure = _suite(audit).find("testcase/failure")
    assert failure is not None
    assert failure.text is not None
    assert "<script>" in failure.text


class TestSarif:
    @pytest.mark.parametrize("state", list(State))
    def test_only_what_is_found_fails_and_only_what_is_clear_passes(self, audit: Audit, state: State) -> None:
        (found, *more) = _run(_with(audit, _finding(state, Severity.BLOCK)))["results"]
        assert found["kind"] == EXPECTED[state]
        assert found["level"] == ("error" if EXPECTED[state] == "fail" else "none")
        assert [of["kind"] for of in more] == []

    @pytest.mark.parametrize(
        ("severity", "level"),
        [(Severity.BLOCK, "error"), (Severity.CONDITION, "warning"), (Severity.NOTE, "note"), (None, "note")],
    )
    def test_the_level_is_the_effect_on_the_verdict(self, audit: Audit, severity: Severity | None, level: str) -> None:
        (found,) = _run(_with(audit, _finding(State.SHOWN, severity)))["results"]
        assert found["level"] == level

    def test_a_rule_that_did_not_run_has_its_reason_and_one_that_crashed_is_open(self, audit: Audit) -> None:
        run = _run(_with(audit, reason="no population is stated (--reference)"))
        assert [(of["kind"], of["message"]["text"]) for of in run["results"]] == [
            ("notApplicable", "Not run: no population is stated.")
        ]
        assert run["invocations"][0]["executionSuccessful"] is True
        crashed = _run(_with(audit, reason="the rule crashed (KeyError: 'x')", failed=True))
        assert [of["kind"] for of in crashed["results"]] == ["open"]
        assert crashed["invocations"][0]["executionSuccessful"] is False
        (notice,) = crashed["invocations"][0]["toolExecutionNotifications"]
        assert "KeyError" in notice["message"]["text"]

    def test_what_is_accepted_is_suppressed_with_its_reason(self, audit: Audit) -> None:
        (found,) = _run(_with(audit, _finding(State.SHOWN, None, waiver="accepted by HR: validated")))["results"]
        assert found["suppressions"] == [
            {"kind": "external", "status": "accepted", "justification": "accepted by HR: validated"}
        ]

    def test_a_fingerprint_outlives_numbers_and_lines_and_no_two_are_the_same(self) -> None:
        before = kept("hiring")
        marks = [of["partialFingerprints"]["primaryLocationLineHash"] for of in _run(before)["results"]]
        assert len(set(marks)) == len(marks)
        moved = replace(
            before,
            use_case={**before.use_case, "files": {"use_case": "use.toml", "lines": {"groups.columns": 40}}},
            results=tuple(
                replace(of, findings=tuple(replace(f, message="Other words.", measures={}) for f in of.findings))
                for of in before.results
            ),
        )
        assert [of["partialFingerprints"]["primaryLocationLineHash"] for of in _run(moved)["results"]] == marks

    def test_braces_and_links_of_the_data_are_no_placeholders(self, audit: Audit) -> None:
        finding = replace(_finding(State.SHOWN), message="'{0}' has [a](1).", said=None)
        (found,) = _run(_with(audit, finding))["results"]
        assert found["message"]["text"] == r"'{{0}}' has \[a\](1)."

    def test_small_groups_have_no_number_in_it(self, frame_of: Callable[..., pd.DataFrame]) -> None:
        frame = frame_of({"a": (1, 3), "b": (40, 100), "c": (80, 100)})
        audit = auditor.check(frame, target="hired", positive="yes", groups="group", only=["OUT001"])
        written = _run(audit)["results"]
        assert written == _run(shown(audit))["results"]
        small = [of for of in written if of.get("properties", {}).get("subject", {}).get("level") == "a"]
        assert small
        assert all(of["properties"]["measures"] == {} for of in small)
        assert "33.3%" not in junit.render(audit)  # 1 of 3


USE = """\
[use]
problem = "rank applicants"

[label]
column = "received_callback"
positive = "1"

[groups]
columns = [
  "gender",  # not the first
  "race",
]
"""


@pytest.fixture
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a use case below it, and the callbacks beside that."""
    work = tmp_path / "repo"
    (work / "audits").mkdir(parents=True)
    (work / "audits" / "use_case.toml").write_text(USE, encoding="utf-8")
    text = (SAMPLES / "callbacks.csv").read_text(encoding="utf-8")
    (work / "audits" / "calls.csv").write_text(text, encoding="utf-8")
    monkeypatch.chdir(work)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return work


def _check(*more: str, data: str = "audits/calls.csv", use: str = "audits/use_case.toml") -> Any:
    only = ["--only", "OUT001", "--only", "REP001", "--only", "QLT003"]
    return CliRunner().invoke(main, ["check", data, "--use-case", use, *only, *more])


def _places(path: Path) -> dict[tuple[str, str], tuple[str, int]]:
    """Return (rule, what it is about) -> (file, line) of each result of a SARIF file."""
    found = {}
    for of in json.loads(path.read_text(encoding="utf-8"))["runs"][0]["results"]:
        (place,) = of["locations"]
        at = place["physicalLocation"]
        about = place["logicalLocations"][0]["name"].split(":")[0] if "logicalLocations" in place else ""
        found[of["ruleId"], about] = (at["artifactLocation"]["uri"], at["region"]["startLine"])
    return found


class TestPlaces:
    def test_a_finding_is_on_the_line_of_the_use_case_that_it_is_about(self, at_work: Path) -> None:
        ran = _check("--report", "a.sarif", "--report", "a.json")
        assert ran.exit_code in (0, 1), ran.output
        places = _places(at_work / "a.sarif")
        lines = USE.splitlines()
        use = "audits/use_case.toml"
        assert places["OUT001", "race"] == (use, lines.index('  "race",') + 1)
        assert places["OUT001", "gender"] == (use, lines.index('  "gender",  # not the first') + 1)
        assert {path for (rule, _), (path, _) in places.items() if rule == "QLT003"} <= {"audits/calls.csv", use}
        saved = read("a.json")
        (at_work / "b.sarif").write_text(sarif.render(saved), encoding="utf-8")
        assert _places(at_work / "b.sarif") == places
        assert json.loads(render(saved)) == json.loads((at_work / "a.json").read_text(encoding="utf-8"))

    def test_without_a_use_case_it_is_in_the_data(self, at_work: Path) -> None:
        args = ["--target", "received_callback", "--positive", "1", "--group", "race", "--only", "OUT001"]
        CliRunner().invoke(main, ["check", "audits/calls.csv", *args, "--report", "a.sarif"])
        assert set(_places(at_work / "a.sarif").values()) == {("audits/calls.csv", 1)}

    def test_of_files_elsewhere_only_the_name_is_shown(
        self, at_work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        ran = _check(
            "--report", "a.sarif", "--format", "github",
            data=str(at_work / "audits" / "calls.csv"), use=str(at_work / "audits" / "use_case.toml"),
        )  # fmt: skip
        paths = {path for path, _ in _places(elsewhere / "a.sarif").values()}
        assert paths <= {"use_case.toml", "calls.csv"}
        run = json.loads((elsewhere / "a.sarif").read_text(encoding="utf-8"))["runs"][0]
        run["invocations"][0].pop("commandLine")  # the command as it was typed, as every report has it
        assert str(tmp_path) not in json.dumps(run)
        assert str(tmp_path) not in ran.stdout

    @pytest.mark.parametrize("files", [3, {"lines": {"use": 0}}, {"lines": ["use"]}, {"use_case": ["a"]}])
    def test_a_saved_audit_whose_places_are_none_is_refused_in_a_line(self, tmp_path: Path, files: object) -> None:
        saved = kept("callbacks").to_dict()
        saved["use_case"]["files"] = files
        (tmp_path / "a.json").write_text(json.dumps(saved), encoding="utf-8")
        ran = CliRunner().invoke(main, ["render", str(tmp_path / "a.json"), "-o", str(tmp_path / "a.sarif")])
        assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
        assert "is not a whole audit" in ran.stderr
        assert not (tmp_path / "a.sarif").exists()


class TestJunit:
    @pytest.mark.parametrize(
        ("state", "severity", "tags"),
        [
            (State.SHOWN, Severity.BLOCK, ["failure"]),
            (State.SHOWN_STRONG, Severity.CONDITION, ["failure"]),
            (State.SHOWN, Severity.NOTE, ["system-out"]),
            (State.BORDERLINE, Severity.CONDITION, ["skipped"]),
            (State.UNDETERMINED, None, ["skipped"]),
            (State.NOT_RUN, None, ["skipped"]),
            (State.CLEAR, None, []),
        ],
    )
    def test_what_a_case_is(self, audit: Audit, state: State, severity: Severity | None, tags: list[str]) -> None:
        suite = _suite(_with(audit, _finding(state, severity)))
        (case,) = suite.findall("testcase")
        assert [part.tag for part in case] == tags
        counts = {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")}
        of = {tag: str(tags.count(tag)) for tag in ("failure", "skipped")}
        assert counts == {"tests": "1", "failures": of["failure"], "skipped": of["skipped"], "errors": "0"}

    def test_an_inconclusive_group_does_not_hide_behind_a_clear_one(self, audit: Audit) -> None:
        clear, unclear = _finding(State.CLEAR), _finding(State.UNDETERMINED, level="other", headline="Too few rows.")
        (case,) = _suite(_with(audit, clear, unclear)).findall("testcase")
        (skipped,) = case
        assert (skipped.tag, skipped.get("message")) == ("skipped", "Inconclusive: Too few rows.")

    def test_a_crash_is_an_error_and_a_rule_that_did_not_run_has_its_reason(self, audit: Audit) -> None:
        (case,) = _suite(_with(audit, reason="KeyError", failed=True)).findall("testcase")
        assert [part.tag for part in case] == ["error"]
        (case,) = _suite(_with(audit, reason="no population (--reference)")).findall("testcase")
        assert [part.get("message") for part in case] == ["Not run: no population"]

    def test_what_is_accepted_is_no_failure(self, audit: Audit) -> None:
        (case,) = _suite(_with(audit, _finding(State.SHOWN, None, waiver="accepted by HR"))).findall("testcase")
        assert [part.tag for part in case] == ["system-out"]


def _commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield name, properties and message of each command as the runner reads them (ActionCommand.cs)."""
    for line in text.splitlines():
        if found := re.fullmatch(r"::(\w+) ([^:]*(?:[^:]|:(?!:))*)::(.*)", line):
            name, properties, message = found.groups()
            pairs = dict(part.split("=", 1) for part in properties.split(","))
            yield name, {key: _unescaped(value, True) for key, value in pairs.items()}, _unescaped(message, False)


def _unescaped(text: str, of_property: bool) -> str:
    marks = {"%0D": "\r", "%0A": "\n", **({"%3A": ":", "%2C": ","} if of_property else {}), "%25": "%"}
    for mark, char in marks.items():
        text = text.replace(mark, char)
    return text


class TestGithub:
    def test_the_verdict_and_what_counts_are_annotations(self, audit: Audit) -> None:
        name = "a,b::error file=x::100%"
        finding = replace(_finding(State.SHOWN, Severity.BLOCK, level=name), headline=f"'{name}' is 5% lower.\n::stop")
        (verdict, found) = _commands(github.render(_with(audit, finding)))
        assert verdict[0] == "error"
        assert verdict[1]["title"] == "Unfit: <script>alert(1)</script>.csv"
        assert found[:2] == (
            "error",
            {"file": "<script>alert(1)</script>.csv", "line": "1", "title": "OUT001 outcome-gap"},
        )
        assert found[2] == f"Found: '{name}' is 5% lower. ::stop"

    def test_conditions_are_warnings_and_nothing_else_is_annotated(self) -> None:
        audit = kept("hiring")
        commands = list(_commands(github.render(audit)))
        counted: dict[str, int] = {}
        for result in audit.results:
            for of in result.findings:
                if of.severity and of.state not in (State.CLEAR, State.UNDETERMINED, State.NOT_RUN):
                    counted[of.severity] = counted.get(of.severity, 0) + 1
        kinds = [name for name, _, _ in commands[1:]]
        assert kinds.count("error") == min(9, counted["block"])
        assert kinds.count("warning") == min(9, counted["condition"])
        assert set(kinds) == {"error", "warning"}

    def test_the_answer_is_appended_to_the_summary_of_the_step(
        self, at_work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        summary = at_work / "summary.md"
        summary.write_text("before\n", encoding="utf-8")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        ran = _check("--format", "github", "--report", "a.md")
        assert ran.stdout.startswith("::")
        text = summary.read_text(encoding="utf-8")
        whole = (at_work / "a.md").read_text(encoding="utf-8")
        assert text.startswith("before\n# ")
        assert whole.startswith(text.removeprefix("before\n"))
        assert "OUT001" in text

    def test_a_summary_that_cannot_be_written_is_one_line(self, at_work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(at_work / "no" / "summary.md"))
        ran = _check("--format", "github")
        assert ran.exit_code == 2
        assert ran.stderr.strip().splitlines()[-1].startswith("dataudit: the file that GITHUB_STEP_SUMMARY names")
