"""Policies extend one another, and each is held to every rule there is.

Fifteen severities of the AI Act's policy stood under [articles]: an absent population and a missing required column
were notes under it, and reports said "Article block". Each policy repeated the whole default, so that nobody noticed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import auditor
from auditor.analyzers.catalog import all_rules, codes, find
from auditor.audit.verdict import severity_of
from auditor.errors import UseCaseError
from auditor.model import Level, Severity, State
from auditor.use.policy import Policy, shipped
from tests.conftest import DATA, SAMPLES, rows_of

# The severities that stood under [articles], as they were written there.
MISPLACED = {
    "PRX002": "condition", "PRX003": "condition", "TXT001": "note", "TXT002": "condition", "TXT003": "condition",
    "TXT004": "condition", "LAB001": "condition", "LAB002": "condition", "QLT002": "note", "MDL001": "condition",
    "FIT001": "block", "FIT002": "condition", "FIT003": "block", "FIT004": "condition", "FIT006": "condition",
}  # fmt: skip
DATASETS: dict[str, tuple[Path, dict[str, Any]]] = {
    "adult": (DATA / "adult.parquet", {"target": "income", "positive": ">50K", "groups": ["sex"]}),
    "hiring": (SAMPLES / "hiring.csv", {"use_case": SAMPLES / "hiring.use_case.toml"}),
}
USE = auditor.UseCase.model_validate({"use": {"policy": "eu-ai-act"}})
EVEN = rows_of({"a": (5000, 10000), "b": (4300, 10000)})


@pytest.mark.parametrize("data", DATASETS)
@pytest.mark.parametrize("policy", shipped())
def test_every_rule_has_a_severity_and_no_article_is_one(policy: str, data: str) -> None:
    path, asked = DATASETS[data]
    audit = auditor.check(path, **asked, policy=policy, only=["OUT001"])
    of_pay = policy == "eu-pay-2023-970"  # the only one that asks for rules of special uses
    assert [result.rule for result in audit.results] == [
        code for code, rule in all_rules().items() if rule.applies is None or (of_pay and code.startswith("PAY"))
    ]
    assert set(Policy.load(policy).severity) <= set(all_rules())
    articles = audit.use_case["policy"]["articles"]
    assert set(articles) <= set(all_rules())
    assert all(re.match(r"\d+\(\d\)", article) for article in articles.values())
    assert not set(articles.values()) & set(Severity)


def test_what_stood_among_the_articles_is_a_severity_again() -> None:
    policy = Policy.load("eu-ai-act")
    assert {code: severity_of(find(code), USE) for code in MISPLACED} == MISPLACED
    assert not policy.severity  # each rule's own
    assert set(policy.articles) == {
        code for code, rule in all_rules().items() if code != "POL001" and rule.applies is None
    }  # the tables of New York serve no article of it, nor do rules of special uses


@pytest.mark.parametrize("policy", shipped())
def test_a_required_column_that_is_not_there_makes_the_data_unfit_under_every_policy(policy: str) -> None:
    use = auditor.UseCase.model_validate({"features": {"required": ["salary"]}})
    frame = rows_of({"a": (500, 1000), "b": (500, 1000)})
    audit = auditor.check(frame, target="hired", groups="group", use_case=use, policy=policy, no_models=True)
    assert audit.result("FIT003").state is State.SHOWN_STRONG
    assert (audit.result("FIT003").severity, audit.verdict.level) == (Severity.BLOCK, Level.UNFIT)
    assert "FIT003" in audit.verdict.because


def test_the_act_is_stated_as_of_a_day(tmp_path: Path) -> None:
    audit = auditor.check(EVEN, target="hired", groups="group", policy="eu-ai-act", only=["OUT001"])
    for suffix in (".html", ".md", ".txt"):
        path = tmp_path / f"report{suffix}"
        audit.save(str(path))
        text = " ".join(path.read_text(encoding="utf-8").split())
        assert "as of 2026-11-28" in text
        assert "Article 4a" in text and "2 December 2027" in text and "secondary sources" in text
        assert "(10(5))" not in text


def _own(folder: Path, text: str, name: str = "strict.toml") -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_policy_of_ones_own_states_only_what_differs(tmp_path: Path) -> None:
    # 0.43 / 0.50 = 0.86: above four fifths, below nine tenths.
    own = _own(tmp_path, 'extends = "default"\n[limits]\nimpact_ratio = "0.9"\n')
    flags: dict[str, Any] = {"target": "hired", "groups": "group", "only": ["OUT001"]}
    assert auditor.check(EVEN, **flags).result("OUT001").state is State.CLEAR
    audit = auditor.check(EVEN, policy=own, **flags)
    assert audit.result("OUT001").state is State.SHOWN_STRONG
    policy = audit.use_case["policy"]
    assert policy["name"] == "strict"
    assert policy["title"] == "strict, a policy that extends: The program's own defaults"
    # The guideline that gives four fifths says nothing of nine tenths.
    assert policy["sources"]["impact_ratio"] == "set by 'strict', which names no source"
    assert policy["sources"]["alpha"] == Policy.load("default").sources["alpha"]


def test_extensions_reach_through_folders_table_by_table(tmp_path: Path) -> None:
    _own(
        tmp_path,
        'extends = "eu-ai-act"\nname = "house"\ntitle = "House rules"\n[severity]\nQLT001 = "block"\n'
        '[limits]\nmin_n = 50\n[sources]\nmin_n = "house rules, 3"\n[verdict.required]\nalways = ["OUT001"]\n',
        "house.toml",
    )
    own = _own(tmp_path / "team", 'extends = "../house.toml"\n[severity]\nQLT001 = "note"\n', "team.toml")
    policy, house, act = (
        Policy.load(own, codes()),
        Policy.load(str(tmp_path / "house.toml")),
        Policy.load("eu-ai-act"),
    )
    assert (house.severity["QLT001"], policy.severity["QLT001"]) == ("block", "note")
    assert policy.severity == {**act.severity, "QLT001": "note"}
    assert (policy.limits.min_n, policy.sources["min_n"], policy.limits.alpha) == (50, "house rules, 3", 0.05)
    assert policy.verdict.required.always == ("OUT001",)  # a list is replaced, not added to
    assert policy.verdict.required.within == act.verdict.required.within
    assert policy.verdict.checked == act.verdict.checked
    assert policy.verdict.raised == act.verdict.raised
    assert (policy.articles, policy.as_of) == (act.articles, act.as_of)
    assert (policy.name, policy.title) == ("team", "team, a policy that extends: House rules")


def test_a_reason_for_leaving_out_is_not_kept_for_another_share(tmp_path: Path) -> None:
    own = _own(tmp_path, 'extends = "nyc-ll144"\nexclude_below = 0.05\n')
    counts = {"big": (600, 1000), "mid": (300, 600), "few": (20, 50)}  # few: 50 of 1,650 = 3.0%
    audit = auditor.check(rows_of(counts), target="hired", groups="group", policy=own, only=["POL001"])
    (few,) = (row for row in audit.result("POL001").table if row["level"] == "few")
    assert few["impact_ratio"] is None
    assert few["excluded"] == "under 5.0% of the data, as set by 'strict'"


BAD = {
    "severity as an article": (
        'extends = "default"\n[articles]\nPRX002 = "condition"\n',
        r"strict.toml, line 3: \[articles\] PRX002 is the severity 'condition', which belongs under \[severity\]",
    ),
    "words as an article": (
        'extends = "default"\n[articles]\nPRX002 = "bias"\n',
        r"line 3: \[articles\] PRX002 is 'bias'; an article begins with its number",
    ),
    "article of no rule": (
        'extends = "default"\n[articles]\nPRX02 = "10(3) representative"\n',
        r"line 3: \[articles\] 'PRX02' is not a rule; did you mean 'PRX002'\?",
    ),
    "severity of no rule": (
        'extends = "default"\n[severity]\nout001 = "note"\n',
        r"line 3: \[severity\] 'out001' is not a rule; did you mean 'OUT001'\?",
    ),
    "severity that is none": (
        'extends = "default"\n[severity]\nOUT001 = "blok"\n',
        r"line 3: \[severity\] OUT001: input should be 'block', 'condition' or 'note', got 'blok'",
    ),
    "required rule that is none": (
        'extends = "default"\n[verdict.required]\nalways = ["OUT001", "REP01"]\n',
        r"line 3: \[verdict.required\] always 'REP01' is not a rule; did you mean 'REP001'\?",
    ),
    "checked rule that is none": (
        'extends = "default"\n[verdict]\nchecked = { text = ["TXT01"] }\n',
        r"strict.toml, line 3: \[verdict.checked\] text 'TXT01' is not a rule; did you mean 'TXT001'\?",
    ),
    "required rules of before there were kinds of use": (
        'extends = "default"\n[verdict]\nraised = []\nrequired = ["OUT001"]\n',
        r"strict.toml, line 4: \[verdict\] required is not a list: .* as in \[verdict.required\] always = \[...\]",
    ),
    "required within of before": (
        'extends = "default"\n[verdict]\nrequired_within = ["OUT003"]\n',
        r"line 3: \[verdict\] required_within is not a list: .* \[verdict.required\] within = \[...\]",
    ),
    "kind of use that is none": (
        'extends = "default"\n[verdict.checked]\ntexts = ["TXT001"]\n',
        r"line 3: \[verdict.checked\] texts is not a key; did you mean 'text'\?",
    ),
    "raised rule that is none": (
        'extends = "default"\n[verdict]\nraised = ["OUT9"]\n',
        r"line 3: \[verdict\] raised 'OUT9' is not a rule",
    ),
    "unknown key": ('extends = "default"\n[limits]\nimpact_ration = "0.9"\n', r"did you mean 'impact_ratio'\?"),
    "unknown base": ('extends = "eeocc"\n', r"no policy is called 'eeocc'; did you mean 'eeoc'\?"),
    "no such base": ('extends = "other.toml"\n', r"policy '.*other.toml' cannot be read: no such file"),
    "base that is no text": ("extends = 5\n", r"line 1: \[extends\]: input should be a valid string, got 5"),
    "itself": ('extends = "strict.toml"\n', r"extend each other in a circle: strict.toml → strict.toml"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_with_its_line_before_any_data_are_read(name: str, tmp_path: Path) -> None:
    text, said = BAD[name]
    with pytest.raises(UseCaseError, match=said):
        auditor.check(tmp_path / "there are no data.csv", policy=_own(tmp_path, text))


def test_a_circle_of_two_is_refused(tmp_path: Path) -> None:
    _own(tmp_path, 'extends = "one.toml"\n', "two.toml")
    with pytest.raises(UseCaseError, match=r"in a circle: one.toml → two.toml → one.toml"):
        Policy.load(_own(tmp_path, 'extends = "two.toml"\n', "one.toml"))


def test_a_fault_of_the_base_is_said_of_the_base(tmp_path: Path) -> None:
    _own(tmp_path, 'extends = "default"\n[limits]\nalpha = 5\n', "base.toml")
    with pytest.raises(UseCaseError, match=r"base.toml, line 3: \[limits\] alpha: input should be less than 1, got 5"):
        Policy.load(_own(tmp_path, 'extends = "base.toml"\n[limits]\nmin_n = 3\n'))
