"""Columns of vectors, images and other values that no rule reads.

A column of vectors was called an identifier and not seen again: PRX002 said *clear* of data whose vectors tell the group
to a linear model, and LAB001 called people with different vectors identical. Bytes of images became text, in which
TXT003 found words. Until they are audited they are named, with a warning; no claim about the other columns together is
clear beside them; and they are a part of what makes a record.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

import auditor
from auditor.engines.duckdb import peek
from auditor.errors import AuditError
from auditor.loaders import open_source
from auditor.model import Audit, Column, Decision, State
from auditor.use.roles import Opaque
from auditor.use.usecase import UseCase

ROWS, WIDTH = 200, 12
RNG = np.random.default_rng(15)
VECTORS = RNG.normal(size=(ROWS, WIDTH)).astype(np.float32)
PEOPLE = {"sex": RNG.choice(["f", "m"], ROWS), "hired": RNG.choice(["yes", "no"], ROWS)}


def _png(pixel: int) -> bytes:
    """Return a real image of one grey pixel, with a comment that makes it longer than a hash."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + struct.pack(">H", pixel))
    comment = chunk(b"tEXt", b"Comment\0she led a team of engineers and wrote the report about it")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + comment + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


IMAGES = [_png(i << 8) for i in range(ROWS)]  # each of another brightness
HUGGING_FACE = [{"bytes": image, "path": f"{i}.png"} for i, image in enumerate(IMAGES)]


def _csv(values: list[str]) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        pd.DataFrame({**PEOPLE, "x": values}).to_csv(folder / "a.csv", index=False)
        return folder / "a.csv"

    return made


def _parquet(values: pa.Array) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        pq.write_table(pa.table({**PEOPLE, "x": values}), folder / "a.parquet")
        return folder / "a.parquet"

    return made


def _json(values: list[Any]) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        rows: Any = pd.DataFrame({**PEOPLE, "x": pd.Series(values, dtype=object)}).to_dict("records")
        (folder / "a.json").write_text(json.dumps(rows), encoding="utf-8")
        return folder / "a.json"

    return made


def _duckdb(kind: str, values: list[Any]) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        with duckdb.connect(str(folder / "a.duckdb")) as connection:
            connection.register("given", pa.table({**PEOPLE, "x": values}))
            connection.execute(f"CREATE TABLE people AS SELECT * REPLACE (x::{kind} AS x) FROM given").fetchall()
        return folder / "a.duckdb"

    return made


def _frame(values: Any) -> Callable[[Path], object]:
    return lambda folder: pd.DataFrame({**PEOPLE, "x": pd.Series(list(values), dtype=object)})


LISTS = VECTORS.tolist()
KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "list in Parquet": (_parquet(pa.array(LISTS, pa.list_(pa.float32()))), "vector"),
    "list of fixed size": (_parquet(pa.array(LISTS, pa.list_(pa.float32(), WIDTH))), "vector"),
    "half floats": (_parquet(pa.array(VECTORS.astype(np.float16).tolist(), pa.list_(pa.float32()))), "vector"),
    "whole numbers": (_parquet(pa.array((VECTORS * 100).astype(int).tolist())), "vector"),
    "ARRAY of DuckDB": (_duckdb(f"FLOAT[{WIDTH}]", LISTS), "vector"),
    "LIST of DuckDB": (_duckdb("DOUBLE[]", LISTS), "vector"),
    "arrays in pandas": (_frame(VECTORS), "vector"),
    "half arrays in pandas": (_frame(VECTORS.astype(np.float16)), "vector"),
    "tuples in pandas": (_frame([tuple(row) for row in LISTS]), "vector"),
    "matrices in pandas": (_frame(VECTORS.reshape(ROWS, 3, 4)), "vector"),
    "matrix in Polars": (lambda _: pl.DataFrame({**PEOPLE, "x": VECTORS}), "vector"),
    "list in Polars": (lambda _: pl.DataFrame({**PEOPLE, "x": LISTS}).lazy(), "vector"),
    "list in Arrow": (lambda _: pa.table({**PEOPLE, "x": pa.array(LISTS)}), "vector"),
    "list in JSON": (_json(LISTS), "vector"),
    "text of a list": (_csv([str(row) for row in LISTS]), "vector"),
    "text of numpy's": (_csv([str(row) for row in VECTORS]), "vector"),
    "text of numpy's, shortened": (_csv([f"[{a:.4f} {b:.4f} {a:.4f} ... {b:.4f}]" for a, b, *_ in LISTS]), "vector"),
    "numbers with spaces": (_csv([" ".join(map(str, [*row, *row])) for row in LISTS]), "vector"),
    "of any length": (_frame([row[: 1 + i % 5] for i, row in enumerate(LISTS)]), "vector"),
    "images of Hugging Face": (_parquet(pa.array(HUGGING_FACE)), "image"),
    "images as bytes": (_parquet(pa.array(IMAGES)), "image"),
    "images in pandas": (_frame(IMAGES), "image"),
    "images by path alone": (_parquet(pa.array([f"faces/{i}.JPG" for i in range(ROWS)])), "image"),
    "JPEG": (_frame([b"\xff\xd8\xff\xe0" + bytes(100) + bytes([i]) for i in range(ROWS)]), "image"),
    "images in base 64": (_csv([base64.b64encode(image).decode() for image in IMAGES]), "image"),
    "images as addresses": (_csv([f"data:image/png;base64,{base64.b64encode(i).decode()}" for i in IMAGES]), "image"),
    "sound": (_parquet(pa.array([{"bytes": b"RIFF" + bytes([i] * 99), "path": None} for i in range(ROWS)])), "binary"),
    "bytes": (_frame([bytes([i, 255 - i]) * 50 for i in range(ROWS)]), "binary"),
    "bytes in base 64": (_csv([base64.b64encode(bytes([i, 7]) * 150).decode() for i in range(ROWS)]), "binary"),
    "structs": (_frame([{"a": i, "b": [1, 2]} for i in range(ROWS)]), "nested"),
    "objects in JSON": (_json([{"a": i, "b": {"c": [1]}} for i in range(ROWS)]), "nested"),
    "lists of texts": (_frame([["python", f"sql {i}"] for i in range(ROWS)]), "nested"),
}  # fmt: skip


