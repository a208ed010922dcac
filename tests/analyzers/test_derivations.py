"""Features derived from columns: what is planted in the hour, the beginning of a code or the style is found by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.counts.names import COUNT, LEVEL, SQUARES, WEIGHT
from auditor.engines.derivations import derive, derived_sql
from auditor.engines.engine import OnDuckDB
from auditor.engines.masking import masker
from auditor.engines.peek import peek
from auditor.loaders import open_source
from auditor.loaders.source import Source
from auditor.model import Audit, State
from auditor.use.assign import assign
from auditor.use.derivations import Derivation, What, proposed
from auditor.use.roles import Ignored, Roles

CARRIER, LEAK = "PRX001", "LAB003"
ROWS = 1_200


def _people(seed: int = 0) -> tuple[pd.DataFrame, np.random.Generator]:
    """Return people of two groups with times, codes and letters that have to do with nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], ROWS), "hired": rng.choice(["yes", "no"], ROWS, p=[0.4, 0.6])})
    seconds = rng.integers(0, 730 * 24 * 3600, ROWS)
    frame["applied_at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(seconds, unit="s")
    frame["code"] = [f"{at}-{i:06d}" for i, at in enumerate(rng.choice(["AB", "CD", "EF"], ROWS))]
    frame["zip"] = rng.choice(np.array(["100", "200", "300"]), ROWS) + rng.integers(10, 99, ROWS).astype(str)
    words = rng.choice([f"word{i}" for i in range(60)], (ROWS, 12))
    frame["letter"] = [" ".join(row) + "." for row in words]
    return frame, rng


def _checked(frame: pd.DataFrame, *only: str, **more: Any) -> Audit:
    return auditor.check(frame, target="hired", positive="yes", groups=["sex"], only=only, seed=0, **more)


def _found(audit: Audit, rule: str) -> dict[str, State]:
    """Return the columns of a rule's findings that are more than undetermined."""
    shown = (State.SHOWN_STRONG, State.SHOWN, State.BORDERLINE)
    return {f.subject["column"]: f.state for f in audit.findings(rule) if f.state in shown and "column" in f.subject}


def test_what_has_to_do_with_nothing_is_not_found_in_derived_features_either() -> None:
    audit = _checked(_people()[0], CARRIER, LEAK)
    assert _found(audit, CARRIER) == _found(audit, LEAK) == {}
    named = {row["column"] for row in audit.result(CARRIER).table}
    of_time = {f"applied_at: {part}" for part in ("hour", "weekday", "month")}
    # All letters have one full stop and no capital: what is the same everywhere is left out.
    assert named == {*of_time, "code (first 4)", "zip", "zip (first 3)", "letter: length"}
    (said,) = [decision for decision in audit.dataset.reading if decision.about == "derived features"]
    assert set(said.columns) == named - {"zip"}
    assert {column.name for column in audit.dataset.columns} == set(_people()[0].columns)


def test_nothing_is_derived_from_an_identifier_that_recurs() -> None:
    """Its rows are one person's: what they begin with goes with the person's group, without meaning anything."""
    rng = np.random.default_rng(7)
    at = np.repeat(np.arange(200), 2)
    number = np.array([f"C{i:05}" for i in rng.choice(90_000, 200, replace=False)])[at]
    group, hired = rng.choice(["f", "m"], 200)[at], rng.choice(["yes", "no"], 400)
    frame = pd.DataFrame({"sex": group, "contract": number, "hired": hired, "place": rng.choice(list("xyz"), 400)})
    audit = _checked(frame, CARRIER)
    assert [row["column"] for row in audit.result(CARRIER).table] == ["place"]
    assert any("'contract'" in note and "--id" in note for note in audit.dataset.notes)


def test_an_outcome_that_hangs_on_the_hour_is_a_leak_of_the_time() -> None:
    """Decided before nine in 95 of 100 cases, after it in 5."""
    frame, rng = _people(1)
    early = frame["applied_at"].dt.hour < 9
    frame["hired"] = np.where(rng.random(ROWS) < np.where(early, 0.95, 0.05), "yes", "no")
    assert _found(_checked(frame, LEAK), LEAK) == {"applied_at: hour": State.BORDERLINE}
    known = auditor.UseCase.model_validate({"features": {"not_leaks": ["applied_at"]}})
    assert _found(_checked(frame, LEAK, use_case=known), LEAK) == {}


def test_a_group_in_the_beginning_of_a_code_is_told_by_it() -> None:
    frame, rng = _people(2)
    right = rng.random(ROWS) < 0.9
    frame["code"] = [
        f"{'F' if (sex == 'f') == of else 'M'}{i:06d}"
        for i, (sex, of) in enumerate(zip(frame["sex"], right, strict=True))
    ]
    frame["hired"] = np.where(rng.random(ROWS) < np.where(frame["sex"] == "f", 0.3, 0.6), "yes", "no")
    audit = _checked(frame, CARRIER, "PRX002")
    assert audit.result(CARRIER).state is State.SHOWN_STRONG
    (column,) = _found(audit, CARRIER)
    assert column.startswith("code (first ")
    assert next(audit.findings("PRX002")).state is State.SHOWN_STRONG
    forbidden = auditor.UseCase.model_validate({"features": {"forbidden": ["code"]}})
    assert not next(_checked(frame, "PRX002", use_case=forbidden).findings("PRX002")).state.found
    assert _found(_checked(frame.drop(columns="code"), CARRIER), CARRIER) == {}


def test_the_style_of_a_text_tells_who_writes_longer() -> None:
    frame, rng = _people(3)
    more = np.where(frame["sex"] == "f", " and so it goes on for a while!", "")
    frame["letter"] = frame["letter"] + np.where(rng.random(ROWS) < 0.8, more, "")
    frame["hired"] = np.where(rng.random(ROWS) < np.where(frame["sex"] == "f", 0.3, 0.6), "yes", "no")
    found = _found(_checked(frame, CARRIER), CARRIER)
    assert set(found) == {"letter: length", "letter: punctuation marks"}
    assert all(state.found for state in found.values())


def test_what_is_derived_is_that_of_the_masked_text_and_a_mask_adds_nothing() -> None:
    """Two words in capitals are all that sets the letters of a group apart: masked here or in a copy, nothing does."""
    frame, rng = _people(6)
    held = (frame["sex"] == "f") & (rng.random(ROWS) < 0.8)
    frame["letter"] = frame["letter"].str.rstrip(".") + np.where(held, " QUEENSBOROUGH ROYAL'S", "")
    frame["hired"] = np.where(rng.random(ROWS) < np.where(frame["sex"] == "f", 0.3, 0.6), "yes", "no")
    terms = ["queensborough", "royal"]
    style = {"letter: length", "letter: share of capitals"}
    audit = _checked(frame, CARRIER, text="letter", redact=terms)
    assert audit.compared is not None
    gone = {change.subject["column"] for change in audit.compared.changes if change.rule == CARRIER}
    assert style <= gone
    copy = frame.assign(letter=frame["letter"].map(masker(terms)))
    assert copy["letter"].str.contains("\N{BLACK VERTICAL RECTANGLE}").sum() == held.sum()
    for masked in (audit, _checked(copy, CARRIER, text="letter")):
        assert not style & set(_found(masked, CARRIER))
    assert _checked(copy, CARRIER, text="letter").result(CARRIER).table == audit.result(CARRIER).table


def _source(values: str) -> Source:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE data AS {values}").fetchall()
    described = connection.execute("DESCRIBE data").fetchall()
    return Source("data", connection, "data", {name: kind for name, kind, *_ in described})


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        (What.HOUR, "TIMESTAMP '2024-02-29 13:59:00'", 13),
        (What.WEEKDAY, "DATE '2024-02-29'", 4),  # a Thursday
        (What.MONTH, "DATE '2024-02-29'", 2),
        (What.YEAR, "DATE 'infinity'", None),
        (What.LENGTH, "'Ça va?'", 6),
        (What.CAPITALS, "'ÇA va?'", 2 / 6),
        (What.CAPITALS, "''", None),
        (What.PUNCTUATION, "'(so) – yes!'", 4),
        # An apostrophe within a word is spelling, straight or not; one beside a word is a mark.
        (What.PUNCTUATION, "'it''s l’été, rock''n''roll: ''so'''", 4),
        (What.PUNCTUATION, "'women''s club.'", 1),
        # "of club, yes": what a mask stands for is gone, and the mask is no character of the writer's.
        (What.LENGTH, "'of ▮ club, yes ▮'", 12),
        (What.CAPITALS, "'▮ Ab'", 1 / 2),
        (What.PUNCTUATION, "NULL::VARCHAR", None),
    ],
)
def test_what_is_derived_is_worked_by_hand(what: What, value: str, expected: float | None) -> None:
    source = _source(f"SELECT {value} AS x")
    found = source.connection.execute(f"SELECT {derived_sql(Derivation('x: y', 'x', what))} FROM data").fetchall()[0][0]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "kind", ["INTEGER", "DOUBLE", "DECIMAL(8, 2)"]
)  # with gaps, pandas has whole numbers as doubles
def test_the_first_characters_of_a_number_are_those_with_its_leading_zeros(kind: str) -> None:
    source = _source(f"SELECT unnest([1001, 10001, 99999, NULL])::{kind} AS zip")
    of = Derivation("zip (first 3)", "zip", What.PREFIX, 3, 5)
    found = source.connection.execute(f"SELECT {derived_sql(of)} FROM data").fetchall()
    assert [value for (value,) in found] == ["010", "100", "999", None]


