"""Sentences, measures and states about a group that models predict from a column of vectors, as it is or erased."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from auditor.analyzers import states
from auditor.analyzers.catalog import Record
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.model_findings import GUESSING, pair_of, rest
from auditor.model import Finding, Measure, State
from auditor.stats.erasing import RAW, floor, rows_needed
from auditor.stats.matrices import FOLDS
from auditor.stats.nearest import NEAREST
from auditor.stats.probing import LINEAR
from auditor.stats.proportions import newcombe
from auditor.stats.tails import distinct_tests, normal
from auditor.use.says import Says, Sentence, together

if TYPE_CHECKING:
    from auditor.learn.vectors import Seen, VectorStudy
    from auditor.stats.roc import Auc

NAMES = {LINEAR: "auc_linear", NEAREST: "auc_neighbours"}
LEARNED, ERASED = 0.8, 0.4  # shares of the rows that are learned from: four folds of five, and two
GAPS = {LINEAR: "blind_gap", NEAREST: "blind_gap_neighbours"}
SHORT = {LINEAR: "linear", NEAREST: "neighbours"}

SAYS = Says(
    raw="From the vectors of '{column}' ({dimensions:whole} numbers), the AUC for '{level}' against {rest} is "
    "{area:fixed 3} [{low:fixed 3}, {high:fixed 3}] by the {best} and {other_area:fixed 3} by the {other} (0.5 is "
    "chance).",
    erased="With the direction of {group} erased from '{column}' (LEACE), the AUC for '{level}' against {rest} is "
    "{still}{area:fixed 3} [{low:fixed 3}, {high:fixed 3}] by the {best} and {other_area:fixed 3} by the {other} "
    "(0.5 is chance).",
    before="Before, it was {linear:fixed 3} by the linear discriminant and {near:fixed 3} by the nearest neighbours.",
    by_chance="With {group} shuffled, 97.5% of AUCs of the linear discriminant lie below {chance:fixed 3}.",
    inferable="A model that reads these vectors can infer {group}.",
    holds="The vectors still hold {group}.",
    borderline="That is better than chance, but below the threshold of {leak:number}.",
    clear="Neither model could predict {group} with an AUC above {leak:number}; a stronger model might.",
    undetermined="Inconclusive. The interval includes both chance and values above the threshold of {leak:number}.",
    few="Inconclusive. A linear model of {dimensions:whole} numbers needs about {needed:people} row{needed:s} to rule "
    "out an AUC of {leak:number}, and learned from {learned:people}.",
    within_floor="Inconclusive. An eraser that learned from so few rows can leave as much where one direction holds "
    "all of {group}.",
    floor="An eraser that learned from {learned:people} row{learned:s} can leave a linear AUC of up to "
    "{floor:fixed 3}; about {needed:people} row{needed:s} would leave at most {leak:number}.",
    gaps="A model of the outcome {from_vectors} without {group} would select '{level}' at a rate {gaps:clauses}.",
    gap="{gap:gap} percentage points {direction} than {rest} {bounds:points_interval} ({learner})",
    as_they_are="that reads these vectors",
    as_erased="that reads the erased vectors",
    weak="It predicts the outcome with an AUC of {areas:clauses}; near 0.5, a gap is partly chance.",
    outcome_area="{area:fixed 3} ({learner})",
    on_all="{folds}-fold cross-validation on all {rows:people} row{rows:s} with a vector and a recorded "
    "{group}{>near}.",
    on_some="{folds}-fold cross-validation on {rows:people} of {of:people} row{of:s} with a vector{>near}.",
    near="; neighbours among {compared:people} of them",
    more_rows="Audit about {wanted:people} row{wanted:s} with a vector and '{group}' recorded, or claim nothing about "
    "it.",
    of_vectors="{learner} of '{column}'",
    meaning="A model that reads the embedding of '{column}' with these terms masked predicts '{level}' against {rest} "
    "with an AUC of {area:fixed 3} [{low:fixed 3}, {high:fixed 3}]; unmasked, it is {before:fixed 3}.",
    settle="Audit more rows with a vector and '{group}' recorded, until the interval of the AUC lies on one side of "
    "{leak:number}.",
)


class Judged(NamedTuple):
    """A level judged by both learners: its state, the better learner and the other, and the bounds of its area.

    `needed`: rows that a linear model must learn from to rule anything out; `lacking`: it had fewer, and nothing else
    was in the way. `within_floor`: it is no more than what an eraser of so few rows leaves.
    """

    state: State
    best: str
    other: str
    low: float
    high: float
    learned: float
    needed: float
    lacking: bool
    within_floor: bool


def judged(
    study: VectorStudy, seen: Seen, group: str, level: str, alpha: float, limits: tuple[float, float], part: float
) -> Judged:
    """Judge a level by the worse of two learners, at half of alpha each; `alpha` is that of one comparison.

    `part` is the share of the rows that an eraser, or a probe without one, learns from. A linear model that learned
    from too few rows rules nothing out, so that nothing is clear then. Nor is anything found in erased vectors that the
    error of the eraser explains.
    """
    aucs = seen.recovered[level]
    alpha /= 2
    best = max(aucs, key=lambda learner: aucs[learner].value)
    other = next(learner for learner in aucs if learner != best)
    sizes = study.sizes(group)
    rows = sum(sizes.values())
    needed, learned = rows_needed(study.dimensions, sizes[level] / rows, limits[0]), part * rows
    by_areas = states.area(aucs, alpha, *limits)
    with_rows = states.with_rows(by_areas, learned, needed)
    state = with_rows
    if seen.eraser != RAW:
        floors = _floors(study, study.seen(group).recovered[level], (sizes[level], rows - sizes[level]), alpha)
        state = states.beyond_floors(with_rows, aucs, alpha, floors)
    lacking, within_floor = with_rows is not by_areas, state is not with_rows
    return Judged(state, best, other, *aucs[best].at(alpha), learned, needed, lacking, within_floor)


def _floors(study: VectorStudy, whole: Mapping[str, Auc], sizes: tuple[int, int], alpha: float) -> dict[str, float]:
    """Return by learner the AUC that the error of its eraser can leave; `whole` are the areas with nothing erased.

    The groups are taken to lie as far apart as the upper bounds of those areas allow.
    """
    most = max(auc.at(alpha).high for auc in whole.values())
    distance = math.sqrt(2) * normal(most) if most < 1 else math.inf
    # The neighbours' eraser learns from four folds, the linear probe's from two.
    parts = {LINEAR: ERASED, NEAREST: LEARNED}
    own, others = sizes
    return {name: floor(study.dimensions, of * own, of * others, distance) for name, of in parts.items()}


def shared_alpha(evidence: Evidence) -> float:
    """Return the alpha of one comparison: all columns of vectors, groups and levels that they may predict share it."""
    sizes = [len(study.levels(group)) for study in evidence.vectors.values() for group in evidence.tally.roles.groups]
    return evidence.use.limits.alpha / max(1, sum(distinct_tests(size) for size in sizes if size > 1))


def vectors_beside(
    evidence: Evidence, group: str, level: str, limits: tuple[float, float]
) -> tuple[dict[str, Auc], list[str]]:
    """Return the areas of a level from each column of vectors, and the columns in which EMB001 finds no issue."""
    areas: dict[str, Auc] = {}
    clear: list[str] = []
    for name, study in evidence.vectors.items():
        if len(study.levels(group)) < 2:
            continue
        seen = study.seen(group)
        one = level if level in seen.recovered else next(iter(seen.recovered))  # of two levels the other
        if level != one and len(study.levels(group)) > 2:
            continue
        areas |= {
            SAYS("of_vectors", learner=learner, column=name): area for learner, area in seen.recovered[one].items()
        }
        state = judged(study, seen, group, one, shared_alpha(evidence), limits, LEARNED).state
        clear += [name] if state is State.CLEAR else []
    return areas, clear


def embedded_area(evidence: Evidence, column: str, group: str, level: str, k: int) -> Auc | None:
    """Return how well the embedding of a text with k terms masked predicts a level; of two models, the better one."""
    study = evidence.masked.get((column, group, k))
    if study is None or len(study.levels(group)) < 2:
        return None
    recovered = study.seen(group).recovered
    one = recovered.get(level) or (next(iter(recovered.values())) if len(study.levels(group)) == 2 else None)
    return max(one.values(), key=lambda area: area.value) if one else None


def embedded_record(area: Auc | None) -> Record:
    """Return what the embedding of a masked text predicts, for a table; nothing where it was not embedded."""
    if area is None:
        return {}
    return {"embedded_auc": area.value, "embedded_low": area.interval.low, "embedded_high": area.interval.high}


def with_meaning(finding: Finding, subject: Mapping[str, str], whole: Auc | None, masked: Auc | None) -> Finding:
    """Return a finding about masked terms with what the embedding of the masked text still predicts."""
    if whole is None or masked is None:
        return finding
    low, high = masked.interval
    said = SAYS(
        "meaning",
        column=subject["column"],
        level=subject["level"],
        rest=rest(subject),
        before=whole.value,
        area=masked.value,
        low=low,
        high=high,
    )
    measures = {**finding.measures, "auc_embedded": Measure(masked.value, low, high)}
    return replace(finding, message=together(finding.message, said), measures=measures)


def said_of(
    key: str, study: VectorStudy, aucs: Mapping[str, Auc], of: Judged, subject: Mapping[str, str], leak: float
) -> Sentence:
    """State the areas of a level (`raw` or `erased`), and what they show."""
    shows = "few" if of.lacking else "within_floor" if of.within_floor else str(of.state)
    return SAYS(
        key,
        ("inferable" if key == "raw" else "holds") if of.state.found else shows,
        column=study.name,
        group=subject["group"],
        dimensions=study.dimensions,
        level=subject["level"],
        rest=rest(subject),
        still="still " if of.low > GUESSING else "",
        area=aucs[of.best].value,
        low=of.low,
        high=of.high,
        best=of.best,
        other_area=aucs[of.other].value,
        other=of.other,
        leak=leak,
        needed=round(of.needed),
        learned=round(of.learned),
    )


def gaps(seen: Seen, subject: Mapping[str, str]) -> tuple[dict[str, Measure], Sentence | str]:
    """Return the gaps of the models of the outcome, and the sentence about them."""
    measures, clauses, areas, weak = {}, [], [], False
    for learner, area in seen.outcome.items():
        pair = pair_of(seen.selected.get(learner, {}), subject)
        if pair is None:
            continue
        gap = Measure(pair.rate - pair.rate_ref, *newcombe(pair), n=pair.n + pair.n_ref)
        measures[GAPS[learner]] = gap
        facts: dict[str, object] = {"rest": rest(subject), "direction": "lower" if (gap.value or 0) < 0 else "higher"}
        facts |= {"gap": gap.value, "bounds": (gap.low or 0, gap.high or 0), "learner": SHORT[learner]}
        clauses.append(SAYS("gap", **facts))
        areas.append(SAYS("outcome_area", area=area.value, learner=SHORT[learner]))
        weak = weak or not area.interval.low > GUESSING
    if not clauses:
        return measures, ""
    return measures, SAYS(
        "gaps",
        "weak" if weak else "",
        group=subject["group"],
        level=subject["level"],
        from_vectors=SAYS("as_they_are" if seen.eraser == RAW else "as_erased"),
        gaps=clauses,
        areas=areas,
    )


def on(study: VectorStudy, seen: Seen, group: str) -> Sentence:
    """Name the rows that models were fitted to and tested on."""
    rows = sum(study.sizes(group).values())
    return SAYS(
        "on_some" if study.rows < study.of else "on_all",
        folds=FOLDS,
        rows=rows,
        of=study.of,
        group=group,
        compared=seen.compared if seen.compared < rows else None,
    )


def learners(aucs: Mapping[str, Auc], rows: int, compared: int) -> dict[str, Measure]:
    """Return the area of each learner with its interval."""
    sizes = {LINEAR: rows, NEAREST: compared}
    return {NAMES[learner]: Measure(of.value, *of.interval, n=sizes[learner]) for learner, of in aucs.items()}


def settle(of: Judged, group: str, leak: float, part: float) -> Sentence | None:
    """Return what would settle a result that is open."""
    if of.state is not State.UNDETERMINED:
        return None
    if of.lacking or of.learned < of.needed:
        return SAYS("more_rows", group=group, wanted=round(of.needed / part))
    return SAYS("settle", group=group, leak=leak)


def record(study: VectorStudy, seen: Seen, subject: Mapping[str, str], level: str) -> Record:
    """Return what models see with one eraser as a record of a result's table."""
    found: dict[str, object] = {"column": study.name, **subject, "eraser": seen.eraser}
    for learner, prefix in ((LINEAR, ""), (NEAREST, "check_")):
        area = seen.recovered[level][learner]
        pair = pair_of(seen.selected.get(learner, {}), subject)
        bounds = newcombe(pair) if pair else None
        outcome = seen.outcome.get(learner)
        found |= {
            f"{prefix}auc": area.value,
            f"{prefix}low": area.interval.low,
            f"{prefix}high": area.interval.high,
            f"{prefix}outcome_auc": outcome.value if outcome else None,
            f"{prefix}blind_gap": pair.rate - pair.rate_ref if pair else None,
            f"{prefix}gap_low": bounds.low if bounds else None,
            f"{prefix}gap_high": bounds.high if bounds else None,
        }
    return {**found, "n": sum(study.sizes(subject["group"]).values()), "compared": seen.compared}
