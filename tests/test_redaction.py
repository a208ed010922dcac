"""Masking: whole words, possessives, a mask that is no word; a copy in every format, and never in place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from auditor.audit.redact import read_terms, redact
from auditor.cli.commands import main
from auditor.engines.masking import masker
from auditor.errors import AuditError
from auditor.use.watchlists import watch_list
from tests.conftest import SAMPLES


@pytest.mark.parametrize(
    ("terms", "text", "masked"),
    [
        (["she"], "She said: SHE, she and ashes; she's, Sheila.", "▮ said: ▮, ▮ and ashes; ▮, Sheila."),
        (["women's"], "Women's Chess Club; WOMEN’S; women", "▮ Chess Club; ▮; women"),
        (["women"], "women's women", "▮"),
        (["chess club"], "the Chess  Club captain", "the ▮ captain"),
        (["smith college", "smith"], "Smith College, Smith's", "▮, ▮"),
        (["c++"], "knows C++ well", "knows ▮ well"),
        (["мать"], "Мать и матьё", "▮ и матьё"),
        (["her"], "her'e other hers", "her'e other hers"),
    ],
)  # fmt: skip
def test_whole_words_become_one_sign(terms: list[str], text: str, masked: str) -> None:
    assert masker(terms)(text) == masked


def test_a_file_of_terms_has_remarks_and_one_term_a_line(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("# head\nWomen’s  # why\n\n chess   club\nwomen's\n", encoding="utf-8")
    assert read_terms(path) == ("women's", "chess club")
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(AuditError, match="names no term"):
        read_terms(path)
    with pytest.raises(AuditError, match="no such file"):
        read_terms(tmp_path / "none.txt")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_copy_differs_in_its_texts_alone(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"copy{suffix}"
    changed, columns = redact(str(SAMPLES / "hiring.csv"), ["women's"], str(out))
    before = pd.read_csv(SAMPLES / "hiring.csv")
    if suffix == ".csv":
        after = pd.read_csv(out)
    else:
        after = pd.read_parquet(out) if suffix == ".parquet" else pd.read_json(out, lines=True)
    assert columns == ("resume_text",)
    holds = before["resume_text"].str.contains(r"\bwomen's\b", case=False)
    assert changed == holds.sum()
    assert not after["resume_text"].str.contains("women's", case=False).any()
    assert after["resume_text"][~holds].tolist() == before["resume_text"][~holds].tolist()
    assert after["clubs"].tolist() == before["clubs"].tolist()  # no text: untouched
    assert after["applicant_id"].tolist() == before["applicant_id"].tolist()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{data}", "--terms", "{terms}", "-o", "{data}"], "is the data itself"),
        (["{data}", "--terms", "{terms}", "-o", "{folder}/copy.xlsx"], "must end in"),
        (["{data}", "--terms", "{terms}", "-o", "{folder}/no/copy.csv"], "there is no folder"),
        (["{data}", "--terms", "{terms}", "-o", "{folder}/copy.csv", "--text", "resume"], "did you mean"),
        (["{data}", "--terms", "{folder}/none", "-o", "{folder}/copy.csv"], "no such file"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, arguments: list[str], said: str) -> None:
    data, terms = tmp_path / "data.csv", tmp_path / "terms.txt"
    data.write_bytes((SAMPLES / "hiring.csv").read_bytes()[:20_000].rsplit(b"\n", 1)[0] + b"\n")
    terms.write_text("women's\n", encoding="utf-8")
    filled = [part.format(data=data, terms=terms, folder=tmp_path) for part in arguments]
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = CliRunner().invoke(main, ["redact", *filled])
    assert run.exit_code == 2
    assert said in run.stderr
    assert run.stderr.count("\n") == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_command_suggests_and_masks(tmp_path: Path) -> None:
    terms, copy = tmp_path / "terms.txt", tmp_path / "copy.csv"
    flags = ["--use-case", str(SAMPLES / "hiring.use_case.toml"), "--only", "TXT", "--no-models", "--fail-on", "never"]
    run = CliRunner().invoke(main, ["check", str(SAMPLES / "hiring.csv"), *flags, "--suggest-redactions", str(terms)])
    assert (run.exit_code, "women's" in terms.read_text(encoding="utf-8")) == (0, True)
    run = CliRunner().invoke(main, ["redact", str(SAMPLES / "hiring.csv"), "--terms", str(terms), "-o", str(copy)])
    assert (run.exit_code, "wrote" in run.stderr) == (0, True)
    run = CliRunner().invoke(main, ["check", str(copy), *flags])
    assert "'women's'" not in run.stdout


def test_the_watch_list_has_a_source_for_every_table_and_no_term_twice() -> None:
    import tomllib
    from importlib import resources

    tables = tomllib.loads((resources.files("auditor.use.watchlists") / "english.toml").read_text(encoding="utf-8"))
    terms = [term for table in tables.values() for term in table["terms"]]
    assert len(terms) == len(set(terms)) == len(watch_list())
    assert all(table["source"] for table in tables.values())
    assert all(term == term.lower() and len(term.split()) <= 2 for term in terms)


def test_where_no_text_was_read_the_file_of_suggestions_says_so(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    data = Path(__file__).parent / "data" / "berkeley.csv"
    asked = ["--target", "admit", "--positive", "Admitted", "--group", "gender", "--no-models", "--fail-on", "never"]
    run = CliRunner().invoke(main, ["check", str(data), *asked, "--suggest-redactions", str(path)])
    assert run.exit_code == 0, run.output
    assert "# No term to mask was found: " in path.read_text(encoding="utf-8")
