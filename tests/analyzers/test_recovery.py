"""PRX002, PRX003, TXT003, TXT004: the hiring sample's planted stand-ins, Adult, leaks, and the innocent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

import auditor
from auditor.audit.redact import suggestions
from auditor.demo.hiring import PLANTED_COLUMNS, SUBTLE_COLUMNS, SUBTLE_TERMS
from auditor.model import State
from tests.analyzers.samples import adult, on_adult, ordinary
from tests.conftest import SAMPLES
from tests.golden import kept

RECOVERED, REMAINING = "PRX002", "PRX003"
MARKS, REVEALS, REMAINING_TERMS = "TXT001", "TXT003", "TXT004"
pytestmark = on_adult


def test_the_subtle_stand_ins_are_found_when_the_plain_ones_are_gone() -> None:
    """The names of colleges and clubs stand in the text too: its capitals and length tell a little until they go."""
    table = {row["k"]: row for row in kept("hiring").result(REMAINING).table}
    assert set(table[2]["gone"]) == set(PLANTED_COLUMNS)
    assert set(table[2]["left"][:2]) == set(SUBTLE_COLUMNS)
    assert table[2]["low"] > 0.556
    assert set(table[5]["gone"]) >= {*PLANTED_COLUMNS, *SUBTLE_COLUMNS}
    assert table[5]["low"] < 0.5 < table[5]["high"]
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates("applicant_id")
    capitals = frame["resume_text"].str.count("[A-Z]") / frame["resume_text"].str.len()
    women, men = (capitals[frame["gender"] == level] for level in ("female", "male"))
    assert mannwhitneyu(women, men).pvalue < 0.05
    assert table[5]["left"][0] == "resume_text: share of capitals"
    assert table[5]["check_auc"] < 0.556
    assert {f"resume_text: {style}" for style in ("length", "share of capitals")} <= set(table[10]["gone"])
    for low, high in (("low", "high"), ("check_low", "check_high")):
        assert table[10][low] < 0.5 < table[10][high]


def test_adult_without_its_closest_column_still_predicts_the_group_in_words_for_managers() -> None:
    (finding,) = adult().findings(REMAINING)
    assert finding.state is State.SHOWN_STRONG
    assert finding.message.startswith(
        "With the column most closely linked with sex removed ('relationship'), the AUC for 'Female' against 'Male' is "
        "still 0.86"
    )


def test_where_nothing_predicts_the_group_it_is_clear_and_says_what_that_means() -> None:
    audit = auditor.check(ordinary(6000, 1), target="hired", groups=["sex"], only=[RECOVERED, REMAINING])
    for rule in (RECOVERED, REMAINING):
        (finding,) = audit.findings(rule)
        assert finding.state is State.CLEAR, rule
    assert (
        "Neither model could predict sex with an AUC above 0.556; a stronger model might."
        in next(audit.findings(RECOVERED)).message
    )


def test_two_columns_that_predict_the_group_only_together_are_not_clear_by_a_linear_model() -> None:
    """The group is whether both are alike, but for a tenth: a ridge regression sees nothing of it, and nothing of pay."""
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 2, (2, 2000))
    frame = pd.DataFrame({"one": np.where(one, "x", "y"), "other": np.where(other, "p", "q")})
    frame["sex"] = np.where((one ^ other) ^ (rng.random(2000) < 0.1), "f", "m")
    frame["hired"] = np.where(rng.random(2000) < 0.3, "yes", "no")
    for i in range(3):
        frame[f"c{i}"] = rng.choice(list("abcd"), 2000)
    audit = auditor.check(frame, target="hired", groups=["sex"], only=[RECOVERED, REMAINING])
    (whole,), (less,) = audit.findings(RECOVERED), audit.findings(REMAINING)
    assert whole.state is less.state is State.SHOWN_STRONG
    first, second = audit.result(REMAINING).table[:2]
    assert first["low"] < 0.5 < 0.8 < first["check_low"]
    assert second["check_low"] > 0.556
    # The outcome is a coin: whom a model of it selects is chance, and is given no interval that would say otherwise.
    assert "blind_gap" not in less.measures
    assert "predicts no better than chance" in less.message
    assert all(row["blind_gap"] is None for row in (first, second))


def test_few_rows_cannot_tell() -> None:
    audit = auditor.check(ordinary(220, 2), target="hired", groups=["sex"], only=[RECOVERED])
    (finding,) = audit.findings()
    assert finding.state in (State.UNDETERMINED, State.BORDERLINE)


def test_forbidden_columns_are_kept_from_the_models() -> None:
    frame = ordinary(3000, 7)
    frame["alias"] = frame["sex"]
    use = auditor.UseCase.model_validate({"features": {"forbidden": ["alias"]}})
    audit = auditor.check(frame, target="hired", groups=["sex"], use_case=use, only=[RECOVERED])
    assert next(audit.findings(RECOVERED)).state is not State.SHOWN_STRONG
    assert "'alias' is left out: forbidden by the stated use" in next(audit.findings(RECOVERED)).message


def test_several_levels_are_predicted_one_against_the_rest() -> None:
    rng = np.random.default_rng(80)
    frame = ordinary(2400, 8)
    frame["race"] = rng.choice(["a", "b", "c"], 2400)
    frame["hat"] = np.where((frame["race"] == "c") & (rng.random(2400) < 0.9), "red", "blue")
    audit = auditor.check(frame, target="hired", groups=["race"], only=[RECOVERED, REMAINING])
    states = {finding.subject["level"]: finding.state for finding in audit.findings(RECOVERED)}
    assert states["c"] is State.SHOWN_STRONG
    # Who wears no red hat is more often a or b: that is predicted too, and less well.
    areas = {f.subject["level"]: f.measures["auc"].value or 0 for f in audit.findings(RECOVERED)}
    assert areas["c"] > 0.9 > max(areas["a"], areas["b"]) > 0.556
    assert all(row["gone"] == ["hat"] for row in audit.result(REMAINING).table if row["k"] == 1)


def test_a_persons_rows_share_a_fold() -> None:
    """A column unique to each person predicts nothing when all of a person's rows are held out together."""
    rng = np.random.default_rng(9)
    people = pd.DataFrame({"id": [f"p{i}" for i in range(100)], "sex": rng.choice(["f", "m"], 100)})
    people["shoe"] = rng.normal(size=100)
    frame = people.loc[rng.integers(0, 100, 3000)].reset_index(drop=True)
    frame["hired"] = rng.choice(["yes", "no"], 3000)
    with_id = auditor.check(frame, target="hired", groups=["sex"], id="id", only=[RECOVERED])
    alone = auditor.check(frame.drop(columns="id"), target="hired", groups=["sex"], only=[RECOVERED])
    area, memory = (next(a.findings()).measures["auc"].value or 0 for a in (with_id, alone))
    assert abs(area - 0.5) < 0.1
    assert memory > 0.8


