"""`dataudit compare`: two saved audits side by side, or several in a row."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from auditor.cli.options import flag
from auditor.cli.printing import COMPARED, say_written, show_or_print
from auditor.cli.sections import Command
from auditor.format import in_json


@click.command(
    cls=Command,
    examples=("compare before.json after.json -o after.html", "compare 2026-*.json -o trend.html"),
)
@click.argument("audits", metavar="A.json B.json …", nargs=-1, required=True)
@flag(
    "Output",
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="PATH",
    help="The report of the last audit with the others beside it; repeats.",
)
@flag(
    "Output",
    "--order",
    type=click.Choice(("given", "period", "made")),
    default="given",
    help="The order: as given, by stated period, or by when the audits were made.",
)
@COMPARED
def compare(audits: tuple[str, ...], outputs: tuple[str, ...], order: str, form: str) -> None:
    """Set two saved audits side by side, or more in a row.

    Of more than two, a table has the verdicts, shares, rates and impact ratios of all, with intervals and how they
    moved since the first; the last is set beside the one before it.

    Exits with 1 when the last is worse than the one before it.
    """
    from dataclasses import replace

    from auditor.audit.compare import compare as beside
    from auditor.audit.output import check_paths, write_reports
    from auditor.audit.series import ordered
    from auditor.reporter.json import as_saved, read
    from auditor.reporter.terminal import render_beside, show_beside
    from auditor.use.inputs import guarded

    if len(audits) < 2:
        raise click.UsageError("two saved audits or more are compared; one was given")
    check_paths(outputs)
    with guarded(outputs):
        found = [read(path) for path in audits]
    with as_saved(*audits):
        compared = beside(*found, names=_stems(audits), order=order)
        if outputs:
            last = found[ordered(found, order)[-1]]
            write_reports(replace(last, compared=compared), outputs)
    if form == "json":
        import json
        from dataclasses import asdict

        click.echo(in_json(json.dumps(asdict(compared), indent=1, ensure_ascii=False), sys.stdout.encoding))
    else:
        show_or_print(partial(show_beside, compared), partial(render_beside, compared))
    say_written(outputs)
    sys.exit(int(compared.worse))


def _stems(paths: Sequence[str]) -> list[str] | None:
    """Return the names of files in a row, where they differ; two audits are named by their data."""
    names = [Path(path).stem for path in paths]
    return names if len(names) > 2 and len(set(names)) == len(names) else None
