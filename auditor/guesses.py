"""What names and values of columns suggest: a guess that is always said, and that a flag overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

GROUP_WORDS = frozenset(
    "age sex gender race ethnicity ethnic religion disability disabled nationality orientation".split()  # noqa: SIM905
)
TARGET_NAMES = tuple(
    "target label outcome decision hired selected shortlisted accepted admitted admit approved "  # noqa: SIM905
    "promoted offered".split()
)
TIME_WORDS = frozenset({"date", "year", "time", "timestamp", "month", "day"})
UNFAVOURABLE_WORDS = frozenset(
    "deny denied denial reject rejected rejection decline declined refuse refused default defaulted fraud "  # noqa: SIM905
    "recidivism recid arrest arrested fail failed failure fired dismissed terminated termination churn attrition "
    "dropout died death dead delinquent risk loss".split()
)
# Favourable value of the outcomes that everybody reads alike; the other value of the pair is the unfavourable one.
OBVIOUS = {("0", "1"): "1", ("no", "yes"): "yes", ("false", "true"): "true", ("n", "y"): "y", ("f", "t"): "t"}


def is_numeric(kind: str) -> bool:
    """Whether a DuckDB type holds numbers."""
    number = kind.endswith(("INT", "INTEGER")) or kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "REAL"))
    return number and not kind.endswith("]")  # a list of numbers is none


def obvious(levels: Mapping[str, int]) -> str | None:
    """Return the favourable one of two values that everybody reads alike, else None."""
    by_lower = {level.lower(): level for level in levels}
    if not len(by_lower) == len(levels) == 2:
        return None
    first, second = sorted(by_lower)
    known = OBVIOUS.get((first, second))
    return by_lower[known] if known else None


def canonical(value: str, kind: str) -> str:
    """Spell a value as the engine's text of it: 1.0 of a whole number is 1, True is true."""
    value = value.strip() if is_numeric(kind) or kind == "BOOLEAN" else value
    if kind == "BOOLEAN":
        return {"1": "true", "0": "false"}.get(value, value.lower())
    if is_numeric(kind):
        value = {"true": "1", "false": "0"}.get(value.lower(), value)
        try:
            number = float(value)
        except ValueError:
            return value
        return str(int(number)) if number.is_integer() else value
    return value


def words_of(name: str) -> set[str]:
    """Return the words of a column name.

    >>> sorted(words_of("ApplicantAge_at_start"))
    ['age', 'applicant', 'at', 'start']
    """
    return set(_split(name))


def _split(name: str) -> Iterator[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    yield from re.findall(r"[a-z]+", spaced.lower())
