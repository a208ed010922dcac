"""The command line: parses, calls, prints, exits. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import atexit
import gc

import click

from auditor.cli.check import check
from auditor.cli.compare import compare
from auditor.cli.demo import demo
from auditor.cli.exits import Group
from auditor.cli.explain import explain
from auditor.cli.init import init
from auditor.cli.memory import keep_little
from auditor.cli.redact import redact
from auditor.cli.render import render
from auditor.cli.tally import tally
from auditor.cli.threads import one_thread
from auditor.loaders.signals import end_on_signals

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": "DATAUDIT"}


@click.group(cls=Group, context_settings=SETTINGS)
@click.version_option(package_name="dataudit", prog_name="dataudit", allow_from_autoenv=False)  # installers have it
def main() -> None:
    """Is this data set fit for its stated use? Audit it, and get a verdict with reasons."""
    keep_little()
    one_thread()
    # Objects of the libraries are never freed; scanning them again and again, and at the end, takes a second.
    gc.set_threshold(100_000, 20, 20)
    end_on_signals()
    atexit.register(gc.freeze)


for command in (check, tally, init, render, compare, redact, explain, demo):
    main.add_command(command)