# What is said of vectors that are not simply of WIDTH numbers.
LENGTHS = {
    "of any length": "lists of 1 to 5 numbers",
    "text of numpy's, shortened": "lists of numbers",
    "matrices in pandas": "lists of numbers",
}


def _seen(audit: Audit, name: str = "x") -> Column:
    return next(column for column in audit.dataset.columns if column.name == name)


def _unchecked(audit: Audit) -> list[Decision]:
    return [decision for decision in audit.dataset.reading if decision.about == "not audited"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_rule_reads_is_named(kind: str, tmp_path: Path) -> None:
    make, role = KINDS[kind]
    audit = auditor.check(make(tmp_path), target="hired", groups="sex", no_models=True)
    assert _seen(audit).role == role
    if guessed := [each for each in audit.dataset.reading if each.text.startswith("Vectors guessed")]:
        # Rules of their own audit them, if models may be made.
        assert role == "vector" and _unchecked(audit) == []
        numbers = 2 * WIDTH if kind == "numbers with spaces" else WIDTH
        assert (
            guessed[0].text == f"Vectors guessed: 'x' ({numbers} numbers)." and guessed[0].overrule == "--vector none"
        )
        assert {str(audit.result(rule).state) for rule in ("EMB001", "EMB002")} == {"not_run"}
    else:
        (decision,) = _unchecked(audit)
        assert decision.columns == ("x",) and decision.warning and decision.overrule == "--drop x"
        assert "No rule audits it yet" in decision.text
        assert role != "vector" or decision.text.startswith(
            f"'x' holds {LENGTHS.get(kind, f'vectors of {WIDTH} numbers')}."
        )
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []
    assert list(audit.findings("QLT003")) == []
    for rule in ("PRX001", "LAB003"):
        assert [each.state for each in audit.findings(rule) if each.subject.get("column") == "x"] == ["undetermined"]
    saved = json.dumps(audit.to_dict())
    assert Audit.from_dict(json.loads(saved)) == audit
    assert "engineers" not in saved and "\\u0000" not in saved  # nothing of what the bytes hold


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([b"yes", b"no", "år".encode()], {"yes", "no", "år"}),  # bytes that spell a text, as older programs write it
        ([bytes([0, 255]), bytes([7, 200])], {"00FF", "07C8"}),  # short ones, as identifiers are
        ([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], {"[1.0, 0.0]", "[0.0, 1.0]", "[0.5, 0.5]"}),
        ([{"a": 1}, {"a": 2}], {'{"a":1}', '{"a":2}'}),
        (["[none]", "[some]", "3.5 km"], {"[none]", "[some]", "3.5 km"}),
        (["2.5 1.5", "1.5"], {"2.5 1.5", "1.5"}),
    ],
)
def test_what_recurs_is_compared_as_levels(values: list[Any], kind: set[str]) -> None:
    column = [values[i % len(values)] for i in range(ROWS)]
    frame = pd.DataFrame({**PEOPLE, "x": pd.Series(column, dtype=object)})
    audit = auditor.check(frame, target="hired", groups="sex", no_models=True)
    assert _seen(audit).role == "feature" and _seen(audit).levels == len(kind) and not _unchecked(audit)
    with open_source(frame) as source:
        assert set(peek(source)["x"].levels) == kind


