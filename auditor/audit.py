"""The whole pipeline: from data and a stated use to an audit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.assign import assign
from auditor.changes import less, one_text, present, refuse_needed, without
from auditor.compare import compare
from auditor.engines import duckdb as engine
from auditor.engines.corpus import counted, with_group
from auditor.engines.models import Models
from auditor.engines.people import clusters
from auditor.engines.sample import draw
from auditor.engines.slices import search
from auditor.errors import AuditError, UseCaseError
from auditor.lexicons import watch_list
from auditor.loaders import open_source
from auditor.model import Audit, Column, Dataset, Provenance, Result, State
from auditor.population import Shipped, read_population, shipped
from auditor.redaction import read_terms
from auditor.rules import Rule, all_rules, find, selected
from auditor.source import Source
from auditor.statements import one_population, other_values, refuse_unexpected, refuse_unknown_levels
from auditor.usecase import UseCase
from auditor.verdict import decide, severity_of
from auditor.waivers import accepted, notes

if TYPE_CHECKING:
    from auditor.engines.tally import Tally

Said = Callable[[str], None]
Names = str | Sequence[str] | None


def check(
    data: object = None,
    *,
    target: str | None = None,
    positive: object = None,
    groups: Names = None,
    text: Names = None,
    time: str | None = None,
    id: str | None = None,  # the word that users know
    use_case: UseCase | str | Path | None = None,
    reference: str | Path | Mapping[str, Mapping[str, float]] | None = None,
    count: str | None = None,
    within: Names = None,
    weight: str | None = None,
    policy: str | None = None,
    drop: Names = None,
    redact: str | Path | Sequence[str] | None = None,
    group_from_terms: Names = None,
    only: str | Sequence[str] = (),
    skip: str | Sequence[str] = (),
    no_models: bool = False,
    seed: int = 0,
    name: str | None = None,
    memory_limit: str | None = None,
    command: str | None = None,
    progress: Said = lambda message: None,
) -> Audit:
    """Audit a data set against a stated use.

    Args:
        data: A path, folder, glob or "-" for standard input; or a pandas, Polars or Arrow table, or a DuckDB relation;
            default: what the use case names under [data].
        target: The outcome column. It and the next five override the use case.
        positive: Its favourable value, or several of them.
        groups: The columns that say who people are; "age:25,40,65" cuts a number into bands.
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
        only: Rules or families (`OUT001`, `REP`) to run; the others are not run, and said.
        skip: Rules or families to leave out.
        no_models: Leave out the rules that fit models to sampled rows.
        seed: Seed of whatever is sampled.
        name: What reports call the data; default: the file's name.
        memory_limit: What the engine may hold ("512MB", "4GiB"); more goes to a temporary folder. Default: 2 GiB
            or half of the machine's memory, if that is less.
        command: How the audit was asked for, for its provenance.
        progress: Called with a few words at each step.

    Returns:
        The audit; `audit.verdict`, `audit.findings()`, `audit.to_frame()`, `audit.save("report.html")`.

    Raises:
        AuditError: The data, the use or a flag is wrong; its message is one line.
    """
    use = _use(use_case, reference)
    if data is None and use.data.path is None:
        raise UseCaseError("which data? name them, or let the use case do so ([data] path)")
    data, count = (use.data.path if data is None else data), count or use.data.count
    use = use.over("use", policy=policy).over("label", column=target, positive=positive).over("groups", columns=groups)
    use = use.over("features", text=text, time=time, id=id, weight=weight, strata=_strata(within, use))
    only, skip = ([names] if isinstance(names, str) else names for names in (only, skip))
    rules = _chosen(only, skip, no_models, use)
    masks = read_terms(redact) if redact is not None else ()
    progress("reading the data")
    with open_source(data, name=name, count=count, memory_limit=memory_limit) as source:
        listed_terms = [group_from_terms] if isinstance(group_from_terms, str) else group_from_terms
        own = read_terms(listed_terms) if listed_terms is not None else ()
        if own:
            source, made = with_group(source, one_text(use, source), own)
            use = use.over("groups", columns=(*use.groups.columns, made))
        run = partial(
            _audit,
            use=use,
            rules=rules,
            seed=seed,
            aggregated=count is not None,
            command=command,
            progress=progress,
            masks=own,
            named=shipped(reference) if isinstance(reference, str) else None,
        )
        if not drop and not masks:
            return run(source)
        dropped = present([drop] if isinstance(drop, str) else drop or [], source)
        before = run(source)
        refuse_needed(dropped, before)
        after = run(source.without(dropped) if dropped else source, use=without(use, dropped), masks=(*own, *masks))
        return replace(after, compared=compare(before, after, ("as they are", less(dropped, masks))))


def _audit(
    source: Source,
    use: UseCase,
    rules: Sequence[tuple[Rule, str | None]],
    seed: int,
    aggregated: bool,
    command: str | None,
    progress: Said,
    masks: Sequence[str] = (),
    named: Shipped | None = None,
) -> Audit:
    """Audit a source against a use, with the rules that are not left out."""
    seen = engine.peek(source)
    roles = assign(seen, use, source.name)
    if named:
        stated, said = named.fitted({group: seen[group].levels for group in roles.groups})
        use = use.over("population", **{**use.population.model_dump(exclude_unset=True), **stated})
        source = replace(source, notes=(*source.notes, said))
    progress("counting")
    tally = engine.tally(source, roles, seen, aggregated=aggregated, progress=progress)
    refuse_unexpected(tally)
    refuse_unknown_levels(tally, use)
    tally = replace(tally, clusters=clusters(source, tally, seen))
    if any(rule.code == "OUT005" and not left_out for rule, left_out in rules):
        progress("searching for slices")
        tally = replace(tally, slices=search(source, tally, seen, seed))
    asked = {rule.code for rule, left_out in rules if not left_out} if not tally.roles.weight else set()
    models = {rule.code for rule, _ in rules if rule.rows} & asked
    if any(code.startswith("TXT") for code in asked) and tally.roles.text and not aggregated:
        progress("counting terms")
        tally = counted(source, tally, seen, masks, seed, any(code.startswith("TXT") for code in models))
    if any(not code.startswith("TXT") for code in models):
        progress("fitting models")
        tally = replace(tally, models=Models(draw(source, tally, seen, seed), tally, use))
    roles = tally.roles
    favourable = (str(roles.cut),) if roles.cut else roles.positive
    use = use.over("label", column=roles.target, positive=favourable).over("groups", columns=roles.groups)
    progress("judging")
    moment = _now()
    today = date.fromisoformat(moment[:10])
    results = accepted([_result(rule, tally, use, left_out) for rule, left_out in rules], use, today)
    return Audit(
        dataset=_dataset(source, tally),
        use_case={
            **use.model_dump(mode="json"),
            "stated": use.source is not None,
            "assumed": [*use.assumptions(), *notes(results, use, today)],
            "policy": {
                "name": use.policy.name,
                "title": use.policy.title,
                "settles_not": use.policy.settles_not,
                "articles": use.policy.articles,
                "sources": use.policy.sources,
            },
        },
        results=results,
        verdict=decide(results, use),
        provenance=Provenance(version("dataudit"), seed, "duckdb", command, moment),
    )


def _use(
    use_case: UseCase | str | Path | None, reference: str | Path | Mapping[str, Mapping[str, float]] | None
) -> UseCase:
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


def _strata(within: Names, use: UseCase) -> dict[str, str] | None:
    """Return the strata asked for, each with the reason that the use gives, if it does."""
    if not within:
        return None
    names = [within] if isinstance(within, str) else within
    return {name: use.features.strata.get(name, "") for name in names}


def _chosen(only: Sequence[str], skip: Sequence[str], no_models: bool, use: UseCase) -> list[tuple[Rule, str | None]]:
    """Return every rule with the reason why it is left out, if it is; unknown names and options are refused."""
    kept = selected(tuple(only)) if only else set(all_rules())
    dropped = selected(tuple(skip))
    for code, options in use.rules.items():
        find(code).configured(options)
    for waiver in use.accept:
        find(waiver.rule)
    watch_list(use.features.watchlists)
    return [
        (
            rule,
            f"left out by --only {' '.join(only)}"
            if code not in kept
            else f"left out by --skip {' '.join(skip)}"
            if code in dropped
            else "left out by --no-models"
            if no_models and rule.rows
            else None,
        )
        for code, rule in all_rules().items()
    ]


def _result(rule: Rule, tally: Tally, use: UseCase, left_out: str | None) -> Result:
    """Run one rule; whatever becomes of it is a result."""

    def result(state: State, **more: Any) -> Result:
        return Result(rule.code, rule.name, state, severity_of(rule.code, use, state), **more)

    if left_out:
        return result(State.NOT_RUN, reason=left_out)
    try:
        findings, table, reason = rule.run(tally, use)
    except Exception as error:  # a rule that crashes must not sink the report, nor pass for clear
        return result(
            State.NOT_RUN, reason=f"the rule failed: {type(error).__name__}: {str(error).rstrip('.')}", failed=True
        )
    if reason:
        return result(State.NOT_RUN, findings=findings, table=table, reason=reason)
    worst = min((finding.state for finding in findings), key=list(State).index, default=State.CLEAR)
    return result(worst, findings=findings, table=table)


def _dataset(source: Source, tally: Tally) -> Dataset:
    def column(name: str) -> Column:
        counted = tally.columns[name]
        note = tally.roles.ignored.get(name)
        levels = counted.levels if counted.exact else None
        return Column(name, tally.roles.of(name), counted.type, counted.missing, levels, note)

    columns = tuple(column(name) for name in source.fields)
    notes: Iterable[str] = (*source.notes, *tally.roles.notes, *other_values(tally))
    return Dataset(source.name, tally.rows, columns, source.sha256, tuple(notes))


def _now() -> str:
    """Return the time in UTC; SOURCE_DATE_EPOCH, where set, so that a report can be made again byte for byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise AuditError(f"SOURCE_DATE_EPOCH is '{epoch}'; it must be a number of seconds") from None
    return moment.isoformat(timespec="seconds")
