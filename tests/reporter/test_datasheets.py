"""Descriptions of the data for others: Croissant with RAI, a dataset card, a datasheet. Nothing in them is guessed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fairlearn.metrics import demographic_parity_ratio
from markdown_it import MarkdownIt

import auditor
from auditor.loaders import open_source
from auditor.model import Audit
from auditor.reporter import renderer
from auditor.reporter.descriptions.card import NEEDED
from auditor.reporter.descriptions.croissant import NAMESPACE
from auditor.reporter.descriptions.datasheet import COMPLETE, OPEN
from auditor.reporter.descriptions.questions import SECTIONS
from tests.conftest import ROOT, SAMPLES
from tests.reporter.conftest import EVIL

FRAME = pd.read_csv(SAMPLES / "hiring.csv")
FORMS = (".croissant.json", ".card.md", ".datasheet.md", ".checklist.md")


@pytest.fixture(scope="module")
def hiring() -> Audit:
    return Audit.from_dict(json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def described(hiring: Audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The description of the hiring sample, beside its file."""
    folder = tmp_path_factory.mktemp("described")
    shutil.copy(SAMPLES / "hiring.csv", folder)
    hiring.save(folder / "hiring.croissant.json")
    return folder / "hiring.croissant.json"


# Of the library that expands JSON-LD.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
class TestCroissant:
    def test_mlcroissant_finds_no_error_and_reads_every_row(self, described: Path) -> None:
        mlcroissant = pytest.importorskip("mlcroissant")
        found = mlcroissant.Dataset(jsonld=str(described))
        assert found.metadata.ctx.issues.errors == set()
        # The audit knows neither a citation, nor a date, a licence or a version.
        assert len(found.metadata.ctx.issues.warnings) == 4
        assert {str(of) for of in found.metadata.conforms_to} == {
            "http://mlcommons.org/croissant/1.0",
            "http://mlcommons.org/croissant/RAI/1.0",
        }
        assert any("'female' is selected at 14.9%" in text for text in found.metadata.data_biases)
        assert any("repeat an earlier one" in text for text in found.metadata.data_limitations)
        assert found.metadata.data_use_cases[0].startswith("rank incoming applications")
        assert found.metadata.data_collection == "The outcome is a past decision, as stated."
        fields = {of.name: str(of.data_types[0]).rpartition("/")[2] for of in found.metadata.record_sets[0].fields}
        assert list(fields) == list(FRAME.columns)
        assert (fields["distance_km"], fields["applied_year"], fields["gender"]) == ("Float", "Integer", "Text")
        rows = list(found.records("rows"))
        assert len(rows) == len(FRAME)
        assert rows[0]["rows/column-1"] == FRAME["applicant_id"][0].encode()

    def test_the_numbers_survive_as_json_in_a_namespace_of_their_own(self, described: Path) -> None:
        rdflib = pytest.importorskip("rdflib")
        graph = rdflib.Graph().parse(described, format="json-ld")
        (found,) = graph.objects(None, rdflib.URIRef(f"{NAMESPACE}audit"))
        assert str(found.datatype) == "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"
        numbers = json.loads(str(found))
        known = FRAME.dropna(subset=["gender"])
        selected = known["hired"] == "yes"
        (women,) = (row for row in numbers["groups"] if row["level"] == "female")
        assert (women["rows"], women["favourable"]) == (
            (known["gender"] == "female").sum(),
            (selected & (known["gender"] == "female")).sum(),
        )
        ratio = demographic_parity_ratio(selected, y_pred=selected, sensitive_features=known["gender"])
        assert women["impact_ratio"] == pytest.approx(ratio, rel=1e-12)
        assert {row["name"]: row["missing"] for row in numbers["columns"]} == FRAME.isna().sum().to_dict()
        assert len(list(graph.objects(None, rdflib.URIRef("http://mlcommons.org/croissant/RAI/dataBiases")))) > 10

    def test_the_program_reads_the_file_that_it_described(self, described: Path) -> None:
        with open_source(str(described)) as source, open_source(str(SAMPLES / "hiring.csv")) as plain:
            query = "SELECT count(*), count(DISTINCT applicant_id), sum(distance_km) FROM "
            assert list(source.fields) == list(plain.fields)
            (found,) = source.connection.execute(query + source.relation).fetchall()
            (expected,) = plain.connection.execute(query + plain.relation).fetchall()
            assert found == pytest.approx(expected)  # fractions are added up in any order

    def test_a_frame_has_no_file_to_be_described(self) -> None:
        audit = auditor.check(FRAME, target="hired", groups="gender", only="OUT001")
        made = json.loads(str(renderer(".croissant.json")(audit)))
        assert not {"distribution", "recordSet"} & set(made)
        assert made["dataudit:audit"]["rows"] == len(FRAME)
        assert "rai:dataUseCases" not in made  # no use was stated


