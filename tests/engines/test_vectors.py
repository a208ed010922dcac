"""Vectors counted by whether they can be used, as a part of a record, and drawn for models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.preparing import prepared
from auditor.counts.extras import ALL_ZERO, NOT_FINITE, UNUSABLE, WRONG_LENGTH
from auditor.counts.names import COUNT, LEVEL, OUTCOME
from auditor.engines import vectors
from auditor.engines.open import opened
from auditor.engines.sample import FAVOURABLE, PER_GROUP, ROW, STRATUM, WEIGHT, level_of
from auditor.engines.vectors import VectorSample
from auditor.errors import AuditError
from auditor.model import State
from auditor.use.usecase import UseCase

USE = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
D = 8
RNG = np.random.default_rng(6)


def _people(women: int, men: int, hired_women: int, hired_men: int) -> pd.DataFrame:
    """Return people, the hired ones of each sex first, with random vectors."""
    rows = women + men
    hired = ["yes"] * hired_women + ["no"] * (women - hired_women) + ["yes"] * hired_men + ["no"] * (men - hired_men)
    emb = list(np.random.default_rng(rows).normal(size=(rows, D)).astype(np.float32))
    return pd.DataFrame({"sex": ["f"] * women + ["m"] * men, "hired": hired, "emb": pd.Series(emb, dtype=object)})


def _without(frame: pd.DataFrame, bad: dict[int, Any]) -> pd.DataFrame:
    vectors_ = list(frame["emb"])
    for i, value in bad.items():
        vectors_[i] = value
    return frame.assign(emb=pd.Series(vectors_, dtype=object))


SHORT, ZERO = np.ones(D - 1, np.float32), np.zeros(D, np.float32)
NAN = np.array([np.nan] * D, np.float32)
# Of 100 women the first 40 are hired: of those 3 have a short vector, and of the others 5 zeros and 2 no vector.
BAD = {0: SHORT, 1: SHORT, 2: SHORT, 40: ZERO, 41: ZERO, 42: ZERO, 43: ZERO, 44: ZERO, 50: None, 51: None, 150: NAN}


def test_each_reason_is_counted_by_group_and_outcome() -> None:
    with opened(_without(_people(100, 100, 40, 60), BAD)) as rows:
        ready = prepared(rows, USE)
        tally = ready.rows.tally(ready.roles, ready.seen, False, lambda said: None)
    of = tally.vectors["emb"]
    assert of.dimension == D and of.lost == {None: 2, WRONG_LENGTH: 3, NOT_FINITE: 1, ALL_ZERO: 5}
    frame = of.tables[("sex",)]
    cells = {
        (level if isinstance(level, str) else None, sex, outcome): n
        for level, sex, outcome, n in frame[[LEVEL, "sex", OUTCOME, COUNT]].itertuples(index=False)
    }
    reasons = {key: n for key, n in cells.items() if key[0] is None or key[0] in UNUSABLE}
    assert reasons == {
        (WRONG_LENGTH, "f", 1): 3, (ALL_ZERO, "f", 0): 5, (None, "f", 0): 2, (NOT_FINITE, "m", 1): 1,
    }  # fmt: skip
    column = tally.columns["emb"]
    assert column.missing == 11 and column.placed_missing == 11 and tally.unplaced() == []
    assert int(column.table[COUNT].sum()) == 200
    assert set(column.table[LEVEL].dropna()) == {"(there)"}


def test_vectors_that_cannot_be_used_are_missing_by_group_and_outcome() -> None:
    """Of 300 women 60 have zeros, all of them not hired, of 320 men none: 20 points; 0 of 300 hired, 60 of 320 not."""
    frame = _without(_people(300, 320, 150, 150), dict.fromkeys(range(150, 210), ZERO))
    audit = auditor.check(frame, target="hired", groups="sex", only=["PRX004", "QLT002"])
    (by_group,) = [of for of in audit.findings("PRX004") if of.state.found]
    assert by_group.measures["missing_difference"].value == pytest.approx(0.2)
    assert by_group.message.startswith("'emb' has no usable vector for 20.0% of 300 with sex 'f' and for 0.0% of 320")
    (by_outcome,) = audit.findings("QLT002")
    assert by_outcome.measures["missing_difference"].value == pytest.approx(-60 / 320)
    assert by_outcome.message.startswith("'emb' has no usable vector for 0.0% of 300 with the favourable outcome and")
    (said,) = [of.text for of in audit.dataset.reading if of.about == "vectors" and of.warning]
    assert said == ("60 of 620 rows have no usable vector in 'emb': 60 of zeros alone. They count as missing values.")


def test_reasons_are_in_tally_files_and_add_up(tmp_path: Path) -> None:
    """The whole has 2 missing, 3 short, 1 not finite and 5 zero ones. In steps of 2 that is 2, 2, none and 4."""
    frame = _without(_people(100, 100, 40, 60), BAD)
    flags: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "vector": "emb"}
    for least, said in ((0, "11 of 200 rows"), (2, "At least 8 of 20")):
        for i, rows in enumerate((slice(0, 200, 2), slice(1, 200, 2)) if not least else (slice(0, 200),)):
            edges = tmp_path / "0.tally" if i else None
            auditor.tally(frame.iloc[rows], tmp_path / f"{i}.tally", edges_from=edges, min_cell=least, **flags)
        parts = [tmp_path / f"{i}.tally" for i in range(1 if least else 2)]
        audit = auditor.check(parts if len(parts) > 1 else parts[0], only="PRX004")
        (text,) = [of.text for of in audit.dataset.reading if of.about == "vectors" and of.warning]
        assert text.startswith(said)
    assert "2 without a vector" in text and "4 of zeros alone" in text and "not finite" not in text
    cut: list[Any] = [None if of is None else of[:4] for of in frame["emb"]]
    short = frame.assign(emb=cut)
    for i, each in enumerate((frame, short)):
        auditor.tally(each, tmp_path / f"{i}.tally", **flags)
    with pytest.raises(AuditError, match="'emb' has vectors of 8 numbers in one and of 4 in the other"):
        auditor.check([tmp_path / "0.tally", tmp_path / "1.tally"])


def test_weights_count_vectors_that_can_be_used() -> None:
    frame = _without(_people(300, 320, 150, 150), dict.fromkeys(range(150, 210), SHORT))
    weights = np.where(np.arange(620) < 300, 1.0, 2.0)
    audit = auditor.check(frame.assign(w=weights), target="hired", groups="sex", weight="w", only="PRX004")
    (of,) = [of for of in audit.findings("PRX004") if of.state.found]
    assert of.measures["missing_share"].value == pytest.approx(0.2)  # weights are alike within a sex


FORMS = ["list", "wide", "npy", "text"]


def _given(form: str, frame: pd.DataFrame, folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return people with vectors in a form, and the options that read them."""
    numbers = np.array([*frame["emb"]], dtype=np.float32)
    rest = frame.drop(columns="emb")
    if form == "wide":
        return pd.concat([rest, pd.DataFrame(numbers, columns=[f"emb_{i}" for i in range(D)])], axis=1), {
            "vector": "emb_*"
        }
    if form == "npy":
        np.save(folder / "v.npy", numbers)
        return rest, {"vector": f"emb={folder / 'v.npy'}"}
    if form == "text":
        return rest.assign(emb=[str(row.tolist()) for row in numbers]), {"vector": "emb"}
    return frame, {}


