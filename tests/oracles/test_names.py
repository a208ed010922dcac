"""The numbers of the report on first names' vectors, by scikit-learn and scipy on other folds, and by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm
from sklearn.covariance import OAS
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
Model = Callable[[], Any]


def _linear() -> Any:
    return LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS())


def _near() -> Any:
    return KNeighborsClassifier(25, metric="cosine", weights=lambda distances: 1 - distances)


MODELS: dict[str, Model] = {"linear": _linear, "neighbours": _near}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Matrices are small: threads within a product would only wait for those of other tests."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def vectors() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The vectors, who is a woman, and who was invited."""
    table = pq.read_table(ROOT / "sample_data" / "names.parquet")
    flat = table["name_vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    sex, invited = (np.array(table[name].to_pylist()) for name in ("sex", "interviewed"))
    return flat.astype(float).reshape(len(table), -1), sex == "f", invited == "yes"


@pytest.fixture(scope="module")
def measures() -> dict[str, dict[str, dict[str, Any]]]:
    """Rule -> measure, of the report."""
    audit = json.loads((ROOT / "reports" / "names.json").read_text(encoding="utf-8"))
    return {each["rule"]: each["findings"][0]["measures"] for each in audit["results"] if each["findings"]}


def _erased(learned: np.ndarray, groups: np.ndarray, values: np.ndarray) -> np.ndarray:
    """LEACE of two groups (Belrose and others 2023), by the shrunk covariance of scikit-learn."""
    direction = learned[groups].mean(axis=0) - learned[~groups].mean(axis=0)
    along = np.linalg.solve(OAS().fit(learned).covariance_, direction)
    away: np.ndarray = values - np.outer((values - learned.mean(axis=0)) @ along / (along @ direction), direction)
    return away


def _area(vectors: np.ndarray, women: np.ndarray, model: Model, *, erased: bool) -> float:
    """The mean area of a division into five; an eraser learns from other rows than the model, or a neighbour's copy."""
    found = []
    parts = [test for _, test in StratifiedKFold(5, shuffle=True, random_state=0).split(vectors, women)]
    for i, test in enumerate(parts):
        others = [part for k, part in enumerate(parts) if k != i]
        train, own = np.concatenate(others), vectors[test]
        base = vectors[train]
        if erased:
            learned = train if model is _near else np.concatenate(others[:2])
            train = train if model is _near else np.concatenate(others[2:])
            base, own = (_erased(vectors[learned], women[learned], of) for of in (vectors[train], own))
        fitted = model().fit(base - base.mean(axis=0), women[train])
        found.append(roc_auc_score(women[test], fitted.predict_proba(own - base.mean(axis=0))[:, 1]))
    return float(np.mean(found))


@pytest.mark.parametrize("learner", MODELS)
def test_the_areas_of_vectors_as_they_are(
    learner: str, vectors: tuple[np.ndarray, ...], measures: dict[str, dict[str, dict[str, Any]]]
) -> None:
    values, women, _ = vectors
    own = measures["EMB001"][f"auc_{learner}"]["value"]
    assert own == pytest.approx(_area(values, women, MODELS[learner], erased=False), abs=0.005)


@pytest.mark.parametrize(("learner", "noise"), [("linear", 0.04), ("neighbours", 0.02)])
def test_the_areas_of_erased_vectors(
    learner: str, noise: float, vectors: tuple[np.ndarray, ...], measures: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """Within two standard errors of one division into folds; an eraser of 480 rows differs from one to the next."""
    values, women, _ = vectors
    own = measures["EMB002"][f"auc_{learner}"]["value"]
    assert own == pytest.approx(_area(values, women, MODELS[learner], erased=True), abs=noise)


def test_the_gap_of_a_model_that_reads_the_vectors_alone(
    vectors: tuple[np.ndarray, ...], measures: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """The discriminant by the shrunk covariance of all rows, as the rule's method has it, of three other divisions."""
    values, women, invited = vectors
    gaps = []
    for seed in range(3):
        chosen = np.zeros(len(women), dtype=bool)
        for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(values, 2 * women + invited):
            base, chose = values[train], invited[train]
            direction = base[chose].mean(axis=0) - base[~chose].mean(axis=0)
            scores = values[test] @ np.linalg.solve(OAS().fit(base).covariance_, direction)
            chosen[test] = scores >= np.quantile(scores, 1 - invited.mean())
        gaps.append(chosen[women].mean() - chosen[~women].mean())
    own = measures["EMB001"]["blind_gap"]
    assert own["low"] <= np.mean(gaps) <= own["high"]
    assert own["value"] == pytest.approx(np.mean(gaps), abs=0.06)  # two standard errors of one division


def test_what_an_eraser_leaves_and_the_rows_it_needs_by_hand(
    measures: dict[str, dict[str, dict[str, Any]]],
) -> None:
    """Two folds of 600 women and 600 men are 240 of each: E = 384 (1/240 + 1/240) = 3.2, and the floor Phi(sqrt 1.6).

    An area of .556 needs E = 2 z squared, with z = .141 its normal quantile; balanced rows are 4 x 384 / E.
    """
    of = measures["EMB002"]
    assert of["erasure_floor"]["value"] == pytest.approx(norm.cdf(math.sqrt(1.6)), abs=1e-4)
    assert of["rows_needed"]["value"] == pytest.approx(4 * 384 / (2 * norm.ppf(0.556) ** 2), rel=0.005)
