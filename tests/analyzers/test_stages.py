"""STG001: a gap at a stage of a process."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

import auditor
from auditor.counts.funnel import became
from auditor.errors import AuditError
from auditor.model import Audit, Result, State
from auditor.reporter import renderer
from auditor.reporter.showing import shown
from auditor.stats.counts import Pair
from auditor.stats.products import product
from sample_data import make_recruiting as truth
from tests.analyzers.funnels import drawn, stage_states
from tests.conftest import SAMPLES

STAGES = ("screened", "interviewed", "hired")
# 1,000 of each group; a: 400, 100 and 40 are left, b: 500, 200 and 100. The ratios are 4/5, 5/8 and 4/5; whole: 2/5.
LEFT = {"a": (1000, 400, 100, 40), "b": (1000, 500, 200, 100)}


def _frame(left: Mapping[str, tuple[int, ...]], stages: tuple[str, ...] = STAGES) -> pd.DataFrame:
    """Return people of whom so many are left after each stage."""
    rows = []
    for group, (entered, *after) in left.items():
        place = np.arange(entered)
        rows.append(pd.DataFrame({"group": group} | {stage: place < n for stage, n in zip(stages, after, strict=True)}))
    return pd.concat(rows, ignore_index=True).replace({True: "yes", False: "no"})


def _audit(frame: Any, **options: Any) -> Audit:
    options = {"groups": "group", "stages": STAGES, "only": "STG001", "min_report_cell": 0, **options}
    return auditor.check(frame, **options)


def _result(frame: Any, **options: Any) -> Result:
    return _audit(frame, **options).result("STG001")


def _of(result: Result, stage: str) -> Any:
    (finding,) = [of for of in result.findings if of.subject.get("stage") == stage]
    return finding


def test_the_ratios_of_a_funnel_multiply_to_that_of_the_whole() -> None:
    """Without withdrawals Greenwood's variance of the whole is Katz's, so that statsmodels has its interval."""
    result = _result(_frame(LEFT))
    ratios = [_of(result, stage).measures["impact_ratio"].value for stage in STAGES]
    assert ratios == pytest.approx([4 / 5, 5 / 8, 4 / 5])
    whole = _of(result, "interviewed").measures["process_ratio"]
    low, high = confint_proportions_2indep(40, 1000, 100, 1000, method="log", compare="ratio")
    assert (whole.value, whole.low, whole.high) == pytest.approx((math.prod(ratios), low, high))
    parts = [_of(result, stage).measures["part_of_gap"].value for stage in STAGES]
    assert parts == pytest.approx([math.log(ratio) / math.log(0.4) for ratio in ratios]) and sum(parts) == 1
    assert "51.3%" in _of(result, "interviewed").message and "more than any other" in _of(result, "interviewed").message
    (process, *_) = [row for row in result.table if row.get("kind") == "process" and row["level"] == "a"]
    assert (process["selection_rate"], process["impact_ratio"]) == pytest.approx((0.04, 0.4))


@pytest.mark.parametrize("after", [(20, 10, 0), (20, 0, 0)])
def test_a_group_of_which_nobody_is_left_is_compared_over_the_whole(after: tuple[int, ...]) -> None:
    """None of 20 and 5 of 20: the interval that statsmodels has for such rates ends at 0.704847."""
    result = _result(_frame({"a": after, "b": (20, 10, 5)}, STAGES[:2]), stages=STAGES[:2])
    (row,) = [row for row in result.table if row["stage"] == "(whole process)" and row["level"] == "a"]
    assert (row["selection_rate"], row["impact_ratio"], row["ratio_low"]) == (0, 0, 0)
    assert row["ratio_high"] == pytest.approx(0.704847, abs=1e-6)
    (late,) = [of for of in result.findings if of.subject["stage"] == "interviewed"]
    assert (late.state is State.NOT_RUN) is not bool(after[1]) and ("only one group" in late.message) is not bool(
        after[1]
    )
    three = _result(_frame({"a": after, "b": (20, 10, 5), "c": (20, 10, 5)}, STAGES[:2]), stages=STAGES[:2])
    nobody = [of.message for of in three.findings if of.state is State.NOT_RUN]
    said = "Nobody of 'a' (group) came to a decision at stage 'interviewed', so there is nothing to compare."
    assert nobody == ([] if after[1] else [said])


def test_p_values_are_holms_over_all_stages() -> None:
    result = _result(_frame(LEFT))
    raw = [
        proportions_ztest([LEFT[of][i + 1] for of in "ab"], [LEFT[of][i] for of in "ab"])[1] for i in range(len(STAGES))
    ]
    adjusted = multipletests(raw, method="holm")[1]
    assert [_of(result, stage).measures["p_adjusted"].value for stage in STAGES] == pytest.approx([*adjusted])


def _part(logs: np.ndarray, i: int) -> float:
    return float(logs[i] / logs.sum())


def test_parts_have_the_errors_of_the_delta_method() -> None:
    pairs = [Pair(400, 1000, 500, 1000), Pair(100, 400, 200, 500, 1.5, 2.0), Pair(40, 100, 100, 200)]
    logs = np.log([pair.ratio for pair in pairs])
    variances = [
        (1 - p.rate) / (p.x / p.effect) + (1 - p.rate_ref) / (p.x_ref / p.effect_ref) for p in pairs
    ]  # of the logarithm of a rate: (1 - p) / (n p)
    for i, part in enumerate(product(pairs).parts):
        assert part is not None
        gradient = approx_fprime(logs, partial(_part, i=i), 1e-7)
        error = math.sqrt(float((gradient**2 * variances).sum()))
        assert part[0] == pytest.approx(logs[i] / logs.sum())
        assert (part[1].high - part[1].low) / 2 == pytest.approx(1.959964 * error, rel=1e-4)


def test_a_gap_that_may_not_be_there_is_not_shared_out() -> None:
    even = product([Pair(40, 100, 42, 100), Pair(20, 40, 21, 42)])
    assert even.interval.low < 1 < even.interval.high and even.parts == (None, None)
    nobody = product([Pair(0, 100, 42, 100), Pair(1, 2, 21, 42)])
    assert (nobody.ratio, nobody.parts) == (0, (None, None))


def test_the_sample_has_its_gaps_where_they_were_planted() -> None:
    audit = auditor.check(
        SAMPLES / "recruiting.csv", use_case=SAMPLES / "recruiting.use_case.toml", only=["OUT001", "STG001"]
    )
    found = {
        (of.subject["stage"], of.subject["group"]): of.subject["level"]
        for of in audit.result("STG001").findings
        if of.state.found
    }
    assert found == truth.PLANTED
    assert not [of for of in audit.result("STG001").findings if of.state is State.UNDETERMINED]
    text = " ".join(of.text for of in audit.dataset.reading)
    assert (
        "under 5 rows passed a stage after one that they did not pass" in text and "8 rows ('interviewed': 8)" in text
    )
    assert "95 rows ('interviewed': 31, 'offered': 28, 'hired': 36)" in text
    whole = next(iter(of for of in audit.result("OUT001").findings if of.subject["group"] == "gender"))
    assert whole.measures["impact_ratio"].value == pytest.approx(0.53, abs=0.005)  # those who withdrew have no outcome


def test_who_withdrew_is_in_no_rate_from_there_on() -> None:
    """Of 100 a 40 are screened, 10 of these withdraw: 15 of 30 are interviewed, 5 of 15 hired, by hand."""
    paths = {"no,no,no": 60, "yes,withdrawn,": 10, "yes,no,no": 15, "yes,yes,no": 10, "yes,yes,yes": 5}
    rows = [path.split(",") for path, n in paths.items() for _ in range(n)]
    frame = pd.concat([pd.DataFrame(rows, columns=[*STAGES]).assign(group=of) for of in "ab"])
    result = _result(frame, withdrawn="Withdrawn")
    (row,) = [row for row in result.table if row["stage"] == "interviewed" and row["level"] == "a"]
    assert [row[key] for key in ("entered", "n", "selected", "withdrawn", "unknown")] == [40, 30, 15, 10, 0]
    (row,) = [row for row in result.table if row["stage"] == "hired" and row["level"] == "a"]
    assert [row[key] for key in ("entered", "n", "selected")] == [15, 15, 5]
    by_column = frame.assign(left=(frame["interviewed"] == "withdrawn").map({True: "yes", False: "no"}))
    by_column["interviewed"] = by_column["interviewed"].replace("withdrawn", "no")
    assert _result(by_column, withdrawn="left").table == result.table


def test_who_was_refused_before_has_no_favourable_outcome_though_the_entry_is_blank() -> None:
    """Of 300 each 30 and 80 are hired, a ratio of 3/8; who was refused has no further entry, as in many exports."""
    frame = _frame({"a": (300, 90, 60, 30), "b": (300, 240, 160, 80)})
    full = _audit(frame, target="hired", only=("STG001", "OUT001"))
    frame.loc[frame["screened"] == "no", "interviewed"] = None
    frame.loc[frame["interviewed"] != "yes", "hired"] = None
    audit = _audit(frame, target="hired", only=("STG001", "OUT001"))
    (finding,) = audit.result("OUT001").findings
    ratio = finding.measures["impact_ratio"]
    assert ratio.value == pytest.approx(3 / 8) and ratio.n == 600 and finding.state.found
    assert finding.message == full.result("OUT001").findings[0].message
    assert audit.result("STG001").table == full.result("STG001").table
    assert "without an entry there: 380 rows" in " ".join(of.text for of in audit.dataset.reading)


def test_who_withdrew_before_has_no_outcome_though_the_entry_says_no() -> None:
    """Of 100 in a 20 withdraw from the interview: 20 of 80 are hired, and of b 25 of 100, by hand."""
    rows = [("a", "left", "no")] * 20 + [("a", "yes", "yes")] * 20 + [("a", "no", "no")] * 60
    rows += [("b", "yes", "yes")] * 25 + [("b", "no", "no")] * 75
    frame = pd.DataFrame(rows, columns=["group", "interviewed", "hired"])
    options = {"target": "hired", "stages": ("interviewed", "hired"), "only": ("OUT001", "STG001")}
    (finding,) = _audit(frame, withdrawn="left", **options).result("OUT001").findings
    assert finding.measures["selection_rate"].value == pytest.approx(20 / 80)
    assert finding.measures["impact_ratio"].value == pytest.approx(1)


def test_every_spelling_of_yes_passes_a_stage_whatever_the_outcome_s_own_is() -> None:
    """Of 400 and 500 who were screened, in six spellings; 'no' is the favourable outcome of the last column."""
    frame = _frame(LEFT)
    frame["refused"] = frame["hired"].map({"yes": "no", "no": "yes"})
    spelt = {"yes": ["yes", "Yes ", "1", "1.0", "true", "Y"], "no": ["no", "No ", "0", "0.0", "false", "N"]}
    frame["screened"] = [spelt[value][i % 6] for i, value in enumerate(frame["screened"])]
    for target, positive, mark in (
        ("hired", "yes", "yes"),
        ("hired", "1", {"yes": "1", "no": "0"}),
        ("refused", "no", "yes"),
    ):
        given = frame.assign(hired=frame["hired"].map(mark)) if isinstance(mark, dict) else frame
        stages = ("screened", "interviewed", target)
        audit = _audit(given, target=target, positive=positive, stages=stages)
        (a,) = [row for row in audit.result("STG001").table if row["stage"] == "screened" and row["level"] == "a"]
        assert (a["n"], a["selected"], a["unknown"]) == (1000, 400, 0)
        assert audit.result("STG001").table[1]["impact_ratio"] == pytest.approx(2 / 5)
        assert "count as not passed" not in " ".join(of.text for of in audit.dataset.reading)


def test_values_that_no_row_has_are_mentioned() -> None:
    frame = _frame(LEFT)
    frame.loc[frame.index[:9], "interviewed"] = "withdrawn"
    notes = {of.text for of in _audit(frame, withdrawn="withdrwn").dataset.reading if of.warning}
    assert any("'withdrwn' occurs in no column of stages" in of and "did you mean 'withdrawn'?" in of for of in notes)
    came = (frame[[*STAGES]] == "yes").sum(axis=1).map(dict(enumerate(("applied", *STAGES))))
    order = ["applied", "screened", "telephoned", "interviewed", "hired"]
    audit = _audit(frame[["group"]].assign(reached=came), stages=None, stage="reached", stage_order=order)
    assert "No row of 'reached' has 'telephoned'" in " ".join(of.text for of in audit.dataset.reading if of.warning)


def test_a_group_that_withdraws_more_often_leaves_nothing_clear() -> None:
    """Of 1,000 each 300 of a withdraw and 30 of b; of the others half pass. At worst a passes at .35, b at .515."""
    rows = {"a": (350, 350, 300), "b": (485, 485, 30)}
    frame = pd.DataFrame(
        [
            (of, value)
            for of, n in rows.items()
            for value, k in zip(("yes", "no", "left"), n, strict=True)
            for _ in range(k)
        ],
        columns=["group", "hired"],
    )
    finding = _of(_result(frame, stages="hired", withdrawn="left"), "hired")
    assert finding.measures["impact_ratio"].value == pytest.approx(1)
    assert finding.state is State.UNDETERMINED and "'a' withdrew significantly more often" in finding.message
    assert finding.measures["impact_ratio_bounds"].low == pytest.approx(0.35 / 0.515)
    few = frame[
        (frame["hired"] != "left") | (frame["group"] == "a") | (frame.groupby(["group", "hired"]).cumcount() < 2)
    ]
    shown, hidden = (
        _of(_result(few, stages="hired", withdrawn="left", min_report_cell=least), "hired").message for least in (0, 5)
    )
    assert "30.0% against 0.2%, p" in shown and "against 0.2%" not in hidden and "more often" in hidden
    alike = frame[(frame["hired"] != "left") | (frame.groupby(["group", "hired"]).cumcount() < 30)]
    assert _of(_result(alike, stages="hired", withdrawn="left"), "hired").state is State.CLEAR


def test_an_ordered_column_says_the_same_as_columns_of_yes_and_no() -> None:
    frame = _frame(LEFT)
    came = (frame[[*STAGES]] == "yes").sum(axis=1).map(dict(enumerate(("applied", *STAGES))))
    ordered = frame[["group"]].assign(reached=came)
    order = ["applied", *STAGES]
    options = {"stages": None, "stage": "reached", "stage_order": order}
    assert _result(ordered, **options).table == _result(frame).table
    with_others = pd.concat([ordered, pd.DataFrame({"group": ["a"] * 7, "reached": ["on hold"] * 7})])
    audit = _audit(with_others, **options)
    (row,) = [row for row in audit.result("STG001").table if row["stage"] == "screened" and row["level"] == "a"]
    assert (row["entered"], row["unknown"]) == (1007, 7)
    assert "'on hold'" in " ".join(of.text for of in audit.dataset.reading if of.warning)


def test_the_order_of_stages_may_be_spelt_otherwise_than_the_data() -> None:
    frame = _frame(LEFT)
    came = (frame[[*STAGES]] == "yes").sum(axis=1)
    options: dict[str, Any] = {"stages": None, "stage": "reached", "target": "reached", "only": ("STG001", "OUT001")}
    by_number = _audit(frame[["group"]].assign(reached=came), stage_order=["0", "1.0", "2", "3.0"], **options)
    words = came.map(dict(enumerate(("Applied", "screened ", "INTERVIEWED", "Hired"))))
    by_word = _audit(
        frame[["group"]].assign(reached=words), stage_order=["applied", "screened", "interviewed", "hired"], **options
    )
    expected = [row["impact_ratio"] for row in _result(frame).table]
    for audit in (by_number, by_word):
        assert [row["impact_ratio"] for row in audit.result("STG001").table] == expected
        (finding,) = audit.result("OUT001").findings
        assert finding.measures["impact_ratio"].value == pytest.approx(2 / 5)
        assert not [of.text for of in audit.dataset.reading if of.warning and "stage" in of.text]


def test_an_ordered_column_may_have_withdrawals() -> None:
    """By a value they are known at the first stage only; by a column, at the stage that was next."""
    frame = pd.DataFrame({"reached": ["applied"] * 4 + ["screened"] * 3 + ["hired"] * 3 + ["left"] * 2}).assign(key=1)
    frame = frame.merge(pd.DataFrame({"key": 1, "group": ["a", "b"]}))
    options = {"stages": None, "stage": "reached", "stage_order": ["applied", "screened", "hired"]}
    table = _result(frame, withdrawn="left", **options).table
    (row,) = [row for row in table if row["stage"] == "screened" and row["level"] == "a"]
    assert [row[key] for key in ("entered", "n", "selected", "withdrawn")] == [12, 10, 6, 2]
    frame["quit"] = np.where(frame["reached"] == "left", "yes", "no")
    frame["reached"] = frame["reached"].replace("left", "screened")
    table = _result(frame, withdrawn="quit", **options).table
    (row,) = [row for row in table if row["stage"] == "hired" and row["level"] == "a"]
    assert [row[key] for key in ("entered", "n", "selected", "withdrawn")] == [8, 6, 3, 2]


def test_a_number_that_is_cut_is_no_stage() -> None:
    frame = _frame(LEFT).assign(score=np.linspace(0, 1, 2000))
    with pytest.raises(AuditError, match="which value of stage 'score'"):
        _audit(frame, stages=("screened", "score"), positive="> 0.5")


def test_a_small_late_stage_is_inconclusive() -> None:
    """At the last stage 4 of 9 and 10 of 12 pass: a ratio of 0.53, and p is 0.16 by Fisher's test."""
    result = _result(_frame({"a": (1000, 500, 9, 4), "b": (1000, 500, 12, 10)}))
    assert _of(result, "hired").state is State.UNDETERMINED
    assert _of(result, "screened").state is State.CLEAR


