"""Groups in a side file: joined by a key, with all that does not match counted and said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.model import Audit, Decision

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 300
ASKED: dict[str, Any] = {"target": "hired", "positive": "yes", "no_models": True, "time": "none", "id": "none"}


def _data() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame({"id": [f"{i:03d}" for i in range(ROWS)], "hired": rng.choice(["yes", "no"], ROWS)})


def _people() -> pd.DataFrame:
    return pd.DataFrame({"id": [f"{i:03d}" for i in range(ROWS)], "sex": ["f", "m", "f"] * (ROWS // 3)})


def _check(folder: Path, data: pd.DataFrame, people: pd.DataFrame, **more: Any) -> Audit:
    people.to_csv(folder / "people.csv", index=False)
    return auditor.check(data, **{**ASKED, "group_file": folder / "people.csv", "on": "id", **more})


def _said(audit: Audit) -> Decision:
    return next(of for of in audit.dataset.reading if of.about == "group file")


def test_the_groups_are_those_of_a_merge_by_pandas(tmp_path: Path) -> None:
    data, people = _data(), _people()
    joined = _check(tmp_path, data, people.sample(frac=1, random_state=0))
    merged = auditor.check(data.merge(people, on="id"), groups="sex", **ASKED)
    assert joined.result("OUT001").findings == merged.result("OUT001").findings
    assert not _said(joined).warning and "300 of 300 rows have a match." in _said(joined).text


def test_what_does_not_match_is_counted(tmp_path: Path) -> None:
    """Of 300 rows 3 have no key and 20 no match; in the file 2 keys mean two things, 5 rows repeat, 1 is of nobody."""
    data, people = _data(), _people()
    data.loc[:2, "id"] = None
    odd = pd.DataFrame({"id": ["100", "101", "999"], "sex": ["x", "x", "f"]})
    people = pd.concat([people.iloc[:280], people.iloc[10:15], odd])
    said = _said(_check(tmp_path, data, people))
    assert said.warning
    for words in (
        "275 of 300 rows have a match", "so without a recorded group: 25", "Without a key: 3 of these",
        "Keys of people.csv with different values, which match nothing: 2",
        "repeat another exactly, and count once: 5", "Keys of people.csv of no row here: 4",
    ):  # fmt: skip
        assert words in said.text
    audit = _check(tmp_path, data, people)
    assert next(of for of in audit.dataset.columns if of.name == "sex").missing == 25


def test_rows_stay_in_their_order_and_a_person_may_have_several(tmp_path: Path) -> None:
    data = pd.concat([_data(), _data()], ignore_index=True)
    audit = _check(tmp_path, data, _people())
    assert audit.dataset.rows == 2 * ROWS and "600 of 600 rows" in _said(audit).text


def test_keys_of_other_names_and_types(tmp_path: Path) -> None:
    data = _data().assign(applicant=range(ROWS)).drop(columns="id")
    people = _people().assign(id=np.arange(ROWS, dtype=float))
    audit = _check(tmp_path, data, people, on="applicant=id")
    assert "300 of 300 rows" in _said(audit).text


def test_the_use_case_names_it_beside_itself_and_the_command_line_does(tmp_path: Path) -> None:
    _data().to_csv(tmp_path / "data.csv", index=False)
    _people().to_csv(tmp_path / "people.csv", index=False)
    use = tmp_path / "use_case.toml"
    use.write_text('[label]\ncolumn = "hired"\npositive = "yes"\n[groups]\nfile = "people.csv"\non = "id"\n')
    audit = auditor.check(tmp_path / "data.csv", use_case=use, no_models=True)
    assert audit.use_case["groups"]["columns"] == ["sex"]
    command = ["check", str(tmp_path / "data.csv"), "--target", "hired", "--positive", "yes", "--only", "OUT001"]
    run = CliRunner().invoke(main, [*command, "--group-file", str(tmp_path / "people.csv"), "--on", "id"])
    assert run.exit_code != 2 and "sex" in run.output


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"on": None}, "by which key is .*people.csv joined"),
        ({"group_file": None}, "name the file"),
        ({"on": "number"}, "number"),
        ({"group_file": "nowhere.csv"}, "nowhere.csv"),
        ({"group_file": "postgresql://u:secret@host/db"}, "is a file on this machine"),
    ],
)
def test_what_is_wrong_is_refused_in_a_line(asked: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=words) as refused:
        _check(tmp_path, _data(), _people(), **asked)
    assert "\n" not in str(refused.value) and "secret" not in str(refused.value)


def test_other_keys_one_name_and_no_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"no row of DataFrame has a key that people\.csv has"):
        _check(tmp_path, _data(), _people().assign(id=[f"x{i}" for i in range(ROWS)]))
    with pytest.raises(AuditError, match="both have a column 'hired'"):
        _check(tmp_path, _data(), _people().rename(columns={"sex": "hired"}))
    with pytest.raises(AuditError, match="has no column beside its key"):
        _check(tmp_path, _data(), _people()[["id"]])


def test_tallies_and_spark_refuse_it(tmp_path: Path, spark: SparkSession) -> None:
    _people().to_csv(tmp_path / "people.csv", index=False)
    beside: dict[str, Any] = {"group_file": tmp_path / "people.csv", "on": "id"}
    auditor.tally(_data(), tmp_path / "a.tally", target="hired", positive="yes", **beside)
    assert "sex" in auditor.check([tmp_path / "a.tally"]).use_case["groups"]["columns"]
    with pytest.raises(AuditError, match="'group_file' cannot be asked of tallies"):
        auditor.check([tmp_path / "a.tally"], **beside)
    with pytest.raises(AuditError, match="cannot be joined in Spark"):
        auditor.check(spark.createDataFrame(_data()), target="hired", positive="yes", **beside)


@pytest.mark.parametrize(
    "written", [lambda i: f"{i:05d}", lambda i: f" {i:03d} ", lambda i: f"A{i}" if i % 2 else f"a{i}"]
)
def test_keys_that_are_written_in_another_way_are_counted(written: Callable[[int], str], tmp_path: Path) -> None:
    """A third of the file's keys are spelled otherwise, all of which have a row; nothing is joined by guessing."""
    people = _people()
    other = people.index % 3 == 0
    data = _data().assign(id=[f"A{i}" if written(1) == "A1" else f"{i:03d}" for i in range(ROWS)])
    people["id"] = data["id"].where(~other, [written(i) for i in range(ROWS)])
    alike = int((people["id"] != data["id"]).sum())
    said = _said(_check(tmp_path, data, people))
    assert said.warning and f"{ROWS - alike} of {ROWS} rows have a match" in said.text
    assert (
        f"{alike} of these would have one if case, spaces and zeros at the beginning of 'id' did not count" in said.text
    )


def test_a_few_matches_with_one_value_are_refused_as_what_they_are(tmp_path: Path) -> None:
    people = _people()
    people["id"] = ["000" if i == 0 else f"x{i}" for i in range(ROWS)]
    with pytest.raises(AuditError, match=r"1 of 300 rows of .* have a match in people.csv .* one value of 'sex'"):
        _check(tmp_path, _data(), people, groups="sex")
