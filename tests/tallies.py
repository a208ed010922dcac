"""Tallies written down: literal counts in place of rows and an engine, and rules judged on them in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from auditor.analyzers.catalog import all_rules, selected
from auditor.analyzers.evidence import Evidence
from auditor.audit.judge import dataset, judged
from auditor.audit.select import Chosen
from auditor.counts.columns import Column, bin_labels
from auditor.counts.extras import Repeats, Twins
from auditor.counts.leaks import set_aside
from auditor.counts.names import COUNT, LEVEL, MEAN, NO_OUTCOME, OUTCOME, PERIOD, SQUARES, STRATA, VARIANCE, WEIGHT
from auditor.counts.tally import Tally
from auditor.model import Audit, Result
from auditor.use.roles import Clock, Roles
from auditor.use.usecase import UseCase

Key = str | None | tuple[str | None, ...]  # a level of the group, or one of each group; None is not recorded
Count = int | tuple[int, int] | tuple[int, int, int]  # rows without outcome; (favourable, rows with one[, without])
Counts = Mapping[Any, Count]  # by Key; as Any, for mappings are not of one type in their keys
Levels = Mapping[Any, Counts]  # by level
JOINED = " · "
OUTCOMES = (1, 0, NO_OUTCOME)


@dataclass(frozen=True)
class Bins:
    """A number, cut at `edges` (inclusive upper bounds): the counts of each bin, lowest first."""

    edges: tuple[float, ...]
    counts: Sequence[Counts]
    type: str = "DOUBLE"
    low: float | None = None
    high: float | None = None

    @property
    def levels(self) -> Levels:
        """The bins by their labels."""
        return dict(zip(bin_labels(self.edges).values(), self.counts, strict=True))


def tally_of(
    counts: Counts | None = None,
    *,
    groups: Sequence[str] = ("group",),
    target: str | None = "hired",
    columns: Mapping[str, Levels | Bins] | None = None,
    within: Sequence[str] = (),
    strata: Mapping[Any, Counts] | None = None,
    time: str | None = None,
    clock: Clock | None = None,
    periods: Levels | None = None,
    weights: Mapping[Key, float] | None = None,
    moments: Mapping[Key, tuple[int, float, float]] | None = None,
    twins: Mapping[str, tuple[Twins, Twins]] | None = None,
    withheld: Mapping[Key, int] | None = None,
    repeated: Repeats | None = None,
    roles: Mapping[str, Any] | None = None,
    **more: Any,
) -> Tally:
    """Return the tally of rows of which only their counts are written down; the outcome is "yes" or "no".

    Args:
        counts: The rows by group, {"a": (favourable, rows with an outcome)}; of several groups by tuples of levels, of
            none by (). Default: the sums over `strata`, over `periods`, or over the first of `columns`.
        groups: The group columns.
        target: The outcome's name; None: there is none.
        columns: The features, each with its levels' counts, or its bins'. Rows that no level holds have no value. The
            outcome may be among them, where it has other values.
        within: The names of the columns that `strata` are levels of, which are features too.
        strata: The counts of each stratum, by its level, or by a tuple of levels.
        time: The name of the column that `periods` are values of.
        clock: How time counts; default: by values, such as whole years.
        periods: The counts of each value of the time column.
        weights: What each row of a level weighs; 1 where nothing is said.
        moments: Number, mean and variance of a numeric outcome by group; see `roles`, which then has its `cut`.
        twins: Matched records by group column: those that agree in all, and those that agree nearly.
        withheld: Rows of which only the group left their site.
        repeated: How often rows recur; default: all differ.
        roles: What the roles have beside or other than this.
        more: What the tally has beside this: `slices`, `clusters`, `documents`, `left_out`, `aggregated` …

    Raises:
        ValueError: A column has more rows than there are, or there are no counts at all.
    """
    groups, within = tuple(groups), tuple(within)
    parts = strata or periods or next((_levels(of) for of in (columns or {}).values()), None)
    rows = _cells(groups, counts if counts is not None else _sum(parts)) if counts or parts else None
    if rows is None:
        raise ValueError("a tally needs counts, strata, periods or a column")
    if weights is not None:
        heavy = {_key(key): weight for key, weight in weights.items()}
        each = pd.Series([heavy.get(key, 1.0) for key in _keys(rows, groups)], index=rows.index)
        rows[WEIGHT], rows[SQUARES] = rows[COUNT] * each, rows[COUNT] * each**2
    given: dict[str, Levels | Bins] = dict(columns or {})
    derived: dict[str, Levels] = {}
    if strata is not None:
        split = {_key(at): of for at, of in strata.items()}
        derived[STRATA] = {JOINED.join(map(str, at)): of for at, of in split.items()}
        given |= {name: _at(split, place) for place, name in enumerate(within)}
    if periods is not None:
        derived[PERIOD] = periods
        given[time or "year"] = periods
        time, clock = time or "year", clock or Clock("value")
    made = {name: _column(name, groups, rows, of) for name, of in given.items()}
    own = {name: _own(name, groups, rows, rows[name]) for name in groups}
    words = {1: "yes", 0: "no", NO_OUTCOME: None}
    weight = {"w": Column("w", "DOUBLE", {groups: rows.iloc[:0].assign(**{LEVEL: None})}, 0, 1, False, 1.0)}
    outcome = {target: _own(target, groups, rows, rows[OUTCOME].map(words))} if target else {}
    all_rows = int(rows[COUNT].sum())
    usual: dict[str, Any] = {
        "target": target, "positive": ("yes",) if target else (), "groups": groups, "bands": {}, "text": (),
        "time": time, "id": None, "features": tuple(name for name in given if name not in (*groups, time, target)),
        "ignored": {}, "reading": (), "strata": within, "period": clock, "weight": "w" if weights is not None else None,
    }  # fmt: skip
    return Tally(
        roles=Roles(**(usual | dict(roles or {}))),
        rows=all_rows,
        tables={groups: rows},
        columns={**own, **outcome, **(weight if weights is not None else {}), **made},
        derived={name: _column(name, groups, rows, of) for name, of in derived.items()},
        repeated_rows=repeated or Repeats(all_rows, all_rows, all_rows, 1.0),
        moments=None if moments is None else {groups: _moments(groups, moments)},
        twins=twins,
        withheld={groups: _withheld(groups, withheld)} if withheld else {},
        **more,
    )


def counted(
    frame: pd.DataFrame,
    *,
    groups: Sequence[str] = ("group",),
    target: str | None = "hired",
    within: Sequence[str] = (),
    time: str | None = None,
    **more: Any,
) -> Tally:
    """Return the tally of a frame's rows, for simulations: numbers with a fraction cut into twenty, others by values.

    `more` is what `tally_of` takes beside.
    """
    taken = {*groups, *within, target, time}
    columns: dict[str, Levels | Bins] = {}
    for name in frame.columns:
        if name in taken:
            continue
        if frame[name].dtype == float:
            edges = twentieths(frame[name])
            place = pd.Series(np.searchsorted(edges, frame[name])).where(frame[name].notna().to_numpy())
            found = _by(frame, [place.set_axis(frame.index)], groups, target)
            columns[name] = Bins(edges, [found.get((float(i),), {}) for i in range(len(edges) + 1)])
        else:
            levels = {str(at[0]): counts for at, counts in _by(frame, [frame[name]], groups, target).items()}
            columns[name] = dict(sorted(levels.items()))
    if within:
        parts = _by(frame, [frame[name] for name in within], groups, target)
        more["strata"] = {tuple(map(str, at)): counts for at, counts in parts.items()}
    if time is not None:
        more["periods"] = {str(at[0]): of for at, of in _by(frame, [frame[time]], groups, target).items()}
    (counts,) = _by(frame, [], groups, target).values()
    return tally_of(counts, groups=groups, target=target, columns=columns, within=within, time=time, **more)


def twentieths(values: pd.Series) -> tuple[float, ...]:
    """Return where a number is cut into twenty parts of as many rows."""
    return tuple(map(float, np.unique(values.quantile(np.arange(1, 20) / 20, interpolation="lower"))))


def evidence_of(tally: Tally, use: UseCase | Mapping[str, Any] | None = None) -> Evidence:
    """Return what rules judge of these counts under a use; columns that tell the outcome are set aside, as ever."""
    stated = use if isinstance(use, UseCase) else UseCase.model_validate(use or {})
    return Evidence(set_aside(tally, stated), stated)


def audit_of(
    evidence: Evidence | Tally, use: UseCase | Mapping[str, Any] | None = None, *, only: Sequence[str] = ()
) -> Audit:
    """Return the audit of these counts by all rules, or by those of `only` (the others are left out of it)."""
    of = evidence if isinstance(evidence, Evidence) else evidence_of(evidence, use)
    kept = selected(tuple(only) or tuple(all_rules()))
    rules = [Chosen(rule, named=bool(only)) for code, rule in all_rules().items() if code in kept]
    return judged(of, dataset(of.tally, of.use, "counts", ()), rules, "written down", 0, None)


def run_rule(code: str, evidence: Evidence | Tally, use: UseCase | Mapping[str, Any] | None = None) -> Result:
    """Return what becomes of one rule on these counts, as it stands in an audit."""
    return audit_of(evidence, use, only=[code]).result(code)


def _levels(of: Levels | Bins) -> Levels:
    return of.levels if isinstance(of, Bins) else of


def _key(key: Key) -> tuple[str | None, ...]:
    return key if isinstance(key, tuple) else (key,)


def _split(count: Count) -> tuple[int, int, int]:
    """Return favourable rows, other rows with an outcome, and rows without one."""
    if isinstance(count, int):
        return 0, 0, count
    favourable, known = count[:2]
    if not 0 <= favourable <= known:
        raise ValueError(f"{favourable} of {known} rows cannot be favourable")
    return favourable, known - favourable, count[2] if len(count) == 3 else 0


def _sum(parts: Mapping[Any, Counts] | None) -> dict[Key, Count]:
    sums: dict[Key, tuple[int, int, int]] = {}
    for counts in (parts or {}).values():
        for key, count in counts.items():
            before = sums.get(key, (0, 0, 0))
            sums[key] = before[0] + (of := _split(count))[0], before[1] + of[0] + of[1], before[2] + of[2]
    return dict(sums)


def _at(strata: Mapping[tuple[str | None, ...], Counts], place: int) -> Levels:
    """Return the counts of the levels of one of the columns that strata are joined of."""
    levels = dict.fromkeys(at[place] for at in strata)
    return {level: _sum({at: of for at, of in strata.items() if at[place] == level}) for level in levels}


def _cells(groups: tuple[str, ...], counts: Counts) -> pd.DataFrame:
    """Return a row per group and outcome that occurs."""
    return _frame((*groups, OUTCOME, COUNT), list(_rows(counts)))


def _rows(counts: Counts) -> Iterator[tuple[Any, ...]]:
    """Yield the groups, outcome and number of each combination that occurs."""
    for key, count in counts.items():
        yield from ((*_key(key), outcome, n) for outcome, n in zip(OUTCOMES, _split(count), strict=True) if n)


def _frame(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a table of the types that engines give: texts as objects, outcomes of one byte, whole numbers of rows."""
    types = {OUTCOME: np.int8, COUNT: np.int64, MEAN: float, VARIANCE: float}
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame(
        {name: pd.Series(list(of), dtype=types.get(name, object)) for name, of in zip(names, values, strict=True)}
    )


