"""The words of a result: states, severities, levels of the verdict, and kinds of proxies and terms."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What the data show about one thing, worst first."""

    SHOWN_STRONG = "shown_strong"
    SHOWN = "shown"
    BORDERLINE = "borderline"
    UNDETERMINED = "undetermined"
    CLEAR = "clear"
    NOT_RUN = "not_run"

    @property
    def found(self) -> bool:
        """Whether the fault is shown, with size and evidence."""
        return self in (State.SHOWN_STRONG, State.SHOWN)


class Severity(StrEnum):
    """What a shown fault does to the verdict."""

    BLOCK = "block"
    CONDITION = "condition"
    NOTE = "note"


class Level(StrEnum):
    """The verdict. Never a score. NOT_JUDGED: rules that it needs were left out on request, so there is no verdict."""

    FIT = "fit"
    FIT_WITH_CONDITIONS = "fit_with_conditions"
    UNFIT = "unfit"
    CANNOT_TELL = "cannot_tell"
    NOT_JUDGED = "not_judged"


class LeftOut(StrEnum):
    """Which part of a request left a rule out."""

    ONLY = "only"
    SKIP = "skip"
    NO_MODELS = "no_models"


class ProxyKind(StrEnum):
    """What a column is to a group, in the table of PRX001."""

    CARRIER = "carrier"
    ALIAS = "alias"
    LEAK = "leak"
    OFFSET = "offset"
    NONE = "none"

    @property
    def words(self) -> str:
        """The same in words."""
        return {
            ProxyKind.CARRIER: "proxy that transmits the gap",
            ProxyKind.ALIAS: "names the group",
            ProxyKind.LEAK: "proxy, little or no effect on the gap found",
            ProxyKind.OFFSET: "offsets the gap",
            ProxyKind.NONE: "not a proxy",
        }[self]


class TermKind(StrEnum):
    """What a term is to a group: in the table of TXT001 the first two, in that of TXT002 the others."""

    MARKS = "marks"
    WATCHED = "watched"
    PENALISED = "penalised"
    FAVOURS_REFERENCE = "favours_reference"

    @property
    def words(self) -> str:
        """The same in words."""
        return {
            TermKind.MARKS: "proxy term",
            TermKind.WATCHED: "watch list",
            TermKind.PENALISED: "group-linked term with lower selection",
            TermKind.FAVOURS_REFERENCE: "favours the reference",
        }[self]
