"""A saved audit from a stranger: whatever stands in it, it is rendered or refused in a line."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.reporter.charts.figure import Figure
from auditor.reporter.formats import renderer
from tests.conftest import ROOT

VALUES: tuple[Any, ...] = (None, "", "x\x1b[31m\u202e<b>", [], {}, -1, 1e308, True, [None], {"a": [1]})


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*path, key))


def _changed(saved: Any, path: tuple[Any, ...], value: Any, *, remove: bool) -> Any:
    made = copy.deepcopy(saved)
    *above, last = path
    inside = made
    for key in above:
        inside = inside[key]
    if remove:
        del inside[last]
    else:
        inside[last] = value
    return made


@pytest.fixture(scope="module")
def saved() -> Any:
    audit = auditor.check(
        ROOT / "sample_data" / "hiring.csv", target="hired", positive="yes", groups=["gender"], no_models=True,
        reference={"gender": {"female": 0.5, "male": 0.5}}, policy="nyc-ll144", only=["REP", "OUT001", "OUT006", "PRX001", "POL", "LAB"],
    )  # fmt: skip
    return json.loads(json.dumps(audit.to_dict()))


def test_a_tampered_audit_is_rendered_or_refused(saved: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figure, "svg", lambda self: "<svg/>")  # the renderer of charts has tests of its own
    random = np.random.default_rng(7)
    paths = list(_paths(saved))
    chosen = [paths[i] for i in random.choice(len(paths), 25, replace=False)] + [
        path for path in paths if len(path) <= 2
    ]
    source, outputs = tmp_path / "a.json", [tmp_path / f"b.{suffix}" for suffix in ("html", "md", "txt", "json")]
    for i, path in enumerate(chosen):
        tampered = _changed(saved, path, VALUES[i % len(VALUES)], remove=i % 3 == 0)
        source.write_text(json.dumps(tampered), encoding="utf-8")
        done = CliRunner().invoke(
            main, ["render", str(source), *(word for out in outputs for word in ("-o", str(out)))]
        )
        assert done.exit_code in (0, 2), (path, done.output[-300:])
        if done.exit_code == 2:
            assert done.output.count("\n") == 1 and "\x1b" not in done.output, path
            continue
        for out in outputs:
            text = out.read_text(encoding="utf-8")
            assert not {"\x1b", "\u202e"} & set(text), (path, out.suffix)
            assert (
                out.suffix != ".html"
                or "<b>" not in text.replace("<b>hiring.csv</b>", "").replace("<b>Check this:</b>", "")
                or path[0] == "dataset"
            )


@pytest.mark.parametrize("text", ['{"schema": 1e400}', "[" * 100_000, "NaN", '{"schema": "dataudit/audit/1"}', "\x00"])
def test_what_is_no_audit_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    for command in (
        ["render", str(tmp_path / "a.json"), "-o", str(tmp_path / "b.md")],
        ["compare", *[str(tmp_path / "a.json")] * 2],
    ):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 2 and done.output.count("\n") == 1


@pytest.mark.parametrize("key", ["rule", "name", "reason"])
def test_no_text_of_a_result_drives_a_terminal(saved: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of the rule: found, clear, not run."""
    monkeypatch.setattr(Figure, "svg", lambda self: "<svg/>")
    for result in saved["results"]:
        tampered = {
            **saved,
            "results": [{**of, key: "\x1b[31m<i>X\u202e"} if of is result else of for of in saved["results"]],
        }
        try:
            audit = auditor.Audit.from_dict(tampered)
        except AuditError:
            continue
        for suffix in (".txt", ".md", ".html", ".checklist.md", ".datasheet.md", ".card.md"):
            text = str(renderer(suffix)(audit))
            assert not {"\x1b", "\u202e"} & {*text}, (result["rule"], key, suffix)
            assert suffix == ".txt" or "<i>X" not in text, (result["rule"], key, suffix)
