"""`init --interactive` took a column that does not exist and `?` as the favourable value, and left questions out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from auditor.cli.commands import main
from auditor.use.usecase import UseCase

REST = ["", "", "", "", "", "assistive", "high"]  # the questions in words, the decision and the stakes


@pytest.fixture
def data(tmp_path: Path) -> Path:
    n = 120
    frame = pd.DataFrame(
        {
            "hired": ["yes", "no", "no"] * (n // 3),
            "gender": ["f", "m"] * (n // 2),
            "age": [20 + i % 40 for i in range(n)],
            "applicant_id": [f"A{i}" for i in range(n)],
        }
    )
    path = tmp_path / "d.csv"
    frame.to_csv(path, index=False)
    return path


def _init(data: Path, answers: list[str]) -> tuple[Result, UseCase]:
    out = data.parent / "use.toml"
    run = CliRunner().invoke(
        main, ["init", str(data), "-o", str(out), "--interactive"], input="\n".join(answers) + "\n"
    )
    assert run.exit_code == 0, run.output
    return run, UseCase.load(out)


def test_every_question_is_asked_and_written(data: Path) -> None:
    answers = ["", "", "past_decision", "job performance", "gender, age:25,40", "f=48%, m=52%", "2021-2026", "", *REST]
    run, use = _init(data, answers)
    assert (use.label.column, use.label.positive) == ("hired", ("yes",))
    assert (use.label.kind, use.label.stands_for) == ("past_decision", "job performance")
    assert use.groups.columns == ("gender", "age:25,40")
    assert use.population.shares("gender") == pytest.approx({"f": 0.48, "m": 0.52})
    assert use.population.period == (2021, 2026)
    assert use.features.id == "applicant_id"
    checked = CliRunner().invoke(main, ["check", "--use-case", str(data.parent / "use.toml"), "--only", "OUT,REP001"])
    assert checked.exit_code == 2  # rules are named one by one
    assert "Error" not in run.output


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (["hird"], ["hired", "yes"], "column 'hird' is not in"),
        (["hired", "?"], ["yes"], "'?' does not occur in 'hired' (values: no, yes)"),
        (["hired", "Yes"], ["yes"], "'Yes' does not occur in 'hired'"),
        (["hired", "yes; no"], ["yes"], "every value is favourable then"),
    ],
)
def test_an_outcome_that_cannot_be_is_asked_for_again(
    data: Path, wrong: list[str], right: list[str], said: str
) -> None:
    run, use = _init(data, [*wrong, *right, "", "", "gender", "", "", "", *REST])
    assert said in " ".join(run.output.split())
    assert (use.label.column, use.label.positive) == ("hired", ("yes",))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("gendre", "column 'gendre' is not in"),
        ("gender, nobody", "column 'nobody' is not in"),
        ("hired", "'hired' is the outcome"),
        ("age:old", "write numbers: age:25,40,65"),
        ("gender:1", "is not a number"),
    ],
)
def test_a_group_that_cannot_be_is_asked_for_again(data: Path, wrong: str, said: str) -> None:
    run, use = _init(data, ["", "", "", "", wrong, "gender", "", "", "", *REST])
    assert said in " ".join(run.output.split())
    assert use.groups.columns == ("gender",)


def test_shares_years_kinds_and_identifiers_that_cannot_be_are_asked_for_again(data: Path) -> None:
    answers = [
        "",
        "",
        "a guess",
        "measured_outcome",
        "",
        "gender",
        "f=0.5",
        "half",
        "F=0.5, M=0.5",
        "2026-2021",
        "soon",
    ]
    run, use = _init(data, [*answers, "2024", "applicant", "applicant_id", *REST])
    said = " ".join(run.output.split())
    for each in ("sum to 0.5, not to 1", "write level=share", "the years run backwards", "write a year, or two"):
        assert each in said
    assert "column 'applicant' is not in" in said
    assert use.label.kind == "measured_outcome"
    assert use.population.shares("gender") == {"f": 0.5, "m": 0.5}  # in the words of the data
    assert (use.population.period, use.features.id) == ((2024, 2024), "applicant_id")


def test_that_there_is_no_outcome_and_nobody_is_named(data: Path) -> None:
    _, use = _init(data, ["none", "gender", "", "", "none", *REST])
    assert (use.label.column, use.features.id) == ("none", "none")


def test_a_number_is_cut_and_an_unknown_value_of_it_refused(data: Path) -> None:
    _, use = _init(data, ["age", ">= 30", "", "", "gender", "", "", "", *REST])
    assert (use.label.column, use.label.positive) == ("age", (">= 30",))