@pytest.mark.parametrize("form", FORMS)
def test_the_vector_is_a_part_of_the_record(form: str, tmp_path: Path) -> None:
    """120 pairs of a woman and a man with one grade each; in 40 pairs both have one vector, and those alone are alike.

    The same rows once more are 240 copies; with another vector in one number, none.
    """
    values = np.repeat(np.arange(120.0), 2)
    values[80:] = np.arange(1_000.0, 1_160.0)
    emb = np.repeat(values[:, None], D, axis=1).astype(np.float32)
    pairs = pd.DataFrame({"sex": ["f", "m"] * 120, "hired": ["no", "yes"] * 120, "grade": np.repeat(range(120), 2)})
    pairs["grade"] = pairs["grade"].astype(str)
    data, options = _given(form, pairs.assign(emb=list(emb)), tmp_path)
    audit = auditor.check(data, target="hired", groups="sex", only=["LAB001", "QLT003"], **options)
    exact = [of for of in audit.findings("LAB001") if of.subject.get("stratum") != "near-identical"]
    assert [of.measures["pairs"].value for of in exact] == [40]
    assert [of for of in audit.findings("QLT003") if of.subject["column"] == "emb"] == []

    other = emb.copy()
    other[:, -1] = np.nextafter(other[:, -1], np.float32(2_000))  # the least that 32 bits can tell
    for again, copies in ((emb, 240), (other, 0)):
        twice = pd.concat([pairs.assign(emb=list(emb)), pairs.assign(emb=list(again))], ignore_index=True)
        data, options = _given(form, twice, tmp_path)
        audit = auditor.check(data, groups="sex", only="QLT001", **options)
        assert [of.measures["duplicates"].value for of in audit.findings("QLT001")] == [copies]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_clear_beside_a_vector_that_tells_the_group(form: str, tmp_path: Path) -> None:
    """The vectors tell the sex, and the grade does not: the rules on columns do not say that nothing does."""
    frame = _people(1_500, 1_500, 700, 700)
    numbers = np.array([*frame["emb"]])
    numbers[:1_500, :4] += 1.0
    frame = frame.assign(emb=list(numbers), grade=RNG.integers(0, 5, 3_000).astype(str))
    data, options = _given(form, frame, tmp_path)
    audit = auditor.check(data, target="hired", groups="sex", only=["PRX002", "PRX003"], **options)
    assert [*audit.findings("PRX002")] and audit.result("PRX002").state is not State.CLEAR
    assert State.CLEAR not in [of.state for of in audit.findings()]


