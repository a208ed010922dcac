"""The group predicted from all columns together or from a text, with and without the strongest proxies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.model_findings import (
    LEAK,
    MODERATE,
    blind_gap,
    blind_said,
    peeled,
    record,
    recovered,
    subject_of,
)
from auditor.analyzers.preconditions import GROUPS, MODELS, ROWS, TERMS, TEXT, TEXT_MODELS, UNWEIGHTED, WITH_VECTORS
from auditor.analyzers.unchecked import as_far_as_checked
from auditor.analyzers.vectors.findings import embedded_area, embedded_record, vectors_beside, with_meaning
from auditor.counts.tally import Tally
from auditor.model import Finding, Severity
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.study import Study

OF_TEXT = (GROUPS, UNWEIGHTED, TEXT, ROWS, TERMS, TEXT_MODELS)

JUDGED = 1  # the place of the step that PRX003 judges: the strongest column is removed

SAYS = Says(
    from_column="From {n:people} other column, without '{group}'",
    from_columns="From {n:people} other columns together, without '{group}'",
    from_terms="From {n:people} term{n:s} of '{column}'",
    drop="Removing the column '{group}' does not hide it. Remove the columns that predict it (PRX001 lists them), and "
    "audit again with --drop.",
    mask="The text of '{column}' predicts {group}. Mask the terms that predict it (--suggest-redactions lists them), "
    "and audit again with --redact.",
)


@rule(
    "PRX002",
    "group-recoverable",
    asks=Ask(
        "Remove what predicts the group, then audit again",
        "model team",
        "the AUC is below 0.556",
        ("group",),
    ),
    headlines=Headlines(
        found="The other columns predict {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="The other columns predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to determine whether the other columns predict {group}",
        clear="The other columns do not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=(GROUPS, UNWEIGHTED, MODELS, WITH_VECTORS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_ridge", "auc_logistic", "auc_boosting", "auc_vectors"),
    leading={"auc": "AUC of predicting the group (0.5 is chance)"},
)
def group_recoverable(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The other columns together predict the group.

    How it is measured: Two models predict the group from all columns and what is derived from them (as in PRX001). The
    groups, the outcome, identifiers, forbidden columns and those that leak the outcome are left out. The first is a
    ridge regression, or a logistic one where the columns have over 1,500 levels. The second, a gradient boosting, is
    asked unless the first predicts the group by far (a lower bound of 0.75). They are fitted to a bounded sample with
    5-fold cross-validation: each row is scored by models of the other four fifths, and ranks are pooled. The AUC (area
    under the ROC curve) is the probability that the model ranks a random person in the group above a random person
    outside it; 0.5 is chance. Its interval is DeLong's with the error times the root of two, since cross-validation
    compares every two rows twice. It is at half alpha for each of the two models, shared among the levels of a group
    with more than two. Rows of one person (--id), of one cluster (--cluster) or of one repeated record are in one fold,
    and are summed in the error. With few such units the interval is Student's. A finding needs an AUC of `leak_auc`
    with the interval above 0.5; evidence is strong from a lower bound of `strong_auc`. No issue is found when the upper
    bound of both models is under `leak_auc`. The AUC is a lower bound: other models, or more rows, may predict the
    group better. A column of vectors is one column among the others: it is read by the two models of EMB001, which
    share alpha, and the largest AUC of all counts. The result stays inconclusive where a column was not read, as with
    images, and where EMB001 rules nothing out.

    Why it matters: A model that is not given the group can infer it.

    What to do: Remove the columns that predict it (PRX001), and check the remaining ones (PRX003).

    Source: DeLong, DeLong and Clarke-Pearson 1988 (interval); Obuchowski 1997 (units); 0.556 and 0.638 are Cohen's d of
    0.2 and 0.5.
    """
    tally = evidence.tally
    for group, study in _columns(evidence):
        for level in study.steps(group)[0].recovered:
            subject = subject_of(tally, study, use, group, level)
            limits = leak_auc, strong_auc
            beside, clear = vectors_beside(evidence, group, level, limits)
            n = len(study.names) + len({*evidence.vectors})
            opening = SAYS("from_columns" if n > 1 else "from_column", n=n, group=group)
            state, message, measures = recovered(study, level, subject, opening, use.limits.alpha, limits, beside)
            remedy = SAYS("drop", group=group) if state.found else None
            finding = Finding(state, subject, message, measures, remedy=remedy)
            yield as_far_as_checked(finding, tally, use, read=clear)


