"""A first use case from the data: roles guessed from names and from values, the questions of a use case as prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.engines.peek import peek
from auditor.errors import UseCaseError
from auditor.guesses import UNFAVOURABLE_WORDS, obvious, words_of
from auditor.loaders import open_source
from auditor.loaders.postgres import shown
from auditor.roles import Seen
from auditor.toml import key_text, value_text

GROUP_NAMES = frozenset(
    "age sex gender race ethnicity ethnic religion disability disabled nationality orientation afam foreign single "  # noqa: SIM905
    "party pregnant veteran".split()
)
ALSO_NAMES = frozenset("marital relationship country language citizenship birthplace origin".split())  # noqa: SIM905
# What people are called in the values of a group column, by the kind of group.
VALUES = {
    "sex": frozenset("male female m f man woman men women".split()),  # noqa: SIM905
    "race": frozenset("white black asian hispanic latino other amer-indian-eskimo asian-pac-islander".split()),  # noqa: SIM905
}
TARGET_WORDS = frozenset(
    "target label outcome decision hired selected shortlisted accepted admitted admit approved promoted offered "  # noqa: SIM905
    "callback income credit deny denied default recid recidivism passed pass loan".split()
)
FAVOURABLE = frozenset("yes true admitted accepted approved hired selected good passed promoted".split())  # noqa: SIM905
COUNT_NAMES = frozenset({"n", "count", "freq", "frequency"})
QUESTIONS = (
    ("problem", "What is the problem, and what is to be decided?"),
    ("success", "How will you know that it works, and for whom?"),
    ("operationalization", "Who will use the result, and how?"),
    ("constraints", "What must not happen? Laws, promises, limits."),
    ("stakeholders", "Whom does it touch?"),
)
LISTS = ("constraints", "stakeholders")


@dataclass
class Draft:
    """What was guessed, each with its evidence, and what was answered."""

    path: str | None
    table: str | None = None
    sql: str | None = None
    target: str | None = None
    positive: str | None = None
    groups: dict[str, str] = field(default_factory=dict)
    also: dict[str, str] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    time: str | None = None
    id: str | None = None
    count: str | None = None
    why_target: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    levels: dict[str, list[str]] = field(default_factory=dict)


def draft(data: str | None, table: str | None = None, sql: str | None = None) -> Draft:
    """Look at the data and guess their roles; AuditError where they cannot be read."""
    if data is None and sql is None:
        raise UseCaseError("which data? name them, or give --sql")
    with open_source(data, table=table, sql=sql) as source:
        seen = peek(source)
    found = Draft(data, table, sql)
    found.count = next((name for name, of in seen.items() if name.lower() in COUNT_NAMES and of.whole), None)
    found.target, found.positive, found.why_target = _target(seen)
    for name, of in seen.items():
        if name in (found.target, found.count):
            continue
        named = words_of(name)
        few = of.numeric or 1 < of.distinct <= 50
        by_value = next((kind for kind, known in VALUES.items() if _holds(of, known)), None)
        if few and len(named & GROUP_NAMES) > 1:
            found.also[name] = f"by its name, which joins several ({', '.join(sorted(named & GROUP_NAMES))})"
        elif few and named & GROUP_NAMES:
            found.groups[name] = f"by its name ({min(named & GROUP_NAMES)})"
        elif by_value:
            found.groups[name] = f"by its values, which are those of {by_value} ({', '.join(list(of.levels)[:4])})"
        elif few and named & ALSO_NAMES:
            found.also[name] = f"by its name ({min(named & ALSO_NAMES)})"
        elif of.words >= 8:
            found.text = (*found.text, name)
        elif "id" in named and of.known and of.distinct > 0.9 * of.known:
            found.id = found.id or name
    dated = [name for name, of in seen.items() if _dated(name, of) and name not in found.groups]
    found.time = dated[0] if len(dated) == 1 else None
    found.levels = {name: list(seen[name].levels)[:12] for name in [*found.groups, found.target or ""] if name in seen}
    return found


def _holds(of: Seen, known: frozenset[str]) -> bool:
    """Whether a column's values are such names: at least two, and nearly all rows."""
    levels = {level.strip().casefold() for level in of.levels}
    return len(levels & known) >= 2 and len(levels - known) <= 1


def _dated(name: str, of: Seen) -> bool:
    if of.dated:
        return True
    year = of.whole and of.low is not None and of.high is not None and 1900 <= of.low <= of.high <= 2100
    return bool(year and words_of(name) & {"year", "date"})


