"""What was stated of columns and cannot be: several in one flag, groups without a value or with one only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError

N = 120
FRAME = pd.DataFrame(
    {
        "gender": ["f", "m"] * (N // 2),
        "race": ["a", "b", "c"] * (N // 3),
        "hired": ["yes", "no", "maybe", "no"] * (N // 4),
        "empty": [None] * N,
        "one": ["x"] * N,
        "one_or_none": ["x", None] * (N // 2),
        "note": [f"n{i % 7}" for i in range(N)],
    }
)
OUT: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "gender"}
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "groups in one": ({**OUT, "groups": "gender,race"}, "repeat --group, once for each"),
    "groups in one, with a space": ({**OUT, "groups": ["gender, race"]}, "repeat --group, once for each"),
    "texts in one": ({**OUT, "text": "note,one"}, "repeat --text, once for each"),
    "strata in one": ({**OUT, "within": "note,one"}, "repeat --within, once for each"),
    "favourable values in one": ({**OUT, "positive": "yes,maybe"}, "repeat --positive, once for each value"),
    "group without a value": ({**OUT, "groups": ["gender", "empty"]}, "group 'empty' has no value in any of 120 rows"),
    "group of one value": ({**OUT, "groups": "one"}, "group 'one' has one value only ('x')"),
    "group of one value and blanks": ({**OUT, "groups": "one_or_none"}, "group 'one_or_none' has one value only ('x')"),
    "target without a value": ({**OUT, "target": "empty"}, "target 'empty' has no value in any of 120 rows"),
    "time without a value": ({**OUT, "time": "empty"}, "time 'empty' has no value"),
    "identifier without a value": ({**OUT, "id": "empty"}, "id 'empty' has no value"),
    "text without a value": ({**OUT, "text": "empty"}, "text 'empty' has no value"),
    "stratum without a value": ({**OUT, "within": "empty"}, "stratum 'empty' has no value"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    stated, message = FAULTS[name]
    with pytest.raises(AuditError) as caught:
        auditor.check(FRAME, **stated)
    assert message in str(caught.value)
    path, report = tmp_path / "d.csv", tmp_path / "r.html"
    FRAME.to_csv(path, index=False)
    flags = []
    for key, value in stated.items():
        for each in [value] if isinstance(value, str) else value:
            flags += [f"--{'group' if key == 'groups' else key}", each]
    run = CliRunner().invoke(main, ["check", str(path), *flags, "--report", str(report)])
    assert (run.exit_code, run.stdout, run.stderr.count("\n"), report.exists()) == (2, "", 1, False)
    assert message in run.stderr


def test_columns_whose_names_hold_commas_are_found() -> None:
    frame = FRAME.rename(columns={"gender": "gender,race"})
    audit = auditor.check(frame, **{**OUT, "groups": "gender,race"}, only=["OUT001"])
    assert {row["group"] for row in audit.result("OUT001").table} == {"gender,race"}


def test_a_group_of_one_value_is_held_against_a_stated_population() -> None:
    """Men alone, where half should be women, is a finding: 120 of 120 against 60."""
    frame = FRAME.assign(gender="m")
    audit = auditor.check(frame, **OUT, reference={"gender": {"f": 0.5, "m": 0.5}}, only=["REP001"])
    assert [f.subject["level"] for f in audit.findings("REP001") if f.state.found and "level" in f.subject] == ["f"]


@pytest.mark.parametrize("fill", [None, "x"])
def test_beyond_the_rows_that_are_looked_at_too(fill: str | None) -> None:
    n = 30_000
    frame = pd.DataFrame({"hired": ["yes", "no"] * (n // 2), "g": pd.Series([fill] * n, dtype="string")})
    with pytest.raises(AuditError, match=r"group 'g' has (no value|one value only)"):
        auditor.check(frame, target="hired", groups="g", only=["OUT001"])
