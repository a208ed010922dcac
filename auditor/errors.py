"""What can go wrong, each with its exit code.

AuditError                  exit 2: anything the user can correct
├── ArgumentError           an argument in Python is of a wrong type; a TypeError as well
├── SourceError             the data cannot be read
├── ColumnError             a column is not in the data
├── UnknownNameError        an audit has no rule, measure, group or level of that name; a KeyError as well
├── RoleError               target, favourable value or groups cannot be determined
│   └── OutcomeError        the outcome was not named: the columns that it may be, a line each
├── UseCaseError            the use-case, policy or reference file is wrong
└── OutputError             a report cannot be written
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from auditor.format import printable

__all__ = [
    "ArgumentError",
    "AuditError",
    "ColumnError",
    "OutcomeError",
    "OutputError",
    "RoleError",
    "SourceError",
    "UnknownNameError",
    "UseCaseError",
]


class AuditError(Exception):
    """A fault of the input, reported in one line: what is wrong, what was given, what would be right."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(printable(" ".join(message.split())))  # it may quote the data, and goes to a terminal


class ArgumentError(AuditError, TypeError):
    """An argument in Python is of a wrong type, or out of bounds."""


class UnknownNameError(AuditError, KeyError):
    """An audit has no rule, measure, group or level of that name."""

    __str__ = Exception.__str__  # a KeyError would quote it

    @classmethod
    def of(cls, kind: str, got: str, known: Iterable[str], where: str, others: Iterable[str] = ()) -> UnknownNameError:
        """Build the error for a `kind` of thing called `got` that `where` does not have; `others` are hints only."""
        names = list(known)
        listed = ", ".join(names[:15]) + (", …" if len(names) > 15 else "")
        return cls(f"{where} has no {kind} '{got}'{hint(got, [*names, *others])} ({kind}s: {listed or 'none'})")


class SourceError(AuditError):
    """The data cannot be read."""


class RoleError(AuditError):
    """Target, favourable value or groups cannot be determined."""


class OutcomeError(RoleError):
    """The outcome was not named, and several columns may be it: the one error of several lines.

    `lines` follow the message; `candidates` are the columns, likeliest first.
    """

    def __init__(self, message: str, lines: Iterable[str] = (), candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.args = ("\n".join([*self.args, *map(printable, lines)]),)
        self.candidates = candidates


class UseCaseError(AuditError):
    """The use-case, policy or reference file is wrong."""


class OutputError(AuditError):
    """A report cannot be written."""


class ColumnError(AuditError):
    """A column is not in the data."""

    @classmethod
    def missing(cls, name: str, available: Iterable[str], where: str, flag: str = "the flag") -> ColumnError:
        """Build the error for a column called `name`, given with `flag`, that `where` does not have."""
        names = list(available)
        several = [part.strip() for part in name.split(",")]
        if len(several) > 1 and {part.lower() for part in several} <= {each.lower() for each in names}:
            listed = ", ".join(map(repr, several))
            return cls(
                f"column '{name}' is not in {where}, but each of its parts is: repeat {flag}, once for each (in Python "
                f"and TOML give a list: [{listed}])"
            )
        listed = ", ".join(names[:15]) + (", …" if len(names) > 15 else "")
        counted = f"{len(names)} column{'s' * (len(names) != 1)}"
        return cls(f"column '{name}' is not in {where}{hint(name, names)} ({counted}: {listed})")


def hint(got: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the known name nearest to `got`, or nothing.

    >>> hint("sexe", ["age", "sex"])
    "; did you mean 'sex'?"
    """
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(got.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""
