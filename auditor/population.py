"""Reference populations: stated in the use case, read from a file, or one of those that come with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from auditor.errors import UseCaseError
from auditor.tables import Table
from auditor.toml import explain, read_toml, reason

Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Population(Table):
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
