"""The blocks of the pages, and how each language is run: what a reader would type, in a folder with the samples."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from auditor.cli.commands import main
from auditor.use.policy import Policy
from auditor.use.usecase import UseCase
from tests.conftest import ROOT

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
LINE = re.compile(r"\s+# ends with (?P<code>\d+)[^'\"]*$")  # what a line is expected to end with, where not with 0
LANGUAGES = {"sh", "python", "toml", "yaml", "json", "text", "math"}


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, the mark in the comment before it, and its line."""

    language: str
    text: str
    mark: str
    line: int


def pages() -> list[str]:
    """Return the pages whose blocks are run, from the top of the repository."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(of["language"], of["text"], of["mark"] or "", text.count("\n", 0, of.start()) + 1)
        for of in BLOCK.finditer(text)
    ]


class Reader:
    """A reader of one page, who types its blocks one after the other in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {}
        self.printed = ""
        for name in ("sample_data", "tests"):
            (folder / name).symlink_to(ROOT / name)

    def types(self, block: Block) -> None:
        """Run a block; AssertionError where it does not do what the page states."""
        if block.mark.startswith("file: "):
            (self.folder / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        if block.mark == "prints":
            self._was_printed(block.text)
        elif block.language == "sh":
            self.printed = "".join(self._line(line) for line in _lines(block.text))
        elif block.language == "python":
            code = compile("from __future__ import annotations\n" + block.text, f"block at line {block.line}", "exec")
            exec(code, self.names)
        elif block.language == "toml":
            self._settings(tomllib.loads(block.text), block.text)
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "json":
            json.loads(block.text)
        else:
            assert block.language in LANGUAGES, f"line {block.line}: a block names its language"

    def _line(self, line: str) -> str:
        expected = LINE.search(line)
        code = int(expected["code"]) if expected else 0
        line = line[: expected.start()] if expected else line
        if line.startswith("dataudit "):
            run = CliRunner().invoke(main, shlex.split(line, comments=True)[1:], catch_exceptions=False)
            assert run.exit_code == code, f"{line}\n{run.output}"
            return run.output
        python = re.sub(r"^python ", f"{sys.executable} ", line)
        shell = subprocess.run(["bash", "-euc", python], capture_output=True, text=True, check=False)
        assert shell.returncode == code, f"{line}\n{shell.stderr}"
        return shell.stdout

    def _was_printed(self, text: str) -> None:
        printed = " ".join(self.printed.split())  # whatever the width of the terminal
        for line in text.splitlines():
            assert " ".join(line.split()) in printed, f"{line!r} is not in:\n{self.printed}"

    def _settings(self, table: dict[str, Any], text: str) -> None:
        if "extends" in table:
            path = self.folder / "policy.toml"
            path.write_text(text, encoding="utf-8")
            Policy.load(str(path))
        elif "tool" not in table:
            UseCase.model_validate(table)


def _lines(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
