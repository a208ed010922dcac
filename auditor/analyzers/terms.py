"""Terms of a text that mark a group, and those that cost it: TXT001, TXT002."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from auditor.engines.tally import Documents, Tally
from auditor.lexicons import watch_list
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.association import Carried, carried_gap
from auditor.stats.terms import LogOdds, detectable_odds, log_odds, mid_p, pooled_odds_ratio, within_groups
from auditor.usecase import UseCase
from auditor.words import listed, p_value, people, percent, signed

MIN_DOCUMENTS = 30  # of a group, to be compared by its words
USUAL = 0.05  # the share of documents for which is said what could have been found
LEADING = 8  # terms named in a sentence
MOST_RECORDS = 300
MOST_FINDINGS = 15
FAVOURABLE = 2  # the place of an outcome in the counts
WORD, HOLDS_MARKED, PAIR = range(3)  # what is judged together


@dataclass(frozen=True)
class _Marked:
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


@rule("TXT001", "group-term")
def group_term(tally: Tally, use: UseCase, *, odds_ratio: float = 2.0) -> Iterator[Finding | Record]:
    """Terms of the text mark a group.

    How it is measured: Words and pairs of neighbouring words, apostrophes kept, in lower case, counted in all
    documents: how many of each group hold a term, however often. Copies of a document count once; a term in fewer than
    10 documents, or 0.1 % of them, is neither judged nor shown. Terms are ranked by the log-odds with an informative
    prior of 10 documents and its four-term variance, and decided by Fisher's mid-p (the pooled Z where every expected
    count is 100 or more) with Benjamini-Hochberg over the words, over the pairs that hold a marked word, and over the
    other pairs: a term marks a group when its odds differ by
    `odds_ratio` or more and q is below 0.05. Terms on a watch list (pronouns, honorifics, colleges, clubs, gendered
    words) are shown whatever the numbers.

    Why it matters: A model that reads the text reads the group in these terms.

    What to do: Mask them (--suggest-redactions writes them down, for a person to edit; --redact audits without them),
    and ask what the text still tells (TXT004).

    Source: Monroe, Colaresi and Quinn 2008 (with documents for tokens); Lancaster 1961 (mid-p); Benjamini and Hochberg
    1995.
    """
    watched = watch_list(use.features.watchlists)
    for of in _compared(tally, use, odds_ratio):
        marks = of.marks(use.limits.alpha, odds_ratio)
        order = np.argsort(-np.abs(of.odds.z), kind="stable")
        shown = [i for i in order if marks[i]][:MOST_RECORDS]
        also = [i for i in order if of.term(i) in watched and i not in set(shown)]
        for i in [*shown, *also]:
            yield _term_record(of, int(i), bool(marks[i]), watched.get(of.term(int(i))))
        yield _marked_finding(of, marks, order, use.limits.alpha, odds_ratio)


def _compared(tally: Tally, use: UseCase, ratio: float) -> Iterator[_Marked]:
    """Yield every level against the reference by their terms; NotRun where there is nothing to compare."""
    if not tally.roles.text:
        raise NotRun("there is no text column (--text)")
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    if tally.roles.weight or tally.aggregated:
        raise NotRun("documents are counted one by one, and the rows are weighted or counts")
    if not tally.documents:
        raise NotRun("the documents were not counted")
    compared = False
    for documents in tally.documents.values():
        for group, levels in documents.levels.items():
            sizes = {level: int(documents.of(group, level)[1].sum()) for level in levels}
            large = [level for level in levels if sizes[level] >= MIN_DOCUMENTS]
            if len(large) < 2 or not documents.terms:
                continue
            reference = use.terms(group).choose(tally.outcomes(group))[0] if tally.roles.target else ""
            reference = reference if reference in large else max(large, key=lambda level: sizes[level])
            for level in large:
                if level != reference:
                    compared = True
                    yield _marked(documents, group, level, reference, use.limits.alpha, ratio)
    if not compared:
        raise NotRun(f"no group column has two groups of {MIN_DOCUMENTS} documents or more with terms in common")


def _marked(documents: Documents, group: str, level: str, reference: str, alpha: float, ratio: float) -> _Marked:
    """Judge the terms: words among words; pairs that hold a marked word by themselves, and all other pairs again.

    Pairs of a marked word say the word again; to judge others with them would let pairs of innocent words through.
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
    of = _Marked(documents, group, level, reference, places, (a, b), (sizes[0], sizes[1]), odds, p, np.ones(len(p)))
    words = np.array([" " not in of.term(i) for i in range(len(p))], dtype=bool)
    of.q[words] = _adjusted(p[words])
    known = {of.term(int(i)) for i in np.flatnonzero(of.marks(alpha, ratio))}
    holds = np.array([bool(known.intersection(of.term(i).split(" "))) for i in range(len(p))], dtype=bool)
    for family in (~words & holds, ~words & ~holds):
        of.q[family] = _adjusted(p[family])
    return replace(of, families=np.where(words, WORD, np.where(holds, HOLDS_MARKED, PAIR)))


