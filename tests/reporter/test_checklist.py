"""The checklist: its provisions are those of the law, and no rule that did not run counts for one of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import auditor
from auditor.analyzers.catalog import all_rules
from auditor.model import Audit, State
from auditor.reporter import renderer
from auditor.reporter.descriptions.checklist import Checked, line_of
from auditor.reporter.descriptions.provisions import AI_ACT, FRAMEWORKS
from auditor.use.policy import Policy
from tests.conftest import ROOT, rows_of

PROVISIONS = [of for framework in FRAMEWORKS for of in framework.provisions]
FOUND = {"shown_strong", "shown", "borderline", "undetermined", "clear"}


@pytest.fixture(scope="module")
def hiring() -> Audit:
    return Audit.from_dict(json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8")))


def _rendered(audit: Audit) -> str:
    return str(renderer(".checklist.md")(audit))


def _sections(text: str) -> dict[str, str]:
    """Place of a provision -> what the checklist has under it; names of two frameworks differ."""
    return {title.partition(":")[0]: body for title, body in re.findall(r"^### (.+)\n((?:(?!##).*\n)*)", text, re.M)}


def test_its_rules_exist_and_every_provision_asks_something_of_people() -> None:
    assert {code for of in PROVISIONS for code in of.rules} <= set(all_rules())
    assert all(of.people for of in PROVISIONS)
    assert len({of.place for of in PROVISIONS}) == len(PROVISIONS)


def test_article_10_has_the_rules_that_the_policy_of_the_act_gives_it() -> None:
    articles = Policy.load("eu-ai-act").articles
    for provision in AI_ACT.provisions:
        if place := re.fullmatch(r"Article (10\(\d\)(?:\(\w\))?)", provision.place):
            named = {code for code, text in articles.items() if place[1] in re.findall(r"10\(\d\)(?:\(\w\))?", text)}
            assert set(provision.rules) == named, f"{provision.place} in reporter/descriptions/provisions.py"


def test_the_letters_of_article_10_are_those_of_the_text_in_force() -> None:
    """The final text has gaps under (h) and mitigation under (g); drafts had it otherwise. Paragraph 5 is deleted."""
    about = {provision.place: provision.about for provision in AI_ACT.provisions}
    assert [letter for letter in "abcdefgh" if f"Article 10(2)({letter})" in about] == list("abcdefgh")
    assert "biases" in about["Article 10(2)(f)"]
    assert "mitigate" in about["Article 10(2)(g)"]
    assert "gaps" in about["Article 10(2)(h)"]
    assert not any(place.startswith("Article 10(5)") for place in about)
    assert "special categories" in about["Article 4a"]


def test_a_provision_is_checked_by_rules_that_ran_alone(hiring: Audit) -> None:
    saved = json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8"))
    ran = {result["rule"] for result in saved["results"] if result["state"] in FOUND and not result["failed"]}
    sections = _sections(_rendered(hiring))
    assert len(sections) == len(PROVISIONS)
    for provision in PROVISIONS:
        body = sections[provision.place].partition("From the audit:")[0]
        of_it = {code for code in provision.rules if code in ran}
        assert set(re.findall(r"^- ([A-Z]{3}\d{3}) ", body, re.M)) == of_it
        missed = " ".join(re.findall(r"^- Not run: (.*), because", body, re.M))
        assert set(re.findall(r"[A-Z]{3}\d{3}", missed)) == set(provision.rules) - of_it
        if not provision.rules:
            assert body.strip().startswith("**For people alone.**")
        elif not of_it:
            assert body.strip().startswith("**Not checked.** 0 of")
        else:
            assert body.strip().startswith("**Checked")
            assert f"{len(of_it)} of {len(provision.rules)} check" in body
            assert ("**Checked.**" in body) <= (of_it == set(provision.rules))


def test_no_box_is_ticked_and_the_counts_are_those_of_the_lines(hiring: Audit) -> None:
    text = _rendered(hiring)
    assert "[x]" not in text.lower()
    assert text.count("- [ ] ") == sum(len(of.people) for of in PROVISIONS)
    assert not re.search(r"\bcompl(?:iant|ies)\b|\bpassed\b|conform", text)
    states = [line_of(of, hiring).state for of in PROVISIONS]
    counts = [str(states.count(each)) for each in (Checked.ALL, Checked.PART, Checked.NOTHING, Checked.PEOPLE)]
    first = re.search(r"Of (\d+) provisions, (\d+) .*?, (\d+) in part, (\d+) not at all, and (\d+) are for", text)
    assert first is not None
    assert first.groups() == (str(len(PROVISIONS)), *counts)


def test_of_a_selection_of_one_rule_nothing_else_is_checked() -> None:
    audit = auditor.check(rows_of({"f": (100, 400), "m": (200, 400)}), target="hired", groups="group", only="OUT001")
    for provision in PROVISIONS:
        line = line_of(provision, audit)
        assert [result.rule for result in line.ran] == [code for code in provision.rules if code == "OUT001"]
        assert (line.state is Checked.NOTHING) == (bool(provision.rules) and "OUT001" not in provision.rules)
        assert line.state is not Checked.ALL or provision.rules == ("OUT001",)


def test_a_rule_that_crashed_or_is_not_there_did_not_run(hiring: Audit) -> None:
    (provision,) = (of for of in AI_ACT.provisions if of.place == "Article 26(4)")  # REP001, FIT001, FIT002
    assert line_of(provision, hiring).state is Checked.ALL
    results = [result for result in hiring.results if result.rule != "FIT001"]
    results = [replace(of, failed=of.rule == "REP001") for of in results]
    line = line_of(provision, replace(hiring, results=tuple(results)))
    assert line.state is Checked.PART
    assert [result.rule for result in line.ran] == ["FIT002"]
    assert line.not_run["it is not in this audit"] == ("FIT001",)


def test_a_comparison_that_was_not_made_leaves_a_provision_checked_in_part(hiring: Audit) -> None:
    (provision,) = (of for of in AI_ACT.provisions if of.place == "Article 26(4)")
    (rep,) = (result for result in hiring.results if result.rule == "REP001")
    missed = replace(rep.findings[0], state=State.NOT_RUN)
    results = tuple(replace(of, findings=(*of.findings, missed)) if of is rep else of for of in hiring.results)
    assert line_of(provision, replace(hiring, results=results)).state is Checked.PART
