"""Kinds that audit frames in Python: pandas, Polars and Arrow, which stay as they were."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa

from tests.fuzz import binary_files, flags, tables
from tests.fuzz.case import Case, Step
from tests.fuzz.tables import Made


def _pandas(random: random.Random, made: Made) -> Any:
    frame = pd.DataFrame(made.columns)
    if random.random() < 0.2:
        frame = frame.astype("category")
    if random.random() < 0.1:
        frame.index = frame.index.map(str)
    if random.random() < 0.1:
        frame.columns = pd.Index(range(len(frame.columns)))
    return frame


def _polars(random: random.Random, made: Made) -> Any:
    import polars as pl

    table = binary_files.arrow(random, made)
    known = [i for i, kind in enumerate(table.schema.types) if not kind.equals(pa.decimal256(60, 2))]  # Polars panics
    frame = pl.from_arrow(table.select(known))
    return frame.lazy() if isinstance(frame, pl.DataFrame) and random.random() < 0.3 else frame


def _arrow(random: random.Random, made: Made) -> Any:
    table = binary_files.arrow(random, made)
    return table.to_reader(50) if random.random() < 0.2 else table


FRAMES: dict[str, Callable[[random.Random, Made], Any]] = {"pandas": _pandas, "polars": _polars, "arrow": _arrow}


def frame(random: random.Random, case: Case) -> None:
    """Audit a frame, and save its reports."""
    made = tables.wild(random)
    kind = random.choice(tuple(FRAMES))
    _, outputs = flags.reports(random)
    asked: dict[str, Any] = {"no_models": random.random() > 1 / 30}
    for role, key in (("target", "target"), ("time", "time"), ("id", "id"), ("stratum", "within"), ("text", "text")):
        if role in made.names and random.random() < 0.7:
            asked[key] = made.names[role]
    asked["groups"] = [made.names[role] for role in ("group", "second") if role in made.names]
    if random.random() < 0.7:
        asked["positive"] = made.positive
    seed = random.random()

    def call() -> int:
        import auditor

        given = FRAMES[kind](Random(seed), made)
        before = _bytes(given)
        try:
            audit = auditor.check(given, **asked)
            for path in outputs:
                audit.save(path)
            if not outputs:
                audit._repr_html_()
        except auditor.AuditError as error:
            import sys

            print(f"dataudit: {error}", file=sys.stderr)
            return 2
        if _bytes(given) != before:
            raise AssertionError("the frame was changed")
        return 0

    case.steps.append(Step(outputs=outputs, call=call, codes=frozenset((0, 2))))


def _bytes(frame: Any) -> bytes:
    """Return what a frame holds, as bytes; nothing of one that gives its rows only once."""
    if isinstance(frame, pa.Table):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, frame.schema) as writer:
            writer.write_table(frame)
        return bytes(sink.getvalue())
    if not isinstance(frame, pd.DataFrame):
        return b""
    # Not the frame itself, whose pickle also holds what pandas has cached or put together.
    columns = [(str(frame.dtypes.iloc[i]), frame.iloc[:, i].tolist()) for i in range(frame.shape[1])]
    return pickle.dumps((frame.columns.tolist(), frame.index.tolist(), columns))
