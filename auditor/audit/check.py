"""The whole pipeline: from data and a stated use to an audit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from auditor.analyzers.catalog import family
from auditor.analyzers.evidence import Evidence
from auditor.audit import federated as tallies
from auditor.audit.beside import refuse_estimated, with_groups_beside
from auditor.audit.compare import compare
from auditor.audit.counting import as_people
from auditor.audit.embedding import Drawn, Embeddings
from auditor.audit.explained import explained
from auditor.audit.gather import Rows, gathered
from auditor.audit.judge import dataset, judged
from auditor.audit.making import agreed_on, make
from auditor.audit.options import CheckOptions, TallyOptions
from auditor.audit.output import check_path, write_whole
from auditor.audit.preparing import prepared
from auditor.audit.progress import followed
from auditor.audit.request import Request
from auditor.audit.rerun import dropped_columns, less, one_text, refuse_needed, without
from auditor.audit.select import Choice, by_code, choice
from auditor.audit.validate import refuse_alone, refuse_constant_score, refuse_unexpected, refuse_unknown_levels
from auditor.engines.engine import Engine, OnDuckDB
from auditor.engines.open import opened
from auditor.errors import AuditError, OutputError
from auditor.model import Audit, Decision
from auditor.use.arguments import checked
from auditor.use.derivations import proposed
from auditor.use.inputs import guarded
from auditor.use.outcome import outcomes, refused
from auditor.use.roles import NONE, Roles, Seen
from auditor.use.usecase import UseCase

ALTERNATIVES = "MDL002"  # the rule that is asked for by name alone: it fits many models


@explained(CheckOptions)
@checked
def check(
    data: object = None,
    *,
    use_case: UseCase | str | Path | Mapping[str, Any] | None = None,
    **options: Unpack[CheckOptions],
) -> Audit:
    """Audit a data set against a stated use.

    Args:
        data: A path, folder, glob or "-" for standard input; tallies (a list of .tally paths); an SQLite or DuckDB
            file or postgresql://host/database; or a frame: pandas, Polars, Arrow, Spark, a DuckDB relation or
            connection, an array, a dict of columns, a list of rows, and what exports Arrow or has to_pandas();
            default: what the use case names under [data].
        use_case: A UseCase, the path of a use-case file, or a mapping like its tables; options override it.
        options: What is stated, read, selected and compared, below.

    Returns:
        The audit; `audit.verdict`, `audit.findings()`, `audit.to_frame()`, `audit.save("report.html")`.

    Raises:
        OutcomeError: The outcome was not named, and columns could be it: they are listed, one in a line.
        AuditError: The data, the use or an option is wrong; its message is one line.
    """
    with followed(options.get("progress"), given="progress" in options) as options["progress"]:
        return _checked(Request.of(data, use_case, **options))


def _checked(request: Request) -> Audit:
    """Audit what is asked for, and, if columns or terms are to be left out, again without them."""
    request = replace(request, use=by_code(request.use))
    refuse_estimated(request.use)
    also = [ALTERNATIVES] if request.alternatives else []
    with choice(request.only, request.skip, request.no_models, request.use, also) as rules:
        if request.parts:
            return tallies.audit(
                request.parts, request.use, rules(), request.population, request.name, request.seed, request.command
            )
        embeddings = Embeddings(request.embed, request.save_vectors, _path_of(request.data))
        request.progress("reading the data")
        with opened(request.data, engine=request.engine, master=request.master, **request.opening) as rows:
            rows, use = with_groups_beside(rows, request.use)
            rows, guessed = as_people(rows, use)
            rows, use = _with_group(rows, use, request.terms)
            counts = bool(request.count or guessed)
            run = partial(_audit, request=request, rules=rules, embeddings=embeddings, aggregated=counts)
            if not request.drop and not request.masks:
                audit = run(rows, use, request.terms)
                embeddings.write()
                return audit
            dropped = dropped_columns(request.drop, rows, use)
            before = run(rows, use, request.terms)
            refuse_needed(dropped, before)
            rest = rows.without(dropped) if dropped else rows
            after = run(rest, without(use, dropped), (*request.terms, *request.masks))
            names = "as they are", less(dropped, request.masks)
            embeddings.write()
            return replace(after, compared=compare(before, after, names=names))


@explained(TallyOptions)
@checked
def tally(
    data: object,
    output: str | Path,
    *,
    use_case: UseCase | str | Path | Mapping[str, Any] | None = None,
    **options: Unpack[TallyOptions],
) -> None:
    """Count a data set where it is, and write the counts, without any row, for an audit elsewhere.

    Args:
        data: As for `check`.
        output: The tally file to write (.tally).
        use_case: As for `check`.
        options: What is stated and read, and how small a cell may be, below.

    Raises:
        AuditError: The data, the use or an option is wrong; its message is one line.
    """
    if Path(output).suffix != tallies.SUFFIX:
        raise OutputError(f"'{output}' must end in {tallies.SUFFIX}")
    with guarded([str(output)]):
        request = Request.of(data, use_case, **options)
        check_path(str(output), _path_of(request.data), (str(request.edges_from),) if request.edges_from else ())
        agreed = agreed_on(request.edges_from)
        with opened(request.data, engine=request.engine, master=request.master, **request.opening) as rows:
            rows, use = with_groups_beside(rows, request.use)
            text = make(rows, use, agreed, request.min_cell, aggregated=request.count is not None)
    write_whole([(str(output), text)])


def _path_of(data: object) -> str | None:
    """Return the path of the data, None where they are no file."""
    return os.fsdecode(data) if isinstance(data, str | os.PathLike) else None


def _audit(
    rows: Engine,
    use: UseCase,
    masks: Sequence[str],
    *,
    request: Request,
    rules: Choice,
    embeddings: Embeddings,
    aggregated: bool,
) -> Audit:
    """Audit rows against a use, with the rules that are not left out."""
    progress, seed, named = request.progress, request.seed, request.population
    ready = prepared(rows, use)
    rows, seen, roles, use = ready.rows, ready.seen, ready.roles, ready.use
    fitting: tuple[Decision, ...] = ()
    if named:
        stated, fitted = named.fitted({group: seen[group].levels for group in roles.groups})
        use = use.over("population", **{**use.population.model_dump(exclude_unset=True), **stated})
        fitting = (fitted,)
    _refuse_without_outcome(roles, seen, use, rules, rows.name)
    if use.features.controls:
        from auditor.counts.controlled import refuse_controls

        refuse_controls(use, roles, [*seen])
    embeddings.check(rows, roles)
    rows = rows.derived(proposed(roles, seen, masks), seen)
    progress("counting")
    tally = rows.tally(roles, seen, aggregated, progress, seed)
    refuse_unexpected(tally)
    refuse_alone(tally, use)
    refuse_constant_score(tally)
    refuse_unknown_levels(tally, use)
    chosen = rules()
    from auditor.counts.answers import without_answers  # once the rules are loaded: the libraries are theirs too
    from auditor.counts.leaks import set_aside

    tally = set_aside(without_answers(tally, use), use)
    made, embedded = embeddings.made(Drawn(rows, tally, seen, masks, seed, progress))
    evidence = Evidence(tally, use, embedded=(*made.samples,))
    supplied = Rows(rows, seen, masks, seed, made)
    evidence = gathered(evidence, chosen, supplied, progress, fitting=not request.no_models)
    whole = dataset(evidence.tally, use, rows.name, (*rows.reading, *fitting, *embedded), rows.sha256)
    audit = judged(evidence, whole, chosen, rows.engine, seed, request.command, progress)
    return replace(audit, recompute=rows.recompute(evidence.tally, seen))


def _refuse_without_outcome(roles: Roles, seen: Mapping[str, Seen], use: UseCase, rules: Choice, where: str) -> None:
    """Refuse an audit without an outcome where columns could be it, and rules that judge outcomes are to run.

    At a first look at the data, where nothing else was stated, columns with other names are asked about too.
    """
    if roles.target is not None or (use.label.column or "").lower() == NONE or use.pay.base:
        return
    other = {*roles.groups, *roles.strata, *roles.text, *roles.units, roles.weight or "", roles.time or ""}
    other |= {*roles.process, roles.list_column or ""}
    first = use.source is None and not use.groups.columns
    found = [of for of in outcomes(seen, other) if of.score or first]
    if found and any(family(of.rule.code) == "OUT" and not of.reason for of in rules()):
        raise refused(found, where)


def _with_group(rows: Engine, use: UseCase, terms: Sequence[str]) -> tuple[Engine, UseCase]:
    """Return the rows and the use with the group that is made from terms, if one is asked for."""
    if not terms:
        return rows, use
    from auditor.engines.corpus import with_group

    if not isinstance(rows, OnDuckDB):
        raise AuditError("a group from terms cannot be made in Spark; make the column there and name it")
    source, made = with_group(rows.source, one_text(use, rows.source), terms)
    return OnDuckDB(source), use.over("groups", columns=(*use.groups.columns, made))
