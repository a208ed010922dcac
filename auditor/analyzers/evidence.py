"""What a rule judges: the counts, the models of sampled rows, and what several rules ask of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from auditor.analyzers.comparing import Column, Comparison, compare_all
from auditor.counts.tally import Tally
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.controlled import Controlled
    from auditor.counts.pay import PayRows
    from auditor.counts.probable import ProbableSums
    from auditor.learn.models import Models
    from auditor.learn.texts import Texts
    from auditor.learn.vectors import VectorStudy


@dataclass(frozen=True)
class Evidence:
    """The counts of all rows, and models of sampled ones where a rule asked for them.

    `texts` are by text column, `vectors` by column of vectors; `embedded` names the columns that were embedded for this
    audit. `masked` has the vectors of an embedded text with terms masked: by text column, group, and how many terms.
    `pay` has the amounts of every row, `probable` the sums of probabilities of groups, where a rule needs them.
    """

    tally: Tally
    use: UseCase
    models: Models | None = None
    texts: Mapping[str, Texts] = field(default_factory=dict)
    vectors: Mapping[str, VectorStudy] = field(default_factory=dict)
    embedded: tuple[str, ...] = ()
    masked: Mapping[tuple[str, str, int], VectorStudy] = field(default_factory=dict)
    controlled: Controlled | None = None  # outcomes by groups and controls
    pay: PayRows | None = None
    probable: Mapping[str, ProbableSums] | None = None
    beside: tuple[float, ...] = ()  # p-values of other group columns' tests, where one of several is asked about

    def on(self, tally: Tally) -> Evidence:
        """Return the same with other counts."""
        return replace(self, tally=tally)

    @property
    def target(self) -> str:
        """The outcome column; of rules that need one."""
        assert self.tally.roles.target is not None
        return self.tally.roles.target

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Each group column with two levels or more that have outcomes, compared once for all rules."""
        return self.compared()

    def compared(self, *, min_n: int | None = None, by_rows: bool = False) -> Mapping[str, Comparison]:
        """Compare each group column with two levels or more that have outcomes.

        The pairs of all columns are one family, including levels whose outcomes are suppressed.
        `min_n` is what a reference has at least, in place of the policy's. Where people recur they are the units,
        unless `by_rows`.
        """
        return compare_all(self._columns(min_n, by_rows), self.beside)

    def p_values_beside(self, group: str) -> tuple[float, ...]:
        """Return the p-values of all tests of the other group columns, which share alpha with those of one."""
        others = [column for name, column in self._columns(None, by_rows=False).items() if name != group]
        tested = [p for column in others for p in column.p_values.values()]
        return (*tested, *[1.0] * sum(column.untested for column in others))

    def _columns(self, min_n: int | None, by_rows: bool) -> dict[str, Column]:
        return {
            group: Column(
                counts,
                self.use.terms(group, min_n=min_n),
                {} if by_rows else self.tally.effects(group),
                len({*self.tally.outcomes_withheld(group)} - {*counts}),
            )
            for group, counts, _ in self.tally.comparable(self.use)
        }
