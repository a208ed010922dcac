"""Reference populations: stated in the use case, read from a file, or one of those that come with the program."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from auditor.errors import UseCaseError, hint
from auditor.format import without_null
from auditor.model import Decision
from auditor.use.frame import Frame
from auditor.use.inputs import WRITTEN, reading, too_large
from auditor.use.nameable import named
from auditor.use.names import words_of
from auditor.use.says import Says
from auditor.use.tables import Key, Table
from auditor.use.toml import explain, read_toml, reason

SHARES, PERCENT = 1.0, 100.0  # what they sum to
ROUNDING = 0.011  # of the sum, by which shares that were rounded one by one may miss it
NUMBERS = ("share", "percent", "count")  # the columns that a file may have its numbers in
MOST_ROWS = 100_000  # of a population given as a frame
NEAR = 0.1  # of 100: numbers with decimals that sum to about that much are meant as percent

SAYS = Says(population="The population is '{name}': {title} ({source}).")


def share(value: object) -> object:
    """Return a number as it is, and a percentage ("57.8%") as a share; ValueError for another text.

    >>> share("57.5%"), share(12)
    (0.575, 12)
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    number = float(text.removesuffix("%"))
    return number / 100 if text.endswith("%") else number


def _share(value: object) -> object:
    try:
        return share(value)
    except ValueError:
        return value  # refused as what it is


Share = Annotated[
    float,
    BeforeValidator(_share),
    Field(ge=0, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "%$"}]}, "validation"),
]