def _front(text: str) -> Any:
    return pytest.importorskip("yaml").safe_load(text.split("---\n")[1])


class TestCard:
    def test_its_head_is_yaml_that_the_hub_reads(self, hiring: Audit) -> None:
        text = str(renderer(".card.md")(hiring))
        assert _front(text) == {"pretty_name": "hiring", "size_categories": ["1K<n<10K"], "tags": ["dataudit"]}
        data = pytest.importorskip("huggingface_hub").DatasetCard(text).data
        assert (data.pretty_name, data.size_categories, data.license) == ("hiring", ["1K<n<10K"], None)

    def test_what_is_known_is_there_and_the_rest_is_asked_for(self, hiring: Audit) -> None:
        text = str(renderer(".card.md")(hiring))
        sections = dict(re.findall(r"^#+ (.+)\n\n((?:(?!#).*\n)*)", text, flags=re.MULTILINE))
        for name in ("Curation Rationale", "Who are the annotators?", "Citation", "Dataset Card Contact"):
            assert sections[name].strip() == NEEDED, name
        assert f"- **License:** {NEEDED}" in sections["Dataset Description"]
        assert "'gender'" in sections["Personal and Sensitive Information"]
        assert "| gender | group | VARCHAR | 213 | 2 |" in sections["Dataset Structure"]
        assert "dated 2005 to 2014 by 'applied\\_year'" in sections["Data Collection and Processing"]


class TestDatasheet:
    def test_every_question_stands_and_the_open_ones_are_counted(self, hiring: Audit) -> None:
        text = str(renderer(".datasheet.md")(hiring))
        asked = [question.text for _, questions in SECTIONS for question in questions]
        assert re.findall(r"^### (.+)$", text, flags=re.MULTILINE) == asked
        assert len(asked) == 57  # of the paper's seven sections: 4, 16, 12, 4, 6, 7 and 8
        assert [len(questions) for _, questions in SECTIONS] == [4, 16, 12, 4, 6, 7, 8]
        answered, part, open_ = map(
            int, re.findall(r"Of 57 questions, (\d+) .*? (\d+) in part, and (\d+) are", text)[0]
        )
        assert (answered, part, open_) == (4, text.count(COMPLETE), text.count(OPEN))
        assert answered + part + open_ == 57

    def test_without_a_stated_use_no_use_and_no_origin_is_made_up(self) -> None:
        audit = auditor.check(FRAME[["gender", "hired"]], target="hired", groups="gender", only="OUT001")
        text = str(renderer(".datasheet.md")(audit))
        answers = dict(re.findall(r"^### (.+)\n\n((?:(?!#).*\n)*)", text, flags=re.MULTILINE))
        stated = ("What tasks could it be used for?", "Over what time frame was the data collected?",
                  "How was the data of each instance acquired (observed, reported, derived)?",
                  "Does it contain all possible instances, or a sample? Is the sample representative?")  # fmt: skip
        for question in (*stated, *(of.text for _, questions in SECTIONS for of in questions if of.key is None)):
            assert answers[question].strip().removesuffix("\n\n---").startswith(OPEN), question
        assert "| male | 5,050 | 80.2% |" in answers["Does it identify subpopulations, and how are they distributed?"]


@pytest.mark.parametrize("suffix", FORMS)
def test_names_of_the_data_are_text_and_no_markup(suffix: str, audit: Audit) -> None:
    text = str(renderer(suffix)(audit))
    assert "\x1b" not in text
    if suffix == ".croissant.json":
        assert json.loads(text)["dataudit:audit"]["columns"][0]["name"] == EVIL
    else:
        body = text.split("---\n", 2)[-1] if suffix == ".card.md" else text
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    if suffix == ".card.md":
        assert _front(text)["pretty_name"] == "script>"  # what a path of that name ends in


@pytest.mark.parametrize("suffix", FORMS)
def test_a_suffix_picks_the_format_on_the_command_line_too(suffix: str, hiring: Audit, tmp_path: Path) -> None:
    hiring.save(tmp_path / f"data{suffix}")
    assert (tmp_path / f"data{suffix}").read_text(encoding="utf-8") == renderer(suffix)(hiring)
