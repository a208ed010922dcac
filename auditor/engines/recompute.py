"""SQL that gives the counts of a report's group tables from the data, for anyone who checks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.counts.names import NO_OUTCOME, OUTCOME
from auditor.counts.tally import Tally
from auditor.engines.process import decided_sql
from auditor.engines.sql import favourable_sql, group_key, recorded_sql
from auditor.loaders.recipe import TABLE, Recipe
from auditor.loaders.source import quoted
from auditor.model import Recompute
from auditor.use.roles import Roles, Seen
from auditor.use.says import Says, together

SAYS = Says(
    none="No SQL gives these counts: the group is made by the audit itself.",
    where="Run it in DuckDB, in the folder that holds the data.",
    types="The columns it reads, with their types: {columns:each}.",
    weights="The rows are weighted. The rates of the table are weight_selected over weight_with_outcome; its numbers "
    "of people are effective sample sizes, which this statement does not give.",
    copies="The table's numbers of people count identical records once; this statement counts every row.",
    personal="Values that look like addresses or official numbers of people count as not recorded in the table. They "
    "are not printed here, so this statement shows them as groups.",
)


def statements(recipe: Recipe | None, tally: Tally, seen: Mapping[str, Seen]) -> dict[str, Recompute]:
    """Return, by group column, the SQL that gives the counts of its levels."""
    return {group: _statement(recipe, group, tally, seen) for group in tally.roles.groups}


def _statement(recipe: Recipe | None, group: str, tally: Tally, seen: Mapping[str, Seen]) -> Recompute:
    if recipe is None or group not in recipe.made:
        return Recompute(None, SAYS("none"))
    roles = tally.roles
    read = [group, *(name for name in (roles.target, roles.weight) if name), *recipe.times]
    if roles.stages and decided_sql(roles, quoted):
        read += [name for name in roles.stages.read if name not in read]
    steps = recipe.steps_of(read)
    source = f"step_{len(steps)}" if steps else recipe.relation
    with_outcomes = any((frame[OUTCOME] == NO_OUTCOME).any() for frame in tally.tables.values())
    key = group_key(group, roles, seen)
    level = key if key == quoted(group) else f"{key} AS {quoted(group)}"
    selected = [level, *_counts(roles, seen, recipe.times, with_outcomes)]
    lines = [*_steps(recipe.relation, steps), "SELECT", ",\n".join(f"  {each}" for each in selected), f"FROM {source}"]
    if recipe.times:
        lines.append(f"WHERE {_times(recipe.times)} > 0")
    caveats = list(_caveats(recipe, read, tally))
    lines += ["GROUP BY 1", "ORDER BY 2 DESC, 1", *(f"-- {caveat}" for caveat in caveats)]
    return Recompute("\n".join(lines), together(*_first(recipe, read), *caveats))


def _steps(relation: str, steps: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines that make each column what it was counted as."""
    for i, selected in enumerate(steps, start=1):
        yield "WITH step_1 AS (" if i == 1 else f"step_{i} AS ("
        yield "  SELECT"
        yield ",\n".join(f"    {each}" for each in selected)
        yield f"  FROM {relation if i == 1 else f'step_{i - 1}'}"
        yield ")" if i == len(steps) else "),"


def _counts(roles: Roles, seen: Mapping[str, Seen], times: Sequence[str], with_outcomes: bool) -> Iterator[str]:
    """Yield what is counted of each level."""
    tests = {"people": ""}
    if roles.target:
        known = recorded_sql(roles.target, roles, seen)
        tests |= {"with_outcome": known} if with_outcomes or roles.weight else {}
        tests["selected"] = favourable_sql(roles.target, roles, seen)
    rows = f"sum({_times(times)})" if times else "count(*)"
    for name, test in tests.items():
        counted = f"{rows} FILTER (WHERE {test})" if test else rows
        yield f"CAST(coalesce({counted}, 0) AS BIGINT) AS {name}" if times else f"{counted} AS {name}"
    if roles.weight:
        weight = f"sum(CAST({quoted(roles.weight)} AS DOUBLE))"
        for name, test in tests.items():
            summed = f"{weight} FILTER (WHERE {test})" if test else weight
            yield f"coalesce({summed}, 0) AS weight_{name}"


def _times(times: Sequence[str]) -> str:
    return " * ".join(f"CAST({quoted(name)} AS BIGINT)" for name in times)


def _first(recipe: Recipe, read: Sequence[str]) -> Iterator[str]:
    """Yield what to do before the statement is run."""
    if recipe.relation != TABLE:
        yield SAYS("where")
    if recipe.note:
        yield recipe.note
    if recipe.types:
        yield SAYS("types", columns=[f"'{name}' {recipe.types[name]}" for name in recipe.columns(read)])


def _caveats(recipe: Recipe, read: Sequence[str], tally: Tally) -> Iterator[str]:
    """Yield where the statement does not give the numbers of the table; no text of the data is in it."""
    if tally.roles.weight:
        yield SAYS("weights")
    if tally.copied:
        yield SAYS("copies")
    if recipe.withheld & {*read}:
        yield SAYS("personal")
