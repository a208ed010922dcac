"""The tables that a policy asks to be published: POL001."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET, Precondition
from auditor.counts.funnel import moved_on
from auditor.counts.names import COUNT, NO_OUTCOME, OUTCOME, STAGES
from auditor.counts.scores import all_selections
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity
from auditor.stats.gaps import choose_reference, eligible
from auditor.use.says import Says
from auditor.use.usecase import UseCase

JOINT = " · "  # between the categories of several columns

Counts = Mapping[tuple[str, ...], tuple[int, int]]  # category -> selected, all with an outcome

SAYS = Says(
    no_tables="the policy '{policy}' asks for no tables of rates",
    none_selected="'{group}' has no category that was ever selected.",
    tables="'{group}' has {categories} categories ({n:people} applicants). The lowest ratio to the most selected, "
    "'{most}', is {lowest:ratio limit} ('{least}', rate {rate:percent}). Unknown and not counted: {unknown:people}.",
    left_out="Excluded from the ratios ({why}): {left_out:each}.",
    no_median="The median of '{score}' lies within a bin, because small cells are suppressed. The scoring rates are "
    "not known.",
    beyond="'{score}' {side} the median of all rows",
    stage="Stage '{stage}', of those who came so far:",
    no_line="The rule sets no threshold for these ratios.",
)

TARGET_OR_SCORE = Precondition(
    lambda of: None if of.tally.roles.scoring.columns else TARGET.missing(of), why=TARGET.why, asks=TARGET.asks
)
TABLES = Precondition(lambda of: None if of.use.policy.tables else SAYS("no_tables", policy=of.use.policy.name))


@rule(
    "POL001",
    "policy-tables",
    needs=(TABLES, TARGET_OR_SCORE, GROUPS),
    units="facts",
    severity=Severity.NOTE,
    suppressed="rest",
    measures=quantities("unknown", "lowest_ratio"),
)
def policy_tables(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A policy asks for tables to be published, and here they are; a category under its smallest share is excluded.

    How it is measured: The tables cover every group column by itself, and all of them jointly. They give the number of
    applicants, the selection rate (for a score, the scoring rate: the share above the median of all), and the literal
    ratio to the rate of the most selected category, without interval or test, as the law prescribes. People whose
    category is unknown are excluded and counted. A category under 2% of the data may be excluded from the ratios; its
    number and rate are still given, with the reason.

    Why it matters: 6 RCNY 5-301 prescribes these numbers. OUT001 adds their uncertainty.

    What to do: Publish them with the date and the source of the data, and name the independent auditor.

    Source: 6 RCNY 5-300 and 5-301(b) to (d), New York City.
    """
    tally = evidence.tally
    groups = tally.roles.groups
    sets: list[tuple[str, ...]] = [(group,) for group in groups]
    if len(groups) > 1 and groups in tally.tables:
        sets.append(groups)
    for columns in sets:
        counted = _tool(tally, columns) if tally.roles.scoring.columns else _outcomes(tally, columns)
        if counted is None:
            said = SAYS("no_median", score=tally.roles.scoring.score)
            yield Finding(states.NOT_KNOWN, {"group": JOINT.join(columns)}, said)
            continue
        yield from _tabled(counted, columns, None, use)
    if tally.roles.stages is not None and not tally.derived[STAGES].coarse:
        for columns in sets:
            for stage, counts, unknown in moved_on(tally, columns):
                if counts:
                    yield from _tabled(_Counted(counts, unknown, f"passed stage '{stage}'", False), columns, stage, use)


def _tabled(counted: _Counted, columns: tuple[str, ...], stage: str | None, use: UseCase) -> Iterator[Finding | Record]:
    """Yield the table of some columns, of all or of one stage, and its lowest ratio."""
    name, counts = JOINT.join(columns), counted.counts
    total = sum(n for _, n in counts.values())
    # The rule's own, whatever the use says; OUT001's, unless the use fixes another.
    least = (1, use.policy.exclude_below)
    kept = {level: counts[level][0] / counts[level][1] for level in eligible(counts, total, *least)}
    if not any(kept.values()):
        yield Finding(states.NOTHING_TO_JUDGE, _about(name, stage), SAYS("none_selected", group=name))
        return
    most = choose_reference(counts, total, *least)[0]
    yield from _published(counted, kept, kept[most], name, use, stage)
    yield _lowest(counts, kept, most, name, counted.unknown, use, stage)


