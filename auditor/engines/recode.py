"""The levels of columns, over all rows, and columns in which they are replaced: by SQL, once, below everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.engines.sql import as_text, doubles
from auditor.loaders.recipe import Made
from auditor.loaders.source import Source, literal, quoted
from auditor.use.levels.column import Recoding, Words, becomes_text
from auditor.use.roles import is_numeric

MOST_LEVELS = 1_000  # a column with more is no group, stratum or outcome that could be compared
COMPARED = 16  # values up to which each row is compared with one after the other; more are looked up
Asked = Mapping[str, tuple[float, float] | None]


def levels(source: Source, asked: Asked) -> dict[str, dict[str, int]]:
    """Return column -> value as text -> rows, commonest first; those with over MOST_LEVELS are left out.

    `asked` maps columns to None for all of their values, or to a range: of a number, only what lies outside it.
    """
    parts = []
    for i, (name, inside) in enumerate(asked.items()):
        column = quoted(name)
        test = f"{column} IS NOT NULL" + (f" AND {column} NOT BETWEEN {inside[0]} AND {inside[1]}" if inside else "")
        text = as_text(name, source.fields[name])
        counted = f"SELECT {text} AS v, count(*) AS n FROM {source.relation} WHERE {test} GROUP BY {text}"
        parts.append(f"SELECT {i} AS i, v, n FROM ({counted} LIMIT {MOST_LEVELS + 1})")
    found: dict[str, dict[str, int]] = {name: {} for name in asked}
    if not parts:
        return found
    names = list(asked)
    query = f"{' UNION ALL '.join(parts)} ORDER BY i, n DESC, v"
    for i, value, n in source.connection.execute(query).fetchall():
        found[names[i]][value] = n
    return {name: of for name, of in found.items() if len(of) <= MOST_LEVELS}


def recoded(source: Source, recoding: Recoding) -> Source:
    """Return the source with the levels replaced, and with what was decided of them."""
    reading = (*source.reading, *recoding.reading)
    fields, replaced = dict(source.fields), []
    for name, words in recoding.values.items():
        replaced.append(f"{_replaced(name, fields[name], words)} AS {quoted(name)}")
        fields[name] = "VARCHAR" if becomes_text(fields[name], words) else fields[name]
    relation = f"(SELECT * REPLACE ({', '.join(replaced)}) FROM {source.relation})" if replaced else source.relation
    recipe = source.recipe and source.recipe.then(*_step(source, recoding))
    return replace(source, relation=relation, fields=fields, reading=reading, recipe=recipe)


def _step(source: Source, recoding: Recoding) -> tuple[dict[str, Made], list[str]]:
    """Return the step of a recipe that recodes, and the columns whose personal values it leaves out."""
    personal = {
        column.name: [level for level in column.levels if column.names_a_person(level)] for column in recoding.columns
    }
    words = {
        name: {level: word for level, word in of.items() if level not in personal[name]}
        for name, of in recoding.values.items()
    }
    step = {name: Made(_replaced(name, source.fields[name], of), name) for name, of in words.items() if of}
    return step, [name for name, levels in personal.items() if levels]


def _replaced(name: str, kind: str, words: Words) -> str:
    """Return the SQL of a column's values with words in their place."""
    column = quoted(name)
    if not becomes_text(kind, words):
        if is_numeric(kind):
            removed, value = doubles(sorted(map(float, words))), f"CAST({column} AS DOUBLE)"
        else:
            removed, value = f"[{', '.join(map(literal, words))}]", as_text(name, kind)
        return f"CASE WHEN list_contains({removed}, {value}) THEN NULL ELSE {column} END"
    text = as_text(name, kind)
    removed = ", ".join(literal(value) for value, word in words.items() if word is None)
    unknown = f"WHEN list_contains([{removed}], {text}) THEN NULL" if removed else ""
    other = {value: word for value, word in words.items() if word is not None}
    if len(other) > COMPARED:
        pairs = ", ".join(f"{literal(value)}: {literal(word)}" for value, word in other.items())
        found = f"coalesce(MAP {{{pairs}}}[{text}], {text})"
        return f"CASE {unknown} ELSE {found} END" if unknown else found
    cases = " ".join(f"WHEN {text} = {literal(value)} THEN {literal(word)}" for value, word in other.items())
    return f"CASE {cases} {unknown} ELSE {text} END"
