"""A mask is no word: it stands in a text as a sign, is counted as no term, and no model of the text sees it.

Masking wrote "Redacted and redacted redacted" into texts, and an audit of the copy found the term "redacted".
"""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.redact import read_terms, suggestions
from auditor.cli.commands import main
from auditor.engines.masking import masker
from auditor.model import State
from tests.conftest import SAMPLES
from tests.engines.test_terms import _counts, _documents

NFD = unicodedata.normalize("NFD", "Zoë and Chloé met Chloéx")


@pytest.mark.parametrize(
    ("terms", "text", "masked"),
    [
        (["she", "her", "hers"], "She and her hers.", "▮ and ▮."),
        (["she", "her"], "She, her; (she) \"Her\"—she/her!", "▮, ▮; (▮) \"▮\"—▮/▮!"),
        (["she", "her"], "she\nher\r\nshe", "▮\n▮\r\n▮"),  # lines stay lines
        (["she", "her"], "she \t her\N{NO-BREAK SPACE}she x", "▮ x"),
        (["her"], "▮ her, ▮", "▮, ▮"),  # a copy of a copy
        (["redacted"], "Redacted she", "▮ she"),
        (["women's"], "Womenʼs, women＇s, WOMEN‘S", "▮, ▮, ▮"),  # every kind of apostrophe that the audit reads as one
        (["zoë", "chloé"], NFD, f"▮ and ▮ met {unicodedata.normalize('NFD', 'Chloéx')}"),
        (["chloé"], "CHLOÉ's chloe", "▮ chloe"),
        (["她", "女子"], "她是女子 team, x女 子y", "▮是▮ team, x▮y"),  # no spaces between the words of these
        (["she"], "她she是, shes", "她▮是, shes"),
        (["her team"], "Her, team; her  team. HER\nTEAM", "▮, ▮; ▮. ▮\n▮"),  # neighbours, whatever stands between them
        (["her"], "she_her, her_x", "she_▮, ▮_x"),  # an underscore is no letter
        (["chloe"], unicodedata.normalize("NFD", "Chloé"), unicodedata.normalize("NFD", "Chloé")),
        (["क"], "की क", "की ▮"),  # a vowel sign is part of its letter
        (["she"], "", ""),
    ],
)  # fmt: skip
def test_masks_are_signs_and_what_stands_between_them_stays(terms: list[str], text: str, masked: str) -> None:
    assert masker(terms)(text) == masked
    assert masker(terms)(masked) == masked


@pytest.mark.parametrize(
    ("terms", "texts"),
    [
        (("she", "her team"), ("She led her team and won", "SHE's here, he led the team", "her, team; her  team")),
        (("chloé", "o'neil"), (NFD, "Chloé O’Neil led", "chloe o'neil's team")),
        (("她", "女子"), ("她是女子 team", "他是男子 team", "女子她她")),
        (("she",), ("▮ she ▮", "a ▮ b", "she")),
        (("क", "her"), ("की क लड़की", "her_x she_her", "her\u0301 h-her")),
    ],
)
def test_the_audit_with_masks_counts_what_an_audit_of_the_masked_copy_counts(
    terms: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    many = [f"{text} n{i}" for i in range(12) for text in texts]  # a term in under ten documents is not counted
    with_masks = _counts(_documents(many, masks=terms))
    copied = _counts(_documents([masker(terms)(text) for text in many]))
    assert with_masks == copied
    assert not [term for term in copied if "▮" in term]


def test_neighbours_of_a_mask_become_no_pair() -> None:
    texts = [f"led her team n{i}" for i in range(12)]
    found = _counts(_documents([masker(["her"])(text) for text in texts]))
    assert {"led", "team"} <= set(found)
    assert "led team" not in found


def _frame(seed: int) -> pd.DataFrame:
    """Return 400 texts of ten common words; of every woman's, and of no man's, one more word is 'she'."""
    draw = random.Random(seed)
    words = [f"word{i}" for i in range(30)]
    rows = []
    for i in range(400):
        text = draw.sample(words, 10)
        if i % 2:
            text.insert(draw.randrange(10), "She")
        rows.append({"sex": "fm"[i % 2 == 0], "cv": " ".join(text), "hired": draw.choice(["yes", "no"])})
    return pd.DataFrame(rows)


def test_a_masked_copy_that_is_audited_later_does_not_tell_the_group(tmp_path: Path) -> None:
    data, terms, copy = (tmp_path / name for name in ("data.csv", "terms.txt", "copy.csv"))
    _frame(11).to_csv(data, index=False)
    terms.write_text("she\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["redact", str(data), "--terms", str(terms), "--text", "cv", "-o", str(copy)])
    assert run.exit_code == 0, run.output
    texts = pd.read_csv(copy)["cv"]
    assert texts.str.count("▮").sum() == 200
    assert not texts.str.contains("redacted", case=False).any()

    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "text": "cv", "only": ["TXT001", "TXT003"]}
    before, after = auditor.check(data, **asked), auditor.check(copy, **asked)
    assert before.result("TXT003").state is State.SHOWN_STRONG
    assert "she" in {row["term"] for row in before.result("TXT001").table}
    assert not after.result("TXT001").table
    assert after.result("TXT003").state not in (State.SHOWN, State.SHOWN_STRONG, State.BORDERLINE)
    area = next(after.findings("TXT003")).measures["auc"]
    assert area.low is not None and area.high is not None
    assert area.low < 0.5 < area.high
    assert "▮" not in suggestions(after)
    # As told beside before, without a copy.
    beside = auditor.check(data, **asked, redact=["she"])
    assert next(beside.findings("TXT003")).measures["auc"].value == pytest.approx(area.value, abs=0.02)


def test_redacted_is_a_word_like_any_other() -> None:
    found = _counts(_documents([f"the file was redacted n{i}" for i in range(12)]))
    assert "redacted" in found


def _with_terms(seed: int) -> pd.DataFrame:
    """Return 600 texts: 'she' in as many of both groups, 'harpist' in women's alone."""
    draw = random.Random(seed)
    words = [f"word{i}" for i in range(30)]
    rows = []
    for i in range(600):
        text = draw.sample(words, 8) + (["she"] if i % 4 < 2 else []) + (["harpist"] if i % 2 and i % 3 == 0 else [])
        rows.append({"sex": "fm"[i % 2 == 0], "cv": " ".join(text), "hired": draw.choice(["yes", "no"])})
    return pd.DataFrame(rows)


def test_only_terms_that_differ_between_groups_are_suggested(tmp_path: Path) -> None:
    data, terms = tmp_path / "data.csv", tmp_path / "terms.txt"
    _with_terms(3).to_csv(data, index=False)
    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "text": "cv", "only": ["TXT001", "TXT002"]}
    audit = auditor.check(data, **asked)
    kinds = {row["term"]: row["kind"] for row in audit.result("TXT001").table}
    assert kinds == {"harpist": "marks", "she harpist": "marks", "she": "watched"}
    terms.write_text(suggestions(audit), encoding="utf-8")
    assert read_terms(terms) == ("harpist",)
    assert "# Left out: 1 watch-list term without evidence" in terms.read_text(encoding="utf-8")

    copy = tmp_path / "copy.csv"
    run = CliRunner().invoke(main, ["redact", str(data), "--terms", str(terms), "-o", str(copy), "--text", "cv"])
    assert run.exit_code == 0, run.output
    again = suggestions(auditor.check(copy, **asked))
    assert "# No term to mask was found" in again and "1 watch-list term " in again