def _roles(**more: Any) -> Roles:
    usual: dict[str, Any] = {
        "target": None, "positive": (), "groups": (), "bands": {}, "text": (), "time": None, "id": None,
        "features": (), "ignored": {}, "reading": (),
    }  # fmt: skip
    return Roles(**(usual | more))


def test_a_name_that_a_column_has_is_never_given_to_what_is_derived() -> None:
    source = _source("SELECT TIMESTAMP '2024-01-01' + INTERVAL (range) HOUR AS at, 1 AS \"AT: Hour\" FROM range(100)")
    seen = peek(source)
    asked = proposed(_roles(features=("at", "AT: Hour")), seen)
    assert "at: hour" not in {of.name for of in asked}
    wider, kept, beside = derive(source, asked, seen)
    assert {of.name for of in kept} == set(beside) == {"at: weekday"}  # all of one month and year
    assert wider.fields == source.fields
    assert OnDuckDB(wider, kept, beside).reading[-1].columns == ("at: weekday",)


def test_where_there_are_only_counts_it_is_said_that_nothing_is_derived(tmp_path: Path) -> None:
    auditor.tally(_people()[0], tmp_path / "a.tally", target="hired", positive="yes", groups=["sex"])
    audit = auditor.check([tmp_path / "a.tally"], only=[CARRIER])
    (said,) = [decision for decision in audit.dataset.reading if decision.about == "derived features"]
    assert set(said.columns) == {"applied_at", "letter"}
    assert not [row for row in audit.result(CARRIER).table if ": " in row["column"]]


