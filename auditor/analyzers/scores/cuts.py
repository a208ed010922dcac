"""Whom a score or a prediction selects: SCO002."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import Column, Comparison, Gap, compare_all
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.gap_facts import facts_of
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, SCORED
from auditor.analyzers.scores.unscored import selects_all_or_none, without_scores
from auditor.analyzers.unrecorded import unrecorded
from auditor.counts.score_effects import Effects, ranked_effect
from auditor.counts.scores import Scores, cells, scores, selections
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Need, Severity, State
from auditor.stats.counts import Interval
from auditor.stats.cuts import cut_places, of_each, rate_band, ratio_band, tail_of_band
from auditor.stats.proportions import rows_to_collect, wilson
from auditor.use.needs import needed, to_see
from auditor.use.policy import Limits
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

MOST_CUTS = 100  # of a curve
TAIL = 0.05  # the share of all rows at either end in which no lowest ratio is looked for
TOPS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)  # shares of all rows, whose cuts a table shows
SAYS = Says(
    gap="{selects} selects {rate:percent} of {group} '{level}' ({x:people} of {n:people}) and {rate_ref:percent} of "
    "'{reference}' ({x_ref:people} of {n_ref:people}). The impact ratio is {impact_ratio:ratio limit} "
    "({confidence} interval {bounds:interval limit}).",
    significant="The difference is statistically significant ({p:p}, {test}{>family}).",
    not_significant="The difference is not statistically significant ({p:p}, {test}{>family}).",
    family=", Holm over {pairs} pairs of all group columns",
    shown_strong="The ratio is below {threshold} even at the upper end of the {confidence} confidence interval.",
    shown="The ratio is below {limit:number}, but the confidence interval includes {limit:number}.",
    borderline="This is near {threshold}.",
    clear="The ratio is within {threshold} over the whole {confidence} confidence interval.",
    undetermined="Inconclusive at this size.",
    reverse="The gap is the reference's own. '{level}', fixed as the reference, has the lower rate.",
    curve="Of the cuts that select 5% to 95% of all rows the lowest ratio is at '{cut}', which selects "
    "{lowest_share:percent}: {lowest:ratio limit} (band {band:interval limit}, for all {cuts} cuts at once).",
    no_cut="'{score}' has no stated cut, so it is not known whom it selects, and no group is judged. The curve shows "
    "the ratio at all cuts.",
    coarse="The bins of '{score}' do not have the cut {cut} as an edge, because small cells are suppressed. No group "
    "is judged.",
    suppressed="Some values of '{prediction}' are suppressed, because too few rows have them. No group is judged.",
    state_cut="State where the score selects (--cut), or name the prediction (--prediction).",
    recount="Count a column that says who is selected (--prediction) in place of the score.",
    watch="Monitor whom {selects} selects. The ratio of '{level}' ({group}) is near the threshold.",
    find="Find out why {selects} selects fewer of '{level}' ({group}). Look for another cut or another score that "
    "serves the purpose as well.",
    more_rows="Score more people of '{level}' ({group}). The ratio is too near the threshold for this many rows.",
)


@dataclass(frozen=True)
class Curve:
    """The selection rates of a group column's levels over the cuts of a score, the strictest cut first.

    `places` are the numbers of bins that each cut selects, `cuts` those cuts in words, `share` the share of all rows
    that they select; `selected` and `bands` are by level, in rows and rates. `chosen` is the place in these lists of
    the stated cut.
    """

    cuts: Sequence[str]
    share: np.ndarray
    selected: Mapping[str, np.ndarray]
    rows: Mapping[str, float]
    bands: Mapping[str, tuple[np.ndarray, np.ndarray]]
    chosen: int | None

    def ratio(self, level: str, reference: str) -> tuple[np.ndarray, list[Interval]]:
        """Return the impact ratio at each cut, nan where nobody is selected, and its band."""
        own, theirs = (self.selected[name] / self.rows[name] for name in (level, reference))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = own / theirs
        return ratio, ratio_band(self.bands[level], self.bands[reference])


@rule(
    "SCO002",
    "cut-gap",
    about=SCORED,
    asks=Ask(
        "Explain or correct whom the score selects before it is used",
        "model team",
        "no gap is found at the cut, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="{selects} selects {selection_rate:percent} of '{level}', {reference_rate:percent} of '{reference}': "
        "impact ratio {impact_ratio:fixed 2}",
        near="{selects} selects {selection_rate:percent} of '{level}', {reference_rate:percent} of '{reference}': near "
        "the threshold",
        open="Too little is known to compare whom the score selects",
        clear="{selects} selects {selection_rate:percent} of '{level}', {reference_rate:percent} of '{reference}': "
        "within the threshold",
    ),
    needs=(GROUPS,),
    units="counts",
    severity=Severity.BLOCK,
    suppressed="rest",
    measures=quantities(
        "selection_rate", "reference_rate", "impact_ratio", "rate_difference", "p_value", "p_adjusted", "shortfall",
        "detectable_ratio", "impact_ratio_bounds", "lowest_ratio",
    ),
    leading={"impact_ratio": "Impact ratio of the score's selection"},
)  # fmt: skip
def cut_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A score or a prediction selects a group at under four fifths of the reference group's rate.

    How it is measured: A row is selected where the score passes the stated cut ([label] cut), or by the prediction. All
    rows with a score count, with or without an outcome. The rates, the impact ratio, the test (Holm over all pairs of
    all group columns) and the states are those of OUT001. The reference is the group that is selected most, among those
    large enough, unless the use fixes another. This test at the cut decides. For a score the curve describes the ratio
    at up to 100 cuts, the cut among them. Its band holds at all cuts at once, with at least 95%. Each group's rates
    have bounds of equal local level, by simulation of ordered uniform numbers, and alpha is shared among the groups.
    From one cut to the next each group has no row, or at least as many as a report may show. A table has the cuts that
    select 1% to 50% of all rows. Rows without a score are counted. Where they are many or uneven, a ratio that they
    could bring below the threshold is inconclusive. Without a stated cut the curve is shown and nothing is judged.

    Why it matters: A tool is used through its cut. The gap of a score depends on where it is cut, and a cut that was
    chosen for another reason may be the worst one.

    What to do: Look on the curve for cuts with less of a gap that serve the purpose as well. A cut that is chosen for
    its ratio must be tested on new data.

    Source: 29 CFR 1607.4(D) (four fifths); 6 RCNY 5-301(c); Miettinen and Nurminen 1985 (interval); Holm 1979;
    Aldor-Noiman and others 2013, The American Statistician 67 (band).
    """
    tally = evidence.tally
    found = {group: selections(tally, group) for group in tally.roles.groups}
    rates = {
        group: {level: (of.selected, of.n) for level, of in each.items()}
        for group, each in found.items()
        if each and len(each) > 1
    }
    columns = {}
    for group, counts in rates.items():
        effects = Effects.of(tally, group)
        columns[group] = Column(counts, use.terms(group), {level: effects.selected(level) for level in counts})
    comparisons = compare_all(columns)
    judged = False
    for group in tally.roles.groups:
        scored = scores(tally, group)
        if scored is not None and len(scored.levels) < 2:
            continue
        reference = comparisons[group].reference if group in comparisons else None
        curve = _curve(scored, tally, group, use) if scored else None
        if curve:
            yield from _records(curve, group, reference or _largest(curve), use)
        if group in comparisons:
            judged = True
            yield from without_scores(tally, group, str(tally.roles.scoring.prediction or tally.roles.scoring.score))
            if degenerate := selects_all_or_none(tally, found[group] or {}, group):
                yield degenerate
                continue
            yield from _judged(comparisons[group], curve, group, columns[group], tally, use)
        elif found[group] is None:
            judged = True
            yield _unknown(tally, group)
    if not judged:
        raise NotRun("no group column has two groups with a score or a prediction")


