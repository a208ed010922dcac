"""The stages of a process: yes/no columns in order, or one column of how far each person came."""

from __future__ import annotations

from dataclasses import dataclass

PASSED, REFUSED, WITHDRAWN, UNKNOWN = "1", "0", "w", "-"  # what is known of a row at a stage
# A path up to the outcome by which it is known: the outcome was reached, or what is first known after the last stage
# that was passed is a refusal, and no withdrawal.
DECIDED = f"({PASSED}|(^|{PASSED}){UNKNOWN}*{REFUSED}[^{PASSED}]*)$"


@dataclass(frozen=True)
class Stages:
    """The stages in order, by name, and what the values of their columns mean; values are in lower case.

    `columns` has a column for each stage, or one column that is `ordered`: `passed` are, by stage, the values that mean
    that it was passed. `order` are all known values of an ordered column; others are unknown.
    `withdrawn` are values that mean that somebody withdrew; `withdrew` is a column of the same, with its values.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    passed: tuple[tuple[str, ...], ...]
    ordered: bool = False
    order: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    withdrew: str | None = None
    withdrew_values: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        return (*self.columns, *([self.withdrew] if self.withdrew else []))

    def before(self, target: str | None) -> int:
        """Return how many columns of stages come before that of the outcome; 0 where it is not among them."""
        return self.columns.index(target) if target in self.columns else 0


@dataclass(frozen=True)
class Steps:
    """What a use states of stages, with columns as the data spell them."""

    columns: tuple[str, ...] = ()
    column: str | None = None
    order: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    withdrew: str | None = None

    @property
    def last(self) -> tuple[str | None, tuple[str, ...]]:
        """The column of the last stage, the outcome where none is named, and its favourable values, if known."""
        if self.column:
            return self.column, self.order[-1:]
        return (self.columns[-1] if self.columns else None), ()

    @property
    def read(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(dict.fromkeys(name for name in (*self.columns, self.column, self.withdrew) if name))
