"""Joint groups that the data do not cover: the maximal uncovered patterns."""

from __future__ import annotations

import numpy as np


def uncovered(counts: np.ndarray, least: int, depth: int = 3) -> list[tuple[int | None, ...]]:
    """Return the maximal patterns with fewer than `least` rows: all that generalise them have as many.

    `counts` is a dense cube, an axis per column; a pattern gives an index per axis, or None for any. Patterns that
    name more than `depth` columns are left out. Source: Asudeh, Jin and Jagadish 2019, arXiv:1810.06742.
    """
    cube = counts
    for axis in range(counts.ndim):
        cube = np.concatenate([cube, cube.sum(axis=axis, keepdims=True)], axis=axis)
    thin = cube < least
    found = np.argwhere(thin)
    any_value = np.asarray(counts.shape)
    maximal = (found != any_value).sum(axis=1) <= depth
    for axis, size in enumerate(counts.shape):
        parent = found.copy()
        parent[:, axis] = size
        maximal &= (found[:, axis] == size) | ~thin[tuple(parent.T)]
    return [
        tuple(None if at == size else int(at) for at, size in zip(row, counts.shape, strict=True))
        for row in found[maximal]
    ]
