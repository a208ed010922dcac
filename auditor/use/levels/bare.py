"""Levels that mean nothing without the name of their column: yes, no, true, 0, 3."""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor.use.levels.unknown import SYNONYMS

_ANSWERS = frozenset({"t"}).union(*(words for words in SYNONYMS if words & {"yes", "no"}))
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
_LEVELS = frozenset({"level", "reference"})


def with_column(column: str | None, level: str) -> str:
    """Return a level as a reader can understand it away from its table.

    >>> with_column("afam", "yes"), with_column("race", "3"), with_column("gender", "female")
    ('afam = yes', 'race = 3', 'female')
    """
    bare = level.casefold().strip() in _ANSWERS or _NUMBER.fullmatch(level.strip())
    return f"{column} = {level}" if column and bare else level


def named_subject(subject: Mapping[str, str]) -> dict[str, str]:
    """Return a finding's subject with its levels as a reader can understand them."""
    group = subject.get("group")
    return {key: with_column(group, of) if key in _LEVELS else of for key, of in subject.items()}
