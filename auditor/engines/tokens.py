"""How text becomes words, in the engine's own SQL: Unicode letters with their marks, digits, apostrophes kept."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.source import literal

# Stands where a masked term was: a word of its own, so that its neighbours do not become a pair.
MASK = "\ue000"
# Scripts written without spaces: a character is a word there, and two neighbours a pair.
_SOLID = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"(?:[^\P{{L}}{_SOLID}]|[\p{{M}}\p{{N}}])"
WORD = rf"{MASK}|[{_SOLID}]\p{{M}}*|{_LETTER}+(?:'{_LETTER}+)*"
_QUOTES = "[\u2018\u2019\u02bc\uff07]"


def plain(text: str) -> str:
    """Return the SQL of a text in one spelling: composed accents, lower case, straight apostrophes."""
    return f"regexp_replace(lower(nfc_normalize({text})), '{_QUOTES}', '''', 'g')"


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
    listed = "|".join("  ".join(_escaped(word) for word in term.split()) for term in sorted(terms, key=_longest_first))
    return f" (?:{listed})(?:'s)? "


def _longest_first(term: str) -> tuple[int, str]:
    return -len(term), term


def _escaped(word: str) -> str:
    return "".join(f"\\{char}" if char in r"\.^$*+?()[]{}|/-" else char for char in word)
