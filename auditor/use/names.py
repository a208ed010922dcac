"""Names of columns as words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in their order: lower case, without accents and digits.

    >>> parts("ApplicantAge_at_start2"), parts("Né(e) le"), parts("RACE1")
    (('applicant', 'age', 'at', 'start'), ('ne', 'e', 'le'), ('race',))
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return tuple(re.findall(r"[^\W\d_]+", spaced.lower()))


def words_of(name: str) -> set[str]:
    """Return the words of a column's name.

    >>> sorted(words_of("ApplicantAge_at_start"))
    ['age', 'applicant', 'at', 'start']
    """
    return set(parts(name))


def joined(name: str) -> str:
    """Return a column's name as one word of a vocabulary: lower case, accents left out, words joined by `_`.

    >>> joined("RAC1P"), joined("Foreign-Worker"), joined("Invited?")
    ('rac1p', 'foreign_worker', 'invited')
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return "_".join(re.findall(r"[^\W_]+", plain.lower()))