def test_missing_entries_that_could_hide_a_gap_are_inconclusive() -> None:
    frame = _frame({"a": (2000, 1000, 500, 250), "b": (2000, 1000, 500, 250)})
    assert _of(_result(frame), "interviewed").state is State.CLEAR
    lost = (frame["group"] == "a") & (frame["screened"] == "yes") & (frame.groupby("group").cumcount() % 4 == 0)
    frame.loc[lost, ["interviewed", "hired"]] = None
    finding = _of(_result(frame), "interviewed")
    assert finding.state is State.UNDETERMINED and "Inconclusive" in finding.message


def test_people_who_recur_count_once() -> None:
    """Each person is there four times: the intervals are those of a quarter of the rows."""
    few = _frame({of: tuple(n // 4 for n in left) for of, left in LEFT.items()})
    few["person"] = [f"p{i}" for i in range(len(few))]
    own = _of(_result(few, id="person"), "interviewed").measures["impact_ratio"]
    many = _of(_result(pd.concat([few] * 4), id="person"), "interviewed").measures["impact_ratio"]
    assert (many.low, many.high) == pytest.approx((own.low, own.high), rel=0.02)
    rows = _of(_result(pd.concat([few] * 4).drop(columns="person").assign(x=range(2000))), "interviewed")
    assert rows.measures["impact_ratio"].high < many.high


def test_weighted_rows_count_as_their_weights() -> None:
    frame = _frame(LEFT).assign(w=1.0)
    frame.loc[(frame["group"] == "a") & (frame["interviewed"] == "yes"), "w"] = 2.0
    ratio = _of(_result(frame, weight="w"), "interviewed").measures["impact_ratio"].value
    assert ratio == pytest.approx((200 / (200 + 300)) / (200 / 500))


def test_tallies_of_parts_add_up(tmp_path: Path) -> None:
    frame = _frame(LEFT).sample(frac=1, random_state=1)
    for i in range(2):
        auditor.tally(frame[i::2], tmp_path / f"{i}.tally", groups="group", stages=STAGES)
    both = _result([tmp_path / f"{i}.tally" for i in range(2)], groups=None, stages=None)
    whole = _result(frame)
    assert [(of.subject, of.state, of.measures) for of in both.findings] == [
        (of.subject, of.state, of.measures) for of in whole.findings
    ]
    auditor.tally(frame, tmp_path / "least.tally", groups="group", stages=STAGES, min_cell=10)
    least = _result([tmp_path / "least.tally"], groups=None, stages=None)
    assert [of.measures["impact_ratio"].value for of in least.findings] == pytest.approx([4 / 5, 5 / 8, 4 / 5])
    few = _frame({"a": (1000, 400, 100, 95), "b": LEFT["b"]})  # 5 are refused at the last stage
    auditor.tally(few, tmp_path / "small.tally", groups="group", stages=STAGES, min_cell=10)
    small = _result([tmp_path / "small.tally"], groups=None, stages=None)
    assert small.state is State.NOT_RUN and "suppressed" in str(small.reason)
    with pytest.raises(AuditError, match="stages"):
        _result([tmp_path / "0.tally"], groups=None, stages=("interviewed", "hired"))


def test_small_numbers_of_a_stage_are_not_shown() -> None:
    """2 of 42 a are refused at the last stage: neither they, nor a number from which they follow, is in a report."""
    audit = _audit(_frame({"a": (500, 250, 42, 40), "b": (500, 250, 60, 40)}), min_report_cell=5)
    kept = shown(audit).result("STG001")
    assert {row["stage"] for row in kept.table} == {"(whole process)", "screened"}
    assert {of.subject["stage"] for of in kept.findings if of.measures} == {"screened"}


@pytest.mark.parametrize("form", [".html", ".md", ".txt", ".json", ".csv"])
def test_every_format_has_the_stages(form: str) -> None:
    text = renderer(form)(_audit(_frame(LEFT)))
    assert "interviewed" in (text if isinstance(text, str) else text.decode("utf-8", "ignore"))


def test_an_audit_without_stages_does_not_list_the_rule() -> None:
    frame = _frame(LEFT)
    audit = auditor.check(frame, target="hired", groups="group", no_models=True)
    assert "STG001" not in {result.rule for result in audit.results}
    asked = auditor.check(frame, target="hired", groups="group", only="STG001").result("STG001")
    assert asked.state is State.NOT_RUN and str(asked.reason).startswith("no stages are stated")


def test_stages_are_no_features() -> None:
    audit = auditor.check(_frame(LEFT).assign(x=range(2000)), stages=STAGES, groups="group", no_models=True)
    roles = {column.name: column.role for column in audit.dataset.columns}
    assert roles == {"group": "group", "screened": "stage", "interviewed": "stage", "hired": "target", "x": "ignored"}


def test_new_york_gets_a_table_for_each_stage() -> None:
    """By hand: of 400 and 500 who were screened 100 and 200 moved on, a ratio of .25 / .4; no test, no interval."""
    audit = _audit(_frame(LEFT), only="POL001", policy="nyc-ll144")
    rows = {(of.get("stage"), of["level"]): of for of in audit.result("POL001").table}
    assert [*dict.fromkeys(stage for stage, _ in rows)] == [None, *STAGES]
    one = rows["interviewed", "a"]
    assert (one["n"], one["selected"], one["selection_rate"], one["impact_ratio"]) == (400, 100, 0.25, 0.625)
    assert rows[None, "a"]["impact_ratio"] == pytest.approx(0.4)  # of all who applied
    text = renderer(".md")(audit)
    assert isinstance(text, str) and "**group, stage 'interviewed'**" in text and "| a | 400 | 100 | 25.0% |" in text


def test_names_of_stages_cannot_drive_a_report() -> None:
    evil = "<b>x</b>|*y*"
    audit = _audit(_frame(LEFT).rename(columns={"interviewed": evil}), stages=("screened", evil, "hired"))
    page, text = (renderer(form)(audit) for form in (".html", ".md"))
    assert isinstance(page, str) and "<b>x</b>" not in page
    assert isinstance(text, str) and "<b>x" not in text and "|*y*" not in text


def test_a_stage_cannot_be_dropped() -> None:
    with pytest.raises(AuditError, match="'interviewed' cannot be dropped: gaps are compared at it"):
        _audit(_frame(LEFT), drop="interviewed")


def test_two_audits_are_compared_stage_by_stage() -> None:
    before = _audit(_frame(LEFT))
    after = _audit(_frame({**LEFT, "a": (1000, 400, 160, 64)}))
    compared = auditor.compare(before, after)
    changed = {of.subject["stage"]: (str(of.before), str(of.after)) for of in compared.changes if of.rule == "STG001"}
    assert changed["interviewed"][0].startswith("shown") and changed["interviewed"][1] == "clear"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stages": ("screened", "nothing")}, "nothing"),
        ({"stages": ("screened", "screened")}, "named twice"),
        ({"stage": "screened"}, "not both"),
        ({"stages": None, "stage": "screened"}, "in which order"),
        ({"stages": None, "stage": "screened", "stage_order": ["applied", "seen"]}, "no value of 'screened'"),
        ({"stages": None, "stage_order": ["applied", "seen"]}, "no column of stages"),
        ({"stages": None, "withdrawn": "left"}, "no stages"),
        ({"stages": ("odd", "hired")}, "which value of stage 'odd' means"),
        ({"stages": ("group", "hired")}, "both"),
        ({"stages": ("rejected", "hired")}, "named after a refusal"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_line(options: dict[str, Any], said: str) -> None:
    frame = _frame(LEFT).assign(odd=np.resize(["red", "blue", "green"], 2000))
    frame["rejected"] = np.where(frame["screened"] == "yes", "no", "yes")
    with pytest.raises(AuditError, match=said) as error:
        _audit(frame, **{"target": "hired", **options})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("111", ("passed", "passed", "passed")),
        ("10-", ("passed", "refused", None)),
        ("1w0", ("passed", "withdrawn", None)),
        ("101", ("passed", "contradicted", None)),
        ("-11", ("contradicted", None, None)),
        ("1--", ("passed", "unknown", None)),
    ],
)
def test_a_row_is_followed_up_to_the_first_stage_that_it_did_not_pass(path: str, fields: tuple[str | None]) -> None:
    assert tuple(became(path, stage) for stage in range(3)) == fields


def test_equal_processes_show_nothing_and_a_planted_stage_is_found() -> None:
    """Of 60 funnels without a gap at most 5% may show one: more than 8 has a chance of under 1% (binomial)."""
    rng = np.random.default_rng(20261129)
    null = found = elsewhere = 0
    for i in range(120):
        planted = i % 2
        rates = {"a": (0.5, 0.5 * (0.55 if planted else 1), 0.6), "b": (0.5, 0.5, 0.6)}
        states = stage_states(drawn(rng, {"a": 400, "b": 600}, rates), STAGES)
        of = {stage for stage, state in states.items() if state.found}
        null += bool(of) and not planted
        found += planted and "interviewed" in of
        elsewhere += planted and bool(of - {"interviewed"})
    assert null <= 8 and elsewhere <= 8
    assert found >= 48
