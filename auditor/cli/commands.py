"""The command line: parses, calls, prints, exits. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.exits import Group
from auditor.engines.catalog import names
from auditor.format import in_json, printable
from auditor.loaders.catalog import databases_in_words
from auditor.loaders.signals import end_on_signals
from auditor.reporter.formats import in_words, printed, printing

if TYPE_CHECKING:
    from rich.console import Console

    from auditor.model import Audit

# Level -> how bad it is for --fail-on; cannot_tell has an exit code of its own, and not_judged is no failure.
EXIT_CANNOT_TELL = 3
FAILING = {"unfit": {"unfit"}, "conditions": {"unfit", "fit_with_conditions"}, "never": set[str]()}


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dataudit", prog_name="dataudit")
def main() -> None:
    """Does this data set suit its stated use? Audit it, and get a verdict with reasons."""
    # Of what the libraries hold nothing is ever free: to go through it time and again, and at the end, takes a second.
    gc.set_threshold(100_000, 20, 20)
    end_on_signals()
    atexit.register(gc.freeze)


TABLE = click.option("--table", metavar="NAME", help=f"The table of a database ({databases_in_words()}).")
SQL = click.option("--sql", metavar="QUERY", help="Audit what a query gives: a database's, or of files ('x.parquet').")


ENCODING = click.option("--encoding", metavar="NAME", help="Encoding of a text file (cp1252, utf-16).")
SKIP_ROWS = click.option("--skip-rows", type=click.IntRange(0), metavar="N", help="Rows before the header.")
SHEET = click.option("--sheet", metavar="NAME", help="Sheet of a workbook: its name, or its place from 1.")
UNKNOWN = click.option(
    "--unknown",
    multiple=True,
    metavar="COL=LEVEL,…",
    help="Levels that say membership is not recorded, in place of those recognised; COL= for no such level; repeats.",
)


# Each option below that is not named in the signature is the parameter of `auditor.check` of the same name.
@main.command()
@click.argument("data", nargs=-1)
@TABLE
@SQL
@ENCODING
@SKIP_ROWS
@SHEET
@UNKNOWN
@click.option("--target", help="Outcome column; none, where there is none.")
@click.option("--positive", multiple=True, help="Its favourable value, or '>= 50000'; repeats.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="Column saying who people are; age:25,40,65 cuts it, race:codes does not; repeats.",
)
@click.option("--text", multiple=True, help="Column of free text; repeats.")
@click.option("--time", help="Column of the date or year.")
@click.option("--id", help="Column naming the person.")
@click.option(
    "--min-report-cell",
    type=click.IntRange(0),
    metavar="N",
    help="Show no number that describes under N rows of a group (default: 5; 0 or 1 shows all).",
)
@click.option("--count", help="Column of frequencies, where a row stands for several people.")
@click.option("--within", multiple=True, metavar="COL", help="Compare within the levels of this column; repeats.")
@click.option("--weight", metavar="COL", help="Column of survey weights.")
@click.option("--policy", metavar="NAME", help="default, eeoc, nyc-ll144, eu-ai-act, or a TOML file that extends one.")
@click.option("--use-case", metavar="FILE", help="The stated use (TOML); flags override it.")
@click.option("--reference", metavar="FILE", help="The population: .csv (group,level,share), .toml, or a name.")
@click.option("--drop", multiple=True, metavar="COL", help="Audit as if the column were gone, beside before; repeats.")
@click.option("--redact", metavar="FILE", help="Audit as if its terms were masked in the texts, beside before.")
@click.option(
    "--group-from-terms",
    metavar="she,her,…",
    callback=lambda ctx, option, value: None if value is None else value.split(",") or [""],
    help="Make a group of the text: the documents that hold one of these terms, and the others.",
)
@click.option("--suggest-redactions", "suggest", metavar="FILE", help="Write the terms to mask, each with its reason.")
@click.option(
    "--only",
    multiple=True,
    metavar="CODE",
    help="Run this rule or family (OUT001, REP) alone, without a verdict; repeats.",
)
@click.option("--skip", multiple=True, metavar="CODE", help="Leave out this rule or family; repeats.")
@click.option("--no-models", is_flag=True, help="Leave out the rules that fit models to sampled rows.")
@click.option("--report", "reports", multiple=True, metavar="PATH", help=f"Write {in_words()}; repeats.")
@click.option("--format", "form", type=click.Choice(printed()), default="text", help="What is printed.")
@click.option(
    "--fail-on", type=click.Choice(list(FAILING)), default="unfit", help="When to exit with 1; never: nor with 3."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, help="Seed of whatever is sampled.")
@click.option("--memory-limit", metavar="SIZE", help="What the engine may hold (512MB, 4GiB); more goes to TMPDIR.")
@click.option("--engine", type=click.Choice(names()), help="What counts; spark reads s3:// and the like.")
@click.option("--master", metavar="URL", help="Spark's master: spark://…, local[4], yarn, sc://… (Connect).")
def check(
    data: tuple[str, ...], reports: tuple[str, ...], form: str, fail_on: str, suggest: str | None, **flags: Any
) -> None:
    """Audit DATA: a file, a folder, a glob, - for standard input, or a database; or several tallies (dataudit tally).

    A database is an SQLite or DuckDB file or postgresql://user@host/name; leave its password to PGPASSWORD or a
    password file, for other users of a machine can see what was typed.

    Exits with 0 when the data are fit (or fit with conditions), 1 when they are unfit, 3 when it cannot be told, 2 on
    wrong usage or unreadable input.

    With --only or --skip no verdict is given, for a selection of rules is none; it exits with 1 where the selected
    rules show that the data are unfit (with --fail-on conditions: that a condition is asked for), else with 0.
    """
    from auditor.audit.check import check as run
    from auditor.audit.output import check_path, check_paths, write_reports, write_whole
    from auditor.cli.progress import status
    from auditor.reporter.showing import shown
    from auditor.use.inputs import guarded

    for source in data or (_data_of(flags["use_case"]),):
        check_paths(reports, source)
        if suggest:
            check_path(suggest, source, (flags["redact"] or "", *reports))
    outputs = (*reports, *([suggest] if suggest else []))
    with guarded(outputs), status() as progress:
        audit = run(data[0] if len(data) == 1 else data or None, **flags, command=_command(), progress=progress)
        if reports:
            progress("writing the reports")
            write_reports(audit, reports)
        if suggest:
            from auditor.audit.redact import suggestions

            write_whole([(suggest, suggestions(shown(audit)))])
    _print(audit, form)
    _say_written(outputs)
    sys.exit(_exit_code(audit, fail_on))


@main.command()
@click.argument("data", required=False)
@TABLE
@SQL
@ENCODING
@SKIP_ROWS
@SHEET
@UNKNOWN
@click.option("-o", "--output", required=True, metavar="F.tally", help="The file to write.")
@click.option("--target", help="Outcome column.")
@click.option("--positive", multiple=True, help="Its favourable value, or '>= 50000'; repeats.")
@click.option("--group", "groups", multiple=True, help="Column saying who people are; repeats.")
@click.option("--time", help="Column of the date or year.")
@click.option("--id", help="Column naming the person.")
@click.option("--count", help="Column of frequencies, where a row stands for several people.")
@click.option("--within", multiple=True, metavar="COL", help="Column to compare within; repeats.")
@click.option("--weight", metavar="COL", help="Column of survey weights.")
@click.option("--use-case", metavar="FILE", help="The stated use (TOML); flags override it.")
@click.option("--edges-from", metavar="F.tally", help="Count as that tally was, so that both can be added up.")
@click.option("--min-cell", type=int, default=0, metavar="N", help="Let no cell of under N rows out.")
@click.option("--memory-limit", metavar="SIZE", help="What the engine may hold (512MB, 4GiB); more goes to TMPDIR.")
def tally(data: str | None, output: str, **flags: Any) -> None:
    """Count DATA where it is; the counts are audited elsewhere: dataudit check a.tally b.tally.

    The file holds roles, levels, bin edges and counts, and no row. Look at it before it leaves: it is plain JSON.
    """
    from auditor.audit.check import tally as run

    run(data, output, **flags)
    _say_written([output])


@main.command()
@click.argument("data", required=False)
@TABLE
@SQL
@click.option(
    "-o", "--output", default="use_case.toml", show_default=True, help="The file to write; never over another."
)
@click.option("--interactive", is_flag=True, help="Ask for what a use case says.")
def init(data: str | None, table: str | None, sql: str | None, output: str, interactive: bool) -> None:
    """Write a commented use case from the data: what was guessed, and the questions that only people can answer."""
    from pathlib import Path

    from auditor.audit.draft import draft, written
    from auditor.audit.output import check_path, write_whole
    from auditor.errors import OutputError

    check_path(output, data)
    if Path(output).exists():
        raise OutputError(f"'{output}' is there already; give another path (-o)")
    found = draft(data, table, sql)
    if interactive:
        from auditor.cli.asking import ask

        ask(found)
    write_whole([(output, written(found, Path(output).resolve().parent))])
    named = printable(output)
    click.echo(f"wrote {named}; read it, then: dataudit check --use-case {named}", err=True)


@main.command()
@click.argument("audit", metavar="AUDIT.json")
@click.option("-o", "--output", "outputs", multiple=True, required=True, help="Report to write; repeats.")
def render(audit: str, outputs: tuple[str, ...]) -> None:
    """Render a saved audit again: dataudit render audit.json -o report.html."""
    from auditor.audit.output import check_paths, write_reports
    from auditor.reporter.json import as_saved, read
    from auditor.use.inputs import guarded

    check_paths(outputs)
    with guarded(outputs), as_saved(audit):
        write_reports(read(audit), outputs)
    _say_written(outputs)


@main.command()
@click.argument("before", metavar="A.json")
@click.argument("after", metavar="B.json")
@click.option("-o", "--output", "outputs", multiple=True, help="The report of B with A beside it; repeats.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What is printed.")
def compare(before: str, after: str, outputs: tuple[str, ...], form: str) -> None:
    """Set two saved audits side by side; exit code 1 when the second is worse."""
    from dataclasses import replace

    from auditor.audit.compare import compare as beside
    from auditor.audit.output import check_paths, write_reports
    from auditor.reporter.json import as_saved, read
    from auditor.reporter.terminal import render_beside, show_beside
    from auditor.use.inputs import guarded

    check_paths(outputs)
    with guarded(outputs):
        audits = read(before), read(after)
    with as_saved(before, after):
        compared = beside(*audits)
        if outputs:
            write_reports(replace(audits[1], compared=compared), outputs)
    if form == "json":
        import json
        from dataclasses import asdict

        click.echo(in_json(json.dumps(asdict(compared), indent=1, ensure_ascii=False), sys.stdout.encoding))
    else:
        _show(partial(show_beside, compared), partial(render_beside, compared))
    _say_written(outputs)
    sys.exit(int(compared.worse))


@main.command()
@click.argument("data")
@click.option("--terms", metavar="FILE", required=True, help="The terms, one per line; # begins a remark.")
@click.option("-o", "--output", required=True, help="The masked copy: .csv, .parquet or .jsonl; never the data itself.")
@click.option("--text", multiple=True, help="Column of text to mask; repeats. Default: those that read like text.")
def redact(data: str, terms: str, output: str, text: tuple[str, ...]) -> None:
    """Write a copy of the data with terms masked in its texts.

    The mask is a sign and no word; masks beside one another become one. It is counted as no term when the copy is
    audited; a model that is to read the copy must not be shown it, for it says where a term stood.
    """
    from auditor.audit.redact import read_terms
    from auditor.audit.redact import redact as mask

    changed, columns = mask(data, read_terms(terms), output, text)
    none = "" if changed else ": none of the terms occurs"
    named = printable(", ".join(columns))
    click.echo(f"{changed:,} values masked in {named}{none}; wrote {printable(output)}", err=True)


@main.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a rule (dataudit explain OUT001), or list them all."""
    from auditor.analyzers.catalog import all_rules, find

    if code is None:
        for rule in all_rules().values():
            click.echo(f"{rule.code}  {rule.name:<26} {rule.title}")
        return
    rule = find(code)
    click.echo(f"{rule.code} {rule.name}\n\n{rule.title}")
    for heading, text in rule.sections.items():
        click.echo(f"\n{heading}\n{click.wrap_text(text, 96, '  ', '  ')}")
    if rule.options:
        click.echo(f"\nOptions, under [rules.{rule.code}] in the use case")
        for name, default in rule.options.items():
            click.echo(f"  {name} = {default}")