def _largest(curve: Curve) -> str:
    return max(curve.rows, key=lambda level: curve.rows[level])


def _unknown(tally: Tally, group: str) -> Finding:
    """Return that it is not known who is selected, with the reason."""
    scoring = tally.roles.scoring
    key = "suppressed" if scoring.prediction else "coarse" if scoring.cut else "no_cut"
    said = SAYS(key, score=scoring.score, prediction=scoring.prediction, cut=str(scoring.cut))
    settle = SAYS("state_cut" if key == "no_cut" else "recount")
    subject = {"column": str(scoring.prediction or scoring.score), "group": group}
    return Finding(states.NOT_KNOWN, subject, said, settle=settle)


def _curve(scored: Scores, tally: Tally, group: str, use: UseCase) -> Curve | None:
    """Return the curve of the levels that are large enough to be compared; None with fewer than two of these."""
    low, cut = tally.roles.scoring.lower, tally.roles.scoring.cut
    order = slice(None) if low else slice(None, None, -1)  # the best bins first
    sums = {level: of.sum(axis=1)[order] for level, of in scored.levels.items()}
    sums = {level: of for level, of in sums.items() if of.sum() >= use.limits.min_n}
    if len(sums) < 2:
        return None
    all_rows = scored.all_rows.sum(axis=1)[order]
    above = scored.above(cut)
    chosen = int(above.sum()) if above is not None else None
    least = max(1, use.groups.min_report_cell)
    places = cut_places(all_rows, list(sums.values()), MOST_CUTS, least, chosen)
    if not places:
        return None
    effects = {level: ranked_effect(tally, group, level) for level in sums}
    each = of_each(len(sums), use.limits.alpha)
    selected = {level: np.cumsum(of)[np.array(places) - 1] for level, of in sums.items()}
    bands = {}
    for level, of in selected.items():
        rows = float(sums[level].sum()) / effects[level]
        bands[level] = rate_band(of / effects[level], rows, tail_of_band(max(2, round(rows)), each))
    return Curve(
        [str(cut) if place == chosen else _in_words(scored, place, low) for place in places],
        np.cumsum(all_rows)[np.array(places) - 1] / all_rows.sum(),
        selected,
        {level: float(of.sum()) for level, of in sums.items()},
        bands,
        places.index(chosen) if chosen in places else None,
    )


