"""The whole pipeline: from data and a stated use to an audit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from auditor.analyzers.evidence import Evidence
from auditor.audit import federated as tallies
from auditor.audit.compare import compare
from auditor.audit.counting import as_people
from auditor.audit.gather import Rows, gathered
from auditor.audit.judge import dataset, judged
from auditor.audit.output import check_path, write_whole
from auditor.audit.preparing import prepared
from auditor.audit.redact import read_terms
from auditor.audit.rerun import less, one_text, present, refuse_needed, without
from auditor.audit.select import Choice, choice
from auditor.audit.validate import one_population, refuse_alone, refuse_unexpected, refuse_unknown_levels
from auditor.engines.engine import Engine, OnDuckDB
from auditor.engines.open import opened
from auditor.errors import ArgumentError, AuditError, OutputError, UseCaseError
from auditor.format import listed, spelled, without_null
from auditor.loaders.options import ReadOptions
from auditor.model import Audit, Decision
from auditor.reporter.showing import shown
from auditor.use.arguments import checked
from auditor.use.inputs import guarded
from auditor.use.outcome import outcomes, refused
from auditor.use.population import Shipped, read_population, shipped
from auditor.use.roles import NONE, Roles, Seen
from auditor.use.usecase import UseCase

LARGEST_SEED = 2**63 - 1
Said = Callable[[str], None]
Name = str | int | tuple[object, ...]  # of a column, as a frame calls it
Names = Name | Sequence[Name] | None
Unknown = Mapping[str, Sequence[Any]] | str | Sequence[str] | None


def _silent(message: str) -> None:
    """Say nothing of how far it is."""


@checked
def check(
    data: object = None,
    *,
    target: Name | None = None,
    positive: object = None,
    groups: Names = None,
    text: Names = None,
    time: Name | None = None,
    id: Name | None = None,  # the word that users know
    use_case: UseCase | str | Path | None = None,
    reference: str | Path | Mapping[str, Any] | None = None,
    count: Name | None = None,
    within: Names = None,
    weight: Name | None = None,
    policy: str | Path | None = None,
    drop: Names = None,
    redact: str | Path | Sequence[str] | None = None,
    group_from_terms: str | Sequence[str] | None = None,
    only: str | Sequence[str] | None = None,
    skip: str | Sequence[str] | None = None,
    no_models: bool = False,
    seed: int | None = None,
    name: str | None = None,
    memory_limit: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    encoding: str | None = None,
    skip_rows: int | None = None,
    sheet: str | int | None = None,
    unknown: Unknown = None,
    min_report_cell: int | None = None,
    engine: str | None = None,
    master: str | None = None,
    command: str | None = None,
    progress: Said | None = None,
) -> Audit:
    """Audit a data set against a stated use.

    Args:
        data: A path, folder, glob or "-" for standard input; tallies (a list of .tally paths); an SQLite or DuckDB
            file or postgresql://host/database; or a pandas, Polars or Arrow table, a DuckDB relation or a Spark
            DataFrame; default: what the use case names under [data].
        target: The outcome column. It and the next five override the use case. What is not stated is guessed from names
            and values, and said; "none" for a column says that there is none. Columns are named as the data name them;
            in a frame a whole number, or a tuple of levels, is a name too.
        positive: Its favourable value, or several of them.
        groups: The columns that say who people are; "age:25,40,65" cuts a number, or a date by its year, into bands,
            and "race:codes" says that whole numbers are codes.
        text: Columns of free text.
        time: The column of the date or year.
        id: The column that names the person.
        use_case: A UseCase, or the path of a use-case file.
        reference: The population: a path (.csv, .toml), the name of one that comes with the program, or a mapping:
            group column -> level -> share or count.
        count: A column of frequencies, where rows stand for several people.
        within: Columns to compare within (strata); the use case may give the reason for each.
        weight: A column of survey weights.
        policy: Limits and severities: default, eeoc, nyc-ll144, eu-ai-act, or the path of a TOML file.
        drop: Columns to leave out; the audit then shows before and after side by side (`audit.compared`).
        redact: Terms to mask in the texts, as a path or a list; before and after as for `drop`.
        group_from_terms: Terms that make a group of their own of a text: the documents that hold one, and the others.
        only: Rules or families (`OUT001`, `REP`) to run; the others are not run, and said. A selection is no verdict:
            where it shows nothing that makes the data unfit, the level is "not_judged".
        skip: Rules or families to leave out; where one of them could decide, as for `only`.
        no_models: Leave out the rules that fit models to sampled rows.
        seed: Seed of whatever is sampled, a whole number from 0; default: 0.
        name: What reports call the data; default: the file's name.
        memory_limit: What the engine may hold ("512MB", "4GiB"); more goes to a temporary folder. Default: 2 GiB
            or half of the machine's memory, if that is less.
        table: The table of a database to audit.
        sql: A query whose rows are audited: a database's own, or DuckDB's over a file or a frame (which it calls
            `data`), or over files that it names, with no data given.
        encoding: The encoding of a text file, where it is not to be found out. It and the next two override [data].
        skip_rows: The rows before the header.
        sheet: The sheet of a workbook, by its name or its place, from 1.
        unknown: Levels that say that membership of a group is not recorded: a mapping from group column to levels, or
            "race=Unknown,Declined"; they replace those that are recognised ("race=": every level is a group).
        min_report_cell: What is written of the audit shows no number that describes fewer rows of a group than that,
            nor one that would give it back (default: 5; 0 or 1 shows all); the audit itself has every number.
        engine: "duckdb" or "spark"; default: Spark for a Spark DataFrame, else DuckDB.
        master: Spark's master, or its Connect address (sc://…); default: the running session, or this machine.
        command: How the audit was asked for, for its provenance.
        progress: Called with a few words at each step.

    Returns:
        The audit; `audit.verdict`, `audit.findings()`, `audit.to_frame()`, `audit.save("report.html")`.

    Raises:
        OutcomeError: The outcome was not named, and columns could be it: they are listed, one in a line.
        AuditError: The data, the use or a flag is wrong; its message is one line.
    """
    seed = seed or 0
    if not 0 <= seed <= LARGEST_SEED:
        raise ArgumentError(f"seed is {seed}; it is a whole number from 0 to {LARGEST_SEED}")
    progress = progress or _silent
    use = _use(use_case, reference)
    data, table, sql = _data(data, table, sql, use, in_catalog=engine == "spark")
    use = use.over("data", count=spelled(count) if count is not None else None)
    count = None if use.data.count == NONE else use.data.count
    use = use.over("use", policy=os.fspath(policy) if policy is not None else None)
    use = use.over("label", column=target, positive=positive)
    use = use.over("groups", columns=groups).over("groups", min_report_cell=min_report_cell)
    use = use.over("features", text=text, time=time, id=id, weight=weight, strata=_strata(within, use))
    use = _with_reading(use, encoding, skip_rows, sheet, unknown)
    known = shipped(reference) if isinstance(reference, str) else None
    parts = tallies.given(data)
    if parts:
        rowwise = {"drop": drop, "redact": redact, "group_from_terms": group_from_terms, "count": count, "text": text}
        rowwise |= {"table": table, "sql": sql, "engine": engine, "master": master}
        if asked := [name for name, value in rowwise.items() if value]:
            raise AuditError(f"{listed(asked)} cannot be asked of tallies: it needs rows, which they do not hold")
    masks = read_terms(redact) if redact is not None else ()
    with choice(only or (), skip or (), no_models, use) as rules:
        if parts:
            return tallies.audit(parts, use, rules(), known, name, seed, command)
        progress("reading the data")
        asked_of = {"engine": engine, "master": master, "table": table, "sql": sql}
        options = ReadOptions.of(use.data)
        with opened(data, name=name, count=count, memory_limit=memory_limit, options=options, **asked_of) as rows:
            rows, guessed = as_people(rows, use)
            rows, use, own = _with_group(rows, use, group_from_terms)
            run = partial(
                _audit,
                use=use,
                rules=rules,
                seed=seed,
                aggregated=bool(count or guessed),
                command=command,
                progress=progress,
                masks=own,
                named=known,
            )
            if not drop and not masks:
                return run(rows)
            dropped = present(_several(drop), rows)
            before = run(rows)
            refuse_needed(dropped, before)
            after = run(rows.without(dropped) if dropped else rows, use=without(use, dropped), masks=(*own, *masks))
            return replace(after, compared=compare(shown(before), shown(after), ("as they are", less(dropped, masks))))


@checked
def tally(
    data: object,
    output: str | Path,
    *,
    target: Name | None = None,
    positive: object = None,
    groups: Names = None,
    time: Name | None = None,
    id: Name | None = None,
    use_case: UseCase | str | Path | None = None,
    count: Name | None = None,
    within: Names = None,
    weight: Name | None = None,
    edges_from: str | Path | None = None,
    min_cell: int = 0,
    name: str | None = None,
    memory_limit: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    encoding: str | None = None,
    skip_rows: int | None = None,
    sheet: str | int | None = None,
    unknown: Unknown = None,
) -> None:
    """Count a data set where it is, and write the counts, no row among them, for an audit elsewhere.

    Args:
        data: As for `check`.
        output: The tally file to write (.tally).
        target: As for `check`, and so are the next nine.
        positive: See there.
        groups: See there.
        time: See there.
        id: See there.
        use_case: See there.
        count: See there.
        within: See there.
        weight: See there.
        name: What reports call the part; default: the file's name.
        memory_limit: As for `check`.
        table: As for `check`, and so are the next five.
        sql: See there.
        encoding: See there.
        skip_rows: See there.
        sheet: See there.
        unknown: See there.
        edges_from: A tally made before, whose roles, edges and levels are to be used, so that both can be added up.
        min_cell: Let no cell of fewer rows out: of a joint group with few of one outcome only the number of rows is
            told, and levels with such a cell, and smaller ones, are counted among all other values. Numbers are cut at
            round places; of two columns whose counts give a small cell away together, one is not counted by its values.
            What this protects, and what it does not, is at the top of `auditor.audit.withholding`.

    Raises:
        AuditError: The data, the use or a flag is wrong; its message is one line.
    """
    if Path(output).suffix != tallies.SUFFIX:
        raise OutputError(f"'{output}' must end in {tallies.SUFFIX}")
    if min_cell < 0:
        raise AuditError(f"min_cell is {min_cell}; it is a number of rows")
    with guarded([str(output)]):
        use = _use(use_case, None)
        data, table, sql = _data(data, table, sql, use)
        use = use.over("data", count=spelled(count) if count is not None else None)
        count = None if use.data.count == NONE else use.data.count
        use = use.over("label", column=target, positive=positive).over("groups", columns=groups)
        use = use.over("features", time=time, id=id, weight=weight, strata=_strata(within, use))
        use = _with_reading(use, encoding, skip_rows, sheet, unknown)
        source = os.fsdecode(data) if isinstance(data, str | os.PathLike) else None
        check_path(str(output), source, (str(edges_from),) if edges_from else ())
        text = tallies.make(
            data,
            use,
            edges_from=edges_from,
            min_cell=min_cell,
            count=count,
            memory_limit=memory_limit,
            name=name,
            table=table,
            sql=sql,
            options=ReadOptions.of(use.data),
        )
    write_whole([(str(output), text)])


def _audit(
    rows: Engine,
    use: UseCase,
    rules: Choice,
    seed: int,
    aggregated: bool,
    command: str | None,
    progress: Said,
    masks: Sequence[str] = (),
    named: Shipped | None = None,
) -> Audit:
    """Audit rows against a use, with the rules that are not left out."""
    ready = prepared(rows, use)
    rows, seen, roles, use = ready.rows, ready.seen, ready.roles, ready.use
    fitting: tuple[Decision, ...] = ()
    if named:
        stated, fitted = named.fitted({group: seen[group].levels for group in roles.groups})
        use = use.over("population", **{**use.population.model_dump(exclude_unset=True), **stated})
        fitting = (fitted,)
    _refuse_without_outcome(roles, seen, use, rules, rows.name)
    progress("counting")
    tally = rows.tally(roles, seen, aggregated, progress, seed)
    refuse_unexpected(tally)
    refuse_alone(tally, use)
    refuse_unknown_levels(tally, use)
    chosen = rules()
    from auditor.counts.leaks import set_aside  # once the rules are loaded: the libraries are theirs too

    tally = set_aside(tally, use)
    evidence = gathered(Evidence(tally, use), chosen, Rows(rows, seen, masks, seed), progress)
    progress("judging")
    whole = dataset(evidence.tally, use, rows.name, (*rows.reading, *fitting), rows.sha256)
    return judged(evidence, whole, chosen, rows.engine, seed, command)


def _refuse_without_outcome(roles: Roles, seen: Mapping[str, Seen], use: UseCase, rules: Choice, where: str) -> None:
    """Refuse an audit without an outcome where columns could be it, and rules that judge outcomes are to run.

    Columns whose names do not say so are asked about where nothing else was stated either: at a first look at the data.
    """
    if roles.target is not None or (use.label.column or "").lower() == NONE:
        return
    other = {*roles.groups, *roles.strata, *roles.text, roles.weight or "", roles.time or "", roles.id or ""}
    first = use.source is None and not use.groups.columns
    found = [of for of in outcomes(seen, other) if of.score or first]
    if found and any(of.rule.code.startswith("OUT") and not of.reason for of in rules()):
        raise refused(found, where)


def _with_group(rows: Engine, use: UseCase, terms: str | Sequence[str] | None) -> tuple[Engine, UseCase, Sequence[str]]:
    """Return the rows and the use with the group that is made from terms, if one is asked for, and its terms."""
    own = read_terms([terms] if isinstance(terms, str) else terms) if terms is not None else ()
    if not own:
        return rows, use, own
    from auditor.engines.corpus import with_group

    if not isinstance(rows, OnDuckDB):
        raise AuditError("a group from terms cannot be made in Spark; make the column there and name it")
    source, made = with_group(rows.source, one_text(use, rows.source), own)
    return OnDuckDB(source), use.over("groups", columns=(*use.groups.columns, made)), own


def _data(
    data: object, table: str | None, sql: str | None, use: UseCase, in_catalog: bool = False
) -> tuple[object, str | None, str | None]:
    """Return data, table and query as asked for, or as the use case names them; a catalog's table needs no data."""
    if data is not None:
        return data, table, sql
    if table is None and sql is None:
        table, sql = use.data.table, use.data.sql
    if use.data.path is None and sql is None and not (in_catalog and table is not None):
        raise UseCaseError("which data? name them, or let the use case do so ([data] path)")
    return use.data.path, table, sql


