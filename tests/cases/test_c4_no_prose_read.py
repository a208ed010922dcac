"""Nothing in the program reads one of its own sentences: what a chart, a rule or a report needs to know is data.

A rule looked for columns whose reason began with "identifier", a chart split joined names at commas and coloured by
phrases, reasons were cut at what looked like the end of a sentence, and "What stands in for race" named one pair of
groups over rows that were about others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.analyzers.model_findings import REST, pair_of
from auditor.learn.peel import Step
from auditor.model import Audit, Column, Dataset, Finding, Level, Provenance, Result, Severity, State, Verdict
from auditor.reporter import renderer
from auditor.reporter.charts import peel as peel_chart
from auditor.reporter.charts import terms as term_chart
from auditor.reporter.charts.figure import BAD, WARN, Figure
from auditor.reporter.page import chapters
from auditor.reporter.tables import tables
from auditor.use.usecase import UseCase
from tests.conftest import rows_of


def _audit(*results: Result) -> Audit:
    use = {**UseCase().model_dump(mode="json"), "stated": False, "assumed": []}
    verdict = Verdict(Level.UNFIT, tuple(result.rule for result in results))
    return Audit(Dataset("data.csv", 10, ()), use, results, verdict, Provenance("0", 0, "duckdb"))


def _result(rule: str, table: list[dict[str, Any]], *findings: Finding) -> Result:
    return Result(rule, rule.lower(), State.SHOWN, Severity.CONDITION, findings, table=tuple(table))


def _drawn(figure: Figure) -> list[dict[str, Any]]:
    """Return the records that a chart draws in colours."""
    return [row for rows in figure.chart.to_dict()["datasets"].values() for row in rows if "colour" in row]


class TestNames:
    """A name may hold a comma, a full stop, a dot between spaces or a word of the program's own."""

    def test_columns_with_commas_are_counted_as_columns(self) -> None:
        step: dict[str, Any] = {
            "group": "sex", "level": "f", "reference": "m", "learner": "a", "check": "b", "check_auc": None,
            "low": 0.5, "high": 0.7, "blind_gap": None, "gap_low": None, "gap_high": None,
        }  # fmt: skip
        rows = [
            {**step, "k": 0, "gone": [], "auc": 0.7},
            {**step, "k": 2, "gone": ["city, state", "last, first"], "auc": 0.6},
            {**step, "k": 5, "gone": ["city, state", "last, first", "a", "b, c"], "auc": 0.5},
        ]
        (figure,) = peel_chart.figures(_audit(_result("PRX003", rows)))
        assert "2 removed (city, state, last, first): AUC 0.600" in figure.words
        assert "5 removed (city, state, last, first, a and 1 more): AUC 0.500" in figure.words

    def test_a_column_with_a_comma_goes_as_one_from_the_data_to_the_report(self) -> None:
        rng = np.random.default_rng(5)
        sex = rng.choice(["f", "m"], 600)
        frame = pd.DataFrame({"sex": sex, "hired": rng.choice(["yes", "no"], 600)})
        frame["city, state"] = np.where(rng.random(600) < 0.9, sex, "x")
        frame["other"] = rng.choice(list("abc"), 600)
        audit = auditor.check(frame, target="hired", groups="sex", only="PRX003")
        saved = Audit.from_dict(json.loads(json.dumps(audit.to_dict())))
        assert saved == audit
        gone = {row["k"]: row["gone"] for row in saved.result("PRX003").table}
        assert gone == {0: [], 1: ["city, state"]}
        assert "1 removed (city, state)" in next(peel_chart.figures(saved)).words

    def test_a_group_called_the_rest_is_one_group_and_not_all_others(self) -> None:
        selected = {"a": (10.0, 100.0), "the rest": (50.0, 100.0), "b": (90.0, 100.0)}
        step = Step(0, (), (), {}, selected)
        told = pair_of(step.selected, {"group": "g", "level": "a", "reference": REST})
        assert told is not None
        assert (told.x, told.n, told.x_ref, told.n_ref) == (10, 100, 50 + 90, 200)
        named = pair_of(step.selected, {"group": "g", "level": "a", "reference": "the rest"})
        assert named is not None
        assert (named.x_ref, named.n_ref) == (50, 100)

    def test_a_reason_is_not_cut_at_a_full_stop_within_a_name(self) -> None:
        name = "St. Mary Magdalene's U.S. Army Training College of the Arts and Sciences, North-Eastern Campus at St. Peter's Bay, P.E.I., Canada (formerly Ft. Augustus)"
        counts = {name: (300, 1000), "St. Paul's": (600, 1000)}
        audit = auditor.check(rows_of(counts, group="college"), target="hired", groups="college", only="OUT001")
        (finding,) = audit.findings("OUT001")
        assert len(finding.message) > 420
        text = " ".join(renderer(".txt")(audit).split())
        assert " ".join(finding.message.split()) in text
        reason = text.split("Main reasons 1 ")[1]
        assert reason.startswith(f"'{name}' is selected at 30.0%, 'St. Paul's' at 60.0%")


