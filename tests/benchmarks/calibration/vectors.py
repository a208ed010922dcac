"""Rules of vectors: EMB001 to EMB004, in as many dimensions as small language models have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, Look, register
from .looks import cleared, flagged, shown
from .making import Rng, check, levels, yes

WIDTH = 384
RULES = ("EMB001", "EMB002")


def _add(name: str, kind: Kind, true: str, make: Callable[[Rng], Audit], looks: Mapping[str, Look]) -> None:
    register(Design(name, true, make, {(kind, look): of for look, of in looks.items()}, 200))


def _frame(rng: Rng, rows: int, width: int = WIDTH, share: float = 0.3) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.DataFrame({"group": levels(rng, "fm", rows, [share, 1 - share])})
    return frame, rng.normal(size=(rows, width)).astype(np.float32)


def _audited(rng: Rng, frame: pd.DataFrame, vectors: np.ndarray, only: tuple[str, ...] = RULES) -> Audit:
    rows = len(frame)
    return check(frame.assign(hired=yes(rng, 0.4, rows), emb=[*vectors]), only=list(only), vector="emb")


def _nothing(rng: Rng, rows: int) -> Audit:
    return _audited(rng, *_frame(rng, rows))


def _copies(rng: Rng) -> Audit:
    """Two near copies of each original, with its group: a probe that is tested on copies would know it."""
    frame, vectors = _frame(rng, 200)
    near = np.concatenate([vectors + 0.05 * rng.normal(size=vectors.shape).astype(np.float32) for _ in range(3)])
    return _audited(rng, pd.concat([frame] * 3, ignore_index=True), near)


NONE = {code: flagged(code) for code in RULES}
for rows in (200, 500, 2_000):
    _add(
        f"vectors, nothing linked, {rows:,} rows",
        Kind.FALSE_FINDING,
        f"{rows:,} vectors of {WIDTH} numbers that follow nothing, 30% in the group",
        partial(_nothing, rows=rows),
        NONE,
    )
_add(
    "vectors, near copies",
    Kind.FALSE_FINDING,
    "200 vectors that follow nothing, each with two near copies of its own group",
    _copies,
    NONE,
)


def _several(rng: Rng) -> Audit:
    """Two columns of vectors and two groups: any of the four pairs would be a false finding."""
    frame, vectors = _frame(rng, 500, 64)
    frame["shift"], more = levels(rng, "ab", 500), rng.normal(size=(500, 64)).astype(np.float32)
    made = frame.assign(hired=yes(rng, 0.4, 500), emb=[*vectors], more=[*more])
    return check(made, groups=["group", "shift"], only=list(RULES), vector=["emb", "more"])


_add(
    "vectors, two columns and two groups",
    Kind.FALSE_FINDING,
    "two columns of 500 vectors of 64 numbers that follow nothing, and two groups",
    _several,
    NONE,
)


def _regions(rng: Rng) -> Audit:
    """Twelve clusters of vectors, whose outcome is a coin."""
    frame, vectors = _frame(rng, 2_000, 16)
    vectors += 5 * rng.normal(size=(12, 16)).astype(np.float32)[rng.integers(0, 12, 2_000)]
    return _audited(rng, frame, vectors, ("EMB003",))


_add(
    "vectors, clusters",
    Kind.FALSE_FINDING,
    "2,000 vectors in twelve clusters, each selected at 40%",
    _regions,
    {"EMB003": flagged("EMB003")},
)


def _planted(rng: Rng, distance: float, rows: int) -> Audit:
    frame, vectors = _frame(rng, rows)
    vectors[:, 0] += distance * (frame["group"] == "f").to_numpy()
    return _audited(rng, frame, vectors)


for distance, rows in ((1.0, 2_000), (2.0, 500)):
    name = f"vectors, groups {distance:g} apart, {rows:,} rows"
    true = f"two groups of normal vectors of {WIDTH} numbers, {distance:g} standard deviations apart"
    make = partial(_planted, distance=distance, rows=rows)
    register(
        Design(
            name,
            true,
            make,
            {
                (Kind.POWER, "EMB001"): shown("EMB001"),
                (Kind.FALSE_CLEAR, "EMB001"): cleared("EMB001"),
                (Kind.FALSE_CLEAR, "EMB002"): cleared("EMB002"),
            },
            200,
        )
    )


def _spread(rng: Rng) -> Audit:
    """One group varies more in half of the numbers, and less in the others: no linear model sees it."""
    frame, vectors = _frame(rng, 1_000, 64, 0.5)
    own = (frame["group"] == "f").to_numpy()[:, None]
    vectors *= 1 + np.where(np.arange(64) < 32, own, ~own)
    return _audited(rng, frame, vectors)


register(
    Design(
        "vectors, groups of another spread",
        "two groups of 500 vectors of 64 numbers with one mean, which vary twice as much in other halves of them",
        _spread,
        {
            (Kind.POWER, "EMB001"): shown("EMB001"),
            (Kind.POWER, "EMB002"): shown("EMB002"),
            (Kind.FALSE_CLEAR, "EMB002"): cleared("EMB002"),
        },
        200,
    )
)