def _use(use_case: UseCase | str | Path | None, reference: str | Path | Mapping[str, Any] | None) -> UseCase:
    """Return the stated use with the reference population laid over it."""
    if isinstance(use_case, Mapping):
        raise UseCaseError("use_case is a mapping; write UseCase.model_validate(mapping), or give a path")
    use = use_case if isinstance(use_case, UseCase) else UseCase.load(use_case) if use_case else UseCase()
    if reference is None:
        return use
    if isinstance(reference, str) and shipped(reference):
        return use  # its words are fitted to the data's when they are known
    stated = one_population(reference) if isinstance(reference, Mapping) else read_population(reference)
    return use.over("population", **{**use.population.groups, **stated})


def _with_reading(
    use: UseCase, encoding: str | None, skip_rows: int | None, sheet: str | int | None, unknown: Unknown
) -> UseCase:
    """Return the use with what was asked for on reading laid over it."""
    use = use.over("data", encoding=encoding, skip_rows=skip_rows, sheet=sheet)
    if not unknown:
        return use
    stated = unknown if isinstance(unknown, Mapping) else _levels([unknown] if isinstance(unknown, str) else unknown)
    return use.over("groups", unknown={**use.groups.unknown, **stated})


def _levels(written: Sequence[str]) -> dict[str, list[str]]:
    """Return column -> levels of what is written as "race=Unknown,Declined"; a name may hold an equals sign.

    >>> _levels(["race=Unknown,Declined", "sex="])
    {'race': ['Unknown', 'Declined'], 'sex': []}
    """
    found = {}
    for each in written:
        column, sign, levels = each.rpartition("=")
        if not sign or not column.strip():
            raise AuditError(f"unknown levels are written as column=level,level; got '{each}'")
        found[column.strip()] = [level.strip() for level in levels.split(",") if level.strip()]
    return found


def _strata(within: Names, use: UseCase) -> dict[str, str] | None:
    """Return the strata asked for, each with the reason that the use gives, if it does."""
    names = _several(within)
    return {name: use.features.strata.get(name, "") for name in names} if names else None


def _several(names: Names) -> list[str]:
    """Return names of columns as texts: one, several, or none."""
    if names is None:
        return []
    several = names if isinstance(names, Iterable) and not isinstance(names, str) else (names,)
    return [without_null(spelled(name)) for name in several]
