"""RNK001: places on lists by a score, with and without a shift of one group's scores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from auditor.counts.columns import Column
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME, PLACES
from auditor.counts.places import BETWEEN
from auditor.model import Audit
from auditor.stats.exposure import EDGES, discount
from tests.tallies import audit_of, tally_of

from .design import Design, Kind, Look, design, register
from .looks import covers_in_table, flagged
from .making import Rng
from .planting import fault

CODE = "RNK001"
CUTS = (1, 3, 5, 10, 20)


def _scores(rng: Rng, lists: int, size: int, shift: float, groups: str = "ab") -> pd.DataFrame:
    """Return people on lists and their places; the first group's scores are lower by `shift` deviations."""
    frame = pd.DataFrame({"list": np.repeat(np.arange(lists), size), "group": rng.choice(list(groups), lists * size)})
    score = rng.normal(size=len(frame)) - shift * (frame["group"] == groups[0])
    order = np.lexsort((-score, frame["list"]))
    place = np.empty(len(frame), dtype=np.int64)
    place[order] = np.tile(np.arange(1, size + 1), lists)
    return frame.assign(place=place)


def _audit(rng: Rng, lists: int, size: int, shift: float, groups: str = "ab") -> Audit:
    frame = _scores(rng, lists, size, shift, groups)
    level = frame["list"].astype(str) + BETWEEN + np.searchsorted(EDGES, frame["place"]).astype(str)
    table = frame.groupby([level.rename(LEVEL), "group"]).size().rename(COUNT).reset_index()
    table[OUTCOME] = NO_OUTCOME
    counts = {of: int(n) for of, n in frame["group"].value_counts().items()}
    tally = tally_of(counts, target=None, roles={"rank": "place", "list_column": "list"})
    column = Column(PLACES, "VARCHAR", {("group",): table}, 0, table[LEVEL].nunique(), True, 0.0)
    return audit_of(type(tally)(**{**vars(tally), "derived": {PLACES: column}}), only=[CODE])


for _lists, _size, _groups in ((1, 300, "ab"), (60, 30, "ab"), (60, 30, "abcd")):
    design(
        f"places alike, {_lists} lists of {_size}, {len(_groups)} groups",
        Kind.FALSE_FINDING,
        f"{_lists} lists of {_size} people in random order, {len(_groups)} groups",
        {CODE: flagged(CODE)},
        rounds=300,
        short=80 if len(_groups) == 2 and _lists > 1 else 0,
    )(partial(_audit, lists=_lists, size=_size, shift=0.0, groups=_groups))


@fault("lower scores", "on lists of 30 one group's scores are lower by .8 deviations", CODE, sizes=(450, 1_800))
def _shifted(rng: Rng, rows: int) -> Audit:
    return _audit(rng, rows // 30, 30, 0.8)


@cache
def _true(shift: float, size: int) -> dict[str, float]:
    """Return the true ratios of shares and of exposure, by a large simulation."""
    frame = _scores(np.random.default_rng(1), 40_000, size, shift)
    found = {}
    weights = frame.groupby("list")["group"].agg(lambda of: (of == "a").mean() * (of == "b").mean())
    held = weights.index[weights > 0]
    frame = frame[frame["list"].isin(held)]
    own = frame["group"] == "a"
    seen = frame["place"].map({place: discount(place) for place in range(1, size + 1)})
    columns: dict[str, pd.Series] = {f"top {k:,}": frame["place"] <= k for k in CUTS} | {"mean exposure": seen}
    for name, of in columns.items():
        means = [of[each].groupby(frame["list"][each]).mean() for each in (own, ~own)]
        found[name] = float((means[0] * weights[held]).sum() / (means[1] * weights[held]).sum())
    return found


def _ratio(of: Mapping[str, Any], shift: float) -> float:
    ratio = _true(shift, 30)[of["top"]]
    return ratio if of["level"] == "a" else 1 / ratio


for _shift in (0.0, 0.6):
    _looks: dict[tuple[Kind, str], Look] = {
        (Kind.COVERAGE, "band of all k and the exposure"): covers_in_table(CODE, partial(_ratio, shift=_shift)),
    }
    register(
        Design(
            f"top places, a shift of {_shift}",
            f"60 lists of 30; one group's scores are lower by {_shift} deviations",
            partial(_audit, lists=60, size=30, shift=_shift),
            _looks,
            300,
        )
    )
