"""What a rule is: a code, the name of a fault, a documented function from the evidence and the use to findings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from auditor.analyzers.adjusting import Adjusting, adjusted, not_adjusted
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Headlines
from auditor.analyzers.no_outcomes import without_outcomes
from auditor.analyzers.preconditions import FITTED, Precondition, Supply, unmet
from auditor.analyzers.suppressed import Answer, Columns, Suppressed, answer
from auditor.errors import UseCaseError, hint
from auditor.model import Ask, Documentation, Finding, Quantity, Severity

# The program's own rules live in these: a new file of rules is named here and nowhere else.
ANALYZERS = (
    "auditor.analyzers.representation.shares",
    "auditor.analyzers.representation.unknown_groups",
    "auditor.analyzers.representation.power",
    "auditor.analyzers.outcomes.rates",
    "auditor.analyzers.outcomes.strata",
    "auditor.analyzers.adjusted.gap",
    "auditor.analyzers.adjusted.decomposed",
    "auditor.analyzers.periods.shares",
    "auditor.analyzers.periods.gaps",
    "auditor.analyzers.outcomes.intersections",
    "auditor.analyzers.process.stages",
    "auditor.analyzers.process.lists",
    "auditor.analyzers.process.ranks",
    "auditor.analyzers.outcomes.numeric",
    "auditor.analyzers.outcomes.probable_groups",
    "auditor.analyzers.outcomes.subgroups",
    "auditor.analyzers.scores.gap",
    "auditor.analyzers.scores.cuts",
    "auditor.analyzers.scores.errors",
    "auditor.analyzers.scores.accuracy",
    "auditor.analyzers.scores.calibration",
    "auditor.analyzers.proxies.columns",
    "auditor.analyzers.proxies.leakage",
    "auditor.analyzers.proxies.shortcuts",
    "auditor.analyzers.proxies.recovery",
    "auditor.analyzers.texts.marking",
    "auditor.analyzers.texts.penalties",
    "auditor.analyzers.vectors.groups",
    "auditor.analyzers.vectors.copies",
    "auditor.analyzers.vectors.regions",
    "auditor.analyzers.labels.matched_pairs",
    "auditor.analyzers.labels.errors",
    "auditor.analyzers.labels.missing",
    "auditor.analyzers.quality.rows",
    "auditor.analyzers.proxies.blind_model",
    "auditor.analyzers.proxies.alternatives",
    "auditor.analyzers.fitness.coverage",
    "auditor.analyzers.fitness.columns",
    "auditor.analyzers.labels.meaning",
    "auditor.analyzers.representation.sample_size",
    "auditor.analyzers.quality.tables",
    "auditor.analyzers.pay.figures",
    "auditor.analyzers.pay.categories",
    "auditor.analyzers.pay.unusable",
)

PLUGINS = "dataudit.rules"  # the group of entry points
HEADINGS = ("How it is measured", "Why it matters", "What to do", "Source")

Record = Mapping[str, Any]
Judge = Callable[..., Iterator["Finding | Record"]]


class NotRun(Exception):
    """Raised by a rule that cannot be applied to these data; the message is the reason."""


@dataclass(frozen=True)
class Rule:
    """A rule: `judge(evidence, use, **options)` yields findings, and flat records for the result's table.

    It is asked only where all of `needs` are met; of `wants` it makes use, and runs without. `severity` holds unless
    the policy names another. `crude` is the rule whose gaps this one compares within strata. `absence` is the severity
    of a share of nought. `pooled`: a group too small to be shown is counted with another in what is written about it.
    `suppressed`: how it handles suppressed small cells, `columns` those that may be suppressed in part
    (`auditor.analyzers.suppressed`). `units`: how it handles people who appear more than once, clusters and weights
    (`auditor.analyzers.adjusting`). `measures` explains each number of its findings, `leading` names those by which two
    audits are compared, each in words. `asks` is the kind of action that its findings ask for, `headlines` gives their
    results in a few words. `aliases` are former names, by which a user may still name it. `about` is what it is about
    and few uses state: without it, the rule is no part of an audit unless it is asked for. `on_request`: it is a part
    only where it is asked for. It is asked for by its name or options, or where a policy's verdict rests on it.
    `compares`: its findings compare the outcomes of groups, so that a group without any outcome is a finding of its
    own, first of all (`auditor.analyzers.no_outcomes`).
    """

    code: str
    name: str
    judge: Judge
    title: str
    sections: Mapping[str, str]
    options: Mapping[str, Any]
    needs: tuple[Precondition, ...] = ()
    wants: tuple[Supply, ...] = ()
    severity: Severity = Severity.NOTE
    crude: str | None = None
    absence: Severity | None = None
    pooled: bool = False
    suppressed: Suppressed = "rest"
    columns: Columns | None = None
    measures: Mapping[str, Quantity] = field(default_factory=dict)
    leading: Mapping[str, str] = field(default_factory=dict)
    asks: Ask | None = None
    headlines: Headlines = field(default_factory=Headlines)
    units: Adjusting = "rows"
    aliases: tuple[str, ...] = ()
    about: Precondition | None = None
    on_request: bool = False
    compares: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All that a user may name it by: its code, its name and those that it had before."""
        return self.code, self.name, *self.aliases

    @property
    def documentation(self) -> Documentation:
        """What an audit keeps of it, so that it explains itself."""
        return Documentation(self.name, self.title, self.sections, self.measures, self.leading, self.asks)

    @property
    def needs_rows(self) -> bool:
        """Whether counts that were made elsewhere are not enough."""
        return any(need.rows for need in self.needs)

    @property
    def needs_models(self) -> bool:
        """Whether models are fitted for it."""
        return any(need.supply in FITTED for need in self.needs)

    @property
    def conditions(self) -> tuple[Precondition, ...]:
        """What must be there for it to be asked: what it is about, and its needs."""
        return (*([self.about] if self.about else []), *self.needs)

    @property
    def everywhere(self) -> bool:
        """Whether it is a part of every audit."""
        return self.about is None and not self.on_request

    def concerns(self, evidence: Evidence) -> bool:
        """Whether the data have what the rule is about."""
        return not self.on_request and (self.about is None or self.about.missing(evidence) is None)

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

    def run(self, evidence: Evidence) -> Answer:
        """Judge the evidence: findings, table, and the reason why the rule did not run, if it did not."""
        if reason := unmet(self.conditions, evidence):
            return (), (), reason
        if reason := not_adjusted(self.units, evidence.tally):
            return (), (), reason
        evidence = adjusted(self.units, evidence)
        return answer(self._judged, evidence, self.suppressed, self.columns, self.measures)

    def _judged(self, evidence: Evidence) -> Answer:
        findings: list[Finding] = []
        table: list[Record] = []
        try:
            for item in self.judge(evidence, evidence.use, **self.configured(evidence.use.rules.get(self.code, {}))):
                if isinstance(item, Finding):
                    findings.append(self.headlines.headed(item))
                else:
                    table.append(item)
        except NotRun as reason:
            return tuple(findings), tuple(table), str(reason)
        passed_over = without_outcomes(evidence) if self.compares else ()
        return (*passed_over, *findings), tuple(table), None


