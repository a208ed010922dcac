"""Titles and columns of the tables that rules keep beside their findings."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.reporter.table import CI, Field


@dataclass(frozen=True)
class Kept:
    """How the records that a rule keeps are shown."""

    key: str
    title: str
    fields: tuple[Field, ...]
    about: str
    split: tuple[str, ...] = ("group", "level", "reference")
    only: tuple[str, ...] = ()  # of many records those in which one of these holds


RATE = Field("selection_rate", "Rate", "share", "low", "high")


def _error(key: str, title: str) -> Field:
    return Field(key, title, "share", f"{key}_low", f"{key}_high")


# Of a text that was embedded, once more with the terms masked.
EMBEDDED = Field("embedded_auc", "AUC, embedding of the masked text", "auc", "embedded_low", "embedded_high")
KEPT = {
    "OUT003": Kept(
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
    "ADJ001": Kept(
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
    "ADJ002": Kept(
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
    "OUT007": Kept(
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
    "OUT004": Kept(
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
    "OUT005": Kept(
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
    "STG001": Kept(
        "stages",
        "Stages of the process",
        (
            Field("stage", "Stage"),
            Field("level", "Group"),
            Field("entered", "Entered", "count"),
            Field("withdrawn", "Withdrew", "count"),
            Field("unknown", "Not known", "count"),
            Field("selected", "Passed", "count"),
            Field("selection_rate", "Rate", "share", "low", "high"),
            Field("impact_ratio", "Impact ratio", "ratio", "ratio_low", "ratio_high"),
            Field("part", "Part of the whole gap", "share", "part_low", "part_high"),
        ),
        "The whole process comes first, then each stage among those who passed all stages before it. Rates are of "
        "those who entered, without those who withdrew or whose entry is not known. The ratios of the stages multiply "
        f"to that of the whole. {CI}",
        ("group",),
    ),
    "STG002": Kept(
        "lists",
        "Lists that add most to the gap",
        (
            Field("stratum", "List"),
            Field("level", "Group"),
            Field("n", "People", "count"),
            Field("selected", "Selected", "count"),
            Field("selection_rate", "Rate", "share"),
            Field("reference", "Reference"),
            Field("reference_n", "People in the reference", "count"),
            Field("reference_rate", "Rate of the reference", "share"),
            Field("lacking", "Selections lacking", "number"),
        ),
        "A row is a list and a group: those that add most to the gap, by the selections that the group lacks there "
        "against equal rates. No single list is tested.",
        ("group",),
    ),
    "RNK001": Kept(
        "ranks",
        "Top places of lists",
        (
            Field("top", "Places"),
            Field("level", "Group"),
            Field("selected", "In them", "count"),
            Field("n", "People", "count"),
            Field("selection_rate", "Share", "share"),
            Field("reference", "Reference"),
            Field("reference_rate", "Share of the reference", "share"),
            Field("impact_ratio", "Ratio within lists", "ratio", "low", "high"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        "The ratio compares people on the same list. The intervals of all rows of a group hold jointly at 95%.",
        ("group",),
    ),
    "SCO001": Kept(
        "scores",
        "Scores by group",
        (
            Field("level", "Group"),
            Field("n", "People with a score", "count"),
            Field("missing", "Without a score", "count"),
            Field("selection_rate", "Scoring rate", "share", "low", "high"),
        ),
        f"The scoring rate is the share beyond the median of all rows. {CI}",
        ("group",),
    ),
    "SCO002": Kept(
        "cuts",
        "Selection at several cuts of the score",
        (
            Field("cut", "Cut"),
            Field("selected_share", "Selected of all", "share"),
            Field("selection_rate", "Rate", "share"),
            Field("reference_rate", "Rate of the reference", "share"),
            Field("impact_ratio", "Impact ratio (band for all cuts)", "ratio", "low", "high"),
        ),
        "The stated cut, and those that select about 1% to 50% of all rows. The bands hold at all cuts at once (95%); "
        "the test at the stated cut decides.",
        only=("chosen", "top"),
    ),
    "SCO003": Kept(
        "errors",
        "Error rates of the score or the prediction",
        (
            Field("level", "Group"),
            Field("n", "People", "count"),
            _error("true_positive_rate", "True positive rate"),
            _error("false_positive_rate", "False positive rate"),
            _error("false_negative_rate", "False negative rate"),
            _error("positive_predictive_value", "Positive predictive value"),
        ),
        f"Of rows with a score and an outcome. {CI}",
        ("group",),
    ),
    "SCO004": Kept(
        "accuracy",
        "How well the score predicts the outcome",
        (
            Field("level", "Group"),
            Field("n", "People", "count"),
            Field("favourable", "Favourable", "count"),
            Field("auc", "AUC", "auc", "low", "high"),
        ),
        f"An AUC of 0.5 is chance, 1 is certainty. {CI}",
        ("group",),
    ),
    "SCO005": Kept(
        "calibration",
        "Outcomes at equal scores",
        (
            Field("bin", "Score"),
            Field("level", "Group"),
            Field("n", "People", "count"),
            RATE,
        ),
        f"Bins of the score with about as many rows. {CI}",
        ("group",),
    ),
    "PAY002": Kept(
        "pay-categories",
        "Pay by category of workers",
        (
            Field("category", "Category"),
            Field("n", "Workers", "count"),
            Field("reference_n", "Workers of the reference", "count"),
            Field("gap", "Gap of mean pay", "share", "low", "high"),
            Field("base_gap", "Of basic pay", "share"),
            Field("variable_gap", "Of variable pay", "share"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        "A gap is what the group has less than the reference, as a share of the reference's. The line is 5%. Variable "
        f"pay is that of those who receive some. {CI}",
    ),
    "REP004": Kept(
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
    "OUT006": Kept(
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
    "PRX001": Kept(
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
    "PRX003": Kept(
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
    "PRX005": Kept(
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
    "TXT001": Kept(
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
    "TXT002": Kept(
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
    "TXT004": Kept(
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
    "EMB002": Kept(
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
    "EMB003": Kept(
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
    "MDL001": Kept(
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
    "MDL002": Kept(
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
