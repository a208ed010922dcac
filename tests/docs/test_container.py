"""The Dockerfile, where there may be no Docker: its instructions run in clean folders, as a build runs them."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.blocks import blocks_of
from tests.needs import index

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = [line.split(maxsplit=1) for line in TEXT.replace("\\\n", " ").splitlines() if line and line[0] != "#"]
LAST = LINES[[word for word, _ in LINES].index("FROM", 1) :]
# What pip needs that a build would fetch is here: the libraries of this interpreter, and hatchling among them.
OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}


def _of(lines: list[list[str]], word: str) -> list[str]:
    return [rest for instruction, rest in lines if instruction == word]


def _ignored(name: str) -> bool:
    """Whether .dockerignore leaves a file of the top folder out; the last pattern that fits decides."""
    decided = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split():
        if fnmatch.fnmatch(name, line.removeprefix("!")):
            decided = not line.startswith("!")
    return decided


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has what the image would have: the context is copied and the commands of the build are run."""
    root = tmp_path_factory.mktemp("image")
    source = root / "src"
    source.mkdir()
    first = LINES[: len(LINES) - len(LAST)]
    for copy in _of(first, "COPY"):
        *names, _to = copy.split()
        for name in names:
            assert not _ignored(name), name
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / name)
    env = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        **OFFLINE,
    }
    for command in _of(first, "RUN"):
        here = command.replace("/opt/dataudit", str(root / "opt"))
        run = subprocess.run(
            ["sh", "-euc", here], cwd=source, env={**env, "EXTRAS": ""}, capture_output=True, text=True
        )
        if run.returncode:
            index(run.stderr)
        assert run.returncode == 0, run.stderr
    (site,) = (root / "opt" / "lib").glob("python*/site-packages")
    (site / "beside.pth").write_text(sysconfig.get_path("purelib"))  # the dependencies, which pip left out above
    shutil.rmtree(source)  # the second stage has the environment alone
    return root


def test_the_main_job_runs_in_it(image: Path, tmp_path: Path) -> None:
    """The command of the documentation, by the entry point, in a folder that has the data and nothing else."""
    (block,) = (of for of in blocks_of("docs/howto/container.md") if of.text.startswith("docker build"))
    words = shlex.split(block.text.splitlines()[1])
    arguments = words[words.index("dataudit") + 1 :]
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    (entry,) = (re.findall(r'"([^"]+)"', of) for of in _of(LAST, "ENTRYPOINT"))
    env = {"PATH": f"{image / 'opt' / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    assert shutil.which(entry[0], path=env["PATH"]) == str(image / "opt" / "bin" / "dataudit")
    run = subprocess.run(
        [*entry, *arguments, "--no-models", "--text", "none"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert run.returncode == 1, run.stderr
    assert "UNFIT for: rank incoming applications" in run.stdout
    assert (tmp_path / "report.html").stat().st_size > 100_000
    (default,) = (re.findall(r'"([^"]+)"', of) for of in _of(LAST, "CMD"))
    help_ = subprocess.run([*entry, *default], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (help_.returncode, help_.stdout[:6]) == (0, "Usage:")


def test_it_is_small_and_its_user_has_no_rights() -> None:
    froms = _of(LINES, "FROM")
    assert [of.split()[0] for of in froms] == ["python:3.13-slim"] * 2  # the last stage has no compiler and no source
    assert _of(LAST, "COPY") == ["--from=build /opt/dataudit /opt/dataudit"]
    (user,) = _of(LAST, "USER")
    assert user == "10001"
    assert [word for word, _ in LAST].index("USER") < [word for word, _ in LAST].index("ENTRYPOINT")
    assert not _of(LINES, "ADD")
    assert not re.search(r"curl|wget|apt-get|https?://", TEXT)


def test_the_user_can_be_made(tmp_path: Path) -> None:
    (command,) = _of(LAST, "RUN")
    if shutil.which("useradd") is None or os.geteuid() != 0:
        pytest.skip("useradd is not there, or needs root")
    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "shadow", "gshadow"):
        (etc / name).write_text("")
    run = subprocess.run(
        ["useradd", "--prefix", str(tmp_path), *shlex.split(command)[1:]], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert (etc / "passwd").read_text().startswith("dataudit:x:10001:")
