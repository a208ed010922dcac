"""Image models in ONNX: prepared as the folder's `preprocessor_config.json` says, in the layout of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.embed.embedder import Kind, Tick, decoded, finite, silent
from auditor.embed.folders import Folder
from auditor.embed.session import Network

if TYPE_CHECKING:
    from PIL.Image import Image

SETTINGS = "preprocessor_config.json"
OF_IMAGE = ("image_embeds", "image_embedding", "embedding", "embeddings", "pooler_output")
AT_ONCE = 16  # images
LARGEST = 4_096  # pixels of a side
BILINEAR = 2  # as Pillow numbers its ways to resize
Size = tuple[int, int]  # height, width


class Pictures:
    """A folder with `model.onnx` or `onnx/model.onnx`, and `preprocessor_config.json`.

    The steps are those of Hugging Face's image processors, in their order: resize, crop at the centre, rescale,
    normalise, flip channels. A network's image vector is taken by its name, else its first output of one vector, else
    the first token of several, else the mean over places.
    """

    kind: Kind = "image"
    slow = True

    def __init__(self, folder: Folder, network: Network) -> None:
        self._folder, self._network = folder, network
        if len(network.inputs) != 1:
            raise folder.error(f"it has {len(network.inputs)} inputs; an image model has one")
        self._input, (shape, _) = next(iter(network.inputs.items()))
        self._channels, self._last, own = _layout(folder, shape)
        self._steps = Steps(folder, folder.settings(SETTINGS), self._channels, own)
        self._output, self._pooling = _output(network)
        self._at_once = shape[0] if isinstance(shape[0], int) else AT_ONCE
        self._digest = network.digest()
        self._images = 0
        self._width = self._run(np.zeros((1, *self._steps.size, self._channels), dtype=np.float32)).shape[1]

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self._width)

    @property
    def provenance(self) -> Mapping[str, object]:
        """The model, and the size of the images that it sees."""
        return {
            "model": self._folder.name,
            "format": "ONNX image model",
            **self._digest,
            "dimension": self.dimension,
            "pooling": self._pooling,
            "normalised": False,
            "height": self._steps.size[0],
            "width": self._steps.size[1],
            "images": self._images,
        }

    def embed(self, items: Sequence[str] | Sequence[bytes], tick: Tick = silent) -> np.ndarray:
        """Return the vectors of images, each a file's bytes."""
        self._images = len(items)
        parts = [np.zeros((0, self._width), dtype=np.float32)]
        for start in range(0, len(items), self._at_once):
            files = items[start : start + self._at_once]
            pixels = np.stack([self._steps(decoded(bytes(file))) for file in files if isinstance(file, bytes)])
            parts.append(self._run(pixels))
            tick(start + len(files))
        return finite(np.concatenate(parts), f"the model in '{self._folder.path}'")

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        """Return vectors of shape (n, dimension) of pixels of shape (n, height, width, channels)."""
        n, shape = len(pixels), self._network.inputs[self._input][0]
        if isinstance(shape[0], int) and n < shape[0]:  # the network takes so many images and no fewer
            pixels = np.concatenate([pixels, np.zeros((shape[0] - n, *pixels.shape[1:]), dtype=np.float32)])
        given = pixels if self._last else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        out = self._network.run(self._output, {self._input: self._network.cast(self._input, given)})
        if out.ndim not in (2, 3, 4) or len(out) != len(pixels):
            raise self._folder.error(f"its output '{self._output}' has the shape {out.shape}")
        if out.ndim > 2:
            out = out[:, 0] if out.ndim == 3 else out.mean(axis=(2, 3))
        return out[:n]


