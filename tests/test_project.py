"""What is not typed: the settings of a project, variables of the environment, and the completion of shells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auditor.cli.commands import main
from tests.conftest import ROOT, rows_of

USE = '[label]\ncolumn = "hired"\n\n[groups]\ncolumns = ["gender"]\n'
TYPED = ("check", "data.csv", "--no-models", "--quiet")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose data have a gap that makes them unfit; the working directory is a folder in it."""
    (tmp_path / "audits" / "now").mkdir(parents=True)
    (tmp_path / "use.toml").write_text(USE)
    rows_of({"f": (500, 3000), "m": (900, 3000)}, "gender").to_csv(
        tmp_path / "audits" / "now" / "data.csv", index=False
    )
    monkeypatch.chdir(tmp_path / "audits" / "now")
    return tmp_path


def _settings(project: Path, *lines: str) -> None:
    (project / "pyproject.toml").write_text("\n".join(["[tool.dataudit]", *lines, ""]))


def _run(*words: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, list(words), env=env, catch_exceptions=False)


class TestProject:
    def test_the_nearest_file_with_a_table_counts_and_its_paths_are_its_own(self, project: Path) -> None:
        _settings(project, 'use-case = "use.toml"', 'reports = ["audits/a.md", "audits/csv/"]', 'fail-on = "never"')
        (project / "audits" / "pyproject.toml").write_text("[tool.ruff]\n")  # of another tool alone
        run = _run(*TYPED)
        assert run.exit_code == 0
        assert "UNFIT" in run.stdout
        assert (project / "audits" / "a.md").exists()
        assert (project / "audits" / "csv").is_dir()
        (project / "audits" / "pyproject.toml").write_text('[tool.dataudit]\nuse-case = "../use.toml"\n')
        assert _run(*TYPED).exit_code == 1

    def test_what_is_typed_wins_over_the_environment_and_that_over_the_project(self, project: Path) -> None:
        _settings(project, 'use-case = "use.toml"', 'fail-on = "never"')
        assert _run(*TYPED).exit_code == 0
        assert _run(*TYPED, env={"DATAUDIT_CHECK_FAIL_ON": "unfit"}).exit_code == 1
        assert _run(*TYPED, "--fail-on", "never", env={"DATAUDIT_CHECK_FAIL_ON": "unfit"}).exit_code == 0
        assert _run(*TYPED, "--fail-on", "conditions").exit_code == 1

    def test_a_tally_takes_the_use_case_alone(self, project: Path) -> None:
        _settings(project, 'use-case = "use.toml"', 'reports = "never.html"')
        assert _run("tally", "data.csv", "-o", "x.tally").exit_code == 0
        assert not (project / "never.html").exists()

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('use_case = "use.toml"', "[tool.dataudit] use_case is not a key; did you mean 'use-case'?"),
            ("policy = 3", "[tool.dataudit] policy must be a text"),
            ('policy = ["eeoc"]', "[tool.dataudit] policy must be a text"),
            ("reports = [1]", "[tool.dataudit] reports must be a text, or a list of texts"),
            ("reports = ", "is not valid TOML"),
            ('fail-on = "sometimes"', "'sometimes' is no level"),
            ('use-case = "nothing.toml"', "no such file"),
            ('reports = "a.docx"', "must end in one of"),
        ],
    )
    def test_what_is_wrong_in_it_is_one_line_and_nothing_is_written(
        self, line: str, message: str, project: Path
    ) -> None:
        _settings(project, line)
        before = sorted(project.rglob("*"))
        run = _run(*TYPED, "--target", "hired")
        assert run.exit_code == 2
        assert run.stdout == ""
        assert message in run.stderr
        assert run.stderr.count("\n") == 1
        assert sorted(project.rglob("*")) == before
        assert _run("check", "--help").exit_code == 0

    def test_a_broken_file_of_others_is_no_concern(self, project: Path) -> None:
        (project / "pyproject.toml").write_text("[tool.ruff\n")
        assert _run(*TYPED, "--target", "hired", "--group", "gender").exit_code == 1


