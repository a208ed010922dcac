"""A first use case from the data: the guesses of `check`, written down, and the questions of a use case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from auditor.audit.counting import as_people
from auditor.engines.engine import OnDuckDB
from auditor.errors import ColumnError, UseCaseError
from auditor.format import printable
from auditor.loaders import open_source
from auditor.loaders.postgres import shown
from auditor.use.assign import assign
from auditor.use.grouping import parted
from auditor.use.infer import clusters_of, infer
from auditor.use.nameable import may_be_named
from auditor.use.outcome import Outcome, canonical, favourable, outcomes, refused
from auditor.use.roles import NONE, Seen
from auditor.use.says import Says
from auditor.use.toml import key_text, value_text
from auditor.use.usecase import UseCase

QUESTIONS = (
    ("problem", "What is the problem, and what is to be decided?"),
    ("success", "How will you know that it works, and for which people?"),
    ("operationalization", "Who will use the result, and how?"),
    ("constraints", "What must not happen? Laws, promises, limits."),
    ("stakeholders", "Who is affected?"),
)
LISTS = ("constraints", "stakeholders")
SAYS = Says(
    guessed="guessed from its name; values: {values}",
    answered="values: {values}",
    favourable="the favourable value: {why}",
    no_outcome='# {why}: name the outcome, or write "none" if the data have no outcome',
    also="# also possible: {column}",
    cluster="what several people have in common, so that their rows are not independent{>others}",
    others="; also possible: {columns:each}",
)


@dataclass
class Draft:
    """What was guessed, each with its evidence, and what was answered; `seen` is what a peek saw of the columns.

    `positive` are favourable values; `population` maps group columns to shares of their levels, `survey` to the number
    of people behind these, and `population_source` names where they are from. `no_groups`: there is to be no group
    column. `clusters` may name what several people have in common; they are proposed, and not used. `candidates` may
    be the outcome.
    """

    path: str | None
    table: str | None = None
    sql: str | None = None
    target: str | None = None
    positive: tuple[str, ...] = ()
    groups: dict[str, str] = field(default_factory=dict)
    no_groups: bool = False
    also: dict[str, str] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    time: str | None = None
    id: str | None = None
    clusters: tuple[str, ...] = ()
    count: str | None = None
    why_target: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    kind: str | None = None
    stands_for: str | None = None
    population: dict[str, dict[str, float]] = field(default_factory=dict)
    survey: dict[str, int] = field(default_factory=dict)
    population_source: str | None = None
    period: tuple[int, int] | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict)
    candidates: tuple[Outcome, ...] = ()

    @property
    def where(self) -> str:
        """What errors call the data."""
        return self.path or "the query"

    def column(self, name: str) -> str:
        """Return a column as the data spell it; ColumnError for one that they do not have."""
        by_case = {column.lower(): column for column in self.seen}
        if name not in self.seen and name.lower() not in by_case:
            raise ColumnError.missing(name, self.seen, self.where)
        return name if name in self.seen else by_case[name.lower()]

    def copy(self) -> Draft:
        """Return a draft with the same content, to be changed without changing this one."""
        return replace(
            self,
            groups=dict(self.groups),
            answers=dict(self.answers),
            population=dict(self.population),
            survey=dict(self.survey),
        )

    def set_outcome(self, name: str, positive: Sequence[str] = ()) -> None:
        """Make a column the outcome, with its favourable values: the given ones, else those that are clear."""
        self.target = name
        self.positive, self.why_target = tuple(positive), "as stated"
        if name in self.seen and not positive and self.seen[name].distinct == len(self.seen[name].levels):
            value, self.why_target = favourable(name, list(self.seen[name].levels))
            self.positive = () if value is None else (value,)

    def refuse_unclear(self, command: str) -> None:
        """Raise OutcomeError, with the candidates and the `command` to type, where the outcome is not clear."""
        if self.target is None and self.candidates:
            raise refused(self.candidates, self.where, command)

    def levels(self, name: str) -> list[str]:
        """Return the commonest values of a column; nothing where they may not be named."""
        if name not in self.seen or not may_be_named(self.seen[name].levels, self.seen[name].distinct):
            return []
        return list(self.seen[name].levels)[:12]


def draft(
    data: str | None,
    table: str | None = None,
    sql: str | None = None,
    *,
    target: str | None = None,
    positive: Sequence[str] = (),
) -> Draft:
    """Look at the data and guess their roles, as `check` does; AuditError where they cannot be read.

    `target` and `positive` state the outcome and its favourable values.
    """
    if data is None and sql is None:
        raise UseCaseError("which data? name them, or give --sql")
    with open_source(data, table=table, sql=sql) as source:
        rows, count = as_people(OnDuckDB(source), UseCase())
        seen = rows.peek()
    roles = assign(seen, UseCase(), source.name)
    inferred = infer(seen)
    found = Draft(data, table, sql, count=count, text=roles.text, time=roles.time, id=roles.id, seen=seen)
    found.groups = {name: inferred.groups[name].evidence for name in roles.groups}
    found.also = {name: of.evidence for name, of in inferred.possible.items()}
    other = {*roles.groups, *roles.text, *filter(None, (roles.time, roles.id))}
    found.clusters = clusters_of(seen, other)
    likely = outcomes(seen, other)
    found.candidates = tuple(likely)
    if target is not None:
        _state_outcome(found, target, positive)
        return found
    first = next((of for of in likely if of.column == roles.target), next((of for of in likely if of.score), None))
    if first:
        found.target = first.column
        found.positive = (first.positive,) if first.positive is not None else ()
        found.why_target = first.why or "it is unclear: name it"
    else:
        found.why_target = "no column has the name of an outcome"
    return found


def _state_outcome(found: Draft, target: str, positive: Sequence[str]) -> None:
    if target.lower() == NONE and NONE not in found.seen:
        found.target = NONE
        return
    name = found.column(target)
    found.set_outcome(name, [canonical(value, found.seen[name].type) for value in positive])
    found.groups.pop(name, None)
    found.also.pop(name, None)


def written(found: Draft, folder: Path) -> str:
    """Return the draft as commented TOML; the data's path is written as seen from `folder`."""
    return "\n".join(_lines(found, folder)) + "\n"


