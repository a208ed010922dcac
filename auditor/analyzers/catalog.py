"""What a rule is: a code, the name of a fault, a documented function from the tally and the use to findings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from auditor.errors import UseCaseError, hint
from auditor.model import Finding

if TYPE_CHECKING:
    from auditor.counts.tally import Tally
    from auditor.use.usecase import UseCase

# Every rule lives in one of these; add a module here and grep finds it.
ANALYZERS = (
    "auditor.analyzers.representation",
    "auditor.analyzers.power",
    "auditor.analyzers.outcomes",
    "auditor.analyzers.conditional",
    "auditor.analyzers.drift",
    "auditor.analyzers.intersections",
    "auditor.analyzers.numeric",
    "auditor.analyzers.subgroups",
    "auditor.analyzers.proxies",
    "auditor.analyzers.leakage",
    "auditor.analyzers.recovery",
    "auditor.analyzers.terms",
    "auditor.analyzers.penalties",
    "auditor.analyzers.labels",
    "auditor.analyzers.quality",
    "auditor.analyzers.baseline",
    "auditor.analyzers.fitness",
    "auditor.analyzers.enough",
    "auditor.analyzers.tables",
)

HEADINGS = ("How it is measured", "Why it matters", "What to do", "Source")

Record = Mapping[str, Any]
Need = Literal["counts", "rows", "models"]
Judge = Callable[..., Iterator["Finding | Record"]]


class NotRun(Exception):
    """Raised by a rule that cannot be applied to these data; the message is the reason."""


@dataclass(frozen=True)
class Rule:
    """A rule: `judge(tally, use, **options)` yields findings, and flat records for the result's table.

    `needs`: "counts" alone, "rows" that are compared or searched, or "models" fitted to sampled rows.
    """

    code: str
    name: str
    judge: Judge
    title: str
    sections: Mapping[str, str]
    options: Mapping[str, Any]
    needs: Need = "counts"

    def configured(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options to call the rule with; UseCaseError for one it does not have or of another type."""
        for name, value in given.items():
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise UseCaseError(
                    f"[rules.{self.code}] {name} is not an option{hint(name, self.options)} (options: {known})"
                )
            default = self.options[name]
            if isinstance(value, bool) or not isinstance(value, type(default) if type(default) is int else int | float):
                raise UseCaseError(f"[rules.{self.code}] {name} must be a number like {default}, got {value!r}")
            if value < 0:
                raise UseCaseError(f"[rules.{self.code}] {name} cannot be negative, got {value!r}")
        return dict(given)

    def run(self, tally: Tally, use: UseCase) -> tuple[tuple[Finding, ...], tuple[Record, ...], str | None]:
        """Judge a tally against a use: findings, table, and the reason why the rule did not run, if it did not."""
        findings: list[Finding] = []
        table: list[Record] = []
        try:
            for item in self.judge(tally, use, **self.configured(use.rules.get(self.code, {}))):
                if isinstance(item, Finding):
                    findings.append(item)
                else:
                    table.append(item)
        except NotRun as reason:
            return tuple(findings), tuple(table), str(reason)
        return tuple(findings), tuple(table), None


def rule(code: str, name: str, *, needs: Need = "counts") -> Callable[[Judge], Judge]:
    """Mark a function as the rule `code`; its docstring must have the four headings of `HEADINGS`."""

    def mark(judge: Judge) -> Judge:
        if not re.fullmatch(r"[A-Z]+\d+", code):
            raise TypeError(f"{code}: a rule's code is a family in capitals and a number, like OUT001")
        title, sections = _sections(inspect.getdoc(judge) or "")
        if list(sections) != list(HEADINGS):
            raise TypeError(f"{code}: the docstring needs the headings {', '.join(HEADINGS)}")
        parameters = inspect.signature(judge).parameters.values()
        options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        judge.rule = Rule(code, name, judge, title, sections, options, needs)  # type: ignore[attr-defined] # the mark itself
        return judge

    return mark


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    parts = re.split(rf"^({'|'.join(HEADINGS)}): ?", doc, flags=re.MULTILINE)
    texts = [" ".join(part.split()) for part in parts]
    return texts[0], dict(zip(texts[1::2], texts[2::2], strict=True))


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule by its code, in the order of the codes' families."""
    found: dict[str, Rule] = {}
    for module in ANALYZERS:
        for value in vars(importlib.import_module(module)).values():
            if isinstance(marked := getattr(value, "rule", None), Rule):
                if marked.code in found:
                    raise TypeError(f"two rules are called {marked.code}")
                found[marked.code] = marked
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


# The order in which families are read; one that is not here comes after them.
FAMILIES = ("REP", "OUT", "PRX", "TXT", "LAB", "QLT", "MDL", "FIT", "POL")


def family(code: str) -> str:
    """Return the family of a rule: its code without the number.

    >>> family("OUT001")
    'OUT'
    """
    return code.rstrip("0123456789")


def _order(code: str) -> tuple[int, str]:
    known = family(code) in FAMILIES
    return FAMILIES.index(family(code)) if known else len(FAMILIES), code


def selected(patterns: tuple[str, ...]) -> set[str]:
    """Return the codes that rules or families like `OUT001` or `PRX` name; UseCaseError for an unknown one."""
    codes = all_rules()
    chosen: set[str] = set()
    for pattern in patterns:
        matched = {code for code in codes if pattern.upper() in (code, family(code))}
        if not matched:
            families = {family(code) for code in codes}
            raise UseCaseError(f"no rule or family is called '{pattern}'{hint(pattern, [*codes, *families])}")
        chosen |= matched
    return chosen


def find(code: str) -> Rule:
    """Return a rule by its code; UseCaseError with a hint when there is none."""
    rules = all_rules()
    if code.upper() not in rules:
        raise UseCaseError(f"no rule is called '{code}'{hint(code, rules)}")
    return rules[code.upper()]
