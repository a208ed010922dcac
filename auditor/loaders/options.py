"""How the user wants data to be read, where that is not left to the loader to find out."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from auditor.errors import AuditError, hint
from auditor.format import listed
from auditor.loaders.catalog import obeyed

EVERY = "*"
ENCODINGS = ("utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "cp1250", "cp1251", "cp437", "cp850", "shift_jis",
             "gb18030", "big5", "euc-jp", "euc-kr", "koi8-r", "mac-roman", "iso-8859-2", "iso-8859-15")  # fmt: skip


@dataclass(frozen=True)
class ReadOptions:
    """What was asked for; None or empty where a loader decides itself, and reports it.

    `decimal` and `thousands` are marks in numbers ("" for no thousands mark). `header`: whether the first row that is
    read names the columns. `skip_rows` rows stand before it. `sheet` is a name, or a place from 1. `image` is a column
    of images. `missing` maps columns ("*" for every column) to values that mean "no value"; where it has none for a
    column, not even what is recognised as missing in a text (NA, null …) is so there.
    """

    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    sheet: str | int | None = None
    image: str | None = None
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, stated: object) -> ReadOptions:
        """Take the options from whatever has fields of their names, like the [data] table of a use case."""
        return cls(**{each.name: getattr(stated, each.name) for each in fields(cls)})

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the options that were given."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) not in (None, {}))

    @property
    def marks(self) -> tuple[str | None, str | None] | None:
        """The decimal and the thousands mark, one as it follows from the other; None where neither was stated.

        >>> ReadOptions(decimal=",").marks, ReadOptions(thousands=".").marks, ReadOptions().marks
        ((',', None), (',', '.'), None)
        """
        if self.decimal is None and self.thousands is None:
            return None
        return self.decimal or {",": ".", ".": ","}.get(self.thousands or ""), self.thousands

    def means_missing(self, column: str) -> tuple[str, ...]:
        """Return the values that were stated to mean "no value" in a column."""
        return tuple(dict.fromkeys((*self.missing.get(EVERY, ()), *self.missing.get(column, ()))))

    def recognises(self, column: str) -> bool:
        """Return whether NA, null and the like are missing values in a text column."""
        return self.missing.get(column, self.missing.get(EVERY)) != ()

    def check(self, kind: str, label: str) -> None:
        """Refuse what cannot be obeyed in reading data of a kind, in one line."""
        if refused := [name for name in self.asked if name not in (*obeyed(kind), "image", "missing")]:
            raise AuditError(
                f"{label} is read as {kind}, to which {listed(refused)} of [data] does not apply; leave it out"
            )
        if self.decimal and self.decimal == self.thousands:
            raise AuditError(f"[data] decimal and thousands are both '{self.decimal}'; a mark has one meaning")
        if self.encoding is not None:
            check_encoding(self.encoding)


def check_encoding(name: str) -> str:
    """Return Python's name of an encoding; AuditError for one that is unknown, or not for text.

    >>> check_encoding("Latin1")
    'iso8859-1'
    """
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except (LookupError, ValueError):
        raise AuditError(
            f"encoding '{name}' is not known{hint(name, ENCODINGS)} (for example utf-8, cp1252, utf-16)"
        ) from None
    return found.name
