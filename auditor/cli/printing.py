"""What a command prints: to a terminal as it is, plain text or JSON elsewhere; on stderr what was written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import click

from auditor.cli.options import flag
from auditor.errors import OutputError
from auditor.format import in_json, printable
from auditor.reporter.formats import printed, printing

if TYPE_CHECKING:
    from rich.console import Console

    from auditor.model import Audit

FORM = flag(
    "Output", "--format", "form", type=click.Choice(printed()), default="text", help="Format of the printed audit."
)
# Of a comparison, which has no annotations.
COMPARED = flag(
    "Output", "--format", "form", type=click.Choice(("json", "text")), default="text", help="Format of what is printed."
)
SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file whose Markdown a GitHub workflow shows


VERBOSE = flag("Output", "-v", "--verbose", is_flag=True, help="Print all findings, not only the answer.")
QUIET = flag("Output", "-q", "--quiet", is_flag=True, help="Print only the verdict, in one line.")


def print_audit(audit: Audit, form: str, *, verbose: bool = False, quiet: bool = False) -> None:
    """Print an audit in the form that was asked for: the answer, all findings, or the verdict alone."""
    if form != "text":  # which is coloured on a terminal
        text = printing(form)(audit)
        assert isinstance(text, str)  # what is printed is no file
        click.echo(in_json(text, sys.stdout.encoding) if form == "json" else text, nl=False)
        if form == "github" and (path := os.environ.get(SUMMARY)):
            _append_summary(audit, path)
        return
    from auditor.reporter import terminal

    if quiet:
        show_or_print(partial(terminal.show_verdict, audit), partial(terminal.render_verdict, audit))
    elif verbose:
        show_or_print(partial(terminal.show_all, audit), partial(terminal.render, audit))
    else:
        show_or_print(partial(terminal.show, audit), partial(terminal.render_answer, audit))


def _append_summary(audit: Audit, path: str) -> None:
    """Append the answer as Markdown to a file; OutputError where it cannot be written."""
    from auditor.reporter.markdown import render_answer

    try:
        with open(path, "ab") as file:
            file.write(in_json(render_answer(audit), "utf-8").encode("utf-8"))
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise OutputError(f"the file that {SUMMARY} names, '{path}', cannot be written: {why}") from None


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
