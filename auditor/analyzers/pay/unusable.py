"""Pay that no figure can use: PAY003."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import PAY, PAY_COUNTED, PAY_ROWS
from auditor.counts.pay import Fault
from auditor.model import Finding, Measure, Severity
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    whole="The pay of all {rows:people} workers can be used.",
    unusable="The pay of {n:people} of {rows:people} workers is in no figure ({share:percent limit}): {faults:each}.",
    fault="{words} ({n:people})",
    blanks='If an empty cell of variable pay means no variable pay, state it: [pay] blank_variable = "none".',
    uncategorised="{n:people} of {rows:people} workers with usable pay have no category ({share:percent limit}), so "
    "they are in no figure of a category.",
    unrecorded="{n:people} of {rows:people} workers with usable pay have no recorded {group} ({share:percent limit}), "
    "so they are in no figure.",
    correct="Correct or explain the pay, hours or category of these workers, and audit again.",
)


@rule(
    "PAY003",
    "unusable-pay",
    asks=Ask(
        "Correct the pay data that no figure can use",
        "data owner",
        "at most 5% of workers are left out of the figures",
        ("column", "group"),
    ),
    headlines=Headlines(
        found="The figures of pay leave out {share:percent limit} of the workers",
        clear="The figures of pay leave out {share:percent limit} of the workers",
    ),
    needs=(PAY_COUNTED, PAY_ROWS),
    about=PAY,
    units="facts",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities("unusable", "share"),
)
def unusable_pay(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """Pay, hours or categories are missing, zero or negative, so workers are left out of the figures of pay.

    How it is measured: A worker is in the figures when basic pay and hours are above 0 and variable pay is not below 0,
    all of them recorded. Others are counted by the first reason that holds: missing, zero, negative or not finite. An
    empty cell of variable pay is not taken for none, unless the use states so. Workers with usable pay but without a
    recorded group, or without a category of workers, are counted as well. These are facts about the rows, without a
    test. A fault is found where more than 5% of the workers (the policy's missing share) are left out.

    Why it matters: Figures about the workers whose pay is complete need not hold for the others. People on leave, and
    those who joined or left in the period, are often among these.

    What to do: Correct the data, or report who is left out and why.

    Source: Directive (EU) 2023/970, Article 9(6) (accuracy of the information); judgement for the 5%.
    """
    rows, limit = evidence.pay, use.limits.missing_share
    assert rows is not None  # the rule needs it
    total = len(rows.base)
    faults = {fault: int(mask.sum()) for fault, mask in rows.faults.items()}
    column = str(evidence.tally.roles.pay.base)
    n, share = total - int(rows.usable.sum()), 1 - float(rows.usable.mean())
    said = SAYS(
        "unusable" if n else "whole",
        "blanks" if faults[Fault.NO_VARIABLE] and use.pay.blank_variable == "unknown" else "",
        n=n,
        rows=total,
        share=share,
        limit=limit,
        faults=[SAYS("fault", words=str(fault), n=times) for fault, times in faults.items() if times],
    )
    yield _finding({"column": column}, said, n, share, total, limit)
    usable = int(rows.usable.sum())
    lost = {} if rows.category is None else {("column", str(evidence.tally.roles.pay.category)): rows.category < 0}
    lost |= {("group", group): codes < 0 for group, codes in rows.codes.items()}
    for (key, name), without in lost.items():
        n = int((without & rows.usable).sum())
        if n:
            share = n / usable
            key_ = "uncategorised" if key == "column" else "unrecorded"
            said = SAYS(key_, n=n, rows=usable, share=share, limit=limit, group=name)
            yield _finding({key: name}, said, n, share, usable, limit)


def _finding(subject: dict[str, str], said: str, n: int, share: float, total: int, limit: float) -> Finding:
    state = states.part(share, limit)
    measures = {"unusable": Measure(n), "share": Measure(share, n=total, limit=limit)}
    return Finding(state, subject, said, measures, remedy=SAYS("correct") if state.found else None)
