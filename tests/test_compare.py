"""Two audits side by side: what appeared, went, changed or moved, from values made by hand and from real audits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import mannwhitneyu

import auditor
from auditor.analyzers.catalog import all_rules
from auditor.audit.compare import compare
from auditor.cli.commands import main
from auditor.demo.hiring import PLANTED_COLUMNS, SUBTLE_COLUMNS
from auditor.errors import AuditError
from auditor.model import (
    Audit,
    Change,
    Comparison,
    Dataset,
    Direction,
    Finding,
    Level,
    Measure,
    Provenance,
    Result,
    Severity,
    Shift,
    State,
    Verdict,
)
from auditor.reporter import comparison
from auditor.use.usecase import UseCase
from tests.conftest import DATA, SAMPLES, rows_of


def _audit(
    level: Level, *findings: tuple[str, str, State, Measure | None], severity: Severity = Severity.CONDITION
) -> Audit:
    results: dict[str, list[Finding]] = {}
    for rule, about, state, measure in findings:
        measures = {"impact_ratio": measure} if measure else {}
        results.setdefault(rule, []).append(Finding(state, {"group": about}, f"{rule} {about}.", measures))
    return Audit(
        Dataset("data.csv", 10, ()),
        UseCase().model_dump(mode="json"),
        tuple(Result(rule, rule, of[0].state, severity, tuple(of)) for rule, of in results.items()),
        Verdict(level),
        Provenance("0", 0, "duckdb"),
    )


BEFORE = _audit(
    Level.FIT_WITH_CONDITIONS,
    ("OUT001", "sex", State.SHOWN, Measure(0.7, 0.6, 0.78)),
    ("OUT001", "race", State.CLEAR, Measure(0.9, 0.85, 0.95)),
    ("PRX001", "college", State.SHOWN, None),
)


def test_what_went_appeared_and_changed() -> None:
    after = _audit(
        Level.FIT_WITH_CONDITIONS,
        ("OUT001", "sex", State.CLEAR, Measure(0.85, 0.81, 0.9)),
        ("OUT001", "race", State.CLEAR, Measure(0.93, 0.88, 0.97)),
        ("PRX001", "club", State.BORDERLINE, None),
    )
    found = compare(BEFORE, after)
    states = {(change.rule, change.subject["group"]): (change.before, change.after) for change in found.changes}
    assert states == {
        ("OUT001", "sex"): (State.SHOWN, State.CLEAR),
        ("PRX001", "college"): (State.SHOWN, None),
        ("PRX001", "club"): (None, State.BORDERLINE),
    }
    assert not found.worse
    moved = {shift.subject["group"]: shift.beyond for shift in found.shifts}
    assert moved == {"sex": True, "race": False}  # 0.93 lies within [0.85, 0.95]


@pytest.mark.parametrize(
    ("after", "worse"),
    [
        (_audit(Level.UNFIT), True),
        (_audit(Level.CANNOT_TELL), True),
        (_audit(Level.FIT), False),
        (_audit(Level.FIT_WITH_CONDITIONS, ("OUT001", "race", State.SHOWN, None)), True),
        (_audit(Level.FIT_WITH_CONDITIONS, ("OUT001", "sex", State.SHOWN_STRONG, None)), True),
        (_audit(Level.FIT_WITH_CONDITIONS, ("OUT005", "x", State.SHOWN, None), severity=Severity.NOTE), False),
        (_audit(Level.FIT_WITH_CONDITIONS, ("OUT001", "race", State.UNDETERMINED, None)), False),
    ],
)
def test_worse_is_a_worse_verdict_or_a_fault_that_counts(after: Audit, worse: bool) -> None:
    assert compare(BEFORE, after).worse is worse


@pytest.mark.parametrize(
    ("rows", "direction"),
    [
        ({"m": (50, 100), "f": (31, 100)}, Direction.OTHER),  # the same rates of a tenth of the rows
        ({"m": (500, 1000), "f": (420, 1000)}, Direction.BETTER),  # .84 [.76, .92], beyond .62 [.56, .69]
    ],
)
def test_weaker_evidence_is_no_smaller_fault(rows: dict[str, tuple[int, int]], direction: Direction) -> None:
    """Of 1,000 each, .31 against .50 is .62 [.56, .69], below .8 as a whole; of 100 each it is [.44, .87]."""
    asked: dict[str, Any] = {"target": "hired", "groups": ["sex"], "only": ["OUT001"]}
    before = auditor.check(rows_of({"m": (500, 1000), "f": (310, 1000)}, "sex"), **asked)
    after = auditor.check(rows_of(rows, "sex"), **asked)
    (change,) = compare(before, after).changes
    assert change.before is State.SHOWN_STRONG
    assert (change.direction, change.better) == (direction, direction is Direction.BETTER)


def test_an_audit_beside_itself_is_the_same() -> None:
    found = compare(BEFORE, BEFORE)
    assert (found.changes, found.worse, found.notes) == ((), False, ())
    assert [shift.beyond for shift in found.shifts] == [False, False]


def test_what_makes_two_audits_hard_to_compare_is_said() -> None:
    other = replace(BEFORE, use_case={**BEFORE.use_case, "label": {"column": "x", "positive": []}})
    without = _audit(Level.FIT, ("OUT001", "sex", State.SHOWN, None))
    assert "they have different outcomes" in " ".join(compare(BEFORE, other).notes)
    assert compare(BEFORE, without).notes == ("Not run in the second: PRX001.",)


def test_dropping_all_that_was_planted_brings_it_down_to_guessing() -> None:
    planted = [*PLANTED_COLUMNS, *SUBTLE_COLUMNS, "resume_text"]
    use = SAMPLES / "hiring.use_case.toml"
    audit = auditor.check(SAMPLES / "hiring.csv", use_case=use, drop=planted, only=["PRX002", "MDL001"])
    area = next(audit.findings("PRX002")).measures["auc"]
    assert area.low is not None and area.high is not None
    assert area.low < 0.5 < area.high
    assert audit.compared is not None
    shifts = {(shift.rule, shift.measure): shift for shift in audit.compared.shifts}
    for key in (("PRX002", "auc"), ("MDL001", "blind_gap"), ("MDL001", "impact_ratio")):
        assert shifts[key].beyond, key
    gap = shifts["MDL001", "blind_gap"].after
    assert gap is not None and gap.low is not None and gap.high is not None
    assert gap.low < 0 < gap.high


def test_while_the_text_stays_its_length_tells_a_little_of_what_was_planted() -> None:
    """Women's colleges and clubs have long names, which stand in the text when their columns are gone."""
    planted = [*PLANTED_COLUMNS, *SUBTLE_COLUMNS]
    use = SAMPLES / "hiring.use_case.toml"
    audit = auditor.check(SAMPLES / "hiring.csv", use_case=use, drop=planted, only=["PRX002", "QLT001"])
    (finding,) = audit.findings("PRX002")
    area = finding.measures["auc"]
    assert area.low is not None and area.high is not None
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates("applicant_id")
    women, men = (frame["resume_text"][frame["gender"] == level].str.len() for level in ("female", "male"))
    by_length = mannwhitneyu(women, men)
    assert by_length.pvalue < 0.01
    assert area.low < by_length.statistic / (len(women) * len(men)) < area.high
    assert area.value is not None and area.limit is not None
    assert area.value < area.limit
    # Without the columns no two records become one.
    assert audit.compared is not None
    assert not [change for change in audit.compared.changes if change.rule == "QLT001"]


