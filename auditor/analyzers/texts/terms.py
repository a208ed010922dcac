"""Terms of a text that mark a level of a group against the reference: what TXT001 and TXT002 judge."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from auditor.analyzers.catalog import NotRun
from auditor.counts.extras import Documents
from auditor.counts.tally import Tally
from auditor.stats.tails import benjamini_hochberg
from auditor.stats.terms import LogOdds, detectable_odds, log_odds, mid_p, sure
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MIN_DOCUMENTS = 30  # of a group, to be compared by its terms
USUAL = 0.05  # the share of documents for which the detectable odds ratio is reported
MOST_RECORDS = 300
FAVOURABLE = 2  # the place of an outcome in the counts
WORD, HOLDS_MARKED, PAIR = range(3)  # what is judged together
# The parts of alpha: words and other pairs share it, because either shows that terms mark a group. Pairs of a marked
# word show nothing that the word has not shown, so they have no part in that.
PART_OF_ALPHA = {WORD: 0.8, PAIR: 0.2, HOLDS_MARKED: 1.0}

SAYS = Says(too_few="no group column has two groups of {least} documents or more with terms in common")


@dataclass(frozen=True)
class Marked:
    """The terms of a column for one level against the reference: arrays over the terms in enough documents of both."""

    documents: Documents
    group: str
    level: str
    reference: str
    places: np.ndarray
    held: tuple[np.ndarray, np.ndarray]
    sizes: tuple[int, int]
    odds: LogOdds
    p: np.ndarray
    q: np.ndarray
    families: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    comparisons: int = 1  # of this text, among which alpha is shared

    @property
    def subject(self) -> dict[str, str]:
        """What a finding is about."""
        return {"column": self.documents.column, "group": self.group, "level": self.level, "reference": self.reference}

    def term(self, i: int) -> str:
        """Return a term by its place."""
        return self.documents.terms[int(self.places[i])]

    def marks(self, alpha: float, ratio: float) -> np.ndarray:
        """Return which terms mark one of the two: odds that differ by `ratio` or more, and evidence."""
        marked: np.ndarray = (self.q < alpha) & (np.abs(self.odds.delta) >= math.log(ratio))
        return marked

    def adjusted(self, p: np.ndarray) -> np.ndarray:
        """Return p-values to be compared with alpha: Benjamini and Hochberg's within each family, by its part of it."""
        q = np.ones(len(p))
        for family, part in PART_OF_ALPHA.items():
            of = self.families == family
            q[of] = np.minimum(1, benjamini_hochberg(p[of]) * self.comparisons / part)
        return q

    def detectable(self, alpha: float) -> float:
        """Return the least odds ratio of a word in `USUAL` of the documents that would be found in 97.5% of samples."""
        part = alpha * PART_OF_ALPHA[WORD] / self.comparisons
        return detectable_odds(*self.sizes, USUAL, int((self.families == WORD).sum()), part, sure(alpha))

    def shares(self, i: int) -> tuple[float, float]:
        """Return the shares of the two groups' documents that hold a term."""
        return float(self.held[0][i]) / self.sizes[0], float(self.held[1][i]) / self.sizes[1]


def compared_terms(tally: Tally, use: UseCase, ratio: float) -> Iterator[Marked]:
    """Yield every level against the reference by their terms; NotRun where there is nothing to compare."""
    compared = False
    for documents in tally.documents.values():
        pairs = list(_pairs(documents, tally, use))
        for group, level, reference in pairs:
            compared = True
            yield _marked(documents, (group, level, reference), len(pairs), use.limits.alpha, ratio)
    if not compared:
        raise NotRun(SAYS("too_few", least=MIN_DOCUMENTS))


def _pairs(documents: Documents, tally: Tally, use: UseCase) -> Iterator[tuple[str, str, str]]:
    """Yield the groups that are compared by a text: column, level, reference."""
    for group, levels in documents.levels.items():
        sizes = {level: int(documents.of(group, level)[1].sum()) for level in levels}
        large = [level for level in levels if sizes[level] >= MIN_DOCUMENTS]
        if len(large) < 2 or not documents.terms:
            continue
        reference = tally.reference(group, use)[0] if tally.roles.target else ""
        reference = reference if reference in large else max(large, key=lambda level: sizes[level])
        yield from ((group, level, reference) for level in large if level != reference)


def _marked(
    documents: Documents, compared: tuple[str, str, str], comparisons: int, alpha: float, ratio: float
) -> Marked:
    """Judge the terms: words among words; pairs that hold a marked word by themselves, and all other pairs again.

    Pairs of a marked word repeat it; to judge others with them would let pairs of innocent words through.
    """
    group, level, reference = compared
    held, sizes = [], []
    for name in (level, reference):
        terms, size = documents.of(group, name)
        held.append(terms.sum(axis=1))
        sizes.append(int(size.sum()))
    both = held[0] + held[1]
    places = np.flatnonzero(both >= max(10, math.ceil(0.001 * sum(sizes))))
    a, b = held[0][places], held[1][places]
    p = mid_p(a, sizes[0], b, sizes[1])
    odds = log_odds(a, sizes[0], b, sizes[1])
    of = Marked(
        documents,
        group,
        level,
        reference,
        places,
        (a, b),
        (sizes[0], sizes[1]),
        odds,
        p,
        np.ones(len(p)),
        np.array([WORD if " " not in documents.terms[int(i)] else PAIR for i in places], dtype=int),
        comparisons,
    )
    of = replace(of, q=of.adjusted(p))
    known = {of.term(int(i)) for i in np.flatnonzero(of.marks(alpha, ratio) & (of.families == WORD))}
    holds = np.array([bool(known.intersection(of.term(i).split(" "))) for i in range(len(p))], dtype=bool)
    of = replace(of, families=np.where((of.families == PAIR) & holds, HOLDS_MARKED, of.families))
    return replace(of, q=of.adjusted(p))


def rate(x: float, n: float) -> float:
    """Return x of n; nan of none."""
    return float(x) / float(n) if n else math.nan


def reach(value: float, error: float) -> tuple[float, float]:
    """Return the 95% interval of a value with this standard error."""
    return value - 1.959964 * error, value + 1.959964 * error


def by_group(of: Marked, i: int) -> list[tuple[str, int, int, int, int]]:
    """Return per group: name, documents with the term, favourable of them, and the same without it."""
    found = []
    for name in (of.level, of.reference):
        terms, size = of.documents.of(of.group, name)
        _, unfavourable, favourable = (int(n) for n in terms[of.places[i]])
        with_term = unfavourable + favourable
        all_known = int(size[1:].sum())
        found.append((name, with_term, favourable, all_known - with_term, int(size[FAVOURABLE]) - favourable))
    return found


def or_none(value: float) -> float | None:
    """Return None for what is not a number, as JSON wants it."""
    return None if math.isnan(value) else value
