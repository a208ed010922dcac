"""How anyone reads the same rows again: the SQL that gives each column as a loader read it."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from auditor.loaders.quoting import literal, quoted

TABLE = "data"
SHORT = 12  # characters of the name and of the value of an option that shares its line with others


class Made(NamedTuple):
    """A column that a step makes: its SQL, and the column of the step before that the SQL reads."""

    sql: str
    of: str


@dataclass(frozen=True)
class Recipe:
    """The rows where they lie, and what was made of each column, step by step.

    `relation` stands behind FROM. Each step maps names of columns to what it makes of the columns of the step before;
    a column that a step does not name stays as it is. `times` are columns that state how often a row counts. `note`
    states what to do first. `types` has the types that columns of a table must have, where the rows are to be loaded
    into one. The personal values of the columns in `withheld` are not printed.
    """

    relation: str
    note: str = ""
    steps: tuple[Mapping[str, Made], ...] = ()
    times: tuple[str, ...] = ()
    types: Mapping[str, str] | None = None
    withheld: frozenset[str] = frozenset()

    def then(self, step: Mapping[str, Made], withheld: Collection[str] = ()) -> Recipe:
        """Return the recipe with one more step."""
        return replace(self, steps=(*self.steps, step), withheld=self.withheld | {*withheld})

    def counted(self, count: str) -> Recipe:
        """Return the recipe of rows that each count as often as a column states."""
        return replace(self, times=(*self.times, count))

    @property
    def made(self) -> frozenset[str]:
        """The columns that the steps make."""
        return frozenset(name for step in self.steps for name in step)

    def columns(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of `relation` that the wanted columns are made of."""
        found = tuple(dict.fromkeys(wanted))
        for step in reversed(self.steps):
            found = tuple(dict.fromkeys(step[name].of if name in step else name for name in found))
        return found

    def steps_of(self, wanted: Iterable[str]) -> list[list[str]]:
        """Return what is selected in each of as few steps as make the wanted columns; first step first."""
        chains = [self._chain(name) for name in dict.fromkeys(wanted)]
        return [
            [_selected(chain, at) for chain in chains] for at in range(1, max((len(of) for of in chains), default=1))
        ]

    def _chain(self, name: str) -> list[tuple[str, str]]:
        """Return the SQL and the name of a column in each step that changes it, after the name that it has at first."""
        chain: list[tuple[str, str]] = []
        for step in reversed(self.steps):
            made = step.get(name, Made(quoted(name), name))
            if made.sql != quoted(name):
                chain.insert(0, (made.sql, name))
            name = made.of
        return [(quoted(name), name), *chain]


def _selected(chain: Sequence[tuple[str, str]], at: int) -> str:
    """Return what a step selects of a column; what was made before stays."""
    sql, name = chain[at] if at < len(chain) else (quoted(chain[-1][1]), chain[-1][1])
    return sql if sql == quoted(name) else f"{sql} AS {quoted(name)}"


def loaded_first(types: Mapping[str, str], note: str) -> Recipe:
    """Return the recipe of rows that must first be loaded into a table."""
    return Recipe(TABLE, note, types=types)


def table_function(name: str, paths: Sequence[str], options: Mapping[str, str]) -> str:
    """Return a table function over files with its options, on as many lines as a reader takes in."""
    listed = [literal(glob.escape(path)) for path in paths]
    path = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    short = [f"{key} = {value}" for key, value in options.items() if max(len(key), len(value)) <= SHORT]
    long = [f"{key} = {value}" for key, value in options.items() if max(len(key), len(value)) > SHORT]
    lines = [path, *([", ".join(short)] if short else []), *long]
    return f"{name}(\n    {f',{chr(10)}    '.join(lines)}\n  )"


def texts(words: Iterable[str]) -> str:
    """Return texts as a list in SQL."""
    return f"[{', '.join(map(literal, words))}]"
