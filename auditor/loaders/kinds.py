"""What a file is: by its suffix, and by its first bytes where the suffix is missing or wrong."""

from __future__ import annotations

import glob
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from auditor.errors import SourceError
from auditor.loaders.catalog import PACKINGS, file_kinds, files_in_words, of_bytes, of_kind, of_suffix
from auditor.loaders.source import literal

# Suffix -> what cannot be read as rows, whatever the bytes look like.
FOREIGN = {
    ".png": "a PNG image", ".jpg": "a JPEG image", ".jpeg": "a JPEG image", ".gif": "a GIF image",
    ".bmp": "a bitmap image", ".tif": "a TIFF image", ".tiff": "a TIFF image", ".webp": "a WebP image",
    ".svg": "an SVG image", ".pdf": "PDF", ".docx": "a Word document", ".doc": "a Word document",
    ".odt": "a text document", ".rtf": "a text document", ".pptx": "a presentation", ".ppt": "a presentation",
    ".html": "HTML", ".htm": "HTML", ".xml": "XML", ".zip": "a ZIP archive", ".tar": "a TAR archive",
    ".7z": "a 7-Zip archive", ".rar": "a RAR archive", ".bz2": "bzip2", ".xz": "xz",
    ".pkl": "a Python pickle", ".pickle": "a Python pickle", ".joblib": "a Python pickle", ".npy": "a NumPy array",
    ".npz": "NumPy arrays", ".sav": "SPSS", ".zsav": "SPSS", ".por": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS",
    ".xpt": "SAS", ".rds": "R data", ".rdata": "R data", ".rda": "R data", ".h5": "HDF5", ".hdf5": "HDF5",
    ".orc": "ORC", ".avro": "Avro", ".mdb": "Access", ".accdb": "Access", ".mp3": "sound", ".wav": "sound",
    ".mp4": "a video", ".exe": "a program", ".md": "Markdown", ".toml": "TOML", ".yaml": "YAML", ".yml": "YAML",
    ".ipynb": "a notebook", ".py": "a program",
}  # fmt: skip
# First bytes -> what it is, beside the kinds that the loaders recognise.
MAGIC = {
    b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "ZIP",
    b"%PDF": "PDF", b"$FL2": "SPSS", b"$FL3": "SPSS", b"\x89HDF": "HDF5",
    b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!\x1a": "a RAR archive",
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"II*\0": "a TIFF image", b"MM\0*": "a TIFF image", b"{\\rtf": "a text document",
    b"\x93NUMPY": "a NumPy array", b"\x80\x02": "a Python pickle", b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle", b"\x80\x05": "a Python pickle", b"<stata_dta>": "Stata",
    b"RDX2\n": "R data", b"RDX3\n": "R data", b"X\n\0\0": "R data", b"Obj\x01": "Avro", b"\x7fELF": "a program",
}  # fmt: skip
HEAD = 4096


def by_suffix(path: Path) -> tuple[str | None, str | None]:
    """Return the kind and the packing that the name of a file promises.

    >>> by_suffix(Path("people.csv.gz"))
    ('CSV', 'gzip')
    """
    packing = PACKINGS.get(path.suffix.lower())
    loader = of_suffix(path.stem if packing else path.name)
    return loader.kind if loader else None, packing


def kind_of(path: Path, label: str) -> str:
    """Return the kind of a file, and refuse one whose bytes belie its name."""
    promised, packing = by_suffix(path)
    held, held_packing = by_content(path)
    if promised is None and (foreign := FOREIGN.get(path.suffix.lower())):
        raise SourceError(f"{label} is named as {foreign}, which cannot be read; {files_in_words()}")
    if packing != held_packing and (packing or promised):
        got = f"{held_packing}-compressed" if held_packing else f"not {packing}-compressed"
        raise SourceError(f"{label} is {got}, which does not match its name; rename it, or save it again")
    if promised is None:
        if held not in file_kinds():
            raise SourceError(f"{label} holds {held}, which cannot be read; {files_in_words()}")
        return held
    # Any text passes for CSV: the reader has the better reason.
    undecided = held == "CSV" and not of_kind(promised).no_text
    if promised != held and not undecided:
        raise SourceError(f"{label} is named as {promised} but holds {_in_words(held)}; rename or convert it")
    return promised


def by_content(path: Path) -> tuple[str, str | None]:
    """Return the kind and the packing that the bytes of a file show."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    kind = _magic(head)
    packing = kind if kind in PACKINGS.values() else None
    if packing:
        with unpacked(path) as stream:
            head = stream.read(HEAD)
        kind = _magic(head)
    if kind == "ZIP":
        return _zipped(path), packing
    return kind or _text(head), packing


def unpacked(path: Path) -> IO[bytes]:
    """Open a file that may be compressed (its bytes decide), so that reading it gives the uncompressed content."""
    with path.open("rb") as stream:
        kind = _magic(stream.read(HEAD))
    if kind not in PACKINGS.values():
        return path.open("rb")
    import pyarrow

    opened: Callable[..., IO[bytes]] = pyarrow.input_stream
    return opened(str(path), compression=kind)


def escaped(path: Path) -> str:
    """Return a path as an SQL literal that DuckDB does not take for a pattern."""
    return literal(glob.escape(str(path)))


def _magic(head: bytes) -> str | None:
    if loader := of_bytes(head):
        return loader.kind
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


def _text(head: bytes) -> str:
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()  # UTF-16 too
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
        return "HTML"
    if start.startswith(b"<?xml"):
        return "XML"
    compact = b"".join(start[:200].split())
    return "JSON" if compact.startswith((b'{"', b"{}", b"[{", b"[]", b"[[")) else "CSV"


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            opened = archive.read("mimetype").decode(errors="replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError):
        return "ZIP"
    folders = {name.partition("/")[0] for name in names}
    if "xl" in folders or ("content.xml" in names and "opendocument.text" not in opened):
        return "Excel"
    documents = {"word": "a Word document", "ppt": "a presentation"}
    return next((kind for folder, kind in documents.items() if folder in folders), "ZIP")


def _in_words(kind: str) -> str:
    return "text" if kind == "CSV" else kind
