"""Directions taken out of vectors so that the means of groups agree, and how much that can leave.

On the rows that an eraser was learnt from, no linear model with a convex loss then predicts the group better than a
constant. On other rows it does, the better the fewer rows there were (`floor`), and other models may on any rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.stats.moments import Part
from auditor.stats.shrinkage import shrinkage, solved
from auditor.stats.tails import normal

RAW, MEAN_DIFFERENCE, LEACE = "nothing", "mean difference", "LEACE"
REMOVED = (2, 5, 20)  # directions of the iterative null-space projection
ERASERS = (RAW, MEAN_DIFFERENCE, LEACE, *(f"{k} directions" for k in REMOVED))
SINGULAR = 1e-10  # of the largest singular value: what is smaller is no direction


@dataclass(frozen=True)
class Eraser:
    """The map x - out into'(x - mean): `out` and `into` have the shape (d, k), `mean` (d,)."""

    out: np.ndarray
    into: np.ndarray
    mean: np.ndarray

    @property
    def directions(self) -> int:
        """The number of directions that it takes out."""
        return int(np.linalg.matrix_rank(self.out)) if self.out.size else 0

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors of shape (n, d) without the directions."""
        left: np.ndarray = vectors - ((vectors - self.mean) @ self.into) @ self.out.T
        return left

    def of_part(self, part: Part) -> Part:
        """Return the means and the covariance that rows have after it: P S P', where P = I - out into'."""
        once = part.covariance - self.out @ (self.into.T @ part.covariance)
        turned = once - (once @ self.into) @ self.out.T
        return Part(part.sizes, self(part.mean[None])[0], self(part.means), (turned + turned.T) / 2)

    def turned(self, directions: np.ndarray) -> np.ndarray:
        """Return directions (d, k) of erased vectors as directions of the vectors themselves: P'w."""
        of_original: np.ndarray = directions - self.into @ (self.out.T @ directions)
        return of_original


def nothing(part: Part) -> Eraser:
    """Return the eraser that takes nothing out."""
    none = np.zeros((len(part.mean), 0))
    return Eraser(none, none, part.mean)


def mean_difference(part: Part) -> Eraser:
    """Return the orthogonal projection along the differences of the groups' means.

    Source: Belrose and others 2023, arXiv:2306.03819 (any oblique projection along them makes the means agree).
    """
    return _along(part, _differences(part))


def leace(part: Part, *, shrink: bool = True) -> Eraser:
    """Return the least-squares eraser of any number of groups: of those that make the means agree, the least change.

    With M the differences of means and S the total covariance it is x - M (M'S⁻¹M)⁺ M'S⁻¹(x - mean), the same as
    W⁺PW with W = S^-½ and P the projector on WM. For two groups it is x - d a'(x - mean) / (a'd), a = S⁻¹d. `shrink`:
    with the shrunk covariance, which leaves the guarantee as it is, since the means agree whatever S is.

    Source: Belrose, Schneider-Joseph, Ravfogel and others 2023, arXiv:2306.03819, theorem 4.3.
    """
    differences = _differences(part)
    if shrink:
        return _along(part, solved(part.covariance, part.rows, differences))
    return _along(part, np.linalg.lstsq(part.covariance, differences, rcond=SINGULAR)[0])


def null_spaces(part: Part, steps: Sequence[int]) -> Iterator[Eraser]:
    """Yield orthogonal projections without the directions that discriminate best, as many as `steps` ask for, rising.

    Each direction is the leading discriminant of what the ones before it left.

    Source: Ravfogel, Elazar, Gonen, Twiton and Goldberg 2020, arXiv:2004.07667 (iterative null-space projection).
    """
    left = _Left.of(part)
    found = np.zeros((len(part.mean), 0))
    for step in steps:
        while found.shape[1] < min(step, len(part.mean)):
            direction = left.leading(found)
            for _ in range(2):  # once more, for what rounding leaves
                direction = direction - found @ (found.T @ direction)
            size = float(np.linalg.norm(direction))
            if not size > 0:
                break
            found = np.column_stack([found, direction / size])
        turned = left.axes @ found
        yield Eraser(turned, turned, part.mean)


