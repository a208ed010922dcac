"""The bounded sample: rows for the model-based rules, chosen by a hash so that the same data give the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.engines.duckdb import group_key, outcome_sql
from auditor.engines.tally import COUNT, Tally
from auditor.roles import Seen
from auditor.source import Source, columns, literal, quoted

if TYPE_CHECKING:
    import pandas as pd

PER_GROUP = 20_000
IN_ALL = 100_000
STRATUM = "(stratum)"
WEIGHT = "(rows stood for)"
FAVOURABLE = "(favourable)"


@dataclass(frozen=True)
class Sample:
    """At most IN_ALL rows, in an order that knows nothing of them.

    Beside the columns asked for: FAVOURABLE (1, 0, or NO_OUTCOME), `level_of(group)` for each group, and WEIGHT, the
    number of rows that a row stands for within its joint group.
    """

    rows: pd.DataFrame
    of: int


def level_of(group: str) -> str:
    """Return the name of the sample's column that holds the level of a group."""
    return f"(level of {group})"


def cap(sizes: Sequence[int], per_group: int = PER_GROUP, in_all: int = IN_ALL) -> int:
    """Return the largest equal cap per group that keeps the whole within `in_all`.

    >>> cap([10, 90_000, 90_000], per_group=20_000, in_all=30_000)
    14995
    """
    rest, left = in_all, sorted(sizes)
    for i, size in enumerate(left):
        share = rest // (len(left) - i)
        if size > share:
            return min(per_group, share)
        rest -= size
    return per_group


def draw(source: Source, tally: Tally, seen: Mapping[str, Seen], seed: int = 0) -> Sample:
    """Draw the sample: the rows of lowest hash within each joint group, so that equal rows come in together.

    It holds features and identifier.

    A threshold on the hash, a little above the share wanted, keeps all but a small surplus out of the sort.
    """
    groups, frame = next(iter(tally.tables.items()))
    key = (
        " || ".join([f"coalesce({group_key(name, tally.roles, seen)} || chr(31), chr(30))" for name in groups]) or "''"
    )
    sizes: dict[str, int] = {}
    for *levels, n in frame[[*groups, COUNT]].itertuples(index=False):
        name = "".join(level + chr(31) if isinstance(level, str) else chr(30) for level in levels)
        sizes[name] = sizes.get(name, 0) + int(n)
    most = cap(list(sizes.values()))
    strata = ", ".join(f"({literal(name)}, {n}, {_threshold(n, most)}::UBIGINT)" for name, n in sizes.items())
    # Hashed twice: the hash of several columns is a chain of exclusive ors, in which a seed would change little.
    row_hash = f"hash(xor(hash({columns(source.record)}), hash({seed})))"
    roles = tally.roles
    wanted = [quoted(name) for name in (*roles.features, *([roles.id] if roles.id else []))]
    wanted += [f"{group_key(name, roles, seen)} AS {quoted(level_of(name))}" for name in roles.groups]
    wanted.append(f"{outcome_sql(roles, seen)} AS {quoted(FAVOURABLE)}")
    query = f"""
        SELECT {", ".join(wanted)}, {quoted(STRATUM)}, size / least(size, {most}) AS {quoted(WEIGHT)}
        FROM (SELECT *, row_number() OVER (PARTITION BY {quoted(STRATUM)} ORDER BY h) AS place
              FROM (SELECT *, {row_hash} AS h, {key} AS {quoted(STRATUM)} FROM {source.relation})
              JOIN (VALUES {strata}) AS strata({quoted(STRATUM)}, size, threshold) USING ({quoted(STRATUM)})
              WHERE h <= threshold)
        WHERE place <= {most} ORDER BY h, {quoted(STRATUM)}"""
    return Sample(source.connection.sql(query).df(), tally.rows)


def _threshold(size: int, most: int) -> int:
    """Return the hash below which at least `most` of `size` rows lie, all but surely."""
    wanted = most + 6 * math.sqrt(most) + 20
    return 2**64 - 1 if wanted >= size else int(wanted / size * 2**64)
