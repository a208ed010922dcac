"""What several rules measure: each quantity's name in words, its unit, and where no fault is.

A rule names its own under `measures`, with `quantities`; what no other rule measures it describes in its own file.
"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.model import Quantity, Unit

QUANTITIES: Mapping[str, Quantity] = {
    "selection_rate": Quantity("Favourable rate", Unit.SHARE),
    "reference_rate": Quantity("Reference rate", Unit.SHARE),
    "impact_ratio": Quantity("Impact ratio", Unit.RATIO, ideal=1.0),
    "unfavourable_ratio": Quantity("Ratio of unfavourable rates", Unit.RATIO, ideal=1.0),
    "impact_ratio_bounds": Quantity("Impact ratio, bounds for what is not recorded", Unit.RATIO, ideal=1.0),
    "rate_difference": Quantity("Rate difference", Unit.POINTS, ideal=0.0),
    "z": Quantity("Standard deviations (z)", Unit.DEVIATIONS),
    "p_value": Quantity("p", Unit.P),
    "p_adjusted": Quantity("p, adjusted", Unit.P),
    "shortfall": Quantity("Shortfall to equal rates, people", Unit.PEOPLE, ideal=0.0),
    "shortfall_to_limit": Quantity("Shortfall to the limit, people", Unit.PEOPLE, descriptive=True),
    "detectable_ratio": Quantity("Detectable ratio", Unit.RATIO, unknown="none, however large"),
    "share": Quantity("Share", Unit.SHARE),
    "reference_share": Quantity("Stated share", Unit.SHARE),
    "representation_ratio": Quantity("Representation ratio", Unit.RATIO, ideal=1.0),
    "missing_share": Quantity("Not recorded", Unit.SHARE, ideal=0.0),
    "missing_difference": Quantity("Not recorded: favourable minus others", Unit.POINTS, ideal=0.0),
    "total_variation": Quantity("Total variation distance", Unit.SHARE, ideal=0.0),
    "chi_square": Quantity("Chi-square", Unit.PEOPLE),
    "n": Quantity("Rows", Unit.PEOPLE),
    "outcomes_withheld": Quantity("Rows without their outcome", Unit.PEOPLE),
    "needed_n": Quantity("Rows needed", Unit.PEOPLE),
    "duplicates": Quantity("Repeats", Unit.PEOPLE),
    "duplicate_share": Quantity("Share of repeats", Unit.SHARE, ideal=0.0),
    "levels": Quantity("Distinct values", Unit.PEOPLE),
    "unknown": Quantity("Unknown, people", Unit.PEOPLE),
    "auc": Quantity("Area under the curve", Unit.NUMBER, ideal=0.5),
    "auc_ridge": Quantity("Area, ridge regression", Unit.NUMBER, ideal=0.5),
    "auc_logistic": Quantity("Area, logistic regression", Unit.NUMBER, ideal=0.5),
    "auc_boosting": Quantity("Area, gradient boosting", Unit.NUMBER, ideal=0.5),
    "auc_bayes": Quantity("Area, naive Bayes", Unit.NUMBER, ideal=0.5),
    "noise_difference": Quantity("Looks wrong: difference", Unit.POINTS, ideal=0.0),
    "pairs": Quantity("Sets of twins", Unit.PEOPLE),
    "stand_ins": Quantity("Columns tied to it", Unit.PEOPLE),
    "favourable": Quantity("Favourable, rows", Unit.PEOPLE),
    "recent_share": Quantity("Share of the last years", Unit.SHARE),
    "marked_terms": Quantity("Terms that mark it", Unit.PEOPLE),
    "detectable_odds": Quantity("Detectable odds ratio", Unit.NUMBER, unknown="none, however large"),
    "log_odds": Quantity("Log-odds", Unit.NUMBER, ideal=0.0),
    "gap_without_term": Quantity("Gap gone without the term", Unit.POINTS, ideal=0.0),
    "blind_gap": Quantity("Gap of a blind model", Unit.POINTS, ideal=0.0),
    "columns_gone": Quantity("Columns gone at guessing", Unit.PEOPLE),
    "amplification": Quantity("Ratio over the data's own", Unit.NUMBER, ideal=1.0),
    "tpr_difference": Quantity("True positive rates: difference", Unit.POINTS, ideal=0.0),
    "calibration": Quantity("Predicted less observed", Unit.POINTS, ideal=0.0),
    "cramers_v": Quantity("Cramér's V", Unit.NUMBER, ideal=0.0),
    "theils_u": Quantity("Theil's U", Unit.NUMBER, ideal=0.0),
    "one_sided_share": Quantity("Share of an outcome with values of its own", Unit.SHARE),
    "carried_gap": Quantity("Carried gap", Unit.POINTS, ideal=0.0),
    "raw_gap": Quantity("Raw gap", Unit.POINTS),
    "q": Quantity("p, false discovery", Unit.P),
    "within_p": Quantity("p, within the groups", Unit.P),
    "lowest_ratio": Quantity("Lowest ratio", Unit.RATIO, ideal=1.0),
    "crude_odds_ratio": Quantity("Odds ratio, crude", Unit.RATIO, ideal=1.0),
    "mh_odds_ratio": Quantity("Odds ratio, Mantel-Haenszel", Unit.RATIO, ideal=1.0),
    "cmh_p": Quantity("p, CMH", Unit.P),
    "breslow_day_p": Quantity("p, Breslow-Day", Unit.P),
    "tarone_p": Quantity("p, Breslow-Day with Tarone's correction", Unit.P),
    "covered": Quantity("Share of the group in strata with the reference", Unit.SHARE, descriptive=True),
    "mh_risk_difference": Quantity("Risk difference, Mantel-Haenszel", Unit.POINTS, ideal=0.0),
    "standardised_rate": Quantity("Standardised rate", Unit.SHARE),
    "standardised_reference_rate": Quantity("Standardised reference rate", Unit.SHARE),
    "mh_risk_ratio": Quantity("Ratio of rates, Mantel-Haenszel", Unit.RATIO, ideal=1.0),
    "composition": Quantity("Gap from composition", Unit.POINTS),
    "within": Quantity("Gap from within", Unit.POINTS, ideal=0.0),
    "cdd": Quantity("Conditional demographic disparity", Unit.NUMBER, ideal=0.0, descriptive=True),
    "e_value": Quantity("E-value", Unit.NUMBER, descriptive=True),
    "e_value_of_interval": Quantity("E-value of the interval's end", Unit.NUMBER, descriptive=True),
    "simpson": Quantity("Simpson's paradox (1 is yes)", Unit.PEOPLE, descriptive=True),
    "first_share": Quantity("Share, first period", Unit.SHARE),
    "last_share": Quantity("Share, last period", Unit.SHARE),
    "change": Quantity("Change", Unit.POINTS),
    "trend_z": Quantity("Trend (z)", Unit.DEVIATIONS),
    "largest_jump": Quantity("Largest change between periods", Unit.SHARE, ideal=0.0),
    "first_ratio": Quantity("Ratio, first period (fitted)", Unit.RATIO, ideal=1.0),
    "last_ratio": Quantity("Ratio, last period (fitted)", Unit.RATIO, ideal=1.0),
    "rate": Quantity("Favourable rate", Unit.SHARE),
    "shrunk_rate": Quantity("Shrunk rate", Unit.SHARE),
    "probability_below_limit": Quantity("Probability below the limit", Unit.NUMBER, descriptive=True),
    "support": Quantity("Share of the rows tested", Unit.SHARE),
    "expected": Quantity("Rows expected", Unit.PEOPLE),
    "scoring_rate": Quantity("Scoring rate", Unit.SHARE),
    "cliffs_delta": Quantity("Cliff's delta", Unit.NUMBER, ideal=0.0),
    "mean_difference": Quantity("Mean difference", Unit.NUMBER, ideal=0.0),
    "hedges_g": Quantity("Hedges' g", Unit.NUMBER, ideal=0.0),
    "quantile_gap_10": Quantity("Gap of the 0.1 quantiles", Unit.NUMBER),
    "quantile_gap_50": Quantity("Gap of the medians", Unit.NUMBER),
    "quantile_gap_90": Quantity("Gap of the 0.9 quantiles", Unit.NUMBER),
}


def quantities(*names: str) -> dict[str, Quantity]:
    """Return the shared quantities of these names.

    >>> quantities("selection_rate")["selection_rate"].words
    'Favourable rate'
    """
    return {name: QUANTITIES[name] for name in names}
