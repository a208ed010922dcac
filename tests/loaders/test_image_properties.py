"""The properties of an image, against CleanVision's formulas in numpy, its own code where it is there, and ImageHash."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy import fftpack, ndimage
from sklearn.datasets import load_digits, load_sample_images

from auditor.loaders.images import properties
from auditor.loaders.images.alike import near_copies
from auditor.loaders.images.properties import picture
from tests.loaders.images import png
from tests.needs import package

PHOTOS: list[np.ndarray] = [image[:240, :320] for image in load_sample_images().images]  # a temple, and a flower
DIGIT: np.ndarray = load_digits().images[7] * 15.9375
EDGES = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])


def _values(data: bytes) -> dict[str, int | float | str | None]:
    found = picture(data)
    assert found is not None
    return dict(found.values)


def _entropy(pixels: np.ndarray) -> float:
    """Of all bands together, in bits, as Pillow counts them."""
    bands = [np.bincount(band.ravel(), minlength=256) for band in np.moveaxis(np.atleast_3d(pixels), 2, 0)]
    share = np.concatenate(bands) / sum(band.sum() for band in bands)
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


def _edges(grey: np.ndarray) -> float:
    """Standard deviation of the filtered picture; Pillow leaves its border as it is."""
    found = grey.astype(float)
    found[1:-1, 1:-1] = ndimage.convolve(grey.astype(int), EDGES)[1:-1, 1:-1].clip(0, 255)
    return float(found.std())


@pytest.mark.parametrize("pixels", PHOTOS)
def test_of_colours(pixels: np.ndarray) -> None:
    data = png(pixels)
    found = _values(data)
    red, green, blue = pixels.reshape(-1, 3).astype(float).mean(axis=0)
    high, low = pixels.max(axis=2).astype(float), pixels.min(axis=2).astype(float)
    saturation = np.where(high > 0, (high - low) * 255 / np.maximum(high, 1), 0).astype(int).mean() / 255
    expected = {
        "width": 320, "height": 240, "aspect": 0.75, "size": np.sqrt(320 * 240),
        "bytes_per_pixel": len(data) / 76_800,
        "brightness": np.sqrt(0.241 * red**2 + 0.691 * green**2 + 0.068 * blue**2) / 255,
        "saturation": saturation,
        "red": red / (red + green + blue), "green": green / (red + green + blue), "blue": blue / (red + green + blue),
        "entropy": _entropy(pixels),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert (found["mode"], found["camera"], found["year"]) == ("RGB", None, None)
    grey = (pixels @ np.array([19595, 38470, 7471]) + 32768) // 65536  # ITU-R 601 in whole numbers, as Pillow has it
    assert found["contrast"] == pytest.approx(grey.std() / 255, abs=1e-6)


def test_of_grey() -> None:
    found = _values(png(DIGIT))
    grey = DIGIT.astype(np.uint8)
    expected = {
        "width": 8, "height": 8, "aspect": 1, "brightness": grey.mean() / 255, "contrast": grey.std() / 255,
        "saturation": 0, "red": 1 / 3, "blue": 1 / 3, "entropy": _entropy(grey), "blur": _edges(grey),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("pixels", [*PHOTOS, DIGIT])
def test_are_those_of_cleanvision(pixels: np.ndarray) -> None:
    package("cleanvision")
    from cleanvision.issue_managers import image_property as theirs

    image = Image.fromarray(pixels.astype(np.uint8))
    found = _values(png(pixels))
    expected = {
        "brightness": theirs.calc_avg_brightness(image),
        "aspect": theirs.calc_aspect_ratio(image),
        "entropy": theirs.calc_entropy(image),
        "size": theirs.calc_image_area_sqrt(image),
        "blur": theirs.BlurrinessProperty().calculate(image)["blurriness"],
        "mode": theirs.calc_color_space(image),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_a_blurred_picture_has_fewer_edges() -> None:
    soft = ndimage.gaussian_filter(PHOTOS[0], (6, 6, 0))
    sharp, blurred = (_values(png(of))["blur"] for of in (PHOTOS[0], soft))
    assert isinstance(sharp, float) and isinstance(blurred, float) and blurred < sharp / 1.5


@pytest.mark.parametrize("mode", ["P", "RGBA", "1", "LA", "CMYK"])
def test_of_other_modes_the_picture_counts_and_not_how_it_is_stored(mode: str) -> None:
    stream = io.BytesIO()
    white = Image.new("RGB", (12, 6), "white").convert(mode)
    white.save(stream, "TIFF" if mode == "CMYK" else "PNG")
    found = _values(stream.getvalue())
    assert found["mode"] == mode and found["brightness"] == pytest.approx(1) and found["aspect"] == 0.5


def test_sixteen_bits_are_scaled() -> None:
    """A pixel of 32,768 of 65,535 is half as bright as white, where a plain conversion cuts it at 255."""
    found = _values(_deep(np.full((4, 4), 32_768)))
    assert found["brightness"] == pytest.approx(0.5, abs=0.003)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_a_dark_picture_of_sixteen_bits_is_dark(form: str) -> None:
    """All pixels are 200 of 65,535: 0.003 of white, however dark the brightest of them is."""
    stream = io.BytesIO()
    Image.fromarray(np.full((4, 4), 200, np.uint16)).save(stream, form)
    assert _values(stream.getvalue())["brightness"] == pytest.approx(200 / 65_535, abs=1 / 255)


@pytest.mark.parametrize("pixels", [np.full((4, 4), 0.5, np.float32), np.full((4, 4), 70_000, np.int32)])
def test_of_thirty_two_bits_white_is_unknown_and_nothing_is_read(pixels: np.ndarray) -> None:
    """Half of white, if white is 1, was read as black."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "TIFF")
    assert picture(stream.getvalue()) is None


