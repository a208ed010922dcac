"""Command lines drawn from the program's own list of options, each with fitting and unfitting values."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence

import click

from auditor.analyzers.catalog import all_rules
from auditor.cli.commands import main
from tests.fuzz import hostile
from tests.fuzz.case import Case, Step
from tests.fuzz.tables import FLAGS, Made

REPORTS = (".json", ".json", ".md", ".txt", ".html")
WRITTEN = {"--report", "--output", "--suggest-redactions"}
REFUSED = {"--master", "--table", "--sheet", "--count", "--engine"}  # by most data
FILES = {"--use-case": "u.toml", "--redact": "t.txt", "--terms": "t.txt", "--edges-from": "e.tally"}
NUMBERS = ("0", "1", "-1", "5", "30", "99999999999999999999", "1.5", "nan", "x", "", "1e3", " 2")


def words(parts: Iterable[str]) -> tuple[str, ...]:
    """Return words as a system can hand them to a program: without the void character."""
    return tuple(part.replace("\0", "").encode("utf-8", "replace").decode() for part in parts)


def reports(random: random.Random) -> tuple[list[str], tuple[str, ...]]:
    """Return flags that ask for reports, and their files: one mostly, all of them now and then."""
    if random.random() < 0.06:
        names: tuple[str, ...] = ("r.html", "r.json", "r.md", "r.txt")
    elif random.random() < 0.05:
        names = ()
    else:
        names = (f"r{random.choices(('.json', '.md', '.txt', '.html'), (45, 27, 21, 7))[0]}",)
    flags = [f"--report={name}" for name in names]
    if random.random() < 0.5:
        flags.append("--format=json")
    return flags, names


def models(random: random.Random) -> list[str]:
    """Return the flag that leaves models out, nearly always: they cost seconds."""
    return [] if random.random() < 1 / 30 else ["--no-models"]


def drawn(random: random.Random, case: Case, made: Made, files: Sequence[str]) -> Step:
    """Return a step of any command with options drawn at random."""
    name = random.choice(("check", "check", "check", "tally", "init", "render", "compare", "redact", "explain"))
    command = main.commands[name]
    options = [option for option in command.params if isinstance(option, click.Option)]
    given: list[str] = [name]
    rarely = random.choice((0.03, 0.06, 0.2))
    outputs: set[str] = set()
    for option in options:
        flag = max(option.opts, key=len)
        needed = option.required or option.name in ("target", "groups")
        chance = 0.95 if needed else 0.005 if flag in REFUSED else rarely
        if random.random() > chance:
            continue
        if option.is_flag:
            given.append(flag)
            continue
        for _ in range(random.choice((1, 1, 2)) if option.multiple else 1):
            value = _value(random, flag, option, made, files, name)
            given.append(f"{flag}={value}")
            if flag in WRITTEN:
                outputs.add(os.path.normpath(value.replace("\0", "")))
    if name == "check":
        given += models(random)
    arguments = 2 if name == "compare" else 1
    right = {"render": ("a.json",), "compare": ("a.json",), "explain": tuple(all_rules())}.get(name, (files[0],))
    given += [
        random.choice(right if random.random() < 0.9 else (*files, hostile.name(random)))
        for _ in range(arguments if random.random() < 0.95 else random.randint(0, 3))
    ]
    inputs = {path.name for path in case.folder.iterdir()}
    if name == "init" and not any(word.startswith("--output") for word in given):
        outputs.add("use_case.toml")
    codes = {"check": {0, 1, 2, 3}, "compare": {0, 1, 2}, "init": {0, 2, 130}}.get(name, {0, 2})
    data = tuple(outputs) if name == "redact" else ()
    answers = "".join(
        random.choice(("y\n", "\n", "1\n", hostile.level(random) + "\n")) for _ in range(random.randint(0, 60))
    )
    return Step(
        words(given), tuple(sorted(outputs - inputs)), frozenset(codes), answers.encode("utf-8", "replace"), data=data
    )


def _value(
    random: random.Random, flag: str, option: click.Option, made: Made, files: Sequence[str], command: str
) -> str:
    if isinstance(option.type, click.Choice) and random.random() < 0.9:
        return random.choice([choice for choice in map(str, option.type.choices) if choice != "spark"])
    if flag in WRITTEN:
        suffix = {"tally": (".tally",), "init": (".toml",), "redact": (".csv", ".parquet", ".jsonl")}.get(
            command, REPORTS
        )
        if flag == "--suggest-redactions":
            suffix = (".txt",)
        stem = "out" if random.random() < 0.8 else hostile.name(random).replace("..", "").lstrip("/")
        return f"{stem}{random.randint(0, 3)}{random.choice(suffix) if random.random() < 0.95 else ''}"
    if flag in FILES:
        return FILES[flag] if random.random() < 0.9 else random.choice((*files, hostile.name(random)))
    fitting = {flag: made.names[role] for role, flag in FLAGS.items() if role in made.names and role != "second"}
    if flag in fitting and random.random() < 0.85:
        return fitting[flag]
    pool: tuple[str, ...] = {
        "--policy": ("default", "eeoc", "nyc-ll144", "eu-ai-act"),
        "--positive": (made.positive, made.positive, ">= 0", "< 1e400", "no", ">= nan"),
        "--only": ("OUT", "REP", "OUT001", "PRX", "QLT", "TXT"),
        "--skip": ("OUT", "TXT", "QLT001", "PRX"),
        "--encoding": ("utf-8", "cp1252", "utf-16", "idna", "rot13", "punycode", "unicode_escape", "zip"),
        "--memory-limit": ("512MB", "2GiB", "1", "1e9", "9" * 400 + "GB", "200MB"),
        "--reference": ("us-workforce", *files),
        "--group-from-terms": ("she,her", ",", "the", "she,,he"),
        "--unknown": (f"{made.names.get('group', 'g')}=f", "x=", "=", f"{made.names.get('group', 'g')}="),
        "--sql": ("SELECT * FROM data", "FROM data", "SELECT 1", "SELECT", "DROP TABLE data", f"FROM '{files[0]}'", "SELECT * FROM '/etc/passwd'", "COPY data TO 'stolen.csv'", "SELECT 1; SELECT 2"),
        "--table": ("data", "people", "v", "x"),
        "--master": ("",),
        "--skip-rows": NUMBERS, "--sheet": NUMBERS, "--seed": NUMBERS, "--min-cell": NUMBERS,
    }.get(flag, tuple(made.columns))  # fmt: skip
    return random.choice(pool) if pool and random.random() < 0.85 else hostile.level(random)
