"""`dataudit compare`: two saved audits side by side."""

from __future__ import annotations

import sys
from functools import partial

import click

from auditor.cli.options import flag
from auditor.cli.printing import COMPARED, say_written, show_or_print
from auditor.cli.sections import Command
from auditor.format import in_json


@click.command(cls=Command, examples=("compare before.json after.json -o after.html",))
@click.argument("before", metavar="A.json")
@click.argument("after", metavar="B.json")
@flag(
    "Output",
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="The report of B with A beside it; repeats.",
)
@COMPARED
def compare(before: str, after: str, outputs: tuple[str, ...], form: str) -> None:
    """Set two saved audits side by side.

    Exits with 1 when the second is worse.
    """
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
        show_or_print(partial(show_beside, compared), partial(render_beside, compared))
    say_written(outputs)
    sys.exit(int(compared.worse))