class Steps:
    """How an image becomes the pixels that a network takes. `size` is that of the result."""

    def __init__(self, folder: Folder, settings: Mapping[str, Any], channels: int, own: Size | None) -> None:
        self._channels = channels
        try:
            self._read(settings)
        except (TypeError, ValueError, KeyError, AttributeError):
            raise folder.error(f"{SETTINGS} has a size, a mean or a scale that is no number") from None
        for of in (self._mean, self._std):
            if of.shape not in ((), (1,), (channels,)) or not np.isfinite(of).all():
                raise folder.error(f"{SETTINGS} has a mean or deviation for other than {channels} channels")
        if not (self._std > 0).all():
            raise folder.error(f"{SETTINGS} has a deviation that is not above 0")
        self.size: Size = self._size(folder, own)

    def _read(self, settings: Mapping[str, Any]) -> None:
        """Read the settings; those that are left out are as the processors have them."""
        crop = settings.get("crop_size")
        crops = settings.get("do_center_crop", crop is not None) and crop is not None
        normal = settings.get("do_normalize", bool({"image_mean", "image_std"} & {*settings}))
        size = settings.get("size") if settings.get("do_resize", True) else None
        self._resize = _sizes(size, settings.get("crop_pct"))
        self._crop = _whole(crop) if crops else None
        self._scale = float(settings.get("rescale_factor", 1 / 255)) if settings.get("do_rescale", True) else 1.0
        self._mean = np.asarray(settings.get("image_mean", 0.0) if normal else 0.0, dtype=np.float32)
        self._std = np.asarray(settings.get("image_std", 1.0) if normal else 1.0, dtype=np.float32)
        self._resample = int(settings.get("resample", BILINEAR))
        self._flip = bool(settings.get("do_flip_channel_order", False))

    def _size(self, folder: Folder, own: Size | None) -> Size:
        """Return the height and width of what the steps make, which is what the network takes."""
        whole = self._resize[:2] if self._resize is not None and self._resize[0] else None
        size = self._crop or whole or own
        if size is None:
            raise folder.error(f"neither {SETTINGS} nor the network gives the size of its images")
        if own is not None and size != own:
            raise folder.error(
                f"{SETTINGS} makes images of {size[0]} × {size[1]}, its network takes {own[0]} × {own[1]}"
            )
        if not all(1 <= side <= LARGEST for side in size):
            raise folder.error(f"{SETTINGS} makes images of {size[0]} × {size[1]} pixels")
        return size

    def __call__(self, image: Image) -> np.ndarray:
        """Return pixels of shape (height, width, channels)."""
        image = image.convert("RGB" if self._channels == 3 else "L")
        width, height = image.size
        if self._resize is not None:
            height, width = _resized(self._resize, height, width)
            image = image.resize((width, height), self._resample)
        if self._crop is not None:
            image = _cropped(image, *self._crop)
        if (image.height, image.width) != self.size:
            image = image.resize((self.size[1], self.size[0]), self._resample)
        pixels = np.asarray(image, dtype=np.float32).reshape(*self.size, self._channels)
        pixels = (pixels * np.float32(self._scale) - self._mean) / self._std
        return pixels[..., ::-1] if self._flip else pixels


def _layout(folder: Folder, shape: tuple[object, ...]) -> tuple[int, bool, Size | None]:
    """Return the channels of an input, whether they come last, and its height and width where they are fixed."""
    if len(shape) == 4:
        for place, sides in ((1, shape[2:]), (3, shape[1:3])):
            if (channels := shape[place]) in (1, 3) and isinstance(channels, int):
                height, width = sides
                fixed = (height, width) if isinstance(height, int) and isinstance(width, int) else None
                return channels, place == 3, fixed
        if not isinstance(shape[1], int) and not isinstance(shape[3], int):
            return 3, False, None  # all may vary, as exporters write it: channels first
    raise folder.error(
        f"its input has the shape {[*shape]}; an image model takes images × 1 or 3 channels × height × width"
    )


def _output(network: Network) -> tuple[str, str]:
    """Return the output that is used, and how it is pooled."""
    ranks = {name: len(shape) for name, shape in network.outputs.items()}
    named = [name for name in OF_IMAGE if name in ranks]
    found = next(iter([*named, *(name for rank in (2, 3, 4) for name, of in ranks.items() if of == rank), *ranks]))
    return found, {3: "first token", 4: "mean over places"}.get(ranks[found], "by the model")


def _whole(size: Any) -> Size:
    """Return height and width of a size that is stated whole: one number, or both.

    >>> _whole(224), _whole({"height": 48, "width": 192})
    ((224, 224), (48, 192))
    """
    return (int(size["height"]), int(size["width"])) if isinstance(size, Mapping) else (int(size), int(size))


def _sizes(size: Any, crop_share: Any) -> tuple[int, int, int] | None:
    """Return height, width (0 where the shorter side decides) and the shorter side.

    >>> _sizes({"shortest_edge": 256}, None), _sizes({"height": 48, "width": 192}, None), _sizes(224, None)
    ((0, 0, 256), (48, 192, 0), (224, 224, 0))
    """
    if size is None:
        return None
    if isinstance(size, Mapping) and "shortest_edge" in size:
        return 0, 0, int(int(size["shortest_edge"]) / float(crop_share or 1))
    return (*_whole(size), 0)


def _resized(asked: tuple[int, int, int], height: int, width: int) -> Size:
    """Return the height and width to resize to; the longer side is cut to a whole number, as processors do.

    >>> _resized((0, 0, 256), 300, 451)
    (256, 384)
    """
    if asked[0]:
        return asked[0], asked[1]
    short, long = min(height, width), max(height, width)
    longer = max(1, asked[2] * long // short)
    return (asked[2], longer) if height <= width else (longer, asked[2])


def _cropped(image: Image, height: int, width: int) -> Image:
    """Return the middle of an image; what a smaller image lacks is black."""
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
