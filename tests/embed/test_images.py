"""Columns of images are embedded from their files, wherever these lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.errors import RoleError
from tests.embed.models import TABLE, image_network, static
from tests.embed.test_image import png

N = 160
COLOURS = np.random.default_rng(5).integers(0, 256, (N, 3), dtype=np.uint8)


def _files() -> list[bytes]:
    return [png(np.broadcast_to(colour, (4, 6, 3)).copy()) for colour in COLOURS]


def _people() -> pd.DataFrame:
    draw = np.random.default_rng(6)
    return pd.DataFrame({"person": range(N), "sex": draw.choice(["f", "m"], N), "hired": draw.choice(["yes", "no"], N)})


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for i, file in enumerate(_files()):
        (folder / f"{i}.png").write_bytes(file)
    _people().assign(file_name=[f"{i}.png" for i in range(N)]).to_csv(folder / "metadata.csv", index=False)
    return folder


def _structs(tmp_path: Path) -> Path:
    path = tmp_path / "data.parquet"
    table = pa.Table.from_pandas(_people())
    pq.write_table(table.append_column("image", pa.array([{"bytes": file, "path": None} for file in _files()])), path)
    return path


def _manifest(tmp_path: Path) -> Path:
    _folder(tmp_path)
    path = tmp_path / "data.csv"
    _people().assign(image=[f"images/{i}.png" for i in range(N)]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("make", [_folder, _structs, _manifest])
@pytest.mark.parametrize("of", ["folder", "function"])
def test_each_image_has_the_vector_of_its_own_pixels(make: Any, of: str, tmp_path: Path) -> None:
    model: Any = image_network(tmp_path / "model", size={"height": 4, "width": 6})
    if of == "function":

        def model(images: list[Any]) -> np.ndarray:
            return np.array([np.asarray(image).mean(axis=(0, 1)) / 255 for image in images])

    path = tmp_path / "v.parquet"
    options: dict[str, Any] = {"image": "image"} if make is _manifest else {}
    audit = auditor.check(
        make(tmp_path), target="hired", positive="yes", groups="sex", id="person", only="OUT001",
        embed={"image": model}, save_vectors=path, **options,
    )  # fmt: skip
    table = pq.read_table(path)
    found = {int(key): row for key, row in zip(table["person"].to_pylist(), table[2].to_pylist(), strict=True)}
    assert len(found) == N
    for i, colour in enumerate(COLOURS):
        assert found[i] == pytest.approx(colour / 255, abs=1e-6)
    (note,) = (each.text for each in audit.dataset.reading if each.about == "embedding")
    assert note.startswith(f"Embedded {N} of {N} images of 'image' by ")


def test_a_broken_image_is_left_out_and_counted(tmp_path: Path) -> None:
    folder, path = _folder(tmp_path), tmp_path / "v.parquet"
    (folder / "7.png").write_bytes(b"no image")
    model = image_network(tmp_path / "model", size={"height": 4, "width": 6})
    audit = auditor.check(
        folder, target="hired", positive="yes", groups="sex", only="OUT001", embed={"image": model}, save_vectors=path
    )
    assert pq.read_table(path).num_rows == N - 1
    assert any(each.text.startswith(f"Embedded {N - 1} of {N - 1} images") for each in audit.dataset.reading)


def test_a_model_of_texts_is_refused_for_images(tmp_path: Path) -> None:
    model = static(tmp_path / "model", {"embeddings": TABLE})
    with pytest.raises(RoleError, match="the model for 'image' reads texts, and the column holds images"):
        auditor.check(_structs(tmp_path), target="hired", positive="yes", groups="sex", embed={"image": model})
