"""How values are spelt: what is left of a text when case, spaces and the ways to encode it are set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # several scripts are written with them
# Invisible characters that are not of category Cf: variation selectors, the grapheme joiner, Hangul's fillers.
INVISIBLE = frozenset([*map(chr, range(0xFE00, 0xFE10)), *"\u034f\u115f\u1160\u3164\uffa0"])


def spelling_key(text: str) -> str:
    r"""Return what two spellings of one value have in common; empty for a text in which nothing can be seen.

    Set aside are case, outer, double and no-break spaces, Unicode's forms (composed or not, full width or not), and
    characters without width.

    >>> spelling_key(" MALE\u00a0"), spelling_key("Cafe\u0301") == spelling_key("CAFÉ"), spelling_key("\u200b ")
    ('male', True, '')
    """
    if text.isascii():
        return " ".join(text.split()).lower()
    text = _seen(unicodedata.normalize("NFKC", text), keep="")
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())


def word_key(text: str) -> str:
    """Return a text without accents and without what joins or abbreviates words: hyphens, dots, apostrophes, spaces.

    >>> word_key("Non-binary") == word_key("non binary") == word_key("nonbinary"), word_key("A-"), word_key(">50K")
    (True, 'a-', '>50k')
    """
    return re.sub(r"(?<=[^\W\d_])[-‐–_.'’ ]+(?=[^\W\d_]|$)", _joint, unaccented(spelling_key(text)))


def _joint(found: re.Match[str]) -> str:
    at_end = found.end() == len(found.string)
    return "" if not at_end or found[0] == "." else found[0]


def unaccented(text: str) -> str:
    """Return a text without accents.

    >>> unaccented("précisé")
    'precise'
    """
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def cleaned(text: str) -> str:
    r"""Return a text as it should be written: composed, without invisible characters or needless spaces.

    >>> cleaned(" New\u00a0 York\u200b")
    'New York'
    """
    return " ".join(_seen(unicodedata.normalize("NFC", text), keep=JOINERS).split())


def same_spelling(one: str, other: str) -> bool:
    """Whether two values differ in case, spaces or Unicode's forms at most.

    >>> same_spelling("Yes ", "yes")
    True
    """
    return spelling_key(one) == spelling_key(other)


def shown(text: str) -> str:
    r"""Return a text in which characters that look like others are written as escapes.

    >>> print(shown("male\u00a0"), shown("Cafe\u0301"), shown("José"))
    male\xa0 Cafe\u0301 José
    """
    return "".join(
        char if char.isprintable() and not unicodedata.combining(char) else char.encode("unicode_escape").decode()
        for char in text
    )


def by_key(texts: Iterable[str]) -> Mapping[str, str]:
    """Return key -> the one text that has it; without the keys that several texts share."""
    found: dict[str, str | None] = {}
    for text in texts:
        key = spelling_key(text)
        found[key] = text if key not in found else None
    return {key: text for key, text in found.items() if text is not None}


def _seen(text: str, keep: str) -> str:
    return "".join(
        char for char in text if char in keep or (unicodedata.category(char) != "Cf" and char not in INVISIBLE)
    )
