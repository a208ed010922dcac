"""What a use states of pay: its columns, and which level of a group is that of the men."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Literal

from auditor.use.tables import Name, Names, Table
from auditor.use.vocabulary import MEN, MEN_AND_WOMEN, WOMEN


class Chosen(StrEnum):
    """How the reference of a group column was chosen for figures of pay."""

    STATED = "stated"
    MEN = "men"
    LARGEST = "largest"


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

    >>> men_among(["F", "M", "X"]), men_among(["H", "M"]), men_among(["Cis female", "Cis male"]), men_among(["A", "B"])
    ('M', 'H', 'Cis male', None)
    """
    men, women = ([level for level in levels if _means(level, words)] for words in (MEN, WOMEN))
    if women:
        return men[0] if len(men) == len(women) == 1 else None
    plain = {_plain(level): level for level in levels}
    found = [man for man, woman in MEN_AND_WOMEN if {man, woman} <= {*plain}]
    return plain[found[0]] if len(found) == 1 else None


def reference_of(group: str, sizes: Mapping[str, int], stated: Mapping[str, str]) -> tuple[str, Chosen]:
    """Return the level of a group column that others are compared with, and how it was chosen."""
    if (named := stated.get(group)) in sizes:
        return str(named), Chosen.STATED
    if (men := men_among(sizes)) is not None:
        return men, Chosen.MEN
    return max(sorted(sizes), key=lambda level: sizes[level]), Chosen.LARGEST


def _means(level: str, words: Collection[str]) -> bool:
    """Whether a level is one of some words, or has one that is longer than a letter among its own."""
    plain = _plain(level)
    return plain in words or any(len(word) > 1 and word in words for word in re.findall(r"\w+", plain))


def _plain(level: str) -> str:
    plain = unicodedata.normalize("NFKD", level.strip().lower())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).rstrip(".")