def test_addresses_and_keys_of_things_are_not_taken_apart() -> None:
    source = _source("SELECT 'a' || range || '@b.org' AS mail, range AS case_no FROM range(200)")
    ignored = {"mail": Ignored.PERSONAL, "case_no": Ignored.KEY}
    assert proposed(_roles(ignored=ignored), peek(source)) == []


# A column of each type, of 300 rows: what is derived of it is of its value, or nothing is; and no type is an error.
OF_TYPES = {
    "date": "DATE '2020-01-01' + CAST(range AS INTEGER)",
    "endless date": "CASE WHEN range % 9 = 0 THEN DATE 'infinity' ELSE DATE '2020-01-01' + CAST(range AS INTEGER) END",
    "time of day": "CAST(TIMESTAMP '2020-01-01' + INTERVAL (range * 7) MINUTE AS TIME)",
    "time of day with a zone": "CAST(CAST(TIMESTAMP '2020-01-01' + INTERVAL (range * 7) MINUTE AS TIME) AS TIMETZ)",
    "moment": "TIMESTAMP '2020-01-01' + INTERVAL (range * 7) HOUR",
    "moment with a zone": "CAST(TIMESTAMP '2020-01-01' + INTERVAL (range * 7) HOUR AS TIMESTAMPTZ)",
    "endless moment": "CASE WHEN range % 9 = 0 THEN TIMESTAMP '-infinity' ELSE TIMESTAMP '2020-01-01' + INTERVAL (range) DAY END",
    "moment in nanoseconds": "CAST(TIMESTAMP '2020-01-01' + INTERVAL (range) DAY AS TIMESTAMP_NS)",
    "span": "INTERVAL (range) DAY",
    "whole number": "10007 + range * 31",
    "huge number": "CAST(range AS HUGEINT) * 100000000000000000000",
    "fraction": "range / 7",
    "endless number": "CASE WHEN range % 9 = 0 THEN 'inf'::DOUBLE ELSE range / 7 END",
    "decimal": "CAST(range / 7 AS DECIMAL(9, 2))",
    "truth": "range % 2 = 0",
    "word": "'A' || range % 60 || '-' || range % 7",
    "level": "CAST('b' || range % 3 AS ENUM ('b0', 'b1', 'b2'))",
    "text": "'Seen ' || range || ' times, and then (so far) no more: the end of ' || range % 7 || ' stories.'",
    "bytes": "encode('A' || range)",
    "list": "[range, range % 3]",
    "words": "['a', 'b' || range % 3]",
    "structure": "{'a': range}",
    "map": "MAP {'a': range}",
    "key": "CAST(lpad(range::VARCHAR, 32, '0') AS UUID)",
    "bits": "CAST(lpad(bin(range), 12, '0') AS BIT)",
    "nothing": "NULL",
    "no text": "CAST(NULL AS VARCHAR)",
    "no date": "CAST(NULL AS DATE)",
    "empty texts": "''",
    "some empty texts": "CASE WHEN range % 3 = 0 THEN '' ELSE 'A' || range % 60 END",
}  # fmt: skip


