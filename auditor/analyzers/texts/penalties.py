"""Terms of a text that cost a group: TXT002."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, ROWS, TARGET, TERMS, TEXT, UNWEIGHTED
from auditor.analyzers.texts.terms import (
    FAVOURABLE,
    MOST_RECORDS,
    Marked,
    by_group,
    compared_terms,
    or_none,
    rate,
    reach,
)
from auditor.model import Finding, Measure, Severity, TermKind
from auditor.stats.association import Carried, carried_gap
from auditor.stats.tails import benjamini_hochberg
from auditor.stats.terms import mid_p, pooled_odds_ratio, within_groups
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

MOST_FINDINGS = 15

SAYS = Says(
    none="No term of '{column}' that marks {group} was found to account for {least:number} points or more of a gap of "
    "'{level}'.",
    cost="'{term}' is in {share:percent} of the documents of '{level}' and in {share_ref:percent} of those of "
    "'{reference}'. The selection rate is {rate_with:percent} with the term and {rate_without:percent} without it "
    "({per_group:clauses}).",
    of_group="'{level}': {rate_with} of {n:people} with it, {rate_without} of {others:people} without",
    rate="{rate:percent}",
    penalised="The term is linked with '{level}' and lower selection. {>carried_gap}",
    favours="The term is linked with '{reference}' and higher selection. {>carried_gap}",
    carried_gap="It accounts for {carried:points 2} points {carried_bounds:points_interval 2} of the gap ({q:p} for "
    "both links, Benjamini-Hochberg).",
    within="The same holds within the groups ({within_p:p} before adjustment).",
    not_within="This is not shown within the groups ({within_p:p} before adjustment).",
    without_it="If the term were removed from the {sampled:people} sampled documents that hold it, the gap of a model "
    "of the outcome would change by {change:points 2} points {change_bounds:points_interval 2}.",
    mask_cost="Mask the terms of '{column}' that are linked with lower selection of {>why}",
    mask_favour="Mask the terms of '{column}' that favour others over {>why}",
    why="'{level}' (TXT002 lists them). Find out why they influence decisions, and do not train on the text as it "
    "stands.",
)


@dataclass(frozen=True)
class _Cost:
    """The link of a term with the outcome: its place, the gap that it accounts for, and the tests."""

    i: int
    carried: Carried
    rates: tuple[float, float]
    q: float
    within_p: float
    within_q: float
    odds_ratio: float


@rule(
    "TXT002",
    "penalised-term",
    asks=Ask(
        "Mask or justify terms that transmit the gap",
        "model team",
        "the AUC is at most 0.556 without them",
        ("term",),
    ),
    headlines=Headlines(
        found="The term '{term}' is linked with {group} and selection: it accounts for "
        "{carried_gap:gap} points of the gap",
        near="The term '{term}' is linked with {group} and selection",
        open="Too few documents to rule out terms of '{column}' that transmit a gap of {group}",
        clear="No term of '{column}' transmits a gap of {group}",
    ),
    needs=(TARGET, TEXT, GROUPS, UNWEIGHTED, ROWS, TERMS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("log_odds", "carried_gap", "cmh_p", "q", "gap_without_term"),
)
def penalised_term(
    evidence: Evidence, use: UseCase, *, odds_ratio: float = 2.0, carried_points: float = 0.1
) -> Iterator[Finding | Record]:
    """Terms that mark a group are linked with lower selection of that group.

    How it is measured: Of the terms that mark a group (TXT001), those with which the selection rate also differs. Both
    links must hold (the larger mid-p, Benjamini-Hochberg as in TXT001, below 0.05). The carried gap is the difference
    of the shares times the difference of the rates with and without the term; it must go against the group by
    `carried_points` or more. A term that is more frequent in the group, with a lower selection rate, is a group-linked
    term with lower selection. One that is more frequent in the reference, with a higher rate, favours the others.
    Evidence is strong when the outcome also differs within the groups (Cochran-Mantel-Haenszel, Benjamini-Hochberg over
    the marked terms): then all who use the term are selected less often. Beside it is the effect on a model of the
    outcome: the points of gap that are removed with the term from the documents that hold it.

    Why it matters: A hiring tool once marked down résumés with the word "women's". This rule finds such words.

    What to do: Mask the term, find out why people who use it are selected less often, and do not train on the text as
    it stands.

    Source: joint significance (intersection-union); Cochran-Mantel-Haenszel; carried gap as in PRX001.
    """
    for of in compared_terms(evidence.tally, use, odds_ratio):
        alpha, least = use.limits.alpha, carried_points / 100
        marked = list(_costs(of, use, odds_ratio))
        costs = [cost for cost in marked if cost.q < alpha]
        against = [cost for cost in costs if cost.carried.gap <= -least and cost.carried.interval.high < 0]
        # Words before the pairs that hold them, the costliest first.
        against.sort(key=lambda cost: (" " in of.term(cost.i), cost.carried.gap))
        study = evidence.texts.get(of.documents.column)
        names = [of.term(cost.i) for cost in against[:MOST_RECORDS]]
        taken = study.taken_out(of.group, of.level, of.reference, names) if study else {}
        reported: set[str] = set()
        for cost in against[:MOST_RECORDS]:
            term = of.term(cost.i)
            points = taken.get(term)
            change = Measure(points.points, *reach(points.points, points.error), n=points.documents) if points else None
            yield _cost_record(of, cost, change, alpha)
            # A pair repeats its word; the table has both.
            if len(reported) < MOST_FINDINGS and not (" " in term and reported & set(term.split(" "))):
                reported.add(term)
                yield _cost_finding(of, cost, change, alpha, carried_points)
        if not against:
            # Clear is a claim of its own: marks could have been found, and no term can account for `carried_points`.
            powered = of.detectable(alpha) <= odds_ratio
            harmless = all(cost.carried.interval.low > -least for cost in marked)
            yield Finding(
                states.unshown(all_known=powered and harmless),
                of.subject,
                SAYS("none", column=of.documents.column, group=of.group, level=of.level, least=carried_points),
            )


def _costs(of: Marked, use: UseCase, ratio: float) -> Iterator[_Cost]:
    """Yield the marked terms, each with its link to the outcome; nothing where no outcome differs."""
    sides = [of.documents.of(of.group, name) for name in (of.level, of.reference)]
    held = np.stack([terms[of.places][:, 1:].sum(axis=1) for terms, _ in sides], axis=1)
    held_favourable = np.stack([terms[of.places][:, FAVOURABLE] for terms, _ in sides], axis=1)
    sizes = np.array([size[1:].sum() for _, size in sides])
    favourable = np.array([size[FAVOURABLE] for _, size in sides])
    if not len(of.p) or not sizes.all() or favourable.sum() in (0, sizes.sum()):
        return
    with_term, chosen = held.sum(axis=1), held_favourable.sum(axis=1)
    outcome_p = mid_p(chosen, float(favourable.sum()), with_term - chosen, float((sizes - favourable).sum()))
    q = of.adjusted(np.maximum(of.p, outcome_p))
    marks = of.marks(use.limits.alpha, ratio)
    within = within_groups(held, held_favourable, sizes, favourable)
    pooled = pooled_odds_ratio(held, held_favourable, sizes, favourable)
    within_q = np.ones(len(within))
    if marks.any():
        within_q[marks] = benjamini_hochberg(within[marks])
    for i in np.flatnonzero(marks):
        rows = np.stack([held[i], sizes - held[i]])
        carried = carried_gap(rows, np.stack([held_favourable[i], favourable - held_favourable[i]]))
        rates = rate(chosen[i], with_term[i]), rate(favourable.sum() - chosen[i], sizes.sum() - with_term[i])
        yield _Cost(int(i), carried, rates, float(q[i]), float(within[i]), float(within_q[i]), float(pooled[i]))


def _leans(of: Marked, cost: _Cost) -> bool:
    """Whether a term is more frequent in the group than in the reference."""
    return bool(of.odds.delta[cost.i] > 0)


def _direct(of: Marked, cost: _Cost, alpha: float) -> bool:
    """Whether the term moves the outcome within the groups too, in the direction of its carried gap."""
    return cost.within_q < alpha and (cost.odds_ratio < 1) is _leans(of, cost)


def _cost_record(of: Marked, cost: _Cost, change: Measure | None, alpha: float) -> Record:
    rates: dict[str, float | None] = {}
    for side, (_, n, x, others, y) in zip(("", "_reference"), by_group(of, cost.i), strict=True):
        rates |= {
            f"documents{side}": n,
            f"rate_with{side}": or_none(rate(x, n)),
            f"rate_without{side}": or_none(rate(y, others)),
        }
    return {
        **of.subject,
        "term": of.term(cost.i),
        "kind": str(TermKind.PENALISED if _leans(of, cost) else TermKind.FAVOURS_REFERENCE),
        "direct": _direct(of, cost, alpha),
        "log_odds": float(of.odds.delta[cost.i]),
        "rate_with": cost.rates[0],
        "rate_without": cost.rates[1],
        **{f"group_{name}" if name.startswith("rate") else name: value for name, value in rates.items()},
        "carried_gap": cost.carried.gap,
        "low": cost.carried.interval.low,
        "high": cost.carried.interval.high,
        "q": cost.q,
        "within_p": cost.within_p,
        "gap_without_term": change.value if change else None,
    }


def _cost_finding(of: Marked, cost: _Cost, change: Measure | None, alpha: float, points: float) -> Finding:
    delta = float(of.odds.delta[cost.i])
    measures = {
        "log_odds": Measure(delta, *reach(delta, float(of.odds.error[cost.i]))),
        "carried_gap": Measure(cost.carried.gap, *cost.carried.interval, n=sum(of.sizes), limit=points / 100),
        "cmh_p": Measure(cost.within_p, n=sum(of.sizes), limit=alpha),
        "q": Measure(cost.q, n=sum(of.sizes), limit=alpha),
    }
    if change:
        measures["gap_without_term"] = change
    return Finding(
        states.penalty(direct=_direct(of, cost, alpha)),
        {**of.subject, "term": of.term(cost.i)},
        _cost_said(of, cost, change, alpha),
        measures,
        remedy=SAYS("mask_cost" if _leans(of, cost) else "mask_favour", column=of.documents.column, level=of.level),
    )


def _cost_said(of: Marked, cost: _Cost, change: Measure | None, alpha: float) -> Sentence:
    """State who uses a term, the selection rates with and without it, and its effect on a model."""
    direct = _direct(of, cost, alpha)
    share, share_ref = of.shares(cost.i)
    return SAYS(
        "cost",
        "penalised" if _leans(of, cost) else "favours",
        "within" if direct else "not_within",
        "without_it" if change else "",
        term=of.term(cost.i),
        level=of.level,
        reference=of.reference,
        share=share,
        share_ref=share_ref,
        rate_with=cost.rates[0],
        rate_without=cost.rates[1],
        per_group=[
            SAYS("of_group", level=name, rate_with=_rate(x, n), n=n, rate_without=_rate(y, others), others=others)
            for name, n, x, others, y in by_group(of, cost.i)
        ],
        carried=cost.carried.gap,
        carried_bounds=cost.carried.interval,
        q=cost.q,
        within_p=cost.within_p,
        sampled=change.n or 0 if change else None,
        change=change.value or 0 if change else None,
        change_bounds=(change.low or 0, change.high or 0) if change else None,
    )


def _rate(x: int, n: int) -> str:
    return SAYS("rate", rate=x / n) if n else "none"
