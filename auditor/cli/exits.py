"""How a command ends that could not do what was asked: with one line, and an exit code that no verdict has."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import click

from auditor.cli.sections import write_examples
from auditor.cli.streams import consoles
from auditor.errors import AuditError
from auditor.format import printable

EXIT_CRASH = 70  # EX_SOFTWARE
EXIT_INTERRUPTED = 130  # as shells have it
EXAMPLES = (
    "init applicants.csv",
    "check applicants.csv --use-case use_case.toml --report report.html",
    "check --help",
)


class Group(click.Group):
    """A group whose commands end with one line and exit code 2 on a user's fault."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples: the usual first commands."""
        write_examples(EXAMPLES, formatter)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Parse, run and exit; the reader of the output may use any code page, and may stop reading early."""
        try:
            with consoles():
                return super().main(*args, **kwargs)
        except AuditError as error:  # what was printed last could not be
            click.echo(f"dataudit: {error}", err=True)
            sys.exit(error.exit_code)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the flags of the program itself."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _refuse(ctx, error)
            raise

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that is named, whose flags are parsed here too."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _refuse(ctx, error)
            raise
        except AuditError as error:
            click.echo(f"dataudit: {error}", err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("dataudit: interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)
        except (click.exceptions.Exit, click.ClickException, SystemExit):
            raise
        except Exception:
            # A crash must never look like a verdict, whose codes are 0, 1 and 3.
            traceback.print_exc()
            click.echo("dataudit: dataudit crashed; please report it with the lines above", err=True)
            ctx.exit(EXIT_CRASH)


def _refuse(ctx: click.Context, error: click.UsageError) -> None:
    """End with what is wrong with a flag in one line; of nothing at all the help is shown."""
    if not isinstance(error, click.exceptions.NoArgsIsHelpError):
        command = error.ctx.command_path if error.ctx else f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip()
        click.echo(f"dataudit: {printable(' '.join(error.format_message().split()))} (see {command} --help)", err=True)
        ctx.exit(error.exit_code)
