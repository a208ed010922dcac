"""The gap within lists, such as requisitions, and which of them add most to it: STG002."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import GapWithin, compare_within, confidence, never_together, threshold
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.gap_facts import WITHIN_STRATA, p_values_of
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import LISTED, TARGET
from auditor.analyzers.suppressed import Columns
from auditor.counts.effects import of_within
from auditor.counts.names import LISTS
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.strata import heterogeneity
from auditor.stats.stratified_gaps import tested_within
from auditor.stats.tails import holm
from auditor.stats.within import Within
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

COVERED = 0.8  # the share of a group that must be on lists with the reference for a claim about the group
NAMED = 3  # lists that are named
MOST = 25  # lists in the table

SAYS = Says(
    **WITHIN_STRATA,
    within="Within lists ('{column}'), the rate of {group} '{level}' is {ratio:ratio limit} times that of "
    "'{reference}' ({confidence} interval {bounds:interval limit}, Mantel-Haenszel over {lists:people} list{lists:s} "
    "that hold both).",
    tested="The test gives {p:p} ({test}{>family}).",
    family=", Holm over {pairs} pairs of all group columns",
    untested="p is not computable, because nobody's outcome varies within the lists.",
    crude="Over all rows the ratio is {crude:ratio limit}.",
    single="{single:people} list{single:s} with one of the two groups only cannot be compared.",
    unlisted="{unlisted:people} row{unlisted:s} of the two groups without a list cannot be compared.",
    covers="Only {covered:percent} of '{level}' are on lists that hold '{reference}' too.",
    differ="The lists differ ({p_differ:p}, Breslow-Day), so no single ratio holds for all.",
    agree="It is not shown that the lists differ ({p_tarone:p}, Breslow-Day with Tarone's adjustment).",
    sparse="It is inconclusive whether the lists differ; they are too small for the Breslow-Day test to have power.",
    drive="The lists that add most to the gap are {drivers:listed}.",
    alone="Without '{alone}' alone, the ratio would not be below {limit:number}.",
    decided="Inconclusive, because the lists alone determine the outcome.",
    apart="No list holds '{level}' ({group}) and '{reference}' with outcomes, so the two are not compared.",
    find="Find why '{level}' ({group}) are selected less often than '{reference}' on the same lists, first on those "
    "that add most to the gap.",
    watch="Monitor the rate of '{level}' ({group}) within lists. The ratio is near the threshold.",
    by_list="Judge the lists of '{level}' ({group}) one by one or in groups that belong together. They differ, so no "
    "single ratio holds for all.",
    more_rows="Collect more lists that hold '{level}' ({group}) and '{reference}'.",
)

OF_LISTS = Columns(lambda tally: [str(tally.roles.list_column)] if tally.derived[LISTS].coarse else [])


class Part(NamedTuple):
    """A list with its counts and the selections that the group lacks there, against equal rates on that list."""

    name: str
    pair: Pair
    lacking: float


@dataclass(frozen=True)
class _Judged:
    """A group against the reference within lists; the group first that the gap is of.

    `parts` are the lists that hold both, those that add most to the gap first; `single` is how many hold one of the two
    only. `crude` are the counts of all rows, `unlisted` of them are on no list.
    """

    gap: GapWithin
    parts: tuple[Part, ...]
    single: int
    unlisted: int
    crude: Pair
    family: int
    alpha: float

    @property
    def covered(self) -> float:
        """The share of the group's rows that are on lists with the reference."""
        return round(sum(of.pair.n for of in self.parts) / self.crude.n, 12)

    @property
    def computable(self) -> bool:
        """Whether anybody's outcome varies within the lists, so that there is something to test."""
        return not math.isnan(self.gap.evidence.z)

    @property
    def drivers(self) -> list[str]:
        """The lists on which the group lacks most selections."""
        return [of.name for of in self.parts[:NAMED] if of.lacking > 0]

    def alone(self, limits: Limits) -> str | None:
        """Return the list without which the ratio would not be below the threshold, if there is one."""
        if not self.gap.within.below(limits.impact_ratio) or len(self.parts) < 2:
            return None
        first, *rest = self.parts
        return None if Within.pairs([of.pair for of in rest]).below(limits.impact_ratio) else first.name