EMPTY = ("nothing", "no text", "no date", "empty texts")  # of which no role can be stated
SPELLED = ("word", "text", "some empty texts", "bytes", "structure", "map")  # the last as JSON, by the loader


@pytest.mark.parametrize(
    ("kind", "role"),
    [(kind, role) for kind in OF_TYPES for role in ("feature", "text") if role == "feature" or kind not in EMPTY],
)
def test_every_type_of_a_column_can_be_derived_from(kind: str, role: str, tmp_path: Path) -> None:
    """Of weighted rows in clusters, too: no rule fails, and a style is that of a text alone."""
    path = tmp_path / "x.duckdb"
    sex, hired = "CASE WHEN range % 5 < 2 THEN 'f' ELSE 'm' END", "CASE WHEN range % 3 = 0 THEN 'yes' ELSE 'no' END"
    with duckdb.connect(str(path)) as connection:
        held = f"{sex} AS sex, {hired} AS hired, 1 + range % 7 / 4 AS w, range // 5 AS class, {OF_TYPES[kind]} AS zip"
        connection.execute(f"CREATE TABLE data AS SELECT {held} FROM range(300)")
    text = ["zip"] if role == "text" else []
    more: dict[str, Any] = {} if text else {"weight": "w", "cluster": "class"}
    audit = auditor.check(str(path), target="hired", positive="yes", groups=["sex"], no_models=True, text=text, **more)
    assert not [result for result in audit.results if result.failed]
    derived = {name for of in audit.dataset.reading if of.about == "derived features" for name in of.columns}
    if text:
        assert bool(derived) is (kind in SPELLED)


