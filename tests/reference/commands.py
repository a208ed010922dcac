"""docs/reference/commands.md: each command with its options, their names in Python and their variables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from auditor.audit.options import meanings
from auditor.cli.commands import main
from auditor.cli.sections import SECTIONS, Command, Option
from tests.reference.text import MADE, prose, table

PYTHON = re.compile(
    r" (?:A list (?:gives|names) several\.|In Python also [^.]*(?:\.csv)?\.)"
)  # sentences on Python alone


def page() -> str:
    """Return the page."""
    lines = ["# The command line", "", MADE, ""]
    lines += [
        "`dataudit COMMAND --help` prints the same in short. An option that is not typed is taken from its variable of the",
        "environment, and then from the [settings of a project](../use-case.md#settings-of-a-project).",
        "",
    ]
    for name, command in sorted(main.commands.items(), key=lambda item: (item[0] != "check", item[0])):
        lines += _command(name, command)
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str, command: click.Command) -> Iterator[str]:
    arguments = [of.make_metavar(click.Context(command)) for of in command.params if isinstance(of, click.Argument)]
    yield from (f"## {name}", "", f"`dataudit {name} {' '.join(['[OPTIONS]', *arguments])}`", "")
    for part in inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\n"):
        yield from (prose(" ".join(part.split())), "")
    for section in (*SECTIONS, ""):
        options = [
            of
            for of in command.params
            if isinstance(of, click.Option) and not of.hidden and getattr(of, "section", "") == section
        ]
        if options:
            yield from table((section or "Other", "meaning", "variable"), [_option(name, of) for of in options])
    if isinstance(command, Command) and command.examples:
        yield from ("```text", *(f"dataudit {example}" for example in command.examples), "```", "")


def _option(command: str, option: click.Option) -> tuple[str, str, str]:
    value = "" if option.is_flag else " " + (option.metavar or option.make_metavar(click.Context(main)))
    flags = ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))
    meaning = meanings().get(option.name or "") if isinstance(option, Option) else None
    text = PYTHON.sub("", meaning) + (" Repeats." if option.multiple else "") if meaning else option.help or ""
    return flags, prose(text), f"`DATAUDIT_{command}_{option.name}`".upper()
