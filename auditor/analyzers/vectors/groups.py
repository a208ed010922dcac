"""A group in a column of vectors: EMB001 asks if they predict it, EMB002 if they still do with it erased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.model_findings import LEAK, MODERATE, subject_of
from auditor.analyzers.preconditions import GROUPS, ROWS, UNWEIGHTED, VECTOR_MODELS, VECTORS
from auditor.analyzers.vectors.findings import (
    ERASED,
    LEARNED,
    SAYS,
    gaps,
    judged,
    learners,
    on,
    record,
    said_of,
    settle,
    shared_alpha,
)
from auditor.model import Finding, Measure, Severity
from auditor.stats.erasing import ERASERS, LEACE, RAW, floor
from auditor.stats.nearest import NEAREST
from auditor.stats.probing import LINEAR
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.vectors import VectorStudy

OF_VECTORS = (GROUPS, UNWEIGHTED, VECTORS, ROWS, VECTOR_MODELS)

ASKS = Says(
    reveals="The vectors of '{column}' name {group} for any model that reads them. Justify this, leave the column out "
    "(--drop), or retrain the encoder; EMB002 shows what erasing a direction leaves.",
    erasing="Do not report {group} as removed from '{column}': retrain the encoder without it, or let no model decide "
    "on these vectors.",
)


@rule(
    "EMB001",
    "vector-reveals-group",
    asks=Ask(
        "Justify or leave out the vectors that predict the group",
        "model team",
        "the AUC is below 0.556",
        ("column",),
    ),
    headlines=Headlines(
        found="The vectors '{column}' predict {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="The vectors '{column}' predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to determine whether the vectors '{column}' predict {group}",
        clear="The vectors '{column}' do not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=OF_VECTORS,
    units="models",
    severity=Severity.CONDITION,
    measures=quantities(
        "auc", "auc_linear", "auc_neighbours", "auc_by_chance", "blind_gap", "blind_gap_neighbours", "rows_needed"
    ),
    leading={
        "auc": "AUC of predicting the group from the vectors (0.5 is chance)",
        "blind_gap": "Gap of a linear model of the vectors without the group",
    },
)
def vector_reveals_group(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The vectors predict the group.

    How it is measured: Two models predict the group from all numbers of a vector together, with 5-fold cross-validation
    as in PRX002. The first is a linear discriminant, w = S⁻¹(m₁ - m₀), where m are the means of the group and of all
    others, and S is the covariance of all rows, shrunk towards a multiple of the identity. The second is the share of
    the group among the 25 nearest vectors, weighted by the cosine of vectors less their mean; it looks at 10,000 rows
    at most. Both are the same for vectors that are turned, or shifted, together. Rows of one person, equal vectors and
    near copies (cosine of 0.995 or more) share a fold and count as one unit in the error. The interval is that of
    PRX002, at half alpha for each of the two. All columns of vectors, groups and levels share alpha equally
    (Bonferroni). A finding needs an AUC of `leak_auc` with the interval above 0.5; evidence is strong from a lower
    bound of `strong_auc`. No issue is found when the upper bound of both is under `leak_auc` and the linear model
    learned from enough rows: about 101 for each dimension, more where the group is small. Beside it are the 97.5%
    quantile of 200 shuffles of the group, and the gap in selection rates of a model of the outcome that reads the
    vectors without the group, cut at the data's own selection rate.

    Why it matters: A model that reads vectors of names, texts or images can infer a group that no column names.

    What to do: Justify the column or leave it out. Erasing a direction is not enough by itself (EMB002).

    Source: Fisher 1936; Chen, Wiesel, Eldar and Hero 2010 (shrinkage); DeLong, DeLong and Clarke-Pearson 1988
    (interval); Obuchowski 1997 (units). The 25 neighbours and the cosine of 0.995 are judgements.
    """
    tally, alpha = evidence.tally, shared_alpha(evidence)
    for group, study in _vectors(evidence):
        seen = study.seen(group)
        chance, shuffled = study.chance(group)
        for level, aucs in seen.recovered.items():
            subject = {"column": study.name, **subject_of(tally, study, use, group, level)}
            of = judged(study, seen, group, level, alpha, (leak_auc, strong_auc), LEARNED)
            rows = sum(study.sizes(group).values())
            found, gap = gaps(seen, subject)
            measures = {
                "auc": Measure(aucs[of.best].value, of.low, of.high, n=rows, limit=leak_auc),
                **learners(aucs, rows, seen.compared),
                "auc_by_chance": Measure(chance[level], n=shuffled),
                **found,
                "rows_needed": Measure(round(of.needed), n=round(of.learned)),
            }
            yield Finding(
                of.state,
                subject,
                together(
                    said_of("raw", study, aucs, of, subject, leak_auc),
                    SAYS("by_chance", group=group, chance=chance[level]),
                    gap,
                    on(study, seen, group),
                ),
                measures,
                remedy=ASKS("reveals", column=study.name, group=group) if of.state.found else None,
                settle=settle(of, group, leak_auc, LEARNED),
            )


