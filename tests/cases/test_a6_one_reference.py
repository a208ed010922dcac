"""OUT001 and OUT002 took 15 people as the reference whom POL001 left out of the same report, and hid who is below 0.8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.model import State
from tests.conftest import rows_of

# People, and those who score above the median of all: 900 + 234 + 15 of 2,298, a half. Ratio of Black to White:
# (234 / 640) / (900 / 1,500) = 0.609375; Pacific are 15 of 2,298, 0.65%.
SCORED = {"White": (900, 1500), "Black": (234, 640), "Asian": (76, 143), "Pacific": (15, 15)}
POLICY = "nyc-ll144"
COMPARING = ("OUT001", "OUT002", "PRX001", "REP002", "FIT006", "MDL001", "PRX002")


def _scores() -> pd.DataFrame:
    """Return scores of which each category has that many above 100, and the others below."""
    rows = [(race, 200 + i / 8 if i < above else 100 - i / 8) for race, (above, n) in SCORED.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["race", "score"]).assign(tie=lambda frame: frame.index % 7)


def _audit(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    return auditor.check(
        frame, **{"target": "score", "groups": ["race"], "policy": POLICY, "positive": "> 150", **more}
    )


def _references(audit: auditor.Audit, group: str = "race") -> set[str]:
    return {
        finding.subject["reference"]
        for rule in COMPARING
        for finding in audit.findings(rule)
        if finding.subject.get("group") == group and "reference" in finding.subject
    }


def test_who_is_left_out_of_the_tables_is_no_reference(tmp_path: Path) -> None:
    audit = _audit(_scores(), no_models=True)
    (tables,) = audit.findings("POL001")
    assert tables.measures["lowest_ratio"].value == pytest.approx(0.609375)
    assert _references(audit) == {"White"}
    black = next(finding for finding in audit.findings("OUT001") if finding.subject["level"] == "Black")
    assert black.measures["impact_ratio"].value == pytest.approx(0.609375)
    assert black.state is State.SHOWN_STRONG
    audit.save(str(tmp_path / "report.md"))
    opening = (tmp_path / "report.md").read_text().split("## ")
    because = next(part for part in opening if part.startswith("Main reasons"))
    assert "Black" in because and "0.61" in because
    said = [note for note in audit.dataset.notes if "Reference group" in note]
    assert said == ["Reference group of 'race': 'White' (highest rate among groups of at least 2% of the data)."]


def test_the_same_from_decisions_and_from_counts() -> None:
    frame = rows_of(SCORED, group="race")
    counted = pd.DataFrame(frame.assign(n=1).groupby(["race", "hired"], as_index=False)["n"].sum())
    for data, more in ((frame, {}), (counted, {"count": "n"})):
        audit = _audit(data, target="hired", positive="yes", no_models=True, **more)
        assert _references(audit) == {"White"}
        rows = {row["level"]: row["impact_ratio"] for row in audit.result("POL001").table}
        assert rows["Black"] == pytest.approx(0.609375) and rows["Pacific"] is None


def test_a_category_of_two_percent_is_the_reference_however_few_they_are() -> None:
    """50 of 2,050 are 2.4%: the rule takes the most selected category, and both rules do."""
    counts = {"big": (1000, 2000), "few": (40, 50)}
    audit = _audit(rows_of(counts, group="race"), target="hired", positive="yes", no_models=True)
    assert _references(audit) == {"few"}
    (tables,) = audit.findings("POL001")
    assert tables.measures["lowest_ratio"].value == pytest.approx(0.5 / 0.8)
    assert "'few'" in tables.message


def test_without_the_policy_fifteen_people_are_no_reference_either() -> None:
    audit = _audit(_scores(), policy="default", no_models=True)
    assert _references(audit) == {"White"}
    assert any("at least 30 rows and 2% of the data" in note for note in audit.dataset.notes)


def test_a_fixed_reference_is_that_of_every_rule() -> None:
    use = auditor.UseCase.model_validate({"groups": {"reference": {"race": "Asian"}}})
    audit = _audit(_scores(), use_case=use, no_models=True)
    assert any("'Asian' (fixed by the stated use)" in note for note in audit.dataset.notes)
    pairs = [
        {f.subject["level"], f.subject["reference"]} for rule in ("OUT001", "OUT002") for f in audit.findings(rule)
    ]
    beside = [pair for pair in pairs if "Asian" not in pair]  # the widest gap of two others, so that none is hidden
    assert len(pairs) == 7 and beside == [{"Black", "White"}]


def test_models_and_counts_are_held_against_the_same_group() -> None:
    assert _references(_audit(_scores(), only=[*COMPARING])) <= {"White", "(the rest)"}


def test_a_fixed_reference_of_one_person_is_said_to_be_too_few() -> None:
    frame = pd.concat([_scores(), pd.DataFrame({"race": ["Solo"], "score": [180.0], "tie": [0]})], ignore_index=True)
    use = auditor.UseCase.model_validate({"groups": {"reference": {"race": "Solo"}}})
    (found,) = _audit(frame, use_case=use, only=["OUT002"]).findings("OUT002")
    assert found.state is State.NOT_RUN and "'Solo'" in found.message
