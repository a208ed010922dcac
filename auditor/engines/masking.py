"""Terms masked in a text as it stands: for a copy, and for what is derived; `tokens.py` masks them among words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import pairwise, product

from auditor.engines.tokens import MASK, QUOTES, SOLID_BLOCKS, is_solid, marks, words_of
from auditor.loaders.source import Source

QUOTE = QUOTES.replace("[", "['")  # those that are read as a straight one, and that
MASKED = "dataudit_masked_"


def masker(terms: Sequence[str]) -> Callable[[str], str]:
    """Return a function that masks the terms in a text, as the audit counts them: whole words, possessives too.

    The words of a term may have any spelling of their accents, and anything but a word between them. Masks
    with only spaces between them become one, so that nobody counts the words that stood there; all else stays.

    >>> masker(["alder", "chess club", "she"])("She, of Alder's CHESS CLUB, not alders")
    '▮, of ▮, not alders'
    """
    words = {word for term in terms for word in words_of(term)}
    term = re.compile(_alone([words_of(term) for term in terms]), re.IGNORECASE)
    word = re.compile(_alone([[word] for word in words]), re.IGNORECASE)
    row = re.compile(rf"{MASK}(?:[^\S\r\n]*{MASK})+")
    return lambda text: row.sub(MASK, term.sub(lambda found: word.sub(MASK, found[0]), text))


def masks() -> tuple[str, ...]:
    """Return what to remove from a masked text, in this order: a mask with the space before it, or else behind it."""
    return f" {MASK}", f"{MASK} ", MASK


def _alone(terms: Sequence[Sequence[str]]) -> str:
    """Return the pattern of terms that stand by themselves: with no letter and no apostrophe beside them.

    Scripts that are written without spaces need no such end, and no space within a term.
    """
    letter = rf"[^\W_{SOLID_BLOCKS}]"
    start, end = (
        rf"(?<!{letter})(?<![{marks()}])(?<!{QUOTE})",
        rf"(?:{QUOTE}s)?(?!{letter})(?![{marks()}])(?!{QUOTE}{letter})",
    )
    found = []
    for ends in product((False, True), repeat=2):
        of = [term for term in terms if (is_solid(term[0][0]), is_solid(term[-1][0])) == ends]
        if of:
            listed = "|".join(map(_in_a_row, sorted(of, key=lambda term: (-len(" ".join(term)), term))))
            found.append(f"{'' if ends[0] else start}(?:{listed}){'' if ends[1] else end}")
    return "|".join(found)


def _in_a_row(words: Sequence[str]) -> str:
    """Return the pattern of words with anything but a word between them."""
    parts = [_spelled(words[0])]
    for before, word in pairwise(words):
        parts += [rf"(?![{marks()}])[\W_]{'*' if is_solid(before[0]) or is_solid(word[0]) else '+'}", _spelled(word)]
    return "".join(parts)


def _spelled(word: str) -> str:
    """Return the pattern of a word with its accents composed or not, and every kind of apostrophe."""
    spellings = dict.fromkeys(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    patterns = [re.escape(spelling).replace("'", QUOTE) for spelling in spellings]
    return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"


def masked_sql(text: str, terms: Sequence[str]) -> str:
    """Return the SQL of a text with the terms masked, by the function that `register` gave the engine."""
    return f"{_named(terms)}({text})" if terms else text


def register(source: Source, terms: Sequence[str]) -> None:
    """Give the engine the function that masks these terms."""
    name = _named(terms)
    known = f"SELECT count(*) FROM duckdb_functions() WHERE function_name = '{name}'"
    if terms and not source.connection.execute(known).fetchall()[0][0]:
        source.connection.create_function(name, masker(terms), ["VARCHAR"], "VARCHAR")


def _named(terms: Sequence[str]) -> str:
    return MASKED + sha256("\n".join(terms).encode()).hexdigest()[:16]