def test_texts_are_not_taken_for_anything_else() -> None:
    words = ["see figure 3.png", "[she led] a team", "1.5, 2.5 and 3", "{braces} in a text", "data: image", "a" * 300]
    columns = {f"x{i}": [f"{text} of {k} people in all" for k in range(ROWS)] for i, text in enumerate(words)}
    with open_source(pd.DataFrame(columns)) as source:
        assert {name: seen.holds for name, seen in peek(source).items()} == dict.fromkeys(columns)


def _telling(rows: int = 3_000) -> tuple[pd.DataFrame, np.ndarray]:
    """Return people whose vectors tell their sex, while their grade does not."""
    rng = np.random.default_rng(4)
    sex = rng.choice(["f", "m"], rows)
    vectors = rng.normal(size=(rows, 8)).astype(np.float32)
    vectors[:, :4] += np.where(sex == "f", 1.0, 0.0)[:, None]
    frame = pd.DataFrame(
        {"sex": sex, "hired": rng.choice(["yes", "no"], rows), "grade": rng.integers(0, 5, rows).astype(str)}
    )
    return frame.assign(emb=list(vectors)), vectors


def test_nothing_is_clear_of_columns_together_beside_a_vector() -> None:
    frame, vectors = _telling()
    probe = cross_val_predict(LinearDiscriminantAnalysis(), vectors, frame["sex"], method="decision_function", cv=5)
    assert roc_auc_score(frame["sex"], probe) > 0.9  # what a model would find
    rules = ["PRX001", "PRX002", "LAB003", "MDL001", "LAB001", "QLT001"]
    audit = auditor.check(frame, target="hired", groups="sex", only=rules)
    (found,) = audit.findings("PRX002")
    assert found.state is State.SHOWN_STRONG and (found.measures["auc"].value or 0) > 0.9
    assert "by linear discriminant of 'emb'" in found.message
    assert audit.result("MDL001").state is State.UNDETERMINED
    unread = auditor.check(frame, target="hired", groups="sex", only=["PRX001", "LAB003", "MDL001", "PRX003"])
    for rule in ("PRX001", "LAB003", "MDL001"):  # nothing read the vectors
        assert unread.result(rule).state is State.UNDETERMINED
    assert audit.result("QLT001").state is State.CLEAR
    for without in ({"drop": "emb"}, {"use_case": UseCase.model_validate({"features": {"forbidden": ["emb"]}})}):
        other = auditor.check(frame, target="hired", groups="sex", only=rules, **without)
        assert [each.state for each in other.findings("PRX002")] == ["clear"]
        assert "Inconclusive: 'emb'" not in json.dumps(other.to_dict()["results"])


def test_people_with_other_vectors_are_not_alike() -> None:
    """120 pairs of a woman and a man with one grade, and one vector in 40 pairs: those alone are alike."""
    vectors = np.repeat(np.arange(120.0), 2)
    vectors[80:] = np.arange(1_000.0, 1_160.0)  # the others have one each
    frame = pd.DataFrame(
        {"sex": ["f", "m"] * 120, "hired": ["no", "yes"] * 120, "grade": np.repeat(np.arange(120), 2).astype(str)}
    )
    frame["emb"] = pd.Series([[value, 1.0, 2.0] for value in vectors], dtype=object)
    frame["photo"] = pd.Series([{"bytes": _png(int(value)), "path": None} for value in vectors], dtype=object)
    for unread, pairs in ([], 120), (["emb"], 40), (["photo"], 40), (["emb", "photo"], 40):
        audit = auditor.check(frame[["sex", "hired", "grade", *unread]], target="hired", groups="sex", only="LAB001")
        exact = [each for each in audit.findings("LAB001") if each.subject.get("stratum") != "near-identical"]
        assert [each.measures["pairs"].value for each in exact] == [pairs]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_copies_only_where_all_their_values_are(kind: str, tmp_path: Path) -> None:
    """But for x, the rows have four kinds; by x, no two are alike: of all rows given twice no more than half are copies."""
    data = KINDS[kind][0](tmp_path)
    table = "people" if kind.endswith("of DuckDB") else "data"
    sql = f"FROM {table} UNION ALL FROM {table}"
    audit = auditor.check(data, sql=sql, groups="sex", only="QLT001")
    assert [each.measures["duplicates"].value for each in audit.findings("QLT001")] == [ROWS]