@rule(
    "EMB002",
    "erasure-leaves",
    asks=Ask(
        "Retrain the encoder without the group, or let no model decide on these vectors",
        "model team",
        "the AUC on erased vectors is below 0.556 for both models",
        ("column",),
    ),
    headlines=Headlines(
        found="With its direction erased, the vectors '{column}' still predict {group}: AUC {auc:fixed 2} (0.5 is "
        "chance)",
        near="With its direction erased, the vectors '{column}' predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to determine what erasing {group} from '{column}' leaves",
        clear="With its direction erased, the vectors '{column}' do not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=OF_VECTORS,
    units="models",
    severity=Severity.CONDITION,
    measures=quantities(
        "auc", "auc_linear", "auc_neighbours", "blind_gap", "blind_gap_neighbours", "erasure_floor", "rows_needed"
    ),
    leading={
        "auc": "AUC of predicting the group from the erased vectors (0.5 is chance)",
        "blind_gap_neighbours": "Gap of a neighbour model of the erased vectors without the group",
    },
)
def erasure_leaves(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the direction of the group erased from the vectors, they still predict it.

    How it is measured: An eraser takes out of the vectors what a linear model could use, so that the groups' means
    agree on the rows that it learned from: r(x) = x - d a'(x - m) / (a'd), with d the difference of the means. LEACE
    takes a = S⁻¹d, which changes the vectors least, and K groups lose K - 1 directions. Beside it in the table are the
    mean difference (a = d), and 2, 5 and 20 directions of the iterative null-space projection. A probe on the same rows
    would find nothing by construction, which shows nothing about other rows. So the eraser learns from two folds, the
    linear probe from two others, and the fifth is predicted. Neighbours are found as in EMB001, with an eraser of the
    four other folds, as is the model of the outcome. The state is that of LEACE, by the larger AUC of the two models at
    half alpha each, shared as in EMB001. No issue is found only when both upper bounds are under `leak_auc` and the
    eraser learned from enough rows: with n₁ and n₀ rows and E = d(1/n₁ + 1/n₀), a linear model can still reach an AUC
    of Φ(√(E/2)). To leave 0.556 at most takes about 101 rows for each dimension, more where the group is small. Nor is
    anything found while neither lower bound is above what the error of its eraser leaves where one direction holds the
    whole group: Φ(√(r²/2)) with r² = D²E/(D² + E), and D the distance of the groups that the AUCs of EMB001 allow.

    Why it matters: An erased direction makes one linear test pass. Other models still find the group in what remains,
    and use it.

    What to do: Do not report the group as removed. Retrain the encoder without it, or let no model decide on these
    vectors.

    Source: Belrose and others 2023, arXiv:2306.03819 (LEACE); Ravfogel and others 2020, arXiv:2004.07667 (null-space
    projection); Gonen and Goldberg 2019, arXiv:1903.03862 (what a removed direction leaves). The bound for few rows was
    derived for this program, and agrees with simulation.
    """
    tally, alpha = evidence.tally, shared_alpha(evidence)
    for group, study in _vectors(evidence):
        raw, erased = (dict(zip(ERASERS, study.every(group), strict=True))[eraser] for eraser in (RAW, LEACE))
        sizes = study.sizes(group)
        rows = sum(sizes.values())
        for level, aucs in erased.recovered.items():
            subject = {"column": study.name, **subject_of(tally, study, use, group, level)}
            for seen in study.every(group):
                yield record(study, seen, subject, level)
            of = judged(study, erased, group, level, alpha, (leak_auc, strong_auc), ERASED)
            left = floor(study.dimensions, ERASED * sizes[level], ERASED * (rows - sizes[level]))
            found, gap = gaps(erased, subject)
            measures = {
                "auc": Measure(aucs[of.best].value, of.low, of.high, n=rows, limit=leak_auc),
                **learners(aucs, rows, erased.compared),
                **found,
                "erasure_floor": Measure(left, n=round(ERASED * rows), limit=leak_auc),
                "rows_needed": Measure(round(of.needed), n=round(ERASED * rows)),
            }
            before = raw.recovered[level]
            yield Finding(
                of.state,
                subject,
                together(
                    said_of("erased", study, aucs, of, subject, leak_auc),
                    SAYS("before", linear=before[LINEAR].value, near=before[NEAREST].value),
                    SAYS("floor", learned=round(of.learned), floor=left, needed=round(of.needed), leak=leak_auc),
                    gap,
                    on(study, erased, group),
                ),
                measures,
                remedy=ASKS("erasing", column=study.name, group=group) if of.state.found else None,
                settle=settle(of, group, leak_auc, ERASED),
            )


def _vectors(evidence: Evidence) -> Iterator[tuple[str, VectorStudy]]:
    """Yield the groups that each column of vectors may predict; NotRun where there is no such group."""
    found = [
        (group, study)
        for study in evidence.vectors.values()
        for group in evidence.tally.roles.groups
        if len(study.levels(group)) > 1
    ]
    if not found:
        raise NotRun("no group column has two groups of 50 sampled rows or more, of five people and vectors or more")
    yield from found
