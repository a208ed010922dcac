"""The levels of all columns that matter, decided together: what replaces them, and the notes on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from auditor.errors import ColumnError, RoleError, UseCaseError, hint
from auditor.use.infer import is_coded_name
from auditor.use.levels.column import Column, Recoding, double_counts
from auditor.use.levels.notes import (
    about_ages,
    about_labels,
    about_placeholders,
    about_spellings,
    about_unknown,
    about_unmet,
    unknown_flag,
)
from auditor.use.levels.placeholders import MOST_IMPOSSIBLE, is_age, placeholders
from auditor.use.levels.proposals import proposed
from auditor.use.levels.spelling import same_spelling
from auditor.use.levels.unknown import AGES
from auditor.use.outcome import canonical
from auditor.use.roles import Levelled, Seen
from auditor.use.toml import key_text, value_text
from auditor.use.usecase import UseCase

EVERY = "*"  # in [groups] unknown and [data] missing: every column
Asked = dict[str, tuple[float, float] | None]


def asked(seen: Mapping[str, Seen], of: Levelled, use: UseCase) -> Asked:
    """Return the columns whose levels must all be known; of a number, perhaps only those outside a range."""
    labelled = _known(use.groups.labels, seen)
    found: Asked = {}
    for name in dict.fromkeys([*of.columns, *labelled]):
        few = len(seen[name].levels) == seen[name].distinct
        if name not in labelled and _has_ages(name, seen[name], of, use):
            found[name] = AGES
        elif name in labelled or few or not seen[name].numeric:
            found[name] = None
    return found


def decide(
    levels: Mapping[str, Mapping[str, int]],
    seen: Mapping[str, Seen],
    of: Levelled,
    use: UseCase,
    fixed: Mapping[str, Collection[str]] | None = None,
) -> Recoding:
    """Decide what the levels of columns mean: `levels` has the rows of each, of the columns that `asked` returns.

    `fixed` are levels of other data, by column: their spelling is taken, where these data have another one.

    Raises:
        ColumnError: A label is stated for a column that is not there.
        RoleError: Rows of totals count everybody once more.
        UseCaseError: A column with unknown levels is neither group, outcome nor stratum, or no label fits its column.
    """
    _refuse_other_columns(use, of, seen)
    names = _known(use.groups.labels, seen)
    labels = dict(zip(names, use.groups.labels.values(), strict=True))
    ages = {
        name: {value: n for value, n in found.items() if not AGES[0] <= float(value) <= AGES[1]}
        for name, found in levels.items()
        if name not in labels and _has_ages(name, seen[name], of, use)
    }
    unclear = {name for name, found in ages.items() if len(found) > MOST_IMPOSSIBLE}  # it may be no age in years
    columns = [
        Column(
            name,
            seen[name].type,
            of.role(name),
            {} if name in unclear else ages.get(name, levels.get(name, _codes(seen[name], _stated(name, of, use)))),
            labels.get(name, {}),
            _stated(name, of, use),
            (fixed or {}).get(name, ()),
            use.label.positive if name == of.target else (),
            name in ages,
        )
        for name in dict.fromkeys([*of.columns, *names])
    ]
    _refuse_totals(columns, seen)
    about = (about_labels, about_spellings, about_unknown, proposed)
    reading = [decision for each in about for decision in each(columns)]
    reading += about_unmet(columns, {name.lower() for name in use.groups.unknown})
    reading += about_ages({name: len(ages[name]) for name in sorted(unclear)})
    suspects = {name: found for name in seen if (found := _suspects(name, seen[name], columns, use))}
    return Recoding(tuple(columns), (*reading, *about_placeholders(suspects, seen)))


def _refuse_totals(columns: Iterable[Column], seen: Mapping[str, Seen]) -> None:
    """Refuse a table whose rows of totals count everybody twice; the use may state what such a level means."""
    by_name = {column.name: column for column in columns}
    known = {name: column.levels for name, column in by_name.items() if column.stated is None and not column.labels}
    # Of a column without a role, only a total that is exact: the word may be one of its values like any other.
    free = {
        name: of.levels for name, of in seen.items() if name not in by_name and of.all_levels and len(of.levels) > 2
    }
    exact = {name: levels for name, levels in free.items() if 2 * max(levels.values()) == sum(levels.values())}
    for name, levels in {**known, **exact}.items():
        group = name in by_name and by_name[name].role == "group"
        if seen[name].type == "VARCHAR" and (level := double_counts(levels, group=group)):
            others = sum(levels.values()) - levels[level]
            raise RoleError(
                f"'{level}' of '{name}' has {levels[level]:,} rows, its other values have {others:,} together: it is a "
                "total, and people would count twice; leave its rows out of the data, or, if it is not, give it "
                f"another name under [groups.labels] ({key_text(name)} = {value_text({level: '...'})})"
            )


def _codes(seen: Seen, stated: Collection[str] | None) -> dict[str, int]:
    """Return the stated values of a number whose levels are not all known; nor is the number of rows with them."""
    codes = [canonical(each, seen.type) for each in stated or ()] if seen.numeric else []
    return {code: 0 for code in codes if re.fullmatch(r"[-+]?[\d.]+", code)}


def _suspects(name: str, seen: Seen, columns: Iterable[Column], use: UseCase) -> dict[float, int]:
    """Return the numbers, or days, of a column that may mean "no value" and have no decision yet."""
    if not (seen.numeric or seen.dated) or _states_missing(name, use):
        return {}
    settled = {
        level
        for column in columns
        for level, word in column.words.items()
        if column.name == name and (word is None or level in column.labelled)
    }
    found = placeholders(seen)
    if seen.low is not None and seen.low < 0 and is_coded_name(name) and any(of.name == name for of in columns):
        # Codes of groups count from 0 or 1.
        found = {float(level): n for level, n in seen.levels.items() if level.startswith("-")} | found
    return {value: n for value, n in sorted(found.items()) if f"{value:.15g}" not in settled}


def understood(use: UseCase, recoding: Recoding) -> UseCase:
    """Return the use with the words of the data for the levels it names: reference, population, favourable values.

    Raises:
        UseCaseError: It names a level that counts as not recorded.
    """
    for column in recoding.columns:
        if column.role == "target":
            positive = [_word(column, value, "the favourable value") for value in use.label.positive]
            use = use.over("label", positive=tuple(dict.fromkeys(positive)))
            continue
        if (reference := use.groups.reference.get(column.name)) is not None:
            word = _word(column, reference, f"the reference of '{column.name}'")
            use = use.over("groups", reference={**use.groups.reference, column.name: word})
        if (shares := use.population.groups.get(column.name)) is not None:
            summed: dict[str, float] = {}
            for level, share in shares.items():
                word = _word(column, level, f"a level of the population of '{column.name}'")
                summed[word] = summed.get(word, 0) + share
            use = use.over("population", **{column.name: summed})
    return use


def _word(column: Column, stated: str, what: str) -> str:
    word = column.word(stated)
    if word is None:
        others = [level for level in column.unknown if not same_spelling(level, stated)]
        raise UseCaseError(
            f"{what} is '{stated}', which counts as not recorded in '{column.name}'; leave it out, or make it a level: "
            f"{unknown_flag(column.name, others)}"
        )
    return word


def _known(stated: Mapping[str, object], seen: Collection[str]) -> list[str]:
    """Return the columns that a table names, as the data spell them; ColumnError for one that is not there."""
    by_case = {name.lower(): name for name in seen}
    for name in stated:
        if name.lower() not in by_case:
            raise ColumnError.missing(name, seen, "the data ([groups.labels])")
    return [by_case[name.lower()] for name in stated]


def _stated(name: str, of: Levelled, use: UseCase) -> tuple[str, ...] | None:
    """Return the levels of a column that the use counts as not recorded; None where it does not state any."""
    by_case = {column.lower(): levels for column, levels in use.groups.unknown.items()}
    every = by_case.get(EVERY) if name in of.groups else None
    return by_case.get(name.lower(), every)


def _refuse_other_columns(use: UseCase, of: Levelled, seen: Collection[str]) -> None:
    known = {name.lower() for name in of.columns}
    for name in use.groups.unknown:
        if name != EVERY and name.lower() not in known:
            near = hint(name, of.columns)
            raise UseCaseError(
                f"unknown levels are stated for '{name}', which is neither group, outcome nor stratum{near} "
                f"({', '.join(of.columns) or 'none is named'}); for another column use [data] missing"
            )


def _has_ages(name: str, seen: Seen, of: Levelled, use: UseCase) -> bool:
    """Whether a column is a group by age, and the use does not state its missing values."""
    if name not in of.groups or not is_age(name, seen) or _stated(name, of, use) is not None:
        return False
    return not _states_missing(name, use)


def _states_missing(name: str, use: UseCase) -> bool:
    """Whether the use states which values of a column mean "no value"."""
    by_case = {column.lower(): values for column, values in use.data.missing.items()}
    return name.lower() in by_case or by_case.get(EVERY) == ()
