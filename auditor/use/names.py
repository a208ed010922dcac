"""Names of columns as words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i"})  # no accents to Unicode


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in their order: lower case, without accents and digits.

    >>> parts("ApplicantAge_at_start2"), parts("Né(e) le"), parts("RACE1")
    (('applicant', 'age', 'at', 'start'), ('ne', 'e', 'le'), ('race',))
    >>> parts("Płeć"), parts("Kjønn")
    (('plec',), ('kjonn',))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain(name))
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
    return "_".join(re.findall(r"[^\W_]+", plain(name).lower()))


def plain(name: str) -> str:
    """Return a text without accents, and without what only looks like a letter with one."""
    apart = unicodedata.normalize("NFKD", name.translate(PLAIN))
    return "".join(char for char in apart if not unicodedata.combining(char))
