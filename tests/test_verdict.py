"""The verdict, table-driven, and the laws that no table can exhaust."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.analyzers.catalog import find
from auditor.audit.verdict import decide, severity_of
from auditor.model import Finding, Level, Measure, Result, State, Verdict
from auditor.use.usecase import UseCase

S = State
ORDER = [Level.FIT, Level.FIT_WITH_CONDITIONS, Level.CANNOT_TELL, Level.UNFIT]


def _use(**tables: Any) -> UseCase:
    return UseCase.model_validate({"population": {"sex": {"f": 0.5, "m": 0.5}}, **tables})


def _result(rule: str, *states: State, level: str = "f", failed: bool = False) -> Result:
    findings = tuple(
        Finding(
            state,
            {"group": "sex", "level": level},
            f"{rule} {state}.",
            remedy=f"Mend {rule}.",
            settle=f"Settle {rule}.",
        )
        for state in states
    )
    worst = min(states, key=list(State).index, default=State.NOT_RUN)
    return Result(
        rule, rule.lower(), worst, severity_of(find(rule), _use()), findings, None if states else "why", failed=failed
    )


def _decide(results: Sequence[Result], use: UseCase, data: Collection[str] = ()) -> Verdict:
    """Judge the results, and beside them a clear LAB004, which every use needs, unless they have one."""
    aside = () if any(result.rule == "LAB004" for result in results) else (_result("LAB004", S.CLEAR),)
    return decide([*results, *aside], use, data)


CLEAR = (_result("REP001", S.CLEAR), _result("OUT001", S.CLEAR))
BLIND = _result("MDL001", S.CLEAR)


@pytest.mark.parametrize(
    ("results", "use", "level", "because"),
    [
        (CLEAR, {}, Level.FIT, ()),
        ((CLEAR[0], _result("OUT001", S.SHOWN)), {}, Level.UNFIT, ("OUT001",)),
        ((CLEAR[0], _result("OUT001", S.SHOWN_STRONG)), {}, Level.UNFIT, ("OUT001",)),
        ((CLEAR[0], _result("OUT001", S.UNDETERMINED)), {}, Level.CANNOT_TELL, ("OUT001",)),
        ((CLEAR[0], _result("OUT001")), {}, Level.CANNOT_TELL, ("OUT001",)),
        ((_result("REP001"), CLEAR[1]), {}, Level.CANNOT_TELL, ("REP001",)),
        ((CLEAR[1],), {}, Level.CANNOT_TELL, ("REP001",)),
        ((CLEAR[0], _result("OUT001", S.BORDERLINE)), {}, Level.FIT_WITH_CONDITIONS, ("OUT001",)),
        ((_result("REP001", S.SHOWN), CLEAR[1]), {}, Level.FIT_WITH_CONDITIONS, ("REP001",)),
        ((*CLEAR, _result("REP002", S.SHOWN)), {}, Level.FIT_WITH_CONDITIONS, ("REP002",)),
        ((*CLEAR, _result("QLT003", S.SHOWN)), {}, Level.FIT, ()),  # a note
        ((*CLEAR, _result("QLT001", S.UNDETERMINED)), {}, Level.FIT, ()),  # not required
        ((*CLEAR, _result("QLT003", failed=True)), {}, Level.CANNOT_TELL, ("QLT003",)),
        # unfit comes before cannot tell, cannot tell before conditions
        ((_result("REP001"), _result("OUT001", S.SHOWN)), {}, Level.UNFIT, ("OUT001",)),
        ((_result("REP001", S.SHOWN), _result("OUT001", S.UNDETERMINED)), {}, Level.CANNOT_TELL, ("OUT001",)),
        # automated and high stakes: strong under-representation blocks, weak does not
        ((_result("REP001", S.SHOWN_STRONG), CLEAR[1]), {"use": {"decision": "automated"}}, Level.UNFIT, ("REP001",)),
        ((_result("REP001", S.SHOWN), CLEAR[1]), {"use": {"decision": "automated"}}, Level.FIT_WITH_CONDITIONS, ("REP001",)),
        # research or low stakes lower a block to a condition
        ((CLEAR[0], _result("OUT001", S.SHOWN)), {"use": {"decision": "research"}}, Level.FIT_WITH_CONDITIONS, ("OUT001",)),
        ((CLEAR[0], _result("OUT001", S.SHOWN)), {"use": {"stakes": "low"}}, Level.FIT_WITH_CONDITIONS, ("OUT001",)),
        # a past decision keeps the gap a block, a measured outcome makes it a condition
        ((CLEAR[0], _result("OUT001", S.SHOWN)), {"label": {"kind": "past_decision"}}, Level.UNFIT, ("OUT001",)),
        ((CLEAR[0], _result("OUT001", S.SHOWN), BLIND), {"label": {"kind": "measured_outcome"}}, Level.FIT_WITH_CONDITIONS, ("OUT001",)),
        # ... and asks for the errors of a model that does not see the group
        (CLEAR, {"label": {"kind": "measured_outcome"}}, Level.CANNOT_TELL, ("MDL001",)),
        ((*CLEAR, BLIND), {"label": {"kind": "measured_outcome"}}, Level.FIT, ()),
        # automated and high stakes: missing combinations and what is left without the strongest block when strong
        ((*CLEAR, _result("REP003", S.SHOWN_STRONG)), {"use": {"decision": "automated"}}, Level.UNFIT, ("REP003",)),
        ((*CLEAR, _result("PRX003", S.SHOWN_STRONG)), {"use": {"decision": "automated"}}, Level.UNFIT, ("PRX003",)),
        ((*CLEAR, _result("TXT004", S.SHOWN_STRONG)), {"use": {"decision": "automated"}}, Level.UNFIT, ("TXT004",)),
        ((*CLEAR, _result("PRX003", S.SHOWN)), {"use": {"decision": "automated"}}, Level.FIT_WITH_CONDITIONS, ("PRX003",)),
        ((*CLEAR, _result("PRX003", S.SHOWN_STRONG)), {"use": {"decision": "automated", "stakes": "low"}}, Level.FIT_WITH_CONDITIONS, ("PRX003",)),
        # structural facts: whom it is for, and what it needs
        ((*CLEAR, _result("FIT001", S.SHOWN_STRONG)), {}, Level.UNFIT, ("FIT001",)),
        ((*CLEAR, _result("FIT003", S.SHOWN_STRONG)), {}, Level.UNFIT, ("FIT003",)),
        ((*CLEAR, _result("LAB003", S.SHOWN)), {}, Level.UNFIT, ("LAB003",)),
        # a past decision that stands for performance is always a condition
        ((*CLEAR, _result("FIT005", S.SHOWN)), {}, Level.FIT_WITH_CONDITIONS, ("FIT005",)),
        ((*CLEAR, _result("TXT002", S.SHOWN)), {}, Level.FIT_WITH_CONDITIONS, ("TXT002",)),
        ((*CLEAR, _result("REP004", S.SHOWN_STRONG)), {}, Level.FIT, ()),  # drift is a note
        # a group that the stated population does not name need not be settled
        ((CLEAR[0], _result("OUT001", S.UNDETERMINED, level="x")), {}, Level.FIT, ()),
        ((*CLEAR, _result("REP002", S.SHOWN_STRONG, level="x")), {"use": {"decision": "automated"}}, Level.FIT_WITH_CONDITIONS, ("REP002",)),
    ],
)  # fmt: skip
def test_the_order_of_the_verdict(
    results: Sequence[Result], use: dict[str, Any], level: Level, because: tuple[str, ...]
) -> None:
    verdict = _decide(results, _use(**use))
    assert (verdict.level, verdict.because) == (level, because)


def test_a_group_of_the_use_that_is_absent_is_unfit() -> None:
    absent = Finding(S.SHOWN, {"group": "sex", "level": "f"}, "none", {"share": Measure(0.0)})
    result = Result("REP001", "x", S.SHOWN, severity_of(find("REP001"), _use()), (absent,))
    assert _decide([result, CLEAR[1]], _use()).level is Level.UNFIT


def test_conditions_and_what_would_settle_are_the_findings_own_words() -> None:
    verdict = _decide([_result("REP001", S.SHOWN), _result("OUT001", S.UNDETERMINED)], _use())
    assert verdict.conditions == ("Mend REP001. [Owner: data owner · verify with REP001]",)
    assert verdict.to_settle == ("Settle OUT001.",)
    assert _decide([_result("REP001"), CLEAR[1]], _use()).to_settle == ("REP001 rep001 must be run (why).",)
    of_nobody = _result("REP001", S.NOT_RUN, level="x")  # its findings say why, and are of nobody whom the use is for
    assert _decide([of_nobody, CLEAR[1]], _use()).to_settle == ("REP001 rep001 must be run.",)


RULES = ("REP001", "REP002", "REP003", "OUT001", "PRX003", "TXT004", "MDL001", "LAB001", "QLT003", "FIT001", "FIT005")
some_results = st.lists(
    st.builds(
        lambda rule, states: _result(rule, *states),
        st.sampled_from(RULES),
        st.lists(st.sampled_from(list(S)), max_size=3),
    ),
    unique_by=lambda result: result.rule,
    max_size=6,
)
uses = st.builds(
    lambda decision, stakes, kind: _use(use={"decision": decision, "stakes": stakes}, label={"kind": kind}),
    st.sampled_from(["assistive", "automated", "research"]),
    st.sampled_from(["high", "low"]),
    st.sampled_from([None, "past_decision", "measured_outcome", "human_rating"]),
)


@given(some_results, st.data(), uses)
def test_adding_a_fault_never_improves_a_verdict(results: list[Result], data: st.DataObject, use: UseCase) -> None:
    before = _decide(results, use).level
    at = data.draw(st.integers(0, max(0, len(results) - 1)))
    worse = data.draw(st.sampled_from([S.SHOWN_STRONG, S.SHOWN, S.BORDERLINE, S.UNDETERMINED]))
    if not results:
        return
    old = results[at]
    grown = _result(old.rule, *(finding.state for finding in old.findings), worse)
    after = _decide([*results[:at], grown, *results[at + 1 :]], use).level
    if old.findings:  # a rule that had not run is evidence gained
        assert ORDER.index(after) >= ORDER.index(before)


@given(some_results, uses, st.data())
def test_removing_evidence_never_turns_cannot_tell_into_fit(
    results: list[Result], use: UseCase, data: st.DataObject
) -> None:
    if _decide(results, use).level is not Level.CANNOT_TELL or not results:
        return
    at = data.draw(st.integers(0, len(results) - 1))
    without = [*results[:at], _result(results[at].rule), *results[at + 1 :]]
    assert _decide(without, use).level is not Level.FIT