@rule(
    "STG002",
    "list-gap",
    about=LISTED,
    asks=Ask(
        "Explain or correct the gap within lists",
        "decision owner",
        "no gap is found within lists, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="On the same lists, '{level}' is selected less often than '{reference}': ratio {mh_risk_ratio:fixed 2}",
        near="On the same lists, '{level}' is selected less often than '{reference}': ratio {mh_risk_ratio:fixed 2}",
        open="On the same lists, no single ratio holds for '{level}' and '{reference}', or the data are too few",
        clear="On the same lists, '{level}' and '{reference}' are selected alike: ratio {mh_risk_ratio:fixed 2}",
    ),
    needs=(TARGET,),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="bounds",
    columns=OF_LISTS,
    measures=quantities("mh_risk_ratio", "p_value", "p_adjusted", "covered", "lists", "lists_of_one", "tarone_p"),
    leading={"mh_risk_ratio": "Ratio of rates within lists"},
)
def list_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """On the same lists, such as requisitions, a group is selected at under four fifths of the reference's rate.

    How it is measured: As OUT003 compares within strata, with the lists as strata: the Mantel-Haenszel ratio of rates
    with the stratified Miettinen-Nurminen 95% interval, and the Cochran-Mantel-Haenszel test or the exact conditional
    one, Holm-adjusted over the pairs of all group columns. Lists that hold one of the two groups only add nothing; they
    are counted. A claim that there is no gap needs 80% of the group on lists that hold the reference too. Where the
    Breslow-Day test finds that the lists differ (p below 0.05, lists with enough rows), no claim is made over all of
    them; Tarone's adjustment is reported. On each list, the selections that the group lacks against equal rates there
    are its expected less its actual ones. The lists that lack most are named, and so is a list without which alone the
    ratio would not be below the threshold. They describe these rows: no single list is tested.

    Why it matters: People compete with those on the same list, not with all. A gap over all rows may arise because
    groups apply to different openings. A gap within lists arises after that.

    What to do: Look at the lists that add most to the gap: who decided there, and by what.

    Source: Mantel and Haenszel 1959; Miettinen and Nurminen 1985; Mantel and Fleiss 1980; Breslow and Day 1980; Tarone
    1985; 29 CFR 1607.4(C) and (D).
    """
    tally = evidence.tally
    columns = [
        (
            group,
            totals,
            tested_within(
                tally.counts(LISTS, group).values(),
                totals,
                use.terms(group),
                beside=evidence.comparisons[group].beside,
                effect=partial(of_within, tally, group, column=LISTS),
            ),
        )
        for group, totals, _ in tally.comparable(use)
    ]
    raw = [p for group, *_, tested in columns for p in p_values_of(tested, evidence.comparisons[group])]
    p_values = iter(holm(raw))
    compared = False
    for group, totals, tested in columns:
        adjusted, terms = dict(zip(tested, p_values, strict=False)), use.terms(group)
        for gap in compare_within(tested, adjusted, totals, terms, evidence.comparisons[group].beside):
            compared = True
            one = _judged(gap, tally, group, totals, len(raw), use.limits.alpha)
            yield from _table(one, group)
            yield _finding(one, tally, group, use)
    if not compared:
        raise NotRun("no list holds two groups with outcomes to compare")
    for group, totals, tested in columns:
        for level, reference in never_together(tested, totals, use.terms(group)):
            facts = {"level": level, "reference": reference, "group": group}
            subject = {"target": str(tally.roles.target), **facts, "stratum": str(tally.roles.list_column)}
            yield Finding(states.NOT_KNOWN, subject, SAYS("apart", **facts), settle=SAYS("more_rows", **facts))


def _judged(
    gap: GapWithin, tally: Tally, group: str, totals: Mapping[str, tuple[float, float]], family: int, alpha: float
) -> _Judged:
    counts = tally.counts(LISTS, group)
    parts, single = [], 0
    for name, of in counts.items():
        if gap.level in of and gap.reference in of:
            pair = Pair(*of[gap.level], *of[gap.reference])
            expected = pair.n * (pair.x + pair.x_ref) / (pair.n + pair.n_ref)
            parts.append(Part(name, pair, expected - pair.x))
        elif gap.level in of or gap.reference in of:
            single += 1
    ordered = sorted(parts, key=lambda of: (-of.lacking, of.name))
    levels = (gap.level, gap.reference)
    listed = sum(of[level][1] for of in counts.values() for level in levels if level in of)
    unlisted = round(sum(totals[level][1] for level in levels) - listed)
    pair = Pair(*totals[gap.level], *totals[gap.reference])
    return _Judged(gap, tuple(ordered), single, unlisted, pair, family, alpha)