def test_what_cannot_be_modelled_is_said() -> None:
    frame = ordinary(3000, 10)
    reasons = {
        "no group column": auditor.check(frame[["hired", "c0"]], target="hired", only=[RECOVERED]),
        "no column remains": auditor.check(frame[["sex", "hired"]], target="hired", groups=["sex"], only=[RECOVERED]),
        "one column only": auditor.check(
            frame[["sex", "hired", "c0"]], target="hired", groups=["sex"], only=[REMAINING]
        ),
        "two groups of 50": auditor.check(frame.head(60), target="hired", groups=["sex"], only=[RECOVERED]),
        "--no-models": auditor.check(frame, target="hired", groups=["sex"], no_models=True, only=[RECOVERED]),
    }
    for said, audit in reasons.items():
        found = [audit.result(rule).reason or "" for rule in (RECOVERED, REMAINING)]
        assert any(said in reason for reason in found), (said, found)


def test_the_same_data_give_the_same_numbers() -> None:
    frame = ordinary(1000, 11)
    audits = [
        auditor.check(frame, target="hired", groups=["sex"], only=[RECOVERED, REMAINING, "MDL001"]) for _ in range(2)
    ]
    assert audits[0].results == audits[1].results


def test_callbacks_names_give_race_away_and_the_report_says_how() -> None:
    """The study gave names out by race: each belongs to one, so the name carries the whole gap of 3.2 points."""
    use = auditor.UseCase.model_validate({"use": {"decision": "automated"}, "label": {"kind": "past_decision"}})
    shares = {"race": {"black": 0.5, "white": 0.5}}
    flags: dict[str, Any] = {"target": "received_callback", "positive": 1, "groups": ["race"]}
    audit = auditor.check(SAMPLES / "callbacks.csv", use_case=use, reference=shares, **flags)
    finding = next(f for f in audit.findings("PRX001") if f.subject["column"] == "firstname")
    assert finding.state is State.SHOWN_STRONG
    assert "It transmits the gap." in finding.message
    assert "Each of its values belongs to one group only, so it identifies race." in finding.message
    assert finding.measures["carried_gap"].value == pytest.approx(-0.032, abs=0.001)
    assert audit.verdict.level == "unfit"
    removed = next(row["gone"] for row in audit.result(REMAINING).table if row["k"] == 1)
    assert "firstname" in removed