def rule(
    code: str,
    name: str,
    *,
    needs: Sequence[Precondition] = (),
    wants: Sequence[Supply] = (),
    severity: Severity = Severity.NOTE,
    crude: str | None = None,
    absence: Severity | None = None,
    pooled: bool = False,
    suppressed: Suppressed = "rest",
    columns: Columns | None = None,
    measures: Mapping[str, Quantity] | None = None,
    leading: Mapping[str, str] | None = None,
    asks: Ask | None = None,
    headlines: Headlines | None = None,
    units: Adjusting = "rows",
    aliases: Sequence[str] = (),
    about: Precondition | None = None,
    on_request: bool = False,
    compares: bool = False,
) -> Callable[[Judge], Judge]:
    """Mark a function as the rule `code`; its docstring must have the four headings of `HEADINGS`."""

    def mark(judge: Judge) -> Judge:
        if not re.fullmatch(r"[A-Z]+\d+", code):
            raise TypeError(f"{code}: a rule's code is a family in capitals and a number, like OUT001")
        title, sections = _sections(inspect.getdoc(judge) or "")
        if list(sections) != list(HEADINGS):
            raise TypeError(f"{code}: the docstring needs the headings {', '.join(HEADINGS)}")
        parameters = inspect.signature(judge).parameters.values()
        options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        made = Rule(
            code, name, judge, title, sections, options, tuple(needs), tuple(wants), Severity(severity), crude, absence,
            pooled, suppressed, columns, measures or {}, leading or {}, asks, headlines or Headlines(), units,
            tuple(aliases), about, on_request, compares,
        )  # fmt: skip
        judge.rule = made  # type: ignore[attr-defined] # the mark itself
        return judge

    return mark


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    parts = re.split(rf"^({'|'.join(HEADINGS)}): ?", doc, flags=re.MULTILINE)
    texts = [" ".join(part.split()) for part in parts]
    return texts[0], dict(zip(texts[1::2], texts[2::2], strict=True))


