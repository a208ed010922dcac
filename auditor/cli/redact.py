"""`dataudit redact`: a copy of the data with terms masked."""

from __future__ import annotations

import click

from auditor.cli.options import flag
from auditor.cli.sections import Command
from auditor.format import printable
from auditor.use.says import Says

EXAMPLES = (
    "check resumes.csv --text cv --suggest-redactions terms.txt",
    "redact resumes.csv --terms terms.txt -o masked.csv",
)
SAYS = Says(
    masked="{values:whole} value{values:s} masked in {columns}; wrote {path}",
    none_masked="no values masked in {columns}, because none of the terms occurs; wrote {path}",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("data")
@flag("Analysis", "--terms", metavar="FILE", required=True, help="The terms, one per line; # begins a remark.")
@flag(
    "Data",
    "--text",
    multiple=True,
    metavar="COL",
    help="Column of text to mask; repeats. Default: those that read like text.",
)
@flag(
    "Output",
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="The masked copy: .csv, .parquet or .jsonl; never the data itself.",
)
def redact(data: str, terms: str, output: str, text: tuple[str, ...]) -> None:
    """Write a copy of the data with terms masked in its texts.

    The mask is the bar ▮, which is no word: "She leads her team" becomes "▮ leads ▮ team". Masks that follow each
    other become one. An audit of the copy does not count the bar. Remove it before a model reads the copy, because it
    shows where a term was.
    """
    from auditor.audit.redact import read_terms
    from auditor.audit.redact import redact as mask

    changed, columns = mask(data, read_terms(terms), output, text)
    key = "masked" if changed else "none_masked"
    click.echo(SAYS(key, values=changed, columns=printable(", ".join(columns)), path=printable(output)), err=True)
