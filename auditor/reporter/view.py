"""What every report shows, in what order and in which words; the formats only differ in dress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.format import p_alone, people, percent, share_or_few, shortened, signed
from auditor.model import Audit, Documentation, Finding, Level, ProxyKind, Quantity, Result, Severity, State, TermKind
from auditor.reporter.measures import measure_text, words
from auditor.reporter.published import is_published

HEADLINES = {
    Level.FIT: ("Fit for the {use} use", "No disqualifying problem was found at the declared limits."),
    Level.FIT_WITH_CONDITIONS: ("Fit with conditions", "The data suit the {use} use only if the conditions are met."),
    Level.UNFIT: ("Unfit for the {use} use", "A fault is shown that the {use} use cannot bear."),
    Level.CANNOT_TELL: ("Cannot tell", "The data, or what was said of their use, do not settle whether they suit it."),
    Level.NOT_JUDGED: ("Selection: no verdict", "What the selected rules found is below; the data are not judged."),
}
CONDITIONS = {
    Level.FIT: "Conditions",
    Level.FIT_WITH_CONDITIONS: "Conditions",
    Level.UNFIT: "To mend before the data are judged again",
    Level.CANNOT_TELL: "To mend before the data are judged again",
    Level.NOT_JUDGED: "Conditions that the selected rules ask for",
}
SETTLE = dict.fromkeys(Level, "What would settle it") | {Level.FIT: "What would let more be checked"}
MOST_OPENING = 420  # characters of a reason
READING = "How the data were read"
UNDOCUMENTED = "This audit was saved without what its rules say of themselves: dataudit explain {code} tells it."
DISCLAIMER = "A statement about data at declared limits; not a legal opinion."
ROWS_AS_SAMPLE = (
    "Rows are treated as a sample of the process that made them, also where they are all the records there are: the "
    "intervals and tests speak about that process."
)

STATE_WORDS = {
    State.SHOWN_STRONG: "shown, strongly",
    State.SHOWN: "shown",
    State.BORDERLINE: "near the limit",
    State.UNDETERMINED: "cannot tell",
    State.CLEAR: "clear",
    State.NOT_RUN: "not checked",
}

SEVERITY_WORDS = {
    Severity.BLOCK: "the use cannot bear it",
    Severity.CONDITION: "needs a condition",
    Severity.NOTE: "a note",
}

SECTIONS = (
    ("found", "What was found", (State.SHOWN_STRONG, State.SHOWN)),
    ("near", "Near the limit", (State.BORDERLINE,)),
    ("open", "What could not be told", (State.UNDETERMINED,)),
    ("clear", "What is clear", (State.CLEAR,)),
)


@dataclass(frozen=True)
class Card:
    """One rule's findings of one kind of state."""

    result: Result
    title: str
    findings: tuple[Finding, ...]
    sections: Mapping[str, str]
    measures: Mapping[str, Quantity]
    article: str | None

    @property
    def anchor(self) -> str:
        """An id that is the same in every run."""
        return self.result.rule.lower()


@dataclass(frozen=True)
class Section:
    """A part of the report: found, near the limit, open, clear."""

    key: str
    title: str
    cards: tuple[Card, ...]


def headline(audit: Audit) -> tuple[str, str]:
    """Return the verdict in words and what it means; about the assumed use, where none was stated."""
    title, meaning = HEADLINES[audit.verdict.level]
    use = "stated" if audit.use_case.get("stated") else "assumed"
    return title.format(use=use), " ".join([meaning.format(use=use), *selection(audit), *coverage(audit)])


def selection(audit: Audit) -> Iterator[str]:
    """Yield in a sentence how many rules were run at all, where the request left out some that a verdict needs."""
    if audit.verdict.selection:
        left_out = [result for result in audit.results if result.left_out]
        reasons = dict.fromkeys(result.reason for result in left_out if result.rule in audit.verdict.selection)
        yield (
            f"{people(len(left_out))} of {people(len(audit.results))} rules were not run "
            f"({'; '.join(reason for reason in reasons if reason)})."
        )


