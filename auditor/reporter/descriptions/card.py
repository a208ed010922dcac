"""The audit as a dataset card of Hugging Face: Markdown with a head in YAML, in the order of their template.

What an audit does not know keeps the template's own words for what is missing, which their tools look for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from auditor.format import in_json, printable
from auditor.model import Audit
from auditor.reporter import view
from auditor.reporter.answer import report_id
from auditor.reporter.descriptions import facts
from auditor.reporter.markdown import escape, listed, table_lines
from auditor.reporter.showing import shown

NEEDED = "[More Information Needed]"
# The Hub's classes of size: the first bound that a number of rows is below.
SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"), (10**11, "10B<n<100B"), (10**12, "100B<n<1T"),
)  # fmt: skip
MOST = 30  # sentences of a list; the audit has the others


def render(audit: Audit) -> str:
    """Return the card; every value from the data is escaped."""
    return "\n".join(_lines(shown(audit))) + "\n"


def size_of(rows: int) -> str:
    """Return the Hub's class of a number of rows.

    >>> size_of(999), size_of(6510), size_of(10**13)
    ('n<1K', '1K<n<10K', 'n>1T')
    """
    return next((name for bound, name in SIZES if rows < bound), "n>1T")


def _lines(audit: Audit) -> Iterator[str]:
    name = printable(PurePath(audit.dataset.name).stem or audit.dataset.name)
    yield from ("---", f"pretty_name: {_quoted(name)}", "size_categories:", f"- {size_of(audit.dataset.rows)}")
    yield from ("tags:", "- dataudit", "# license, language, task_categories: not known to an audit; add them", "---")
    yield from ("", f"# Dataset Card for {escape(name)}", "", escape(facts.summary(audit)), "", view.DISCLAIMER)
    yield from ("", "## Dataset Details", "", "### Dataset Description", "")
    for asked in ("Curated by", "Language(s) (NLP)", "License"):
        yield f"- **{asked}:** {NEEDED}"
    yield from ("", "## Uses", "", "### Direct Use", "", *_listed(facts.uses(audit)))
    yield from ("", "### Out-of-Scope Use", "", *_listed(facts.unsuited(audit)))
    yield from ("", "## Dataset Structure", "")
    yield from table_lines(
        ("Column", "Role", "Type", "Missing", "Distinct"), facts.columns(audit), (False, False, False, True, True)
    )
    if (of := facts.outcome(audit)) is not None:
        yield from ("", f"**Outcome.** {escape(of)}")
    yield from _creation(audit)
    yield from ("", "## Bias, Risks, and Limitations", "", "### Biases", "", *_listed(facts.biases(audit), NOTHING))
    for group, levels in facts.groups(audit):
        yield from ("", f"**{escape(group)}**", "")
        yield from table_lines(("Group", "Rows", "Share"), levels, (False, True, True))
    if notes := facts.group_notes(audit):
        yield from ("", escape(" ".join(notes)))
    yield from ("", "### Limitations", "", *_listed(facts.limitations(audit), NOTHING))
    actions = [f"{action.what} ({action.owner}; done when: {action.done})" for action in audit.verdict.actions]
    yield from ("", "### Recommendations", "", *_listed(actions))
    yield from ("", "## Citation", "", NEEDED, "", "## Dataset Card Authors", "")
    made = audit.provenance
    yield f"Columns, groups, biases and limitations: dataudit {made.version}, report {report_id(audit)}. {NEEDED}"
    yield from ("", "## Dataset Card Contact", "", NEEDED)


NOTHING = "The audit found nothing at its thresholds, in the checks that ran."


def _creation(audit: Audit) -> Iterator[str]:
    yield from ("", "## Dataset Creation", "", "### Curation Rationale", "", NEEDED, "", "### Source Data", "")
    years = facts.period(audit)
    known = [*facts.collected(audit), *([f"Rows are dated {years[0]} to {years[1]} by '{years[2]}'."] if years else [])]
    yield from ("#### Data Collection and Processing", "", *_listed(known), *(["", NEEDED] if known else []))
    yield from ("", "#### Who are the source data producers?", "", NEEDED)
    yield from (
        "",
        "### Annotations",
        "",
        "#### Annotation process",
        "",
        NEEDED,
        "",
        "#### Who are the annotators?",
        "",
    )
    yield from (NEEDED, "", "#### Personal and Sensitive Information", "", *_listed(facts.sensitive(audit)))


def _listed(sentences: Sequence[str], otherwise: str = NEEDED) -> Iterator[str]:
    yield from listed(sentences, MOST) if sentences else (otherwise,)


def _quoted(text: str) -> str:
    """Return a text as YAML has it in double quotes, which are those of JSON."""
    return in_json(json.dumps(text, ensure_ascii=False), "utf-8")
