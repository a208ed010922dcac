"""The options of `check` and `tally`: declared once, and the same in Python, on the command line and in every help."""

from __future__ import annotations

import dataclasses
import inspect
import pydoc
import re
import shlex
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.options import PARTS, AnyOptions, meanings, summary
from auditor.audit.request import Request
from auditor.cli.commands import main
from auditor.cli.exits import EXAMPLES
from auditor.cli.sections import SECTIONS, Command, Option
from auditor.errors import ArgumentError, AuditError
from tests.conftest import SAMPLES

FUNCTIONS: dict[str, tuple[Callable[..., object], type]] = {
    "check": (auditor.check, auditor.CheckOptions),
    "tally": (auditor.tally, auditor.TallyOptions),
}
# What only Python takes: the command line fills them itself.
OF_PYTHON = {"command", "progress", "y", "sensitive_features"}
# What only the command line takes (where the audit goes), or the function takes by place.
OF_COMMANDS = {
    "check": {"data", "use_case", "reports", "form", "fail_on", "suggest", "verbose", "quiet"},
    "tally": {"data", "use_case", "output"},
}
# Flags that are not called as their options are.
OTHERWISE = {"groups": "--group"}

DATA = pd.DataFrame({"hired": [0, 1] * 30, "sex": ["f", "m", "m"] * 20})


def _flags(name: str) -> dict[str, click.Parameter]:
    return {str(param.name): param for param in main.commands[name].params}


def _keys(of: type) -> set[str]:
    return set(of.__annotations__)


class TestOneDeclaration:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_the_command_line_has_them_all_and_no_more(self, name: str) -> None:
        assert set(_flags(name)) == (_keys(FUNCTIONS[name][1]) - OF_PYTHON) | OF_COMMANDS[name]

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_flags_are_called_as_options_are(self, name: str) -> None:
        for key in _keys(FUNCTIONS[name][1]) - OF_PYTHON:
            assert _flags(name)[key].opts == [OTHERWISE.get(key, f"--{key.replace('_', '-')}")]

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_each_is_documented_where_help_is_asked_for(self, name: str) -> None:
        function, options = FUNCTIONS[name]
        text = " ".join(pydoc.plain(pydoc.render_doc(function)).split())
        assert list(meanings(options)) == list(options.__annotations__)
        for key, meaning in meanings(options).items():
            assert f" {key}: {meaning}" in text
        shown = CliRunner().invoke(main, [name, "--help"]).stdout
        for key in _keys(options) - OF_PYTHON:
            first = summary(key).removesuffix(".")
            assert re.sub(r"\s", "", first) in re.sub(r"\s", "", shown), key

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_notebooks_see_a_keyword_for_each(self, name: str) -> None:
        function, options = FUNCTIONS[name]
        parameters = inspect.signature(function).parameters
        keywords = [each for each in parameters.values() if each.name in options.__annotations__]
        assert {each.name for each in keywords} == _keys(options)
        assert {each.kind for each in keywords} == {inspect.Parameter.KEYWORD_ONLY}
        assert not [each for each in parameters.values() if each.kind is each.VAR_KEYWORD]

    def test_meanings_are_sentences_and_stand_in_one_part_each(self) -> None:
        assert sorted(key for part in PARTS for key in part.__annotations__) == sorted(AnyOptions.__annotations__)
        for key, meaning in meanings().items():
            assert re.fullmatch(r"[A-Z].*\.", meaning), key
            assert len(summary(key)) < 150, key
        assert all(part.__doc__ for part in PARTS)


class TestUnknownKeywords:
    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("group", "groups"),
            ("Target", "target"),
            ("label", "target"),
            ("outcome", "target"),
            ("protected", "groups"),
            ("sensitive_attributes", "groups"),
            ("y_true", "y"),
            ("sample_weight", "weight"),
            ("random_state", "seed"),
            ("strata", "within"),
            ("usecase", "use_case"),
        ],
    )
    def test_a_hint_names_what_is_meant(self, name: str, meant: str) -> None:
        options: dict[str, Any] = {name: "x"}
        with pytest.raises(TypeError, match=rf"^check takes no argument '{name}'; did you mean '{meant}'\?$"):
            auditor.check(DATA, **options)

    def test_no_hint_where_nothing_is_near_or_the_function_has_no_such_option(self) -> None:
        options: dict[str, Any] = {"zzz": 1}
        with pytest.raises(ArgumentError, match=r"^check takes no argument 'zzz'$"):
            auditor.check(DATA, **options)
        options = {"population": "us-adults-2024"}
        with pytest.raises(ArgumentError, match=r"^tally takes no argument 'population'$"):
            auditor.tally(DATA, "x.tally", **options)
        options = {"drop": "sex"}
        with pytest.raises(ArgumentError, match=r"^tally takes no argument 'drop'"):
            auditor.tally(DATA, "x.tally", **options)

    def test_what_is_given_by_place_is_told_in_a_line_too(self) -> None:
        with pytest.raises(ArgumentError, match=r"^check: too many positional arguments$"):
            auditor.check(DATA, "hired")  # type: ignore[call-arg]
        with pytest.raises(ArgumentError, match=r"^tally: missing a required argument: 'output'$"):
            auditor.tally(DATA)  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        ("name", "value"), [("min_cell", "5"), ("min_cell", None), ("edges_from", 5), ("time", [1])]
    )
    def test_types_of_a_tally_are_checked_too(self, name: str, value: object) -> None:
        options: dict[str, Any] = {name: value}
        with pytest.raises(ArgumentError, match=rf"^{name} is .*; it must be "):
            auditor.tally(DATA, "x.tally", **options)


