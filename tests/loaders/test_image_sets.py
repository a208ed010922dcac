"""Sets of images: folders, manifests, bytes, COCO and Croissant give one table, and nothing is dropped silently."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

import auditor
from auditor.engines.duckdb import peek
from auditor.errors import AuditError, SourceError
from auditor.loaders import open_source
from auditor.loaders.images import properties
from auditor.loaders.options import ReadOptions
from auditor.use.images import is_property
from tests.loaders.images import folder_of, planted, png

IMAGES, PEOPLE = planted()
FEW = 60
Rows = list[dict[str, Any]]


def _read(data: object, **options: Any) -> tuple[Rows, list[str]]:
    """Return the rows of a source, and what was said on reading."""
    with open_source(data, options=ReadOptions(**options)) as source:
        names = list(source.fields)
        rows = source.connection.execute(f"FROM {source.relation}").fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows], list(source.notes)


def _bytes(count: int = FEW) -> list[bytes]:
    return [png(image) for image in IMAGES[:count]]


def _hugging_face(folder: Path) -> Path:
    column = [{"bytes": data, "path": f"{i:04}.png"} for i, data in enumerate(_bytes())]
    pq.write_table(pa.table({"image": column, **PEOPLE[:FEW]}), folder / "a.parquet")
    return folder / "a.parquet"


def _with_metadata(folder: Path) -> Path:
    folder_of(folder / "set", IMAGES[:FEW], PEOPLE[:FEW])
    return folder / "set"


def _jsonl(folder: Path) -> Path:
    listed = folder_of(folder / "set", IMAGES[:FEW], PEOPLE[:FEW])
    (folder / "set" / "metadata.csv").unlink()
    listed.to_json(folder / "set" / "metadata.jsonl", orient="records", lines=True)
    return folder / "set"


def _split(folder: Path) -> Path:
    for name, rows in (("train", slice(0, 40)), ("test", slice(40, FEW))):
        folder_of(folder / "set" / name, IMAGES[rows], PEOPLE[rows])
    return folder / "set"


def _croissant(folder: Path) -> Path:
    listed = folder_of(folder / "images", IMAGES[:FEW], PEOPLE[:FEW])
    (folder / "images" / "metadata.csv").unlink()
    listed.to_csv(folder / "people.csv", index=False)
    source = {"fileObject": {"@id": "people.csv"}}
    fields = [
        {"@id": f"r/{name}", "name": name, "dataType": "sc:Text", "source": {**source, "extract": {"column": name}}}
        for name in PEOPLE
    ]
    files = {"fileSet": {"@id": "images"}}
    described = {
        "@context": {"@vocab": "https://schema.org/"},
        "@type": "sc:Dataset",
        "distribution": [
            {"@type": "cr:FileObject", "@id": "people.csv", "contentUrl": "people.csv", "encodingFormat": "text/csv"},
            {"@type": "cr:FileSet", "@id": "images", "encodingFormat": "image/png", "includes": "images/*.png"},
        ],
        "recordSet": [
            {"@type": "cr:RecordSet", "@id": "r", "field": [
                *fields,
                {"@id": "r/image", "name": "image", "dataType": "sc:ImageObject", "source": {**files, "extract": {"fileProperty": "content"}}},
            ]},
            {"@type": "cr:RecordSet", "@id": "s", "field": [
                {"@id": "s/name", "name": "name", "dataType": "sc:Text", "source": {**files, "extract": {"fileProperty": "filename"}}},
                {"@id": "s/key", "name": "key", "dataType": "sc:Text", "source": {**source, "extract": {"column": "file_name"}}, "references": {"field": {"@id": "s/name"}}},
            ]},
        ],
    }  # fmt: skip
    (folder / "a.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    return folder / "a.json"


def _coco(folder: Path) -> Path:
    folder_of(folder / "images", IMAGES[:FEW], PEOPLE[:FEW])
    images = [{"id": 7 * i, "file_name": f"{i:04}.png", "width": 8, "height": 8} for i in range(FEW)]
    attributes = PEOPLE[:FEW].to_dict("records")
    objects = [{"id": i, "image_id": 7 * i, "category_id": 1, "attributes": of} for i, of in enumerate(attributes)]
    described = {"images": images, "annotations": objects, "categories": [{"id": 1, "name": "digit"}]}
    (folder / "a.json").write_text(json.dumps(described), encoding="utf-8")
    return folder / "a.json"


WAYS: dict[str, tuple[Callable[[Path], Path], dict[str, str]]] = {
    "Parquet of Hugging Face": (_hugging_face, {}),
    "folder with metadata.csv": (_with_metadata, {}),
    "folder with metadata.jsonl": (_jsonl, {}),
    "folder of splits": (_split, {}),
    "Croissant": (_croissant, {}),
    "COCO": (_coco, {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_rows(way: str, tmp_path: Path) -> None:
    make, options = WAYS[way]
    key = ("sex", "hired", "image")
    rows, said = _read(make(tmp_path), **options)
    expected, _ = _read(pa.table({"image": _bytes(), **PEOPLE[:FEW]}))
    same = [{name: row[name] for name in (*key, *filter(is_property, row))} for row in rows]
    wanted = [{name: row[name] for name in (*key, *filter(is_property, row))} for row in expected]
    assert sorted(same, key=str) == sorted(wanted, key=str) and len(rows) == FEW
    assert any(f"Read of {FEW} of {FEW}" in note for note in said)
    brightness = [image.astype(np.uint8).mean() / 255 for image in IMAGES[:FEW]]
    assert sorted(row["image.brightness"] for row in rows) == pytest.approx(sorted(brightness), abs=1e-9)


def test_three_ways_give_one_tally(tmp_path: Path) -> None:
    """A manifest is a table with paths; where its column is called as those of the others are, all is alike."""
    folder = _with_metadata(tmp_path / "a")
    listed = pd.read_csv(folder / "metadata.csv").rename(columns={"file_name": "image"})
    listed.to_csv(folder / "people.csv", index=False)
    audits = [
        auditor.check(folder / "people.csv", image="image", target="hired", groups="sex", no_models=True),
        auditor.check(_hugging_face(tmp_path), target="hired", groups="sex", no_models=True),
    ]
    (folder / "people.csv").unlink()
    audits.append(auditor.check(folder, target="hired", groups="sex", no_models=True))
    (one, *others) = [json.dumps(audit.to_dict()["results"]) for audit in audits]
    assert others == [one, one]
    columns = [{(of.name, of.role, of.levels, of.missing) for of in audit.dataset.columns} for audit in audits]
    assert columns[0] == columns[1] == columns[2]


def test_brightness_tells_the_group_and_carries_its_gap() -> None:
    """Planted: all else of a digit is left alone. The area of brightness alone is that of the data, by scikit-learn."""
    frame = PEOPLE.assign(image=[png(image) for image in IMAGES])
    light = np.array([image.astype(np.uint8).mean() for image in IMAGES])
    area = roc_auc_score(PEOPLE["sex"] == "f", light)
    assert 0.83 < area < 0.88
    audit = auditor.check(
        frame, target="hired", positive="yes", groups="sex", only=["PRX001", "PRX002", "PRX005", "TXT003", "OUT001"]
    )
    (found,) = [each for each in audit.findings("PRX001") if each.subject.get("column") == "image.brightness"]
    carried = found.measures["carried_gap"].value
    assert found.state.found and carried is not None and carried < -0.05
    (recovered,) = audit.findings("PRX002")
    assert (
        recovered.state.found
        and recovered.measures["auc"].low is not None
        and recovered.measures["auc"].low > area - 0.02
    )
    # The outcome follows the group alone, and so does its link with the brightness. By a simulation of as many people
    # the area within groups is .5 on average, with a standard deviation of .02: three of them.
    shortcuts = {each.subject["column"]: each for each in audit.findings("PRX005")}
    bright = shortcuts["image.brightness"]
    assert bright.state.found and "the groups may explain the link" in bright.message
    assert bright.measures["auc_within_groups"].value == pytest.approx(0.5, abs=0.06)
    assert audit.result("TXT003").reason == "there is no text column (--text)"
    saved = json.dumps(audit.to_dict())
    assert "IHDR" not in saved and "\\u0000" not in saved


def test_a_broken_file_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = _with_metadata(tmp_path)
    (folder / "0003.png").write_bytes(png(IMAGES[3])[:60])
    (folder / "0004.png").unlink()
    (folder / "more").mkdir()
    (folder / "more" / "new.png").write_bytes(png(IMAGES[0]))
    rows, said = _read(folder)
    lost = [row for row in rows if row["image.brightness"] is None]
    assert len(rows) == FEW and len(lost) == 2 and all(row["image"] is None for row in lost)
    text = " ".join(said)
    assert f"Read of {FEW - 2} of {FEW}" in text
    assert "No property was read of 1 image broken, or of a format that is not read." in text
    assert "No property was read of 1 image that cannot be found." in text
    assert (
        "1 image of the folder is in no metadata file. Without metadata nothing can be compared, so it is left out."
        in text
    )
    audit = auditor.check(folder, target="hired", groups="sex", no_models=True)
    (column,) = [of for of in audit.dataset.columns if of.name == "image.brightness"]
    assert column.missing == 2
    assert len([of for of in audit.findings("QLT002") if of.subject.get("column", "").startswith("image.")]) == 0
    assert [of.warning for of in audit.dataset.reading if "No property was read" in of.text] == [True, True]


def test_paths_that_leave_the_folder_are_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "secret.png"
    outside.write_bytes(png(IMAGES[0]))
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.png").write_bytes(png(IMAGES[1]))
    (home / "link.png").symlink_to(outside)
    (home / "circle.png").symlink_to(home / "circle.png")
    os.mkfifo(home / "pipe.png")
    names = ["a.png", "../secret.png", str(outside), "link.png", "circle.png", "pipe.png", "https://x.example/a.png",
             "a\0.png", None, "", "gone.png", str(home / "a.png"), "."]  # fmt: skip
    frame = pd.DataFrame({"photo": names, "y": range(len(names))})
    frame.to_parquet(home / "a.parquet")
    rows, said = _read(home / "a.parquet", image="photo")
    read = [
        row["y"] for row in rows if row["image.brightness" if "image.brightness" in row else "image.width"] is not None
    ]
    assert read == [0, 11]  # an absolute path within the folder is one of its own
    text = " ".join(said)
    assert "No property was read of 3 images outside of the folder." in text
    assert "1 image at an address, as nothing is downloaded" in text


def test_a_column_without_any_image_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"photo": ["a.png", "b.png"], "n": [1, 2]}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(
        SourceError, match=r"^no image that column 'photo' names can be read below .* \(2 that cannot be found\)$"
    ):
        _read(tmp_path / "a.csv", image="photo")
    with pytest.raises(SourceError, match=r"^a.csv: column 'n' cannot name images, its type is BIGINT"):
        _read(tmp_path / "a.csv", image="n")
    with pytest.raises(AuditError, match=r"column 'foto' is not in a.csv"):
        _read(tmp_path / "a.csv", image="foto")


def test_the_names_of_folders_are_classes_where_there_is_no_metadata(tmp_path: Path) -> None:
    for i, image in enumerate(IMAGES[:20]):
        home = tmp_path / "set" / ("train" if i % 2 else "test") / ("cat" if i < 8 else "dog")
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{i}.png").write_bytes(png(image))
    rows, _ = _read(tmp_path / "set")
    assert sorted((row["label"], row["split"]) for row in rows) == sorted(
        ("cat" if i < 8 else "dog", "train" if i % 2 else "test") for i in range(20)
    )
    names = [f"{row.relative_to(tmp_path / 'set').as_posix()}" for row in (tmp_path / "set").rglob("*.png")]
    pd.DataFrame({"file_name": names, "kind": "x"}).to_csv(tmp_path / "set" / "metadata.csv", index=False)
    rows, _ = _read(tmp_path / "set")
    assert {"kind", "split"} <= {*rows[0]} and "label" not in rows[0]  # as Hugging Face: the metadata wins


def test_a_folder_with_other_tables_is_read_as_before(tmp_path: Path) -> None:
    folder = _with_metadata(tmp_path)
    pd.DataFrame({"a": [1, 2]}).to_csv(folder / "other.csv", index=False)
    assert "image.brightness" not in _read(folder / "other.csv")[0][0]
    (folder / "other.csv").unlink()
    (folder / "metadata.csv").write_text("name,sex\n0001.png,f\n", encoding="utf-8")
    with pytest.raises(AuditError, match=r"column 'file_name' is not in metadata.csv"):
        _read(folder)


def test_coco_counts_objects_and_takes_groups_from_attributes(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(png(IMAGES[i]))
    described = {
        "info": {"year": 2017},
        "images": [{"id": i, "file_name": f"{i}.png", "date_captured": "2013-11-14", "flickr_url": "http://x", "attributes": {"site": "ab"[i % 2]}} for i in range(3)],
        "categories": [{"id": 1, "name": "woman"}, {"id": 2, "name": "dog"}],
        "annotations": [
            {"image_id": 0, "category_id": 1, "attributes": {"sex": "f"}},
            {"image_id": 0, "category_id": 1, "attributes": {"sex": "f"}},
            {"image_id": 1, "category_id": 2, "attributes": {"sex": "f"}},
            {"image_id": 1, "category_id": 1, "attributes": {"sex": "m", "box": [1, 2]}},
            {"image_id": 9, "category_id": 1},
        ],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(described), encoding="utf-8")
    rows, said = _read(tmp_path / "a.json")
    assert [(row["objects.woman"], row["objects.dog"], row["sex"], row["site"]) for row in rows] == [
        (2, 0, "f", "a"), (1, 1, None, "b"), (0, 0, None, "a"),
    ]  # fmt: skip
    assert not {"flickr_url", "id", "box"} & {*rows[0]}
    assert "1 annotation of no image of the description is left out." in said
    assert "On 1 image the objects have several values of 'sex', which is missing there." in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda of: of["distribution"][0].update(contentUrl="https://x.example/p.csv"), "'https://x.example/p.csv' is at an address, and nothing is downloaded"),
        (lambda of: of["distribution"][0].update(contentUrl="../p.csv"), "'../p.csv' is not there"),
        (lambda of: of["distribution"][1].update(includes="../*.png"), "leads out of the folder"),
        (lambda of: of["distribution"][1].update(includes="none/*.png"), "no file of 'images' is beside"),
        (lambda of: of["recordSet"].pop(), "no field of the table refers to the files of 'images'"),
        (lambda of: of["recordSet"][0]["field"][0]["source"]["extract"].update(column="gone"), "column 'gone' is not in people.csv"),
        (lambda of: of["recordSet"].clear(), "no record set of this description reads the columns of a table"),
    ],
)  # fmt: skip
def test_a_croissant_that_cannot_be_followed_is_refused_in_one_line(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    path = _croissant(tmp_path)
    described = json.loads(path.read_text(encoding="utf-8"))
    change(described)
    path.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(AuditError) as error:
        _read(path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_rows_in_json_are_no_description(tmp_path: Path) -> None:
    lines = [{"images": ["x"], "annotations": ["y"], "n": 1}, {"images": ["z"], "annotations": [], "n": 2}]
    (tmp_path / "a.json").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert [row["n"] for row in _read(tmp_path / "a.json")[0]] == [1, 2]


def test_without_pillow_one_line_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(properties, "can_read", lambda: False)
    rows, said = _read(_hugging_face(tmp_path))
    assert [note for note in said if "pip install 'dataudit[images]'" in note] and "image.width" not in rows[0]
    with pytest.raises(SourceError, match=r"^.*are read with Pillow: pip install 'dataudit\[images\]'$"):
        _read(_with_metadata(tmp_path))


def test_what_was_read_of_images_is_no_group_no_time_and_no_person() -> None:
    """The orientation of a picture is no sexual one, and the year of a camera no year of a case."""
    columns = {
        "image.orientation": ["upright", "on its side"] * 30,
        "image.year": [2010, 2011, 2012] * 20,
        "objects.woman": [0, 1, 2] * 20,
    }
    audit = auditor.check(pd.DataFrame({**columns, **PEOPLE[:FEW]}), target="hired", groups="sex", no_models=True)
    roles = {of.name: of.role for of in audit.dataset.columns}
    assert {roles[name] for name in columns} == {"feature"}
    with open_source(pd.DataFrame(columns)) as source:
        assert set(peek(source)) == {*columns}


def test_what_only_some_images_have_is_a_column(tmp_path: Path) -> None:
    """One camera took all the pictures of one outcome, and the others name none: that alone predicts it.

    It was left out as "the same in all images".
    """
    rng, rows = np.random.default_rng(5), []
    for i, sick in enumerate(rng.integers(0, 2, 120)):
        exif = Image.Exif()
        if sick:
            exif[0x010F] = "ACME"
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8)).save(tmp_path / f"{i}.jpg", exif=exif)
        rows.append({"file_name": f"{i}.jpg", "sick": int(sick), "sex": "fm"[i % 2]})
    pd.DataFrame(rows).to_csv(tmp_path / "metadata.csv", index=False)
    audit = auditor.check(tmp_path, target="sick", positive="1", groups="sex", only=["PRX005"])
    (camera,) = [of for of in audit.findings("PRX005") if of.subject.get("column") == "image.camera"]
    assert camera.state.found and camera.value("auc") == pytest.approx(1)
    assert not any("image.camera" in of.text for of in audit.dataset.reading if "The same in all" in of.text)


def test_a_column_of_the_data_keeps_its_name_and_its_values(tmp_path: Path) -> None:
    """Two columns of one name ended in an error of the engine."""
    table = pd.DataFrame({"photo": _bytes(3), "Image.Brightness": [7.0, 8.0, 9.0]})
    rows, _ = _read(table)
    assert [row["Image.Brightness"] for row in rows] == [7, 8, 9]
    assert "image.contrast" in rows[0] and "image.brightness" not in rows[0]


def test_near_copies_are_one_in_models() -> None:
    """Each picture four times, a little brighter each time, with labels by lot of each picture: no model can tell them.

    With copies in other folds a model would look the answer up.
    """
    rng = np.random.default_rng(8)
    pictures = [np.kron(rng.integers(40, 180, (8, 8)), np.ones((4, 4))) for _ in range(150)]
    images = [picture + light for picture in pictures for light in (0, 1, 2, 3)]
    sex = np.repeat(rng.choice(["f", "m"], 150), 4)
    frame = pd.DataFrame({"sex": sex, "hired": rng.choice(["yes", "no"], 600), "image": [png(each) for each in images]})
    audit = auditor.check(frame, target="hired", groups="sex", only="PRX002")
    roles = {of.name: of.role for of in audit.dataset.columns}
    assert roles["image.copies"] == "ignored"
    assert any("Near copies of other images: 600." in note.text for note in audit.dataset.reading)
    (found,) = audit.findings("PRX002")
    assert not found.state.found
    plain = frame.drop(columns="image").assign(**_told(images))
    (naive,) = auditor.check(plain, target="hired", groups="sex", only="PRX002").findings("PRX002")
    assert naive.state.found  # the same numbers, without the knowledge that they are copies


def _told(images: list[np.ndarray]) -> dict[str, list[float]]:
    values = [properties.picture(png(image)) for image in images]
    kept = ("contrast", "entropy", "blur", "brightness", "bytes_per_pixel")
    return {name: [float(str(of.values[name])) for of in values if of] for name in kept}


def test_sql_reads_only_the_images_that_it_selects(tmp_path: Path) -> None:
    folder = _with_metadata(tmp_path)
    with open_source(folder, sql="SELECT image, hired FROM data WHERE sex = 'f'") as source:
        rows = source.connection.execute(f'SELECT count("image.brightness") FROM {source.relation}').fetchall()
    assert rows == [((PEOPLE["sex"][:FEW] == "f").sum(),)]
    with open_source(folder, sql="SELECT sex, hired FROM data") as source:
        assert list(source.fields) == ["sex", "hired"]


def test_several_columns_of_images_have_properties_of_their_own() -> None:
    frame = pa.table({"front": _bytes(), "side": _bytes()[::-1], **PEOPLE[:FEW]})
    rows, _ = _read(frame)
    light = [image.astype(np.uint8).mean() / 255 for image in IMAGES[:FEW]]
    assert [row["image.front.brightness"] for row in rows] == pytest.approx(light)
    assert [row["image.side.brightness"] for row in rows] == pytest.approx(light[::-1])


def test_a_tiff_and_a_jpeg_are_read_beside_each_other(tmp_path: Path) -> None:
    for i, form in enumerate(("TIFF", "JPEG", "WEBP", "BMP", "GIF")):
        Image.new("RGB", (20 + i, 10), (200, 30 * i, 0)).save(tmp_path / f"{i}.{form.lower()}", form)
    rows, _ = _read(tmp_path)
    assert [row["image.width"] for row in rows] == [20, 21, 22, 23, 24]
