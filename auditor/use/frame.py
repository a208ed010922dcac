"""What a frame of any library is, where one is given as an argument."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Frame(Protocol):
    """A table that Arrow can read: pandas, Polars, PyArrow and others offer it."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the rows to Arrow."""
        ...
