"""An audit in Python: by names, in a few lines, saved and read; a name that it does not have is never an empty answer."""

from __future__ import annotations

import copy
import json
import pickle
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import auditor
from auditor import Audit, Level, UnknownNameError
from tests.conftest import SAMPLES, rows_of

COUNTS = {"female": (30, 100), "male": (60, 100), "other": (45, 100)}


@pytest.fixture(scope="module")
def audit() -> Audit:
    return auditor.check(rows_of(COUNTS, "gender"), target="hired", groups="gender", no_models=True)


@pytest.fixture(scope="module")
def hiring() -> Audit:
    use = SAMPLES / "hiring.use_case.toml"
    return auditor.check(SAMPLES / "hiring.csv", use_case=use, no_models=True)


class TestRules:
    @pytest.mark.parametrize("name", ["OUT001", "out001", "outcome-gap", "Outcome-Gap"])
    def test_a_result_is_found_by_code_and_name(self, audit: Audit, name: str) -> None:
        assert audit[name].rule == "OUT001"
        assert name in audit
        assert {finding.subject["level"] for finding in audit.findings(name)} == {"female", "other"}

    def test_a_result_is_found_by_a_former_name(self, audit: Audit) -> None:
        assert audit["other-ways"] is audit.result("PRX003")

    @pytest.mark.parametrize("ask", ["findings", "result", "__getitem__"])
    def test_an_unknown_rule_is_an_error_at_once(self, audit: Audit, ask: str) -> None:
        with pytest.raises(UnknownNameError, match=r"^the audit has no rule 'OUT01'; did you mean 'OUT001'\?"):
            getattr(audit, ask)("OUT01")  # also of findings, none of which is taken
        assert "OUT01" not in audit
        assert 1 not in audit

    def test_a_rule_that_a_saved_audit_lacks_is_an_error_too(self, audit: Audit) -> None:
        data = audit.to_dict()
        data["results"] = [result for result in data["results"] if result["rule"] != "OUT001"]
        with pytest.raises(KeyError):
            Audit.from_dict(data).findings("OUT001")

    def test_a_finding_knows_its_rule_wherever_it_went(self, audit: Audit) -> None:
        read = Audit.from_dict(json.loads(json.dumps(audit.to_dict())))
        for of in (audit, read, copy.deepcopy(audit), pickle.loads(pickle.dumps(audit))):
            assert of == audit
            assert all(finding.rule == result.rule for result in of.results for finding in result.findings)


