"""CSV: nothing is skipped, renamed or retyped without a word, and faults are told with their line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.loaders.reading import read, refusal, write


def test_a_plain_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "sex,age,score\nf,31,1.5\nm,40,\n")
    found = read(path)
    assert found.name == "a.csv"
    assert found.fields == {"sex": "VARCHAR", "age": "BIGINT", "score": "DOUBLE"}
    assert found.rows == [("f", 31, 1.5), ("m", 40, None)]
    assert found.notes == ()


def test_a_quoted_field_after_the_sample(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n" + "x,1\n" * 30_000 + '"x,y",2\n')
    assert read(path).rows[-1] == ("x,y", 2)


def test_quoted_fields_hold_delimiters_newlines_and_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'a,b\n"x\ny, z",1\n"say ""no""",2\n')
    assert read(path).rows == [("x\ny, z", 1), ('say "no"', 2)]


def test_backslashes_escape_quotes_where_the_file_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'a,b\n"say \\"no\\", he said",1\n"x",2\n')
    assert read(path).rows == [('say "no", he said', 1), ("x", 2)]


def test_single_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n'<0, none',1\n'x',2\n")
    assert read(path).rows == [("<0, none", 1), ("x", 2)]


def test_apostrophes_are_no_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n'tis,1\nO'Neil,2\n")
    assert read(path).rows == [("'tis", 1), ("O'Neil", 2)]


@pytest.mark.parametrize(
    ("lines", "line", "got"),
    [
        (["1,2,3", "1,2"], 3, "2 fields"),
        (["1,2,3", "1,2,3,4"], 3, "4 fields"),
        (["1,2"], 2, "2 fields"),
        (["1,2,3", "1"], 3, "1 field"),
        (['1,"x\ny",3', "1,2"], 4, "2 fields"),
        (["", "1,2,3", "", "1,2"], 5, "2 fields"),
        (["1,2,3"] * 30_000 + ["1,2,3,4"] + ["1,2,3"] * 10, 30_002, "4 fields"),
        (["1,2,3"] * 30_000 + ["1,2"], 30_002, "2 fields"),
    ],
)
def test_a_ragged_line_is_told_by_its_number(tmp_path: Path, lines: list[str], line: int, got: str) -> None:
    path = write(tmp_path, "a.csv", "a,b,c\n" + "\n".join(lines) + "\n")
    assert refusal(path) == f"a.csv, line {line}: {got} where the header has 3"


def test_a_line_that_may_be_a_title_or_a_header_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "whole name\nDoe, Jane\nRoe, John\n")
    assert refusal(path) == (
        "a.csv, line 2: 2 fields where the header has 1; if titles stand above the header, skip them with --skip-rows"
    )


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'a,b\nx,1\n"y,2\nz,3\n')
    assert refusal(path).startswith("a.csv, line 3: a quoted field does not end as it should")


def test_comment_lines_before_the_header_are_left_out_and_noted(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "# from the office\n# in 2024\na,b\nx,1\n"))
    assert found.rows == [("x", 1)]
    assert found.notes == ("Left out above the header: 2 comment lines.",)


def test_a_header_may_begin_with_a_hash(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "#id,name\n1,x\n2,y\n"))
    assert list(found.fields) == ["#id", "name"]
    assert found.notes == ()


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "\na,b\n\nx,1\n\ny,2\n\n")).rows == [("x", 1), ("y", 2)]


def test_spaces_after_every_delimiter_are_left_out_and_noted(tmp_path: Path) -> None:
    found = read(write(tmp_path, "adult.data", '39, State-gov, Male\n50, NA, "Fe, male"\n'))
    assert found.rows == [(39, "State-gov", "Male"), (50, None, "Fe, male")]
    assert found.form == ("Comma and space-separated, no header, UTF-8.",)


def test_spaces_here_and_there_are_kept(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "a,b\nx, y\nx,z\n")).rows == [("x", " y"), ("x", "z")]


def test_one_column(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", 'text\nGood, but late\n\n""\nNA\nBad\n\n'))
    assert found.fields == {"text": "VARCHAR"}
    assert found.rows == [("Good, but late",), (None,), (None,), ("Bad",)]


@pytest.mark.parametrize(("mark", "suffix"), [(";", "csv"), ("\t", "csv"), ("|", "csv"), ("\t", "tsv")])
def test_delimiters(tmp_path: Path, mark: str, suffix: str) -> None:
    path = write(tmp_path, f"a.{suffix}", f"a{mark}b\nx, y; z{mark}1\n".replace("; z" if mark == ";" else "\0", ""))
    assert read(path).rows == [("x, y" if mark == ";" else "x, y; z", 1)]


def test_words_parted_by_spaces_are_columns_only_where_every_line_has_as_many(tmp_path: Path) -> None:
    codes = read(write(tmp_path, "german.data", "A11 6 A34 1\nA12 48 A32 2\nA14 12 A34 1\n"))
    assert codes.fields == {"column0": "VARCHAR", "column1": "BIGINT", "column2": "VARCHAR", "column3": "BIGINT"}
    assert read(write(tmp_path, "t.csv", "name\nJane Doe\nJohn Roe\n")).rows == [("Jane Doe",), ("John Roe",)]


def test_an_excel_line_naming_the_delimiter(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "sep=;\na;b\nx;1\n")).rows == [("x", 1)]


