"""Plain faults of input end in one line and exit code 2: each of these once ended in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.cli.commands import main

ROWS = "gender,hired,pay,year\n" + "".join(
    f"{'fm'[i % 2]},{'yes' if i % 3 else 'no'},{i},{2019 + i % 4}\n" for i in range(80)
)
CASES = {
    "an endless cut": ["{d}/a.csv", "--target", "pay", "--positive", ">= 1e400"],
    "a memory of 400 digits": ["{d}/a.csv", "--target", "hired", "--memory-limit", "9" * 400 + "K"],
    "a name too long": ["{d}/a.csv", "--target", "hired", "--report", "a" * 300 + ".html"],
    "a looping link": ["{d}/a.csv", "--target", "hired", "--report", "{d}/loop.html"],
    "a void character in a report": ["{d}/a.csv", "--target", "hired", "--report", "{d}/a\0b.html"],
    "a void character in the data": ["{d}/a\0b.csv", "--target", "hired"],
    "a void character in a use case": ["{d}/a.csv", "--use-case", "a\0b.toml"],
    "deep TOML": ["{d}/a.csv", "--use-case", "{d}/deep.toml"],
    "deep JSON": ["{d}/deep.json", "--target", "a"],
    "deep lines of JSON": ["{d}/deep.jsonl", "--target", "a"],
    "an e-mail": ["{d}/mail.txt", "--target", "a"],
    "more rows to skip than there can be": ["{d}/a.csv", "--target", "hired", "--skip-rows", "9" * 20],
    "no list of waivers": ["{d}/a.csv", "--use-case", "{d}/accept.toml"],
    "a looping data link": ["{d}/loop.csv", "--target", "a"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plain")
    (made / "a.csv").write_text(ROWS)
    (made / "loop.html").symlink_to(made / "loop.html")
    (made / "loop.csv").symlink_to(made / "loop.csv")
    (made / "deep.toml").write_text(f"x = {'[' * 5000}{']' * 5000}")
    (made / "accept.toml").write_text("accept = 5")
    (made / "deep.json").write_text("[" * 100_000)
    (made / "deep.jsonl").write_text('{"a": 1}\n' + "[" * 100_000 + '\n{"a": 1')
    (made / "mail.txt").write_text("Content-Type: text/plain; ((((\n")
    return made


@pytest.mark.parametrize("words", CASES.values(), ids=CASES.keys())
def test_a_fault_is_one_line(folder: Path, words: list[str]) -> None:
    before = sorted(folder.iterdir())
    memory = "9" * 400 + "K" in words  # more than there is, is all there is
    done = CliRunner().invoke(
        main, ["check", *(word.format(d=folder) for word in words), "--group", "gender", "--only", "OUT001"]
    )
    assert done.exit_code in ((0, 1) if memory else (2,)), done.output[-400:]
    assert memory or done.output.count("\n") == 1
    assert sorted(folder.iterdir()) == before
