"""The group told from all columns together or from a text, and from what is left without the strongest."""

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
from auditor.analyzers.preconditions import GROUPS, MODELS, ROWS, TERMS, TEXT, TEXT_MODELS, UNWEIGHTED
from auditor.analyzers.unchecked import as_far_as_checked
from auditor.counts.tally import Tally
from auditor.model import Finding, Severity
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.study import Study

OF_TEXT = (GROUPS, UNWEIGHTED, TEXT, ROWS, TERMS, TEXT_MODELS)

JUDGED = 1  # the place of the step that PRX003 judges: the strongest column is gone

SAYS = Says(
    from_column="From {n:people} other column, without '{group}'",
    from_columns="From {n:people} other columns together, without '{group}'",
    from_terms="From {n:people} terms of '{column}'",
    drop="Taking out the column '{group}' does not hide it: leave out what tells it (PRX001 lists the columns), and "
    "audit again with --drop.",
    mask="The text of '{column}' tells {group}: mask the terms that tell it (--suggest-redactions lists them), and "
    "audit again with --redact.",
)


@rule(
    "PRX002",
    "group-recoverable",
    asks=Ask("Remove what predicts the group, then audit again", "model team", "the AUC is below 0.556", ("group",)),
    headlines=Headlines(
        found="The other columns predict {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="The other columns predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to say whether the other columns predict {group}",
        clear="The other columns do not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=(GROUPS, UNWEIGHTED, MODELS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_ridge", "auc_logistic", "auc_boosting"),
    leading={"auc": "How surely the group is told (0.5 is guessing)"},
)
def group_recoverable(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The group can be told from the other columns together.

    How it is measured: A ridge regression (a logistic one where the columns have over 1,500 levels) and, unless that
    tells the group by far (a lower bound of 0.75), a gradient boosting learn the group from all columns, and what is
    derived from them (as in PRX001), but the groups, the outcome, identifiers, forbidden columns and those that know
    the outcome, on a bounded sample; each row is judged by models of the other four fifths, ranks are pooled. The area
    under the curve is the chance that of two random people, one in the group and one not, the model picks the right
    one: 0.5 is guessing. Its interval is DeLong's with the error times the root of two, since cross-fitting sets every
    two rows against each other twice; at half alpha for each of the two learners, and shared among the levels of a
    group with more than two. Rows of one person (--id), of one cluster (--cluster) or of one record that was written
    several times are in one fold, and are summed in the error; with few of them the interval is Student's. Shown at an
    area of `leak_auc` with the interval above 0.5, strongly from a lower bound of `strong_auc`; clear when the upper
    bound of both learners is under `leak_auc`. It is a lower bound on what could be told: other models, or more rows,
    may tell more. Nor is it clear where a column was not read, as vectors and images are not.

    Why it matters: A model that is not shown the group can work it out.

    What to do: Leave out the columns that tell it (PRX001) and look at what is left (PRX003).

    Source: DeLong, DeLong and Clarke-Pearson 1988 (interval); Obuchowski 1997 (units); 0.556 and 0.638 are Cohen's d of
    0.2 and 0.5.
    """
    tally = evidence.tally
    for group, study in _columns(evidence):
        for level in study.steps(group)[0].recovered:
            subject = subject_of(tally, study, use, group, level)
            n = len(study.names)
            opening = SAYS("from_columns" if n > 1 else "from_column", n=n, group=group)
            limits = leak_auc, strong_auc
            state, message, measures = recovered(study, level, subject, opening, use.limits.alpha, limits)
            remedy = SAYS("drop", group=group) if state.found else None
            finding = Finding(state, subject, message, measures, remedy=remedy)
            yield as_far_as_checked(finding, tally, use)


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
        found="Without the strongest proxies, the remaining columns still predict {group}: AUC {auc:fixed 2}",
        near="Without the strongest proxies, the remaining columns predict {group} weakly: AUC {auc:fixed 2}",
        open="Too little data to say whether the remaining columns predict {group}",
        clear="Without the strongest proxies, the remaining columns do not predict {group}",
    ),
    needs=(GROUPS, UNWEIGHTED, MODELS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_ridge", "auc_logistic", "auc_boosting", "columns_gone", "blind_gap"),
    leading={"auc": "How surely without the strongest left (0.5 is guessing)"},
)
def other_ways(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the strongest proxies removed, the other columns still predict the group.

    How it is measured: The k columns most closely tied to the group (Cramér's V), and every twin of theirs (V of 0.5 or
    more with one of them), are taken away and the group is told again, for k = 0, 1, 2, 5, 10 and so on. Columns are
    chosen on the rows that a model learns from, never on those that it is tried on: chosen on all rows they would hide
    what is left. Beside it stands the gap in selection rates of a model of the outcome that sees neither the group nor
    the columns taken away, cut at the data's own selection rate; none where that model tells the outcome no better than
    guessing. The state is that of k = 1, by the larger area of both learners as in PRX002, at half alpha each; clear
    when the upper bound of both is under `leak_auc`. The curve is the ridge regression's; the gradient boosting is
    asked at k = 1 unless the ridge regression tells the group there, checks the curve's first step and those where the
    ridge regression finds nothing any more, until neither does.

    Why it matters: When the words that marked women were taken out of a hiring tool, nobody could be sure that it would
    not find other ways. This is that question, asked of the data.

    What to do: Leave out columns until the curve is down, and judge what the model loses by it; or do not let a model
    decide on these columns.

    Source: the peel, its folds and its thresholds were chosen by simulation; DeLong and others 1988 (interval).
    """
    tally = evidence.tally
    for group, study in _columns(evidence):
        steps = study.steps(group)
        if len(steps) < 2:
            raise NotRun("there is one column only: without it none is left")
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
        "Mask the terms that predict the group, then audit again", "model team", "the AUC is below 0.556", ("column",)
    ),
    headlines=Headlines(
        found="The text '{column}' predicts {group}: AUC {auc:fixed 2} (0.5 is chance)",
        near="The text '{column}' predicts {group} weakly: AUC {auc:fixed 2}",
        open="Too few documents to say whether '{column}' predicts {group}",
        clear="The text '{column}' does not predict {group}: AUC {auc:fixed 2}",
    ),
    needs=OF_TEXT,
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_logistic", "auc_bayes", "blind_gap"),
    leading={
        "auc": "How surely the text tells the group (0.5 is guessing)",
        "blind_gap": "Gap that a model of the text makes, blind to the group",
    },
)
def text_reveals_group(
    evidence: Evidence, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The group can be told from the text.

    How it is measured: As PRX002, from the terms of a text column (words and pairs of words, there or not, the 5,000
    commonest): a logistic regression and a naive Bayes, cross-fitted; copies and near copies of a text, and what one
    person or one cluster wrote, are never on both sides, and count as one in the error.

    Why it matters: Whoever reads the text, or a model that does, knows the group though no column says it.

    What to do: Mask the terms that tell it (TXT001 lists them, --suggest-redactions writes them down), audit again with
    --redact, and look at what is left (TXT004).

    Source: as PRX002. The naive Bayes takes terms for independent, which pairs of words are not: it tells less.
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
                message = together(message, blind_said("blind_reader", gap, subject))
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
        found="With the strongest terms masked, '{column}' still predicts {group}: AUC {auc:fixed 2}",
        near="With the strongest terms masked, '{column}' predicts {group} weakly: AUC {auc:fixed 2}",
        open="Too few documents to say whether '{column}' predicts {group} once terms are masked",
        clear="With the strongest terms masked, '{column}' does not predict {group}",
    ),
    needs=OF_TEXT,
    units="models",
    severity=Severity.CONDITION,
    measures=quantities("auc", "auc_logistic", "auc_bayes", "columns_gone", "blind_gap"),
    leading={"auc": "How surely without the strongest terms left (0.5 is guessing)"},
)
def other_words(
    evidence: Evidence, use: UseCase, *, masked: int = 10, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the terms that mark the group most taken out of the text, the others still tell it.

    How it is measured: As PRX003, with terms: the k that are tied to the group most closely, their twins (phi of 0.5 or
    more) and the pairs that hold them go, for k = 0, 1, 2, 5, 10, 20, 50, 100, chosen on the documents that a model
    learns from. The curve, and the model of the outcome, are a logistic regression's; a naive Bayes checks the first
    step, that of k = `masked` unless the logistic regression tells the group there, and those where it finds nothing
    any more. The state is that of k = `masked`.

    Why it matters: Masking the famous words is what is usually done, and the rest of the text may say it too.

    What to do: Mask until the curve is down, and judge what is lost by it; or let no model decide on the text.

    Source: as PRX003, with the terms and the learners of TXT003.
    """
    tally = evidence.tally
    for column, group, study in _texts(evidence):
        steps = study.steps(group)
        if len(steps) < 2:
            raise NotRun("there is one term only: without it none is left")
        judged = max(i for i, step in enumerate(steps) if step.k <= max(1, masked))
        study.checked(group, judged, leak_auc)
        for level in steps[0].recovered:
            subject = {"column": column, **subject_of(tally, study, use, group, level)}
            for step in steps:
                yield record(study, step, subject, level)
            yield peeled(study, judged, subject, level, use.limits.alpha, (leak_auc, strong_auc))


def _columns(evidence: Evidence) -> Iterator[tuple[str, Study]]:
    """Yield the groups that columns may tell; NotRun where there is none."""
    study = evidence.models
    assert study is not None  # it is needed
    if not study.names:
        raise NotRun("no column is left that a model could learn from")
    yield from ((group, study) for group in _told(evidence.tally, study))


def _texts(evidence: Evidence) -> Iterator[tuple[str, str, Study]]:
    """Yield text column and group where the text may tell the group; NotRun where there is none."""
    for column, study in evidence.texts.items():
        if study.names:
            yield from ((column, group, study) for group in _told(evidence.tally, study))


def _told(tally: Tally, study: Study) -> list[str]:
    """Return the groups with two levels to be told apart; NotRun where there is none."""
    told = [group for group in tally.roles.groups if len(study.levels(group)) > 1]
    if not told:
        raise NotRun("no group column has two groups of 50 sampled rows or more")
    return told
