"""A Croissant description (mlcommons.org/croissant/1.0) -> a table: one record set over one table and one set of files.

What is read: fields that name a column of a CSV, JSON or Parquet file beside the description, and a field that holds
images, by their bytes in the table or as a set of files that the table names. Nothing is downloaded or unpacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import ColumnError, SourceError
from auditor.loaders.images.folder import COLUMN, loaded
from auditor.loaders.images.where import Folder
from auditor.loaders.source import quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

FILES = ("filename", "filepath", "fullpath")  # what a field may read of a set of files, beside their content
SAYS = Says(
    read="Read as record set '{name}' of the Croissant description.",
    unlisted="{n:whole} image{n:s} of the set of files {verb} in no row of the table. Without metadata nothing can be "
    "compared, so {pronoun} left out.",
)


def describes(described: Mapping[str, Any]) -> bool:
    """Whether an object in JSON is such a description."""
    return isinstance(described.get("recordSet"), list) and isinstance(described.get("distribution"), list)


@dataclass(frozen=True)
class Plan:
    """What is read: `tables` are the files of the table, `columns` its columns by the names that they get.

    `image` is the column of the images after that. `key` is the table's column that names them, among `images`: the
    files of their set, relative to the folder; both empty where the table holds the images itself.
    """

    name: str
    folder: Path
    tables: tuple[Path, ...]
    columns: Mapping[str, str]
    image: str | None = None
    key: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, described: Mapping[str, Any]) -> Plan:
        """Work out what is to be read; SourceError where it is more than one table, or lies elsewhere."""
        return _Reading(path, described).plan()

    @property
    def files(self) -> tuple[Path, ...]:
        """All files."""
        return (*self.tables, *(self.folder / name for name in dict.fromkeys(self.images.values())))


def load(store: Store, plan: Plan) -> str:
    """Return what to put behind FROM."""
    store.note(SAYS("read", name=plan.name), "images")
    relation = loaded(store, plan.tables, plan.tables[0].name)
    there = [name for name, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")]
    for column in (*plan.columns.values(), *([plan.key] if plan.key else [])):
        if column not in there:
            raise ColumnError.missing(column, there, plan.tables[0].name)
    chosen = ", ".join(f"{quoted(column)} AS {quoted(name)}" for name, column in plan.columns.items())
    if plan.key is None:
        store.run(f"CREATE TABLE kept.described AS SELECT {chosen} FROM {relation}")
        return "kept.described"
    import pyarrow as pa

    store.connection.register(
        "described_files",
        pa.table({"named": pa.array(plan.images, pa.string()), "lies": pa.array(plan.images.values(), pa.string())}),
    )
    key = f"CAST({quoted(plan.key)} AS VARCHAR)"
    # A file that is not there keeps its name, so that it is counted as one that does not exist.
    image = f"coalesce(described_files.lies, {key}) AS {quoted(plan.image or COLUMN)}"
    chosen = f"{chosen}, {image}" if chosen else image
    store.run(
        f"CREATE TABLE kept.described AS SELECT {chosen} FROM {relation} LEFT JOIN described_files ON named = {key}"
    )
    found = {name for (name,) in store.run(f"SELECT DISTINCT {key} FROM {relation}")}
    rest = set(plan.images.values()) - {lies for name, lies in plan.images.items() if name in found}
    store.connection.unregister("described_files")
    if rest:
        verb, pronoun = ("is", "it is") if len(rest) == 1 else ("are", "they are")
        store.note(SAYS("unlisted", n=len(rest), verb=verb, pronoun=pronoun), "images", warning=True)
    return "kept.described"


class _Reading:
    """A description, with what it is called and where it lies."""

    def __init__(self, path: Path, described: Mapping[str, Any]) -> None:
        self.label, self.home = path.name, Folder(path.parent)
        self.described = described
        self.objects = {_id(each): each for each in described["distribution"] if isinstance(each, dict)}

    def plan(self) -> Plan:
        sets = [each for each in self.described["recordSet"] if isinstance(each, dict)]
        every = [(each, [of for of in _several(each.get("field")) if isinstance(of, dict)]) for each in sets]
        tables = [(each, of) for each, of in every if any(_column(one) for one in of)]
        if not tables:
            raise SourceError(f"{self.label}: no record set of this description reads the columns of a table")
        chosen, fields = max(tables, key=lambda item: len(item[1]))
        sources = Counter(_source(each) for each in fields if _column(each))
        if len(sources) > 1:
            raise SourceError(
                f"{self.label}: its record set reads {len(sources)} tables; name one file of them in place of the "
                "description"
            )
        (source,) = sources
        columns = {_name(each): str(_column(each)) for each in fields if _column(each)}
        image = next((each for each in fields if "ImageObject" in str(each.get("dataType"))), None)
        called = _name(image) if image else None
        key: str | None = None
        images: dict[str, str] = {}
        if image is not None and not _column(image):
            key, images = self._set_of_files(image, [field for _, of in every for field in of])
        return Plan(
            str(chosen.get("name") or _id(chosen)), self.home.path, self._files(source), columns, called, key, images
        )

    def _files(self, source: str) -> tuple[Path, ...]:
        """Return the files of a table, which lie beside the description."""
        of = self._object(source)
        if of.get("includes"):
            found = [self.home.path / name for name in self._matching(of)]
        else:
            address = str(of.get("contentUrl") or of.get("name") or "")
            found = [self._beside(address, of)]
        if not found:
            raise SourceError(f"{self.label}: no file of '{source}' is beside the description")
        return tuple(found)

    def _beside(self, address: str, of: Mapping[str, Any]) -> Path:
        """Return a file by its address: relative to the description, or of the same name beside it."""
        names = [address] if "://" not in address else [address.rpartition("/")[2], str(of.get("name") or "")]
        for name in names:
            path = self.home.path / name
            if name and self.home.holds(path):
                return path
        where = "at an address, and nothing is downloaded; put it" if "://" in address else "not there; it must be"
        raise SourceError(f"{self.label}: '{address}' is {where} beside the description")

    def _object(self, source: str) -> Mapping[str, Any]:
        if source not in self.objects:
            raise SourceError(f"{self.label} reads from '{source}', which it does not describe")
        return self.objects[source]

    def _matching(self, of: Mapping[str, Any]) -> list[str]:
        """Return the files of a set, relative to the folder of the description; none that lies outside of it."""
        for inside in _several(of.get("containedIn")):
            held = self.objects.get(_reference(inside), {})
            if "zip" in str(held.get("encodingFormat")) or "tar" in str(held.get("encodingFormat")):
                raise SourceError(f"{self.label}: the images are in an archive; unpack it beside the description first")
        found = set()
        for pattern in map(str, _several(of.get("includes"))):
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern:
                raise SourceError(f"{self.label}: '{pattern}' leads out of the folder of the description")
            try:
                found |= {path for path in self.home.path.glob(pattern) if self.home.holds(path)}
            except (ValueError, NotImplementedError) as error:
                raise SourceError(f"{self.label}: '{pattern}' is no pattern of files: {error}") from error
        return sorted(path.relative_to(self.home.path).as_posix() for path in found)

    def _set_of_files(
        self, image: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]
    ) -> tuple[str, dict[str, str]]:
        """Return the table's column that names the images, and each of their names with the file that it means."""
        source = _source(image)
        paths = self._matching(self._object(source))
        if not paths:
            raise SourceError(f"{self.label}: no file of '{source}' is beside the description")
        by_id = {_id(each): each for each in fields}
        for one, other in _references(fields, by_id):
            for file, column in ((one, other), (other, one)):
                what = _extract(file).get("fileProperty")
                if _source(file) == source and what in (*FILES, "content") and _column(column):
                    return str(_column(column)), {_named_by(path, what): path for path in paths}
        raise SourceError(
            f"{self.label}: no field of the table refers to the files of '{source}'; let one have `references` to a "
            "field of their fileProperty 'filename' or 'fullpath'"
        )


