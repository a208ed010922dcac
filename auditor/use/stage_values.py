"""What the values of the columns of stages mean: who passed, who did not, who withdrew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.errors import ColumnError, RoleError
from auditor.model import Decision
from auditor.use.nameable import named, near
from auditor.use.names import words_of
from auditor.use.outcome import canonical, obvious
from auditor.use.says import Says
from auditor.use.stages import Stages, Steps
from auditor.use.vocabulary import NO, REFUSALS, YES

if TYPE_CHECKING:
    from auditor.use.roles import Seen
    from auditor.use.usecase import Label

MOST_STAGES = 12  # each has a place of its own in the path of a row

SAYS = Says(
    columns="Stages in order: {stages:each}. A stage is passed where its column says {passed:each}.",
    by_stage="Stages in order, each with the values that mean that it was passed: {stages:each}.",
    ordered="Stages in order, by '{column}': {stages:each}.",
    unused="No row of '{column}' has {values:each}, so nobody stopped there.",
    nobody="'{value}' occurs in no column of stages, so nobody counts as withdrawn by it{near}",
    others="Other values count as not passed: {others:each}.",
    unplaced="Values of '{column}' that no stage has count as not recorded: {others:each}.",
    withdrawn="Withdrawn, and so left out of the rate of the stage: {values:each}.",
    of_column="{stage}: {values:listed}",
    of_withdrawn="people whose '{column}' is {values:listed}",
)


def steps(label: Label, columns: Sequence[str], where: str) -> Steps:
    """Return what a use states of stages.

    Raises:
        ColumnError: A column is not there.
        RoleError: Stages are stated in two ways, or are too few or too many.
    """
    by_case = {column.lower(): column for column in columns}

    def known(name: str, flag: str) -> str:
        if name.lower() not in by_case:
            raise ColumnError.missing(name, columns, where, flag)
        return by_case[name.lower()]

    if not label.stages and not label.stage:
        if label.stage_order:
            raise RoleError("[label] stage_order is given, but no column of stages (--stage)")
        if label.withdrawn:
            raise RoleError("[label] withdrawn is given, but no stages (--stages, or --stage with --stage-order)")
        return Steps()
    if label.stages and label.stage:
        raise RoleError("stages are columns (--stages) or the values of one column (--stage), not both")
    if label.stage and len(label.stage_order) < 2:
        raise RoleError(
            f"in which order do the values of '{label.stage}' come? name all with --stage-order, first to last"
        )
    names = label.stages or label.stage_order
    if twice := [name for name in names if [*map(str.lower, names)].count(name.lower()) > 1]:
        raise RoleError(f"stage '{twice[0]}' is named twice")
    if len(names) > MOST_STAGES:
        raise RoleError(f"{len(names)} stages are named; at most {MOST_STAGES} can be compared")
    columned = [by_case[name.lower()] for name in label.withdrawn if name.lower() in by_case]
    if len(columned) > 1:
        raise RoleError(f"[label] withdrawn names two columns, '{columned[0]}' and '{columned[1]}'; one is enough")
    return Steps(
        tuple(known(name, "--stages") for name in label.stages),
        known(label.stage, "--stage") if label.stage else None,
        label.stage_order,
        label.withdrawn,
        columned[0] if columned else None,
    )


def stages_of(
    said: Steps, seen: Mapping[str, Seen], target: str | None, positive: Sequence[str], reading: list[Decision]
) -> Stages | None:
    """Return the stages that a use states, with what the values of their columns mean; `reading` gets what was decided.

    `positive` are the favourable values of the `target`. RoleError where it is not clear which value of a stage means
    that it was passed.
    """
    if not said.read:
        return None
    lost = tuple(value.strip().lower() for value in said.withdrawn)
    withdrew = _withdrew(said.withdrew, seen) if said.withdrew else ()
    if said.column:
        made = _ordered(said, lost, withdrew, seen[said.column], reading)
    else:
        made = _by_columns(said, lost, withdrew, seen, target, positive, reading)
    reading.extend(_unknown_withdrawals(said, seen))
    if lost or withdrew:
        values = [*(f"'{value}'" for value in said.withdrawn if value.lower() != (said.withdrew or "").lower())]
        if said.withdrew:
            values.append(SAYS("of_withdrawn", column=said.withdrew, values=withdrew))
        reading.append(Decision(SAYS("withdrawn", values=values), "stages", said.read, "[label] withdrawn"))
    return made


def _ordered(
    said: Steps, lost: tuple[str, ...], withdrew: tuple[str, ...], seen: Seen, reading: list[Decision]
) -> Stages:
    order = tuple(canonical(value, seen.type).strip().lower() for value in said.order)
    column = str(said.column)
    if seen.all_levels and not {level.strip().lower() for level in seen.levels} & {*order[1:]}:
        values = named(list(seen.levels), distinct=seen.distinct)
        raise RoleError(f"no value of '{column}' is one of the stages after the first (values: {values})")
    reading.append(Decision(SAYS("ordered", column=column, stages=said.order), "stages", (column,), "--stage-order"))
    if others := [level for level in seen.levels if level.strip().lower() not in (*order, *lost)]:
        text = SAYS("unplaced", column=column, others=[f"'{level}'" for level in others[:5]])
        reading.append(Decision(text, "stages", (column,), "--stage-order", warning=True))
    there = {level.strip().lower() for level in seen.levels}
    later = zip(said.order[1:], order[1:], strict=True)
    if seen.all_levels and (unused := [value for value, of in later if of not in there]):
        text = SAYS("unused", column=column, values=[f"'{value}'" for value in unused])
        reading.append(Decision(text, "stages", (column,), "--stage-order", warning=True))
    passed = tuple(order[i:] for i in range(1, len(order)))
    return Stages(said.order[1:], (column,), passed, True, order, lost, said.withdrew, withdrew)


def _by_columns(
    said: Steps,
    lost: tuple[str, ...],
    withdrew: tuple[str, ...],
    seen: Mapping[str, Seen],
    target: str | None,
    positive: Sequence[str],
    reading: list[Decision],
) -> Stages:
    passed, others = [], []
    for name in said.columns:
        levels = [level for level in seen[name].levels if level.strip().lower() not in lost]
        means = tuple(positive) if name == target and positive else _passed(name, levels, seen[name], positive)
        passed.append(
            tuple(dict.fromkeys(spelt for value in means for spelt in (value.strip().lower(), _plain(value))))
        )
        if rest := [level for level in levels if level.strip().lower() not in passed[-1]]:
            others.append((name, rest))
    reading.append(Decision(_passing(said.columns, passed, others), "stages", said.columns, "--stages"))
    unclear = [(name, rest) for name, rest in others if len(rest) > 1 and not {*map(_plain, rest)} <= NO]
    if unclear:
        listed = [SAYS("of_column", stage=name, values=rest) for name, rest in unclear]
        reading.append(
            Decision(SAYS("others", others=listed), "stages", said.columns, "[label] withdrawn", warning=True)
        )
    return Stages(
        said.columns, said.columns, tuple(passed), withdrawn=lost, withdrew=said.withdrew, withdrew_values=withdrew
    )


def _passing(columns: Sequence[str], passed: Sequence[Sequence[str]], others: Sequence[tuple[str, list[str]]]) -> str:
    """State the values that mean that a stage was passed: of each stage, where one value means it at some only."""
    every = [*dict.fromkeys(value for means in passed for value in means)]
    if not any(_plain(value) in every for _, rest in others for value in rest):
        return SAYS("columns", stages=columns, passed=[f"'{value}'" for value in every])
    listed = [SAYS("of_column", stage=name, values=means) for name, means in zip(columns, passed, strict=True)]
    return SAYS("by_stage", stages=listed)


def _passed(name: str, levels: Sequence[str], seen: Seen, positive: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a stage's column that mean that it was passed: those of the outcome, and all that mean yes.

    A "no" passes no stage before the outcome, even where it is the favourable outcome.
    """
    values = named(levels, distinct=seen.distinct)
    yes_and_no = obvious(dict.fromkeys(map(_plain, levels))) is not None
    if yes_and_no and words_of(name) & REFUSALS:
        raise RoleError(
            f"stage '{name}' is named after a refusal, so '{name}' = yes does not mean that it was passed; name a "
            f"column of who passed (values: {values})"
        )
    wanted = {_plain(value) for value in positive} - NO
    if found := tuple(level for level in levels if _plain(level) in wanted | YES):
        return found
    raise RoleError(
        f"which value of stage '{name}' means that it was passed? write yes or no, 1 or 0, or the favourable value of "
        f"the outcome (values: {values})"
    )


def _plain(value: str) -> str:
    """Return a value in lower case, without spaces around it, and 1.0 as 1."""
    return value.strip().lower().removesuffix(".0")


def _unknown_withdrawals(said: Steps, seen: Mapping[str, Seen]) -> Iterator[Decision]:
    """Yield the values for a withdrawal that no column of stages has, and that are no column themselves."""
    columns = said.columns or tuple(name for name in (said.column,) if name)
    if not all(seen[name].all_levels for name in columns):
        return
    levels = [*dict.fromkeys(level for name in columns for level in seen[name].levels)]
    for value in said.withdrawn:
        if value.strip().lower() not in {(said.withdrew or "").lower(), *(level.strip().lower() for level in levels)}:
            text = SAYS("nobody", value=value, near=near(value, levels, len(levels)) or ".")
            yield Decision(text, "stages", said.read, "[label] withdrawn", warning=True)


def _withdrew(name: str, seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Return the values of a column that mean that somebody withdrew."""
    found = tuple(level.lower() for level in seen[name].levels if level.lower() in YES)
    if not found:
        values = named(list(seen[name].levels), distinct=seen[name].distinct)
        raise RoleError(f"'{name}' says who withdrew, but has no value that means yes (values: {values})")
    return found
