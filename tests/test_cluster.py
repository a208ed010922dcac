"""A column of what several people have in common: it is stated, never guessed, no feature, and none of it is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.draft import draft, written
from auditor.errors import AuditError

N = 800


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """People who recur four times, within one of 20 agencies with names that no other column holds."""
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "person_id": [f"P{i // 4}" for i in range(N)],
            "agency": [f"Zephyr{i // 40}" for i in range(N)],
            "sex": random.choice(["f", "m"], N),
            "hired": random.choice(["no", "yes"], N),
            "score": random.normal(size=N),
        }
    )


def _check(frame: pd.DataFrame, **asked: Any) -> auditor.Audit:
    return auditor.check(frame, **{"target": "hired", "groups": "sex", "no_models": True, **asked})


def _roles(audit: auditor.Audit) -> dict[str, str]:
    return {column.name: column.role for column in audit.dataset.columns}


def test_a_cluster_is_no_feature_and_is_never_guessed(frame: pd.DataFrame) -> None:
    assert _roles(_check(frame))["agency"] == "feature"
    assert _roles(_check(frame, cluster="agency"))["agency"] == "cluster"
    assert _roles(_check(frame, cluster="none"))["agency"] == "feature"


def test_a_use_case_names_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "use.toml"
    path.write_text('[label]\ncolumn = "hired"\n[features]\ncluster = "Agency"\n', encoding="utf-8")
    assert _roles(auditor.check(frame, use_case=path, groups="sex", no_models=True))["agency"] == "cluster"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"cluster": "sex"}, "column 'sex' cannot be both cluster and group"),
        ({"cluster": "hired"}, "column 'hired' cannot be both target and cluster"),
        ({"cluster": "person_id", "id": "person_id"}, "column 'person_id' cannot be both id and cluster"),
        ({"cluster": "agency", "within": "agency"}, "column 'agency' cannot be both cluster and stratum"),
        ({"cluster": "agncy"}, "column 'agncy' is not in"),
        ({"cluster": "same"}, "cluster 'same' has the same value in all rows"),
        ({"cluster": "empty"}, "cluster 'empty' has no value in any of 800 rows"),
    ],
)
def test_what_cannot_be_a_cluster_is_refused(frame: pd.DataFrame, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        _check(frame.assign(same="x", empty=None), **asked)


def test_none_of_its_values_leaves_in_a_report_or_a_tally(frame: pd.DataFrame, tmp_path: Path) -> None:
    audit = _check(frame, cluster="agency", id="person_id")
    for name in ("r.json", "r.md"):
        audit.save(str(tmp_path / name))
        assert "Zephyr" not in (tmp_path / name).read_text(encoding="utf-8")
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex", cluster="agency")
    text = (tmp_path / "a.tally").read_text(encoding="utf-8")
    assert "agency" in text and "Zephyr" not in text
    read = auditor.check([str(tmp_path / "a.tally")])
    assert _roles(read)["agency"] == "cluster"
    with pytest.raises(AuditError, match="counted with cluster = agency"):
        auditor.check([str(tmp_path / "a.tally")], cluster="score")


def test_a_first_use_case_proposes_one_and_does_not_take_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    frame.to_csv(path, index=False)
    lines = written(draft(str(path)), tmp_path).splitlines()
    assert any(line.startswith('# cluster = "agency"  # ') for line in lines)
    assert 'id = "person_id"' in lines


@pytest.mark.parametrize("role", ["id", "cluster"])
def test_models_count_units_and_not_their_rows(role: str) -> None:
    """300 units with four equal rows each, and nothing to find.

    Of 150 against 150 a guessed area has the error sqrt((1 / 150 + 1 / 150) / 12), widened by the root of two for the
    folds; a gap between rates of 0.4 has sqrt(2 · 0.24 / 150).
    """
    random = np.random.default_rng(11)
    people = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(300)],
            "sex": ["f", "m"] * 150,
            "hired": np.where(random.random(300) < 0.4, "yes", "no"),
            "number": random.normal(size=300),
            "field": random.choice(list("abcd"), 300),
        }
    )
    frame = people.loc[people.index.repeat(4)].reset_index(drop=True)
    audit = _check(frame, only=["PRX002", "MDL001"], no_models=False, **{role: "unit"})
    told = next(iter(audit.findings("PRX002"))).measures["auc_ridge"]
    gap = next(iter(audit.findings("MDL001"))).measures["blind_gap"]
    assert told.low is not None and told.high is not None and gap.low is not None and gap.high is not None
    assert told.high - told.low == pytest.approx(2 * 1.96 * np.sqrt(2 * (2 / 150) / 12), rel=0.1)
    assert gap.high - gap.low == pytest.approx(2 * 1.96 * np.sqrt(2 * 0.24 / 150), rel=0.1)


def test_a_file_written_twice_tells_models_no_more() -> None:
    """200 people, written twice: guessed areas keep the error of 100 against 100, for nobody learns from a copy."""
    random = np.random.default_rng(12)
    people = pd.DataFrame({"sex": ["f", "m"] * 100, "hired": np.where(random.random(200) < 0.4, "yes", "no")})
    people = people.assign(number=random.normal(size=200), other=random.normal(size=200))
    twice = pd.concat([people, people], ignore_index=True)
    (found,) = _check(twice, only=["PRX002"], no_models=False).findings("PRX002")
    for name in ("auc_ridge", "auc_boosting"):
        told = found.measures[name]
        assert told.low is not None and told.high is not None and not told.low > 0.5
        assert told.high - told.low == pytest.approx(2 * 1.96 * np.sqrt(2 * (2 / 100) / 12), rel=0.1)
