"""Whether rows that agree in all columns are copies of one, or people who look alike."""

from __future__ import annotations

import math

from auditor.counts.tally import Tally

COPIED = 0.01  # the share of rows that repeat another from which on they are asked about
UNLIKELY = 0.01  # chance repeats per repeat under which looking alike is no chance


def chance_copies(tally: Tally) -> float:
    """Return the share of rows expected to equal an earlier one by chance, were the columns independent."""
    agree = math.prod(column.agree for column in tally.columns.values())
    return min(1.0, (tally.rows - 1) / 2 * agree)


def are_copies(tally: Tally) -> bool:
    """Whether equal rows are copies: far more than expected by chance, where no column identifies people."""
    share = tally.repeated_rows.share
    if tally.aggregated or tally.roles.id or share < COPIED:
        return False
    return chance_copies(tally) < UNLIKELY * share
