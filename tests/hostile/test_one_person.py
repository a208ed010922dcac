"""A default report of 3,000 people, one of them of a faith of her own: nothing in it describes one of them."""

from __future__ import annotations

import datetime
import html as markup
import itertools
import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.model import Audit, State
from auditor.reporter.descriptions.card import render as as_card
from auditor.reporter.descriptions.checklist import render as as_checklist
from auditor.reporter.descriptions.croissant import render as as_croissant
from auditor.reporter.descriptions.datasheet import render as as_datasheet
from auditor.reporter.html import render as as_html
from auditor.reporter.json import render as as_json
from auditor.reporter.markdown import render as as_markdown
from auditor.reporter.showing import closed, shown
from auditor.reporter.terminal import render as as_text
from tests.conftest import rows_of

LEAST = 5
ALONE = 1234  # the row of the one person
SALARY = 1_234_567  # hers, the highest of all
# How the generated values look that name a person.
PERSONAL = re.compile(
    r"p\d{5}@mail|555[ -]\d{3}-\d{4}|\d{3}-\d{2}-\d{4}|P\d{5} Roe|\b19\d\d-\d\d-\d\d|\b20\d\d-\d\d-\d\d(?!T)"
)
COUNTS = ("n", "rows", "reference_n", "favourable", "no_outcome", "selected", "documents", "unknown")
SHARES = {"selection_rate": "n", "reference_rate": "reference_n", "share": "n"}


def _people() -> pd.DataFrame:
    """Three thousand applicants; religion and town have a level of one, and of ten, people."""
    draw = random.Random(7)
    faiths = ["Christian"] * 50 + ["Atheist"] * 35 + ["Muslim"] * 10 + ["Hindu"] * 5
    rows: list[dict[str, Any]] = []
    for i in range(3000):
        gender, faith = draw.choice(["female", "male"]), draw.choice(faiths)
        hired = draw.random() < (0.5 if gender == "male" else 0.33)
        rows.append(
            {
                "email": f"p{i // 3:05d}@mail.example",  # three rows of each, so that not all are different
                "phone": f"+1 555 {i // 10_000:03d}-{i % 10_000:04d}",
                "national_id": f"{100 + i % 800:03d}-{i % 89 + 10:02d}-{i % 9000 + 1000:04d}",
                "name": f"P{i:05d} Roe",
                "birth_date": str(
                    datetime.date(draw.randint(1960, 2003), 1, 1) + datetime.timedelta(draw.randint(0, 364))
                ),
                "gender": gender,
                "religion": "Zoroastrian" if i == ALONE else faith,
                "town": "Littleton" if 2000 <= i < 2010 else draw.choice(["Northam", "Southam", "Eastham"]),
                "salary": SALARY if i == ALONE else draw.randint(20_000, 90_000),
                "applied": f"2023-{draw.randint(1, 12):02d}",
                "predicted": "yes" if hired is (draw.random() < 0.8) else "no",
                "hired": "yes" if hired else "no",
            }
        )
    return pd.DataFrame(rows)


def _audit(frame: pd.DataFrame, **more: Any) -> Audit:
    # Each row is a person here: where e-mail addresses name people who recur, intervals rest on who has which outcome.
    asked = {
        "groups": ["gender", "religion"],
        "time": "applied",
        "within": "town",
        "no_models": True,
        "id": "none",
        **more,
    }
    return auditor.check(frame, target="hired", name="people", **asked)


def _texts(audit: Audit) -> dict[str, str]:
    page = re.sub(r"(?s)<style.*?</style>", "", as_html(audit))
    sheets = {"croissant": as_croissant(audit), "card": as_card(audit), "datasheet": as_datasheet(audit)}
    sheets["checklist"] = as_checklist(audit)
    return {"html": page, "json": as_json(audit), "md": as_markdown(audit), "txt": as_text(audit), **sheets}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return _people()


@pytest.fixture(scope="module")
def audit(people: pd.DataFrame) -> Audit:
    return _audit(people)


@pytest.fixture(scope="module")
def texts(audit: Audit) -> dict[str, str]:
    return _texts(audit)


@pytest.fixture(scope="module")
def saved(texts: dict[str, str]) -> dict[str, Any]:
    return json.loads(texts["json"])  # type: ignore[no-any-return] # an object


