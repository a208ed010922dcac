"""`init` proposed other roles than `check` took: each had words of its own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import OutcomeError
from auditor.use.usecase import UseCase
from tests.conftest import DATA, SAMPLES

PUBLISHED = [
    DATA / "adult.parquet",
    DATA / "german_credit.csv",
    DATA / "berkeley.csv",
    DATA / "berkeley_counts.csv",
    SAMPLES / "callbacks.csv",
    SAMPLES / "hiring.csv",
]


def _roles(audit: auditor.Audit) -> dict[str, str]:
    return {column.name: column.role for column in audit.dataset.columns}


@pytest.mark.parametrize("data", PUBLISHED, ids=lambda path: path.name)
def test_the_file_of_init_states_what_check_assumes(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "use.toml"
    assert CliRunner().invoke(main, ["init", str(data), "-o", str(out)]).exit_code == 0
    use = UseCase.load(out)
    quick = {"only": ["OUT001"], "no_models": True}
    try:
        bare = auditor.check(data, **quick)  # type: ignore[arg-type]
    except OutcomeError as error:  # nothing is assumed of an outcome that is not sure; the likeliest is the file's
        assert error.candidates[0] == use.label.column
        positive = use.label.positive or ("1",)
        bare = auditor.check(data, target=error.candidates[0], positive=positive, **quick)  # type: ignore[arg-type]
    roles = _roles(bare)
    assert tuple(name for name, role in roles.items() if role == "target") == (use.label.column,)
    assert {name for name, role in roles.items() if role == "group"} == set(use.groups.columns)
    assert {name for name, role in roles.items() if role == "text"} == set(use.features.text)
    assert next((name for name, role in roles.items() if role == "time"), None) == use.features.time
    assert next((name for name, role in roles.items() if role == "id"), None) == use.features.id
    assert next((of.columns[0] for of in bare.dataset.reading if of.about == "counts"), None) == use.data.count
    if use.label.positive:
        stated = auditor.check(use_case=out, **quick)  # type: ignore[arg-type]
        assert _roles(stated) == roles
        assert stated.result("OUT001") == bare.result("OUT001")


def test_a_table_of_counts_is_read_as_people() -> None:
    """Bickel, Hammel and O'Connell 1975, the six largest departments: 1,198 of 2,691 men, 557 of 1,835 women."""
    audit = auditor.check(DATA / "berkeley_counts.csv", target="admit", positive="Admitted", only=["OUT001"])
    found = {row["level"]: (row["favourable"], row["n"]) for row in audit.result("OUT001").table if row["level"]}
    assert found == {"Male": (1198, 2691), "Female": (557, 1835)}
    (decision,) = [of for of in audit.dataset.reading if of.about == "counts"]
    assert (decision.warning, decision.overrule) == (True, "--count none")
    rows = auditor.check(
        DATA / "berkeley_counts.csv", target="admit", positive="Admitted", count="none", only=["OUT001"]
    )
    assert sum(row["n"] for row in rows.result("OUT001").table if row["level"]) == 24


def test_a_number_called_n_beside_people_is_no_count() -> None:
    n = 200
    frame = pd.DataFrame(
        {
            "hired": ["yes", "no"] * (n // 2),
            "gender": ["f", "m", "m", "f"] * (n // 4),
            "n": [2 + i % 5 for i in range(n)],
        }
    )
    audit = auditor.check(frame, only=["OUT001"])
    assert sum(row["n"] for row in audit.result("OUT001").table if row["level"]) == n
    assert _roles(audit)["n"] == "feature"


def test_a_column_that_may_count_people_is_mentioned() -> None:
    """Every person has a name of their own, so nothing says that a row is more than one."""
    n = 200
    frame = pd.DataFrame(
        {
            "hired": ["yes", "no"] * (n // 2),
            "gender": ["f", "m", "m", "f"] * (n // 4),
            "firstname": [f"name {i}" for i in range(n)],
            "count": [2 + i % 5 for i in range(n)],
        }
    )
    audit = auditor.check(frame, only=["OUT001"])
    (decision,) = [of for of in audit.dataset.reading if of.about == "counts"]
    assert decision.overrule == "--count count"
    assert sum(row["n"] for row in audit.result("OUT001").table if row["level"]) == n


def test_init_leaves_open_which_value_is_favourable_where_nothing_says_it(tmp_path: Path) -> None:
    out = tmp_path / "use.toml"
    assert CliRunner().invoke(main, ["init", str(DATA / "german_credit.csv"), "-o", str(out)]).exit_code == 0
    assert UseCase.load(out).label.positive == ()
    run = CliRunner().invoke(main, ["check", "--use-case", str(out)])
    assert run.exit_code == 2
    assert "which value of 'credit' is favourable? name it with --positive (values: 1, 2" in run.stderr
