"""Texts that are not words between spaces: scripts without spaces, lists in a cell, a few words a row, other quotes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.redact import read_terms

ROWS = 600
CHINESE = [
    "項目",
    "經理",
    "負責",
    "開發",
    "客戶",
    "銷售",
    "數據",
    "分析",
    "報告",
    "系統",
    "團隊",
    "計劃",
    "培訓",
    "產品",
]
JAPANESE = ["営業", "会計", "開発", "経理", "チーム", "システム", "データ", "分析", "報告", "企画", "販売", "顧客"]
THAI = ["โครงการ", "ทีม", "ขาย", "วางแผน", "รายงาน", "ข้อมูล", "ระบบ", "ลูกค้า", "อบรม", "สินค้า"]  # fmt: skip
ENGLISH = [
    "project",
    "team",
    "lead",
    "build",
    "client",
    "sales",
    "plan",
    "report",
    "data",
    "system",
    "fair",
    "training",
]
SEX = np.array(["w", "m"])


def _frame(words: list[str], mark: str, joined: str, many: int) -> pd.DataFrame:
    """Rows of which half of the women's have `mark` among `many` words, and are selected far less often for it."""
    rng = np.random.default_rng(3)
    sex = SEX[rng.integers(0, 2, ROWS)]
    marked = (sex == "w") & (rng.random(ROWS) < 0.5)
    drawn = [list(rng.choice(words, many)) for _ in range(ROWS)]
    texts = [joined.join([*of[:3], mark, *of[3:]] if has else of) for of, has in zip(drawn, marked, strict=True)]
    hired = np.where(rng.random(ROWS) < np.where(marked, 0.2, 0.5), "yes", "no")
    return pd.DataFrame({"sex": sex, "about": texts, "hired": hired})


@pytest.mark.parametrize(
    ("frame", "term"),
    [
        (_frame(CHINESE, "女足", "", 20), "女"),
        (_frame(THAI, "ญิงฟุ", "", 20), "ญิ"),
        (_frame(ENGLISH, "netball", ",", 20), "netball"),
        (_frame(ENGLISH, "netball", "; ", 20), "netball"),
        (_frame(ENGLISH, "netball", "|", 20), "netball"),
        (_frame(JAPANESE, "なでしこ", "", 20), "な"),
    ],
    ids=["Chinese", "Thai", "commas", "semicolons", "bars", "Japanese"],
)
def test_a_text_is_one_without_spaces_between_its_words(frame: pd.DataFrame, term: str) -> None:
    audit = auditor.check(frame, target="hired", groups=["sex"], only=["TXT001"], positive="yes")
    assert [column.role for column in audit.dataset.columns if column.name == "about"] == ["text"]
    assert term in {str(row["term"]) for row in audit["TXT001"].table}


def test_a_few_words_a_row_are_named_as_what_they_may_be() -> None:
    frame = _frame(ENGLISH, "netball", " ", 4)
    audit = auditor.check(frame, target="hired", groups=["sex"], positive="yes", no_models=True)
    (left,) = [of for of in audit.dataset.reading if of.about == "text"]
    assert (left.columns, left.overrule, left.warning) == (("about",), "--text about", True)
    assert not [of for of in audit.findings("QLT003") if of.subject["column"] == "about"]
    named = auditor.check(frame, target="hired", groups=["sex"], positive="yes", text=["about"], only=["TXT001"])
    assert "netball" in {str(row["term"]) for row in named["TXT001"].table}


@pytest.mark.parametrize("quote", ["'", "\u2019", "\u2018", "\u02bc", "\uff07", "\u00b4", "`"])
def test_every_apostrophe_is_one(quote: str, tmp_path: Path) -> None:
    frame = _frame(ENGLISH, f"women{quote}s", " ", 20)
    audit = auditor.check(frame, target="hired", groups=["sex"], only=["TXT001"], positive="yes")
    assert "women's" in {str(row["term"]) for row in audit["TXT001"].table}
    terms = tmp_path / "terms"
    terms.write_text(f"Women{quote}s\n", encoding="utf-8")
    assert read_terms(terms) == ("women's",)
