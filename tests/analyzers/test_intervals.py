"""Every estimate that the rules about outcomes print has an interval, or is said to describe the rows at hand."""

from __future__ import annotations

import pytest

from auditor.analyzers.catalog import all_rules
from auditor.counts.extras import Twins
from auditor.counts.tally import Tally
from auditor.model import Unit
from tests.tallies import Counts, run_rule, tally_of

ESTIMATES = (Unit.SHARE, Unit.POINTS, Unit.RATIO, Unit.NUMBER)
# What a number of rows could show, not what they do.
CAPABILITIES = ("detectable_ratio",)


def _tally() -> Tally:
    """Two columns of two groups in two strata that differ, with matched records and rows of no recorded group."""
    strata: dict[str, Counts] = {
        "A": {("m", "x"): (60, 100), ("f", "x"): (5, 100), ("m", "y"): (30, 50), ("f", "y"): (28, 50)},
        "B": {("m", "x"): (30, 100), ("f", "x"): (40, 100), ("m", "y"): (15, 50), (None, "y"): (13, 50)},
    }
    sets = ({"m": (2, 2), "f": (0, 2)}, {"m": (1, 2), "f": (1, 2)}) * 20
    twins = {name: (Twins(sets, ("skill",)), Twins(sets, ("skill",))) for name in ("sex", "race")}
    return tally_of(groups=["sex", "race"], within=["dept"], strata=strata, twins=twins)


@pytest.mark.parametrize("code", ["OUT001", "OUT003", "OUT004", "LAB001"])
def test_an_estimate_has_an_interval_or_is_descriptive(code: str) -> None:
    described = all_rules()[code].measures
    found = 0
    for finding in run_rule(code, _tally()).findings:
        for name, measure in finding.measures.items():
            quantity = described[name]
            if quantity.unit in ESTIMATES and not quantity.descriptive and name not in CAPABILITIES:
                found += 1
                assert measure.low is not None or measure.high is not None, f"{code}: {name}"
    assert found
