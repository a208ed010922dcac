"""Decisions on the roles of columns that the use does not state: one function for each kind."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence

from auditor.model import Decision
from auditor.use.cuts import Taken, default_edges
from auditor.use.infer import Guess, Inferred
from auditor.use.roles import Ignored, Seen, Survey
from auditor.use.says import Says

SAYS = Says(
    lists="Rows with the same '{column}' are on one list.",
    no_target_stated="No outcome column, as stated. Outcomes are not audited.",
    no_target="No outcome column was named or recognised. Outcomes are not audited.",
    target="Outcome column guessed from its name: '{column}'.",
    favourable="Favourable value of '{column}' assumed: '{value}'.",
    weighted="Rows are weighted by '{column}'. Shares, rates and tables are weighted; their intervals and tests use "
    "linearised variances. The row count shown for a rate is the effective number. Rules on models, texts and numeric "
    "outcomes do not use weights and are not run.",
    survey="Survey design taken from {parts:each}.",
    replicates="{n} replicate weights (successive difference: 4 / {n} times the sum of squares)",
    sample_strata="strata '{column}' (with replacement within them)",
    sample_units="primary sampling units '{column}'",
    no_group_stated="No group column, as stated. No groups are compared.",
    no_group="No group column was named or recognised. No groups are compared.",
    probable_groups="No group column was named or recognised. Groups are compared by their probabilities alone.",
    one_like_a_group="{columns:listed} looks like a group column and was not named.",
    some_like_groups="{columns:listed} look like group columns and were not named.",
    groups="Groups guessed from their names: {columns:listed}{>by_values}.",
    by_values=" ({by_values})",
    possible="Not compared, although they may describe groups of people: {columns:listed}.",
    counts="Each row counts as one person, although '{column}' may be a number of people.",
    unweighted="Each row counts alike, although '{column}' may be its weight in a survey.",
    bands="Cut into bands by default: {bands}.",
    of_bands="'{column}' ({labels:each})",
    numbers_as_text="The numbers of {columns:listed} are stored as text: each is a group of its own, and none is cut.",
    codes="Whole numbers counted as codes, each its own group: {columns:each}.",
    of_codes="'{column}' ({values:whole} value{values:s})",
    left_out="Not used as features: {reasons}.",
    reason="{columns:listed} ({why})",
    short_text="{columns:listed} has a few words per row, mostly different: names, addresses or short texts. No rule "
    "reads them. If a model may, name the column with --text.",
    short_texts="{columns:listed} have a few words per row, mostly different: names, addresses or short texts. No rule "
    "reads them. If a model may, name the columns with --text.",
    times="No time column was chosen, because several are possible: {columns:listed}.",
    role="{role} column guessed: {columns:listed}.",
)


def of_target(name: str | None, *, stated: bool) -> Decision:
    """Return which target was guessed, or that there is no target; `stated`: the use states that it has no target."""
    if stated:
        return Decision(SAYS("no_target_stated"), "target")
    if name is None:
        return Decision(SAYS("no_target"), "target", overrule="--target")
    return Decision(SAYS("target", column=name), "target", (name,), "--target", warning=True)


def of_favourable(value: str, target: str, *, doubtful: bool) -> Decision:
    """Return which value of the target was taken as the favourable one; with a warning where that is `doubtful`."""
    text = SAYS("favourable", value=value, column=target)
    return Decision(text, "favourable outcome", (target,), "--positive", warning=doubtful)


def of_weight(name: str) -> Decision:
    """Return by what rows are weighted, and what that means."""
    return Decision(SAYS("weighted", column=name), "weights", (name,))


def of_list(name: str) -> Decision:
    """Return that rows are compared within lists."""
    return Decision(SAYS("lists", column=name), "lists", (name,), "--list")


def of_survey(survey: Survey) -> Decision:
    """Return how variances are taken from a survey's design."""
    parts = [SAYS("replicates", n=len(survey.replicates))] if survey.replicates else []
    parts += [SAYS("sample_strata", column=survey.strata)] if survey.strata and not survey.replicates else []
    parts += [SAYS("sample_units", column=survey.psu)] if survey.psu and not survey.replicates else []
    return Decision(SAYS("survey", parts=parts), "survey design", survey.columns)


