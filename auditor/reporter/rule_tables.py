"""The tables that rules keep beside their findings: their titles and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.model import Audit
from auditor.reporter.parts import part_of
from auditor.reporter.pay_summary import summary
from auditor.reporter.published import PUBLISHED
from auditor.reporter.table import CI, Field, Row, Table


@dataclass(frozen=True)
class _Kept:
    """How the records that a rule keeps are shown."""

    key: str
    title: str
    fields: tuple[Field, ...]
    about: str
    split: tuple[str, ...] = ("group", "level", "reference")


RATE = Field("selection_rate", "Rate", "share", "low", "high")
# Of a text that was embedded, once more with the terms masked.
EMBEDDED = Field("embedded_auc", "AUC, embedding of the masked text", "auc", "embedded_low", "embedded_high")
KEPT = {
    "OUT003": _Kept(
        "strata",
        "Selection within strata",
        (
            Field("stratum", "Stratum"),
            Field("level", "Group"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share"),
            Field("reference", "Reference"),
            Field("reference_n", "People in the reference", "count"),
            Field("reference_rate", "Rate of the reference", "share"),
        ),
        "A row is a stratum and a group. Rates are of the rows with a known outcome.",
    ),
    "ADJ001": _Kept(
        "adjusted-gaps",
        "Gaps with and without controls",
        (
            Field("model", "Controls"),
            Field("level", "Group"),
            Field("n", "People", "count"),
            Field("reference", "Reference"),
            Field("reference_n", "People in the reference", "count"),
            Field("ratio", "Ratio", "auc", "ratio_low", "ratio_high"),
            Field("difference", "Difference (points)", "points", "difference_low", "difference_high"),
            Field("amount", "Difference", "number", "amount_low", "amount_high"),
        ),
        f"A row is a regression of one group and its reference. The ratio is of rates, or of typical amounts. {CI}",
    ),
    "ADJ002": _Kept(
        "decomposed-gaps",
        "Gaps in two parts: explained by controls, and not",
        (
            Field("part", "Part of the gap"),
            Field("by_reference", "At the reference's coefficients", "auc", "reference_low", "reference_high"),
            Field("by_group", "At the group's", "auc", "group_low", "group_high"),
            Field("by_both", "At those of both", "auc", "both_low", "both_high"),
        ),
        "The parts of single controls sum to what they explain, and this with the rest to the gap. Of numbers on "
        f"logarithms, 0.05 is about 5%; of rates, 5 points. {CI}",
    ),
    "OUT007": _Kept(
        "probable-groups",
        "Estimated selection of groups known by probabilities",
        (
            Field("level", "Group"),
            Field("n", "People (sum of probabilities)", "count"),
            Field("selection_rate", "Estimated rate", "share", "low", "high"),
            Field("impact_ratio", "Impact ratio", "ratio", "ratio_low", "ratio_high"),
        ),
        f"Nobody is assigned to a group. Intervals do not cover errors of the probabilities. {CI}",
        ("group",),
    ),
    "OUT004": _Kept(
        "joint-groups",
        "Selection by joint group",
        (
            Field("level", "Joint group"),
            Field("n", "People", "count"),
            RATE,
            Field("shrunk_rate", "Shrunken rate", "share", "shrunk_low", "shrunk_high"),
            Field("probability_below_limit", "Probability below the threshold", "number"),
        ),
        f"The shrunken rate borrows strength from all joint groups; small ones are pulled to the mean. {CI}",
        ("group",),
    ),
    "OUT005": _Kept(
        "subgroups",
        "Subgroups defined by several columns",
        (
            Field("slice", "Subgroup"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share", "low", "high"),
            Field("impact_ratio", "Impact ratio", "ratio"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        f"Found on one half of the rows, tested on the other. The ratio is to all other rows. {CI}",
        (),
    ),
    "PAY002": _Kept(
        "pay-categories",
        "Pay by category of workers",
        (
            Field("category", "Category"),
            Field("n", "Workers", "count"),
            Field("reference_n", "Workers of the reference", "count"),
            Field("gap", "Gap of mean pay", "gap", "low", "high"),
            Field("base_gap", "Of basic pay", "gap"),
            Field("variable_gap", "Of variable pay", "gap"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        "A gap is what the group has less than the reference, as a share of the reference's. The line is 5%. Variable "
        f"pay is that of those who receive some. {CI}",
    ),
    "REP004": _Kept(
        "shares-by-period",
        "Shares by period",
        (
            Field("period", "Period"),
            Field("level", "Group"),
            Field("rows", "Rows", "count"),
            Field("share", "Share", "share", "low", "high"),
        ),
        CI,
        ("group",),
    ),
    "OUT006": _Kept(
        "ratios-by-period",
        "Impact ratio by period",
        (
            Field("period", "Period"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share"),
            Field("reference_n", "People in the reference", "count"),
            Field("reference_rate", "Rate of the reference", "share"),
            Field("impact_ratio", "Impact ratio", "ratio", "low", "high"),
        ),
        CI,
    ),
    "PRX001": _Kept(
        "proxies",
        "Columns as proxies",
        (
            Field("column", "Column"),
            Field("kind", "What it is", "proxy"),
            Field("level", "Group"),
            Field("reference", "Reference"),
            Field("carried_gap", "Gap it reproduces (points)", "points", "low", "high"),
            Field("raw_gap", "Whole gap (points)", "points"),
            Field("cramers_v", "Association with the group (Cramér's V)", "auc"),
            Field("theils_u", "Variation in the group explained (Theil's U)", "share"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"The gap that a model of this column alone would reproduce, without seeing the group. {CI}",
        ("group",),
    ),
    "PRX003": _Kept(
        "remaining-proxies",
        "What remains when the strongest proxies are removed",
        (
            Field("k", "Columns removed", "count"),
            Field("gone", "Which"),
            Field("auc", "AUC for the group", "auc", "low", "high"),
            Field("check_auc", "AUC, gradient boosting", "auc", "check_low", "check_high"),
            Field("blind_gap", "Gap of a model without the group (points)", "points", "gap_low", "gap_high"),
        ),
        f"An AUC of 0.5 is chance, 1 is certainty. {CI}",
    ),
    "PRX005": _Kept(
        "shortcuts",
        "Columns that should not matter, and the outcome",
        (
            Field("column", "Column"),
            Field("n", "Rows", "count"),
            Field("auc", "AUC for the outcome", "auc", "low", "high"),
            Field("auc_within_groups", "AUC among people of one group", "auc"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"Each column alone. An AUC of 0.5 is chance, 1 is certainty. {CI}",
        (),
    ),
    "TXT001": _Kept(
        "group-terms",
        "Terms used more by one group",
        (
            Field("term", "Term"),
            Field("leans_to", "Used more by"),
            Field("share", "Documents of the group", "share"),
            Field("share_reference", "Documents of the reference", "share"),
            Field("log_odds", "Log-odds", "auc", "low", "high"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"Documents are counted, not occurrences. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "TXT002": _Kept(
        "penalised-terms",
        "Group-linked terms and selection",
        (
            Field("term", "Term"),
            Field("kind", "What it is", "term"),
            Field("rate_with", "Rate with the term", "share"),
            Field("rate_without", "Rate without it", "share"),
            Field("carried_gap", "Gap it accounts for (points)", "points", "low", "high"),
            Field("within_p", "p within the groups", "p"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"Rates are of documents with a known outcome. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "TXT004": _Kept(
        "remaining-text-proxies",
        "What remains when the strongest terms are masked",
        (
            Field("k", "Terms masked", "count"),
            Field("auc", "AUC for the group", "auc", "low", "high"),
            Field("check_auc", "AUC, second model", "auc", "check_low", "check_high"),
            EMBEDDED,
            Field("blind_gap", "Gap of a model without the group (points)", "points", "gap_low", "gap_high"),
        ),
        f"An AUC of 0.5 is chance, 1 is certainty. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "EMB002": _Kept(
        "erased-vectors",
        "What remains when the group's direction is erased from vectors",
        (
            Field("eraser", "What is erased"),
            Field("auc", "AUC, linear", "auc", "low", "high"),
            Field("check_auc", "AUC, neighbours", "auc", "check_low", "check_high"),
            Field("blind_gap", "Gap of a linear model without the group (points)", "points", "gap_low", "gap_high"),
            Field("check_blind_gap", "Gap of a neighbour model (points)", "points", "check_gap_low", "check_gap_high"),
            Field("outcome_auc", "AUC for the outcome, linear", "auc"),
            Field("check_outcome_auc", "AUC for the outcome, neighbours", "auc"),
        ),
        "Erased and tested on different rows. An AUC of 0.5 is chance, 1 is certainty. Where the AUC for the outcome "
        f"is near 0.5, a gap is chance. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "EMB003": _Kept(
        "vector-regions",
        "Regions of vectors with a low rate",
        (
            Field("slice", "Region"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share", "low", "high"),
            Field("impact_ratio", "Impact ratio", "ratio"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        f"Found on one half of the rows, tested on the other. The ratio is to all other rows. {CI}",
        (),
    ),
    "MDL001": _Kept(
        "model",
        "A model trained without the group",
        (
            Field("level", "Group"),
            Field("rows", "People", "count"),
            Field("observed_rate", "Selected in the data", "share"),
            Field("selection_rate", "Selected by the model", "share"),
            Field("true_positive_rate", "True positive rate", "share"),
            Field("false_positive_rate", "False positive rate", "share"),
        ),
        "The model selects as many people as the data do.",
        ("group",),
    ),
    "MDL002": _Kept(
        "alternatives",
        "Models without one or two columns",
        (
            Field("dropped", "Left out"),
            Field("auc", "AUC for the outcome", "auc", "low", "high"),
            Field("auc_change", "Its change", "auc", "change_low", "change_high"),
            Field("gap", "Gap (points)", "points", "gap_low", "gap_high"),
            Field("narrower", "Narrower by (points)", "points", "narrower_low", "narrower_high"),
            Field("frontier", "On the frontier"),
        ),
        "The first row is the model of all columns. On the frontier are the sets that no other one beats in both AUC "
        f"and size of the gap. Intervals of changes are joint for all sets. {CI}",
    ),
}
_LEAD = {"group": "Column", "level": "Group", "reference": "Reference", "column": "Text"}
_LEAD_OF_VECTORS = {**_LEAD, "column": "Vectors"}
_PUBLISHED_FORMS = {
    "n": "count", "selected": "count", "selection_rate": "share", "impact_ratio": "ratio", "reference_n": "count",
    "gap": "gap", "share": "share", "reference_share": "share",
}  # fmt: skip
_LEADS, _WHY = {"PAY001": "Group and reference"}, {"PAY001": "Why a figure is left out"}


def rule_tables(audit: Audit) -> Iterator[Table]:
    """Yield the tables that the rules keep, in the order of the results, and after them those to be published."""
    yield from summary(audit)
    for result in audit.results:
        kept = KEPT.get(result.rule)
        if kept and result.table:
            there = [of for of in kept.split if any(of in row for row in result.table)]
            words = _LEAD_OF_VECTORS if result.rule.startswith("EMB") else _LEAD
            lead = tuple(Field(key, words[key]) for key in there if key not in {each.key for each in kept.fields})
            shown = [of for of in kept.fields if of is not EMBEDDED or any(of.key in row for row in result.table)]
            yield Table(
                kept.key,
                kept.title,
                (*lead, *shown),
                _of_strata(result.table),
                part_of(result.rule),
                result.rule,
                kept.about,
                tuple(there),
            )
    for result in audit.results:
        if result.rule in PUBLISHED and result.table:
            how = PUBLISHED[result.rule]
            fields = (
                Field(how.by, _LEADS.get(result.rule, "Category of")),
                *(
                    Field(of.key, of.title, _PUBLISHED_FORMS.get(of.key, "text"), *(of.bounds or ()))
                    for of in how.fields
                ),
                Field(how.marked, _WHY.get(result.rule, "Why a ratio is left out")),
            )
            yield Table(
                f"policy-{result.rule.lower()}", "Table to publish", fields, tuple(result.table), None, result.rule
            )


def _of_strata(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the records of single strata, where a table has others of all strata together."""
    return tuple(row for row in rows if "stratum" not in row or row.get("kind", "stratum") == "stratum")
