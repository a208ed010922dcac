"""Use cases, policies, populations and lists of terms: by the grammar of each, with hard keys and values."""

from __future__ import annotations

import random
from typing import Any

from auditor.use.toml import key_text
from tests.fuzz import hostile, mutate
from tests.fuzz.tables import Made

RULES = (
    "OUT001",
    "OUT002",
    "OUT003",
    "OUT006",
    "REP001",
    "REP004",
    "PRX001",
    "TXT001",
    "QLT001",
    "LAB001",
    "POL001",
    "XXX999",
    "",
)
POLICIES = ("default", "eeoc", "nyc-ll144", "eu-ai-act")


def value_text(value: Any) -> str:
    """Return a value as TOML has it; what TOML has no word for as a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key_text(str(key))} = {value_text(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, int | float):
        return str(value)
    from auditor.use.toml import value_text as quoted

    return quoted(str(value))


def document(tables: dict[str, Any]) -> str:
    """Return tables as a TOML document; lists of tables each under [[ ]]."""
    parts = []
    for name, table in tables.items():
        if isinstance(table, dict):
            parts.append(
                f"[{key_text(name)}]\n" + "".join(f"{key_text(str(k))} = {value_text(v)}\n" for k, v in table.items())
            )
        elif isinstance(table, list) and table and all(isinstance(each, dict) for each in table):
            parts += [
                f"[[{key_text(name)}]]\n" + "".join(f"{key_text(str(k))} = {value_text(v)}\n" for k, v in each.items())
                for each in table
            ]
        else:
            parts.insert(0, f"{key_text(name)} = {value_text(table)}\n")
    return "\n".join(parts)


def use_case(random: random.Random, made: Made, path: str) -> dict[str, Any]:
    """Return the tables of a use case that fits a table."""
    names = made.names

    def text() -> str:
        return hostile.level(random)

    def sometimes(chance: float, **keys: Any) -> dict[str, Any]:
        return {key: value for key, value in keys.items() if random.random() < chance}

    groups = [names[role] for role in ("group", "second") if role in names]
    levels = {name: list(dict.fromkeys(map(str, made.columns[name])))[:6] for name in groups}
    shares = {name: {level: round(1 / len(of), 6) for level in of} for name, of in levels.items() if of}
    return {
        "data": {"path": path, **sometimes(0.1, decimal=",", header=True, skip_rows=0, missing=["NA", text()], count="none")},
        "use": sometimes(0.5, problem=text(), success=text(), decision=random.choice(("assistive", "automated", "research")), stakes=random.choice(("high", "low")), operationalization=text(), stakeholders=[text(), text()], constraints=[text()], policy=random.choice(POLICIES)),
        "label": {"column": names.get("target", "none"), **sometimes(0.8, positive=made.positive), **sometimes(0.4, kind=random.choice(("past_decision", "measured_outcome", "human_rating")), stands_for=text())},
        "groups": {"columns": groups, **sometimes(0.2, reference={name: of[0] for name, of in levels.items() if of}, unknown={name: of[:1] for name, of in levels.items()}, labels={name: {level: text() for level in of} for name, of in levels.items()}, codes=groups)},
        "population": {**(shares if random.random() < 0.6 else {}), **sometimes(0.2, period=[1990, 2020])},
        "features": sometimes(0.5, required=[names["feature"]] if "feature" in names else [], forbidden=[names["number"]] if "number" in names else [], strata={names["stratum"]: text()} if "stratum" in names else {}, text=[names["text"]] if "text" in names else [], time=names.get("time", "none"), id=names.get("id", "none"), watchlists=[random.choice(("gender", text()))]),
        "accept": [{"rule": random.choice(RULES), "subject": text(), "reason": text(), "by": text(), **sometimes(0.5, until="2030-01-01")} for _ in range(random.choice((0, 0, 1, 2)))],
        **({"rules": {random.choice(RULES): {text(): random.choice(mutate.VALUES)}}} if random.random() < 0.1 else {}),
    }  # fmt: skip


def policy(random: random.Random) -> dict[str, Any]:
    """Return the tables of a policy that extends one that is shipped."""
    return {
        "extends": random.choice((*POLICIES, "default", "default", "own.toml", hostile.name(random))),
        "name": hostile.level(random),
        "title": hostile.level(random),
        "settles_not": hostile.level(random),
        "limits": {
            random.choice(
                ("impact_ratio", "alpha", "power", "min_n", "min_share", "missing_share", "x")
            ): random.choice(("0.8", 0.05, 0, 1, -1, 30, 1e9, "1/3", "nan"))
        },
        "sources": {"alpha": hostile.level(random)},
        "severity": {random.choice(RULES): random.choice(("block", "condition", "note", "x"))},
        "verdict": {"required": [random.choice(RULES)]},
        "articles": {random.choice(RULES): hostile.level(random)},
    }


def population(random: random.Random, made: Made) -> dict[str, Any]:
    """Return the shares of the groups of a table."""
    columns = [made.names[role] for role in ("group", "second") if role in made.names]
    found: dict[str, Any] = {}
    for name in columns:
        levels = list(dict.fromkeys(map(str, made.columns[name])))[:10]
        found[name] = {
            level: random.choice((1, 2, 30, 0.5, "50%", 1 / len(levels), 1 / len(levels))) for level in levels
        }
    if random.random() < 0.3:
        found[hostile.name(random)] = {hostile.level(random): 0.5, hostile.name(random): 0.5}
    return found


def spoilt(random: random.Random, tables: dict[str, Any]) -> str:
    """Return tables as TOML, most of the time with a place or a byte changed."""
    if random.random() < 0.35:
        changed = mutate.json_of(random, tables, list(mutate.paths(tables)))
        tables = changed if isinstance(changed, dict) else tables
    text = document(tables)
    if random.random() < 0.12:
        text = mutate.bytes_of(random, text.encode("utf-8", "replace")).decode("utf-8", "replace")
    if random.random() < 0.03:
        text += f"\nx = {'[' * 2000}"
    return text


def terms(random: random.Random) -> str:
    """Return a list of terms, one per line."""
    lines = [
        random.choice((*hostile.WORDS, hostile.name(random), hostile.noise(random, 8), "# a remark", "", "she  # why"))
        for _ in range(random.randint(0, 12))
    ]
    return "\n".join(lines) + "\n"
