"""Gaps in two parts, explained by controls and not: ADJ002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.analyzers import states
from auditor.analyzers.adjusted.refused import refuse_unscaled
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import CONTROLLED, CONTROLS, TARGET, TWO_GROUPS, UNWEIGHTED
from auditor.model import Finding, Measure, Severity
from auditor.stats.adjusted import Scale
from auditor.stats.decomposition import Coefficients, Decomposition, Split, decompose
from auditor.stats.regression import Effect
from auditor.use.policy import Limits
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    split="The {what} of {group} '{level}' minus that of '{reference}' is {gap:signed 3} {gap_bounds:numbers}.",
    divided="At the coefficients of both, {explained:signed 3} {explained_bounds:numbers} are explained "
    "by differences in {controls:listed}, and {unexplained:signed 3} {unexplained_bounds:numbers} are not.",
    others="At those of '{reference}' {by_reference:signed 3} are explained, at those of '{level}' "
    "{by_group:signed 3}.",
    parts="By control it is: {parts:clauses}.",
    part="{value:signed 3} by '{column}'",
    numbers="mean of '{column}'",
    logs="mean of the logarithm of '{column}'",
    rate="favourable rate",
    left_out="This leaves out {left_out:percent} of the rows, because only one of the groups has their level of a "
    "control. With them it is {whole:signed 3}.",
    leaking="Almost the outcome itself (LAB003), so that it explains the gap in name only: {leaking:listed}.",
    rest="What is not explained is not split by control, because that split depends on the choice of a base level.",
    none="The gap of {group} '{level}' and '{reference}' cannot be split by these controls: {why}",
    same="for too many people of one group nobody of the other has the same level, or the controls determine one "
    "another within a group.",
    few="there are too few rows for so many columns, or a group has fewer than {min_n:people} row{min_n:s}.",
    coarser="State fewer or coarser controls, or collect more rows of '{level}' ({group}).",
    gap="whole gap",
    explained="explained",
    unexplained="not explained",
    by="by '{column}'",
)
WHAT = {Scale.RATE: "rate", Scale.LOG: "logs", Scale.PLAIN: "numbers"}


@rule(
    "ADJ002",
    "decomposition",
    headlines=Headlines(
        open="The gap of '{level}' and '{reference}' cannot be split by these controls",
        clear=tuple(
            f"Of a gap of {{mean_gap:signed 3}} in the {of} ('{{level}}' minus '{{reference}}'), "
            "{unexplained:signed 3} are not explained by the controls"
            for of in ("logarithm of '{logs}'", "rate of '{rates}'", "mean of '{target}'")
        ),
    ),
    compares=True,
    needs=(TARGET, TWO_GROUPS, UNWEIGHTED, CONTROLLED),
    about=CONTROLS,
    units="models",
    severity=Severity.NOTE,
    suppressed="whole",
    measures=quantities("mean_gap", "explained", "unexplained"),
)
def decomposition(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """How much of a gap in means is explained by differences in the controls, and by which of them.

    How it is measured: The Oaxaca-Blinder decomposition of the gap between the means of a group and of its reference:
    of logarithms, of plain numbers, or of rates by linear models, as in ADJ001. What is explained is the difference of
    the means of the controls, valued at the coefficients of a regression. These are of the reference alone, of the
    group alone, or of both with an indicator of the group. With the last of them, what is not explained is the gap of a
    linear regression with the controls. The parts of single controls sum to what is explained, and do not depend on
    the choice of a base level. What is not explained does, and is not split. Intervals are from the sums over rows, or
    over people and clusters, of what each contributes to an estimate, the means of the controls among them. Rows at
    levels that only one of the groups has are left out, up to 20% of a group. The numbers describe the data and are not
    judged; ADJ001 judges the gap with controls.

    Why it matters: A part that is explained by grade is no part without cause. It moves the question to how people
    come to be in their grades.

    What to do: Look at the controls that explain most. Are they outcomes of the same employer's decisions?

    Source: Oaxaca 1973, International Economic Review 14; Blinder 1973, Journal of Human Resources 8; Jann 2008, Stata
    Journal 8 (coefficients of both, variance); Gardeazabal and Ugidos 2004, Review of Economics and Statistics 86 (base
    levels).
    """
    rows, tally = evidence.controlled, evidence.tally
    assert rows is not None
    refuse_unscaled(rows, tally, evidence.target)
    compared = False
    for group, counts, reference in tally.comparable(use):
        controls = [of.name for of in rows.controls if of.name != group]
        for level in counts:
            if level == reference or not controls or not {level, reference} <= {*rows.levels(group)}:
                continue
            compared = True
            found = decompose(*rows.pair(group, level, reference))
            names = {"group": group, "level": level, "reference": reference}
            if found.splits is None or min(found.n, found.n_ref) < use.limits.min_n:
                yield _open(found, evidence.target, names, use.limits)
                continue
            yield from _records(found, names, use.limits.alpha)
            leaking = [name for name in controls if name in tally.roles.leaks]
            yield _finding(found, rows.scale, evidence.target, names, controls, leaking, use.limits)
    if not compared:
        raise NotRun("no control is left beside the groups themselves")


def _open(found: Decomposition, column: str, names: Mapping[str, str], limits: Limits) -> Finding:
    why = SAYS(str(found.why) if found.splits is None and found.why else "few", min_n=limits.min_n)
    settle = SAYS("coarser", **names)
    return Finding(states.NOT_KNOWN, {"target": column, **names}, SAYS("none", why=why, **names), settle=settle)


def _finding(
    found: Decomposition,
    scale: Scale,
    column: str,
    names: Mapping[str, str],
    controls: list[str],
    leaking: list[str],
    limits: Limits,
) -> Finding:
    assert found.splits is not None and found.gap is not None
    both, alpha, n = found.splits[Coefficients.BOTH], limits.alpha, found.n + found.n_ref
    facts: dict[str, Any] = {}
    for name, of in (("gap", found.gap), ("explained", both.explained), ("unexplained", both.unexplained)):
        facts |= {name: of.value, f"{name}_bounds": of.at(alpha)}
    said = SAYS(
        "split",
        "left_out" if found.left_out > 0 else "",
        "divided",
        "others",
        "parts" if len(both.parts) > 1 else "",
        "leaking" if leaking else "",
        "rest",
        what=SAYS(WHAT[scale], column=column),
        controls=controls,
        by_reference=found.splits[Coefficients.REFERENCE].explained.value,
        by_group=found.splits[Coefficients.GROUP].explained.value,
        parts=[SAYS("part", column=name, value=of.value) for name, of in both.parts.items()],
        left_out=found.left_out if found.left_out > 0 else None,
        whole=found.whole,
        leaking=leaking,
        logs=column if scale is Scale.LOG else None,
        rates=column if scale is Scale.RATE else None,
        **facts,
        **names,
    )
    measures = {
        "mean_gap": Measure(found.gap.value, *found.gap.at(alpha), n=n),
        "explained": Measure(both.explained.value, *both.explained.at(alpha), n=n),
        "unexplained": Measure(both.unexplained.value, *both.unexplained.at(alpha), n=n),
    }
    return Finding(states.DESCRIBED, {"target": column, **names}, said, measures)


def _records(found: Decomposition, names: Mapping[str, str], alpha: float) -> Iterator[Record]:
    """Yield a row for the gap, for what is explained, for each control's part of it, and for the rest."""
    assert found.splits is not None and found.gap is not None
    gap = found.gap

    def row(part: str, of: Mapping[Coefficients, Effect], kind: str) -> Record:
        made: dict[str, Any] = {"kind": kind, **names, "part": part, "n": found.n, "reference_n": found.n_ref}
        for name, effect in of.items():
            low, high = effect.at(alpha)
            made |= {f"by_{name}": effect.value, f"{name}_low": low, f"{name}_high": high}
        return made

    def each(take: Any) -> dict[Coefficients, Effect]:
        splits: Mapping[Coefficients, Split] = found.splits or {}
        return {name: take(split) for name, split in splits.items()}

    yield row(SAYS("gap"), dict.fromkeys(Coefficients, gap), "gap")
    yield row(SAYS("explained"), each(lambda split: split.explained), "explained")
    for name in found.splits[Coefficients.BOTH].parts:
        yield row(SAYS("by", column=name), each(lambda split, name=name: split.parts[name]), "part")
    yield row(SAYS("unexplained"), each(lambda split: split.unexplained), "unexplained")
