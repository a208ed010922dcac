"""The stated use: what the data are for, read from TOML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from auditor.errors import UseCaseError
from auditor.format import without_null
from auditor.use.arguments import checked
from auditor.use.pay import Pay
from auditor.use.policy import Limits, Policy
from auditor.use.population import Population
from auditor.use.roles import NONE
from auditor.use.says import Says
from auditor.use.tables import ByColumn, Cutting, Key, Name, Names, Table, Texts, is_empty
from auditor.use.toml import explain, lines_of, read_toml

if TYPE_CHECKING:
    from auditor.stats.gaps import Terms

# Keys that few uses state, by their tables; an audit has them only where they are stated.
SPECIAL = {
    "label": (
        *("stages", "stage", "stage_order", "withdrawn", "list", "rank", "scale"),
        *("score", "prediction", "prediction_positive", "cut", "score_higher_is_better"),
    ),
    "groups": ("file", "on", "probabilities"),
    "features": ("controls",),
}

SAYS = Says(
    accepted="accepted by {by}{>until}: {reason}",
    until=" until {until}",
    unchecked="Stated, but no rule uses it yet: {keys:each}.",
    known_before="Stated as known before the decision, so not treated as leakage: {columns:each}.",
    limits="Thresholds of the default policy: impact ratio {impact_ratio:number}, representation ratio "
    "{representation_ratio:number}, significance {alpha:number}.",
)


class Data(Table):
    """The data that the use is about: a path, relative to the file that names it, or a database's address.

    What is not given is detected on reading, and reported: `decimal` and `thousands` marks, `encoding`, whether the
    file has a `header`, how many rows to skip before it, the `sheet` of a workbook (its name or its position, from 1).
    `image` is the column that names image files, relative to the data's folder, or holds images.
    `missing` are values that mean "no value", for every column or by column ("*" is every column; with an empty list,
    "NA" is a word there). `count` is the column with the number of people per row ("none": each row is one person).
    """

    path: str | None = None
    table: str | None = None
    sql: str | None = None
    count: Name | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ".", ",", "'", " "] | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int | None = Field(default=None, ge=0)
    sheet: str | int | None = None
    image: Name | None = None
    missing: ByColumn = Field(default_factory=dict)


class Use(Table):
    """What is to be done with the data, in words.

    `purpose`: to `train` a model, to `review` the decisions that the data record, or to `publish` figures or the data.
    """

    problem: str | None = None
    success: str | None = None
    decision: Literal["assistive", "automated", "research"] = "assistive"
    stakes: Literal["high", "low"] = "high"
    purpose: Literal["train", "review", "publish"] = "train"
    operationalization: str | None = None
    stakeholders: Texts = ()
    constraints: Texts = ()
    policy: str = "default"


class Label(Table):
    """The outcome: its column ("none" if the data have no outcome), its favourable values, and what it represents.

    `stages` are yes/no columns of the stages before it, in order, the last one included; or `stage` is the one column
    of how far each person came, and `stage_order` has its values, first to last. `withdrawn` are values of these
    columns that mean that somebody withdrew, or the name of a yes/no column of that. `list` is the column of the
    list that each person is on, such as a requisition, `rank` that of the place in it (1 is the first), or a score
    with the end that is first ("score:highest", "score:lowest").

    Beside it there may be what a tool gave each row: a `score`, which selects from a `cut` on (a number, or a
    comparison like ">= 600"), or a `prediction`, with the values of it that select (`prediction_positive`).


    `scale` is how a number is compared with controls: "log" (in percent), or "plain" (in its own units). Default: log,
    where all of its values are positive.
    """

    column: Name | None = None
    positive: Texts = ()
    kind: Literal["past_decision", "measured_outcome", "human_rating"] | None = None
    stands_for: str | None = None
    stages: Names = ()
    stage: Name | None = None
    stage_order: Texts = ()
    withdrawn: Texts = ()
    list: Name | None = None
    rank: Name | None = None
    score: Name | None = None
    prediction: Name | None = None
    prediction_positive: Texts = ()
    cut: Cutting | None = None
    score_higher_is_better: bool | None = None
    scale: Literal["log", "plain"] | None = None


class Groups(Table):
    """The columns that describe groups of people; `age:25,40,65` cuts a number, or a date by its year, into bands.

    `unknown` are levels that mean that membership is not recorded, by column: they replace those that are recognised
    (an empty list: every level is a group). `labels` maps codes and spellings of a column to words. `codes` are
    columns whose whole numbers are codes of groups, not quantities (as is `race:codes`). What is written shows no
    number that describes under `min_report_cell` rows of a group; 0 or 1 shows all.

    `file` is a side file with the groups, joined to the data by the key `on` (`on = "applicant=id"` where the two names
    differ); without `columns`, all of its columns are groups. `probabilities` are by a name for the group: the column
    that has the probability of each level, as of an estimate of race from surname and address.
    """

    columns: Names = ()
    reference: dict[Key, str] = Field(default_factory=dict)
    unknown: ByColumn = Field(default_factory=dict)
    labels: dict[Key, dict[str, str]] = Field(default_factory=dict)
    codes: Names = ()
    min_report_cell: int = Field(default=5, ge=0)
    file: str | None = None
    on: Name | None = None
    probabilities: dict[Key, dict[str, Name]] = Field(default_factory=dict)


class Features(Table):
    """What the other columns are; "none" for a `text`, `time` or `id` means that no column has that role.

    `id` names the person, `cluster` what several people have in common (a site, an agency, a requisition, a template):
    rows of one person, or of one cluster, are not independent. A cluster is never guessed.
    `vector` names columns with a vector of numbers in each row, such as an embedding: a column of lists, a pattern that
    the names of numbered columns fit ("emb_*"), or a file of NumPy beside the table ("emb=vectors.npy").
    `weight` is the survey weight; `replicate_weights` a pattern that the names of its replicates fit ("PWGTP*");
    `survey_strata` and `survey_psu` the strata and the primary sampling units of the sample.
    `required` columns are kept among the features, whatever they look like. `time_order` lists the periods of the
    `time` column, earliest first, where their order is not known; or it is one word: "number" (its numbers are no
    dates), "day first" or "month first".
    """

    required: Names = ()
    forbidden: Names = ()
    strata: dict[Key, str] = Field(default_factory=dict)
    controls: dict[Key, str] = Field(
        default_factory=dict,
        description="Columns that a gap is adjusted for, each with the reason why it is legitimate. A number enters "
        "with its square; tenure:2,5 cuts it into bands.",
    )
    not_leaks: Names = Field(
        default=(), description="Columns that are known before the decision, however well they predict the outcome."
    )
    incidental: Names = Field(
        default=(),
        description="Columns that should not matter for the outcome, such as the site or the scanner. Properties of "
        "images are among them without being named.",
    )
    text: Names = ()
    watchlists: Texts = ()
    vector: Names = ()
    time: Name | None = None
    time_order: Texts = ()
    id: Name | None = None
    cluster: Name | None = None
    weight: Name | None = None
    replicate_weights: Name | None = None
    survey_strata: Name | None = None
    survey_psu: Name | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if both := set(self.required) & set(self.forbidden):
            raise ValueError(f"column '{min(both)}' cannot be both required and forbidden")
        if self.time_order:
            from auditor.use.periods.order import check_stated

            check_stated(self.time_order)
        return self


def beside(vector: str) -> tuple[str, Path | None]:
    """Return the name of a stated vector, and the file of NumPy beside the table that it is in, if it is.

    >>> beside("emb_*")
    ('emb_*', None)
    """
    name, sign, path = vector.partition("=")
    if not sign or not path.lower().endswith((".npy", ".npz")):
        return vector, None
    if not name.strip():
        raise UseCaseError(f"vectors of a file need a name: write emb={path}")
    return without_null(name.strip()), Path(path)


class Waiver(Table):
    """A finding that its owner accepts: the rule, what the finding is about (a column, a level), and why."""

    rule: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    by: str = Field(min_length=1)
    until: date | None = None
    line: int | None = Field(default=None, exclude=True, description="Its line in the file; filled in on reading.")

    def in_force(self, today: date) -> bool:
        """Whether it holds on a day; the last day counts."""
        return self.until is None or today <= self.until

    def words(self) -> str:
        """Return who accepts the finding, why, and until when."""
        return SAYS("accepted", by=self.by, until=self.until, reason=self.reason)


class UseCase(Table):
    """The stated use, as in `use_case.toml`; without a file, the stated defaults.

    >>> UseCase(label={"column": "hired", "positive": "yes"}).label.positive
    ('yes',)
    """

    data: Data = Data()
    use: Use = Use()
    label: Label = Label()
    groups: Groups = Groups()
    population: Population = Population.model_validate({})
    features: Features = Features()
    pay: Pay = Pay()
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)
    accept: tuple[Waiver, ...] = ()
    source: str | None = Field(default=None, exclude=True)

    if TYPE_CHECKING:  # each table may be written as a mapping, which is how pydantic takes it

        def __init__(
            self,
            *,
            data: Data | Mapping[str, Any] = ...,
            use: Use | Mapping[str, Any] = ...,
            label: Label | Mapping[str, Any] = ...,
            groups: Groups | Mapping[str, Any] = ...,
            population: Population | Mapping[str, Any] = ...,
            features: Features | Mapping[str, Any] = ...,
            pay: Pay | Mapping[str, Any] = ...,
            rules: Mapping[str, Mapping[str, Any]] = ...,
            accept: Sequence[Waiver | Mapping[str, Any]] = ...,
            source: str | None = ...,
        ) -> None: ...

    @classmethod
    def of(cls, use_case: UseCase | str | Path | Mapping[str, Any]) -> UseCase:
        """Return a use as it is, read from a path, or made of a mapping; UseCaseError names the key that is wrong."""
        if isinstance(use_case, UseCase):
            return use_case
        if not isinstance(use_case, Mapping):
            return cls.load(use_case)
        try:
            return cls.model_validate(use_case)
        except ValidationError as error:
            raise UseCaseError(f"the use case{explain(error, '', cls)}") from None

    @classmethod
    @checked
    def load(cls, path: str | Path) -> UseCase:
        """Read a use-case file; UseCaseError names the key and the line that is wrong."""
        data, text = read_toml(Path(path), "use case")
        data.pop("source", None)
        accepted = data.get("accept", [])
        for table, line in zip(
            accepted if isinstance(accepted, list) else [], lines_of(text, "accept", "until"), strict=False
        ):
            if isinstance(table, dict):
                table["line"] = line
        try:
            use = cls.model_validate({**data, "source": Path(path).name})
        except ValidationError as error:
            raise UseCaseError(f"{path}{explain(error, text, cls)}") from None
        if use.features.vector:
            here = Path(path).parent
            files = {each: beside(each) for each in use.features.vector}
            named = (f"{name}={here / file}" if file else name for name, file in files.values())
            use = use.over("features", vector=tuple(named))
        if use.data.path and "://" not in use.data.path and not Path(use.data.path).is_absolute():
            use = use.over("data", path=str(Path(path).parent / use.data.path))
        if use.groups.file and "://" not in use.groups.file and not Path(use.groups.file).is_absolute():
            use = use.over("groups", file=str(Path(path).parent / use.groups.file))
        return use

    def saved(self) -> dict[str, Any]:
        """Return the use as an audit keeps it, without the keys of SPECIAL that it does not state."""
        stated = self.model_dump(mode="json")
        for table, names in SPECIAL.items():
            keys = stated[table]
            stated[table] = {name: of for name, of in keys.items() if of or of is False or name not in names}
        if self.pay == Pay():
            del stated["pay"]
        return stated

    def save(self, path: str | Path) -> None:
        """Write the use as TOML; `load` reads it back as it is."""
        from auditor.use.toml import written

        Path(path).write_text(written(self.model_dump(mode="json", exclude_unset=True)), encoding="utf-8")

    def over(self, table: str, /, **flags: Any) -> UseCase:
        """Return the use with the given keys of a table replaced; a None or empty flag leaves its key as it is."""
        given = {key: value for key, value in flags.items() if not (value is None or is_empty(value))}
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

    def with_policy(self, policy: Policy) -> UseCase:
        """Return the use with its policy as it was read elsewhere."""
        made = self.model_copy()
        made.__dict__["policy"] = policy
        return made

    @property
    def limits(self) -> Limits:
        """The limits that the results are compared with."""
        return self.policy.limits

    def terms(self, group: str, *, min_n: int | None = None) -> Terms:
        """Return the settings of comparisons within a group column."""
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
            exclude_below=self.policy.exclude_below,
        )

    def assumptions(self) -> list[str]:
        """Return a sentence for each thing that the use does not state and the audit therefore assumes."""
        said = [] if self.source else ["No use case was stated. The verdict is about the default use described here."]
        stated = self.use.model_fields_set
        if "decision" not in stated:
            said.append("Decision assumed to be assistive: a person decides, with help from the data.")
        if "stakes" not in stated:
            said.append("Stakes assumed to be high.")
        unchecked = [name for name, there in (("constraints", self.use.constraints),) if there]
        if unchecked:
            said.append(SAYS("unchecked", keys=unchecked))
        if self.features.not_leaks:
            names = [f"'{name}'" for name in self.features.not_leaks]
            said.append(SAYS("known_before", columns=names))
        if self.label.kind is None and (self.label.column or "").lower() != NONE:
            said.append("The outcome is assumed to be a past decision, which may itself have been biased.")
        if not self.population.groups:
            said.append("No population was stated, so representation of the population is not audited.")
        if "policy" not in stated:
            said.append(
                SAYS(
                    "limits",
                    impact_ratio=float(self.limits.impact_ratio),
                    representation_ratio=float(self.limits.representation_ratio),
                    alpha=self.limits.alpha,
                )
            )
        return said


UseCaseLike = UseCase | str | Path | Mapping[str, Any] | None
