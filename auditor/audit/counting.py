"""Rows that stand for several people: found where nobody said so, and unfolded."""

from __future__ import annotations

from typing import TypeVar

from auditor.engines.engine import Engine
from auditor.model import Decision
from auditor.use.infer import count_of
from auditor.use.names import joined
from auditor.use.roles import NONE
from auditor.use.stated import stated
from auditor.use.usecase import UseCase
from auditor.use.vocabulary import COUNTS

Rows = TypeVar("Rows", bound=Engine)


def as_people(rows: Rows, use: UseCase) -> tuple[Rows, str | None]:
    """Return rows of people, and the column that says of how many each row was, where one surely does.

    Nothing is looked for where the use says of a column that it is the count, or that there is none.
    """
    if use.data.count is not None or not any(joined(name) in COUNTS for name in rows.fields):
        return rows, None
    said = stated(use, list(rows.fields), rows.name)
    sure = (name for name, sure in count_of(rows.peek(), {*said.columns, *said.required}) if sure)
    if (count := next(sure, None)) is None:
        return rows, None
    text = (
        f"Each row counts as many people as '{count}' says: all other columns have few values, and no two rows are "
        "alike in them."
    )
    return rows.counted(count, Decision(text, "counts", (count,), f"--count {NONE}", warning=True)), count
