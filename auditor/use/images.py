"""The columns that are read from images: their names, by which they are known wherever the images were read."""

from __future__ import annotations

PREFIX = "image."
# Property -> DuckDB's type of its column, in the order of the columns.
PROPERTIES = {
    "width": "BIGINT",
    "height": "BIGINT",
    "aspect": "DOUBLE",
    "size": "DOUBLE",
    "bytes_per_pixel": "DOUBLE",
    "mode": "VARCHAR",
    "brightness": "DOUBLE",
    "contrast": "DOUBLE",
    "saturation": "DOUBLE",
    "red": "DOUBLE",
    "green": "DOUBLE",
    "blue": "DOUBLE",
    "entropy": "DOUBLE",
    "blur": "DOUBLE",
    "camera": "VARCHAR",
    "orientation": "VARCHAR",
    "year": "BIGINT",
}
OBJECTS = "objects."  # of a category, counted on each image
COPIES = "copies"  # which images are nearly equal: they count as one in models


def named(what: str, column: str = "") -> str:
    """Return the name of what is read of images; `column` is given where several columns hold images.

    >>> named("brightness"), named("brightness", "xray")
    ('image.brightness', 'image.xray.brightness')
    """
    return f"{PREFIX}{column}.{what}" if column else f"{PREFIX}{what}"


def is_property(name: str) -> bool:
    """Whether a column is called as a property of images is.

    >>> is_property("image.blur"), is_property("image.xray.blur"), is_property("image.diagnosis"), is_property("blur")
    (True, True, False, False)
    """
    return name.startswith(PREFIX) and name.rpartition(".")[2] in PROPERTIES


def is_counted(name: str) -> bool:
    """Whether a column is called as a number of objects on an image is: a quantity, whatever the objects are."""
    return name.startswith(OBJECTS)


def is_copies(name: str) -> bool:
    """Whether a column is called as the one of the sets of nearly equal images."""
    return name.startswith(PREFIX) and name.rpartition(".")[2] == COPIES
