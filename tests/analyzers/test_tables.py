"""POL001 and the policies: the examples that the rule of New York prints, and what each policy changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.model import State
from auditor.use.policy import Policy
from tests.conftest import rows_of
from tests.tallies import Counts, audit_of, run_rule, tally_of

RULE = "POL001"

# 6 RCNY 5-301, scored example "culture fit": people, scoring rate in per cent as printed, ratio as printed.
SCORED_SEX = {"Male": (92, 50, 1.00), "Female": (76, 34, 0.82)}
SCORED_RACE = {"Hispanic": (28, 18, 1.00), "White": (40, 15, 0.58), "Black": (32, 16, 0.78), "NHPI": (8, 5, 0.97), "Asian": (24, 10, 0.65)}  # fmt: skip
# The selection example: people, selected, ratio as printed.
SELECTED = {
    "Hispanic": (408, 205, 0.972), "White": (797, 412, 1.000), "Black": (390, 170, 0.843), "NHPI": (119, 52, 0.845),
    "Asian": (616, 302, 0.948), "Native American": (41, 18, 0.849), "Two or more": (213, 96, 0.872),
}  # fmt: skip


def _ll144(counts: Counts, group: str = "race") -> auditor.Audit:
    return audit_of(tally_of(counts, groups=[group]), {"use": {"policy": "nyc-ll144"}})


@pytest.mark.parametrize("example", [SCORED_SEX, SCORED_RACE])
def test_the_scored_example_comes_out_as_printed(example: dict[str, tuple[int, int, float]]) -> None:
    audit = _ll144({name: (x, n) for name, (n, x, _) in example.items()})
    found = {row["level"]: row["impact_ratio"] for row in audit.result(RULE).table}
    for name, (_, _, printed) in example.items():
        assert found[name] == pytest.approx(printed, abs=0.0051), name


def test_the_selection_example_comes_out_as_printed_from_counts_and_from_rows() -> None:
    frame = rows_of({name: (x, n) for name, (n, x, _) in SELECTED.items()}, group="race")
    flags: dict[str, Any] = {"target": "hired", "groups": ["race"], "policy": "nyc-ll144", "only": RULE}
    rows = auditor.check(frame, **flags).result(RULE).table
    assert rows == _ll144({name: (x, n) for name, (n, x, _) in SELECTED.items()}).result(RULE).table
    counts = pd.DataFrame(
        [(name, outcome, m) for name, (n, x, _) in SELECTED.items() for outcome, m in (("yes", x), ("no", n - x))],
        columns=["race", "hired", "n"],
    )
    same = auditor.check(counts, count="n", **flags).result(RULE).table
    assert rows == same
    for row in rows:
        n, x, printed = SELECTED[row["level"]]
        assert row["selection_rate"] == pytest.approx(x / n)
        if row["level"] == "Native American":  # 1.6% of the data: left out of the ratios, its number and rate given
            assert row["impact_ratio"] is None
            assert "under 2%" in row["excluded"]
        else:
            assert row["impact_ratio"] == pytest.approx(printed, abs=0.00051)


def test_a_score_is_taken_above_the_median_of_all() -> None:
    """Half of 168 people score above the median; the printed rates of men and women are 54.3 and 44.7%."""
    scores = [("Male", 10.0 + i) for i in range(50)] + [("Male", -1.0 * i) for i in range(42)]
    scores += [("Female", 10.5 + i) for i in range(34)] + [("Female", -i - 0.5) for i in range(42)]
    frame = pd.DataFrame(scores, columns=["sex", "score"])
    audit = auditor.check(frame, target="score", groups=["sex"], policy="nyc-ll144", only=RULE)
    table = {row["level"]: row for row in audit.result(RULE).table}
    assert round(100 * table["Male"]["selection_rate"], 1) == 54.3
    assert round(100 * table["Female"]["selection_rate"], 1) == 44.7
    assert round(table["Female"]["impact_ratio"], 2) == 0.82


def test_the_three_tables_and_the_unknown() -> None:
    frame = rows_of({"a": (40, 100), "b": (30, 100)}, group="race").assign(sex=["f", "m"] * 100)
    frame.loc[:4, "race"] = None
    audit = auditor.check(frame, target="hired", groups=["sex", "race"], policy="nyc-ll144", only=RULE)
    assert {row["group"] for row in audit.result(RULE).table} == {"sex", "race", "sex · race"}
    unknown = {finding.subject["group"]: finding.measures["unknown"].value for finding in audit.findings(RULE)}
    assert unknown == {"sex": 0, "race": 5, "sex · race": 5}


def test_the_literal_reference_is_the_most_selected_however_small() -> None:
    """But for a category under 2% of the data, which 5-301(d) lets be left out of the ratios."""
    counts: Counts = {"big": (300, 1000), "tiny": (16, 21)}
    literal = next(_ll144(counts).findings("OUT001"))
    assert literal.subject["reference"] == "tiny"
    default = run_rule("OUT001", tally_of(counts, groups=["race"])).findings[0]
    assert default.subject["reference"] == "big"


def test_declines_under_a_policy_without_tables() -> None:
    assert run_rule(RULE, tally_of({"a": (40, 100), "b": (30, 100)})).state is State.NOT_RUN


@pytest.mark.parametrize("name", ["default", "eeoc", "nyc-ll144", "eu-ai-act"])
def test_every_policy_says_where_its_limits_come_from_and_what_it_does_not_settle(name: str) -> None:
    policy = Policy.load(name)
    assert policy.name == name
    assert set(policy.sources) == set(type(policy.limits).model_fields)
    assert len(policy.settles_not) > 40


def test_the_ai_act_names_the_article_beside_each_result(tmp_path: Path) -> None:
    audit = audit_of(tally_of({"a": (40, 100), "b": (10, 100)}), {"use": {"policy": "eu-ai-act"}})
    path = tmp_path / "report.md"
    audit.save(str(path))
    assert "Serves Article 10(2)(f)" in path.read_text()
    assert "The Article sets no number" in path.read_text()


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    shipped = (Path(auditor.__file__).parent / "use" / "policies" / "default.toml").read_text()
    own = tmp_path / "strict.toml"
    own.write_text(shipped.replace('impact_ratio = "0.8"', 'impact_ratio = "0.9"').replace('"default"', '"strict"'))
    tally = tally_of({"a": (5000, 10000), "b": (4300, 10000)})
    assert run_rule("OUT001", tally).findings[0].state is State.CLEAR
    (found,) = run_rule("OUT001", tally, {"use": {"policy": str(own)}}).findings
    assert found.state is State.SHOWN_STRONG
    own.write_text(own.read_text().replace("alpha = 0.05", "alpha = 5"))
    with pytest.raises(
        auditor.AuditError, match=r"strict.toml, line \d+: \[limits\] alpha: input should be less than 1"
    ):
        auditor.check(rows_of({"a": (5, 10), "b": (4, 10)}), target="hired", groups=["group"], policy=str(own))
