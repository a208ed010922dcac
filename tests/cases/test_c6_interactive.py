"""`init --interactive` checks each answer, explains each question and offers the way back; `init` names candidates."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from auditor.cli.commands import main
from auditor.reporter.json import read as load
from auditor.use.usecase import UseCase

FIRST = ["review", "assistive", "high"]  # the purpose, the decision and the stakes
REST = [""] * 5  # the questions in words


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


def _typed(data: Path, answers: list[str]) -> Result:
    words = ["init", str(data), "-o", str(data.parent / "use.toml"), "--interactive"]
    return CliRunner().invoke(main, words, input="".join(f"{answer}\n" for answer in answers))


def _init(data: Path, answers: list[str]) -> tuple[Result, UseCase]:
    run = _typed(data, [*FIRST, *answers])
    assert run.exit_code == 0, run.output
    return run, UseCase.load(data.parent / "use.toml")


def test_every_question_is_asked_and_written(data: Path) -> None:
    answers = ["", "", "past_decision", "job performance", "gender, age:25,40"]
    answers += ["shares", "f=48%, m=52%", "2021-2026", "", *REST]
    run, use = _init(data, answers)
    assert (use.label.column, use.label.positive) == ("hired", ("yes",))
    assert (use.label.kind, use.label.stands_for) == ("past_decision", "job performance")
    assert (use.use.purpose, use.use.decision, use.use.stakes) == ("review", "assistive", "high")
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
        "shares",
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


def test_what_was_answered_decides_an_audit(data: Path) -> None:
    answers = ["review", "automated", "low", "", "", "past", "an interview", "gender", "eu-2023", "2024", "", *REST]
    run = _typed(data, answers)
    assert run.exit_code == 0, run.output
    saved = data.parent / "audit.json"
    words = ["check", str(data), "--use", str(data.parent / "use.toml"), "--report", str(saved), "--fail-on", "never"]
    checked = CliRunner().invoke(main, [*words, "-q"])
    assert checked.exit_code == 0, checked.output
    assert "review of decisions, low stakes" in " ".join(checked.stdout.split())
    audit = load(str(saved))
    shares = {
        finding.subject["level"]: finding.measures["reference_share"].value
        for finding in audit.findings("REP001")
        if "level" in finding.subject
    }
    assert shares == {"f": pytest.approx(229 / 448), "m": pytest.approx(219 / 448)}
    assert not [
        each for each in audit.use_case["assumed"] if re.search("stakes|population|past decision", each, re.IGNORECASE)
    ]


def test_each_question_has_a_line_that_explains_it_and_choices_from_the_data(data: Path) -> None:
    run, _ = _init(data, ["", "", "", "", "", "", "", "", *REST])
    lines = run.output.splitlines()
    assert "Choices: hired, gender, age, applicant_id or none" in lines
    assert "Choices: no, yes" in lines
    assert "Choices: gender, age, hired" not in run.output
    assert any("eu-2023, us-adults-2024, us-employed-2023, a file" in line for line in lines)
    asked = [i for i, line in enumerate(lines) if line.startswith("Outcome column [hired]")]
    assert asked and lines[asked[0] - 2].startswith("The column with the decision or result")


@pytest.mark.parametrize("back", ["<", "back", " Back "])
def test_the_way_back_keeps_what_was_answered(data: Path, back: str) -> None:
    answers = [
        *("review", "automated", "low"),
        *("age", ">= 30", back, back),  # back to the favourable value, and to the outcome
        *("hired", "yes", "past_decision", "an interview", "gender", back, back, back, back),
        *("no", "", "", ""),  # the kind, its meaning and the groups stay as they were answered
        *("", "2024", back, "2020", ""),
        *REST,
    ]
    run = _typed(data, answers)
    assert run.exit_code == 0, run.output
    use = UseCase.load(data.parent / "use.toml")
    assert (use.label.column, use.label.positive) == ("hired", ("no",))
    assert (use.label.kind, use.label.stands_for) == ("past_decision", "an interview")
    assert (use.groups.columns, use.population.period) == (("gender",), (2020, 2020))
    assert (use.use.purpose, use.use.decision, use.use.stakes) == ("review", "automated", "low")


def test_an_answer_taken_back_leaves_no_trace(data: Path) -> None:
    answers = ["", "", "past", "an interview", "gender", "shares", "f=48%, m=52%", *["<"] * 7]
    _, use = _init(data, [*answers, "none", "none", "", "", *REST])
    assert (use.label.column, use.label.kind, use.label.stands_for) == ("none", None, None)
    assert (use.groups.columns, use.population.groups) == (("none",), {})


def test_there_is_nothing_before_the_first_question(data: Path) -> None:
    run = _typed(data, ["<", *FIRST, "", "", "", "", "", "", "", "", *REST])
    assert (run.exit_code, "This is the first question." in run.output) == (0, True)


def test_a_value_called_back_is_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    pd.DataFrame({"sent": ["back", "away"] * 50, "gender": ["f", "m", "m", "f"] * 25}).to_csv(path, index=False)
    _, use = _init(path, ["sent", "back", "", "", "gender", "", "", "", *REST])
    assert use.label.positive == ("back",)


@pytest.mark.parametrize("answers", [[], FIRST, [*FIRST, "hired", "yes", "", "", "gender", "none", "", ""]])
def test_the_end_of_the_input_writes_nothing(data: Path, answers: list[str]) -> None:
    run = _typed(data, answers)
    assert run.exit_code == 2
    assert run.stderr.strip() == "dataudit: the input ended before the last question; nothing was written"
    assert not (data.parent / "use.toml").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("eu-2032", "did you mean 'eu-2023'?"),
        ("nobody.csv", "no such file"),
        ("other.csv", "which are no groups here (groups: gender)"),
        ("unlike.toml", "no level of 'gender' is called x, y (levels: f, m)"),
    ],
)
def test_a_population_that_cannot_be_is_asked_for_again(
    data: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, said: str
) -> None:
    monkeypatch.chdir(data.parent)
    Path("other.csv").write_text("group,level,share\nrace,a,0.5\nrace,b,0.5\n", encoding="utf-8")
    Path("unlike.toml").write_text("[population]\ngender = { x = 0.5, y = 0.5 }\n", encoding="utf-8")
    Path("right.csv").write_text("group,level,share,n\nGender,f,0.6,900\nGender,m,0.4,900\n", encoding="utf-8")
    run, use = _init(data, ["", "", "", "", "gender", wrong, "right.csv", "", "", *REST])
    assert said in " ".join(run.output.split())
    assert (use.population.shares("gender"), use.population.survey) == ({"f": 0.6, "m": 0.4}, {"gender": 900})


def test_roles_that_check_would_refuse_are_asked_for_again(data: Path) -> None:
    run, use = _init(data, ["", "", "", "", "gender", "", "", "gender", "hired", "", *REST])
    said = " ".join(run.output.split())
    assert "column 'gender' cannot be both id and group" in said
    assert "'hired' is the outcome, and cannot identify people too" in said
    assert (use.groups.columns, use.features.id) == (("gender",), "applicant_id")


def test_without_a_clear_outcome_the_candidates_and_the_command_are_shown(tmp_path: Path) -> None:
    path, out = tmp_path / "d.csv", tmp_path / "use.toml"
    frame = pd.DataFrame(
        {"flagz": ["yes", "no"] * 60, "gender": ["f", "m", "m"] * 40, "zz": [i % 37 for i in range(120)]}
    )
    frame.to_csv(path, index=False)
    words = ["init", str(path), "-o", str(out)]
    run = CliRunner().invoke(main, words)
    assert (run.exit_code, out.exists(), run.stdout) == (2, False, "")
    shown = " ".join(run.stderr.split())
    assert "which column of d.csv is the outcome?" in shown.replace(str(path), "d.csv")
    assert "flagz 'no', 'yes' → --target flagz --positive yes" in shown
    command = f"dataudit init {path} -o {out} --target flagz --positive yes"
    assert f"For example: {command}" in shown
    assert CliRunner().invoke(main, command.split()[1:]).exit_code == 0
    use = UseCase.load(out)
    assert (use.label.column, use.label.positive) == ("flagz", ("yes",))


def test_an_outcome_may_be_stated_to_be_none(data: Path) -> None:
    out = data.parent / "use.toml"
    assert CliRunner().invoke(main, ["init", str(data), "-o", str(out), "--target", "none"]).exit_code == 0
    assert UseCase.load(out).label.column == "none"
    run = CliRunner().invoke(main, ["init", str(data), "-o", str(out.with_name("b.toml")), "--target", "hird"])
    assert (run.exit_code, "column 'hird' is not in" in run.stderr) == (2, True)
