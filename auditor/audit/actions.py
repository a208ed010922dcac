"""The work list of an audit: one row for each kind of action, what decides the verdict first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.analyzers.catalog import family, find
from auditor.model import Action, Ask, Finding, Need, Result, Severity
from auditor.use.levels.bare import named_subject
from auditor.use.says import Says, Sentence

# Who can take an action, by the family of its rule.
OWNERS = {
    "REP": "data owner",
    "QLT": "data owner",
    "OUT": "decision owner",
    "SCO": "model team",
    "ADJ": "decision owner",
    "PAY": "employer",
    "LAB": "decision owner",
    "PRX": "model team",
    "TXT": "model team",
    "EMB": "model team",
    "MDL": "model team",
}
OWNER_ELSE = "product owner"
WATCH = "watch"  # the key of a remedy that asks to monitor, and for no more
SAYS = Says(
    collect="Collect about {rows:people} more row{rows:s}, or narrow the use",
    of="{group}: {level}",
    in_category="category {category} ({level})",
    done="a new audit no longer finds it",
    collected="a new audit asks for no more rows",
    monitor="Monitor what is near the threshold",
    monitored="it is monitored in use, with a named owner",
    resolve="Resolve the inconclusive checks",
    resolved="each of them has a result, or somebody accepts in writing what is open",
)


def owner_of(code: str) -> str:
    """Return the owner of what a rule asks for.

    >>> owner_of("OUT001")
    'decision owner'
    """
    return OWNERS.get(family(code), OWNER_ELSE)


@dataclass
class _Asked:
    """An action while its findings are gathered."""

    ask: Ask
    severity: Severity
    applies: dict[str, None] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)
    findings: dict[str, None] = field(default_factory=dict)


def actions(results: Sequence[Result], left_open: Sequence[str] = ()) -> tuple[Action, ...]:
    """Return what findings that count ask for; findings have their severity and id (`auditor.audit.mark`).

    `left_open` are rules whose open findings are a condition: these are resolved together.
    """
    asked: dict[tuple[str, str], _Asked] = {}
    order = list(Severity)
    for result in results:
        for finding in result.findings:
            if finding.severity in (Severity.BLOCK, Severity.CONDITION):
                for ask, applies in _asks(result.rule, finding):
                    one = asked.setdefault((ask.what, ask.owner), _Asked(ask, finding.severity))
                    one.severity = min(one.severity, finding.severity, key=order.index)
                    one.applies |= dict.fromkeys(applies)
                    one.rules[result.rule] = one.findings[finding.id] = None
    done = [
        Action(
            of.ask.what,
            tuple(of.applies),
            of.ask.owner,
            of.ask.done or SAYS("done"),
            of.severity,
            tuple(of.rules),
            tuple(of.findings),
        )
        for of in asked.values()
    ]
    if left_open:
        names = tuple(f"{result.rule} {result.name}" for result in results if result.rule in left_open)
        resolve, resolved = SAYS("resolve"), SAYS("resolved")
        done.append(Action(resolve, names, OWNER_ELSE, resolved, Severity.CONDITION, tuple(left_open)))
    return tuple(sorted(done, key=lambda action: order.index(action.severity)))


def _asks(code: str, finding: Finding) -> Iterator[tuple[Ask, list[str]]]:
    """Yield what a finding asks for: rows of a group, and its rule's own kind of action."""
    for need in finding.needs:
        yield _collect(need), [SAYS("of", group=need.group, level=need.level)]
    if finding.remedy:
        ask = _asked_of(code, finding.remedy)
        subject = named_subject(finding.subject)
        applies = [
            SAYS("in_category", **subject) if key == "category" else subject[key] for key in ask.of if key in subject
        ]
        yield ask, applies[:1]


def _asked_of(code: str, remedy: str) -> Ask:
    """Return the kind of action of a rule; where the remedy is to monitor, no more than that is asked for."""
    asks = find(code).asks or Ask(remedy, owner_of(code), "")
    if isinstance(remedy, Sentence) and remedy.said.keys == (WATCH,):
        return Ask(SAYS("monitor"), owner_of(code), SAYS("monitored"), asks.of)
    return asks


def _collect(need: Need) -> Ask:
    return Ask(SAYS("collect", rows=need.rows), OWNERS["REP"], SAYS("collected"))