def test_adult_without_relationship_is_still_told_and_says_so_plainly() -> None:
    flags: dict[str, Any] = {"target": "income", "positive": ">50K", "groups": "sex"}
    adult = pd.read_parquet(DATA / "adult.parquet").sample(8_000, random_state=1)
    audit = auditor.check(adult, drop="relationship", only=["PRX002"], **flags)
    (finding,) = audit.findings("PRX002")
    assert finding.state is State.SHOWN_STRONG
    assert "A model that is not given sex can still infer it." in finding.message
    assert "relationship" not in [column.name for column in audit.dataset.columns]


@pytest.mark.parametrize(
    ("drop", "said"),
    [("scoer", "did you mean 'score'?"), ("group", "it is a group"), ("hired", "it is the outcome")],
)
def test_what_cannot_be_dropped_is_refused_in_one_line(drop: str, said: str) -> None:
    frame = rows_of({"a": (50, 100), "b": (40, 100)})
    with pytest.raises(AuditError, match=said.replace("?", r"\?")):
        auditor.check(frame, target="hired", groups=["group"], drop=drop, no_models=True)


def _saved(tmp_path: Path, name: str, counts: dict[str, tuple[int, int]]) -> str:
    path = tmp_path / f"{name}.json"
    auditor.check(rows_of(counts), target="hired", groups=["group"], no_models=True, name=name).save(str(path))
    return str(path)


