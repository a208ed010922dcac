"""STG001: stages of a process, with and without a gap at one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from auditor.model import Audit
from tests.analyzers.funnels import drawn, funnel_of
from tests.tallies import audit_of

from .design import Design, Kind, design, register
from .looks import cleared, covers, flagged, shown
from .making import Rng
from .planting import fault

CODE = "STG001"
STAGES = ("screened", "interviewed", "offered", "hired")
EVEN = (0.4, 0.8, 0.4, 0.9)
GAP = (0.4, 0.8, 0.4 * 0.6, 0.9)  # at the third stage alone: a ratio of .6
TWO = (0.4 * 0.7, 0.8, 0.4 * 0.8, 0.9)


def _process(rng: Rng, sizes: Mapping[str, int], rates: Mapping[str, Sequence[float]], leave: float = 0.03) -> Audit:
    return audit_of(funnel_of(drawn(rng, sizes, rates, leave), STAGES), only=[CODE])


def _equal(rng: Rng, groups: str, rows: int) -> Audit:
    return _process(rng, dict.fromkeys(groups, rows // len(groups)), dict.fromkeys(groups, EVEN))


for _groups, _rows in (("ab", 300), ("ab", 3_000), ("abcd", 3_000)):
    design(
        f"stages alike, {len(_groups)} groups, {_rows:,} rows",
        Kind.FALSE_FINDING,
        f"four stages at the same rates for {len(_groups)} groups of {_rows // len(_groups):,}; 3% withdraw at each",
        {CODE: flagged(CODE)},
        short=80 if len(_groups) == 4 else 0,
    )(partial(_equal, groups=_groups, rows=_rows))


@fault("a gap at one stage", "the ratio is .6 at the third of four stages, 1 at the others", CODE, sizes=(1_000, 3_000))
def _one_stage(rng: Rng, rows: int) -> Audit:
    return _process(rng, {"a": rows // 3, "b": rows - rows // 3}, {"a": GAP, "b": EVEN})


def _planted(rng: Rng) -> Audit:
    return _one_stage(rng, 3_000)


register(
    Design(
        "a gap at one stage, found there and nowhere else",
        "3,000 rows; the ratio is .6 at the third of four stages, 1 at the others",
        _planted,
        {
            (Kind.POWER, f"{CODE} third stage"): shown(CODE, stage="offered"),
            (Kind.FALSE_CLEAR, f"{CODE} third stage"): cleared(CODE, stage="offered"),
            (Kind.FALSE_FINDING, f"{CODE} first stage"): flagged(CODE, stage="screened"),
            (Kind.FALSE_FINDING, f"{CODE} second stage"): flagged(CODE, stage="interviewed"),
            (Kind.FALSE_FINDING, f"{CODE} last stage"): flagged(CODE, stage="hired"),
        },
        400,
        400,
    )
)


def _ratio(of: Mapping[str, Any]) -> float:
    ratio = dict(zip(STAGES, (own / theirs for own, theirs in zip(TWO, EVEN, strict=True)), strict=True))[of["stage"]]
    return ratio if of["level"] == "a" else 1 / ratio


WHOLE = math.prod(TWO) / math.prod(EVEN)  # .56


def _part(of: Mapping[str, Any]) -> float:
    ratio = _ratio(of) if of["level"] == "a" else 1 / _ratio(of)
    return math.log(ratio) / math.log(WHOLE)


for _leave in (0.0, 0.15):
    register(
        Design(
            f"two stages with a gap, {100 * _leave:g}% withdraw at each",
            "1,500 and 3,000 rows; the ratios are .7, 1, .8 and 1",
            partial(_process, sizes={"a": 1_500, "b": 3_000}, rates={"a": TWO, "b": EVEN}, leave=_leave),
            {
                (Kind.COVERAGE, "ratio of the first stage"): covers(CODE, "impact_ratio", _ratio, stage="screened"),
                (Kind.COVERAGE, "ratio of the whole process"): covers(CODE, "process_ratio", WHOLE, stage="screened"),
                (Kind.COVERAGE, "part of the first stage"): covers(CODE, "part_of_gap", _part, stage="screened"),
                (Kind.COVERAGE, "part of the second stage"): covers(CODE, "part_of_gap", _part, stage="interviewed"),
                (Kind.COVERAGE, "part of the third stage"): covers(CODE, "part_of_gap", _part, stage="offered"),
            },
            400,
        )
    )
