"""Of several columns that know the outcome one was named; the others flooded the rules about proxies and slices.

A flag that says what happened afterwards, and columns that are filled in for one outcome only, are named first, all of
them, and left out of every other rule about columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.cli.commands import main
from auditor.model import Audit, State
from tests.tallies import audit_of, counted

LEAK = "LAB003"
OTHERS = ("PRX001", "PRX004", "OUT005", "QLT002")
LEAKS = ("is_recid", "charge", "days", "arrest_code")


def _released() -> pd.DataFrame:
    """5,500 people: of 3,000 without a new arrest nobody counts as a reoffender, of 2,500 with one 6.8% do not.

    Whoever was not arrested again has no charge and no days in custody; the arrest code is there for 94% of the
    reoffenders and for nobody else. Prior offences and age were known before.
    """
    rng = np.random.default_rng(1)
    again = np.arange(5500) >= 3000
    favourable = ~again | (np.arange(5500) >= 5500 - 170)  # 170 of 2,500 are 6.8%
    race = np.where(rng.random(5500) < np.where(again, 0.6, 0.45), "black", "white")
    coded = ~favourable & (rng.random(5500) < 0.94)
    return pd.DataFrame(
        {
            "race": race,
            "reoffends": np.where(favourable, "no", "yes"),
            "is_recid": again.astype(int),
            "charge": pd.Series(rng.choice(["theft", "drugs", "fraud"], 5500)).where(again),
            "days": np.where(again, rng.integers(1, 400, 5500), np.nan),
            "arrest_code": pd.Series(rng.choice(["a", "b", "c", "d"], 5500)).where(coded),
            "priors": rng.poisson(np.where(again, 4, 2)),
            "age": rng.integers(18, 70, 5500),
        }
    )


def _check(frame: pd.DataFrame, *only: str, target: str = "reoffends", positive: str = "no", **more: object) -> Audit:
    options = {"groups": ["race"], "only": only, **more}
    return auditor.check(frame, target=target, positive=positive, **options)  # type: ignore[arg-type] # the test's own options


def _counted(frame: pd.DataFrame, *only: str, use: dict[str, Any] | None = None, **more: Any) -> Audit:
    """The same of counts alone; the favourable outcome is "yes" whatever it is called."""
    frame = frame.rename(columns={"reoffends": "released"})
    if "released" in frame:
        frame["released"] = frame["released"].map({"no": "yes", "yes": "no"})
    target = "released" if "released" in frame else "hired"
    return audit_of(counted(frame, **{"groups": ["race"], "target": target, **more}), use, only=only)


def _named(audit: Audit, *rules: str) -> set[str]:
    """Return the columns that findings and tables of some rules speak of."""
    text = ""
    for rule in rules:
        result = audit.result(rule)
        text += str([(f.subject, f.message) for f in result.findings]) + str(result.table)
    return {name for name in (*LEAKS, "priors", "age") if name in text}


def _leaks(audit: Audit) -> dict[str, State]:
    return {f.subject["column"]: f.state for f in audit.findings(LEAK)}


def test_every_leak_is_named_first_and_left_out_of_all_other_rules() -> None:
    audit = _check(_released(), LEAK, *OTHERS)
    assert _leaks(audit) == dict.fromkeys(LEAKS, State.SHOWN)
    assert not _named(audit, *OTHERS) & {*LEAKS}
    assert "priors" in _named(audit, "PRX001")
    (said,) = [decision for decision in audit.dataset.reading if decision.about == "target leakage"]
    assert set(said.columns) == set(LEAKS) and said.warning
    assert said.overrule == "[features] not_leaks"
    roles = {column.name: column.role for column in audit.dataset.columns}
    assert {roles[name] for name in LEAKS} == {"leak"}


def test_what_the_leaks_measure_is_worked_by_hand() -> None:
    found = {f.subject["column"]: f for f in _counted(_released(), LEAK).findings(LEAK)}
    flag = found["is_recid"].measures
    # 3,000 of the 3,170 favourable rows have a 0, with which nobody reoffends
    assert flag["one_sided_share"].value == pytest.approx(3000 / 3170)
    # Pairs of a favourable and another row: won where the first has a 0, even where both have a 1
    assert flag["auc"].value == pytest.approx((3000 + 170 / 2) / 3170)
    assert "'0' occurs only with the favourable outcome" in found["is_recid"].message
    assert "A missing value occurs only with the favourable outcome" in found["charge"].message
    assert "'a', 'b', 'c', 'd' occur only with the other outcome" in found["arrest_code"].message


def test_models_leave_the_leaks_out_and_say_so() -> None:
    audit = _check(_released(), "PRX002", "MDL001")
    message = next(audit.findings("PRX002")).message
    assert all(f"'{name}' is left out: it leaks the outcome (LAB003)" in message for name in LEAKS)
    auc = next(audit.findings("MDL001")).measures["auc"].value
    assert auc is not None
    assert auc < 0.9  # from prior offences and age alone


def test_findings_about_groups_do_not_depend_on_the_leaks() -> None:
    frame = _released()
    groups = ("OUT001", "REP002", "LAB004", "FIT006", "REP005")
    with_leaks, without = _counted(frame, *groups), _counted(frame.drop(columns=list(LEAKS)), *groups)
    assert list(with_leaks.findings()) == list(without.findings())


def test_matched_records_need_not_agree_in_a_leak() -> None:
    """Pairs alike but for sex, the woman refused in 60 of 200: a column that repeats the decision must not hide it."""
    pairs = [("yes", "no")] * 60 + [("yes", "yes")] * 70 + [("no", "no")] * 70
    frame = pd.DataFrame(
        [
            {"sex": sex, "skill": i % 50, "town": f"t{i // 50}", "hired": hired, "letter": f"letter {hired}"}
            for i, of in enumerate(pairs)
            for sex, hired in zip(("m", "f"), of, strict=True)
        ]
    )
    found, plain = (
        [
            f
            for f in _check(of, "LAB001", target="hired", positive="yes", groups=["sex"]).findings("LAB001")
            if f.subject["stratum"] == "identical"
        ]
        for of in (frame, frame.drop(columns="letter"))
    )
    assert found == plain
    assert found[0].state is State.SHOWN_STRONG
    # 130 of 200 men and 70 of 200 women in 200 sets of one each
    assert found[0].measures["mh_risk_ratio"].value == pytest.approx(70 / 130)


def test_a_proxy_of_a_group_that_gets_nothing_is_no_leak() -> None:
    """No woman is hired. The title knows that as well as the sex does; it is a proxy, and must be named as one."""
    rng = np.random.default_rng(2)
    sex = rng.choice(["f", "m"], 2000)
    hired = np.where((sex == "m") & (rng.random(2000) < 0.5), "yes", "no")
    frame = pd.DataFrame({"sex": sex, "hired": hired, "title": np.where(sex == "f", "Ms", "Mr")})
    frame["score"] = rng.normal(size=2000)
    audit = _counted(frame, LEAK, "PRX001", "OUT001", groups=["sex"])
    assert _leaks(audit) == {}
    assert [f.subject["column"] for f in audit.findings("PRX001")] == ["title"]


def test_where_the_group_is_the_outcome_its_proxies_stay_in_sight() -> None:
    rng = np.random.default_rng(3)
    sex = rng.choice(["f", "m"], 1000)
    frame = pd.DataFrame(
        {"sex": sex, "hired": np.where(sex == "m", "yes", "no"), "title": np.where(sex == "f", "Ms", "Mr")}
    )
    frame["score"] = rng.normal(size=1000)
    audit = _counted(frame, LEAK, "PRX001", groups=["sex"])
    assert _leaks(audit)["title"] is State.SHOWN
    assert "title" in [f.subject["column"] for f in audit.findings("PRX001")]


def _applications() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    y = rng.random(3000) < 0.4
    frame = pd.DataFrame({"race": rng.choice(["black", "white"], 3000), "hired": np.where(y, "yes", "no")})
    frame["noise"] = rng.choice(list("abcdef"), 3000)
    frame["test"] = rng.normal(np.where(y, 0.8, 0.0))
    frame["rare"] = np.where(rng.random(3000) < 0.01, "x", "y")
    frame["seldom_filled"] = pd.Series("note", index=frame.index).where(rng.random(3000) < 0.02)
    frame["wide"] = rng.normal(size=3000)
    return frame.assign(y=y)


def test_ordinary_predictors_and_rare_values_are_no_leaks() -> None:
    frame = _applications()
    assert _leaks(_counted(frame.drop(columns="y"), LEAK)) == {}


def test_a_rare_outcome_makes_no_leak_of_values_without_it() -> None:
    """At a rate of 1% most small values have no favourable row by chance."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"race": rng.choice(["black", "white"], 8000), "town": rng.choice([f"t{i}" for i in range(60)], 8000)}
    )
    frame["hired"] = np.where(rng.random(8000) < 0.01, "yes", "no")
    frame["score"] = rng.normal(size=8000)
    assert _leaks(_counted(frame, LEAK)) == {}


