"""The tally: everything an audit knows about the data, as counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from auditor.counts.columns import Cell, Column, Derived, plain_number
from auditor.counts.extras import Documents, Repeats, Slices, Vectors
from auditor.counts.names import COUNT, LEVEL, MEAN, NO_OUTCOME, OUTCOME, SQUARES, VARIANCE, WEIGHT
from auditor.stats.counts import Moments, Pair, pool
from auditor.stats.effective import effective_rows, effective_share
from auditor.use.roles import Roles

if TYPE_CHECKING:
    import pandas as pd

    from auditor.counts.extras import Twins
    from auditor.counts.units import Units
    from auditor.stats.clusters import Clusters
    from auditor.use.usecase import UseCase


@dataclass(frozen=True)
class Tally:
    """Counts of a whole data set: the joint of groups and outcome, and every column's levels by them.

    `tables` maps a tuple of group columns to a frame with those columns (missing is NaN), OUTCOME and COUNT: one
    entry for the joint, or one per group column where the joint would be too large. `derived` holds the joined strata
    and the periods, `moments` the number, mean and variance of a numeric outcome per key. `withheld`
    are rows with known groups and suppressed outcomes, in frames like those of `tables` but without outcomes; of at
    most `left_out` rows not even the groups are known. `derivations` are derived features, by names that no column
    has. `clusters` has the units of each group's levels, where rows are not independent, `units` the rows
    themselves, which do not leave their site. `vectors` has, of each column of vectors, which rows have a usable one;
    in `columns` the others are missing.
    """

    roles: Roles
    rows: int
    tables: Mapping[tuple[str, ...], pd.DataFrame]
    columns: Mapping[str, Column]
    repeated_rows: Repeats
    repeated_ids: Repeats | None = None
    derived: Mapping[str, Column] = field(default_factory=dict)
    aggregated: bool = False
    slices: Slices | None = None
    moments: Mapping[tuple[str, ...], pd.DataFrame] | None = None
    documents: Mapping[str, Documents] = field(default_factory=dict)
    clusters: Mapping[str, Mapping[str, Clusters]] = field(default_factory=dict)
    twins: Mapping[str, tuple[Twins, Twins]] | None = None
    withheld: Mapping[tuple[str, ...], pd.DataFrame] = field(default_factory=dict)
    left_out: int = 0
    units: Units | None = None
    derivations: Mapping[str, Derived] = field(default_factory=dict)
    vectors: Mapping[str, Vectors] = field(default_factory=dict)

    @property
    def recurs(self) -> bool:
        """Whether rows are known not to be independent: people recur, clusters are named, or records are copies."""
        people = self.roles.id is not None and self.repeated_ids is not None and self.repeated_ids.extra > 0
        units = self.units is not None and bool(self.units.design.units)
        return units or bool(self.clusters) or people or bool(self.roles.cluster or self.roles.survey.columns)

    @property
    def weighed(self) -> bool:
        """Whether columns are counted in weights, too, where rows are weighted."""
        read = [self.columns[name] for name in (*self.roles.groups, *self.roles.features, *self.roles.opaque)]
        read += [self.columns[name] for name in self.roles.scoring.columns]
        read += [*self.derived.values(), *(of.counted for of in self.derivations.values())]
        return all(WEIGHT in of.table for of in read if len(of.table))

    def in_weights(self) -> Tally:
        """Return the counts with each row counted as its weight, scaled so that there are as many rows as before.

        What rows count for is left to `units`. Numbers are left out, as only their unweighted moments are known.
        """
        total = sum(float(frame[WEIGHT].sum()) for frame in [next(iter(self.tables.values()))])
        scale = self.rows / total if total > 0 else 0.0

        def weighted(tables: Mapping[tuple[str, ...], pd.DataFrame]) -> dict[tuple[str, ...], pd.DataFrame]:
            return {
                key: frame.assign(**{COUNT: frame[WEIGHT] * scale}) if WEIGHT in frame else frame
                for key, frame in tables.items()
            }

        def column(of: Column) -> Column:
            tables = weighted(of.tables)
            frame = next(iter(tables.values()))
            lost: Any = float(frame.loc[frame[LEVEL].isna(), COUNT].sum()) if len(frame) else of.missing
            return replace(of, tables=tables, missing=lost if of.placed_missing == of.missing else of.missing)

        return replace(
            self,
            roles=replace(self.roles, weight=None),
            tables=weighted(self.tables),
            columns={name: column(of) for name, of in self.columns.items()},
            derived={name: column(of) for name, of in self.derived.items()},
            derivations={name: replace(of, counted=column(of.counted)) for name, of in self.derivations.items()},
            moments=None,
            clusters={},
        )

    def column(self, name: str) -> Column:
        """Return the counts of a column or of a derived feature."""
        return self.columns[name] if name in self.columns else self.derivations[name].counted

    def features(self) -> list[str]:
        """Return the features, and after them those derived from columns that do not leak the outcome."""
        return [*self.roles.features, *(name for name in self.derivations if name not in self.roles.leaks)]

    def cells(self, group: str) -> list[Cell]:
        """Return the cells of a group column, largest first, missing last; weighted ones in rows of effective size."""
        weighted = self.roles.weight is not None
        sums: dict[str | None, dict[int, tuple[float, float]]] = {}
        frame = _of(self.tables, group)
        for (level, size, square), outcome in zip(self._sizes(frame, group), frame[OUTCOME].tolist(), strict=True):
            of_level = sums.setdefault(level, {})
            old = of_level.get(outcome, (0, 0))
            of_level[outcome] = (old[0] + size, old[1] + square)
        cells = []
        for level, of in sums.items():
            favourable, unfavourable, unknown = (of.get(outcome, (0, 0)) for outcome in (1, 0, NO_OUTCOME))
            known = effective_rows(*favourable, *unfavourable) if weighted else 1
            lost = effective_share(*unknown) if weighted else 1
            sizes = favourable[0] * known, unfavourable[0] * known, unknown[0] * lost
            cells.append(Cell(level, *(round(size, 9) for size in sizes)))  # equal weights give whole rows
        return sorted(cells, key=lambda cell: (cell.level is None, -cell.rows, cell.level or ""))

    def outcomes(self, group: str) -> dict[str, tuple[float, float]]:
        """Return level -> (favourable, rows with an outcome), for the levels that have any; largest first."""
        return {
            cell.level: (cell.favourable, cell.n) for cell in self.cells(group) if cell.level is not None and cell.n
        }

    def effects(self, group: str) -> dict[str, float]:
        """Return level -> how many of its rows count as one in tests and intervals; empty where nobody recurs."""
        if self.copied or self.surveyed:
            return self._by_units(group)
        return self._effects(group, {level: of.effect for level, of in self.clusters.get(group, {}).items()})

    def recurrence(self, group: str) -> dict[str, float]:
        """Return level -> how many of its rows say as much as one, however few units they are of."""
        if self.copied or self.surveyed:
            return self._by_units(group)
        return self._effects(group, {level: of.recurrence for level, of in self.clusters.get(group, {}).items()})

    @property
    def copied(self) -> bool:
        """Whether rows that agree in all columns are taken to be copies."""
        return self.units is not None and self.units.design.copies

    @property
    def surveyed(self) -> bool:
        """Whether a survey's design describes how rows were sampled."""
        return self.units is not None and bool(self.roles.survey.columns)

    def _by_units(self, group: str) -> dict[str, float]:
        """Return level -> how many of its rows, as `outcomes` counts them, count as one by the rows' own units."""
        units = self.units
        assert units is not None
        found = {level: units.favourable(units.are(group, level)) for level in self.outcomes(group)}
        if self.roles.weight is None:
            return found
        frame = _of(self.tables, group)
        rows = frame[frame[OUTCOME] != NO_OUTCOME].groupby(group)[COUNT].sum()
        return {level: found[level] * n / float(rows[level]) for level, (_, n) in self.outcomes(group).items()}

    def _effects(self, group: str, effects: Mapping[str, float]) -> dict[str, float]:
        """Return design effects as those of the rows that `outcomes` counts: weights are seen to there."""
        if self.roles.weight is None:
            return {level: round(effect, 9) for level, effect in effects.items()}
        units, outcomes = self.clusters.get(group, {}), self.outcomes(group)
        known = [level for level in effects if level in outcomes and units[level].rows]
        return {level: round(max(1.0, effects[level] * outcomes[level][1] / units[level].rows), 9) for level in known}

    def reference(self, group: str, use: UseCase) -> tuple[str, str]:
        """Return the level of a group column that the others are compared with, in every rule, and how it was chosen.

        The column has a level with outcomes.
        """
        return use.terms(group).choose(self.outcomes(group))

    def comparable(self, use: UseCase) -> Iterator[tuple[str, dict[str, tuple[float, float]], str]]:
        """Yield group column, its outcomes and its reference, for every column with two levels or more to compare."""
        for group in self.roles.groups:
            counts = self.outcomes(group)
            if len(counts) > 1:
                yield group, counts, self.reference(group, use)[0]

    def pairs(self, column: str, group: str, level: str, reference: str) -> dict[str, Pair]:
        """Return the counts of a level against the reference at every level of a column that holds both, in order."""
        counts = self.counts(column, group)
        return {
            at: Pair(*of[level], *of[reference]) for at, of in sorted(counts.items()) if level in of and reference in of
        }

    @property
    def grouped(self) -> int:
        """All rows whose groups are known, recorded or not: those without their outcome too."""
        return self.rows + sum(int(frame[COUNT].sum()) for frame in list(self.withheld.values())[:1])

    def missing(self, group: str) -> int:
        """Return the rows without a recorded group, unweighted."""
        found = sum(plain_number(frame.loc[frame[group].isna(), COUNT].sum()) for frame in self._frames(group))
        return found  # type: ignore[no-any-return]

    def outcomes_withheld(self, group: str) -> dict[str, int]:
        """Return the rows of each recorded level whose outcomes are suppressed; unweighted."""
        found: dict[str, int] = {}
        for level, n in itertools.chain.from_iterable(
            zip(frame[group], frame[COUNT].tolist(), strict=True) for frame in self._frames(group)[1:]
        ):
            if isinstance(level, str):
                found[level] = found.get(level, 0) + n
        return found

    @property
    def outcomes_unknown(self) -> int:
        """The most rows whose outcomes are suppressed."""
        return self.grouped - self.rows + self.left_out

    def rows_unknown(self, group: str, level: str | None) -> int:
        """Return the most rows of a level whose outcomes are suppressed; None: of no recorded level."""
        of_level = sum(int(frame.loc[_is(frame[group], level), COUNT].sum()) for frame in self._frames(group)[1:])
        return of_level + self.left_out

    def completed(self, group: str, favourable: Mapping[str | None, bool]) -> Tally:
        """Return the counts of one group column, with the rows of some levels that are not known in them.

        All of a level's are taken as favourable, or all as not. Those that are in no count weigh as the others of
        their level do on average.
        """
        import pandas as pd

        known, *hidden = (frame[[group, *_sizes_in(frame)]] for frame in self._frames(group))
        known = known.assign(**{OUTCOME: _of(self.tables, group)[OUTCOME]})
        frames = [known]
        for level, outcome in favourable.items():
            there = pd.concat([frame[_is(frame[group], level)] for frame in hidden] or [known[:0]])
            sums = there[_sizes_in(there)].sum()
            all_of = sums + known.loc[_is(known[group], level), _sizes_in(known)].sum()
            sums = sums + self.left_out * all_of / all_of[COUNT] if all_of[COUNT] else sums
            frames.append(pd.DataFrame([{group: level, OUTCOME: int(outcome), **sums}]).astype({COUNT: int}))
        others = [frame[~frame[group].isin([*favourable])] for frame in hidden]
        return replace(
            self,
            roles=replace(self.roles, groups=(group,)),
            tables={(group,): pd.concat(frames, ignore_index=True)},
            withheld=dict.fromkeys([(group,)], *others) if others else {},
            left_out=0,
        )

    def levels_of(self, group: str) -> list[str]:
        """Return the recorded levels of a group column, largest first."""
        return list(self.shares(group))

    def shares(self, group: str) -> dict[str, float]:
        """Return the rows of each recorded level, copies once; weighted, in the weights' shares and of Kish's size."""
        sums: dict[str, float] = {}
        squares = 0.0
        for frame in self._frames(group):
            for level, size, square in self._sizes(frame, group):
                if level is not None:
                    sums[level] = sums.get(level, 0) + size
                    squares += square
        kish = effective_share(sum(sums.values()), squares) if self.roles.weight else 1
        if self.copied and self.units is not None:
            sums = {level: size / self.units.copies(self.units.are(group, level)) for level, size in sums.items()}
        return {level: size * kish for level, size in sorted(sums.items(), key=lambda item: (-item[1], item[0]))}

    def _frames(self, group: str) -> list[pd.DataFrame]:
        """Return the frames that hold a group's rows: those with their outcomes first."""
        return [_of(self.tables, group), *([_of(self.withheld, group)] if self.withheld else [])]

    def _sizes(self, frame: pd.DataFrame, group: str) -> Iterator[tuple[str | None, float, float]]:
        """Yield level, and rows or sum of weights with the sum of their squares."""
        sizes, squares = (WEIGHT, SQUARES) if self.roles.weight else (COUNT, COUNT)
        for level, size, square in zip(frame[group], frame[sizes].tolist(), frame[squares].tolist(), strict=True):
            yield level if isinstance(level, str) else None, size, square

    def moments_of(self, group: str) -> dict[str, Moments]:
        """Return number, mean and variance of a numeric outcome per level, two rows or more; empty for another one."""
        if self.moments is None:
            return {}
        frame = _of(self.moments, group)
        parts: dict[str, list[Moments]] = {}
        for level, n, mean, variance in frame[[group, COUNT, MEAN, VARIANCE]].itertuples(index=False):
            if isinstance(level, str) and n:
                parts.setdefault(level, []).append(Moments(int(n), float(mean), float(variance)))
        return {level: pooled for level, found in parts.items() if (pooled := pool(found)).n > 1}

    def counts(self, column: str, group: str) -> dict[str, dict[str, tuple[int, int]]]:
        """Return level of a column -> level of a group -> (favourable, rows with an outcome); missing left out."""
        frame = self._table(column, group)
        found: dict[str, dict[str, tuple[int, int]]] = {}
        for level, of, outcome, n in zip(frame[LEVEL], frame[group], frame[OUTCOME], frame[COUNT], strict=True):
            if isinstance(level, str) and isinstance(of, str) and outcome != NO_OUTCOME:
                x, all_rows = found.setdefault(level, {}).get(of, (0, 0))
                n = plain_number(n)
                found[level][of] = (x + n * int(outcome == 1), all_rows + n)
        return found

    def rows_by(self, column: str, group: str) -> dict[str, dict[str, int]]:
        """Return level of a column -> level of a group -> rows; missing left out."""
        frame = self._table(column, group)
        found: dict[str, dict[str, int]] = {}
        for level, of, n in zip(frame[LEVEL], frame[group], frame[COUNT], strict=True):
            if isinstance(level, str) and isinstance(of, str):
                found.setdefault(level, {})[of] = found.get(level, {}).get(of, 0) + plain_number(n)
        return found

    def _table(self, column: str, group: str) -> pd.DataFrame:
        counted = self.derived[column] if column in self.derived else self.columns[column]
        return _of(counted.tables, group)

    def partly_suppressed(self) -> list[str]:
        """Return the features whose values are partly suppressed."""
        return [name for name in self.roles.features if self.columns[name].coarse]

    def unplaced(self) -> list[str]:
        """Return the columns of whose missing values it is not known which groups and outcomes they belong to."""
        return [name for name in (*self.roles.features, *self.roles.opaque) if not self.missing_placed(name)]

    def missing_placed(self, column: str) -> bool:
        """Whether it is known which groups and outcomes a column's missing values belong to: small cells hide it."""
        return self.columns[column].placed_missing == self.columns[column].missing

    def levels(self, column: str) -> dict[str | None, int]:
        """Return the counts of a column's levels over all rows, commonest first."""
        table = self.columns[column].table
        counts: dict[str | None, int] = {}
        for level, n in zip(table[LEVEL], table[COUNT], strict=True):
            level = level if isinstance(level, str) else None
            counts[level] = counts.get(level, 0) + plain_number(n)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0] or "")))


def _of(tables: Mapping[tuple[str, ...], pd.DataFrame], group: str) -> pd.DataFrame:
    return next(frame for key, frame in tables.items() if group in key)


def _sizes_in(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a table that are added up: rows, and of weighted ones the weights and their squares."""
    return [name for name in (COUNT, WEIGHT, SQUARES) if name in frame]


def _is(levels: pd.Series, level: str | None) -> pd.Series:
    """Return where a column of levels has one of them; None: where none is recorded."""
    return levels.isna() if level is None else levels == level