class TestLevels:
    @pytest.mark.parametrize(
        ("levels", "unfit", "cannot_tell"),
        [
            (None, 1, 3),
            ("unfit", 1, 3),
            ("conditions", 1, 3),
            ("never", 0, 0),
            ("unfit-only", 1, 0),
            ("unfit,conditions", 1, 0),
            ("unfit, cannot_tell", 1, 3),
            ("cannot-tell", 0, 3),
        ],
    )
    def test_a_run_fails_on_these_levels(
        self, levels: str | None, unfit: int, cannot_tell: int, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = ("--target", "hired", "--group", "gender", *(("--fail-on", levels) if levels else ()))
        assert _run(*TYPED, *asked).exit_code == unfit
        rows_of({"f": (5, 20), "m": (7, 20)}, "gender").to_csv("data.csv", index=False)
        run = _run(*TYPED, *asked)
        assert "INCONCLUSIVE" in run.stdout
        assert run.exit_code == cannot_tell

    @pytest.mark.parametrize("levels", ["unfti", "unfit,never", ""])
    def test_an_unknown_level_is_refused(self, levels: str, project: Path) -> None:
        run = _run(*TYPED, "--fail-on", levels)
        assert run.exit_code == 2
        assert "known: unfit, conditions, unfit-only, never, cannot-tell" in run.stderr


class TestEnvironment:
    def test_an_option_of_a_command_has_a_variable(self, project: Path) -> None:
        env = {"DATAUDIT_CHECK_TARGET": "hired", "DATAUDIT_CHECK_GROUPS": "gender", "DATAUDIT_CHECK_USE_CASE": ""}
        assert _run(*TYPED, env=env).exit_code == 1

    @pytest.mark.parametrize(
        ("name", "meant"), [("GROUP", "GROUPS"), ("FAILON", "FAIL_ON"), ("REPORT", "REPORTS"), ("FAIL-ON", "FAIL_ON")]
    )
    def test_a_variable_of_no_option_is_refused(self, name: str, meant: str, project: Path) -> None:
        """It was ignored: a gate that was to fail on conditions by DATAUDIT_CHECK_FAILON passed."""
        run = _run(*TYPED, "--target", "hired", "--group", "gender", env={f"DATAUDIT_CHECK_{name}": "conditions"})
        assert run.exit_code == 2
        said = f"DATAUDIT_CHECK_{name} sets no option; did you mean 'DATAUDIT_CHECK_{meant}'?"
        assert said in run.stderr and run.stderr.count("\n") == 1

    def test_a_version_that_an_installer_names_prints_no_version(self, project: Path) -> None:
        run = _run(*TYPED, "--target", "hired", "--group", "gender", env={"DATAUDIT_VERSION": "1"})
        assert run.exit_code == 1


class TestCompletion:
    """Click's own protocol: what is typed in COMP_WORDS, the place of the cursor in COMP_CWORD."""

    @staticmethod
    def _completed(words: str, place: int, folder: Path) -> list[str]:
        env = {**os.environ, "_DATAUDIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}
        code = "import sys; sys.argv[0] = 'dataudit'; from auditor.cli.commands import main; main(prog_name='dataudit')"
        run = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True)
        assert run.stderr == ""
        return [line.partition(",")[2] for line in run.stdout.splitlines()]

    def test_commands_options_levels_and_rules_are_completed(self, project: Path) -> None:
        _settings(project, "wrong = 1")  # completion must not fail on it
        assert self._completed("dataudit c", 1, project) == ["check", "compare"]
        assert self._completed("dataudit check --fail", 2, project) == ["--fail-on"]
        assert self._completed("dataudit check --fail-on unfit", 3, project) == ["unfit", "unfit-only"]
        assert self._completed("dataudit explain outcome-", 2, project) == ["outcome-gap"]

    @pytest.mark.parametrize(
        ("shell", "word"), [("bash", "complete -o"), ("zsh", "#compdef dataudit"), ("fish", "complete")]
    )
    def test_each_shell_has_its_script(self, shell: str, word: str, tmp_path: Path) -> None:
        env = {**os.environ, "_DATAUDIT_COMPLETE": f"{shell}_source"}
        code = "from auditor.cli.commands import main; main(prog_name='dataudit')"
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        assert word in run.stdout


def test_a_rule_is_explained_by_its_name() -> None:
    by_name = _run("explain", "outcome-gap")
    assert by_name.exit_code == 0
    assert by_name.stdout == _run("explain", "OUT001").stdout
    run = _run("explain", "outcome-gpa")
    assert (run.exit_code, "did you mean 'outcome-gap'?" in run.stderr) == (2, True)


def test_the_settings_in_the_documentation_are_read(project: Path) -> None:
    text = (ROOT / "docs" / "use-case.md").read_text(encoding="utf-8")
    block = text.partition("<!-- project -->\n```toml\n")[2].partition("```")[0]
    (project / "pyproject.toml").write_text(block)
    (project / "use_case.toml").write_text(USE)
    assert _run(*TYPED).exit_code == 1
    assert (project / "audit.html").exists()
    assert (project / "audit.json").exists()
