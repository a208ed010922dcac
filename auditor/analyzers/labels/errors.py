"""Whether outcomes are wrong more often in one group than in another: LAB002."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, MODELS, TARGET, UNWEIGHTED, Precondition
from auditor.model import Finding, Measure, Severity
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, newcombe
from auditor.stats.tails import holm
from auditor.stats.units import effective_size, taken
from auditor.use.says import Says
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.study import Blind

# The variance of label error rates by cross-fitted scores, over that of independent rows. By simulation without a link
# it is 1.7: thresholds and scores come from the same rows. Two, as of areas of such scores, is on the safe side.
CROSS_FITTED = 2.0

SAYS = Says(
    noise="The estimated label error rate is {rate:percent} of {n:people} with {group} '{level}' and "
    "{rate_ref:percent} of {n_ref:people} with '{reference}'. The difference is {difference:points} points "
    "{bounds:points_interval} ({p:p}, confident joint).",
    judge_again="Have a sample of the outcomes of '{level}' and '{reference}' ({group}) judged again, without the "
    "first judgement.",
)

CLEANLAB = Precondition(
    lambda of: None if find_spec("cleanlab") else "it needs cleanlab: pip install 'dataudit[labels]'"
)


@rule(
    "LAB002",
    "label-noise-differs",
    asks=Ask(
        "Have a sample of outcomes judged again, without the first judgement",
        "decision owner",
        "the error rates of the groups are alike",
        ("level",),
    ),
    headlines=Headlines(
        found="The estimated label error rate of '{level}' differs by {noise_difference:gap} "
        "points from that of '{reference}'",
        near="The estimated label error rate of '{level}' differs from that of '{reference}'",
        open="Too little data to compare the label errors of '{level}' and '{reference}'",
        clear="The estimated label error rates of '{level}' and '{reference}' are alike",
    ),
    needs=(TARGET, GROUPS, UNWEIGHTED, CLEANLAB, MODELS),
    units="rows",
    severity=Severity.CONDITION,
    measures=quantities("noise_difference", "p_adjusted"),
)
def label_noise_differs(
    evidence: Evidence, use: UseCase, *, min_difference: float = 0.05
) -> Iterator[Finding | Record]:
    """The estimated label error rate is higher for one group than for another.

    How it is measured: The label error rate of a group is estimated by the confident joint (cleanlab) on the
    cross-validated probabilities of the model of MDL001, which does not use the groups. It is computed in each group by
    itself: the share of rows for which the model confidently predicts the other outcome than the recorded one. The
    difference to the reference group is judged, with Newcombe's interval and Holm over the groups, each at twice the
    variance of independent rows: every row is judged by a model that learned from the others. The rate by itself means
    little. The rule is not run where people recur, as confident predictions recur with them. A finding needs a
    difference of `min_difference`; no issue is found where the whole interval is within it.

    Why it matters: A model learns label errors that are more frequent in one group as if they were a rule.

    What to do: Have a sample of the outcomes of every group judged again, without the first judgement.

    Source: Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research 70. It cannot see an error
    that a column explains: it is a screen, not a proof.
    """
    tally = evidence.tally
    blind = evidence.models.blind if evidence.models else None
    if blind is None:
        raise NotRun("there is no column to fit a model to, or an outcome has under 50 sampled rows")
    for group, counts, reference in tally.comparable(use):
        noise = {level: _noise(blind, group, level) for level in counts}
        known = {level: of for level, of in noise.items() if of is not None}
        if reference not in known:
            continue
        effects = CROSS_FITTED, CROSS_FITTED
        pairs = {level: Pair(*of, *known[reference], *effects) for level, of in known.items() if level != reference}
        for (level, pair), p in zip(pairs.items(), holm([equal_rates(of).p for of in pairs.values()]), strict=True):
            yield _noise_finding(group, level, reference, pair, p, min_difference, use)


def _noise(blind: Blind, group: str, level: str) -> tuple[float, float] | None:
    """Return (rows off the diagonal of the confident joint, rows) of a level; None with under 50 rows of an outcome."""
    from cleanlab.count import compute_confident_joint

    rows = blind.among(group, level)
    labels, scores = blind.favourable[rows].astype(int), blind.scores[rows]
    if min(labels.sum(), len(labels) - labels.sum()) < 50:
        return None
    joint, wrong = compute_confident_joint(
        labels, np.column_stack([1 - scores, scores]), calibrate=True, return_indices_of_off_diagonals=True
    )
    doubted = np.bincount(np.asarray(wrong, dtype=int), minlength=len(labels)) > 0
    share = effective_size(doubted, np.ones(len(labels)), taken(blind.ways, rows)) / len(labels)
    return float(joint.sum() - joint.trace()) * share, float(joint.sum()) * share


def _noise_finding(group: str, level: str, reference: str, pair: Pair, p: float, least: float, use: UseCase) -> Finding:
    difference, bounds = pair.rate - pair.rate_ref, newcombe(pair)
    subject = {"group": group, "level": level, "reference": reference}
    said = SAYS(
        "noise",
        **subject,
        rate=pair.rate,
        n=pair.n,
        rate_ref=pair.rate_ref,
        n_ref=pair.n_ref,
        difference=difference,
        bounds=bounds,
        p=p,
    )
    return Finding(
        states.differs(difference, bounds, p, least, use.limits.alpha),
        subject,
        said,
        {
            "noise_difference": Measure(difference, *bounds, n=pair.n + pair.n_ref, limit=least),
            "p_adjusted": Measure(p, n=pair.n + pair.n_ref, limit=use.limits.alpha),
        },
        remedy=SAYS("judge_again", **subject),
    )
