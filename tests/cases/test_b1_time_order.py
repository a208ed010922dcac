"""Periods were sorted as texts: week 5 came last of 48, April first of the months, and 1/2024 before 2/2019.

Seconds since 1970 were thousands of periods, years by fives were all of the first, and a period that lacked one group
was cut out of time. Now periods are in the order of time, and what has no known order has no trend.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from click.testing import CliRunner
from statsmodels.stats.contingency_tables import Table

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.model import Decision, Finding, State
from auditor.use.usecase import UseCase

SHARE, GAP, YEARS = "REP004", "OUT006", "FIT002"
WRONG_IF = "If they come again in the data, as months do every year, trends over them are wrong."


def _counted(values: Sequence[Any], women: Sequence[int] | None = None, name: str = "when") -> pd.DataFrame:
    """Counts of 100 people per period, half of them hired; women are 60, 58, 56, … of them unless given."""
    women = women or [60 - 2 * (i % 30) for i in range(len(values))]
    rows = [
        (gender, hired, value, n)
        for value, f in zip(values, women, strict=True)
        for gender, of in (("f", f), ("m", 100 - f))
        for hired, n in (("yes", of // 2), ("no", of - of // 2))
        if n
    ]
    frame = pd.DataFrame(rows, columns=["gender", "hired", name, "n"])
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def _check(frame: pd.DataFrame, time: str = "when", **features: Any) -> auditor.Audit:
    use = UseCase.model_validate({"features": features, "population": {"period": [2022, 2023]}})
    return auditor.check(
        frame, target="hired", groups="gender", time=time, count="n", use_case=use, only=[SHARE, GAP, YEARS]
    )


def _women(audit: auditor.Audit) -> Finding:
    return next(found for found in audit.findings(SHARE) if found.subject["level"] == "f")


def _periods(audit: auditor.Audit) -> list[str]:
    """The periods in the order in which the rule gives them."""
    assert audit.result(SHARE).reason is None, audit.result(SHARE).reason
    return list(dict.fromkeys(row["period"] for row in audit.result(SHARE).table))


def _said(audit: auditor.Audit) -> list[Decision]:
    return [decision for decision in audit.dataset.reading if decision.about == "time order"]


def test_weeks_by_number_fall_by_22_points() -> None:
    """By fives: weeks 1 to 4 hold 60 + 59 + 59 + 58 = 236 women of 400, weeks 45 to 48 38 + 37 + 37 + 36 = 148.

    So 0.59 to 0.37, which is -22.0 points; z is that of statsmodels' linear-by-linear test.
    """
    weeks = range(1, 49)
    frame = _counted(list(weeks), [60 - week // 2 for week in weeks], "week")
    audit = _check(frame, "week")
    found = _women(audit)
    assert found.state is State.SHOWN
    assert found.measures["first_share"].value == pytest.approx(236 / 400)
    assert found.measures["last_share"].value == pytest.approx(148 / 400)
    assert found.measures["change"].value == pytest.approx(-0.22)
    fives = frame.assign(five=frame["week"] // 5).pivot_table("n", "five", "gender", "sum")
    theirs = Table(fives.to_numpy()).test_ordinal_association()
    assert abs(found.measures["trend_z"].value or 0) == pytest.approx(theirs.zscore)
    assert round(theirs.zscore, 2) == 9.57
    assert _periods(audit) == ["0–4", *(f"{at}–{at + 4}" for at in range(5, 50, 5))]
    (said,) = _said(audit)
    assert said.text == f"Time 'week' is taken in the order of its numbers, 5 at a time. {WRONG_IF}"
    assert (said.columns, said.warning) == (("week",), True)


NAMES = """
Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
Januar Februar März April Mai Juni Juli August September Oktober November Dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
ene feb mar abr may jun jul ago sep oct nov dic
sty lut mar kwi maj cze lip sie wrz paź lis gru
"""
MONTHS, GERMAN, FRENCH, SPANISH, POLISH = (line.split() for line in NAMES.strip().splitlines())


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(MONTHS, id="months"),
        pytest.param([month.upper() + ". " for month in MONTHS], id="capitals, points, spaces"),
        pytest.param(GERMAN, id="German"),
        pytest.param(FRENCH, id="French"),
        pytest.param(SPANISH, id="Spanish"),
        pytest.param(POLISH, id="Polish"),
        pytest.param([f"{month} {year}" for year in (2022, 2023) for month in MONTHS], id="Jan 2022"),
        pytest.param([f"{year} {month}" for year in (2022, 2023) for month in GERMAN], id="2022 Januar"),
        pytest.param([f"{month}-{year}" for year in (22, 23) for month in MONTHS], id="Jan-22"),
        pytest.param([f"{year}-{month}" for year in (22, 23) for month in MONTHS], id="22-Jan"),
        pytest.param([f"{day} {month}" for month in MONTHS[:2] for day in range(1, 15)], id="1 Jan"),
        pytest.param([f"{month}/{year}" for year in (2022, 2023) for month in range(1, 13)], id="1/2022"),
        pytest.param([f"{month:02d}.{year}" for year in (2022, 2023) for month in range(1, 13)], id="01.2022"),
        pytest.param([f"{year}-{month}" for year in (2022, 2023) for month in range(1, 13)], id="2022-1"),
        pytest.param([f"{year}M{month:02d}" for year in (2022, 2023) for month in range(1, 13)], id="2022M01"),
        pytest.param([f"{month:02d}/{year}" for year in (22, 23) for month in range(1, 13)], id="01/22"),
        pytest.param([f"Q{q} {year}" for year in (2021, 2022, 2023) for q in range(1, 5)], id="Q1 2021"),
        pytest.param([f"{year}-Q{q}" for year in (2021, 2022, 2023) for q in range(1, 5)], id="2021-Q1"),
        pytest.param([f"{q}Q{year}" for year in (21, 22, 23) for q in range(1, 5)], id="1Q21"),
        pytest.param([f"{q}. Quartal {year}" for year in (2021, 2022) for q in range(1, 5)], id="1. Quartal 2021"),
        pytest.param([f"H{half} {year}" for year in (2019, 2020, 2021) for half in (1, 2)], id="H1 2019"),
        pytest.param(["FY2019", "FY2020", "FY2021"], id="FY2019"),
        pytest.param(["FY98/99", "FY99/00", "FY00/01", "FY01/02"], id="FY98/99"),
        pytest.param(["1998/99", "1999/00", "2000/01", "2009/10"], id="1998/99"),
        pytest.param([f"W{week} 2022" for week in range(1, 28)] + ["W1 2023", "W12 2023"], id="W5 2022"),
        pytest.param(["2022-W09", "2022-W10", "2022-W52", "2023-W01"], id="2022-W09"),
        pytest.param([f"Week {week}" for week in range(1, 13)], id="Week 9"),
        pytest.param([f"P{number}" for number in range(1, 14)], id="P1 to P13"),
        pytest.param(["9", "10", "100"], id="numbers as texts"),
        pytest.param(["08", "09", "10", "11"], id="zeros before numbers"),
        pytest.param(["1st", "2nd", "3rd", "10th", "11th"], id="ordinal numbers"),
        pytest.param(["Spring 2022", "Summer 2022", "Fall 2022", "Spring 2023"], id="seasons"),
        pytest.param(["SS 2022", "WS 2022/23", "SS 2023", "WS 2023/24"], id="semesters"),
        pytest.param(["2009-2011", "2012-2014", "2015-2017"], id="ranges of years"),
    ],
)
def test_texts_are_in_the_order_of_time(values: list[str]) -> None:
    audit = _check(_counted(values))
    assert _periods(audit) == [value.strip() for value in values]
    assert _women(audit).measures["change"].value == pytest.approx(-0.02 * (len(values) - 1))


@pytest.mark.parametrize(
    ("values", "order"),
    [
        pytest.param([98, 99, 0, 1, 2], ["98", "99", "0", "1", "2"], id="years of two digits"),
        pytest.param([2022, 2022.25, 2022.5, 2023], ["2022", "2022.25", "2022.5", "2023"], id="parts of years"),
        pytest.param([202211, 202212, 202301], ["202211", "202212", "202301"], id="202211"),
        pytest.param([-10, -9, 0, 9, 10], ["-10", "-9", "0", "9", "10"], id="below zero"),
        pytest.param([0.5, 2.5, 10.5], ["0.5", "2.5", "10.5"], id="with decimals"),
    ],
)
def test_numbers_are_in_the_order_of_time(values: list[float], order: list[str]) -> None:
    assert _periods(_check(_counted(values, name="year"), "year")) == order


DAYS = pd.date_range("2022-01-03", periods=120, freq="5D")  # into August 2023
EPOCH = datetime.datetime(1970, 1, 1)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param([int((day - EPOCH).total_seconds()) + 3_600 for day in DAYS], id="seconds since 1970"),
        pytest.param([int((day - EPOCH).total_seconds()) * 1000 for day in DAYS], id="milliseconds since 1970"),
        pytest.param([int(day.strftime("%Y%m%d")) for day in DAYS], id="20220103"),
        pytest.param([int(day.strftime("%Y%m%d235959")) for day in DAYS], id="20220103235959"),
        pytest.param([day.strftime("%d/%m/%Y") for day in DAYS], id="03/01/2022"),
        pytest.param([day.strftime("%m/%d/%y") for day in DAYS], id="01/03/22"),
        pytest.param([day.strftime("%d.%m.%Y 10:15") for day in DAYS], id="03.01.2022 10:15"),
        pytest.param([day.strftime("%Y-%m-%dT23:59:59.5+02:00") for day in DAYS], id="2022-01-03T23:59:59.5+02:00"),
        pytest.param([f"{day.day}. {GERMAN[day.month - 1]} {day.year}" for day in DAYS], id="3. Januar 2022"),
        pytest.param([day.strftime("%B %d, %Y") for day in DAYS], id="January 03, 2022"),
        pytest.param([(day - pd.Timestamp("1899-12-30")).days for day in DAYS], id="Excel's days"),
    ],
)
def test_dates_written_otherwise_give_what_dates_give(written: list[Any]) -> None:
    """The same days as a column of dates, which DuckDB puts into quarters by its own calendar."""
    name = "start_date"
    dates, others = (_check(_counted(values, name=name), name) for values in (list(DAYS), written))
    assert _periods(dates) == ["2022-Q1", "2022-Q2", "2022-Q3", "2022-Q4", "2023-Q1", "2023-Q2", "2023-Q3"]
    for rule in (SHARE, GAP):
        assert others.result(rule).table == dates.result(rule).table
        assert [found.message for found in others.findings(rule)] == [found.message for found in dates.findings(rule)]
    assert [found.measures["share"].value for found in others.findings(YEARS)] == [1.0]


@pytest.mark.parametrize(
    ("values", "inside"),
    [
        pytest.param([f"{month} {year}" for year in (2021, 2022) for month in MONTHS], 0.5, id="months"),
        pytest.param([f"{month}/{year}" for year in (2020, 2021, 2022) for month in range(1, 13)], 1 / 3, id="1/2020"),
        pytest.param(["FY21/22", "FY22/23", "FY23/24", "FY24/25"], 0.5, id="fiscal years, by the first"),
        pytest.param([20211231, 20220101, 20231231, 20240101], 0.5, id="20211231"),
        pytest.param(["01/02/2021", "03/04/2022"], 0.5, id="days or months first, the same year"),
        pytest.param(list(range(1954, 2024)), 2 / 70, id="more years than are shown one by one"),
        pytest.param([2021.75, 2022.0, 2023.25], 2 / 3, id="parts of years"),
    ],
)
def test_the_years_of_all_ways_of_writing_are_held_against_the_stated_period(values: list[Any], inside: float) -> None:
    (found,) = _check(_counted(values, [50] * len(values))).findings(YEARS)
    assert found.measures["share"].value == pytest.approx(inside)


def test_a_week_at_the_turn_of_the_year_has_days_of_both_years() -> None:
    """Six days of 2021 (27 to 31 December, and 26), then 14 of 2022: two of them in the week of 27 December."""
    days = pd.date_range("2021-12-26", periods=20)
    audit = _check(_counted(list(days), [50] * 20))
    (found,) = audit.findings(YEARS)
    assert found.measures["share"].value == pytest.approx(14 / 20)
    assert _periods(audit) == ["2021-12-20", "2021-12-27", "2022-01-03", "2022-01-10"]  # Mondays


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["alpha", "beta", "gamma"], "the order of 'when' ('"),
        (["I", "II", "IX", "V"], "the order of 'when' ('"),
        (["Mon", "Tue", "Sun"], "days of the week, which have no first and no last"),
        (
            ["Spring 2022", "Winter 2022"],
            "cannot be read as seasons with the year",
        ),  # which end of the year is not said
        (["01/02/2022", "02/01/2022", "03/04/2022"], "dates, day first, or as dates, month first"),
        (["31012022", "01022022"], "as dates, day first, or in the order of its numbers"),
        (["Jan 2022", "Feb 2022", "2022-03"], "in 100 rows (33.3%) cannot be read as months with the year"),
        ([2022.1, 2022.2, 2022.11], "the order of 'when' ('"),  # 2022.1 may be October
    ],
)
def test_what_has_no_known_order_has_no_trend_and_says_why(values: list[Any], reason: str) -> None:
    audit = _check(_counted(values))
    for rule in (SHARE, GAP):
        result = audit.result(rule)
        assert (result.state, result.findings) == (State.NOT_RUN, ())
        assert reason in str(result.reason)
        assert "time_order" in str(result.reason)
    (said,) = _said(audit)
    assert said.overrule == "[features] time_order"


def test_a_trace_of_unread_values_is_left_out_and_counted_and_more_is_not() -> None:
    """Of 1,000 rows in ten months, 9 (0.9%) without a month are a trace, and 19 (1.9%) are not."""
    months = [f"{month} 2022" for month in MONTHS[:10]]
    for unread, reason in ((9, None), (19, "in 19 rows (1.9%) cannot be read as months with the year")):
        frame = pd.concat(
            [_counted(months), pd.DataFrame([("f", "yes", "n.d.", unread)], columns=["gender", "hired", "when", "n"])]
        )
        audit = _check(frame)
        assert (reason or "None") in str(audit.result(SHARE).reason)
        if reason is None:
            assert _periods(audit) == months
            assert (
                f"{unread} rows of 'when' cannot be placed in time and are excluded from trends: 'n.d.'."
                in audit.dataset.notes
            )


def test_numbers_for_no_time_are_no_period_among_seconds() -> None:
    """0 and 9999 are no moments of a clock: three rows of 403 are a trace, and not the years 1970 and 9999."""
    moments = [int((pd.Timestamp(f"{year}-06-01") - EPOCH).total_seconds()) for year in (2019, 2020, 2021, 2022)]
    strays = pd.DataFrame([("f", "yes", 0, 2), ("m", "no", 9999, 1)], columns=["gender", "hired", "when", "n"])
    audit = _check(pd.concat([_counted(moments), strays]))
    assert _periods(audit) == ["2019", "2020", "2021", "2022"]
    left_out = "3 rows of 'when' cannot be placed in time and are excluded from trends: '0', '9999'."
    assert left_out in audit.dataset.notes
    (found,) = audit.findings(YEARS)
    assert "of 400 dated rows" in found.message
    assert "3 rows with an unreadable date were not counted." in found.message


def test_missing_times_are_no_period() -> None:
    frame = pd.concat([_counted(["Q1", "Q2", "Q3"]), _counted([None])])
    assert _periods(_check(frame)) == ["Q1", "Q2", "Q3"]


def test_one_period_has_no_trend_and_two_have_one() -> None:
    assert _check(_counted(["x"])).result(SHARE).reason == "the data hold one period only"
    assert _check(_counted(["Jan 2022", "january 2022 "])).result(SHARE).reason == "the data hold one period only"
    assert _periods(_check(_counted(["Q4 2021", "Q1 2022"]))) == ["Q4 2021", "Q1 2022"]


@pytest.mark.parametrize(
    ("name", "values", "warning"),
    [
        ("when", MONTHS, True),
        ("when", ["Q1", "Q2", "Q3"], True),
        ("month", list(range(1, 13)), True),
        ("month", list(range(1, 25)), False),
        ("wave", list(range(1, 13)), False),
        ("when", [f"{month} 2022" for month in MONTHS], False),
    ],
)
def test_periods_that_come_again_every_year_are_said_to(name: str, values: list[Any], warning: bool) -> None:
    (said,) = _said(_check(_counted(values, name=name), name))
    assert (said.warning, WRONG_IF in said.text) == (warning, warning)


def test_a_stated_order_goes_before_all_others() -> None:
    phases = ["pilot", "roll-out", "after"]
    audit = _check(_counted(phases), time_order=phases)
    assert _periods(audit) == phases
    assert _women(audit).measures["change"].value == pytest.approx(-0.04)
    assert [said.text for said in _said(audit)] == ["Time 'when' is taken in the order that is stated."]
    backwards = _check(_counted(phases), time_order=phases[::-1])
    assert _women(backwards).measures["change"].value == pytest.approx(0.04)
    incomplete = _check(_counted(phases), time_order=["pilot", "after"])
    assert "in 100 rows (33.3%) are not in [features] time_order: 'roll-out'" in str(incomplete.result(SHARE).reason)
    codes = _check(_counted([7, 3, 5]), time_order=[7, 3, 5])
    assert _periods(codes) == ["7", "3", "5"]


def test_which_stands_first_in_a_date_can_be_stated() -> None:
    """2 January, 1 February and 3 April, or 1 February, 2 January and 4 March: other orders."""
    frame = _counted(["02/01/2022", "01/02/2022", "03/04/2022"])
    assert _women(_check(frame, time_order="day first")).measures["first_share"].value == pytest.approx(0.60)
    assert _women(_check(frame, time_order="month first")).measures["first_share"].value == pytest.approx(0.58)


def test_numbers_that_look_like_dates_can_be_stated_to_be_numbers() -> None:
    seconds = [1_650_000_000, 1_660_000_000, 1_670_000_000]
    assert _periods(_check(_counted(seconds))) == ["2022-04", "2022-08", "2022-12"]  # 15 April, 8 August, 2 December
    assert _periods(_check(_counted(seconds), time_order="number")) == list(map(str, seconds))


@pytest.mark.parametrize(
    ("order", "line"),
    [
        ('["Jan", "jan"]', "names 'jan' twice"),
        ('"month"', 'list all periods, earliest first, or write one of "number", "day first", "month first"'),
    ],
)
def test_an_order_that_cannot_be_meant_is_one_line(order: str, line: str, tmp_path: Path) -> None:
    _counted(["Jan", "Feb"]).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "use.toml").write_text(f'[features]\ntime = "when"\ntime_order = {order}\n', encoding="utf-8")
    asked = [str(tmp_path / "a.csv"), "--target", "hired", "--use-case", str(tmp_path / "use.toml")]
    run = CliRunner().invoke(main, ["check", *asked])
    assert run.exit_code == 2
    assert line in run.stderr
    assert run.stderr.count("\n") == 1


def test_an_order_of_dates_or_of_no_column_is_refused() -> None:
    frame = _counted(list(DAYS[:3]))
    with pytest.raises(AuditError, match="holds dates, which have their own order"):
        _check(frame, time_order=["b", "a"])
    use = UseCase.model_validate({"features": {"time_order": ["b", "a"]}})
    with pytest.raises(AuditError, match="no column of time"):
        auditor.check(frame.drop(columns="when"), target="hired", groups="gender", count="n", use_case=use)


def test_a_period_without_one_group_keeps_its_place() -> None:
    """The slope of log ratios by statsmodels' weighted regression at places 0, 1, 5, 6: none of 2 to 4 holds men."""
    hired = {0: (60, 50), 1: (58, 50), 2: (70, 0), 3: (70, 0), 4: (70, 0), 5: (40, 50), 6: (36, 50)}
    rows = [
        (gender, answer, f"2022-{1 + place:02d}", n)
        for place, (f, m) in hired.items()
        for gender, x in (("f", f), ("m", m))
        for answer, n in (("yes", x), ("no", 100 - x))
        if gender == "f" or x
    ]
    audit = _check(pd.DataFrame(rows, columns=["gender", "hired", "when", "n"]))
    finding = next(iter(audit.findings(GAP)))
    if finding.subject["level"] == "m":
        hired = {place: (m, f) for place, (f, m) in hired.items()}
    known = {place: pair for place, pair in hired.items() if all(pair)}
    x, x_ref = (np.array([pair[i] + 0.5 for pair in known.values()]) for i in (0, 1))
    n = 100.5
    weights = 1 / (1 / x + 1 / x_ref - 2 / n)
    fit = sm.WLS(np.log(x / x_ref), sm.add_constant(np.array(list(known))), weights=weights).fit()
    z = fit.params[1] / (fit.bse[1] / math.sqrt(fit.scale) * math.sqrt(max(1.0, fit.scale)))
    assert finding.measures["trend_z"].value == pytest.approx(z)
    assert {row["place"] for row in audit.result(GAP).table} == {1, 2, 6, 7}