def _keys(rows: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    return list(zip(*(rows[name] for name in groups), strict=True)) if groups else [()] * len(rows)


def _column(name: str, groups: tuple[str, ...], rows: pd.DataFrame, of: Levels | Bins) -> Column:
    """Return a column with these counts; rows that are in none of them have no value."""
    bins = of if isinstance(of, Bins) else None
    levels = _levels(of)
    rest = {
        (*key, outcome): n
        for key, outcome, n in zip(_keys(rows, groups), rows[OUTCOME].tolist(), rows[COUNT].tolist(), strict=True)
    }
    found = []
    for level, counts in levels.items():
        for *key, outcome, n in _rows(counts) if level is not None else ():
            rest[*key, outcome] = rest.get((*key, outcome), 0) - n
            found.append((level, *key, outcome, n))
    if min(rest.values(), default=0) < 0:
        raise ValueError(f"'{name}' has more rows than there are: {min(rest, key=lambda key: rest[key])}")
    found += [(None, *key, n) for key, n in rest.items() if n]
    table = _frame((LEVEL, *groups, OUTCOME, COUNT), found)
    return _described(name, groups, table, bins)


def _own(name: str, groups: tuple[str, ...], rows: pd.DataFrame, levels: pd.Series) -> Column:
    """Return the column of a group, or of the outcome, whose levels the rows have already."""
    table = rows[[*groups, OUTCOME, COUNT]].copy()
    table.insert(0, LEVEL, levels.astype(object).where(levels.notna(), None))
    return _described(name, groups, table, None)


def _described(name: str, groups: tuple[str, ...], table: pd.DataFrame, bins: Bins | None) -> Column:
    sums: dict[str | None, int] = {}
    for level, n in zip(table[LEVEL].tolist(), table[COUNT].tolist(), strict=True):
        sums[level] = sums.get(level, 0) + n
    all_rows = sum(sums.values())
    agree = sum(n * (n - 1) for n in sums.values()) / max(1, all_rows * (all_rows - 1))
    missing, levels = sums.pop(None, 0), len(sums)
    if bins is None:
        return Column(name, "VARCHAR", {groups: table}, missing, levels, True, agree)
    return Column(name, bins.type, {groups: table}, missing, levels, True, agree, bins.edges, bins.low, bins.high)


def _moments(groups: tuple[str, ...], moments: Mapping[Key, tuple[int, float, float]]) -> pd.DataFrame:
    """Return number, mean and variance of all rows of a group, as if they had one outcome."""
    rows = [(*_key(key), 1, *of) for key, of in moments.items()]
    return _frame((*groups, OUTCOME, COUNT, MEAN, VARIANCE), rows)


def _withheld(groups: tuple[str, ...], withheld: Mapping[Key, int]) -> pd.DataFrame:
    return _frame((*groups, COUNT), [(*_key(key), n) for key, n in withheld.items()])


def _by(
    frame: pd.DataFrame, keys: Sequence[pd.Series], groups: Sequence[str], target: str | None
) -> dict[tuple[Any, ...], dict[Key, Count]]:
    """Return value of the keys -> the counts of a frame's rows by their groups; rows that lack a key are left out."""
    outcome = pd.Series(NO_OUTCOME, index=frame.index)
    if target:
        outcome = frame[target].eq("yes").astype(int).where(frame[target].notna(), NO_OUTCOME)
    sizes = frame.groupby([*keys, *(frame[name] for name in groups), outcome], dropna=False, sort=False).size()
    found: dict[tuple[Any, ...], dict[Key, list[int]]] = {}
    for at, n in sizes.items():
        *values, won = at if isinstance(at, tuple) else (at,)
        plain: list[Any] = [None if pd.isna(value) else value for value in values]
        key, group = tuple(plain[: len(keys)]), tuple(level and str(level) for level in plain[len(keys) :])
        if None not in key:
            sums = found.setdefault(key, {}).setdefault(group, [0, 0, 0])
            sums[0] += n * (won == 1)
            sums[1] += n * (won != NO_OUTCOME)
            sums[2] += n * (won == NO_OUTCOME)
    return {key: {group: (of[0], of[1], of[2]) for group, of in parts.items()} for key, parts in found.items()}
