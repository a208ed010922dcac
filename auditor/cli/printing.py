"""What a command prints: to a terminal as it is, plain text or JSON elsewhere; on stderr what was written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import click

from auditor.cli.options import flag
from auditor.format import in_json, printable
from auditor.reporter.formats import printed, printing

if TYPE_CHECKING:
    from rich.console import Console

    from auditor.model import Audit

FORM = flag(
    "Output", "--format", "form", type=click.Choice(printed()), default="text", help="Format of the printed audit."
)


VERBOSE = flag("Output", "-v", "--verbose", is_flag=True, help="Print all findings, not only the answer.")
QUIET = flag("Output", "-q", "--quiet", is_flag=True, help="Print only the verdict, in one line.")


def print_audit(audit: Audit, form: str, *, verbose: bool = False, quiet: bool = False) -> None:
    """Print an audit in the form that was asked for: the answer, all findings, or the verdict alone."""
    if form != "text":  # which is coloured on a terminal
        text = printing(form)(audit)
        assert isinstance(text, str)  # what is printed is no file
        click.echo(in_json(text, sys.stdout.encoding) if form == "json" else text, nl=False)
        return
    from auditor.reporter import terminal

    if quiet:
        show_or_print(partial(terminal.show_verdict, audit), partial(terminal.render_verdict, audit))
    elif verbose:
        show_or_print(partial(terminal.show_all, audit), partial(terminal.render, audit))
    else:
        show_or_print(partial(terminal.show, audit), partial(terminal.render_answer, audit))


def show_or_print(shown: Callable[[Console], None], text: Callable[[], str]) -> None:
    """Print to the terminal as it is, or plain text to anything else."""
    from rich.console import Console

    console = Console(highlight=False)  # it honours NO_COLOR and FORCE_COLOR
    if console.is_terminal:
        shown(console)
    else:
        click.echo(text(), nl=False)


def say_written(paths: Iterable[str]) -> None:
    """Report on stderr what was written; a path may contain control characters."""
    for path in paths:
        click.echo(f"wrote {printable(path)}", err=True)
