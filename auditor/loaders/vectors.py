"""Vectors in a NumPy file beside a table: one row of the file for each row of the table, in its order."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ColumnError, SourceError
from auditor.use.inputs import reading
from auditor.use.says import Says

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from auditor.loaders.store import Store

SUFFIX = ".npy"
MAGIC = b"\x93NUMPY"
MOST = 2**16  # numbers of a vector
BATCH = 8_192  # rows that are converted at a time
GIVEN, JOINED, MAPPED = "kept.given", "with_vectors", "vectors_beside"
RIGHT = "right is an array of two dimensions, one row of numbers for each row of the data (numpy.save)"
SAYS = Says(
    beside="'{column}' has vectors of {dimension:whole} numbers from {file}, one for each row, in the rows' order "
    "(SHA-256 {hash}).",
)


def beside(store: Store, relation: str, files: Mapping[str, Path], label: str) -> str:
    """Join files of vectors to the rows behind `relation`, and return what to put behind FROM.

    Raises:
        SourceError: A file is no array of numbers with two dimensions, or has another number of rows.
    """
    ((rows,),) = store.run(f"SELECT count(*) FROM {relation}")
    columns = [name for name, *_ in store.run(f"DESCRIBE SELECT * FROM {relation}")]
    arrays = {name: _opened(path) for name, path in files.items()}
    for name, array in arrays.items():
        if name.lower() in {each.lower() for each in columns}:
            raise ColumnError(f"{label} has a column '{name}' already; give the vectors of {files[name].name} another")
        if len(array) != rows:
            raise SourceError(f"{files[name].name} has {len(array):,} rows of vectors, and {label} has {rows:,} rows")
    # Two tables that are scanned in order are joined as they are read; rows of another plan would be held in memory.
    store.run(f"CREATE TABLE {GIVEN} AS SELECT * FROM {relation}")
    store.connection.register(MAPPED, _table({name: _mapped(store, array) for name, array in arrays.items()}))
    store.run(f"CREATE VIEW {JOINED} AS SELECT * FROM {GIVEN} POSITIONAL JOIN {MAPPED}")
    for name, path in files.items():
        text = SAYS("beside", column=name, dimension=arrays[name].shape[1], file=path.name, hash=_hash(path))
        store.note(text, "vectors", (name,))
    return JOINED


def _opened(path: Path) -> np.ndarray:
    """Return the array of a file, mapped and not read; SourceError, without unpickling anything."""
    import numpy as np

    reading(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise SourceError(f"{path.name} is no file; {RIGHT}")
        with path.open("rb") as stream:
            head = stream.read(len(MAGIC))
        if head != MAGIC:
            raise SourceError(f"{path.name} is no array of NumPy ({SUFFIX}); {RIGHT}")
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise SourceError(f"{os.fspath(path)} cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, SyntaxError) as error:  # NumPy's, for what is pickled, cut off, or no header
        why = "it holds pickled objects" if "object" in str(error) else next(iter(str(error).splitlines()), "")[:200]
        raise SourceError(f"{path.name} cannot be read as an array of numbers: {why.rstrip('.')}; {RIGHT}") from error
    if array.ndim != 2:
        raise SourceError(f"{path.name} has {array.ndim} dimension{'s' * (array.ndim != 1)}; {RIGHT}")
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise SourceError(f"{path.name} has values of type {array.dtype}, which are no plain numbers; {RIGHT}")
    if not 2 <= array.shape[1] <= MOST:
        raise SourceError(f"{path.name} has {array.shape[1]:,} numbers in a row; a vector has 2 to {MOST:,}")
    return array


def _mapped(store: Store, array: np.ndarray) -> np.ndarray:
    """Return an array of 32-bit numbers, row after row, that stays on the disk: the file itself where it is one."""
    import numpy as np

    if array.dtype == np.dtype("<f4") and array.flags.c_contiguous:
        return array
    made: np.ndarray = np.memmap(store.temporary(".vectors"), np.float32, "w+", shape=array.shape)
    for at in range(0, len(array), BATCH):
        with np.errstate(over="ignore"):  # what is too large for 32 bits is not finite, and counted so
            made[at : at + BATCH] = array[at : at + BATCH]
    return made


def _table(arrays: Mapping[str, np.ndarray]) -> pa.Table:
    """Return the arrays as columns of lists, without a copy."""
    import pyarrow as pa

    return pa.table(
        {
            name: pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), array.shape[1])
            for name, array in arrays.items()
        }
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
