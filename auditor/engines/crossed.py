"""The columns of a suppressed tally two by two, as the rows have them; columns that reveal others are suppressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.counts.coarsen import uncounted
from auditor.counts.columns import bin_labels
from auditor.counts.names import COUNT, LEVEL, LISTS, OTHER, OUTCOME, PERIOD, PLACES, STAGES, STRATA
from auditor.counts.part import Counted, Part, Table
from auditor.engines.cells import enums
from auditor.engines.codes import Coder, coder, is_text, sorted_levels, split
from auditor.engines.nested import Matrix, guessed_by, leaks, tied
from auditor.engines.peek import peeked
from auditor.engines.plans import Plan, derived, plan_of
from auditor.engines.sql import group_key, outcome_sql
from auditor.format import listed
from auditor.loaders.source import Source, literal
from auditor.model import Decision
from auditor.use.roles import Roles, Seen
from auditor.use.says import Says

BATCH_ROWS = 65_536
SURE = 0.5  # by how much better one column's block must be guessed from the other's for them to form a chain
MOST = 400  # columns: every two of them are compared
SPLIT, NULL = "chr(31)", "chr(30)"
WORDS = {
    STRATA: "the strata",
    PERIOD: "the periods",
    STAGES: "the stages",
    LISTS: "the lists",
    PLACES: "the places in lists",
}
SAYS = Says(
    not_counted="Not counted by values, {why} (--min-cell): {columns}.",
    too_many="as no more than {most} columns can be compared with one another",
    leaking="as they would reveal small cells together with those of {others}",
)


@dataclass(frozen=True)
class Blocks:
    """A column's published blocks, levels or bins, then others and missing: their rows by joint cell."""

    name: str
    plan: Plan
    levels: Sequence[str]
    counts: Matrix

    @property
    def others(self) -> bool:
        """Whether some levels are counted together as all others."""
        return bool(self.counts[:, len(self.levels)].any())


def apart(part: Part, source: Source, seen: Mapping[str, Seen]) -> Part:
    """Return a part without the columns whose counts, beside those of another, give small cells away.

    Of two columns the one with fewer blocks stays. Of very many columns, only the first MOST stay.
    """
    found = _in_order(part.roles, list(_blocks(part, seen)))
    blocks, more = found[:MOST], found[MOST:]
    crossed = _crossed(part, source, seen, blocks)
    kept: list[int] = []
    suppressed: dict[str, str] = {of.name: SAYS("too_many", most=MOST) for of in more}
    for i, of in enumerate(blocks):
        near = [j for j in kept if (j, i) in crossed]
        leaking = [j for j in near if leaks(crossed[j, i], blocks[j].counts, of.counts, part.min_cell)]
        sure = [j for j in near if guessed_by(crossed[j, i], (len(blocks[j].levels), len(of.levels))) > SURE]
        if len(sure) > 1 and any(blocks[j].others for j in (i, *sure)):
            leaking = leaking or sure  # three that are related give away more than two and two of them
        if leaking:
            suppressed[of.name] = SAYS("leaking", others=_listed([blocks[j].name for j in leaking]))
        else:
            kept.append(i)
    return _without(part, suppressed)


def _in_order(roles: Roles, blocks: Sequence[Blocks]) -> list[Blocks]:
    first = {STRATA: 0, STAGES: 1, LISTS: 2, PLACES: 3, PERIOD: 4, roles.target: 5}
    return sorted(blocks, key=lambda of: (first.get(of.name, 6), len(of.levels)))


def _without(part: Part, suppressed: Mapping[str, str]) -> Part:
    whys: dict[str, list[str]] = {}
    for name, why in suppressed.items():
        whys.setdefault(why, []).append(name)
    notes = [
        Decision(
            SAYS("not_counted", why=why, columns=_listed(names)),
            "small cells",
            tuple(name for name in names if name not in WORDS),
        )
        for why, names in whys.items()
    ]
    drop = {name: uncounted(of) for name, of in {**part.columns, **part.derived}.items() if name in suppressed}
    return replace(
        part,
        columns={name: drop.get(name, of) for name, of in part.columns.items()},
        derived={name: drop.get(name, of) for name, of in part.derived.items()},
        reading=(*part.reading, *notes),
    )


def _listed(names: Sequence[str]) -> str:
    columns = [name for name in names if name not in WORDS]
    return ", ".join([*(WORDS[name] for name in names if name in WORDS), *([listed(columns)] if columns else [])])


def _key(table: Table) -> list[tuple[Any, ...]]:
    return list(zip(*(table.columns[name] for name in table.key), table.columns[OUTCOME], strict=True))


