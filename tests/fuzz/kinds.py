"""The kinds of cases, and how often each comes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz import from_data, from_frames, from_saved, relations
from tests.fuzz.case import Case


@dataclass(frozen=True)
class Kind:
    """What makes a case, and its share among all."""

    make: Callable[[random.Random, Case], None]
    share: float


KINDS: dict[str, Kind] = {
    "csv": Kind(from_data.audited("csv"), 12),
    "json": Kind(from_data.audited("json"), 7),
    "parquet": Kind(from_data.audited("parquet"), 7),
    "arrow": Kind(from_data.audited("arrow"), 5),
    "excel": Kind(from_data.audited("excel"), 4),
    "gz": Kind(from_data.audited("gz"), 3),
    "sqlite": Kind(from_data.audited("sqlite"), 5),
    "duckdb": Kind(from_data.audited("duckdb"), 3),
    "names": Kind(from_data.names, 9),
    "bytes": Kind(from_data.broken, 8),
    "stdin": Kind(from_data.stream, 3),
    "folder": Kind(from_data.folder, 2),
    "toml": Kind(from_data.use_case, 9),
    "flags": Kind(from_data.any_flags, 9),
    "init": Kind(from_data.init, 3),
    "redact": Kind(from_data.redact, 4),
    "render": Kind(from_saved.render, 10),
    "compare": Kind(from_saved.compare, 5),
    "tampered": Kind(from_saved.tampered_tally, 6),
    "tally": Kind(from_saved.made_tally, 4),
    "frame": Kind(from_frames.frame, 5),
    "rename": Kind(relations.rename, 3),
    "forms": Kind(relations.forms, 2),
}


def kind_of(random: random.Random, kinds: tuple[str, ...] = ()) -> str:
    """Draw the kind of a case: among all, or among those named."""
    named = kinds or tuple(KINDS)
    return random.choices(named, [KINDS[name].share for name in named])[0]
