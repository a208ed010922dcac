"""From results and the stated use to the verdict: one pure function, never a score."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from auditor.analyzers.catalog import Rule, all_rules, family, find
from auditor.analyzers.preconditions import PEOPLE, TARGET, asked_for
from auditor.audit.actions import OWNERS, owner_of
from auditor.audit.needed import is_meant, is_open, justified, needed, open_findings, reasoned, unanswered
from auditor.model import Finding, LeftOut, Level, Result, Severity, State, Verdict
from auditor.use.needs import sentence
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MOST_SENTENCES = 15
OF_MODELS = ("PRX", "TXT", "EMB", "MDL")  # families about what a model would learn about the group
SAYS = Says(
    condition="{what} [Owner: {owner} · verify with {rules:each}]",
    waived="{what} ({waiver}.)",
    reason="Verify the reason given for {stratum} as a stratum. Only then use the gap within it in place of the crude "
    "gap of '{level}' and '{reference}'.",
    failed="{rule} crashed; please report it{>why}.",
    to_check="{rule} {name} must be run{>why}.",
    left_open="Resolve the inconclusive result of {rule} {name} before the data are used. {first}{>others}",
    others=" ({more} more of its findings are inconclusive.)",
    to_name="{ask}, so that {rules:ands} can run.",
    why=" ({reason})",
    further="There are {more} more; each finding states its own.",
)

_Groups = frozenset[tuple[str | None, frozenset[str | None]]]


def severity_of(rule: Rule, use: UseCase, state: State = State.SHOWN) -> Severity:
    """Return the effect of a finding of `rule` in `state` on the verdict: from rule, policy, decision and label."""
    severity = use.policy.severity.get(rule.code, rule.severity)
    automated = use.use.decision == "automated" and use.use.stakes == "high"
    if automated and state is State.SHOWN_STRONG and rule.code in use.policy.verdict.raised:
        severity = Severity.BLOCK
    if family(rule.code) in ("OUT", "SCO") and use.label.kind == "measured_outcome" and severity is Severity.BLOCK:
        severity = Severity.CONDITION
    if (use.use.decision == "research" or use.use.stakes == "low") and severity is Severity.BLOCK:
        severity = Severity.CONDITION
    if use.use.purpose != "train" and family(rule.code) in OF_MODELS:
        severity = Severity.NOTE  # it is about a model of the data, and no model is trained
    if family(rule.code) == "ADJ" and not justified(use):
        severity = Severity.NOTE  # any proxy for the group would explain its gap
    if rule.crude and severity is Severity.BLOCK and not reasoned(use):
        severity = Severity.CONDITION
    return severity


def severities(results: Sequence[Result], use: UseCase) -> list[list[Severity | None]]:
    """Return, for each finding of each result, its effect on the verdict; None: no effect."""
    conditioned = _conditioned(results, use)
    return [[_severity(result, finding, use, conditioned) for finding in result.findings] for result in results]


def left_open(results: Sequence[Result], use: UseCase, data: Collection[str]) -> tuple[str, ...]:
    """Return the rules that must run, ran, and left something open without a waiver."""
    _, checked = needed(use, data, conditioned=bool(_conditioned(results, use)))
    return tuple(result.rule for result in results if result.rule in checked and unanswered(result, use))


def decide(results: Sequence[Result], use: UseCase, data: Collection[str] = ()) -> Verdict:
    """Judge the results: unfit, else inconclusive, else fit with conditions, else fit; the first that holds.

    `data` are the kinds of the data (`kinds_of`). Unfit: a blocking fault is shown, or a group that the use is for is
    absent. Inconclusive: a rule that the policy requires or wants run did not run, a required one left a group of the
    use open, or any rule crashed. What a rule that must run leaves open is a condition, unless a waiver covers it. Fit
    needs every one of them clear.

    Not judged: the request left out rules that a verdict needs (`_selection`), and the others neither show the data
    unfit nor failed; `because` then has the rules that ask for a condition. Without models alone the others are whole:
    what they leave open is inconclusive, as it is for a use that needs no model.
    """
    conditioned = _conditioned(results, use)
    required, checked = needed(use, data, conditioned=bool(conditioned))

    def codes(severity: Severity) -> list[str]:
        return [
            result.rule
            for result in results
            if any(_severity(result, finding, use, conditioned) is severity for finding in result.findings)
        ]

    blocking = codes(Severity.BLOCK)
    selection = _selection(results, use, (*required, *checked))
    open_rules = [
        result.rule
        for result in results
        if result.failed
        or (
            result.left_out is None
            and (
                (result.state is State.NOT_RUN and result.rule in (*required, *checked))
                or (result.rule in required and open_findings(result, use))
            )
        )
    ]
    there = {result.rule for result in results}
    missing = [rule for rule in dict.fromkeys((*required, *checked)) if rule not in there]
    conditional = set(codes(Severity.CONDITION))
    still_open = [(result, of) for result in results if result.rule in checked and (of := unanswered(result, use))]
    conditional |= {result.rule for result, _ in still_open}
    conditions = [result.rule for result in results if result.rule in conditional]
    if blocking:
        level, because = Level.UNFIT, blocking
    elif selection and not any(result.failed for result in results) and not (open_rules and _only_models(results)):
        level, because = Level.NOT_JUDGED, conditions
    elif open_rules or missing:
        level, because = Level.CANNOT_TELL, [*open_rules, *missing]
    elif conditional:
        level, because = Level.FIT_WITH_CONDITIONS, conditions
    else:
        level, because = Level.FIT, []
    not_checked = tuple(result.rule for result in results if result.state is State.NOT_RUN)
    return Verdict(
        level,
        tuple(because),
        conditions=_unique([*_conditions(results, use, conditioned), *_open_conditions(still_open)]),
        to_settle=_unique(
            [
                *_to_settle(results, use, (*required, *checked)),
                *([] if selection else _to_name(results, use, data)),
            ]
        ),
        not_checked=not_checked,
        selection=selection,
        ran=len(results) - len(not_checked),
        rules=len(results),
    )


def _selection(results: Sequence[Result], use: UseCase, required: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that were left out on request and that could have decided.

    For rules named one by one (only, skip) these are all whose fault would count, whatever the result. Rules that fit
    models are left out as a kind, which is a use of its own, so only the required ones of them are missed.
    """
    return tuple(
        result.rule
        for result in results
        if result.left_out
        and (
            result.rule in required
            or (
                result.left_out is not LeftOut.NO_MODELS
                and severity_of(find(result.rule), use, State.SHOWN_STRONG) is not Severity.NOTE
            )
        )
    )