class Population(Table):
    """The people that the use is about: numbers per group column, and the years it covers.

    The numbers of a column are shares that sum to 1, percentages that sum to 100 ("57.8%" is 0.578), or counts.
    `survey` is the number of people surveyed for the shares of a column, if they are estimates.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, dict[str, Share]]

    period: tuple[int, int] | None = None
    survey: dict[Key, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        return {without_null(str(key)): value for key, value in data.items()} if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.period and self.period[0] > self.period[1]:
            raise ValueError(f"period runs backwards: {self.period[0]} to {self.period[1]}")
        for group in self.survey:
            if group not in self.groups:
                raise ValueError(f"survey names '{group}', but no shares are stated for it")
        for group, shares in self.groups.items():
            _refuse_unclear(group, shares)
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


def _refuse_unclear(group: str, numbers: Mapping[str, float]) -> None:
    """Refuse numbers that are neither shares nor percent nor counts, by what they sum to."""
    total, most = sum(numbers.values()), max(numbers.values(), default=0)
    if total <= 0:
        raise ValueError(f"the shares of '{group}' are all zero")
    if most <= 1:
        if abs(total - SHARES) > ROUNDING:
            raise ValueError(f"the shares of '{group}' sum to {total:g}, not to 1")
        return
    off = abs(total - PERCENT) / PERCENT
    if off <= ROUNDING or all(number.is_integer() for number in numbers.values()):
        return
    if off <= NEAR:
        raise ValueError(f"the percentages of '{group}' sum to {total:g}, not to 100")
    if any(0 < number < 1 for number in numbers.values()):
        raise ValueError(
            f"'{group}' mixes shares and counts, and sums to {total:g}; give shares (sum 1), percentages (sum 100) "
            "or counts"
        )


@dataclass(frozen=True)
class Shipped:
    """A population that comes with the program: its shares by common names, and what else they may be called."""

    name: str
    title: str
    year: int
    source: str
    population: Mapping[str, Mapping[str, float]]
    columns: Mapping[str, list[str]]
    levels: Mapping[str, list[str]]
    survey: int | None = None

    def fitted(self, columns: Mapping[str, Iterable[str]]) -> tuple[dict[str, Any], Decision]:
        """Return the population in the words of the data (group column -> its levels), and a decision about it.

        Raises:
            UseCaseError: No group column, or not all levels of one, can be matched.
        """
        found: dict[str, Any] = {}
        for about, shares in self.population.items():
            called = set(self.columns.get(about, [about]))
            for column, levels in columns.items():
                if called & words_of(column) and column not in found:
                    found[column] = self._spelt(column, shares, list(levels))
        if not found:
            named = ", ".join(self.population)
            raise UseCaseError(
                f"population '{self.name}' is about {named}; no group column of the data has such a name "
                f"(groups: {', '.join(columns) or 'none'})"
            )
        if self.survey:
            found["survey"] = dict.fromkeys(found, self.survey)
        text = SAYS("population", name=self.name, title=self.title, source=self.source)
        return found, Decision(text, "population", tuple(columns), "--reference")

    def _spelt(self, column: str, shares: Mapping[str, float], levels: list[str]) -> dict[str, float]:
        spelt = {}
        for name, share in shares.items():
            known = {name, *self.levels.get(name, [])}
            matched = [level for level in levels if level.strip().casefold() in known]
            if len(matched) > 1 or (not matched and name != "other"):
                raise UseCaseError(
                    f"population '{self.name}' names '{name}', which matches no level of '{column}', or several "
                    f"(levels: {named(levels)}); give the shares by the levels' own names (--reference FILE)"
                )
            spelt[matched[0] if matched else name] = share
        return spelt


def shipped_names() -> list[str]:
    """Return the names of the populations that come with the program."""
    folder = resources.files("auditor.use.populations")
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def shipped(name: str) -> Shipped | None:
    """Return a population that comes with the program, or None when none is called so."""
    if name not in shipped_names():
        return None
    text = (resources.files("auditor.use.populations") / f"{name}.toml").read_text(encoding="utf-8")
    return Shipped(name=name, **tomllib.loads(text))


def read_population(path: str | Path) -> dict[str, Any]:
    """Read a reference population: group column -> level -> share or count; `survey` beside them, where it has one.

    A CSV has the columns `group,level,share` (or `percent`, or `count`), and `n` for the size of a survey. Where
    semicolons separate them, a comma is decimal. A TOML file has a table `[population]` as in a use case.
    """
    path = Path(path)
    if path.suffix.lower() == ".toml":
        data, text = read_toml(path, "reference")
        return _population(data.get("population", data), str(path), text)
    if path.suffix.lower() == ".csv":
        return _population(_population_rows(path), str(path), "")
    names = shipped_names()
    raise UseCaseError(
        f"reference '{path}' must end in .csv or .toml, or be one of {', '.join(names)}{hint(str(path), names)}"
    )


def _population(data: object, where: str, text: str) -> dict[str, Any]:
    try:
        read = Population.model_validate(data)
    except ValidationError as error:
        raise UseCaseError(f"{where}{explain(error, text, Population)}") from None
    if not read.groups:
        raise UseCaseError(f"{where} states no shares; write e.g. gender = {{ female = 0.47, male = 0.53 }}")
    return {**read.groups, **({"survey": dict(read.survey)} if read.survey else {})}


def population_of(frame: Frame) -> dict[str, Any]:
    """Return the population of a frame with the columns that a CSV of `read_population` has."""
    import pyarrow as pa

    if not hasattr(frame, "columns") and not hasattr(frame, "column_names"):  # a column is a stream as well
        raise UseCaseError(
            f"the reference is of type {type(frame).__name__}; a frame must have the columns group, level and share "
            "(or percent, or count)"
        )
    table = pa.table(frame)
    if table.num_rows > MOST_ROWS:
        raise UseCaseError(f"the reference has {table.num_rows:,} rows; it is a row per level, at most {MOST_ROWS:,}")
    rows = [{key: "" if cell is None else str(cell) for key, cell in row.items()} for row in table.to_pylist()]
    return _population(_shares(rows, "the reference", first=0), "the reference", "")


def _population_rows(path: Path) -> dict[str, Any]:
    import csv

    try:
        reading(path)
        if too_large(path, WRITTEN):
            raise UseCaseError(f"reference '{path}' is larger than {WRITTEN // 2**20} MiB, the limit")
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator = _separator(next(file, ""))
            file.seek(0)
            rows = [_read(row, decimal_comma=separator == ";") for row in csv.DictReader(file, delimiter=separator)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UseCaseError(f"reference '{path}' cannot be read: {reason(error)}") from None
    return _shares(rows, str(path))


def _separator(header: str) -> str:
    """Return what separates the names of a header: a spreadsheet where a comma is decimal writes semicolons."""
    return max(",;\t", key=header.count)


def _read(row: Mapping[str | None, Any], *, decimal_comma: bool) -> dict[str, str]:
    """Return a row with names as they are known, and numbers with a decimal point; cells beyond the header are left."""
    cells = {name.strip().lower(): (cell or "").strip() for name, cell in row.items() if name is not None}
    if decimal_comma:
        cells |= {name: cells[name].replace(",", ".") for name in NUMBERS if name in cells and name != "count"}
        cells |= {name: cells[name].replace(".", "") for name in ("count", "n") if name in cells}  # of thousands
    return cells


def _shares(rows: Sequence[Mapping[str, str]], path: str, first: int = 2) -> dict[str, Any]:
    """Return the population of rows; errors name a row by its number, which is `first` for the first."""
    place = "line" if first else "row"
    needed = {"group", "level"}
    number = next((name for name in NUMBERS if rows and name in rows[0]), None)
    if not rows or number is None or not needed <= rows[0].keys():
        raise UseCaseError(
            f"{path} must have the columns group, level and share (or percent, or count), and at least a row"
        )
    groups: dict[str, dict[str, object]] = {}
    survey: dict[str, int] = {}
    for line, row in enumerate(rows, start=first):
        if row["level"] in groups.get(row["group"], {}):
            raise UseCaseError(f"{path}, {place} {line}: '{row['level']}' of '{row['group']}' occurs twice")
        try:
            groups.setdefault(row["group"], {})[row["level"]] = share(row[number] or "")
        except ValueError:
            raise UseCaseError(f"{path}, {place} {line}: {number} is '{row[number]}', not a number") from None
        if row.get("n"):
            try:
                survey[row["group"]] = int(row["n"])
            except ValueError:
                raise UseCaseError(f"{path}, {place} {line}: n is '{row['n']}', not a whole number") from None
    return {**groups, **({"survey": survey} if survey else {})}
