"""Measures as readers see them: their names in words, and each in the unit that its name implies."""

from __future__ import annotations

from auditor.format import interval, p_alone, people, percent, ratio, signed
from auditor.model import Measure

MEASURE_WORDS = {
    "selection_rate": "Favourable rate",
    "reference_rate": "Reference rate",
    "impact_ratio": "Impact ratio",
    "unfavourable_ratio": "Ratio of unfavourable rates",
    "rate_difference": "Rate difference",
    "z": "Standard deviations (z)",
    "p_value": "p",
    "p_adjusted": "p, adjusted",
    "shortfall": "Shortfall to equal rates, people",
    "shortfall_to_limit": "Shortfall to the limit, people",
    "detectable_ratio": "Detectable ratio",
    "share": "Share",
    "reference_share": "Stated share",
    "representation_ratio": "Representation ratio",
    "missing_share": "Not recorded",
    "missing_difference": "Not recorded: favourable minus others",
    "total_variation": "Total variation distance",
    "chi_square": "Chi-square",
    "n": "Rows",
    "outcomes_withheld": "Rows without their outcome",
    "needed_n": "Rows needed",
    "duplicates": "Repeats",
    "duplicate_share": "Share of repeats",
    "levels": "Distinct values",
    "unknown": "Unknown, people",
    "auc": "Area under the curve",
    "auc_logistic": "Area, logistic regression",
    "auc_boosting": "Area, gradient boosting",
    "auc_bayes": "Area, naive Bayes",
    "noise_difference": "Looks wrong: difference",
    "pairs": "Sets of twins",
    "stand_ins": "Columns tied to it",
    "favourable": "Favourable, rows",
    "recent_share": "Share of the last years",
    "marked_terms": "Terms that mark it",
    "detectable_odds": "Detectable odds ratio",
    "log_odds": "Log-odds",
    "gap_without_term": "Gap gone without the term",
    "blind_gap": "Gap of a blind model",
    "columns_gone": "Columns gone at guessing",
    "amplification": "Ratio over the data's own",
    "tpr_difference": "True positive rates: difference",
    "calibration": "Predicted less observed",
    "cramers_v": "Cramér's V",
    "theils_u": "Theil's U",
    "one_sided_share": "Share of an outcome with values of its own",
    "carried_gap": "Carried gap",
    "raw_gap": "Raw gap",
    "q": "p, false discovery",
    "within_p": "p, within the groups",
    "lowest_ratio": "Lowest ratio",
    "crude_odds_ratio": "Odds ratio, crude",
    "mh_odds_ratio": "Odds ratio, Mantel-Haenszel",
    "cmh_p": "p, CMH",
    "breslow_day_p": "p, Breslow-Day",
    "tarone_p": "p, Breslow-Day with Tarone's correction",
    "covered": "Share of the group in strata with the reference",
    "mh_risk_difference": "Risk difference, Mantel-Haenszel",
    "standardised_rate": "Standardised rate",
    "standardised_reference_rate": "Standardised reference rate",
    "mh_risk_ratio": "Ratio of rates, Mantel-Haenszel",
    "composition": "Gap from composition",
    "within": "Gap from within",
    "cdd": "Conditional demographic disparity",
    "simpson": "Simpson's paradox (1 is yes)",
    "first_share": "Share, first period",
    "last_share": "Share, last period",
    "change": "Change",
    "trend_z": "Trend (z)",
    "largest_jump": "Largest change between periods",
    "first_ratio": "Ratio, first period (fitted)",
    "last_ratio": "Ratio, last period (fitted)",
    "rate": "Favourable rate",
    "shrunk_rate": "Shrunk rate",
    "probability_below_limit": "Probability below the limit",
    "support": "Share of the rows tested",
    "expected": "Rows expected",
    "scoring_rate": "Scoring rate",
    "cliffs_delta": "Cliff's delta",
    "mean_difference": "Mean difference",
    "hedges_g": "Hedges' g",
    "quantile_gap_10": "Gap of the 0.1 quantiles",
    "quantile_gap_50": "Gap of the medians",
    "quantile_gap_90": "Gap of the 0.9 quantiles",
}
_SHARES = {
    "selection_rate", "reference_rate", "share", "reference_share", "missing_share",
    "total_variation", "duplicate_share", "standardised_rate",
    "standardised_reference_rate", "first_share", "last_share", "largest_jump",
    "rate", "shrunk_rate", "recent_share", "support", "scoring_rate", "covered",
    "one_sided_share",
}  # fmt: skip
_POINTS = {
    "rate_difference",
    "missing_difference",
    "noise_difference",
    "mh_risk_difference",
    "composition",
    "within",
    "change",
    "carried_gap",
    "raw_gap",
    "blind_gap",
    "tpr_difference",
    "calibration",
    "gap_without_term",
}
_RATIOS = {
    "impact_ratio", "unfavourable_ratio", "representation_ratio", "detectable_ratio", "crude_odds_ratio",
    "mh_odds_ratio", "mh_risk_ratio", "first_ratio", "last_ratio", "lowest_ratio",
}  # fmt: skip
_PLAIN = {
    "cliffs_delta",
    "hedges_g",
    "cdd",
    "probability_below_limit",
    "mean_difference",
    "cramers_v",
    "theils_u",
    "auc",
    "auc_logistic",
    "auc_boosting",
    "auc_bayes",
    "detectable_odds",
    "log_odds",
    "amplification",
    "quantile_gap_10",
    "quantile_gap_50",
    "quantile_gap_90",
}
P_VALUES = {"p_value", "p_adjusted", "q", "within_p", "cmh_p", "breslow_day_p", "tarone_p"}


def measure_text(name: str, measure: Measure) -> str:
    """Return a measure with its interval, in the unit that its name implies."""
    if measure.value is None:
        if name in ("detectable_ratio", "detectable_odds"):
            return "none, however large"
        return "cannot be known" if measure.low is None else interval(measure.low, measure.high, measure.limit)
    if name in _POINTS:
        text = f"{signed(100 * measure.value)} points"
        has = measure.low is not None and measure.high is not None
        return f"{text} [{signed(100 * (measure.low or 0))}, {signed(100 * (measure.high or 0))}]" if has else text
    if name in _SHARES:
        text = percent(measure.value)
        if measure.low is None or measure.high is None:
            return text
        return f"{text} [{percent(measure.low)}, {percent(measure.high)}]"
    if name in _RATIOS:
        text = ratio(measure.value, measure.limit)
        has = measure.low is not None or measure.high is not None
        return f"{text} {interval(measure.low, measure.high, measure.limit)}" if has else text
    if name in _PLAIN or name.startswith("quantile_gap"):
        text = f"{measure.value:,.4g}"
        return (
            f"{text} [{measure.low:,.4g}, {measure.high:,.4g}]"
            if measure.low is not None and measure.high is not None
            else text
        )
    if name in P_VALUES:
        return p_alone(measure.value)
    if name in ("z", "trend_z"):
        return signed(measure.value, 2)
    return people(max(0.0, measure.value))  # whom nobody lacks, as older audits have it below 0
