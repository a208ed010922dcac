"""Groups that a score or a prediction is not known of: no rule of a score may pass them over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.counts.scores import Selection, unscored
from auditor.counts.tally import Tally
from auditor.model import Finding
from auditor.use.says import Says

SAYS = Says(
    none="No row of '{level}' ({group}) has a value of '{column}' ({rows:people} row{rows:s} without), so this "
    "group is not compared.",
    no_score="No row of '{level}' has a value of '{column}'",
    selects_nobody="{selects} selects nobody",
    selects_everybody="{selects} selects everybody",
    record="Score '{level}' ({group}), or state why this group has no score.",
    nobody="{selects} selects nobody, so there is nothing to compare.",
    everybody="{selects} selects everybody, so there is nothing to compare.",
    state_cut="State a cut that selects some, in the unit of the score (--cut).",
)


def without_scores(tally: Tally, group: str, column: str, target: str | None = None) -> Iterator[Finding]:
    """Yield what is open of each level of a group column that has no value of a score or a prediction at all."""
    for level, rows in unscored(tally, group, column).items():
        facts = {"group": group, "level": level}
        subject = {**({"target": target} if target else {}), "column": column, **facts}
        yield Finding(
            states.NOT_KNOWN,
            subject,
            SAYS("none", column=column, rows=rows, **facts),
            settle=SAYS("record", **facts),
            headline=SAYS("no_score", level=level, column=column),
        )


def selects_all_or_none(tally: Tally, found: Mapping[str, Selection], group: str) -> Finding | None:
    """Return that a cut selects nobody or everybody, so that it treats no two groups unlike; None where it does not."""
    selected, n = (sum(getattr(of, name) for of in found.values()) for name in ("selected", "n"))
    if 0 < selected < n:
        return None
    scoring = tally.roles.scoring
    column = str(scoring.prediction or scoring.score)
    key = "everybody" if selected else "nobody"
    return Finding(
        states.NOT_KNOWN,
        {"column": column, "group": group},
        SAYS(key, selects=scoring.selects),
        settle=SAYS("state_cut"),
        headline=SAYS(f"selects_{key}", selects=scoring.selects),
    )
