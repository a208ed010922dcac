"""Every reporter renders the whole literal audit, escapes its names, and works from saved JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.analyzers.measures import QUANTITIES
from auditor.audit.output import write_reports
from auditor.errors import OutputError
from auditor.model import Audit, Measure, json_schema
from auditor.reporter import notebook, renderer
from auditor.reporter.formats import suffixes
from auditor.reporter.measures import measure_text, words
from tests.needs import program
from tests.reporter.conftest import EVIL

SHIPPED = resources.files("auditor") / "reporter" / "audit.schema.json"


def test_json_round_trips_and_keeps_every_number(audit: Audit) -> None:
    text = renderer(".json")(audit)
    assert "Infinity" not in text
    assert Audit.from_dict(json.loads(text)) == audit


def test_json_holds_to_the_shipped_schema(audit: Audit) -> None:
    schema = json.loads(SHIPPED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data = audit.to_dict()
    validator.validate(data)
    data["verdict"]["level"] = "grade A"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(data)


def test_the_shipped_schema_is_that_of_the_values() -> None:
    shipped, made = json.loads(SHIPPED.read_text(encoding="utf-8")), json_schema()
    if "description" in made["$defs"]["Action"]:
        assert shipped == made
    else:  # pydantic before 2.13 leaves the docstrings of dataclasses out
        assert _without_descriptions(shipped) == _without_descriptions(made)


def _without_descriptions(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_descriptions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_descriptions(of)
        for name, of in schema.items()
        if name != "description" or not isinstance(of, str)
    }


@pytest.mark.parametrize("suffix", [".html", ".json", ".md", ".txt"])
def test_every_text_shows_verdict_reason_condition_finding_and_what_was_not_run(suffix: str, audit: Audit) -> None:
    text = " ".join(str(renderer(suffix)(audit)).replace("\\", "").split())
    for said in ("OUT001", "REP001", "State the population.", "no population", "2,000", "assistive", "10.0%"):
        assert said in text or suffix == ".json" or (said == "10.0%" and suffix == ".txt"), said
    assert "unfit" in text.lower()


@pytest.mark.parametrize("suffix", suffixes())
def test_a_saved_audit_renders_to_the_same_bytes(suffix: str, audit: Audit) -> None:
    if suffix == ".pdf":
        program("BROWSER", ("chromium", "chromium-browser", "google-chrome"))
    saved = Audit.from_dict(json.loads(str(renderer(".json")(audit))))
    assert renderer(suffix)(saved) == renderer(suffix)(audit)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_escapes_every_name_and_fetches_nothing(audit: Audit) -> None:
    page = renderer(".html")(audit)
    parser = _Tags()
    parser.feed(page)
    assert sum(tag == "script" for tag, _ in parser.tags) == 1  # our own, which the page names by its hash
    (policy,) = (str(of["content"]) for tag, of in parser.tags if tag == "meta" and "http-equiv" in of)
    own = page[page.index("<script>") + len("<script>") : page.index("</script>")]
    hashed = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert f"script-src 'sha256-{hashed}'" in policy
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for tag, attributes in parser.tags:
        for name in ("src", "href", "xlink:href", "action"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in page
    assert "url(" not in page


def test_html_ids_are_unique_and_every_link_has_its_target(audit: Audit) -> None:
    parser = _Tags()
    parser.feed(renderer(".html")(audit))
    ids = [attributes["id"] for _, attributes in parser.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {str(attributes["href"])[1:] for tag, attributes in parser.tags if tag == "a"}
    assert links <= set(ids)


def test_markdown_escapes_every_name(audit: Audit) -> None:
    text = renderer(".md")(audit)
    assert EVIL not in text
    assert r"\*m\_n\*" in text


def test_terminal_text_cannot_drive_the_terminal(audit: Audit) -> None:
    assert "\x1b" not in renderer(".txt")(audit)


def test_the_notebook_gets_the_report_in_a_frame(audit: Audit) -> None:
    fragment = notebook(audit)
    assert audit._repr_html_() == fragment
    parser = _Tags()
    parser.feed(fragment)
    *_, (fold, _), (_, _), (tag, attributes) = parser.tags
    assert (fold, tag) == ("details", "iframe")
    assert attributes["srcdoc"] == renderer(".html")(audit)


@pytest.mark.parametrize(
    ("name", "measure", "text"),
    [
        ("impact_ratio", Measure(0.79996, 0.7, None, limit=0.8), "0.79996 [0.700, unbounded]"),
        ("impact_ratio", Measure(None, 0.0, None), "[0.000, unbounded]"),
        ("selection_rate", Measure(0.1094, 0.1, 0.12), "10.9% [10.0%, 12.0%]"),
        ("p_adjusted", Measure(1e-9), "< 0.0001"),
        ("p_value", Measure(0.0312), "0.0312"),
        ("z", Measure(-4.1084), "−4.11"),
        ("shortfall", Measure(3149.6), "3,150"),
        ("shortfall", Measure(640.0, 504.83, 774.85), "640 [505, 775]"),
        ("detectable_ratio", Measure(None), "none, however large"),
    ],
)
def test_measures_in_words(name: str, measure: Measure, text: str) -> None:
    assert measure_text(name, measure, QUANTITIES) == text


def test_of_a_measure_that_an_audit_says_nothing_of_the_name_and_a_plain_number_are_shown() -> None:
    assert words("impact_ratio", {}) == "impact ratio"
    assert words("cdd", QUANTITIES) == "Conditional demographic disparity (descriptive)"
    assert measure_text("impact_ratio", Measure(0.79996, 0.7, 0.9), {}) == "0.8 [0.7, 0.9]"


class TestWriting:
    def test_all_reports_or_none(self, audit: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        good, bad = tmp_path / "a.json", tmp_path / "b.md"

        def fail(audit: Audit) -> str:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("auditor.reporter.markdown.render", fail)
        with pytest.raises(OSError, match="No space"):
            write_reports(audit, [str(good), str(bad)])
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("path", "message"),
        [("no/such/x.html", "there is no folder 'no/such'"), ("x.htm", "must end in one of .*did you mean '.html'")],
    )
    def test_a_path_that_cannot_be_written(self, audit: Audit, path: str, message: str) -> None:
        with pytest.raises(OutputError, match=message):
            write_reports(audit, [path])

    def test_an_old_report_is_replaced_whole(self, audit: Audit, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text("old" * 100000)
        audit.save(str(path))
        assert path.read_text() == renderer(".txt")(audit)
        assert list(tmp_path.iterdir()) == [path]
