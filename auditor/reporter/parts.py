"""The order of a report: which part of it each rule belongs to."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """A part of the report, in the order of reading; its value is the anchor."""

    GROUPS = "gaps"
    PAY = "pay"
    PROXIES = "proxies"
    OUTCOME = "outcome"
    DATA = "data"
    OTHER = "other"

    @property
    def heading(self) -> str:
        """The heading."""
        return _TITLES[self]

    @property
    def question(self) -> str:
        """What the part answers, in a sentence."""
        return _QUESTIONS[self]


_TITLES = {
    Part.GROUPS: "Gaps between groups",
    Part.PAY: "Pay",
    Part.PROXIES: "Proxies: hidden ways to the group",
    Part.OUTCOME: "Can the outcome be trusted?",
    Part.DATA: "The data",
    Part.OTHER: "Other checks",
}
_QUESTIONS = {
    Part.GROUPS: "Are all groups represented, and do they receive the favourable outcome at comparable rates?",
    Part.PAY: "Are workers of one category paid alike, whatever their group?",
    Part.PROXIES: "If the group is removed, can a model still reconstruct it, and does it reproduce the gap?",
    Part.OUTCOME: "Does the outcome column measure what the use needs, equally well for every group?",
    Part.DATA: "Are the rows complete, unique, of the stated population and period?",
    Part.OTHER: "What installed rule packages checked.",
}
_FAMILIES = {
    "REP": Part.GROUPS,
    "OUT": Part.GROUPS,
    "ADJ": Part.GROUPS,
    "PAY": Part.PAY,
    "PRX": Part.PROXIES,
    "TXT": Part.PROXIES,
    "EMB": Part.PROXIES,
    "MDL": Part.PROXIES,
    "LAB": Part.OUTCOME,
    "QLT": Part.DATA,
    "FIT": Part.DATA,
    "POL": Part.DATA,
}
_OF_RULE = {"FIT005": Part.OUTCOME, "FIT006": Part.GROUPS}


def part_of(code: str) -> Part:
    """Return the part of a rule by its code; a family that is not known here has a part of its own.

    >>> part_of("OUT001"), part_of("FIT005"), part_of("ACME001")
    (<Part.GROUPS: 'gaps'>, <Part.OUTCOME: 'outcome'>, <Part.OTHER: 'other'>)
    """
    return _OF_RULE.get(code) or _FAMILIES.get(code.rstrip("0123456789"), Part.OTHER)
