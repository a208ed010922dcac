"""Headlines: the result in at most 25 words and three numbers, without a rule's code, a flag or a fault of language."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import auditor
from auditor.analyzers.catalog import all_rules
from auditor.analyzers.headlines import Headlines
from auditor.model import Finding, Measure, State
from tests.tallies import run_rule, tally_of

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


def test_a_group_with_a_result_is_not_called_too_small_to_show_a_gap() -> None:
    """20 of 25 against 20 of 100 is a gap (Fisher: p < 1e-7), though 25 rows are fewer than the 30 required."""
    tally = tally_of({"a": (20, 100), "b": (20, 25), "c": (50, 100)})
    assert run_rule("OUT001", tally).state.found
    headlines = [of.headline for of in run_rule("REP002", tally).findings if of.state.found]
    assert headlines == ["'b' is below the 30 rows that are required: 25"]


def test_the_verb_follows_the_number() -> None:
    rows = pd.DataFrame({"group": ["a", "b"] * 100, "hired": ["yes", "no", "no", "yes"] * 50, "mark": range(200)})
    once = auditor.check(pd.concat([rows, rows[:1]]), target="hired", groups=["group"], only=["QLT001"])
    twice = auditor.check(pd.concat([rows, rows[:2]]), target="hired", groups=["group"], only=["QLT001"])
    assert "1 of 201 rows repeats an earlier row" in once["QLT001"].findings[0].message
    assert "2 of 202 rows repeat an earlier row" in twice["QLT001"].findings[0].message


def test_a_gap_in_percent_has_its_direction_in_words() -> None:
    """Pay of m is that of f less a tenth at each grade, so 10.0% lower by any regression on grade."""
    base = pd.DataFrame({"grade": ["1", "2"] * 60, "pay": [1000.0 + 5 * (i % 7) + 500 * (i % 2) for i in range(120)]})
    frame = pd.concat([base.assign(sex="m"), base.assign(sex="f", pay=base.pay / 0.9)])
    audit = auditor.check(frame, target="pay", groups=["sex"], control=["grade"], only=["ADJ001"])
    assert [of.headline for of in audit["ADJ001"].findings] == [
        "'pay' of 'm' is on average 10.0% lower than that of 'f', with equal controls"
    ]
