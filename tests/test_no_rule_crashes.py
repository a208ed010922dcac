"""No rule crashes: every data set that may be copied here, and made ones like others, under every shipped policy.

A rule that fails is a result that says so, and no other test need notice it; here `failed` must be empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.use.policy import shipped
from tests.conftest import ROOT

MOST = 500  # rows that models are fitted to here
Asked = dict[str, Any]


def _adult() -> tuple[pd.DataFrame, Asked]:
    groups = ["sex", "race", "age", "native_country"]
    return pd.read_parquet(ROOT / "tests/data/adult.parquet"), {
        "target": "income",
        "positive": ">50K",
        "groups": groups,
    }


def _german() -> tuple[pd.DataFrame, Asked]:
    groups = ["sex", "age", "foreign_worker"]
    return pd.read_csv(ROOT / "tests/data/german_credit.csv"), {"target": "credit", "positive": 1, "groups": groups}


def _berkeley() -> tuple[pd.DataFrame, Asked]:
    asked = {"target": "admit", "positive": "Admitted", "groups": ["gender"], "within": "dept"}
    return pd.read_csv(ROOT / "tests/data/berkeley.csv"), asked


def _counts() -> tuple[pd.DataFrame, Asked]:
    asked = {"target": "admit", "positive": "Admitted", "groups": ["gender"], "count": "n"}
    return pd.read_csv(ROOT / "tests/data/berkeley_counts.csv"), asked


def _callbacks() -> tuple[pd.DataFrame, Asked]:
    groups = ["race", "gender", "job_city"]
    return pd.read_csv(ROOT / "sample_data/callbacks.csv"), {
        "target": "received_callback",
        "positive": 1,
        "groups": groups,
    }


def _hiring() -> tuple[pd.DataFrame, Asked]:
    asked = {"target": "hired", "positive": "yes", "groups": ["gender"], "id": "applicant_id", "text": "resume_text"}
    return pd.read_csv(ROOT / "sample_data/hiring.csv"), {**asked, "time": "applied_year"}


def _mortgages() -> tuple[pd.DataFrame, Asked]:
    """2,380 applications with yes/no groups and ratios, one of them endless, one mostly missing."""
    random = np.random.default_rng(1)
    n = 2380
    afam, ratio = random.random(n) < 0.14, random.normal(0.33, 0.1, n)
    frame = pd.DataFrame(
        {
            "deny": np.where(random.random(n) < 0.1 + 0.15 * afam, "yes", "no"),
            "pi_rat": ratio,
            "lv_rat": np.where(random.random(n) < 0.01, np.inf, random.normal(0.7, 0.1, n)),
            "chist": random.integers(1, 7, n),
            "insurance": pd.Series(["no"] * n).where(random.random(n) < 0.05),
            "afam": np.where(afam, "yes", "no"),
            "single": random.choice(["yes", "no"], n),
            "when": pd.Series(pd.date_range("1990-01-01", periods=n, freq="h")).where(random.random(n) < 0.9),
        }
    )
    return frame, {"target": "deny", "positive": "no", "groups": ["afam", "single"], "time": "when"}


def _exams() -> tuple[pd.DataFrame, Asked]:
    """118 exams, a numeric outcome cut at 70, few of one group in one stratum."""
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "Race": ["W"] * 68 + ["B"] * 27 + ["H"] * 23,
            "Position": random.choice(["Lieutenant", "Captain"], 118, p=[0.65, 0.35]),
            "Oral": random.normal(70, 12, 118).round(2),
            "Written": random.integers(46, 96, 118),
            "Combine": random.normal(68, 10, 118).round(3),
        }
    )
    return frame, {"target": "Combine", "positive": ">= 70", "groups": ["Race"], "within": "Position"}


def _texts() -> tuple[pd.DataFrame, Asked]:
    """189 long texts and no outcome."""
    random = np.random.default_rng(3)
    words = np.array(
        ["we", "people", "nation", "work", "jobs", "freedom", "business", "hope", "health", "tax", "country", "women"]
    )
    texts = [" ".join(random.choice(words, 300)) for _ in range(189)]
    frame = pd.DataFrame(
        {"party": random.choice(["D", "R"], 189), "speaker": [f"s{i}" for i in range(189)], "text": texts}
    )
    return frame, {"target": "none", "groups": ["party"], "text": "text"}


SETS: tuple[Callable[[], tuple[pd.DataFrame, Asked]], ...] = (
    _adult, _german, _berkeley, _counts, _callbacks, _hiring, _mortgages, _exams, _texts,
)  # fmt: skip


def _failed(frame: pd.DataFrame, **asked: Any) -> list[str]:
    audit = auditor.check(frame, **asked)
    assert len(audit.results) == len({result.rule for result in audit.results}) >= 34
    return [f"{result.rule}: {result.reason}" for result in audit.results if result.failed]


@pytest.mark.parametrize("made", SETS, ids=lambda made: made.__name__.strip("_"))
def test_with_every_guessed_group_named_and_models(made: Callable[[], tuple[pd.DataFrame, Asked]]) -> None:
    frame, asked = made()
    few = frame.iloc[:: max(1, len(frame) // MOST)]
    assert not _failed(few, **asked)


@pytest.mark.parametrize("made", SETS, ids=lambda made: made.__name__.strip("_"))
def test_under_a_policy(made: Callable[[], tuple[pd.DataFrame, Asked]]) -> None:
    frame, asked = made()
    few = frame.iloc[:: max(1, len(frame) // 700)]
    policies = [policy for policy in shipped() if policy != "default"]  # that is what all other tests ask for
    policy = policies[SETS.index(made) % len(policies)]
    assert not _failed(few, **asked, policy=policy, no_models=True)


@pytest.mark.parametrize("made", [_german, _hiring, _mortgages], ids=lambda made: made.__name__.strip("_"))
def test_with_what_is_guessed(made: Callable[[], tuple[pd.DataFrame, Asked]]) -> None:
    frame, asked = made()
    assert not _failed(frame, target=asked["target"], positive=asked.get("positive"), no_models=True)
