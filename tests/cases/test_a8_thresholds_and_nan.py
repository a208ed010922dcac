"""OUT003 held its ratio to a literal 0.8 under every policy, and printed "p = nan (CMH)" where nobody varies."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.analyzers.measures import QUANTITIES
from auditor.format import interval, p_value, people, percent, ratio, signed
from auditor.model import Level, State
from auditor.reporter.measures import measure_text
from tests.conftest import ROOT, rows_of
from tests.tallies import audit_of, counted, run_rule

GAP, TWINS = "OUT003", "LAB001"
HELD_TO_THE_RATIO = {"impact_ratio", "mh_risk_ratio", "detectable_ratio"}


@pytest.fixture
def nine_tenths(tmp_path: Path) -> str:
    """The default policy with nine tenths in the place of four fifths."""
    text = (ROOT / "auditor" / "use" / "policies" / "default.toml").read_text(encoding="utf-8")
    path = tmp_path / "nine_tenths.toml"
    path.write_text(text.replace('impact_ratio = "0.8"', 'impact_ratio = "0.9"'), encoding="utf-8")
    return str(path)


def _frame() -> pd.DataFrame:
    """1,000 of each sex: 600 and 510 hired, a ratio of 0.85, in two departments and three years alike; many matched."""
    frame = pd.concat([rows_of({"f": (255, 500), "m": (300, 500)}, group="sex").assign(dept=dept) for dept in "ab"])
    frame["year"] = np.arange(len(frame)) % 3 + 2020
    frame["skill"] = np.arange(len(frame)) % 25
    return frame.drop(columns="score").reset_index(drop=True)


def _check(policy: str | None, **more: object) -> auditor.Audit:
    options = {
        "target": "hired",
        "positive": "yes",
        "groups": ["sex"],
        "within": "dept",
        "time": "year",
        "policy": policy,
        "id": "person",  # of each row another, for records that are there three times or four are else taken for copies
    }
    frame = _frame().assign(person=lambda of: range(len(of)))
    return auditor.check(frame, **{**options, **more})  # type: ignore[arg-type] # the test's own options


def test_a_ratio_is_held_to_the_policys_own_threshold(nine_tenths: str) -> None:
    """At 0.85 [0.79, 0.91] a difference is near four fifths, and below nine tenths."""
    tally = counted(_frame(), groups=["sex"], within=["dept"], time="year")
    four_fifths, stricter = (
        run_rule(GAP, tally, {"use": {"policy": policy}}).findings[0] for policy in ("default", nine_tenths)
    )
    assert four_fifths.measures["mh_risk_ratio"].value == pytest.approx(0.85)
    assert (four_fifths.measures["mh_risk_ratio"].limit, stricter.measures["mh_risk_ratio"].limit) == (0.8, 0.9)
    assert (four_fifths.state, stricter.state) == (State.BORDERLINE, State.SHOWN)
    assert "0.9" in stricter.message
    assert "0.8 " not in stricter.message


def test_every_rule_shows_the_threshold_of_the_policy(nine_tenths: str) -> None:
    audit = _check(nine_tenths, no_models=True)
    seen = set()
    for result in audit.results:
        for finding in result.findings:
            assert not re.search(r"(limit|below|above|under|of) (of )?0\.8\b", finding.message), finding.message
            for name in HELD_TO_THE_RATIO & finding.measures.keys():
                assert finding.measures[name].limit == pytest.approx(0.9), (result.rule, name)
                seen.add(result.rule)
    assert seen >= {"OUT001", GAP, "REP002", TWINS}


def test_a_policys_rounding_never_crosses_its_own_threshold() -> None:
    assert ratio(0.89996, 0.9) == "0.89996"
    assert ratio(0.79996, 0.9) == "0.800"  # 0.8 is nobody's threshold here
    assert interval(0.5, math.inf, 0.9) == "[0.500, unbounded]"
    assert measure_text("mh_risk_ratio", auditor.Measure(0.89996, limit=0.9), QUANTITIES) == "0.89996"


def _constant() -> pd.DataFrame:
    """In one department everybody is hired, in the other nobody, and the sexes are spread unevenly."""
    counts = {("a", "f"): 300, ("a", "m"): 100, ("b", "f"): 100, ("b", "m"): 300}
    return pd.DataFrame(
        [{"sex": s, "dept": d, "hired": "yes" if d == "a" else "no"} for (d, s), n in counts.items() for _ in range(n)]
    )


def test_where_nobody_varies_within_the_strata_p_is_not_computable() -> None:
    use = {"features": {"strata": {"dept": "people choose it"}}}
    (found,) = run_rule(GAP, counted(_constant(), groups=["sex"], within=["dept"]), use).findings
    assert "p is not computable" in found.message
    assert "nan" not in found.message
    for name in ("p_value", "p_adjusted", "mh_odds_ratio"):
        assert found.measures[name].value is None
    # Everybody of department a is hired and nobody of b: the ratio of rates within them is 1, and there is no test
    assert found.measures["mh_risk_ratio"].value == pytest.approx(1)
    assert found.state is State.UNDETERMINED
    assert "breslow_day_p" not in found.measures


def _degenerate() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    plain = pd.DataFrame({"sex": rng.choice(["f", "m"], 400), "dept": rng.choice(["a", "b"], 400), "year": 2020})
    plain["score"] = rng.normal(size=400)
    first = np.arange(400) == 0
    return {
        "all but one refused": plain.assign(hired=np.where(first, "yes", "no")),
        "all but one hired": plain.assign(hired=np.where(first, "no", "yes")),
        "the outcome is the group": plain.assign(hired=np.where(plain["sex"] == "f", "no", "yes")),
        "the outcome is the stratum": _constant().assign(year=2020, score=1.5),
        "one person of a group": plain.assign(sex=np.where(first, "f", "m"), hired=np.where(first, "yes", "no")),
        "a group per row": plain.head(40).assign(
            sex=[f"g{i % 20}" for i in range(40)], hired=["yes", "no"] * 20, score=range(40)
        ),
        "missing everywhere": plain.assign(
            hired=["yes", "no"] * 200, score=np.nan, dept=pd.Series("a", index=plain.index).where(first)
        ),
    }


@pytest.mark.parametrize("kind", list(_degenerate()))
def test_no_nan_reaches_a_message_or_a_measure(kind: str) -> None:
    frame = _degenerate()[kind]
    audit = auditor.check(
        frame,
        target="hired",
        positive="yes",
        groups=["sex"],
        within="dept",
        time="year",
        reference={"sex": {level: 1 / frame["sex"].nunique() for level in frame["sex"].unique()}},
        no_models=True,
    )
    assert not [result for result in audit.results if result.failed]
    text = json.dumps(audit.to_dict(), allow_nan=False)  # raises for one in a measure or a table
    assert not re.search(r"(?<![a-z'_])(nan|inf|undefined)(?![a-z])", text)


def test_numbers_that_do_not_exist_are_said_to_be_not_computable() -> None:
    said = [p_value(math.nan), ratio(math.nan, 0.8), percent(math.nan), signed(math.nan), people(math.nan)]
    assert all("not computable" in text for text in said)


def test_a_verdict_is_not_excused_by_what_is_not_computable() -> None:
    """The strata explain the crude gap because they are the outcome: that is no evidence, and the crude gap stands."""
    use = {"features": {"strata": {"dept": "people choose it"}}, "population": {"sex": {"f": 0.5, "m": 0.5}}}
    tally = counted(_constant(), groups=["sex"], within=["dept"])
    audit = audit_of(tally, use, only=["OUT001", GAP, "REP001"])
    assert audit.verdict.level is Level.UNFIT
    assert audit.verdict.because == ("OUT001",)
