"""The use-case file: read, refused with key and line, overridden by flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import UseCaseError
from auditor.use.population import read_population
from auditor.use.usecase import UseCase

WHOLE = """
[use]
problem = "Rank applicants"
decision = "automated"
stakes = "high"

[label]
column = "hired"
positive = "yes"
kind = "past_decision"
stands_for = "job performance"

[groups]
columns = ["gender"]
reference = { gender = "male" }

[population]
gender = { female = 0.47, male = 0.53 }
period = [2021, 2026]

[features]
text = ["resume_text"]
time = "applied_year"

[rules.REP002]
min_n = 50
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "use_case.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    use = UseCase.load(_write(tmp_path, WHOLE))
    assert use.use.decision == "automated"
    assert use.label.positive == ("yes",)
    assert use.groups.reference == {"gender": "male"}
    assert use.population.shares("gender") == {"female": 0.47, "male": 0.53}
    assert use.population.period == (2021, 2026)
    assert use.rules == {"REP002": {"min_n": 50}}
    assert use.source == "use_case.toml"


def test_flags_lie_over_the_file(tmp_path: Path) -> None:
    use = UseCase.load(_write(tmp_path, WHOLE)).over("label", column="offered", positive=1, kind=None)
    assert use.label.column == "offered"
    assert use.label.positive == ("1",)
    assert use.label.kind == "past_decision"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[use]\nstakes = "high"\ndecison = "automated"',
            "line 3: [use] decison is not a key; did you mean 'decision'?",
        ),
        ('[usee]\nproblem = "x"', "line 1: [usee] is not a key; did you mean 'use'?"),
        ('[use]\nstakes = "huge"', "line 2: [use] stakes: input should be 'high' or 'low', got 'huge'"),
        (
            "[population]\ngender = { f = 0.4, m = 0.5 }",
            "line 1: [population] the shares of 'gender' sum to 0.9, not to 1",
        ),
        ("[population]\nperiod = [2026, 2021]", "line 1: [population] period runs backwards: 2026 to 2021"),
        ("[population]\ngender = { f = -1, m = 2 }", "gender"),
        ('[label]\nkind = "guess"', "line 2: [label] kind: input should be 'past_decision'"),
        ("[use\n", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UseCaseError) as error:
        UseCase.load(_write(tmp_path, text))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UseCaseError, match="no policy is called 'defalt'; did you mean 'default'"):
        _ = UseCase.model_validate({"use": {"policy": "defalt"}}).limits


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UseCaseError, match=r"use case 'none\.toml' cannot be read: no such file"):
        UseCase.load("none.toml")


def test_a_population_from_csv_and_toml(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("group,level,count\nsex,f,30\nsex,m,10\n", encoding="utf-8")
    assert UseCase.model_validate({"population": read_population(table)}).population.shares("sex") == {
        "f": 0.75,
        "m": 0.25,
    }
    toml = tmp_path / "people.toml"
    toml.write_text("[population]\nsex = { f = 0.75, m = 0.25 }\n", encoding="utf-8")
    assert read_population(toml) == {"sex": {"f": 0.75, "m": 0.25}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", "group,level,share\nsex,f,many\n", "line 2: share is 'many', not a number"),
        ("p.csv", "sex,share\nf,0.5\n", "must have the columns group, level and share"),
        ("p.toml", "", "states no shares"),
        ("p.txt", "", r"must end in .csv or .toml"),
    ],
)
def test_a_wrong_population_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UseCaseError, match=message):
        read_population(path)


def test_without_a_file_every_assumption_is_said() -> None:
    said = " ".join(UseCase().assumptions())
    for word in ("assistive", "high", "past decision", "population", "0.8"):
        assert word in said


def test_nothing_is_assumed_that_was_said(tmp_path: Path) -> None:
    said = UseCase.load(_write(tmp_path, WHOLE)).assumptions()
    assert len(said) == 1
    assert said[0].startswith("Thresholds of the default policy")
