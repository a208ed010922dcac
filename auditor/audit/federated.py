"""Tallies that were made where the rows are, audited where they are brought together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from auditor.analyzers.catalog import Rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.preconditions import PAY_ROWS
from auditor.audit.agreeing import in_its_words, named_alike, refuse_other_roles
from auditor.audit.judge import dataset, judged
from auditor.audit.select import Chosen
from auditor.audit.validate import refuse_unexpected, refuse_unknown_levels
from auditor.counts.coarsen import with_common_edges
from auditor.counts.exchange import loaded, merged
from auditor.counts.names import COUNT, LEVEL
from auditor.counts.part import Part
from auditor.errors import AuditError
from auditor.model import Audit, Decision
from auditor.use.derivations import not_read, proposed
from auditor.use.population import Shipped
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

SUFFIX = ".tally"
NEEDS_ROWS = "it needs rows, and only counts were given (tallies)"
NO_MEDIANS = "medians and quarters of pay cannot be computed from tallies: audit all rows in one place"
SAYS = Says(
    counted="Counted in {n} part{n:s}, whose rows were not read here: {parts:clauses}.",
    part="{part} ({rows:people} row{rows:s})",
    least="{part}: every cell of under {least} rows is suppressed.",
    only_number="For {rows:people} row{rows:s} only the number is published, because so few have one of the outcomes.",
    only_rows="Groups with so few of one outcome are published with their number of rows only, {rows:people} in all: "
    "{groups:listed}.",
    all="All rows are in the groups' counts.",
    others="All other rows are in the groups' counts.",
    none="At most {rows:people} row{rows:s} are in no count, because their groups were too small.",
    round="Numbers are cut at round values that separate no such cell. In a column with a small cell, that level and "
    "smaller ones are counted as '(all other values)', for every group. Strata and periods with a small cell, and "
    "smaller ones, are excluded. Missing values of unknown groups are in steps of {least}.",
    coarser="These columns are coarser for that, and may be stronger proxies than reported: {columns:listed}.",
    not_counted="These columns are not counted for that: {columns:listed}.",
)


def given(data: object) -> list[Path] | None:
    """Return the tally files that were given as data: paths that end in .tally, or a list of paths; else None."""
    if isinstance(data, str | os.PathLike):
        path = Path(os.fsdecode(data))
        return [path] if path.suffix == SUFFIX else None
    if not isinstance(data, list | tuple) or not data:
        return None
    if not all(isinstance(one, str | os.PathLike) for one in data):
        return None  # rows
    named = [Path(os.fsdecode(one)) for one in data]
    if len(named) > 1 and any(path.suffix != SUFFIX for path in named):
        raise AuditError(
            "several files at once must be tallies (.tally); give a folder or a glob for the parts of a table"
        )
    return named if named[0].suffix == SUFFIX else None


def audit(
    paths: Sequence[Path],
    use: UseCase,
    rules: Sequence[Chosen],
    named: Shipped | None = None,
    name: str | None = None,
    seed: int = 0,
    command: str | None = None,
) -> Audit:
    """Audit what several tallies are together."""
    if len(set(map(os.path.realpath, paths))) < len(paths):
        raise AuditError("a tally is given twice: its rows would count twice")
    parts = with_common_edges([loaded(path) for path in paths])
    tally = merged(parts)
    use = in_its_words(named_alike(use, parts[0]), tally, parts[0].labels)
    refuse_other_roles(use, parts[0])
    # These are the strata that were counted; without a reason in the use they change no verdict.
    use = use.over("features", strata={of: use.features.strata.get(of, "") for of in parts[0].roles.strata})
    if not tally.rows and any(part.min_cell for part in parts):
        least = max(part.min_cell for part in parts)
        raise AuditError(f"nothing remains to audit: no group has {least} rows or more of each outcome (--min-cell)")
    refuse_unexpected(tally)
    refuse_unknown_levels(tally, use)
    from auditor.counts.answers import without_answers  # its libraries are loaded aside, with those of the rules
    from auditor.counts.leaks import set_aside

    tally = set_aside(without_answers(tally, use), use)
    reading = [*_reading(parts), *not_read(proposed(tally.roles, parts[0].seen))]
    if named:
        levels = {group: tally.levels_of(group) for group in tally.roles.groups}
        shares, fitted = named.fitted(levels)
        use = use.over("population", **{**use.population.model_dump(exclude_unset=True), **shares})
        reading.append(fitted)
    left = [of if of.reason or not of.rule.needs_rows else replace(of, reason=_needs_rows(of.rule)) for of in rules]
    called = name or (parts[0].name if len(parts) == 1 else f"{len(parts)} tallies")
    return judged(Evidence(tally, use), dataset(tally, use, called, reading), left, "tallies", seed, command)


def _needs_rows(rule: Rule) -> str:
    return NO_MEDIANS if PAY_ROWS in rule.needs else NEEDS_ROWS


def _without_outcomes(part: Part) -> int:
    return sum(int(n or 0) for table in part.withheld[:1] for n in table.columns[COUNT])


def _left_out(part: Part) -> Sentence:
    """State what is published of joint groups with a small cell."""
    sentences = []
    for table in part.withheld[:1]:
        rows = _without_outcomes(part)
        if not table.key:  # no group is named
            sentences.append(SAYS("only_number", rows=rows))
            continue
        keys = list(zip(*(table.columns[name] for name in table.key), strict=True))
        names = [" · ".join("(not recorded)" if level is None else str(level) for level in key) for key in keys]
        sentences.append(SAYS("only_rows", rows=rows, groups=names))
    if not part.left_out:
        return together(*sentences, SAYS("others" if sentences else "all"))
    return together(*sentences, SAYS("none", rows=part.left_out))


def _coarser(part: Part) -> Sentence:
    coarse = [name for name, column in part.columns.items() if column.coarse]
    names = [name for name in coarse if part.columns[name].tables[0].columns[LEVEL]]
    rest = [name for name in coarse if name not in names]
    return together(SAYS("coarser" if names else "", columns=names), SAYS("not_counted" if rest else "", columns=rest))


def _reading(parts: Sequence[Part]) -> Iterator[Decision]:
    rows = [SAYS("part", part=part.name, rows=part.rows + _without_outcomes(part)) for part in parts]
    yield Decision(SAYS("counted", n=len(parts), parts=rows), "tallies")
    yield from dict.fromkeys(decision for part in parts for decision in part.reading)
    for part in parts:
        if part.min_cell:
            least = SAYS("least", part=part.name, least=part.min_cell)
            rounded = SAYS("round", least=part.min_cell)
            yield Decision(together(least, _left_out(part), rounded, _coarser(part)), "small cells")
    if len(parts) > 1:
        recurring = "Records and people in several parts count in each part, because repeats cannot be detected."
        yield Decision(recurring, "tallies")