def test_masking_what_is_suggested_brings_the_text_down_to_what_is_left(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text(suggestions(kept("hiring")), encoding="utf-8")
    text = terms.read_text(encoding="utf-8")
    said = re.search(r"^women's  # gender: in ([\d.]+)% of 'female', ([\d.]+)% of 'male'", text, re.MULTILINE)
    assert said is not None
    frame = pd.read_csv(SAMPLES / "hiring.csv")
    holds = frame["resume_text"].str.contains(r"\bwomen's\b", case=False)
    for level, share in zip(("female", "male"), said.groups(), strict=True):
        # One document of each applicant counts, whichever it is: all of an applicant's, or any, are the bounds.
        per = holds[frame["gender"] == level].groupby(frame["applicant_id"])
        assert per.min().mean() - 0.0005 <= float(share) / 100 <= per.max().mean() + 0.0005
    assert "group-linked term with lower selection, also within the groups" in text
    assert "women's college" not in text  # the word masks the pair
    only_plain = [line for line in text.splitlines() if line.split("  #")[0] not in SUBTLE_TERMS]
    terms.write_text("\n".join(only_plain), encoding="utf-8")
    rows = pd.read_csv(SAMPLES / "hiring.csv").iloc[::3]  # enough: the areas stay many standard errors apart
    audit = auditor.check(
        rows, use_case=SAMPLES / "hiring.use_case.toml", only=[MARKS, REVEALS, REMAINING_TERMS], redact=str(terms)
    )
    assert audit.compared is not None
    shift = next(s for s in audit.compared.shifts if (s.rule, s.measure) == (REVEALS, "auc"))
    assert shift.beyond
    # The subtle words remain, by name, and still predict.
    left = next(audit.findings(REVEALS))
    assert left.measures["auc"].low is not None and left.measures["auc"].low > 0.5
    curve = {row["k"]: row for row in audit.result(REMAINING_TERMS).table}
    assert set(SUBTLE_TERMS) & set(curve[0]["left"])
    assert set(SUBTLE_TERMS) <= {row["term"] for row in audit.result(MARKS).table}


def test_the_peel_goes_down_and_takes_the_gap_with_it() -> None:
    curve = {row["k"]: row for row in kept("hiring").result(REMAINING_TERMS).table}
    assert curve[0]["low"] > 0.75
    assert curve[100]["low"] < 0.5 < curve[100]["high"]
    assert curve[0]["gap_high"] < -0.1
    assert curve[100]["gap_low"] is None  # what remains does not predict the outcome either
