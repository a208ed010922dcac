"""`--embed`, `check(embed=...)` and `--save-vectors`: which rows are embedded, what is said, what is written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit import embedding
from auditor.cli.commands import main
from auditor.errors import ArgumentError, AuditError, ColumnError, OutputError, RoleError, SourceError
from tests.embed.models import TABLE, image_network, static, text_network

WORDS = ("red", "green", "blue", "grey")


def _frame(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    colours = [" ".join(rng.choice(WORDS, size=3)) for _ in range(n)]
    sex = rng.choice(["f", "m"], n)
    return pd.DataFrame(
        {"person": range(n), "sex": sex, "hired": rng.integers(0, 2, n), "cv": colours, "age": range(n)}
    )


def _check(frame: Any, **options: Any) -> auditor.Audit:
    return auditor.check(frame, target="hired", groups="sex", positive=1, only="OUT001", **options)


def _said(audit: auditor.Audit) -> list[str]:
    return [of.text for of in audit.dataset.reading if of.about == "embedding"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return static(tmp_path / "colours", {"embeddings": TABLE}, max_length=5)


def test_the_audit_says_what_was_embedded_by_what(tmp_path: Path) -> None:
    model = static(tmp_path / "colours", {"embeddings": TABLE}, max_length=2)
    sha256 = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    assert _said(_check(_frame(), embed={"CV": model})) == [
        f"Embedded 400 of 400 texts of 'cv' by 'colours' (model2vec): vectors of 2 numbers, pooling: mean, SHA-256 "
        f"{sha256}. At most 2 tokens of a text are read; 100.0% of these texts were cut."
    ]


def test_of_a_slow_model_fewer_rows_are_embedded_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MOST", 150)
    (said,) = _said(_check(_frame(), embed={"cv": text_network(tmp_path)}))
    assert said.startswith("Embedded 150 of 400 texts of 'cv' by ")
    (said,) = _said(_check(_frame(), embed={"cv": static(tmp_path / "fast", {"embeddings": TABLE})}))
    assert said.startswith("Embedded 400 of 400 texts")


def test_vectors_are_saved_beside_the_person_they_are_of(model: Path, tmp_path: Path) -> None:
    frame, path = _frame(), tmp_path / "vectors.parquet"
    _check(frame, embed={"cv": model}, id="person", save_vectors=path)
    table = pq.read_table(path)
    assert table.column_names == ["person", "row", "embedding of cv"]
    found = {int(key): vector for key, vector in zip(table["person"].to_pylist(), table[2].to_pylist(), strict=True)}
    values = dict(zip(("red", "green", "blue", "grey"), TABLE[1:], strict=True))
    for person, text in zip(frame["person"], frame["cv"], strict=True):
        assert found[person] == pytest.approx(np.mean([values[word] for word in text.split()], axis=0), abs=1e-6)
    made_by = json.loads(table.schema.metadata[b"dataudit"])
    assert (made_by["model"], made_by["documents"], made_by["cut_share"]) == ("colours", 400, 0)
    first_bytes = path.read_bytes()
    _check(frame, embed={"cv": model}, id="person", save_vectors=path)
    assert path.read_bytes() == first_bytes


def test_masked_terms_and_their_masks_reach_no_model() -> None:
    seen: list[list[str]] = []

    def model(texts: list[str]) -> np.ndarray:
        seen.append(texts)
        return np.array([[len(text), text.count("e")] for text in texts])

    audit = _check(_frame(), text="cv", embed={"cv": model}, redact=["green", "grey"])
    before, after = seen
    assert any("green" in text for text in before)
    assert {word for text in after for word in text.split()} == {"red", "blue"}
    assert "▮" not in "".join(after)
    assert "The masked terms were left out." in _said(audit)[0]


def test_a_dropped_column_is_embedded_before_alone(model: Path) -> None:
    assert not _said(_check(_frame(), embed={"cv": model}, drop="cv"))


def test_texts_without_a_known_word_are_counted_and_not_used(model: Path, tmp_path: Path) -> None:
    frame, path = _frame(), tmp_path / "v.parquet"
    frame.loc[frame.index % 4 == 0, "cv"] = "none of these"
    (said,) = _said(_check(frame, embed={"cv": model}, save_vectors=path))
    assert said.startswith("Embedded 400 of 400 texts")
    assert said.endswith("100 of these texts gave a vector of zeros, which is not used.")
    assert pq.read_table(path).num_rows == 300


def test_the_command_line_names_folders(model: Path, tmp_path: Path) -> None:
    data, path = tmp_path / "data.csv", tmp_path / "v.parquet"
    _frame().to_csv(data, index=False)
    asked = ["check", str(data), "--target", "hired", "--positive", "1", "--group", "sex", "--only", "OUT001"]
    run = CliRunner().invoke(
        main, [*asked, "--embed", f"cv={model}", "--save-vectors", str(path), "--fail-on", "never"]
    )
    assert run.exit_code == 0, run.stderr
    assert str(path) in run.stderr
    assert pq.read_table(path).num_rows == 400


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"embed": "cv"}, AuditError, "written as column=FOLDER; got 'cv'"),
        ({"embed": ["cv=a", "cv=b"]}, AuditError, "'cv' is embedded twice"),
        ({"embed": {"cv": 5}}, ArgumentError, "^embed is a dict of other things; it must be a mapping"),
        ({"embed": "cv=nowhere"}, SourceError, "there is no folder 'nowhere'"),
        ({"embed": {"resume": print}}, ColumnError, "column 'resume' is not in"),
        ({"embed": {"cv": print, "CV": print}}, RoleError, "'cv' is embedded twice; name it once"),
        ({"embed": {"hired": print}}, RoleError, "'hired' is the outcome or a group"),
        ({"embed": {"age": print}}, RoleError, r"'age' holds no text \(BIGINT\)"),
        ({"save_vectors": "v.parquet"}, OutputError, "takes the vectors of one column; 0 are embedded"),
        ({"embed": {"cv": print}, "save_vectors": "v.csv"}, OutputError, "must end in .parquet"),
        ({"embed": {"cv": print}, "save_vectors": "no/v.parquet"}, OutputError, "there is no folder"),
    ],
)
def test_what_cannot_be_embedded_is_refused_before_anything_is_written(
    options: dict[str, Any], error: type[AuditError], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=why):
        _check(_frame(60), **options)
    assert not list(tmp_path.iterdir())


def test_a_model_of_images_is_refused_for_a_text(tmp_path: Path) -> None:
    folder = image_network(tmp_path, size={"height": 2, "width": 2})
    with pytest.raises(RoleError, match="the model for 'cv' reads images, and the column holds no image"):
        _check(_frame(60), embed={"cv": folder})


def test_tallies_have_no_rows_to_embed() -> None:
    with pytest.raises(AuditError, match=r"^'embed' cannot be asked of tallies"):
        auditor.check("a.tally", embed={"cv": print})
