"""The request for an audit or a tally: the options as they were given, checked once and laid over the use case."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

from auditor.audit.embedding import Model
from auditor.audit.federated import given
from auditor.audit.options import AnyOptions, Embed, Names, Reference, Said, Several, Unknown
from auditor.audit.progress import silent
from auditor.audit.redact import read_terms
from auditor.audit.validate import one_population
from auditor.errors import ArgumentError, AuditError, UseCaseError
from auditor.format import listed, spelled, without_null
from auditor.loaders.options import ReadOptions
from auditor.loaders.separate import beside
from auditor.use.population import Shipped, population_of, read_population, shipped
from auditor.use.roles import NONE
from auditor.use.tables import is_empty
from auditor.use.usecase import UseCase, UseCaseLike
from auditor.use.usecase import beside as beside_table

LARGEST_SEED = 2**63 - 1
NEED_ROWS = (
    "control", "drop", "redact", "group_from_terms", "count", "text", "vector", "table", "sql", "image", "engine",
    "master", "embed", "save_vectors", "group_file",
)  # fmt: skip


class Opening(TypedDict):
    """What opens the data, whatever counts them."""

    name: str | None
    count: str | None
    memory_limit: str | None
    table: str | None
    sql: str | None
    options: ReadOptions
    progress: Said
    vectors: Mapping[str, Path]


@dataclass(frozen=True)
class Request:
    """What is asked for. `use` is the stated use with what was asked for laid over it.

    `parts` are tallies that were given as the data. `count` is the column that was stated to count people. `population`
    is one that comes with the program, to be fitted to the words of the data. `vectors` are files of vectors beside the
    table, by the names that the use has for them. `masks` are terms to mask, `terms` those that make a group; `embed`
    has the folder or function that embeds a column, `save_vectors` the file of its vectors; `edges_from` and `min_cell`
    are of a tally to be made.
    """

    data: object
    use: UseCase
    parts: tuple[Path, ...] = ()
    table: str | None = None
    sql: str | None = None
    name: str | None = None
    count: str | None = None
    population: Shipped | None = None
    engine: str | None = None
    master: str | None = None
    memory_limit: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    no_models: bool = False
    alternatives: bool = False
    drop: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    embed: Mapping[str, Model] = field(default_factory=dict)
    save_vectors: str | None = None
    vectors: Mapping[str, Path] = field(default_factory=dict)
    seed: int = 0
    command: str | None = None
    progress: Said = silent
    edges_from: str | Path | None = None
    min_cell: int = 0

    @classmethod
    def of(cls, data: object, use_case: UseCaseLike, **asked: Unpack[AnyOptions]) -> Request:
        """Check what was asked for, and work out what follows from it.

        Raises:
            AuditError: An option is out of bounds, cannot be read, or cannot be asked of tallies; in one line.
        """
        seed, least = asked.get("seed") or 0, asked.get("min_cell", 0)
        if not 0 <= seed <= LARGEST_SEED:
            raise ArgumentError(f"seed is {seed}; it is a whole number from 0 to {LARGEST_SEED}")
        if least < 0:
            raise AuditError(f"min_cell is {least}; it is a number of rows")
        reference, engine = asked.get("reference"), asked.get("engine")
        use = _use(use_case, reference)
        data, asked = _beside(data, asked)
        data, table, sql = _data(data, asked.get("table"), asked.get("sql"), use, in_catalog=engine == "spark")
        use, vectors = _vectors(_stated(use, asked))
        count = None if use.data.count == NONE else use.data.count
        parts = tuple(given(data) or ())
        if parts:
            side = {"group_file": use.groups.file, "count": count, "table": table, "sql": sql}
            _refuse_of_tallies({**asked, **side})
        progress = asked.get("progress")
        redact, terms, save = asked.get("redact"), asked.get("group_from_terms"), asked.get("save_vectors")
        return cls(
            data=data,
            use=use,
            parts=parts,
            table=table,
            sql=sql,
            name=asked.get("name"),
            count=count,
            population=shipped(reference) if isinstance(reference, str) else None,
            engine=engine,
            master=asked.get("master"),
            memory_limit=asked.get("memory_limit"),
            only=_texts(asked.get("only")),
            skip=_texts(asked.get("skip")),
            no_models=bool(asked.get("no_models")),
            alternatives=bool(asked.get("alternatives")),
            drop=tuple(_several(asked.get("drop"))),
            masks=read_terms(redact) if redact is not None else (),
            terms=read_terms(_texts(terms)) if terms is not None else (),
            embed=_embed(asked.get("embed")),
            save_vectors=os.fspath(save) if save is not None else None,
            vectors=vectors,
            seed=int(seed),
            command=asked.get("command"),
            progress=progress if callable(progress) else silent,
            edges_from=asked.get("edges_from"),
            min_cell=least,
        )

    @property
    def opening(self) -> Opening:
        """What opens the data."""
        return {
            "name": self.name,
            "count": self.count,
            "memory_limit": self.memory_limit,
            "table": self.table,
            "sql": self.sql,
            "options": ReadOptions.of(self.use.data),
            "progress": self.progress,
            "vectors": self.vectors,
        }


def _beside(data: object, asked: AnyOptions) -> tuple[object, AnyOptions]:
    """Return the data with what was given beside them, and the options that name these columns.

    Raises:
        ArgumentError: An outcome or groups were given twice.
    """
    y, features = asked.get("y"), asked.get("sensitive_features")
    if y is None and features is None:
        return data, asked
    for separate, key, values in (("y", "target", y), ("sensitive_features", "groups", features)):
        if values is not None and _given(asked.get(key)):
            raise ArgumentError(f"{separate} and {key} are both given; give one of them")
    if asked.get("engine") not in (None, "duckdb"):
        raise ArgumentError("y and sensitive_features are joined on this machine; leave engine out")
    joined, target, groups = beside(data, y, features)
    more: AnyOptions = {**asked}
    if target is not None:
        more["target"] = target
    if groups:
        more["groups"] = groups
    return joined, more


def _refuse_of_tallies(asked: Mapping[str, object]) -> None:
    """Refuse what cannot be asked of tallies."""
    if refused := [name for name in NEED_ROWS if _given(asked.get(name))]:
        raise AuditError(f"{listed(refused)} cannot be asked of tallies: it needs rows, which they do not hold")


def _given(value: object) -> bool:
    """Whether an option was given, and not as an empty text or list."""
    return not (value is None or is_empty(value) or (isinstance(value, str) and not value))


def _use(use_case: UseCaseLike, reference: Reference) -> UseCase:
    """Return the stated use with the reference population laid over it."""
    use = use_case if isinstance(use_case, UseCase) else UseCase.of(use_case) if use_case else UseCase()
    if reference is None:
        return use
    if isinstance(reference, str) and shipped(reference):
        return use  # its words are fitted to the data's when they are known
    if isinstance(reference, Mapping):
        stated = one_population(reference)
    elif isinstance(reference, str | os.PathLike):
        stated = read_population(reference)
    else:
        stated = population_of(reference)
    return use.over("population", **{**use.population.groups, **stated})


FEATURES = (
    "text", "vector", "time", "id", "cluster", "weight", "replicate_weights", "survey_strata", "survey_psu"
)  # fmt: skip


def _stated(use: UseCase, asked: AnyOptions) -> UseCase:
    """Return the use with what was stated, and asked for on reading, laid over it."""
    count, policy = asked.get("count"), asked.get("policy")
    use = use.over("data", count=spelled(count) if count is not None else None)
    use = use.over("use", policy=os.fspath(policy) if policy is not None else None)
    use = use.over("label", column=asked.get("target"), positive=asked.get("positive"), scale=asked.get("scale"))
    use = use.over("groups", columns=asked.get("groups"), min_report_cell=asked.get("min_report_cell"))
    file = asked.get("group_file")
    use = use.over("groups", file=os.fspath(file) if file is not None else None, on=asked.get("on"))
    features = {key: asked.get(key) for key in FEATURES}
    use = use.over(
        "features",
        **features,
        strata=_reasoned(asked.get("within"), use.features.strata),
        controls=_reasoned(asked.get("control"), use.features.controls),
    )
    use = use.over("pay", base=asked.get("pay"), **{key: asked.get(key) for key in ("variable", "hours", "category")})
    use = use.over("data", **{key: asked.get(key) for key in ("encoding", "skip_rows", "sheet", "image")})
    unknown = _unknown(asked.get("unknown"))
    return use.over("groups", unknown={**use.groups.unknown, **unknown}) if unknown else use


def _data(
    data: object, table: str | None, sql: str | None, use: UseCase, in_catalog: bool
) -> tuple[object, str | None, str | None]:
    """Return data, table and query as asked for, or as the use case names them; a catalog's table needs no data."""
    if data is not None:
        return data, table, sql
    if table is None and sql is None:
        table, sql = use.data.table, use.data.sql
    if use.data.path is None and sql is None and not (in_catalog and table is not None):
        raise UseCaseError("which data? name them, or let the use case do so ([data] path)")
    return use.data.path, table, sql


