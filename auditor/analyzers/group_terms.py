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
from auditor.stats.terms import LogOdds, log_odds, mid_p
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MIN_DOCUMENTS = 30  # of a group, to be compared by its terms
USUAL = 0.05  # the share of documents for which the detectable odds ratio is reported
MOST_RECORDS = 300
FAVOURABLE = 2  # the place of an outcome in the counts
WORD, HOLDS_MARKED, PAIR = range(3)  # what is judged together

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

    def shares(self, i: int) -> tuple[float, float]:
        """Return the shares of the two groups' documents that hold a term."""
        return float(self.held[0][i]) / self.sizes[0], float(self.held[1][i]) / self.sizes[1]


def compared_terms(tally: Tally, use: UseCase, ratio: float) -> Iterator[Marked]:
    """Yield every level against the reference by their terms; NotRun where there is nothing to compare."""
    compared = False
    for documents in tally.documents.values():
        for group, levels in documents.levels.items():
            sizes = {level: int(documents.of(group, level)[1].sum()) for level in levels}
            large = [level for level in levels if sizes[level] >= MIN_DOCUMENTS]
            if len(large) < 2 or not documents.terms:
                continue
            reference = tally.reference(group, use)[0] if tally.roles.target else ""
            reference = reference if reference in large else max(large, key=lambda level: sizes[level])
            for level in large:
                if level != reference:
                    compared = True
                    yield _marked(documents, group, level, reference, use.limits.alpha, ratio)
    if not compared:
        raise NotRun(SAYS("too_few", least=MIN_DOCUMENTS))


def _marked(documents: Documents, group: str, level: str, reference: str, alpha: float, ratio: float) -> Marked:
    """Judge the terms: words among words; pairs that hold a marked word by themselves, and all other pairs again.

    Pairs of a marked word repeat it; to judge others with them would let pairs of innocent words through.
    """
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
    of = Marked(documents, group, level, reference, places, (a, b), (sizes[0], sizes[1]), odds, p, np.ones(len(p)))
    words = np.array([" " not in of.term(i) for i in range(len(p))], dtype=bool)
    of.q[words] = benjamini_hochberg(p[words])
    known = {of.term(int(i)) for i in np.flatnonzero(of.marks(alpha, ratio))}
    holds = np.array([bool(known.intersection(of.term(i).split(" "))) for i in range(len(p))], dtype=bool)
    for family in (~words & holds, ~words & ~holds):
        of.q[family] = benjamini_hochberg(p[family])
    return replace(of, families=np.where(words, WORD, np.where(holds, HOLDS_MARKED, PAIR)))


def by_family(p: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Return p-values after Benjamini and Hochberg, each family by itself."""
    q = np.ones(len(p))
    for family in np.unique(families):
        q[families == family] = benjamini_hochberg(p[families == family])
    return q


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