def _only_models(results: Iterable[Result]) -> bool:
    """Whether no rule was left out by its name, so that each one that fits no model was to run."""
    return all(result.left_out in (None, LeftOut.NO_MODELS) for result in results)


def _conditioned(results: Iterable[Result], use: UseCase) -> _Groups:
    """Return the groups whose crude gap the declared strata put in question.

    That is where every stratum has its reason in the use, and the gap within the strata is clear or Simpson's paradox
    is flagged. There the verdict rests on the rule that compares within them, and the crude gap is a condition: the
    stratum must be justified. A stratum without a reason changes nothing, because any proxy for the group would explain
    its gap.
    """
    if not reasoned(use):
        return frozenset()
    return frozenset(
        _group(finding)
        for result in results
        if find(result.rule).crude
        for finding in result.findings
        if _pooled(finding) and (finding.state is State.CLEAR or finding.measures["simpson"].value == 1)
    )


def _group(finding: Finding) -> tuple[str | None, frozenset[str | None]]:
    """Return the two groups of a finding, whichever of them is the reference."""
    return finding.subject.get("group"), frozenset({finding.subject.get("level"), finding.subject.get("reference")})


def _pooled(finding: Finding) -> bool:
    """Whether a finding within strata is about all of them together."""
    return "simpson" in finding.measures


def _severity(result: Result, finding: Finding, use: UseCase, conditioned: _Groups) -> Severity | None:
    """Return the severity of a finding that counts: shown, or borderline as a condition at most; waived, a step down.

    A waiver means that somebody accepts a finding, not that it is resolved: what would block becomes a condition.
    """
    severity = _plain_severity(result, finding, use, conditioned)
    return _step_down(severity) if finding.waiver and severity else severity


def _step_down(severity: Severity) -> Severity:
    return Severity.CONDITION if severity is Severity.BLOCK else Severity.NOTE


