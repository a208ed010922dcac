"""How pay is read and shown: whose pay a gap is a share of, rows as workers, categories in order, marks and columns."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

import auditor
from auditor.errors import AuditError
from auditor.model import Audit, Decision
from auditor.reporter.published import published
from auditor.reporter.terminal import show_all
from auditor.reporter.view import stated_use

# As forms of the member states' languages call men and women.
MEN_AND_WOMEN = [
    ("Herr", "Frau"), ("H", "M"), ("mies", "nainen"), ("muž", "žena"), ("férfi", "nő"), ("άνδρας", "γυναίκα"),
    ("Homem", "Mulher"), ("bărbat", "femeie"), ("M", "V"), ("M", "K"), ("vyras", "moteris"), ("Cis male", "Cis female"),
    ("Mr.", "Ms."), ("мъж", "жена"), ("moški", "ženska"), ("man", "kvinna"),
]  # fmt: skip


def _check(frame: pd.DataFrame, **more: object) -> Audit:
    given = {"pay": "pay", "groups": "sex", "target": "none", "only": "PAY", **more}
    return auditor.check(frame, **given)  # type: ignore[arg-type]


def _of_pay(audit: Audit, about: str) -> list[Decision]:
    return [of for of in audit.dataset.reading if of.about == about]


def _two(first: str, second: str, *more: str) -> pd.DataFrame:
    """Ten of the first at 300 and twenty of the second at 200, and ten at 100 of each other."""
    sex = [first] * 10 + [second] * 20 + [of for of in more for _ in range(10)]
    return pd.DataFrame({"sex": sex, "pay": [300] * 10 + [200] * 20 + [100] * 10 * len(more)})


@pytest.mark.parametrize(("men", "women"), MEN_AND_WOMEN)
def test_the_gap_is_a_share_of_mens_pay_in_every_language(men: str, women: str) -> None:
    """Article 3(1)(c): as a percentage of the average pay level of male workers; 100 of 300."""
    audit = _check(_two(men, women), only="PAY001")
    assert audit["PAY001"].table[0]["reference"] == men
    assert audit["PAY001"].table[0]["gap"] == pytest.approx(1 / 3)
    (said,) = _of_pay(audit, "reference group of pay")
    assert f"'{men}' (taken to mean men" in said.text and not said.warning


@pytest.mark.parametrize("levels", [("1", "2"), ("Mr", "Ms", "Mrs"), ("H", "M", "F")])
def test_whose_pay_it_is_a_share_of_is_a_warning_where_men_are_not_known(levels: tuple[str, ...]) -> None:
    (said,) = _of_pay(_check(_two(*levels), only="PAY001"), "reference group of pay")
    assert said.warning and f"'{levels[1]}' (the largest group" in said.text


def test_a_stated_reference_is_no_assumption() -> None:
    audit = _check(_two("Mann", "Frau"), only="PAY001", use_case={"groups": {"reference": {"sex": "Frau"}}})
    assert audit["PAY001"].table[0]["reference"] == "Frau"
    assert not _of_pay(audit, "reference group of pay")


def test_rows_of_people_who_recur_are_said_to_count_as_workers() -> None:
    frame = _two("Mann", "Frau").assign(person=[f"p{i // 2}" for i in range(30)])
    (said,) = _of_pay(_check(frame, id="person"), "rows as workers")
    assert said.warning and "'person'" in said.text
    assert not _of_pay(_check(frame.assign(person=[f"p{i}" for i in range(30)]), id="person"), "rows as workers")


def test_categories_stand_in_the_order_of_their_numbers() -> None:
    frame = pd.concat([_two("Mann", "Frau").assign(grade=f"G{i}") for i in (10, 9, 2)])
    assert [row["of"] for row in _check(frame, category="grade")["PAY001"].table if row["point"] == "(g)"] == [
        "G2",
        "G9",
        "G10",
    ]


def test_what_names_a_person_is_no_category() -> None:
    frame = _two("Mann", "Frau").assign(id=[f"p{i}" for i in range(30)])
    with pytest.raises(AuditError, match="'id' cannot be both id and category of workers"):
        _check(frame, id="id", category="id")


@pytest.mark.parametrize(("value", "said"), [("-", ", as in '-'"), ("38:30", ", as in '38:30'")])
def test_pay_that_is_text_is_refused_with_the_value_that_makes_it_one(value: str, said: str) -> None:
    pay = [value] * 10 + [str(1_000 + i % 4) for i in range(20)]
    with pytest.raises(AuditError, match="pay 'pay' is not a number") as error:
        _check(_two("Mann", "Frau").assign(pay=pay))
    assert str(error.value).endswith(said)
    with pytest.raises(AuditError, match="pay 'pay' is not a number") as error:
        _check(_two("Mann", "Frau").assign(pay=["Smith"] + pay[10:] + ["1"] * 9))
    assert "Smith" not in str(error.value)  # few rows hold it


def _some_left_out() -> Audit:
    """A category of men alone, and variable pay whose median is 0 for men."""
    frame = _two("Mann", "Frau").assign(grade=["a"] * 6 + ["b"] * 24, bonus=[0] * 6 + [10] * 4 + [20] * 20)
    return _check(frame, variable="bonus", category="grade")


def test_each_reason_of_a_figure_left_out_has_a_mark_of_its_own() -> None:
    ((_, [table]),) = published(_some_left_out())
    cells = {row[:3]: row[5] for row in table.rows}
    notes = {note.split(" ", 1)[0]: note for note in table.notes if note.startswith("*")}
    no_men = cells["(d)", "Gap of median variable pay", "all workers"].removeprefix("left out")
    alone = cells["(g)", "Gap of mean basic pay", "a"].removeprefix("left out")
    assert "that of 'Mann' is 0" in notes[no_men]
    assert "only 'Mann'" in notes[alone]


@pytest.mark.parametrize("width", [70, 100, 125, 140, 160, 200])
def test_a_figure_stands_beside_its_name_in_a_terminal_of_any_width(width: int) -> None:
    """A third of a column's title is no title, and a number without its name says nothing."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    show_all(_some_left_out(), console)
    text = console.file.getvalue().split("PAY001")[1].split("A figure of 5%")[0]  # type: ignore[attr-defined]
    words = " ".join(text.split())
    assert "…" not in words
    for name in ("Gap of mean pay", "Share who receive variable pay", "4 (highest pay)", "Gap of median variable pay"):
        assert name in words