def _blocks(form: str, text: str) -> Iterator[str]:
    """Yield what stands together in a report: an element of HTML, a line of Markdown, an item of the terminal."""
    if form == "html":
        yield from (markup.unescape(part) for part in re.split(r"<[^>]*>", text))
    elif form == "txt":
        yield from (" ".join(part.split()) for part in re.split(r"\n(?=\s*(?:[!?~.*]{1,2}|[A-Z]{3}\d{3}) )|\n\n", text))
    else:
        yield from text.splitlines()


@pytest.mark.parametrize("form", ["html", "json", "md", "txt", "croissant", "card", "datasheet", "checklist"])
def test_no_value_that_names_a_person_is_in_a_report(texts: dict[str, str], form: str) -> None:
    text = texts[form].replace("\\-", "-")
    assert not PERSONAL.findall(text)
    assert f"{SALARY}" not in text
    assert f"{SALARY:,}" not in text


@pytest.mark.parametrize("form", ["html", "json", "md", "txt", "croissant", "card", "datasheet"])
def test_what_is_said_of_the_one_person_holds_no_number(texts: dict[str, str], form: str) -> None:
    told = [block for block in _blocks(form, texts[form]) if "Zoroastrian" in block]
    assert told
    for block in told:
        bare = re.sub(r"under 5 rows|\b[A-Z]{3}00\d\b|verify with .*|\b\d{1,3} \w*\.?$", "", block)
        assert not re.search(r"\d", bare), block


def test_the_numbers_of_a_description_have_none_of_hers(texts: dict[str, str]) -> None:
    numbers = json.loads(texts["croissant"])["dataudit:audit"]
    for table in ("groups", "measures"):
        records = numbers[table]
        assert records
        assert not [
            record for record in records if 0 < record.get("rows", LEAST) < LEAST or 0 < record.get("n", LEAST) < LEAST
        ]
        for record in records:
            if "Zoroastrian" in record.values():
                assert not [value for value in record.values() if isinstance(value, int | float)], record


