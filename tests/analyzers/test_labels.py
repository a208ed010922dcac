"""LAB001, LAB002, LAB004: matched records, outcomes that look wrong, outcomes left blank."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import confint_proportions_2indep

import auditor
from auditor.counts.extras import Twins
from auditor.counts.tally import Tally
from auditor.engines import duckdb as engine
from auditor.model import State
from tests.tallies import audit_of, counted, run_rule, tally_of

TWINS, NOISE, BLANK = "LAB001", "LAB002", "LAB004"


def _twins(seed: int, odds: float, pairs: int = 3000) -> pd.DataFrame:
    """Pairs of the same person, once as f and once as m; the odds of f are `odds` times those of m."""
    rng = np.random.default_rng(seed)
    skill = np.repeat(rng.normal(size=pairs).round(2), 2)
    field = np.repeat(rng.choice(list("abcd"), pairs), 2)
    sex = np.tile(["f", "m"], pairs)
    logit = 0.8 * skill - 0.3 + np.where(sex == "f", np.log(odds), 0)
    hired = np.where(rng.random(2 * pairs) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return pd.DataFrame({"sex": sex, "skill": skill, "field": field, "hired": hired})


def _matched(frame: pd.DataFrame) -> Tally:
    """Return the tally of such pairs with the sets of those that agree: in all, and by quarters of the skill."""

    def sets(skill: pd.Series) -> tuple[Mapping[str, tuple[int, int]], ...]:
        rows = pd.DataFrame(
            {"skill": skill, "field": frame["field"], "sex": frame["sex"], "x": frame["hired"] == "yes"}
        )
        sizes = rows.groupby(["skill", "field", "sex"], observed=True)["x"].agg(["sum", "size"])
        counts: dict[object, dict[str, tuple[int, int]]] = {}
        for (one, two, level), x, n in sizes.itertuples(name=None):
            counts.setdefault((one, two), {})[level] = (int(x), int(n))
        return tuple(counts.values())

    near = sets(pd.qcut(frame["skill"], 4))
    twins = {"sex": (Twins(sets(frame["skill"]), ("skill", "field")), Twins(near, ("skill", "field")))}
    return counted(frame[["sex", "hired"]], groups=["sex"], twins=twins)


def test_a_planted_penalty_among_twins_is_found_with_its_odds_in_the_interval() -> None:
    audit = auditor.check(_twins(1, 0.4), target="hired", groups=["sex"], only=TWINS)
    exact, near = audit.findings(TWINS)
    assert exact.state is State.SHOWN_STRONG
    assert (exact.subject["level"], exact.subject["stratum"]) == ("f", "identical")
    odds = exact.measures["mh_odds_ratio"]
    assert odds.low is not None and odds.high is not None
    assert odds.low < 0.4 < odds.high
    assert near.state is State.BORDERLINE  # a second line shows no more than that


def test_the_numbers_are_statsmodels_over_the_same_sets() -> None:
    frame = _twins(2, 0.6, pairs=800)
    tables = [
        [[int(((of["sex"] == sex) & (of["hired"] == hired)).sum()) for hired in ("yes", "no")] for sex in ("f", "m")]
        for _, of in frame.groupby(["skill", "field"])
    ]
    theirs = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0))
    finding = run_rule(TWINS, _matched(frame)).findings[0]
    assert finding.measures["mh_odds_ratio"].value == pytest.approx(theirs.oddsratio_pooled)
    assert finding.measures["cmh_p"].value == pytest.approx(theirs.test_null_odds().pvalue)


def test_of_many_rows_whole_sets_of_twins_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _twins(4, 0.4, pairs=4000)
    all_sets = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    monkeypatch.setattr(engine, "TWIN_ROWS", 2_000)
    finding = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    assert "; one pair in 4, chosen by a hash)" in finding.message
    assert finding.measures["pairs"].value == pytest.approx((all_sets.measures["pairs"].value or 0) / 4, rel=0.15)
    odds = finding.measures["mh_odds_ratio"]
    assert odds.low is not None and odds.high is not None
    assert odds.low < 0.4 < odds.high


def test_equal_treatment_of_twins_raises_no_alarm() -> None:
    """Nominal 5%; of 24 data sets more than 4 have a chance of 0.6%."""
    findings = (run_rule(TWINS, _matched(_twins(seed, 1.0, pairs=300))).findings[0] for seed in range(24))
    assert sum(finding.state not in (State.CLEAR, State.UNDETERMINED) for finding in findings) <= 4


def test_without_twins_it_cannot_tell_and_says_so() -> None:
    counts = {"f": (100, 200), "m": (110, 200)}
    alone = ({"f": (1, 1)}, {"m": (0, 1)})  # nobody like them
    twins = {"sex": (Twins(alone, ("skill",)), Twins(alone, ("skill",)))}
    finding = run_rule(TWINS, tally_of(counts, groups=["sex"], twins=twins)).findings[0]
    assert finding.state is State.UNDETERMINED
    assert "have 0 matched pairs; at least 10 are needed." in finding.message
    assert "no column by which" in str(run_rule(TWINS, tally_of(counts, groups=["sex"])).reason)


def test_flipped_outcomes_of_one_group_look_wrong() -> None:
    pytest.importorskip("cleanlab")
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], 6000), "skill": rng.normal(size=6000), "other": rng.normal(size=6000)}
    )
    truth = rng.random(6000) < 1 / (1 + np.exp(-4 * frame["skill"]))
    flipped = truth & (frame["sex"] == "f") & (rng.random(6000) < 0.3)
    frame["hired"] = np.where(truth & ~flipped, "yes", "no")
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).findings(NOISE)
    assert (finding.state, finding.subject["level"]) == (State.SHOWN, "f")
    frame["hired"] = np.where(truth, "yes", "no")
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).findings(NOISE)
    assert finding.state is State.CLEAR


def test_noise_declines_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.analyzers.labels import errors as label_noise

    monkeypatch.setattr(label_noise, "find_spec", lambda name: None)
    frame = _twins(6, 1.0, pairs=200)
    reason = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).result(NOISE).reason
    assert reason == "it needs cleanlab: pip install 'dataudit[labels]'"


def test_refusals_of_one_group_left_blank_are_shown() -> None:
    audit = audit_of(tally_of({"a": (900, 2000), "b": (600, 1300, 700)}))
    (finding,) = audit.findings(BLANK)
    assert finding.state is State.SHOWN
    assert finding.measures["missing_difference"].value == pytest.approx(700 / 2000)
    assert not audit.result("OUT001").state.found  # of the recorded ones alone, which is why it must be shown
    assert any("missing outcomes" in condition for condition in audit.verdict.conditions)


def test_outcomes_missing_of_few_are_not_clear() -> None:
    """6 of 50 against 1 of 50: 10 points, Fisher's p .11."""
    (found,) = run_rule(BLANK, tally_of({"a": (20, 49, 1), "b": (20, 44, 6)})).findings
    assert found.state is State.UNDETERMINED
    assert found.measures["missing_difference"].value == pytest.approx(0.1)
    assert found.needs