def _table(one: _Judged, group: str) -> Iterator[Record]:
    """Yield the lists that add most to the gap, and what they add."""
    for of in one.parts[:MOST]:
        yield {
            "group": group,
            "level": one.gap.level,
            "reference": one.gap.reference,
            "stratum": of.name,
            "n": of.pair.n,
            "selected": of.pair.x,
            "selection_rate": of.pair.rate,
            "reference_n": of.pair.n_ref,
            "reference_rate": of.pair.rate_ref,
            "lacking": of.lacking,
        }


def _finding(one: _Judged, tally: Tally, group: str, use: UseCase) -> Finding:
    gap, limits, column = one.gap, use.limits, str(tally.roles.list_column)
    found = heterogeneity(gap.within)
    fair = found.fair if found else None
    differ = fair is not None and fair < limits.alpha
    covered = one.covered >= COVERED and one.computable
    state = states.within_strata(gap.state, agree=not differ, covered=covered)
    n, limit = gap.within.rows, float(limits.impact_ratio)
    p = gap.evidence.p if one.computable else None
    measures = {
        "mh_risk_ratio": Measure(gap.within.ratio, *gap.interval, n=n, limit=limit),
        "p_value": Measure(p, n=n),
        "p_adjusted": Measure(gap.p_adjusted if one.computable else None, n=n, limit=limits.alpha),
        "covered": Measure(one.covered, n=one.crude.n, limit=COVERED),
        "lists": Measure(len(one.parts)),
        "lists_of_one": Measure(one.single),
    }
    if found:
        measures["tarone_p"] = Measure(found.tarone, n=n)
    key = "watch" if state is State.BORDERLINE else "find" if state.found else ""
    settle = "by_list" if differ else "more_rows" if state is State.UNDETERMINED else ""
    facts = {"level": gap.level, "reference": gap.reference, "group": group}
    heard = "" if found is None else "sparse" if fair is None else "differ" if differ else "agree"
    return Finding(
        state,
        {"target": str(tally.roles.target), **facts, "stratum": column},
        _message(one, group, column, limits, heard, {"p_differ": fair, "p_tarone": found.tarone if found else None}),
        measures,
        remedy=SAYS(key, **facts) or None,
        settle=SAYS(settle, **facts) or None,
    )


def _message(
    one: _Judged, group: str, column: str, limits: Limits, heard: str, p_values: Mapping[str, float | None]
) -> Sentence:
    gap = one.gap
    alone = one.alone(limits)
    matters = states.is_gap(gap.state)
    return SAYS(
        "within",
        "tested" if one.computable else "untested",
        *_reading(one, heard),
        "crude",
        heard if heard != "differ" else "",
        "single" if one.single else "",
        "unlisted" if one.unlisted else "",
        "covers" if one.covered < 1 else "",
        "drive" if matters and one.drivers else "",
        "alone" if matters and alone else "",
        group=group,
        column=column,
        level=gap.level,
        reference=gap.reference,
        lists=len(one.parts),
        single=one.single,
        unlisted=one.unlisted,
        ratio=gap.within.ratio,
        bounds=gap.interval,
        limit=float(limits.impact_ratio),
        threshold=threshold(limits.impact_ratio),
        confidence=confidence(limits.alpha),
        p=gap.p_adjusted,
        test=gap.evidence.test,
        pairs=one.family if one.family > 1 else None,
        crude=one.crude.ratio,
        covered=one.covered,
        drivers=one.drivers,
        alone=alone,
        **p_values,
    )


def _reading(one: _Judged, heard: str) -> Sequence[str]:
    """Return the keys of what the numbers mean."""
    gap = one.gap
    if heard == "differ":
        return ("differ",)
    if not one.computable:
        return ("decided",)
    if gap.state is State.CLEAR:
        return ("clear" if one.covered >= COVERED else "clear_in_part",)
    if gap.state is State.UNDETERMINED:
        return ("flipped" if gap.flipped else "undetermined",)
    return (str(gap.state), "own" if gap.reverse else "")