def test_a_mask_is_no_style(tmp_path: Path) -> None:
    """The first word of every woman's text is masked; without the masks, all texts have one length and no capital."""
    masked, bare = tmp_path / "masked.csv", tmp_path / "bare.csv"
    draw = random.Random(5)
    texts = [" ".join(draw.sample([f"word{i}" for i in range(10, 40)], 9)) for _ in range(300)]
    frame = pd.DataFrame({"sex": ["f", "m"] * 150, "hired": [draw.choice(["yes", "no"]) for _ in texts], "cv": texts})
    frame.to_csv(bare, index=False)
    places = [("▮ {}", "{} ▮", "{}")[i % 3] if i % 2 else "{}" for i in range(300)]
    frame["cv"] = [place.format(text) for place, text in zip(places, texts, strict=True)]
    frame.to_csv(masked, index=False)
    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "text": "cv", "only": ["PRX001"]}
    found = [auditor.check(path, **asked) for path in (masked, bare)]
    columns = [[(each.name, each.levels) for each in audit.dataset.columns] for audit in found]
    styles = [[each for each in listed if each[0].startswith("cv: ")] for listed in columns]
    assert styles[0] == styles[1]
    messages = [[finding.message for finding in audit.findings("PRX001")] for audit in found]
    assert messages[0] == messages[1]


def test_a_real_file_that_was_masked_holds_no_suggested_term(tmp_path: Path) -> None:
    terms, copy = tmp_path / "terms.txt", tmp_path / "copy.csv"
    use = SAMPLES / "hiring.use_case.toml"
    before = auditor.check(SAMPLES / "hiring.csv", use_case=use, only=["TXT001", "TXT002"])
    terms.write_text(suggestions(before), encoding="utf-8")
    suggested = read_terms(terms)
    marked = {row["term"] for row in before.result("TXT001").table if row["kind"] == "marks"}
    assert suggested and set(suggested) <= marked
    run = CliRunner().invoke(main, ["redact", str(SAMPLES / "hiring.csv"), "--terms", str(terms), "-o", str(copy)])
    assert run.exit_code == 0, run.output
    assert not re.search("▮[ \\t]*▮", copy.read_text(encoding="utf-8"))
    after = auditor.check(copy, use_case=use, only=["TXT001", "TXT002", "PRX001"])
    rows = [row["term"] for code in ("TXT001", "TXT002") for row in after.result(code).table]
    assert not [term for term in rows if "▮" in term or term in suggested]
    assert "▮" not in suggestions(after)
