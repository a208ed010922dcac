"""The stated use: what the data are for, read from TOML, and the limits they are judged by."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from auditor.errors import UseCaseError, hint
from auditor.model import Severity
from auditor.toml import explain, read_toml, reason

if TYPE_CHECKING:
    from auditor.stats.gaps import Terms


def _texts(value: object) -> object:
    """Take one value for a list of one, and numbers and booleans for their text, as TOML users write both."""
    if value is None:
        return ()
    if hasattr(value, "tolist"):  # numpy and pandas
        value = value.tolist()
    items = value if isinstance(value, list | tuple | set) else [value]
    return tuple(_text(item) for item in items)


def _is_empty(value: object) -> bool:
    return isinstance(value, list | tuple | dict) and not value


def _text(value: object) -> object:
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Use(_Table):
    """What is to be done with the data, in words."""

    problem: str | None = None
    success: str | None = None
    decision: Literal["assistive", "automated", "research"] = "assistive"
    stakes: Literal["high", "low"] = "high"
    operationalization: str | None = None
    stakeholders: Texts = ()
    constraints: Texts = ()
    policy: str = "default"


class Label(_Table):
    """The outcome: which column, which values are favourable, and what it stands for."""

    column: str | None = None
    positive: Texts = ()
    kind: Literal["past_decision", "measured_outcome", "human_rating"] | None = None
    stands_for: str | None = None


class Groups(_Table):
    """The columns that say who people are (`age:25,40,65` cuts a number into bands)."""

    columns: Texts = ()
    reference: dict[str, str] = {}


class Population(_Table):
    """Whom the use is for: shares (or counts) per group column, and the years it covers."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, dict[str, Share]]

    period: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.period and self.period[0] > self.period[1]:
            raise ValueError(f"period runs backwards: {self.period[0]} to {self.period[1]}")
        for group, shares in self.groups.items():
            total = sum(shares.values())
            if total <= 0:
                raise ValueError(f"the shares of '{group}' are all zero")
            if max(shares.values()) > 1 and any(0 < value < 1 for value in shares.values()):
                raise ValueError(f"'{group}' mixes shares and counts; give one or the other")
            if max(shares.values()) <= 1 and abs(total - 1) > 0.011:
                raise ValueError(f"the shares of '{group}' sum to {total:g}, not to 1")
        return self

    @property
    def groups(self) -> dict[str, dict[str, float]]:
        """The stated numbers per group column, as written."""
        return self.__pydantic_extra__ or {}

    def shares(self, group: str) -> dict[str, float] | None:
        """Return the stated shares of a group column, summing to 1, or None when none are stated."""
        stated = self.groups.get(group)
        if stated is None:
            return None
        total = sum(stated.values())
        return {level: value / total for level, value in stated.items()}


class Features(_Table):
    """What the other columns are."""

    forbidden: Texts = ()
    strata: dict[str, str] = {}
    text: Texts = ()
    watchlists: Texts = ()
    time: str | None = None
    id: str | None = None
    weight: str | None = None


class Waiver(_Table):
    """A finding that its owner accepts: the rule, a value of the finding's subject (a column, a level), and why."""

    rule: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    by: str = Field(min_length=1)
    until: date | None = None

    def in_force(self, today: date) -> bool:
        """Whether it holds on a day; the last day counts."""
        return self.until is None or today <= self.until

    def words(self) -> str:
        """Return who accepts the finding, why, and until when."""
        return f"accepted by {self.by}{f' until {self.until}' if self.until else ''}: {self.reason}"


class Limits(_Table):
    """The limits of a policy; `impact_ratio` and `representation_ratio` are exact fractions."""

    impact_ratio: Fraction
    representation_ratio: Fraction
    alpha: float = Field(gt=0, lt=1)
    power: float = Field(gt=0, lt=1)
    missing_share: float = Field(ge=0, le=1)
    repeated_share: float = Field(ge=0, le=1)
    min_n: int = Field(ge=1)
    min_share: float = Field(ge=0, lt=1)


class Required(_Table):
    """Which rules a "fit" rests on, and which block when shown strongly in an automated, high-stakes use."""

    required: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()


class Policy(_Table):
    """Limits with their sources, and what a shown fault does to the verdict.

    `reference`: which group others are held against. `tables`: whether the tables of 6 RCNY 5-301 are made, leaving
    out categories under `exclude_below` of the data, for the reason in `exclusion`. `articles`: rule -> provision.
    """

    name: str
    title: str
    settles_not: str
    reference: Literal["eligible", "literal"] = "eligible"
    tables: bool = False
    exclude_below: float = Field(default=0.0, ge=0, lt=1)
    exclusion: str | None = None
    articles: dict[str, str] = {}
    limits: Limits
    sources: dict[str, str]
    severity: dict[str, Severity]
    verdict: Required

    @classmethod
    def load(cls, name: str) -> Policy:
        """Read a shipped policy by name, or a TOML file by its path; UseCaseError when it is not there or wrong."""
        shipped = resources.files("auditor") / "policies"
        names = sorted(path.name.removesuffix(".toml") for path in shipped.iterdir() if path.name.endswith(".toml"))
        if name in names:
            return cls.model_validate(tomllib.loads((shipped / f"{name}.toml").read_text(encoding="utf-8")))
        if not name.endswith(".toml"):
            raise UseCaseError(f"no policy is called '{name}'{hint(name, names)} ({', '.join(names)}, or a .toml file)")
        data, text = read_toml(Path(name), "policy")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise UseCaseError(f"{name}{explain(error, text, cls)}") from None