def test_the_command_exits_with_one_when_the_second_is_worse(tmp_path: Path) -> None:
    even = _saved(tmp_path, "even", {"a": (500, 1000), "b": (490, 1000)})
    gap = _saved(tmp_path, "gap", {"a": (500, 1000), "b": (250, 1000)})
    run = CliRunner().invoke(main, ["compare", even, gap])
    assert run.exit_code == 1
    assert "The second is worse" in run.stdout
    assert "OUT001 No issue found → Found (strong evidence)" in run.stdout
    assert CliRunner().invoke(main, ["compare", gap, even]).exit_code == 0
    report = tmp_path / "beside.html"
    data = CliRunner().invoke(main, ["compare", gap, even, "--format", "json", "-o", str(report)])
    assert json.loads(data.stdout)["worse"] is False
    assert "Before and after" in report.read_text(encoding="utf-8")
    assert CliRunner().invoke(main, ["compare", even, str(report)]).exit_code == 2


def test_every_format_shows_both_sides(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 800), "hired": rng.choice(["yes", "no"], 800)})
    frame["tell"] = np.where(rng.random(800) < 0.9, frame["sex"], "x")
    frame["other"] = rng.choice(list("abc"), 800)
    audit = auditor.check(frame, target="hired", groups=["sex"], drop=["tell"])
    for suffix in (".html", ".md", ".txt", ".json"):
        path = tmp_path / f"report{suffix}"
        audit.save(str(path))
        text = path.read_text(encoding="utf-8")
        assert "without" in text and ("compared" if suffix == ".json" else "AUC of predicting the group") in text
    assert Audit.from_dict(audit.to_dict()) == audit


def test_a_column_with_a_role_can_be_dropped_too() -> None:
    use = SAMPLES / "hiring.use_case.toml"
    drop = ["resume_text", "applied_year", "applicant_id"]
    audit = auditor.check(SAMPLES / "hiring.csv", use_case=use, drop=drop, no_models=True)
    assert audit.result("TXT001").state is State.NOT_RUN
    assert audit.result("OUT006").state is State.NOT_RUN
    assert "Some people appear more than once" not in next(audit.findings("OUT001")).message


def test_every_number_that_leads_has_words() -> None:
    leading = {(code, name): words for code, rule in all_rules().items() for name, words in rule.leading.items()}
    assert {("OUT001", "impact_ratio"), ("PRX003", "auc"), ("MDL001", "blind_gap")} <= set(leading)
    assert all(len(words) > 10 for words in leading.values())


def test_rules_that_one_did_not_run_change_nothing_and_other_engines_are_said(tmp_path: Path) -> None:
    path = Path(__file__).parent / "data" / "berkeley.csv"
    roles: dict[str, Any] = {"target": "admit", "positive": "Admitted", "groups": "gender"}
    auditor.tally(path, tmp_path / "a.tally", **roles)
    whole, parts = auditor.check(path, **roles, no_models=True), auditor.check([tmp_path / "a.tally"])
    compared = compare(whole, parts)
    gone = {result.rule for result in parts.results if result.state is State.NOT_RUN}
    assert any(result.rule in gone and result.state is not State.NOT_RUN for result in whole.results)
    assert not [change for change in compared.changes if change.rule in gone]
    assert not compared.worse
    assert any("duckdb and tallies counted them" in note for note in compared.notes)