def _blocks(part: Part, seen: Mapping[str, Seen]) -> Iterator[Blocks]:
    """Yield the blocks of all columns that are counted by values, but for groups: those are the cells themselves."""
    joint = part.tables[0]
    cells = {key: i for i, key in enumerate(_key(joint))}
    rows = np.array([n or 0 for n in joint.columns[COUNT]], np.int64)
    extra = {plan.name: plan for plan in derived(part.roles, seen)}
    for name, column in {**part.columns, **part.derived}.items():
        levels = _published(column)
        if name in part.roles.groups or not levels:
            continue
        place: dict[Any, int] = {level: i for i, level in enumerate([*levels, OTHER, None])}
        counts = np.zeros((len(cells), len(place)), np.int64)
        table = column.tables[0]
        for key, level, n in zip(_key(table), table.columns[LEVEL], table.columns[COUNT], strict=True):
            counts[cells[key], place[level]] += n or 0
        if name in extra:  # what strata and periods leave out
            counts[:, len(levels)] += rows - counts.sum(axis=1)
        plan = extra.get(name) or plan_of(name, seen[name], part.roles, column.edges, joint=True)
        if column.edges:
            plan = replace(plan, edges=column.edges)
        yield Blocks(name, replace(plan, kept=() if column.edges else tuple(levels)), levels, counts)


def _published(column: Counted) -> list[str]:
    there = {level for level in column.tables[0].columns[LEVEL] if isinstance(level, str)} - {OTHER}
    return [label for label in bin_labels(column.edges).values() if label in there] if column.edges else sorted(there)


def _crossed(
    part: Part, source: Source, seen: Mapping[str, Seen], blocks: Sequence[Blocks]
) -> dict[tuple[int, int], Matrix]:
    """Return the rows of every two columns' blocks together, of columns that are related.

    The rows of a peek, which are spread over all, settle most pairs; the others are counted over all rows.
    """
    pairs = list(combinations(range(len(blocks)), 2))
    if not pairs:
        return {}
    texts = [sorted_levels(of.plan) for of in blocks]
    kinds = {i: f"dataudit_blocks{i}" for i, of in enumerate(blocks) if is_text(of.plan, texts[i])}
    with peeked(source) as (table, complete), enums(source, {kind: texts[i] for i, kind in kinds.items()}):
        coders = [coder(of.plan, texts[i], kinds.get(i, "")) for i, of in enumerate(blocks)]
        found: dict[tuple[int, int], Matrix] = {}
        for relation in (table,) if complete else (table, source.relation):
            counted = _counted(source, f"{relation} WHERE {_published_rows(part, seen)}", blocks, coders, pairs)
            found = {
                (i, j): of
                for (i, j), of in counted.items()
                if tied(of, blocks[i].counts, blocks[j].counts, part.min_cell)
            }
            pairs = list(found)
    return found


def _counted(
    source: Source, rows: str, blocks: Sequence[Blocks], coders: Sequence[Coder], pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Matrix]:
    sizes = [of.counts.shape[1] for of in blocks]
    found = {(i, j): np.zeros((sizes[i], sizes[j]), np.int64) for i, j in pairs}
    here = sorted({i for pair in pairs for i in pair})
    asked = [sql for i in here for sql in (coders[i].sql, f"CAST(({blocks[i].plan.sql}) IS NULL AS TINYINT)")]
    if not asked:
        return found
    named = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(asked))
    for batch in source.connection.sql(f"SELECT {named} FROM {rows}").to_arrow_reader(BATCH_ROWS):
        columns = iter(batch.columns)
        codes = {i: _places(coders[i], blocks[i], next(columns), next(columns)) for i in here}
        for (i, j), table in found.items():
            table += np.bincount(codes[i] * sizes[j] + codes[j], minlength=table.size).reshape(table.shape)
    return found


def _published_rows(part: Part, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of whether a row is in a joint cell in which the columns are published."""
    if not part.withheld and not part.left_out:
        return "true"
    table, roles = part.tables[0], part.roles
    keys = [f"coalesce({group_key(name, roles, seen)}, {NULL})" for name in table.key]
    spelled = f"concat_ws({SPLIT}, {', '.join([*keys, f'CAST({outcome_sql(roles, seen)} AS VARCHAR)'])})"
    cells = ("\x1f".join("\x1e" if level is None else str(level) for level in key) for key in _key(table))
    return f"{spelled} IN ({', '.join(map(literal, cells))})" if table.columns[COUNT] else "false"


def _places(of: Coder, blocks: Blocks, values: Any, null: Any) -> NDArray[np.intp]:
    """Return the block of every row."""
    levels = {level: i for i, level in enumerate(blocks.levels)}
    other, missing = len(levels), len(levels) + 1
    labels = bin_labels(blocks.plan.edges).values() if blocks.plan.edges else of.labels
    at = np.array([*(levels.get(label, other) for label in labels), other], np.intp)[of.places(values).astype(np.intp)]
    lost = split(null)[0].astype(bool)
    return np.where(lost, missing if blocks.counts[:, missing].any() else other, at)
