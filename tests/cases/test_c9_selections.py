"""A selection of rules is no verdict: what the user left out is nothing that the data failed to show.

`--only PRX002` ended in CANNOT TELL, and exit code 3, because the user had left REP001 out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from click.testing import CliRunner
from click.testing import Result as Run

import auditor
from auditor.analyzers.catalog import all_rules
from auditor.audit.compare import compare
from auditor.audit.verdict import decide
from auditor.cli.commands import main
from auditor.model import Audit, LeftOut, Level, Result, Severity, State, json_schema
from auditor.reporter import renderer
from auditor.use.policy import Policy
from tests.conftest import rows_of

EVEN = rows_of({"f": (1500, 3000), "m": (1490, 3000)}, group="gender")
GAP = rows_of({"f": (900, 3000), "m": (1500, 3000)}, group="gender")  # 0.30 / 0.50 = 0.60
AUTOMATED = auditor.UseCase.model_validate({"use": {"decision": "automated"}})
SHARES = {"gender": {"f": 0.5, "m": 0.5}}


def _check(frame: pd.DataFrame = EVEN, **more: Any) -> Audit:
    return auditor.check(frame, target="hired", groups="gender", **{"reference": SHARES, "no_models": True, **more})


def test_without_a_selection_there_is_a_verdict() -> None:
    audit = _check()
    assert (audit.verdict.level, audit.verdict.selection) == (Level.FIT, ())


@pytest.mark.parametrize(
    "asked",
    [
        {"only": ["PRX001"]},
        {"only": ["REP002", "QLT"]},
        {"only": ["OUT001", "REP001"]},  # what a fit rests on is not all that could speak against it
        {"skip": ["REP001"]},
        {"skip": ["PRX"]},
        {"skip": ["REP003"], "use_case": AUTOMATED, "no_models": False},
    ],
)
def test_a_selection_has_no_verdict(asked: dict[str, Any]) -> None:
    audit = _check(**asked)
    assert audit.verdict.level is Level.NOT_JUDGED
    left_out = {result.rule for result in audit.results if result.left_out in (LeftOut.ONLY, LeftOut.SKIP)}
    assert set(audit.verdict.selection) <= left_out
    assert audit.verdict.selection
    assert not [said for said in audit.verdict.to_settle if "left out" in said]


def test_notes_and_models_may_be_left_out_of_a_verdict() -> None:
    notes = [code for code, severity in Policy.load("default").severity.items() if severity is Severity.NOTE]
    raised = Policy.load("default").verdict.raised
    audit = _check(skip=[code for code in notes if code not in raised])
    assert (audit.verdict.level, audit.verdict.selection) == (Level.FIT, ())
    # REP003 is a note that blocks where decisions are automated: there it can decide, here it cannot.
    assert _check(skip=["REP003"]).verdict.level is Level.FIT
    models = {result.rule for result in _check().results if result.left_out is LeftOut.NO_MODELS}
    assert models == {code for code, rule in all_rules().items() if rule.needs_models and rule.everywhere}


def test_models_that_a_verdict_rests_on_are_missed() -> None:
    use = auditor.UseCase.model_validate({"label": {"kind": "measured_outcome"}})
    audit = _check(use_case=use)
    assert (audit.verdict.level, audit.verdict.selection) == (Level.NOT_JUDGED, ("MDL001",))
    audit = _check(use_case=AUTOMATED)  # there a model decides
    assert (audit.verdict.level, audit.verdict.selection) == (Level.NOT_JUDGED, ("PRX002", "MDL001"))


def test_what_a_selection_shows_counts() -> None:
    audit = _check(GAP, only=["OUT001"])
    assert (audit.verdict.level, audit.verdict.because) == (Level.UNFIT, ("OUT001",))
    assert "REP001" in audit.verdict.selection
    # 2,000 of 6,000 where half is stated: a condition of REP001.
    frame = rows_of({"f": (1000, 2000), "m": (2000, 4000)}, group="gender")
    audit = _check(frame, only=["REP001"])
    assert (audit.verdict.level, audit.verdict.because) == (Level.NOT_JUDGED, ("REP001",))
    assert audit.verdict.conditions


def test_what_a_selection_leaves_open_is_said_but_is_no_verdict() -> None:
    few = rows_of({"f": (4, 10), "m": (6, 10)}, group="gender")
    audit = _check(few, only=["OUT001"])
    assert audit.verdict.level is Level.NOT_JUDGED
    assert audit.verdict.to_settle


@pytest.mark.parametrize("stated", [{"label": {"kind": "measured_outcome"}}, {"use": {"decision": "automated"}}])
def test_leaving_models_out_makes_nothing_that_is_open_pass(stated: dict[str, Any]) -> None:
    """Of 300 people no gap can be ruled out, with models or without: --no-models ended with 0 for uses that need a model."""
    few = rows_of({"f": (70, 150), "m": (78, 150)}, group="gender")
    verdict = _check(few, use_case=auditor.UseCase.model_validate(stated)).verdict
    assert verdict.level is Level.CANNOT_TELL and "OUT001" in verdict.because
    audit = _check(few, use_case=auditor.UseCase.model_validate(stated), only=["OUT001"])
    assert audit.verdict.level is Level.NOT_JUDGED  # the rules that were named are no whole


def _run(path: Path, *more: str) -> Run:
    return CliRunner().invoke(main, ["check", str(path), "--target", "hired", "--group", "gender", *more])


@pytest.mark.parametrize(
    ("frame", "asked", "fail_on", "code"),
    [
        (EVEN, ("--only", "PRX001"), "unfit", 0),
        (EVEN, ("--only", "REP001"), "unfit", 0),  # no population is stated: not run, and no matter
        (EVEN, ("--skip", "REP001"), "conditions", 0),
        (GAP, ("--only", "OUT001"), "unfit", 1),
        (GAP, ("--only", "OUT001"), "never", 0),
        (GAP, ("--only", "OUT001", "--policy", "nyc-ll144"), "unfit", 0),  # there a gap is a condition
        (GAP, ("--only", "OUT001", "--policy", "nyc-ll144"), "conditions", 1),
        (EVEN, ("--no-models",), "unfit", 3),  # REP001 was asked for and could not be told
    ],
)
def test_exit_codes(frame: pd.DataFrame, asked: tuple[str, ...], fail_on: str, code: int, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    frame.to_csv(path, index=False)
    assert _run(path, *asked, "--fail-on", fail_on).exit_code == code


@pytest.mark.parametrize("suffix", [".html", ".json", ".md", ".txt"])
def test_every_report_says_it_first(suffix: str) -> None:
    audit = _check(only=["OUT001"])
    text = renderer(suffix)(audit)
    if suffix == ".json":
        saved = json.loads(text)
        assert (saved["verdict"]["level"], "REP001" in saved["verdict"]["selection"]) == ("not_judged", True)
        jsonschema.Draft202012Validator(json_schema()).validate(saved)
        assert Audit.from_dict(saved) == audit
        return
    body = text.split("</head>")[-1]
    words = " ".join(body.replace("\\", "").split()).lower()
    assert "selection of checks" in words
    rules = len([rule for rule in all_rules().values() if rule.everywhere])
    assert f"{rules - 1} of {rules} rules were not run (left out by --only out001)" in words
    assert "cannot tell" not in words
    assert "must be run" not in words


def test_a_shown_fault_is_headed_by_the_verdict_and_says_that_it_is_a_selections() -> None:
    text = " ".join(renderer(".txt")(_check(GAP, only=["OUT001"])).split())
    assert "UNFIT for an assumed use" in text
    assert "rules were not run (left out by --only OUT001)" in text


def test_a_rule_that_crashes_is_no_selection() -> None:
    crashed = Result("OUT001", "outcome-gap", State.NOT_RUN, Severity.BLOCK, reason="it failed", failed=True)
    recorded = Result("LAB004", "x", State.CLEAR, Severity.CONDITION)
    aside = Result("REP001", "x", State.NOT_RUN, Severity.CONDITION, reason="asked", left_out=LeftOut.ONLY)
    verdict = decide([crashed, aside, recorded], auditor.UseCase())
    assert (verdict.level, verdict.because) == (Level.CANNOT_TELL, ("OUT001",))


def test_selections_are_compared_by_their_findings_alone() -> None:
    whole, part = _check(), _check(only=["OUT001"])
    for pair in ((whole, part), (part, whole), (part, part)):
        found = compare(*pair)
        assert (found.worse, found.better) == (False, False)
        assert any("Verdicts are not compared" in note for note in found.notes)
    worse = compare(part, _check(GAP, only=["OUT001"]))
    assert (worse.worse, worse.better) == (True, False)
