"""A population in percent with one group under 1% was refused as a mixture of shares and counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from tests.conftest import rows_of

# The United States by race in 2020, in percent, rounded one by one: 57.8 + 18.7 + 12.1 + 5.9 + 4.1 + 0.7 + 0.5 + 0.2.
PERCENT = {"w": 57.8, "h": 18.7, "b": 12.1, "a": 5.9, "2": 4.1, "i": 0.7, "o": 0.5, "p": 0.2}
ROWS = {level: (round(10 * share) // 2, round(10 * share)) for level, share in PERCENT.items()}


def _shares(reference: Any, rows: dict[str, tuple[int, int]] = ROWS) -> dict[str, float | None]:
    """Level -> the share that the audit took for stated."""
    frame = rows_of(rows, "race").astype({"race": str})
    audit = auditor.check(frame, target="hired", groups=["race"], reference=reference, only=["REP001"])
    stated = [row for row in audit.result("REP001").table if row["stated_share"] is not None]
    return {row["level"]: row["stated_share"] for row in stated}


def test_percent_with_a_group_under_one() -> None:
    assert sum(PERCENT.values()) == pytest.approx(100)
    assert _shares({"race": PERCENT}) == pytest.approx({level: share / 100 for level, share in PERCENT.items()})


@pytest.mark.parametrize(
    ("stated", "share"),
    [
        ({"w": 99.4, "b": 0.5}, 99.4 / 99.9),  # rounded: 99.9
        ({"w": 99.5, "b": 0.6}, 99.5 / 100.1),  # and 100.1
        ({"w": "57.8%", "b": "42.2%"}, 0.578),
        ({"w": "99.8%", "b": "0.2%"}, 0.998),
        ({"w": "57.8%", "b": 0.422}, 0.578),  # a share may be written either way
        ({"w": 0.998, "b": 0.002}, 0.998),
        ({"w": 100, "b": 0}, 1.0),
        ({"w": 1, "b": 0}, 1.0),
        ({"w": 300, "b": 100}, 0.75),  # counts
        ({"w": 169.8, "b": 164.1}, 169.8 / 333.9),  # in millions
        ({"w": np.float32(0.5), "b": np.float64(0.5)}, 0.5),
        ({"w": np.int64(3), "b": np.int64(1)}, 0.75),
    ],
)
def test_shares_percent_and_counts(stated: dict[str, Any], share: float) -> None:
    assert _shares({"race": stated}, {"w": (50, 90), "b": (5, 10)})["w"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"w": 60, "b": 0.4}, "'race' mixes shares and counts, and sums to 60.4"),
        ({"w": 57.8, "b": 39.9}, "the percentages of 'race' sum to 97.7, not to 100"),
        ({"w": "57.8%", "b": "39.9%"}, "the shares of 'race' sum to 0.977, not to 1"),
        ({"w": "57.8%", "b": 42.2}, "mixes shares and counts"),
        ({"w": 0.5, "b": 0.3}, "the shares of 'race' sum to 0.8, not to 1"),
        ({"w": "most", "b": "few"}, "holds 'most', which is no number"),
        ({"w": None, "b": 1}, "holds None, which is no number"),
        ({"w": 0, "b": 0}, "the shares of 'race' are all zero"),
        ({"w": -1, "b": 101}, "greater than or equal to 0"),
        ({"w": float("nan"), "b": 1}, "got nan"),
    ],
)
def test_what_is_none_of_them_is_refused(stated: dict[str, Any], message: str) -> None:
    with pytest.raises(auditor.AuditError, match=message):
        _shares({"race": stated}, {"w": (50, 90), "b": (5, 10)})


@pytest.mark.parametrize("written", ["percent|{}", "share|{}", "share|{}%", "share|{}%"])
def test_a_file_in_percent(written: str, tmp_path: Path) -> None:
    column, form = written.split("|")
    lines = [f"group,level,{column}", *(f"race,{level},{form.format(share)}" for level, share in PERCENT.items())]
    (tmp_path / "people.csv").write_text("\n".join(lines))
    assert _shares(tmp_path / "people.csv") == pytest.approx({level: share / 100 for level, share in PERCENT.items()})


def test_a_use_case_in_percent_and_one_clear_line_for_a_mixture(tmp_path: Path) -> None:
    rows_of({"w": (50, 90), "b": (5, 10)}, "race").to_csv(tmp_path / "rows.csv", index=False)
    head = '[data]\npath = "rows.csv"\n[label]\ncolumn = "hired"\n[groups]\ncolumns = ["race"]\n[population]\n'
    use = tmp_path / "use.toml"
    use.write_text(f'{head}race = {{ w = "99.8%", b = "0.2%" }}\n')
    audit = auditor.check(use_case=use, only=["REP001"])
    assert [row["stated_share"] for row in audit.result("REP001").table] == pytest.approx([0.998, 0.002])
    use.write_text(f"{head}race = {{ w = 60, b = 0.4 }}\n")
    run = CliRunner().invoke(main, ["check", "--use-case", str(use)])
    assert run.exit_code == 2
    assert run.output.count("\n") == 1
    assert "mixes shares and counts" in run.output


def test_a_series_of_pandas() -> None:
    stated = pd.Series({"w": 99.5, "b": 0.5})
    assert _shares({"race": stated}, {"w": (50, 90), "b": (5, 10)})["b"] == pytest.approx(0.005)


@pytest.mark.parametrize(
    "text",
    [
        "group;level;share\nrace;w;0,998\nrace;b;0,002\n",
        "Group; Level; Percent\nrace; w; 99,8\nrace; b; 0,2\n",
        "group;level;share\nrace;w;99,8%\nrace;b;0,2 %\n",
        "group;level;count\nrace;w;4.990\nrace;b;10\n",  # 4,990 of 5,000; read as 4.99 it would be a third
        "\ufeffgroup\tlevel\tcount\nrace\tw\t4990\nrace\tb\t10\n",
        "GROUP,LEVEL,COUNT\nrace,w,4990\nrace,b,10\n",
    ],
)
def test_a_file_as_spreadsheets_write_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text(text, encoding="utf-8")
    assert _shares(path, {"w": (50, 90), "b": (5, 10)}) == pytest.approx({"w": 0.998, "b": 0.002})


def test_a_number_that_two_conventions_read_differently_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "population.csv"
    path.write_text('group,level,count\nrace,w,"4,990"\nrace,b,10\n')
    with pytest.raises(auditor.errors.UseCaseError, match="line 2: count is '4,990', not a number"):
        _shares(path)
