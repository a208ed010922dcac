"""A rule is named by its code, its name or a name that it had before, wherever a user may name one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

import auditor
from auditor.analyzers import catalog
from auditor.analyzers.catalog import Record, codes, find, rule, selected
from auditor.audit.select import by_code
from auditor.cli.commands import main
from auditor.errors import UseCaseError
from auditor.model import Finding, Severity, State
from auditor.use.policy import Policy
from auditor.use.usecase import UseCase
from tests.conftest import rows_of
from tests.plugins import install

RENAMED = {
    "PRX003": ("remaining-proxies", "other-ways"),
    "TXT004": ("remaining-text-proxies", "other-words"),
    "LAB001": ("matched-pairs-differ", "twins-treated-differently"),
}
FRAME = rows_of({"f": (900, 3000), "m": (1500, 3000)}, group="gender")


def _use(**tables: Any) -> UseCase:
    return UseCase.model_validate(tables)


def _made(code: str, name: str, *aliases: str) -> Any:
    @rule(code, name, aliases=aliases)
    def made(evidence: object, use: object, *, tickets: int = 3) -> Iterator[Finding | Record]:
        """Something is found in any data.

        How it is measured: It is not measured at all; the finding is always there.

        Why it matters: It shows by which names a rule is found.

        What to do: Nothing, for this is a test of the program and not of data.

        Source: None but this test.
        """
        yield Finding(State.SHOWN, {"group": "gender"}, f"Found with {tickets}.", remedy="Do it.")

    return made


def _with(monkeypatch: pytest.MonkeyPatch, *rules: Any) -> None:
    module = ModuleType("rules_with_names")
    for made in rules:
        setattr(module, made.rule.code, made)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(catalog, "ANALYZERS", (*catalog.ANALYZERS, module.__name__))
    catalog.catalogue.cache_clear()


@pytest.fixture(autouse=True)
def _catalogue_as_it_was() -> Iterator[None]:
    yield
    catalog.catalogue.cache_clear()


@pytest.mark.parametrize(("code", "names"), RENAMED.items())
def test_code_name_and_former_name_are_one_rule(code: str, names: tuple[str, str]) -> None:
    assert find(code).names == (code, *names)
    for name in (code, *names):
        assert find(name) is find(name.upper()) is find(name.lower()) is catalog.all_rules()[code]
        assert selected((name,)) == selected((name.upper(),)) == {code}
        shown = CliRunner().invoke(main, ["explain", name]).stdout
        assert shown.startswith(f"{code} {names[0]} (formerly {names[1]})\n")


def test_a_rule_without_a_former_name_is_explained_without_one() -> None:
    assert CliRunner().invoke(main, ["explain", "outcome-gap"]).stdout.startswith("OUT001 outcome-gap\n")


@pytest.mark.parametrize(
    ("asked", "near"),
    [("other-way", "other-ways"), ("remaining-proxy", "remaining-proxies"), ("PRX0003", "PRX003")],
)
def test_a_misspelt_name_has_a_hint(asked: str, near: str) -> None:
    with pytest.raises(UseCaseError, match=f"^no rule is called '{asked}'; did you mean '{near}'"):
        find(asked)
    with pytest.raises(UseCaseError, match=f"^no rule or family is called '{asked}'; did you mean '{near}'"):
        selected((asked,))


def test_names_choose_what_runs() -> None:
    def ran(**asked: Any) -> list[str]:
        audit = auditor.check(FRAME, target="hired", groups="gender", no_models=True, **asked)
        return [result.rule for result in audit.results if result.left_out is None]

    assert (
        ran(only=["outcome-gap", "Twins-Treated-Differently"]) == ran(only=["OUT001", "LAB001"]) == ["OUT001", "LAB001"]
    )
    assert ran(skip="twins-treated-differently") == ran(skip="matched-pairs-differ") == ran(skip="LAB001")


@pytest.mark.parametrize("name", ["NAM001", "nam001", "its-name", "Its-Former-Name"])
def test_options_and_waivers_reach_the_rule_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _with(monkeypatch, _made("NAM001", "its-name", "its-former-name"))
    waiver = {"rule": name, "subject": "gender", "reason": "a test", "by": "QA"}
    use = _use(rules={name: {"tickets": 7}}, accept=[waiver])
    audit = auditor.check(FRAME, target="hired", groups="gender", only=name, use_case=use)
    (finding,) = audit.result("NAM001").findings
    assert (finding.message, finding.waiver) == ("Found with 7.", "accepted by QA: a test")
    assert not [note for note in audit.dataset.notes if "accept" in note]


def test_a_use_keeps_its_codes_and_all_else() -> None:
    waiver = {"rule": "other-ways", "subject": "gender", "reason": "a test", "by": "QA"}
    use = by_code(_use(rules={"target-leak": {"max_auc": 0.9}}, accept=[waiver], use={"decision": "automated"}))
    assert use.rules == {"LAB003": {"max_auc": 0.9}}
    assert use.accept[0].rule == "PRX003"
    assert use.use.decision == "automated"
    plain = _use(use={"decision": "automated"})
    assert by_code(plain) is plain


def test_options_under_two_names_of_a_rule_are_refused() -> None:
    use = _use(rules={"PRX003": {"strong_auc": 0.6}, "other-ways": {"strong_auc": 0.7}})
    with pytest.raises(UseCaseError, match=r"\[rules.other-ways\] PRX003 has options under another of its names"):
        by_code(use)


def test_a_policy_may_name_rules_by_their_names(tmp_path: Path) -> None:
    """Also over another one that names them by their codes: what the later one states holds."""
    base, own = tmp_path / "base.toml", tmp_path / "own.toml"
    base.write_text('extends = "default"\n[severity]\nOUT001 = "note"\nLAB001 = "note"\n', encoding="utf-8")
    own.write_text(
        'extends = "base.toml"\n[severity]\nmatched-pairs-differ = "block"\noutcome-gap = "condition"\n'
        '[articles]\nother-words = "10(2)(f) examination of texts"\n'
        '[verdict]\nraised = ["twins-treated-differently"]\n[verdict.required]\nalways = ["outcome-gap"]\n',
        encoding="utf-8",
    )
    policy = Policy.load(str(own), codes())
    assert (policy.severity["LAB001"], policy.severity["OUT001"]) == ("block", "condition")
    assert set(policy.severity) <= set(catalog.all_rules())
    assert policy.articles["TXT004"] == "10(2)(f) examination of texts"
    assert (policy.verdict.raised, policy.verdict.required.always) == (("LAB001",), ("OUT001",))
    audit = auditor.check(FRAME, target="hired", groups="gender", policy=str(own), no_models=True)
    assert (audit.result("OUT001").severity, audit.result("LAB001").severity) == (Severity.CONDITION, Severity.BLOCK)
    assert "OUT001" in audit.verdict.because
    assert audit.use_case["policy"]["articles"]["TXT004"] == "10(2)(f) examination of texts"


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            'OUT001 = "note"\noutcome-gap = "block"',
            "line 4: [severity] 'outcome-gap' is OUT001, which is named already",
        ),
        ('other-way = "note"', "line 3: [severity] 'other-way' is not a rule; did you mean 'other-ways'?"),
    ],
)
def test_a_policy_that_names_a_rule_twice_or_wrongly_is_refused(tmp_path: Path, stated: str, message: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f'extends = "default"\n[severity]\n{stated}\n', encoding="utf-8")
    with pytest.raises(UseCaseError) as refused:
        auditor.check(FRAME, target="hired", groups="gender", policy=str(own))
    assert str(refused.value).endswith(message)


@pytest.mark.parametrize("field", ["rules", "accept"])
def test_an_unknown_name_in_a_use_is_refused(field: str) -> None:
    waiver = {"rule": "no-such-rule", "subject": "gender", "reason": "a test", "by": "QA"}
    tables: dict[str, Any] = {"rules": {"no-such-rule": {}}, "accept": [waiver]}
    with pytest.raises(UseCaseError, match="no rule is called 'no-such-rule'"):
        auditor.check(FRAME, target="hired", groups="gender", use_case=_use(**{field: tables[field]}))


@pytest.mark.parametrize(
    ("code", "name", "aliases", "taken"),
    [
        ("OUT001", "new", (), "OUT001"),
        ("NAM001", "outcome-gap", (), "outcome-gap"),
        ("NAM001", "Other-Ways", (), "Other-Ways"),  # a former name of another rule
        ("NAM001", "new", ("outcome-gap",), "outcome-gap"),
        ("NAM001", "new", ("other-words",), "other-words"),
        ("NAM001", "new", ("older", "out001"), "out001"),
    ],
)
def test_no_two_rules_share_a_code_a_name_or_an_alias(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, name: str, aliases: tuple[str, ...], taken: str
) -> None:
    with monkeypatch.context() as patched:
        _with(patched, _made(code, name, *aliases))
        with pytest.raises(TypeError, match=f"^two rules are called {taken}$"):
            catalog.catalogue()
    # A plug-in with such a rule is left out, and the reason is given.
    source = f"from tests.analyzers.test_rule_names import _made\nmade = _made({code!r}, {name!r}, *{aliases!r})\n"
    install(tmp_path, "acme-names", "1.0", {"dataudit.rules": {"acme": "acme_names"}}, {"acme_names": source})
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_names", raising=False)
    catalog.catalogue.cache_clear()
    assert catalog.catalogue().broken == (f"acme-names 1.0 (acme): TypeError: a rule is called {taken} already",)
    sys.modules.pop("acme_names", None)


def test_a_name_may_be_a_former_name_of_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, _made("NAM001", "its-name", "Its-Name", "older"))
    assert find("its-name").code == "NAM001"
