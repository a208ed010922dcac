"""The tables that New York's rule asks to be published stand in every report, as it prints them, and unjudged.

They were in the JSON alone: the reports said "here they are" and showed one sentence, stamped "clear" in green beside
a ratio of 0.68.
"""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

import auditor
from auditor.model import Audit
from auditor.reporter import renderer
from auditor.reporter.bins import binned
from auditor.reporter.published import published
from auditor.reporter.terminal import show_all
from tests.conftest import rows_of

RULE = "POL001"
# 6 RCNY 5-301, example of a scored tool ("culture fit"), as printed: number, scoring rate in per cent, impact ratio; and
# the scores above the median that give these rates. 50 + 34 = 84 of 92 + 76 = 168: half, as above a median.
SCORED = {"Male": (92, 50, "54.3%", 1.00), "Female": (76, 34, "44.7%", 0.82)}
# The same rule's example of selections: number, selected, impact ratio as printed. 41 of 2,584 is 1.6%.
SELECTED = {
    "Hispanic": (408, 205, 0.972), "White": (797, 412, 1.000), "Black": (390, 170, 0.843), "NHPI": (119, 52, 0.845),
    "Asian": (616, 302, 0.948), "Native American": (41, 18, None), "Two or more": (213, 96, 0.872),
}  # fmt: skip


def _ll144(frame: pd.DataFrame, groups: list[str], **more: Any) -> Audit:
    return auditor.check(frame, target="hired", groups=groups, policy="nyc-ll144", only=[RULE], **more)


def _selections() -> pd.DataFrame:
    return rows_of({name: (x, n) for name, (n, x, _) in SELECTED.items()}, group="race")


