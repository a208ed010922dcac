"""The gap of pay in each category of workers: PAY002."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.pay.pairs import FEWEST, Pair, direction, pairs
from auditor.analyzers.preconditions import CATEGORY, GROUPS, PAY, PAY_COUNTED, PAY_ROWS, UNWEIGHTED
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval
from auditor.stats.pay import PayGap
from auditor.stats.tails import holm
from auditor.use.says import Says
from auditor.use.usecase import UseCase

LINE = 0.05  # Article 10(1)(a)

SAYS = Says(
    gap="Category '{category}': the mean pay of '{level}' ({n:people}) is {size:percent line} {direction} than that of "
    "'{reference}' ({n_ref:people}), interval of the gap {around:percents}, {p:p} (adjusted).",
    no_interval="Category '{category}': the mean pay of '{level}' ({n:people}) is {size:percent line} {direction} than "
    "that of '{reference}' ({n_ref:people}), without an interval.",
    reaches="The figure reaches the line of {line:percent}, which is about the figure itself.",
    chance="Chance alone could explain it.",
    few="Groups of under {fewest} are too small for a test.",
    below="It is below the line of {line:percent}.",
    justify="Establish whether the gap in category '{category}' is justified by objective, gender-neutral criteria, "
    "and write down which. Remedy what is not.",
    settle="Pay of more workers in category '{category}', or of more periods.",
    alone="Not compared, because only one group is there: {categories:listed}.",
    none="no category has workers of two groups with usable pay",
)


@dataclass(frozen=True)
class _Category:
    """A category with its gap; `p` is adjusted over all categories, `joint` its interval at their part of alpha."""

    name: str
    pair: Pair
    gap: PayGap
    p: float
    joint: Interval


@rule(
    "PAY002",
    "category-pay-gap",
    asks=Ask(
        "Justify the pay gap by objective, gender-neutral criteria, or remedy it",
        "employer",
        "the gap in each category is below 5%, or justified in writing",
        ("category", "level"),
    ),
    headlines=Headlines(
        found="The mean pay of '{level}' is {size:percent line} {direction} than that of '{reference}' in category "
        "'{category}'",
        near="The pay gap in category '{category}' is near or above the line, without evidence of a difference",
        open="Too little data to judge the pay gap in category '{category}'",
        clear="The pay gap in category '{category}' is below the line",
    ),
    needs=(GROUPS, UNWEIGHTED, CATEGORY, PAY_COUNTED, PAY_ROWS),
    about=PAY,
    units="rows",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities("pay_gap", "base_pay_gap", "variable_pay_gap", "p_adjusted"),
    leading={"pay_gap": "Gap of mean pay in a category of workers"},
)
def category_pay_gap(evidence: Evidence, use: UseCase, *, line: float = LINE) -> Iterator[Finding | Record]:
    """Workers of one category are paid differently by group: the mean gap reaches 5%.

    How it is measured: In each category of workers the gap of the means of pay (basic and variable together, for an
    hour where hours are named) is the reference's mean less the group's, as a share of the reference's. The line is 5%
    (`line`), in either direction, as Article 10(1)(a) asks for a difference of at least 5%. That line is about the
    reported figure, whatever its uncertainty, so a figure that reaches it is never reported as no issue. A gap is found
    when the figure reaches the line and the means differ significantly (test of the logarithm of their ratio, adjusted
    by Holm over all categories and groups). The evidence is strong when the whole interval, at the part of alpha that
    one category has, is beyond the line. A figure is near the threshold when it reaches the line without significance,
    or is significant below it. No issue is found when the whole 95% interval is within the line. Groups of under ten in
    a category are near the threshold at most, and never clear. Gaps of basic and of variable pay are reported beside
    it; the second is about those who receive some.

    Why it matters: Article 10 asks for a joint pay assessment where a category's gap is at least 5%, the employer has
    not justified it by objective, gender-neutral criteria, and has not remedied it within six months of the report. All
    three must hold, and this rule looks at the first alone.

    What to do: Write down which criteria explain the gap, and how much of it (ADJ rules compare workers who are alike).
    Remedy what they do not explain. Check that the categories group work of equal value.

    Source: Directive (EU) 2023/970, Articles 4, 9(1)(g) and 10; Holm 1979.
    """
    found, alone = _categories(evidence, use.limits.alpha)
    if not found:
        raise NotRun(SAYS("none"))
    for one in found:
        state = _state(one, line, use.limits.alpha)
        base, variable = one.pair.base(use.limits.alpha), _variable(one.pair, use.limits.alpha)
        yield _record(one, base, variable, state)
        yield _finding(one, base, variable, state, line)
    for pair, sides in alone:
        yield from (_of_one(name, side) for name, side in sides.items())
        yield Finding(states.NOTHING_TO_JUDGE, pair.subject, SAYS("alone", categories=list(sides)))


def _categories(evidence: Evidence, alpha: float) -> tuple[list[_Category], list[tuple[Pair, dict[str, Pair]]]]:
    """Return every category with both groups of a pair, and by pair those with one of them alone."""
    there: list[tuple[str, Pair, PayGap]] = []
    alone: list[tuple[Pair, dict[str, Pair]]] = []
    for pair in pairs(evidence):
        category, names = pair.rows.category, pair.rows.categories
        assert category is not None  # the rule needs it
        one_sided = {}
        for code, name in enumerate(names):
            within = pair.within(category == code)
            gap = within.total(alpha)
            if gap is not None and min(within.sizes):
                there.append((name, within, gap))
            elif max(within.sizes):
                one_sided[name] = within
        if one_sided:
            alone.append((pair, one_sided))
    adjusted = holm([1.0 if math.isnan(gap.p) else gap.p for _, _, gap in there])
    part = alpha / max(1, len(there))
    found = []
    for (name, pair, gap), p in zip(there, adjusted, strict=True):
        joint = pair.total(part)
        assert joint is not None  # the gap is there
        found.append(_Category(name, pair, gap, p, joint.interval))
    return found, alone


def _state(one: _Category, line: float, alpha: float) -> State:
    return states.pay_gap(one.gap.value, one.gap.interval, one.joint, one.p, line, alpha, enough=one.pair.enough)


def _variable(pair: Pair, alpha: float) -> PayGap | None:
    return None if pair.rows.variable is None else pair.receiving.variable(alpha)


def _record(one: _Category, base: PayGap | None, variable: PayGap | None, state: State) -> Record:
    low, high = (end if math.isfinite(end) else None for end in one.gap.interval)
    return {
        **one.pair.subject,
        "category": one.name,
        "n": one.pair.sizes[0],
        "reference_n": one.pair.sizes[1],
        "gap": one.gap.value,
        "low": low,
        "high": high,
        "base_gap": base.value if base else None,
        "variable_gap": variable.value if variable else None,
        "receiving": one.pair.receiving.sizes[0] if one.pair.rows.variable is not None else None,
        "reference_receiving": one.pair.receiving.sizes[1] if one.pair.rows.variable is not None else None,
        "p_adjusted": one.p,
        "state": str(state),
    }


def _of_one(name: str, pair: Pair) -> Record:
    """Return the record of a category with one group: its size is what the total of the group leaves of the others."""
    n, reference_n = pair.sizes
    return {
        **pair.subject,
        "category": name,
        "n": n,
        "reference_n": reference_n,
        **dict.fromkeys(("gap", "low", "high", "base_gap", "variable_gap", "receiving", "reference_receiving")),
        "p_adjusted": None,
        "state": str(states.NOTHING_TO_JUDGE),
    }


def _finding(one: _Category, base: PayGap | None, variable: PayGap | None, state: State, line: float) -> Finding:
    pair, gap = one.pair, one.gap
    bounded = math.isfinite(gap.interval.low) and math.isfinite(gap.interval.high)
    said = SAYS(
        *_sentences(one, state, line, bounded=bounded),
        **pair.subject,
        category=one.name,
        n=pair.sizes[0],
        n_ref=pair.sizes[1],
        size=abs(gap.value),
        direction=direction(gap.value),
        around=tuple(gap.interval) if bounded else None,
        p=one.p,
        line=line,
        fewest=FEWEST,
    )
    n = sum(pair.sizes)
    measures = {"pay_gap": Measure(gap.value, *gap.interval, n=n, limit=line), "p_adjusted": Measure(one.p, n=n)}
    if base:
        measures["base_pay_gap"] = Measure(base.value, *base.interval, n=n)
    if variable:
        measures["variable_pay_gap"] = Measure(variable.value, *variable.interval, n=sum(pair.receiving.sizes))
    return Finding(
        state,
        {**pair.subject, "category": one.name},
        said,
        measures,
        remedy=SAYS("justify", category=one.name) if states.is_gap(state) else None,
        settle=SAYS("settle", category=one.name) if state is State.UNDETERMINED else None,
    )


def _sentences(one: _Category, state: State, line: float, *, bounded: bool) -> Sequence[str]:
    reaches = abs(one.gap.value) >= line
    return (
        "gap" if bounded else "no_interval",
        "reaches" if reaches else "below",
        "few" if not one.pair.enough else "chance" if reaches and not state.found else "",
    )