def test_what_is_to_be_justified_names_the_category_and_the_group() -> None:
    frame = pd.concat([_two("Mann", "Frau").assign(grade=grade) for grade in ("1", "2")])
    frame["pay"] += [i % 3 for i in range(len(frame))]
    actions = [of.applies for of in _check(frame, category="grade").verdict.actions if of.rules == ("PAY002",)]
    assert actions == [("category 1 (Frau)", "category 2 (Frau)")]


def test_without_an_outcome_nothing_is_said_of_one() -> None:
    audit = _check(_two("Mann", "Frau"))
    assert dict(stated_use(audit))["Outcome column"] == "none"
    assert not [said for said in audit.use_case["assumed"] if "outcome" in said.lower()]


def test_a_table_to_publish_states_whether_pay_is_that_of_an_hour() -> None:
    frame = _two("Mann", "Frau").assign(hours=[40, 20] * 15)
    ((_, [of_hours]),) = published(_check(frame, hours="hours"))
    ((_, [of_all]),) = published(_check(frame))
    assert of_hours.title == "sex: 'Frau' against 'Mann', pay for an hour"
    assert of_all.title == "sex: 'Frau' against 'Mann', pay not divided by hours"


def test_a_gap_in_a_category_is_one_of_means_in_few_words_too() -> None:
    """40 of 300 less, but for the cents that make pay vary."""
    frame = pd.concat([_two("Mann", "Frau").assign(grade="7")] * 2)
    frame["pay"] = [260 if of == "Frau" else 300 for of in frame["sex"]]
    frame["pay"] += [i % 3 / 100 for i in range(len(frame))]
    (finding,) = _check(frame, category="grade", only="PAY002")["PAY002"].findings
    assert finding.headline == "The mean pay of 'Frau' is 13.3% lower than that of 'Mann' in category '7'"


def test_in_markdown_a_result_ends_before_the_article_that_it_serves(tmp_path: Path) -> None:
    frame = pd.concat([_two("Mann", "Frau").assign(grade="7")] * 2)
    frame["pay"] += [i % 3 for i in range(len(frame))]
    _check(frame, category="grade", policy="eu-pay-2023-970").save(tmp_path / "pay.md")
    (line,) = (of for of in (tmp_path / "pay.md").read_text().splitlines() if of.startswith("- PAY002"))
    assert "in category '7'. Serves Article 10(1)(a)" in line


def _spelt() -> pd.DataFrame:
    frame = pd.concat([_two("Mann", "Frau")] * 4)
    frame["job"] = [("Sales", "sales", "Sales ", "Ops")[i % 4] for i in range(len(frame))]
    return frame.assign(pay=[pay + 10 * (i % 9) for i, pay in enumerate(frame["pay"])])


def test_spellings_of_a_category_are_one_category_as_of_a_stratum() -> None:
    frame = _spelt()
    audit = _check(frame, category="job")
    sizes = {row["category"]: row["n"] + row["reference_n"] for row in audit["PAY002"].table}
    assert sizes == frame["job"].str.strip().str.title().value_counts().to_dict()
    assert "'Sales'" in next(of.text for of in audit.dataset.reading if of.about == "spellings")


def test_spellings_of_a_control_are_one_level_of_it() -> None:
    frame = _spelt()
    clean = frame.assign(job=frame["job"].str.strip().str.title())
    both = [
        auditor.check(of, target="pay", groups="sex", control="job", only="ADJ001")["ADJ001"].findings[0]
        for of in (frame, clean)
    ]
    assert both[0].measures == both[1].measures and both[0].message == both[1].message
