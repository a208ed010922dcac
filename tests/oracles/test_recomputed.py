"""Every number of an audit of Adult and of German credit against other code, and none left out in silence."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.counts.exchange import loaded
from auditor.model import Audit, Finding
from tests.conftest import DATA
from tests.oracles.recomputed import Drawn, Numbers, Oracle, Rows
from tests.oracles.registry import NOT_RECOMPUTED, OF_SLICES, ORACLES, TABLES
from tests.oracles.within_strata import cmh_adjusted

FEWEST = {"adult": 1600, "german": 1050, "hours": 220}  # numbers that are compared, of 2,258, 1,356 and 363 printed
# Roots that are searched for are found to a few digits less.
TOLERANCES = {"detectable_ratio": 1e-6, "mh_risk_ratio": 1e-7, "impact_ratio": 1e-6, "unfavourable_ratio": 1e-6}
# What the program says is not exact: a delta from 256 bins, and a U whose part of chance is right to a hundredth.
APPROXIMATE = {"cliffs_delta": 5e-5, "theils_u": 4e-5}
CASES: dict[str, dict[str, Any]] = {
    "adult": {
        "target": "income",
        "positive": ">50K",
        "groups": ["sex", "race"],
        "within": "workclass",
        "reference": {"sex": {"Female": 0.33, "Male": 0.67}, "race": {
            "White": 0.85, "Black": 0.1, "Asian-Pac-Islander": 0.03, "Amer-Indian-Eskimo": 0.01, "Other": 0.01}},
    },
    "german": {
        "target": "credit",
        "positive": 1,
        "groups": ["sex", "age", "foreign_worker"],
        "within": "housing",
        "drop": ["sex-age"],
        "reference": {"sex": {"female": 0.33, "male": 0.67}, "age": {"adult": 0.83, "youth": 0.17}},
    },
    "hours": {"target": "hours_per_week", "positive": ">40", "groups": ["sex", "race"], "only": ["OUT001", "OUT002"]},
}  # fmt: skip


def _frame(name: str) -> pd.DataFrame:
    if name == "german":
        return pd.read_csv(DATA / "german_credit.csv").drop(columns="sex-age")
    return pd.read_parquet(DATA / "adult.parquet")


def _edges(name: str) -> dict[str, Any]:
    """Return the bins that numbers were cut into: the program's choice, which its tallies tell."""
    if name == "hours":
        return {}
    asked = {key: value for key, value in CASES[name].items() if key in ("target", "positive", "groups", "within")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tally"
        auditor.tally(_frame(name), path, **asked)
        return {of: column.edges for of, column in loaded(path).columns.items() if column.edges}


@cache
def _audited(name: str) -> tuple[Audit, Rows]:
    """Return an audit without models, and its rows."""
    asked, frame = CASES[name], _frame(name)
    audit = auditor.check(frame, **{**asked, "drop": ()}, no_models=True)
    values = frame[asked["target"]]
    favourable = values > 40 if name == "hours" else values == asked["positive"]
    printed = {result.rule: result.table for result in audit.results}
    stated, within = asked.get("reference", {}), asked.get("within")
    return audit, Rows(frame, favourable, asked["groups"], asked["target"], within, stated, _edges(name), printed)


@dataclass(frozen=True)
class Printed:
    """A number of an audit: where it stands, what it is about, and which end of an interval it is."""

    rule: str
    measure: str
    about: Mapping[str, Any]
    number: float
    end: int
    table: bool

    @property
    def named(self) -> tuple[str, str]:
        """Rule and measure; of a finding about all columns, that too."""
        whole = self.rule in ("PRX001", "PRX004") and "column" not in self.about
        return self.rule, f"{self.measure} of all columns" if whole else self.measure

    @property
    def oracle(self) -> Oracle | None:
        """What computes it."""
        if self.rule == "OUT005" and not self.table:
            return OF_SLICES.get(self.measure)
        if (self.rule, self.measure) == ("OUT003", "p_adjusted") and self.about["pooled"]:
            return cmh_adjusted
        return (TABLES if self.table else ORACLES).get(self.named)


def _printed(audit: Audit) -> Iterator[Printed]:
    for result in audit.results:
        for finding in result.findings:
            about = _about(finding)
            for name, measure in finding.measures.items():
                for end, number in enumerate((measure.value, measure.low, measure.high)):
                    if number is not None:
                        yield Printed(result.rule, name, about, number, end, table=False)
        for row in result.table:
            for name, number in row.items():
                if isinstance(number, int | float) and not isinstance(number, bool):
                    yield Printed(result.rule, name, row, number, 0, table=True)


def _about(finding: Finding) -> dict[str, Any]:
    """Return what a finding is about, and of a slice what is printed of its counts."""
    of = finding.measures
    about: dict[str, Any] = {**finding.subject, "pooled": "simpson" in of}
    if "slice" in about:
        about |= {"n": of["selection_rate"].n, "n_ref": of["reference_rate"].n}
        about |= {name: of[name].value for name in ("selection_rate", "reference_rate")}
    return about


def _agree(measure: str, printed: float, expected: float) -> bool:
    if measure in APPROXIMATE:
        return printed == pytest.approx(expected, abs=APPROXIMATE[measure])
    if math.isinf(expected) or (printed < 1e-250 and abs(expected) < 1e-250):
        return printed == expected or abs(printed) < 1e-250
    return printed == pytest.approx(expected, rel=TOLERANCES.get(measure, 1e-8), abs=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_every_number_is_that_of_other_code_or_is_named_with_its_reason(name: str) -> None:
    audit, rows = _audited(name)
    compared, wrong, unknown = 0, [], set()
    known: dict[tuple[Any, ...], Numbers] = {}
    for of in _printed(audit):
        key = (of.rule, of.measure, of.table, str(sorted(of.about.items(), key=str)))
        if of.oracle is None:
            unknown.add(of.named)
            continue
        if key not in known:
            try:
                found = of.oracle(rows, of.about)
            except Drawn:
                found = ()
            known[key] = tuple(found) if isinstance(found, tuple) else (float(found),)
        if of.end >= len(known[key]):
            unknown.add((of.rule, f"{of.measure} interval" if known[key] else f"{of.measure} of few rows"))
            continue
        compared += 1
        if not _agree(of.measure, of.number, float(known[key][of.end])):
            wrong.append((of.rule, of.measure, of.end, dict(of.about), of.number, known[key][of.end]))
    assert not wrong, f"{len(wrong)} of {compared}: {wrong[:5]}"
    assert sorted(unknown - {*NOT_RECOMPUTED}) == []
    assert compared >= FEWEST[name]


def test_all_that_is_listed_is_printed() -> None:
    """No line is left of a number that is no more: what would be compared by it is not."""
    printed = {(of.rule, of.measure, of.table) for name in CASES for of in _printed(_audited(name)[0])}
    assert {(*key, False) for key in ORACLES} <= printed
    assert {(*key, True) for key in TABLES} <= printed
    named = {(rule, measure) for rule, measure, _ in printed}
    assert {(rule, re.sub(" (interval|of few rows|of all columns)$", "", of)) for rule, of in NOT_RECOMPUTED} <= named