class TestNumbers:
    def test_a_ratio_is_the_quotient_of_the_rates(self, audit: Audit) -> None:
        assert audit.impact_ratio("gender", "female").value == pytest.approx(30 / 60)
        assert audit.impact_ratio("gender", "other").value == pytest.approx(
            45 / 60
        )  # not 30 / 45, the widest of others
        assert audit.impact_ratio("gender", "male").value == 1
        female = next(of for of in audit["OUT001"].findings if of.subject["level"] == "female")
        assert female.value("impact_ratio") == pytest.approx(0.5)

    def test_a_fixed_reference_may_have_the_lower_rate_and_is_what_all_are_divided_by(self) -> None:
        counts = {"a": (1200, 2000), "b": (1000, 2000), "c": (500, 2000)}
        use = {"groups": {"columns": "group", "reference": {"group": "b"}}}
        audit = auditor.check(rows_of(counts), use_case=use, target="hired", no_models=True)
        about = {(of.subject["level"], of.subject["reference"]) for of in audit.findings("OUT001")}
        assert about == {("b", "a"), ("c", "b"), ("c", "a")}  # two findings are about c, and none divides a by b
        ratios = {level: audit.impact_ratio("group", level) for level in "abc"}
        assert {level: ratio.value for level, ratio in ratios.items()} == pytest.approx({"a": 1.2, "b": 1, "c": 0.5})
        assert ratios["a"].low is not None and ratios["a"].high is not None
        assert 1 < ratios["a"].low < 1.2 < ratios["a"].high

    def test_without_one_the_group_with_the_highest_rate_that_is_large_enough_is_the_reference(self) -> None:
        counts = {"few": (9, 10), "b": (1000, 2000), "c": (500, 2000), "d": (600, 2000)}
        audit = auditor.check(rows_of(counts), target="hired", groups="group", no_models=True)
        ratios = {level: audit.impact_ratio("group", level).value for level in counts}
        assert ratios == pytest.approx({"few": 1.8, "b": 1, "c": 0.5, "d": 0.6})

    @pytest.mark.parametrize(
        ("group", "level", "message"),
        [
            ("gendre", "female", r"no group 'gendre'; did you mean 'gender'\?"),
            ("gender", "femal", r"no level 'femal'; did you mean 'female'\?"),
        ],
    )
    def test_what_was_not_compared_is_an_error(self, audit: Audit, group: str, level: str, message: str) -> None:
        with pytest.raises(UnknownNameError, match=message):
            audit.impact_ratio(group, level)

    def test_a_measure_that_is_not_there_is_an_error(self, audit: Audit) -> None:
        with pytest.raises(UnknownNameError, match=r"did you mean 'impact_ratio'\?"):
            next(audit.findings("OUT001")).value("impact_ration")

    def test_an_audit_without_an_outcome_has_no_ratios_and_states_why(self) -> None:
        audit = auditor.check(rows_of(COUNTS), target="none", groups="group", no_models=True)
        with pytest.raises(UnknownNameError, match=r"no impact ratios: .*outcome"):
            audit.impact_ratio("group", "female")


def test_an_audit_has_no_truth_value_and_states_what_to_write(audit: Audit) -> None:
    with pytest.raises(TypeError, match=r"audit\.fit.*audit\.verdict\.level"):
        bool(audit)
    with pytest.raises(TypeError, match=r"verdict\.level"):
        bool(audit.verdict)
    with pytest.raises(TypeError, match=r"comparison\.worse"):
        bool(auditor.compare(audit, audit))
    with pytest.raises(TypeError, match="not iterable"):
        iter(audit)  # type: ignore[call-overload] # it is what is tried


def test_fit_is_fit_without_conditions(audit: Audit) -> None:
    assert audit.verdict.level is Level.UNFIT
    assert not audit.fit
    data = audit.to_dict()
    for level, fit in (("fit", True), ("fit_with_conditions", False), ("cannot_tell", False), ("not_judged", False)):
        assert Audit.from_dict({**data, "verdict": {**data["verdict"], "level": level}}).fit is fit


class TestInALine:
    def test_what_an_interpreter_shows_is_short_and_names_what_counts(self, hiring: Audit) -> None:
        compared = auditor.compare(hiring, hiring)
        values = (hiring, hiring.verdict, compared, *hiring.results, *hiring.findings())
        for value in values:
            assert repr(value) == str(value)
            assert repr(value).startswith(f"<{type(value).__name__} ")
            assert repr(value).count("\n") < 5
            assert len(repr(value)) < 600
        assert "hiring.csv, 6,510 rows: unfit" in repr(hiring)
        assert "OUT001" in repr(hiring.verdict)
        assert "0.5117" in repr(next(hiring.findings("OUT001")))  # fairlearn's demographic_parity_ratio: 0.51171725

    def test_text_of_the_data_cannot_drive_a_terminal(self) -> None:
        frame = rows_of({"a\x1b[2J\nb": (500, 3000), "c": (900, 3000)})
        audit = auditor.check(frame, target="hired", groups="group", no_models=True, name="x\x1b[2J")
        for value in (audit, audit["OUT001"], *audit.findings()):
            assert "\x1b" not in repr(value)

    def test_small_groups_are_not_shown(self) -> None:
        frame = rows_of({"few": (1, 3), "a": (50, 200), "b": (90, 200)})
        audit = auditor.check(frame, target="hired", groups="group", no_models=True)
        assert "1 of 3" in " ".join(finding.message for finding in audit.findings())
        assert "1 of 3" not in repr(audit) + audit._repr_html_()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