def _unknown(stated: Unknown) -> Mapping[str, Sequence[object]]:
    """Return column -> levels of what is written as "race=Unknown,Declined"; a name may hold an equals sign.

    >>> _unknown(["race=Unknown,Declined", "sex="])
    {'race': ['Unknown', 'Declined'], 'sex': []}
    """
    if isinstance(stated, Mapping):
        return stated
    found = {}
    for each in _texts(stated):
        column, sign, levels = each.rpartition("=")
        if not sign or not column.strip():
            raise AuditError(f"unknown levels are written as column=level,level; got '{each}'")
        found[column.strip()] = [level.strip() for level in levels.split(",") if level.strip()]
    return found


def _embed(stated: Embed) -> dict[str, Model]:
    """Return column -> its model's folder or function, of a mapping or of what is written as "cv=models/mini"."""
    if isinstance(stated, Mapping):
        return {column: model if callable(model) else Path(model) for column, model in stated.items()}
    found: dict[str, Model] = {}
    for each in _texts(stated):
        column, sign, folder = each.partition("=")
        if not sign or not column.strip() or not folder.strip():
            raise AuditError(f"what is embedded is written as column=FOLDER; got '{each}'")
        if column.strip() in found:
            raise AuditError(f"'{column.strip()}' is embedded twice; name it once")
        found[column.strip()] = Path(folder.strip())
    return found


def _vectors(use: UseCase) -> tuple[UseCase, dict[str, Path]]:
    """Return the use with names for what it states of vectors, and the files among them by these names."""
    files = {}
    names = []
    for each in use.features.vector:
        name, path = beside_table(each)
        names.append(name)
        if path is not None:
            if name in files:
                raise AuditError(f"two files of vectors are called '{name}'; give each a name of its own")
            files[name] = path
    return use.over("features", vector=tuple(names)), files


def _reasoned(asked: Names, reasons: Mapping[str, str]) -> dict[str, str] | None:
    """Return the strata or controls asked for, each with the reason that the use gives, if it does."""
    names = _several(asked)
    return {name: reasons.get(name, "") for name in names} if names else None


def _texts(given: Several) -> tuple[str, ...]:
    """Return texts: one, several, or none."""
    return (given,) if isinstance(given, str) else tuple(given if given is not None else ())


def _several(names: Names) -> list[str]:
    """Return names of columns as texts: one, several, or none."""
    if names is None:
        return []
    several = names if isinstance(names, Iterable) and not isinstance(names, str) else (names,)
    return [without_null(spelled(name)) for name in several]
