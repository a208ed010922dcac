"""The questions of a use case: each with a line that explains it, its choices from the data, and its default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from auditor.audit.draft import LISTS, QUESTIONS, Draft
from auditor.cli import answers
from auditor.use.grouping import parted
from auditor.use.nameable import named
from auditor.use.population import shipped_names
from auditor.use.roles import NONE
from auditor.use.says import Says

PURPOSES = ("train", "review", "publish")
DECISIONS = ("assistive", "automated", "research")
STAKES = ("high", "low")
NOT_KNOWN = "not_known"
KINDS = ("past_decision", "measured_outcome", "human_rating", NOT_KNOWN)
MOST_SHARES = 12  # levels of a group whose population shares are asked for
MOST_LISTED = 15  # columns

SAYS = Says(
    purpose="To train a model, to review past decisions, or to publish figures. It decides which checks must run.",
    decision="How results are used: a person decides with their help, the system decides, or it is only research.",
    stakes="Decisions about jobs, credit, housing, health, education or liberty have high stakes.",
    outcome="The column with the decision or result that is compared between groups.",
    favourable="The value that is good for the person (several by semicolons).",
    numbers="numbers; write a comparison such as >= 50",
    means="What {column} = {value} records, in your words, and who decided it. Optional.",
    kind="Whether people or a system decided it, it was measured later, or a person rated it.",
    groups="Columns that describe groups of people, separated by commas; age:25,40 cuts a number into bands.",
    population="The people that the data should represent. Without it, representation is not audited.",
    choices="{names:each}, a file (.csv, .toml), shares (typed next), or none",
    shares="The share of each level, for example {example:each}. Leave empty if not known.",
    shares_of="Shares of '{group}' in the population",
    period="The years that the use is about, such as 2021-2026. Leave empty if not known.",
    id="The column that identifies a person. Rows of the same person are not independent.",
    words="In your words. Optional.",
    several="In your words, several by semicolons. Optional.",
    or_none="{names:each} or none",
    more="{more} more",
)


@dataclass(frozen=True)
class Question:
    """A question: `why` explains it in a line, `choices` are shown below, `read` puts an answer into the draft."""

    key: str
    text: str
    why: str
    read: Callable[[str], None]
    default: str = ""
    choices: str = ""
    values: tuple[str, ...] = ()

    def takes(self, text: str) -> bool:
        """Whether a text is a value of the data that can be the answer."""
        return text in self.values


def questions(found: Draft) -> Iterator[Question]:
    """Yield the questions, each when those before it have been read into the draft: answers decide what is asked."""
    yield _choice("purpose", "Purpose", PURPOSES, found.answers.get("purpose", "train"), found)
    yield _choice("decision", "Decision", DECISIONS, found.answers.get("decision", "assistive"), found)
    yield _choice("stakes", "Stakes", STAKES, found.answers.get("stakes", "high"), found)
    yield from _outcome(found)
    yield from _people(found)
    for key, text in QUESTIONS:
        why = SAYS("several" if key in LISTS else "words")
        yield Question(key, text, why, partial(answers.words, key, found=found))


def _choice(key: str, text: str, choices: Sequence[str], default: str, found: Draft) -> Question:
    def read(answer: str) -> None:
        found.answers[key] = answers.one_of(answer, choices)

    return Question(key, text, SAYS(key), read, default, ", ".join(choices), tuple(choices))


def _outcome(found: Draft) -> Iterator[Question]:
    names = tuple(found.seen)
    yield Question(
        "outcome",
        "Outcome column",
        SAYS("outcome"),
        partial(answers.outcome, found=found),
        found.target or "",
        _or_none([of.column for of in found.candidates], names),
        (*names, NONE),
    )
    target = found.target or NONE
    if target not in found.seen:
        return
    seen = found.seen[target]
    yield Question(
        f"favourable value of {target}",
        "Its favourable value",
        SAYS("favourable"),
        partial(answers.favourable, found=found),
        "; ".join(found.positive),
        named(seen.levels, distinct=seen.distinct) if seen.levels else SAYS("numbers"),
        tuple(seen.levels),
    )
    kinds = Question("kind", "Kind of outcome", SAYS("kind"), partial(_kind, found=found), NOT_KNOWN, ", ".join(KINDS))
    yield kinds
    means = SAYS("means", column=target, value=" or ".join(found.positive))
    yield Question("stands_for", "What the favourable value means", means, partial(_means, found=found))


def _kind(text: str, found: Draft) -> None:
    kind = answers.one_of(text, KINDS)
    found.kind = None if kind == NOT_KNOWN else kind


def _means(text: str, found: Draft) -> None:
    found.stands_for = None if text.strip().lower() in ("", NONE) else text.strip()


def _people(found: Draft) -> Iterator[Question]:
    possible = [name for name in (*found.groups, *found.also) if name != found.target]
    yield Question(
        "groups",
        "Group columns",
        SAYS("groups"),
        partial(answers.groups, found=found),
        ", ".join(found.groups) or NONE,
        _or_none(possible, [name for name in found.seen if name not in (found.target, found.id)]),
        (*found.seen, NONE),
    )
    if found.groups:
        yield from _population(found)
    yield Question("period", "Years", SAYS("period"), partial(answers.period, found=found))
    likely = [found.id] if found.id and found.id != NONE else []
    yield Question(
        "id",
        "Identifier column",
        SAYS("id"),
        partial(answers.person, found=found),
        found.id or NONE,
        _or_none(likely, [name for name in found.seen if name != found.target]),
        (*found.seen, NONE),
    )


def _population(found: Draft) -> Iterator[Question]:
    typed: list[str] = []

    def read(text: str) -> None:
        answers.population(text, found)
        typed[:] = [text.strip().lower()]

    choices = SAYS("choices", names=shipped_names())
    yield Question("population", "Population", SAYS("population"), read, NONE, choices)
    for written in found.groups if typed == [answers.OWN_SHARES] else ():
        group = parted(written, found.seen)[0]
        levels = found.levels(group)
        if 1 < len(levels) <= MOST_SHARES and group == written:
            yield Question(
                f"shares of {group}",
                SAYS("shares_of", group=group),
                SAYS("shares", example=[f"{level}=40%" if i == 0 else f"{level}=…" for i, level in enumerate(levels)]),
                partial(answers.shares, group=group, found=found),
            )


def _or_none(likely: Sequence[str], others: Sequence[str]) -> str:
    names = list(dict.fromkeys([*likely, *others]))
    more = [SAYS("more", more=len(names) - MOST_LISTED)] if len(names) > MOST_LISTED else []
    return SAYS("or_none", names=[*names[:MOST_LISTED], *more])
