"""`dataudit init`: a first use case from the data."""

from __future__ import annotations

import click

from auditor.cli.options import FLAGS, flag
from auditor.cli.sections import Command
from auditor.format import printable
from auditor.use.says import Says

EXAMPLES = ("init applicants.csv", "init applicants.csv -o use_case.toml --interactive")
SAYS = Says(wrote="wrote {path}; read it, then: dataudit check --use-case {path}")


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("data", required=False)
@FLAGS["table"]
@FLAGS["sql"]
@flag(
    "Output",
    "-o",
    "--output",
    default="use_case.toml",
    show_default=True,
    metavar="FILE",
    help="The file to write; never over another.",
)
@flag("Use", "--interactive", is_flag=True, help="Ask for the contents of the use case.")
def init(data: str | None, table: str | None, sql: str | None, output: str, interactive: bool) -> None:
    """Write a commented use case from DATA.

    It contains what was guessed from the data, and the questions that only people can answer.
    """
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
    click.echo(SAYS("wrote", path=printable(output)), err=True)
