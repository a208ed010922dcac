"""The data against the stated use: FIT005."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.engines.tally import Tally
from auditor.model import Finding, State
from auditor.rules import NotRun, Record, rule
from auditor.usecase import UseCase


@rule("FIT005", "label-meaning")
def label_meaning(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """The outcome is a past decision that stands for something else.

    How it is measured: It is not: what a label means cannot be computed. The use states the `kind` of the label and
    what it `stands_for`; a past decision that stands for performance, merit or the like is always shown. Where the
    use does not say, the rule declines.

    Why it matters: A past decision measures those who decided. A model trained on it learns to imitate them, with
    whatever they were wrong about, and its accuracy then measures how well it does so.

    What to do: Validate the label against a measured outcome for a sample of people of every group, or restate the
    use as imitation of past decisions.

    Source: Obermeyer et al. 2019, Science 366 (a label that stood for another thing); Regulation (EU) 2024/1689,
    Article 10(2)(d) (assumptions on what the data measure).
    """
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    if use.label.kind is None:
        raise NotRun("the use does not say what kind of label the outcome is ([label] kind and stands_for)")
    meant = f"'{use.label.stands_for}'" if use.label.stands_for else "nothing that the use names"
    past = use.label.kind == "past_decision"
    yield Finding(
        State.SHOWN if past else State.CLEAR,
        {"target": tally.roles.target},
        f"'{tally.roles.target}' is a past decision and is to stand for {meant}: it measures those who decided."
        if past
        else f"'{tally.roles.target}' is a {use.label.kind.replace('_', ' ')} that stands for {meant}.",
        remedy=f"Validate '{tally.roles.target}' against a measured outcome for people of every group, or restate the "
        "use as imitation of past decisions.",
    )
