"""A description of images by COCO (Lin and others 2014) -> a table: one row for each image.

Its columns are the image's own facts, how many objects of each category are on it (`objects.dog`), and the attributes
of the image or of its objects. Groups of people come from attributes alone: a category is a guess of an annotator.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders.images.folder import COLUMN, kept
from auditor.loaders.images.where import Folder
from auditor.loaders.names import distinct
from auditor.use.images import OBJECTS
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

# Of an image: its number, what is read from the file itself, and addresses.
NOT_READ = ("id", "file_name", "width", "height", "license", "coco_url", "flickr_url", "url", "attributes")
BESIDE = "images"
SAYS = Says(
    several="On {n:whole} image{n:s} the objects have several values of '{attribute}', which is missing there.",
    strange="{n:whole} annotation{n:s} of no image of the description {verb} left out.",
)
Scalar = str | int | float | bool


def describes(described: Mapping[str, Any]) -> bool:
    """Whether an object in JSON is such a description."""
    images = described.get("images")
    return isinstance(images, list) and isinstance(described.get("annotations"), list) and _named(images)


def _named(images: Iterable[Any]) -> bool:
    return all(isinstance(image, dict) and isinstance(image.get("file_name"), str) for image in images)


def folder_of(path: Path, described: Mapping[str, Any]) -> Path:
    """Return the folder of the images: that of the description, or `images` in it where the first image is there."""
    first = next((image["file_name"] for image in described["images"]), None)
    beside = path.parent / BESIDE
    there = first and not Folder(path.parent).holds(path.parent / first) and Folder(beside).holds(beside / first)
    return beside if there else path.parent


@dataclass(frozen=True)
class Rows:
    """The table, by columns; `several` has the images on which the objects differ in an attribute."""

    columns: dict[str, list[Any]]
    several: Mapping[str, int]
    strange: int

    @classmethod
    def of(cls, described: Mapping[str, Any], label: str) -> Rows:
        """Make the table of a description; SourceError for one without images."""
        images = described["images"]
        if not images:
            raise SourceError(f"{label} describes no image")
        at = {_key(image.get("id")): i for i, image in enumerate(images)}
        rows: list[dict[str, Any]] = [_own(image) for image in images]
        listed = described.get("categories")
        categories = [each for each in listed if _is(each)] if isinstance(listed, list) else []
        names = {_key(each.get("id")): str(each.get("name")) for each in categories}
        counts = [Counter[str]() for _ in images]
        found: list[dict[str, set[Scalar]]] = [{} for _ in images]
        strange = 0
        for annotation in described["annotations"]:
            place = at.get(_key(annotation.get("image_id"))) if _is(annotation) else None
            if place is None:
                strange += 1
                continue
            counts[place][names.get(_key(annotation.get("category_id")), "of no category")] += 1
            for key, value in _scalars(annotation.get("attributes")).items():
                found[place].setdefault(key, set()).add(value)
        several = Counter[str]()
        for row, of in zip(rows, found, strict=True):
            for key, values in of.items():
                several[key] += len(values) > 1
                if len(values) == 1:
                    row.setdefault(key, *values)
        counted = sorted({*names.values()} | {name for count in counts for name in count})
        columns: dict[str, list[Any]] = {COLUMN: [image["file_name"] for image in images]}
        for key in dict.fromkeys(key for row in rows for key in row):
            columns[key] = _alike([row.get(key) for row in rows])
        columns |= {f"{OBJECTS}{name}": [count[name] for count in counts] for name in counted}
        return cls(columns, {key: n for key, n in several.items() if n}, strange)

    def files(self, folder: Path) -> list[Path]:
        """Return the files of the images that are there, and may be read."""
        home = Folder(folder)
        paths = [folder / name for name in dict.fromkeys(self.columns[COLUMN]) if "\0" not in name and name]
        return [path for path in paths if home.holds(path) and path.is_relative_to(folder)]


def load(store: Store, rows: Rows, label: str) -> str:
    """Return what to put behind FROM."""
    for key, n in rows.several.items():
        store.note(SAYS("several", n=n, attribute=key), "images", [key], warning=True)
    if rows.strange:
        verb = "is" if rows.strange == 1 else "are"
        store.note(SAYS("strange", n=rows.strange, verb=verb), "images", warning=True)
    distinct([*rows.columns], label)
    return kept(store, rows.columns)


def _own(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an image: its own, and its attributes."""
    facts = {key: value for key, value in _scalars(image).items() if key not in NOT_READ}
    return {**facts, **_scalars(image.get("attributes"))}


def _scalars(of: Any) -> dict[str, Scalar]:
    found = of if _is(of) else {}
    return {str(key): value for key, value in found.items() if isinstance(value, Scalar) and key not in ("", COLUMN)}


def _key(value: Any) -> str:
    """Return a number or a name by which the parts of a description refer to each other."""
    return json.dumps(value, default=str)


def _is(value: Any) -> bool:
    return isinstance(value, Mapping)


def _alike(values: list[Any]) -> list[Any]:
    """Return values of one type: as they are, or all as text."""
    types = {type(value) for value in values if value is not None}
    if types <= {int, float} and not {int, float} <= types:
        if all(abs(value) < 2**63 for value in values if value is not None):
            return values
    elif types == {int, float}:
        return [None if value is None else float(value) for value in values]
    elif len(types) == 1:
        return values
    return [None if value is None else str(value) for value in values]
