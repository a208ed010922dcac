"""What was stated is held against what is there: nothing misspelt, hidden or swallowed passes for clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.model import State
from tests.conftest import rows_of

EVEN = rows_of({"f": (900, 3000), "m": (900, 3000)}, group="gender")
GAP = rows_of({"x": (300, 1500), "y": (900, 1500)}, group="race")


def _check(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    return auditor.check(frame, **{"target": "hired", "groups": ["gender"], "no_models": True, **more})


def _use(**tables: Any) -> auditor.UseCase:
    return auditor.UseCase.model_validate(tables)


def test_a_level_without_a_name_is_missing_and_counted() -> None:
    frame = EVEN.copy()
    frame.loc[frame.index[::8], "gender"] = ""
    finding = next(_check(frame).findings("REP005"))
    assert finding.measures["missing_share"].value == pytest.approx(1 / 8)
    assert finding.state is State.SHOWN


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"groups": {"reference": {"gender": "mm"}}}, "the reference 'mm' is no level of 'gender'; did you mean 'm'?"),
        ({"groups": {"reference": {"sex": "m"}}}, "reference names 'sex', which is no group column"),
        ({"population": {"gender": {"f": 60, "m": 0.4}}}, "mixes shares and counts"),
        ({"rules": {"REP002": {"min_n": -5}}}, "cannot be negative"),
    ],
)
def test_what_is_misspelt_is_refused(tables: dict[str, Any], message: str) -> None:
    with pytest.raises((auditor.AuditError, ValueError), match=message.replace("?", r"\?")):
        _check(EVEN, use_case=_use(**tables))


def test_a_level_is_stated_in_any_spelling() -> None:
    """Spellings that differ in case alone are one level, in the data and in what is stated of them."""
    audit = _check(EVEN, reference={"gender": {"F": 0.5, "M ": 0.5}})
    assert {found.subject.get("level") for found in audit.findings("REP001")} >= {"f", "m"}
    assert audit.result("REP001").state is State.CLEAR


def test_a_band_is_stated_as_it_is_spelt() -> None:
    with pytest.raises(auditor.AuditError, match="names 'Under 3000', the data have 'under 3000'; spell it as"):
        _check(EVEN, groups=["score:3000"], reference={"score": {"Under 3000": 0.5, "3000 and over": 0.5}})


def test_a_population_of_one_group_leaves_the_other_open() -> None:
    frame = EVEN.assign(race=["x", "y"] * 3000)
    audit = _check(frame, groups=["gender", "race"], reference={"gender": {"f": 0.5, "m": 0.5}})
    assert audit.verdict.level == "cannot_tell"
    assert any("No population is stated for 'race'" in said for said in audit.verdict.to_settle)
    audit = _check(frame, reference={"gender": {"f": 0.5, "m": 0.5}, "faith": {"a": 1}})
    assert any("'faith', which is not a group column" in said for said in audit.verdict.to_settle)


def test_what_cannot_be_compared_in_one_column_does_not_hide_another() -> None:
    frame = GAP.assign(gender=["f"] * len(GAP))
    audit = _check(frame, groups=["gender", "race"], reference={"gender": {"woman": 1}, "race": {"x": 0.9, "y": 0.1}})
    assert audit.result("OUT001").state is State.SHOWN_STRONG
    assert audit.result("REP001").state is State.SHOWN_STRONG


def test_other_values_of_the_outcome_are_said_and_spellings_are_one() -> None:
    frame = EVEN.copy()
    frame.loc[frame.index[:50], "hired"] = "pending"
    assert any(
        note.startswith("Unfavourable values of") and "'pending' (50)" in note
        for note in _check(frame, positive="yes").dataset.notes
    )
    frame.loc[frame.index[:50], "hired"] = "Yes "
    for positive in ("yes", ["yes", "Yes "]):
        audit = _check(frame, positive=positive)
        assert audit.result("OUT001").state is State.CLEAR
        assert next(each for each in audit.dataset.reading if each.about == "spellings").warning


def test_a_stray_level_outside_the_population_does_not_block() -> None:
    frame = pd.concat([EVEN, pd.DataFrame({"gender": ["x"], "hired": ["no"], "score": [-1.0]})])
    use = _use(use={"decision": "automated"}, population={"gender": {"f": 0.5, "m": 0.5}})
    assert _check(frame, use_case=use, no_models=False).verdict.level in ("fit", "fit_with_conditions")


def test_a_handful_of_rows_shows_nothing() -> None:
    audit = _check(rows_of({"f": (0, 4), "m": (4, 5)}, group="gender"))
    assert audit.result("OUT001").state is State.UNDETERMINED


def test_markers_read_as_missing_are_said(tmp_path: Path) -> None:
    path = tmp_path / "na.csv"
    path.write_text("region,hired,a\n" + "NA,yes,NA\nEU,no,x\nUS,no,x\n" * 30, encoding="utf-8")
    notes = auditor.check(path, target="hired", groups=["region"]).dataset.notes
    assert "Read as missing: 'NA' (60 fields)." in notes


def test_power_is_stated_at_the_significance_that_is_left() -> None:
    """Five groups make ten pairs: the first of them is tested at 0.005."""
    from auditor.stats.proportions import detectable_ratio

    counts = {str(i): (60, 200) for i in range(5)}
    finding = next(_check(rows_of(counts, group="gender")).findings("OUT001"))
    expected = detectable_ratio(0.3, 200, 200, alpha=0.005)
    assert finding.measures["detectable_ratio"].value == pytest.approx(expected)


def test_the_cheaper_way_to_enough_rows_is_named() -> None:
    """190 against 200 rows: growing both to 407 or so, not one of them to a hundred thousand."""
    audit = _check(rows_of({"f": (80, 190), "m": (97, 200)}, group="gender"))
    settle = next(audit.findings("OUT001")).settle or ""
    more = [int(word.replace(",", "")) for word in settle.split() if word.replace(",", "").isdigit()]
    assert max(more) < 300


def test_the_reason_for_cannot_tell_is_what_is_open(tmp_path: Path) -> None:
    from auditor.reporter import answer

    frame = GAP.assign(gender=["f", "m"] * 1500)
    frame.loc[frame.index[::100], "gender"] = "rare"
    use = _use(
        use={"decision": "research"},
        population={"gender": {"f": 0.4, "m": 0.4, "rare": 0.2}, "race": {"x": 0.5, "y": 0.5}},
    )
    audit = _check(frame, groups=["race", "gender"], use_case=use)
    assert audit.verdict.level == "cannot_tell"
    assert "rare" in {reason.code: reason.text for reason in answer.reasons(audit)}["OUT001"]


@pytest.mark.parametrize("positive", [np.int64(1), np.array([1]), [np.int64(1)], 1.0, True])
def test_values_of_numpy_serve(positive: Any) -> None:
    frame = EVEN.assign(hired=(EVEN["hired"] == "yes").astype(int))
    assert _check(frame, positive=positive).result("OUT001").state is State.CLEAR


def test_a_series_serves_as_population() -> None:
    audit = _check(EVEN, reference={"gender": EVEN["gender"].value_counts()})
    assert audit.result("REP001").state is State.CLEAR


class TestCommandLine:
    def _run(self, *arguments: str) -> tuple[int, str]:
        run = CliRunner().invoke(main, list(arguments))
        return run.exit_code, run.stderr

    def test_a_report_never_replaces_the_data(self, tmp_path: Path) -> None:
        path = tmp_path / "d.json"
        EVEN.to_json(path, orient="records")
        before = path.read_bytes()
        code, said = self._run("check", str(path), "--report", str(tmp_path / "." / "d.json"))
        assert (code, path.read_bytes()) == (2, before)
        assert "would replace the data" in said

    def test_a_crash_is_no_verdict(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def crash(*args: object, **more: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("auditor.audit.check.check", crash)
        code, said = self._run("check", "x.csv")
        assert code == 70
        assert "please report it" in said

    @pytest.mark.parametrize("group", ["age:nan,25", "age:inf"])
    def test_bands_are_finite(self, tmp_path: Path, group: str) -> None:
        path = tmp_path / "d.csv"
        EVEN.assign(age=range(len(EVEN))).to_csv(path, index=False)
        code, said = self._run("check", str(path), "--group", group)
        assert code == 2
        assert "write numbers" in said

    def test_a_reference_that_says_a_level_twice(self, tmp_path: Path) -> None:
        data, people = tmp_path / "d.csv", tmp_path / "p.csv"
        EVEN.to_csv(data, index=False)
        people.write_text("group,level,share\ngender,f,0.5\ngender,f,0.3\ngender,m,0.7\n", encoding="utf-8")
        code, said = self._run("check", str(data), "--group", "gender", "--reference", str(people))
        assert code == 2
        assert "line 3: 'f' of 'gender' occurs twice" in said
