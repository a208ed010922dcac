"""Numbers as readers see them: never rounded across a threshold, never to a false zero; nan is "not computable"."""

from __future__ import annotations

import json
import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence

NOT_COMPUTABLE = "not computable"


def percent(share: float, limit: float | None = None) -> str:
    """Return a share as a percentage with one decimal; more where fewer would move it onto or across the threshold.

    >>> percent(0.10945), percent(0.0004), percent(0.0504, limit=0.05), percent(1e-7), percent(0.99999), percent(-0.14)
    ('10.9%', '0.04%', '5.04%', '< 0.01%', '> 99.9%', '−14.0%')
    >>> percent(-1e-7)
    '> −0.01%'
    """
    if math.isnan(share):
        return NOT_COMPUTABLE
    if share < 0:
        text = percent(-share, limit)
        return f"−{text}" if text[0].isdigit() else text.translate(str.maketrans("<>", "><")).replace(" ", " −")
    value = 100 * share
    if 0 < value < 0.01:
        return "< 0.01%"
    if 99.9 < value < 100:
        return "> 99.9%"
    for decimals in range(2 if 0 < value < 0.095 else 1, 8):
        text = f"{value:.{decimals}f}"
        if limit is None or share == limit or (float(text) > 100 * limit) == (share > limit):
            break
    return f"{text}%"


def without_flags(sentence: str) -> str:
    """Return a sentence of the program without the flags and keys that it names in brackets.

    It is for readers who run nothing.

    >>> without_flags("No population is stated (--reference, or [population] in the use case).")
    'No population is stated.'
    >>> without_flags("no column is forbidden ([features] forbidden in the use case)")
    'no column is forbidden'
    >>> without_flags("No population is stated for 'pay (--gross)'.")  # a name of the data stays as it is
    "No population is stated for 'pay (--gross)'."
    """
    return re.sub(r" \((?:[^()]* )?(?:--[a-z]|\[[a-z.]+\] )[^()]*\)(?!')", "", sentence)


def share_or_few(share: float | None) -> str:
    """Return a share as a percentage; "few" for a suppressed one.

    >>> share_or_few(0.25), share_or_few(None)
    ('25.0%', 'few')
    """
    return "few" if share is None else percent(share)


def p_value(p: float) -> str:
    """Return `p = 0.0123`, or `p < 0.0001` for what is smaller.

    >>> p_value(0.01234), p_value(1e-9), p_value(math.nan)
    ('p = 0.0123', 'p < 0.0001', 'p not computable')
    """
    if math.isnan(p):
        return f"p {NOT_COMPUTABLE}"
    return f"p {p_alone(p)}" if p < 0.0001 else f"p = {p_alone(p)}"


def p_alone(p: float) -> str:
    """Return a p-value as in a table whose column names it.

    >>> p_alone(0.01234), p_alone(1e-9), p_alone(math.nan)
    ('0.0123', '< 0.0001', 'not computable')
    """
    if math.isnan(p):
        return NOT_COMPUTABLE
    if p < 0.0001:
        return "< 0.0001"
    return f"{p:.4f}" if f"{p:.4f}" != "0.0500" or p == 0.05 else f"{p:.8f}".rstrip("0")


def ratio(value: float | None, limit: float | None) -> str:
    """Return a ratio with three decimals, more where three would move it onto or across its threshold.

    >>> ratio(0.7996, 0.8), ratio(0.79996, 0.8), ratio(0.8, 0.8), ratio(0.79996, None)
    ('0.7996', '0.79996', '0.800', '0.800')
    """
    if value is None or not math.isfinite(value):
        return "unbounded" if value is None or value > 0 else NOT_COMPUTABLE
    for decimals in range(3, 12):
        text = f"{value:.{decimals}f}"
        if limit is None or (float(text) < limit) == (value < limit):
            return text
    return repr(value)


def interval(low: float | None, high: float | None, limit: float | None) -> str:
    """Return `[0.347, 0.373]`; an unbounded side is called that."""
    return f"[{ratio(low, limit)}, {ratio(high, limit)}]"


def distinct(numbers: Sequence[float]) -> list[str]:
    """Return numbers in six digits, or in more where different ones would read the same.

    >>> distinct([25, 0.5]), distinct([1_700_000_075, 1_700_000_150])
    (['25', '0.5'], ['1700000075', '1700000150'])
    """
    different = len(set(numbers))
    for digits in (6, 15, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) >= different:
            break
    return texts


def shortened(text: str, most: int) -> str:
    """Return a text, or as many of its first words as fit into `most` characters, and a sign that more follow.

    >>> shortened("one two three", 13), shortened("one two three", 9)
    ('one two three', 'one two …')
    """
    return text if len(text) <= most else textwrap.shorten(text, most, placeholder=" …")


