"""What a site may publish with a least cell, and that no request changes it.

What a least cell of N rows protects: for the rows of one data set, counted for one set of roles (outcome, groups,
strata, time, person, cluster, weight), no tally has a cell of 1 to N - 1 rows. Nor can such a cell be derived from sums
and differences of what is published: within a column, between two columns that are related (exactly, or except for a
fiftieth of the rows), or between tallies that were made with other levels, edges or columns (`--edges-from`), because
each is computed from the one suppressed tally of these rows and roles. The bounds of a suppressed cell should lie N
apart or more; that is tested on random related columns, and proven for unrelated ones (`auditor.engines.nested`).

What it does not protect, so that the site must:
- Answers to requests with other roles, cuts of groups or of the outcome, periods or least cells, or with other rows or
  columns of the data (a query, a newer file), can be subtracted from each other.
- Relations between three columns, for example where one is the sum of two others.
- People who appear more than once: rows are counted, not persons.
- What all of a group, or nobody in it, have in common: a count of 0 is published, and so is that of a whole group.
- The exact median, at which a numeric outcome is cut by default; sums and means of a number or a weight over N rows or
  more, where somebody may know all values but one.
- What outside knowledge adds to any count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from auditor.counts.coarsen import as_agreed, off_grid
from auditor.counts.grids import places
from auditor.counts.part import Part
from auditor.counts.reading_notes import quiet
from auditor.counts.suppress import suppressed
from auditor.engines.crossed import apart
from auditor.loaders.source import Source
from auditor.model import Decision
from auditor.use.assign import assign
from auditor.use.roles import NONE, Bands, Roles, Seen
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    bands="Cut into bands by default: {bands:clauses}.",
    of_bands="'{column}' ({labels:each})",
    taken="Taken from {other}: {what:clauses}.",
    uncut="{columns:listed} could not be cut at some of the edges, which are not round, or separate too few rows. A "
    "tally that is made with --min-cell has round edges.",
    groups="groups {groups:each}",
    group="'{group}'{>at}",
    at=" at {edges:exacts}",
    outcome="outcome {outcome}",
    strata="strata {strata:listed}",
    periods="periods of '{time}' by {unit}",
    edges="edges of {columns:listed}",
)


def protected(part: Part, source: Source, seen: Mapping[str, Seen], least: int) -> Part:
    """Return what may be published of a part, in as much detail as allowed: every answer is computed from it."""
    return quiet(apart(suppressed(part, least), source, seen))


def with_round_bands(roles: Roles, seen: Mapping[str, Seen], stated: Collection[str]) -> Roles:
    """Return roles whose default bands, at quartiles, begin at round numbers nearby: a quartile is one person's value.

    `stated` are the columns whose bands the use names.
    """
    bands = {
        name: Bands.at(sorted({_round(edge, seen[name]) for edge in of.edges}), seen[name].whole)
        for name, of in roles.bands.items()
        if name not in stated and set(of.edges) <= set(seen[name].cuts)
    }
    return replace(roles, bands={**roles.bands, **bands}, reading=tuple(_renamed(roles.reading, bands)))


def _round(value: float, seen: Seen) -> float:
    return min(places(seen.cuts, seen.low, seen.high, seen.whole), key=lambda at: abs(at - value), default=value)


def _renamed(reading: Iterable[Decision], bands: Mapping[str, Bands]) -> Iterator[Decision]:
    """Yield the decisions, the one on bands with other labels."""
    for of in reading:
        if of.about == "bands" and bands.keys() & set(of.columns):
            cut = [SAYS("of_bands", column=name, labels=labels.labels) for name, labels in bands.items()]
            yield replace(of, text=SAYS("bands", bands=cut), columns=tuple(bands), overrule=None)
        else:
            yield of


def as_seen_here(agreed: Roles, seen: Mapping[str, Seen], use: UseCase, where: str) -> Roles:
    """Return agreed roles; other columns (texts, codes, identifiers) have their roles as at this site."""
    stated = UseCase().over("label", column=NONE).over("groups", columns=(NONE,))
    stated = stated.over(
        "features",
        time=NONE,
        id=NONE,
        text=use.features.text,
        vector=use.features.vector,
        required=use.features.required,
    )
    own = assign(seen, stated, where)
    taken = {
        *agreed.groups,
        *agreed.strata,
        agreed.target,
        agreed.time,
        *agreed.units,
        agreed.weight,
        *agreed.survey.columns,
        *agreed.amounts,
    }
    return replace(
        agreed,
        text=tuple(name for name in own.text if name not in taken),
        features=tuple(name for name in own.features if name not in taken),
        codes=(*(name for name in agreed.codes if name in taken), *(name for name in own.codes if name not in taken)),
        ignored={name: of for name, of in own.ignored.items() if name not in taken},
        opaque={name: of for name, of in own.opaque.items() if name not in taken},
        vectors=tuple(name for name in own.vectors if name not in taken),
    )


def cut_alike(part: Part, agreed: Part) -> Part:
    """Return a protected part with the roles, columns, levels and edges of another, and a note on them."""
    cut = [name for name, of in agreed.columns.items() if of.edges]
    off = off_grid(part, agreed)
    text = SAYS("taken", "uncut" if off else "", other=agreed.name, what=[*_taken(agreed)], columns=off)
    part = replace(as_agreed(part, agreed), reading=(*part.reading, Decision(text, "edges", tuple(cut))))
    return quiet(replace(part, roles=agreed.roles))


def _taken(agreed: Part) -> Iterator[str]:
    """Yield in words what a request decides: answers to two requests that differ here can be subtracted."""
    roles = agreed.roles
    if roles.groups:
        cuts = {name: of.edges for name, of in roles.bands.items()}
        yield SAYS("groups", groups=[SAYS("group", group=name, edges=cuts.get(name)) for name in roles.groups])
    if roles.target:
        yield SAYS("outcome", outcome=roles.favourable)
    if roles.strata:
        yield SAYS("strata", strata=roles.strata)
    if roles.time and roles.period:
        yield SAYS("periods", time=roles.time, unit=roles.period.unit)
    if cut := [name for name, of in agreed.columns.items() if of.edges and name != roles.target]:
        yield SAYS("edges", columns=cut)