def coverage(audit: Audit) -> Iterator[str]:
    """Yield in a sentence how many of all rules ran, where the audit says and `selection` has not."""
    verdict = audit.verdict
    if verdict.rules and not verdict.selection:
        yield f"{people(verdict.ran)} of {people(verdict.rules)} checks ran."


def level_words(level: Level) -> str:
    """Return a verdict by itself, as audits beside one another have it."""
    return HEADLINES[level][0].format(use="stated")


def about(audit: Audit) -> str:
    """Return in a line what the verdict is about."""
    use = audit.use_case["use"]
    what = f"{use['decision']}, {use['stakes']} stakes"
    return f"For this use: {use['problem']} ({what})." if use.get("problem") else f"For a use that is {what}."


def reading(audit: Audit) -> list[tuple[bool, str]]:
    """Return what was decided on reading, warnings first: whether it is one, and the sentence with its overrule."""
    ordered = sorted(audit.dataset.reading, key=lambda decision: not decision.warning)
    return [(of.warning, f"{of.text} (Change it with {of.overrule}.)" if of.overrule else of.text) for of in ordered]


def sections(audit: Audit) -> list[Section]:
    """Sort the findings into the parts of the report; empty parts are left out."""
    parts = []
    for key, title, states in SECTIONS:
        judged = [result for result in audit.results if not is_published(result)]
        results = sorted(judged, key=lambda result: list(Severity).index(result.severity))
        articles = (audit.use_case.get("policy") or {}).get("articles") or {}
        cards = tuple(card for result in results if (card := _card(audit, result, states, articles)))
        if cards:
            parts.append(Section(key, title, cards))
    return parts


def _card(audit: Audit, result: Result, states: tuple[State, ...], articles: Mapping[str, str]) -> Card | None:
    findings = tuple(finding for finding in result.findings if finding.state in states)
    if not findings and not (State.CLEAR in states and result.state is State.CLEAR):
        return None
    rule = documentation(audit, result)
    return Card(result, rule.title, findings, rule.sections, rule.measures, articles.get(result.rule))


def documentation(audit: Audit, result: Result) -> Documentation:
    """Return what a rule says of itself; of an audit that was saved without that, where it is to be found."""
    return audit.documentation.get(result.rule) or Documentation(result.name, UNDOCUMENTED.format(code=result.rule))


def not_checked(audit: Audit) -> list[tuple[str, str, str]]:
    """Return code, name and reason of what did not run: whole rules, and single comparisons."""
    rules = [(r.rule, r.name, r.reason or "") for r in audit.results if r.state is State.NOT_RUN]
    single = [
        (result.rule, result.name, finding.message)
        for result in audit.results
        for finding in result.findings
        if finding.state is State.NOT_RUN and result.state is not State.NOT_RUN
    ]
    return rules + single


def reasons(audit: Audit) -> Iterator[tuple[str, str]]:
    """Yield rule code and sentence for what the verdict rests on: the worst finding of each rule, or its reason.

    Of a rule that could not tell of some group, what it shows of others comes first.
    """
    for code in audit.verdict.because:
        try:
            result = audit.result(code)
        except KeyError:
            yield code, "this required rule is not part of the audit"
            continue
        worst = sorted(result.findings, key=lambda finding: list(State).index(finding.state))
        if result.state is State.NOT_RUN:
            yield code, f"{result.name} was not checked: {result.reason}."
        else:
            found, open_, near = (
                [finding for finding in worst if finding.state in states]
                for states in (
                    (State.SHOWN_STRONG, State.SHOWN),
                    (State.UNDETERMINED, State.NOT_RUN),
                    (State.BORDERLINE,),
                )
            )
            # What cannot be told of one group does not silence what is shown of another.
            untold = audit.verdict.level is Level.CANNOT_TELL
            parts = [part for part in ([found, open_] if untold else [found, near, open_]) if part] or [near]
            for part in parts if untold else parts[:1]:
                more = f" (and {len(part) - 1} more)" if len(part) > 1 else ""
                yield code, f"{shortened(part[0].message, MOST_OPENING)}{more}" if part else result.name


