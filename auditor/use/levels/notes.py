"""Notes on the levels of columns: a decision of each kind that was made about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from shlex import quote

from auditor.errors import UseCaseError
from auditor.format import listed
from auditor.model import Decision
from auditor.use.levels.column import Column, says_total
from auditor.use.levels.placeholders import written
from auditor.use.levels.spelling import same_spelling, shown, spelling_key
from auditor.use.levels.unknown import AGES, UNSURE
from auditor.use.nameable import counted, is_personal, named
from auditor.use.nameable import near as nearest
from auditor.use.outcome import canonical
from auditor.use.roles import Seen
from auditor.use.says import Says, together
from auditor.use.toml import key_text, value_text

MOST = 6  # levels, or columns, that one decision names

SAYS = Says(
    labels="Levels are named as stated: {parts}.",
    labels_of="in '{column}' {levels:each}",
    label="'{level}' is '{word}'",
    spellings="Spellings that differ only in case, spaces or encoding count as one level: {parts}.",
    levels_of="{levels} of '{column}'{>rows}",
    rows=" ({rows})",
    rows_of="{rows} of '{column}'",
    stated="Counted as not recorded, as stated: {parts}.",
    blank="Counted as not recorded, because the value is blank: {parts}.",
    personal="Counted as not recorded, because the values are addresses or official numbers of people: {parts}.",
    word="Counted as not recorded: {parts}.",
    unsure="Counted as not recorded, although it may be a level: {parts}.",
    total="Not counted as a group, because it is a total of all groups: {parts}. Other columns still count these rows.",
    code="Counted as not recorded, by the codes of HMDA's loan registers: {parts}.",
    outcome="Counted as rows without an outcome: {parts}.",
    age="Ages below {youngest:number} or above {oldest:number} count as not recorded: {parts}.",
    no_such_codes="[groups.labels] names {levels:listed 6} of '{column}', which do not occur.",
    no_such_level="No level of '{column}' is {level}, which was to count as not recorded.",
    placeholders="Numbers far from all others, or below 0, may mean 'no value', but are counted as values: {parts}.",
    placeholder_days="Dates far from all others may mean 'no value', but are counted as values: {parts}.",
    placeholder_day="{value} in '{column}' ({share:percent} of rows)",
    placeholder_seen_day="{value} in '{column}' ({share:percent} of rows seen)",
    placeholder="{value:exact} in '{column}' ({share:percent} of rows)",
    placeholder_seen="{value:exact} in '{column}' ({share:percent} of rows seen)",
    no_ages="'{column}' has {values:whole} different value{values:s} below {youngest:number} or above {oldest:number}. "
    "It may not hold ages in years, so they are counted as they are.",
    more="{more:whole} more",
)
# Why a level counts as not recorded -> whether that is a warning; the sentences are under the same keys.
REASONS = {
    "stated": False,
    "blank": False,
    "personal": True,
    "word": False,
    "unsure": True,
    "total": True,
    "code": True,
    "outcome": True,
    "age": True,
}


def unknown_flag(name: str, levels: Sequence[str]) -> str:
    """Return the flag by which these levels of a column, and no others, count as not recorded; or the key.

    >>> unknown_flag("race", ["Unknown", "Declined"]), unknown_flag("race", [])
    ('--unknown race=Unknown,Declined', '--unknown race=')
    """
    levels = [level for level in levels if not is_personal(level)]
    if any("," in level or "=" in level or level != level.strip() for level in levels):
        return f"[groups] unknown = {{ {key_text(name)} = {value_text(list(levels))} }}"
    return f"--unknown {quote(name + '=' + ','.join(levels))}"


def about_labels(columns: Sequence[Column]) -> Iterator[Decision]:
    """Report which levels have the names that the use gives them."""
    named = {column.name: column.labelled for column in columns if column.labelled}
    if named:
        parts = [
            SAYS(
                "labels_of",
                column=name,
                levels=[SAYS("label", level=shown(level), word=word) for level, word in labels.items()],
            )
            for name, labels in named.items()
        ]
        yield Decision(SAYS("labels", parts=_joined(parts)), "labels", tuple(named))


def about_spellings(columns: Sequence[Column]) -> Iterator[Decision]:
    """Report which spellings count as one level; of an outcome with a warning."""
    for outcome in (True, False):
        merged = {of.name: of.merged for of in columns if of.merged and (of.role == "target") is outcome}
        if merged:
            parts = [
                SAYS("levels_of", levels=_and(spellings), column=name)
                for name, words in merged.items()
                for spellings in words.values()
            ]
            text = SAYS("spellings", parts=_joined(parts))
            yield Decision(text, "spellings", tuple(merged), "[groups.labels]", warning=outcome)


def about_unknown(columns: Sequence[Column]) -> Iterator[Decision]:
    """Report which levels count as not recorded, and why."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for column in columns:
        for level, n in column.unknown.items():
            found.setdefault(_why(column, level), {}).setdefault(column.name, {})[level] = n
    by_name = {column.name: column for column in columns}
    for why, warning in REASONS.items():
        if of := found.get(why):
            parts = [_counted(name, levels, why != "personal") for name, levels in of.items()]
            overrule = " ".join(_otherwise(why, by_name[name], levels) for name, levels in of.items())
            text = SAYS(why, parts=_joined(parts), youngest=AGES[0], oldest=AGES[1])
            yield Decision(text, "not recorded", tuple(of), overrule or None, warning)


