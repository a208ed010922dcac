"""`dataudit init`: a first use case from the data."""

from __future__ import annotations

import click

from auditor.cli.options import FLAGS, flag
from auditor.cli.sections import Command
from auditor.format import printable
from auditor.use.says import Says

DEFAULT = "use_case.toml"
EXAMPLES = ("init applicants.csv", "init applicants.csv -o use_case.toml --interactive")
SAYS = Says(wrote="wrote {path}; read it, then: dataudit check --use-case {path}")


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("data", required=False)
@FLAGS["table"]
@FLAGS["sql"]
@FLAGS["target"]
@FLAGS["positive"]
@flag(
    "Output",
    "-o",
    "--output",
    default=DEFAULT,
    show_default=True,
    metavar="FILE",
    help="The file to write; never over another.",
)
@flag("Use", "--interactive", is_flag=True, help="Ask for the contents of the use case.")
def init(
    data: str | None,
    table: str | None,
    sql: str | None,
    target: str | None,
    positive: tuple[str, ...],
    output: str,
    interactive: bool,
) -> None:
    """Write a commented use case from DATA.

    It contains what was guessed from the data, and the questions that only people can answer. Without a clear outcome
    column it lists the candidates, and the command to type; nothing is written then.
    """
    from pathlib import Path

    from auditor.audit.draft import draft, written
    from auditor.audit.output import check_path, write_whole
    from auditor.errors import OutputError

    check_path(output, data)
    if Path(output).exists():
        raise OutputError(f"'{output}' is there already; give another path (-o)")
    found = draft(data, table, sql, target=target, positive=positive)
    if interactive:
        from auditor.cli.asking import ask

        found = ask(found)
    else:
        found.refuse_unclear(_command(data, table, sql, output))
    write_whole([(output, written(found, Path(output).resolve().parent))])
    click.echo(SAYS("wrote", path=printable(output)), err=True)


def _command(data: str | None, table: str | None, sql: str | None, output: str) -> str:
    """Return the command to type again, without what opens a database."""
    from auditor.loaders.credentials import shown_command

    flags = {"--table": table, "--sql": sql, "-o": None if output == DEFAULT else output}
    given = [word for flag, value in flags.items() if value is not None for word in (flag, value)]
    return shown_command(["dataudit", "init", *([data] if data is not None else []), *given])
