"""Kinds that hold two audits against each other: of the same rows under other names, and in other forms."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from tests.fuzz import binary_files, flags, hostile, tables, text_files
from tests.fuzz.case import Case, Step
from tests.fuzz.tables import Made

# Each of these names comes into each role as the number of a case goes through them.
NAMES = tuple({name.strip().casefold(): name for name in hostile.NAMES if name.lower() != "none"}.values())
ASKED = ("plain", "numeric", "weighted")


def results(made: Made, kind: str) -> Any:
    """Return what an audit of a table found, without its names."""
    import auditor

    names = made.names
    asked: dict[str, Any] = {
        "target": names["target"], "positive": "yes", "groups": [names["group"], names["second"]], "time": names["time"],
        "id": names["id"], "text": names["text"],
    }  # fmt: skip
    if kind == "numeric":
        asked |= {"target": names["number"], "positive": ">= 0.5", "within": names["stratum"]}
    elif kind == "weighted":
        asked |= {"weight": names["weight"]}
    else:
        asked |= {"within": names["stratum"]}
    audit = auditor.check(pd.DataFrame(made.columns), no_models=True, **asked)
    return [
        (
            result.rule,
            str(result.state),
            result.failed,
            [(str(of.state), sorted(map(str, of.measures.items()))) for of in result.findings],
        )
        for result in audit.results
    ], str(audit.verdict.level)


@cache
def expected(kind: str) -> tuple[Made, Any]:
    """Return a table of plain names, and what an audit of it finds."""
    made = tables.tame(Random(5), 150)
    return made, results(made, kind)


def rename(random: random.Random, case: Case) -> None:
    """Rename the column of every role, and get the same audit.

    As the number of a case rises by one from nought, each name comes into each role: of plain outcomes first, then of
    numbers, then of weighted rows.
    """
    kind = ASKED[case.number // len(NAMES) % len(ASKED)]

    def relation(codes: list[int]) -> list[str]:
        made, one = expected(kind)
        names = {role: NAMES[(case.number + 11 * i) % len(NAMES)] for i, role in enumerate(made.names)}
        other = results(made.renamed(names), kind)
        failed = [each[0] for each in other[0] if each[2]]
        differ = [f"{a[:2]} but {b[:2]}" for a, b in zip(one[0], other[0], strict=True) if a != b]
        if differ or failed or one[1] != other[1]:
            return [f"{kind} {names!a}: {failed} failed, {differ[:5]}, {one[1]} and {other[1]}"]
        return []

    case.relation = relation


def forms(random: random.Random, case: Case) -> None:
    """The same rows as CSV, Parquet and JSON lines get the same states and verdict."""
    made = tables.tame(random)
    case.put("d.csv", text_files.as_csv(made))
    case.put("d.jsonl", text_files.as_jsonl(made))
    case.put("d.parquet", binary_files.parquet(random, made, odd=False))
    asked = made.flags(random)
    forms = ("csv", "jsonl", "parquet")
    for form in forms:
        report = f"{form}.json"
        case.steps.append(
            Step(flags.words(["check", f"d.{form}", *asked, f"--report={report}", "--no-models"]), (report,))
        )

    def relation(codes: list[int]) -> list[str]:
        if len(set(codes)) > 1:
            return [f"exit codes {codes}"]
        if codes[0] == 2:
            return []
        audits = [json.loads(Path(f"{form}.json").read_text(encoding="utf-8")) for form in forms]
        states = [[(r["rule"], r["state"], len(r["findings"])) for r in audit["results"]] for audit in audits]
        return [
            f"{form}: {sorted(set(of) ^ set(states[0]))[:6]}"
            for form, of in zip(forms, states, strict=True)
            if of != states[0]
        ]

    case.relation = relation
