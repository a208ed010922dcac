"""`dataudit demo`: the hiring sample, its stated use and its report in a folder, to see what an audit is."""

from __future__ import annotations

import click

from auditor.cli.printing import print_audit, say_written
from auditor.cli.sections import Command
from auditor.format import printable
from auditor.use.says import Says

FOLDER = "dataudit-demo"
DATA, USE_CASE = "hiring.csv", "use_case.toml"
REPORTS = ("report.html", "audit.json")
SAYS = Says(
    data='\n[data]\npath = "{data}"\n',
    next="open {report} in a browser; then try: dataudit check --use-case {use_case} --drop college --drop clubs",
)


@click.command(cls=Command, examples=("demo", "demo tried/"))
@click.argument("folder", required=False, default=FOLDER)
def demo(folder: str) -> None:
    """Write an invented hiring data set and its stated use to FOLDER, audit it, and write the report beside it.

    FOLDER is "dataudit-demo" unless another is named; nothing in it is written over. The data are unfit, as is
    intended: what is wrong with them was planted. The command ends with 0 whatever the verdict is.
    """
    from importlib import resources
    from pathlib import Path

    from auditor.audit.check import check
    from auditor.audit.output import write_reports, write_whole
    from auditor.audit.progress import status
    from auditor.demo.hiring import write
    from auditor.errors import OutputError

    inside = Path(folder)
    paths = [inside / name for name in (DATA, USE_CASE, *REPORTS)]
    if there := next((path for path in paths if path.exists()), None):
        raise OutputError(f"'{printable(str(there))}' is there already; name another folder")
    use = (resources.files("auditor.demo") / "hiring.use_case.toml").read_text(encoding="utf-8")
    with status() as progress:
        progress("writing the sample")
        try:
            inside.mkdir(parents=True, exist_ok=True)
            write(paths[0])
        except OSError as error:
            raise OutputError(f"'{printable(folder)}' cannot be written: {error.strerror or error}") from None
        write_whole([(str(paths[1]), use + SAYS("data", data=DATA))])
        audit = check(use_case=paths[1], progress=progress)
        progress("writing the reports")
        write_reports(audit, [str(path) for path in paths[2:]])
    print_audit(audit, "text")
    say_written(map(str, paths))
    click.echo(SAYS("next", report=printable(str(paths[2])), use_case=printable(str(paths[1]))), err=True)