def brief(kind: str, *lines: str) -> str:
    """Return what an interpreter shows of a value: its kind and at most five lines, without what drives a terminal.

    >>> print(brief("Verdict", "unfit", "because: OUT001"))
    <Verdict unfit
      because: OUT001>
    """
    most = 110  # characters of a line
    texts = [shortened(printable(" ".join(line.split())), most) for line in lines if line]
    return f"<{kind} " + "\n  ".join(texts[:5]) + ">"


def people(n: float) -> str:
    """Return a number of rows or people with thousands separated, one decimal below ten; ValueError for one below 0.

    >>> people(3187.6), people(2.36)
    ('3,188', '2.4')
    """
    if math.isnan(n):
        return NOT_COMPUTABLE
    if n < 0:
        raise ValueError(f"a number of people cannot be negative, got {n}")
    return f"{n:,.0f}" if abs(n) >= 10 or float(n).is_integer() else f"{n:.1f}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return the names in quotes, joined by commas; the rest counted.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def ands(names: Sequence[str]) -> str:
    """Return the names as a list in a sentence.

    >>> ands(["a"]), ands(["a", "b"]), ands(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def signed(value: float, decimals: int = 1) -> str:
    """Return a number with its sign, a true minus.

    >>> signed(-2.38), signed(0.5)
    ('−2.4', '+0.5')
    """
    if math.isnan(value):
        return NOT_COMPUTABLE
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "−")  # no negative zero


def amount(value: float) -> str:
    """Return a number in the unit of its column: thousands separated, six digits or all before the point.

    >>> amount(16702512.5), amount(-0.12345678), amount(167025)
    ('16,702,512', '−0.123457', '167,025')
    """
    whole = 1e5 <= abs(value) < 1e15
    return f"{value + 0.0:{',.0f' if whole else ',.6g'}}".replace("-", "−")


def higher_or_lower(difference: float) -> str:
    """Return a difference as its size and its direction: never a negative number "lower".

    >>> higher_or_lower(-167025), higher_or_lower(2.5), higher_or_lower(0)
    ('167,025 lower', '2.5 higher', 'the same')
    """
    if not difference:
        return "the same"
    return f"{amount(abs(difference))} {'higher' if difference > 0 else 'lower'}"


def times_in_hundred(share: float) -> str:
    """Return how often in a hundred; never all of them where it is not quite all.

    >>> times_in_hundred(0.862), times_in_hundred(0.9996)
    ('86 times in 100', 'more than 99 times in 100')
    """
    return "more than 99 times in 100" if 0.995 <= share < 1 else f"{100 * share:.0f} times in 100"


def roughly(value: float) -> str:
    """Return a number in two digits: the lowest and highest of a column are single people's values.

    >>> roughly(1_203_456), roughly(-0.0123), roughly(18)
    ('1,200,000', '−0.012', '18')
    """
    return amount(float(f"{value:.1e}"))


def printable(text: str) -> str:
    r"""Return text in which no character controls a terminal, reverses the reading order or breaks an SVG.

    >>> printable("a\x1b[31m")
    'a�[31m'
    """
    joiners = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
    return "".join(
        char
        if char in joiners or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )


def spelled(label: object) -> str:
    """Return the name of a column that a frame names by something other than text; "" if it has no name.

    >>> spelled(1), spelled(("pay", 2023)), spelled(("sex", "")), spelled(None)
    ('1', 'pay.2023', 'sex', '')
    """
    if isinstance(label, tuple):
        return ".".join(part for part in map(spelled, label) if part.strip())
    if label is None or type(label).__name__ in ("NAType", "NaTType") or (isinstance(label, float) and label != label):
        return ""
    return str(label)


def without_null(name: str) -> str:
    r"""Return the name that a column has here: a name ends at a null character in what libraries hand to one another.

    >>> without_null("a\0b")
    'a\ufffdb'
    """
    return name.replace("\0", "\ufffd")


SURROGATES = re.compile("[\ud800-\udfff]")


def in_json(text: str, encoding: str | None) -> str:
    r"""Return JSON in which what a code page lacks, or what controls a terminal, is escaped: nothing is lost.

    >>> print(in_json('{"change": "−2.4 → café"}', "cp1252"))
    {"change": "\u22122.4 \u2192 café"}

    Half of a pair of surrogates is no character, and no text in JSON may hold it.

    >>> print(in_json(f'"{chr(0xD800)}"', "utf-8") == f'"{chr(0xFFFD)}"')
    True
    """
    text = SURROGATES.sub("\ufffd", text)

    def held(text: str) -> bool:
        try:
            text.encode(encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    def safe(char: str) -> bool:
        return char == "\n" or (held(char) and printable(char) == char)

    if held(text) and all(line.isprintable() for line in text.split("\n")):
        return text
    return re.sub("[^ -~\n]", lambda found: found[0] if safe(found[0]) else json.dumps(found[0])[1:-1], text)
