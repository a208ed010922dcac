"""What a model of the outcome loses at values of a column that should not matter, if it learned from others alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analyzers.evidence import Evidence
from auditor.counts.shortcuts import incidental
from auditor.model import Measure
from auditor.use.images import is_property
from auditor.use.says import Says, Sentence

if TYPE_CHECKING:
    from auditor.learn.held_out import HeldOut

SAYS = Says(
    mean="With one value of '{column}' held out at a time, a model of {what} predicts '{target}' there with a mean AUC "
    "of {without:fixed 3}. A model of as many rows of the same value has {within:fixed 3}.",
    largest="With '{column}' = '{value}' held out, a model of {what} predicts '{target}' there with an AUC of "
    "{without:fixed 3}. A model of as many rows of that value has {within:fixed 3}.",
    drop="The drop is {drop:fixed 3} [{low:fixed 3}, {high:fixed 3}], with {held:whole} value{held:s} as units.",
    largest_drop="The drop is {drop:fixed 3} [{low:fixed 3}, {high:fixed 3}], the largest of {held:whole}.",
    lost="So what the model learned does not hold at all values of '{column}'.",
    few="Inconclusive for values not in the data, as only {held:whole} can be held out.",
    nothing="Inconclusive what is lost at a value that a model did not learn from: no model of "
    "{what} predicts '{target}' within values of '{column}'.",
    too_few="Inconclusive what is lost at a value that a model did not learn from: no two values of '{column}' have 25 "
    "rows of both outcomes.",
    columns="{columns:people} other column{columns:s}",
    vector="the vectors of '{vector}'",
)


def held_out(column: str, evidence: Evidence) -> HeldOut | None:
    """Hold out values of a stated column; of columns and vectors, what predicts the outcome better within values.

    None where there are no models, and for properties of images and numbers.
    """
    models, tally = evidence.models, evidence.tally
    if models is None or is_property(column) or tally.roles.weight or models.is_number(column):
        return None
    from auditor.learn.held_out import HeldOut, of_columns, of_vectors

    barred = {
        *incidental(tally, evidence.use),
        *(name for name, of in tally.derivations.items() if of.source == column),
    }
    found = [of_columns(models, column, barred)]
    found += [of_vectors(study, models, column) for study in evidence.vectors.values()]
    made = [of for of in found if of is not None and len(of.held) > 1]
    return max(made, key=lambda of: of.within) if made else HeldOut((), 0)


def held_said(lost: HeldOut, column: str, target: str, alpha: float) -> Sentence:
    """State what is lost at values that are held out; `alpha` is that of the column."""
    what = SAYS("vector", vector=lost.vector) if lost.vector else SAYS("columns", columns=lost.columns)
    if not lost.held:
        return SAYS("too_few", column=column)
    if not lost.predicts:
        return SAYS("nothing", column=column, target=target, what=what)
    mean = lost.mean(alpha)
    value, without, within, bounds = _reported(lost, alpha)
    low, high = bounds
    return SAYS(
        "largest" if mean is None else "mean",
        "largest_drop" if mean is None else "drop",
        "lost" if low > 0 else "",
        "few" if mean is None else "",
        column=column,
        target=target,
        what=what,
        value=value,
        without=without,
        within=within,
        drop=within - without,
        low=low,
        high=high,
        held=len(lost.held),
    )


def held_measures(lost: HeldOut, alpha: float) -> dict[str, Measure]:
    """Return the areas within values and without them, and the drop; nothing where models predict nothing."""
    if not lost.held or not lost.predicts:
        return {}
    rows = sum(of.rows for of in lost.held) if lost.mean(alpha) else lost.largest.rows
    _, without, within, bounds = _reported(lost, alpha)
    return {
        "auc_within_values": Measure(within, n=rows),
        "auc_held_out": Measure(without, n=rows),
        "held_out_drop": Measure(within - without, *bounds, n=rows),
    }


def _reported(lost: HeldOut, alpha: float) -> tuple[str, float, float, tuple[float, float]]:
    """Return the value that is reported, the areas without it and within it, and the bounds of the drop.

    They are means where values are several, and else those of the largest drop, at its part of alpha.
    """
    of, mean = lost.largest, lost.mean(alpha)
    if mean is not None:
        return "", lost.without, lost.within, mean
    return of.value, of.without.value, of.within.value, of.drop.at(alpha / len(lost.held))