def _why(column: Column, level: str) -> str:
    if column.impossible:
        return "age"
    if column.names_a_person(level):
        return "personal"
    if column.text and not spelling_key(level):
        return "blank"
    if column.stated is not None or column.labelled.get(level) == "":
        return "stated"
    if column.role == "target":
        return "outcome"
    if level in column.codes and level not in column.labelled:
        return "code"
    if says_total(column.labelled.get(level, level)):
        return "total"
    return "unsure" if any(same_spelling(level, word) for word in UNSURE) else "word"


def _otherwise(why: str, column: Column, levels: Collection[str]) -> str:
    """Return how to count these levels after all; '' where the use states it already."""
    if why in ("stated", "blank", "personal"):
        return ""
    if why == "age":
        return f"[data] missing = {{ {key_text(column.name)} = [] }}"
    return unknown_flag(column.name, [level for level in column.unknown if level not in levels])


def about_unmet(columns: Sequence[Column], unknown: Collection[str]) -> Iterator[Decision]:
    """Report which levels the use names that do not occur: as codes, or (in the columns `unknown`) as not recorded.

    Raises:
        UseCaseError: No label of a column fits, neither its code nor its word.
    """
    for column in columns:
        there = [*column.levels, *column.groups]
        absent = [
            code
            for code, word in column.labels.items()
            if not _occurs(canonical(code, column.kind), there) and not _occurs(word, there)
        ]
        if absent and len(absent) == len(column.labels):
            raise UseCaseError(
                f"[groups.labels] of '{column.name}' names {listed(absent, MOST)}; the data have "
                f"{named(column.levels, MOST, quotes=True)}"
            )
        if absent:
            yield Decision(SAYS("no_such_codes", levels=absent, column=column.name), "labels", (column.name,))
        stated = column.stated if column.name.lower() in unknown else None
        for level in stated or ():
            if not _occurs(canonical(level, column.kind), there):
                near = nearest(level, there).removeprefix("; ").capitalize()
                text = together(SAYS("no_such_level", column=column.name, level=repr(shown(level))), near)
                yield Decision(text, "not recorded", (column.name,), warning=True)


def about_placeholders(found: Mapping[str, Mapping[float, int]], seen: Mapping[str, Seen]) -> Iterator[Decision]:
    """Report which numbers, and which days, may mean "no value", though they are counted as they are."""
    for dated, key in ((False, "placeholders"), (True, "placeholder_days")):
        of = {name: values for name, values in found.items() if seen[name].dated is dated}
        if of:
            parts = [
                _placeholder(name, value, n, seen[name]) for name, values in of.items() for value, n in values.items()
            ]
            stated = {
                name: [written(value) if dated else _plain(value) for value in values] for name, values in of.items()
            }
            keys = ", ".join(f"{key_text(name)} = {value_text(values)}" for name, values in stated.items())
            overrule = f"[data] missing = {{ {keys} }}"
            yield Decision(SAYS(key, parts=_joined(parts)), "placeholder values", tuple(of), overrule, warning=True)


def _placeholder(name: str, value: float, rows: int, seen: Seen) -> str:
    key = ("placeholder" if seen.complete else "placeholder_seen") + ("_day" if seen.dated else "")
    return SAYS(key, value=written(value) if seen.dated else value, column=name, share=rows / seen.known)


def about_ages(found: Mapping[str, int]) -> Iterator[Decision]:
    """Report columns called ages with so many impossible ages that they are counted as they are."""
    for name, values in found.items():
        text = SAYS("no_ages", column=name, values=values, youngest=AGES[0], oldest=AGES[1])
        overrule = f"[data] missing = {{ {key_text(name)} = [...] }}"
        yield Decision(text, "placeholder values", (name,), overrule, warning=True)


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _occurs(level: str, there: Collection[str]) -> bool:
    return any(same_spelling(level, each) for each in there)


def _counted(name: str, levels: Mapping[str, int], named: bool = True) -> str:
    rows = sum(levels.values())
    if not named:
        return SAYS("rows_of", rows=counted(rows, "row"), column=name)
    return SAYS("levels_of", levels=_and(list(levels)), column=name, rows=counted(rows, "row") if rows else None)


def _and(levels: Sequence[str]) -> str:
    """Return levels in quotes, joined by 'and'; the rest counted.

    >>> _and(["Male", "male", "MALE"])
    "'Male', 'male' and 'MALE'"
    """
    quoted = [f"'{shown(level)}'" for level in levels]
    if len(quoted) > MOST:
        quoted = [*quoted[: MOST - 1], SAYS("more", more=len(quoted) - MOST + 1)]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _joined(parts: Sequence[str]) -> str:
    """Return parts joined by semicolons; the rest counted."""
    more = [SAYS("more", more=len(parts) - MOST + 1)] if len(parts) > MOST else []
    return "; ".join([*parts[: MOST - len(more)], *more])