def _about(name: str, stage: str | None) -> dict[str, str]:
    return {"group": name} if stage is None else {"group": name, "stage": stage}


@dataclass(frozen=True)
class _Counted:
    """What a table counts, the people of unknown category, who is selected in words; `scored`: above the median."""

    counts: Counts
    unknown: int
    outcome: str
    scored: bool


def _tool(tally: Tally, columns: tuple[str, ...]) -> _Counted | None:
    """Return what a tool selects: the law is about the tool, where its score or prediction is named."""
    found = all_selections(tally, columns)
    scoring = tally.roles.scoring
    key = "beyond" if scoring.score else ""
    words = SAYS(key, score=scoring.score, side="below" if scoring.lower else "above") or scoring.selects or ""
    return None if found is None else _Counted(*found, words, bool(scoring.score))


def _outcomes(tally: Tally, columns: tuple[str, ...]) -> _Counted:
    scored = bool(tally.roles.cut and tally.roles.cut.median)
    return _Counted(*_counts(tally, columns), tally.roles.favourable, scored)


def _published(
    counted: _Counted,
    kept: Mapping[tuple[str, ...], float],
    best: float,
    name: str,
    use: UseCase,
    stage: str | None,
) -> Iterator[Record]:
    """Yield a row per category, the largest first; those not `kept` are in no ratio to the best rate."""
    for level, (x, n) in sorted(counted.counts.items(), key=lambda item: (-item[1][1], item[0])):
        yield {
            **_about(name, stage),
            "level": JOINT.join(level),
            "levels": list(level),
            "n": n,
            "selected": x,
            "selection_rate": x / n,
            "impact_ratio": x / n / best if level in kept else None,
            "excluded": None if level in kept else use.policy.exclusion,
            "outcome": counted.outcome,
            "scored": counted.scored,
        }


def _lowest(
    counts: Counts,
    kept: Mapping[tuple[str, ...], float],
    most: tuple[str, ...],
    name: str,
    unknown: int,
    use: UseCase,
    stage: str | None,
) -> Finding:
    """State the lowest of the ratios, and which categories are excluded."""
    total = sum(n for _, n in counts.values())
    left_out = [JOINT.join(level) for level in counts if level not in kept]
    worst = min(kept, key=lambda level: kept[level])
    lowest = kept[worst] / kept[most]
    return Finding(
        states.DESCRIBED,
        _about(name, stage),
        SAYS(
            "stage" if stage else "",
            "tables",
            "left_out" if left_out else "",
            "no_line",
            group=name,
            categories=len(kept),
            n=total,
            most=JOINT.join(most),
            lowest=lowest,
            limit=None,
            least=JOINT.join(worst),
            rate=kept[worst],
            unknown=unknown,
            why=use.policy.exclusion,
            left_out=left_out,
            stage=stage,
        ),
        {"unknown": Measure(unknown), "lowest_ratio": Measure(lowest, n=total)},
    )


def _counts(tally: Tally, columns: tuple[str, ...]) -> tuple[dict[tuple[str, ...], tuple[int, int]], int]:
    """Return category -> (selected, all with an outcome), and the number of people of unknown category."""
    frame = next(frame for key, frame in tally.tables.items() if set(columns) <= set(key))
    counts: dict[tuple[str, ...], tuple[int, int]] = {}
    unknown = 0
    for *levels, outcome, n in frame[[*columns, OUTCOME, COUNT]].itertuples(index=False):
        if outcome == NO_OUTCOME:
            continue
        if not all(isinstance(level, str) for level in levels):
            unknown += int(n)
            continue
        x, rows = counts.get(tuple(levels), (0, 0))
        counts[tuple(levels)] = (x + int(n) * int(outcome == 1), rows + int(n))
    return counts, unknown
