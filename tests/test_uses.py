"""Uses end to end: the same data for two uses, a first file from any data, populations by name, and every wrong key."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

import auditor
from auditor.analyzers.states import share_gap
from auditor.cli.commands import main
from auditor.errors import AuditError, UseCaseError
from auditor.model import State
from auditor.stats.shares import against_population, goodness_of_fit
from auditor.use.population import read_population, shipped, shipped_names
from auditor.use.usecase import UseCase
from tests.conftest import DATA, ROOT, SAMPLES, rows_of
from tests.generated import use_case_schema

SEXES = {"sex": {"Female": 0.51, "Male": 0.49}}
ADULT: dict[str, Any] = {
    "label": {"column": "income", "positive": ">50K", "kind": "past_decision"},
    "groups": {"columns": ["sex"]},
}


def _adult(**use: Any) -> auditor.Audit:
    stated = UseCase.model_validate({**ADULT, "use": use, "population": SEXES})
    return auditor.check(DATA / "adult.parquet", use_case=stated, no_models=True)


def test_the_same_data_are_unfit_for_one_use_and_conditional_for_another() -> None:
    salaries = _adult(problem="train a tool that sets salaries", decision="automated", stakes="high")
    lesson = _adult(problem="teach a statistics class about income gaps", decision="research", stakes="low")
    assert (salaries.verdict.level, lesson.verdict.level) == ("unfit", "fit_with_conditions")
    found = [[replace(of, severity=None) for of in audit.findings("OUT001")] for audit in (salaries, lesson)]
    assert found[0] == found[1]  # the numbers are the data's; what they count is the use's
    from auditor.reporter import renderer

    for audit, said in (
        (salaries, "train a tool that sets salaries (automated, high stakes)"),
        (lesson, "teach a statistics class about income gaps (research, low stakes)"),
    ):
        for suffix in (".html", ".md", ".txt"):
            text = " ".join(renderer(suffix)(audit).split())
            assert said in text
            # A page answers first; a terminal last, where the eye is.
            assert (text.index(said) < text.index("OUT001")) is (suffix != ".txt")


@pytest.mark.parametrize(
    "data",
    [
        DATA / "adult.parquet",
        DATA / "german_credit.csv",
        DATA / "berkeley.csv",
        DATA / "berkeley_counts.csv",
        SAMPLES / "callbacks.csv",
        SAMPLES / "hiring.csv",
    ],
    ids=lambda path: path.name,
)
def test_a_first_file_is_accepted_by_check_with_no_other_word(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "use_case.toml"
    run = CliRunner().invoke(main, ["init", str(data), "-o", str(out)])
    assert (run.exit_code, "read it" in run.stderr) == (0, True)
    use = UseCase.load(out)
    assert use.data.path is not None and Path(use.data.path).resolve() == data.resolve()
    expected: tuple[set[str], tuple[str, ...]] = {
        "adult.parquet": ({"sex", "race", "age"}, ("income", ">50K")),
        "german_credit.csv": ({"sex", "age", "foreign_worker"}, ("credit",)),  # 1 and 2 say nothing
        "berkeley.csv": ({"gender"}, ("admit", "Admitted")),
        "berkeley_counts.csv": ({"gender"}, ("admit", "Admitted")),
        "callbacks.csv": ({"race", "gender"}, ("received_callback", "1")),
        "hiring.csv": ({"gender"}, ("hired", "yes")),
    }[data.name]
    assert expected[0] <= set(use.groups.columns)
    assert "fnlwgt" not in use.groups.columns
    assert (use.label.column, *use.label.positive) == expected[1]
    stated = [] if use.label.positive else ["--positive", "1"]
    run = CliRunner().invoke(
        main, ["check", "--use-case", str(out), "--no-models", "--only", "OUT001", "--fail-on", "never", *stated]
    )
    assert run.exit_code == 0, run.stderr
    # Each group stands on a line of its own: to strike it is to strike the line.
    text = out.read_text(encoding="utf-8")
    struck = "\n".join(line for line in text.splitlines() if not line.strip().startswith(f'"{use.groups.columns[0]}"'))
    out.write_text(struck, encoding="utf-8")
    assert use.groups.columns[0] not in UseCase.load(out).groups.columns


def test_a_denial_is_read_as_unfavourable_and_values_tell_a_group(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "deny": rng.choice(["no", "yes"], 300),
            "afam": rng.choice(["no", "yes"], 300),
            "single": rng.choice(["no", "yes"], 300),
            "who": rng.choice(["M", "F"], 300),
            "fnlwgt": rng.integers(1, 9999, 300),
        }
    )
    path, out = tmp_path / "loans.csv", tmp_path / "use.toml"
    frame.to_csv(path, index=False)
    assert CliRunner().invoke(main, ["init", str(path), "-o", str(out)]).exit_code == 0
    use = UseCase.load(out)
    assert (use.label.column, use.label.positive) == ("deny", ("no",))
    assert set(use.groups.columns) == {"afam", "single", "who"}
    assert "by its values, which are those of sex" in out.read_text(encoding="utf-8")


def test_init_never_writes_over_a_file_and_can_ask(tmp_path: Path) -> None:
    out = tmp_path / "use.toml"
    arguments = ["init", str(SAMPLES / "callbacks.csv"), "-o", str(out)]
    answers = [
        *("train", "automated", "high"),  # purpose, decision, stakes
        *("", "", "", "", "race", "", "", ""),  # outcome, favourable, kind, meaning, groups, population, period, id
        "Rank résumés",
        "",
        "recruiters read the top",
        "no names; GDPR",
        "applicants; recruiters",
    ]
    run = CliRunner().invoke(main, [*arguments, "--interactive"], input="\n".join(answers) + "\n")
    assert run.exit_code == 0, run.output
    use = UseCase.load(out)
    assert (use.use.problem, use.use.decision, use.groups.columns) == ("Rank résumés", "automated", ("race",))
    assert use.use.constraints == ("no names", "GDPR")
    before = out.read_bytes()
    again = CliRunner().invoke(main, arguments)
    assert (again.exit_code, "is there already" in again.stderr, out.read_bytes() == before) == (2, True, True)


def test_a_hostile_name_does_not_break_out_of_its_comment(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {'race"]\n[use]\nproblem = "x': ["white", "black"] * 50, 'deny\n[use]\nsuccess = "y"': ["yes", "no"] * 50}
    )
    path, out = tmp_path / "evil.parquet", tmp_path / "use.toml"
    frame.to_parquet(path)
    assert CliRunner().invoke(main, ["init", str(path), "-o", str(out)]).exit_code == 0
    use = UseCase.load(out)
    assert (use.use.problem, use.use.success) == (None, None)
    assert use.label.column == frame.columns[1]
    assert use.groups.columns == (frame.columns[0],)


def test_populations_by_name_speak_the_words_of_the_data() -> None:
    assert shipped_names() == ["eu-2023", "us-adults-2024", "us-employed-2023"]
    frame = rows_of({"Female": (30, 100), "Male": (40, 120)}, group="Gender")
    audit = auditor.check(frame, target="hired", groups=["Gender"], reference="eu-2023", no_models=True)
    shares = {
        f.subject["level"]: f.measures["reference_share"].value
        for f in audit.findings("REP001")
        if "level" in f.subject
    }
    assert shares == {"Male": pytest.approx(219 / 448), "Female": pytest.approx(229 / 448)}
    assert "People in the European Union, 1 January 2023" in " ".join(audit.dataset.notes)
    with pytest.raises(UseCaseError, match="no group column of the data has such a name"):
        auditor.check(rows_of({"a": (1, 9), "b": (2, 9)}), target="hired", groups=["group"], reference="eu-2023")
    with pytest.raises(UseCaseError, match="names 'male', which matches no level of 'sex'"):
        auditor.check(
            rows_of({"x": (1, 9), "y": (2, 9)}, group="sex"), target="hired", groups=["sex"], reference="eu-2023"
        )
    with pytest.raises(UseCaseError, match="did you mean 'eu-2023'"):
        auditor.check(frame, target="hired", groups=["Gender"], reference="eu-2032")


def test_every_population_that_is_shipped_has_a_year_and_a_source() -> None:
    for name in shipped_names():
        of = shipped(name)
        assert of is not None
        assert str(of.year) in name and str(of.year) in of.title
        assert len(of.source) > 30
    employed = shipped("us-employed-2023")
    assert employed is not None
    # Table E-15's total, by whichever column it is added up.
    assert {sum(shares.values()) for shares in employed.population.values()} == {161_212}


def test_a_surveyed_population_has_an_error_of_its_own(tmp_path: Path) -> None:
    counts, stated = {"f": 60.0, "m": 140.0}, {"f": 0.4, "m": 0.6}
    exact = {share.level: share for share in against_population(counts, stated)}
    small = {share.level: share for share in against_population(counts, stated, surveyed=100)}
    table = [[60, 140], [40, 60]]
    assert goodness_of_fit(counts, stated, surveyed=100)[1] == pytest.approx(
        stats.chi2_contingency(table, correction=False).pvalue
    )
    assert small["f"].p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)  # 2 by 2: the pooled Z
    assert tuple(share_gap(of["f"], Fraction(4, 5), 0.05) for of in (exact, small)) == (State.SHOWN, State.UNDETERMINED)
    path = tmp_path / "people.csv"
    path.write_text("group,level,share,n\nsex,f,0.4,100\nsex,m,0.6,100\n", encoding="utf-8")
    assert read_population(path) == {"sex": {"f": 0.4, "m": 0.6}, "survey": {"sex": 100}}
    frame = rows_of({"f": (20, 60), "m": (50, 140)}, group="sex")
    audit = auditor.check(frame, target="hired", groups=["sex"], reference=path, no_models=True)
    assert "two shares, the stated share from 100 surveyed" in next(audit.findings("REP001")).message


WRONG = [
    ('[data]\npth = "x"', "line 2: [data] pth is not a key; did you mean 'path'?"),
    ("[data]\npath = 3", "line 2: [data] path"),
    ("[use]\nproblem = 3", "line 2: [use] problem"),
    ('[use]\ndecision = "auto"', "line 2: [use] decision: input should be 'assistive', 'automated' or 'research'"),
    ("[use]\nstakeholders = { a = 1 }", "line 2: [use] stakeholders"),
    ('[label]\ncolum = "x"', "line 2: [label] colum is not a key; did you mean 'column'?"),
    ("[groups]\nreference = 3", "line 2: [groups] reference"),
    ("[groups]\ncolums = []", "did you mean 'columns'?"),
    ("[population]\nsex = { f = 0.4, m = 0.5 }", "the shares of 'sex' sum to 0.9, not to 1"),
    ("[population]\nperiod = [2026, 2021]", "period runs backwards: 2026 to 2021"),
    ("[population]\nperiod = [2021]", "period"),
    ("[population]\nsex = { f = 0.5, m = 0.5 }\nsurvey = { race = 100 }", "survey names 'race', but no shares are stated for it"),
    ('[features]\nrequired = ["a"]\nforbidden = ["a"]', "column 'a' cannot be both required and forbidden"),
    ("[features]\nforbiden = []", "line 2: [features] forbiden is not a key; did you mean 'forbidden'?"),
    ("[features]\nstrata = [1]", "line 2: [features] strata"),
    ('[[accept]]\nrule = "PRX001"\nsubject = "x"\nreason = "y"\nbye = "z"', "line 5: [[accept]] bye is not a key; did you mean 'by'?"),
    ('[[accept]]\nrule = "PRX001"', "line 1: [[accept]] subject is missing (needed: rule, subject, reason, by)"),
    ('[[accept]]\nrule = "A"\nsubject = "x"\nreason = "y"\nby = "z"\n\n[[accept]]\nrule = "B"\nsubject = "x"\nreason = "y"\nby = "z"\nuntil = "soon"', "line 12: [[accept]] until"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_every_wrong_key_is_one_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "use.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UseCaseError) as error:
        UseCase.load(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    run = CliRunner().invoke(main, ["check", str(SAMPLES / "callbacks.csv"), "--use-case", str(path)])
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)


def test_a_use_is_saved_and_read_back(tmp_path: Path) -> None:
    use = UseCase.model_validate(
        {
            "use": {"problem": 'Rank "résumés"\nfast', "constraints": ["a", "b"], "decision": "automated"},
            "label": {"column": "hired", "positive": ["yes", 1], "kind": "human_rating"},
            "groups": {"columns": ["a b", "ü"], "reference": {"a b": "x"}},
            "population": {"a b": {"x y": 0.5, "z": 0.5}, "period": [2020, 2024], "survey": {"a b": 900}},
            "features": {"required": ["q"], "strata": {"dept": "they choose it"}},
            "rules": {"REP002": {"min_n": 50}},
            "accept": [{"rule": "PRX001", "subject": "q", "reason": "r", "by": "me", "until": "2027-01-31"}],
        }
    )  # fmt: skip
    path = tmp_path / "use.toml"
    use.save(path)
    read = UseCase.load(path)
    assert read.model_dump() == use.model_dump()


def test_the_schema_for_editors_is_fresh_and_takes_the_samples() -> None:
    import tomllib

    kept = (ROOT / "auditor" / "use" / "use_case.schema.json").read_text(encoding="utf-8")
    assert kept == use_case_schema(), "run python -m tests.generated"
    schema = json.loads(kept)
    for path in SAMPLES.glob("*.use_case.toml"):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"use": {"decison": "automated"}}, schema)


def test_without_data_it_says_what_is_missing() -> None:
    with pytest.raises(AuditError, match="which data"):
        auditor.check(target="hired")
    run = CliRunner().invoke(main, ["check", "--target", "hired"])
    assert (run.exit_code, "which data" in run.stderr) == (2, True)


def test_a_report_never_replaces_the_data_that_the_use_names(tmp_path: Path) -> None:
    data, use = tmp_path / "data.json", tmp_path / "use.toml"
    rows_of({"f": (30, 100), "m": (40, 120)}, group="sex").to_json(data, orient="records", lines=True)
    use.write_text(
        '[data]\npath = "data.json"\n[label]\ncolumn = "hired"\n[groups]\ncolumns = ["sex"]\n', encoding="utf-8"
    )
    before = data.read_bytes()
    run = CliRunner().invoke(main, ["check", "--use-case", str(use), "--no-models", "--report", str(data)])
    assert (run.exit_code, "would replace the data" in run.stderr, data.read_bytes() == before) == (2, True, True)