# A value of each option that differs from its default.
GIVEN: dict[str, Any] = {
    "target": "hired", "positive": 1, "groups": "sex", "unknown": "sex=x", "time": "year", "id": "person",
    "cluster": "site",
    "replicate_weights": "w[1-9]*",
    "survey_strata": "region",
    "group_file": "people.csv", "on": "id", "survey_psu": "tract", "pay": "base", "variable": ["bonus"], "hours": "hours", "category": "grade",
    "control": "grade", "scale": "plain",
    "within": "dept", "weight": "w", "count": "n", "text": "cv", "vector": "emb", "reference": {"sex": {"f": 0.5, "m": 0.5}},
    "policy": "eeoc", "min_report_cell": 9, "table": "t", "sql": "FROM data", "encoding": "cp1252", "skip_rows": 2,
    "sheet": 2, "image": "photo", "name": "x", "memory_limit": "512MB", "engine": "duckdb", "master": "local[2]", "only": "OUT001",
    "skip": ["REP"], "no_models": True, "alternatives": True, "drop": "sex", "redact": ["she"], "group_from_terms": "she", "seed": 7,
    "embed": {"cv": print}, "save_vectors": "v.parquet",
    "command": "typed", "progress": print, "edges_from": "a.tally", "min_cell": 5,
    "y": [0, 1] * 30, "sensitive_features": ["f", "m"] * 30,
}  # fmt: skip


class TestRequest:
    @pytest.mark.parametrize("name", AnyOptions.__annotations__)
    def test_no_option_is_lost(self, name: str) -> None:
        options: Any = {name: GIVEN[name]}
        data: Any = DATA[["sex"]].to_dict("list") if name in ("y", "sensitive_features") else "data.csv"
        assert Request.of(data, None, **options) != Request.of(data, None)

    def test_what_was_asked_for_is_laid_over_the_use_case(self) -> None:
        use = auditor.UseCase.model_validate(
            {"label": {"column": "hired", "kind": "past_decision"}, "features": {"strata": {"dept": "chosen freely"}}}
        )
        asked = Request.of("data.csv", use, target="promoted", within=["dept", "grade"], unknown={"sex": ["x"]})
        assert (asked.use.label.column, asked.use.label.kind) == ("promoted", "past_decision")
        assert asked.use.features.strata == {"dept": "chosen freely", "grade": ""}
        assert asked.use.groups.unknown == {"sex": ("x",)}
        assert use.label.column == "hired"

    def test_it_is_frozen(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            Request.of(DATA, None).seed = 1  # type: ignore[misc]

    @pytest.mark.parametrize("drop", ["sex", ["sex"], ("sex",), np.array(["sex"]), pd.Index(["sex"])])
    def test_tallies_have_no_rows_to_go_without(self, drop: Any) -> None:
        with pytest.raises(AuditError, match=r"^'drop' cannot be asked of tallies"):
            Request.of("a.tally", None, drop=drop)
        assert Request.of("a.tally", None, drop=[], table="").parts


class TestHelp:
    @pytest.mark.parametrize("name", list(main.commands))
    def test_options_stand_in_sections_in_one_order_and_examples_below(self, name: str) -> None:
        command = main.commands[name]
        assert isinstance(command, Command)
        assert all(isinstance(param, Option) for param in command.params if isinstance(param, click.Option))
        lines = CliRunner().invoke(main, [name, "--help"]).stdout.splitlines()
        shown = [line.removesuffix(":") for line in lines if re.fullmatch(r"[A-Z]\w+:", line)]
        assert shown[:-1] == (["Options"] if len(shown) == 2 else [each for each in SECTIONS if each in shown])
        assert shown[-1].startswith("Example")

    def test_check_has_all_sections(self) -> None:
        lines = CliRunner().invoke(main, ["check", "--help"]).stdout.splitlines()
        assert [line for line in lines if line.removesuffix(":") in SECTIONS] == [f"{each}:" for each in SECTIONS]

    @pytest.mark.parametrize(
        "example", [*EXAMPLES, *(each for of in main.commands.values() for each in getattr(of, "examples", ()))]
    )
    def test_examples_can_be_typed(self, example: str) -> None:
        name, *arguments = shlex.split(example)
        if "--help" not in arguments:
            main.commands[name].make_context(name, arguments)

    def test_the_name_that_reports_call_the_data(self, tmp_path: Any) -> None:
        for output, more in ((".json", ["check"]), (".tally", ["tally"])):
            path = tmp_path / f"x{output}"
            flag = "--report" if output == ".json" else "--output"
            files = [str(SAMPLES / "hiring.csv"), "--use-case", str(SAMPLES / "hiring.use_case.toml")]
            rest = ["--only", "OUT001"] if output == ".json" else []
            run = CliRunner().invoke(main, [*more, *files, "--name", "the north", flag, str(path), *rest])
            assert run.exit_code in (0, 1), run.stderr
            assert '"the north"' in path.read_text(encoding="utf-8")
