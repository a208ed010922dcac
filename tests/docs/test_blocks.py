"""Every block of code in docs/ runs, in the order of its page, and prints what the page states that it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import auditor
from tests.conftest import ROOT, rows_of
from tests.docs.blocks import LANGUAGES, Block, Reader, blocks_of, pages

# Blocks that other tests run, by their marks: what a workflow, a hook and pytest make of them.
ELSEWHERE = {
    "workflow": "tests/test_action.py",
    "pre-commit": "tests/test_pre_commit.py",
    "pytest": "tests/test_testing.py",
    "project": "tests/test_project.py",
}
FIT = """
[data]
path = "people.csv"

[label]
column = "hired"
positive = "yes"

[groups]
columns = ["sex"]

[population]
sex = { f = 0.5, m = 0.5 }
"""
RUNNING = {"sh", "python", "toml", "yaml", "json"}
NEEDS = {"docs/howto/images-embeddings.md": ("PIL",)}


def _runs(page: str) -> bool:
    return any(block.language in RUNNING for block in blocks_of(page)) and page != "docs/python.md"


@pytest.mark.parametrize("page", [page for page in pages() if _runs(page)])
def test_the_blocks_of_a_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDS.get(page, ()):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path)
    if page == "docs/ci.md":  # which audits what a use case names; without models, to be quick
        monkeypatch.setenv("DATAUDIT_CHECK_NO_MODELS", "1")
        Path("use_case.toml").write_text(FIT, encoding="utf-8")
        for i, name in enumerate(("2026-01", "2026-02", "2026-03", "last")):  # audits of the months before
            frame = rows_of({"f": (900 - i, 2000), "m": (900, 2000)}, "sex")
            auditor.check(frame, use_case="use_case.toml", no_models=True).save(f"{name}.json")
        rows_of({"f": (900, 2000), "m": (900, 2000)}, "sex").to_csv("people.csv", index=False)
    for block in blocks_of(page):
        if block.mark not in ELSEWHERE:
            reader.types(block)


@pytest.mark.parametrize("page", pages())
def test_every_block_names_a_language_and_none_is_overlooked(page: str) -> None:
    assert {block.language for block in blocks_of(page)} <= LANGUAGES
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(re.findall(r"^```", text, flags=re.MULTILINE)) == 2 * len(blocks_of(page))


def test_the_blocks_that_others_run_are_run_there() -> None:
    marks = {block.mark for page in pages() for block in blocks_of(page)}
    assert set(ELSEWHERE) <= marks
    for mark, path in ELSEWHERE.items():
        assert re.search(rf'<!-- {mark} -->|_block\("{mark}"\)', (ROOT / path).read_text(encoding="utf-8")), mark
    assert "docs/python.md" in (ROOT / "tests" / "test_readme.py").read_text(encoding="utf-8")


class TestTheReader:
    @pytest.mark.parametrize(
        ("language", "text", "mark"),
        [
            ("sh", "dataudit check nothing.csv --target hired\n", ""),
            (
                "sh",
                "dataudit check sample_data/callbacks.csv --only OUT001 --target received_callback --group race\n",
                "",
            ),
            ("sh", "false\n", ""),
            ("python", "assert 1 == 2\n", ""),
            ("toml", "[label]\ncolum = 1\n", ""),
            ("text", "what nobody printed\n", "prints"),
            ("console", "$ ls\n", ""),
            ("", "no language\n", ""),
        ],
    )
    def test_what_does_not_do_as_stated_is_noticed(
        self, language: str, text: str, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(Exception):  # noqa: B017 # of whatever kind: a block that fails
            Reader(tmp_path).types(Block(language, text, mark, 1))
