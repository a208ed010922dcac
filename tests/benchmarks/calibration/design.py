"""What a design is: data of which the truth is known, and what is looked at in their audits.

A design is a function from a random generator to an audit, registered by `@design`. Its looks say, audit by audit,
whether a thing is so; None says that the audit gave no answer. The registry is `DESIGNS`, filled by the modules that
`all_designs` imports.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from auditor.model import Audit

Look = Callable[[Audit], bool | None]
Make = Callable[[np.random.Generator], Audit]

MODULES = (
    "nulls",
    "more_nulls",
    "recurring",
    "faults",
    "more_faults",
    "coverage",
    "numeric",
    "models",
    "texts",
    "shortcuts",
    "adjusted",
    "vectors",
    "pay",
    "alternatives",
    "probable",
)


class Kind(StrEnum):
    """What a share of audits says: how often the program was wrong, or how often it was right."""

    FALSE_FINDING = "false findings"
    FALSE_CLEAR = "false clear"
    COVERAGE = "coverage"
    POWER = "power"


@dataclass(frozen=True)
class Design:
    """Data of known truth. `true` says in a sentence what is so; `rounds` is how many audits the claim is held to.

    `looks` are by their kind and name, which is mostly the rule's code. `short` is how many of them the short run makes (0: none). `needs` names an option of `auditor.check` without which
    the design cannot be made. `mended` says that findings of an earlier version were false here, so that fewer of them
    are no loss.
    """

    name: str
    true: str
    make: Make
    looks: Mapping[tuple[Kind, str], Look]
    rounds: int = 400
    short: int = 0
    needs: str | None = None
    mended: bool = False


DESIGNS: dict[str, Design] = {}


def register(of: Design) -> None:
    """Add a design to the registry.

    Raises:
        ValueError: There is a design of this name, or nothing is looked at.
    """
    if of.name in DESIGNS or not of.looks:
        raise ValueError(f"the design '{of.name}' is there already, or nothing is looked at in it")
    DESIGNS[of.name] = of


def design(
    name: str,
    kind: Kind,
    true: str,
    looks: Mapping[str, Look],
    *,
    rounds: int = 400,
    short: int = 0,
    needs: str | None = None,
) -> Callable[[Make], Make]:
    """Register a function that makes an audit as a design all looks of which are of one kind; see `Design`."""

    def registered(make: Make) -> Make:
        register(Design(name, true, make, {(kind, look): of for look, of in looks.items()}, rounds, short, needs))
        return make

    return registered


def all_designs() -> Mapping[str, Design]:
    """Return every design by its name."""
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return DESIGNS


def lacking(of: Design) -> str | None:
    """Return why a design cannot be run with this version of the program; None where it can."""
    from auditor.audit.options import meanings

    if of.needs and of.needs not in meanings():
        return f"there is no option '{of.needs}' yet"
    return None
