"""What the outcome measures: FIT005."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.preconditions import TARGET, Precondition
from auditor.model import Finding, Severity
from auditor.use.says import Says
from auditor.use.usecase import UseCase

KIND = Precondition(
    lambda of: (
        None
        if of.use.label.kind
        else "the use does not state what kind of label the outcome is ([label] kind and stands_for)"
    )
)

SAYS = Says(
    past="'{target}' is a past decision that is meant to represent {meant}. Past decisions may repeat the deciders' "
    "bias; they do not measure {meant}.",
    past_unnamed="'{target}' is a past decision, and the use does not state what it represents. Past decisions may "
    "repeat the deciders' bias.",
    kind="'{target}' is a {kind} that represents {meant}.",
    kind_unnamed="'{target}' is a {kind}; the use does not state what it represents.",
    meant="'{stands_for}'",
    validate="Validate '{target}' against a measured outcome for people of every group, or restate the use as "
    "imitation of past decisions.",
)


@rule(
    "FIT005",
    "label-meaning",
    asks=Ask(
        "Validate the outcome against a measured one, or restate the use",
        "product owner",
        "the use case states what the outcome measures, and this is verified",
        ("target",),
    ),
    headlines=Headlines(
        found="'{target}' is a past decision: it may repeat the deciders' bias",
        near="'{target}' may not measure what the use needs",
        open="It is not stated what '{target}' measures",
        clear="'{target}' measures what the use needs",
    ),
    needs=(TARGET, KIND),
    units="facts",
    severity=Severity.CONDITION,
    suppressed="whole",
)
def label_meaning(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The outcome is a past decision that represents something else.

    How it is measured: The meaning of a label cannot be computed. The use states the `kind` of the label and what it
    `stands_for`. A past decision that represents performance, merit or the like is always found. Where the use states
    no kind, the rule is not run.

    Why it matters: Past decisions may repeat the deciders' bias; they do not measure job performance. A model trained
    on them imitates them with their errors, and its accuracy then measures how well it does so.

    What to do: Validate the label against a measured outcome for a sample of people of every group, or restate the
    use as imitation of past decisions.

    Source: Obermeyer et al. 2019, Science 366 (a label used for another quantity); Regulation (EU) 2024/1689,
    Article 10(2)(d) (assumptions on what the data measure).
    """
    target, kind = evidence.target, str(use.label.kind)
    stands_for = use.label.stands_for
    past = kind == "past_decision"
    key = "past" if past else "kind"
    yield Finding(
        states.PRESENT if past else states.NOT_PRESENT,
        {"target": target},
        SAYS(
            key if stands_for else f"{key}_unnamed",
            target=target,
            kind=kind.replace("_", " "),
            meant=SAYS("meant", stands_for=stands_for) if stands_for else None,
        ),
        remedy=SAYS("validate", target=target),
    )
