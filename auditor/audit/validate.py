"""What was stated, compared with the data: misspelt levels are refused, silent interpretations are reported."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.counts.names import COUNT, LEVEL, OUTCOME, SQUARES, WEIGHT
from auditor.counts.tally import Tally
from auditor.errors import RoleError, UseCaseError, hint
from auditor.format import roughly
from auditor.model import Decision
from auditor.use.grouping import parted, refuse_many_levels
from auditor.use.levels.spelling import same_spelling
from auditor.use.nameable import counted, may_be_named, named, near
from auditor.use.population import share
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MOST = 10  # values of an outcome that are named
SAYS = Says(
    no_weight="{rows} have no weight ('{column}') and are not counted.",
    unfavourable="Unfavourable values of '{column}': {values:each}{>further}.",
    further=" and {more} more",
    value="'{value}' ({rows})",
    reference="Reference group of '{group}': '{level}' ({why}).",
    ends=" (it ranges from about {low:roughly} to {high:roughly})",
)


def one_population(reference: Mapping[Any, Any]) -> dict[str, dict[str, float]]:
    """Return a population given in Python (mappings or pandas Series), levels as text; UseCaseError for others."""
    found: dict[str, dict[str, float]] = {}
    for group, shares in reference.items():
        if not hasattr(shares, "items"):
            raise UseCaseError(f"the population of '{group}' must map levels to shares, got {type(shares).__name__}")
        found[str(group)] = {str(level): _number(share, str(group)) for level, share in shares.items()}
    return found


def _number(value: Any, group: str) -> float:
    try:
        return float(share(value))  # type: ignore[arg-type] # a number of any library, or a TypeError
    except (TypeError, ValueError):
        raise UseCaseError(f"the population of '{group}' holds {value!r}, which is no number") from None


def refuse_unknown_levels(tally: Tally, use: UseCase) -> None:
    """Refuse a fixed reference that the data do not have, and stated levels that are only spelt otherwise."""
    for group, level in use.groups.reference.items():
        if group not in tally.roles.groups:
            known = ", ".join(tally.roles.groups) or "none"
            like = hint(group, tally.roles.groups)
            raise UseCaseError(f"[groups] reference names '{group}', which is no group column{like} (groups: {known})")
        levels = tally.levels_of(group)
        if level not in levels and not tally.left_out:
            raise UseCaseError(
                f"the reference '{level}' is no level of '{group}'{near(level, levels)} (levels: {named(levels)})"
            )
    for group in tally.roles.groups:
        levels = tally.levels_of(group)
        for stated in use.population.groups.get(group, {}):
            twin = next((level for level in levels if same_spelling(stated, level)), stated)
            if stated not in levels and twin != stated:
                raise UseCaseError(
                    f"the population of '{group}' names '{stated}', the data have '{twin}'; spell it as in the data"
                )


def other_values(tally: Tally) -> Iterator[Decision]:
    """State which values of the outcome are unfavourable, if there are several, and how many rows have no weight."""
    roles = tally.roles
    if roles.weight and (missing := tally.columns[roles.weight].missing):
        text = SAYS("no_weight", rows=counted(missing, "row"), column=roles.weight)
        yield Decision(text, "weights", (roles.weight,), warning=True)
    if roles.target is None or roles.cut:
        return
    others = {
        level: n
        for level, n in tally.levels(roles.target).items()
        if level is not None and level not in roles.positive and not roles.is_withdrawn(level)
    }
    if len(others) > 1:
        known = sum(others.values())
        few = may_be_named(others, rows=known)
        values = (
            [SAYS("value", value=level, rows=counted(n)) for level, n in list(others.items())[:MOST]]
            if few
            else [named(others, rows=known)]
        )
        more = len(others) - MOST if few and len(others) > MOST else None
        text = SAYS("unfavourable", column=roles.target, values=values, more=more)
        yield Decision(text, "unfavourable outcome", (roles.target,), "--positive", warning=True)


def references(tally: Tally, use: UseCase) -> Iterator[Decision]:
    """State once the reference of each group column, the same in all rules, and how it was chosen."""
    for group, _, reference in tally.comparable(use):
        text = SAYS("reference", group=group, level=reference, why=tally.reference(group, use)[1])
        yield Decision(text, "reference group", (group,), "[groups.reference]")


def refuse_unexpected(tally: Tally) -> None:
    """Refuse what only the whole scan can show about the target: no value, one value, or more values than guessed."""
    roles = tally.roles
    refuse_unusable_weights(tally)
    for group in roles.groups:
        refuse_many_levels(group, len(tally.levels_of(group)), tally.grouped)
    if roles.target is None:
        return
    levels = [level for level in tally.levels(roles.target) if level is not None and not roles.is_withdrawn(level)]
    favourable, others = _favourable(tally)
    if roles.weight and not any(float(frame[WEIGHT].sum()) for frame in tally.tables.values()):
        raise RoleError(f"weight '{roles.weight}' is 0 in every row, so no row counts")
    if roles.cut and not (favourable and others) and (favourable or others):
        column = tally.columns[roles.target]
        every = "every row" if favourable else "no row"
        ends = ""
        if column.low is not None and column.high is not None:
            ends = SAYS("ends", low=column.low, high=column.high)
        raise RoleError(f"{every} of '{roles.target}' is {roles.cut}{ends}; choose another cut (--positive)")
    if not favourable and not others:
        raise RoleError(f"target '{roles.target}' has no value in any of {tally.rows:,} rows")
    listed = named(levels)
    if not favourable:
        raise RoleError(
            f"favourable value '{', '.join(roles.positive)}' does not occur in '{roles.target}' (values: {listed})"
        )
    if not others:
        raise RoleError(f"target '{roles.target}' is constant: every row with a value has the same one ({listed})")
    if roles.positive_guessed and len(levels) > 2:
        raise RoleError(f"which value of '{roles.target}' is favourable? name it with --positive (values: {listed})")
    for level in levels:
        twin = next((value for value in roles.positive if value != level and same_spelling(value, level)), None)
        if twin is not None and level not in roles.positive and not roles.cut:
            raise RoleError(
                f"'{named([level])}' of '{roles.target}' differs from the favourable value '{twin}' only by case or "
                "spaces; name both with --positive, or correct the data"
            )


def refuse_alone(tally: Tally, use: UseCase) -> None:
    """Refuse a group that was named and has no value or one only, unless its shares in a population are stated."""
    for name in (parted(written, tally.roles.groups)[0].lower() for written in use.groups.columns):
        group = next((group for group in tally.roles.groups if group.lower() == name), None)
        if group is None:
            continue
        levels = tally.levels_of(group)
        if not levels:
            raise RoleError(f"group '{group}' has no value in any of {tally.grouped:,} rows")
        if len(levels) == 1 and group not in use.population.groups:
            raise RoleError(
                f"group '{group}' has one value only ({named(levels, quotes=True)}): there is nothing to compare"
            )


def refuse_constant_score(tally: Tally) -> None:
    """Refuse a score with one value in all rows: it ranks nobody before anybody else, in no group."""
    score = tally.roles.scoring.score
    if score is None:
        return
    column = tally.columns[score]
    there = {level for level in column.table[LEVEL] if isinstance(level, str)}
    one_value = {name for name, value in zip(column.bins, column.only_values, strict=True) if value is not None}
    if len(there) == 1 and (there <= one_value or not column.edges):
        raise RoleError(f"score '{score}' is constant: every row with a value has the same one")


def refuse_unusable_weights(tally: Tally) -> None:
    """Refuse weights that the whole scan showed to be unusable: the peek may have missed a single row."""
    weight = tally.roles.weight
    if weight is None:
        return
    column = tally.columns[weight]
    if column.low is not None and column.low < 0:
        raise RoleError(f"weight '{weight}' has negative values (lowest {roughly(column.low)})")
    if not all(math.isfinite(float(frame[SQUARES].sum())) for frame in tally.tables.values()):
        raise RoleError(f"weight '{weight}' has values that are infinite, or too large to be squared")


def _favourable(tally: Tally) -> tuple[int, int]:
    frame = next(iter(tally.tables.values()))
    return tuple(int(frame.loc[frame[OUTCOME] == outcome, COUNT].sum()) for outcome in (1, 0))  # type: ignore[return-value] # two of them
