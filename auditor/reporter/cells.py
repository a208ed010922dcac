"""Cells of tables as readers see them: each value in the form of its column, with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.format import p_alone, people, percent, ratio, signed
from auditor.model import ProxyKind, TermKind
from auditor.reporter.table import Field
from auditor.reporter.view import kind_words

NOTHING = "–"


def cell(field: Field, row: Mapping[str, Any]) -> str:
    """Return a value of a row as text; with its interval in round brackets, where it has one."""
    value = row.get(field.key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING if field.is_number else ""
    if isinstance(value, Iterable) and not isinstance(value, str):  # a list, or an array of numpy
        return ", ".join(map(str, value))
    text = written(field.form, value, row.get("limit"))
    ends = [row.get(key) if key else None for key in (field.low, field.high)]
    if ends[0] is None or row.get("is_reference"):
        return text
    low, high = (end_of(field.form, end, row.get("limit")) for end in ends)
    return f"{text} ({low}–{high})" if not {"−", "+"} & {*low, *high} else f"{text} ({low} to {high})"


def end_of(form: str, value: float | None, limit: float | None = None) -> str:
    """Return an end of an interval; an unbounded one is infinite."""
    return "∞" if value is None else written(form, value, limit)


def written(form: str, value: Any, limit: float | None = None) -> str:
    """Return a value in a form of `Field`.

    >>> written("share", 0.149), written("count", 1247), written("ratio", 0.512), written("points", -0.049)
    ('14.9%', '1,247', '0.51', '−4.9')
    """
    if form == "proxy":
        return kind_words(ProxyKind, value)
    if form == "term":
        return kind_words(TermKind, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) or form in ("text", "code"):
        return str(value)
    number = float(value)
    if form == "share":
        return percent(number, limit).replace(" %", "%")
    if form == "count":
        return people(max(0.0, number))
    if form == "points":
        return signed(100 * number)
    if form == "ratio":
        return short_ratio(number, limit)
    if form == "auc":
        return f"{number:.3f}".replace("-", "−")
    if form == "p":
        return p_alone(number)
    return f"{number:,.3g}".replace("-", "−")


def short_ratio(value: float, limit: float | None = None) -> str:
    """Return a ratio with two decimals, more where two would move it onto or across its limit.

    >>> short_ratio(0.512), short_ratio(0.7996, 0.8), short_ratio(0.8, 0.8)
    ('0.51', '0.7996', '0.80')
    """
    text = f"{value:.2f}"
    if not math.isfinite(value) or (limit is not None and (float(text) < limit) != (value < limit)):
        return ratio(value, limit)
    return text