def _in_words(scored: Scores, place: int, low: bool) -> str:
    """Return the cut that selects the first `place` bins, the best first, as a comparison."""
    bins = len(scored.edges) + 1
    last = place - 1 if low else bins - place  # the last bin that is selected
    value = scored.column.only_values[last]
    if value is not None:
        return f"{'<=' if low else '>='} {value:.6g}"
    return f"<= {scored.edges[last]:.6g}" if low else f"> {scored.edges[last - 1]:.6g}"


def _records(curve: Curve, group: str, reference: str, use: UseCase) -> Iterator[Record]:
    """Yield a row per level and cut, the strictest cut first."""
    if reference not in curve.rows:
        reference = _largest(curve)
    tops = {int(np.argmin(np.abs(curve.share - top))): top for top in TOPS}
    tops = {at: top for at, top in tops.items() if abs(curve.share[at] - top) <= top / 5}
    for level in curve.rows:
        if level == reference:
            continue
        ratio, band = curve.ratio(level, reference)
        for at, cut in enumerate(curve.cuts):
            value = float(ratio[at])
            yield {
                "group": group,
                "level": level,
                "reference": reference,
                "cut": cut,
                "chosen": at == curve.chosen,
                "top": tops.get(at),
                "selected_share": float(curve.share[at]),
                "n": curve.rows[level],
                "selection_rate": float(curve.selected[level][at] / curve.rows[level]),
                "reference_n": curve.rows[reference],
                "reference_rate": float(curve.selected[reference][at] / curve.rows[reference]),
                "impact_ratio": value if math.isfinite(value) else None,
                "low": band[at].low,
                "high": band[at].high if math.isfinite(band[at].high) else None,
            }


def _judged(
    comparison: Comparison, curve: Curve | None, group: str, column: Column, tally: Tally, use: UseCase
) -> Iterator[Finding]:
    limits, scoring = use.limits, tally.roles.scoring
    counts = column.counts
    rate = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
    known = cells(tally, group)
    for gap in (*comparison.gaps, *([comparison.widest] if comparison.widest else [])):
        subject = {
            "column": str(scoring.prediction or scoring.score),
            "group": group,
            "level": gap.level,
            "reference": gap.reference,
        }
        missing = unrecorded(known, gap, limits, scored=True)
        state = gap.state
        if missing:
            state = states.despite_unknown(state, missing.worst, limits.impact_ratio, matters=missing.matters)
        lost = missing if state is not gap.state else None
        lowest = _lowest(curve, gap)
        needs = _needs(gap, comparison, group, rate, limits)
        settle = lost.settle(group, gap.level, gap.reference) if lost else None
        if state is State.UNDETERMINED and not needs and not settle:
            settle = SAYS("more_rows", level=gap.level, group=group)
        yield Finding(
            state,
            subject,
            together(
                _said(gap, comparison, group, scoring.selects or "", limits),
                _curve_said(curve, lowest, limits),
                missing.said(limits, lost=lost is not None) if missing else "",
            ),
            _measures(gap, limits)
            | ({"impact_ratio_bounds": missing.measure} if missing else {})
            | ({"lowest_ratio": lowest[1]} if lowest else {}),
            remedy=_remedy(gap, group, scoring.selects or ""),
            settle=settle,
            needs=needs,
        )


