"""`sample_data/recruiting.csv` is what its script writes, and what is planted in it is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sample_data import make_recruiting as truth
from tests.conftest import SAMPLES


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    found: pd.DataFrame = pd.read_csv(SAMPLES / "recruiting.csv", keep_default_na=False)
    return found


def test_the_file_is_the_scripts(tmp_path: Path) -> None:
    path = tmp_path / "recruiting.csv"
    truth.write(path)
    assert path.read_bytes() == (SAMPLES / "recruiting.csv").read_bytes()


def test_only_the_planted_stages_have_a_gap(frame: pd.DataFrame) -> None:
    """Under four fifths where it was planted, and nowhere else; rates among those who passed all stages before."""
    for group, level in (("gender", "female"), ("age_group", "40 and over")):
        entered = frame
        for stage in truth.STAGES:
            known = entered[entered[stage].isin(["yes", "no"])]
            rates = (known[stage] == "yes").groupby(known[group]).mean()
            ratio = rates[level] / rates.drop(level).iloc[0]
            assert (ratio < 0.8) == ((stage, group) in truth.PLANTED), (stage, group, ratio)
            entered = entered[entered[stage] == "yes"]


def test_the_faulty_records_are_as_many_as_planted(frame: pd.DataFrame) -> None:
    assert ((frame["hired"] == "yes") & (frame["interviewed"] == "no")).sum() == truth.NOT_INTERVIEWED
    assert ((frame["screened"] == "yes") & (frame["interviewed"] == "")).sum() == truth.NOT_RECORDED
    assert ((frame["score"] == "") & (frame["recommended"] == "")).sum() == truth.NOT_SCORED
    assert frame["requisition_id"].nunique() == truth.OPENINGS
