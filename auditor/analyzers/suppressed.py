"""How rules treat suppressed small cells (tallies with a least cell): declared by each rule, applied here.

A rule is asked as if all cells were there. Its result is then checked against what is not known: it stands, or it is
inconclusive, with the reason and what would settle it. What is in no count at all is reported beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from auditor.analyzers import states
from auditor.counts.names import STRATA
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.use.says import Says, Sentence, together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analyzers.evidence import Evidence

# "bounds": a finding stands only if it would with all of the unknown outcomes favourable, and with none of them.
# "rest": the findings are about the rows that are not suppressed; of the whole, nothing is clear.
# "not_run": the rule is not asked where there are rows with unknown outcomes.
# "whole": it reads nothing that could be suppressed, or counts that in its own numbers.
Suppressed = Literal["bounds", "rest", "not_run", "whole"]

Answer = tuple[tuple[Finding, ...], tuple["Mapping[str, Any]", ...], str | None]  # findings, table, why it did not run
Ask = Callable[["Evidence"], Answer]

SIZE, OUTCOMES = "n", "outcomes_withheld"  # what a rule measures of a level whose outcomes are not known

SAYS = Says(
    ask="{what}, from a new tally with a lower --min-cell, or with fewer or larger groups.",
    inconclusive="Inconclusive.",
    rest="Not counted: up to {unknown:people} row{unknown:s}, whose outcomes are suppressed. The counted rows may "
    "differ from them.",
    other_rows="The outcomes of the other rows",
    not_judged="Not judged. The outcomes of up to {unknown:people} row{unknown:s} are suppressed, and whether they "
    "have one is not known.",
    recurring="Some people appear more than once, and how often is suppressed for one of the groups.",
    more="The outcomes of up to {more:people} more rows of {>own} {>and_reference}are suppressed and could change this "
    "result.",
    own="{level}",
    and_reference="and {more_ref:people} of '{reference}' ",
    named="'{level}'",
    unrecorded="people without a recorded group",
    outcomes="The outcomes of {levels:each} ({group})",
    level="{group} '{level}': the outcomes of its {n:people} row{n:s} are suppressed, because too few rows have one of "
    "the outcomes. No result is possible for this group.",
    level_in_part="{group} '{level}': the outcomes of {n:people} of its rows are suppressed, because too few rows have "
    "one of the outcomes. Its rate is that of the other rows.",
    too_few="{group} '{level}' has {n:people} row{n:s} with suppressed outcomes, too few whatever these are.",
    collect="Collect more rows of '{level}' ({group}), or claim nothing about this group.",
    groups="{group}: groups with too few rows are suppressed, at most {left_out:people} row{left_out:s} in all.",
    which="The levels of '{group}'",
    columns="Inconclusive for {columns:listed}, because values that too few rows have are suppressed.",
    counts="The counts of {columns:listed}",
    nothing_left="the values of {columns:listed} are suppressed, because too few rows have them",
    within="Rows or strata with small cells are suppressed, and the others may differ from them.",
    strata="The counts of the other rows within the strata",
    unplaced="it is not known whose values of {columns:listed} are missing, because these counts are suppressed or "
    "were not made",
)


@dataclass(frozen=True)
class Columns:
    """The columns that a rule reads and that are partly suppressed: `of` names them.

    A fault that is found in one of them stays. The others are inconclusive; with `or_not_run`, the rule counts as not
    run instead, unless it found a fault.
    """

    of: Callable[[Tally], Sequence[str]]
    or_not_run: bool = False


LEVELS = Columns(Tally.partly_suppressed)
MISSING_VALUES = Columns(Tally.unplaced, or_not_run=True)
OF_STRATA = Columns(lambda tally: tally.roles.strata if tally.derived[STRATA].coarse else ())  # of rules that need some


def answer(ask: Ask, evidence: Evidence, how: Suppressed, columns: Columns | None, measures: Collection[str]) -> Answer:
    """Ask a rule, and return its answer as far as it is known; `measures` are the names of what it measures."""
    tally = evidence.tally
    if how == "not_run" and (rows := tally.outcomes_unknown):
        return (_of_all(tally, SAYS("not_judged", unknown=rows)),), (), None
    hidden = columns.of(tally) if columns else ()
    if how == "bounds":
        bounds = _Bounds(ask, evidence, bool(hidden), frozenset(measures))
        findings, table, reason = ask(evidence)
        findings = (*map(bounds.as_known, findings), *bounds.not_counted())
        return findings, table, SAYS("nothing_left", columns=hidden) if reason and hidden else reason
    findings, table, reason = ask(evidence)
    if how == "rest" and reason is None and (rows := tally.outcomes_unknown):
        rest = SAYS("rest", unknown=rows)
        findings = (*(_not_clear(finding, rest) for finding in findings), _of_all(tally, rest))
    if columns and hidden:
        return _without(columns, hidden, (findings, table, reason))
    return findings, table, reason


def _without(columns: Columns, hidden: Sequence[str], said: Answer) -> Answer:
    """Return the findings about columns, with one for those that are inconclusive."""
    findings, table, reason = said
    found = {finding.subject.get("column") for finding in findings if finding.state.found}
    if columns.or_not_run:
        return findings, table, reason if found else SAYS("unplaced", columns=hidden)
    if reason:
        return findings, table, SAYS("nothing_left", columns=hidden)
    names = [name for name in hidden if name not in found]
    if not names:
        return said
    settle = _asked(SAYS("counts", columns=names))
    left_open = Finding(states.NOT_KNOWN, {"column": ", ".join(names)}, SAYS("columns", columns=names), settle=settle)
    return (*findings, left_open), table, reason


def _asked(what: str) -> Sentence:
    """Ask for something from a new tally of the rows."""
    return SAYS("ask", what=what)


def _of_all(tally: Tally, said: Sentence) -> Finding:
    """State for all groups together what is not known."""
    return Finding(states.NOT_KNOWN, {"group": " · ".join(tally.roles.groups)}, said, settle=_asked(SAYS("other_rows")))


def _not_clear(finding: Finding, why: Sentence) -> Finding:
    """Return a finding about some rows, not as one that clears all."""
    return finding if finding.state is not State.CLEAR else _inconclusive(finding, why, SAYS("other_rows"))


def _inconclusive(finding: Finding, why: str, what: str) -> Finding:
    """Return a finding as an inconclusive one, with the reason, and what would settle it."""
    return replace(
        finding,
        state=states.NOT_KNOWN,
        message=together(finding.message, SAYS("inconclusive"), why),
        said=None,
        remedy=None,
        settle=_asked(what),
        needs=(),
    )


@dataclass(frozen=True)
class _Bounds:
    """The findings of a rule about levels of group columns, compared with what it would find in all rows.

    `coarse`: strata are partly suppressed. A rule that measures SIZE asks for rows, and unknown rows may be some of
    these. One that measures OUTCOMES is about rates, so that it also names levels whose rate is that of some rows only.
    """

    ask: Ask
    evidence: Evidence
    coarse: bool
    measures: frozenset[str]

    def as_known(self, finding: Finding) -> Finding:
        """Return a finding about a level, or rows without one; inconclusive where unknown rows could change it."""
        tally, group = self.evidence.tally, finding.subject.get("group")
        if group not in tally.roles.groups or finding.state is State.NOT_RUN:
            return finding
        named = self._levels_of(finding, group)
        levels: list[str | None] = [*named] or [None]
        what = SAYS("outcomes", levels=list(map(_named, levels)), group=group)
        if not {*named} <= {*tally.clusters.get(group, named)}:
            return _inconclusive(finding, SAYS("recurring"), what)
        more: dict[str | None, int] = {level: tally.rows_unknown(group, level) for level in levels}
        if "stratum" in finding.subject:  # where in the strata they would be is not known
            open_ = self.coarse or any(more.values())
            return _inconclusive(finding, SAYS("within"), SAYS("strata")) if open_ else finding
        if not any(more.values()) or self._stands(finding, group, more):
            return finding
        own, *theirs = more.items()
        facts = {"more": own[1], "level": _named(own[0])}
        facts |= {"reference": theirs[0][0], "more_ref": theirs[0][1]} if theirs else {}
        return _inconclusive(finding, SAYS("more", **facts), what)

    def _levels_of(self, finding: Finding, group: str) -> list[str]:
        """Return the levels that a finding is about: its own, and the reference, which it may not name."""
        if "level" not in finding.subject:
            return []
        reference = finding.subject.get("reference", self._references.get(group))
        return [*dict.fromkeys(level for level in (finding.subject["level"], reference) if level is not None)]

    @cached_property
    def _references(self) -> dict[str, str]:
        """The reference of each group column that has outcomes."""
        tally, use = self.evidence.tally, self.evidence.use
        return {group: tally.reference(group, use)[0] for group in tally.roles.groups if tally.outcomes(group)}

    def _stands(self, finding: Finding, group: str, more: Mapping[str | None, int]) -> bool:
        """Whether a finding is the same with the unknown rows, whatever their outcomes."""
        if finding.state.found and SIZE in self.measures:
            return False
        return all(
            any(one.subject == finding.subject and one.state is finding.state for one in self._asked_of(group, ends))
            for ends in _ends(more)
        )

    def _asked_of(self, group: str, favourable: Mapping[str | None, bool]) -> tuple[Finding, ...]:
        """Return the findings about one group column if all rows of some levels had that outcome; same reference."""
        tally, use = self.evidence.tally, self.evidence.use
        if group in self._references:
            use = use.over("groups", reference={**use.groups.reference, group: self._references[group]})
        completed = tally.completed(group, favourable)
        return self.ask(replace(self.evidence, tally=completed, use=use, beside=self._beside[group]))[0]

    @cached_property
    def _beside(self) -> dict[str, tuple[float, ...]]:
        """The p-values of the other columns' tests, for each: asked about alone, it still shares alpha with them."""
        evidence = self.evidence
        return {group: evidence.p_values_beside(group) for group in evidence.tally.roles.groups}

    def not_counted(self) -> Iterator[Finding]:
        """Yield the levels and groups that the rule would report on if the suppressed counts were known."""
        tally = self.evidence.tally
        for group in tally.roles.groups:
            known, withheld = tally.outcomes(group), tally.outcomes_withheld(group)
            if OUTCOMES in self.measures:
                for level, n in withheld.items():
                    if level in known:
                        yield self._level(group, level, n, "level_in_part")
            yield from self._hidden(group, {level: n for level, n in withheld.items() if level not in known})
        if tally.left_out and SIZE in self.measures:
            joint = " · ".join(tally.roles.groups)
            said = SAYS("groups", group=joint, left_out=tally.left_out)
            yield Finding(states.NOT_KNOWN, {"group": joint}, said, settle=_asked(SAYS("which", group=joint)))

    def _hidden(self, group: str, rows: Mapping[str, int]) -> Iterator[Finding]:
        """Yield the findings on levels without outcomes: that they are too few whatever these are, or inconclusive."""
        if not rows:
            return
        ends = [self._asked_of(group, dict.fromkeys(rows, favourable)) for favourable in (True, False)]
        strong = [{of.subject.get("level") for of in end if of.state is states.STRONG} for end in ends]
        for level, n in rows.items():
            if SIZE in self.measures and level in strong[0] & strong[1]:
                yield self._level(group, level, n, "too_few")
            elif any(level in of.subject.values() for end in ends for of in end):
                yield self._level(group, level, n, "level")

    def _level(self, group: str, level: str, n: int, key: str) -> Finding:
        found = key == "too_few"
        return Finding(
            states.STRONG if found else states.NOT_KNOWN,
            {"group": group, "level": level},
            SAYS(key, group=group, level=level, n=n),
            {name: Measure(n, n=n) for name in (SIZE, OUTCOMES) if name in self.measures},
            remedy=SAYS("collect", level=level, group=group) if found else None,
            settle=None if found else _asked(SAYS("outcomes", levels=[_named(level)], group=group)),
        )


def _named(level: str | None) -> Sentence:
    return SAYS("unrecorded") if level is None else SAYS("named", level=level)


def _ends(more: Mapping[str | None, int]) -> Iterator[dict[str | None, bool]]:
    """Yield the levels with unknown rows, with all of these favourable or all unfavourable."""
    levels = [level for level, n in more.items() if n]
    for chosen in sorted(itertools.product((True, False), repeat=len(levels)), key=lambda of: len({*of}), reverse=True):
        yield dict(zip(levels, chosen, strict=True))  # those that are apart first: they change most