def test_an_audit_against_itself_has_moved_nowhere() -> None:
    frame = pd.DataFrame(
        {"g": ["a"] * 40 + ["b"] * 40 + ["c"] * 9, "y": [0, 1] * 40 + [0] * 9, "h": ["x", "z", "x"] * 29 + ["x", "z"]}
    )
    audit = auditor.check(frame, target="y", groups=["g", "h"], no_models=True)
    assert not [shift for shift in compare(audit, audit).shifts if shift.beyond]


def test_another_reference_makes_no_other_finding() -> None:
    def rows(a: int, b: int) -> pd.DataFrame:
        chosen = [int(i < x) for x in (a, b, 300) for i in range(1000)]
        return pd.DataFrame({"g": ["a"] * 1000 + ["b"] * 1000 + ["c"] * 1000, "y": chosen})

    before, after = (
        auditor.check(rows(*of), target="y", groups="g", no_models=True) for of in ((501, 500), (500, 501))
    )
    assert {f.subject["reference"] for f in before.findings("OUT001")} != {
        f.subject["reference"] for f in after.findings("OUT001")
    }
    assert not compare(before, after).worse
    assert not [
        change
        for change in compare(before, after).changes
        if change.rule == "OUT001" and change.subject["level"] == "c"
    ]


def test_the_public_name_is_the_function_whatever_was_imported() -> None:
    assert callable(auditor.compare)


def test_fewer_people_short_is_not_better_where_there_are_fewer_people() -> None:
    """Half the rows, and the rate of women falls from 0.30 to 0.25: 200 favourable outcomes short, now 125."""
    before = auditor.check(
        rows_of({"f": (300, 1000), "m": (500, 1000)}), target="hired", groups="group", only="OUT001", no_models=True
    )
    after = auditor.check(
        rows_of({"f": (125, 500), "m": (250, 500)}), target="hired", groups="group", only="OUT001", no_models=True
    )
    compared = compare(before, after)
    moved = {shift.measure: shift for shift in compared.shifts if shift.rule == "OUT001"}
    short = moved["shortfall"]
    assert short.before and short.after and (short.before.value, short.after.value) == pytest.approx((200, 125))
    assert (short.direction, moved["impact_ratio"].direction) == (Direction.OTHER, Direction.WORSE)
    assert {of.direction for of in compare(after, after).shifts if of.measure == "shortfall"} <= {Direction.SAME}


def test_what_is_counted_in_full_has_no_interval_and_equal_numbers_did_not_move() -> None:
    """A share of 10 of 6,510 rows and one of 11: both are written 0.2%, which was "worse, moved beyond both"."""
    few, more = (Measure(n / 6510, n / 6510, n / 6510) for n in (10, 11))
    shift = Shift("QLT001", {}, "duplicate_share", few, more, beyond=True, direction=Direction.WORSE)
    rules = {code: rule.documentation for code, rule in all_rules().items()}
    levels = (Level.FIT, Level.FIT)
    compared = Comparison(("a", "b"), levels, (), (shift,), (), worse=False, documentation=rules)
    assert comparison.rows(compared) == []
    many = replace(shift, after=Measure(0.0304, 0.0304, 0.0304))
    assert [row[1:] for row in comparison.rows(replace(compared, shifts=(many,)))] == [("0.2%", "3.0%", "worse")]


def test_one_of_a_kind_is_written_as_one() -> None:
    change = Change("OUT006", {}, State.SHOWN, State.UNDETERMINED, "x")
    shift = Shift("OUT001", {"group": "sex"}, "impact_ratio", Measure(0.9), Measure(0.9), beyond=False)
    compared = Comparison(("a", "b"), (Level.FIT, Level.FIT), (change,), (shift,), (), worse=False)
    assert "1 changed otherwise, 0 unchanged" in comparison.summary(compared)
    assert comparison.unmoved_text(compared) == "1 other impact ratio did not move beyond its interval."
    assert "2 changed otherwise" in comparison.summary(replace(compared, changes=(change, change)))
