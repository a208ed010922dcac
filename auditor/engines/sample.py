"""The bounded sample: rows for the model-based rules, chosen by a hash so that the same data give the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.counts.names import COUNT
from auditor.counts.tally import Tally
from auditor.engines.sql import as_feature, group_key, outcome_sql
from auditor.loaders.source import Source, columns, literal, quoted
from auditor.use.roles import Seen

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PER_GROUP = 20_000
IN_ALL = 100_000
VALUES = 5_000_000  # of a sample: a table with many columns gives fewer rows, but never fewer than LEAST
LEAST = 10_000
STRATUM = "(stratum)"
WEIGHT = "(rows stood for)"
FAVOURABLE = "(favourable)"
TOKENS, HASH, TEXT, ROW = "(words)", "(hash)", "(text)", "(row)"


@dataclass(frozen=True)
class Sample:
    """At most IN_ALL rows, or VALUES values, in an order that knows nothing of them.

    Features are doubles or texts. Beside the columns asked for: FAVOURABLE (1, 0, or NO_OUTCOME), `level_of(group)` for
    each group, ROW, a number that equal rows have in common, and WEIGHT, how many rows a row stands for within its
    joint group.
    """

    rows: pd.DataFrame
    of: int


@dataclass(frozen=True)
class TextSample:
    """Rows with a text in one column, drawn as in `Sample`; `of` is how many documents they were drawn from.

    `words` lists the words of each; `rows` has TEXT beside groups, outcome and the columns that name units: a whole
    number, the same for copies and near copies of a text.
    """

    rows: pd.DataFrame
    of: int
    words: pa.ListArray


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
    """Draw the sample of all rows; beside groups and outcome it holds features, derived ones too, and identifier."""
    wanted = [f"{as_feature(name, seen[name].type)} AS {quoted(name)}" for name in tally.features()]
    most = min(IN_ALL, max(LEAST, VALUES // max(1, len(wanted))))
    return Sample(source.connection.sql(_query(source, tally, seen, wanted, seed, in_all=most)).df(), tally.rows)


def document_rows(
    source: Source,
    tally: Tally,
    seen: Mapping[str, Seen],
    column: str,
    wanted: Mapping[str, str],
    seed: int = 0,
    per_group: int = PER_GROUP,
    in_all: int = IN_ALL,
) -> pa.Table:
    """Draw the sample of the rows with a text in `column`; `wanted` maps names to the SQL of what it is to hold."""
    asked = [f"{sql} AS {quoted(name)}" for name, sql in wanted.items()]
    some = f"{quoted(column)} IS NOT NULL"
    return source.connection.sql(_query(source, tally, seen, asked, seed, some, per_group, in_all)).to_arrow_table()


def drawn_rows(
    source: Source,
    tally: Tally,
    seen: Mapping[str, Seen],
    some: str,
    seed: int,
    in_all: int,
    per_group: int = PER_GROUP,
) -> pd.DataFrame:
    """Draw at most `in_all` of the rows that pass the test `some`: groups, outcome, units and ROW, and no feature."""
    drawn: pd.DataFrame = source.connection.sql(_query(source, tally, seen, [], seed, some, per_group, in_all)).df()
    return drawn


def row_hash(source: Source, seed: int) -> str:
    """Return the SQL of ROW.

    Hashed twice: the hash of several columns is a chain of exclusive ors, in which a seed would change little.
    """
    return f"hash(xor(hash({columns(source.record)}), hash({seed})))"


def _query(
    source: Source,
    tally: Tally,
    seen: Mapping[str, Seen],
    wanted: list[str],
    seed: int,
    some: str = "true",
    per_group: int = PER_GROUP,
    in_all: int = IN_ALL,
) -> str:
    """Return the SQL of the rows of lowest hash within each joint group, so that equal rows come in together.

    A threshold on the hash, a little above the share wanted, keeps all but a small surplus out of the sort. Added
    columns have names in parentheses, which no column of the data has.
    """
    roles = tally.roles
    groups, frame = next(iter(tally.tables.items()))
    key = " || ".join([f"coalesce({group_key(name, roles, seen)} || chr(31), chr(30))" for name in groups]) or "''"
    sizes: dict[str, int] = {}
    for *levels, n in frame[[*groups, COUNT]].itertuples(index=False):
        name = "".join(level + chr(31) if isinstance(level, str) else chr(30) for level in levels)
        sizes[name] = sizes.get(name, 0) + int(n)
    most = cap(list(sizes.values()), per_group, in_all)
    strata = ", ".join(
        f"({literal(name)}, {n}, {2**64 - 1 if source.drawn else _threshold(n, most)}::UBIGINT)"
        for name, n in sizes.items()
    )
    key_and_hash = f'{row_hash(source, seed)} AS "(turn)", {key} AS {quoted(STRATUM)}'
    # Units as text: a double would take different long numbers for one.
    asked = [*wanted, *(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in (*roles.units, *roles.copies))]
    asked += [f"{group_key(name, roles, seen)} AS {quoted(level_of(name))}" for name in roles.groups]
    asked += [f"{outcome_sql(roles, seen)} AS {quoted(FAVOURABLE)}", f'"(turn)" AS {quoted(ROW)}']
    return f"""
        SELECT {", ".join(asked)}, {quoted(STRATUM)}, "(size)" / least("(there)", {most}) AS {quoted(WEIGHT)}
        FROM (SELECT *, row_number() OVER (PARTITION BY {quoted(STRATUM)} ORDER BY "(turn)") AS "(place)",
                     count(*) OVER (PARTITION BY {quoted(STRATUM)}) AS "(there)"
              FROM (SELECT *, {key_and_hash} FROM {source.relation} WHERE {some})
              JOIN (VALUES {strata}) AS strata({quoted(STRATUM)}, "(size)", "(most)") USING ({quoted(STRATUM)})
              WHERE "(turn)" <= "(most)")
        WHERE "(place)" <= {most} ORDER BY "(turn)", {quoted(STRATUM)}"""


def _threshold(size: int, most: int) -> int:
    """Return the hash below which at least `most` of `size` rows lie, all but surely."""
    wanted = most + 6 * math.sqrt(most) + 20
    return 2**64 - 1 if wanted >= size else int(wanted / size * 2**64)
