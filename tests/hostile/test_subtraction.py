"""What a least cell hides cannot be had by taking published counts from one another.

The attacker has a published tally and knows which values of related columns occur together. Every count of the tally is
a linear equation in the unknown, whole, non-negative numbers of rows by joint cell and combination of values; a linear
programme bounds each of them. Protected is a cell of 1 to N - 1 rows if its bounds lie N or more apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import auditor
from auditor.audit import check as audit
from auditor.audit import making, withholding
from auditor.counts.coarsen import as_agreed, bins_of, with_common_edges
from auditor.counts.columns import bin_labels
from auditor.counts.exchange import loaded, merged
from auditor.counts.grids import finest, places, roundness
from auditor.counts.names import COUNT, LEVEL, OTHER, OUTCOME
from auditor.counts.part import Counted, Part, Table
from auditor.engines.nested import leaks, tied

LEAST = 5
ROWS = 400
TABLES = 5  # of each kind of relation
BOUNDED = 1  # small cells, of those of a joint cell that no equations determine
Cell = tuple[Any, ...]


def _related(seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Return clusters of related columns by name: nested, recoded, one cut otherwise, and three in a row."""
    rng = np.random.default_rng(seed)
    city = np.minimum(rng.geometric(rng.choice([0.15, 0.25]), ROWS), 14)
    state = rng.integers(0, 4, 15)[city]
    age = rng.integers(18, 60, ROWS)
    pay = np.minimum(rng.geometric(0.06, ROWS), 60)
    grade = np.minimum(rng.geometric(0.3, ROWS), 7)
    return {
        "nested": {"city": city, "state": state},
        "copied": {"grade": grade, "mended": np.where(rng.random(ROWS) < 0.01, 1, grade)},
        "born": {"age": age, "year": 2025 - age - (rng.random(ROWS) < 0.5)},
        "scaled": {"pay": pay, "euros": pay * 0.9 + 3},
        "chain": {"town": city, "county": rng.integers(0, 8, 15)[city], "region": rng.integers(0, 8, 15)[city] // 3},
    }


def _frame(seed: int) -> tuple[pd.DataFrame, list[list[str]]]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], ROWS), "hired": rng.choice(["no", "yes"], ROWS)})
    clusters = []
    for i in range(TABLES):
        for of in _related(100 * seed + i).values():
            named = {f"{name}{i}": values for name, values in of.items()}
            texts = {"age", "year", "pay", "euros"}
            for name, values in named.items():
                frame[name] = values if name[:-1] in texts else [f"{name[0]}{value}" for value in values]
            clusters.append(list(named))
    return frame, clusters


def _cells(table: Table) -> Iterator[tuple[Cell, Any, int]]:
    keys = zip(*(table.columns[name] for name in (*table.key, OUTCOME)), strict=True)
    for key, level, n in zip(keys, table.columns[LEVEL], table.columns[COUNT], strict=True):
        yield key, level, int(n or 0)


def _block(column: Counted, value: Any) -> Any:
    """Return the published level of a value."""
    if column.edges:
        at = next(i for i, (low, high) in enumerate(bins_of(column.edges)) if low < value <= high)
        value = list(bin_labels(column.edges).values())[at]
    return value if value in column.tables[0].columns[LEVEL] else OTHER


