"""The data as they were read, and how the audit was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column as the audit read it."""

    name: str
    role: str
    type: str
    missing: int
    levels: int | None
    note: str | None = None


@dataclass(frozen=True)
class Decision:
    """One thing decided on reading the data: a guess, a default, or what was asked for.

    `about` names its kind in a word or two ("encoding", "decimal mark"), `columns` those it concerns. `overrule` is the
    key or flag that changes it, as it is typed. `warning`: if it is wrong, a result may be reversed.
    """

    text: str
    about: str = ""
    columns: tuple[str, ...] = ()
    overrule: str | None = None
    warning: bool = False


@dataclass(frozen=True)
class Dataset:
    """The data audited; `reading` has what was decided on reading them, in that order."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    sha256: str | None = None
    reading: tuple[Decision, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The decisions' sentences."""
        return tuple(decision.text for decision in self.reading)


@dataclass(frozen=True)
class Provenance:
    """How the audit was made; the only place for a clock. `plugins` are the packages whose rules ran, with versions."""

    version: str
    seed: int
    engine: str
    command: str | None = None
    created: str | None = None
    plugins: tuple[str, ...] = ()
