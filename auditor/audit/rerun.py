"""What a second audit leaves out: dropped columns and masked terms; and the group that terms make."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from auditor.audit.preparing import prepared
from auditor.engines.engine import Engine, OnDuckDB
from auditor.errors import ColumnError, RoleError
from auditor.format import listed
from auditor.loaders.source import Source
from auditor.model import Audit
from auditor.use.roles import NONE
from auditor.use.usecase import UseCase
from auditor.use.vectors import vectored


def less(dropped: Sequence[str], masks: Sequence[str]) -> str:
    """Return what the second audit leaves out, in words."""
    parts = [f"without {listed(dropped)}"] if dropped else []
    if masks:
        parts.append(f"with {listed(masks, 4)} masked")
    return " and ".join(parts)


def one_text(use: UseCase, source: Source) -> str:
    """Return the text column that a group is to be made of: the one named, or the only one that reads like text."""
    if use.features.text:
        return present(use.features.text[:1], source)[0]
    found = prepared(OnDuckDB(source), use).roles.text
    if len(found) != 1:
        raise RoleError(f"a group from terms needs one text column; name it with --text ({len(found)} found)")
    return found[0]


def present(names: Sequence[str], source: Source | Engine) -> list[str]:
    """Return columns as they are spelt; ColumnError for one that is not there."""
    by_case = {column.lower(): column for column in source.fields}
    for name in names:
        if name.lower() not in by_case:
            raise ColumnError.missing(name, source.fields, source.name)
    return list(dict.fromkeys(by_case[name.lower()] for name in names))


def dropped_columns(names: Sequence[str], rows: Engine, use: UseCase) -> list[str]:
    """Return columns to leave out as they are spelt; of a vector of numbered columns, all of them."""
    known = {column.lower() for column in rows.fields}
    if all(name.lower() in known for name in names):
        return present(names, rows)
    made = {name.lower(): of for name, of in vectored(rows.peek(), use, rows.name).columns.items()}
    return present([each for name in names for each in made.get(name.lower(), (name,))], rows)


def without(use: UseCase, dropped: Sequence[str]) -> UseCase:
    """Return the use as if it did not name the dropped columns as text, vector, time, unit, weight or the like."""
    removed = {name.lower() for name in dropped}
    features = use.features
    kept = {
        key: value
        for key, value in features.model_dump(exclude_unset=True).items()
        if not (isinstance(value, str) and value.lower() in removed)
    }
    for key in ("text", "not_leaks", "incidental"):
        kept[key] = tuple(name for name in getattr(features, key) if name.lower() not in removed)
    patterns = [name for name in features.vector if not any(fnmatchcase(each, name.lower()) for each in removed)]
    kept["vector"] = tuple(patterns) or ((NONE,) if features.vector else ())  # nothing is guessed in their place
    return use.model_copy(update={"features": type(features).model_validate(kept)})


def refuse_needed(dropped: Sequence[str], before: Audit) -> None:
    """Refuse to leave out what the audit is about."""
    why = {"target": "it is the outcome", "group": "it is a group; no model uses it, and comparisons need it"}
    why |= {"stage": "gaps are compared at it", "list": "gaps are compared within it", "rank": "places are compared"}
    why |= {"score": "it is the score that is audited", "prediction": "it is the prediction that is audited"}
    strata = before.use_case["features"]["strata"]
    for column in before.dataset.columns:
        if column.name in dropped and (column.role in why or column.name in strata):
            reason = why.get(column.role, "gaps are compared within it")
            raise RoleError(f"column '{column.name}' cannot be dropped: {reason}")
