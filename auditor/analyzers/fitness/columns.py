"""The columns that a use requires or forbids: FIT003, FIT004."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import Precondition
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity
from auditor.stats.association import cramers_v
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

LINK = 0.1  # Cramér's V from which a column is called a proxy for a forbidden one
MOST_NAMED = 8  # proxies that are named

REQUIRED = Precondition(
    lambda of: None if of.use.features.required else "no column is required ([features] required in the use case)"
)
FORBIDDEN = Precondition(
    lambda of: None if of.use.features.forbidden else "no column is forbidden ([features] forbidden in the use case)"
)

SAYS = Says(
    required_absent="'{name}' is required and is not in the data.",
    required="'{name}' is required; {missing:percent most} of {rows:people} row{rows:s} have no value.",
    do_without="Record '{name}', or state in the use case how the task can do without it.",
    not_there="'{name}' is forbidden and not in the data. Without it, proxies for it cannot be found.",
    forbidden="'{name}' is forbidden and in the data.",
    associated="Associated with it are {associated:each} (Cramér's V).",
    association="'{column}' ({v:fixed 2})",
    not_associated="No other column has a Cramér's V of 0.1 or more with it.",
    no_group="Name it as a group (--group) to see its proxies.",
    in_text="The text in {text:listed} may name it too (TXT001).",
    take_out="Remove '{name}' from what a model sees, and justify or remove its proxies.",
)


@rule(
    "FIT003",
    "required-column",
    asks=Ask("Complete the required columns", "data owner", "required columns are there and filled", ("column",)),
    headlines=Headlines(
        found=(
            "The required column '{column}' is missing for {missing_share:percent} of the rows",
            "The required column '{column}' is not in the data",
        ),
        clear="The required column '{column}' is there",
    ),
    needs=(REQUIRED,),
    units="facts",
    severity=Severity.BLOCK,
    suppressed="whole",
    measures=quantities("missing_share"),
)
def required_column(evidence: Evidence, use: UseCase, *, max_missing: float = 0.5) -> Iterator[Finding | Record]:
    """A column that the use requires is missing, or mostly empty.

    How it is measured: Every column under [features] required must be in the data with a value in at least half of the
    rows (`max_missing`).

    Why it matters: If the data lack what the task needs, a model uses what is correlated with it instead.

    What to do: Record the column, or state how the task can do without it.

    Source: Regulation (EU) 2024/1689, Article 10(2)(e) and (h) (suitability, gaps); the half is judgement.
    """
    tally = evidence.tally
    for name in use.features.required:
        column = tally.columns.get(name)
        missing = column.missing / tally.rows if column and tally.rows else 1.0
        yield Finding(
            states.filled(missing if column else None, max_missing),
            {"column": name},
            SAYS(
                "required" if column else "required_absent",
                name=name,
                missing=missing,
                most=max_missing,
                rows=tally.rows,
            ),
            {"missing_share": Measure(missing, n=tally.rows, limit=max_missing)} if column else {},
            remedy=SAYS("do_without", name=name),
        )


@rule(
    "FIT004",
    "forbidden-column",
    asks=Ask(
        "Remove forbidden columns",
        "model team",
        "no forbidden column, and no proxy for one, is in the data",
        ("column",),
    ),
    headlines=Headlines(
        found="The forbidden column '{column}' is in the data",
        near="A proxy for a forbidden column is in the data",
        clear="The forbidden column '{column}' is not in the data",
    ),
    needs=(FORBIDDEN,),
    units="facts",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities("stand_ins"),
)
def forbidden_column(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A column that the use forbids is in the data, or proxies for it are.

    How it is measured: The rule lists columns under [features] forbidden that are in the data. For group columns it
    also lists the other columns that have a bias-corrected Cramér's V of 0.1 or more with them. The models of this
    audit never use a forbidden column.

    Why it matters: A model can use permitted columns as proxies for a forbidden one.

    What to do: Remove the column from what a model sees, and judge its proxies as PRX001 and TXT002 list them.

    Source: Bergsma 2013 (V); Cohen 1988 for the 0.1.
    """
    tally = evidence.tally
    for name in use.features.forbidden:
        if name not in tally.columns:
            yield Finding(states.NOT_PRESENT, {"column": name}, SAYS("not_there", name=name))
            continue
        proxies = _proxies(tally, name, use) if name in tally.roles.groups else {}
        yield Finding(
            states.PRESENT,
            {"column": name},
            _forbidden(tally, name, proxies),
            {"stand_ins": Measure(len(proxies))},
            remedy=SAYS("take_out", name=name),
        )


def _forbidden(tally: Tally, name: str, proxies: Mapping[str, float]) -> Sentence:
    """State that a forbidden column is there, and its proxies, as far as they can be found."""
    found = "associated" if proxies else "not_associated" if name in tally.roles.groups else "no_group"
    named_proxies = [SAYS("association", column=other, v=v) for other, v in list(proxies.items())[:MOST_NAMED]]
    in_text = "in_text" if tally.roles.text else ""
    return SAYS("forbidden", found, in_text, name=name, associated=named_proxies, text=tally.roles.text)


def _proxies(tally: Tally, group: str, use: UseCase) -> dict[str, float]:
    """Return the columns associated with a group column with their V, strongest first."""
    import numpy as np

    found = {}
    for name in tally.roles.features:
        if name in use.features.forbidden:
            continue
        by_level = tally.rows_by(name, group)
        levels = sorted({level for of in by_level.values() for level in of})
        table = np.array([[of.get(level, 0) for level in levels] for of in by_level.values()], dtype=float)
        v = cramers_v(table) if table.size and min(table.shape) > 1 else 0.0
        if v >= LINK:
            found[name] = float(v)
    return dict(sorted(found.items(), key=lambda item: -item[1]))
