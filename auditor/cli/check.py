"""`dataudit check`: an audit, its reports, and the exit code that its verdict has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from auditor.audit.options import CheckOptions
from auditor.cli.options import flag, flags_of
from auditor.cli.printing import FORM, QUIET, VERBOSE, print_audit, say_written
from auditor.cli.project import defaults
from auditor.cli.sections import Command
from auditor.errors import hint
from auditor.format import printable
from auditor.reporter.formats import in_words

if TYPE_CHECKING:
    from auditor.model import Audit

    _Levels = click.ParamType[frozenset[str]]
else:
    _Levels = click.ParamType  # it takes no type before Click 8.4

# What --fail-on takes -> the levels that it fails on. cannot_tell has an exit code of its own.
EXIT_INCONCLUSIVE = 3
FAILING = {
    "unfit": {"unfit", "cannot_tell"},
    "conditions": {"unfit", "fit_with_conditions", "cannot_tell"},
    "unfit-only": {"unfit"},
    "never": set[str](),
}
WORSE = "worse"  # no level: the audit is worse than the one of --against
LEVELS = {"unfit": "unfit", "conditions": "fit_with_conditions", "cannot-tell": "cannot_tell", WORSE: WORSE}
NOW = "now"
EXAMPLES = (
    "check applicants.csv --target hired --group gender --report report.html",
    "check applicants.csv --use-case use_case.toml --drop college",
    "check north.tally south.tally --report audit.html",
)


class FailOn(_Levels):
    """A word for several levels, or the levels themselves: these and no others fail."""

    name = "levels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        """Return the levels of the verdict that fail."""
        if isinstance(value, frozenset):
            return value
        words = [word.strip().lower().replace("_", "-") for word in str(value).split(",")]
        if len(words) == 1 and words[0] in FAILING:
            return frozenset(FAILING[words[0]])
        for word in words:
            if word not in LEVELS:
                known = ", ".join([*FAILING, *(level for level in LEVELS if level not in FAILING)])
                near = " beside others" if word in FAILING else hint(word, LEVELS)
                raise click.BadParameter(f"'{word}' is no level{near} (known: {known})", ctx, param)
        return frozenset(LEVELS[word] for word in words)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the words that begin as what was typed does."""
        return [CompletionItem(word) for word in dict.fromkeys([*FAILING, *LEVELS]) if word.startswith(incomplete)]


@click.command(cls=Command, examples=EXAMPLES, project=defaults)
@click.argument("data", nargs=-1)
@flags_of(CheckOptions)
@flag("Output", "--report", "reports", multiple=True, metavar="PATH", help=f"Write {in_words()}; repeats.")
@FORM
@VERBOSE
@QUIET
@flag(
    "Output",
    "--fail-on",
    type=FailOn(),
    default="unfit",
    metavar="LEVELS",
    help="When to exit with 1 or 3: unfit, conditions, unfit-only (not with 3), never; or levels: unfit,worse.",
)
@flag(
    "Output",
    "--against",
    multiple=True,
    metavar="LAST.json",
    help="Compare with a saved audit; repeats, oldest first.",
)
@flag(
    "Output",
    "--suggest-redactions",
    "suggest",
    metavar="FILE",
    help="Write the terms to mask, each with its reason.",
)
def check(
    data: tuple[str, ...],
    reports: tuple[str, ...],
    form: str,
    verbose: bool,
    quiet: bool,
    fail_on: frozenset[str],
    suggest: str | None,
    against: tuple[str, ...],
    **flags: Any,
) -> None:
    """Audit DATA against its stated use, and give a verdict with reasons.

    DATA is a file, a folder, a glob, - for standard input, or a database; or several tallies (dataudit tally). A
    database is an SQLite or DuckDB file or postgresql://user@host/name; put its
    password in PGPASSWORD or a password file, because other users of the machine can see what you type.

    Exits with 0 when the data are fit (or fit with conditions), 1 when they are unfit, 3 when the audit is
    inconclusive, and 2 on wrong usage or unreadable input.

    With --only or --skip the audit gives no verdict, because a selection of rules does not support one. It then exits
    with 1 where a selected rule finds the data unfit (with --fail-on conditions: finds a condition), else with 0.

    With --against the exit code is still that of the verdict, unless --fail-on has the level worse.
    """
    from auditor.audit.check import check as run
    from auditor.audit.located import located
    from auditor.audit.output import check_path, check_paths, write_reports, write_whole
    from auditor.audit.progress import status
    from auditor.reporter.showing import shown
    from auditor.use.inputs import guarded

    if WORSE in fail_on and not against:
        raise click.UsageError("--fail-on worse needs an audit to compare with (--against LAST.json)")
    for source in data or (_data_of(flags["use_case"]),):
        check_paths(reports, source)
        if suggest:
            check_path(suggest, source, (flags["redact"] or "", *reports))
        if flags["save_vectors"]:
            check_path(flags["save_vectors"], source, (flags["redact"] or "", suggest or "", *reports))
    outputs = (*reports, *filter(None, (suggest, flags["save_vectors"])))
    with guarded(outputs), status() as progress:
        earlier = _earlier(against)
        audit = run(data[0] if len(data) == 1 else data or None, **flags, command=_command(), progress=progress)
        named = data[0] if len(data) == 1 else None if data else audit.use_case["data"]["path"]
        audit = _beside(located(audit, flags["use_case"], named), earlier, against)
        if reports:
            progress("writing the reports")
            write_reports(_with_levels(audit, fail_on), reports)
        if suggest:
            from auditor.audit.redact import suggestions

            write_whole([(suggest, suggestions(shown(audit)))])
    print_audit(audit, form, verbose=verbose, quiet=quiet)
    say_written(outputs)
    sys.exit(_exit_code(audit, fail_on))


def _earlier(paths: Sequence[str]) -> list[Audit]:
    """Return the saved audits to compare with, read before the data are."""
    from auditor.reporter.json import read

    return [read(path) for path in paths]


def _beside(audit: Audit, earlier: Sequence[Audit], paths: Sequence[str]) -> Audit:
    """Return an audit with earlier ones beside it, in place of the data before columns were left out."""
    from dataclasses import replace

    from auditor.audit.compare import compare
    from auditor.reporter.json import as_saved

    if not earlier:
        return audit
    names = [*map(printable, paths), NOW]
    with as_saved(*paths):
        compared = compare(*earlier, audit, names=names if len(set(names)) == len(names) else None)
    return replace(audit, compared=compared)


def _data_of(use_case: str | None) -> str | None:
    """Return the data that a use case names, so that no report replaces them."""
    from auditor.use.usecase import UseCase

    return UseCase.load(use_case).data.path if use_case else None


def _command() -> str:
    """Return the command for the audit's provenance, without what opens a database."""
    from auditor.loaders.credentials import shown_command

    return shown_command(["dataudit", *sys.argv[1:]])


def _with_levels(audit: Audit, fail_on: frozenset[str]) -> Audit:
    """Return an audit with the levels that fail, for reports of tests, where somebody stated them."""
    from dataclasses import replace

    if click.get_current_context().get_parameter_source("fail_on") is ParameterSource.DEFAULT:
        return audit
    return replace(audit, use_case={**audit.use_case, "fail_on": sorted(fail_on)})


def _exit_code(audit: Audit, fail_on: frozenset[str]) -> int:
    from auditor.reporter.bins import failing_level

    if WORSE in fail_on and audit.compared is not None and audit.compared.worse:
        return 1
    level = failing_level(audit)
    if level not in fail_on:
        return 0
    return EXIT_INCONCLUSIVE if level == "cannot_tell" else 1
