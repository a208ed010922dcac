"""ONNX image models: prepared as their settings say, by hand on small images and on a real network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.embed.opening import open_embedder
from auditor.errors import SourceError
from tests.embed.models import image_network, write
from tests.needs import package

SIZE: dict[str, Any] = {"size": {"height": 4, "width": 6}}
NORMAL: dict[str, Any] = {"image_mean": [0.5, 0.25, 0], "image_std": [0.5, 1, 2]}


def png(pixels: np.ndarray) -> bytes:
    """Return a PNG file of pixels (uint8)."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _plain(*colour: int, height: int = 4, width: int = 6) -> np.ndarray:
    return np.broadcast_to(np.array(colour, dtype=np.uint8), (height, width, len(colour))).copy()


@pytest.mark.parametrize("shape", [("n", 3, "h", "w"), (1, 3, 4, 6), (2, 3, 4, 6), ("n", 4, 6, 3)])
def test_colours_are_scaled_and_normalised_in_the_layout_of_the_input(tmp_path: Path, shape: Sequence[Any]) -> None:
    model = open_embedder(image_network(tmp_path, shape, **SIZE, **NORMAL))
    vectors = model.embed([png(_plain(255, 51, 0)), png(_plain(0, 0, 255)), png(_plain(102, 255, 51))])
    expected = [[1, -0.05, 0], [-1, -0.25, 0.5], [-0.2, 0.75, 0.1]]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert (model.kind, model.dimension) == ("image", 3)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"do_flip_channel_order": True}, [0, 0.2, 1]),
        ({"do_rescale": False}, [255, 51, 0]),
        ({"rescale_factor": 2 / 255}, [2, 0.4, 0]),
        ({"do_normalize": False, **NORMAL}, [1, 0.2, 0]),
    ],
)
def test_each_setting_does_what_it_says(tmp_path: Path, settings: dict[str, Any], expected: list[float]) -> None:
    model = open_embedder(image_network(tmp_path, **SIZE, **settings))
    np.testing.assert_allclose(model.embed([png(_plain(255, 51, 0))]), [expected], atol=1e-5)


def test_the_shorter_side_is_resized_and_the_middle_cut_out(tmp_path: Path) -> None:
    """Of 8 × 32 pixels resized to 4 × 16, the 4 in the middle are those from 12 to 19 of the first: all white."""
    pixels = np.zeros((8, 32, 3), dtype=np.uint8)
    pixels[:, 10:22] = 255
    crop: dict[str, Any] = {
        "size": {"shortest_edge": 4},
        "crop_size": {"height": 4, "width": 4},
        "do_center_crop": True,
        "resample": 0,
    }
    model = open_embedder(image_network(tmp_path, **crop))
    assert model.embed([png(pixels)]).tolist() == [[1, 1, 1]]
    write(tmp_path, "preprocessor_config.json", {**crop, "crop_size": 16, "size": {"shortest_edge": 16}})
    wider = open_embedder(tmp_path).embed([png(pixels)])  # 16 of 64: still within the white that is 24 wide
    assert wider.tolist() == [[1, 1, 1]]


def test_modes_of_images_become_that_of_the_network(tmp_path: Path) -> None:
    grey = np.full((4, 6), 51, dtype=np.uint8)
    colour = open_embedder(image_network(tmp_path / "colour", **SIZE))
    np.testing.assert_allclose(colour.embed([png(grey), png(_plain(51, 51, 51, 9))]), [[0.2] * 3] * 2, atol=1e-6)
    one = open_embedder(image_network(tmp_path, ("n", 1, 4, 6), **SIZE))
    np.testing.assert_allclose(one.embed([png(_plain(51, 51, 51))]), [[0.2]], atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "settings", "why"),
    [
        (("n", 3, "h", "w"), {}, "neither preprocessor_config.json nor the network gives the size"),
        (("n", 3, 8, 8), SIZE, "makes images of 4 × 6, its network takes 8 × 8"),
        (("n", 3, "h", "w"), {**SIZE, "image_std": [1, 0, 1]}, "deviation that is not above 0"),
        (("n", 3, "h", "w"), {**SIZE, "image_mean": [1, 2]}, "for other than 3 channels"),
        (("n", 3, "h", "w"), {"size": {"height": "tall", "width": 4}}, "that is no number"),
        (("n", 5, 4, 4), SIZE, "its input has the shape"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    tmp_path: Path, shape: Sequence[Any], settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(SourceError, match=why):
        open_embedder(image_network(tmp_path, shape, **settings))


def test_a_broken_image_is_refused_in_a_line(tmp_path: Path) -> None:
    model = open_embedder(image_network(tmp_path, **SIZE))
    with pytest.raises(SourceError, match=r"^an image cannot be decoded: "):
        model.embed([png(_plain(1, 2, 3))[:40]])


def test_a_real_network_gets_the_pixels_that_its_makers_prepare(tmp_path: Path) -> None:
    """RapidOCR's classifier of upright lines (MobileNetV3): blue first, from -1 to 1, on 48 × 192 pixels."""
    import onnxruntime

    source = package("rapidocr_onnxruntime") / "models" / "ch_ppocr_mobile_v2.0_cls_infer.onnx"
    (tmp_path / "model.onnx").write_bytes(source.read_bytes())
    half = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "do_flip_channel_order": True}
    write(tmp_path, "preprocessor_config.json", {"size": {"height": 48, "width": 192}, **half})
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 192, 3), dtype=np.uint8)
    vectors = open_embedder(tmp_path).embed([png(image) for image in images])
    prepared = (images[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255 - 0.5) / 0.5
    (expected,) = onnxruntime.InferenceSession(str(source)).run(None, {"x": prepared})
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(vectors.sum(axis=1), 1, atol=1e-5)  # shares of two classes
