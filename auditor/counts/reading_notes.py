"""What was decided on reading, without what is of few rows: their number, their values, their spellings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.counts.part import Part
from auditor.model import Decision
from auditor.use.says import Says

# Kinds of decisions whose words name columns, roles and what was asked for, and nothing that was met in rows. Any other
# kind, one that is added later too, leaves without its words.
PLAIN = frozenset({
    "target", "favourable outcome", "groups", "groups not named", "possible groups", "bands", "counts", "identifier",
    "weights", "survey design", "text", "time", "columns left out", "encoding", "table", "query", "sheet", "types",
    "durations",
    "digits", "numbers as text", "bytes", "edges", "small cells",
})  # fmt: skip

SAYS = Says(
    kept="{what}{>where}: details are suppressed, because they may concern few rows (--min-cell).",
    where=" ({columns:listed})",
)


def quiet(part: Part) -> Part:
    """Return a part whose notes neither count rows nor quote values."""
    roles = replace(part.roles, reading=tuple(_quieted(part.roles.reading)))
    return replace(part, roles=roles, reading=tuple(_quieted(part.reading)))


def _quieted(reading: Iterable[Decision]) -> Iterator[Decision]:
    for of in reading:
        if of.about in PLAIN:
            yield of
        else:
            what = (of.about or "how it was read").capitalize()
            text = SAYS("kept", what=what, columns=of.columns or None)
            yield Decision(text, of.about, of.columns, None, of.warning)
