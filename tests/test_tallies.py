"""Tallies of parts: added up they are the tally of the whole, cell by cell, and no row is among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.counts.exchange import loaded, merged
from auditor.counts.names import COUNT, LEVEL, OTHER, OUTCOME, SQUARES, WEIGHT
from auditor.counts.tally import Tally
from auditor.errors import AuditError
from auditor.model import State
from auditor.use.usecase import UseCase

PIECES = 6


def _frame(rows: int = 30_000, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sex = rng.choice(np.array(["f", "m", None], dtype=object), rows, p=[0.4, 0.58, 0.02])
    return pd.DataFrame(
        {
            "person": np.arange(rows) // 2,
            "sex": sex,
            "age": rng.integers(18, 80, rows),
            "town": rng.choice(np.array(["x", "y", "z", None], dtype=object), rows),
            "street": [f"s{i}" for i in np.minimum(rng.geometric(0.002, rows), 6_000)],
            "score": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "year": rng.integers(2015, 2025, rows),
            "pay": rng.lognormal(10, 0.4, rows).round(),
            "hired": np.where(rng.random(rows) < np.where(sex == "f", 0.3, 0.45), "yes", "no"),
        }
    )


def _cells(frame: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    by = [name for name in frame.columns if name != COUNT]
    plain = frame[by].astype(object).where(frame[by].notna(), None)
    return {tuple(key): int(n) for key, n in zip(plain.itertuples(index=False), frame[COUNT], strict=True)}


def _written(tmp_path: Path, frame: pd.DataFrame, **roles: Any) -> tuple[Tally, Tally]:
    """Return the tally of the whole, and that of some uneven pieces added up."""
    whole = tmp_path / "whole.tally"
    auditor.tally(frame, whole, **roles)
    places = np.sort(np.random.default_rng(0).choice(len(frame), PIECES - 1, replace=False))
    paths = []
    for i, piece in enumerate(np.split(np.arange(len(frame)), places)):
        paths.append(tmp_path / f"piece{i}.tally")
        auditor.tally(frame.iloc[piece].reset_index(drop=True), paths[-1], edges_from=whole)
    return merged([loaded(whole)]), merged([loaded(path) for path in paths])


@pytest.mark.parametrize(
    "roles",
    [
        {"target": "hired", "groups": ["sex"], "time": "year"},
        {"target": "hired", "groups": ["sex", "age:25,40,65"], "id": "person", "within": "town"},
        {"target": "pay", "groups": ["sex", "town"]},
        {"target": "hired", "groups": ["sex"], "weight": "pay"},
        {"target": "hired", "groups": ["sex", "town"], "weight": "pay", "id": "person"},
        {"target": "hired", "groups": ["sex"], "weight": "pay", "id": "none"},
    ],
)
def test_pieces_are_the_whole_cell_by_cell(tmp_path: Path, roles: dict[str, Any]) -> None:
    whole, pieces = _written(tmp_path, _frame(), **roles)
    assert pieces.rows == whole.rows == 30_000
    assert list(pieces.tables) == list(whole.tables)
    for key, frame in whole.tables.items():
        names = [*key, OUTCOME, COUNT]
        assert _cells(pieces.tables[key][names]) == _cells(frame[names])
        if WEIGHT in frame:
            one, two = (each[key].groupby(OUTCOME)[[WEIGHT, SQUARES]].sum() for each in (whole.tables, pieces.tables))
            pd.testing.assert_frame_equal(one, two)
    for name, column in {**whole.columns, **whole.derived}.items():
        other = {**pieces.columns, **pieces.derived}[name]
        assert (other.missing, other.edges, other.kept, other.levels) == (
            column.missing, column.edges, column.kept, column.levels,
        )  # fmt: skip
        assert other.agree == pytest.approx(column.agree)
        for key, frame in column.tables.items():
            assert _cells(other.tables[key]) == _cells(frame), name
    if whole.moments is not None:
        for level, moments in whole.moments_of("sex").items():
            assert pieces.moments_of("sex")[level] == pytest.approx(moments)
    for group, levels in whole.clusters.items():
        # Somebody whose two rows fall into two pieces counts in both: at most one per border does.
        for level, of in levels.items():
            assert 0 <= pieces.clusters[group][level].people - of.people <= PIECES
            assert pieces.clusters[group][level].rows == of.rows


def test_the_audit_of_the_pieces_says_what_that_of_the_frame_says(tmp_path: Path) -> None:
    frame = _frame().drop(columns=["person", "street"])
    auditor.tally(frame.iloc[:9_000], tmp_path / "a.tally", target="hired", groups="sex")
    auditor.tally(frame.iloc[9_000:], tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    parts = auditor.check([tmp_path / "a.tally", tmp_path / "b.tally"])
    whole = auditor.check(frame, target="hired", groups="sex", no_models=True)
    assert parts.dataset.rows == whole.dataset.rows
    for rule in ("OUT001", "REP002", "REP005", "LAB004", "PRX004", "QLT003"):
        assert [finding.message for finding in parts.findings(rule)] == [f.message for f in whole.findings(rule)], rule
    for rule in ("OUT005", "LAB001", "QLT001", "PRX002", "PRX003", "MDL001", "TXT001"):
        result = parts.result(rule)
        assert (result.state, "rows" in str(result.reason)) == (State.NOT_RUN, True)
    assert parts.provenance.engine == "tallies"
    assert any("whose rows were not read here" in note for note in parts.dataset.notes)


def test_levels_that_one_piece_does_not_tell_apart_are_others_in_the_sum(tmp_path: Path) -> None:
    frame = _frame(60_000).assign(person=0)
    rng = np.random.default_rng(1)
    frame["street"] = [f"s{i}" for i in [*rng.integers(0, 900, 3_000), *rng.integers(0, 3_000, 57_000)]]
    auditor.tally(frame.iloc[:3_000], tmp_path / "a.tally", target="hired", groups="sex")
    auditor.tally(frame.iloc[3_000:], tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    column = merged([loaded(tmp_path / f"{name}.tally") for name in "ab"]).columns["street"]
    levels = column.table.groupby(LEVEL)[COUNT].sum()
    assert not column.exact
    assert levels.sum() == len(frame)
    counts = frame["street"].value_counts()
    for level in levels.index.drop(OTHER):
        assert levels[level] == counts[level]


def _whole(n: object) -> int:
    assert isinstance(n, int)
    return n


def test_small_cells_are_left_out_with_those_that_would_tell_them(tmp_path: Path) -> None:
    least = 25
    auditor.tally(_frame(4_000), tmp_path / "a.tally", target="hired", groups=["sex", "town"], min_cell=least)
    part = loaded(tmp_path / "a.tally")
    cells = part.tables[0].columns
    joint = dict(
        zip(zip(cells["sex"], cells["town"], cells[OUTCOME], strict=True), map(_whole, cells[COUNT]), strict=True)
    )
    assert min(joint.values()) >= least
    # At most so many: in steps, for of two cells with 24 rows each the sum would tell both.
    assert part.left_out == (4_000 - part.rows) // least * least + least - 1 == 74
    for name, column in part.columns.items():
        sums: dict[tuple[Any, ...], list[int]] = {}
        table = column.tables[0].columns
        for *key, n in zip(*(table[by] for by in ("sex", "town", OUTCOME, COUNT)), strict=True):
            assert _whole(n) >= least, name
            sums.setdefault(tuple(key), []).append(_whole(n))
        for of, counts in sums.items():
            lacking = joint[of] - sum(counts)
            assert lacking == 0 or lacking >= least, (name, of)
    assert not any(column.kept for column in part.columns.values() if not column.tables[0].columns[LEVEL])
    assert part.columns["pay"].low is None
    audit = auditor.check([tmp_path / "a.tally"])
    assert any(f"every cell of under {least} rows is suppressed" in note for note in audit.dataset.notes)


CALLBACKS = Path(__file__).parent.parent / "sample_data" / "callbacks.csv"
ROLES: dict[str, Any] = {"target": "received_callback", "positive": "1", "groups": ["race", "gender"]}


@pytest.fixture(scope="module")
def callbacks() -> pd.DataFrame:
    return pd.read_csv(CALLBACKS, dtype=str, keep_default_na=False, na_values=[""])


def test_levels_with_small_cells_are_others_and_all_other_numbers_stay_true(
    callbacks: pd.DataFrame, tmp_path: Path
) -> None:
    auditor.tally(callbacks, tmp_path / "a.tally", **ROLES, min_cell=5)
    column = merged([loaded(tmp_path / "a.tally")]).columns["firstname"]
    apart = {level for level in column.table[LEVEL] if level != OTHER}
    small = callbacks.groupby(["firstname", "race", "gender", "received_callback"]).size().loc[lambda n: n < 5]
    assert apart
    assert not apart & set(small.index.get_level_values("firstname"))
    folded = callbacks.assign(firstname=callbacks["firstname"].where(callbacks["firstname"].isin(apart), OTHER))
    theirs = auditor.check(folded, **ROLES, only="PRX001").result("PRX001").table
    ours = auditor.check([tmp_path / "a.tally"], only="PRX001").result("PRX001").table
    for group in ("race", "gender"):
        told, known = (
            next(row for row in rows if (row["group"], row["column"]) == (group, "firstname"))
            for rows in (ours, theirs)
        )
        # q is adjusted over all columns, of which the others differ.
        assert {**told, "q": 0, "kind": ""} == pytest.approx({**known, "q": 0, "kind": ""})


def test_small_cells_feign_no_missing_values(callbacks: pd.DataFrame, tmp_path: Path) -> None:
    auditor.tally(callbacks, tmp_path / "a.tally", **ROLES, min_cell=5)
    shares = callbacks["job_req_min_experience"].isna().groupby(callbacks["received_callback"]).mean()
    assert abs(shares["1"] - shares["0"]) < 0.05
    audit = auditor.check([tmp_path / "a.tally"])
    assert not any(finding.state.found for finding in audit.findings("QLT002"))
    lost = callbacks["job_req_min_experience"].isna().groupby(callbacks["gender"]).mean()
    found = [f for f in audit.findings("PRX004") if f.subject.get("column") == "job_req_min_experience"]
    assert [f.measures["missing_share"].value for f in found] == [pytest.approx(lost["m"])]
    reason = auditor.check([tmp_path / "a.tally"], only="QLT002").result("QLT002").reason
    assert reason == (
        "it is not known whose values of 'job_fed_contractor' are missing, because these counts are suppressed or were "
        "not made"
    )
    # Of this one the missing values of some cell are few, so that whose they are is not known.
    assert not [f for f in audit.findings("PRX004") if f.subject.get("column") == "job_fed_contractor"]


def _three(tmp_path: Path, rows: int, favourable: int, **roles: Any) -> tuple[Tally, auditor.Audit]:
    """Return the tally and the audit of f, m and `rows` of x, of which few are favourable; no cell under ten."""
    frame = pd.DataFrame({"sex": ["f"] * 400 + ["m"] * 400 + ["x"] * rows, "hired": "no"})
    frame.loc[[*range(120), *range(400, 560), *range(800, 800 + favourable)], "hired"] = "yes"
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex", min_cell=10)
    return merged([loaded(tmp_path / "a.tally")]), auditor.check([tmp_path / "a.tally"], **roles)


def test_of_a_group_with_few_of_one_outcome_only_its_rows_are_told(tmp_path: Path) -> None:
    population = {"sex": {"f": 0.4, "m": 0.35, "x": 0.25}}
    tally, audit = _three(tmp_path, rows=300, favourable=3, reference=population)
    assert (tally.rows, tally.grouped, tally.left_out) == (800, 1_100, 0)
    assert tally.outcomes("sex") == {"f": (120, 400), "m": (160, 400)}
    assert tally.shares("sex") == {"f": 400, "m": 400, "x": 300}
    assert "favourable" not in (tmp_path / "a.tally").read_text(encoding="utf-8").split('"withheld"')[1]
    shares = {f.subject["level"]: f.measures["share"] for f in audit.findings("REP001") if "level" in f.subject}
    assert {level: (share.value, share.n) for level, share in shares.items()} == {
        "f": (4 / 11, 1_100), "m": (4 / 11, 1_100), "x": (3 / 11, 1_100),
    }  # fmt: skip
    (found,) = [f for f in audit.findings("OUT001") if f.subject["level"] == "x"]
    assert found.state is State.UNDETERMINED
    assert "the outcomes of its 300 rows are suppressed" in found.message
    assert any("number of rows only, 300 in all: 'x'. All other rows are in" in note for note in audit.dataset.notes)
    # It is no unknown level, though nobody can be compared with it.
    use = UseCase.model_validate({"groups": {"reference": {"sex": "x"}}})
    against = auditor.check([tmp_path / "a.tally"], use_case=use).findings("OUT001")
    assert any("the reference 'x' of 'sex' has no rows with an outcome" in finding.message for finding in against)


def test_a_group_of_fewer_rows_than_may_leave_is_not_called_absent(tmp_path: Path) -> None:
    tally, audit = _three(tmp_path, rows=6, favourable=3, reference={"sex": {"f": 0.5, "m": 0.49, "x": 0.01}})
    assert (tally.rows, tally.left_out, tally.withheld) == (800, 9, {})  # 9, for the number of rows would be a cell
    found = {f.subject["level"]: f for f in audit.findings("REP001") if "level" in f.subject}
    assert found["x"].state is State.UNDETERMINED
    assert (found["x"].measures["share"].low, found["x"].measures["share"].high) == (0, 9 / 809)
    assert not any("absent" in finding.message for finding in audit.findings("REP001"))
    assert [f.state for f in audit.findings("FIT001") if f.subject.get("level") == "x"] == [State.UNDETERMINED]


def test_what_one_site_tells_apart_and_another_does_not_is_others(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "sex": rng.choice(["f", "m"], rows),
                "town": rng.choice(["x", "y", "z"], rows, p=[0.6, 0.38, 0.02]),
                "hired": rng.choice(["yes", "no"], rows),
            }
        )
        for rows in (4_000, 400)
    ]
    auditor.tally(frames[0], tmp_path / "a.tally", target="hired", groups="sex")
    auditor.tally(frames[1], tmp_path / "b.tally", edges_from=tmp_path / "a.tally", min_cell=15)
    parts = [loaded(tmp_path / f"{name}.tally") for name in "ab"]
    assert parts[1].columns["town"].kept == ("x",)
    sums = merged(parts).columns["town"].table.groupby(LEVEL)[COUNT].sum()
    towns = pd.concat(frames)["town"].value_counts()
    assert sums.to_dict() == {"x": towns["x"], OTHER: towns["y"] + towns["z"]}


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_with_no_level_left_at_one_site_is_counted_by_none(tmp_path: Path, first: int) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 2_000), "hired": rng.choice(["yes", "no"], 2_000)})
    town = np.arange(2_000) % 40  # about 12 rows in each cell
    pieces = [frame.assign(town=[f"t{i}" for i in town]), frame.assign(town=[f"t{i}" for i in town % 4])]
    least = [40, 0] if first == 0 else [0, 40]
    auditor.tally(pieces[0], tmp_path / "a.tally", target="hired", groups="sex", min_cell=least[0])
    auditor.tally(pieces[1 - first], tmp_path / "b.tally", edges_from=tmp_path / "a.tally", min_cell=least[1])
    both = merged([loaded(tmp_path / f"{name}.tally") for name in "ab"])
    assert not len(both.columns["town"].table)
    assert both.rows == 4_000
    assert sum(n for _, n in both.outcomes("sex").values()) == 4_000
    notes = auditor.check([tmp_path / "a.tally", tmp_path / "b.tally"]).dataset.notes
    assert any("These columns are not counted for that: 'town'." in note for note in notes)


def test_bins_of_a_numeric_outcome_with_small_cells_are_no_distribution(tmp_path: Path) -> None:
    frame = _frame(4_000).drop(columns="hired")
    auditor.tally(frame, tmp_path / "a.tally", target="pay", groups="sex", min_cell=25)
    audit = auditor.check([tmp_path / "a.tally"])
    assert "suppressed, because they hold too few rows" in str(audit.result("OUT002").reason)
    known = frame.dropna(subset="sex")
    above = (known["pay"] > frame["pay"].median()).groupby(known["sex"]).mean()
    (found,) = audit.findings("OUT001")
    rate = found.measures["selection_rate"].value
    assert rate == pytest.approx(above[found.subject["level"]])


def test_no_value_of_a_row_is_in_the_file_but_levels_and_edges(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "name": [f"person number {i}" for i in range(2_000)],
            "note": ["a long text about somebody who wrote it for nobody else to read"] * 1_999 + ["the secret word here is zebra and more of it"],
            "sex": ["f", "m"] * 1_000,
            "hired": ["yes", "no", "no", "yes"] * 500,
        }
    )  # fmt: skip
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex")
    text = (tmp_path / "a.tally").read_text(encoding="utf-8")
    assert "person number" not in text
    assert "zebra" not in text


def _run(*arguments: str) -> tuple[int, str]:
    run = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    return run.exit_code, run.stderr


def test_bad_tallies_are_one_line_and_exit_code_two(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    _frame(300).to_csv(data, index=False)
    good, other, broken = (str(tmp_path / f"{name}.tally") for name in ("good", "other", "broken"))
    assert _run("tally", str(data), "-o", good, "--target", "hired", "--group", "sex")[0] == 0
    assert _run("tally", str(data), "-o", other, "--target", "hired", "--group", "town")[0] == 0
    whole = json.loads(Path(good).read_text(encoding="utf-8"))
    for number, (content, said) in enumerate(
        [
            ("not json", "is not a tally"),
            ("[]", "is not a tally"),
            ("{}", "its schema is not"),
            (json.dumps({**whole, "rows": "many"}), "not a complete tally: rows"),
            (json.dumps({key: value for key, value in whole.items() if key != "columns"}), "columns"),
            (json.dumps({**whole, "secret": 1}), "secret"),
        ]
    ):
        Path(broken).write_text(content, encoding="utf-8")
        code, stderr = _run("check", broken)
        assert (code, stderr.count("\n")) == (2, 1), number
        assert said in stderr
    for arguments, said in [
        (("check", good, other), "cannot be added up: their roles differ"),
        (("check", good, good), "given twice"),
        (("check", good, str(data)), "must be tallies"),
        (("check", good, "--target", "age"), "was counted with target = hired"),
        (("check", good, "--drop", "age"), "cannot be asked of tallies"),
        (("check", str(tmp_path / "none.tally")), "cannot be read"),
        (("tally", str(data), "-o", str(tmp_path / "x.json"), "--target", "hired"), "must end in .tally"),
        (("tally", str(data), "-o", good, "--target", "hired", "--min-cell", "-1"), "number of rows"),
        (("tally", str(data), "-o", good, "--edges-from", good), "named twice"),
        (("tally", str(data), "-o", other, "--edges-from", good, "--group", "town"), "was counted with groups = sex"),
    ]:
        code, stderr = _run(*arguments)
        assert (code, stderr.count("\n")) == (2, 1), arguments
        assert said in stderr


def test_a_column_that_is_no_number_elsewhere_is_refused(tmp_path: Path) -> None:
    frame = _frame(500)
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex")
    with pytest.raises(AuditError, match="cannot be cut at the same places"):
        auditor.tally(frame.assign(score="high"), tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    with pytest.raises(AuditError, match="score"):
        auditor.tally(frame.drop(columns="score"), tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    assert not (tmp_path / "b.tally").exists()


def test_a_site_that_writes_dates_or_ages_otherwise_is_refused(tmp_path: Path) -> None:
    frame = _frame(500).assign(day=pd.date_range("2020-01-01", periods=500))
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups=["sex", "age:25,40"], time="day")
    for column in ("day", "age"):
        with pytest.raises(AuditError, match=f"column '{column}' is VARCHAR in DataFrame"):
            auditor.tally(frame.assign(**{column: "x"}), tmp_path / "b.tally", edges_from=tmp_path / "a.tally")


def test_a_number_with_more_levels_than_were_seen_is_counted_alike(tmp_path: Path) -> None:
    frame = _frame(60_000).drop(columns=["street", "person"]).assign(i=np.arange(60_000) % 5)
    frame.loc[np.arange(1_003, 60_000, 983), "i"] = np.arange(100, 160)[:61].repeat(2)[: len(range(1_003, 60_000, 983))]
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex")
    auditor.tally(frame, tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    one, both = merged([loaded(tmp_path / "a.tally")]), merged([loaded(tmp_path / f"{name}.tally") for name in "ab"])
    assert one.columns["i"].levels > 20
    assert {key: 2 * n for key, n in _cells(one.columns["i"].table).items()} == _cells(both.columns["i"].table)


def test_strata_without_a_reason_move_no_verdict_of_tallies_either(tmp_path: Path) -> None:
    berkeley = pd.read_csv(Path(__file__).parent / "data" / "berkeley.csv")
    roles: dict[str, Any] = {"target": "admit", "positive": "Admitted", "groups": "gender", "within": "dept"}
    auditor.tally(berkeley, tmp_path / "a.tally", **roles)
    parts, whole = auditor.check([tmp_path / "a.tally"]), auditor.check(berkeley, **roles, no_models=True)
    assert parts.verdict.level == whole.verdict.level
    assert ("OUT001" in parts.verdict.because) == ("OUT001" in whole.verdict.because)
    use = UseCase.model_validate({"features": {"strata": {"dept": "applicants choose it themselves"}}})
    said = str([finding.message for finding in auditor.check([tmp_path / "a.tally"], use_case=use).findings("OUT003")])
    assert "dept: applicants choose it themselves" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"positive": ">= 90"}, r"counted with positive = >= 70, and >= 90 is asked for"),
        ({"groups": ["sex", "age:30,50"]}, r"counted with age cut at = 25, 40, 65, and 30, 50 is asked for"),
        ({"groups": ["sex:30", "age"]}, r"counted with sex cut at = nothing, and 30 is asked for"),
    ],
)
def test_what_a_tally_was_not_counted_with_is_refused(tmp_path: Path, flags: dict[str, Any], said: str) -> None:
    frame = _frame(2_000).assign(points=np.arange(2_000) % 101)
    auditor.tally(frame, tmp_path / "a.tally", target="points", positive=">= 70", groups=["sex", "age"])
    for ask in (lambda: auditor.check([tmp_path / "a.tally"], **flags),
                lambda: auditor.tally(frame, tmp_path / "b.tally", edges_from=tmp_path / "a.tally", **flags)):  # fmt: skip
        with pytest.raises(AuditError, match=said):
            ask()
    auditor.check([tmp_path / "a.tally"], positive=">=70", groups=["sex", "age:40,25,65"])  # the same, otherwise said


def test_a_column_that_a_site_never_fills_in_is_missing_there(tmp_path: Path) -> None:
    frame = (
        _frame(600).assign(day=pd.date_range("2020-01-01", periods=600).astype(str)).drop(columns=["person", "street"])
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.assign(score=None, day=None).to_csv(tmp_path / "b.csv", index=False)
    auditor.tally(tmp_path / "a.csv", tmp_path / "a.tally", target="hired", groups="sex", time="day")
    auditor.tally(tmp_path / "b.csv", tmp_path / "b.tally", edges_from=tmp_path / "a.tally")
    both = merged([loaded(tmp_path / f"{name}.tally") for name in "ab"])
    assert both.columns["score"].missing == 600 + frame["score"].isna().sum()
    assert (both.columns["day"].missing, both.rows) == (600, 1_200)