def test_what_nearly_knows_the_outcome_is_asked_about_and_stays_in() -> None:
    """A label right in 96 of 100 rows, and a letter to 60% of those refused: the use must state when they are recorded."""
    frame = _applications()
    rng, y = np.random.default_rng(6), frame.pop("y").to_numpy()
    frame["label"] = np.where(rng.random(3000) < 0.96, y, ~y)
    frame["letter"] = pd.Series("sent", index=frame.index).where(~y & (rng.random(3000) < 0.6))
    audit = _counted(frame, LEAK, "PRX001")
    assert _leaks(audit) == {"label": State.BORDERLINE, "letter": State.BORDERLINE}
    assert {"label", "letter"} <= {row["column"] for row in audit.result("PRX001").table}
    assert not [note for note in audit.dataset.notes if "Target leakage" in note]


def test_a_number_that_was_cut_to_decide_is_one_leak() -> None:
    """Nobody below the mark passes, and 97 of 100 above it do: neighbouring bins are judged together."""
    frame = _applications().drop(columns=["y", "hired"])
    mark, rng = frame["wide"].quantile(0.55), np.random.default_rng(7)
    frame["hired"] = np.where((frame["wide"] > mark) & (rng.random(3000) < 0.97), "yes", "no")
    found = next(_counted(frame, LEAK).findings(LEAK))
    assert (found.subject["column"], found.state) == ("wide", State.SHOWN)
    one_sided = found.measures["one_sided_share"].value
    assert one_sided is not None
    assert one_sided > 0.9


