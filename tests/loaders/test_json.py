"""JSON: arrays of objects and one object per line, with every value kept."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.loaders.reading import read, refusal, write

ROWS = [{"sex": "f", "age": 31, "hired": True, "score": 1.5}, {"sex": "m", "age": None, "hired": False}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps(ROWS, indent=2)),
        ("a.json", "\ufeff" + json.dumps(ROWS)),
        ("a.json", "\n".join(map(json.dumps, ROWS))),
        ("a.jsonl", "\n".join(map(json.dumps, ROWS))),
        ("a.ndjson", json.dumps(ROWS)),
    ],
)
def test_shapes(tmp_path: Path, name: str, text: str) -> None:
    found = read(write(tmp_path, name, text))
    assert found.fields == {"sex": "VARCHAR", "age": "BIGINT", "hired": "BOOLEAN", "score": "DOUBLE"}
    assert found.rows == [("f", 31, True, 1.5), ("m", None, False, None)]
    assert found.notes == ()


def test_objects_that_span_lines(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.json", '{\n"a": 1\n}\n{\n"a": 2\n}\n')).rows == [(1,), (2,)]


def test_strings_stay_strings_except_dates(tmp_path: Path) -> None:
    row = {"zip": "02134", "n": "5", "t": "true", "d": "2024-01-02", "e": "", "na": "NA"}
    found = read(write(tmp_path, "a.json", json.dumps([row])))
    assert found.rows == [("02134", "5", "true", dt.date(2024, 1, 2), None, "NA")]


def test_nested_values_become_json_text(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.json", '[{"a": {"x": [1, 2]}, "b": []}, {"a": null, "b": ["é"]}]'))
    assert found.fields == {"a": "VARCHAR", "b": "VARCHAR"}
    assert found.rows == [('{"x":[1,2]}', "[]"), (None, '["é"]')]


def test_a_key_that_comes_late(tmp_path: Path) -> None:
    text = '{"a": 1}\n' * 25_000 + '{"a": 2, "b": "x"}\n'
    found = read(write(tmp_path, "a.jsonl", text))
    assert found.fields == {"a": "BIGINT", "b": "VARCHAR"}
    assert found.rows[-2:] == [(1, None), (2, "x")]


def test_a_column_that_turns_to_text(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.jsonl", '{"a": 1}\n' * 25_000 + '{"a": "abc"}\n'))
    assert found.rows[-1] == ("abc",)
    assert found.notes == ("Column 'a' is read as text: numbers at first, then a text at row 25001.",)


def test_many_sparse_keys_stay_columns(tmp_path: Path) -> None:
    text = "".join(json.dumps({"a": 1, f"k{i % 250}": 1}) + "\n" for i in range(500))
    assert len(read(write(tmp_path, "a.jsonl", text)).fields) == 251


def test_numbers_that_no_float_holds_stay_text(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.json", '[{"a": 12345678901234567890123}]')).rows == [("12345678901234567890123",)]


def test_nan_is_missing(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.json", '[{"a": NaN}, {"a": 1}]')).rows == [(None,), (1.0,)]


def test_hostile_keys(tmp_path: Path) -> None:
    row = {'the "best"': 1, "o'clock": 2, "$.a": 3, "{b}": 4, "a b": 5}
    assert read(write(tmp_path, "a.json", json.dumps([row]))).rows == [(1, 2, 3, 4, 5)]


def test_latin_text(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.json", '[{"a": "Renée"}]'.encode("cp1252")))
    assert found.rows == [("Renée",)]
    assert found.notes == ("Encoding cp1252 (a.json is not UTF-8).",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.json is empty"),
        ("  \n", "a.json is empty"),
        ("[]", "a.json has no rows"),
        ("[1, 2]", "a.json holds numbers where objects should be"),
        ("hello", "a.json holds no JSON objects, it begins with 'hello'"),
        ('[{"a": 1}, {"a": 2', "a.json cannot be read as JSON: Malformed JSON"),
        ('{"a": 1}\n{"a":}\n', "a.json cannot be read as JSON: Malformed JSON"),
        ('{"a": 1, "A": 2}\n', "columns 'a' (position 1) and 'A' (position 2) differ only by case"),
        ('{"a": 1, "a": 2}\n', "a.json cannot be read as JSON"),
        ('{"data": [{"a": 1}, {"a": 2}]}', "a.json holds one object with the data inside it"),
        ('{"a": {"0": 1, "1": 2}}', "a.json holds one object with the data inside it"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refusal(write(tmp_path, "a.json", text))