def _data_of(use_case: str | None) -> str | None:
    """Return the data that a use case names, so that no report replaces them."""
    from auditor.use.usecase import UseCase

    return UseCase.load(use_case).data.path if use_case else None


def _command() -> str:
    """Return the command for the audit's provenance, without what opens a database."""
    from auditor.loaders.credentials import shown_command

    return shown_command(["dataudit", *sys.argv[1:]])


def _print(audit: Audit, form: str) -> None:
    if form != "text":  # which is coloured on a terminal
        text = printing(form)(audit)
        click.echo(in_json(text, sys.stdout.encoding) if form == "json" else text, nl=False)
        return
    from auditor.reporter.terminal import render, show

    _show(partial(show, audit), partial(render, audit))


def _show(shown: Callable[[Console], None], text: Callable[[], str]) -> None:
    """Print to the terminal as it is, or plain text where there is none."""
    from rich.console import Console

    console = Console(highlight=False)  # it honours NO_COLOR and FORCE_COLOR
    if console.is_terminal:
        shown(console)
    else:
        click.echo(text(), nl=False)


def _say_written(paths: Iterable[str]) -> None:
    """Say on stderr what was written: a path may hold what drives a terminal."""
    for path in paths:
        click.echo(f"wrote {printable(path)}", err=True)


def _exit_code(audit: Audit, fail_on: str) -> int:
    level = str(audit.verdict.level)
    condition = level == "not_judged" and bool(audit.verdict.because)
    if ("fit_with_conditions" if condition else level) in FAILING[fail_on]:
        return 1
    return EXIT_CANNOT_TELL if level == "cannot_tell" and fail_on != "never" else 0
