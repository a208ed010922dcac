"""What a reader of the first screen is told: terms, what is open, what contradicts, and numbers that agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import Audit, State
from auditor.reporter import answer, page
from auditor.reporter.bins import Bin, binned
from auditor.reporter.markdown import render
from tests.conftest import DATA, ROOT, rows_of


@pytest.fixture(scope="module")
def berkeley() -> Audit:
    """Admissions of 1973: fewer women of all, and no fewer in five of six departments (Bickel and others 1975)."""
    data = DATA / "berkeley_counts.csv"
    return auditor.check(
        data, target="admit", positive="Admitted", groups=["gender"], within=["dept"], count="n", no_models=True
    )


@pytest.fixture(scope="module")
def small() -> Audit:
    """Four groups, of which one has three people."""
    frame = rows_of({"A": (120, 400), "B": (60, 250), "C": (2, 12), "D": (1, 3)})
    return auditor.check(frame, target="hired", groups=["group"], no_models=True)


def test_strata_that_contradict_the_gap_are_a_main_reason_beside_it(berkeley: Audit) -> None:
    first, second, *_ = answer.reasons(berkeley)
    assert (first.code, second.code) == ("OUT001", "OUT003")
    assert "Simpson's paradox" in second.text


def test_a_stratum_is_named_with_its_column(berkeley: Audit) -> None:
    headlines = [finding.headline for finding in berkeley["OUT003"].findings]
    assert "In dept 'A', 'Male' is selected at 62.1%, 'Female' at 82.4%" in headlines  # 512 of 825, 89 of 108
    assert "Too little data in dept 'B' to compare 'Female' with 'Male'" in headlines


def test_a_check_that_is_open_in_part_is_counted_so(berkeley: Audit) -> None:
    """OUT003 finds a gap in one department and is inconclusive in five."""
    open_ = {of.result.rule for of in binned(berkeley)[Bin.INCONCLUSIVE]}
    assert open_ == {"OUT003"}
    assert "0 inconclusive, 1 in part" in answer.covered(berkeley)


def test_terms_that_are_used_are_explained_and_no_others(berkeley: Audit) -> None:
    said = " ".join(answer.explained(berkeley))
    assert "Impact ratio: " in said
    assert "Cliff's delta" not in said


def test_what_no_main_reason_is_of_is_named_in_words() -> None:
    """Two reasons may be of one rule, so that the reasons do not stand for as many rules."""
    saved = json.loads((ROOT / "reports" / "callbacks.json").read_text(encoding="utf-8"))
    audit = Audit.from_dict(saved)
    assert [reason.code for reason in answer.reasons(audit)] == ["REP001", "OUT001", "OUT001"]
    because = ("REP001", "OUT001", "PRX001", "QLT001")
    more = replace(audit, verdict=replace(audit.verdict, because=because))
    assert answer.further(more) == [("PRX001", "proxy-feature"), ("QLT001", "duplicate-rows")]


def test_no_action_is_done_when_a_code_says_so(berkeley: Audit, small: Audit) -> None:
    done = [action.done for audit in (berkeley, small) for action in audit.verdict.actions]
    assert len(done) > 4
    assert not [text for text in done if any(result.rule in text for result in berkeley.results)]


def test_what_is_near_the_threshold_is_monitored_and_not_corrected() -> None:
    """0.43 / 0.50 is 0.86, of two thousand: significant, and the interval reaches 0.78 (by hand, on the log scale)."""
    frame = rows_of({"a": (500, 1000), "b": (430, 1000)})
    audit = auditor.check(frame, target="hired", groups=["group"], no_models=True)
    (finding,) = audit["OUT001"].findings
    assert finding.state is State.BORDERLINE
    assert (finding.remedy or "").startswith("Monitor")
    (action,) = (action for action in audit.verdict.actions if "OUT001" in action.rules)
    assert (action.what, action.applies) == ("Monitor what is near the threshold", ("b",))


def test_a_number_that_is_cut_at_its_median_is_said_to_be() -> None:
    frame = pd.DataFrame({"sex": ["f", "m"] * 100, "pay": np.arange(200) + 0.5})
    audit = auditor.check(frame, target="pay", groups=["sex"], no_models=True)
    assert answer.selected(audit) == "Selected: pay > 100, the median of all rows."
    stated = auditor.check(frame, target="pay", positive=">= 50", groups=["sex"], no_models=True)
    assert answer.selected(stated) == "Selected: pay >= 50."


def _people(of: Audit) -> list[Mapping[str, str]]:
    (table,) = (table for part in page.chapters(of) for table in part.tables if table.anchor == "group-group")
    heads = [field.title for field in table.head]
    return [dict(zip(heads, [cell.text for cell in row], strict=True)) for row in (*table.rows, *table.more)]


def test_the_rate_of_a_group_is_of_numbers_in_its_row() -> None:
    """20 of the 100 of a have no outcome: 40 of 80 is a half, and 40 of 100 is not."""
    frame = rows_of({"a": (40, 80), "b": (60, 120)})
    lost = pd.DataFrame({"group": ["a"] * 20, "hired": [None] * 20})
    audit = auditor.check(pd.concat([frame, lost]), target="hired", groups=["group"], no_models=True)
    row = next(row for row in _people(audit) if row["Group"] == "a")
    assert (row["People"], row["With outcome"], row["Selected"]) == ("100", "80", "40")
    assert row["Rate"].startswith("50.0%")
    whole = auditor.check(frame, target="hired", groups=["group"], no_models=True)
    assert "With outcome" not in _people(whole)[0]


def test_a_small_group_that_is_not_shown_is_named_below_the_table_and_asked_for_once(small: Audit) -> None:
    assert "Not shown, because of under 5 rows: 'D'." in render(small)
    collect = [name for action in small.verdict.actions if "ollect" in action.what for name in action.applies]
    assert sorted(name.removeprefix("group: ") for name in collect) == ["A", "B", "C", "D"]
    assert sum("more rows of 'B'" in text for text in small.verdict.to_settle) == 1


def test_weighted_rows_are_not_said_to_be_people_who_recur() -> None:
    rng = np.random.default_rng(1)
    frame = rows_of({"a": (300, 700), "b": (250, 700)})
    frame = frame.assign(w=rng.uniform(1, 5, len(frame)), psu=rng.integers(0, 40, len(frame)))
    audit = auditor.check(frame, target="hired", groups=["group"], weight="w", survey_psu="psu", no_models=True)
    assert not [of.message for of in audit["FIT006"].findings if "people appear more than once" in of.message]
    assert "effective sample sizes, not people counted" in render(audit)


def test_a_part_of_which_most_did_not_run_states_that_beside_what_passed(small: Audit) -> None:
    """Without columns no rule about proxies has anything to check, but for missing values and PRX001."""
    parts = {chapter.part.value: chapter for chapter in page.chapters(small)}
    of = [result for result in small.results if result.rule[:3] in ("PRX", "TXT", "EMB", "MDL")]
    ran = [result.rule for result in of if result.state is not State.NOT_RUN]
    assert ran == ["PRX001", "PRX004"]
    assert parts["proxies"].missed == f"{len(of) - 2} of the {len(of)} checks of this part did not run."
    assert parts["proxies"].missed in render(small)
    hiring = Audit.from_dict(json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8")))
    assert not any(chapter.missed for chapter in page.chapters(hiring))  # of its 14 about proxies 9 ran