def _adjusted(p: np.ndarray) -> np.ndarray:
    """Return p-values after Benjamini and Hochberg; none stay none."""
    adjusted: np.ndarray = stats.false_discovery_control(p) if len(p) else p
    return adjusted


def _by_family(p: np.ndarray, families: np.ndarray) -> np.ndarray:
    q = np.ones(len(p))
    for family in np.unique(families):
        q[families == family] = _adjusted(p[families == family])
    return q


def _term_record(of: _Marked, i: int, marks: bool, watched: str | None) -> Record:
    known = _by_group(of, i)
    held, favourable, others, rest = (sum(int(part[at]) for part in known) for at in (1, 2, 3, 4))
    delta, error = float(of.odds.delta[i]), float(of.odds.error[i])
    return {
        **of.subject,
        "term": of.term(i),
        "kind": "proxy term" if marks else "watch list",
        "watched": watched,
        "leans_to": of.level if delta > 0 else of.reference,
        "documents": int(of.held[0][i]),
        "documents_reference": int(of.held[1][i]),
        "share": of.shares(i)[0],
        "share_reference": of.shares(i)[1],
        "rate_with": _or_none(_rate(favourable, held)),
        "rate_without": _or_none(_rate(rest, others)),
        "log_odds": delta,
        "low": delta - 1.959964 * error,
        "high": delta + 1.959964 * error,
        "z": float(of.odds.z[i]),
        "q": float(of.q[i]),
    }


def _marked_finding(of: _Marked, marks: np.ndarray, order: np.ndarray, alpha: float, ratio: float) -> Finding:
    found = [int(i) for i in order if marks[i] and of.families[i] != HOLDS_MARKED]
    pairs = int((marks & (of.families == HOLDS_MARKED)).sum())
    towards = [[of.term(i) for i in found if bool(of.odds.delta[i] > 0) is up] for up in (True, False)]
    least = detectable_odds(*of.sizes, USUAL, len(of.p), alpha)
    documents = of.documents
    state = State.SHOWN if found else State.CLEAR if least <= ratio else State.UNDETERMINED
    sides = [
        f"towards '{name}': {listed(terms, LEADING)}"
        for name, terms in ((of.level, towards[0]), (of.reference, towards[1]))
        if terms
    ]
    also = f", and {people(pairs)} pairs of words that hold one of them" if pairs else ""
    said = (
        f"{people(len(found))} of {people(len(of.p))} terms of '{documents.column}' mark {of.group}, by odds that "
        f"differ {ratio:g} times or more ({'; '.join(sides)}){also}."
        if found
        else f"None of {people(len(of.p))} terms of '{documents.column}' is shown to mark {of.group} by odds that "
        f"differ {ratio:g} times or more."
    )
    could = (
        f"no odds could have been shown for a term in {percent(USUAL)} of the documents"
        if math.isinf(least)
        else f"a term in {percent(USUAL)} of the documents could have been found if its odds differ {least:.1f} times "
        "or more"
    )
    counted = (
        f"Counted in {people(of.sizes[0])} documents of '{of.level}' and {people(of.sizes[1])} of '{of.reference}'"
        f"{f', {people(documents.repeated)} copies left aside' if documents.repeated else ''}"
        f"{f'; {people(documents.empty)} hold no word' if documents.empty else ''}; at these numbers {could}."
    )
    truncated = " Rarer terms were let go: there are more than can be followed." if documents.truncated else ""
    return Finding(
        state,
        of.subject,
        f"{said} {counted}{truncated}{' ' if documents.notes else ''}{' '.join(documents.notes)}",
        {
            "marked_terms": Measure(len(found), n=len(of.p)),
            "detectable_odds": Measure(least, n=sum(of.sizes), limit=ratio),
        },
        remedy=f"Mask the terms of '{documents.column}' that mark {of.group} before a model reads it "
        "(--suggest-redactions lists them), and audit again with --redact."
        if found
        else None,
    )


@dataclass(frozen=True)
class _Cost:
    """What a term does to the outcome, beside what it tells: its place, its carried gap, and the tests."""

    i: int
    carried: Carried
    rates: tuple[float, float]
    q: float
    within_p: float
    within_q: float
    odds_ratio: float


