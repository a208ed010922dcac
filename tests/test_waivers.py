"""Waivers: marked, never hidden; they lower a fault by a step, lapse, and settle nothing that is open."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import auditor
from auditor.audit.verdict import decide
from auditor.audit.waivers import accepted, notes
from auditor.errors import UseCaseError
from auditor.model import Finding, Level, Result, Severity, State
from auditor.use.usecase import UseCase

TODAY = date(2026, 6, 1)
POPULATION = {"population": {"sex": {"f": 0.5, "m": 0.5}}}


def _use(**waiver: Any) -> UseCase:
    accept = [{"rule": "PRX001", "subject": "experience", "reason": "job-related", "by": "HR", **waiver}]
    return UseCase.model_validate({**POPULATION, "accept": accept})


def _results(state: State = State.SHOWN, rule: str = "PRX001") -> tuple[Result, ...]:
    def result(code: str, of: State) -> Result:
        subject = {"group": "sex", "column": "experience"}
        return Result(code, code, of, Severity.CONDITION, (Finding(of, subject, "Said.", remedy="Mend."),))

    return (
        *(result(code, State.CLEAR) for code in ("REP001", "OUT001", "LAB004") if code != rule),
        result(rule, state),
    )


def test_a_waived_condition_stays_in_the_report_and_binds_no_more() -> None:
    use = _use()
    assert decide(_results(), use).level == Level.FIT_WITH_CONDITIONS
    results = accepted(_results(), use, TODAY)
    assert results[-1].findings[0].waiver == "accepted by HR: job-related"
    assert decide(results, use).level == Level.FIT
    assert notes(results, use, TODAY) == []


def test_a_waived_block_is_a_condition_that_names_who_answers_for_it() -> None:
    use = _use(rule="OUT001", until="2026-12-31")
    assert decide(_results(rule="OUT001"), use).level == Level.UNFIT
    verdict = decide(accepted(_results(rule="OUT001"), use, TODAY), use)
    assert verdict.level == Level.FIT_WITH_CONDITIONS
    assert verdict.conditions == (
        "Mend. (accepted by HR until 2026-12-31: job-related.) [Owner: decision owner · verify with OUT001]",
    )


def test_a_waiver_settles_nothing_that_is_open() -> None:
    use = _use(rule="OUT001")
    results = accepted(_results(State.UNDETERMINED, "OUT001"), use, TODAY)
    assert decide(results, use).level == Level.CANNOT_TELL


def test_a_waiver_answers_for_what_a_lesser_check_leaves_open() -> None:
    """PRX001 must run, and what it cannot tell is a condition: there somebody may answer for it."""
    results = _results(State.UNDETERMINED)
    assert decide([*results, _leaks()], _use(), {"features"}).level == Level.FIT_WITH_CONDITIONS
    results = accepted(results, _use(), TODAY)
    assert decide([*results, _leaks()], _use(), {"features"}).level == Level.FIT


def _leaks() -> Result:
    return Result("LAB003", "target-leak", State.CLEAR, Severity.BLOCK)


def test_a_waiver_lapses_after_its_last_day_and_says_so() -> None:
    use = _use(until="2026-06-01")
    assert accepted(_results(), use, TODAY)[-1].findings[0].waiver
    late = date(2026, 6, 2)
    results = accepted(_results(), use, late)
    assert results[-1].findings[0].waiver is None
    assert "until 2026-06-01 is past: the waiver of PRX001 for 'experience' has lapsed" in notes(results, use, late)[0]


def test_a_waiver_of_what_was_not_found_is_said() -> None:
    use = _use(subject="experiance")
    results = accepted(_results(), use, TODAY)
    assert "'experiance' matches no finding" in notes(results, use, TODAY)[0]


def test_a_waiver_of_a_rule_that_is_none_is_refused() -> None:
    frame = auditor.UseCase.model_validate({"accept": [{"rule": "PRX01", "subject": "x", "reason": "y", "by": "z"}]})
    with pytest.raises(UseCaseError, match="no rule is called 'PRX01'; did you mean 'PRX001'"):
        auditor.check("sample_data/callbacks.csv", use_case=frame)


@pytest.mark.parametrize("missing", ["rule", "subject", "reason", "by"])
def test_a_waiver_must_say_what_why_and_who(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        _use(**{missing: ""})


def test_a_lapsed_waiver_of_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "use.toml"
    path.write_text(
        '[label]\ncolumn = "x"\n\n[[accept]]\nrule = "PRX001"\nsubject = "a"\nreason = "r"\nby = "me"\nuntil = 2020-01-31\n',
        encoding="utf-8",
    )
    (said,) = notes((), UseCase.load(path), TODAY)
    assert said == (
        "use.toml, line 9: [[accept]] until 2020-01-31 is past: the waiver of PRX001 for 'a' has lapsed; renew it or remove it."
    )