def _lines(found: Draft, folder: Path) -> Iterator[str]:
    yield "# What the data are for. The audit judges them against this file: delete what is wrong, complete the rest."
    yield "# The audit ignores lines that begin with #."
    yield from ("", "[data]")
    if found.path is not None:
        yield f"path = {value_text(_relative(found.path, folder))}"
    for key, value in (("table", found.table), ("sql", found.sql)):
        if value is not None:
            yield f"{key} = {value_text(value)}"
    if found.path is not None and "://" in found.path:
        yield "# User and password are not written here: use PGUSER and PGPASSWORD, or a password file."
    if found.count:
        yield f"count = {value_text(found.count)}  # the number of people per row; delete this line if that is wrong"
    yield from ("", "[use]", *_use(found))
    yield from ("", "[label]", *_label(found))
    yield from ("", "[groups]", *_groups(found))
    yield ""
    yield "# The people the use is about: shares that sum to 1, or counts. Without them, representation is not audited."
    yield from ("[population]", *_population(found))
    yield from ("", "[features]")
    yield f"text = [{', '.join(map(value_text, found.text))}]" if found.text else "# text = []"
    for key, value in (("time", found.time), ("id", found.id)):
        yield f"{key} = {value_text(value)}" if value else f'# {key} = "…"'
    proposed, *others = [value_text(name) for name in found.clusters if name != found.target] or [value_text("…")]
    why = SAYS("cluster", others=SAYS("others", columns=others) if others else None)
    yield f"# cluster = {proposed}  # {_comment([why])}"
    yield "# required = []   # columns that the task needs"
    yield "# forbidden = []  # columns that no model may use"
    yield "# incidental = []  # columns that should not matter for the outcome, such as the site or the scanner"


def _use(found: Draft) -> Iterator[str]:
    for key, question in QUESTIONS:
        answer = found.answers.get(key, "")
        value: str | list[str] = (
            [part.strip() for part in answer.split(";") if part.strip()] if key in LISTS else answer
        )
        yield f"# {question}"
        yield f"{'' if answer else '# '}{key} = {value_text(value)}"
    yield f"decision = {value_text(found.answers.get('decision', 'assistive'))}  # assistive | automated | research"
    yield f"purpose = {value_text(found.answers.get('purpose', 'train'))}  # train a model | review decisions | publish"
    yield f"stakes = {value_text(found.answers.get('stakes', 'high'))}  # high | low"


def _label(found: Draft) -> Iterator[str]:
    why = _comment([found.why_target])
    if found.target == NONE and NONE not in found.seen:
        yield f"column = {value_text(NONE)}"
    elif found.target:
        values = _comment(found.levels(found.target))
        key = "guessed" if not found.answers else "answered"
        yield f"column = {value_text(found.target)}  # {SAYS(key, values=values)}"
        value = list(found.positive) if len(found.positive) > 1 else found.positive[0] if found.positive else "…"
        yield f"{'' if found.positive else '# '}positive = {value_text(value)}  # {SAYS('favourable', why=why)}"
    else:
        yield SAYS("no_outcome", why=why)
        yield from ('# column = "…"', '# positive = "…"')
    yield "# Is it a past_decision, a measured_outcome or a human_rating, and what does it measure or record?"
    yield f"{'' if found.kind else '# '}kind = {value_text(found.kind or 'past_decision')}"
    yield f"{'' if found.stands_for else '# '}stands_for = {value_text(found.stands_for or '…')}"


def _groups(found: Draft) -> Iterator[str]:
    yield "# Columns that describe groups of people. Delete wrong ones; age:25,40,65 cuts a number into bands."
    if found.groups:
        yield from (
            "columns = [",
            *(f"  {value_text(name)},  # {_comment([why])}" for name, why in found.groups.items()),
            "]",
        )
    elif found.no_groups:
        yield f"columns = [{value_text(NONE)}]"
    else:
        yield "# columns = []  # no column was recognised by name or value"
    for name, why in found.also.items():
        yield f"{SAYS('also', column=value_text(name))}  # {_comment([why])}"


def _population(found: Draft) -> Iterator[str]:
    for written_name in found.groups:
        name = parted(written_name, found.seen)[0]
        if shares := found.population.get(name):
            if found.population_source:
                yield f"# {printable(' '.join(found.population_source.split()))}"
            yield f"{key_text(name)} = {{ {', '.join(f'{key_text(k)} = {v:.15g}' for k, v in shares.items())} }}"
        elif 1 < len(levels := found.levels(name)) <= 6:
            yield f"# {key_text(name)} = {{ {', '.join(f'{key_text(level)} = 0.00' for level in levels)} }}"
    surveyed = {name: n for name, n in found.survey.items() if name in found.population}
    if surveyed:
        yield f"survey = {value_text(surveyed)}  # the number of people that were surveyed"
    yield f"period = [{found.period[0]}, {found.period[1]}]" if found.period else "# period = [2021, 2026]"


def _relative(path: str, folder: Path) -> str:
    import os

    if "://" in path:
        return shown(path)  # the password stays out of the file
    return path if path == "-" else Path(os.path.relpath(path, folder)).as_posix()


def _comment(parts: list[str]) -> str:
    """Return text for a comment: on one line, whatever the data contain."""
    return printable(" ".join(", ".join(parts).split()))[:120]
