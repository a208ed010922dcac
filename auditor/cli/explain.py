"""`dataudit explain`: what a rule measures, why, and what to do."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from auditor.cli.sections import Command


def _begun(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes and names of rules that begin as what was typed does."""
    from auditor.analyzers.catalog import all_rules

    rules = [(name, rule.title) for rule in all_rules().values() for name in (rule.code, rule.name)]
    return [CompletionItem(name, help=title) for name, title in rules if name.lower().startswith(incomplete.lower())]


@click.command(cls=Command, examples=("explain", "explain OUT001", "explain outcome-gap"))
@click.argument("name", metavar="[RULE]", required=False, shell_complete=_begun)
def explain(name: str | None) -> None:
    """Explain a rule, named by its code or its name, or list them all."""
    from auditor.analyzers.catalog import all_rules, find

    if name is None:
        for rule in all_rules().values():
            click.echo(f"{rule.code}  {rule.name:<26} {rule.title}")
        return
    rule = find(name)
    also = f" (formerly {', '.join(rule.aliases)})" if rule.aliases else ""
    click.echo(f"{rule.code} {rule.name}{also}\n\n{rule.title}")
    for heading, text in rule.sections.items():
        click.echo(f"\n{heading}\n{click.wrap_text(text, 96, '  ', '  ')}")
    if rule.options:
        click.echo(f"\nOptions, under [rules.{rule.code}] in the use case")
        for option, default in rule.options.items():
            click.echo(f"  {option} = {default}")
