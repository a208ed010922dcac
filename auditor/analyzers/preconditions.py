"""What a rule needs before it can judge: each with the one sentence that explains why it did not run.

What only rows can give, beyond the first count of them, has its `supply`: the pipeline prepares what the rules that
run ask for, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from auditor.counts.names import PERIOD, PLACES
from auditor.counts.names import STAGES as PATHS
from auditor.counts.pay import MOST_ROWS
from auditor.counts.shortcuts import incidental

if TYPE_CHECKING:
    from auditor.analyzers.evidence import Evidence


class Supply(Enum):
    """What is made of rows on demand, in the order in which it is made."""

    MATCHED = auto()  # sets of records that are the same but for the group
    SLICES = auto()  # parts of the data with the lowest rates
    TERMS = auto()  # documents by their words
    TEXT_MODELS = auto()  # models of the words
    MODELS = auto()  # models of the columns
    VECTOR_MODELS = auto()  # models of vectors
    CONTROLLED = auto()  # outcomes by groups and controls
    PAY = auto()  # the amounts of every row
    PROBABLE = auto()  # sums of probabilities of groups


@dataclass(frozen=True)
class Precondition:
    """One thing that a rule needs; `missing` gives in a few words why it is not there, or None.

    `rows`: counts made elsewhere do not have it. `supply`: what is to be made for it, unless another need of the rule
    is unmet; `missing` is asked again when it is made. `asks` names what to state where `why` is the reason, if that
    would be enough.
    """

    missing: Callable[[Evidence], str | None]
    rows: bool = False
    supply: Supply | None = None
    why: str | None = None
    asks: str | None = None


def _needs(
    there: Callable[[Evidence], object],
    why: str,
    *,
    rows: bool = False,
    supply: Supply | None = None,
    asks: str | None = None,
) -> Precondition:
    return Precondition(lambda evidence: None if there(evidence) else why, rows, supply, why, asks)


def _dated_alike(of: Evidence) -> bool:
    from auditor.counts.leaks import dated_by_outcome  # its libraries are loaded with the rules

    return not dated_by_outcome(of.tally)


TARGET = _needs(
    lambda of: of.tally.roles.target is not None,
    "no outcome column is named (--target)",
    asks="Name the outcome column (--target)",
)
GROUPS = _needs(
    lambda of: of.tally.roles.groups,
    "no group column is named (--group)",
    asks="Name a group column (--group)",
)
TWO_GROUPS = _needs(lambda of: [*of.tally.comparable(of.use)], "no group column has two groups with outcomes")
TWO_COLUMNS = _needs(lambda of: len(of.tally.roles.groups) > 1, "fewer than two group columns are named (--group)")
JOINT = _needs(
    lambda of: of.tally.roles.groups in of.tally.tables, "the joint of the groups is too large to be counted"
)
WITHIN = _needs(
    lambda of: of.tally.roles.strata, "no stratum is declared (--within, or [features] strata in the use case)"
)
STAGES = _needs(
    lambda of: of.tally.roles.stages is not None,
    "no stages are stated (--stages, or [label] stages in the use case)",
)
WHOLE_STAGES = _needs(
    lambda of: not of.tally.derived[PATHS].coarse,
    "the counts of the stages are suppressed, because they have small cells",
)
LISTED = _needs(
    lambda of: of.tally.roles.list_column,
    "no column of lists is stated (--list, or [label] list in the use case)",
)
RANKED = _needs(
    lambda of: of.tally.roles.rank,
    "no column of places in a list is stated (--rank, or [label] rank in the use case)",
)
WHOLE_PLACES = _needs(
    lambda of: not of.tally.derived[PLACES].coarse,
    "the counts of the places are suppressed, because they have small cells",
)
TIME = _needs(
    lambda of: of.tally.roles.time is not None and PERIOD in of.tally.derived,
    "no column of dates or years is named (--time)",
    asks="Name a column of dates or years (--time)",
)
WHOLE_PERIODS = _needs(
    lambda of: not of.tally.derived[PERIOD].coarse,
    "periods with too few rows in a cell are suppressed; the others need not be like them",
)
DATED = _needs(
    _dated_alike,
    "its dates are recorded for one outcome alone, or nearly so, and periods would hold no others; name another column "
    "(--time)",
)
WHOLE_BINS = _needs(
    lambda of: of.tally.roles.cut is None or len(of.tally.columns[of.target].table),
    "some bins of the outcome are suppressed, because they hold too few rows (--min-cell)",
)
TEXT = _needs(lambda of: of.tally.roles.text, "there is no text column (--text)")
INCIDENTAL = _needs(
    lambda of: incidental(of.tally, of.use),
    "no column is stated as one that should not matter ([features] incidental)",
)
SCORED = _needs(
    lambda of: of.tally.roles.scoring.columns,
    "no score and no prediction is named (--score, --prediction)",
    asks="Name the column of the score or the prediction (--score, --prediction)",
)
SCORE = _needs(
    lambda of: of.tally.roles.scoring.score,
    "no score is named (--score)",
    asks="Name the column of the score (--score)",
)
POPULATION = _needs(
    lambda of: of.use.population.groups,
    "no population is stated (--reference, or [population] in the use case)",
    asks="State the population that the use is for (--reference, or [population] in the use case)",
)
UNWEIGHTED = _needs(
    lambda of: of.tally.roles.weight is None, "it does not support survey weights, and the use names some"
)
ROWS = _needs(lambda of: not of.tally.aggregated, "the rows were given as counts", rows=True)
MATCHED = _needs(
    lambda of: of.tally.twins,
    "there is no column by which records could be matched, or rows are counts or weighted",
    rows=True,
    supply=Supply.MATCHED,
)
SLICES = _needs(
    lambda of: of.tally.slices is not None,
    "there are too few rows with an outcome, or no columns with a few levels, to search for slices",
    rows=True,
    supply=Supply.SLICES,
)
TERMS = _needs(lambda of: of.tally.documents, "the documents were not counted", rows=True, supply=Supply.TERMS)
TEXT_MODELS = _needs(
    lambda of: any(len(study.names) for study in of.texts.values()),
    "no term is in enough documents for a model to learn from",
    rows=True,
    supply=Supply.TEXT_MODELS,
)
MODELS = _needs(
    lambda of: of.models is not None, "it needs rows, and there are only counts", rows=True, supply=Supply.MODELS
)
VECTORS = _needs(
    lambda of: of.embedded or [name for name in of.tally.roles.vectors if name not in of.use.features.forbidden],
    "there is no vector column (--vector) and no embedding (--embed)",
)
VECTOR_MODELS = _needs(
    lambda of: of.vectors,
    "no row has a vector that could be used",
    rows=True,
    supply=Supply.VECTOR_MODELS,
)
WITH_VECTORS = Precondition(lambda _: None, supply=Supply.VECTOR_MODELS)  # made where there are some
CONTROLS = _needs(
    lambda of: of.use.features.controls, "no control is stated (--control, or [features] controls in the use case)"
)
CONTROLLED = _needs(
    lambda of: of.controlled is not None,
    "it needs rows, and there are only counts",
    rows=True,
    supply=Supply.CONTROLLED,
)
PAY = _needs(
    lambda of: of.tally.roles.pay.base is not None,
    "no column of basic pay is named (--pay, or [pay] base in the use case)",
    asks="Name the column of basic pay (--pay)",
)
PAY_COUNTED = _needs(
    lambda of: of.tally.rows <= MOST_ROWS, f"medians and quarters are made of up to {MOST_ROWS:,} rows"
)
PAY_ROWS = _needs(
    lambda of: of.pay is not None,
    "the amounts of the rows are needed: medians and quarters cannot be made of counts",
    rows=True,
    supply=Supply.PAY,
)
PROBABLE = _needs(
    lambda of: of.tally.roles.probabilities,
    "no probabilities of groups are named ([groups] probabilities in the use case)",
)
PROBABLE_SUMS = _needs(
    lambda of: of.probable is not None,
    "probabilities of groups are added up on one machine, not in Spark",
    rows=True,
    supply=Supply.PROBABLE,
)
CATEGORY = _needs(
    lambda of: of.tally.roles.pay.category is not None,
    "no column of the category of workers is named (--category, or [pay] category in the use case)",
    asks="Name the column of the category of workers (--category)",
)
PEOPLE = "Name the column that identifies the person (--id), so that people who appear more than once count once."
ASKING = (TARGET, GROUPS, POPULATION, TIME, SCORED, SCORE, PAY, CATEGORY)
FITTED = (Supply.TEXT_MODELS, Supply.MODELS, Supply.VECTOR_MODELS)  # what --no-models leaves out


def unmet(needs: Iterable[Precondition], evidence: Evidence, *, supplied: bool = True) -> str | None:
    """Return why the first unmet need is not met, or None; what is made on demand counts once it is `supplied`."""
    for need in needs:
        if (supplied or need.supply is None) and (why := need.missing(evidence)) is not None:
            return why
    return None


def asked_for(reason: str | None) -> str | None:
    """Return what to name or state where a rule did not run for `reason`; None where that would not do."""
    return next((need.asks for need in ASKING if need.why == reason), None)
