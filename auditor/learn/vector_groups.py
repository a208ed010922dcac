"""A group column beside vectors: sums of these by level and outcome, erasers learned from them, and linear models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from auditor.stats.erasing import (
    ERASERS,
    LEACE,
    MEAN_DIFFERENCE,
    RAW,
    REMOVED,
    Eraser,
    leace,
    mean_difference,
    nothing,
    null_spaces,
)
from auditor.stats.matrices import FOLDS
from auditor.stats.moments import Moments, Run
from auditor.stats.probing import beside, erased, raw, split


@dataclass(frozen=True)
class VectorGroup:
    """A group column: its levels, the places of rows that have one, and every row's level and outcome as numbers.

    `codes` and `outcome` are -1 where nothing is recorded, shape (n,). `moments` are by level, `outcomes` by outcome,
    None with too few rows of either.
    """

    levels: tuple[str, ...]
    rows: np.ndarray
    codes: np.ndarray
    outcome: np.ndarray
    moments: Moments
    outcomes: Moments | None
    erasers: dict[tuple[int, ...], dict[str, Eraser]] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[str, ...]:
        """The levels to be predicted: the smaller of two, else all against the rest."""
        return self.levels[1:] if len(self.levels) == 2 else self.levels

    @property
    def places(self) -> list[int]:
        """The places of those in `levels`."""
        return [self.levels.index(level) for level in self.asked]

    def learn(self, eraser: str, folds: Sequence[int]) -> Eraser:
        """Return an eraser of ERASERS as the rows of some folds give it; nothing where one has no row of a level."""
        key = tuple(sorted(folds))
        if eraser not in self.erasers.setdefault(key, {}):
            part, found = self.moments.among(key), self.erasers[key]
            if not part.usable:
                found[eraser] = nothing(part)
            elif eraser in (MEAN_DIFFERENCE, LEACE):
                found[eraser] = leace(part) if eraser == LEACE else mean_difference(part)
            else:
                found.update(zip(ERASERS[3:], null_spaces(part, REMOVED), strict=True))
        return self.erasers[key][eraser]

    def prepare(self, erasers: Sequence[str], run: Run) -> None:
        """Learn erasers from all folds that they are asked of, each once, before threads ask for them."""
        tests = range(FOLDS)
        folds = [split(self.moments, test)[0] for test in tests] + [[i for i in tests if i != test] for test in tests]
        asked = [eraser for eraser in erasers if eraser != RAW]
        for _ in run(lambda of: [self.learn(eraser, of) for eraser in asked], folds):
            pass

    def directions(self, eraser: str, test: int) -> np.ndarray:
        """Return the directions that predict the levels that are asked for, and the outcome if there is one; (d, k)."""
        learn = partial(self.learn, eraser)
        found = raw(self.moments, test) if eraser == RAW else erased(self.moments, learn, test)
        found = found[:, self.places]
        if self.outcomes is None:
            return found
        outcome = raw(self.outcomes, test) if eraser == RAW else beside(self.outcomes, learn, test)
        return np.column_stack([found, outcome[:, 1]])