def _drawn(frame: Any, seed: int = 0, use: UseCase = USE) -> VectorSample:
    with opened(frame) as rows:
        ready = prepared(rows, use)
        tally = ready.rows.tally(ready.roles, ready.seen, False, lambda said: None, seed)
        return ready.rows.vectors(tally, ready.seen, seed)["emb"]


def test_a_sample_has_at_most_so_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 vectors that fit, the 100 women are all drawn, and of the 900 men 200, each for four and a half."""
    monkeypatch.setattr(vectors, "BYTES", 300 * 4 * D)
    frame = _people(100, 900, 40, 500)
    sample = _drawn(frame)
    assert sample.of == 1_000 and sample.values.shape == (300, D)
    assert sample.rows[level_of("sex")].value_counts().to_dict() == {"m": 200, "f": 100}
    assert sample.rows.groupby(level_of("sex"))[WEIGHT].unique().map(list).to_dict() == {"f": [1.0], "m": [4.5]}
    assert {FAVOURABLE, STRATUM, ROW} <= set(sample.rows)
    row_of = {row.tobytes(): i for i, row in enumerate(frame["emb"])}
    order = [row_of[row.tobytes()] for row in sample.values]
    assert len(set(order)) == 300 and (frame["sex"].to_numpy()[order] == sample.rows[level_of("sex")].to_numpy()).all()
    assert (_drawn(frame).values == sample.values).all()
    assert not np.array_equal(_drawn(frame, seed=1).values, sample.values)


def test_a_sample_keeps_copies_and_units() -> None:
    frame = _people(60, 60, 30, 30).assign(who=[f"p{i // 2}" for i in range(120)])
    twice = pd.concat([frame, frame], ignore_index=True)
    use = USE.over("features", id="who")
    sample = _drawn(twice, use=use)
    assert sample.of == len(sample.values) == 240 and PER_GROUP > 240
    values: dict[int, set[bytes]] = {}
    for row, vector in zip(sample.rows[ROW], sample.values, strict=True):
        values.setdefault(row, set()).add(vector.tobytes())
    assert len(values) == 120 and all(len(of) == 1 for of in values.values())
    assert set(sample.rows["who"]) == set(frame["who"])


def test_the_numbers_drawn_of_long_vectors_are_bounded() -> None:
    assert vectors.BYTES // (4 * 384) > 100_000 and vectors.BYTES // (4 * 1_536) == 43_690


def test_tallies_keep_which_rows_have_a_vector(tmp_path: Path) -> None:
    frame = _without(_people(300, 300, 150, 150), dict.fromkeys(range(150, 210), ZERO))
    halves = frame.iloc[::2], frame.iloc[1::2]
    auditor.tally(halves[0], tmp_path / "0.tally", target="hired", groups="sex")
    auditor.tally(halves[1], tmp_path / "1.tally", target="hired", groups="sex", edges_from=tmp_path / "0.tally")
    audit = auditor.check([tmp_path / "0.tally", tmp_path / "1.tally"])
    whole = auditor.check(frame, target="hired", groups="sex", no_models=True)
    for rule in ("PRX004", "QLT002"):
        one, other = audit.findings(rule), whole.findings(rule)
        assert [of.message for of in one] == [of.message for of in other]
    assert [(of.role, of.missing) for of in audit.dataset.columns if of.name == "emb"] == [("vector", 60)]
    with pytest.raises(AuditError, match=r"'vector' cannot be asked of tallies: it needs rows"):
        auditor.check([tmp_path / "0.tally"], vector="emb")


def test_a_second_tally_reads_wide_columns_as_the_first(tmp_path: Path) -> None:
    frame = _people(60, 60, 30, 30)
    wide = pd.concat([frame[["sex", "hired"]], pd.DataFrame([*frame["emb"]]).add_prefix("emb_")], axis=1)
    auditor.tally(frame, tmp_path / "0.tally", target="hired", groups="sex")
    auditor.tally(
        wide[["sex", "hired", *list(wide)[:1:-1]]],
        tmp_path / "1.tally",
        target="hired",
        groups="sex",
        vector="emb_*",
        edges_from=tmp_path / "0.tally",
    )
    audit = auditor.check([tmp_path / "0.tally", tmp_path / "1.tally"])
    assert audit.dataset.rows == 240 and [of.name for of in audit.dataset.columns] == ["sex", "hired", "emb"]


def test_small_cells_of_vectors_are_suppressed(tmp_path: Path) -> None:
    frame = _without(_people(300, 300, 150, 150), {0: ZERO, 1: None, 2: SHORT})
    auditor.tally(frame, tmp_path / "0.tally", target="hired", groups="sex", min_cell=5)
    written = json.loads((tmp_path / "0.tally").read_text(encoding="utf-8"))
    cells = [n for table in written["columns"]["emb"]["tables"] for n in table["columns"][COUNT]]
    assert not [n for n in cells if 0 < n < 5]
    assert not any(why in json.dumps(written) for why in UNUSABLE)


@pytest.mark.parametrize("form", FORMS)
def test_a_dropped_vector_is_no_vector(form: str, tmp_path: Path) -> None:
    data, options = _given(form, _people(60, 60, 30, 30).assign(dept="a"), tmp_path)
    audit = auditor.check(data, target="hired", groups="sex", drop="emb", only="QLT001", **options)
    assert [of.name for of in audit.dataset.columns] == ["sex", "hired", "dept"]
    left = [of for of in audit.dataset.reading if of.about == "columns left out"]
    assert left and left[0].columns == (tuple(f"emb_{i}" for i in range(D)) if form == "wide" else ("emb",))
