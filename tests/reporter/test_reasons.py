"""The main reasons: at most three, what the verdict rests on first, and then what else was found; no flags."""

from __future__ import annotations

from auditor.reporter import answer
from tests.tallies import audit_of, tally_of


def test_reasons_go_on_to_what_else_was_found_and_name_no_flag() -> None:
    """Without a population the verdict is open: that reason comes first, and the gap of .3 against .6 after it."""
    audit = audit_of(tally_of({"a": (600, 1000), "b": (300, 1000)}))
    reasons = answer.reasons(audit)
    assert len(reasons) <= answer.MOST_REASONS
    assert any(reason.code == "OUT001" and "30.0%" in reason.text for reason in reasons)
    assert all("--" not in reason.text for reason in reasons)
    assert len({reason.text for reason in reasons}) == len(reasons)


def test_a_clear_audit_of_two_groups_names_what_did_not_run_by_its_reason() -> None:
    audit = audit_of(tally_of({"a": (600, 1000), "b": (610, 1000)}))
    texts = [reason.text for reason in answer.reasons(audit)]
    assert any(text.startswith("No population is stated: a required check did not run") for text in texts)
    assert not any("--" in text for text in texts)
