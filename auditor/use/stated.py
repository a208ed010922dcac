"""What a use states about columns, spelt as the data spell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from auditor.errors import ColumnError, RoleError
from auditor.use.grouping import parted
from auditor.use.roles import NONE, PayColumns, Survey
from auditor.use.stage_values import steps
from auditor.use.stages import Steps

if TYPE_CHECKING:
    from auditor.use.pay import Pay
    from auditor.use.usecase import UseCase


@dataclass(frozen=True)
class Stated:
    """The columns with a stated role; a group with how it is to be read (`25,40`, `codes` or nothing).

    `no_column` are the flags of roles that no column has, as stated.
    """

    target: str | None = None
    groups: dict[str, str] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    time: str | None = None
    id: str | None = None
    cluster: str | None = None
    weight: str | None = None
    strata: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    no_column: frozenset[str] = frozenset()
    survey: Survey = field(default_factory=Survey)
    vectors: tuple[str, ...] = ()
    steps: Steps = field(default_factory=Steps)
    list_column: str | None = None
    rank: str | None = None
    score: str | None = None
    prediction: str | None = None
    pay: PayColumns = field(default_factory=PayColumns)
    probabilities: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Role -> the columns that have it; strata, which may be features too, not among them."""
        one = {
            role: getattr(self, role) for role in ("target", "score", "prediction", "time", "id", "cluster", "weight")
        }
        survey = {"survey stratum": self.survey.strata, "survey unit": self.survey.psu}
        found = {role: (name,) for role, name in {**one, **survey}.items() if name}
        several = {"group": (*self.groups,), "text": self.text, "vector": self.vectors}
        several["stage"] = tuple(name for name in self.steps.read if name != self.target)
        several["rank"] = (self.rank,) if self.rank else ()
        pay = tuple(name for name in self.pay.columns if name != self.target)  # pay may be the outcome as well
        return {**found, **several, "replicate weight": self.survey.replicates, "pay": pay} | {
            f"probability of {group}": tuple(of.values()) for group, of in self.probabilities.items()
        }

    @property
    def columns(self) -> set[str]:
        """All columns with a role, strata among them."""
        return {name for names in self.roles.values() for name in names} | {*self.strata}

    def refuse_overlap(self) -> None:
        """Refuse a column that has two stated roles."""
        used: dict[str, str] = {}
        for role, names in self.roles.items():
            for name in names:
                if used.setdefault(name, role) != role:
                    raise RoleError(f"column '{name}' cannot be both {used[name]} and {role}")
        for name in self.strata:
            if used.get(name) in ("target", "score", "prediction", "group", "cluster", "stage", "rank"):
                raise RoleError(f"column '{name}' cannot be both {used[name]} and stratum")
        if used.get(self.list_column or "", "id") not in ("id", "cluster"):
            raise RoleError(f"column '{self.list_column}' cannot be both {used[str(self.list_column)]} and list")


def stated(use: UseCase, columns: Sequence[str], where: str) -> Stated:
    """Return what the use states about columns; ColumnError for one that `where` does not have."""
    by_case = {column.lower(): column for column in columns}
    no_column = set()

    def known(name: str, flag: str) -> str:
        if name.lower() not in by_case:  # names differ by more than case, as the engine wants them
            raise ColumnError.missing(name, columns, where, flag)
        return by_case[name.lower()]

    def one(name: str | None, role: str) -> str | None:
        if name and name.lower() == NONE and NONE not in by_case:
            no_column.add(role)
            return None
        return known(name, f"--{role}") if name else None

    groups = {}
    for written in use.groups.columns:
        name, cuts = parted(written, columns)
        if found := one(name, "group"):
            groups[found] = cuts
    features = use.features
    survey = Survey(
        one(features.survey_strata, "survey-strata"),
        one(features.survey_psu, "survey-psu"),
        _replicates(features.replicate_weights, columns, where),
    )
    vectors = tuple(found for name in features.vector if (found := one(name, "vector")))
    for name in features.not_leaks:  # refused before the data are counted
        known(name, "[features] not_leaks")
    stages = steps(use.label, columns, where)
    target = one(use.label.column or stages.last[0], "target")
    for name in features.incidental:
        found = known(name, "[features] incidental")
        if found == target or found in groups:
            role = "target" if found == target else "group"
            raise RoleError(
                f"column '{found}' cannot be both {role} and one that should not matter ([features] incidental)"
            )
    lists, rank = use.label.list, use.label.rank
    for written in features.controls:
        known(parted(written, columns)[0], "--control")
    return Stated(
        target,
        groups,
        tuple(found for name in features.text if (found := one(name, "text"))),
        one(features.time, "time"),
        one(features.id, "id"),
        one(features.cluster, "cluster"),
        one(features.weight, "weight"),
        tuple(known(name, "--within") for name in features.strata),
        tuple(known(name, "[groups] codes") for name in use.groups.codes),
        tuple(by_case[name.lower()] for name in features.required if name.lower() in by_case),
        frozenset(no_column),
        survey,
        vectors,
        stages,
        known(lists, "--list") if lists else None,
        known(rank, "--rank") if rank else None,
        known(use.label.score, "--score") if use.label.score else None,
        known(use.label.prediction, "--prediction") if use.label.prediction else None,
        _pay(use.pay, known),
        {
            group: {level: known(name, "[groups] probabilities") for level, name in of.items()}
            for group, of in use.groups.probabilities.items()
        },
    )


def _pay(pay: Pay, known: Callable[[str, str], str]) -> PayColumns:
    """Return the columns of pay; RoleError for one that is named twice, or without that of basic pay."""
    named = {"--pay": (pay.base,), "--variable": pay.variable, "--hours": (pay.hours,), "--category": (pay.category,)}
    found = {flag: tuple(known(name, flag) for name in names if name) for flag, names in named.items()}
    base, variable, hours, category = found.values()
    if not base and any(found.values()):
        raise RoleError("the column of basic pay is not named (--pay, or [pay] base)")
    amounts = (*base, *variable, *hours)
    if twice := sorted(name for name in {*amounts, *category} if (*amounts, *category).count(name) > 1):
        raise RoleError(f"column '{twice[0]}' is named twice for pay")
    if not base:
        return PayColumns()
    return PayColumns(base[0], variable, next(iter(hours), None), next(iter(category), None))


def _replicates(pattern: str | None, columns: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the columns whose names fit a pattern: a part, * and a part, or with numbers for [1-80]."""
    if pattern is None or pattern.lower() == NONE:
        return ()
    found = tuple(name for name in columns if fnmatchcase(name.lower(), pattern.lower()))
    found = tuple(name for name in found if name.lower() != pattern.lower().rstrip("*"))  # the weight itself
    if len(found) < 2:
        raise ColumnError(f"{where}: --replicate-weights '{pattern}' fits {len(found)} columns, and two are the least")
    return found
