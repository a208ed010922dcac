"""`dataudit tally`: counts, for an audit elsewhere."""

from __future__ import annotations

from typing import Any

import click

from auditor.audit.options import TallyOptions
from auditor.cli.options import flag, flags_of
from auditor.cli.printing import say_written
from auditor.cli.project import defaults
from auditor.cli.sections import Command

EXAMPLES = (
    "tally applicants.csv -o north.tally --target hired --group gender --min-cell 10",
    "tally applicants.csv -o south.tally --edges-from north.tally",
)


@click.command(cls=Command, examples=EXAMPLES, project=defaults)
@click.argument("data", required=False)
@flags_of(TallyOptions)
@flag("Output", "-o", "--output", required=True, metavar="F.tally", help="The file to write.")
def tally(data: str | None, output: str, **flags: Any) -> None:
    """Count DATA where it is, for an audit elsewhere.

    The counts are audited with dataudit check a.tally b.tally. The file holds roles, levels, bin edges and counts, and
    no row. Look at it before it leaves: it is plain JSON.
    """
    from auditor.audit.check import tally as run

    run(data, output, **flags)
    say_written([output])
