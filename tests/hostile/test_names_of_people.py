"""Values that name a person (addresses, numbers, names) are in no error, note, draft, slice or prompt."""

from __future__ import annotations

import os
import random
import re
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.redact import suggestions
from auditor.cli.commands import main
from auditor.reporter.json import render as as_json
from auditor.reporter.showing import shown
from auditor.reporter.terminal import render as as_text
from auditor.use.nameable import is_personal, may_be_named, named
from auditor.use.roles import Ignored


def _frame(n: int = 240) -> pd.DataFrame:
    draw = random.Random(3)
    return pd.DataFrame(
        {
            "contact": [f"jane{i // 60}@mail.example" for i in range(n)],  # four, of sixty rows each
            "ssn": [f"{100 + i:03d}-45-{6789 + i:04d}" for i in range(n)],
            "mobile": [15_550_000_000 + 7 * draw.randrange(10**8) for _ in range(n)],  # read as a number
            "sex": draw.choices(["f", "m"], k=n),
            # The first sixty are hardly hired: a slice that is found by its address, if addresses are looked at.
            "hired": ["yes" if draw.random() < (0.05 if i < 60 else 0.7) else "no" for i in range(n)],
        }
    )


def _check(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    return auditor.check(frame, **{"target": "hired", "groups": ["sex"], "no_models": True, **more})


def test_columns_of_addresses_and_numbers_are_no_features_whatever_recurs() -> None:
    audit = _check(_frame())
    notes = {column.name: column.note for column in audit.dataset.columns}
    assert notes["contact"] == notes["mobile"] == Ignored.PERSONAL
    assert notes["sex"] is None
    for text in (as_text(audit), as_json(audit)):
        assert "@mail" not in text
        assert "-45-" not in text
        assert "1555" not in text.replace(",", "")
    assert "contact" in as_text(audit)  # the column's name may be shown


@pytest.mark.parametrize("role", ["groups", "within", "target"])
def test_a_column_that_names_people_has_no_levels_to_compare(role: str) -> None:
    given = {role: ["contact"] if role == "groups" else "contact", **({"positive": "x"} if role == "target" else {})}
    with pytest.raises(auditor.AuditError, match="'contact' holds addresses or official numbers of people") as error:
        _check(_frame(), **given)
    assert "@" not in str(error.value)


def test_one_address_among_groups_is_not_recorded_and_not_named() -> None:
    frame = _frame()
    frame.loc[3, "sex"] = "ask jane@mail.example"
    frame.loc[5, "sex"] = "jane@mail.example"
    audit = _check(frame, within=None)
    note = next(text for text in audit.dataset.notes if "official numbers of people" in text)
    assert note.endswith("of people: under 5 rows of 'sex'.")
    assert "jane@mail.example" not in as_text(audit)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"target": "ssn", "positive": "123-45-6700"}, "(values: 240 different ones, not shown)"),
        ({"target": "note", "positive": "x"}, "does not occur in 'note' (values: 240 different ones, not shown)"),
        ({"target": "note", "positive": "Nota Bene 1"}, "(values: 240 different ones, not shown)"),
        ({"target": "note"}, "(values: 240 different ones, not shown"),
        ({"target": "note", "positive": ">= 3"}, "(values: 240 different ones, not shown)"),
        ({"target": "hired", "positive": "yess"}, "did you mean 'yes'? (values: "),
        ({"positive": "yes", "use_case": {"sex": "jane"}}, "(levels: "),
    ],
)
def test_errors_name_values_of_few_levels_only(more: dict[str, Any], message: str) -> None:
    frame = _frame().assign(note=[f"Nota Bene {i}x" for i in range(240)])
    if use := more.get("use_case"):
        more = {**more, "use_case": auditor.UseCase.model_validate({"groups": {"reference": use}})}
    with pytest.raises(auditor.AuditError) as error:
        _check(frame, **more)
    assert message in str(error.value)
    typed = str(more.get("positive"))
    assert "-45-" not in str(error.value).replace(typed, "")
    assert "Nota" not in str(error.value).replace(typed, "")


def test_the_ends_of_a_number_are_rounded() -> None:
    frame = _frame().assign(pay=[30_000 + i for i in range(239)] + [1_234_567])
    with pytest.raises(auditor.AuditError, match="from about 30,000 to 1,200,000"):
        _check(frame, target="pay", positive=">= 5e6")
    with pytest.raises(auditor.AuditError, match="which column") as error:
        auditor.check(frame[["pay", "sex"]])
    assert "1,200,000" in str(error.value)
    assert "234" not in str(error.value)


