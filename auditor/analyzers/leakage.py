"""Columns that know too much, or keep silent about some: PRX004, LAB003."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.behind import columns_behind, rest_behind
from auditor.engines.leaks import MAX_AUC, MAX_SHARE, told
from auditor.engines.tally import COUNT, LEVEL, UNPLACED, Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, newcombe, wilson
from auditor.stats.tails import holm
from auditor.unchecked import columns_unchecked
from auditor.usecase import UseCase
from auditor.words import listed, p_value, people, percent, signed


@rule("PRX004", "missingness-proxy")
def missingness_proxy(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """Whose values are missing tells the group.

    How it is measured: For every column with missing values, the share missing in each group against the largest
    group, with Newcombe's interval; shown at 5 points or more with p below 0.05, Holm-adjusted over columns and groups.

    Why it matters: A model reads "not given" as a value. A question that is put to some, or left unanswered by some,
    stands in for them.

    What to do: Ask everybody or nobody; leave the column out, or fill the gaps by a rule blind to the group.

    Source: Newcombe 1998; the 5 points are judgement.
    """
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    pairs: list[tuple[str, str, str, str, Pair]] = []
    for group in tally.roles.groups:
        sizes = {cell.level: cell.rows for cell in tally.cells(group) if cell.level is not None and cell.rows}
        if len(sizes) < 2 or tally.roles.weight:
            continue
        base = max(sizes, key=lambda level: sizes[level])
        for name in (*tally.roles.features, *tally.roles.opaque):
            lost = _missing(tally, name, group)
            if lost and tally.missing_placed(name):
                pairs += [
                    (group, level, base, name, Pair(lost.get(level, 0), n, lost.get(base, 0), sizes[base]))
                    for level, n in sizes.items()
                    if level != base
                ]
    limit = use.limits.missing_share
    p_values = holm([equal_rates(pair).p for *_, pair in pairs])
    found = False
    for (group, level, base, name, pair), p in zip(pairs, p_values, strict=True):
        difference = pair.rate - pair.rate_ref
        if abs(difference) < limit or p >= use.limits.alpha:
            continue
        yield Finding(
            State.SHOWN,
            {"column": name, "group": group, "level": level, "reference": base},
            f"'{name}' is missing for {percent(pair.rate)} of {people(pair.n)} with {group} '{level}', against "
            f"{percent(pair.rate_ref)} of {people(pair.n_ref)} with '{base}': {signed(100 * difference)} points, "
            f"{p_value(p)} (Holm over {len(pairs)} comparisons).",
            {
                "missing_share": Measure(pair.rate, *wilson(pair.x, pair.n), n=pair.n),
                "missing_difference": Measure(difference, *newcombe(pair), n=pair.n + pair.n_ref, limit=limit),
                "p_adjusted": Measure(p, n=pair.n + pair.n_ref, limit=use.limits.alpha),
            },
            remedy=f"Record '{name}' for everybody, or leave it out: its gaps tell {group}.",
        )
        found = True
    yield from rest_behind(tally)
    if not found and (hidden := tally.unplaced()):
        raise NotRun(UNPLACED.format(listed(hidden)))


def _missing(tally: Tally, name: str, group: str) -> dict[str, int]:
    """Return the rows of each group without a value; empty where the column has one for every row."""
    frame = next(frame for key, frame in tally.columns[name].tables.items() if group in key)
    lost: dict[str, int] = {}
    for level, of, n in zip(frame[LEVEL], frame[group], frame[COUNT], strict=True):
        if not isinstance(level, str) and isinstance(of, str):
            lost[of] = lost.get(of, 0) + int(n)
    return lost


@rule("LAB003", "target-leak")
def target_leak(
    tally: Tally, use: UseCase, *, max_auc: float = MAX_AUC, max_share: float = MAX_SHARE
) -> Iterator[Finding | Record]:
    """A column knows the outcome: it was written down after the decision, or is the decision.

    How it is measured: The area under the curve of predicting each row's outcome by the rate of the other rows at the
    same level of the column alone (numbers in bins), and Theil's U, the share of what there is to know about the
    outcome that the column tells. Shown at an area of `max_auc`, or a U of `max_share` with an area of 0.9, in 30 rows
    or more.

    Why it matters: A model that sees the column looks perfect, and is useless where the decision is yet to be made.

    What to do: Leave the column out, and ask when each column is known.

    Source: Kaufman, Rosset and Perlich 2012, ACM TKDD 6 (leakage); the limits are judgement.
    """
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    leaks = []
    for known in told(tally, (*tally.roles.features, *tally.roles.groups)):
        if known.leaks(max_auc, max_share):
            leaks.append(known.column)
            yield Finding(
                State.SHOWN,
                {"target": tally.roles.target, "column": known.column},
                f"'{known.column}' alone tells '{tally.roles.target}': area under the curve {known.auc:.3f}, and "
                f"{100 * known.share:.1f} % of what there is to know about it ({people(known.n)} rows).",
                {
                    "auc": Measure(known.auc, n=known.n, limit=max_auc),
                    "theils_u": Measure(known.share, n=known.n, limit=max_share),
                },
                remedy=f"Leave '{known.column}' out of what a model sees, and ask when it is written down.",
            )
    yield from columns_unchecked(tally, use, "know the outcome")
    yield from columns_behind(tally, leaks)
