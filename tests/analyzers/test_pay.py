"""The rules about pay: the directive's table worked by hand, the line of 5%, and pay that no figure can use."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.errors import AuditError
from auditor.model import Audit, State
from sample_data.make_pay import CLAWED_BACK, GAP, NO_HOURS, WITHOUT_BASE, WITHOUT_GENDER, WITHOUT_VARIABLE
from tests.conftest import SAMPLES

COLUMNS = {"pay": "base", "variable": ["bonus"], "hours": "hours", "category": "job", "groups": "sex", "target": "none"}
# Basic pay, hours, variable pay: for an hour 10 + 0, 12 + 3, 20 + 0 (women); 10 + 2, 14 + 0, 20 + 5, 26 + 0 (men).
SEVEN = pd.DataFrame(
    [
        ("F", "A", 100, 10, 0), ("F", "A", 240, 20, 60), ("F", "B", 300, 15, 0),
        ("M", "A", 200, 20, 40), ("M", "A", 140, 10, 0), ("M", "B", 400, 20, 100), ("M", "B", 260, 10, 0),
    ],
    columns=["sex", "job", "base", "hours", "bonus"],
)  # fmt: skip


def _check(frame: pd.DataFrame, only: str | None = "PAY", **more: Any) -> Audit:
    return auditor.check(frame, only=only, **{**COLUMNS, **more})


def _rows(audit: Audit, point: str) -> list[dict[str, Any]]:
    return [dict(row) for row in audit.result("PAY001").table if row["point"] == point]


def _fractions(values: list[Any]) -> list[Any]:
    return [None if value is None else pytest.approx(float(value)) for value in values]


class TestTheDirectivesTable:
    """Article 9(1)(a) to (g) of seven people, every figure a fraction worked by hand."""

    audit = _check(SEVEN)

    @pytest.mark.parametrize(
        ("point", "key", "expected"),
        [
            ("(a)", "gap", [Fraction(17, 77)]),  # 15 of 77/4
            ("(b)", "gap", [Fraction(1, 7), Fraction(3, 7)]),  # 3 of 7/2; 1 of 7/4
            ("(c)", "gap", [Fraction(3, 13)]),  # 15 of 39/2
            ("(d)", "gap", [Fraction(1, 7), Fraction(1)]),  # 3 of 7/2; 0 of 1
            ("(e)", "share", [Fraction(1, 3)]),
            ("(e)", "reference_share", [Fraction(1, 2)]),
            ("(f)", "share", [Fraction(1, 2), Fraction(1, 2), Fraction(1), Fraction(0)]),
            ("(f)", "reference_share", [Fraction(1, 2), Fraction(1, 2), Fraction(0), Fraction(1)]),
            # A: 11 of 12, and 3 of 2; B: 20 of 23, and no woman receives variable pay.
            ("(g)", "gap", [Fraction(1, 12), Fraction(-1, 2), Fraction(3, 23), None]),
        ],
    )
    def test_figures_are_those_of_hand(self, point: str, key: str, expected: list[Any]) -> None:
        assert [row[key] for row in _rows(self.audit, point)] == _fractions(expected)

    def test_a_gap_that_nobody_could_have_states_why(self) -> None:
        assert _rows(self.audit, "(g)")[-1]["why"] == "only 'M' is in this figure"

    def test_categories_are_compared_by_all_pay(self) -> None:
        found = {row["category"]: row["gap"] for row in self.audit.result("PAY002").table}
        assert found == {"A": pytest.approx(1 / 26), "B": pytest.approx(11 / 51)}  # 25/2 of 13, 20 of 51/2

    def test_without_hours_pay_is_that_of_the_whole_period(self) -> None:
        audit = _check(SEVEN, hours=None)
        # Women have 100 + 300 + 300 of three, men 240 + 140 + 500 + 260 of four.
        assert _rows(audit, "(a)")[0]["gap"] == pytest.approx(1 - Fraction(700, 3) / Fraction(1140, 4))

    def test_without_variable_pay_its_figures_are_not_there(self) -> None:
        audit = _check(SEVEN, variable=None)
        assert {row["point"] for row in audit.result("PAY001").table} == {"(a)", "(c)", "(f)", "(g)"}

    def test_several_parts_of_variable_pay_are_added_up(self) -> None:
        frame = SEVEN.assign(one=SEVEN["bonus"] / 4, two=SEVEN["bonus"] * 3 / 4)
        assert _rows(_check(frame, variable=["one", "two"]), "(b)") == _rows(self.audit, "(b)")

    def test_the_reference_is_that_of_men_or_the_stated_one(self) -> None:
        few_men = pd.concat([SEVEN, SEVEN[SEVEN["sex"] == "F"], SEVEN[SEVEN["sex"] == "F"]])
        assert {row["reference"] for row in _check(few_men).result("PAY001").table} == {"M"}
        use = {"groups": {"reference": {"sex": "F"}}}
        assert _rows(_check(SEVEN, use_case=use), "(a)")[0]["gap"] == pytest.approx(1 - 77 / 60)


def _jobs(gap: float, seed: int = 5, size: int = 400, jobs: int = 3) -> pd.DataFrame:
    """People of some jobs with skewed pay, women paid less by a share in each of them."""
    rng = np.random.default_rng(seed)
    sex, job = rng.choice(["F", "M"], size * jobs), np.repeat([f"j{i}" for i in range(jobs)], size)
    pay = (20 + 10 * (job == "j1")) * (1 + 0.1 * rng.exponential(size=len(sex))) * np.where(sex == "F", 1 - gap, 1)
    frame = pd.DataFrame({"sex": sex, "job": job, "base": np.round(pay * 2_000), "hours": 40})
    return frame.assign(bonus=np.where(rng.random(len(sex)) < 0.5, 1_000, 0))


def test_rows_of_the_same_people_have_figures_and_no_interval() -> None:
    """Everybody in two months: the figures are those of one, and no interval or test takes a person for two."""
    once = _jobs(0.05).assign(person=lambda of: [f"p{i}" for i in range(len(of))])
    one, two = (_check(frame, id="person") for frame in (once, pd.concat([once, once])))
    assert [row["gap"] for row in _rows(two, "(a)")] == pytest.approx([row["gap"] for row in _rows(one, "(a)")])
    assert _rows(one, "(a)")[0]["low"] is not None
    bounds = [row.get("low") for row in two.result("PAY001").table]
    bounds += [of.low for finding in two.findings("PAY001") for of in finding.measures.values()]
    assert set(bounds) == {None}
    assert two.result("PAY002").state is State.NOT_RUN


class TestTheLine:
    def test_a_gap_of_nine_percent_is_found_in_every_job(self) -> None:
        result = _check(_jobs(0.09)).result("PAY002")
        assert [of.state for of in result.findings] == [State.SHOWN_STRONG] * 3
        assert all("reaches the line of 5.0%" in of.message for of in result.findings)

    def test_equal_pay_is_clear_only_where_the_whole_interval_is_below_the_line(self) -> None:
        assert {of.state for of in _check(_jobs(0.0)).findings("PAY002")} == {State.CLEAR}
        assert State.CLEAR not in {of.state for of in _check(_jobs(0.0, size=24)).findings("PAY002")}

    def test_the_line_is_about_the_figure_so_that_chance_never_makes_it_clear(self) -> None:
        """Of few people, half of the figures reach 5% by chance: none is found, none of these is clear."""
        seen = set()
        for seed in range(12):
            for of in _check(_jobs(0.0, seed, size=40)).findings("PAY002"):
                value = of.measures["pay_gap"].value
                if value is not None and abs(value) >= 0.05:
                    seen.add(of.state)
        assert seen <= {State.BORDERLINE, State.SHOWN} and State.BORDERLINE in seen

    def test_a_gap_at_the_cost_of_men_counts_as_well(self) -> None:
        found = _check(_jobs(-0.09)).findings("PAY002")
        assert all(of.state.found and "higher" in of.message for of in found)

    def test_fewer_than_ten_of_a_group_are_near_the_line_at_most(self) -> None:
        frame = _jobs(0.4, size=200, jobs=1)
        few = pd.concat([frame[frame["sex"] == "F"].head(9), frame[frame["sex"] == "M"]])
        (finding,) = _check(few).findings("PAY002")
        assert finding.state is State.BORDERLINE and "too small for a test" in finding.message

    def test_a_job_of_one_group_is_named_and_not_compared(self) -> None:
        frame = pd.concat(
            [_jobs(0.0), pd.DataFrame({"sex": ["F"] * 30, "job": "nurse", "base": 1.0, "hours": 1, "bonus": 0})]
        )
        last = list(_check(frame).findings("PAY002"))[-1]
        assert last.state is State.NOT_RUN and "'nurse'" in last.message


class TestUnusablePay:
    FAULTY = pd.DataFrame(
        [
            ("F", "A", None, 10, 0), ("F", "A", 0, 10, 0), ("M", "A", -1, 10, 0), ("M", "A", 100, None, 0),
            ("M", "A", 100, 0, 0), ("F", "A", 100, -2, 0), ("F", "A", 100, 10, None), ("F", "A", 100, 10, -5),
            (None, "A", 100, 10, 5), ("F", None, 100, 10, 5), ("M", "A", float("inf"), 10, 0),
        ],
        columns=list(SEVEN),
    )  # fmt: skip

    def test_every_fault_is_counted_once_and_left_out(self) -> None:
        audit = _check(pd.concat([SEVEN, self.FAULTY], ignore_index=True))
        first, *others = audit.findings("PAY003")
        assert first.measures["unusable"].value == 9 and first.measures["share"].value == pytest.approx(9 / 18)
        for words in (
            "basic pay is missing (1)", "basic pay is zero (1)", "basic pay is negative (1)", "hours are missing (1)",
            "hours are zero (1)", "hours are negative (1)", "variable pay is missing (1)",
            "variable pay is negative (1)", "an amount is not finite (1)",
        ):  # fmt: skip
            assert words in first.message
        assert first.state is State.SHOWN
        assert {(*of.subject.items(),): of.measures["unusable"].value for of in others} == {
            (("column", "job"),): 1, (("group", "sex"),): 1,
        }  # fmt: skip
        # Of the others one woman is usable, without a job: 11 an hour.
        assert _rows(audit, "(a)")[0]["n"] == 4 and _rows(audit, "(g)")[0]["n"] == 2

    def test_an_empty_cell_of_variable_pay_is_none_only_where_the_use_states_so(self) -> None:
        frame = SEVEN.assign(bonus=SEVEN["bonus"].where(SEVEN["bonus"] > 0))
        assert next(_check(frame).findings("PAY003")).measures["unusable"].value == 4
        stated = _check(frame, use_case={"pay": {"base": "base", "blank_variable": "none"}})
        assert next(stated.findings("PAY003")).measures["unusable"].value == 0
        assert stated.result("PAY001").table == _check(SEVEN).result("PAY001").table


class TestTheSample:
    audit = auditor.check(SAMPLES / "pay.csv", use_case=SAMPLES / "pay.use_case.toml", no_models=True)

    def test_the_planted_gap_is_found_in_every_grade_that_can_be_tested(self) -> None:
        """Within a grade women lose the planted share, and what their families and years cost them."""
        for of in self.audit.findings("PAY002"):
            if int(of.subject["category"]) <= 6:
                assert of.state.found
                assert (of.measures["base_pay_gap"].high or 0) > GAP

    def test_what_is_missing_is_what_was_taken_away(self) -> None:
        whole, group = self.audit.findings("PAY003")
        lost = WITHOUT_BASE + NO_HOURS + WITHOUT_VARIABLE + CLAWED_BACK
        assert (whole.measures["unusable"].value, group.measures["unusable"].value) == (lost, WITHOUT_GENDER)

    def test_the_verdict_asks_to_justify_or_remedy(self) -> None:
        assert self.audit.verdict.level == "fit_with_conditions" and "PAY002" in self.audit.verdict.because


def _texts(audit: Audit, folder: Path) -> dict[str, str]:
    found = {}
    for suffix in (".json", ".md", ".html", ".txt"):
        path = folder / f"pay{suffix}"
        audit.save(str(path))
        found[suffix] = path.read_text(encoding="utf-8")
    return found


class TestSmallGroups:
    def test_a_small_category_and_others_beside_it_are_shown_by_name_only(self, tmp_path: Path) -> None:
        frame = _jobs(0.09)
        few = frame[frame["job"] == "j0"]
        few = pd.concat([few[few["sex"] == "F"].head(3), few[few["sex"] == "M"].head(50)]).assign(job="few")
        audit = _check(pd.concat([frame, few]))
        saved = json.loads(_texts(audit, tmp_path)[".json"])
        tables = {result["rule"]: result["table"] for result in saved["results"]}
        basic = [row for row in tables["PAY001"] if row["figure"] == "Gap of mean basic pay"]
        hidden = {row["of"] for row in basic if row["n"] is None}
        assert "few" in hidden and 1 < len(hidden) < 4
        assert all(row["gap"] is row["low"] is None for row in tables["PAY001"] if row["of"] in hidden)
        assert not {row["category"] for row in tables["PAY002"]} & hidden
        findings = next(result["findings"] for result in saved["results"] if result["rule"] == "PAY002")
        for finding in findings:
            if finding["subject"]["category"] in hidden:
                assert not finding["measures"] and "%" not in finding["message"]
        assert next(of for of in findings if of["subject"]["category"] == "few")["state"] == "undetermined"

    def test_few_who_receive_variable_pay_hide_its_figures(self, tmp_path: Path) -> None:
        frame = _jobs(0.0)
        women = frame.index[frame["sex"] == "F"]
        frame.loc[women, "bonus"] = 0
        frame.loc[women[:3], "bonus"] = 900
        saved = json.loads(_texts(_check(frame), tmp_path)[".json"])
        table = next(result["table"] for result in saved["results"] if result["rule"] == "PAY001")
        assert all(row["n"] is None for row in table if row["point"] in ("(b)", "(d)", "(e)"))
        assert all(row["n"] for row in table if row["point"] in ("(a)", "(c)"))

    def test_a_quarter_with_few_women_is_hidden_with_another(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"sex": ["F"] * 60 + ["M"] * 140, "job": "A", "base": np.arange(200) + 100.0, "hours": 1})
        frame.loc[frame.index[:2], "base"] = 900.0  # two women among the best paid
        saved = json.loads(_texts(_check(frame.assign(bonus=0)), tmp_path)[".json"])
        table = next(result["table"] for result in saved["results"] if result["rule"] == "PAY001")
        quarters = [row["share"] for row in table if row["point"] == "(f)"]
        assert quarters[3] is None and sum(share is None for share in quarters) >= 2

    def test_three_people_of_a_third_group_are_in_no_figure_and_hide_none_of_the_others(self, tmp_path: Path) -> None:
        """The numbers of women and men less the total would be theirs, so these are left out, and the gaps stay."""
        frame = _jobs(0.09)
        audit = _check(pd.concat([frame, frame.head(3).assign(sex="X")], ignore_index=True))
        saved = json.loads(_texts(audit, tmp_path)[".json"])
        tables = {result["rule"]: result["table"] for result in saved["results"]}
        of_x = [row for row in tables["PAY001"] if row["level"] == "X"]
        assert of_x and all(row.get("gap") is None and row.get("share") is None for row in of_x)
        women = [row for row in tables["PAY001"] if row["level"] == "F"]
        assert all(row["n"] is row["reference_n"] is None for row in women)
        alone = {row["of"]: row for row in _check(frame).result("PAY001").table if row["point"] == "(f)"}
        for row in women:
            if row["point"] == "(f)":
                assert row["share"] == pytest.approx(alone[row["of"]]["share"])
                assert row["share"] + row["reference_share"] == pytest.approx(1)
        assert [row["gap"] for row in women if row["point"] == "(a)"] != [None]
        rows = [row for row in tables["PAY002"] if row["level"] == "F"]
        assert len(rows) == 3 and all(row["gap"] is not None and row["n"] is None for row in rows)
        assert not [row for row in tables["PAY002"] if row["level"] == "X"]

    def test_the_published_table_is_in_every_format(self, tmp_path: Path) -> None:
        texts = _texts(_check(_jobs(0.09)), tmp_path)
        for text in (texts[".md"], texts[".html"]):
            assert "Gap of mean variable pay" in text and "Article 9(1) of Directive (EU) 2023/970" in text
            assert "not justified it by objective, gender-neutral criteria" in text
        lines = " ".join(texts[".txt"].split())  # too wide for a terminal: a line for each figure, no number cut off
        assert "(g) · Gap of mean basic pay · j2: Workers of the group" in lines and "…" not in lines.split("PAY001")[1]


class TestWhereItDoesNotRun:
    def test_audits_without_pay_do_not_list_it(self) -> None:
        audit = auditor.check(_jobs(0.0)[["sex", "job", "base"]], target="base", groups="sex", no_models=True)
        assert not [result for result in audit.results if result.rule.startswith("PAY")]

    def test_a_request_or_a_policy_that_names_it_is_told_why(self) -> None:
        frame = _jobs(0.0)[["sex", "base"]]
        asked = auditor.check(frame, target="base", groups="sex", only="PAY")
        assert "no column of basic pay is named" in str(asked.result("PAY001").reason)
        wanted = auditor.check(frame, target="base", groups="sex", policy="eu-pay-2023-970", no_models=True)
        assert wanted.verdict.level == "cannot_tell" and "PAY001" in wanted.verdict.because

    def test_tallies_cannot_give_medians(self, tmp_path: Path) -> None:
        auditor.tally(_jobs(0.0), tmp_path / "a.tally", use_case={"pay": {"base": "base"}}, target="none", groups="sex")
        audit = auditor.check([tmp_path / "a.tally"], use_case={"pay": {"base": "base"}}, only="PAY")
        assert "medians and quarters of pay cannot be computed from tallies" in str(audit.result("PAY001").reason)

    def test_weights_are_not_supported_and_people_who_recur_not_compared(self) -> None:
        frame = _jobs(0.09)
        weighted = _check(frame.assign(w=1.5), weight="w")
        assert "survey weights" in str(weighted.result("PAY002").reason)
        again = _check(pd.concat([frame.assign(who=range(len(frame)))] * 2), id="who")
        assert again.result("PAY002").state is State.NOT_RUN
        assert all(row.get("low") is None for row in again.result("PAY001").table)

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"pay": "job", "category": None}, "pay 'job' is not a number"),
            ({"pay": "wage"}, "wage"),
            ({"pay": None}, "basic pay is not named"),
            ({"category": "sex"}, "cannot be both group and category"),
            ({"category": "hours"}, "column 'hours' is named twice for pay"),
            ({"hours": "base"}, "column 'base' is named twice for pay"),
        ],
    )
    def test_wrong_columns_are_refused_in_a_line(self, asked: dict[str, Any], words: str) -> None:
        with pytest.raises(AuditError, match=words) as refused:
            _check(SEVEN, **asked)
        assert "\n" not in str(refused.value)
