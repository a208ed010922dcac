"""Whether two tallies are the same, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

import pandas as pd
import pytest

from auditor.counts.extras import Twins
from auditor.counts.names import COUNT, MEAN, SQUARES, VARIANCE, WEIGHT
from auditor.counts.tally import Tally
from auditor.counts.units import Units

NUMBERS = (WEIGHT, SQUARES, MEAN, VARIANCE)


def assert_equal(one: Tally, other: Tally, twins: bool = True) -> None:
    """Fail where two tallies differ; twins are compared only where both looked at the same rows."""
    assert one.rows == other.rows and one.roles == other.roles
    assert _same(one.tables, other.tables)
    assert _same(one.moments or {}, other.moments or {})
    assert {name: of.source for name, of in one.derivations.items()} == {
        name: of.source for name, of in other.derivations.items()
    }
    features = tuple({name: of.counted for name, of in each.derivations.items()} for each in (one, other))
    for some, others in ((one.columns, other.columns), (one.derived, other.derived), features):
        assert some.keys() == others.keys()
        for name in some:
            for fact in ("type", "missing", "levels", "exact", "edges", "low", "high", "kept"):
                assert getattr(some[name], fact) == getattr(others[name], fact), (name, fact)
            assert math.isclose(some[name].agree, others[name].agree, rel_tol=1e-12), name
            assert _same(some[name].tables, others[name].tables), name
    assert (one.repeated_rows, one.repeated_ids) == (other.repeated_rows, other.repeated_ids)
    assert _sums(one) == {key: pytest.approx(of) for key, of in _sums(other).items()}  # of weights, in any order
    assert (one.units is None) == (other.units is None)
    if one.units and other.units and twins:  # where both looked at the same rows
        assert _design_effects(one.units) == pytest.approx(_design_effects(other.units))
    assert (one.twins or {}).keys() == (other.twins or {}).keys()
    for group in (one.twins or {}) if twins else ():
        for a, b in zip((one.twins or {})[group], (other.twins or {})[group], strict=True):
            assert (a.asked, a.of) == (b.asked, b.of) and _sets(a) == _sets(b)


def _sums(tally: Tally) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the sums over the units of each level."""
    return {(group, level): astuple(of) for group, levels in tally.clusters.items() for level, of in levels.items()}


def _design_effects(units: Units) -> dict[Any, float]:
    """Return how many rows and units there are, and the design effects of all rates and missing shares."""
    found: dict[Any, float] = {"rows": units.design.rows, "numbers": units.numbers(units.outcome >= 0)}
    found |= {("unit", i): len(set(of.tolist())) for i, of in enumerate(units.design.units)}
    for name, levels in units.levels.items():
        found |= {(name, level): units.favourable(units.are(name, level)) for level in levels}
        found[name, None] = units.rate(units.are(name, None), units.outcome == 1)
        found[name, "link"] = units.link(units.codes[name], units.outcome)
    return found


def _same(one: Mapping[Any, pd.DataFrame], other: Mapping[Any, pd.DataFrame]) -> bool:
    """Whether tables are equal cell by cell; sums of doubles to the last few digits."""
    if one.keys() != other.keys():
        return False
    for key in one:
        a, b = _cells(one[key]), _cells(other[key])
        if a.keys() != b.keys():
            return False
        pairs = (pair for at in a for pair in zip(a[at], b[at], strict=True))
        if not all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9) for x, y in pairs):
            return False
    return True


def _cells(frame: pd.DataFrame) -> dict[tuple[Any, ...], tuple[float, ...]]:
    counted = [name for name in (COUNT, *NUMBERS) if name in frame.columns]
    by = [name for name in frame.columns if name not in counted]
    plain = frame[by].astype(object).where(frame[by].notna(), None)
    keys = map(tuple, plain.itertuples(index=False))
    return dict(zip(keys, map(tuple, frame[counted].itertuples(index=False)), strict=True))


def _sets(twins: Twins) -> list[Any]:
    return sorted(sorted(of.items()) for of in twins.sets)