def _plain_severity(result: Result, finding: Finding, use: UseCase, conditioned: _Groups) -> Severity | None:
    if finding.state.found:
        rule = find(result.rule)
        if _is_crude(rule) and _group(finding) in conditioned:
            return Severity.CONDITION
        share = finding.measures.get("share")
        if rule.absence and share is not None and share.value == 0:
            return rule.absence
        return _lowered(severity_of(rule, use, finding.state), finding, use)
    if finding.state is State.BORDERLINE and severity_of(find(result.rule), use) is not Severity.NOTE:
        return Severity.CONDITION
    return None


def _is_crude(rule: Rule) -> bool:
    """Whether another rule compares the same within strata."""
    return any(other.crude == rule.code for other in all_rules().values())


def _lowered(severity: Severity, finding: Finding, use: UseCase) -> Severity:
    """Return the severity one step down for a group outside the stated population: nothing is claimed about it."""
    if is_meant(finding, use):
        return severity
    return _step_down(severity)


def _conditions(results: Sequence[Result], use: UseCase, conditioned: _Groups) -> Iterable[str]:
    """Return what must be done, its owner, and the rules that verify it; what several rules ask for appears once."""
    asked: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for finding in result.findings:
            owner = owner_of(result.rule)
            sentences: list[tuple[str, str]] = []
            if find(result.rule).crude and _group(finding) in conditioned and _pooled(finding):
                sentences.append((_reason_verified(finding), owner))
            if _severity(result, finding, use, conditioned) in (Severity.BLOCK, Severity.CONDITION):
                sentences += [(_waived(sentence(need), finding), OWNERS["REP"]) for need in finding.needs]
                sentences += [(_waived(finding.remedy, finding), owner)] if finding.remedy else []
            for each in sentences:
                asked.setdefault(each, []).append(result.rule)
    return [
        SAYS("condition", what=what, owner=owner, rules=[*dict.fromkeys(by)]) for (what, owner), by in asked.items()
    ]


def _waived(what: str, finding: Finding) -> str:
    """Return what is asked for, and with it the waiver of its finding, where it has one."""
    return SAYS("waived", what=what, waiver=finding.waiver) if finding.waiver else what


def _reason_verified(finding: Finding) -> str:
    """Ask to verify what excuses a crude gap: that the strata are what the use states."""
    of = finding.subject
    return SAYS("reason", stratum=of["stratum"], level=of["level"], reference=of["reference"])


def _to_settle(results: Iterable[Result], use: UseCase, required: Sequence[str]) -> Iterable[str]:
    for result in results:
        if result.failed:
            yield SAYS("failed", rule=result.rule, reason=result.reason)
        elif (
            result.state is State.NOT_RUN
            and result.rule in required
            and not result.left_out
            and not asked_for(result.reason)
        ):
            yield SAYS("to_check", rule=result.rule, name=result.name, reason=result.reason)
        for finding in result.findings:
            if is_open(finding, use) and (finding.settle or finding.needs or result.rule in required):
                yield from map(sentence, finding.needs)
                if finding.settle or not finding.needs:
                    yield finding.settle or finding.message


def _open_conditions(still_open: Iterable[tuple[Result, Sequence[Finding]]]) -> Iterable[str]:
    """Ask to resolve what rules that must run, and ran, left inconclusive."""
    for result, (first, *others) in still_open:
        facts = {"rule": result.rule, "name": result.name, "first": first.message, "more": len(others) or None}
        yield SAYS("condition", what=SAYS("left_open", **facts), owner=owner_of(result.rule), rules=[result.rule])


def _to_name(results: Iterable[Result], use: UseCase, data: Collection[str]) -> Iterable[str]:
    """Ask by name for the missing columns and statements that kept rules from running."""
    waiting: dict[str, list[str]] = {}
    for result in results:
        asked = None if use.pay.base and result.reason == TARGET.why else asked_for(result.reason)  # pay is no outcome
        if result.left_out is None and (ask := asked):
            waiting.setdefault(ask, []).append(result.rule)
    for ask, rules in waiting.items():
        yield SAYS("to_name", ask=ask, rules=rules)
    if "rows" in data and "id" not in data and use.features.id is None:
        yield PEOPLE


def _unique(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences without repeats; of a long list the first ones, and how many more there are."""
    found = tuple(dict.fromkeys(sentences))
    if len(found) <= MOST_SENTENCES:
        return found
    return (*found[: MOST_SENTENCES - 1], SAYS("further", more=len(found) - MOST_SENTENCES + 1))