def all_rules() -> dict[str, Rule]:
    """Return every rule by its code, in the order of the codes' families: the program's own, and those of plug-ins."""
    return catalogue().rules


@dataclass(frozen=True)
class Catalogue:
    """The rules by their codes; `plugins` are the packages that gave some, `broken` gives why others could not.

    `named` has each rule under its code, its name and its aliases, all in lower case.
    """

    rules: dict[str, Rule]
    named: dict[str, Rule]
    plugins: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@cache
def catalogue() -> Catalogue:
    """Load the program's own rules and those of installed plug-ins (entry points `dataudit.rules`).

    An entry point names a function that is marked with `rule`, or a module that holds some. A shown fault of theirs is
    for information unless a policy states otherwise. One that cannot be loaded is left out, and reported.
    """
    found: dict[str, Rule] = {}
    for module in ANALYZERS:
        for marked in _marked(importlib.import_module(module)):
            if taken := _taken([*found.values(), marked]):
                raise TypeError(f"two rules are called {taken}")
            found[marked.code] = marked
    plugins, broken = [], []
    for entry in sorted(entry_points(group=PLUGINS), key=lambda entry: entry.name):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.name
        try:
            marks = _marked(entry.load())
            if not marks:
                raise TypeError(f"'{entry.value}' holds no rule")
            if taken := _taken([*found.values(), *marks]):
                raise TypeError(f"a rule is called {taken} already")
        except Exception as error:  # whatever somebody else's package does at import must not stop an audit
            broken.append(f"{package} ({entry.name}): {type(error).__name__}: {str(error).rstrip('.')}")
            continue
        found |= {mark.code: replace(mark, severity=Severity.NOTE, absence=None) for mark in marks}
        plugins.append(package)
    ordered = dict(sorted(found.items(), key=lambda item: _order(item[0])))
    named = {name.lower(): rule for rule in ordered.values() for name in rule.names}
    return Catalogue(ordered, named, tuple(dict.fromkeys(plugins)), tuple(broken))


def codes() -> dict[str, str]:
    """Return the code of every rule by each of its names, as they are written."""
    return {name: rule.code for rule in all_rules().values() for name in rule.names}


def _taken(rules: Sequence[Rule]) -> str | None:
    """Return the first code, name or alias that two rules have, if any."""
    seen: set[str] = set()
    for made in rules:
        for name in dict.fromkeys(name.lower() for name in made.names):
            if name in seen:
                return next(each for each in made.names if each.lower() == name)
            seen.add(name)
    return None


def _marked(thing: object) -> list[Rule]:
    """Return the rule that a function is, or those that a module holds."""
    values = [thing, *(vars(thing).values() if isinstance(thing, ModuleType) else ())]
    return [mark for value in values if isinstance(mark := getattr(value, "rule", None), Rule)]


# The order in which families are read; one that is not here comes after them.
FAMILIES = ("REP", "OUT", "STG", "RNK", "SCO", "ADJ", "PAY", "PRX", "TXT", "EMB", "LAB", "QLT", "MDL", "FIT", "POL")


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
    """Return the codes of rules and families (`OUT001`, `outcome-gap`, `PRX`); UseCaseError for an unknown one."""
    codes = all_rules()
    chosen: set[str] = set()
    for pattern in patterns:
        matched = {code for code in codes if pattern.upper() == family(code)}
        chosen |= matched or {find(pattern, "rule or family", {family(code) for code in codes}).code}
    return chosen


def find(name: str, kind: str = "rule", others: Iterable[str] = ()) -> Rule:
    """Return a rule by its code, its name or an alias, in upper or lower case; UseCaseError with a hint for others.

    `kind` is what the name may stand for, `others` what else it may be.
    """
    found = catalogue()
    if name.lower() not in found.named:
        names = [each for rule in found.rules.values() for each in rule.names]
        raise UseCaseError(f"no {kind} is called '{name}'{hint(name, [*names, *others])}")
    return found.named[name.lower()]
