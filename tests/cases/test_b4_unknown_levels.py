"""Levels that say that a group is not recorded were groups, and once the reference, to which others were compared."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.use.levels.column import says_missing, says_unknown
from tests.conftest import rows_of

# 495/1000 = 0.495 of White, 135/300 = 0.45 of Black: 0.45 / 0.495 = 0.9090…; of 200 nobody knows.
RACES = {"White": (495, 1000), "Black": (135, 300), "Unknown": (130, 200)}
RATIO = (135 / 300) / (495 / 1000)


def _check(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    asked = {"target": "hired", "positive": "yes", "only": ["OUT001", "REP005", "POL001"], **more}
    return auditor.check(frame, **{"groups": ["race"], **asked})


def _unknown(audit: auditor.Audit, group: str = "race") -> float | None:
    """The share of rows whose group is not recorded."""
    finding = next(found for found in audit.findings("REP005") if found.subject["group"] == group)
    return finding.measures["missing_share"].value


def _levels(audit: auditor.Audit) -> dict[str, str]:
    """Level -> what it was compared with."""
    return {found.subject["level"]: found.subject["reference"] for found in audit.findings("OUT001")}


def test_the_unknown_are_counted_and_never_the_reference() -> None:
    audit = _check(rows_of(RACES, "race"), policy="nyc-ll144")
    assert _levels(audit) == {"Black": "White"}
    (gap,) = audit.findings("OUT001")
    assert gap.measures["impact_ratio"].value == pytest.approx(RATIO)
    table = next(audit.findings("POL001"))
    assert table.measures["unknown"].value == 200
    assert table.measures["lowest_ratio"].value == pytest.approx(RATIO)
    assert _unknown(audit) == pytest.approx(200 / 1500)
    decision = next(each for each in audit.dataset.reading if each.about == "not recorded")
    assert decision.columns == ("race",)
    assert "'Unknown' of 'race' (200 rows)" in decision.text


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx", "json", "frame", "categories"])
def test_every_loader_alike(kind: str, tmp_path: Path) -> None:
    frame = rows_of(RACES, "race")
    data: Any = tmp_path / f"people.{kind}"
    if kind == "csv":
        frame.to_csv(data, index=False)
    elif kind == "parquet":
        frame.to_parquet(data)
    elif kind == "xlsx":
        frame.to_excel(data, index=False)
    elif kind == "json":
        frame.to_json(data, orient="records")
    else:
        data = frame if kind == "frame" else frame.astype({"race": "category"})
    audit = _check(data)
    assert _levels(audit) == {"Black": "White"}
    assert _unknown(audit) == pytest.approx(200 / 1500)


@pytest.mark.parametrize(
    "word",
    [
        *("Unknown", "DECLINED", "Declined to answer", "Prefer not to say", "Not disclosed", "Not specified", "?", "-"),
        *("Not provided", "Missing", "Undisclosed", "N/A", "n.a.", "Not applicable", "Race Not Available", "(unknown)"),
        *(
            "keine Angabe",
            "k. A.",
            "unbekannt",
            "non renseigné",
            "non renseigne\u0301",
            "no contesta",
            "не указано",
            "不明",
        ),
        *("Unknown/Not Reported", "I do not wish to provide this information", "Decline to self-identify", "<NA>"),
        "Information not provided by applicant in mail, internet, or telephone application",
        *("TBD", "#REF!", "\\N", "(leer)", "möchte nicht sagen", "não sei", "vet ej", "не знаю", "拒绝回答", "DK/NA"),
        *("not_specified", "UNK", " unknown\u00a0", "Unknown.", "race unknown", "I’d rather not say", "Não informado"),
    ],
)
def test_words_for_it(word: str) -> None:
    assert says_unknown(word)


@pytest.mark.parametrize(
    "word",
    [
        *("Other", "None", "No", "Non-binary", "X", "Not Hispanic or Latino", "Two or more races", "No religion"),
        *(
            "Other/Unknown",
            "Prefer to self-describe",
            "Not listed",
            "Questioning or unsure",
            "NL",
            "ND",
            "DK",
            "Unmarried",
        ),
        *("Not disabled", "Free Form Text Only", "Joint", "", "Missouri", "Nan Province", "0"),
    ],
)
def test_words_for_somebody(word: str) -> None:
    assert not says_unknown(word)


@pytest.mark.parametrize("word", ["Declined", "Refused", "-", "Not applicable", "Pending", "Withheld"])
def test_what_may_be_an_outcome_is_no_missing_one(word: str) -> None:
    assert not says_missing(word)


@pytest.mark.parametrize(
    ("column", "level", "told"),
    [
        ("gender", "None", True), ("gender", "-999", True), ("race", "9", True), ("disability", "None", False),
        ("religion", "None", False), ("gender", "Other", False), ("age_group", "18", False),
    ],
)  # fmt: skip
def test_what_may_be_no_group_is_proposed(column: str, level: str, told: bool) -> None:
    frame = rows_of({"first": (50, 100), "second": (40, 100), level: (5, 20)}, column)
    audit = auditor.check(frame, target="hired", positive="yes", groups=[column], only=["OUT001"])
    said = f"'{level}' of '{column}' may mean 'unknown', but is counted as a group."
    assert any(each.text == said and each.warning for each in audit.dataset.reading) is told


def test_a_list_takes_the_place_of_the_words() -> None:
    frame = rows_of({**RACES, "Other": (40, 100)}, "race")
    every = _check(frame, unknown="race=")  # 130/200 = 0.65 is the highest rate
    assert _levels(every) == {"White": "Unknown", "Black": "Unknown", "Other": "Unknown"}
    assert _unknown(every) == 0
    other = _check(frame, unknown={"race": ["other"]})
    assert set(_levels(other)) == {"White", "Black"}
    assert _unknown(other) == pytest.approx(100 / 1600)
    both = _check(frame, unknown={"*": ["Unknown", "Other"]})
    assert _unknown(both) == pytest.approx(300 / 1600)
    assert not any(each.overrule for each in both.dataset.reading if each.about == "not recorded")


def test_a_use_case_says_it_too(tmp_path: Path) -> None:
    rows_of(RACES, "race").to_csv(tmp_path / "people.csv", index=False)
    stated = '[data]\npath = "people.csv"\n[label]\ncolumn = "hired"\n[groups]\ncolumns = ["race"]\n'
    (tmp_path / "use.toml").write_text(f"{stated}unknown = {{ race = [] }}\n")
    audit = auditor.check(use_case=tmp_path / "use.toml", only=["OUT001", "REP005"])
    assert "Unknown" in {found.subject["reference"] for found in audit.findings("OUT001")}


@pytest.mark.parametrize("levels", [("Unknown",), ("Unknown", "NA"), ("Declined", "-"), ("No answer, thanks", "?")])
def test_what_overrules_it_does(levels: tuple[str, ...], tmp_path: Path) -> None:
    """Every flag that a decision names, typed as it is written, makes its levels groups again."""
    frame = rows_of({**RACES, "Unknown": (60, 100), **dict.fromkeys(levels, (60, 100))}, "race")
    frame.to_parquet(tmp_path / "people.parquet")
    decided = [each for each in _check(frame).dataset.reading if each.about == "not recorded"]
    assert decided
    for decision in decided:
        command = [
            "check",
            str(tmp_path / "people.parquet"),
            "--target",
            "hired",
            "--group",
            "race",
            "--fail-on",
            "never",
        ]
        assert decision.overrule
        flags = shlex.split(decision.overrule)
        run = CliRunner().invoke(main, [*command, *flags, "--only", "OUT001", "--format", "json"])
        assert run.exit_code == 0, run.output
        compared = {word for found in _found(run.output) for word in (found["level"], found["reference"])}
        named = [level for level in ["Unknown", *levels] if f"'{level}'" in decision.text]
        assert named
        assert set(named) <= compared


def _found(output: str) -> list[dict[str, str]]:
    import json

    results = json.loads(output)["results"]
    return [found["subject"] for result in results if result["rule"] == "OUT001" for found in result["findings"]]


def test_a_reference_or_a_share_of_nobody_is_refused() -> None:
    frame = rows_of(RACES, "race")
    use = auditor.UseCase.model_validate({"groups": {"reference": {"race": "unknown"}}})
    with pytest.raises(auditor.AuditError, match=r"'unknown', which counts as not recorded in 'race'.*--unknown race="):
        _check(frame, use_case=use)
    with pytest.raises(auditor.AuditError, match="population of 'race' is 'Unknown', which counts as not recorded"):
        _check(frame, reference={"race": {"White": 0.6, "Black": 0.2, "Unknown": 0.2}})


def test_a_sign_beside_its_opposite_and_a_code_that_may_be_a_name() -> None:
    tested = _check(rows_of({"+": (40, 100), "-": (50, 100)}, "race"))
    assert _levels(tested) == {"+": "-"}
    audit = _check(rows_of({"W": (40, 100), "B": (30, 100), "NA": (30, 100)}, "race"))
    (decision,) = [each for each in audit.dataset.reading if each.about == "not recorded"]
    assert decision.warning
    assert decision.overrule == "--unknown race="


@pytest.mark.parametrize(
    ("column", "people", "unknown"),
    [
        # Regulation C: race 6, 7 and 8; ethnicity and sex 3, 4 and 5; code 6 of sex is "both", and a group.
        ("applicant_race-1", {"3": (30, 100), "5": (50, 100), "6": (60, 100), "7": (9, 10)}, 110),
        ("applicant_sex", {"1": (30, 100), "2": (50, 100), "3": (60, 100), "6": (9, 10)}, 100),
        ("co-applicant_ethnicity_1", {"1": (30, 100), "2": (50, 100), "5": (60, 100)}, 100),
        ("race", {"3": (30, 100), "5": (50, 100), "6": (60, 100), "7": (9, 10)}, 0),
    ],
)
def test_codes_of_an_official_list(column: str, people: dict[str, tuple[int, int]], unknown: int) -> None:
    frame = rows_of(people, column)
    for kind in ("int64", "object"):
        audit = _check(frame.astype({column: kind}), groups=[column])
        assert _unknown(audit, column) == pytest.approx(unknown / len(frame))


def test_an_outcome_that_is_missing_is_no_unfavourable_one() -> None:
    frame = rows_of({"x": (50, 100), "y": (30, 100)}, "race")
    lost = pd.DataFrame({"race": ["x"] * 20, "hired": ["?"] * 10 + ["N/A"] * 10, "score": range(20)})
    audit = _check(pd.concat([frame, lost]), only=["OUT001", "LAB004"])
    (gap,) = audit.findings("OUT001")
    assert gap.measures["reference_rate"].value == pytest.approx(50 / 100)  # of 100, not of 120
    assert next(each for each in audit.dataset.reading if "without an outcome" in each.text).warning
    told = _check(pd.concat([frame, lost]), only=["OUT001"], unknown="hired=")
    assert next(told.findings("OUT001")).measures["reference_rate"].value == pytest.approx(50 / 120)


def test_an_outcome_that_was_declined_is_an_outcome() -> None:
    frame = rows_of({"x": (50, 100), "y": (30, 100)}, "race").replace({"hired": {"no": "Declined"}})
    (gap,) = _check(frame).findings("OUT001")
    assert gap.measures["reference_rate"].value == pytest.approx(50 / 100)


@pytest.mark.parametrize("unknown", ["rac=Unknown", {"hire": ["?"]}])
def test_a_column_that_is_no_group_is_refused(unknown: Any) -> None:
    with pytest.raises(auditor.AuditError, match="neither group, outcome nor stratum; did you mean"):
        _check(rows_of(RACES, "race"), unknown=unknown)


def test_a_level_that_does_not_occur_is_said() -> None:
    audit = _check(rows_of(RACES, "race"), unknown="race=Unknwn")
    (decision,) = [each for each in audit.dataset.reading if each.about == "not recorded"]
    assert decision.warning
    assert "did you mean 'Unknown'?" in decision.text.lower().replace("unknown", "Unknown")


def test_a_level_seen_in_the_last_of_many_rows() -> None:
    """The peek looks at 20,000 rows; levels are looked for in all of them."""
    frame = pd.concat([rows_of({"a": (20_000, 40_000), "b": (20_000, 40_000)}, "race")] * 1, ignore_index=True)
    frame.loc[41_003, "race"] = "Prefer not to say"
    audit = _check(frame)
    assert _unknown(audit) == pytest.approx(1 / 80_000)
    assert set(_levels(audit)) <= {"a", "b"}
