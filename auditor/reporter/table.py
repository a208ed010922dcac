"""A table of plain values: its columns, its rows, and how a value of it is written plainly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.format import printable
from auditor.reporter.parts import Part

Row = Mapping[str, Any]
CI = "Intervals are 95% confidence intervals."


@dataclass(frozen=True)
class Field:
    """A column of a table: the key of its values, its title, and the form in which readers see them.

    Forms: text, code (a rule), sql, proxy and term (a kind), count, share, gap (a share
    that may be below 0), points, ratio, auc (three decimals), number,
    p. `low` and `high` are the keys of an interval's
    ends. A table of values has them as columns of their own.
    """

    key: str
    title: str
    form: str = "text"
    low: str | None = None
    high: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.form not in ("text", "code", "sql", "proxy", "term")


@dataclass(frozen=True)
class Table:
    """A table: a key that names its sheet, a title, the part of the report that it belongs to, its rows.

    `about` explains what a row is and how to read its numbers.
    """

    key: str
    title: str
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    part: Part | None = None
    rule: str | None = None
    about: str = ""
    split: tuple[str, ...] = field(default=())  # keys by whose values a report makes tables of their own


def printable_sql(sql: str) -> str:
    """Return SQL without characters that drive a terminal or turn the reading order; its lines stay."""
    return "\n".join(map(printable, sql.split("\n")))


def plain_fields(table: Table) -> tuple[Field, ...]:
    """Return the columns of a table of plain values: each end of an interval has one of its own."""
    found = []
    for of in table.fields:
        found.append(of)
        if of.low and of.high:
            found += [
                Field(of.low, f"{of.title}, lower end", of.form),
                Field(of.high, f"{of.title}, upper end", of.form),
            ]
    return tuple({of.key: of for of in found}.values())


def plain_value(of: Field, row: Row) -> str | float | bool | None:
    """Return a value of a row as a text, a number or a truth value; None for what is not finite."""
    value = row.get(of.key)
    if isinstance(value, Iterable) and not isinstance(value, str):  # a list, or an array of numpy
        return ", ".join(map(str, value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
