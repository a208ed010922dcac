"""Features derived from columns, as SQL: columns beside the others, read in the scans that read those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.engines.masking import QUOTE, masked_sql, masks, register
from auditor.engines.peek import peek
from auditor.engines.plans import Plan, plan_of
from auditor.loaders.source import Source, literal, quoted
from auditor.use.derivations import Derivation, What, chosen
from auditor.use.roles import Roles, Seen

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ"
MARKS = ".,;:!?-–—()[]{}'\"’‘“”…/&*#%@+=<>|~^`_"
LETTERS = r"[\p{L}\p{M}\p{N}]+"
# Words with an apostrophe within: it is a part of the word, as among terms (TXT001), and no mark of style.
JOINED = f"{LETTERS}(?:{QUOTE}{LETTERS})+"
ZERO = literal("0")
YES, NO = "yes", "no"  # whether an identifier is recorded
PART = {What.HOUR: "hour", What.WEEKDAY: "isodow", What.MONTH: "month", What.YEAR: "year"}


def derived_sql(of: Derivation) -> str:
    """Return the SQL of a derived feature; NULL where the column has no value (unless it states that), or no end."""
    column = quoted(of.source)
    if of.what is What.RECORDED:
        return f"CASE WHEN {column} IS NULL THEN {literal(NO)} ELSE {literal(YES)} END"
    if of.what in PART:
        return f"CASE WHEN isfinite({column}) THEN {PART[of.what]}({column}) END"
    text = f"CAST({column} AS VARCHAR)"
    if of.what is What.PREFIX:
        if not of.digits:
            return f"left({text}, {of.width})"
        whole = f"CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"  # without the ".0" of a column with gaps
        return f"left(lpad({whole}, {of.digits}, {ZERO}), {of.width})"
    text = _without_masks(masked_sql(text, of.masks))
    if of.what is What.LENGTH:
        return f"length({text})"
    if of.what is What.PUNCTUATION:
        text = f"regexp_replace({text}, {literal(JOINED)}, '', 'g')"
    marks = literal(CAPITALS if of.what is What.CAPITALS else MARKS)
    held = f"(length({text}) - length(translate({text}, {marks}, '')))"
    return held if of.what is What.PUNCTUATION else f"{held} / nullif(length({text}), 0)"


def _without_masks(text: str) -> str:
    """Return the SQL of a text without its masks, here and in an earlier copy: a mask is not the writer's style.

    A word that is removed still shortens the text, as it does in a masked copy.
    """
    for mask in masks():
        text = f"replace({text}, {literal(mask)}, '')"
    return text


def derive(
    source: Source, asked: Sequence[Derivation], seen: Mapping[str, Seen]
) -> tuple[Source, list[Derivation], dict[str, Seen]]:
    """Return the source with the derived features that vary, these, and what a peek saw of them.

    They are in its relation and not in its fields: what is done with all columns leaves them out.
    """
    if not asked:
        return source, [], {}
    found = peek(replace(with_derivations(source, asked), fields=_types(source, asked)))
    kept = chosen(asked, {**seen, **found})
    return with_derivations(source, kept), kept, {of.name: found[of.name] for of in kept}


def beside(derivations: Sequence[Derivation], found: Mapping[str, Seen], roles: Roles, joint: bool) -> list[Plan]:
    """Return how derived features are counted; `found` is what a peek saw of them."""
    by_values = replace(roles, codes=tuple(of.name for of in derivations if of.what.by_values))
    return [plan_of(of.name, found[of.name], by_values, (), joint) for of in derivations]


def with_derivations(source: Source, asked: Sequence[Derivation]) -> Source:
    """Return the source with derived features in its relation."""
    if not asked:
        return source
    for terms in {of.masks for of in asked}:
        register(source, terms)
    named = ", ".join(f"{derived_sql(of)} AS {quoted(of.name)}" for of in asked)
    return replace(source, relation=f"(SELECT *, {named} FROM {source.relation})")


def _types(source: Source, asked: Sequence[Derivation]) -> dict[str, str]:
    """Return the type of each derived feature, as DuckDB has it."""
    relation = with_derivations(source, asked).relation
    described = source.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    return {of.name: types[of.name] for of in asked}