def _target(seen: Mapping[str, Seen]) -> tuple[str | None, str | None, str]:
    """Return the likeliest outcome with two values, its favourable one, and why."""
    two = {name: of for name, of in seen.items() if len(of.levels) == 2 and of.distinct == 2}
    named = [name for name in two if words_of(name) & TARGET_WORDS]
    if not named:
        return None, None, "no column of two values is called like an outcome"
    name = max(named, key=lambda name: len(words_of(name) & TARGET_WORDS) / len(words_of(name)))
    levels = list(two[name].levels)
    positive = obvious(two[name].levels)
    why = "two values that everybody reads alike"
    if positive is None:
        good = [level for level in levels if level.casefold() in FAVOURABLE or level.startswith(">")]
        positive, why = (
            (good[0], "by its spelling") if len(good) == 1 else (sorted(levels)[0], "a mere guess: check it")
        )
    if words_of(name) & UNFAVOURABLE_WORDS:
        positive = next(level for level in levels if level != positive)
        why = f"the other one, since '{name}' reads like an unfavourable outcome: check it"
    return name, positive, why


def written(found: Draft, folder: Path) -> str:
    """Return the draft as commented TOML; the data's path is written as seen from `folder`."""
    return "\n".join(_lines(found, folder)) + "\n"


def _lines(found: Draft, folder: Path) -> Iterator[str]:
    yield "# What the data are for: the audit judges them against this file. Strike what is wrong, say the rest."
    yield "# A line that begins with # says nothing to the audit."
    yield from ("", "[data]")
    if found.path is not None:
        yield f"path = {value_text(_relative(found.path, folder))}"
    for key, value in (("table", found.table), ("sql", found.sql)):
        if value is not None:
            yield f"{key} = {value_text(value)}"
    if found.path is not None and "://" in found.path:
        yield "# User and password are not written here: leave them to PGUSER and PGPASSWORD, or a password file."
    if found.count:
        yield f"count = {value_text(found.count)}  # a row stands for so many people; strike it if that is wrong"
    yield from ("", "[use]", *_use(found))
    yield from ("", "[label]", *_label(found))
    yield from ("", "[groups]", *_groups(found))
    yield ""
    yield "# Whom the use is for: shares that sum to 1, or counts. Without it nobody knows whom data should represent."
    yield from ("[population]", *_population(found))
    yield from ("", "[features]")
    yield f"text = [{', '.join(map(value_text, found.text))}]" if found.text else "# text = []"
    for key, value in (("time", found.time), ("id", found.id)):
        yield f"{key} = {value_text(value)}  # guessed" if value else f'# {key} = "…"'
    yield "# required = []   # what the task needs"
    yield "# forbidden = []  # what no model may see"


def _use(found: Draft) -> Iterator[str]:
    for key, question in QUESTIONS:
        answer = found.answers.get(key, "")
        value: str | list[str] = (
            [part.strip() for part in answer.split(";") if part.strip()] if key in LISTS else answer
        )
        yield f"# {question}"
        yield f"{'' if answer else '# '}{key} = {value_text(value)}"
    yield f"decision = {value_text(found.answers.get('decision', 'assistive'))}  # assistive | automated | research"
    yield f"stakes = {value_text(found.answers.get('stakes', 'high'))}  # high | low"


def _label(found: Draft) -> Iterator[str]:
    why = _comment([found.why_target])
    if found.target:
        values = _comment(found.levels.get(found.target, []))
        yield f"column = {value_text(found.target)}  # guessed from its name; values: {values}"
        yield f"positive = {value_text(found.positive or '')}  # the favourable value: {why}"
    else:
        yield f"# {why}: name the outcome, or leave this out where there is none"
        yield from ('# column = "…"', '# positive = "…"')
    yield "# Is it a past_decision, a measured_outcome or a human_rating, and what does it stand for?"
    yield from ('# kind = "past_decision"', '# stands_for = "…"')


def _groups(found: Draft) -> Iterator[str]:
    yield "# Who people are. Strike what is none; age:25,40,65 cuts a number."
    if found.groups:
        yield from (
            "columns = [",
            *(f"  {value_text(name)},  # {_comment([why])}" for name, why in found.groups.items()),
            "]",
        )
    else:
        yield "# columns = []  # none was found by name or value"
    for name, why in found.also.items():
        yield f"# also possible: {value_text(name)}  # {_comment([why])}"


def _population(found: Draft) -> Iterator[str]:
    for name in found.groups:
        levels = found.levels.get(name, [])
        if 1 < len(levels) <= 6:
            yield f"# {key_text(name)} = {{ {', '.join(f'{key_text(level)} = 0.00' for level in levels)} }}"
    yield "# period = [2021, 2026]"


def _relative(path: str, folder: Path) -> str:
    import os

    if "://" in path:
        return shown(path)  # the password stays out of the file
    return path if path == "-" else Path(os.path.relpath(path, folder)).as_posix()


def _comment(parts: list[str]) -> str:
    """Return text for a comment: on one line, whatever the data hold."""
    return " ".join(", ".join(parts).split())[:120]