@rule("TXT002", "penalised-term")
def penalised_term(
    tally: Tally, use: UseCase, *, odds_ratio: float = 2.0, carried_points: float = 0.1
) -> Iterator[Finding | Record]:
    """Terms that mark a group move the outcome against it.

    How it is measured: Of the terms that mark a group (TXT001), those whose documents also differ in the favourable
    rate: both links must hold (the larger mid-p, Benjamini-Hochberg as in TXT001, below 0.05), and the carried gap,
    the difference of the shares times the difference of the rates with and without the term, must go against the group
    by `carried_points` or more. A term that leans to the group and lowers the rate is a penalised proxy; one that leans
    to the reference and raises it favours the others. A direct penalty is shown when the outcome also differs within
    the groups (Cochran-Mantel-Haenszel, Benjamini-Hochberg over the marked terms): whoever uses the term is marked
    down. Beside it stands what a model of the outcome would do without the term: the points of gap that go when it is
    taken out of the documents that hold it.

    Why it matters: A hiring tool once marked down résumés with the word "women's". This finds such words.

    What to do: Mask the term, ask why those who use it fare worse, and do not train on the text as it stands.

    Source: joint significance (intersection-union); Cochran-Mantel-Haenszel; carried gap as in PRX001.
    """
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    for of in _compared(tally, use, odds_ratio):
        alpha, least = use.limits.alpha, carried_points / 100
        costs = list(_costs(of, use, odds_ratio))
        against = [cost for cost in costs if cost.carried.gap <= -least and cost.carried.interval.high < 0]
        # Words before the pairs that hold them, the costliest first.
        against.sort(key=lambda cost: (" " in of.term(cost.i), cost.carried.gap))
        study = tally.texts.get(of.documents.column)
        names = [of.term(cost.i) for cost in against[:MOST_RECORDS]]
        taken = study.taken_out(of.group, of.level, of.reference, names) if study else {}
        told: set[str] = set()
        for cost in against[:MOST_RECORDS]:
            term = of.term(cost.i)
            points = taken.get(term)
            gone = Measure(points.points, *_reach(points.points, points.error), n=points.documents) if points else None
            yield _cost_record(of, cost, gone, alpha)
            # A pair says its word again; the table has both.
            if len(told) < MOST_FINDINGS and not (" " in term and told & set(term.split(" "))):
                told.add(term)
                yield _cost_finding(of, cost, gone, alpha, carried_points)
        if not against:
            yield Finding(
                State.CLEAR
                if detectable_odds(*of.sizes, USUAL, len(of.p), alpha) <= odds_ratio
                else State.UNDETERMINED,
                of.subject,
                f"No term of '{of.documents.column}' that marks {of.group} is shown to move the outcome against "
                f"'{of.level}' by {carried_points:g} points or more.",
            )


def _costs(of: _Marked, use: UseCase, ratio: float) -> Iterator[_Cost]:
    """Yield the marked terms whose outcome differs too."""
    sides = [of.documents.of(of.group, name) for name in (of.level, of.reference)]
    held = np.stack([terms[of.places][:, 1:].sum(axis=1) for terms, _ in sides], axis=1)
    held_favourable = np.stack([terms[of.places][:, FAVOURABLE] for terms, _ in sides], axis=1)
    sizes = np.array([size[1:].sum() for _, size in sides])
    favourable = np.array([size[FAVOURABLE] for _, size in sides])
    if not len(of.p) or not sizes.all() or favourable.sum() in (0, sizes.sum()):
        return
    with_term, chosen = held.sum(axis=1), held_favourable.sum(axis=1)
    outcome_p = mid_p(chosen, float(favourable.sum()), with_term - chosen, float((sizes - favourable).sum()))
    q = _by_family(np.maximum(of.p, outcome_p), of.families)
    marks = of.marks(use.limits.alpha, ratio)
    within = within_groups(held, held_favourable, sizes, favourable)
    pooled = pooled_odds_ratio(held, held_favourable, sizes, favourable)
    within_q = np.ones(len(within))
    if marks.any():
        within_q[marks] = _adjusted(within[marks])
    for i in np.flatnonzero(marks & (q < use.limits.alpha)):
        rows = np.stack([held[i], sizes - held[i]])
        carried = carried_gap(rows, np.stack([held_favourable[i], favourable - held_favourable[i]]))
        rates = _rate(chosen[i], with_term[i]), _rate(favourable.sum() - chosen[i], sizes.sum() - with_term[i])
        yield _Cost(int(i), carried, rates, float(q[i]), float(within[i]), float(within_q[i]), float(pooled[i]))


def _rate(x: float, n: float) -> float:
    return float(x) / float(n) if n else math.nan


def _reach(value: float, error: float) -> tuple[float, float]:
    return value - 1.959964 * error, value + 1.959964 * error


