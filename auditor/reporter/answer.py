"""The first screen: the verdict, the use that it is about, how much was checked, and at most three main reasons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.format import in_json, people, without_flags
from auditor.model import Audit, Finding, Level, Result, Severity, State
from auditor.reporter.bins import Bin, anchor, coverage
from auditor.reporter.cells import short_ratio, written
from auditor.reporter.charts import bars
from auditor.reporter.glosses import glosses
from auditor.reporter.parts import Part, part_of
from auditor.reporter.published import is_published
from auditor.reporter.view import selection
from auditor.use.levels.bare import named_subject

VERDICTS = {
    Level.FIT: ("Fit", "No disqualifying problem was found at the declared thresholds."),
    Level.FIT_WITH_CONDITIONS: ("Fit with conditions", "The data suit this use only if the actions below are taken."),
    Level.UNFIT: ("Unfit", "At least one finding rules out this use."),
    Level.CANNOT_TELL: ("Inconclusive", "The data or the description of their use do not settle whether they suit it."),
    Level.NOT_JUDGED: ("Selection of checks", "Some checks were left out, so no verdict is given."),
}
# Of a review of decisions: it speaks of what was decided, not of a model.
REVIEWS = {
    Level.FIT: ("No gap found", "No gap between groups was found at the declared thresholds."),
    Level.FIT_WITH_CONDITIONS: (
        "Findings to resolve",
        "No finding blocks this use; the actions below must be taken before the data are relied on.",
    ),
    Level.UNFIT: ("A gap is shown", "At least one gap is found that must be explained or corrected."),
    Level.CANNOT_TELL: (
        "Too little data to say",
        "The data, or their description, do not settle whether there is a gap.",
    ),
    Level.NOT_JUDGED: VERDICTS[Level.NOT_JUDGED],
}
NO_REVIEW = ("Not fit for this review", "The data cannot support a review of the decisions as stated.")
WORDS = 25  # of a headline
CUT = "favourable outcome"  # what a decision is about that cuts a number at its median
COMPARED = (">", "<")  # what a favourable value begins with that is no value but a comparison
MOST_REASONS = 3


@dataclass(frozen=True)
class Reason:
    """A main reason: what was found, a small picture of it (markup of our own), and its anchor."""

    text: str
    picture: str
    code: str
    anchor: str


def verdict(audit: Audit) -> tuple[str, str]:
    """Return the verdict in words, and what it means; with it how many checks the request left out."""
    words, meaning = _verdict(audit)
    return words, " ".join([meaning, *selection(audit)])


def _verdict(audit: Audit) -> tuple[str, str]:
    level = audit.verdict.level
    if audit.use_case["use"].get("purpose") != "review":
        return VERDICTS[level]
    if level is Level.UNFIT and not any(part_of(code) is Part.GROUPS for code in audit.verdict.because):
        return NO_REVIEW
    return REVIEWS[level]


def use(audit: Audit) -> str:
    """Return in a few words the use that the verdict is about."""
    stated = audit.use_case["use"]
    what = f"{stated['decision']}, {stated['stakes']} stakes"
    if stated.get("purpose") == "review":
        what = f"review of decisions, {stated['stakes']} stakes"
    if stated.get("problem"):
        return f"{str(stated['problem']).rstrip('.')} ({what})"
    return f"{'the stated use' if audit.use_case.get('stated') else 'an assumed use'} ({what})"


def selected(audit: Audit) -> str:
    """Return what "selected" means in the report; "" without an outcome."""
    label = audit.use_case["label"]
    if not label.get("column") or not label.get("positive"):
        return ""
    values = [str(value) for value in label["positive"]]
    if len(values) == 1 and values[0].startswith(COMPARED):
        assumed = any(of.about == CUT and label["column"] in of.columns for of in audit.dataset.reading)
        return f"Selected: {label['column']} {values[0]}{', the median of all rows' if assumed else ''}."
    return f"Selected: {label['column']} is {' or '.join(values)}."


def weighted(audit: Audit) -> str:
    """Return what numbers of people are where rows are weighted; "" where they are people."""
    weight = audit.use_case["features"].get("weight")
    if not weight:
        return ""
    return f"Rows are weighted by {weight}: numbers of people in rates are effective sample sizes, not people counted."


def explained(audit: Audit) -> list[str]:
    """Return what the words and numbers of the first screen mean, in sentences."""
    texts = [*(reason.text for reason in reasons(audit)), *(of.done for of in audit.verdict.actions)]
    return [*filter(None, (selected(audit), weighted(audit))), *glosses(texts)]


def further(audit: Audit) -> list[tuple[str, str]]:
    """Return code and name of the rules that the verdict rests on and that no main reason is of."""
    named = {reason.code for reason in reasons(audit)}
    names = {result.rule: result.name for result in audit.results}
    return [(code, names.get(code, "")) for code in audit.verdict.because if code not in named]


def is_assumed(audit: Audit) -> bool:
    """Whether no problem is stated, so that the use has no words of its own."""
    return not audit.use_case["use"].get("problem")


def data_line(audit: Audit) -> list[str]:
    """Return what the audit is about: the file, its rows, its period, and the id of the report."""
    parts = [f"{people(audit.dataset.rows)} rows"]
    period = (audit.use_case.get("population") or {}).get("period")
    if period:
        parts.append(f"{period[0]}–{period[1]}")
    return [*parts, f"report {report_id(audit)}"]


def report_id(audit: Audit) -> str:
    """Return eight characters that name this audit: a hash of all that it holds but how it was made."""
    data = audit.to_dict()
    data["provenance"].pop("created")
    data["provenance"].pop("command")
    for key in ("files", "fail_on"):  # of the command, not of the data
        data["use_case"].pop(key, None)
    if data["compared"] and not data["compared"]["series"]:
        data["compared"].pop("series")  # likewise
    if not data["recompute"]:  # so that an older saved audit keeps its id
        data.pop("recompute")
    text = in_json(json.dumps(data, sort_keys=True, ensure_ascii=False), "utf-8")  # as it is saved
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def covered(audit: Audit) -> str:
    """Return how many checks ran, in a line."""
    of = coverage(audit)
    partly = f", {of.partly} in part" if of.partly else ""
    parts = [f"{of.ran} of {of.checks} checks ran", f"{of.inconclusive} inconclusive{partly}", f"{of.not_run} not run"]
    return " · ".join(parts)


def counts(audit: Audit) -> list[tuple[Bin, str]]:
    """Return the number of findings that count, by bin."""
    of = coverage(audit).by_bin
    return [(each, f"{of[each]} {each.counted}") for each in (Bin.BLOCKING, Bin.RESOLVE, Bin.INFORMATION)]


def headline(finding: Finding) -> str:
    """Return the result in at most 25 words; of a finding that has no headline, from its message."""
    if finding.headline:
        return finding.headline
    words = finding.message.split()
    return " ".join(words[:WORDS]) + (" …" if len(words) > WORDS else "")


def reasons(audit: Audit) -> list[Reason]:
    """Return at most three main reasons: what the verdict rests on, and then what else was found, the worst first."""
    every = {reason.text: reason for reason in (*all_reasons(audit), *_found(audit))}
    return [*every.values()][:MOST_REASONS]


def _found(audit: Audit) -> Iterator[Reason]:
    """Yield the worst finding of each rule that must be resolved: by severity, gaps first, then by strength."""
    severities, states, first = list(Severity), list(State), ("OUT001", "OUT003", "OUT002", "REP001")
    worst = [
        (severities.index(finding.severity), result.rule not in first, states.index(finding.state), result, finding)
        for result in shown_results(audit)
        for finding in sorted(result.findings, key=lambda of: states.index(of.state))[:1]
        if finding.severity in (Severity.BLOCK, Severity.CONDITION) and finding.measures and not finding.waiver
    ]
    for *_, result, finding in sorted(worst, key=lambda of: of[:3]):
        yield Reason(headline(finding), picture(finding), result.rule, anchor(result, finding))


def _missing(result: Result) -> str:
    """Return that a required check did not run, beginning with the reason."""
    why = without_flags(result.reason or "there is nothing to check").rstrip(".")
    return f"{why[:1].upper()}{why[1:]}: a required check did not run"


def all_reasons(audit: Audit) -> Iterator[Reason]:
    """Yield what the verdict rests on, rule by rule."""
    results = {result.rule: result for result in audit.results}
    for code in audit.verdict.because:
        result = results.get(code)
        if result is None:
            yield Reason("This required check is not part of the audit", "", code, "")
        elif result.state is State.NOT_RUN or not result.findings:
            yield Reason(_missing(result), "", code, f"method-{code.lower()}")
        else:
            for finding in _deciding(audit, result):
                yield Reason(headline(finding), picture(finding), code, anchor(result, finding))
                yield from _contradicting(audit, finding)


def _contradicting(audit: Audit, crude: Finding) -> Iterator[Reason]:
    """Yield what contradicts a gap over all rows: strata in which it reverses or vanishes (Simpson's paradox)."""
    for result in audit.results:
        for finding in result.findings:
            simpson = finding.measures.get("simpson")
            if simpson is not None and simpson.value == 1 and finding is not crude and _pair(finding) == _pair(crude):
                yield Reason(headline(finding), "", result.rule, anchor(result, finding))


def _pair(finding: Finding) -> tuple[str | None, frozenset[str | None]]:
    of = finding.subject
    return of.get("group"), frozenset({of.get("level"), of.get("reference")})


def _deciding(audit: Audit, result: Result) -> Iterator[Finding]:
    """Yield the finding of a result that decides; where nothing is settled, what is shown and then what is open.

    An inconclusive result of one group does not silence a finding about another.
    """
    order = list(State)
    severe = sorted((of for of in result.findings if of.severity is not None), key=lambda of: order.index(of.state))
    open_ = [of for of in result.findings if of.state in (State.UNDETERMINED, State.NOT_RUN)]
    if audit.verdict.level is Level.CANNOT_TELL and open_:
        yield from (*severe[:1], open_[0])
    else:
        yield severe[0] if severe else min(result.findings, key=lambda of: order.index(of.state))


def picture(finding: Finding) -> str:
    """Return a small picture of a finding's main number as markup; "" where there is nothing to draw."""
    of, subject = finding.measures, named_subject(finding.subject)
    pairs = (("selection_rate", "reference_rate"), ("share", "reference_share"))
    names = ((subject.get("level", "group"), subject.get("reference", "others")), ("data", "population"))
    for (own, theirs), named in zip(pairs, names, strict=True):
        if own in of and theirs in of and None not in (of[own].value, of[theirs].value):
            values = [float(of[key].value or 0) for key in (own, theirs)]
            items = [(name, value, written("share", value)) for name, value in zip(named, values, strict=True)]
            return bars.rows(items)
    auc = of.get("auc")
    if auc is not None and auc.value is not None:
        value = 0.5 + abs(auc.value - 0.5)
        text = f"AUC {short_ratio(value, auc.limit)}"
        return bars.rows([("", 2 * value - 1, text)], top=1.0)
    return ""


def shown_results(audit: Audit) -> list[Result]:
    """Return the results that are judged, and not only published."""
    return [result for result in audit.results if not is_published(result)]