def _open(part: Part, frame: pd.DataFrame, cluster: list[str]) -> Iterator[tuple[str, Any, float]]:
    """Yield column, value and how far its bounds lie apart, of cells of 1 to LEAST - 1 rows of a cluster.

    Of those that no equations determine, a few are bounded: the others are yielded for none.
    """
    told = [name for name in cluster if part.columns[name].tables[0].columns[LEVEL]]
    atoms = frame[cluster].drop_duplicates().reset_index(drop=True)  # what occurs together at all is known
    blocks = {name: [_block(part.columns[name], value) for value in atoms[name]] for name in told}
    named = sorted({(name, level) for name in told for level in blocks[name]}, key=str)
    equal = np.array([[level == of for of in blocks[name]] for name, level in named], float)
    for key in sorted({key for name in told for key, _, _ in _cells(part.columns[name].tables[0])}):
        sums = {(name, level): n for name in told for of, level, n in _cells(part.columns[name].tables[0]) if of == key}
        rows = frame[(frame["sex"] == key[0]) & ((frame["hired"] == "yes") == (key[1] == 1))]
        small = [(name, of) for name in cluster for of, n in rows[name].value_counts().items() if 0 < n < LEAST]
        wanted = np.array([atoms[name] == of for name, of in small], float).reshape(len(small), len(atoms))
        rest = equal.T @ np.linalg.lstsq(equal.T, wanted.T, rcond=None)[0] - wanted.T
        for i in np.flatnonzero(np.abs(rest).max(axis=0, initial=0) < 1e-9):
            yield *small[i], 0.0
        known = [sums.get(each, 0) for each in named]
        for i in np.random.default_rng(len(small)).permutation(len(small))[:BOUNDED]:
            low, high = (linprog(sign * wanted[i], A_eq=equal, b_eq=known).fun for sign in (1, -1))
            assert low is not None and high is not None
            yield *small[i], -high - low


def _attacked(part: Part, frame: pd.DataFrame, clusters: list[list[str]]) -> list[tuple[str, Any, float]]:
    told = {name for name, of in part.columns.items() if of.tables[0].columns[LEVEL]}
    return [each for of in clusters if told.intersection(of) for each in _open(part, frame, of) if each[2] < LEAST]


