"""Real images for tests: the digits of scikit-learn (1,797 of 8 × 8, from the National Institute of Standards)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits


def png(pixels: np.ndarray, **options: Any) -> bytes:
    """Return pixels as a PNG file; shape (height, width) or (height, width, 3)."""
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG", **options)
    return stream.getvalue()


def planted(rows: int = 1_797) -> tuple[list[np.ndarray], pd.DataFrame]:
    """Return the first digits, those of one group a little brighter, and who they are.

    The outcome is linked with the group alone: 30 and 50 of 100.
    """
    rng = np.random.default_rng(3)
    sex = rng.choice(["f", "m"], rows)
    light = np.where(sex == "f", 1.0, 0.84) * rng.uniform(0.92, 1.0, rows)
    chance = np.where(sex == "f", 0.3, 0.5)
    hired = np.where(rng.random(rows) < chance, "yes", "no")
    digits = load_digits().images[:rows] / 16 * 255
    return list(digits * light[:, None, None]), pd.DataFrame({"sex": sex, "hired": hired})


def folder_of(folder: Path, images: list[np.ndarray], people: pd.DataFrame) -> pd.DataFrame:
    """Write images and metadata.csv to a folder, and return the metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images):
        (folder / f"{i:04}.png").write_bytes(png(image))
    listed = pd.DataFrame({"file_name": [f"{i:04}.png" for i in range(len(images))], **people})
    listed.to_csv(folder / "metadata.csv", index=False)
    return listed
