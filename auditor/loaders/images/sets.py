"""What a path holds if it is a set of images: a folder of them, or a description in JSON of COCO or Croissant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.loaders.files import File
from auditor.loaders.images import coco, croissant, folder
from auditor.loaders.images.folder import COLUMN
from auditor.loaders.images.where import Folder
from auditor.use.inputs import reading

if TYPE_CHECKING:
    from auditor.loaders.store import Store

LARGEST, LINE = 2**30, 2**16  # bytes of a description, and of its first lines that are looked at
# The first key of a description, with what its value begins with: else a JSON file is read as rows.
FIRST = re.compile(
    r'\ufeff?\s*\{\s*"(?:(?:info|licenses|images|annotations|categories)"\s*:\s*[\[{]|@\w+"|sc:|name"|description"|'
    r'citeAs"|conformsTo"|type"|license"|url"|distribution"|recordSet"|dct:)'
)


@dataclass(frozen=True)
class ImageSet:
    """A set of images below `folder`: what it is called, its files, and how its table is read.

    `load` returns what to put behind FROM; `column` of it has the paths of the images, or what else they are read
    from. `tables` are the files of the table alone, which the engine may reach.
    """

    label: str
    kind: str
    folder: Path
    files: tuple[File, ...]
    tables: tuple[Path, ...]
    load: Callable[[Store], str]
    column: str | None = COLUMN


def find(path: str) -> ImageSet | None:
    """Return the set of images at a path; None where there is no such set, as for most paths."""
    if path == "-" or "://" in path or not path or "\0" in path:
        return None
    given = Path(path)
    if given.is_dir():
        return _folder(given, path)
    if given.suffix.lower() not in (".json", ".jsonld") or not given.is_file():
        return None
    described = _description(given)
    if described is None:
        return None
    reading(given)
    if croissant.describes(described):
        return _croissant(given, described)
    return _coco(given, described) if coco.describes(described) else None


def _folder(given: Path, label: str) -> ImageSet | None:
    found = folder.contents(given)
    if found is None:
        return None
    for path in found.tables:
        reading(path)
    home = Folder(given)
    paths = [path for path in (*(given / name for name in found.images), *found.tables) if home.holds(path)]
    files = tuple(File(path, path.relative_to(given).as_posix()) for path in paths)
    return ImageSet(
        label, "a folder of images", given, files, found.tables, lambda store: folder.load(store, given, found)
    )


def _description(path: Path) -> Mapping[str, Any] | None:
    """Return a JSON file that holds one object, and begins as a description does; None for any other."""
    with path.open("rb") as stream:
        first = stream.readline(LINE)
        if path.stat().st_size > LARGEST or not FIRST.match((first + stream.read(LINE)).decode("utf-8", "replace")):
            return None
    try:
        if len(first) < path.stat().st_size and isinstance(json.loads(first), dict):
            return None  # one object for each line: rows
    except (ValueError, RecursionError):
        pass
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):  # among them several objects: rows
        return None
    return found if isinstance(found, dict) else None


def _coco(path: Path, described: Mapping[str, Any]) -> ImageSet:
    base = coco.folder_of(path, described)
    rows = coco.Rows.of(described, path.name)
    files = (File(path, path.name), *(File(file, file.relative_to(base).as_posix()) for file in rows.files(base)))
    return ImageSet(path.name, "a COCO description", base, files, (), lambda store: coco.load(store, rows, path.name))


def _croissant(path: Path, described: Mapping[str, Any]) -> ImageSet:
    plan = croissant.Plan.of(path, described)
    files = (File(path, path.name), *(File(file, file.relative_to(path.parent).as_posix()) for file in plan.files))
    return ImageSet(
        path.name, "a Croissant description", path.parent, files, plan.tables,
        lambda store: croissant.load(store, plan), plan.image,
    )  # fmt: skip
