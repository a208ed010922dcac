"""PRX001 called a column that runs against the gap a carrier, and advised to take it out, which widens the gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import Finding, ProxyKind, State
from tests.tallies import audit_of, counted, tally_of

RULE = "PRX001"
Cells = dict[tuple[str, str], tuple[int, int]]  # (group, level of the column) -> favourable, rows

# Rates: f (4,320 + 2,000) / 25,000 = 0.2528, m (3,276 + 3,594) / 25,000 = 0.2748, a gap of -2.2 points. By the column:
# high 7,596 / 25,000 = 0.30384, low 5,594 / 25,000 = 0.22376; 60% of f and 40% of m are high, so that it gives f
# 0.2 * 0.08008 = +1.6016 points. Within both levels f is 3.96 points lower: without the column the gap is wider.
OFFSETS: Cells = {
    ("f", "high"): (4320, 15_000),
    ("f", "low"): (2000, 10_000),
    ("m", "high"): (3276, 10_000),
    ("m", "low"): (3594, 15_000),
}


def _counts(cells: Cells) -> pd.DataFrame:
    rows = [
        (group, level, outcome, n)
        for (group, level), (x, all_rows) in cells.items()
        for outcome, n in (("yes", x), ("no", all_rows - x))
    ]
    return pd.DataFrame(rows, columns=["sex", "degree", "hired", "n"])


def _audit(cells: Cells, **more: Any) -> auditor.Audit:
    flags: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex"], "count": "n", "no_models": True}
    return auditor.check(_counts(cells), **{**flags, **more})


def _written(cells: Cells, use: dict[str, Any] | None = None) -> auditor.Audit:
    """The same on counts that were written down."""
    groups = dict.fromkeys(group for group, _ in cells)
    levels = dict.fromkeys(level for _, level in cells)
    column = {level: {group: cells[group, level] for group in groups} for level in levels}
    return audit_of(tally_of(groups=["sex"], columns={"degree": column}), use, only=[RULE])


def _of(audit: auditor.Audit, column: str = "degree") -> tuple[str, Finding]:
    row = next(row for row in audit.result(RULE).table if row["column"] == column)
    return row["kind"], next(finding for finding in audit.findings(RULE) if finding.subject["column"] == column)


def test_a_column_that_runs_against_the_gap_offsets_it(tmp_path: Path) -> None:
    audit = _audit(OFFSETS)
    kind, found = _of(audit)
    assert kind == ProxyKind.OFFSET
    assert found.measures["carried_gap"].value == pytest.approx(0.016016, abs=1e-5)
    assert found.measures["raw_gap"].value == pytest.approx(-0.022)
    assert found.state is State.CLEAR and found.remedy is None
    assert "It offsets the gap." in found.message and "transmits" not in found.message
    assert not any("degree" in condition for condition in audit.verdict.conditions)
    assert RULE not in audit.verdict.because
    for name in ("report.html", "report.md", "report.json", "report.txt"):
        audit.save(str(tmp_path / name))
    saved = json.loads((tmp_path / "report.json").read_text())
    table = next(result["table"] for result in saved["results"] if result["rule"] == RULE)
    assert [row["kind"] for row in table] == ["offset"]
    assert "offsets the gap" in (tmp_path / "report.html").read_text()


def test_the_same_column_along_the_gap_carries_it() -> None:
    """The columns' shares swapped: 40% of f and 60% of m are high, so that it gives f -1.6 points or more."""
    along = {("f", "high"): (2880, 10_000), ("f", "low"): (3000, 15_000), ("m", "high"): (4914, 15_000), ("m", "low"): (2396, 10_000)}  # fmt: skip
    kind, found = _of(_written(along))
    assert kind == ProxyKind.CARRIER
    assert found.state is State.SHOWN_STRONG and found.remedy and "degree" in found.remedy
    carried, raw = found.measures["carried_gap"].value, found.measures["raw_gap"].value
    assert carried is not None and raw is not None and carried < 0 and raw < 0


def test_a_fixed_reference_turns_both_signs_and_the_column_still_offsets() -> None:
    kind, found = _of(_written(OFFSETS, {"groups": {"reference": {"sex": "f"}}}))
    assert kind == ProxyKind.OFFSET
    assert (found.subject["level"], found.subject["reference"]) == ("m", "f")
    assert found.measures["carried_gap"].value == pytest.approx(-0.016016, abs=1e-5)
    assert found.measures["raw_gap"].value == pytest.approx(0.022)


def test_what_is_offset_for_one_group_does_not_hide_what_is_carried_for_another() -> None:
    """Both are below m (0.39): f at 0.298, x at 0.266. The column gives f more than m, by more than it gives x less.

    Of m 40% are high, of f 80%, of x 16%. Of f and m together high are 11,700 of 30,000 favourable and low 5,500 of
    20,000: 0.4 * (0.39 - 0.275) = +4.6 points. Of x and m 5,900 of 14,000 and 10,500 of 36,000: -0.24 * 0.1298 = -3.1.
    """
    cells = {
        ("m", "high"): (4500, 10_000), ("m", "low"): (5250, 15_000),
        ("f", "high"): (7200, 20_000), ("f", "low"): (250, 5_000),
        ("x", "high"): (1400, 4_000), ("x", "low"): (5250, 21_000),
    }  # fmt: skip
    kind, found = _of(_written(cells))
    assert kind == ProxyKind.CARRIER
    assert (found.subject["level"], found.subject["reference"]) == ("x", "m")
    assert found.measures["carried_gap"].value == pytest.approx(-0.0311, abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_number_that_favours_the_worse_off_group_offsets_the_gap(seed: int) -> None:
    """Women score half a standard deviation higher and scores raise hiring, but women are hired less at each score."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], 12_000)
    score = rng.normal(np.where(sex == "f", 0.5, 0.0), 1)
    hired = rng.random(12_000) < 1 / (1 + np.exp(-(score - 1.2 * (sex == "f"))))
    frame = pd.DataFrame({"sex": sex, "score": score, "hired": np.where(hired, "yes", "no")})
    kind, found = _of(audit_of(counted(frame, groups=["sex"]), only=[RULE]), "score")
    assert kind == ProxyKind.OFFSET
    assert found.state is State.CLEAR