class UseCase(_Table):
    """The stated use, as in `use_case.toml`; without a file, the stated defaults.

    >>> UseCase(label={"column": "hired", "positive": "yes"}).label.positive
    ('yes',)
    """

    use: Use = Use()
    label: Label = Label()
    groups: Groups = Groups()
    population: Population = Population.model_validate({})
    features: Features = Features()
    rules: dict[str, dict[str, Any]] = {}
    accept: tuple[Waiver, ...] = ()
    source: str | None = Field(default=None, exclude=True)

    @classmethod
    def load(cls, path: str | Path) -> UseCase:
        """Read a use-case file; UseCaseError names the key and the line that is wrong."""
        data, text = read_toml(Path(path), "use case")
        data.pop("source", None)
        try:
            return cls.model_validate({**data, "source": Path(path).name})
        except ValidationError as error:
            raise UseCaseError(f"{path}{explain(error, text, cls)}") from None

    def over(self, table: str, **flags: Any) -> UseCase:
        """Return the use with the given keys of a table replaced; a None or empty flag leaves its key as it is."""
        given = {key: value for key, value in flags.items() if not (value is None or _is_empty(value))}
        if not given:
            return self
        old = getattr(self, table)
        try:
            new = type(old).model_validate({**old.model_dump(exclude_unset=True), **given})
        except ValidationError as error:
            raise UseCaseError(f"[{table}]{explain(error, '', type(old))}") from None
        return self.model_copy(update={table: new})

    @cached_property
    def policy(self) -> Policy:
        """The policy that the use names."""
        return Policy.load(self.use.policy)

    @property
    def limits(self) -> Limits:
        """The limits that the results are held against."""
        return self.policy.limits

    def terms(self, group: str, *, min_n: int | None = None) -> Terms:
        """Return what comparisons within a group column are held to."""
        from auditor.stats.gaps import Terms

        limits = self.limits
        return Terms(
            reference=self.groups.reference.get(group),
            limit=limits.impact_ratio,
            alpha=limits.alpha,
            power=limits.power,
            min_n=min_n or limits.min_n,
            min_share=limits.min_share,
            literal=self.policy.reference == "literal",
        )

    def assumptions(self) -> list[str]:
        """Return a sentence for each thing the use leaves unsaid and the audit therefore assumes."""
        said = [] if self.source else ["No use case was stated: the verdict is about the defaults named here."]
        stated = self.use.model_fields_set
        if "decision" not in stated:
            said.append("Decision assumed assistive: a person decides with the data's help.")
        if "stakes" not in stated:
            said.append("Stakes assumed high.")
        unchecked = [
            name
            for name, there in (
                ("constraints", self.use.constraints),
                ("period", self.population.period),
                ("forbidden columns", self.features.forbidden),
            )
            if there
        ]
        if unchecked:
            said.append(f"Stated, and not checked by any rule yet: {', '.join(unchecked)}.")
        if self.label.kind is None:
            said.append("The outcome is taken for a past decision, which may itself have been biased.")
        if not self.population.groups:
            said.append("No population was stated: nothing says whom the data should represent.")
        if "policy" not in stated:
            said.append(
                f"Limits of the default policy: impact ratio {float(self.limits.impact_ratio):g}, "
                f"representation ratio {float(self.limits.representation_ratio):g}, "
                f"significance {self.limits.alpha:g}."
            )
        return said


def read_population(path: str | Path) -> dict[str, dict[str, float]]:
    """Read a reference population: group column -> level -> share or count.

    A CSV has the columns `group,level,share` (or `count`); a TOML file has a table `[population]` as in a use case.
    """
    path = Path(path)
    if path.suffix.lower() == ".toml":
        data, text = read_toml(path, "reference")
        return _population(data.get("population", data), str(path), text)
    if path.suffix.lower() == ".csv":
        return _population(_population_rows(path), str(path), "")
    raise UseCaseError(f"reference '{path}' must end in .csv or .toml")


def _population(data: object, where: str, text: str) -> dict[str, dict[str, float]]:
    try:
        groups = Population.model_validate(data).groups
    except ValidationError as error:
        raise UseCaseError(f"{where}{explain(error, text, Population)}") from None
    if not groups:
        raise UseCaseError(f"{where} states no shares; write e.g. gender = {{ female = 0.47, male = 0.53 }}")
    return groups


def _population_rows(path: Path) -> dict[str, dict[str, float]]:
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UseCaseError(f"reference '{path}' cannot be read: {reason(error)}") from None
    needed = {"group", "level"}
    number = next((name for name in ("share", "count") if rows and name in rows[0]), None)
    if not rows or number is None or not needed <= rows[0].keys():
        raise UseCaseError(f"{path} must have the columns group, level and share (or count), and at least a row")
    groups: dict[str, dict[str, float]] = {}
    for line, row in enumerate(rows, start=2):
        if row["level"] in groups.get(row["group"], {}):
            raise UseCaseError(f"{path}, line {line}: '{row['level']}' of '{row['group']}' stands twice")
        try:
            groups.setdefault(row["group"], {})[row["level"]] = float(row[number])
        except (TypeError, ValueError):
            raise UseCaseError(f"{path}, line {line}: {number} is '{row[number]}', not a number") from None
    return groups
