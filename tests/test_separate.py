"""An outcome and sensitive features beside the data, as fairlearn takes them: joined by position, and never printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fairlearn.metrics import demographic_parity_ratio
from scipy.sparse import csr_array

import auditor
from auditor.errors import AuditError

RNG = np.random.default_rng(2024)
ROWS = 600
X = pd.DataFrame({"years": RNG.normal(8, 3, ROWS).round(1), "score": RNG.normal(0, 1, ROWS)})
SEX = pd.Series(RNG.choice(["female", "male"], ROWS), name="sex")
HIRED = pd.Series(((RNG.random(ROWS) < np.where(SEX == "male", 0.5, 0.3)).astype(int)), name="hired")
# By another library, from the arrays.
RATIO = demographic_parity_ratio(HIRED, y_pred=HIRED, sensitive_features=SEX)

MADE: dict[str, Callable[[], tuple[Any, Any, Any, str, str]]] = {
    "series": lambda: (X, HIRED, SEX, "hired", "sex"),
    "arrays": lambda: (X.to_numpy(), HIRED.to_numpy(), SEX.to_numpy(), "y", "sensitive_feature_0"),
    "lists": lambda: (X.to_numpy().tolist(), list(HIRED), list(SEX), "y", "sensitive_feature_0"),
    "frames": lambda: (X, HIRED.to_frame(), SEX.to_frame(), "hired", "sex"),
    "mapping": lambda: (X, HIRED.to_numpy(), {"gender": SEX}, "y", "gender"),
    "polars": lambda: (pl.from_pandas(X), pl.from_pandas(HIRED), pl.DataFrame({"sex": SEX.to_list()}), "hired", "sex"),
    "lazy": lambda: (pl.from_pandas(X).lazy(), pl.from_pandas(HIRED), pl.from_pandas(SEX), "hired", "sex"),
    "arrow": lambda: (pa.Table.from_pandas(X), pa.array(HIRED), pa.table({"sex": SEX}), "y", "sex"),
    "one column of an array": lambda: (X, HIRED.to_numpy()[:, None], SEX.to_numpy()[:, None], "y", "sensitive_feature_0"),
    "shuffled alike": lambda: (X.sample(frac=1, random_state=1), HIRED.sample(frac=1, random_state=1), SEX.sample(frac=1, random_state=1), "hired", "sex"),
    "there as well": lambda: (X.assign(sex=SEX, hired=HIRED), HIRED, SEX, "hired", "sex"),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_arrays_beside_the_data_give_fairlearns_ratio(name: str) -> None:
    data, y, features, target, group = MADE[name]()
    audit = auditor.check(data, y=y, sensitive_features=features, positive=1, only="OUT001")
    roles = {column.role: column.name for column in audit.dataset.columns}
    assert (roles["target"], roles["group"]) == (target, group)
    (finding,) = audit.findings("OUT001")
    assert finding.measures["impact_ratio"].value == pytest.approx(RATIO, rel=1e-12)
    assert audit.dataset.rows == ROWS


def test_several_features_are_groups_each() -> None:
    both = np.column_stack([SEX, RNG.choice(["young", "old"], ROWS)])
    audit = auditor.check(X, y=HIRED, sensitive_features=both, positive=1, only="OUT001")
    groups = [column.name for column in audit.dataset.columns if column.role == "group"]
    assert groups == ["sensitive_feature_0", "sensitive_feature_1"]


def test_one_of_them_goes_with_a_columns_name() -> None:
    audit = auditor.check(X.assign(sex=SEX), y=HIRED, groups="sex", positive=1, only="OUT001")
    assert any("Joined by position to the rows of DataFrame: 'hired'." in note for note in audit.dataset.notes)


def test_a_tally_takes_them_too(tmp_path: Any) -> None:
    path = tmp_path / "a.tally"
    auditor.tally(X, path, y=HIRED, sensitive_features=SEX, positive=1)
    (finding,) = auditor.check(path, only="OUT001").findings("OUT001")
    assert finding.measures["impact_ratio"].value == pytest.approx(RATIO, rel=1e-12)


def _shuffled(series: pd.Series[Any]) -> pd.Series[Any]:
    return series.sample(frac=1, random_state=1)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (X, {"y": HIRED[:300]}, "y has 300 rows, and DataFrame has 600 rows"),
    (X, {"sensitive_features": list(SEX)[:-1]}, "sensitive_features has 599 rows, and DataFrame has 600 rows"),
    (X, {"y": _shuffled(HIRED)}, "y and the data have different indexes"),
    (X.to_numpy(), {"y": HIRED, "sensitive_features": _shuffled(SEX)}, "sensitive_features and y have different indexes"),
    (X, {"y": HIRED, "sensitive_features": {"sex": _shuffled(SEX)}}, "sensitive_features and the data have different indexes"),
    (X.to_numpy(), {"y": {"hired": _shuffled(HIRED)}, "sensitive_features": {"sex": SEX}}, "sensitive_features and y have different indexes"),
    (X.to_numpy(), {"sensitive_features": {"sex": SEX, "age": _shuffled(SEX)}}, "the columns of sensitive_features have different indexes"),
    (dict(X.items()), {"sensitive_features": _shuffled(SEX)}, "sensitive_features and the data have different indexes"),
    (X.assign(hired=1 - HIRED), {"y": HIRED}, "DataFrame has a column 'hired' with other values than y"),
    (X, {"y": HIRED, "sensitive_features": HIRED}, "y and sensitive_features both have a column 'hired'"),
    (X, {"y": "hired"}, "y takes a value for each row; target takes the name of a column"),
    (X, {"y": 1}, "y has no values for each row in 'y'"),
    (X, {"y": X}, "y has 2 columns; an outcome is one"),
    (X, {"y": np.zeros((ROWS, 3))}, "y has 3 columns; an outcome is one"),
    (X, {"y": csr_array(np.ones((ROWS, 1)))}, "y is sparse"),
    (X, {"sensitive_features": {}}, "sensitive_features has no column"),
    (X, {"sensitive_features": np.zeros((ROWS, 2, 2))}, "sensitive_features has no values for each row"),
    (X, {"y": HIRED, "target": "score"}, "y and target are both given"),
    (X, {"y": HIRED, "engine": "spark"}, "y and sensitive_features are joined on this machine"),
    ("people.csv", {"y": HIRED}, "y and sensitive_features go with data in Python"),
    (duckdb.from_arrow(pa.Table.from_pandas(X)), {"y": HIRED}, "y and sensitive_features are joined by position"),
    (X.assign(sex=SEX), {"groups": SEX}, "groups is of type Series that holds values; name a column of the data, and give values for each row as sens"),
    (X.assign(sex=SEX), {"groups": SEX.to_frame()}, "groups is of type DataFrame that holds values"),
    (X.assign(sex=SEX), {"groups": SEX.to_numpy()}, "groups is of type ndarray that holds values"),
    (X.assign(sex=SEX), {"target": HIRED}, "target is of type Series that holds values; name a column of the data, and give values for each row as y"),
    (X.assign(sex=SEX), {"within": SEX}, "within is of type Series that holds values; name a column of the data, and add to the data what is not in them"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "options", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_refusals_are_one_line_without_a_row(data: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(AuditError) as caught:
        auditor.check(data, **options)
    text = str(caught.value)
    assert text.startswith(words)
    assert "\n" not in text
    assert len(text) < 250
    assert not re.search(r"female|\b[01] [01]\b", text)
