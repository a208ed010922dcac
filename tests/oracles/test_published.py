"""Numbers known from elsewhere, end to end through `check`: court records, censuses, published studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from fairlearn.metrics import MetricFrame, selection_rate

import auditor
from auditor.model import Finding
from tests.conftest import DATA, SAMPLES, rows_of

# Boston mortgage applications of 1990 (Munnell et al. 1996): approved of all, by afam.
HMDA = rows_of({"no": (1852, 2041), "yes": (243, 339)}, group="afam", target="approved")

# German credit: the ratio is within the limit; 109 of 310 women and 191 of 690 men are refused, 1.27 times as many.
CASES: list[tuple[Any, dict[str, Any], tuple[str, str], tuple[float, float, float], float, str]] = [
    (DATA / "adult.parquet", {"target": "income", "positive": ">50K", "groups": "sex"}, ("Female", "Male"), (0.359655, 0.343130, 0.376904), -47.4333, "shown_strong"),
    (DATA / "adult.parquet", {"target": "income", "positive": ">50K", "groups": "race"}, ("Black", "Asian-Pac-Islander"), (0.448685, 0.400844, 0.502721), -13.8141, "shown_strong"),
    (SAMPLES / "callbacks.csv", {"target": "received_callback", "positive": 1, "groups": "race"}, ("black", "white"), (0.668085, 0.550302, 0.810804), -4.1084, "shown"),
    (SAMPLES / "callbacks.csv", {"target": "received_callback", "positive": 1, "groups": "gender"}, ("m", "f"), (0.895202, 0.708699, 1.128011), -0.9343, "undetermined"),
    (HMDA, {"target": "approved", "groups": "afam"}, ("yes", "no"), (0.789966, 0.733777, 0.841387), -10.0088, "shown"),
    (DATA / "german_credit.csv", {"target": "credit", "positive": 1, "groups": "sex"}, ("female", "male"), (0.896567, 0.812562, 0.981393), -2.3873, "borderline"),
    (DATA / "berkeley.csv", {"target": "admit", "positive": "Admitted", "groups": "gender"}, ("Female", "Male"), (0.681830, 0.628343, 0.739028), -9.6024, "shown_strong"),
    (DATA / "berkeley_counts.csv", {"target": "admit", "positive": "Admitted", "groups": "gender", "count": "n"}, ("Female", "Male"), (0.681830, 0.628343, 0.739028), -9.6024, "shown_strong"),
]  # fmt: skip


def _gap(data: Any, level: str, **flags: Any) -> Finding:
    audit = auditor.check(data, **flags, only="OUT001")
    return next(finding for finding in audit.findings("OUT001") if finding.subject["level"] == level)


@pytest.mark.parametrize(("data", "flags", "who", "ratio", "z", "state"), CASES, ids=lambda case: str(case)[:24])
def test_outcome_gap_of_published_data(
    data: Any, flags: dict[str, Any], who: tuple[str, str], ratio: tuple[float, float, float], z: float, state: str
) -> None:
    finding = _gap(data, who[0], **flags)
    assert finding.subject["reference"] == who[1]
    measure = finding.measures["impact_ratio"]
    assert (measure.value, measure.low, measure.high) == pytest.approx(ratio, abs=5e-6)
    assert finding.measures["z"].value == pytest.approx(z, abs=5e-5)
    assert finding.state == state


def _frames() -> dict[str, Any]:
    frame = pd.read_parquet(DATA / "adult.parquet")
    return {
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "arrow": pl.from_pandas(frame).to_arrow(),
        "relation": duckdb.sql(f"SELECT * FROM '{DATA / 'adult.parquet'}'"),
    }


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "relation", "csv"])
def test_the_same_table_gives_the_same_measures_however_it_comes(kind: str, tmp_path: Path) -> None:
    if kind == "csv":
        data: Any = tmp_path / "adult.csv"
        pd.read_parquet(DATA / "adult.parquet").to_csv(data, index=False)
    else:
        data = _frames()[kind]
    flags: dict[str, Any] = {"target": "income", "positive": ">50K", "groups": ["sex", "race"]}
    found = [list(auditor.check(of, **flags, only="OUT001").findings()) for of in (data, DATA / "adult.parquet")]
    assert found[0] == found[1]


def test_rates_are_those_of_fairlearn() -> None:
    frame = pd.read_parquet(DATA / "adult.parquet")
    chosen = frame["income"] == ">50K"
    theirs = MetricFrame(
        metrics=selection_rate, y_true=chosen, y_pred=chosen, sensitive_features=frame["race"]
    ).by_group
    audit = auditor.check(frame, target="income", positive=">50K", groups="race", only="OUT001")
    ours = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    assert ours == pytest.approx(dict(theirs))


def test_ricci_captains_exam_is_too_small_to_tell() -> None:
    """Ricci v. DeStefano: passes 16 of 25 white, 3 of 8 black, 3 of 8 Hispanic candidates (the opinion's 64, 37.5, 37.5%)."""
    frame = rows_of({"W": (16, 25), "B": (3, 8), "H": (3, 8)}, group="race", target="passed")
    finding = _gap(frame, "B", target="passed", groups="race")
    assert finding.subject["reference"] == "W"
    assert finding.measures["impact_ratio"].value == pytest.approx(0.5859, abs=5e-5)
    assert finding.measures["p_value"].value == pytest.approx(0.2379, abs=5e-5)
    assert finding.measures["z"].value == pytest.approx(-1.32, abs=5e-5)
    assert finding.state == "undetermined"


def test_eeoc_worked_example() -> None:
    """44 FR 11996: 60% white, 45% American Indian (75%, adverse), 48% Hispanic (80%, not), 51% Black (85%, not)."""
    counts = {"white": (6000, 10000), "indian": (4500, 10000), "hispanic": (4800, 10000), "black": (5100, 10000)}
    audit = auditor.check(rows_of(counts, group="race"), target="hired", groups="race", only="OUT001")
    found = {finding.subject["level"]: finding for finding in audit.findings("OUT001")}
    expected = {"indian": (0.75, "shown_strong"), "hispanic": (0.80, "borderline"), "black": (0.85, "clear")}
    for level, (ratio, state) in expected.items():
        assert found[level].measures["impact_ratio"].value == pytest.approx(ratio)
        assert found[level].state == state