def _leans(of: _Marked, cost: _Cost) -> bool:
    """Whether a term leans to the group, not to the reference."""
    return bool(of.odds.delta[cost.i] > 0)


def _direct(of: _Marked, cost: _Cost, alpha: float) -> bool:
    """Whether the term moves the outcome within the groups too, in the direction of its carried gap."""
    return cost.within_q < alpha and (cost.odds_ratio < 1) is _leans(of, cost)


def _by_group(of: _Marked, i: int) -> list[tuple[str, int, int, int, int]]:
    """Return per group: name, documents with the term, favourable of them, and the same without it."""
    found = []
    for name in (of.level, of.reference):
        terms, size = of.documents.of(of.group, name)
        _, unfavourable, favourable = (int(n) for n in terms[of.places[i]])
        with_term = unfavourable + favourable
        all_known = int(size[1:].sum())
        found.append((name, with_term, favourable, all_known - with_term, int(size[FAVOURABLE]) - favourable))
    return found


def _cost_record(of: _Marked, cost: _Cost, gone: Measure | None, alpha: float) -> Record:
    rates: dict[str, float | None] = {}
    for side, (_, n, x, others, y) in zip(("", "_reference"), _by_group(of, cost.i), strict=True):
        rates |= {
            f"documents{side}": n,
            f"rate_with{side}": _or_none(_rate(x, n)),
            f"rate_without{side}": _or_none(_rate(y, others)),
        }
    return {
        **of.subject,
        "term": of.term(cost.i),
        "kind": _kind(of, cost, alpha),
        "log_odds": float(of.odds.delta[cost.i]),
        "rate_with": cost.rates[0],
        "rate_without": cost.rates[1],
        **{f"group_{name}" if name.startswith("rate") else name: value for name, value in rates.items()},
        "carried_gap": cost.carried.gap,
        "low": cost.carried.interval.low,
        "high": cost.carried.interval.high,
        "q": cost.q,
        "within_p": cost.within_p,
        "gap_without_term": gone.value if gone else None,
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _kind(of: _Marked, cost: _Cost, alpha: float) -> str:
    if not _leans(of, cost):
        return f"favours '{of.reference}'" + (", directly" if _direct(of, cost, alpha) else "")
    return "penalised proxy" + (", direct penalty" if _direct(of, cost, alpha) else "")


def _cost_finding(of: _Marked, cost: _Cost, gone: Measure | None, alpha: float, points: float) -> Finding:
    i, term = cost.i, of.term(cost.i)
    share, share_ref = of.shares(i)
    per_group = "; ".join(
        f"of '{name}' {_percent(x, n)} of {people(n)} with it, {_percent(y, others)} of {people(others)} without"
        for name, n, x, others, y in _by_group(of, i)
    )
    leans = _leans(of, cost)
    direct = _direct(of, cost, alpha)
    within = f"{'also' if direct else 'not'} shown within the groups ({p_value(cost.within_p)})"
    measures = {
        "log_odds": Measure(float(of.odds.delta[i]), *_reach(float(of.odds.delta[i]), float(of.odds.error[i]))),
        "carried_gap": Measure(cost.carried.gap, *cost.carried.interval, n=sum(of.sizes), limit=points / 100),
        "cmh_p": Measure(cost.within_p, n=sum(of.sizes), limit=alpha),
        "q": Measure(cost.q, n=sum(of.sizes), limit=alpha),
    }
    if gone:
        measures["gap_without_term"] = gone
    counter = (
        f" Taken out of the {people(gone.n or 0)} sampled documents that hold it, a model of the outcome would change "
        f"the gap by {signed(100 * (gone.value or 0), 2)} points."
        if gone
        else ""
    )
    return Finding(
        State.SHOWN_STRONG if direct else State.SHOWN,
        {**of.subject, "term": term},
        f"'{term}' is in {percent(share)} of the documents of '{of.level}' and {percent(share_ref)} of "
        f"'{of.reference}', and favourable are {percent(cost.rates[0])} with it, {percent(cost.rates[1])} without "
        f"({per_group}): {_kind(of, cost, alpha)}, carrying {signed(100 * cost.carried.gap, 2)} points "
        f"[{signed(100 * cost.carried.interval.low, 2)}, {signed(100 * cost.carried.interval.high, 2)}] of gap "
        f"({p_value(cost.q)}, both links, Benjamini-Hochberg; {within}).{counter}",
        measures,
        remedy=f"Mask the terms of '{of.documents.column}' that {'cost' if leans else 'favour others over'} "
        f"'{of.level}' (TXT002 lists them), ask why they decide, and do not train on the text as it stands.",
    )


def _percent(x: int, n: int) -> str:
    return percent(x / n) if n else "none"
