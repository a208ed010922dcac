"""What several loaders decide alike: what is left out, rounded, or read in another unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.format import listed

if TYPE_CHECKING:
    from auditor.loaders.store import Store


def left_out(store: Store, names: Sequence[str], what: str = "of a type that cannot be read") -> None:
    """Say, as a warning, which columns are left out of the audit, and out of what makes a record."""
    if names:
        store.note(f"Left out, {what}: {listed(names)}.", "columns left out", names, warning=True)


def rounded(store: Store, names: Sequence[str]) -> None:
    """Report which numbers are read with fewer digits than they have."""
    if names:
        store.note(f"Numbers of more digits than can be read, rounded to 15: {listed(names)}.", "digits", names)


def seconds(store: Store, names: Sequence[str]) -> None:
    """Report which durations and times of day are read as numbers."""
    if names:
        store.note(f"Durations and times of day are read in seconds: {listed(names)}.", "durations", names)