class TestKinds:
    """Colours and words follow the kind, whatever the sentence says."""

    def test_terms_are_coloured_by_what_they_are(self) -> None:
        about = {"column": "cv", "group": "sex", "level": "f", "reference": "penalised m"}
        marks = {
            **about, "kind": "marks", "watched": None, "leans_to": "f", "documents": 50, "documents_reference": 10,
            "share": 0.5, "share_reference": 0.1, "rate_with": 0.1, "rate_without": 0.3, "log_odds": 1.0, "z": 5.0,
        }  # fmt: skip
        cost = {**about, "direct": False, "carried_gap": -0.01}
        kinds = {"her": "penalised", "executed": "favours_reference"}
        audit = _audit(
            _result("TXT001", [{**marks, "term": term} for term in (*kinds, "club")]),
            _result("TXT002", [{**cost, "term": term, "kind": kind} for term, kind in kinds.items()]),
        )
        (figure,) = term_chart.figures(audit)
        colours = {point["term"]: point["colour"] for point in _drawn(figure)}
        assert (colours["her"], colours["executed"]) == (BAD, WARN)
        assert len(set(colours.values())) == 3

    def test_a_kind_of_an_older_audit_is_shown_as_it_stands(self) -> None:
        row = {
            "group": "g", "level": "a", "reference": "b", "column": "c", "kind": "leaks, not carrying", "cramers_v": 0.2,
            "theils_u": 0.1, "carried_gap": 0.01, "low": 0.0, "high": 0.02, "raw_gap": 0.1, "q": 0.1, "outcome_v": 0.1,
            "outcome_p": 0.1, "within_p": 0.1,
        }  # fmt: skip
        page = renderer(".html")(_audit(_result("PRX001", [row])))
        assert isinstance(page, str)
        assert ">leaks, not carrying</td>" in page

    def test_identifiers_are_told_by_what_they_are_and_empty_columns_are_none(self) -> None:
        n = 60
        frame = rows_of({"a": (20, 30), "b": (10, 30)}).assign(
            running=range(n), code=[f"K{i * 37 % 97}x" for i in range(n)], empty=pd.Series([None] * n, dtype=object)
        )
        audit = auditor.check(frame, target="hired", groups="group", only="QLT003")
        found = {finding.subject["column"]: finding.message for finding in audit.findings("QLT003")}
        assert set(found) == {"running", "code", "empty"}
        notes = {column.name: column.note for column in audit.dataset.columns if column.note}
        assert notes["running"] in found["running"]
        assert notes["code"] in found["code"]
        assert notes["empty"] is not None and "has no value" in found["empty"]


class TestProxies:
    """Of several groups each column carries the gap of a pair of its own."""

    @staticmethod
    def _frame() -> pd.DataFrame:
        """Hired: a 60%, b 30%, c 30% of 900 each; `hat` tells b from the others, `shoe` tells c."""
        frame = rows_of({"a": (540, 900), "b": (270, 900), "c": (270, 900)}, group="race")
        frame["hat"] = np.where(frame["race"] == "b", "red", "blue")
        frame["shoe"] = np.where(frame["race"] == "c", "left", "right")
        return frame.drop(columns="score")

    def test_each_row_names_its_own_pair(self) -> None:
        audit = auditor.check(self._frame(), target="hired", groups="race", only="PRX001")
        pairs = {row["column"]: (row["level"], row["reference"]) for row in audit.result("PRX001").table}
        assert pairs == {"hat": ("b", "a"), "shoe": ("c", "a")}
        (table,) = (table for table in tables(audit) if table.key == "proxies")
        assert {row["column"]: (row["level"], row["reference"]) for row in table.rows} == pairs
        assert {"level", "reference"} <= {field.key for field in table.fields}

    def test_two_columns_of_groups_have_a_table_each(self) -> None:
        frame = self._frame().assign(sex=["f", "m"] * 1350)
        audit = auditor.check(frame, target="hired", groups=["race", "sex"], only="PRX001")
        titles = [shown.title for chapter in chapters(audit) for shown in chapter.tables if shown.rule == "PRX001"]
        assert [title.split(": ")[1] for title in titles] == ["race", "sex"]


@pytest.mark.parametrize("stated", [True, False])
def test_a_name_that_says_the_stated_use_is_left_alone(stated: bool, tmp_path: Path) -> None:
    audit = replace(_audit(), dataset=Dataset("the stated use.csv", 10, (Column("x", "feature", "DOUBLE", 0, None),)))
    audit = replace(audit, use_case={**audit.use_case, "stated": stated})
    for suffix in (".html", ".md", ".txt"):
        text = renderer(suffix)(audit)
        assert "the stated use.csv" in text.replace("\\", "")
        assert ("an assumed use" in text.lower()) is not stated


def test_a_waiver_for_a_group_covers_nobody_who_is_only_held_against_it() -> None:
    # a is the reference of both others: 0.30 / 0.60 = 0.50 and 0.33 / 0.60 = 0.55.
    frame = rows_of({"a": (600, 1000), "b": (300, 1000), "c": (330, 1000)}, group="race")
    accept = [{"rule": "OUT001", "subject": who, "reason": "known", "by": "the board"} for who in ("a", "c")]
    use = auditor.UseCase.model_validate({"accept": accept})
    audit = auditor.check(frame, target="hired", groups="race", use_case=use, only="OUT001")
    waived = {finding.subject["level"]: finding.waiver is not None for finding in audit.findings("OUT001")}
    assert waived == {"b": False, "c": True}
    assert audit.verdict.level is Level.UNFIT
    assert any("for 'a' matches no finding" in note for note in audit.use_case["assumed"])
