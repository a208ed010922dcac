"""How a row's values are spelled in SQL: as text, as the level of a group, as an outcome, as a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.counts.extras import ALL_ZERO, NOT_FINITE, WRONG_LENGTH
from auditor.counts.names import NO_OUTCOME
from auditor.engines.process import decided_sql
from auditor.loaders.source import literal, quoted
from auditor.use.periods.days import SECONDS
from auditor.use.periods.words import TIME_OF_DAY
from auditor.use.roles import Clock, Roles, Seen, is_dated, is_numeric

THERE = "(there)"  # the one level of a column whose values are only counted as present
# Unit of time -> the SQL of the period's name. A week at the turn of the year has two, so that each has its year.
PERIOD_TEXT = {
    "year": "strftime({0}, '%Y')",
    "quarter": "strftime({0}, '%Y') || '-Q' || quarter({0})",
    "month": "strftime({0}, '%Y-%m')",
    "week": "strftime(greatest(date_trunc('week', {0}), date_trunc('year', {0})), '%Y-%m-%d')",
    "day": "strftime({0}, '%Y-%m-%d')",
}


def as_text(name: str, kind: str) -> str:
    """Return the SQL that spells a value as text, the same for 1, 1.0 and '1'."""
    column = quoted(name)
    if is_numeric(kind) and kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "REAL")):
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    if kind == "VARCHAR":
        return column
    return f"CAST({column} AS VARCHAR)"


def period_sql(clock: Clock, column: str, kind: str) -> str:
    """Return the SQL of the name of a row's period; values that cannot be counted so keep their text."""
    name, text = quoted(column), as_text(column, kind)
    if clock.unit == "value":
        return text
    if clock.unit == "text":
        return f"regexp_replace({text}, {literal(TIME_OF_DAY)}, '\\1')"
    number = f"CAST({name} AS DOUBLE)"
    if clock.unit in ("step", "floor"):
        return f"coalesce(CAST(TRY_CAST(floor({number} / {clock.width!r}) AS BIGINT) AS VARCHAR), {text})"
    if not clock.ticks:
        return PERIOD_TEXT[clock.unit].format(name)
    low, high = (seconds * clock.ticks for seconds in SECONDS)
    moment = f"make_timestamp(CAST(floor({number} / {clock.ticks!r}) AS BIGINT) * 1000000)"
    dated = PERIOD_TEXT[clock.unit].format(moment)
    return f"CASE WHEN {number} BETWEEN {low!r} AND {high!r} THEN {dated} ELSE {text} END"


def as_feature(name: str, kind: str) -> str:
    """Return the SQL of a value as models take it: a double where its type has an order and distances, else a text.

    What is endless, in numbers or in time, is an infinite double.
    """
    column = quoted(name)
    if is_numeric(kind):
        return f"CAST({column} AS DOUBLE)"
    if is_dated(kind):
        endless = (
            f"WHEN {column} > '1970-01-01'::{kind} THEN 'inf'::DOUBLE WHEN {column} IS NOT NULL THEN '-inf'::DOUBLE"
        )
        return f"CASE WHEN isfinite({column}) THEN epoch({column}) {endless} END"
    return as_text(name, kind)


def doubles(values: Sequence[float]) -> str:
    """Return the SQL of a list of numbers, infinite ones among them.

    >>> doubles([0.5, float("inf")])
    "'[0.5, inf]'::DOUBLE[]"
    """
    return "'[" + ", ".join(map(repr, values)) + "]'::DOUBLE[]"


def group_key(name: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a group column's level: its text, or the band that it, or the year of a date, falls in."""
    if name not in roles.bands:
        return as_text(name, seen[name].type)
    bands = roles.bands[name]
    value = f"year({quoted(name)})" if seen[name].dated else quoted(name)
    cases = [
        f"WHEN {value} < {edge!r} THEN {literal(label)}" for edge, label in zip(bands.edges, bands.labels, strict=False)
    ]
    return f"CASE {' '.join(cases)} WHEN {quoted(name)} IS NOT NULL THEN {literal(bands.labels[-1])} END"


def there_sql(name: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of THERE where a row has a value that a rule could use, else NULL."""
    test = usable_sql(name, seen[name]) if name in roles.vectors else f"{quoted(name)} IS NOT NULL"
    return f"CASE WHEN {test} THEN {literal(THERE)} END"


def usable_sql(name: str, seen: Seen) -> str:
    """Return the SQL of whether a row has a vector of the right length, of finite numbers that are not all zero."""
    return f"coalesce({vector_sql(name, seen)} = {literal(THERE)}, false)"


def vector_sql(name: str, seen: Seen) -> str:
    """Return the SQL of THERE where a row has a usable vector, else of the reason; NULL where it has none.

    No cast and no array function: these raise on a wrong length, or on a missing number. A sum in doubles is finite
    where all of the 32-bit numbers are.
    """
    column = quoted(name)
    cases = {
        WRONG_LENGTH: f"len({column}) <> {seen.dimension}",
        NOT_FINITE: f"list_count({column}) < len({column}) OR NOT isfinite(list_sum({column}))",
        ALL_ZERO: f"list_min({column}) = 0 AND list_max({column}) = 0",
    }
    whens = " ".join(f"WHEN {test} THEN {literal(why)}" for why, test in cases.items())
    return f"CASE WHEN {column} IS NULL THEN NULL {whens} ELSE {literal(THERE)} END"


def outcome_sql(roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a row's outcome: 1 favourable, 0 not, NO_OUTCOME where none is recorded."""
    if roles.target is None:
        return str(NO_OUTCOME)
    test = favourable_sql(roles.target, roles, seen)
    return f"CASE WHEN NOT ({recorded_sql(roles.target, roles, seen)}) THEN {NO_OUTCOME} WHEN {test} THEN 1 ELSE 0 END"


def recorded_sql(target: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of whether a row has an outcome."""
    decided = decided_sql(roles, lambda name: as_text(name, seen[name].type))
    return decided or f"{quoted(target)} IS NOT NULL"


def favourable_sql(target: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL that tests whether a recorded outcome is favourable."""
    if roles.cut:
        return f"{quoted(target)} {roles.cut.sign} {roles.cut.value!r}"
    listed = ", ".join(literal(value) for value in roles.positive)
    return f"{as_text(target, seen[target].type)} IN ({listed})"
