"""Numbers that are codes were cut into bands: a group of 18 codes became "under 5; 5 and over", and hid code 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.errors import ColumnError, RoleError
from auditor.use.usecase import UseCase

EIGHTEEN = range(1, 19)


def _rows(name: str, counts: dict[Any, tuple[int, int]]) -> pd.DataFrame:
    """A row per person: of each level n people, x of them favourable."""
    rows = [(level, "yes" if i < x else "no") for level, (x, n) in counts.items() for i in range(n)]
    return pd.DataFrame(rows, columns=[name, "hired"]).assign(note=[f"n{i % 7}" for i in range(len(rows))])


# 50 of 100 of every code are hired, of code 3 it is 30 of 100: 0.30 / 0.50 = 0.60. In two bands it would be
# (3 * 50 + 30) / 400 = 0.45 below 5 against 0.50 from 5 on.
CODES = {code: (30 if code == 3 else 50, 100) for code in EIGHTEEN}


def _rates(audit: auditor.Audit, group: str) -> dict[str, float]:
    found = audit.result("OUT001").table
    return {row["level"]: row["selection_rate"] for row in found if row["group"] == group and row["level"]}


def _check(frame: pd.DataFrame, groups: object, **more: Any) -> auditor.Audit:
    return auditor.check(frame, target="hired", groups=groups, only=["OUT001"], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "groups", "more"),
    [
        ("race", "race:codes", {}),
        ("race", "race", {"use_case": UseCase.model_validate({"groups": {"codes": ["race"]}})}),
        ("race", "race", {}),  # by its name
        ("RAC1P", "RAC1P", {}),
        ("occupation_code", "occupation_code", {}),
        ("abteilung", "abteilung", {}),  # by its few whole numbers
    ],
)
def test_each_code_is_a_group(name: str, groups: str, more: dict[str, Any]) -> None:
    audit = _check(_rows(name, CODES), groups, **more)
    assert _rates(audit, name) == pytest.approx({str(code): 0.3 if code == 3 else 0.5 for code in EIGHTEEN})
    ratios = {f.subject["level"]: f.measures["impact_ratio"].value for f in audit.findings("OUT001")}
    assert ratios["3"] == pytest.approx(0.60)


def test_codes_with_gaps_and_blanks_are_read_as_they_are() -> None:
    """Blanks make pandas keep the codes as 1.0 and 2.0."""
    frame = _rows("SCHL", {1.0: (10, 40), 16.0: (20, 40), 21.0: (20, 40), 24.0: (20, 40), None: (5, 40)})
    frame = pd.concat([frame, *[_rows("SCHL", {float(code): (20, 40)}) for code in range(2, 14)]])
    rates = _rates(_check(frame, "SCHL"), "SCHL")
    assert len(rates) == 16
    assert rates["1"] == pytest.approx(0.25)  # 10 of 40
    assert rates["24"] == pytest.approx(0.5)  # 20 of 40


def test_a_guess_by_the_number_of_values_alone_is_a_warning_and_can_be_overruled() -> None:
    frame = _rows("abteilung", CODES)
    decision = next(of for of in _check(frame, "abteilung").dataset.reading if of.about == "codes")
    assert decision.warning
    assert decision.columns == ("abteilung",)
    flag, written = (decision.overrule or "").split(maxsplit=1)
    assert flag == "--group"
    assert len(_rates(_check(frame, written), "abteilung")) == written.count(",") + 2  # as many bands as edges and one
    assert not [of for of in _check(frame, "abteilung:codes").dataset.reading if of.about == "codes"]
    named = next(of for of in _check(_rows("race", CODES), "race").dataset.reading if of.about == "codes")
    assert not named.warning


@pytest.mark.parametrize("name", ["age", "years_experience", "income", "Alter", "score"])
def test_a_quantity_is_cut_however_few_its_values(name: str) -> None:
    assert len(_rates(_check(_rows(name, {20 + code: of for code, of in CODES.items()}), name), name)) < 5


def test_stated_cuts_win_over_a_guess() -> None:
    rates = _rates(_check(_rows("race", CODES), "race:5"), "race")
    assert rates == pytest.approx({"under 5": 0.45, "5 and over": 0.5})  # (50 + 50 + 30 + 50) / 400


def test_two_codes_of_sex_are_two_groups() -> None:
    rates = _rates(_check(_rows("sex", {1: (40, 100), 2: (20, 100)}), "sex"), "sex")
    assert rates == pytest.approx({"1": 0.4, "2": 0.2})


def test_postal_codes_are_groups_where_they_are_few_and_refused_where_they_are_many() -> None:
    few = {10000 + 37 * place: (20, 40) for place in range(60)} | {99999: (10, 40)}
    rates = _rates(_check(_rows("zip", few), "zip"), "zip")
    assert len(rates) == 61
    assert rates["99999"] == pytest.approx(0.25)
    many = {10000 + place: (2, 4) for place in range(250)}
    with pytest.raises(RoleError, match=r"group 'zip' has over 200 levels .*first two or three characters"):
        _check(_rows("zip", many), "zip")


def test_what_cannot_be_codes_is_refused() -> None:
    frame = _rows("race", CODES)
    with pytest.raises(RoleError, match="holds fractions and cannot be codes"):
        _check(frame.assign(race=frame["race"] + 0.5), "race:codes")
    codes = UseCase.model_validate({"groups": {"codes": ["race"]}})
    with pytest.raises(RoleError, match=r"cannot be codes .* and cut at 5"):
        _check(frame, "race:5", use_case=codes)
    with pytest.raises(ColumnError, match="column 'rase' is not in"):
        _check(frame, "race", use_case=UseCase.model_validate({"groups": {"codes": ["rase"]}}))


def test_a_column_whose_name_ends_in_codes_is_found() -> None:
    frame = _rows("race:codes", {1: (40, 100), 2: (20, 100)})
    assert set(_rates(_check(frame, "race:codes"), "race:codes")) == {"1", "2"}


def test_strata_of_codes_are_strata() -> None:
    """Eighteen departments, in each of which both groups are hired alike: within them there is no gap."""
    rows = []
    for dept in EIGHTEEN:
        women, men = (100, 20) if dept > 9 else (20, 100)
        rate = 0.2 if dept > 9 else 0.6
        for who, n in (("f", women), ("m", men)):
            rows += [(dept, who, "yes" if i < rate * n else "no") for i in range(n)]
    frame = pd.DataFrame(rows, columns=["dept", "gender", "hired"])
    audit = auditor.check(frame, target="hired", groups="gender", within="dept", only=["OUT003"])
    strata = {row["stratum"] for row in audit.result("OUT003").table}
    assert {str(dept) for dept in EIGHTEEN} <= strata


def test_a_code_among_the_features_is_counted_by_its_levels() -> None:
    """A postal code that is given out by group is a proxy; in twenty bins of numbers its levels would be mixed."""
    rng = np.random.default_rng(20261128)
    groups = rng.integers(0, 2, 4000)
    # Odd codes for one group, even ones for the other: neighbours in number, and far apart in what they mean.
    frame = pd.DataFrame(
        {
            "gender": np.where(groups == 1, "f", "m"),
            "zip": 10001 + 2 * rng.integers(0, 100, 4000) + groups,
            "hired": np.where(rng.random(4000) < np.where(groups == 1, 0.2, 0.4), "yes", "no"),
        }
    )
    found = auditor.check(frame, target="hired", groups="gender", only=["PRX001"]).result("PRX001").table
    assert next(row for row in found if row["column"] == "zip")["theils_u"] == pytest.approx(1.0)


def test_the_command_line_and_a_tally_take_codes(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from auditor.cli.commands import main

    path, counted = tmp_path / "d.csv", tmp_path / "d.tally"
    _rows("race", CODES).to_csv(path, index=False)
    arguments = ["--target", "hired", "--group", "race:codes"]
    run = CliRunner().invoke(main, ["tally", str(path), "-o", str(counted), *arguments])
    assert run.exit_code == 0, run.output
    whole = auditor.check(path, target="hired", groups="race:codes", only=["OUT001"])
    parts = auditor.check([counted], only=["OUT001"])
    assert parts.result("OUT001").table == whole.result("OUT001").table