def test_bytes_are_no_text_even_if_they_are_named_so() -> None:
    frame = pd.DataFrame({**PEOPLE, "photo": HUGGING_FACE})
    with pytest.raises(AuditError, match="column 'photo' holds images and cannot be read as text"):
        auditor.check(frame, target="hired", groups="sex", text="photo")
    audit = auditor.check(frame, target="hired", groups="sex", only="TXT003")
    assert audit.result("TXT003").reason == "there is no text column (--text)"


def test_whose_photo_is_missing_tells_the_group_and_the_outcome() -> None:
    """Of 200 women 60 have no photo, of 200 men none: 30 points. Of 200 hired 20 have none, of 200 others 40."""
    photos: list[Any] = [{"bytes": _png(i), "path": None} for i in range(400)]
    for i in [*range(20), *range(100, 140)]:
        photos[i] = None
    frame = pd.DataFrame(
        {"sex": ["f"] * 200 + ["m"] * 200, "hired": (["yes"] * 100 + ["no"] * 100) * 2, "photo": photos}
    )
    audit = auditor.check(frame, target="hired", groups="sex", only=["PRX004", "QLT002"])
    (by_group,) = audit.findings("PRX004")
    assert by_group.measures["missing_difference"].value == pytest.approx(-0.3) or by_group.measures[
        "missing_difference"
    ].value == pytest.approx(0.3)
    (by_outcome,) = audit.findings("QLT002")
    assert by_outcome.measures["missing_difference"].value == pytest.approx(20 / 200 - 40 / 200)
    assert _seen(audit, "photo").missing == 60 and _seen(audit, "photo").levels == 340


def test_many_vectors_are_read_in_little_memory(tmp_path: Path) -> None:
    """Of 384 numbers each, 30,000 take 46 MB; with all of them in memory twice the engine would pass its limit."""
    rows = 30_000
    values = pa.array(np.random.default_rng(0).random(rows * 384, np.float32))
    table = pa.table(
        {
            "sex": np.where(np.arange(rows) % 3, "f", "m"),
            "hired": np.where(np.arange(rows) % 2, "yes", "no"),
            "emb": pa.FixedSizeListArray.from_arrays(values, 384),
        }
    )
    pq.write_table(pa.concat_tables([table, table.slice(0, 300)]), tmp_path / "a.parquet", row_group_size=10_000)
    audit = auditor.check(tmp_path / "a.parquet", target="hired", groups="sex", no_models=True, memory_limit="128MiB")
    (found,) = audit.findings("QLT001")
    assert found.measures["duplicates"].value == 300
    assert "Vectors guessed: 'emb' (384 numbers)." in [each.text for each in audit.dataset.reading]


def test_numbered_columns_are_read_as_a_vector() -> None:
    wide = pd.DataFrame(np.random.default_rng(3).normal(size=(ROWS, 20)), columns=[f"emb_{i}" for i in range(20)])
    audit = auditor.check(wide.assign(**PEOPLE), target="hired", groups="sex", only="PRX001")
    (decision, _) = [each for each in audit.dataset.reading if each.about == "vectors"]
    assert decision.text.startswith("'emb_0' to 'emb_19' are read as one vector 'emb' of 20 numbers,")
    assert [each.name for each in audit.dataset.columns] == ["emb", "sex", "hired"] and _seen(
        audit, "emb"
    ).role == "vector"
    apart = auditor.check(wide.assign(**PEOPLE), target="hired", groups="sex", only="PRX001", vector="none")
    (said,) = [each for each in apart.dataset.reading if each.about == "vectors"]
    assert said.text.startswith("'emb_0' to 'emb_19' look like one vector of 20 numbers.")
    assert {_seen(apart, f"emb_{i}").role for i in range(20)} == {"feature"}
    few = auditor.check(wide.iloc[:, :15].assign(**PEOPLE), target="hired", groups="sex", only="PRX001")
    assert not [each for each in few.dataset.reading if each.about == "vectors"]


def test_tallies_say_what_no_rule_read(tmp_path: Path) -> None:
    frame, _ = _telling(600)
    for i, part in enumerate((frame.iloc[:300], frame.iloc[300:])):
        edges = tmp_path / "0.tally" if i else None
        auditor.tally(part, tmp_path / f"{i}.tally", target="hired", groups="sex", edges_from=edges)
    audit = auditor.check([tmp_path / "0.tally", tmp_path / "1.tally"])
    assert _seen(audit, "emb").role == "vector"
    assert [each.state for each in audit.findings("PRX001") if each.subject.get("column") == "emb"] == ["undetermined"]
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []


def test_roles_know_what_is_unread() -> None:
    assert {kind.role for kind in Opaque} == {"vector", "image", "binary", "nested"}
