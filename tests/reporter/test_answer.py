"""The first screen: the same bins with their counts, the checks that ran, at most three reasons, actions as work."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import auditor
from auditor.audit.mark import identifier
from auditor.model import Audit, Finding, Level, Severity, State
from auditor.reporter import answer
from auditor.reporter.bins import Bin, bin_of, binned, coverage
from auditor.reporter.terminal import render_answer
from tests.conftest import ROOT, rows_of


@pytest.fixture(scope="module")
def saved() -> Audit:
    """The audit of the hiring sample."""
    return Audit.from_dict(json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def audit() -> Audit:
    """An audit with a gap of one half."""
    frame = rows_of({"a": (100, 400), "b": (200, 400)}).assign(year=2020)
    return auditor.check(frame, target="hired", groups=["group"], no_models=True)


def test_every_finding_is_in_one_bin_and_every_check_counted(audit: Audit) -> None:
    parts = binned(audit)
    assert list(parts) == list(Bin)
    assert sum(len(of.findings) for each in parts.values() for of in each) == len(list(audit.findings()))
    of = coverage(audit)
    assert of.checks == len(audit.results)
    assert of.ran + of.not_run == of.checks
    assert of.not_run == sum(result.state is State.NOT_RUN for result in audit.results)
    assert {result.rule for result in audit.results} == {of.result.rule for each in parts.values() for of in each}


@pytest.mark.parametrize(
    ("state", "severity", "bin_"),
    [
        (State.SHOWN_STRONG, Severity.BLOCK, Bin.BLOCKING),
        (State.SHOWN, Severity.CONDITION, Bin.RESOLVE),
        (State.BORDERLINE, Severity.CONDITION, Bin.RESOLVE),
        (State.SHOWN, Severity.NOTE, Bin.INFORMATION),
        (State.BORDERLINE, None, Bin.INFORMATION),
        (State.UNDETERMINED, None, Bin.INCONCLUSIVE),
        (State.CLEAR, None, Bin.PASSED),
        (State.NOT_RUN, None, Bin.NOT_RUN),
    ],
)
def test_the_bin_of_a_finding(audit: Audit, state: State, severity: Severity | None, bin_: Bin) -> None:
    result = audit.result("OUT001")
    assert bin_of(result, replace(result.findings[0], state=state, severity=severity)) is bin_


def test_the_verdict_counts_what_the_findings_say_they_count(audit: Audit) -> None:
    counted = {result.rule for result in audit.results if any(of.severity is Severity.BLOCK for of in result.findings)}
    assert counted == set(audit.verdict.because) == {"OUT001"}


def test_at_most_three_reasons_of_at_most_25_words(saved: Audit) -> None:
    reasons = answer.reasons(saved)
    assert 1 <= len(reasons) <= 3
    assert all(len(reason.text.split()) <= 26 for reason in reasons)
    assert [reason.code for reason in reasons] == list(saved.verdict.because[: len(reasons)])


def test_a_required_check_that_did_not_run_is_a_reason(audit: Audit) -> None:
    verdict = replace(audit.verdict, level=Level.CANNOT_TELL, because=("REP001", "XYZ001"))
    texts = [reason.text for reason in answer.reasons(replace(audit, verdict=verdict))]
    assert "did not run" in texts[0]
    assert "not part of the audit" in texts[1]


def test_the_terminal_answers_in_25_lines_of_100_characters_the_verdict_last(saved: Audit) -> None:
    lines = render_answer(saved).splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 100
    assert "UNFIT" in "\n".join(lines[-2:])


def test_a_report_id_is_of_what_was_found_and_not_of_when(audit: Audit) -> None:
    later = replace(audit, provenance=replace(audit.provenance, created="2030-01-01T00:00:00+00:00"))
    assert answer.report_id(later) == answer.report_id(audit)
    other = replace(audit, dataset=replace(audit.dataset, rows=1))
    assert answer.report_id(other) != answer.report_id(audit)


def test_ids_are_unique_and_the_same_in_every_run() -> None:
    def run() -> list[str]:
        frame = rows_of({"C": (100, 400), "C++": (200, 400), "C#": (190, 400), "日本": (150, 400)})
        return [of.id for of in auditor.check(frame, target="hired", groups=["group"], no_models=True).findings()]

    ids = run()
    assert ids == run()
    assert all(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("level", ["C++", "c#", "ä", "", "a" * 200, "日本", "a&b", "%20"])
def test_an_id_stands_in_an_address_and_tells_levels_apart(level: str) -> None:
    name = identifier("OUT001", {"group": "g", "level": level})
    assert name.isascii()
    assert len(name) < 80
    assert all(char.isalnum() or char == "-" for char in name)
    assert name != identifier("OUT001", {"group": "g", "level": f"{level}x"})


def test_actions_are_merged_by_kind_and_owner(audit: Audit) -> None:
    actions = audit.verdict.actions
    assert len({(action.what, action.owner) for action in actions}) == len(actions)
    assert all(action.rules and action.owner and action.done for action in actions)
    ids = {finding.id for finding in audit.findings()}
    assert {found for action in actions for found in action.findings} <= ids
    order = [list(Severity).index(action.severity) for action in actions]
    assert order == sorted(order)


def test_a_headline_is_made_of_the_message_where_a_rule_gives_none() -> None:
    assert answer.headline(Finding(State.SHOWN, {}, "One. Two.")) == "One. Two."
    assert answer.headline(Finding(State.SHOWN, {}, "word " * 30)) == "word " * 25 + "…"
    assert answer.headline(Finding(State.SHOWN, {}, "One. Two.", headline="Three")) == "Three"
