"""The help of a command: its options in sections, in one order everywhere, and examples below."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from auditor.errors import hint

SECTIONS = ("Data", "Use", "Groups", "Analysis", "Output", "Engine", "Other")
MOST = 30  # characters of an option, beyond which what it means begins on the next line


class Option(click.Option):
    """An option that belongs to a section of the help."""

    def __init__(self, *names: Any, section: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """Return what is shown behind the meaning: no bounds, as an error names them."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class Command(click.Command):
    """A command with options in sections, and with examples: what is typed, without the name of the program.

    `project` returns the defaults that the project of the working directory states; those that are options of the
    command hold where nothing was typed, and no variable of the environment is set.
    """

    def __init__(
        self,
        *names: Any,
        examples: Sequence[str] = (),
        project: Callable[[], Mapping[str, Any]] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*names, **attributes)
        self.examples = examples
        self.project = project

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse what was typed; the help and the completion of a command need no defaults."""
        if self.project and not extra.get("resilient_parsing") and not {"-h", "--help"} & {*args}:
            own = {param.name for param in self.params}
            extra["default_map"] = {name: value for name, value in self.project().items() if name in own}
        context = super().make_context(info_name, args, parent, **extra)
        if not context.resilient_parsing:
            self._refuse_unknown_variables(context)
        return context

    def _refuse_unknown_variables(self, ctx: click.Context) -> None:
        """Refuse a variable of the environment that is of no option: what it was to set would not hold, in silence."""
        prefix = f"{ctx.auto_envvar_prefix}_"
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        # A flag may be called otherwise than in Python: --group is groups.
        meant = {_variable(flag.lstrip("-")): _variable(str(of.name)) for of in options for flag in of.opts}
        known = {*meant.values()}
        for name in sorted(os.environ):
            asked = name.removeprefix(prefix)
            if asked == name or asked in known or not os.environ[name]:
                continue
            near = f"; did you mean '{meant[asked]}'?" if asked in meant else hint(asked, known)
            named = near.replace("mean '", f"mean '{prefix}")
            raise click.UsageError(f"the variable {name} sets no option{named}", ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections that have an option; an option without a section, such as --help, goes into the last."""
        found: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                found[param.section if isinstance(param, Option) else SECTIONS[-1]].append(record)
        width = min(MOST, max((len(name) for records in found.values() for name, _ in records), default=0))
        only = sum(map(bool, found.values())) == 1
        for section, records in found.items():
            if records:
                with formatter.section("Options" if only else section):
                    formatter.write_dl([(name.ljust(width), meaning) for name, meaning in records], col_max=MOST)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(self.examples, formatter)


def _variable(name: str) -> str:
    """Return the end of the variable of an option."""
    return name.replace("-", "_").upper()


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """Write commands as they are typed, none of them broken over lines."""
    if examples:
        with formatter.section("Examples" if len(examples) > 1 else "Example"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}dataudit {example}\n")
