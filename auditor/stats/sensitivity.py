"""How strong a factor that was not recorded would have to be, to explain a coefficient of a regression."""

from __future__ import annotations

import math

from auditor.stats.tails import student


def robustness_value(t: float, freedom: float, alpha: float | None = None, wider: float = 1.0) -> float:
    """Return the share of what is left unexplained that a missing factor must explain, of outcome and group alike.

    At that strength it brings the coefficient to nought; with `alpha`, to where it is no longer significant. `t` is the
    coefficient over its standard error of equal variances, with `freedom` residual degrees of freedom. `wider` is how
    many times this error the robust one is: 1 gives the published formula.

    Source: Cinelli and Hazlett 2020, Journal of the Royal Statistical Society B 82, equations 18 and 19; the second
    case is that of the R package sensemakr, where significance alone would ask for more.

    >>> round(robustness_value(4.18445, 783), 4), round(robustness_value(4.18445, 783, 0.05), 4)
    (0.1388, 0.0763)
    """
    if not freedom > 1 or math.isnan(t):
        return math.nan
    f = abs(t) / math.sqrt(freedom)
    critical = wider * student(1 - alpha / 2, freedom - 1) / math.sqrt(freedom - 1) if alpha else 0.0
    left = f - critical
    if left <= 0:
        return 0.0
    if critical and f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    return (math.sqrt(left**4 + 4 * left**2) - left**2) / 2


def partial_share(without: float, left: float) -> float:
    """Return the share of the residual sum of squares without a column that the column explains; nan for none left."""
    return max(0.0, 1 - left / without) if without > 0 else math.nan
