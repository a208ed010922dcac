"""A level that counts everybody once more is no group: tables that people publish end with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor import check
from auditor.errors import RoleError

# 40 of 100 women and 60 of 100 men: the ratio is 0.667, by hand.
COUNTS = ["f,A,yes,15", "f,A,no,30", "f,B,yes,25", "f,B,no,30", "m,A,yes,30", "m,A,no,20", "m,B,yes,30", "m,B,no,20"]


def _table(folder: Path, *more: str, header: str = "gender,dept,hired,n") -> str:
    path = folder / "counts.csv"
    path.write_text("\n".join([header, *COUNTS, *more]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (["Total,,,200"], "gender"),
        (["Insgesamt,A,yes,45", "Insgesamt,A,no,50", "Insgesamt,B,yes,55", "Insgesamt,B,no,50"], "gender"),
        (["All,,yes,100", "All,,no,100"], "gender"),
        (["f,Total,yes,40", "f,Total,no,60", "m,Total,yes,60", "m,Total,no,40"], "dept"),  # a column without a role
        (["f,A,Total,45", "f,B,Total,55", "m,A,Total,50", "m,B,Total,50"], "hired"),
    ],
)
def test_a_table_that_counts_people_twice_is_refused(tmp_path: Path, rows: list[str], column: str) -> None:
    with pytest.raises(RoleError, match=f"of '{column}' has 200 rows, its other values have 200 together: it is a tot"):
        check(_table(tmp_path, *rows), target="hired", positive="yes", groups=["gender"], count="n", only=["OUT001"])


@pytest.mark.parametrize("word", ["Total", "Grand total", "Итого", "合计"])
def test_a_single_row_of_totals_is_no_group(tmp_path: Path, word: str) -> None:
    path = _table(tmp_path, f"{word},,,3")
    audit = check(path, target="hired", positive="yes", groups=["gender"], count="n", only=["OUT001", "REP005"])
    assert audit.impact_ratio("gender", "f").value == pytest.approx(40 / 60)
    assert set(audit.tables()["groups"]["level"]) == {"f", "m", "(not recorded)"}
    (said,) = [each for each in audit.dataset.reading if "it is a total of all groups" in each.text]
    assert said.warning


def test_a_use_may_say_that_it_is_a_group(tmp_path: Path) -> None:
    path = _table(tmp_path, "Total,A,yes,100", "Total,A,no,100")
    audit = check(
        path, target="hired", positive="yes", groups=["gender"], count="n", only=["OUT001"],
        use_case={"groups": {"labels": {"gender": {"Total": "TOTAL plc"}}}},
    )  # fmt: skip
    assert "TOTAL plc" in set(audit.tables()["groups"]["level"])


def test_all_is_an_answer_where_no_group_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("gender,covered\n" + "f,all\nm,all\nf,some\nm,none\nf,all\nm,all\n" * 30)
    audit = check(str(path), target="covered", positive="some", groups=["gender"], only=["OUT001"])
    assert set(audit.tables()["groups"]["rows"]) == {90}
