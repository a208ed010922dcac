"""Numbers as readers see them: rounded never across a limit, and never to a false zero."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence


def percent(share: float, limit: float | None = None) -> str:
    """Return a share as a percentage with one decimal; more where fewer would move it onto or across the limit.

    >>> percent(0.10945), percent(0.0004), percent(0.0504, limit=0.05), percent(1e-7), percent(0.99999)
    ('10.9 %', '0.04 %', '5.04 %', '< 0.01 %', '> 99.9 %')
    """
    value = 100 * share
    if 0 < value < 0.01:
        return "< 0.01 %"
    if 99.9 < value < 100:
        return "> 99.9 %"
    for decimals in range(2 if 0 < value < 0.095 else 1, 8):
        text = f"{value:.{decimals}f}"
        if limit is None or share == limit or (float(text) > 100 * limit) == (share > limit):
            break
    return f"{text} %"


def p_value(p: float) -> str:
    """Return `p = 0.0123`, or `p < 0.0001` for what is smaller.

    >>> p_value(0.01234), p_value(1e-9)
    ('p = 0.0123', 'p < 0.0001')
    """
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if f"{p:.4f}" != "0.0500" or p == 0.05 else f"p = {p:.8f}".rstrip("0")


def ratio(value: float | None, limit: float = 0.8) -> str:
    """Return a ratio with three decimals, more where three would move it onto or across the limit.

    >>> ratio(0.7996), ratio(0.79996), ratio(0.8)
    ('0.7996', '0.79996', '0.800')
    """
    if value is None or not math.isfinite(value):
        return "unbounded" if value is None or value > 0 else "undefined"
    for decimals in range(3, 12):
        text = f"{value:.{decimals}f}"
        if (float(text) < limit) == (value < limit):
            return text
    return repr(value)


def interval(low: float | None, high: float | None, limit: float = 0.8) -> str:
    """Return `[0.347, 0.373]`; an unbounded side is said to be one."""
    return f"[{ratio(low, limit)}, {ratio(high, limit)}]"


def told_apart(numbers: Sequence[float]) -> list[str]:
    """Return numbers in six digits, or whole where that would not tell those apart that differ.

    >>> told_apart([25, 0.5]), told_apart([1_700_000_075, 1_700_000_150])
    (['25', '0.5'], ['1700000075', '1700000150'])
    """
    different = len(set(numbers))
    for digits in (6, 15, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) >= different:
            break
    return texts


def people(n: float) -> str:
    """Return a number of rows or people with thousands separated, one decimal below ten.

    >>> people(3187.6), people(2.36)
    ('3,188', '2.4')
    """
    return f"{n:,.0f}" if abs(n) >= 10 or float(n).is_integer() else f"{n:.1f}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return the names in quotes, joined by commas; the rest counted.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def signed(value: float, decimals: int = 1) -> str:
    """Return a number with its sign, a true minus.

    >>> signed(-2.38), signed(0.5)
    ('−2.4', '+0.5')
    """
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "−")  # no negative zero


def times_in_hundred(share: float) -> str:
    """Return how often in a hundred; never all of them where it is not quite all.

    >>> times_in_hundred(0.862), times_in_hundred(0.9996)
    ('86 times in 100', 'more than 99 times in 100')
    """
    return "more than 99 times in 100" if 0.995 <= share < 1 else f"{100 * share:.0f} times in 100"


def printable(text: str) -> str:
    r"""Return text in which no character drives a terminal, turns the reading order or breaks an SVG.

    >>> printable("a\x1b[31m")
    'a�[31m'
    """
    joiners = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
    return "".join(
        char
        if char in joiners or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn")
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def spelled(label: object) -> str:
    """Return the name of a column that a frame calls by something else than a text; "" where it calls it nothing.

    >>> spelled(1), spelled(("pay", 2023)), spelled(("sex", "")), spelled(None)
    ('1', 'pay.2023', 'sex', '')
    """
    if isinstance(label, tuple):
        return ".".join(part for part in map(spelled, label) if part.strip())
    if label is None or type(label).__name__ in ("NAType", "NaTType") or (isinstance(label, float) and label != label):
        return ""
    return str(label)