def test_the_use_may_say_that_a_column_is_known_before_the_decision() -> None:
    use = auditor.UseCase.model_validate({"features": {"not_leaks": ["is_recid", "charge"]}})
    audit = _check(_released(), LEAK, *OTHERS, use_case=use)
    assert set(_leaks(audit)) == {"days", "arrest_code"}
    assert _named(audit, "PRX001") >= {"is_recid", "charge"}
    assert any("'is_recid', 'charge'" in said for said in audit.use_case["assumed"])


def test_a_column_that_is_no_leak_can_be_dropped() -> None:
    use = auditor.UseCase.model_validate({"features": {"not_leaks": ["is_recid", "charge"]}})
    audit = _check(_released(), LEAK, use_case=use, drop=["is_recid"])
    assert set(_leaks(audit)) == {"days", "arrest_code"}


def test_a_stratum_with_a_reason_is_no_leak_and_one_without_is() -> None:
    for reason, leaks in (("people choose it", False), ("", True)):
        use = {"features": {"strata": {"is_recid": reason}}}
        audit = _counted(_released(), LEAK, "OUT003", use=use, within=["is_recid"])
        assert ("is_recid" in _leaks(audit)) is leaks
        assert next(audit.findings("OUT003")).state is not State.NOT_RUN


def test_a_column_that_is_not_there_is_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _released().head(200).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "use.toml").write_text('[features]\nnot_leaks = ["is_recidd"]\n', encoding="utf-8")
    report = tmp_path / "report.md"
    arguments = ["check", str(tmp_path / "data.csv"), "--target", "reoffends", "--positive", "no", "--group", "race"]
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--use-case", str(tmp_path / "use.toml"), "--report", str(report)])
    assert stopped.value.code == 2
    assert "column 'is_recidd' is not in" in capsys.readouterr().err
    assert not report.exists()


def test_counts_from_elsewhere_set_their_leaks_aside_too(tmp_path: Path) -> None:
    auditor.tally(_released(), tmp_path / "a.tally", target="reoffends", positive="no", groups=["race"])
    use = auditor.UseCase.model_validate({"features": {"not_leaks": ["IS_RECID"]}})
    for stated, kept in ((None, set[str]()), (use, {"is_recid"})):
        audit = auditor.check([tmp_path / "a.tally"], use_case=stated, only=[LEAK, "PRX001", "QLT002"])
        assert set(_leaks(audit)) == {*LEAKS} - kept
        assert _named(audit, "PRX001", "QLT002") & {*LEAKS} == kept
    with pytest.raises(auditor.AuditError, match="column 'gone' is not in"):
        gone = auditor.UseCase.model_validate({"features": {"not_leaks": ["gone"]}})
        auditor.check([tmp_path / "a.tally"], use_case=gone)
