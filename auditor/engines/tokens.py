"""How text becomes words, in the engine's own SQL: Unicode letters with their marks, digits, apostrophes kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from auditor.loaders.source import literal

# Stands where a masked term was, in what is counted and in a masked copy: a sign of its own that no word holds, so that
# it is no term, and its neighbours do not become a pair.
MASK = "\N{BLACK VERTICAL RECTANGLE}"
# Scripts written without spaces: a character is a word there, and two neighbours a pair.
_SOLID = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"(?:[^\P{{L}}{_SOLID}]|[\p{{M}}\p{{N}}])"
WORD = rf"{MASK}|[{_SOLID}]\p{{M}}*|{_LETTER}+(?:'{_LETTER}+)*"
QUOTES = "[\u2018\u2019\u02bc\uff07\u00b4`]"
# The blocks of those scripts, for Python's own expressions, which know no scripts.
SOLID_BLOCKS = (
    "\u3005\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff\u19e0-\u19ff"
)
_SOLID_CHAR = re.compile(f"[{SOLID_BLOCKS}]")


def plain(text: str) -> str:
    """Return the SQL of a text in one spelling: composed accents, lower case, straight apostrophes."""
    return f"regexp_replace(lower(nfc_normalize({text})), '{QUOTES}', '''', 'g')"


def words_in(text: str) -> str:
    """Return the SQL of about how many words a text has: what spaces, commas and the like separate.

    Of a script without spaces, two characters count as a word, as most words of Chinese and Japanese have; of those of
    Southeast Asia, which spell sounds, four.
    """
    apart = f"len(regexp_split_to_array(trim({text}), '[\\s,;|]+'))"
    solid = (("\\p{Han}\\p{Hiragana}\\p{Katakana}", 2), ("\\p{Thai}\\p{Lao}\\p{Khmer}\\p{Myanmar}", 4))
    return " + ".join([apart, *(f"len(regexp_extract_all({text}, '[{script}]')) // {size}" for script, size in solid)])


def words_of(term: str) -> list[str]:
    """Return the words of a term as those of a text are counted; of a script without spaces, its characters.

    >>> words_of("chess club"), words_of("女子 team")
    (['chess', 'club'], ['女', '子', 'team'])
    """
    words: list[str] = []
    before = " "
    for char in unicodedata.normalize("NFC", term):
        mark = unicodedata.category(char).startswith("M")  # of the character before it, in every script
        if not char.isspace():
            if before.isspace() or (not mark and (is_solid(char) or is_solid(before))):
                words.append(char)
            else:
                words[-1] += char
        before = before if mark else char
    return words


@cache
def marks() -> str:
    """Return what is part of the letter before it, as ranges: Python's own expressions take it for no letter."""
    found = {code for code in range(0x300, 0x10000) if unicodedata.category(chr(code)).startswith("M")}
    firsts = sorted(code for code in found if code - 1 not in found)
    lasts = sorted(code for code in found if code + 1 not in found)
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(firsts, lasts, strict=True))


def is_solid(char: str) -> bool:
    """Whether a character is of a script that is written without spaces."""
    return _SOLID_CHAR.fullmatch(char) is not None


def tokens(text: str, masks: Sequence[str] = ()) -> str:
    """Return the SQL of the list of a text's words, in order; a masked term (with its possessive) is one MASK."""
    words = f"regexp_extract_all({plain(text)}, {literal(WORD)})"
    if not masks:
        return words
    # A word stands between spaces of its own, so that a term is found whole in every script.
    spaced = f"' ' || array_to_string({words}, '  ') || ' '"
    cut = f"regexp_replace({spaced}, {literal(_pattern(masks))}, ' {MASK} ', 'g')"
    return f"list_filter(string_split_regex({cut}, ' +'), lambda word: word <> '')"


def _pattern(terms: Sequence[str]) -> str:
    listed = "|".join("  ".join(map(_escaped, words_of(term))) for term in sorted(terms, key=_longest_first))
    return f" (?:{listed})(?:'s)? "


def _longest_first(term: str) -> tuple[int, str]:
    return -len(term), term


def _escaped(word: str) -> str:
    return "".join(f"\\{char}" if char in r"\.^$*+?()[]{}|/-" else char for char in word)