class _Tables(HTMLParser):
    """The cells of every table with a caption, and the classes and styles of all that stands in the section."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.classes: set[str] = set()
        self.inside = False
        self._at: str | None = None
        self._rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.inside = of.get("id") == "published" if tag == "section" else self.inside
        if self.inside:
            self.classes.update((of.get("class") or "").split())
            assert "style" not in of
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        self._at = tag

    def handle_data(self, data: str) -> None:
        if self._at == "caption" and data.strip():
            self.tables[data.strip()] = self._rows
        if self._at in ("th", "td") and data.strip():
            self._rows[-1].append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._at = None
        self.inside = self.inside and tag != "section"


def _html(audit: Audit) -> _Tables:
    parser = _Tables()
    parser.feed(renderer(".html")(audit))
    return parser


def _markdown(audit: Audit, name: str) -> list[list[str]]:
    text = renderer(".md")(audit).replace("\\", "")
    part = text.split(f"**{name}**\n\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if "---" not in line]


def _terminal(audit: Audit, name: str) -> list[list[str]]:
    text = renderer(".txt")(audit)
    lines = text.split(f"{RULE} {name}\n")[1].splitlines()
    table = [re.split(r"  +", line.strip()) for line in lines]
    return table[: next(i for i, row in enumerate(table) if len(row) < len(table[0]))]


def test_the_scored_example_is_printed_as_the_rule_prints_it() -> None:
    scores = [("Male", 10.0 + i) for i in range(50)] + [("Male", -1.0 * i) for i in range(42)]
    scores += [("Female", 10.5 + i) for i in range(34)] + [("Female", -i - 0.5) for i in range(42)]
    audit = _ll144(pd.DataFrame(scores, columns=["sex", "hired"]), ["sex"])
    for rows in (_html(audit).tables["sex"], _markdown(audit, "sex"), _terminal(audit, "sex")):
        assert rows[0] == ["Category", "Number", "Scoring above the median", "Scoring rate", "Impact ratio"]
        assert len(rows) == 1 + len(SCORED)
        for category, number, above, rate, ratio in rows[1:]:
            assert (int(number), int(above), rate) == SCORED[category][:3]
            assert float(ratio) == pytest.approx(SCORED[category][3], abs=0.0051)  # printed with two decimals


def test_the_selections_are_in_every_report_and_a_small_category_is_marked() -> None:
    audit = _ll144(_selections(), ["race"])
    for rows in (_html(audit).tables["race"], _markdown(audit, "race"), _terminal(audit, "race")):
        assert rows[0] == ["Category", "Number", "Selected", "Selection rate", "Impact ratio"]
        assert {row[0] for row in rows[1:]} == set(SELECTED)
        for category, number, selected, rate, ratio in rows[1:]:
            n, x, printed = SELECTED[category]
            assert (int(number), int(selected)) == (n, x)
            assert float(rate.removesuffix("%")) == pytest.approx(100 * x / n, abs=0.0501)
            if printed is None:
                assert ratio == "left out*"
            else:
                assert float(ratio) == pytest.approx(printed, abs=0.00051)
    for suffix in (".html", ".md", ".txt"):
        text = " ".join(renderer(suffix)(audit).replace("\\", "").split())
        assert "* under 2% of the data, 6 RCNY 5-301(d)" in text


def test_nothing_in_them_is_coloured_or_called_clear() -> None:
    # 0.34 / 0.50 = 0.68
    frame = rows_of({"a": (500, 1000), "b": (340, 1000)}, group="race")
    audit = _ll144(frame, ["race"])
    assert not _html(audit).classes & {"clear", "state", "findings", "shown", "severity"}
    text = renderer(".txt")(audit)
    assert "0.680" in text
    assert "POL001" not in {of.result.rule for found in binned(audit).values() for of in found}


def test_colours_stay_away_in_a_terminal_too() -> None:
    out = io.StringIO()
    show_all(
        _ll144(_selections(), ["race"]), Console(file=out, force_terminal=True, color_system="standard", width=100)
    )
    tables = out.getvalue().split("Tables to publish")[1].split("Not run")[0]
    assert "\x1b[32m" not in tables and "\x1b[31m" not in tables


def test_sex_race_and_both_with_the_unknown_as_a_line() -> None:
    frame = rows_of({"a": (40, 100), "b": (30, 100)}, group="race").assign(sex=["f", "m"] * 100)
    frame.loc[:4, "race"] = None
    audit = _ll144(frame, ["sex", "race"])
    assert list(_html(audit).tables) == ["sex", "race", "sex · race"]
    ((_, tables),) = published(audit)
    unknown = {table.title: [note for note in table.notes if "unknown" in note] for table in tables}
    said = "People of unknown category, in no row of this table: {}."
    assert unknown == {"sex": [said.format(0)], "race": [said.format(5)], "sex · race": [said.format(5)]}


def test_categories_whose_joint_names_are_alike_are_not_added_up() -> None:
    parts = {("x · y", "z"): (10, 100), ("x", "y · z"): (90, 100), ("x", "z"): (50, 100), ("x · y", "y · z"): (20, 100)}
    frame = pd.concat(
        [rows_of({"-": of}).assign(sex=sex, race=race) for (sex, race), of in parts.items()], ignore_index=True
    ).drop(columns="group")
    table = [row for row in _ll144(frame, ["sex", "race"]).result(RULE).table if row["group"] == "sex · race"]
    assert {tuple(row["levels"]): (row["selected"], row["n"]) for row in table} == parts


def test_a_line_of_ones_own_is_no_median() -> None:
    frame = pd.DataFrame({"sex": ["f", "m"] * 50, "hired": range(100)})
    audit = auditor.check(frame, target="hired", positive=">= 80", groups="sex", policy="nyc-ll144", only=[RULE])
    rows = _html(audit).tables["sex"]
    assert rows[0][2:4] == ["Selected", "Selection rate"]
    assert "Selected: 'hired' >= 80." in " ".join(renderer(".txt")(audit).split())


def test_a_table_with_hostile_names_is_a_table() -> None:
    frame = rows_of({"<b>|x": (50, 100), "[red]y\x1b[31m": (30, 100)}, group="*g|h*")
    audit = _ll144(frame, ["*g|h*"])
    assert [row[0] for row in _html(audit).tables["*g|h*"][1:]] == ["<b>|x", "[red]y\N{REPLACEMENT CHARACTER}[31m"]
    assert "\x1b" not in renderer(".txt")(audit)
    assert "[red]y" in renderer(".txt")(audit)
    assert r"| &lt;b&gt;\|x | 100 | 50 | 50.0% | 1.000 |" in renderer(".md")(audit)


def test_a_saved_audit_without_the_newer_fields_is_shown() -> None:
    saved = _ll144(_selections(), ["race"]).to_dict()
    for result in saved["results"]:
        for row in result["table"]:
            for key in ("levels", "outcome", "scored"):
                row.pop(key, None)
    assert len(_html(Audit.from_dict(saved)).tables["race"]) == 1 + len(SELECTED)


def test_other_policies_ask_for_none() -> None:
    audit = auditor.check(_selections(), target="hired", groups="race", only=[RULE])
    assert "Tables to publish" not in renderer(".html")(audit)
