"""Kinds that begin with what the program itself wrote: audits and tallies, tampered with, rendered and compared."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from tests.fuzz import flags, mutate, tables, text_files
from tests.fuzz.case import DONE, Case, Step

Paths = list[tuple[Any, ...]]
ASKED: tuple[dict[str, Any], ...] = (
    {"no_models": True, "reference": {"group_": {"f": 0.5, "m": 0.5}}, "policy": "nyc-ll144"},
    {"no_models": True, "time": "time_", "within": "stratum_", "text": "text_", "id": "id_"},
    {"no_models": True, "weight": "weight_", "policy": "eeoc"},
    {"no_models": True, "drop": ["feature_"], "policy": "eu-ai-act"},
    {"text": "text_"},
)


@cache
def audit(i: int) -> tuple[Any, Paths]:
    """Return a saved audit as a JSON value, and the paths to its places."""
    import auditor

    made = tables.tame(Random(i), 150)
    asked = {"target": "target_", "positive": "yes", "groups": ["group_", "second_"], **ASKED[i]}
    saved = json.loads(json.dumps(auditor.check(pd.DataFrame(made.columns), **asked, name=f"made{i}").to_dict()))
    return saved, list(mutate.paths(saved))


@cache
def tally(i: int) -> tuple[Any, Paths]:
    """Return a tally as a JSON value, and the paths to its places."""
    import auditor

    more: tuple[dict[str, Any], ...] = (
        {}, {"time": "time_", "id": "id_"}, {"within": "stratum_"}, {"weight": "weight_"}, {"min_cell": 5},
    )  # fmt: skip
    made = tables.tame(Random(i), 120)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.tally")
        asked: dict[str, Any] = {"target": "target_", "positive": "yes", "groups": ["group_", "second_"], **more[i]}
        auditor.tally(pd.DataFrame(made.columns), str(path), **asked)
        saved = json.loads(path.read_text(encoding="utf-8"))
    return saved, list(mutate.paths(saved))


def _tampered(random: random.Random, made: Callable[[int], tuple[Any, Paths]]) -> bytes:
    saved, known = made(random.randrange(5))
    if random.random() < 0.85:
        saved = mutate.json_of(random, saved, known)
    text = json.dumps(saved, ensure_ascii=random.random() < 0.5)
    data = text.encode("utf-8", "replace")
    return data if random.random() < 0.9 else mutate.bytes_of(random, data)


def render(random: random.Random, case: Case) -> None:
    """A tampered audit, rendered."""
    case.put("a.json", _tampered(random, audit))
    suffixes = random.sample(("md", "txt", "json", "html"), random.choice((1, 1, 1, 2)), counts=(4, 2, 3, 1))
    outputs = tuple(dict.fromkeys(f"r.{suffix}" for suffix in suffixes))
    case.steps.append(Step(("render", "a.json", *(f"--output={name}" for name in outputs)), outputs, DONE))


def compare(random: random.Random, case: Case) -> None:
    """Two audits, one or both tampered with, side by side."""
    for name in ("a.json", "b.json"):
        case.put(name, _tampered(random, audit))
    outputs = (f"r.{random.choice(('md', 'txt', 'json', 'md', 'html'))}",) if random.random() < 0.6 else ()
    words = ["compare", "a.json", "b.json", *(f"--output={name}" for name in outputs)]
    words += ["--format=json"] if random.random() < 0.4 else []
    case.steps.append(Step(tuple(words), outputs, frozenset((0, 1, 2))))


def tampered_tally(random: random.Random, case: Case) -> None:
    """A tampered tally, or two, audited."""
    names = ["a.tally", "b.tally"][: random.choice((1, 1, 2))]
    for name in names:
        case.put(name, _tampered(random, tally))
    asked, outputs = flags.reports(random)
    case.steps.append(Step(("check", *names, *asked), outputs))


def made_tally(random: random.Random, case: Case) -> None:
    """Tallies of hard tables, made and then audited."""
    made = tables.wild(random)
    case.put("d.csv", text_files.as_csv(made))
    words = ["tally", "d.csv", "-o", "a.tally", *(word for word in made.flags(random) if not word.startswith("--text"))]
    words += [f"--min-cell={random.choice((0, 1, 5, 30))}"] if random.random() < 0.4 else []
    case.steps.append(Step(flags.words(words), ("a.tally",), DONE))
    asked, outputs = flags.reports(random)
    case.steps.append(Step(("check", "a.tally", *asked), outputs))
