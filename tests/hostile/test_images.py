"""Sets of images that were made to break the program: it refuses them in one line, or counts what it cannot read."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import AuditError
from auditor.loaders import open_source
from tests.loaders.images import planted, png

IMAGES, _ = planted(12)
ODD: list[Any] = [None, "", 0, -1, 10**30, 1.5, True, [], {}, [[]], {"a": 1}, "\0", "../../etc/passwd", "/etc/passwd",
                  "a" * 300, "\ud800", "(own)", "images", "https://x.example/", ["a"], "**a", "[", "SEX", "sex"]  # fmt: skip


def _coco() -> dict[str, Any]:
    return {
        "info": {"year": 2017},
        "images": [{"id": i, "file_name": f"{i}.png", "site": "ab"[i % 2], "attributes": {"x": i}} for i in range(4)],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [{"image_id": i, "category_id": 1, "attributes": {"sex": "fm"[i % 2]}} for i in range(4)],
    }


def _croissant() -> dict[str, Any]:
    files, table = {"fileSet": {"@id": "images"}}, {"fileObject": {"@id": "t"}}
    fields: list[dict[str, Any]] = [
        {"@id": "r/sex", "name": "sex", "source": {**table, "extract": {"column": "sex"}}},
        {"@id": "r/key", "name": "key", "source": {**table, "extract": {"column": "file"}}, "references": {"field": {"@id": "r/name"}}},
        {"@id": "r/name", "name": "name", "source": {**files, "extract": {"fileProperty": "filename"}}},
        {"@id": "r/image", "name": "image", "dataType": "sc:ImageObject", "source": {**files, "extract": {"fileProperty": "content"}}},
    ]  # fmt: skip
    return {
        "@context": {},
        "distribution": [
            {"@type": "cr:FileObject", "@id": "t", "contentUrl": "t.csv", "encodingFormat": "text/csv"},
            {"@type": "cr:FileSet", "@id": "images", "includes": "*.png"},
        ],
        "recordSet": [{"@id": "r", "name": "r", "field": fields}],
    }


def _places(of: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a description, as what holds it and its key."""
    for key in range(len(of)) if isinstance(of, list) else of if isinstance(of, dict) else ():
        yield of, key
        yield from _places(of[key])


@pytest.mark.parametrize("kind", ["COCO", "Croissant"])
def test_a_damaged_description_is_read_or_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    for i, image in enumerate(IMAGES[:4]):
        (tmp_path / f"{i}.png").write_bytes(png(image))
    (tmp_path / "t.csv").write_text("file,sex\n" + "".join(f"{i}.png,{'fm'[i % 2]}\n" for i in range(4)))
    rng, read = random.Random(5), 0
    for _ in range(40):
        described = _coco() if kind == "COCO" else _croissant()
        for _ in range(rng.choice([0, 1, 1, 2])):
            holder, key = rng.choice(list(_places(described)))
            holder[key] = rng.choice(ODD)
        (tmp_path / "a.json").write_text(json.dumps(described), encoding="utf-8")
        try:
            with open_source(tmp_path / "a.json") as source:
                source.connection.execute(f"FROM {source.relation}").fetchall()
                read += 1
        except AuditError as error:
            assert "\n" not in str(error) and len(str(error)) < 700
    assert read > 8


def test_a_pipe_among_the_images_is_not_waited_for(tmp_path: Path) -> None:
    for i, image in enumerate(IMAGES[:3]):
        (tmp_path / f"{i}.png").write_bytes(png(image))
    os.mkfifo(tmp_path / "9.png")
    (tmp_path / "8.png").symlink_to("/dev/zero")
    with open_source(tmp_path) as source:
        assert source.sha256
        rows = source.connection.execute(f'SELECT "image.brightness" FROM {source.relation}').fetchall()
    assert [row[0] is None for row in rows] == [False, False, False, True, True]


def test_a_folder_that_a_link_leads_round_in_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(IMAGES[0]))
    (tmp_path / "b.png").write_bytes(png(IMAGES[1]))
    (tmp_path / "round").symlink_to(tmp_path)
    with open_source(tmp_path) as source:
        assert source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall() == [(2,)]
