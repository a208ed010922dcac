"""Places in lists that are made of a score: `score:highest` is a rank by the score, highest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.errors import ColumnError, RoleError
from auditor.model import Decision
from auditor.use.grouping import parted
from auditor.use.roles import is_numeric
from auditor.use.says import Says
from auditor.use.usecase import UseCase

HIGHEST, LOWEST = "highest", "lowest"
SAYS = Says(
    made="Places are those of '{column}', {order} first{>within}. People of one value share a place.",
    within=", within each '{list}'",
    name="place by {column}",
)


@dataclass(frozen=True)
class Ranking:
    """A score, which end of it is first, the column of lists, and the name of the column of places."""

    score: str
    highest: bool
    list_column: str | None
    name: str

    @property
    def decision(self) -> Decision:
        """What was made."""
        order = HIGHEST if self.highest else LOWEST
        text = SAYS("made", column=self.score, order=order, list=self.list_column)
        return Decision(text, "lists", (self.score,), "--rank")


def ranking(use: UseCase, fields: Mapping[str, str], where: str) -> tuple[Ranking | None, UseCase]:
    """Return how places are to be made of a score, if they are, and the use with their column as the rank.

    Raises:
        ColumnError: The score is not there.
        RoleError: It is no number, the order is another word, or the name of the places is taken.
    """
    by_case = {name.lower(): name for name in fields}
    written = use.label.rank or ""
    score, order = parted(written, by_case) if written.lower() not in by_case else (written, "")
    if not order:
        return None, use
    if score.lower() not in by_case:
        raise ColumnError.missing(score, tuple(fields), where, "--rank")
    if order not in (HIGHEST, LOWEST):
        raise RoleError(f"rank '{score}' is to begin with '{order}'; write {score}:{HIGHEST} or {score}:{LOWEST}")
    column = by_case[score.lower()]
    if not is_numeric(fields[column]):
        raise RoleError(f"rank '{column}' is not a number ({fields[column]})")
    lists = use.label.list
    if lists is not None and lists.lower() not in by_case:
        raise ColumnError.missing(lists, tuple(fields), where, "--list")
    name = SAYS("name", column=column)
    if name.lower() in by_case:
        raise RoleError(f"the data have a column '{name}' already; give it another name, or name it with --rank")
    made = Ranking(column, order == HIGHEST, by_case[lists.lower()] if lists else None, str(name))
    return made, use.over("label", rank=made.name)
