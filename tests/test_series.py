"""Several audits in a row: how their numbers moved, in which order, in every format; and a check beside earlier ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import auditor
from auditor.cli.commands import main
from auditor.model import Audit, Level, Order, Track, Trend
from auditor.reporter.formats import renderer
from auditor.stats.changes import Estimate, moved
from tests.conftest import rows_of

POPULATION = {"sex": {"f": 0.5, "m": 0.5}}
JANUARY = {"f": (180, 600), "m": (200, 600)}
FEBRUARY = {"f": (150, 600), "m": (200, 600)}
MARCH = {"f": (100, 500), "m": (210, 600)}


def _audit(counts: dict[str, tuple[int, int]], name: str, period: tuple[int, int] | None = None) -> Audit:
    use: dict[str, Any] = {"population": {**POPULATION, **({"period": period} if period else {})}}
    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "no_models": True, "only": ["OUT001", "REP001"]}
    return auditor.check(rows_of(counts, "sex"), use_case=use, name=name, **asked)


@pytest.fixture(scope="module")
def audits() -> list[Audit]:
    return [_audit(JANUARY, "january"), _audit(FEBRUARY, "february"), _audit(MARCH, "march")]


def _track(of: auditor.Comparison, measure: str, level: str) -> Track:
    assert of.series is not None
    (found,) = (track for track in of.series.tracks if (track.measure, track.level) == (measure, level))
    return found


def _wilson(x: int, n: int) -> Estimate:
    return Estimate(x / n, *proportion_confint(x, n, method="wilson"))


def test_looking_eleven_times_finds_a_change_that_is_none_in_five_of_a_hundred_at_most() -> None:
    rng = np.random.default_rng(7)
    alarms = {"adjusted": 0, "plain": 0}
    for x in rng.binomial(400, 0.3, size=(400, 12)):
        rates = [_fast_wilson(int(k), 400) for k in x]
        p_values = [moved(rates[0], rate).p for rate in rates[1:]]
        alarms["plain"] += min(p_values) < 0.05
        alarms["adjusted"] += min(p_values) * 11 < 0.05  # the first step of Holm
    assert alarms["plain"] > 0.15 * 400  # what the adjustment is for
    assert alarms["adjusted"] <= (0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)) * 400


def _fast_wilson(x: int, n: int) -> Estimate:
    z2 = norm.ppf(0.975) ** 2
    centre, reach = x / n + z2 / (2 * n), np.sqrt(z2 * (x / n * (1 - x / n) / n + z2 / (4 * n * n)))
    return Estimate(x / n, (centre - reach) / (1 + z2 / n), (centre + reach) / (1 + z2 / n))


def test_rates_shares_and_ratios_of_three_audits(audits: list[Audit]) -> None:
    found = auditor.compare(*audits)
    assert found.series is not None
    assert found.series.names == ("january", "february", "march")
    assert found.names == ("february", "march")  # the last beside the one before it
    assert found.series.rows == (1200, 1200, 1100)
    rate = _track(found, "selection_rate", "f")
    assert [of and of.value for of in rate.values] == [0.3, 0.25, 0.2]
    assert rate.changes[0] is None and rate.changes[2] is not None
    assert rate.changes[2].value == pytest.approx(-0.1)
    interval = confint_proportions_2indep(100, 500, 180, 600, method="newcomb", compare="diff")
    assert (rate.changes[2].low, rate.changes[2].high) == pytest.approx(interval)
    assert rate.trend is Trend.FELL
    ratio = _track(found, "impact_ratio", "f")
    assert [of and of.value for of in ratio.values] == pytest.approx([0.9, 0.75, (100 / 500) / (210 / 600)])
    assert ratio.changes[2] is not None and ratio.changes[2].value == pytest.approx((4 / 7) / 0.9)
    share = _track(found, "share", "f")
    assert [of and of.value for of in share.values] == pytest.approx([0.5, 0.5, 5 / 11])


def test_p_values_are_adjusted_over_looks_and_groups(audits: list[Audit]) -> None:
    """Four tests of rates: two groups, two later audits; of the shares, which sum to 1, two of each group."""
    found = auditor.compare(*audits)
    counts = {"f": [(180, 600), (150, 600), (100, 500)], "m": [(200, 600), (200, 600), (210, 600)]}
    tests = {(of, i): moved(_wilson(*x[0]), _wilson(*x[i])).p for of, x in counts.items() for i in (1, 2)}
    adjusted = dict(zip(tests, multipletests(list(tests.values()), method="holm")[1], strict=True))
    for (level, i), p in adjusted.items():
        assert _track(found, "selection_rate", level).p_adjusted[i] == pytest.approx(p)
    plain = moved(_wilson(600, 1200), _wilson(500, 1100)).p
    assert _track(found, "share", "f").p_adjusted == pytest.approx((None, 1.0, 2 * plain))
    assert _track(found, "share", "f").trend is Trend.NOT_SHOWN


def test_another_reference_is_turned_and_reported() -> None:
    first, second = _audit({"f": (300, 500), "m": (200, 500)}, "a"), _audit({"f": (100, 500), "m": (200, 500)}, "b")
    found = auditor.compare(first, second, _audit({"f": (80, 500), "m": (200, 500)}, "c"))
    ratio = _track(found, "impact_ratio", "f")
    assert ratio.reference == "m"
    assert [of and of.value for of in ratio.values] == pytest.approx([1.5, 0.5, 0.4])
    assert found.series is not None
    assert any("The reference of sex is not the same" in note for note in found.series.notes)


def test_two_audits_are_compared_as_before_and_have_no_series(audits: list[Audit]) -> None:
    found = auditor.compare(audits[0], audits[2])
    assert found.series is None
    assert found.names == ("january", "march")


class TestOrder:
    def test_by_period(self) -> None:
        late, early, between = (_audit(JANUARY, str(of), (of, of + 1)) for of in (2024, 2020, 2022))
        found = auditor.compare(late, early, between, order="period")
        assert found.series is not None
        assert (found.series.names, found.series.order) == (("2020", "2022", "2024"), Order.PERIOD)
        assert found.series.periods == ((2020, 2021), (2022, 2023), (2024, 2025))

    def test_by_when_they_were_made_across_time_zones(self, audits: list[Audit]) -> None:
        moments = ("2026-03-01T00:30:00+02:00", "2026-02-28T23:00:00+00:00", "2026-02-01T00:00:00+00:00")
        dated = [
            replace(of, provenance=replace(of.provenance, created=at)) for of, at in zip(audits, moments, strict=True)
        ]
        found = auditor.compare(*dated, names=["x", "y", "z"], order="made")
        assert found.series is not None
        assert found.series.names == ("z", "x", "y")  # half past midnight at +02:00 is before 23:00 of the day before
        given = auditor.compare(*dated)
        assert given.series is not None
        assert any("made in another order than they are given" in note for note in given.series.notes)

    def test_what_cannot_be_ordered_is_refused(self, audits: list[Audit]) -> None:
        with pytest.raises(auditor.ArgumentError, match="january has none"):
            auditor.compare(*audits, order="period")
        with pytest.raises(auditor.ArgumentError, match="order 'date' is not one of given, period, made"):
            auditor.compare(*audits, order="date")
        with pytest.raises(auditor.ArgumentError, match="names has 2 texts for 3 audits"):
            auditor.compare(*audits, names=["a", "b"])
        with pytest.raises(auditor.ArgumentError, match="more is of type DataFrame; it must be an Audit"):
            auditor.compare(*audits, pd.DataFrame())  # type: ignore[arg-type]


def test_small_groups_have_no_numbers_in_it() -> None:
    few = [_audit({"few": (x, 3), "f": (100, 300), "m": (150, 300)}, f"{x}") for x in (1, 2, 3)]
    found = auditor.compare(*few)
    assert found.series is not None and found.series.tracks
    assert not [track for track in found.series.tracks if track.level == "few"]


def test_every_format_shows_the_row_of_audits(audits: list[Audit]) -> None:
    audit = replace(audits[2], compared=auditor.compare(*audits))
    html, markdown, text = (renderer(suffix)(audit) for suffix in (".html", ".md", ".txt"))
    for page in (html, markdown, text):
        assert "Holm" in page
        words = " ".join(page.split())  # a text breaks its lines
        assert "25.0%" in words and "fell: × 0.635" in words
        assert "3 audits, from january to march" in words
    assert html.count('<div class="chart"') >= 3
    saved = Audit.from_dict(json.loads(renderer(".json")(audit)))
    assert saved.compared is not None and saved.compared.series == auditor.compare(*audits).series
    table = audit.tables()["series"]
    assert list(table["value"][(table["measure"] == "selection_rate") & (table["level"] == "f")]) == [0.3, 0.25, 0.2]


def test_of_many_audits_pages_show_the_first_and_the_last_and_say_so(audits: list[Audit]) -> None:
    many = auditor.compare(*audits, *[audits[1]] * 7, names=[f"run{i}" for i in range(10)])
    page = renderer(".md")(replace(audits[1], compared=many))
    assert "| run0 | run3 |" in page and "run9 | Since the first |" in page
    assert "2 audits between the first and the last 7" in page
    assert many.series is not None
    assert many.series.levels == (Level.NOT_JUDGED, *[Level.UNFIT] * 9)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audits: list[Audit]) -> Path:
    monkeypatch.chdir(tmp_path)
    for audit in audits:
        audit.save(f"{audit.dataset.name}.json")
    rows_of(MARCH, "sex").to_csv("now.csv", index=False)
    return tmp_path


def _run(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


CHECK = ("check", "now.csv", "--target", "hired", "--group", "sex", "--no-models")


class TestCommands:
    def test_compare_takes_as_many_as_are_given(self, folder: Path) -> None:
        run = _run("compare", "january.json", "february.json", "march.json", "-o", "row.html")
        assert run.exit_code == 1  # the last is worse than the one before it
        assert "3 audits, from january to march" in run.stdout
        assert "Audits in a row" in (folder / "row.html").read_text(encoding="utf-8")
        whole = json.loads(_run("compare", "january.json", "february.json", "march.json", "--format", "json").stdout)
        assert whole["series"]["names"] == ["january", "february", "march"]

    def test_one_audit_is_not_compared(self, folder: Path) -> None:
        run = _run("compare", "january.json")
        assert (run.exit_code, run.stdout) == (2, "")
        assert "two saved audits or more are compared; one was given" in run.stderr

    def test_a_check_beside_an_earlier_audit_keeps_its_exit_code(self, folder: Path) -> None:
        run = _run(*CHECK, "--against", "january.json", "--report", "now.json", "--fail-on", "never")
        assert run.exit_code == 0
        assert "The second is worse" in run.stdout
        compared = Audit.load("now.json").compared
        assert compared is not None and compared.names == ("january.json", "now")
        assert _run(*CHECK, "--against", "january.json", "--fail-on", "worse").exit_code == 1
        assert _run(*CHECK, "--against", "now.json", "--fail-on", "worse").exit_code == 0
        assert _run(*CHECK, "--against", "now.json").exit_code == 1  # unfit, as it was

    def test_several_earlier_audits_are_a_row_with_the_new_one(self, folder: Path) -> None:
        run = _run(*CHECK, "--against", "january.json", "--against", "february.json", "--report", "now.json", "-q")
        compared = Audit.load("now.json").compared
        assert run.exit_code == 1 and compared is not None and compared.series is not None
        assert compared.series.names == ("january.json", "february.json", "now")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--fail-on", "worse"), "--fail-on worse needs an audit to compare with (--against LAST.json)"),
            (("--against", "none.json"), "'none.json' cannot be read"),
            (("--against", "now.csv"), "'now.csv' is not JSON"),
            (("--against", "march.json", "--report", "march.json"), "is also an input of this command"),
        ],
    )
    def test_what_is_wrong_is_one_line_and_nothing_is_written(
        self, words: tuple[str, ...], message: str, folder: Path
    ) -> None:
        before = (folder / "march.json").read_bytes()
        run = _run(*CHECK, *words)
        assert (run.exit_code, run.stdout) == (2, "")
        assert message in run.stderr
        assert (folder / "march.json").read_bytes() == before


class TestWhatFailsInJUnit:
    """The file fails if and only if the command does, where somebody stated what fails."""

    def _failures(self, *words: str, rows: dict[str, tuple[int, int]] | None = None) -> tuple[int, set[str]]:
        if rows:
            rows_of(rows, "sex").to_csv("now.csv", index=False)
        run = _run(*CHECK, "-q", "--report", "junit.xml", *words)
        root = ET.parse("junit.xml").getroot()
        failed = {str(of.get("name")).split()[0] for of in root.iter("testcase") if of.find("failure") is not None}
        assert int(root.get("failures", "-1")) == len(failed)
        return run.exit_code, failed

    def test_of_data_that_are_unfit(self, folder: Path) -> None:
        assert self._failures()[1] >= {"OUT001"}
        code, failed = self._failures("--fail-on", "unfit")
        assert code == 1 and "OUT001" in failed
        assert self._failures("--fail-on", "never") == (0, set())
        assert self._failures("--fail-on", "cannot-tell") == (0, set())
        assert self._failures("--fail-on", "conditions") >= (1, failed)

    def test_of_what_cannot_be_told(self, folder: Path) -> None:
        even = {"f": (300, 600), "m": (300, 600)}
        code, failed = self._failures("--fail-on", "unfit", rows=even)
        assert (code, failed) == (3, {"REP001"})  # no population is stated
        assert self._failures("--fail-on", "unfit-only", rows=even) == (0, set())

    def test_of_what_is_worse_than_before(self, folder: Path) -> None:
        code, failed = self._failures("--fail-on", "worse", "--against", "january.json")
        assert code == 1 and "OUT001" in failed
        _run(*CHECK, "--report", "now.json")
        assert self._failures("--fail-on", "worse", "--against", "now.json") == (0, set())


def test_the_two_that_are_set_side_by_side_are_called_by_their_place(audits: list[Audit]) -> None:
    fewer = auditor.check(rows_of(MARCH, "sex"), target="hired", groups="sex", only=["OUT001"], no_models=True)
    assert "Not run in the last: REP001." in auditor.compare(*audits[:2], fewer).notes
    assert "Not run in the second: REP001." in auditor.compare(audits[1], fewer).notes
    assert "Not run in the last but one: REP001." in auditor.compare(audits[0], fewer, audits[1]).notes
