"""Models of a text column: the group predicted from its terms, and the effect of a term on a group's selection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditor.counts.extras import Documents
from auditor.counts.tally import Tally
from auditor.engines.sample import TEXT, TextSample
from auditor.learn.peel import Rows
from auditor.learn.sampled import units
from auditor.learn.study import Study
from auditor.stats.matrices import FOLDS, Matrix, Words
from auditor.stats.peeling import Peel, term_peels
from auditor.stats.recovery import BAYES, LOGISTIC, logistic, side_by_side
from auditor.stats.units import linearised, taken

if TYPE_CHECKING:
    import pyarrow as pa
    from scipy import sparse

MOST_TERMS = 5_000  # that models see: the commonest


class Taken(NamedTuple):
    """The effect of removing a term on the outcome model: points of gap closed, their error, the documents it is in."""

    points: float
    error: float
    documents: int


class Texts(Study):
    """Models of the terms of a text column: each document as the terms that it holds, however often."""

    thing = "term"
    learners = (LOGISTIC, BAYES)
    asked = (0, 1, 2, 5, 10, 20, 50, 100)

    def __init__(self, sample: TextSample, documents: Documents, tally: Tally) -> None:
        super().__init__(sample.rows, sample.of, documents.terms[:MOST_TERMS], tally.roles.groups, {})
        self._words = sample.words
        self._named = (*tally.roles.units, TEXT)

    @cached_property
    def _matrix(self) -> Words:
        ones, parts = _held(self._words, self.names)
        return Words(ones, self._folds(), parts)

    def _peels(self, matrix: Matrix | Words, codes: np.ndarray) -> list[Peel]:
        assert isinstance(matrix, Words)  # its own
        return term_peels(matrix, codes, self.grid())

    def _units(self) -> list[np.ndarray]:
        """Return who wrote a document, and which text it is: copies must not be on both sides of a fold."""
        return [units(self._frame[name]) for name in self._named]

    def taken_out(self, group: str, level: str, reference: str, terms: Sequence[str]) -> dict[str, Taken]:
        """Return how removing each term (and its pairs) from the documents changes the gap of a model without groups.

        The model is the cross-fitted logistic regression of the outcome; points of gap are the mean change of the
        probability over all documents of the level, less that of the reference.
        """
        of = self.outcome
        if of is None:
            return {}
        places = {term: i for i, term in enumerate(self.names)}
        levels = self._levels(group).take(of.rows)
        base, coefficients = self._scores
        found = {}
        matrix = of.matrix
        assert isinstance(matrix, Words)  # its own
        columns = matrix.ones.tocsc()
        for term in terms:
            if term not in places:
                continue
            removed = np.zeros(matrix.width, dtype=np.float32)
            removed[places[term]] = 1
            removed = np.maximum(removed, np.asarray(matrix.parts @ removed).ravel() > 0)
            share = np.zeros(len(base))
            for place in np.flatnonzero(removed):
                documents = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
                share[documents] += coefficients[matrix.fold[documents], place]
            change = _logistic(base - share) - _logistic(base)
            sides = [(change[levels.are(name)], of.weights[levels.are(name)]) for name in (level, reference)]
            if not all(len(part) > 1 for part, _ in sides):
                continue
            means = [float(np.average(part, weights=weight)) for part, weight in sides]
            errors = [
                linearised(weight * (part - mean) / weight.sum(), taken(of.ways, levels.are(name)))
                for (part, weight), mean, name in zip(sides, means, (level, reference), strict=True)
            ]
            held = int(columns.indptr[places[term] + 1] - columns.indptr[places[term]])
            found[term] = Taken(means[0] - means[1], float(np.sqrt(sum(errors))), held)
        return found

    @cached_property
    def _scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-odds of every document from the other folds' model, and every fold's coefficients."""
        of = self.outcome
        assert of is not None and isinstance(of.matrix, Words)  # asked for after both are known
        base, coefficients = np.empty(len(of.positive)), np.zeros((FOLDS, of.matrix.width))
        with side_by_side() as threads:
            models = threads.map(lambda fold: _model(of, fold), range(FOLDS))
            for fold, model in enumerate(models):
                test = of.matrix.fold == fold
                base[test] = model.decision_function(of.matrix.ones[test]) if model and test.any() else 0.0
                coefficients[fold] = model.coef_[0] if model else 0.0
        return base, coefficients


def _model(of: Rows, fold: int) -> Any:  # of scikit-learn, which ships no types
    """Return the logistic regression of the other folds' documents; None where all have one outcome."""
    assert isinstance(of.matrix, Words)
    outcomes = of.positive[of.matrix.fold != fold]
    if not 0 < outcomes.sum() < len(outcomes):
        return None
    return logistic(words=True).fit(of.matrix.others[fold], outcomes)


def _logistic(values: np.ndarray) -> np.ndarray:
    from scipy import special

    probabilities: np.ndarray = special.expit(values)
    return probabilities


def _held(words: pa.ListArray, terms: Sequence[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return which documents hold which terms, and which terms contain which others."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from scipy import sparse

    places = {term: i for i, term in enumerate(terms)}
    singles = sorted({word for term in terms for word in term.split(" ")})
    own = np.array([places.get(word, -1) for word in singles] + [-1])
    n = len(singles)
    number = {word: i for i, word in enumerate(singles)}
    pairs = [(term, term.split(" ")) for term in terms if " " in term]
    codes = np.array([number[first] * n + number[second] for _, (first, second) in pairs], dtype=np.int64)
    order = np.argsort(codes)
    codes, targets = codes[order], np.array([places[pairs[i][0]] for i in order], dtype=np.int64)
    known = pc.index_in(words.flatten(), value_set=pa.array(singles, pa.string()))
    at = pc.fill_null(known, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    document = np.repeat(np.arange(len(words)), np.diff(words.offsets.to_numpy()))
    single = own[at]
    both = (at[:-1] >= 0) & (at[1:] >= 0) & (document[:-1] == document[1:])
    pair = (at[:-1] * n + at[1:])[both]
    where = np.minimum(np.searchsorted(codes, pair), max(0, len(codes) - 1))
    there = codes[where] == pair if len(codes) else np.zeros(len(pair), dtype=bool)
    rows = np.concatenate([document[single >= 0], document[:-1][both][there]])
    columns = np.concatenate([single[single >= 0], targets[where[there]] if len(codes) else where[there]])
    ones = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(words), len(terms)), dtype=np.float32
    )
    ones.data[:] = 1  # held, however often
    links = [(places[term], places[word]) for term, parts in pairs for word in set(parts) if word in places]
    values = np.ones(len(links), dtype=np.float32)
    at_rows, at_columns = zip(*links, strict=True) if links else ((), ())
    return ones, sparse.csr_matrix((values, (at_rows, at_columns)), shape=(len(terms), len(terms)))
