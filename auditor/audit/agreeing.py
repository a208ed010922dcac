"""What a use, and other data, must agree on with a tally that was made before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.audit.preparing import Rows, recoding_of
from auditor.counts.names import OTHER
from auditor.counts.part import Part
from auditor.counts.tally import Tally
from auditor.errors import RoleError, UseCaseError
from auditor.use.grouping import CODES, edges_of, parted
from auditor.use.levels.column import Column, Recoding
from auditor.use.levels.recoding import understood
from auditor.use.roles import NONE, Cut, Levelled, Seen
from auditor.use.scoring import stated_cut
from auditor.use.toml import value_text
from auditor.use.usecase import UseCase


def named_alike(use: UseCase, part: Part) -> UseCase:
    """Return the use with the labels and the unknown levels that a tally was made with; UseCaseError for others."""
    for what, asked, made in (
        ("labels", use.groups.labels, part.labels),
        ("unknown", use.groups.unknown, part.unknown),
    ):
        if asked and asked != made:
            there = value_text(made) if made else "nothing"
            raise UseCaseError(
                f"{part.name} was counted with [groups] {what} = {there}, and {value_text(asked)} is asked for"
            )
    return use.over("groups", labels=part.labels, unknown=part.unknown)


def with_levels(rows: Rows, agreed: Tally, use: UseCase) -> tuple[Rows, UseCase]:
    """Return rows whose levels are spelled as those of a tally, and the use in the same words."""
    roles = agreed.roles
    of = Levelled(roles.target, dict.fromkeys(roles.groups, ""), roles.strata)
    recoding = recoding_of(rows, rows.peek(of.columns), of, use, {name: _levels(agreed, name) for name in of.columns})
    return rows.recoded(recoding), understood(use, recoding)


def _levels(tally: Tally, column: str) -> list[str]:
    return [level for level in tally.levels(column) if level is not None and level != OTHER]


def in_its_words(use: UseCase, tally: Tally, labels: Mapping[str, Mapping[str, str]]) -> UseCase:
    """Return the use with a tally's words for the levels it names."""
    roles = tally.roles
    of = Levelled(roles.target, dict.fromkeys(roles.groups, ""), roles.strata)
    columns = []
    for name in of.columns:
        levels, kind = _levels(tally, name), tally.columns[name].type
        own = (dict.fromkeys(levels, 1), labels.get(name, {}), None, levels)
        columns.append(Column(name, kind, of.role(name), *own))
    return understood(use, Recoding(tuple(columns)))


def refuse_other_types(seen: Mapping[str, Seen], agreed: Part, where: str) -> None:
    """Refuse columns that cannot be cut, or grouped by period, as in another tally."""
    roles = agreed.roles
    for name, of in seen.items():
        there = agreed.seen[name]
        cut = (
            agreed.columns[name].edges
            or name in roles.bands
            or (name == roles.time and roles.period and roles.period.of_numbers)
        )
        dated = name == roles.time or name in roles.bands
        if (cut and of.numeric != there.numeric) or (dated and of.dated != there.dated):
            raise RoleError(
                f"column '{name}' is {of.type} in {where} and {there.type} in {agreed.name}: it cannot be cut at the "
                "same places"
            )


def refuse_other_roles(use: UseCase, part: Part) -> None:
    """Refuse a use that asks for other roles than those a tally was made with."""
    roles = part.roles
    groups = [parted(written, roles.groups) for written in use.groups.columns]
    stated: dict[str, tuple[Any, Any]] = {
        "target": (use.label.column, roles.target),
        "groups": (tuple(name for name, _ in groups), roles.groups),
        "time": (use.features.time, roles.time),
        "id": (use.features.id, roles.id),
        "cluster": (use.features.cluster, roles.cluster),
        "weight": (use.features.weight, roles.weight),
        "score": (use.label.score, roles.scoring.score),
        "prediction": (use.label.prediction, roles.scoring.prediction),
        "cut": (stated_cut(use.label), roles.scoring.cut),
        "survey_strata": (use.features.survey_strata, roles.survey.strata),
        "survey_psu": (use.features.survey_psu, roles.survey.psu),
        "strata": (tuple(use.features.strata), roles.strata),
        "stages": (use.label.stages, roles.stages.columns if roles.stages else ()),
        "stage": (use.label.stage, roles.stages.columns[0] if roles.stages and roles.stages.ordered else None),
        "list": (use.label.list, roles.list_column),
        "rank": (use.label.rank, roles.rank),
    }
    positive = tuple(map(str, use.label.positive))
    if roles.cut:
        asked = [Cut.read(value) for value in positive]
        if asked != [roles.cut]:
            stated["positive"] = (positive, (str(roles.cut),))
    else:
        stated["positive"] = (positive, roles.positive)
    stated |= {
        f"{name} cut at": (edges_of(name, cuts), roles.bands[name].edges if name in roles.bands else ())
        for name, cuts in groups
        if cuts and cuts != CODES
    }
    for what, (asked, made) in stated.items():
        if asked and asked != made and not (asked in (NONE, (NONE,)) and not made):
            raise UseCaseError(
                f"{part.name} was counted with {what} = {_in_words(made)}, and {_in_words(asked)} is asked for"
            )


def _in_words(value: object) -> str:
    if not isinstance(value, tuple):
        return "nothing" if value is None else str(value)
    return ", ".join(f"{each:.15g}" if isinstance(each, float) else str(each) for each in value) or "nothing"
