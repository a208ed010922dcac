"""A "fit" rests on what the use needs: it can be reached, and never by what was not looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.verdict import decide
from auditor.model import Audit, Finding, Level, Result, Severity, State
from auditor.reporter import renderer
from auditor.use.policy import Kinds, Policy, shipped
from auditor.use.usecase import UseCase

ROWS = 20_000
USE: dict[str, Any] = {
    "use": {"problem": "Rank applicants for an interview", "decision": "assistive", "stakes": "high"},
    "label": {"column": "hired", "positive": "yes", "kind": "human_rating"},  # a past decision is a condition by itself
    "groups": {"columns": ["sex"]},
    "population": {"sex": {"women": 0.5, "men": 0.5}, "period": [2021, 2024]},
    "features": {"id": "person", "time": "year"},
}
CLEAN = ("REP001", "OUT001", "LAB003", "LAB004", "PRX001", "QLT001")

POLICIES = [name for name in shipped() if name != "eu-pay-2023-970"]  # which judges pay, and no outcome


@cache
def clean() -> pd.DataFrame:
    """Applicants whose sex says nothing: of a skill and a test that is like it, a year, and the outcome of a draw."""
    random = np.random.default_rng(11)
    skill = random.normal(size=ROWS)
    return pd.DataFrame(
        {
            "person": [f"p{i:06}x" for i in random.permutation(ROWS)],
            "sex": np.where(random.permutation(ROWS) % 2 == 0, "women", "men"),
            "year": random.integers(2021, 2025, size=ROWS),
            "test_score": (60 + 10 * skill + random.normal(size=ROWS) * 6).round(1),
            "area": random.choice(["north", "south", "east", "west"], size=ROWS),
            "hired": np.where(random.random(ROWS) < 1 / (1 + np.exp(-skill)), "yes", "no"),
        }
    )


def _use(**tables: Any) -> UseCase:
    return UseCase.model_validate({name: {**USE.get(name, {}), **tables.get(name, {})} for name in {**USE, **tables}})


def _check(frame: pd.DataFrame | None = None, *, no_models: bool = True, **tables: Any) -> Audit:
    return auditor.check(clean() if frame is None else frame, use_case=_use(**tables), no_models=no_models)


@cache
def _fit() -> Audit:
    return _check()


def test_a_large_clean_and_well_described_data_set_is_fit() -> None:
    audit = _fit()
    assert (audit.verdict.level, audit.verdict.because) == (Level.FIT, ())
    assert {code: audit.result(code).state for code in CLEAN} == dict.fromkeys(CLEAN, State.CLEAR)


def test_so_it_is_where_a_model_decides_and_the_models_are_fitted() -> None:
    audit = _check(no_models=False, use={"decision": "automated"})
    assert (audit.verdict.level, audit.verdict.because) == (Level.FIT, ())
    assert {audit.result(code).state for code in ("PRX002", "MDL001")} == {State.CLEAR}
    assert _check(use={"decision": "automated"}).verdict.level is Level.NOT_JUDGED  # without them there is no verdict


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_can_be_met(policy: str) -> None:
    assert _check(use={"policy": policy}).verdict.level is Level.FIT


def test_how_many_checks_ran_is_part_of_the_verdict() -> None:
    audit = _fit()
    ran = sum(result.state is not State.NOT_RUN for result in audit.results)
    assert (audit.verdict.ran, audit.verdict.rules) == (ran, len(audit.results))
    assert 15 < ran < len(audit.results)  # there is no text, no second group, and no model
    said = f"{ran} of {len(audit.results)} checks ran"
    for suffix in (".html", ".json", ".md", ".txt"):
        text = renderer(suffix)(audit)
        if suffix == ".json":
            verdict = json.loads(text)["verdict"]
            assert (verdict["ran"], verdict["rules"]) == (ran, len(audit.results))
        else:
            words = " ".join(text.split("</style>")[-1].replace("\\", "").split())
            assert said in words


def test_an_audit_saved_before_checks_were_counted_counts_its_results() -> None:
    saved = _fit().to_dict()
    del saved["verdict"]["ran"], saved["verdict"]["rules"]
    audit = Audit.from_dict(saved)
    assert (audit.verdict.ran, audit.verdict.rules) == (0, 0)
    ran = sum(result.state is not State.NOT_RUN for result in audit.results)
    assert f"{ran} of {len(audit.results)} checks ran" in renderer(".txt")(audit)


def test_what_is_wanting_is_asked_for_by_name() -> None:
    use = {name: table for name, table in USE.items() if name not in ("population", "features")}
    frame = clean().drop(columns=["person", "year"]).assign(pay=np.random.default_rng(3).normal(size=ROWS))
    asked = auditor.check(frame, use_case=UseCase.model_validate(use), no_models=True).verdict
    assert asked.level is Level.CANNOT_TELL
    assert asked.because == ("REP001",)
    *others, population, time, people = asked.to_settle
    assert not [said for said in others if "Name" in said or "State" in said]
    assert not asked.conditions
    assert population == (
        "State the population that the use is for (--reference, or [population] in the use case), so that REP001 and "
        "FIT001 can run."
    )
    assert time == "Name a column of dates or years (--time), so that REP004 and OUT006 can run."
    assert people == (
        "Name the column that identifies the person (--id), so that people who appear more than once count once."
    )
    named = UseCase.model_validate({**use, "features": {"id": "none"}, "population": USE["population"]})
    told = auditor.check(frame.assign(year=clean()["year"]), use_case=named, no_models=True).verdict
    assert told.level is Level.FIT
    assert not [said for said in told.to_settle if "Name" in said or "State" in said]


def _result(rule: str, *states: State, reason: str | None = None) -> Result:
    findings = tuple(Finding(state, {"group": "sex", "level": "women"}, f"{rule} {state}.") for state in states)
    return Result(rule, rule.lower(), min(states, default=State.NOT_RUN), Severity.CONDITION, findings, reason)


def _judged(results: Mapping[str, tuple[State, ...]], use: UseCase, *data: str) -> tuple[Level, tuple[str, ...]]:
    clear = dict.fromkeys(("REP001", "OUT001", "LAB004"), (State.CLEAR,))
    verdict = decide([_result(rule, *states) for rule, states in {**clear, **results}.items()], use, data)
    return verdict.level, verdict.because


WITH_REASON = {"features": {"strata": {"dept": "people apply to one, and it sets the requirements"}}}
# What makes a use need a rule: the rule, what is stated, what the data hold.
NEEDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "columns: proxies": ("PRX001", {}, ("features",)),
    "columns: leaks": ("LAB003", {}, ("features",)),
    "rows: copies": ("QLT001", {}, ("rows",)),
    "strata with reasons": ("OUT003", WITH_REASON, ()),
    "text: marks": ("TXT001", {}, ("text",)),
    "text: penalties": ("TXT002", {}, ("text",)),
    "a number": ("OUT002", {}, ("numeric",)),
    "a model that decides": ("MDL001", {"use": {"decision": "automated"}}, ("features",)),
    "a model that tells the group": ("PRX002", {"use": {"decision": "automated"}}, ("features",)),
    "a measured outcome": ("MDL001", {"label": {"kind": "measured_outcome"}}, ()),
    "always": ("LAB004", {}, ()),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("need", NEEDS)
def test_a_check_that_the_use_needs_and_that_did_not_run_is_no_fit(need: str, policy: str) -> None:
    rule, stated, data = NEEDS[need]
    use = _use(**{**stated, "use": {**stated.get("use", {}), "policy": policy}})
    needed = {code: (State.CLEAR,) for code, of, there in NEEDS.values() if of == stated and {*there} <= {*data}}
    always = {code: (State.CLEAR,) for code, of, there in NEEDS.values() if not of and {*there} <= {*data}}
    clear = {**always, **needed}
    assert _judged(clear, use, *data) == (Level.FIT, ())
    assert _judged({**clear, rule: ()}, use, *data) == (Level.CANNOT_TELL, (rule,))
    missing = [_result(code, *states) for code, states in clear.items() if code != rule]
    others = [_result(code, State.CLEAR) for code in ("REP001", "OUT001")]
    assert decide([*others, *missing], use, data).level is Level.CANNOT_TELL


@pytest.mark.parametrize("need", NEEDS)
def test_what_such_a_check_leaves_open_is_never_a_fit_and_is_asked_for(need: str) -> None:
    rule, stated, data = NEEDS[need]
    use = _use(**stated)
    policy = Policy.load("default").verdict
    required = rule == "OUT002" or (rule == "MDL001" and "label" in stated)
    rests = {
        code: (State.CLEAR,) for kinds in (policy.required, policy.checked) for code in kinds.of([*Kinds.model_fields])
    }
    left = {**rests, rule: (State.UNDETERMINED,)}
    level = Level.CANNOT_TELL if required else Level.FIT_WITH_CONDITIONS
    assert _judged(left, use, *data) == (level, (rule,))
    verdict = decide([_result(code, *states) for code, states in left.items()], use, data)
    said = f"Resolve the inconclusive result of {rule} {rule.lower()} before the data are used. {rule} undetermined."
    assert [said in condition for condition in verdict.conditions] == ([] if required else [True])


@pytest.mark.parametrize(
    ("stated", "data"),
    [
        ({}, ()),  # no columns, no text, no rows
        ({"features": {"strata": {"dept": ""}}}, ()),  # a stratum without a reason neither excuses nor blocks
        ({"use": {"decision": "automated"}}, ()),  # there is nothing that a model could learn from
        ({"use": {"decision": "research"}}, ()),
    ],
)
def test_what_the_use_does_not_need_is_not_missed(stated: dict[str, Any], data: tuple[str, ...]) -> None:
    not_run = {code: () for code, _, _ in NEEDS.values() if code != "LAB004"}
    assert _judged(not_run, _use(**stated), *data) == (Level.FIT, ())


def test_two_rules_by_themselves_are_no_fit() -> None:
    audit = auditor.check(clean(), use_case=_use(), only=["OUT001", "REP001"])
    assert audit.verdict.level is Level.NOT_JUDGED


def test_a_rule_that_declines_is_no_clear_rule() -> None:
    """A code that says each row's sex passed for fit where a column of weights made PRX001 decline."""
    frame = clean().assign(code=clean()["sex"].map({"women": "a", "men": "b"}), w=1.5)
    verdict = _check(frame, features={"weight": "w"}).verdict
    assert verdict.level not in (Level.FIT, Level.NOT_JUDGED)
    assert "PRX001" in verdict.because


def test_a_policy_of_ones_own_moves_a_rule_by_kind_of_use(tmp_path: Any) -> None:
    path = tmp_path / "strict.toml"
    path.write_text(
        'extends = "default"\n[verdict.required]\nfeatures = ["PRX001"]\n[verdict.checked]\nfeatures = []\n'
        'research = ["QLT003"]\n',
        encoding="utf-8",
    )
    open_ = {"PRX001": (State.UNDETERMINED,), "LAB003": (State.CLEAR,)}
    strict = {"policy": str(path)}
    assert _judged(open_, _use(use=strict), "features") == (Level.CANNOT_TELL, ("PRX001",))
    assert _judged(open_, _use(), "features") == (Level.FIT_WITH_CONDITIONS, ("PRX001",))
    research = {**strict, "decision": "research"}
    assert _judged({"QLT003": ()}, _use(use=research)) == (Level.CANNOT_TELL, ("QLT003",))
    assert _judged({"QLT003": ()}, _use(use=strict)) == (Level.FIT, ())