def _differences(part: Part) -> np.ndarray:
    """Return the means of all groups less that of the first, shape (d, groups - 1)."""
    differences: np.ndarray = (part.means[1:] - part.means[0]).T
    return differences


def _along(part: Part, into: np.ndarray) -> Eraser:
    """Return the projection along the differences of means that is 0 where `into` (d, groups - 1) is."""
    differences = _differences(part)
    inner = into.T @ differences
    return Eraser(differences @ np.linalg.pinv(inner, rcond=SINGULAR), into, part.mean)


class _Left(NamedTuple):
    """The covariance of a part in its own axes, where it is a list of variances: one decomposition for all directions.

    `between` are the groups' means less that of all, each times the root of the group's share; shape (d, groups).
    """

    axes: np.ndarray
    variances: np.ndarray
    between: np.ndarray
    rows: float

    @classmethod
    def of(cls, part: Part) -> _Left:
        variances, axes = np.linalg.eigh(part.covariance)
        between = (part.means - part.mean) * np.sqrt(part.sizes / part.rows)[:, None]
        return cls(axes, np.maximum(variances, 0), axes.T @ between.T, part.rows)

    def leading(self, removed: np.ndarray) -> np.ndarray:
        """Return the direction without `removed` (d, k), orthonormal, along which the means lie farthest apart.

        With P = I - removed removed' it is the leading discriminant of the covariance PSP, shrunk as in `shrunk`. Its
        inverse within P is that of the shrunk S less what `removed` takes.
        """
        d, of_removed = len(self.variances), self.variances[:, None] * removed
        inner = removed.T @ of_removed
        trace = float(self.variances.sum() - np.trace(inner))
        square = float((self.variances**2).sum() - 2 * (of_removed**2).sum() + (inner**2).sum())
        if not trace > 0:
            return np.zeros(d)
        share = shrinkage(trace, square, d, self.rows)
        inverse = 1 / ((1 - share) * self.variances + share * trace / d)[:, None]
        between = self.between - removed @ (removed.T @ self.between)
        found = inverse * between
        if removed.shape[1]:
            found -= inverse * removed @ np.linalg.solve(removed.T @ (inverse * removed), removed.T @ found)
        inner = between.T @ found
        leading: np.ndarray = found @ np.linalg.eigh((inner + inner.T) / 2)[1][:, -1]
        return leading


def floor(dimensions: int, own: float, other: float, distance: float = math.inf) -> float:
    """Return the AUC that the best linear model still reaches after an eraser learnt from `own` + `other` rows.

    `distance` is the Mahalanobis distance D between the two groups within them, of normal vectors. The eraser's
    direction errs by E = d (1/own + 1/other) in squared units of it; what is left is r² = D²E / (D² + E), and the AUC
    is the normal distribution's value at sqrt(r²/2).

    >>> round(floor(384, 20_000, 20_000), 3), round(floor(384, 120, 280, 1.0), 3)
    (0.555, 0.739)
    """
    if not (own > 0 and other > 0):
        return 1.0
    error = dimensions * (1 / own + 1 / other)
    left = error if math.isinf(distance) else distance**2 * error / (distance**2 + error)
    return 0.5 * math.erfc(-math.sqrt(left / 2) / math.sqrt(2))


def rows_needed(dimensions: int, share: float, most: float) -> float:
    """Return the rows that an eraser must learn from so that `floor` is at most `most`, whatever the distance.

    `share` of them are of the group. 101 rows per dimension leave 0.556 where it is a half.

    >>> round(rows_needed(384, 0.5, 0.556)), round(rows_needed(1, 0.3, 0.556))
    (38720, 120)
    """
    if not 0 < share < 1:
        return math.inf
    return dimensions * (1 / share + 1 / (1 - share)) / (2 * normal(most) ** 2)
