"""What a row's stages and its place in a list are, as SQL: columns that are derived, the same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.counts.names import LISTS, PLACES, STAGES
from auditor.counts.places import BETWEEN
from auditor.loaders.source import literal, quoted
from auditor.stats.exposure import EDGES
from auditor.use.roles import Roles
from auditor.use.stages import DECIDED, PASSED, REFUSED, UNKNOWN, WITHDRAWN, Stages

Text = Callable[[str], str]  # column -> the SQL of its text


def process_sql(name: str, roles: Roles, text: Text, place: Callable[[str], str]) -> str:
    """Return the SQL of a derived column: STAGES, LISTS or PLACES; `place` gives that of a number's bin from 0."""
    if name == STAGES:
        assert roles.stages is not None
        return path_sql(roles.stages, text)
    listed = f"CAST({text(roles.list_column)} AS VARCHAR)" if roles.list_column else "''"
    if name == LISTS:
        return listed
    assert name == PLACES and roles.rank is not None
    return f"{listed} || {literal(BETWEEN)} || CAST({place(roles.rank)} AS VARCHAR)"


def path_sql(stages: Stages, text: Text, upto: int | None = None) -> str:
    """Return the SQL of a row's path: what is known of it at each stage, or the first `upto`, one character a stage."""
    of = [stages.columns[0]] * len(stages.names) if stages.ordered else stages.columns
    signs = []
    for i, name in enumerate(of[:upto]):
        value = f"lower(trim({text(name)}))"
        rest = f"WHEN {value} IN {_listed(stages.order)} THEN {literal(REFUSED)} ELSE {literal(UNKNOWN)}"
        cases = [
            f"WHEN {value} IN {_listed(stages.passed[i])} THEN {literal(PASSED)}",
            *([f"WHEN {_lost(stages, value, text)} THEN {literal(WITHDRAWN)}"] if _loses(stages) else []),
            f"WHEN {value} IS NULL THEN {literal(UNKNOWN)}",
            rest if stages.ordered else f"ELSE {literal(REFUSED)}",
        ]
        signs.append(f"CASE {' '.join(cases)} END")
    return f"concat({', '.join(signs)})"


def decided_sql(roles: Roles, text: Text) -> str | None:
    """Return the SQL of whether a row's outcome is known, where that depends on stages; None where it does not.

    A row that was refused at a stage before the outcome does not have it, whether or not its entry is blank. One that
    withdrew before has none, whatever its entry, unless it is the favourable one.
    """
    stages, target = roles.stages, roles.target
    if stages is None or target not in stages.columns:
        return None
    if not stages.ordered:
        return f"regexp_matches({path_sql(stages, text, stages.columns.index(target) + 1)}, {literal(DECIDED)})"
    if not _loses(stages):
        return None
    value = f"lower(trim({text(target)}))"
    lost = f"coalesce({_lost(stages, value, text)}, false) AND {value} NOT IN {_listed(stages.passed[-1])}"
    return f"{quoted(target)} IS NOT NULL AND NOT ({lost})"


def place_sql(number: str) -> str:
    """Return the SQL of the bin of a place in a list, from 0; found in as many steps as a search by halves takes."""

    def within(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"CASE WHEN {number} <= {EDGES[middle]} THEN {within(low, middle)} ELSE {within(middle + 1, high)} END"

    return f"CASE WHEN {number} IS NULL THEN NULL ELSE {within(0, len(EDGES))} END"


def _loses(stages: Stages) -> bool:
    return bool(stages.withdrawn or stages.withdrew)


def _lost(stages: Stages, value: str, text: Text) -> str:
    parts = [f"{value} IN {_listed(stages.withdrawn)}"] if stages.withdrawn else []
    if stages.withdrew:
        parts.append(f"lower(trim({text(stages.withdrew)})) IN {_listed(stages.withdrew_values)}")
    return f"({' OR '.join(parts)})"


def _listed(values: Sequence[str]) -> str:
    return f"({', '.join(map(literal, values))})"
