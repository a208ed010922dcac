"""The formats: a module and an entry each, the longest suffix wins, and installed packages may add their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.output import check_paths
from auditor.cli.commands import main
from auditor.errors import OutputError
from auditor.model import Audit
from auditor.reporter import formats
from auditor.reporter.formats import FORMATS, Format, format_of
from auditor.reporter.showing import shown
from tests.conftest import ROOT
from tests.plugins import install

SAVED = ROOT / "reports" / "callbacks.json"
TSV = '''
def render(audit):
    """Return a line per finding."""
    return "".join(f"{of.rule}\\t{f.state}\\n" for of in audit.results for f in of.findings)
'''


@pytest.fixture(autouse=True)
def looked_up_anew() -> Iterator[None]:
    """Installed packages are looked up once in a process."""
    formats._installed.cache_clear()
    yield
    formats._installed.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, on the path of this process."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def _render(site: Path, *outputs: Path) -> subprocess.CompletedProcess[str]:
    """Run `dataudit render` where the packages of a folder are installed."""
    flags = [part for path in outputs for part in ("-o", str(path))]
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "auditor", "render", str(SAVED), *flags],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_every_format_has_a_function_a_description_and_a_suffix_of_its_own() -> None:
    assert len({form.suffix for form in FORMATS}) == len(FORMATS)
    for form in FORMATS:
        assert callable(form.load())
        assert form.description


def test_a_format_is_a_module_and_an_entry(
    site: Path, audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "own_tsv.py").write_text(TSV)
    monkeypatch.setattr(formats, "FORMATS", (*FORMATS, Format(".tsv", "own_tsv:render", "findings, a line each")))
    audit.save(tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "OUT001\tshown_strong\n"
    assert (
        formats.in_words()
        == ".html, .json, .md, .txt, .xlsx, .csv, .croissant.json, .card.md, .datasheet.md, .checklist.md, .sarif, .junit.xml, .pdf, .tsv "
        "or a folder/"
    )
    with pytest.raises(OutputError, match=r"must end in one of \.html, .*\.pdf, \.tsv; did you mean '\.tsv'"):
        check_paths([str(tmp_path / "a.tvs")])


def test_what_is_printed_is_a_format_of_that_word() -> None:
    (option,) = (option for option in main.commands["check"].params if option.name == "form")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == formats.printed()
    assert all(formats.printing(word) for word in formats.printed())
    text = " ".join(CliRunner().invoke(main, ["check", "--help"]).output.split())
    assert f"Write {formats.in_words()}; repeats." in text


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("a.html", ".html"),
        ("A.HTML", ".html"),
        ("a.b.json", ".json"),
        ("a.sarif.json", ".sarif.json"),
        ("x/a.SARIF.JSON", ".sarif.json"),
        ("sarif.json", ".json"),
        ("a.junit.xml", ".junit.xml"),
        ("x/junit.xml", ".junit.xml"),
    ],
)
def test_the_longest_suffix_wins(path: str, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    longer = Format(".sarif.json", "auditor.reporter.json:render", "longer, and listed first")
    monkeypatch.setattr(formats, "FORMATS", (longer, *FORMATS))
    assert format_of(path).suffix == suffix


@pytest.mark.parametrize("path", ["a", ".html", "a.html.bak", "html", "a.", ".", "..", "x/.json", ""])
def test_a_name_that_is_no_more_than_a_suffix_or_has_none_is_refused(path: str) -> None:
    with pytest.raises(OutputError, match="must end in one of"):
        format_of(path)


class TestInstalled:
    def test_a_package_adds_a_format(self, site: Path, tmp_path: Path) -> None:
        install(site, "dataudit-tsv", "1.2", {formats.GROUP: {".findings.tsv": "findings_tsv:render"}}, {"findings_tsv": TSV})  # fmt: skip
        run = _render(site, tmp_path / "a.findings.tsv", tmp_path / "a.md")
        assert (run.returncode, run.stdout) == (0, ""), run.stderr
        saved = json.loads(SAVED.read_text(encoding="utf-8"))
        findings = [f"{of['rule']}\t{each['state']}\n" for of in saved["results"] for each in of["findings"]]
        assert findings
        assert (tmp_path / "a.findings.tsv").read_text() == "".join(findings)
        assert (tmp_path / "a.md").read_bytes() == (ROOT / "reports" / "callbacks.md").read_bytes()

    def test_its_longer_suffix_leaves_ours_as_it_is(self, site: Path) -> None:
        install(site, "dataudit-short", "0.1", {formats.GROUP: {".short.json": "short:render"}}, {})
        assert format_of("a.short.json").package == "dataudit-short 0.1"
        assert format_of("a.json") == next(form for form in FORMATS if form.suffix == ".json")

    def test_none_is_imported_until_it_is_asked_for(self, site: Path, tmp_path: Path) -> None:
        install(site, "loud", "1", {formats.GROUP: {".loud": "loud:render"}}, {"loud": "raise SystemExit('imported')"})
        run = _render(site, tmp_path / "a.b.md")
        assert run.returncode == 0, run.stderr

    def test_it_is_given_what_may_be_shown_and_no_more(
        self, site: Path, tmp_path: Path, frame_of: Callable[..., pd.DataFrame]
    ) -> None:
        dump = "import json\ndef render(audit): return json.dumps(audit.to_dict())"
        install(site, "dump", "1", {formats.GROUP: {".dump": "dump_all:render"}}, {"dump_all": dump})
        frame = frame_of({"a": (1, 3), "b": (40, 100), "c": (80, 100)})
        audit = auditor.check(frame, target="hired", positive="yes", groups="group", only=["OUT001"])
        audit.save(tmp_path / "a.dump")
        written = json.loads((tmp_path / "a.dump").read_text())
        assert written == shown(audit).to_dict() != audit.to_dict()

    @pytest.mark.parametrize(
        ("source", "why"),
        [
            ("import nothing_of_the_kind", "cannot be loaded (ModuleNotFoundError: No module named 'nothing_of_the_kind')"),
            ("def render(", "cannot be loaded (SyntaxError"),
            ("", "cannot be loaded (AttributeError"),
            ("render = 3", "cannot be loaded (TypeError: broken:render is no function)"),
            ("raise SystemExit(0)", "cannot be loaded (SystemExit: 0)"),
            ("def render(audit): return 1 / 0", "failed (ZeroDivisionError: division by zero)"),
            ("def render(audit): return 3", "failed (TypeError: it gave int, not a text or bytes)"),
        ],
    )  # fmt: skip
    def test_one_that_is_broken_is_said_in_a_line_and_nothing_is_written(
        self, source: str, why: str, site: Path, tmp_path: Path
    ) -> None:
        install(site, "dataudit-broken", "0.3", {formats.GROUP: {".broken": "broken:render"}}, {"broken": source})
        run = _render(site, tmp_path / "a.md", tmp_path / "a.broken")
        assert run.returncode == 2
        assert f"the format .broken of dataudit-broken 0.3 {why}" in run.stderr
        assert run.stderr.count("\n") == 1
        assert [path.name for path in tmp_path.iterdir()] == ["site"]
        assert _render(site, tmp_path / "a.md").returncode == 0, "the others are written"

    def test_what_is_left_out_is_said_where_a_suffix_is_not_known(self, site: Path, tmp_path: Path) -> None:
        install(site, "greedy", "2", {formats.GROUP: {".html": "greedy:render", ".rtf": "greedy:render"}}, {})
        install(site, "odd", "3", {formats.GROUP: {"rtf": "odd:render", ".odd": "odd"}}, {})
        install(site, "slow", "4", {formats.GROUP: {".rtf": "slow:render"}}, {})
        known, notes = formats.known()
        assert [form.suffix for form in known] == [*formats.suffixes(), ".rtf"]
        assert notes == (
            "the format .html of greedy 2 is left out: dataudit has one of that suffix",
            "the format '.odd' of odd 3 is left out: it is not written as .suffix = module:function",
            "the format .rtf of slow 4 is left out: greedy 2 has one of that suffix",
            "the format 'rtf' of odd 3 is left out: it is not written as .suffix = module:function",
        )
        with pytest.raises(OutputError, match=r"one of \.html, .*\.pdf, \.rtf.*\(the format \.html of greedy"):
            format_of("a.odd")
        assert format_of("a.html").package is None
