"""Headlines: the result in at most 25 words and three numbers, without a rule's code, a flag or a fault of language."""

from __future__ import annotations

import re

import pytest

from auditor.analyzers.catalog import all_rules
from auditor.analyzers.headlines import Headlines
from auditor.model import Finding, Measure, State

HOLE = re.compile(r"\{(\w+)(?::[^}]*)?\}")
NUMBER = re.compile(r"\{\w+:(?:percent|people|fixed|gap|points|ratio|whole|number)[^}]*\}|\b\d[\d.]*\b")
TEMPLATES = [(code, key, text) for code, rule in all_rules().items() for key, text in rule.headlines.templates.items()]


@pytest.mark.parametrize(("code", "key", "text"), TEMPLATES, ids=[f"{code}-{key}" for code, key, _ in TEMPLATES])
def test_a_headline_can_be_taken_in(code: str, key: str, text: str) -> None:
    assert len(HOLE.sub("x", text).split()) <= 25
    assert len(NUMBER.findall(text)) <= 3
    assert not re.search(
        r"\b[A-Z]{3}\d{3}\b|--\w|\bnan\b|\bNone\b|  |stand in|stand-in|\btold\b|whoever|of which", text
    )
    assert text[0].isupper() or text[0] in "'{"
    assert not text.endswith(".")


def test_every_rule_that_is_judged_has_headlines_and_an_action() -> None:
    without = {code for code, rule in all_rules().items() if not rule.headlines.templates or rule.asks is None}
    assert without == {"POL001", "PAY001", "ADJ002"}  # their tables are shown, and nothing in them is judged


def test_the_first_template_whose_facts_are_there_is_taken() -> None:
    heads = Headlines(found=("'{level}' has {share:percent}", "'{group}' has none"), clear="All is well")
    of = Finding(State.SHOWN, {"group": "g", "level": "a"}, "message", {"share": Measure(0.25)})
    assert heads.headed(of).headline == "'a' has 25.0%"
    assert heads.headed(Finding(State.SHOWN, {"group": "g"}, "message")).headline == "'g' has none"
    assert heads.headed(Finding(State.CLEAR, {}, "message")).headline == "All is well"
    assert heads.headed(Finding(State.UNDETERMINED, {"level": "a"}, "m")).headline == "Too little data to judge 'a'"
    assert heads.headed(Finding(State.NOT_RUN, {}, "message")).headline == ""
    assert heads.headed(Finding(State.SHOWN, {}, "m", headline="Its own")).headline == "Its own"


def test_a_headline_of_another_state_is_refused() -> None:
    with pytest.raises(TypeError, match="found, near, open or clear, not of other"):
        Headlines(other="x")


def test_a_level_without_a_meaning_of_its_own_is_named_with_its_column() -> None:
    heads = Headlines(found="'{level}' is selected less than '{reference}'")

    def headline(group: str, level: str, reference: str) -> str:
        of = Finding(State.SHOWN, {"group": group, "level": level, "reference": reference}, "message")
        return heads.headed(of).headline

    assert headline("afam", "yes", "no") == "'afam = yes' is selected less than 'afam = no'"
    assert headline("RAC1P", "3", "1") == "'RAC1P = 3' is selected less than 'RAC1P = 1'"
    assert headline("veteran", "False", "True") == "'veteran = False' is selected less than 'veteran = True'"
    assert headline("age", "under 40", "40 and over") == "'under 40' is selected less than '40 and over'"
    assert headline("sex", "F", "M") == "'F' is selected less than 'M'"