def _lowest(curve: Curve | None, gap: Gap) -> tuple[int, Measure] | None:
    """Return where on the curve the ratio is lowest, and that ratio with its band."""
    if curve is None or not {gap.level, gap.reference} <= {*curve.rows}:
        return None
    ratio, band = curve.ratio(gap.level, gap.reference)
    inner = (curve.share >= TAIL) & (curve.share <= 1 - TAIL)
    known = np.where(np.isfinite(ratio) & inner, ratio, np.inf)
    at = int(np.argmin(known))
    if not math.isfinite(known[at]):
        return None
    n = curve.rows[gap.level] + curve.rows[gap.reference]
    return at, Measure(float(ratio[at]), *band[at], n=n)


def _curve_said(curve: Curve | None, lowest: tuple[int, Measure] | None, limits: Limits) -> str:
    if curve is None or lowest is None:
        return ""
    at, of = lowest
    return SAYS(
        "curve",
        cuts=len(curve.cuts),
        cut=curve.cuts[at],
        lowest_share=float(curve.share[at]),
        lowest=of.value,
        band=(of.low, of.high),
        limit=float(limits.impact_ratio),
    )


def _said(gap: Gap, comparison: Comparison, group: str, selects: str, limits: Limits) -> str:
    return SAYS(
        "gap",
        "significant" if gap.evident else "not_significant",
        "reverse" if gap.reverse else "",
        str(gap.state),
        selects=selects,
        group=group,
        pairs=comparison.pairs if comparison.pairs > 1 else None,
        **facts_of(gap, limits),
    )


def _measures(gap: Gap, limits: Limits) -> dict[str, Measure]:
    pair, total, sized = gap.pair, gap.pair.n + gap.pair.n_ref, gap.pair.sized
    lacking = Interval(*(max(0.0, -pair.n * end) for end in reversed(gap.difference)))
    return {
        "selection_rate": Measure(pair.rate, *wilson(sized.x, sized.n, limits.alpha), n=pair.n),
        "reference_rate": Measure(pair.rate_ref, *wilson(sized.x_ref, sized.n_ref, limits.alpha), n=pair.n_ref),
        "impact_ratio": Measure(pair.ratio, *gap.interval, n=total, limit=float(limits.impact_ratio)),
        "rate_difference": Measure(pair.rate - pair.rate_ref, *gap.difference, n=total),
        "p_value": Measure(gap.evidence.p, n=total),
        "p_adjusted": Measure(gap.p_adjusted, n=total, limit=limits.alpha),
        "shortfall": Measure(pair.shortfall(), *lacking, n=pair.n),
        "detectable_ratio": Measure(gap.detectable, n=total, limit=float(limits.impact_ratio)),
    }


def _remedy(gap: Gap, group: str, selects: str) -> str | None:
    key = "watch" if gap.state is State.BORDERLINE else "find" if gap.state.found else ""
    return SAYS(key, selects=selects, level=gap.level, group=group) or None


def _needs(gap: Gap, comparison: Comparison, group: str, rate: float, limits: Limits) -> tuple[Need, ...]:
    """Return how many more rows would show a gap at the threshold, from the sizes and the overall rate alone."""
    if gap.state is not State.UNDETERMINED:
        return ()
    limit = float(limits.impact_ratio)
    own, theirs = rows_to_collect(rate, limit, gap.pair.n, gap.pair.n_ref, comparison.alpha, limits.power)
    purpose = to_see(limit, limits.power)
    return (*needed(group, gap.level, own, purpose), *needed(group, gap.reference, theirs, purpose))
