"""`dataudit render`: a saved audit in another format."""

from __future__ import annotations

import click

from auditor.cli.options import flag
from auditor.cli.printing import say_written
from auditor.cli.sections import Command


@click.command(cls=Command, examples=("render audit.json -o report.html -o report.md",))
@click.argument("audit", metavar="AUDIT.json")
@flag(
    "Output",
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    metavar="PATH",
    help="Report to write; repeats.",
)
def render(audit: str, outputs: tuple[str, ...]) -> None:
    """Render a saved audit again."""
    from auditor.audit.output import check_paths, write_reports
    from auditor.reporter.json import as_saved, read
    from auditor.use.inputs import guarded

    check_paths(outputs)
    with guarded(outputs), as_saved(audit):
        write_reports(read(audit), outputs)
    say_written(outputs)
