"""What rules find, and the verdict and actions that follow from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import UnknownNameError
from auditor.format import brief
from auditor.model.states import LeftOut, Level, Severity, State


@dataclass(frozen=True)
class Measure:
    """A number with its interval; None for an unknown value or an unbounded side.

    `n` is the number of rows it rests on; a fraction only where rows are weighted. `limit` is its threshold.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | float | None = None
    limit: float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "limit"):
            number = getattr(self, name)
            if number is not None:
                number = float(number)
                object.__setattr__(self, name, number if math.isfinite(number) else None)
        if self.n is not None:
            number = float(self.n)
            whole = int(self.n) if number.is_integer() else number
            object.__setattr__(self, "n", whole if math.isfinite(number) else None)

    @property
    def turned(self) -> Measure:
        """A ratio as seen from the other side; its threshold is about the lower rate alone."""
        value, low, high = (1 / number if number else None for number in (self.value, self.high, self.low))
        return Measure(value, low, high, self.n)


@dataclass(frozen=True)
class Need:
    """How many more rows of one level of a group a finding asks for, and why."""

    group: str
    level: str
    rows: int
    purpose: str

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"rows needed of '{self.level}' ({self.group}) must be 1 or more, got {self.rows}")


@dataclass(frozen=True)
class Said:
    """The content of a sentence, apart from its words: the keys of its templates, in order, and their facts.

    Facts are texts, numbers (None for an unknown one), and lists or mappings of them.
    """

    keys: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Finding:
    """One result about one subject (column, group, term, …); `waiver` names who accepts it, and why.

    `remedy` is what to do about a fault, `settle` what would decide an open question, `needs` what to collect for
    either. A clear finding has none of them. `said` has the facts of the message; a changed message, for example with
    suppressed numbers, has no facts. `headline` is the result in a few words. `id` names the finding by its rule and
    subject, the same in every run; `severity` is its effect on the verdict, after policy and waivers (None: no effect).
    `rule` is the code of the rule whose result it is in ("" outside of a result).
    """

    state: State
    subject: Mapping[str, str]
    message: str
    measures: Mapping[str, Measure] = field(default_factory=dict)
    remedy: str | None = None
    settle: str | None = None
    waiver: str | None = None
    needs: tuple[Need, ...] = ()
    said: Said | None = None
    headline: str = ""
    id: str = ""
    severity: Severity | None = None

    def __post_init__(self) -> None:
        said = getattr(self.message, "said", None) if self.said is None else self.said
        object.__setattr__(self, "said", said)
        if self.state is State.CLEAR:
            for name, nothing in (("remedy", None), ("settle", None), ("needs", ())):
                object.__setattr__(self, name, nothing)

    @property
    def rule(self) -> str:
        """The code of the rule that found it."""
        return str(self.__dict__.get("_rule", ""))

    def value(self, measure: str) -> float | None:
        """Return the value of a measure, None where it is unknown; UnknownNameError for one it does not have."""
        if measure not in self.measures:
            raise UnknownNameError.of("measure", measure, self.measures, f"the finding {self.id or self.rule}".strip())
        return self.measures[measure].value

    def __repr__(self) -> str:
        about = ", ".join(self.subject.values())
        known = [(name, of.value) for name, of in self.measures.items() if of.value is not None]
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in known[:4])
        head = f"{self.rule} {self.state}" if self.rule else str(self.state)
        return brief("Finding", f"{head}: {about}" if about else head, self.message, numbers)


@dataclass(frozen=True, repr=False)
class Result:
    """The result of one rule; every rule that applies has exactly one in an audit, with a reason where it did not run.

    `failed`: the rule crashed. `left_out`: it was not run because the request left it out.
    """

    rule: str
    name: str
    state: State
    severity: Severity
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    table: tuple[Mapping[str, Any], ...] = ()
    failed: bool = False
    left_out: LeftOut | None = None

    def __post_init__(self) -> None:
        for finding in self.findings:  # no field of theirs: a saved audit has it once, in the result
            object.__setattr__(finding, "_rule", self.rule)

    def __repr__(self) -> str:
        severity = f", severity {self.severity}" if self.state is not State.NOT_RUN else ""
        findings = [f"{of.state}: {', '.join(of.subject.values())}" for of in self.findings]
        more = f"{len(findings) - 2} more findings" if len(findings) > 3 else ""
        shown = findings[: 2 if more else 3]
        return brief("Result", f"{self.rule} {self.name}: {self.state}{severity}", self.reason or "", *shown, more)


@dataclass(frozen=True)
class Action:
    """What must be done before the data are audited again: one for each kind of action and owner.

    `applies` are the columns, groups or terms that it is about, `rules` those that ask for it and check it, `done` what
    a new audit must show, `findings` the ids of what asks for it.
    """

    what: str
    applies: tuple[str, ...]
    owner: str
    done: str
    severity: Severity
    rules: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Verdict:
    """The verdict, and what it rests on: rule codes in `because` and `not_checked`, sentences elsewhere.

    `selection` has the rules that were left out on request and that a verdict needs: without them the data can be
    shown to be unfit, and nothing else. `actions` are the conditions as a work list. `ran` of all `rules` were run;
    both are 0 in audits of versions that did not count them.
    """

    level: Level
    because: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    to_settle: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    selection: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    ran: int = 0
    rules: int = 0

    def __bool__(self) -> bool:
        raise TypeError("a verdict is neither true nor false; compare verdict.level with 'fit', 'unfit', …")

    def __repr__(self) -> str:
        counts = (
            ("conditions", "condition", self.conditions), ("actions", "action", self.actions),
            ("to settle", "to settle", self.to_settle), ("left out on request", "left out on request", self.selection),
            ("required checks that did not run", "required check that did not run", self.not_checked),
        )  # fmt: skip
        return brief(
            "Verdict",
            f"{self.level} ({self.ran} of {self.rules} checks)",
            f"because: {', '.join(self.because)}" if self.because else "",
            ", ".join(f"{len(of)} {words if len(of) > 1 else one}" for words, one, of in counts if of),
        )
