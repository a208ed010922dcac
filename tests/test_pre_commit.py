"""The hook of pre-commit, run by pre-commit itself on a clone of this project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_config

from auditor.cli.commands import main
from tests.conftest import ROOT, rows_of
from tests.needs import index, program

USE = """\
[data]
path = "calls.csv"

[label]
column = "called"
positive = "yes"

[groups]
columns = ["race"]
"""
AUTHOR = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
# Without variables of a commit under way, or of the interpreter; the libraries are those of this interpreter, so that
# the environment that pre-commit makes for the hook needs nothing but this project.
ENV = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "PRE_COMMIT"))},
    **AUTHOR,
    "PYTHONPATH": sysconfig.get_path("purelib"),
}


def _committed(folder: Path) -> Path:
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, env=ENV, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what the hook is made of, as it is in the working tree."""
    program("GIT", ("git",))
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "auditor", folder / "auditor", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return _committed(folder)


def test_the_hook_audits_what_the_use_case_names(project: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "use_case.toml").write_text(USE, encoding="utf-8")
    rows_of({"black": (20, 200), "white": (60, 200)}, "race", "called").to_csv(work / "calls.csv", index=False)
    _committed(work)
    env = {**ENV, "PRE_COMMIT_HOME": str(tmp_path / "cache")}

    ran = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(project), "dataudit-check", "--all-files"],
        cwd=work, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    index(ran.stdout)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "- hook id: dataudit-check" in ran.stdout
    assert "- exit code: 1" in ran.stdout  # unfit
    assert "OUT001" in ran.stdout
    assert "UNFIT for the stated use" in ran.stdout


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("use_case.toml", True),
        ("audits/use_case.toml", True),
        ("audits/hiring.use_case.toml", True),
        ("audits/not_a_use_case.toml", False),
        ("use_case.toml.bak", False),
        ("data/calls.csv", False),
    ],
)
def test_it_runs_when_a_use_case_changes(path: str, runs: bool) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert bool(re.search(hook["files"], path)) is runs  # as pre-commit has it


def test_the_documented_configuration_is_one_of_pre_commit(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- pre-commit -->\n```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert block is not None
    (tmp_path / "config.yaml").write_text(block[1], encoding="utf-8")
    config = load_config(str(tmp_path / "config.yaml"))
    (hooks,) = (repo["hooks"] for repo in config["repos"])
    assert [hook["id"] for hook in hooks] == ["dataudit-check"]
    main.commands["check"].make_context("check", list(hooks[0]["args"])).close()
