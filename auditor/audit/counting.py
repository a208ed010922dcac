"""Rows that count several people: detected where the use does not state it, and expanded."""

from __future__ import annotations

from typing import TypeVar

from auditor.engines.engine import Engine
from auditor.model import Decision
from auditor.use.roles import NONE
from auditor.use.stands_for import count_of, may_count
from auditor.use.stated import stated
from auditor.use.usecase import UseCase
from auditor.use.vectors import aside

Rows = TypeVar("Rows", bound=Engine)


def as_people(rows: Rows, use: UseCase) -> tuple[Rows, str | None]:
    """Return rows of people, and the column of counts, where there is surely one.

    Nothing is detected where the use names the column of counts, or states that there is no such column.
    """
    if use.data.count is not None or not any(map(may_count, rows.fields)):
        return rows, None
    named = stated(aside(use), list(rows.fields), rows.name)
    sure = (name for name, sure in count_of(rows.peek(), {*named.columns, *named.required}) if sure)
    if (count := next(sure, None)) is None:
        return rows, None
    text = (
        f"Each row counts as many people as '{count}' states. All other columns have few values, and no two rows are "
        "alike in them."
    )
    return rows.counted(count, Decision(text, "counts", (count,), f"--count {NONE}", warning=True)), count