@rule(
    "PRX003",
    "remaining-proxies",
    aliases=("other-ways",),
    asks=Ask(
        "Remove further proxies, or let no model decide on these columns",
        "model team",
        "the AUC is below 0.556 without the removed columns",
        ("group",),
    ),
    headlines=Headlines(
        found="Without the strongest proxies, the remaining columns still predict {group}: AUC {auc:fixed 2} (0.5 is "
        "chance)",
        near="Without the strongest proxies, the remaining columns predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to determine whether the remaining columns predict {group}",
        clear="Without the strongest proxies, the remaining columns do not predict {group}",
    ),
    needs=(GROUPS, UNWEIGHTED, MODELS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_ridge", "auc_logistic", "auc_boosting", "columns_gone", "blind_gap"),
    leading={"auc": "AUC without the strongest columns (0.5 is chance)"},
)
def remaining_proxies(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the strongest proxies removed, the other columns still predict the group.

    How it is measured: The k columns most closely linked with the group (Cramér's V) are removed, with every twin of
    theirs (V of 0.5 or more with one of them). The group is then predicted from the other columns, for k = 0, 1, 2, 5,
    10 and so on. Columns are chosen on the rows that a model is fitted to, never on those that it is tested on;
    choosing on all rows would hide the proxies that remain. Beside it is the gap in selection rates of a model of the
    outcome without the group and the removed columns, cut at the data's own selection rate. No gap is given where that
    model predicts the outcome no better than chance. The state is that of k = 1, by the larger AUC of both models as in
    PRX002, at half alpha each. No issue is found when the upper bound of both is under `leak_auc`. The curve is the
    ridge regression's. The gradient boosting is asked at k = 1 unless the ridge regression predicts the group there. It
    also checks the first step, and those where the ridge regression finds nothing, until neither does. Where neither
    predicts the group from all columns, the gradient boosting's AUC is that of all columns: fewer hold no more.

    Why it matters: When the words that marked women were removed from a hiring tool, it could not be ruled out that the
    tool would find other proxies. This rule asks that question of the data.

    What to do: Remove columns until the AUC is close to 0.5, and judge what the model loses by it; or do not let a
    model decide on these columns.

    Source: the removal steps, the folds and the thresholds were chosen by simulation; DeLong and others 1988
    (interval).
    """
    tally = evidence.tally
    for group, study in _columns(evidence):
        steps = study.steps(group)
        if len(steps) < 2:
            raise NotRun("there is one column only, and without it no other remains")
        study.checked(group, JUDGED, leak_auc)
        for level in steps[0].recovered:
            subject = subject_of(tally, study, use, group, level)
            for step in steps:
                yield record(study, step, subject, level)
            finding = peeled(study, JUDGED, subject, level, use.limits.alpha, (leak_auc, strong_auc))
            yield as_far_as_checked(finding, tally, use)


@rule(
    "TXT003",
    "text-reveals-group",
    asks=Ask(
        "Mask the terms that predict the group, then audit again",
        "model team",
        "the AUC is below 0.556",
        ("column",),
    ),
    headlines=Headlines(
        found="The text '{column}' predicts {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="The text '{column}' predicts {group} weakly: AUC {auc:fixed 2}",
        open="Too few documents to determine whether '{column}' predicts {group}",
        clear="The text '{column}' does not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=OF_TEXT,
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_logistic", "auc_bayes", "blind_gap"),
    leading={
        "auc": "AUC of predicting the group from the text (0.5 is chance)",
        "blind_gap": "Gap of a model of the text without the group",
    },
)
def text_reveals_group(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The text predicts the group.

    How it is measured: As PRX002, from the terms of a text column (words and pairs of words, there or not, the 5,000
    commonest). The models are a logistic regression and a naive Bayes, cross-validated. Copies and near copies of a
    text, and what one person or one cluster wrote, are never in both the training and the test fold, and count as one
    in the error.

    Why it matters: A person or a model that reads the text can infer the group, even if no column names it.

    What to do: Mask the terms that predict it (TXT001 lists them, --suggest-redactions writes them to a file), audit
    again with --redact, and check the remaining terms (TXT004).

    Source: as PRX002. The naive Bayes treats terms as independent, which pairs of words are not, and so predicts less
    well.
    """
    tally = evidence.tally
    for column, group, study in _texts(evidence):
        for level in study.steps(group)[0].recovered:
            subject = {"column": column, **subject_of(tally, study, use, group, level)}
            opening = SAYS("from_terms", n=len(study.names), column=column)
            limits = leak_auc, strong_auc
            state, message, measures = recovered(study, level, subject, opening, use.limits.alpha, limits)
            if gap := blind_gap(study.steps(group)[0], subject):
                measures["blind_gap"] = gap
                message = together(message, blind_said("from_text", gap, subject, study.thing))
            remedy = SAYS("mask", column=column, group=group) if state.found else None
            yield Finding(state, subject, message, measures, remedy=remedy)


@rule(
    "TXT004",
    "remaining-text-proxies",
    aliases=("other-words",),
    asks=Ask(
        "Mask further terms, or let no model decide on this text",
        "model team",
        "the AUC is below 0.556 without the masked terms",
        ("column",),
    ),
    headlines=Headlines(
        found="With the strongest terms masked, '{column}' still predicts {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="With the strongest terms masked, '{column}' predicts {group} weakly: AUC {auc:fixed 2}",
        open="Too few documents to determine whether '{column}' predicts {group} once terms are masked",
        clear="With the strongest terms masked, '{column}' does not predict {group}",
    ),
    needs=(*OF_TEXT, WITH_VECTORS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_logistic", "auc_bayes", "columns_gone", "blind_gap", "auc_embedded"),
    leading={"auc": "AUC without the strongest terms (0.5 is chance)"},
)
def remaining_text_proxies(
    evidence: Evidence, use: UseCase, *, masked: int = 10, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the terms that mark the group most masked, the rest of the text still predicts it.

    How it is measured: As PRX003, with terms. The k terms most closely linked with the group, their twins (phi of 0.5
    or more) and the pairs that hold them are removed, for k = 0, 1, 2, 5, 10, 20, 50, 100. They are chosen on the
    documents that a model is fitted to. The curve and the model of the outcome are a logistic regression's. A naive
    Bayes checks the first step, that of k = `masked` unless the logistic regression predicts the group there, and those
    where it finds nothing. The state is that of k = `masked`. Where the text was embedded too (--embed), the text with
    the named terms masked is embedded once more, and the group is predicted from these vectors as in EMB001: what is
    left of the meaning, beside what is left of the words.

    Why it matters: Usually only the best-known words are masked, and the rest of the text may reveal the group too.

    What to do: Mask terms until the AUC is close to 0.5, and judge what is lost by it; or let no model decide on the
    text.

    Source: as PRX003, with the terms and the models of TXT003.
    """
    tally = evidence.tally
    for column, group, study in _texts(evidence):
        steps = study.steps(group)
        if len(steps) < 2:
            raise NotRun("there is one term only, and without it no other remains")
        judged = max(i for i, step in enumerate(steps) if step.k <= max(1, masked))
        study.checked(group, judged, leak_auc)
        for level in steps[0].recovered:
            subject = {"column": column, **subject_of(tally, study, use, group, level)}
            meant = {step.k: embedded_area(evidence, column, group, level, step.k) for step in steps}
            for step in steps:
                yield {**record(study, step, subject, level), **embedded_record(meant[step.k])}
            finding = peeled(study, judged, subject, level, use.limits.alpha, (leak_auc, strong_auc))
            yield with_meaning(finding, subject, meant[0], meant[steps[judged].k])


def _columns(evidence: Evidence) -> Iterator[tuple[str, Study]]:
    """Yield the groups that columns may predict; NotRun where there are no such groups."""
    study = evidence.models
    assert study is not None  # it is needed
    if not study.names:
        raise NotRun("no column remains that a model could use")
    yield from ((group, study) for group in _predictable(evidence.tally, study))


def _texts(evidence: Evidence) -> Iterator[tuple[str, str, Study]]:
    """Yield text column and group where the text may predict the group; NotRun where there are no such groups."""
    for column, study in evidence.texts.items():
        if study.names:
            yield from ((column, group, study) for group in _predictable(evidence.tally, study))


def _predictable(tally: Tally, study: Study) -> list[str]:
    """Return the groups with two levels to be distinguished; NotRun where there are no such groups."""
    groups = [group for group in tally.roles.groups if len(study.levels(group)) > 1]
    if not groups:
        raise NotRun("no group column has two groups of 50 sampled rows or more")
    return groups