def _records(saved: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for result in saved["results"]:
        yield from result["table"]


def test_no_count_of_a_group_is_under_five_and_no_rate_comes_from_fewer(saved: dict[str, Any]) -> None:
    def few(number: object) -> bool:
        return isinstance(number, int | float) and 0 < round(number, 6) < LEAST

    for record in _records(saved):
        assert not [name for name in COUNTS if few(record.get(name))], record
        for share, name in SHARES.items():
            if record.get(share) is not None and record.get(name) is not None:
                of = record[share] * record[name]
                assert not few(of) and not few(record[name] - of), record
    for result in saved["results"]:
        for finding in result["findings"]:
            if not {"group", "level", "slice"} & {*finding["subject"]}:
                continue
            for name, measure in finding["measures"].items():
                assert not few(measure["n"]), finding
                if name in SHARES and measure["n"] is not None:
                    assert not few(measure["value"] * measure["n"]), finding


def test_no_total_less_the_groups_shown_gives_one_back(saved: dict[str, Any], people: pd.DataFrame) -> None:
    tables = {result["rule"]: result["table"] for result in saved["results"]}
    shown_ = [record for record in tables["OUT001"] if record["group"] == "religion"]
    # She is counted with the Atheists: the groups shown are all, and theirs are both together.
    assert {record["level"] for record in shown_} == {"Christian", "Atheist", "Muslim", "Hindu"}
    assert sum(record["n"] for record in shown_) == len(people)
    both = people[people["religion"].isin(["Atheist", "Zoroastrian"])]
    (atheist,) = (record for record in shown_ if record["level"] == "Atheist")
    assert (atheist["n"], atheist["favourable"]) == (len(both), (both["hired"] == "yes").sum())
    # The months of a group add up to it; those left out are so for every group of the column.
    for group in ("gender", "religion"):
        records = [record for record in tables["REP004"] if record["group"] == group]
        for level in {record["level"] for record in records}:
            rows = int((people[group] == level).sum())
            left = rows - sum(record["rows"] for record in records if record["level"] == level)
            assert left == 0 or left >= LEAST
            assert len({record["period"] for record in records if record["level"] == level}) != 11
    # So do the strata: that of ten people is left out, and another one with it.
    for level in ("female", "Muslim", "Atheist"):
        strata = {of["stratum"] for of in tables["OUT003"] if of["kind"] == "stratum" and of["level"] == level}
        assert strata < {"Northam", "Southam", "Eastham"}
    assert not [block for block in _blocks("json", json.dumps(saved)) if "In Littleton" in block]


def test_joint_groups_are_counted_together_too(saved: dict[str, Any], people: pd.DataFrame) -> None:
    table = next(result["table"] for result in saved["results"] if result["rule"] == "OUT004")
    cells = [tuple(record["levels"]) for record in table]
    assert not [cell for cell in cells if "Zoroastrian" in cell]
    assert len(cells) == 8
    for record in table:  # she is counted with the Atheists of her gender
        gender, faith = record["levels"]
        faiths = [faith, "Zoroastrian"] if faith == "Atheist" else [faith]
        of = people[(people["gender"] == gender) & people["religion"].isin(faiths)]
        assert record["n"] == len(of)
        assert record["selection_rate"] == pytest.approx((of["hired"] == "yes").mean())


def test_her_outcome_changes_no_number_that_is_written(people: pd.DataFrame, audit: Audit) -> None:
    """Had she had the other outcome, and somebody in every other way like her among those beside her too."""
    her = people.loc[ALONE]
    alike = people[
        (people["religion"] == "Atheist")
        & (people["hired"] != her["hired"])
        & (people[["gender", "town", "predicted", "applied"]] == her[["gender", "town", "predicted", "applied"]]).all(
            axis=1
        )
        & (people["salary"] > people["salary"].quantile(0.75))  # as hers: near twins agree in quarters
    ].index[0]
    other = people.copy()
    other.loc[[ALONE, alike], "hired"] = people.loc[[alike, ALONE], "hired"].to_numpy()
    assert _of_others(_audit(other)) == _of_others(audit)


def _of_others(audit: Audit) -> list[Any]:
    """Return what is written of all but those whose numbers are left out: of these a state is, and no number.

    What columns carry is left out too, for salaries go with outcomes; and what a model of all joint groups gives.
    """
    view = shown(audit)
    table = [
        {name: value for name, value in record.items() if not name.startswith(("shrunk", "probability"))}
        for result in view.results
        for record in result.table
        if result.rule != "PRX001"
    ]
    findings = [finding for finding in view.findings() if not {"Zoroastrian", "Atheist"} & {*finding.subject.values()}]
    return [table, findings, view.verdict]


def test_the_audit_in_memory_has_every_number_and_zero_shows_it(audit: Audit, people: pd.DataFrame) -> None:
    (finding,) = (of for of in audit.findings("OUT001") if of.subject["level"] == "Zoroastrian")
    assert finding.measures["selection_rate"].n == 1
    assert audit.to_frame()["n"].min() == 1
    every = _audit(people[["religion", "hired"]], groups=["religion"], time=None, within=None, min_report_cell=0)
    assert shown(every) is every
    assert re.search(r"\([01] of 1\)", as_text(every))


def test_a_view_of_a_view_is_itself(audit: Audit) -> None:
    once = shown(audit)
    assert once != audit
    assert shown(once) == once
    assert shown(Audit.from_dict(json.loads(as_json(audit)))) == once
    said = [decision for decision in once.dataset.reading if decision.about == "small groups"]
    assert [decision.overrule for decision in said] == ["--min-report-cell"]


def test_a_published_table_and_a_comparison_suppress_her_too(people: pd.DataFrame) -> None:
    frame = people[["religion", "salary", "hired"]]
    asked: dict[str, Any] = {"groups": ["religion"], "time": None, "within": None, "only": ["OUT001", "POL001"]}
    audit = _audit(frame, **asked, policy="nyc-ll144", drop="salary")
    text = as_text(audit)
    assert re.search(r"Zoroastrian +left out\* +left out\* +left out\* +left out\*\n", text)
    assert re.search(r"Atheist +left out\*", text)
    assert "* suppressed: a count of under 5 people, or one that would disclose it" in text
    assert "People of unknown category, in no row of this table: 0." in text
    assert audit.compared is not None
    subjects = [change.subject for change in audit.compared.changes]
    subjects += [shift.subject for shift in audit.compared.shifts]
    assert not [subject for subject in subjects if "Zoroastrian" in subject.values()]


def test_few_rows_settle_nothing(audit: Audit) -> None:
    for finding in shown(audit).findings("OUT001"):
        if finding.subject.get("level") == "Zoroastrian":
            assert finding.state is State.UNDETERMINED
            assert not finding.measures
    assert not any(
        re.search(
            r"\d[\d,]* more rows? of '[^']*'(, '[^']*')* and 'Zoroastrian'|\d[\d,]* more rows? of 'Zoroastrian'", text
        )
        for text in audit.verdict.conditions
    )


def test_a_total_less_the_others_gives_nothing_back() -> None:
    counts = {("f", "a"): 60, ("f", "b"): 3, ("f", "c"): 20, ("m", "a"): 50, ("m", "b"): 40, ("m", "c"): 30}
    hidden = closed(counts, {("f", "b")}, LEAST)
    assert hidden == {("f", "b"), ("f", "c"), ("m", "b"), ("m", "c")}
    # One cell of a full table of three columns needs seven others, and no more.
    full = {key: 5 + 7 * sum(key) for key in itertools.product(range(6), repeat=3)} | {(2, 3, 4): 1}
    assert len(closed(full, {(2, 3, 4)}, LEAST)) == 8
    assert closed({"a": 4, "b": 4, "c": 50}, {"a", "b"}, LEAST) == {"a", "b", "c"}  # 8 rows of two: four each
    assert closed({"a": 2, "b": 4, "c": 50}, {"a", "b"}, LEAST) == {"a", "b"}
    assert closed({"a": 200, "b": 50}, set(), LEAST) == set()


COUNTING = ["OUT001", "REP002", "FIT006", "REP005"]


def _three(woman: tuple[int, int], man: tuple[int, int], other: tuple[int, int]) -> list[tuple[str, Any]]:
    """Return what a default report says of three groups, from favourable and all of each."""
    audit = auditor.check(
        rows_of({"female": woman, "male": man, "other": other}, group="gender"),
        target="hired", groups=["gender"], only=COUNTING, name="people",
    )  # fmt: skip
    view = shown(audit)
    told = [(result.rule, result.state, result.findings, [dict(of) for of in result.table]) for result in view.results]
    return [("results", told), ("verdict", view.verdict)]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (((500, 3000), (900, 3000), (0, 2)), ((499, 3000), (900, 3000), (1, 2))),
        (((500, 3000), (900, 3000), (0, 2)), ((498, 3000), (900, 3000), (2, 2))),
        (((500, 3000), (900, 3000), (2, 4)), ((501, 3003), (900, 3000), (1, 1))),  # nor how many they are
        (((12, 60), (30, 60), (0, 1)), ((11, 60), (30, 60), (1, 1))),  # nor beside a group that is not large
        (((900, 3000), (500, 2900), (1, 3)), ((898, 3000), (500, 2900), (3, 3))),  # nor beside the reference
    ],
)
def test_however_outcomes_lie_between_a_small_group_and_the_one_beside_it_the_report_is_the_same(
    one: tuple[tuple[int, int], ...], two: tuple[tuple[int, int], ...]
) -> None:
    """What everybody may know (the totals, the other groups) is the same; so nothing more can be told from a report."""
    assert _three(*one) == _three(*two)


def test_the_main_finding_keeps_its_numbers() -> None:
    told = {rule: findings for rule, _, findings, _ in dict(_three((500, 3000), (900, 3000), (1, 2)))["results"]}
    (finding, small) = told["OUT001"]
    # 501 of 3,002 against 900 of 3,000: 0.166889 / 0.3
    assert finding.measures["impact_ratio"].value == pytest.approx(0.556296, abs=1e-6)
    assert finding.message.endswith("'female' is counted together with groups of under 5 rows.")
    assert "too few to show" in small.message and not small.measures


@pytest.mark.parametrize("name", ["self", "index", "n", "mean"])
def test_a_small_group_of_a_column_of_any_name_is_counted_with_another(name: str) -> None:
    frame = rows_of({"a": (20, 60), "b": (30, 60), "c": (1, 2)}, group=name)
    view = shown(auditor.check(frame, target="hired", groups=[name], only="OUT001"))
    assert {record["level"]: record["n"] for record in view.result("OUT001").table} == {"a": 62, "b": 60}
