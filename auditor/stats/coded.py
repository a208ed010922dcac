"""Design matrices of columns with few values, as codes: their sums, without the matrix ever being made.

A factor is a column of whole numbers and the values that each number stands for. X'WX is then a table of counts for
every two factors, and a fit over millions of rows needs no more memory than the codes themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHUNK = 1 << 16  # rows at a time, so that what is made of them stays in the processor's cache
COUNTED = 4_096  # values of a factor up to which it is counted; more are written out as columns, chunk by chunk
ALIASED = 1e-9  # of a column's variance: what the columns before it leave, under which it is one of them


@dataclass(frozen=True, eq=False)
class Factor:
    """A part of the design: row i has the columns `table[codes[i]]`; codes of shape (n,), table of (values, columns).

    A factor of levels has the identity as its table. One of its columns is then the sum of the others and the constant,
    which `independent` sees to.
    """

    name: str
    codes: NDArray[np.integer]
    table: Numbers

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.table)

    @property
    def width(self) -> int:
        """How many columns it has."""
        return int(self.table.shape[1])

    @property
    def counted(self) -> bool:
        """Whether its values are counted, rather than written out."""
        return self.size <= COUNTED


@dataclass(frozen=True, eq=False)
class Design:
    """A constant and factors, over `rows` rows. Columns are in this order: the constant, then each factor's own."""

    factors: Sequence[Factor]
    rows: int

    @cached_property
    def places(self) -> dict[str, slice]:
        """The columns of each factor."""
        found, start = {}, 1
        for of in self.factors:
            found[of.name] = slice(start, start + of.width)
            start += of.width
        return found

    @property
    def width(self) -> int:
        """How many columns there are."""
        return 1 + sum(of.width for of in self.factors)

    def gram(self, weights: Numbers | None = None) -> Numbers:
        """Return X'WX of shape (width, width); without weights each row counts as one."""
        counted = [of for of in self.factors if of.counted]
        tables = {(i, j): np.zeros(a.size * b.size) for i, a in enumerate(counted) for j, b in enumerate(counted[:i])}
        single = [np.zeros(of.size) for of in counted]
        found = np.zeros((self.width, self.width))
        for at in self._chunks():
            w = None if weights is None else weights[at]
            codes = [of.codes[at].astype(np.intp) for of in counted]
            for i, a in enumerate(counted):
                single[i] += np.bincount(codes[i], w, a.size)
                for j, b in enumerate(counted[:i]):
                    tables[i, j] += np.bincount(codes[i] * b.size + codes[j], w, a.size * b.size)
            self._add_written(found, at, w, counted, codes)
        found[0, 0] = self.rows if weights is None else weights.sum()
        for i, a in enumerate(counted):
            own = self.places[a.name]
            found[own, own] = a.table.T @ (single[i][:, None] * a.table)
            found[0, own] = found[own, 0] = single[i] @ a.table
            for j, b in enumerate(counted[:i]):
                other = self.places[b.name]
                found[own, other] = a.table.T @ tables[i, j].reshape(a.size, b.size) @ b.table
                found[other, own] = found[own, other].T
        return found

    def _add_written(
        self, found: Numbers, at: slice, w: Numbers | None, counted: Sequence[Factor], codes: Sequence[NDArray[np.intp]]
    ) -> None:
        """Add the sums of a chunk with the factors that are written out."""
        written = {of.name: of.table[of.codes[at]] for of in self.factors if not of.counted}
        for name, x in written.items():
            own = self.places[name]
            wx = x if w is None else x * w[:, None]
            found[0, own] += wx.sum(axis=0)
            found[own, 0] = found[0, own]
            for of, code in zip(counted, codes, strict=True):
                other = self.places[of.name]
                sums = np.stack([np.bincount(code, column, of.size) for column in wx.T])
                found[own, other] += sums @ of.table
                found[other, own] = found[own, other].T
            for second, y in written.items():
                found[own, self.places[second]] += wx.T @ y

    def sums(self, *values: Numbers) -> Numbers:
        """Return X'v of every column v of shape (n,), side by side: of shape (width, number of columns)."""
        found = np.zeros((self.width, len(values)))
        single = {of.name: np.zeros((len(values), of.size)) for of in self.factors if of.counted}
        for at in self._chunks():
            for of in self.factors:
                code = of.codes[at].astype(np.intp)
                if of.counted:
                    for i, v in enumerate(values):
                        single[of.name][i] += np.bincount(code, v[at], of.size)
                else:
                    found[self.places[of.name]] += of.table[code].T @ np.stack([v[at] for v in values], axis=1)
        for i, v in enumerate(values):
            found[0, i] = v.sum()
        for of in self.factors:
            if of.counted:
                found[self.places[of.name]] = of.table.T @ single[of.name].T
        return found

    def fitted(self, beta: Numbers) -> Numbers:
        """Return X beta of shape (n,)."""
        found = np.full(self.rows, beta[0])
        for of in self.factors:
            found += (of.table @ beta[self.places[of.name]])[of.codes]
        return found

    def leverage(self, inverse: Numbers) -> Numbers:
        """Return x'Ax of every row, of shape (n,); A of shape (width, width) is symmetric."""
        found = np.empty(self.rows)
        counted = [of for of in self.factors if of.counted]
        written = [of for of in self.factors if not of.counted]
        own = {of.name: self.places[of.name] for of in self.factors}
        single = {
            of.name: 2 * of.table @ inverse[0, own[of.name]]
            + ((of.table @ inverse[own[of.name], own[of.name]]) * of.table).sum(axis=1)
            for of in counted
        }
        pairs = {
            (a.name, b.name): (2 * a.table @ inverse[own[a.name], own[b.name]] @ b.table.T).ravel()
            for i, a in enumerate(counted)
            for b in counted[:i]
        }
        for at in self._chunks():
            codes = {of.name: of.codes[at].astype(np.intp) for of in self.factors}
            h = np.full(at.stop - at.start, inverse[0, 0])
            for i, a in enumerate(counted):
                h += single[a.name][codes[a.name]]
                for b in counted[:i]:
                    h += pairs[a.name, b.name][codes[a.name] * b.size + codes[b.name]]
            for i, a in enumerate(written):
                x = a.table[codes[a.name]]
                side = 2 * inverse[0, own[a.name]] + x @ inverse[own[a.name], own[a.name]]
                for b in counted:
                    side += 2 * (b.table @ inverse[own[b.name], own[a.name]])[codes[b.name]]
                for b in written[:i]:
                    side += 2 * b.table[codes[b.name]] @ inverse[own[b.name], own[a.name]]
                h += (side * x).sum(axis=1)
            found[at] = h
        return found

    def _chunks(self) -> Iterator[slice]:
        for start in range(0, self.rows, CHUNK):
            yield slice(start, min(start + CHUNK, self.rows))

    def some(self, rows: NDArray[np.integer]) -> Design:
        """Return the design of some rows, by their places."""
        return Design([Factor(of.name, of.codes[rows], of.table) for of in self.factors], len(rows))

    def without(self, name: str) -> Mask:
        """Return which columns are left without a factor's."""
        left = np.ones(self.width, dtype=bool)
        left[self.places[name]] = False
        return left


