"""What was stated, held against what is there: misspelt levels are refused, silent readings are said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.engines.tally import COUNT, OUTCOME, SQUARES, WEIGHTS, Tally
from auditor.errors import RoleError, UseCaseError, hint
from auditor.grouping import refuse_many_levels
from auditor.model import Decision
from auditor.usecase import UseCase
from auditor.words import people


def same_but_for_dress(one: str, other: str) -> bool:
    """Whether two values differ by case and outer spaces at most.

    >>> same_but_for_dress("Yes ", "yes")
    True
    """
    return one.strip().casefold() == other.strip().casefold()


def one_population(reference: Mapping[Any, Any]) -> dict[str, dict[str, float]]:
    """Return a population given in Python (mappings or pandas Series), levels as text; UseCaseError if it is none."""
    found: dict[str, dict[str, float]] = {}
    for group, shares in reference.items():
        if not hasattr(shares, "items"):
            raise UseCaseError(f"the population of '{group}' must map levels to shares, got {type(shares).__name__}")
        found[str(group)] = {str(level): float(share) for level, share in shares.items()}
    return found


def refuse_unknown_levels(tally: Tally, use: UseCase) -> None:
    """Refuse a fixed reference that the data do not have, and stated levels that are only spelt otherwise."""
    for group, level in use.groups.reference.items():
        if group not in tally.roles.groups:
            known = ", ".join(tally.roles.groups) or "none"
            near = hint(group, tally.roles.groups)
            raise UseCaseError(f"[groups] reference names '{group}', which is no group column{near} (groups: {known})")
        levels = tally.levels_of(group)
        if level not in levels and not tally.left_out:
            listed = ", ".join(levels[:10])
            raise UseCaseError(
                f"the reference '{level}' is no level of '{group}'{hint(level, levels)} (levels: {listed})"
            )
    for group in tally.roles.groups:
        levels = tally.levels_of(group)
        for stated in use.population.groups.get(group, {}):
            twin = next((level for level in levels if same_but_for_dress(stated, level)), stated)
            if stated not in levels and twin != stated:
                raise UseCaseError(
                    f"the population of '{group}' names '{stated}', the data have '{twin}'; spell it as in the data"
                )


def other_values(tally: Tally) -> Iterator[Decision]:
    """Say which values of the outcome count as unfavourable, where they are more than one, and who has no weight."""
    roles = tally.roles
    if roles.weight and (missing := tally.columns[roles.weight].missing):
        text = f"{people(missing)} rows have no weight ('{roles.weight}'): they count as nobody."
        yield Decision(text, "weights", (roles.weight,), warning=True)
    if roles.target is None or roles.cut:
        return
    others = {
        level: n for level, n in tally.levels(roles.target).items() if level is not None and level not in roles.positive
    }
    if len(others) > 1:
        listed = ", ".join(f"'{level}' ({people(n)})" for level, n in list(others.items())[:10])
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        text = f"Taken as unfavourable values of '{roles.target}': {listed}{more}."
        yield Decision(text, "unfavourable outcome", (roles.target,), "--positive", warning=True)


def refuse_unexpected(tally: Tally) -> None:
    """Refuse what only the whole scan can show of the target: no value, one value, or more values than were guessed."""
    roles = tally.roles
    refuse_unusable_weights(tally)
    for group in roles.groups:
        refuse_many_levels(group, len(tally.levels_of(group)), tally.grouped)
    if roles.target is None:
        return
    levels = [level for level in tally.levels(roles.target) if level is not None]
    favourable, others = _favourable(tally)
    if roles.weight and not any(float(frame[WEIGHTS].sum()) for frame in tally.tables.values()):
        raise RoleError(f"weight '{roles.weight}' is 0 in every row: nobody counts")
    if roles.cut and not (favourable and others) and (favourable or others):
        column = tally.columns[roles.target]
        every = "every row" if favourable else "no row"
        raise RoleError(
            f"{every} of '{roles.target}' is {roles.cut} (lowest {column.low:g}, highest {column.high:g}); draw "
            "another line (--positive)"
        )
    if not favourable and not others:
        raise RoleError(f"target '{roles.target}' has no value in any of {tally.rows:,} rows")
    listed = ", ".join(levels[:10])
    if not favourable:
        raise RoleError(
            f"favourable value '{', '.join(roles.positive)}' does not occur in '{roles.target}' (values: {listed})"
        )
    if not others:
        raise RoleError(f"target '{roles.target}' is constant: every row with a value has '{listed}'")
    if roles.positive_guessed and len(levels) > 2:
        raise RoleError(f"which value of '{roles.target}' is favourable? name it with --positive (values: {listed})")
    for level in levels:
        twin = next((value for value in roles.positive if value != level and same_but_for_dress(value, level)), None)
        if twin is not None and level not in roles.positive and not roles.cut:
            raise RoleError(
                f"'{level}' of '{roles.target}' differs from the favourable value '{twin}' only by case or spaces; "
                "name both with --positive, or mend the data"
            )


def refuse_unusable_weights(tally: Tally) -> None:
    """Refuse weights of which the whole scan showed that they are none: the peek may have missed a single row."""
    weight = tally.roles.weight
    if weight is None:
        return
    column = tally.columns[weight]
    if column.low is not None and column.low < 0:
        raise RoleError(f"weight '{weight}' has negative values (lowest {column.low:g})")
    if not all(math.isfinite(float(frame[SQUARES].sum())) for frame in tally.tables.values()):
        raise RoleError(f"weight '{weight}' has values that are infinite, or too large to be squared")


def _favourable(tally: Tally) -> tuple[int, int]:
    frame = next(iter(tally.tables.values()))
    return tuple(int(frame.loc[frame[OUTCOME] == outcome, COUNT].sum()) for outcome in (1, 0))  # type: ignore[return-value] # two of them
