"""A folder of images -> a table: the metadata files in it, else a class for each folder, as Hugging Face reads it.

The rules are those of `datasets` (imagefolder): a file `metadata.csv`, `.jsonl` or `.parquet` with a column `file_name`
is about the images beside and below it, and where there is one the names of the folders are no labels.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ColumnError, SourceError
from auditor.loaders import kinds
from auditor.loaders.catalog import of_kind
from auditor.loaders.files import HIDDEN, File, Found
from auditor.loaders.source import literal, quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

COLUMN, FILE_NAME, LABEL, SPLIT = "image", "file_name", "label", "split"
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")
TABLES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
SPLITS = ("train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval")
SAYS = Says(
    unlisted="{n:whole} image{n:s} of the folder {verb} in no metadata file. Without metadata nothing can be compared, "
    "so {pronoun} left out.",
    classes="No metadata file is there, so the names of the folders are the classes, in column 'label'.",
    twice="{n:whole} row{n:s} of the metadata name{s} an image that an earlier row names.",
)


@dataclass(frozen=True)
class Contents:
    """The images of a folder, as paths relative to it, and its metadata files; both sorted."""

    images: tuple[str, ...]
    tables: tuple[Path, ...]


def contents(folder: Path) -> Contents | None:
    """Return what a folder of images holds; None for one without images, or with tables of other names."""
    images, tables = [], []
    for home, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
        for name in sorted(names):
            path = Path(home, name)
            if name.startswith(HIDDEN):
                continue
            if name.lower() in TABLES:
                tables.append(path)
            elif name.lower().endswith(SUFFIXES):
                images.append(path.relative_to(folder).as_posix())
            elif kinds.by_suffix(path)[0]:
                return None
    return Contents(tuple(sorted(images)), tuple(tables)) if images else None


def load(store: Store, folder: Path, found: Contents) -> str:
    """Return what to put behind FROM: a row for each image, with its path in COLUMN."""
    return _listed(store, folder, found) if found.tables else _classes(store, found)


def _classes(store: Store, found: Contents) -> str:
    """Make a table of the images by the folders that they lie in."""
    parts = [name.split("/") for name in found.images]
    columns = {COLUMN: list(found.images)}
    if all(len(path) > 2 and path[0] in SPLITS for path in parts):
        columns[SPLIT] = [path[0] for path in parts]
    labels: list[str | None] = [path[-2] if len(path) > 1 else None for path in parts]
    if len(set(labels)) > 1:
        columns[LABEL] = [label or "" for label in labels]
        store.note(SAYS["classes"], "images", [LABEL])
    return kept(store, columns)


def kept(store: Store, columns: dict[str, list[str]] | dict[str, list[object]]) -> str:
    """Make a table of columns in Python, and return its name."""
    import pyarrow as pa

    try:
        table = pa.table(columns)
    except UnicodeEncodeError as error:  # half a character, as JSON can spell it
        raise SourceError(f"{error.object!r:.40} holds half a character, and is no text") from error
    store.connection.register("image_rows", table)
    store.run("CREATE TABLE kept.image_rows AS FROM image_rows")
    store.connection.unregister("image_rows")
    return "kept.image_rows"


def _listed(store: Store, folder: Path, found: Contents) -> str:
    """Make a table of all metadata files, and report the images that none of them names."""
    tables = [_table(store, folder, path, i) for i, path in enumerate(found.tables)]
    store.run(f"CREATE TABLE kept.image_rows AS {' UNION ALL BY NAME '.join(f'FROM {table}' for table in tables)}")
    _split(store, found.tables)
    named = [os.path.normpath(name) for (name,) in store.run(f"SELECT {COLUMN} FROM kept.image_rows") if name]
    if rest := len({*found.images} - {Path(name).as_posix() for name in named}):
        verb, pronoun = ("is", "it is") if rest == 1 else ("are", "they are")
        store.note(SAYS("unlisted", n=rest, verb=verb, pronoun=pronoun), "images", [COLUMN], warning=True)
    if again := len(named) - len(set(named)):
        store.note(SAYS("twice", n=again, s="s" if again == 1 else ""), "images", [COLUMN], warning=True)
    return "kept.image_rows"


def _table(store: Store, folder: Path, path: Path, place: int) -> str:
    """Make a table of one metadata file, with its paths relative to the whole folder."""
    label = path.relative_to(folder).as_posix()
    relation = loaded(store, [path], label)
    names = [name for name, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")]
    if FILE_NAME not in names:
        raise ColumnError.missing(FILE_NAME, names, label)
    if COLUMN in names:
        raise SourceError(f"{label}: column '{COLUMN}' needs another name, as the images are to be called so")
    home = path.parent.relative_to(folder).as_posix()
    prefix = "" if home == "." else f"{literal(home + '/')} || "
    file = f"{prefix}CAST({quoted(FILE_NAME)} AS VARCHAR) AS {COLUMN}"
    rest = f"* EXCLUDE ({quoted(FILE_NAME)})" if len(names) > 1 else ""
    store.run(f"CREATE TABLE kept.metadata_{place} AS SELECT {file}{', ' + rest if rest else ''} FROM {relation}")
    return f"kept.metadata_{place}"


def loaded(store: Store, paths: Sequence[Path], label: str) -> str:
    """Read tables of one kind by their own loader, and return what to put behind FROM."""
    kind = kinds.kind_of(paths[0], label)
    store.options.check(kind, label)
    files = tuple(File(path, path.name) for path in paths)
    relation: str = of_kind(kind).load(store, Found(label, kind, files))
    store.recipe = None
    return relation


def _split(store: Store, tables: Sequence[Path]) -> None:
    """Add the part of the data that an image is for, where every path begins with it."""
    names = [name for name, *_ in store.run("DESCRIBE kept.image_rows")]
    first = f"split_part({COLUMN}, '/', 1)"
    listed = ", ".join(map(literal, SPLITS))
    ((all_split,),) = store.run(f"SELECT bool_and({first} IN ({listed})) FROM kept.image_rows")
    if all_split and SPLIT not in names:
        store.run(f"ALTER TABLE kept.image_rows ADD COLUMN {SPLIT} VARCHAR")
        store.run(f"UPDATE kept.image_rows SET {SPLIT} = {first}")
