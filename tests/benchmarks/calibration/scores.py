"""SCO001 to SCO005: scores that mean the same in both groups, and scores with a planted fault."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit
from auditor.use.roles import Cut, Scoring
from tests.tallies import Bins, audit_of, tally_of

from .design import Kind, design
from .looks import flagged
from .making import Rng, check, levels, yes
from .planting import fault

CODES = ("SCO001", "SCO002", "SCO003", "SCO004", "SCO005")
SHARE = 0.3  # of rows that are f


def _people(rng: Rng, rows: int, rate: float) -> pd.DataFrame:
    """Scores that are the chance of the outcome, with this mean, whatever the group."""
    chance = rng.beta(4 * rate, 4 * (1 - rate), rows)
    frame = pd.DataFrame({"group": levels(rng, "fm", rows, [SHARE, 1 - SHARE]), "score": chance.round(2)})
    return frame.assign(hired=yes(rng, chance, rows))


def _counted(frame: pd.DataFrame, cut: float, only: list[str]) -> Audit:
    """Audit the counts of a frame, in which each value of the score has a bin to itself."""
    values = np.unique(frame["score"])
    edges = np.unique(np.concatenate([values, np.nextafter(values, -np.inf), [cut, np.nextafter(cut, -np.inf)]]))
    place = np.searchsorted(edges, frame["score"])
    good = (frame["hired"] == "yes").to_numpy()
    bins: list[dict[str, tuple[int, int]]] = [{} for _ in range(len(edges) + 1)]
    found = pd.DataFrame({"at": place, "group": frame["group"], "good": good}).groupby(["at", "group"])["good"]
    for at, level, x, n in found.agg(["sum", "size"]).reset_index().itertuples(index=False):
        bins[at][level] = (int(x), int(n))
    sums = frame.assign(good=good).groupby("group")["good"].agg(["sum", "size"])
    counts = {str(level): (int(x), int(n)) for level, (x, n) in sums.iterrows()}
    roles = {"scoring": Scoring("score", cut=Cut(">=", cut)), "features": ()}
    tally = tally_of(counts, columns={"score": Bins(tuple(map(float, edges)), bins)}, roles=roles)
    return audit_of(tally, only=only)


def _nothing(rng: Rng, rows: int, rate: float) -> Audit:
    return _counted(_people(rng, rows, rate), rate, list(CODES))


for _rows in (200, 500, 2_000):
    for _rate in (0.2, 0.5):
        design(
            f"a score that means the same, {_rows:,} rows, rate {_rate}",
            Kind.FALSE_FINDING,
            f"{_rows:,} rows, three tenths f; scores are the chance of the outcome, {_rate} on average, in both groups; "
            "the cut is there",
            {code: flagged(code) for code in CODES},
            short=80 if _rows == 500 else 0,
        )(partial(_nothing, rows=_rows, rate=_rate))


@design(
    "a score of people who recur",
    Kind.FALSE_FINDING,
    "150 people with one to six rows each, one score and one outcome; nothing depends on the group; the person is named",
    {code: flagged(code) for code in CODES},
    rounds=200,
)
def _recurring(rng: Rng) -> Audit:
    frame = _people(rng, 150, 0.5).assign(person=[f"p{i}" for i in range(150)])
    frame = frame.iloc[np.repeat(np.arange(150), rng.integers(1, 7, 150))].reset_index(drop=True)
    frame = frame.assign(x=rng.random(len(frame)))
    return check(frame, only=list(CODES), id="person", score="score", cut=0.5)


@fault("lower scores", "scores of f are lower by a quarter, outcomes are not", "SCO001", "SCO002", "SCO005", short=500)
def _lower(rng: Rng, rows: int) -> Audit:
    frame = _people(rng, rows, 0.5)
    frame["score"] = (frame["score"] - 0.25 * (frame["group"] == "f")).clip(0, 1).round(2)
    return _counted(frame, 0.5, ["SCO001", "SCO002", "SCO005"])


@fault("suitable people are missed", "f with the outcome score lower by 0.3, the others as before", "SCO003")
def _missed(rng: Rng, rows: int) -> Audit:
    frame = _people(rng, rows, 0.5)
    missed = (frame["group"] == "f") & (frame["hired"] == "yes")
    frame["score"] = (frame["score"] - 0.3 * missed).clip(0, 1).round(2)
    return _counted(frame, 0.5, ["SCO003"])


@fault("scores by lot", "scores of f have nothing to do with their outcomes", "SCO004")
def _by_lot(rng: Rng, rows: int) -> Audit:
    frame = _people(rng, rows, 0.5)
    f = (frame["group"] == "f").to_numpy()
    frame.loc[f, "score"] = rng.permutation(frame.loc[f, "score"].to_numpy())
    return _counted(frame, 0.5, ["SCO004"])
