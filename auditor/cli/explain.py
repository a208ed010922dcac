"""`dataudit explain`: what a rule measures, why, and what to do."""

from __future__ import annotations

import click

from auditor.cli.sections import Command


@click.command(cls=Command, examples=("explain", "explain OUT001"))
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a rule, or list them all."""
    from auditor.analyzers.catalog import all_rules, find

    if code is None:
        for rule in all_rules().values():
            click.echo(f"{rule.code}  {rule.name:<26} {rule.title}")
        return
    rule = find(code)
    click.echo(f"{rule.code} {rule.name}\n\n{rule.title}")
    for heading, text in rule.sections.items():
        click.echo(f"\n{heading}\n{click.wrap_text(text, 96, '  ', '  ')}")
    if rule.options:
        click.echo(f"\nOptions, under [rules.{rule.code}] in the use case")
        for name, default in rule.options.items():
            click.echo(f"  {name} = {default}")
