"""Without --target a first run printed 300 lines of "cannot tell", and a value like '>50000' could not be named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import auditor
from auditor.cli.commands import main
from auditor.errors import OutcomeError, RoleError
from tests.conftest import DATA, SAMPLES


def _frame(**outcome: list[Any]) -> pd.DataFrame:
    n = 240
    columns = {name: [values[i * 7 % len(values)] for i in range(n)] for name, values in outcome.items()}
    return pd.DataFrame({"gender": ["f", "m"] * (n // 2), "town": ["a", "b", "c"] * (n // 3), **columns})


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments], catch_exceptions=False)


def _first_run(frame: pd.DataFrame, folder: Path) -> Result:
    path = folder / "data.csv"
    frame.to_csv(path, index=False)
    return _run(str(path))


class TestFirstRun:
    @pytest.mark.parametrize(
        ("name", "values", "flags"),
        [
            ("outcome", ["good", "bad"], "--target outcome --positive good"),
            ("income", ["<=50K", ">50K"], "--target income --positive '>50K'"),
            ("Invited?", ["yes", "no"], "--target 'Invited?' --positive yes"),
            ("deny", ["yes", "no"], "--target deny --positive no"),
            ("two_year_recid", [0, 1], "--target two_year_recid --positive 0"),
            ("loan_status", ["Approved", "Denied"], "--target loan_status --positive Approved"),
            ("admit", ["Admitted", "Rejected"], "--target admit --positive Admitted"),
            ("result", ["hired", "not hired"], "--target result --positive hired"),
            ("credit", [1, 2], "--target credit --positive …"),
            ("decision", ["a", "b", "c"], "--target decision --positive …"),
            ("Entscheidung", ["Zusage", "Absage"], "--target Entscheidung --positive Zusage"),
            ("salary", [i * 1000.5 for i in range(50)], "--target salary --positive '>= …'"),
        ],
    )
    def test_candidates_are_listed_with_what_to_type(
        self, name: str, values: list[Any], flags: str, tmp_path: Path
    ) -> None:
        run = _first_run(_frame(**{name: values}), tmp_path)
        assert (run.exit_code, run.stdout) == (2, "")
        assert flags in run.stderr
        assert run.stderr.count("\n") < 15
        assert run.stderr.startswith("dataudit: which column of data.csv is the outcome?")

    @pytest.mark.parametrize(("name", "values"), [("income", ["<=50K", ">50K"]), ("deny", ["yes", "no"])])
    def test_what_it_says_to_type_works(self, name: str, values: list[Any], tmp_path: Path) -> None:
        import shlex

        said = _first_run(_frame(**{name: values}), tmp_path).stderr
        flags = shlex.split(next(line for line in said.splitlines() if "→" in line).partition("→")[2])
        run = _run(str(tmp_path / "data.csv"), *flags, "--only", "OUT001", "--fail-on", "never")
        assert run.exit_code == 0, run.stderr

    def test_the_likeliest_come_first_and_no_more_than_six(self, tmp_path: Path) -> None:
        many = {f"was_hired_{i}": [0, 1] for i in range(9)}
        said = _first_run(_frame(status=["a", "b", "c"], hired_by=["x", "y"], outcome=["p", "q"], **many), tmp_path)
        lines = said.stderr.splitlines()
        assert lines[1].split()[0] == "outcome"
        assert "and 6 more columns" in said.stderr
        assert len(lines) < 15

    def test_where_no_name_says_so_values_do(self, tmp_path: Path) -> None:
        said = _first_run(_frame(x=["yes", "no"], z=[i / 7 for i in range(90)]), tmp_path).stderr
        assert "--target x --positive yes" in said
        assert "--target z --positive '>= …'" in said
        assert "gender" not in said.split("→")[0].splitlines()[-1]

    def test_where_no_column_can_be_one_the_rest_is_audited(self, tmp_path: Path) -> None:
        run = _first_run(_frame(), tmp_path)
        assert run.exit_code == 3
        assert "No outcome column was named or recognised" in " ".join(run.stdout.split())

    def test_that_there_is_none_can_be_stated(self, tmp_path: Path) -> None:
        path = tmp_path / "data.csv"
        _frame(outcome=["good", "bad"]).to_csv(path, index=False)
        run = _run(str(path), "--target", "none")
        assert run.exit_code == 3
        assert "No outcome column, as stated" in run.stdout
        assert _run(str(path), "--only", "REP").exit_code == 0  # nothing that runs asks for an outcome; no verdict
        use = tmp_path / "use.toml"
        use.write_text('[label]\ncolumn = "none"\n', encoding="utf-8")
        assert _run(str(path), "--use-case", str(use)).exit_code == 3

    def test_a_column_called_none_is_a_column(self, tmp_path: Path) -> None:
        audit = auditor.check(_frame(none=["yes", "no"]), target="none", only=["OUT001"])
        assert audit.use_case["label"]["column"] == "none"
        assert audit.result("OUT001").table

    def test_name_and_values_that_everybody_reads_alike_are_guessed(self, tmp_path: Path) -> None:
        run = _first_run(_frame(hired=["yes", "no", "no"]), tmp_path)
        assert run.exit_code in (1, 3)
        assert "! Outcome column guessed from its name: 'hired'." in run.stdout

    def test_python_says_the_same_in_one_error(self) -> None:
        with pytest.raises(OutcomeError) as caught:
            auditor.check(_frame(income=["<=50K", ">50K"]))
        assert caught.value.candidates == ("income",)
        assert "target='income', positive='>50K'" in str(caught.value)

    def test_values_that_would_drive_a_terminal_are_shown_as_text(self, tmp_path: Path) -> None:
        frame = _frame(outcome=["\x1b[31mred", "two\nlines"])
        path = tmp_path / "data.parquet"
        frame.to_parquet(path)
        run = _run(str(path))
        assert "\x1b" not in run.stderr
        assert run.stderr.count("\n") == 4

    @pytest.mark.parametrize(
        ("data", "flags"),
        [
            (DATA / "adult.parquet", "--target income --positive '>50K'"),
            (DATA / "german_credit.csv", "--target credit --positive …"),
            (DATA / "berkeley.csv", "--target admit --positive Admitted"),
            (DATA / "berkeley_counts.csv", "--target admit --positive Admitted"),
            (SAMPLES / "callbacks.csv", "--target received_callback --positive 1"),
        ],
        ids=lambda value: getattr(value, "name", "flags"),
    )
    def test_published_data_sets(self, data: Path, flags: str) -> None:
        run = _run(str(data))
        assert (run.exit_code, run.stdout) == (2, "")
        assert flags in run.stderr.splitlines()[1]


class TestValuesLikeComparisons:
    @pytest.mark.parametrize("values", [["<=50000", ">50000"], ["<50", ">=50"], ["<= 5", "> 5"]])
    def test_a_value_that_occurs_is_a_value(self, values: list[str]) -> None:
        frame = _frame(income=values)
        audit = auditor.check(frame, target="income", positive=values[1], groups="gender", only=["OUT001"])
        rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table if row["level"]}
        counted = (frame["income"] == values[1]).groupby(frame["gender"]).mean()  # by pandas
        assert rates == pytest.approx(counted.to_dict())

    def test_one_that_does_not_occur_is_refused_with_the_values(self) -> None:
        with pytest.raises(RoleError, match=r"cannot be cut at '>5000'; did you mean '>50000'\? \(values: "):
            auditor.check(_frame(income=["<=50000", ">50000"]), target="income", positive=">5000")

    def test_a_number_is_still_cut(self) -> None:
        frame = _frame(pay=[float(i) for i in range(100)])
        audit = auditor.check(frame, target="pay", positive=">50", groups="gender", only=["OUT001"])
        rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table if row["level"]}
        assert rates == pytest.approx((frame["pay"] > 50).groupby(frame["gender"]).mean().to_dict())

    def test_an_outcome_of_codes_is_not_cut_at_its_median(self) -> None:
        with pytest.raises(RoleError, match="which value of 'decision_code' is favourable"):
            auditor.check(_frame(decision_code=list(range(1, 15))), target="decision_code", groups="gender")

    def test_a_likely_value_is_offered(self) -> None:
        with pytest.raises(RoleError, match="perhaps --positive '>50K'"):
            auditor.check(_frame(income=["<=50K", ">50K"]), target="income")
