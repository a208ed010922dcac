"""The command line as it is typed: what is printed, what is written, how it exits."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from auditor.analyzers.catalog import all_rules
from auditor.cli.commands import main
from tests.conftest import ROOT, SAMPLES, rows_of

GAP = rows_of({"f": (500, 3000), "m": (900, 3000)}, group="gender")
EQUAL = rows_of({"f": (880, 3000), "m": (900, 3000)}, group="gender")


def _run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, catch_exceptions=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    GAP.to_csv(path, index=False)
    return path


@pytest.fixture
def population(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("group,level,share\ngender,f,0.5\ngender,m,0.5\n", encoding="utf-8")
    return path


class TestCheck:
    def test_prints_the_answer_with_the_verdict_last_and_exits_with_one_when_unfit(self, data: Path) -> None:
        run = _run("check", str(data), "--target", "hired", "--group", "gender")
        assert run.exit_code == 1
        lines = run.stdout.splitlines()
        assert lines[0].startswith("data.csv · 6,000 rows")
        assert lines[-1].startswith("UNFIT for an assumed use")
        assert len(lines) <= 25
        assert max(map(len, lines)) <= 100
        assert "\x1b" not in run.stdout
        assert not [line for line in run.stdout.splitlines() if line != line.rstrip()]

    def test_exits_with_zero_when_fit_and_three_when_it_cannot_tell(self, tmp_path: Path, population: Path) -> None:
        path = tmp_path / "equal.csv"
        EQUAL.to_csv(path, index=False)
        arguments = ("check", str(path), "--target", "hired", "--group", "gender", "--no-models")
        assert _run(*arguments, "--reference", str(population)).exit_code == 0
        assert _run(*arguments).exit_code == 3
        assert _run(*arguments, "--fail-on", "never").exit_code == 0

    @pytest.mark.parametrize(("fail_on", "code"), [("unfit", 1), ("conditions", 1), ("never", 0)])
    def test_fail_on(self, data: Path, fail_on: str, code: int) -> None:
        assert _run("check", str(data), "--group", "gender", "--no-models", "--fail-on", fail_on).exit_code == code

    def test_conditions_fail_when_asked(self, tmp_path: Path, population: Path) -> None:
        path, use = tmp_path / "equal.csv", tmp_path / "use.toml"
        EQUAL.to_csv(path, index=False)
        use.write_text('[label]\nkind = "past_decision"\n', encoding="utf-8")
        stated = ("--use-case", str(use), "--group", "gender", "--reference", str(population))
        arguments = ("check", str(path), *stated, "--no-models")
        assert _run(*arguments).exit_code == 0
        assert _run(*arguments, "--fail-on", "conditions").exit_code == 1

    def test_writes_every_report_asked_for(self, data: Path, tmp_path: Path) -> None:
        paths = [tmp_path / f"report{suffix}" for suffix in (".html", ".json", ".md", ".txt")]
        run = _run("check", str(data), "--group", "gender", "--no-models", *(f"--report={path}" for path in paths))
        assert all(path.stat().st_size > 1000 for path in paths)
        assert run.stderr.count("wrote ") == 4

    def test_json_on_stdout_is_the_audit_and_nothing_else(self, data: Path) -> None:
        audit = json.loads(_run("check", str(data), "--group", "gender", "--no-models", "--format", "json").stdout)
        assert audit["schema"] == "dataudit/audit/1"
        assert [result["rule"] for result in audit["results"]] == [
            code for code, rule in all_rules().items() if not rule.optional
        ]

    def test_reads_standard_input(self, data: Path) -> None:
        run = _run("check", "-", "--group", "gender", "--no-models", stdin=data.read_bytes())
        assert run.exit_code == 1
        assert "stdin · 6,000 rows" in run.stdout

    def test_all_findings_or_the_verdict_alone_on_request(self, data: Path) -> None:
        arguments = ("check", str(data), "--group", "gender", "--no-models")
        answer, verbose, quiet = (_run(*arguments, *more).stdout for more in ((), ("-v",), ("-q",)))
        assert "impact ratio is 0.556 (95% interval [" in " ".join(verbose.split())
        assert len(verbose.splitlines()) > len(answer.splitlines()) > len(quiet.splitlines())
        assert answer.endswith(quiet)
        assert verbose.endswith(quiet)

    def test_only_and_skip_are_said(self, data: Path) -> None:
        audit = json.loads(_run("check", str(data), "--group=gender", "--only=OUT", "--format=json").stdout)
        reasons = {result["rule"]: result["reason"] for result in audit["results"]}
        assert reasons["OUT001"] is None
        assert reasons["REP002"] == "left out by --only OUT"
        audit = json.loads(
            _run("check", str(data), "--group=gender", "--skip=REP002", "--no-models", "--format=json").stdout
        )
        assert {r["rule"]: r["reason"] for r in audit["results"]}["REP002"] == "left out by --skip REP002"

    def test_two_runs_give_the_same_bytes_but_for_the_clock(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
        arguments = ("check", str(data), "--group=gender", "--format=json")
        assert _run(*arguments).stdout == _run(*arguments).stdout

    def test_colour_only_where_it_is_wanted(self, data: Path) -> None:
        command = [sys.executable, "-m", "auditor", "check", str(data), "--group", "gender", "--only", "OUT001"]
        for extra, coloured in (
            ({"FORCE_COLOR": "1"}, True),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            ({}, False),
        ):
            plain = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "NO_COLOR")}
            run = subprocess.run(command, env={**plain, **extra}, capture_output=True, text=True, cwd=ROOT, check=False)
            assert run.returncode == 1
            assert ("\x1b[31m" in run.stdout or "\x1b[1;31m" in run.stdout) is coloured
            assert run.stderr == ""


def _bad(tmp_path: Path, name: str, content: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


TWO = b"hired,gender\n" + b"yes,f\nno,m\nno,f\nyes,m\n" * 20
BAD = {
    "no such file": ("data.csw", None, [], "no such file"),
    "empty file": ("x.csv", b"", [], "is empty"),
    "header only": ("x.csv", b"hired,gender\n", [], "has a header but no rows"),
    "wrong target": ("x.csv", TWO, ["--target", "hird"], "column 'hird' is not in x.csv; did you mean 'hired'?"),
    "wrong group": ("x.csv", TWO, ["--group", "gendre"], "column 'gendre' is not in x.csv; did you mean 'gender'?"),
    "wrong time": ("x.csv", TWO, ["--time", "when"], "column 'when' is not in x.csv"),
    "target all missing": ("x.csv", b"hired,gender\n" + b",f\n,m\n" * 9, ["--target", "hired"], "target 'hired' has no value"),
    "target constant": ("x.csv", b"hired,gender\n" + b"yes,f\nyes,m\n" * 9, ["--target", "hired"], "target 'hired' is constant"),
    "ambiguous favourable value": ("x.csv", b"grade,gender\n" + b"a,f\nb,m\n" * 9, ["--target", "grade"], "which value of 'grade' is favourable? name it with --positive (values: a, b; 2 in all)"),
    "unknown favourable value": ("x.csv", TWO, ["--target", "hired", "--positive", "yess"], "favourable value 'yess' does not occur in 'hired'; did you mean 'yes'?"),
    "broken parquet": ("x.parquet", b"PAR1 this is not parquet PAR1", [], "x.parquet cannot be read as Parquet"),
    "ragged row": ("x.csv", b"hired,gender\nyes,f\nno,m,extra\nno,f\n", [], "x.csv, line 3: 3 fields where the header has 2"),
    "duplicated columns": ("x.csv", b"hired,gender,gender\nyes,f,f\nno,m,m\n", [], "gender"),
    "no such use case": ("x.csv", TWO, ["--use-case", "none.toml"], "use case 'none.toml' cannot be read: no such file"),
    "unknown rule": ("x.csv", TWO, ["--only", "OUT01"], "no rule or family is called 'OUT01'; did you mean 'OUT001'?"),
    "unwritable report": ("x.csv", TWO, ["--report", "no/such/folder/x.html"], "there is no folder 'no/such/folder'"),
    "report of no kind": ("x.csv", TWO, ["--report", "x.docx"], "must end in one of .html, .json, .md, .txt"),
    "count of a text": ("x.csv", TWO, ["--count", "gender"], "gender"),
    "no number": ("x.csv", TWO, ["--seed", "abc"], "Invalid value for '--seed': 'abc' is not a valid integer range. (see main check --help)"),
    "no value": ("x.csv", TWO, ["--report", "out.html", "--target"], "requires an argument. (see main check --help)"),
    "no such option": ("x.csv", TWO, ["--reprot", "x.html"], "No such option '--reprot'"),
    "no such choice": ("x.csv", TWO, ["--engine", "flink"], "Invalid value for '--engine'"),
    "no master": ("x.csv", TWO, ["--engine", "spark", "--master", "local[x]"], "'local[x]' is not the address of a Spark master"),
    "no address": ("postgresql:ann:s3cret@host/db", None, ["--table", "x"], "the address of the database cannot be made out"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_exit_code_two_and_nothing_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, content, arguments, message = BAD[name]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        _bad(tmp_path, file, content)
    report = [] if "--report" in arguments else ["--report", "out.html"]
    before = sorted(tmp_path.iterdir())
    run = _run("check", file, *arguments, *report)
    assert run.exit_code == 2
    assert run.stdout == ""
    assert message in run.stderr
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr
    assert "s3cret" not in run.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_a_misspelt_key_of_the_use_case(data: Path, tmp_path: Path) -> None:
    use = tmp_path / "use.toml"
    use.write_text("[use]\ndecison = 'automated'\n", encoding="utf-8")
    run = _run("check", str(data), "--use-case", str(use))
    assert run.exit_code == 2
    assert f"{use}, line 2: [use] decison is not a key; did you mean 'decision'?" in run.stderr


def test_an_unknown_option_of_a_rule(data: Path, tmp_path: Path) -> None:
    use = tmp_path / "use.toml"
    use.write_text("[rules.REP002]\nmin_m = 50\n", encoding="utf-8")
    assert (
        "[rules.REP002] min_m is not an option; did you mean 'min_n'?"
        in _run("check", str(data), "--use-case", str(use)).stderr
    )


@pytest.mark.parametrize(("limit", "said"), [("lots", "is not a size"), ("1MB", "at least 128MiB"), ("-1GB", "size")])
def test_a_memory_limit_that_is_none(data: Path, limit: str, said: str) -> None:
    run = _run("check", str(data), "--target", "hired", "--memory-limit", limit)
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)
    assert said in run.stderr


def test_a_memory_limit_changes_nothing_but_the_command(data: Path) -> None:
    audits = [
        json.loads(_run("check", str(data), "--target", "hired", "--format", "json", *more).stdout)
        for more in ((), ("--memory-limit", "256MiB"))
    ]
    assert audits[0]["results"] == audits[1]["results"]


def test_one_group_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    rows_of({"f": (500, 3000)}, group="gender").to_csv(path, index=False)
    run = _run("check", str(path), "--group", "gender", "--format", "json")
    assert (run.exit_code, run.stdout) == (2, "")
    assert "group 'gender' has one value only ('f')" in run.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(data: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "permission denied" in _run("check", str(data), "--report", str(closed / "x.html")).stderr


class TestRender:
    def test_a_saved_audit_gives_the_same_report(self, data: Path, tmp_path: Path) -> None:
        saved, first, second = (tmp_path / name for name in ("a.json", "a.html", "b.html"))
        _run("check", str(data), "--group", "gender", f"--report={saved}", f"--report={first}")
        assert _run("render", str(saved), "-o", str(second)).exit_code == 0
        assert second.read_bytes() == first.read_bytes()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"{", "is not JSON"),
            (b"[]", "is not a saved audit"),
            (b'{"schema": "dataudit/audit/1"}', "is not a whole audit"),
        ],
    )
    def test_what_is_no_audit_is_refused(self, tmp_path: Path, content: bytes, message: str) -> None:
        run = _run("render", _bad(tmp_path, "a.json", content), "-o", str(tmp_path / "x.html"))
        assert run.exit_code == 2
        assert message in run.stderr
        assert not (tmp_path / "x.html").exists()


class TestExplain:
    def test_lists_every_rule(self) -> None:
        lines = _run("explain").stdout.splitlines()
        assert [line.split()[0] for line in lines] == list(all_rules())

    def test_prints_a_rules_documentation(self) -> None:
        text = _run("explain", "out001").stdout
        for heading in ("How it is measured", "Why it matters", "What to do", "Source", "29 CFR 1607.4(D)"):
            assert heading in text

    def test_an_unknown_rule(self) -> None:
        run = _run("explain", "OUT01")
        assert (run.exit_code, run.stderr) == (2, "dataudit: no rule is called 'OUT01'; did you mean 'OUT001'?\n")


def test_the_samples_are_audited_by_their_use_cases() -> None:
    files = (str(SAMPLES / "hiring.csv"), "--use-case", str(SAMPLES / "hiring.use_case.toml"))
    run = _run("check", *files, "--no-models")
    assert run.exit_code == 1
    assert "'female'" in run.stdout


def test_help_names_every_command() -> None:
    text = _run("--help").stdout
    assert all(command in text for command in ("check", "explain", "render"))


def test_pandas_is_what_the_samples_say() -> None:
    """The rates of the hiring sample, counted by pandas, are those that the audit prints."""
    frame = pd.read_csv(SAMPLES / "hiring.csv")
    rates = (frame["hired"] == "yes").groupby(frame["gender"]).mean()
    files = (str(SAMPLES / "hiring.csv"), "--use-case", str(SAMPLES / "hiring.use_case.toml"))
    run = _run("check", *files, "--only", "OUT001", "--format", "json")
    result = next(r for r in json.loads(run.stdout)["results"] if r["rule"] == "OUT001")
    found = {row["level"]: row["selection_rate"] for row in result["table"] if row["level"]}
    assert found == pytest.approx(rates.to_dict())
