"""Small tables whose columns have roles: a gap between groups, so that rules have something to find."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.fuzz import hostile

ROLES = ("target", "group", "second", "stratum", "time", "id", "weight", "text", "feature", "number", "prediction")
FLAGS = {
    "target": "--target", "group": "--group", "second": "--group", "stratum": "--within", "time": "--time", "id": "--id",
    "weight": "--weight", "text": "--text",
}  # fmt: skip


@dataclass
class Made:
    """Columns by name, all of one length, and which role each was made for."""

    columns: dict[str, list[Any]]
    names: dict[str, str]
    positive: str = "yes"
    order: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()), []))

    def renamed(self, names: dict[str, str]) -> Made:
        """Return the same values under other names of the roles."""
        columns = {names[role]: self.columns[name] for role, name in self.names.items()}
        return Made(columns, {role: names[role] for role in self.names}, self.positive)

    def flags(self, random: random.Random, chance: float = 0.7) -> list[str]:
        """Return flags that name the roles, most of them."""
        found = []
        for role, flag in FLAGS.items():
            if role in self.names and (
                role in ("target", "group") or random.random() < chance / (1 + (role == "weight"))
            ):
                found += [f"{flag}={self.names[role]}"]
        if random.random() < 0.8:
            found += [f"--positive={self.positive}"]
        return found


def tame(random: random.Random, rows: int | None = None, roles: tuple[str, ...] = ROLES) -> Made:
    """Return a table with plain names and levels, and a gap between the groups."""
    n = rows or random.choice((20, 40, 80, 120, 200, 300))
    woman = [random.random() < 0.4 for _ in range(n)]
    chosen = [random.random() < (0.25 if w else 0.6) for w in woman]
    first = random.randint(1990, 2020)
    made: dict[str, list[Any]] = {
        "target": ["yes" if c else "no" for c in chosen],
        "group": ["f" if w else "m" for w in woman],
        "second": [random.choice("abc") for _ in range(n)],
        "stratum": [random.choice("st") for _ in range(n)],
        "time": [first + i * 4 // n for i in range(n)],
        "id": [f"k{i // 2}" for i in range(n)],
        "weight": [random.randint(1, 4) for _ in range(n)],
        "text": [f"one two three four five {hostile.text(random, hard=0)} {'she' if w else 'he'} nine" for w in woman],
        "feature": [("p" if w else "q") if random.random() < 0.8 else "r" for w in woman],
        "number": [round(random.gauss(float(w), 1), 3) for w in woman],
        "prediction": ["yes" if c == (random.random() < 0.8) else "no" for c in chosen],
    }
    columns = {f"{role}_": made[role] for role in roles}
    return Made(columns, {role: f"{role}_" for role in roles})


def some(random: random.Random) -> tuple[str, ...]:
    """Return the roles of a table: a target and a group nearly always, others at random."""
    return tuple(role for role in ROLES if random.random() < (0.95 if role in ("target", "group") else 0.5)) or (
        "group",
    )


def wild(random: random.Random) -> Made:
    """Return a table with hard names, hard levels, missing values and values of other types.

    Half of them hold no control characters, which not every form of file can have.
    """
    controls = random.choice((0, 0, 0.1, 0.4))
    made = tame(random, roles=some(random))
    names = dict(zip(made.names, hostile.unlike(random, len(made.names), wild=controls), strict=True))
    keep = random.random() < 0.3
    made = made.renamed({role: f"{role}_" if keep else names[role] for role in made.names})
    hard, odd = random.choice((0, 0.2, 0.6)), random.choice((0, 0.15, 0.4))
    for role, column in made.names.items():
        values = made.columns[column]
        if role == "text":
            if random.random() < hard:
                made.columns[column] = [hostile.text(random, wild=controls) for _ in values]
        elif len(set(values)) < 10 and random.random() < hard:
            other = {value: hostile.level(random, controls) for value in dict.fromkeys(values)}
            made.columns[column] = [other[value] for value in values]
            made.positive = other.get("yes", made.positive) if role == "target" else made.positive
        if random.random() < (odd / 3 if role == "target" else odd):
            made.columns[column] = spoilt(random, made.columns[column], controls)
    return made


def spoilt(random: random.Random, values: list[Any], controls: float = 0.3) -> list[Any]:
    """Return values with a few replaced, or all of another kind."""
    n, kind = len(values), random.randrange(12)
    if kind == 0:
        return [None] * n
    if kind == 1:
        return [hostile.level(random, controls)] * n
    if kind == 2:
        return [date(2000, 1, 1) + timedelta(days=random.randint(-400_000, 400_000)) for _ in range(n)]
    if kind == 3:
        return [datetime(2020, 1, 1) + timedelta(seconds=random.randint(0, 10**8)) for _ in range(n)]
    if kind == 4:
        return [random.choice((True, False, None)) for _ in range(n)]
    if kind == 5:
        odd = (0.0, -0.0, 1e308, -1e308, 1e-320, float("inf"), float("-inf"), float("nan"), None)
        return [random.choice(odd) for _ in range(n)]
    if kind == 6:
        return [random.choice((0, 1, -1, 2**31, 2**53 + 1, 2**62, -(2**62), None)) for _ in range(n)]
    if kind == 7 and controls:
        return [hostile.noise(random, 20) for _ in range(n)]
    share = random.choice((0.02, 0.2, 0.7))
    return [
        random.choice((None, "", hostile.level(random, controls))) if random.random() < share else value
        for value in values
    ]
