"""Columns that are embedded for an audit: by which model, what came of it, and the file of the vectors."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.audit.output import check_path, write_whole
from auditor.embed.embedder import Function
from auditor.engines.sample import IN_ALL, ROW
from auditor.engines.vectors import VectorSample
from auditor.errors import ColumnError, OutputError, RoleError
from auditor.model import Decision
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.counts.tally import Tally
    from auditor.embed.embedder import Embedder
    from auditor.engines.engine import Engine
    from auditor.use.roles import Roles, Seen

NAMED = "embedding of {}".format  # the vectors of a column, in findings
Model = Path | Callable[..., Any]
MOST = 5_000  # rows that a slow model embeds
SUFFIX = ".parquet"
SAYS = Says(
    embedded="Embedded {n:whole} of {of:whole} {kind}{of:s} of '{column}' by '{model}' ({format}): vectors of "
    "{dimension:whole} numbers{>pooled}{>hashed}.{>cut}",
    pooled=", pooling: {pooling}",
    hashed=", SHA-256 {sha256}",
    cut=" At most {tokens:whole} tokens of a text are read; {cut_share:percent} of these texts were cut.",
    masked="The masked terms were left out.",
    zero="{zero:whole} of these {kind}s gave a vector of zeros, which is not used.",
    progress="embedding '{column}': {n:whole} of {of:whole}",
)


@dataclass(frozen=True)
class Drawn:
    """Where the rows are that are embedded, and the terms that are masked in their texts."""

    engine: Engine
    tally: Tally
    seen: Mapping[str, Seen]
    masks: Sequence[str]
    seed: int
    progress: Callable[[str], None]


@dataclass(frozen=True)
class Embedded:
    """Vectors by the column that was embedded. `masked` embeds one of `texts` again, with more terms masked.

    `slow` are the columns whose models take long.
    """

    samples: Mapping[str, VectorSample] = field(default_factory=dict)
    masked: Callable[[str, Sequence[str]], VectorSample | None] = lambda column, terms: None
    texts: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()


class Embeddings:
    """The models of an audit, opened before its data, and the vectors that they made last."""

    def __init__(self, asked: Mapping[str, Model], save: str | None = None, data: str | None = None) -> None:
        self._save = save
        self._last: Mapping[str, VectorSample] = {}
        self._id: str | None = None
        self._columns: dict[str, str] = {}  # as they were asked for -> as the data spell them
        if save is not None:
            _check_save(save, asked, data)
        self._models: dict[str, Embedder] = {}
        if asked:
            from auditor.embed.opening import open_embedder

            for column, model in asked.items():
                opened = open_embedder(model) if isinstance(model, Path) else Function(model, "text", column)
                self._models[column] = opened

    def check(self, rows: Engine, roles: Roles) -> None:
        """Refuse a column that is not in the data, or cannot be embedded; one that was dropped since is left out."""
        by_case = {name.lower(): name for name in rows.fields}
        for asked, model in self._models.items():
            name = by_case.get(asked.lower())
            if name is None and asked not in self._columns:
                raise ColumnError.missing(asked, rows.fields, rows.name, "--embed")
            if name is None:
                del self._columns[asked]
                continue
            if name == roles.target or name in roles.groups:
                raise RoleError(f"'{name}' is the outcome or a group; embed a column that a model would read")
            images = name in rows.images
            if isinstance(model, Function):
                model.kind = "image" if images else "text"
            if images != (model.kind == "image"):
                holds = "images" if images else "no image that was read (--image)"
                raise RoleError(f"the model for '{name}' reads {model.kind}s, and the column holds {holds}")
            if not images and (rows.fields[name] != "VARCHAR" or name in roles.opaque):
                raise RoleError(f"'{name}' holds no text ({rows.fields[name]}), and the model for it reads texts")
            if any(name == of and asked != other for other, of in self._columns.items()):
                raise RoleError(f"'{name}' is embedded twice; name it once")
            self._columns[asked] = name

    def made(self, drawn: Drawn) -> tuple[Embedded, tuple[Decision, ...]]:
        """Embed the checked columns in sampled rows; return their vectors, and what was done."""
        samples: dict[str, VectorSample] = {}
        notes: list[Decision] = []
        for column in self._columns.values():
            sample, note = self._embedded(column, drawn)
            notes += [note] if note else []
            if sample is not None:
                samples[column] = sample
        self._last, self._id = {NAMED(column): of for column, of in samples.items()}, drawn.tally.roles.id
        slow = frozenset(column for asked, column in self._columns.items() if self._models[asked].slow)

        def masked(column: str, terms: Sequence[str]) -> VectorSample | None:
            return self._embedded(column, replace(drawn, masks=(*drawn.masks, *terms)))[0]

        texts = frozenset(column for asked, column in self._columns.items() if self._models[asked].kind == "text")
        return Embedded(samples, masked, texts & {*samples}, slow), tuple(notes)

    def _embedded(self, column: str, of: Drawn) -> tuple[VectorSample | None, Decision | None]:
        """Embed a column; no vectors where no row has a value, or the model knows no word of it."""
        model = next(self._models[asked] for asked, name in self._columns.items() if name == column)
        found = of.engine.contents(of.tally, of.seen, column, of.masks, of.seed, MOST if model.slow else IN_ALL)
        if not found.items:
            return None, None

        def tick(done: int) -> None:
            of.progress(SAYS("progress", column=column, n=done, of=len(found.items)))

        vectors = model.embed(found.items, tick)
        known: np.ndarray = np.any(vectors, axis=1)  # a text without a word that the model knows has zeros
        note = _note(column, found.of, known, model, of.masks)
        if not known.any():
            return None, note
        rows = found.rows.iloc[np.flatnonzero(known)].reset_index(drop=True)
        return VectorSample(rows, found.of, vectors[known], dict(model.provenance)), note

    def write(self) -> None:
        """Write the file of vectors that was asked for; OutputError."""
        if self._save is None:
            return
        if not self._last:
            raise OutputError(f"'{self._save}' was not written: no row has a text to embed")
        ((name, sample),) = self._last.items()
        write_whole([(self._save, in_parquet(name, sample, self._id))])


def in_parquet(name: str, sample: VectorSample, person: str | None) -> bytes:
    """Return a Parquet file: a vector for each row, beside its person and a number that equal rows have in common.

    The model is named in the file's metadata, under `dataudit`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, width = sample.values.shape
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(sample.values.reshape(n * width)), width)
    columns: dict[str, Any] = {person: pa.array(sample.rows[person].astype("string"))} if person else {}
    columns |= {"row": pa.array(sample.rows[ROW].astype("uint64")), name: vectors}
    table = pa.table(columns).replace_schema_metadata({"dataudit": json.dumps(dict(sample.made_by or {}))})
    written = io.BytesIO()
    pq.write_table(table, written, compression="zstd")
    return written.getvalue()


def _check_save(save: str, asked: Mapping[str, Model], data: str | None) -> None:
    if len(asked) != 1:
        raise OutputError(f"'{save}' takes the vectors of one column; {len(asked)} are embedded")
    if Path(save).suffix.lower() != SUFFIX:
        raise OutputError(f"'{save}' must end in {SUFFIX}")
    check_path(save, data)


def _note(column: str, of: int, used: np.ndarray, model: Embedder, masks: Sequence[str]) -> Decision:
    made_by = model.provenance
    known = {key: made_by.get(key) for key in ("pooling", "sha256", "tokens", "cut_share")}
    zero = int((~used).sum())
    text = SAYS(
        "embedded",
        "masked" if masks and model.kind == "text" else "",
        "zero" if zero else "",
        column=column,
        kind=model.kind,
        n=len(used),
        of=of,
        model=made_by["model"],
        format=made_by["format"],
        dimension=made_by["dimension"],
        zero=zero,
        **known,
    )
    return Decision(text, "embedding", (column,), "--embed")