def test_titles_above_a_header_are_counted_and_not_quoted(tmp_path: Path) -> None:
    rows = "\n".join(f"{'fm'[i % 2]},{'yes' if i % 3 else 'no'},{i}" for i in range(40))
    path = tmp_path / "titled.csv"
    path.write_text(f"List of Jane Roe\nfor internal use\n\nsex,hired,years\n{rows}\n", encoding="utf-8")
    audit = auditor.check(path, target="hired", groups=["sex"], no_models=True)
    assert any("title above the header: 2 lines." in text for text in audit.dataset.notes)
    assert "Jane" not in as_json(audit)


def test_a_draft_names_no_value_of_a_person(tmp_path: Path) -> None:
    _frame().drop(columns="hired").assign(outcome=_frame()["ssn"]).to_csv(tmp_path / "d.csv", index=False)
    old = os.umask(0o027)
    try:
        run = CliRunner().invoke(main, ["init", str(tmp_path / "d.csv"), "-o", str(tmp_path / "u.toml")])
    finally:
        os.umask(old)
    assert run.exit_code == 0, run.output
    text = (tmp_path / "u.toml").read_text(encoding="utf-8")
    assert "@mail" not in text
    assert "-45-" not in text
    assert stat.S_IMODE((tmp_path / "u.toml").stat().st_mode) == 0o640


def test_the_command_line_and_the_use_case_set_the_least_cell(tmp_path: Path) -> None:
    frame = _frame()[["sex", "hired"]]
    frame.loc[0, "sex"] = "x"
    frame.to_csv(tmp_path / "d.csv", index=False)
    base = [
        "check",
        str(tmp_path / "d.csv"),
        "--target",
        "hired",
        "--group",
        "sex",
        "--no-models",
        "--fail-on",
        "never",
        "-v",
    ]
    hidden = CliRunner().invoke(main, base)
    every = CliRunner().invoke(main, [*base, "--min-report-cell", "0"])
    assert re.search(r"sex 'x' against '[fm]': too few to show \(under 5 rows\)\.", hidden.output)
    assert "too few to show" not in every.output
    assert re.search(r"\([01] of 1\)", " ".join(every.output.split()))
    (tmp_path / "u.toml").write_text('[groups]\ncolumns = ["sex"]\nmin_report_cell = 1\n', encoding="utf-8")
    assert "too few to show" not in CliRunner().invoke(main, [*base, "--use-case", str(tmp_path / "u.toml")]).output
    wrong = CliRunner().invoke(main, [*base, "--min-report-cell", "-1"])
    assert wrong.exit_code == 2


def test_suggested_terms_tell_no_share_of_few() -> None:
    draw = random.Random(5)
    words = ["led", "built", "wrote", "sold"]
    people = ["f"] * 300 + ["m"] * 300
    texts = [
        " ".join([*draw.choices(words, k=5), *(["harpist"] if i < 60 or i in (400, 401) else [])]) for i in range(600)
    ]
    outcome = ["yes" if draw.random() < (0.02 if i < 60 else 0.5) else "no" for i in range(600)]
    audit = _check(pd.DataFrame({"sex": people, "cv": texts, "hired": outcome}), text="cv")
    view = shown(audit)
    record = next(of for of in view.result("TXT001").table if of["term"] == "harpist")
    assert (record["documents_reference"], record["share_reference"]) == (None, None)
    line = next(line for line in suggestions(view).splitlines() if line.startswith("harpist"))
    assert "few of 'm'" in line
    assert "few" in as_text(audit)
    assert shown(view) == view


def test_what_may_be_named() -> None:
    assert may_be_named(["yes", "no"], rows=2)
    assert not may_be_named([f"v{i}" for i in range(51)])
    assert not may_be_named([f"name {i}" for i in range(11)], rows=12)
    assert not may_be_named(["a" * 61])
    assert not may_be_named(["one two three four five six seven eight nine"])
    assert named([str(i) for i in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"
    levels = ["01001020100", "2023-W05", "100,000 - 250,000", "1990/05/12", "12 to 15", "Q1 2023", "3.5", "GS-12"]
    assert not [level for level in levels if is_personal(level)]