def test_no_small_cell_follows_from_related_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, clusters = _frame(0)
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "min_cell": LEAST}
    auditor.tally(frame, tmp_path / "a.tally", **roles)
    part = loaded(tmp_path / "a.tally")
    told = {name for name, of in part.columns.items() if of.tables[0].columns[LEVEL]}
    assert sum(bool(told.intersection(of)) for of in clusters) > len(clusters) / 2
    assert not _attacked(part, frame, clusters)
    monkeypatch.setattr(withholding, "apart", lambda part, source, seen: part)
    auditor.tally(frame[["sex", "hired", *(name for of in clusters[:5] for name in of)]], tmp_path / "b.tally", **roles)
    assert _attacked(loaded(tmp_path / "b.tally"), frame, clusters[:5])  # the attack can succeed


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """A folder with a tally of others, made without a least cell, and rows whose tallies are asked for."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 600), "hired": rng.choice(["no", "yes"], 600)})
    frame["age"] = np.minimum(20 + rng.geometric(0.06, 600), 70)
    frame["town"] = [f"t{i}" for i in np.minimum(rng.geometric(0.25, 600), 9)]
    frame["shire"] = np.where(frame["town"] < "t4", "north", "south")
    frame.loc[(frame["town"] == "t3").to_numpy().nonzero()[0][:2], "shire"] = "south"
    folder = tmp_path_factory.mktemp("staff")
    auditor.tally(frame, folder / "whole.tally", target="hired", positive="yes", groups="sex")
    return folder, frame


def _asked(folder: Path, frame: pd.DataFrame, name: str, of: dict[str, Any]) -> Part:
    """Return the answer to a request made up from the tally of all."""
    (folder / f"{name}.tally").write_text(json.dumps(of), encoding="utf-8")
    auditor.tally(frame, folder / f"{name}.own.tally", edges_from=folder / f"{name}.tally", min_cell=10)
    return loaded(folder / f"{name}.own.tally")


def _request(folder: Path) -> Any:
    return json.loads((folder / "whole.tally").read_text(encoding="utf-8"))


def test_requests_for_shifted_edges_and_other_levels_cannot_be_taken_from_one_another(
    staff: tuple[Path, pd.DataFrame],
) -> None:
    _, frame = staff
    full = _all_that_may_leave(frame.drop(columns="shire"))
    cells = {key for key, _, _ in _cells(full.columns["age"].tables[0])}
    upto: dict[Cell, dict[float, int]] = {key: {} for key in cells}
    for edge in np.arange(20.0, 71.0, 0.5):
        column = as_agreed(full, _with(full, "age", edges=(edge,))).columns["age"]
        for key, level, n in _cells(column.tables[0]):
            if str(level).startswith("≤"):
                upto[key][edge] = n
    assert all(len(of) > 3 for of in upto.values())
    for of in upto.values():
        differences = [abs(n - m) for n in of.values() for m in of.values()]
        assert not [n for n in differences if 0 < n < 10]
    names = sorted({level for _, level, _ in _cells(full.columns["town"].tables[0]) if level != OTHER})
    others: list[tuple[set[str], dict[Cell, int]]] = []
    for kept in [names, *([name] for name in names), names[1:], ["t9", names[0]]]:
        column = as_agreed(full, _with(full, "town", kept=tuple(kept))).columns["town"]
        others.append((set(kept), {key: n for key, level, n in _cells(column.tables[0]) if level == OTHER}))
    assert len(names) > 2
    for more, fewer in others:
        within = [n - fewer[key] for of, rows in others if of < more for key, n in rows.items()]
        assert not [n for n in within if 0 < n < 10]


def _all_that_may_leave(frame: pd.DataFrame) -> Part:
    """Return all that may leave of rows."""
    found: list[Part] = []

    def seen(part: Part) -> Part:
        found.append(part)
        return part

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "as_few", seen)
        patch.setattr(audit, "write_whole", lambda texts: None)
        auditor.tally(frame, "x.tally", target="hired", positive="yes", groups="sex", min_cell=10)
    return found[0]


def _with(part: Part, name: str, **changed: Any) -> Part:
    return replace(part, columns={**part.columns, name: replace(part.columns[name], **changed)})


def test_a_request_changes_neither_columns_nor_the_least_cell(staff: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = staff
    request = _request(folder)
    whole = _asked(folder, frame, "same", request)
    auditor.tally(frame, folder / "first.tally", target="hired", positive="yes", groups="sex", min_cell=10)
    first = loaded(folder / "first.tally")
    again = _asked(folder, frame, "again", json.loads((folder / "first.tally").read_text(encoding="utf-8")))
    assert again.columns == first.columns
    assert first.tables == whole.tables
    gone = {name for name in ("town", "shire") if not whole.columns[name].tables[0].columns[LEVEL]}
    assert gone == {"town"}  # two rows of 't3' are in the south: town by town they could be counted
    # Without the shire, or with it as a text, the town stays where it is all the same.
    fewer = {**request, "columns": {k: v for k, v in request["columns"].items() if k != "shire"}}
    fewer["seen"] = {k: v for k, v in request["seen"].items() if k != "shire"}
    fewer["roles"] = {**request["roles"], "features": ["age", "town"]}
    text = {**request, "roles": {**request["roles"], "text": ["shire"], "features": ["age", "town"]}}
    larger = {**request, "min_cell": 100}
    for name, of in {"fewer": fewer, "text": text, "larger": larger}.items():
        part = _asked(folder, frame, name, of)
        assert not part.columns["town"].tables[0].columns[LEVEL], name
        assert part.min_cell == 10
        assert part.tables == whole.tables
        assert part.columns["age"] == whole.columns["age"]


def test_edges_that_are_not_round_are_left_out_and_the_rest_added_up(staff: tuple[Path, pd.DataFrame]) -> None:
    folder, frame = staff
    auditor.tally(frame, folder / "own.tally", target="hired", positive="yes", groups="sex", min_cell=10)
    own_part = loaded(folder / "own.tally")
    own = own_part.columns["age"]
    request = _request(folder)
    edges = (own.edges[0], own.edges[1] - 0.3, own.edges[-1])
    column = {**request["columns"]["age"], "edges": edges}
    part = _asked(folder, frame, "odd", {**request, "columns": {**request["columns"], "age": column}})
    assert part.columns["age"].edges == (edges[0], edges[-1])
    levels = set(part.columns["age"].tables[0].columns[LEVEL])
    assert levels == set(bin_labels((edges[0], edges[-1])).values())
    assert all(edge == round(edge) for edge in own.edges)
    (note,) = [of.text for of in part.reading if of.about == "edges"]
    assert note.startswith("Taken from DataFrame: groups 'sex'; outcome 'hired' = 'yes'; edges of 'age'. ")
    assert "'age' could not be cut at some of the edges" in note
    # Added up, both are cut where both can be.
    both = merged(with_common_edges([loaded(folder / "whole.tally"), own_part, part])).columns["age"]
    assert set(both.edges) == {edges[0], edges[-1]} & set(loaded(folder / "whole.tally").columns["age"].edges)
    both = merged(with_common_edges([own_part, part])).columns["age"]
    assert both.edges == (edges[0], edges[-1])
    upto = frame["age"].le(edges[0]).sum()
    assert both.table.loc[both.table[LEVEL] == f"≤ {edges[0]:g}", COUNT].sum() == 2 * upto


@pytest.mark.parametrize(
    ("crossed", "related", "leaking"),
    [
        ([[60, 40, 3], [0, 0, 97]], True, True),  # the first lies all but 3 in two of the other
        ([[60, 40, 20], [0, 0, 97]], True, False),
        ([[60, 0, 0], [0, 40, 0], [0, 0, 97]], True, False),  # a copy
        ([[60, 2, 0], [0, 40, 0], [0, 0, 97]], True, True),  # a copy but for 2
        ([[200, 1, 0], [3, 200, 1], [0, 2, 200]], True, True),  # which departs both ways
        ([[50, 5, 0, 0], [0, 45, 20, 0], [0, 0, 30, 50]], True, True),  # two cuts of one number
        ([[30, 30, 3], [30, 30, 30]], False, False),
        ([[1, 2, 9], [9, 3, 1], [2, 8, 3]], False, False),  # sparse, and unrelated
        ([[100, 100]], False, False),
    ],
)
def test_differences_of_related_columns_are_small_or_not(
    crossed: list[list[int]], related: bool, leaking: bool
) -> None:
    table = np.array(crossed)
    for turned in (table, table.T):
        rows, columns = turned.sum(axis=1)[None, :], turned.sum(axis=0)[None, :]
        assert tied(turned, rows, columns, 10) is related
        assert (tied(turned, rows, columns, 10) and leaks(turned, rows, columns, 10)) is leaking


def test_round_edges_are_taken_first_and_leave_no_small_bin() -> None:
    assert [roundness(edge) for edge in (0.0, 200.0, 150.0, 30.0, 35.0, 0.25)] == [np.inf, 100.0, 50.0, 10.0, 5.0, 0.05]
    found = places([18.0, 30.0, 80.0], 16.0, 97.0, whole=True)
    assert {20.0, 30.0, 31.0, 95.0} <= set(found)
    assert set(places([17.0, 31.0, 81.0], 16.0, 99.0, whole=True)) & set(found) >= set(np.arange(20.0, 95.0))
    counts = np.zeros((2, len(found) + 1), int)
    counts[0, ::3], counts[1, 1::4] = 2, 3
    edges = finest(found, counts, 10)
    sums = np.add.reduceat(counts, [0, *(found.index(edge) + 1 for edge in edges)], axis=1)
    assert sums.min() >= 10
    assert len(edges) > 2
    assert 50.0 in edges
    assert not places([3.0, 3.0], 3.0, 3.0, whole=True)
    assert all(low <= edge < high for low, high in [(-1e300, 1e300), (0.1, 0.2), (1e15, 1e15 + 4)]
               for edge in places([low, high], low, high, whole=False))  # fmt: skip


def test_notes_and_what_a_peek_saw_are_of_no_few_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 600), "hired": rng.choice(["no", "yes"], 600)})
    frame["sex"] = frame["sex"].where(frame.index % 200 > 0, "unknown").where(frame.index % 290 != 5, "F")
    frame["pay"] = [str(n) for n in rng.integers(100, 900, 600)]
    frame.loc[[5, 9], "pay"] = ["ask Jane Roe", "N/A"]
    frame["born"] = pd.date_range("1960-01-01", periods=600, freq="9D").astype(str)
    frame["note"] = [f"a note of some words about case number {i} of all of them here" for i in range(600)]
    frame.loc[:22, "note"] = None
    frame.loc[:6, "born"] = None
    frame.loc[3, "born"] = "1999-01-01"
    frame.to_csv(tmp_path / "a.csv", index=False)
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex"}
    for least in (0, 10):
        auditor.tally(tmp_path / "a.csv", tmp_path / f"{least}.tally", **roles, min_cell=least)
    plain, part = (loaded(tmp_path / f"{least}.tally") for least in (0, 10))
    about = {of.about for of in plain.reading}
    assert {"missing values", "not recorded", "spellings"} <= about <= {of.about for of in part.reading}
    words = " ".join(f"{of.text} {of.overrule}" for of in (*part.reading, *part.roles.reading))
    for few in ("Jane", "N/A", "unknown", "'F'", "1 row", "3 rows", "1 field"):
        assert few not in words, few
    assert "Missing values ('pay'): details are suppressed" in words
    for name, of in part.seen.items():
        assert (of.low, of.high, of.cuts, of.years, of.width) == (None, None, (), (), None), name
        assert of.words == round(of.words)
        assert of.rows == part.rows
    assert (part.columns["note"].missing, plain.columns["note"].missing) == (20, 23)
    assert part.columns["note"].levels == 570
    assert part.columns["born"].missing == 0
    assert all(of.levels % 10 == 0 for of in part.columns.values() if of.edges)


def test_strata_and_periods_stay_and_columns_that_tell_of_them_do_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 1_500), "hired": rng.choice(["no", "yes"], 1_500)})
    frame["dept"], frame["year"] = rng.choice(list("pqr"), 1_500), rng.integers(2015, 2020, 1_500)
    frame["site"], frame["tax"] = frame["dept"].str.upper(), "t" + (frame["year"] + 1).astype(str)
    frame["exact"] = frame["dept"] * 2
    frame.loc[[1, 2], ["site", "tax"]] = ["P", "t2016"]
    auditor.tally(
        frame,
        tmp_path / "a.tally",
        target="hired",
        positive="yes",
        groups="sex",
        within="dept",
        time="year",
        min_cell=10,
    )
    part = loaded(tmp_path / "a.tally")
    told = {name for name, of in {**part.columns, **part.derived}.items() if of.tables[0].columns[LEVEL]}
    assert told == {"sex", "hired", "exact", "(strata)", "(period)"}
    words = [of.text for of in part.reading if "reveal small cells" in of.text]
    assert any("those of the strata" in of and "'site'" in of for of in words)
    assert any("those of the periods" in of and "'tax'" in of for of in words)


@pytest.mark.parametrize("stated", [False, True])
def test_bands_at_quartiles_begin_at_round_numbers(tmp_path: Path, stated: bool) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"pay": rng.lognormal(10, 0.4, 900), "hired": rng.choice(["no", "yes"], 900)})
    groups = "pay:15001.5,29999" if stated else "pay"
    auditor.tally(frame, tmp_path / "a.tally", target="hired", positive="yes", groups=groups, min_cell=10)
    part = loaded(tmp_path / "a.tally")
    edges = part.roles.bands["pay"].edges
    auditor.tally(frame, tmp_path / "b.tally", target="hired", positive="yes", groups=groups)
    plain = loaded(tmp_path / "b.tally").roles.bands["pay"].edges
    if stated:
        assert edges == plain == (15001.5, 29999.0)
    else:
        assert set(plain) <= set(frame["pay"])
        assert np.abs(np.subtract(edges, plain)).max() <= 500
        assert not np.mod(edges, 500).any()
    assert {of for of in part.tables[0].columns["pay"] if of} == set(part.roles.bands["pay"].labels)
    notes = [of for of in part.roles.reading if of.about == "bands"]
    assert [of.text for of in notes] == (
        [] if stated else [f"Cut into bands by default: 'pay' ({', '.join(part.roles.bands['pay'].labels)})."]
    )
    assert not any(of.overrule for of in notes)


def test_few_who_recur_are_not_counted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"sex": ["f", "m"] * 200, "hired": ["no", "no", "yes", "yes"] * 100, "who": range(400)})
    frame.loc[[4, 8], "who"] = [0, 2]  # two men none, two women twice
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "id": "who"}
    auditor.tally(frame, tmp_path / "a.tally", **roles, min_cell=5)
    assert set(loaded(tmp_path / "a.tally").clusters["sex"]) == {"m"}
    frame.loc[frame.index >= 300, "who"] -= 100
    auditor.tally(frame, tmp_path / "b.tally", **roles, min_cell=5)
    assert set(loaded(tmp_path / "b.tally").clusters["sex"]) == {"f", "m"}
