"""A rule of a family that the program does not know yet is a rule like any other; it used to raise ValueError."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

import auditor
from auditor.analyzers import catalog as rules
from auditor.analyzers.catalog import Record, rule
from auditor.cli.commands import main
from auditor.errors import UseCaseError
from auditor.model import Finding, Level, Severity, State
from tests.conftest import rows_of

FRAME = rows_of({"a": (500, 1000), "b": (495, 1000)})
NEW = ("ZZT001", "AAA002", "DIST01")  # behind all known families, before them, and of another length


def _always(code: str) -> Any:
    @rule(code, f"always-{code.lower()}")
    def always(tally: object, use: object) -> Iterator[Finding | Record]:
        """Something is found in any data.

        How it is measured: It is not measured at all; the finding is always there.

        Why it matters: It shows that a rule of a new family runs like any other rule.

        What to do: Nothing, for this is a test of the program and not of data.

        Source: None but this test.
        """
        yield Finding(State.SHOWN, {"column": "score"}, "Found.", remedy="Do it.")

    return always


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("rules_of_new_families")
    for code in NEW:
        setattr(module, code, _always(code))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(rules, "ANALYZERS", (*rules.ANALYZERS, module.__name__))
    rules.catalogue.cache_clear()
    yield
    rules.catalogue.cache_clear()


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "new.toml"
    severities = "".join(f'{code} = "condition"\n' for code in NEW)
    path.write_text(f'extends = "default"\n[severity]\n{severities}', encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("catalogue")
def test_rules_of_new_families_come_after_the_known_ones_in_order() -> None:
    known = [code for code in rules.all_rules() if code not in NEW]
    assert list(rules.all_rules()) == [*known, "AAA002", "DIST01", "ZZT001"]


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("only", [*NEW, "ZZT", "dist", "AAA"])
def test_a_new_family_runs_and_is_chosen_by_its_name(only: str, policy: str) -> None:
    audit = auditor.check(FRAME, target="hired", groups="group", policy=policy, only=only)
    ran = [result.rule for result in audit.results if result.state is not State.NOT_RUN]
    assert len(ran) == 1 and ran[0].startswith(only.upper()[:3])
    assert "Do it. [Owner: product owner · verify with " + ran[0] + "]" in audit.verdict.conditions


@pytest.mark.usefixtures("catalogue")
def test_a_new_family_counts_in_the_verdict_and_in_every_report(policy: str, tmp_path: Path) -> None:
    stated = {"group": {"a": 0.5, "b": 0.5}}
    audit = auditor.check(FRAME, target="hired", groups="group", policy=policy, reference=stated, no_models=True)
    assert audit.verdict.level is Level.FIT_WITH_CONDITIONS
    assert set(NEW) <= set(audit.verdict.because)
    for suffix in (".html", ".md", ".txt", ".json"):
        audit.save(str(tmp_path / f"report{suffix}"))
        assert "DIST01" in (tmp_path / f"report{suffix}").read_text(encoding="utf-8")


@pytest.mark.usefixtures("catalogue")
def test_explain_lists_it_and_a_misspelt_one_has_a_hint() -> None:
    run = CliRunner().invoke(main, ["explain"])
    assert run.exit_code == 0
    assert "DIST01  always-dist01" in run.stdout
    assert "did you mean 'DIST01'" in CliRunner().invoke(main, ["explain", "DIST1"]).stderr
    with pytest.raises(UseCaseError, match="did you mean 'DIST'"):
        rules.selected(("DIS",))


@pytest.mark.usefixtures("catalogue")
def test_a_rule_says_itself_what_it_does_to_the_verdict_and_a_policy_may_differ(policy: str) -> None:
    audit = auditor.check(FRAME, target="hired", groups="group", only="ZZT")
    assert audit.result("ZZT001").severity is Severity.NOTE
    audit = auditor.check(FRAME, target="hired", groups="group", only="ZZT", policy=policy)
    assert audit.result("ZZT001").severity is Severity.CONDITION


@pytest.mark.parametrize("code", ["out001", "OUT", "001", "OUT-1", ""])
def test_a_code_that_no_family_can_be_read_from_is_refused_where_it_is_written(code: str) -> None:
    with pytest.raises(TypeError, match="a family in capitals and a number"):
        _always(code)