@pytest.mark.parametrize(
    ("without", "state"), [(501, State.SHOWN), (500, State.BORDERLINE), (251, State.BORDERLINE), (250, State.CLEAR)]
)
def test_many_missing_outcomes_are_a_fault_though_they_are_missing_alike(without: int, state: State) -> None:
    """Of 20,000 rows: over a half is shown, over a quarter near; 250 of 1,000 is neither."""
    rows = dict.fromkeys("ab", (0, 10000 - 10 * without, 10 * without))
    assert run_rule(BLANK, tally_of(rows)).state is state


def test_outcomes_missing_alike_are_clear() -> None:
    """A fifth of each group, 2,000 each."""
    assert run_rule(BLANK, tally_of({"a": (720, 1600, 400), "b": (704, 1597, 403)})).state is State.CLEAR


def test_blank_outcomes_need_an_outcome() -> None:
    assert run_rule(BLANK, tally_of({"a": 20, "b": 20}, target=None)).state is State.NOT_RUN


def test_label_error_rates_have_the_interval_of_half_as_many_rows() -> None:
    """Twice the variance: Newcombe's interval by statsmodels, of half of the counts that the message gives."""
    rng = np.random.default_rng(11)
    score, group = rng.normal(size=1200), rng.choice(["f", "m"], 1200)
    turned = rng.random(1200) < np.where(group == "f", 0.2, 0.1)
    frame = pd.DataFrame({"group": group, "score": score, "hired": np.where((score > 0) ^ turned, "yes", "no")})
    audit = auditor.check(frame, target="hired", positive="yes", groups=["group"], only=["LAB002"])
    (finding,) = audit.findings("LAB002")
    assert finding.said is not None
    facts, of = finding.said.facts, finding.measures["noise_difference"]
    counts = [
        (facts["rate"] * facts["n"] / 2, facts["n"] / 2),
        (facts["rate_ref"] * facts["n_ref"] / 2, facts["n_ref"] / 2),
    ]
    low, high = confint_proportions_2indep(*counts[0], *counts[1], method="newcomb", compare="diff")
    assert (of.low, of.high) == pytest.approx((low, high), abs=1e-9)
