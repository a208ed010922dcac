"""What reports state beside the findings: how the data were read, the stated use, the numbers of a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.format import people
from auditor.model import Audit, Documentation, Finding, Level, ProxyKind, Quantity, Result, TermKind
from auditor.reporter.measures import measure_text, words

SETTLE = dict.fromkeys(Level, "What would settle it") | {Level.FIT: "What would let more be checked"}
READING = "How the data were read"
UNDOCUMENTED = "This audit was saved without the documentation of its rules; see dataudit explain {code}."
DISCLAIMER = "A statement about data at declared thresholds; not a legal opinion."
ROWS_AS_SAMPLE = (
    "Rows are treated as a sample of the process that produced them, even where they are all the records. "
    "Intervals and tests are about that process."
)


def selection(audit: Audit) -> Iterator[str]:
    """Yield in a sentence how many rules were run at all, where the request left out some that a verdict needs."""
    if audit.verdict.selection:
        left_out = [result for result in audit.results if result.left_out]
        reasons = dict.fromkeys(result.reason for result in left_out if result.rule in audit.verdict.selection)
        yield (
            f"{people(len(left_out))} of {people(len(audit.results))} rules were not run "
            f"({'; '.join(reason for reason in reasons if reason)})."
        )


def urgent(audit: Audit) -> list[str]:
    """Return what of the reading is to be checked first: warnings, and, where there is no outcome, why."""
    none = str(audit.use_case["label"].get("column") or "none").lower() == "none"
    return [
        f"{of.text} (Change it with {of.overrule}.)" if of.overrule else of.text
        for of in audit.dataset.reading
        if of.warning or (of.about == "target" and none)
    ]


def reading(audit: Audit) -> list[tuple[bool, str]]:
    """Return what was decided on reading, warnings first: whether it is one, and the sentence with its overrule."""
    ordered = sorted(audit.dataset.reading, key=lambda decision: not decision.warning)
    return [(of.warning, f"{of.text} (Change it with {of.overrule}.)" if of.overrule else of.text) for of in ordered]


def documentation(audit: Audit, result: Result) -> Documentation:
    """Return the documentation of a rule; where the audit was saved without it, where to find it."""
    return audit.documentation.get(result.rule) or Documentation(result.name, UNDOCUMENTED.format(code=result.rule))


def stated_use(audit: Audit) -> list[tuple[str, str]]:
    """Return the stated use as pairs of words, in the order of the file."""
    use = audit.use_case
    written = ("problem", "success", "operationalization")
    found = [(key.capitalize(), str(use["use"][key])) for key in written if use["use"].get(key)]
    found.append(("Decision", f"{use['use']['decision']}, {use['use']['stakes']} stakes"))
    lists = ("stakeholders", "constraints")
    found += [(key.capitalize(), ", ".join(use["use"][key])) for key in lists if use["use"].get(key)]
    label = use["label"]
    if label.get("column"):
        favourable = f", favourable: {', '.join(label['positive'])}" if label["positive"] else ""
        found.append(("Outcome column", f"{label['column']}{favourable}"))
    if use["groups"]["columns"]:
        found.append(("Groups", ", ".join(use["groups"]["columns"])))
    if label.get("kind"):
        measures = f", as a measure of {label['stands_for']}" if label.get("stands_for") else ""
        found.append(("Kind of outcome", f"{label['kind'].replace('_', ' ')}{measures}"))
    for group, shares in use["population"].items():
        if group == "period":
            if shares:
                found.append(("Period", f"{shares[0]} to {shares[1]}"))
        elif group == "survey":
            if shares:
                found.append(("Surveyed", ", ".join(f"{people(n)} for {name}" for name, n in shares.items())))
        else:
            listed = ", ".join(f"{level} {value:g}" for level, value in shares.items())
            found.append((f"Population, {group}", listed))
    if strata := use["features"].get("strata"):
        found.append(("Strata", "; ".join(f"{name}: {why or 'no reason was given'}" for name, why in strata.items())))
    if controls := use["features"].get("controls"):
        reasons = (f"{name}: {why or 'no reason was given'}" for name, why in controls.items())
        found.append(("Controls", "; ".join(reasons)))
    policy = use.get("policy") or {}
    as_of = f", as of {policy['as_of']}" if policy.get("as_of") else ""
    found.append(("Policy", f"{policy.get('title', use['use']['policy'])}{as_of}"))
    if policy.get("settles_not"):
        found.append(("What that does not settle", str(policy["settles_not"])))
    return found


def number_rows(findings: tuple[Finding, ...], quantities: Mapping[str, Quantity]) -> Iterator[list[str]]:
    """Yield the head of a table and a row per finding: its subject, and every measure that any finding has."""
    names = list(dict.fromkeys(name for finding in findings for name in finding.measures))
    yield ["", *(words(name, quantities) for name in names)]
    for finding in findings:
        measured = finding.measures
        yield [
            subject(finding.subject),
            *(measure_text(name, measured[name], quantities) if name in measured else "" for name in names),
        ]


def kind_words(kinds: type[ProxyKind] | type[TermKind], value: object) -> str:
    """Return a kind in words; one that this version does not know, as it is written in the audit."""
    known = next((kind for kind in kinds if kind == value), None)
    return known.words if known else str(value)


def subject(keys: Mapping[str, str]) -> str:
    """Return what a finding is about in a few words.

    >>> subject({"target": "hired", "group": "sex", "level": "female", "reference": "male"})
    'sex: female against male'
    """
    if "term" in keys:
        return f"'{keys['term']}' in {keys['column']}: {keys['level']} against {keys['reference']}"
    about = keys.get("column") or keys.get("group") or keys.get("target") or ""
    level = f": {keys['level']}" if "level" in keys else ""
    if "slice" in keys:
        return keys["slice"]
    against = f" against {keys['reference']}" if "reference" in keys else ""
    within = f", within {keys['stratum']}" if "stratum" in keys else ""
    within = f", at stage {keys['stage']}" if "stage" in keys else within
    return f"{about}{level}{against}{within}"
