"""How the user wants data to be read, where that is not left to the loader to find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class ReadOptions:
    """What was asked for; None, or nothing, where a loader decides itself, and says so.

    `decimal` and `thousands` are marks in numbers ("" for no thousands mark). `header`: whether the first row that is
    read names the columns. `skip_rows` rows stand before it. `sheet` is a name, or a place from 1. `missing` maps
    columns ("*" for every column) to values that mean "no value".
    """

    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    sheet: str | int | None = None
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, stated: object) -> ReadOptions:
        """Take the options from whatever has fields of their names, like the [data] table of a use case."""
        return cls(**{each.name: getattr(stated, each.name) for each in fields(cls)})

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the options that were given."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) not in (None, {}))