class TestNotebook:
    # What bleach leaves in place, by which nbconvert sanitises: its ALLOWED_TAGS.
    PLAIN = frozenset({"a", "abbr", "acronym", "b", "blockquote", "code", "em", "i", "li", "ol", "strong", "ul"})

    def test_the_answer_survives_sanitising(self, hiring: Audit) -> None:
        answer, fold, _ = hiring._repr_html_().partition("<details>")
        assert fold
        parser = _Tags()
        parser.feed(answer)
        assert set(parser.tags) <= self.PLAIN
        assert "=" not in "".join(part.split(">")[0] for part in answer.split("<")[1:])  # no attribute is needed
        assert "hiring.csv, 6,510 rows: Unfit" in parser.text
        assert 2 <= parser.tags.count("li") <= 6
        assert "[OUT001]" in parser.text
        assert "Required actions" in parser.text

    def test_it_is_below_400_kilobytes(self, hiring: Audit) -> None:
        assert len(hiring._repr_html_().encode()) < 400_000


class TestSaved:
    def test_a_saved_audit_is_loaded_as_it_was(self, hiring: Audit, tmp_path: Path) -> None:
        path = tmp_path / "audit.json"
        hiring.save(path)
        read = Audit.load(path)
        assert read.impact_ratio("gender", "female") == hiring.impact_ratio("gender", "female")
        assert Audit.load(str(path)) == read

    @pytest.mark.parametrize("text", ["", "[]", '{"schema": "dataudit/audit/99"}'])
    def test_what_is_no_audit_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(auditor.SourceError):
            Audit.load(tmp_path / "x.json")


def test_the_version_is_that_of_the_distribution() -> None:
    assert auditor.__version__ == version("dataudit")


class TestWhatIsGiven:
    def test_a_use_case_may_be_a_mapping(self) -> None:
        frame = rows_of(COUNTS, "gender")
        tables: dict[str, Any] = {"label": {"column": "hired"}, "groups": {"columns": ["gender"]}}
        audits = [auditor.check(frame, use_case=use, no_models=True) for use in (tables, auditor.UseCase(**tables))]
        assert audits[0].results == audits[1].results
        with pytest.raises(auditor.UseCaseError, match=r"^the use case.*colum.*did you mean 'column'"):
            auditor.check(frame, use_case={"label": {"colum": "hired"}})

    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_a_population_may_be_a_frame(self, kind: str) -> None:
        columns = {"group": ["gender"] * 3, "level": ["female", "male", "other"], "share": [0.5, 0.4, 0.1]}
        make: Any = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[kind]
        asked: dict[str, Any] = {"target": "hired", "groups": "gender", "no_models": True}
        audits = [
            auditor.check(rows_of(COUNTS, "gender"), reference=reference, **asked)
            for reference in (make(columns), {"gender": {"female": 0.5, "male": 0.4, "other": 0.1}})
        ]
        assert audits[0]["REP001"].findings == audits[1]["REP001"].findings != ()

    def test_a_population_frame_without_its_columns_is_refused(self) -> None:
        with pytest.raises(auditor.UseCaseError, match="must have the columns group, level and share"):
            auditor.check(rows_of(COUNTS), reference=pd.DataFrame({"x": [1]}), target="hired", groups="group")
        for column in (pd.Series(["Zoe"]), pl.Series(["Zoe"]), pa.chunked_array([["Zoe"]])):
            with pytest.raises(auditor.UseCaseError, match=r"^the reference is of type [^Z]*group, level and share"):
                auditor.check(rows_of(COUNTS), reference=column, target="hired", groups="group")  # type: ignore[arg-type]

    def test_none_is_what_is_not_given(self) -> None:
        audit = auditor.check(rows_of(COUNTS), target="hired", groups="group", seed=None, progress=None, no_models=True)
        assert audit.provenance.seed == 0
