"""Terms of a text that mark a group: TXT001."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, ROWS, TERMS, TEXT, UNWEIGHTED
from auditor.analyzers.texts.terms import (
    HOLDS_MARKED,
    MOST_RECORDS,
    USUAL,
    Marked,
    by_group,
    compared_terms,
    or_none,
    rate,
    reach,
)
from auditor.model import Finding, Measure, Severity, TermKind
from auditor.stats.terms import sure
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase
from auditor.use.watchlists import watch_list

LEADING = 8  # terms named in a sentence

SAYS = Says(
    mark="{found:people} of {judged:people} term{judged:s} of '{column}' mark {group}, with odds that differ by a "
    "factor of {ratio:number} or more ({sides:clauses}){>hold_one}.",
    towards="more often '{level}': {leading:listed}{>more}",
    more=" and {more:people} more",
    hold_one=", as do {pairs:people} pair{pairs:s} of words that hold one of them",
    none="No term of '{column}' was found to mark {group} with odds that differ by a factor of {ratio:number} or more "
    "({judged:people} term{judged:s} judged).",
    counted="This is based on {n:people} documents of '{level}' and {n_ref:people} of '{reference}'{>copies}{>empty}. "
    "With these numbers, {could}.",
    copies=", {repeated:people} left aside as {aside:each}",
    empty="; {without_words:people} hold no word",
    could="a term in {usual:percent} of the documents would be found in {sure:percent} of samples if its odds differ "
    "by a factor of {least:fixed 1} or more",
    could_none="no term in {usual:percent} of the documents could have been found",
    truncated="Rarer terms were not counted, because there are too many.",
    mask="Mask the terms of '{column}' that mark {group} before a model uses it (--suggest-redactions lists them), "
    "and audit again with --redact.",
)


@rule(
    "TXT001",
    "group-term",
    asks=Ask(
        "Review the terms that mark a group", "model team", "no marking term is left, or each is justified", ("column",)
    ),
    headlines=Headlines(
        found="{marked_terms:people} terms of '{column}' are used more by '{level}' or '{reference}'",
        open="Too few documents to rule out terms that mark '{level}' in '{column}'",
        clear="No term of '{column}' marks '{level}' or '{reference}'",
    ),
    needs=(TEXT, GROUPS, UNWEIGHTED, ROWS, TERMS),
    units="models",
    severity=Severity.NOTE,
    measures=quantities("marked_terms", "detectable_odds"),
)
def group_term(evidence: Evidence, use: UseCase, *, odds_ratio: float = 2.0) -> Iterator[Finding | Record]:
    """Terms of the text mark a group.

    How it is measured: Words and pairs of neighbouring words, apostrophes kept, in lower case, counted in all
    documents: how many of each group hold a term, however often. Of copies and near copies of a text, and of all that
    one person or one cluster wrote, one document counts in each group, chosen at random. A term in fewer than 10
    documents, or 0.1% of them, is neither judged nor shown. Terms are ranked by the log-odds with an informative prior
    of 10 documents and its four-term variance. They are tested by Fisher's mid-p, or by the pooled Z where every
    expected count is 100 or more. The p-values are adjusted by Benjamini and Hochberg, separately over the words, the
    pairs that hold a marked word, and the other pairs. Words have four fifths of alpha and other pairs one fifth; the
    comparisons of one text share both. q is the p-value after that. A term marks a group when its odds differ by a
    factor of `odds_ratio` or more and q is below 0.05. Terms on a watch list (pronouns, honorifics, colleges, clubs,
    gendered words) are listed whatever the numbers. No issue is found only where odds of `odds_ratio` of a word in 5%
    of the documents would have been found in 97.5% of samples.

    Why it matters: A model that reads the text reads the group in these terms.

    What to do: Mask them (--suggest-redactions writes them to a file, for a person to edit; --redact audits without
    them), and check whether the remaining text still predicts the group (TXT004).

    Source: Monroe, Colaresi and Quinn 2008 (with documents for tokens); Lancaster 1961 (mid-p); Benjamini and Hochberg
    1995; Broder 1997 (near copies, by pairs of neighbouring words).
    """
    watched = watch_list(use.features.watchlists)
    for of in compared_terms(evidence.tally, use, odds_ratio):
        marks = of.marks(use.limits.alpha, odds_ratio)
        order = np.argsort(-np.abs(of.odds.z), kind="stable")
        shown = [i for i in order if marks[i]][:MOST_RECORDS]
        also = [i for i in order if of.term(i) in watched and i not in set(shown)]
        for i in [*shown, *also]:
            yield _term_record(of, int(i), bool(marks[i]), watched.get(of.term(int(i))))
        yield _marked_finding(of, marks, order, use.limits.alpha, odds_ratio)


def _term_record(of: Marked, i: int, marks: bool, watched: str | None) -> Record:
    known = by_group(of, i)
    held, favourable, others, rest = (sum(int(part[at]) for part in known) for at in (1, 2, 3, 4))
    delta = float(of.odds.delta[i])
    low, high = reach(delta, float(of.odds.error[i]))
    return {
        **of.subject,
        "term": of.term(i),
        "kind": str(TermKind.MARKS if marks else TermKind.WATCHED),
        "watched": watched,
        "leans_to": of.level if delta > 0 else of.reference,
        "documents": int(of.held[0][i]),
        "documents_reference": int(of.held[1][i]),
        "share": of.shares(i)[0],
        "share_reference": of.shares(i)[1],
        "rate_with": or_none(rate(favourable, held)),
        "rate_without": or_none(rate(rest, others)),
        "log_odds": delta,
        "low": low,
        "high": high,
        "z": float(of.odds.z[i]),
        "q": float(of.q[i]),
    }


def _marked_finding(of: Marked, marks: np.ndarray, order: np.ndarray, alpha: float, ratio: float) -> Finding:
    found = [int(i) for i in order if marks[i] and of.families[i] != HOLDS_MARKED]
    least = of.detectable(alpha)
    pairs = int((marks & (of.families == HOLDS_MARKED)).sum())
    return Finding(
        states.terms_found(len(found), least, ratio),
        of.subject,
        together(_marked(of, found, pairs, ratio), _counted(of, least, alpha), *of.documents.notes),
        {
            "marked_terms": Measure(len(found), n=len(of.p)),
            "detectable_odds": Measure(least, n=sum(of.sizes), limit=ratio),
        },
        remedy=SAYS("mask", column=of.documents.column, group=of.group) if found else None,
    )


def _marked(of: Marked, found: Sequence[int], pairs: int, ratio: float) -> Sentence:
    """Name the terms that mark the group, the leading ones of either side."""
    leaning = [(of.level, [of.term(i) for i in found if of.odds.delta[i] > 0])]
    leaning.append((of.reference, [of.term(i) for i in found if not of.odds.delta[i] > 0]))
    return SAYS(
        "mark" if found else "none",
        found=len(found),
        judged=len(of.p),
        column=of.documents.column,
        group=of.group,
        ratio=ratio,
        sides=[
            SAYS("towards", level=name, leading=terms[:LEADING], more=len(terms[LEADING:]) or None)
            for name, terms in leaning
            if terms
        ],
        pairs=pairs or None,
    )


def _counted(of: Marked, least: float, alpha: float) -> Sentence:
    """State the number of documents that it is based on, and what could have been found in them."""
    return SAYS(
        "counted",
        "truncated" if of.documents.truncated else "",
        n=of.sizes[0],
        n_ref=of.sizes[1],
        level=of.level,
        reference=of.reference,
        repeated=of.documents.repeated or None,
        aside=of.documents.aside,
        without_words=of.documents.empty or None,
        could=SAYS("could_none" if math.isinf(least) else "could", usual=USUAL, least=least, sure=sure(alpha)),
    )
