"""Spellings of one word made several groups, and codes had no names: 'Male' and 'male' were compared with each other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.use.levels.spelling import cleaned, same_spelling
from tests.conftest import rows_of

# Men (250 + 100) / (400 + 200) = 350/600, women (120 + 100) / (300 + 150) = 220/450: (22/45) / (35/60) = 0.8380952…
SPLIT = {"Male": (250, 400), "male": (100, 200), "Female": (120, 300), "female": (100, 150)}
RATIO = (220 / 450) / (350 / 600)
CODED = {1: (220, 450), 2: (350, 600)}


def _check(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    asked = {"target": "hired", "positive": "yes", "only": ["OUT001", "REP001", "REP005"], **more}
    return auditor.check(frame, **{"groups": ["gender"], **asked})


def _use(**groups: Any) -> auditor.UseCase:
    return auditor.UseCase.model_validate({"groups": groups})


def _gaps(audit: auditor.Audit) -> dict[tuple[str, str], float | None]:
    """(level, reference) -> impact ratio."""
    return {
        (found.subject["level"], found.subject["reference"]): found.measures["impact_ratio"].value
        for found in audit.findings("OUT001")
    }


def test_case_is_no_group() -> None:
    audit = _check(rows_of(SPLIT, "gender"))
    assert _gaps(audit) == {("Female", "Male"): pytest.approx(RATIO)}
    (decision,) = [each for each in audit.dataset.reading if each.about == "spellings"]
    assert decision.columns == ("gender",)
    assert "'Male' and 'male'" in decision.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("Male", " Male"),
            ("Male", "Male\u00a0"),
            ("New  York", "New York"),
            ("Male", "Ma\u200ble"),
            ("Male", "MALE "),
        ),
        *(
            ("Café", "Cafe\u0301"),
            ("Straße", "STRASSE"),
            ("Male", "Ｍａｌｅ"),
            ("Male", "\ufeffMale"),
            ("Male", "Male\t"),
        ),
        *(("Мужчина", "МУЖЧИНА"), ("Non\u00adbinary", "nonbinary"), ("New\u202fYork", "new york"), ("ﬁnn", "Finn")),
    ],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    assert same_spelling(one, other)
    audit = _check(rows_of({one: (250, 400), other: (100, 200), "z": (220, 450)}, "gender"))
    assert _gaps(audit) == {("z", cleaned(one)): pytest.approx(RATIO)}


@pytest.mark.parametrize(("one", "other"), [("Male", "Males"), ("A", "Ä"), ("1", "01"), ("a b", "ab"), ("İ", "ı")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert len(_gaps(_check(rows_of({one: (250, 400), other: (100, 200), "z": (220, 450)}, "gender")))) == 2


def test_a_text_without_anything_to_see_is_missing() -> None:
    audit = _check(rows_of({**SPLIT, "\u00a0": (9, 50), "\u200b": (1, 50)}, "gender"))
    assert _gaps(audit) == {("Female", "Male"): pytest.approx(RATIO)}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(100 / 1150)


def test_an_outcome_in_several_spellings() -> None:
    frame = rows_of({"Male": (350, 600), "Female": (220, 450)}, "gender")
    yes = frame.index[frame["hired"] == "yes"]
    frame.loc[yes[::3], "hired"] = "YES "
    frame.loc[yes[1::3], "hired"] = "Yes"
    frame.loc[frame.index[frame["hired"] == "no"][::2], "hired"] = "No\u00a0"
    for more in ({}, {"positive": None}, {"positive": ["yes"]}, {"positive": ["YES"]}):  # named, or guessed
        audit = _check(frame, **more)
        assert _gaps(audit) == {("Female", "Male"): pytest.approx(RATIO)}
        assert next(each for each in audit.dataset.reading if each.about == "spellings").warning


def test_a_target_that_is_guessed_though_it_is_spelt_in_three_ways() -> None:
    frame = rows_of({"Male": (350, 600), "Female": (220, 450)}, "gender")
    frame.loc[frame.index[::2], "hired"] = frame["hired"].str.upper()
    audit = auditor.check(frame, groups=["gender"], only=["OUT001"])
    assert _gaps(audit) == {("Female", "Male"): pytest.approx(RATIO)}


@pytest.mark.parametrize("kind", ["int64", "float64", "Int8", "object", "str"])
def test_labels_name_codes(kind: str) -> None:
    use = _use(labels={"gender": {"1": "women", "2": "men"}})
    audit = _check(rows_of(CODED, "gender").astype({"gender": kind}), use_case=use)
    assert _gaps(audit) == {("women", "men"): pytest.approx(RATIO)}
    assert any(each.about == "labels" and "'1' is 'women'" in each.text for each in audit.dataset.reading)


@pytest.mark.parametrize("named", ["2", "men", "Men "])
def test_what_is_stated_is_understood_by_code_and_by_word(named: str) -> None:
    use = auditor.UseCase.model_validate(
        {
            "groups": {"labels": {"gender": {"1": "women", "2": "men"}}, "reference": {"gender": named}},
            "population": {"gender": {"1": 0.5, named: 0.5}},
        }
    )
    audit = _check(rows_of(CODED, "gender"), use_case=use)
    assert _gaps(audit) == {("women", "men"): pytest.approx(RATIO)}
    assert "Reference group of 'gender': 'men' (fixed by the stated use)." in audit.dataset.notes
    shares = {found.subject.get("level"): found.measures.get("reference_share") for found in audit.findings("REP001")}
    assert {level for level in shares if level} == {"women", "men"}
    assert all(share.value == 0.5 for share in shares.values() if share)


def test_labels_merge_spellings_and_words_of_a_use_that_several_names_share() -> None:
    frame = rows_of({"F": (120, 300), "Female": (100, 150), "m": (250, 400), "Man": (100, 200)}, "gender")
    labels = {"f": "women", "Female": "women", "M": "men", "man": "men"}
    stated = {"gender": {"F": 30, "Female": 20, "M": 50}}
    audit = _check(frame, use_case=_use(labels={"gender": labels}), reference=stated)
    assert _gaps(audit) == {("women", "men"): pytest.approx(RATIO)}
    found = [each for each in audit.findings("REP001") if "level" in each.subject]
    assert {each.subject["level"]: each.measures["reference_share"].value for each in found} == {
        "women": pytest.approx(0.5),
        "men": pytest.approx(0.5),
    }  # 30 + 20 of 100, and 50


def test_a_label_may_say_that_nobody_knows() -> None:
    frame = rows_of({**CODED, 9: (90, 100)}, "gender")
    audit = _check(frame, use_case=_use(labels={"gender": {"1": "women", "2": "men", "9": "Unknown"}}))
    assert _gaps(audit) == {("women", "men"): pytest.approx(RATIO)}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(100 / 1150)


def test_the_outcome_has_labels_too() -> None:
    frame = rows_of({"women": (220, 450), "men": (350, 600)}, "gender").replace({"hired": {"yes": 1, "no": 2}})
    use = auditor.UseCase.model_validate({"groups": {"labels": {"hired": {"1": "offered", "2": "turned down"}}}})
    for named in ("offered", "1", 1):
        audit = _check(frame.infer_objects(), use_case=use, positive=named)
        assert _gaps(audit) == {("women", "men"): pytest.approx(RATIO)}
        assert audit.use_case["label"]["positive"] == ["offered"]


@pytest.mark.parametrize("levels", [("F", "Female"), ("m", "Male"), ("Woman", "female"), ("Non-binary", "nonbinary")])
def test_what_may_be_one_level_is_proposed_and_the_proposal_works(levels: tuple[str, str]) -> None:
    frame = rows_of({levels[0]: (100, 200), levels[1]: (250, 400), "z": (220, 450)}, "gender")
    audit = _check(frame)
    assert len(_gaps(audit)) == 2
    (decision,) = [each for each in audit.dataset.reading if each.about == "spellings"]
    assert decision.warning
    assert decision.overrule
    stated = tomllib.loads(decision.overrule.replace("[groups.labels] ", "[groups.labels]\n"))
    assert list(_gaps(_check(frame, use_case=auditor.UseCase.model_validate(stated))).values()) == [
        pytest.approx(RATIO)
    ]


@pytest.mark.parametrize(
    "levels",
    [(">50K", "<=50K"), ("A-", "A"), ("+", "-"), ("18-25", "1825"), ("AB", "A"), ("Male", "Female"), ("C++", "C")],
)
def test_what_differs_by_more_is_not_proposed(levels: tuple[str, str]) -> None:
    audit = _check(rows_of({levels[0]: (100, 200), levels[1]: (250, 400), "z": (220, 450)}, "gender"))
    assert not [each for each in audit.dataset.reading if each.about == "spellings"]
    assert len(_gaps(audit)) == 2


def test_a_typing_error_does_not_hide_what_a_letter_stands_for() -> None:
    levels = {"Female": 60, "Male": 60, "Femal": 3, "F": 9, "M": 9, "Mael": 3}
    frame = rows_of({level: (n // 3, n) for level, n in levels.items()}, "gender")
    audit = auditor.check(frame, target="hired", positive="yes", groups=["gender"], only=["OUT001"])
    (said,) = [each for each in audit.dataset.reading if "counted apart" in each.text]
    assert "'F' and 'Female', 'M' and 'Male'" in said.text


def test_labels_keep_spellings_apart() -> None:
    use = _use(labels={"gender": {"Male": "Male", "male": "male"}})
    assert len(_gaps(_check(rows_of(SPLIT, "gender"), use_case=use))) == 2


def test_labels_that_fit_nothing_are_refused() -> None:
    with pytest.raises(auditor.AuditError, match=r"labels.* of 'gender' names 'x'; the data have '2', '1'"):
        _check(rows_of(CODED, "gender"), use_case=_use(labels={"gender": {"x": "women"}}))
    with pytest.raises(auditor.AuditError, match=r"column 'gendr' is not in .*did you mean 'gender'"):
        _check(rows_of(CODED, "gender"), use_case=_use(labels={"gendr": {"1": "women"}}))
    audit = _check(rows_of(CODED, "gender"), use_case=_use(labels={"gender": {"1": "women", "2": "men", "3": "x"}}))
    assert any("names '3' of 'gender', which do not occur" in each.text for each in audit.dataset.reading)


def test_strata_in_several_spellings() -> None:
    """One stratum: 0.5 of women and of men in each spelling apart would be the same as together, and is not."""
    parts = [("Sales", {"f": (20, 100), "m": (40, 100)}), ("sales ", {"f": (80, 100), "m": (60, 100)})]
    frame = pd.concat([rows_of(counts, "gender").assign(dept=dept) for dept, counts in parts], ignore_index=True)
    audit = _check(frame, within=["dept"], only=["OUT003"])
    strata = {row["stratum"] for row in audit.result("OUT003").table if "stratum" in row}
    assert {stratum for stratum in strata if not stratum.startswith("all (")} == {"Sales"}


def test_sites_spell_as_the_first_one_does(tmp_path: Path) -> None:
    use = _use(labels={"gender": {"1": "women"}}, unknown={})
    first = rows_of({"Male": (250, 400), "1": (120, 300), "Unknown": (3, 10)}, "gender")
    second = rows_of({"male ": (100, 200), "WOMEN": (100, 150), "?": (3, 10)}, "gender")
    second = second.replace({"hired": {"yes": "YES"}})
    one, two = tmp_path / "one.tally", tmp_path / "two.tally"
    auditor.tally(first, one, target="hired", positive="yes", groups=["gender"], use_case=use)
    auditor.tally(second, two, edges_from=one)
    audit = auditor.check([one, two], only=["OUT001", "REP005"])
    assert _gaps(audit) == {("women", "Male"): pytest.approx(RATIO)}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(20 / 1070)
    fixed = auditor.check([one, two], use_case=_use(reference={"gender": "MALE"}), only=["OUT001"])
    assert "Reference group of 'gender': 'Male' (fixed by the stated use)." in fixed.dataset.notes
    fixed = auditor.check([one, two], use_case=_use(reference={"gender": "1"}), only=["OUT001"])
    assert "'women', fixed as the reference" in next(fixed.findings("OUT001")).message
    with pytest.raises(auditor.AuditError, match=r"DataFrame was counted with \[groups\] labels = "):
        auditor.tally(second, two, edges_from=one, use_case=_use(labels={"gender": {"1": "girls"}}))


def test_sites_that_spell_in_two_ways_are_not_added_up(tmp_path: Path) -> None:
    paths: list[Path] = []
    for word in ("Male", "male"):
        paths.append(tmp_path / f"{word}.{len(paths)}.tally")
        rows = rows_of({word: (250, 400), "f": (120, 300)}, "gender").drop(columns="score")
        auditor.tally(rows, paths[-1], target="hired", groups=["gender"])
    with pytest.raises(auditor.AuditError, match=r"'gender' has 'Male' in one and 'male' in the other.*--edges-from"):
        auditor.check(paths)
