"""STG002: many small lists on which groups compete, with and without a gap within them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from auditor.counts.names import LISTS, STRATA
from auditor.model import Audit
from tests.tallies import Counts, audit_of, tally_of

from .design import Kind, design
from .looks import covers, flagged
from .making import Rng
from .planting import fault

CODE = "STG002"
SIZE = 40  # people on a list, on average


def _lists(rng: Rng, rows: int, ratio: float) -> Audit:
    """Lists of different rates and mixtures; on each, a group's rate is `ratio` times the other's."""
    strata: dict[str, Counts] = {}
    for i in range(rows // SIZE):
        n = int(rng.integers(SIZE // 2, SIZE * 3 // 2))
        own = int(rng.binomial(n, rng.beta(2, 3)))
        rate = rng.uniform(0.05, 0.45)
        sizes = {"a": (own, rate * ratio), "b": (n - own, rate)}
        strata[f"r{i}"] = {of: (int(rng.binomial(size, p)), size) for of, (size, p) in sizes.items() if size}
    tally = tally_of(strata=strata, within=["requisition"], roles={"strata": (), "list_column": "requisition"})
    derived = {LISTS: tally.derived[STRATA]}
    return audit_of(type(tally)(**{**vars(tally), "derived": derived}), only=[CODE])


for _rows in (400, 2_000, 8_000):
    design(
        f"lists without a gap, {_rows:,} rows",
        Kind.FALSE_FINDING,
        "lists of about 40 people, whose rates and shares of groups differ; on each both groups have the same rate",
        {CODE: flagged(CODE)},
        short=80 if _rows == 2_000 else 0,
    )(partial(_lists, rows=_rows, ratio=1.0))


@fault("a gap on every list", "on lists of about 40 people one group has .6 times the rate", CODE, sizes=(2_000, 8_000))
def _gap(rng: Rng, rows: int) -> Audit:
    return _lists(rng, rows, 0.6)


def _ratio(of: Mapping[str, Any]) -> float:
    return 0.6 if of["level"] == "a" else 1 / 0.6


design(
    "the ratio within lists",
    Kind.COVERAGE,
    "2,000 rows on lists of about 40; on each the ratio is .6",
    {CODE: covers(CODE, "mh_risk_ratio", _ratio)},
)(partial(_lists, rows=2_000, ratio=0.6))
