"""What a use states of pay: its columns, and which level of a group is that of the men."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal

from auditor.use.tables import Name, Names, Table
from auditor.use.vocabulary import MEN, WOMEN


class Pay(Table):
    """The columns of pay, for the figures of pay reporting; one row is one worker.

    `base` is the ordinary basic pay, `variable` the columns of complementary or variable pay, which are added up. Where
    `hours` is given (paid hours of the period that pay is for, or of a week), pay is compared for an hour. `category`
    is the category of workers: those with the same work, or work of equal value. `blank_variable` is what an empty cell
    of variable pay means: "unknown", or "none".
    """

    base: Name | None = None
    variable: Names = ()
    hours: Name | None = None
    category: Name | None = None
    blank_variable: Literal["unknown", "none"] = "unknown"


def men_among(levels: Collection[str]) -> str | None:
    """Return the level that means men, where one does and another means women; else None.

    >>> men_among(["F", "M", "X"]), men_among(["A", "B"])
    ('M', None)
    """
    men, women = ([level for level in levels if _word(level) in words] for words in (MEN, WOMEN))
    return men[0] if len(men) == 1 and len(women) == 1 else None


def reference_of(group: str, sizes: Mapping[str, int], stated: Mapping[str, str]) -> str:
    """Return the level of a group column that others are compared with: stated, that of men, or the largest."""
    if (named := stated.get(group)) in sizes:
        return str(named)
    return men_among(sizes) or max(sorted(sizes), key=lambda level: sizes[level])


def _word(level: str) -> str:
    plain = unicodedata.normalize("NFKD", level.strip().lower())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).rstrip(".")