def of_groups(
    inferred: Inferred, stated: Collection[str], forbidden: Collection[str], *, none: bool, probable: bool
) -> Iterator[Decision]:
    """Yield which group columns were guessed, or, where some are stated, which others look like one.

    `none`: the use states that it has no group column; `probable`: it states probabilities of groups. `forbidden`
    columns are not proposed.
    """
    sure = {
        *inferred.groups,
        *(name for name, of in inferred.possible.items() if of.kind and of.guess is not Guess.BIRTH),
    }
    found = [name for name in {**inferred.groups, **inferred.possible} if name in sure and name not in forbidden]
    if none:
        yield Decision(SAYS("no_group_stated"), "groups")
    elif stated:
        if found:
            flags = " ".join(f"--group {shlex.quote(name)}" for name in found)
            text = SAYS("one_like_a_group" if len(found) == 1 else "some_like_groups", columns=found)
            yield Decision(text, "groups not named", tuple(found), flags, warning=True)
        return
    elif inferred.groups:
        by = "; ".join(f"{name} {of.evidence}" for name, of in inferred.groups.items() if not of.by_name)
        text = SAYS("groups", columns=[*inferred.groups], by_values=by or None)
        yield Decision(text, "groups", tuple(inferred.groups), "--group")
    else:
        yield Decision(SAYS("probable_groups" if probable else "no_group"), "groups", overrule="--group")
    if possible := [*inferred.possible]:
        flag = f"--group {shlex.quote(possible[0])}"
        yield Decision(SAYS("possible", columns=possible), "possible groups", tuple(possible), flag)


def of_count(name: str) -> Decision:
    """Return that a column may count people, although each row counts as one person."""
    return Decision(SAYS("counts", column=name), "counts", (name,), f"--count {shlex.quote(name)}", warning=True)


def of_unweighted(name: str) -> Decision:
    """Return that a column may be a weight, although rows are not weighted."""
    return Decision(SAYS("unweighted", column=name), "weights", (name,), f"--weight {shlex.quote(name)}", warning=True)


def of_bands(banded: Mapping[str, Taken], groups: Collection[str]) -> Iterator[Decision]:
    """Yield where columns were cut into bands; only those that are groups can be cut elsewhere by a flag."""
    if not banded:
        return
    bands = {name: of.bands for name, of in banded.items() if of.bands}
    flags = [
        f"--group {shlex.quote(name)}:{','.join(f'{edge:.15g}' for edge in of.edges)}"
        for name, of in bands.items()
        if name in groups
    ]
    cut = "; ".join(SAYS("of_bands", column=name, labels=of.labels) for name, of in bands.items())
    yield Decision(SAYS("bands", bands=cut), "bands", tuple(banded), " ".join(flags) or "[groups] codes")


def of_numbers_as_text(names: Sequence[str]) -> Decision:
    """Return that the ages of people are texts, so that each of them is a group."""
    return Decision(SAYS("numbers_as_text", columns=names), "numbers as text", tuple(names), warning=True)


def of_codes(
    names: Sequence[str], seen: Mapping[str, Seen], groups: Collection[str], *, warning: bool = False
) -> Iterator[Decision]:
    """Yield which whole numbers were counted as codes; with a `warning` where that is not sure."""
    if not names:
        return
    flags = [
        f"--group {shlex.quote(name)}:{','.join(f'{edge:.6g}' for edge in default_edges(name, seen[name]))}"
        for name in names
        if name in groups
    ]
    text = SAYS("codes", columns=[SAYS("of_codes", column=name, values=seen[name].distinct) for name in names])
    yield Decision(text, "codes", tuple(names), " ".join(flags) or None, warning)


def of_ignored(ignored: Mapping[str, Ignored]) -> Iterator[Decision]:
    """Yield which columns are no features, by reason."""
    if not ignored:
        return
    by_reason: dict[Ignored, list[str]] = {}
    for name, why in ignored.items():
        by_reason.setdefault(why, []).append(name)
    if short := by_reason.pop(Ignored.SHORT_TEXT, []):
        text = SAYS("short_texts" if len(short) > 1 else "short_text", columns=short)
        flags = " ".join(f"--text {shlex.quote(name)}" for name in short)
        yield Decision(text, "text", tuple(short), flags, warning=True)
    if not by_reason:
        return
    ignored = {name: why for name, why in ignored.items() if why in by_reason}
    reasons = "; ".join(SAYS("reason", columns=names, why=why) for why, names in by_reason.items())
    yield Decision(SAYS("left_out", reasons=reasons), "columns left out", tuple(ignored), "[features] required")


def of_times(names: Sequence[str]) -> Decision:
    """Return that no time column was chosen, because several are possible."""
    return Decision(SAYS("times", columns=names), "time", tuple(names), "--time")


def of_role(flag: str, names: Sequence[str]) -> Decision:
    """Return which columns were guessed to have a role, called by the flag that names them."""
    role = {"id": "identifier"}.get(flag, flag)
    return Decision(SAYS("role", role=role.capitalize(), columns=names), role, tuple(names), f"--{flag}")