def test_tallies_are_put_in_order_where_they_are_brought_together(tmp_path: Path) -> None:
    """One part has the months of 2021, the other those of 2022: neither sees all of them."""
    parts = [[f"{month} {year}" for month in MONTHS] for year in (2021, 2022)]
    whole = _counted([*parts[0], *parts[1]])
    paths = [tmp_path / "a.tally", tmp_path / "b.tally"]
    for i, (months, path) in enumerate(zip(parts, paths, strict=True)):
        auditor.tally(
            whole[whole["when"].isin(months)], path, target="hired", groups="gender", time="when", count="n",
            edges_from=paths[0] if i else None,
        )  # fmt: skip
    together = auditor.check(paths, only=[SHARE, GAP])
    assert _periods(together) == [*parts[0], *parts[1]]
    assert together.result(GAP).table == _check(whole).result(GAP).table
    reverse = UseCase.model_validate({"features": {"time_order": [*parts[0], *parts[1]][::-1]}})
    assert _periods(auditor.check(paths, only=[SHARE], use_case=reverse)) == [*parts[1][::-1], *parts[0][::-1]]


def test_charts_draw_periods_in_the_order_of_time() -> None:
    from auditor.reporter.charts.all import figures

    drawn = [of.chart.to_dict() for of in figures(_check(_counted(MONTHS))) if of.rule in ("REP004", "OUT006")]
    assert len(drawn) == 2
    for chart in drawn:
        layers = [layer for layer in chart["layer"] if layer["encoding"].get("x", {}).get("field") == "period"]
        assert layers
        assert all(layer["encoding"]["x"]["sort"] == MONTHS for layer in layers)