def test_what_is_derived_counts_in_weights_and_by_units() -> None:
    """Held against the sums that pandas makes. All of a class applied at once."""
    frame, rng = _people(4)
    frame["w"], frame["class"] = rng.uniform(0.5, 3, ROWS), np.arange(ROWS) // 10
    frame["applied_at"] = frame.groupby("class")["applied_at"].transform("first")
    stated = {"groups": {"columns": ["sex"]}, "features": {"weight": "w", "cluster": "class"}}
    use = auditor.UseCase.model_validate({"label": {"column": "hired", "positive": "yes"}, **stated})
    with open_source(frame) as source:
        rows = OnDuckDB(source)
        seen = rows.peek()
        roles = assign(seen, use, "frame")
        tally = rows.derived(proposed(roles, seen), seen).tally(roles, seen, False, lambda said: None)
    hours = frame["applied_at"].dt.hour.astype(str)
    table = tally.column("applied_at: hour").table.groupby(LEVEL)
    assert table[WEIGHT].sum().to_dict() == pytest.approx(frame["w"].groupby(hours).sum().to_dict())
    assert table[SQUARES].sum().to_dict() == pytest.approx((frame["w"] ** 2).groupby(hours).sum().to_dict())
    assert tally.weighed
    assert tally.units is not None
    early = np.isin(np.array(tally.units.levels["applied_at: hour"])[tally.units.codes["applied_at: hour"]], ["0", "1"])
    assert (early == hours.isin(["0", "1"]).to_numpy()).all()
    w = np.where(hours.isin(["0", "1"]), frame["w"], 0)
    weighted = tally.in_weights().column("applied_at: hour").table
    share = weighted.loc[weighted[LEVEL].isin(["0", "1"]), COUNT].sum() / weighted[COUNT].sum()
    assert share == pytest.approx(w.sum() / frame["w"].sum())


# Who has a number of an employee was hired: that is known from how the column is made, whatever its numbers are.
@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("number", [lambda i: 10_000 + i, lambda i: f"EMP00{i:05d}"], ids=["number", "text"])
def test_whether_an_identifier_is_recorded_may_give_away_the_outcome(beside: bool, number: Any) -> None:
    frame, _ = _people()
    frame = frame[["sex", "hired", "code"]]
    if beside:
        frame["applicant_id"] = [f"A{i}" for i in range(ROWS)]
    hired = frame["hired"] == "yes"
    frame["employee_no"] = pd.Series([number(i) for i in range(ROWS)], dtype=object).where(hired, None)
    audit = _checked(frame, LEAK)
    assert _found(audit, LEAK) == {"employee_no: recorded": State.SHOWN}


def test_a_complete_identifier_and_one_that_is_missing_at_random_give_nothing_away() -> None:
    frame, rng = _people()
    frame["applicant_id"] = [f"A{i}" for i in range(ROWS)]
    frame["employee_no"] = pd.Series(range(ROWS), dtype=object).where(rng.random(ROWS) < 0.4, None)
    audit = _checked(frame, CARRIER, LEAK)
    assert _found(audit, LEAK) == _found(audit, CARRIER) == {}
    named = {row["column"] for row in audit.result(CARRIER).table}
    assert "employee_no: recorded" in named
    assert "applicant_id: recorded" not in named


@pytest.mark.parametrize("name", ["applicant_id", "case_no", "reference"])
@pytest.mark.parametrize("kinds", [("H", "R"), ("IN-", "OUT-")])
def test_what_an_identifier_begins_with_may_give_away_the_outcome(name: str, kinds: tuple[str, str]) -> None:
    """The rows were numbered with the outcome known; the column is the identifier of people, or another one."""
    frame, _ = _people()
    frame = frame[["sex", "hired", "code"]]
    hired = frame["hired"] == "yes"
    frame[name] = [f"{kinds[0] if yes else kinds[1]}{i:05d}" for i, yes in enumerate(hired)]
    found = _found(_checked(frame, LEAK), LEAK)
    assert [*found.values()] == [State.SHOWN] and next(iter(found)).startswith(f"{name} (first ")


def test_running_numbers_and_initials_begin_with_nothing_that_counts() -> None:
    """Of numbers that run the first digits are an age, and of e-mail addresses the first letter is an initial."""
    frame, rng = _people()
    letters = rng.choice([*"abcdefghijklmnop"], ROWS)
    for ids in ([f"A{i:05d}" for i in range(ROWS)], [f"{of}{i}@example.org" for i, of in enumerate(letters)]):
        audit = _checked(frame[["sex", "hired", "code"]].assign(applicant_id=ids), CARRIER, LEAK)
        assert not [row for row in audit.result(CARRIER).table if "applicant_id" in str(row["column"])]