def stated_use(audit: Audit) -> list[tuple[str, str]]:
    """Return the stated use as pairs of words, in the order of the file."""
    use = audit.use_case
    written = ("problem", "success", "operationalization")
    said = [(key.capitalize(), str(use["use"][key])) for key in written if use["use"].get(key)]
    said.append(("Decision", f"{use['use']['decision']}, {use['use']['stakes']} stakes"))
    lists = ("stakeholders", "constraints")
    said += [(key.capitalize(), ", ".join(use["use"][key])) for key in lists if use["use"].get(key)]
    label = use["label"]
    if label.get("column"):
        values = ", ".join(label["positive"])
        said.append(("Outcome column", f"{label['column']}, favourable: {values}"))
    if use["groups"]["columns"]:
        said.append(("Groups", ", ".join(use["groups"]["columns"])))
    if label.get("kind"):
        stands = f", standing for {label['stands_for']}" if label.get("stands_for") else ""
        said.append(("Kind of outcome", f"{label['kind'].replace('_', ' ')}{stands}"))
    for group, shares in use["population"].items():
        if group == "period":
            if shares:
                said.append(("Period", f"{shares[0]} to {shares[1]}"))
        elif group == "survey":
            if shares:
                said.append(("Surveyed", ", ".join(f"{people(n)} for {name}" for name, n in shares.items())))
        else:
            listed = ", ".join(f"{level} {value:g}" for level, value in shares.items())
            said.append((f"Population, {group}", listed))
    if strata := use["features"].get("strata"):
        said.append(("Strata", "; ".join(f"{name}: {why or 'no reason was given'}" for name, why in strata.items())))
    policy = use.get("policy") or {}
    as_of = f", as of {policy['as_of']}" if policy.get("as_of") else ""
    said.append(("Policy", f"{policy.get('title', use['use']['policy'])}{as_of}"))
    if policy.get("settles_not"):
        said.append(("What that does not settle", str(policy["settles_not"])))
    return said


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


TABLES = {
    "TXT001": (
        ("term", "Term"), ("kind", "What it is"), ("watched", "Watch list"), ("leans_to", "Leans to"),
        ("share", "In documents of the group"), ("share_reference", "of the reference"), ("log_odds", "Log-odds"),
        ("q", "p, false discovery"),
    ),
    "TXT002": (
        ("term", "Term"), ("kind", "What it is"), ("direct", "Also within the groups"),
        ("rate_with", "Favourable with it"), ("rate_without", "without it"),
        ("group_rate_with", "In the group: with it"),
        ("group_rate_without", "without it"), ("group_rate_with_reference", "In the reference: with it"),
        ("group_rate_without_reference", "without it"), ("carried_gap", "Carried gap"),
        ("gap_without_term", "Gap gone without it"), ("within_p", "p, within the groups"), ("q", "p, false discovery"),
    ),
}  # fmt: skip
MOST_TABLE_ROWS = 60


def terms_table(result: Result) -> tuple[list[str], list[list[str]], int] | None:
    """Return head, rows and how many rows were left out, of the terms that a rule lists; None where it lists none."""
    columns = TABLES.get(result.rule)
    if columns is None or not result.table:
        return None
    several = len({(row["column"], row["group"], row["level"]) for row in result.table}) > 1
    head = [*(["About"] if several else []), *(title for _, title in columns)]
    rows = [
        [
            *([subject({key: str(row[key]) for key in ("group", "level", "reference")})] if several else []),
            *(_cell(name, row.get(name)) for name, _ in columns),
        ]
        for row in result.table[:MOST_TABLE_ROWS]
    ]
    return head, rows, len(result.table) - len(rows)


def _cell(name: str, value: object) -> str:
    if value is None and name in ("share", "share_reference"):
        return share_or_few(None)
    if name == "kind":
        return kind_words(TermKind, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return value or ""
    number = float(str(value))
    if name in ("carried_gap", "gap_without_term"):
        return f"{signed(100 * number, 2)} points"
    if name in ("q", "within_p"):
        return p_alone(number)
    return signed(number, 2) if name == "log_odds" else percent(number)


def kind_words(kinds: type[ProxyKind] | type[TermKind], value: object) -> str:
    """Return a kind in words; one that this version does not know as it stands in the audit."""
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
    return f"{about}{level}{against}{within}"