def summed(codes: NDArray[np.integer], values: Numbers, size: int) -> Numbers:
    """Return the sums of values by code, of shape (size,)."""
    found: Numbers = np.bincount(codes, values, size).astype(np.float64, copy=False)
    return found


def independent(gram: Numbers, asked: Mask) -> Mask:
    """Return those of the asked columns that are no sum of the ones before them, from X'X.

    By a Cholesky factorisation that leaves out what adds nothing, in the order of the columns: the last is the one that
    is tested against all others.
    """
    scale = np.sqrt(np.diag(gram))
    kept: list[int] = []
    lower = np.zeros((len(scale), len(scale)))
    for j in np.flatnonzero(asked & (scale > 0)):
        k = len(kept)
        row = np.zeros(0)
        if k:
            import scipy.linalg

            side = gram[kept, j] / (scale[kept] * scale[j])
            row = scipy.linalg.solve_triangular(lower[:k, :k], side, lower=True, check_finite=False)
        left = 1.0 - float(row @ row)
        if left > ALIASED:
            lower[k, :k] = row
            lower[k, k] = np.sqrt(left)
            kept.append(int(j))
    found = np.zeros(len(scale), dtype=bool)
    found[kept] = True
    return found


def inverse(gram: Numbers, used: Mask) -> Numbers:
    """Return the inverse of X'WX of the used columns, in a matrix of the shape of `gram` with zeros elsewhere.

    Raises:
        numpy.linalg.LinAlgError: The columns determine one another.
    """
    import scipy.linalg

    scale = np.sqrt(np.diag(gram)[used])
    if not (scale > 0).all():
        raise np.linalg.LinAlgError("a column has no weight")
    inner = gram[np.ix_(used, used)] / np.outer(scale, scale)
    lower = scipy.linalg.cholesky(inner, lower=True, check_finite=True)
    made = scipy.linalg.cho_solve((lower, True), np.eye(len(scale))) / np.outer(scale, scale)
    found = np.zeros_like(gram)
    found[np.ix_(used, used)] = (made + made.T) / 2
    return found
