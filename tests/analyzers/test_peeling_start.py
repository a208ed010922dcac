"""A group that no model predicts from all columns is not asked of the second learner again with fewer."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.stats import recovery


def _fitted(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[int], auditor.Audit]:
    """Return how many columns the gradient boosting's models saw, and the audit."""
    seen: Counter[int] = Counter()
    boosted = recovery._boosted

    def counting(fit: recovery.Fit, columns: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        seen[int(columns.sum())] += 1
        return boosted(fit, columns, train, test)

    monkeypatch.setattr(recovery, "_boosted", counting)
    return seen, auditor.check(
        frame, target="y", positive="yes", groups=["g"], id="none", time="none", only=["PRX002", "PRX003"]
    )


def test_nothing_at_the_start_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({f"c{i}": rng.integers(0, 4, 4000) for i in range(5)})
    frame["g"], frame["y"] = rng.choice(["a", "b"], 4000), rng.choice(["yes", "no"], 4000)
    seen, audit = _fitted(frame, monkeypatch)
    assert set(seen) == {5}
    (finding,) = audit.findings("PRX003")
    assert finding.measures["auc_boosting"].value == next(iter(audit.findings("PRX002"))).measures["auc_boosting"].value


def test_two_columns_that_only_together_predict_the_group_are_asked_without_the_strongest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The group is known from two columns' exclusive or, of which the boosting learns: it is asked at one fewer too."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({f"c{i}": rng.choice(["u", "v"], 4000) for i in range(5)})
    same = (frame["c1"] == frame["c2"]) ^ (rng.random(4000) < 0.05)
    frame["g"] = np.where(same, "a", "b")
    frame["y"] = rng.choice(["yes", "no"], 4000)
    seen, audit = _fitted(frame, monkeypatch)
    assert seen[5] and seen[4]
    assert next(iter(audit.findings("PRX002"))).state.found
