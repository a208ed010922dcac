"""Dates of birth were the time axis or an identifier, row indices and keys were features, groups went unseen."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import RoleError
from auditor.model import Decision
from auditor.use.usecase import UseCase


def _people(n: int = 600) -> pd.DataFrame:
    """People born from 1955 to 1999, a third before 1970, a third in the seventies, a third later."""
    first = (date(1955, 1, 1), date(1970, 1, 1), date(1980, 1, 1))
    days = (15 * 365, 10 * 365, 20 * 365)
    born = [first[i % 3] + timedelta(days=(i * 131) % days[i % 3]) for i in range(n)]
    return pd.DataFrame(
        {
            "Date of birth": pd.to_datetime(pd.Series(born)).astype("datetime64[s]"),
            "gender": ["f" if i % 2 else "m" for i in range(n)],
            "grade": [f"g{i * 7 % 5}" for i in range(n)],
            # Of those born before 1970 20 in 100 are hired, of those of the seventies 40, of the others 50.
            "hired": ["yes" if (i // 3) % 10 < (2, 4, 5)[i % 3] else "no" for i in range(n)],
        }
    )


def _roles(audit: auditor.Audit) -> dict[str, str]:
    return {column.name: column.role for column in audit.dataset.columns}


def _about(audit: auditor.Audit, about: str) -> list[Decision]:
    return [decision for decision in audit.dataset.reading if decision.about == about]


def _rates(audit: auditor.Audit, group: str) -> dict[str, float]:
    table = audit.result("OUT001").table
    return {row["level"]: row["selection_rate"] for row in table if row["group"] == group and row["level"]}


QUICK: dict[str, Any] = {"target": "hired", "only": ["OUT001"]}


class TestBirth:
    def test_it_is_cut_at_years(self) -> None:
        audit = auditor.check(_people(), groups="Date of birth:1970,1980", **QUICK)
        expected = {"before 1970": 0.2, "1970 to 1979": 0.4, "1980 and later": 0.5}
        assert _rates(audit, "Date of birth") == pytest.approx(expected)

    def test_by_default_it_is_cut_by_decades(self) -> None:
        audit = auditor.check(_people(), groups="Date of birth", **QUICK)
        assert sorted(_rates(audit, "Date of birth")) == [
            "1960 to 1969",
            "1970 to 1979",
            "1980 to 1989",
            "1990 and later",
            "before 1960",
        ]
        (decision,) = _about(audit, "bands")
        assert decision.overrule == "--group 'Date of birth':1960,1970,1980,1990"

    def test_it_is_no_time_and_no_identifier_and_guessed_as_the_age(self) -> None:
        audit = auditor.check(_people(), **QUICK)
        assert _roles(audit) == {"Date of birth": "group", "gender": "group", "grade": "feature", "hired": "target"}

    def test_where_other_groups_are_named_it_is_a_feature_and_mentioned(self) -> None:
        audit = auditor.check(_people(), groups="gender", **QUICK)
        assert _roles(audit)["Date of birth"] == "feature"
        (decision,) = _about(audit, "groups not named")
        assert (decision.columns, decision.warning) == (("Date of birth",), True)
        assert decision.overrule == "--group 'Date of birth'"

    def test_beside_an_age_it_is_not_compared_twice(self) -> None:
        people = _people()
        audit = auditor.check(people.assign(age=2020 - people["Date of birth"].dt.year), **QUICK)
        assert _roles(audit)["Date of birth"] == "feature"
        assert _about(audit, "possible groups")[0].columns == ("Date of birth",)

    def test_beside_a_date_of_application_the_latter_is_the_time(self) -> None:
        applied = pd.to_datetime(pd.Series([date(2019, 1, 1) + timedelta(days=i) for i in range(600)]))
        audit = auditor.check(_people().assign(applied_on=applied.astype("datetime64[s]")), **QUICK)
        assert _roles(audit)["applied_on"] == "time"

    @pytest.mark.parametrize("name", ["birth_year", "yob", "Geburtsjahr", "year_of_birth"])
    def test_a_year_of_birth_is_one_too(self, name: str) -> None:
        people = _people()
        people = people.assign(**{name: people["Date of birth"].dt.year}).drop(columns="Date of birth")
        audit = auditor.check(people, groups=f"{name}:1970,1980", **QUICK)
        expected = {"before 1970": 0.2, "1970 to 1979": 0.4, "1980 and later": 0.5}
        assert _rates(audit, name) == pytest.approx(expected)
        assert _roles(auditor.check(people, **QUICK))[name] == "group"

    @pytest.mark.parametrize("name", ["birthplace", "country_of_birth", "birth_weight"])
    def test_where_and_how_somebody_was_born_is_no_date(self, name: str) -> None:
        audit = auditor.check(
            _people().drop(columns="Date of birth").assign(**{name: [1950 + i % 50 for i in range(600)]}), **QUICK
        )
        assert _roles(audit)[name] != "group"

    def test_dates_that_are_no_birth_are_cut_at_years_too_and_only_at_years(self) -> None:
        people = _people().rename(columns={"Date of birth": "joined_on"})
        audit = auditor.check(people, groups="joined_on:1970,1980", **QUICK)
        assert _rates(audit, "joined_on")["before 1970"] == pytest.approx(0.2)
        with pytest.raises(RoleError, match="write years: joined_on:1970,1980"):
            auditor.check(people, groups="joined_on:1970-01-01", **QUICK)

    def test_a_tally_holds_no_single_date(self, tmp_path: Path) -> None:
        path = tmp_path / "people.tally"
        auditor.tally(_people(), path, target="hired", groups="Date of birth:1970,1980")
        assert "1970 to 1979" in path.read_text()
        assert "1955-01-01" not in path.read_text()
        audit = auditor.check([path], only=["OUT001"])
        assert _rates(audit, "Date of birth")["before 1970"] == pytest.approx(0.2)


class TestIndicesAndKeys:
    def test_a_row_index_is_left_out_whatever_it_is_called(self) -> None:
        people = _people().drop(columns="Date of birth")
        shuffled = np.random.default_rng(1).permutation(len(people))
        frame = people.assign(x=range(1000, 1600), index=range(600))
        frame["Unnamed: 0"] = shuffled
        audit = auditor.check(frame, **QUICK)
        assert {name for name, role in _roles(audit).items() if role == "ignored"} == {"Unnamed: 0", "x", "index"}
        (decision,) = _about(audit, "columns left out")
        assert decision.text == "Not used as features: 'x', 'index', 'Unnamed: 0' (row index)."

    def test_beyond_the_rows_that_are_looked_at_too(self) -> None:
        """Of more than 20,000 rows ten pieces are looked at: between them an index leaps."""
        n = 45_000
        frame = pd.DataFrame(
            {"row": range(n), "gender": ["f", "m"] * (n // 2), "hired": ["yes", "no", "no"] * (n // 3)}
        ).assign(pay=lambda of: 1000 + (of["row"] * 7919) % n)
        roles = _roles(auditor.check(frame.rename(columns={"row": "x"}), **QUICK))
        assert (roles["x"], roles["pay"]) == ("ignored", "feature")

    def test_a_rank_is_no_row_index(self) -> None:
        audit = auditor.check(_people().assign(rank=range(1, 601)), groups="gender", **QUICK)
        assert _roles(audit)["rank"] == "feature"

    def test_a_table_written_with_its_index(self, tmp_path: Path) -> None:
        path = tmp_path / "d.csv"
        _people().drop(columns="Date of birth").to_csv(path)
        roles = _roles(auditor.check(path, **QUICK))
        assert [role for name, role in roles.items() if name not in ("gender", "grade", "hired")] == ["ignored"]

    @pytest.mark.parametrize("name", ["job_ad_id", "requisition_id", "jobAdId", "case_no", "vacancyid"])
    def test_a_key_that_recurs_is_no_feature(self, name: str) -> None:
        keys = [5000 + 17 * (i // 4) for i in range(600)]  # 150 advertisements, four applications to each
        audit = auditor.check(_people().assign(**{name: keys}), groups="gender", **QUICK)
        column = next(of for of in audit.dataset.columns if of.name == name)
        assert (column.role, column.note) == ("ignored", "identifier of something that recurs")

    def test_a_key_with_few_values_and_one_that_the_task_requires_are_features(self) -> None:
        frame = _people().assign(site_id=[i % 6 for i in range(600)], job_ad_id=[i // 4 for i in range(600)])
        assert _roles(auditor.check(frame, groups="gender", **QUICK))["site_id"] == "feature"
        use = UseCase.model_validate({"features": {"required": ["job_ad_id"]}})
        assert _roles(auditor.check(frame, groups="gender", use_case=use, **QUICK))["job_ad_id"] == "feature"

    def test_people_who_recur_are_named_by_their_identifier(self) -> None:
        frame = _people().assign(applicant_id=[f"A{i // 2}" for i in range(600)])
        audit = auditor.check(frame, groups="gender", **QUICK)
        assert _roles(audit)["applicant_id"] == "id"
        assert _about(audit, "identifier")[0].overrule == "--id"
        assert _roles(auditor.check(frame, groups="gender", id="none", **QUICK))["applicant_id"] == "ignored"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("employee_id", "E{}"), ("employee_no", "{}"), ("candidate", "C{}"), ("emp_number", "{}"), ("user", "u{}"),
            ("CustomerID", "{}"), ("Personalnummer", "{}"), ("subject_id", "S{}"), ("id", "{}"), ("uuid", "a-{}"),
            ("email", "p{}@example.org"), ("applicant_phone", "+44 20 7946 {:04d}"), ("ssn", "123-45-{:04d}"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("times", [2, 11])
    def test_people_who_recur_are_seen_however_often(self, name: str, value: str, times: int) -> None:
        frame = _people().assign(**{name: [value.format(1000 + i // times) for i in range(600)]})
        if value == "{}":
            frame[name] = frame[name].astype(int)
        audit = auditor.check(frame, groups="gender", **QUICK)
        assert _roles(audit)[name] == "id"

    def test_rows_of_the_same_people_are_no_more_evidence(self) -> None:
        """300 people, of whom each is there six times: the interval is as wide as with one row of each."""
        once = pd.DataFrame(
            {
                "employee_no": [f"E{i}" for i in range(300)],
                "gender": ["f" if i % 2 else "m" for i in range(300)],
                "hired": ["yes" if (i // 2) % 10 < (4 if i % 2 else 5) else "no" for i in range(300)],
            }
        )

        def width(frame: pd.DataFrame) -> float:
            (found,) = auditor.check(frame, groups="gender", **QUICK).findings("OUT001")
            ratio = found.measures["impact_ratio"]
            assert ratio.low is not None and ratio.high is not None
            return math.log(ratio.high / ratio.low)

        six = pd.concat([once.assign(year=year) for year in range(2018, 2024)])
        assert width(six) == pytest.approx(width(once), rel=0.05)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("customer_city", "town {}"), ("recruiter_email", "r{}@example.org"), ("subject", "topic {}")],
    )
    def test_what_only_sounds_like_people_is_no_identifier(self, name: str, value: str) -> None:
        frame = _people().assign(**{name: [value.format(i % 60) for i in range(600)]})
        assert _roles(auditor.check(frame, groups="gender", **QUICK))[name] != "id"

    def test_those_who_recur_are_taken_beside_an_identifier_of_the_row(self) -> None:
        frame = _people().assign(id=range(1, 601), email=[f"p{i // 3}@example.org" for i in range(600)])
        assert _roles(auditor.check(frame, groups="gender", **QUICK))["email"] == "id"

    @pytest.mark.parametrize(
        ("other", "person"), [("teacher_id", "student_id"), ("employee_id", "customer_id"), ("user_id", "applicant_no")]
    )
    @pytest.mark.parametrize("first", [True, False])
    def test_who_decides_is_not_taken_for_who_is_decided_about(self, other: str, person: str, first: bool) -> None:
        """Thirty people decide about 300, each of whom is there twice."""
        keys = {other: [f"T{i % 30}" for i in range(600)], person: [f"S{i // 2}" for i in range(600)]}
        frame = _people().assign(**(keys if first else dict(reversed(keys.items()))))
        roles = _roles(auditor.check(frame, groups="gender", **QUICK))
        assert (roles[person], roles[other] == "id") == ("id", False)

    def test_what_a_record_is_about_is_a_part_of_what_it_is(self) -> None:
        """The same résumé sent to different advertisements is not a pair that differs in nothing but the group."""
        half = [{"job_ad_id": i, "gender": "f", "grade": "a", "hired": "no"} for i in range(100)]
        other = [{"job_ad_id": 100 + i, "gender": "m", "grade": "a", "hired": "yes"} for i in range(100)]
        pairs = auditor.check(pd.DataFrame([*half, *other]), target="hired", groups="gender", only=["LAB001"])
        assert not list(pairs.findings("LAB001")) or not any(f.state.found for f in pairs.findings("LAB001"))


class TestGroups:
    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("RAC1P", [1, 2, 3, 6, 8, 9]),
            ("race_ethnicity", ["White", "Black", "Hispanic"]),
            ("applicant_sex", [1, 2, 3]),
            ("HISP", [1, 2, 24]),
            ("Geschlecht", ["w", "m"]),
            ("sexe", ["H", "F"]),
            ("Nationalität", ["DE", "FR", "PL"]),
            ("Herkunft", ["DE", "andere"]),
            ("género", ["mujer", "hombre"]),
            ("is_female", [0, 1]),
            ("foreign_worker", ["A201", "A202"]),
            ("who", ["Mann", "Frau"]),
            ("x", ["M", "F"]),
        ],
    )
    def test_they_are_seen_by_name_and_by_values(self, name: str, values: list[Any]) -> None:
        column = [values[(i // 2) % len(values)] for i in range(600)]
        frame = _people().drop(columns=["Date of birth", "gender"]).assign(**{name: column})
        assert _roles(auditor.check(frame, **QUICK))[name] == "group"

    @pytest.mark.parametrize("name", ["AGEP", "Alter", "edad", "Âge", "ApplicantAge"])
    def test_ages_are_cut_at_set_years(self, name: str) -> None:
        frame = _people().drop(columns="Date of birth").assign(**{name: [18 + i % 60 for i in range(600)]})
        audit = auditor.check(frame, **QUICK)
        assert set(_rates(audit, name)) == {"under 25", "25 to 39", "40 to 64", "65 and over"}

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("vehicle_age", [1, 2, 3]),
            ("page", ["a", "b"]),
            ("car_colour", ["white", "black", "silver"]),
            ("h_m_l", ["h", "m", "l"]),
            ("race_score", [0.1, 0.2, 0.7]),
            ("black", [1, 2, 3, 4]),
        ],
    )
    def test_what_only_looks_like_one_is_none(self, name: str, values: list[Any]) -> None:
        column = [values[(i // 2) % len(values)] for i in range(600)]
        assert _roles(auditor.check(_people().assign(**{name: column}), **QUICK))[name] == "feature"

    def test_one_that_was_not_named_is_mentioned(self) -> None:
        frame = _people().drop(columns="Date of birth").assign(race_ethnicity=["a", "b", "c"] * 200)
        (decision,) = _about(auditor.check(frame, groups="gender", **QUICK), "groups not named")
        assert decision.warning
        assert decision.text == "'race_ethnicity' looks like a group column and was not named."
        assert decision.overrule == "--group race_ethnicity"
        both = auditor.check(frame, groups=["gender", "race_ethnicity"], **QUICK)
        assert not _about(both, "groups not named")

    def test_a_column_that_joins_two_others_is_not_compared_beside_them(self) -> None:
        frame = _people().drop(columns="Date of birth").assign(age=["young", "old", "old"] * 200)
        frame["gender-age"] = frame["gender"] + "-" + frame["age"]
        roles = _roles(auditor.check(frame, **QUICK))
        assert (roles["gender"], roles["age"], roles["gender-age"]) == ("group", "group", "ignored")


def test_no_column_need_have_a_role() -> None:
    frame = _people().assign(applied=[2001 + i % 9 for i in range(600)]).rename(columns={"applied": "year"})
    assert _roles(auditor.check(frame, **QUICK))["year"] == "time"
    roles = _roles(auditor.check(frame, time="none", groups="none", **QUICK))
    assert (roles["year"], roles["gender"]) == ("feature", "feature")


def test_decisions_are_said_in_one_order(tmp_path: Path) -> None:
    frame = _people(2000).assign(
        marital=["a", "b"] * 1000,
        code=[i % 18 for i in range(2000)],
        applicant_id=[f"A{i}" for i in range(2000)],
        index=range(2000),
        cv=[f"wrote long texts about many things that were done in year {i}" for i in range(2000)],
        year=[2001 + i % 9 for i in range(2000)],
    )
    path = tmp_path / "d.csv"
    frame.to_csv(path, index=False)
    audit = auditor.check(path, only=["OUT001"])
    own = ["target", "favourable outcome", "groups", "possible groups", "bands", "identifier", "columns left out"]
    own += ["text", "time", "time order"]
    assert [of.about for of in audit.dataset.reading if of.about in own] == own


def test_the_block_is_short_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    _people().assign(a_id=range(7, 607), b_id=range(8, 608)).to_csv(path, index=True)
    run = CliRunner().invoke(main, ["check", str(path), "--only", "OUT001", "--fail-on", "never", "-v"])
    assert run.exit_code == 0, run.output
    assert run.stdout.count("Not used as features") == 1