def _deep(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint16)).save(stream, "PNG")
    return stream.getvalue()


def test_how_it_was_taken_is_read_and_who_took_it_is_not() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x013B] = "  ACME\0 Cameras ", 6, "Ann Smith"
    exif.get_ifd(0x8769)[0x9003] = "2019:05:04 10:00:00"
    exif.get_ifd(0x8769)[0xA431] = "SN-12345"
    exif.get_ifd(0x8825)[1] = "N"
    stream = io.BytesIO()
    Image.fromarray(PHOTOS[0]).save(stream, "JPEG", exif=exif)
    found = picture(stream.getvalue())
    assert found is not None
    values = found.values
    assert (values["camera"], values["orientation"], values["year"]) == ("acme cameras", "on its side", 2019)
    assert found.personal == {"artist", "serial number", "place"}
    assert not any(word in str(values) for word in ("Smith", "12345"))


def test_the_hash_is_that_of_imagehash() -> None:
    """Buchner's ImageHash: the transform of 32 × 32 pixels, of which the slowest 8 × 8 waves against their median."""
    for pixels in (*PHOTOS, DIGIT):
        small = Image.fromarray(pixels.astype(np.uint8)).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
        waves = fftpack.dct(fftpack.dct(np.asarray(small, float), axis=0), axis=1)[:8, :8]
        bits = (waves > np.median(waves)).ravel()
        found = picture(png(pixels))
        assert found is not None and found.hash == int("".join(map(str, bits.astype(int))), 2)
    flat = picture(png(np.full((9, 9), 120)))
    assert flat is not None and flat.hash is None


def test_near_copies_are_smaller_and_brighter_ones() -> None:
    temple, flower = (Image.fromarray(of) for of in PHOTOS)
    brighter = Image.fromarray((PHOTOS[0] * 0.9 + 20).clip(0, 255).astype(np.uint8))
    images = [temple, flower, temple.resize((160, 120)), brighter, Image.new("L", (9, 9)), Image.new("L", (8, 8))]
    hashes = [found.hash for each in images if (found := picture(png(np.asarray(each))))]
    assert near_copies(hashes) == [0, None, 0, 0, None, None]


def test_near_copies_are_found_wherever_the_bits_differ_and_do_not_chain() -> None:
    rng = np.random.default_rng(0)
    base = int(rng.integers(2**63))
    others = [int(rng.integers(2**63)) for _ in range(200)]  # of random hashes about 32 bits differ
    near = base ^ 0b1111 << 40
    far = near ^ 0b1111  # near `near`, eight bits from `base`
    assert near_copies([*others, base, near, far, None]) == [None] * 200 + [200, 200, None, None]
    assert near_copies([]) == [] and near_copies([5, 5, None]) == [0, 0, None]
    scattered = base ^ sum(1 << bit for bit in (0, 20, 40, 63))
    assert near_copies([base, scattered]) == [0, 0]
    assert near_copies([base, scattered ^ (1 << 10)]) == [None, None]


def _bomb(width: int, height: int) -> bytes:
    """Return a PNG that says that it has so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no image", b"\x89PNG\r\n\x1a\n", png(PHOTOS[0])[:5_000], _bomb(60_000, 60_000), _bomb(0, 5),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", b"BM" + bytes(60),
    ],
    ids=["empty", "text", "header alone", "cut", "bomb", "no width", "PostScript", "zeros"],
)  # fmt: skip
def test_what_is_broken_or_too_large_is_not_read(data: bytes) -> None:
    assert picture(data) is None


def test_formats_that_run_another_program_are_not_opened() -> None:
    assert not {"EPS", "PDF", "WMF", "FPX"} & {*properties.FORMATS}
