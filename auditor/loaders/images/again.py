"""Images once more, by the marks that stand for them in the rows: their files, for models that embed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders.images.where import Folder, Unread

if TYPE_CHECKING:
    import duckdb

TABLE, PLACES = "kept.images_again", "images_places"
BATCH = 64  # images that are in memory at a time


@dataclass(frozen=True)
class Images:
    """A column of images: the SQL of its bytes and paths in the rows as they were read, and the row of each mark."""

    relation: str
    bytes: str
    path: str
    folder: Folder
    rows: Mapping[str, int]

    def files(self, connection: duckdb.DuckDBPyConnection, marks: Sequence[str]) -> Files:
        """Return the files of the images with these marks; those in the data are first copied to the store."""
        import pyarrow as pa

        places = pa.table({"place": range(len(marks)), "row": [self.rows[mark] for mark in marks]})
        connection.register(PLACES, places)
        read = f"SELECT row_number() OVER () AS row, {self.bytes} AS bytes, {self.path} AS path FROM {self.relation}"
        connection.execute(
            f"CREATE OR REPLACE TABLE {TABLE} AS SELECT place, bytes, path FROM ({read}) JOIN {PLACES} USING (row)"
        )
        connection.unregister(PLACES)
        return Files(connection, self.folder, len(marks))


class Files(Sequence[bytes]):
    """Files of images, read when they are asked for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Folder, n: int) -> None:
        self._connection, self._folder, self._n = connection, folder, n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:  # type: ignore[override] # one type for each
        places = [*range(self._n)[at]] if isinstance(at, slice) else [range(self._n)[at]]
        if not places:
            return []
        query = f"SELECT place, bytes, path FROM {TABLE} WHERE place BETWEEN {min(places)} AND {max(places)}"
        found = {place: self._read(data, path) for place, data, path in self._connection.execute(query).fetchall()}
        files = [found[place] for place in places]
        return files if isinstance(at, slice) else files[0]

    def _read(self, data: bytes | None, path: str | None) -> bytes:
        found = bytes(data) if data is not None else self._folder.read(path or "")
        if isinstance(found, Unread):
            raise SourceError(f"an image that was read before cannot be read again: '{path}'")
        return found
