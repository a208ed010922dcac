"""The bytes of an image -> its properties: numbers and words about the picture, never about who is in it.

Brightness, aspect, size, entropy and blur are computed as CleanVision does (cleanvision 0.3.7, image_property.py), so
that its columns and ours agree. Other than there, a picture with a palette or with transparency is first converted to
red, green and blue: numbers of a palette are no brightness.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")  # that no other program must open
PIXELS = 2**27  # of an image: beyond them, what it unpacks to is not read
BLUR_SIDE = 64  # pixels of the longer side to which an image is reduced before its edges are found
HASH_SIDE, HASH_KEPT = 32, 8
INSTALL = "pip install 'dataudit[images]'"
# Tags of EXIF 2.32 (CIPA DC-008), and those of its directories of the picture and of the place.
MAKE, ORIENTATION, CHANGED, TAKEN, EXIF, GPS = 0x010F, 0x0112, 0x0132, 0x9003, 0x8769, 0x8825
PERSONAL = {0x013B: "artist", 0xA430: "owner", 0xA431: "serial number", 0xA435: "serial number"}
TURNED = {
    1: "upright", 2: "mirrored", 3: "upside down", 4: "mirrored upside down", 5: "mirrored on its side",
    6: "on its side", 7: "mirrored on its side", 8: "on its side",
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """What was read of one image.

    `values` maps the properties to their values; None for those that it does not have. `hash` is a perceptual one of
    64 bits; None for an image without any detail. `personal` lists what its EXIF data hold that identifies someone, and
    that is not read: its place, its owner, a serial number.
    """

    values: Mapping[str, int | float | str | None]
    hash: int | None
    personal: frozenset[str]


def can_read() -> bool:
    """Whether Pillow is installed."""
    try:
        import PIL.Image as _  # noqa: F401
    except ImportError:
        return False
    return True


def need_pillow(what: str) -> None:
    """Refuse where Pillow is not installed."""
    if not can_read():
        raise SourceError(f"{what} holds images, which are read with Pillow: {INSTALL}")


@cache
def _formats() -> tuple[str, ...]:
    """Return the formats that this Pillow opens."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def picture(data: bytes) -> Picture | None:
    """Return what can be read of an image; None where it is broken, too large, or no image."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:
            if image.width * image.height > PIXELS:
                return None
            exif = image.getexif()  # of some formats it is lost on conversion
            plain = _plain(image)
            grey = plain.convert("L")
            values = {**_sizes(image, len(data)), **_colours(plain, grey), **_shot(exif)}
            return Picture(values, _hash(grey), _personal(exif))
    except Exception:  # a damaged file raises whatever its decoder stumbles over
        return None


def _plain(image: Image) -> Image:
    """Return the picture in grey, or in red, green and blue, with 8 bits each."""
    from PIL import Image as images

    if image.mode in ("L", "RGB"):
        image.load()
        return image
    if image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PPM"):  # white is 65,535
        return images.fromarray((np.asarray(image).astype(np.int64) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):  # 32 bits: a file may mean any number by white, and 1 is one of them
        raise ValueError("no number is known to be white")
    return image.convert("L" if image.mode in ("1", "LA", "La") else "RGB")


def _sizes(image: Image, length: int) -> dict[str, int | float | str]:
    width, height = image.size
    return {
        "width": width,
        "height": height,
        "aspect": min(width / height, height / width),
        "size": math.sqrt(width * height),
        "bytes_per_pixel": length / (width * height),
        "mode": image.mode,
    }


def _colours(plain: Image, grey: Image) -> dict[str, float]:
    """Return what the pixels are like: means, shares, and how much they differ."""
    from PIL import ImageStat

    means = ImageStat.Stat(plain).mean
    red, green, blue = means if len(means) == 3 else means * 3
    total = red + green + blue
    saturation = ImageStat.Stat(plain.convert("HSV")).mean[1] / 255 if plain.mode == "RGB" else 0.0
    return {
        "brightness": math.sqrt(0.241 * red**2 + 0.691 * green**2 + 0.068 * blue**2) / 255,
        "contrast": ImageStat.Stat(grey).stddev[0] / 255,
        "saturation": saturation,
        "red": red / total if total else 1 / 3,
        "green": green / total if total else 1 / 3,
        "blue": blue / total if total else 1 / 3,
        "entropy": plain.entropy(),
        "blur": _edges(plain),
    }


def _edges(plain: Image) -> float:
    """Return the standard deviation of the edges: low for a blurred picture."""
    from PIL import ImageFilter, ImageStat

    ratio = max(plain.size) / BLUR_SIDE
    if ratio > 1:
        plain = plain.resize((max(int(plain.width // ratio), 1), max(int(plain.height // ratio), 1)))
    return math.sqrt(ImageStat.Stat(plain.convert("L").filter(ImageFilter.FIND_EDGES)).var[0])


@cache
def _cosines() -> np.ndarray:
    """Return the first rows of the discrete cosine transform (type II); shape (HASH_KEPT, HASH_SIDE)."""
    waves, at = np.arange(HASH_KEPT), np.arange(HASH_SIDE)
    made: np.ndarray = np.cos(np.pi * waves[:, None] * (2 * at + 1) / (2 * HASH_SIDE))
    return made


def _hash(grey: Image) -> int | None:
    """Return the perceptual hash: which of the slowest waves of the picture lie above their median (Zauner 2010).

    The one wave without a direction is the brightness; it counts as every other, as in the package ImageHash.
    """
    from PIL import Image as images

    small = grey.resize((HASH_SIDE, HASH_SIDE), images.Resampling.LANCZOS)
    waves = _cosines() @ np.asarray(small, dtype=float) @ _cosines().T
    if np.abs(waves).ravel()[1:].max() < 1e-6:  # of one colour: it is like every other such image
        return None
    return int("".join("1" if bit else "0" for bit in (waves > np.median(waves)).ravel()), 2)


def _shot(exif: Exif) -> dict[str, int | str | None]:
    """Return how the picture was taken: the maker of the camera, how it was held, and the year."""
    own = exif.get_ifd(EXIF)
    when = str(own.get(TAKEN) or exif.get(CHANGED) or "")[:4]
    year = int(when) if when.isascii() and when.isdigit() and 1800 < int(when) < 2200 else None
    return {"camera": _word(exif.get(MAKE)), "orientation": TURNED.get(exif.get(ORIENTATION, 0)), "year": year}


def _word(value: Any) -> str | None:
    """Return a text from EXIF data in one spelling; None for an empty one."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    return " ".join(words)[:40].casefold() or None


def _personal(exif: Exif) -> frozenset[str]:
    every = {*exif, *exif.get_ifd(EXIF)}
    found = {word for tag, word in PERSONAL.items() if tag in every}
    return frozenset(found | ({"place"} if exif.get_ifd(GPS) else set()))
