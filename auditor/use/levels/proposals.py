"""Levels that may mean one thing, or "not recorded", but are counted apart until the use states it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from auditor.model import Decision
from auditor.use.infer import kinds_of
from auditor.use.levels.column import Column
from auditor.use.levels.notes import unknown_flag
from auditor.use.levels.spelling import spelling_key, word_key
from auditor.use.levels.unknown import NONE_OF, PERHAPS, PLACEHOLDERS, SYNONYMS
from auditor.use.says import Says
from auditor.use.toml import key_text, value_text

KINDS = frozenset({"age", "sex", "race", "nationality"})  # everybody has one
SHORTEST = 3  # letters that a word begins with for which a single letter may stand

SAYS = Says(
    apart="Levels of '{column}' that may mean the same are counted apart: {pairs:each}.",
    pair="'{level}' and '{word}'",
    unknown="'{level}' of '{column}' may mean 'unknown', but is counted as a group.",
)


def proposed(columns: Sequence[Column]) -> Iterator[Decision]:
    """Propose, for each column of texts, what may be one level, and what may mean "not recorded"."""
    for column in columns:
        if not column.text or column.role == "feature":
            continue
        if pairs := _pairs(column.groups):
            each = [SAYS("pair", level=level, word=word) for level, word in pairs.items()]
            text = SAYS("apart", column=column.name, pairs=each)
            labels = value_text({**column.labels, **pairs})
            overrule = f"[groups.labels] {key_text(column.name)} = {labels}"
            yield Decision(text, "spellings", (column.name,), overrule, warning=True)
        if column.role == "group" and column.stated is None:
            for level in column.groups:
                if _may_be_unknown(column, level) and len(column.groups) > 2:
                    text = SAYS("unknown", level=level, column=column.name)
                    overrule = unknown_flag(column.name, [*column.unknown, level])
                    yield Decision(text, "not recorded", (column.name,), overrule, warning=True)


def _may_be_unknown(column: Column, level: str) -> bool:
    """Whether a level may mean that a person's group is not recorded: u, none, or a usual number among words."""
    key = spelling_key(level)
    if key in PERHAPS or (key in NONE_OF and {*kinds_of(column.name)} & KINDS):
        return True
    among_words = not any(re.search(r"\d", other) for other in column.groups if other != level)
    return among_words and bool(re.fullmatch(r"-?\d+", key)) and float(key) in PLACEHOLDERS


def _pairs(levels: Mapping[str, int]) -> dict[str, str]:
    """Return level -> the level that may mean the same: longer, or commoner."""
    found: dict[str, str] = {}
    ordered = sorted(levels, key=lambda level: (len(level) == 1, -levels[level], level))
    for i, level in enumerate(ordered):
        left = [word for word in ordered[:i] if word not in found]
        # F is Female, whatever else begins with it, as a typing error of Female does.
        same = [word for word in left if _mean_one(level, word)] or [word for word in left if _abbreviates(level, word)]
        if len(same) == 1:
            found[level] = same[0]
    return found


def _mean_one(level: str, word: str) -> bool:
    short, long = sorted((spelling_key(level), spelling_key(word)), key=len)
    if len(long) == 1:
        return False
    return any(short in words and long in words for words in SYNONYMS) or word_key(level) == word_key(word)


def _abbreviates(level: str, word: str) -> bool:
    short, long = sorted((spelling_key(level), spelling_key(word)), key=len)
    return (
        len(short) == 1
        and short.isalpha()
        and long.startswith(short)
        and len(long) >= SHORTEST
        and long[:SHORTEST].isalpha()
    )
