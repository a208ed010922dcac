"""The flags of `check` and `tally`: names, types, sections; their meanings are those of the declared options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from auditor.audit.options import meanings, summary
from auditor.cli.sections import Option
from auditor.engines.catalog import names

F = TypeVar("F", bound=Callable[..., Any])


def flag(section: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """Return a decorator that gives a command a flag, shown in a section of its help."""
    return click.option(*names, cls=Option, section=section, **attributes)


def _flag(section: str, key: str, *names: str, **attributes: Any) -> Callable[[Any], Any]:
    """Return the flag of an option; without names, the option's own with hyphens."""
    more = "; repeats." if attributes.get("multiple") else "."
    said = summary(key).removesuffix(".") + more
    return flag(section, *(names or (f"--{key.replace('_', '-')}",)), key, help=said, **attributes)


def _comma_separated(ctx: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else value.split(",") or [""]


USE_CASE = flag(
    "Use", "--use-case", "--use", "use_case", metavar="FILE", help="The stated use (TOML); flags override it."
)

# Option -> its flag, in the order in which they are shown. What only Python takes has none.
FLAGS: dict[str, Callable[[Any], Any]] = {
    "table": _flag("Data", "table", metavar="NAME"),
    "sql": _flag("Data", "sql", metavar="QUERY"),
    "encoding": _flag("Data", "encoding", metavar="NAME"),
    "skip_rows": _flag("Data", "skip_rows", type=click.IntRange(0), metavar="N"),
    "sheet": _flag("Data", "sheet", metavar="NAME"),
    "image": _flag("Data", "image", metavar="COL"),
    "count": _flag("Data", "count", metavar="COL"),
    "name": _flag("Data", "name", metavar="NAME"),
    "target": _flag("Use", "target", metavar="COL"),
    "positive": _flag("Use", "positive", multiple=True, metavar="VALUE"),
    "time": _flag("Use", "time", metavar="COL"),
    "id": _flag("Use", "id", metavar="COL"),
    "cluster": _flag("Use", "cluster", metavar="COL"),
    "text": _flag("Use", "text", multiple=True, metavar="COL"),
    "vector": _flag("Use", "vector", multiple=True, metavar="COL"),
    "weight": _flag("Use", "weight", metavar="COL"),
    "replicate_weights": _flag("Use", "replicate_weights", metavar="PATTERN"),
    "survey_strata": _flag("Use", "survey_strata", metavar="COL"),
    "survey_psu": _flag("Use", "survey_psu", metavar="COL"),
    "pay": _flag("Use", "pay", metavar="COL"),
    "variable": _flag("Use", "variable", multiple=True, metavar="COL"),
    "hours": _flag("Use", "hours", metavar="COL"),
    "category": _flag("Use", "category", metavar="COL"),
    "policy": _flag("Use", "policy", metavar="NAME"),
    "reference": _flag("Use", "reference", metavar="FILE"),
    "scale": _flag("Use", "scale", type=click.Choice(["log", "plain"])),
    "groups": _flag("Groups", "groups", "--group", multiple=True, metavar="COL"),
    "group_file": _flag("Groups", "group_file", metavar="FILE"),
    "on": _flag("Groups", "on", metavar="KEY"),
    "unknown": _flag("Groups", "unknown", multiple=True, metavar="COL=LEVEL,…"),
    "control": _flag("Groups", "control", multiple=True, metavar="COL"),
    "within": _flag("Groups", "within", multiple=True, metavar="COL"),
    "group_from_terms": _flag("Groups", "group_from_terms", metavar="she,her,…", callback=_comma_separated),
    "drop": _flag("Analysis", "drop", multiple=True, metavar="COL"),
    "redact": _flag("Analysis", "redact", metavar="FILE"),
    "embed": _flag("Analysis", "embed", multiple=True, metavar="COL=DIR"),
    "only": _flag("Analysis", "only", multiple=True, metavar="CODE"),
    "skip": _flag("Analysis", "skip", multiple=True, metavar="CODE"),
    "no_models": _flag("Analysis", "no_models", is_flag=True),
    "alternatives": _flag("Analysis", "alternatives", is_flag=True),
    "seed": _flag("Analysis", "seed", type=click.IntRange(0, 2**63 - 1), default=0, metavar="N"),
    "edges_from": _flag("Analysis", "edges_from", metavar="F.tally"),
    "min_cell": _flag("Output", "min_cell", type=int, default=0, metavar="N"),
    "min_report_cell": _flag("Output", "min_report_cell", type=click.IntRange(0), metavar="N"),
    "save_vectors": _flag("Output", "save_vectors", metavar="F.parquet"),
    "memory_limit": _flag("Engine", "memory_limit", metavar="SIZE"),
    "engine": _flag("Engine", "engine", type=click.Choice(names())),
    "master": _flag("Engine", "master", metavar="URL"),
}


def flags_of(options: type) -> Callable[[F], F]:
    """Return a decorator that gives a command the use case and the flags of a TypedDict's options."""

    def give(function: F) -> F:
        known = meanings(options)
        for name in reversed([name for name in FLAGS if name in known]):
            function = FLAGS[name](function)
        return USE_CASE(function)

    return give
