"""docs/reference/rules.md: what each rule measures, why, what to do, its sources, its numbers and options."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.analyzers.catalog import Rule, all_rules
from auditor.reporter.bins import SEVERITIES
from tests.reference.text import MADE, prose, table

FAMILIES = {
    "REP": "Who is in the data",
    "OUT": "Who gets the favourable outcome",
    "STG": "Stages of a process, and lists",
    "RNK": "Places in lists",
    "SCO": "Scores and predictions",
    "ADJ": "Gaps with stated controls",
    "PAY": "Pay",
    "PRX": "Proxies and shortcuts",
    "TXT": "Texts",
    "EMB": "Vectors",
    "LAB": "Whether the outcome can be trusted",
    "QLT": "Rows and columns",
    "MDL": "What a model would do",
    "FIT": "The stated use",
    "POL": "Tables of a policy",
}


def page() -> str:
    """Return the page; each rule has an anchor of its code."""
    lines = ["# Rules, one by one", "", MADE, ""]
    lines += [
        "`dataudit explain CODE` prints the same. Each rule can be linked by its code, such as `reference/rules.md#out001`.",
        "The [overview](../rules.md) has all in one table; [methods](../methods.md) has the formulas.",
        "",
    ]
    family = ""
    for rule in all_rules().values():
        if rule.code[:3] != family:
            family = rule.code[:3]
            lines += [f"## {FAMILIES.get(family, family)}", ""]
        lines += _rule(rule)
    return "\n".join(lines).rstrip() + "\n"


def _rule(rule: Rule) -> Iterator[str]:
    yield from (f"### {rule.code}", "", f"**{rule.name}.** {prose(rule.title)}", "")
    yield f"A fault that is found is: {SEVERITIES[rule.severity].lower()}, unless the policy states otherwise."
    if rule.aliases:
        yield f"Former names: {', '.join(f'`{name}`' for name in rule.aliases)}."
    yield ""
    for heading, text in rule.sections.items():
        yield from (f"**{heading}.** {prose(text)}", "")
    if rule.asks:
        yield from (
            f"**What is asked.** {prose(rule.asks.what)} ({rule.asks.owner}). Done when {prose(rule.asks.done)}.",
            "",
        )
    if reasons := [need.why for need in rule.conditions if need.why]:
        yield from (f"**Not run where** {prose(_joined(reasons))}.", "")
    if rule.options:
        yield from table(
            (f"option under `[rules.{rule.code}]`", "default"),
            [(f"`{name}`", f"{default}") for name, default in rule.options.items()],
        )
    if rule.measures:
        yield from table(
            ("measure", "in words", "unit"),
            [(f"`{name}`", prose(of.words), of.unit.value) for name, of in rule.measures.items()],
        )


def _joined(reasons: list[str]) -> str:
    return "; or ".join(re.sub(r"(--[\w-]+)", r"`\1`", reason) for reason in dict.fromkeys(reasons))