def _named_by(path: str, what: str) -> str:
    return path if what in ("fullpath", "filepath") else path.rpartition("/")[2]


def _references(
    fields: Sequence[Mapping[str, Any]], by_id: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for each in fields:
        for to in _several(each.get("references")):
            found = by_id.get(_reference(to.get("field", to) if isinstance(to, dict) else to))
            if found is not None:
                yield each, found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _id(of: Mapping[str, Any]) -> str:
    return str(of.get("@id") or of.get("name") or "")


def _name(of: Mapping[str, Any]) -> str:
    return str(of.get("name") or _id(of)).rpartition("/")[2]


def _reference(value: Any) -> str:
    return _id(value) if isinstance(value, dict) else str(value)


def _extract(of: Mapping[str, Any]) -> Mapping[str, Any]:
    source = of.get("source")
    found = source.get("extract") if isinstance(source, dict) else None
    return found if isinstance(found, dict) else {}


def _column(of: Mapping[str, Any]) -> str | None:
    column = _extract(of).get("column")
    return str(column) if column else None


def _source(of: Mapping[str, Any]) -> str:
    """Return what a field reads from: a file, or a set of files."""
    source = of.get("source")
    found = source if isinstance(source, dict) else {}
    return _reference(found.get("fileObject") or found.get("fileSet") or "")