def test_a_header_over_text_is_a_header(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "sex,city\nf,Rome\nm,Bonn\n"))
    assert list(found.fields) == ["sex", "city"]
    assert len(found.rows) == 2


@pytest.mark.parametrize("text", ["f,31\nm,40\n", "f,yes\nm,no\nf,no\nm,yes\n"])
def test_without_a_header_columns_are_numbered_and_noted(tmp_path: Path, text: str) -> None:
    found = read(write(tmp_path, "a.csv", text))
    assert list(found.fields) == ["column0", "column1"]
    assert len(found.rows) == text.count("\n")
    assert found.notes == ("No header was found, so the columns are called column0, column1 and so on.",)
    assert found.warnings == found.notes


def test_a_ragged_line_without_a_header(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, "a.csv", "1,2\n3,4\n5\n")) == "a.csv, line 3: 1 field where the first line has 2"


def test_names_that_stand_twice(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, "a.csv", "sex,age,sex\nf,1,m\n"))
    assert text == "a.csv: column 'sex' occurs twice, at positions 1 and 3; give each column a name of its own"


def test_names_that_differ_only_by_case(tmp_path: Path) -> None:
    text = refusal(write(tmp_path, "a.csv", "Sex,age,sex\nf,1,m\n"))
    assert "columns 'Sex' (position 1) and 'sex' (position 3) differ only by case" in text


def test_an_empty_name_is_numbered_and_noted(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", ",sex\n0,f\n1,m\n"))
    assert list(found.fields) == ["column0", "sex"]
    assert found.notes == ("Field 1 of the header is empty, so the column is called 'column0'.",)


def test_spaces_around_names_are_dropped(tmp_path: Path) -> None:
    assert list(read(write(tmp_path, "a.csv", "sex , age\nf,1\n")).fields) == ["sex", "age"]


def test_hostile_names_are_names(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", '"the ""best""",o\'clock,a b;c\nx,1,2\n')
    assert read(path).fields == {'the "best"': "VARCHAR", "o'clock": "BIGINT", "a b;c": "BIGINT"}


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file(tmp_path: Path, text: str) -> None:
    assert refusal(write(tmp_path, "a.csv", text)) == "a.csv is empty"


def test_a_header_without_rows(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, "a.csv", "a,b\n")) == "a.csv has a header but no rows"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    assert read(write(tmp_path, "a.csv", f"a,b{end}x,1{end}y,2{end}")).rows == [("x", 1), ("y", 2)]


def test_mixed_line_ends(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.csv", "a,b\r\nx,1\ny,2\r\n\nz,3\n")).rows == [("x", 1), ("y", 2), ("z", 3)]


def test_a_very_long_field(tmp_path: Path) -> None:
    text = "word\n" * 2_000_000
    found = read(write(tmp_path, "a.csv", f'a,b\nx,1\n"{text}",2\ny,3\n'))
    assert found.rows == [("x", 1), (text, 2), ("y", 3)]


def test_very_many_columns(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(1000)]
    path = write(tmp_path, "a.csv", ",".join(names) + "\n" + ",".join(["1"] * 999 + ["x"]) + "\n")
    found = read(path)
    assert list(found.fields) == names
    assert found.rows == [(*[1] * 999, "x")]


def test_compressed_tables(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv.gz", gzip.compress(b"a\tb\nx,y\t1\n") + gzip.compress(b"z\t2\n"))
    assert read(path).rows == [("x,y", 1), ("z", 2)]


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n" + b"x,1\n" * 100_000)[:-100])
    assert refusal(path).startswith("a.csv.gz cannot be unpacked")


def test_a_path_with_pattern_characters_names_one_file(tmp_path: Path) -> None:
    write(tmp_path, "a1.csv", "a,b\nz,9\n")
    assert read(write(tmp_path, "a[1].csv", "a,b\nx,1\n")).rows == [("x", 1)]
    assert read(write(tmp_path, "a*.csv", "a,b\ny,2\n")).rows == [("y", 2)]
