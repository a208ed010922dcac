"""Features derived from columns, as SQL: columns beside the others, read in the scans that read those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.engines.peek import peek
from auditor.loaders.source import Source, literal, quoted
from auditor.use.derivations import Derivation, What, chosen
from auditor.use.roles import Seen

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ"
MARKS = ".,;:!?-–—()[]{}'\"’‘“”…/&*#%@+=<>|~^`_"
ZERO = literal("0")
PART = {What.HOUR: "hour", What.WEEKDAY: "isodow", What.MONTH: "month", What.YEAR: "year"}


def derived_sql(of: Derivation) -> str:
    """Return the SQL of a derived feature; NULL where the column has no value, or an endless time."""
    column = quoted(of.source)
    if of.what in PART:
        return f"CASE WHEN isfinite({column}) THEN {PART[of.what]}({column}) END"
    text = f"CAST({column} AS VARCHAR)"
    if of.what is What.PREFIX:
        return f"left({f'lpad({text}, {of.digits}, {ZERO})' if of.digits else text}, {of.width})"
    if of.what is What.LENGTH:
        return f"length({text})"
    marks = literal(CAPITALS if of.what is What.CAPITALS else MARKS)
    held = f"(length({text}) - length(translate({text}, {marks}, '')))"
    return held if of.what is What.PUNCTUATION else f"{held} / nullif(length({text}), 0)"


def derive(
    source: Source, asked: Sequence[Derivation], seen: Mapping[str, Seen]
) -> tuple[Source, list[Derivation], dict[str, Seen]]:
    """Return the source with the derived features that vary, these, and what a peek saw of them.

    They are in its relation and not in its fields: what is done with all columns leaves them out.
    """
    if not asked:
        return source, [], {}
    found = peek(replace(_with(source, asked), fields=_types(source, asked)))
    kept = chosen(asked, {**seen, **found})
    return (_with(source, kept) if kept else source), kept, {of.name: found[of.name] for of in kept}


def _with(source: Source, asked: Sequence[Derivation]) -> Source:
    named = ", ".join(f"{derived_sql(of)} AS {quoted(of.name)}" for of in asked)
    return replace(source, relation=f"(SELECT *, {named} FROM {source.relation})")


def _types(source: Source, asked: Sequence[Derivation]) -> dict[str, str]:
    """Return the type of each derived feature, as DuckDB has it."""
    described = source.connection.execute(f"DESCRIBE SELECT * FROM {_with(source, asked).relation}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    return {of.name: types[of.name] for of in asked}
