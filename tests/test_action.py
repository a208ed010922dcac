"""The action and its documentation: the shell steps run for real, where nothing but their own variables is set."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.cli.commands import main
from tests.conftest import ROOT, SAMPLES
from tests.needs import index, program

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ARGUMENTS = ["--target", "received_callback", "--positive", "1", "--group", "race", "--only", "OUT001"]


class Runner:
    """A runner of GitHub, as far as shell steps see it: their variables, files of a job, and bash as it is called."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.temp = folder / "temp"
        self.work.mkdir()
        self.temp.mkdir()
        self.files = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary.md"}
        for file in self.files.values():
            file.touch()

    def run(self, id_: str, context: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the shell step of an id with the expressions of its variables replaced."""
        (step,) = (of for of in ACTION["runs"]["steps"] if of.get("id") == id_)
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # what people type must reach the shell in variables alone
        own = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda of: context[of[1]], text) for name, text in step["env"].items()
        }
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": os.environ.get("HOME", "/"),
            "RUNNER_TEMP": str(self.temp),
            **{name: str(file) for name, file in self.files.items()},
            **(pip if id_ == "install" else {}),
            **own,
        }
        (self.temp / "step.sh").write_text(step["run"], encoding="utf-8")
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(self.temp / "step.sh")]
        command = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), *bash]
        return subprocess.run(command, cwd=self.work, capture_output=True, text=True, check=False)

    def check(self, **given: str) -> subprocess.CompletedProcess[str]:
        """Run the audit with inputs, the others at their defaults."""
        stated = {name: str(of["default"]) for name, of in ACTION["inputs"].items()}
        inputs = {**stated, **{name.replace("_", "-"): value for name, value in given.items()}}
        return self.run("check", {f"inputs.{name}": value for name, value in inputs.items()})

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps gave out."""
        lines = self.files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment in which the action's own checkout was installed; the libraries are those of this interpreter."""
    program("BASH", ("bash",))
    runner = Runner(tmp_path_factory.mktemp("job"))
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = runner.temp / "dataudit" / "lib" / python / "site-packages"
    packages.mkdir(parents=True)
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    context = {
        "steps.python.outputs.python-path": sys.executable,
        "inputs.version": "",
        "github.action_path": str(ROOT),
    }
    ran = runner.run("install", context)
    index(ran.stderr)
    assert ran.returncode == 0, ran.stderr
    assert (packages / "auditor" / "__init__.py").exists()
    return runner.temp / "dataudit"


@pytest.fixture
def runner(tmp_path: Path, installed: Path) -> Runner:
    """A job of its own, with what was installed and the data of a sample."""
    made = Runner(tmp_path)
    (made.temp / "dataudit").symlink_to(installed)
    (made.work / "my data.csv").write_bytes((SAMPLES / "callbacks.csv").read_bytes())
    return made


def test_an_unfit_data_set_fails_the_step_and_everything_is_there(runner: Runner) -> None:
    ran = runner.check(data="my data.csv", arguments="\n".join([*ARGUMENTS, ""]), report="out.html")
    assert ran.returncode == 1, ran.stderr
    assert "::error " in ran.stdout
    assert runner.outputs == {"exit-code": "1", "sarif": str(runner.temp / "dataudit.sarif"), "report": "out.html"}
    assert (runner.work / "out.html").stat().st_size > 1000
    assert runner.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8").startswith("# ")
    whole = json.loads((runner.temp / "dataudit.sarif").read_text(encoding="utf-8"))["runs"][0]
    assert {of["kind"] for of in whole["results"]} >= {"fail", "notApplicable"}
    ran = runner.run("alerts", {"steps.check.outputs.sarif": runner.outputs["sarif"]})
    assert ran.returncode == 0, ran.stderr
    alerts = json.loads((runner.temp / "dataudit-alerts.sarif").read_text(encoding="utf-8"))["runs"][0]
    assert alerts["results"] == [of for of in whole["results"] if of["kind"] in {"fail", "review", "open"}] != []
    assert alerts["tool"] == whole["tool"]


def test_what_is_typed_is_an_argument_and_no_command(runner: Runner) -> None:
    (runner.temp / "dataudit.sarif").write_text("of an audit before", encoding="utf-8")
    ran = runner.check(data='$(touch made); "; touch made; "', arguments="--target\n`touch made`", report="")
    assert ran.returncode == 2
    assert ran.stderr.startswith("dataudit: ")
    assert runner.outputs == {"exit-code": "2"}
    assert [path.name for path in runner.work.iterdir()] == ["my data.csv"]


def test_every_input_is_used_and_every_output_is_made() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    (step,) = (of for of in ACTION["runs"]["steps"] if of.get("id") == "check")
    assert {f"{name}=" for name in ACTION["outputs"]} <= set(re.findall(r'echo "([\w-]+=)', step["run"]))


def _block(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    assert found is not None
    return found[1]


def _known(words: list[str]) -> None:
    """Fail where a flag or a choice of `check` does not exist; nothing is read."""
    main.commands["check"].make_context("check", list(words)).close()


def test_the_workflow_of_the_documentation_uses_what_the_action_has() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(_block("workflow"))
    (job,) = workflow["jobs"].values()
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads `on` as true
    (step,) = (of for of in job["steps"] if "with" in of)
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert all(isinstance(value, str) for value in step["with"].values())
    _known(step["with"]["arguments"].split("\n")[:-1])
    _known(["--fail-on", step["with"]["fail-on"], "--use-case", step["with"]["use-case"]])


@pytest.mark.parametrize("mark", ["steps", "junit"])
def test_the_commands_of_the_documentation_have_flags_that_exist(mark: str) -> None:
    program, command, *words = shlex.split(_block(mark).splitlines()[0])
    assert (program, command) == ("dataudit", "check")
    _known(words)
