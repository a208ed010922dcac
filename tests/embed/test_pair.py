"""Words masked and meaning left: TXT004 has both, where a text is embedded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import auditor
from auditor.model import Audit
from auditor.reporter.charts import peel as peel_chart
from auditor.reporter.rule_tables import rule_tables
from tests.embed.models import tokenizer, write

RARE, COMMON, N = 400, 30, 1_200


def _model(folder: Path) -> Path:
    """Write a model in which rare words of one kind have one sign in their first number, those of the other another."""
    draw = np.random.default_rng(8)
    words = ["[UNK]", *(f"rare{i}" for i in range(RARE)), *(f"common{i}" for i in range(COMMON)), "lady", "gentleman"]
    table = draw.normal(size=(len(words), 4)).astype(np.float32) * 0.2
    table[1 : RARE + 1, 0] = np.where(np.arange(RARE) % 2, 2, -2)
    folder.mkdir()
    save_file({"embeddings": table}, folder / "model.safetensors")
    write(folder, "config.json", {})
    tokenizer(folder, words)
    return folder


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Audit texts with an obvious word for sex, and a rare one that no model of terms can learn."""
    draw = np.random.default_rng(9)
    sex = draw.choice(["f", "m"], N)
    texts = []
    for of in sex:
        own = 2 * draw.integers(0, RARE // 2) + (of == "f")
        filler = " ".join(f"common{i}" for i in draw.choice(COMMON, 8, replace=False))
        obvious = {"f": "lady", "m": "gentleman"}[of] if draw.random() < 0.9 else ""
        texts.append(f"{filler} rare{own} {obvious}")
    frame = pd.DataFrame({"sex": sex, "hired": draw.choice(["yes", "no"], N), "cv": texts})
    model = _model(tmp_path_factory.mktemp("pair") / "model")
    return auditor.check(
        frame, target="hired", positive="yes", groups="sex", text="cv", embed={"cv": model}, only=["TXT003", "TXT004"]
    )


def _records(audit: Audit) -> dict[int, Any]:
    return {row["k"]: row for result in audit.results if result.rule == "TXT004" for row in result.table}


def test_masked_words_reveal_nothing_and_their_meaning_still_does(audit: Audit) -> None:
    records = _records(audit)
    judged = records[10]
    assert records[0]["auc"] > 0.9
    assert judged["auc"] == pytest.approx(0.5, abs=0.06)
    assert judged["embedded_auc"] > 0.95
    assert records[0]["embedded_auc"] > 0.95
    assert "embedded_auc" not in records[1]
    (finding,) = next(result.findings for result in audit.results if result.rule == "TXT004")
    assert finding.measures["auc_embedded"].value == judged["embedded_auc"]
    assert "A model that reads the embedding of 'cv' with these terms masked predicts" in finding.message


def test_the_pair_is_in_one_table_and_one_picture(audit: Audit) -> None:
    (table,) = (of for of in rule_tables(audit) if of.rule == "TXT004")
    assert [of.title for of in table.fields].count("AUC, embedding of the masked text") == 1
    (figure,) = (of for of in peel_chart.figures(audit) if of.rule == "TXT004")
    assert f"{_records(audit)[10]['embedded_auc']:.3f} from the embedding" in figure.words
    assert "Squares: from the embedding of the same masked text." in figure.caption
    assert figure.svg().startswith("<svg")


def test_without_an_embedding_there_is_no_such_column() -> None:
    from tests.golden import kept

    (table,) = (of for of in rule_tables(kept("hiring")) if of.rule == "TXT004")
    assert all("embedding" not in of.title for of in table.fields)
