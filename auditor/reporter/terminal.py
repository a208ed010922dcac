"""The audit in a terminal: verdict first; plain text when it is no terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from auditor.format import printable
from auditor.model import Audit, Comparison, Level, State
from auditor.reporter import comparison, published, view
from auditor.reporter.showing import shown as showable

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {
    Level.FIT: "green",
    Level.FIT_WITH_CONDITIONS: "yellow",
    Level.UNFIT: "red",
    Level.CANNOT_TELL: "magenta",
    Level.NOT_JUDGED: "cyan",
}
MARKS = {
    State.SHOWN_STRONG: ("!!", "red"),
    State.SHOWN: (" !", "red"),
    State.BORDERLINE: (" ~", "yellow"),
    State.UNDETERMINED: (" ?", "magenta"),
    State.CLEAR: (" .", "green"),
    State.NOT_RUN: (" -", "bright_black"),
}


def render(audit: Audit) -> str:
    """Return the report as plain text, 100 columns wide."""
    return _plain(lambda console: show(audit, console))


def render_beside(compared: Comparison) -> str:
    """Return two audits side by side as plain text, 100 columns wide."""
    return _plain(lambda console: show_beside(compared, console))


def _plain(shown: Callable[[Console], None]) -> str:
    """Return what is printed to a console that is no terminal: one width everywhere, so that a log reads as meant."""
    from rich.console import Console

    out = io.StringIO()
    shown(Console(file=out, width=100, color_system=None, force_terminal=False, legacy_windows=False, highlight=False))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def show(audit: Audit, console: Console) -> None:
    """Print the report: verdict, reasons, conditions, findings, what was not checked, assumptions."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    audit = showable(audit)

    def line(text: str, style: str = "", indent: int = 0) -> None:
        console.print(Padding(Text(printable(text), style=style), (0, 0, 0, indent), expand=False))

    def hanging(mark: str, text: str, style: str = "", indent: int = 2) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=len(mark), no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(Text(mark, style=style), Text(printable(text)))
        console.print(Padding(grid, (0, 0, 0, indent), expand=False))

    def block(title: str, items: list[tuple[str, str, str]]) -> None:
        if items:
            console.print()
            line(title, "bold")
            for mark, text, style in items:
                hanging(mark, text, style)

    headline, meaning = view.headline(audit)
    line(headline.upper(), f"bold {COLOURS[audit.verdict.level]}")
    line(f"{audit.dataset.name}, {audit.dataset.rows:,} rows. {meaning}")
    line(view.about(audit))
    block(
        view.READING,
        [("!", text, "yellow") if warning else ("*", text, "bright_black") for warning, text in view.reading(audit)],
    )
    block("Because", [(code, text, "bold") for code, text in view.reasons(audit)])
    block(view.CONDITIONS[audit.verdict.level], [("*", text, "yellow") for text in audit.verdict.conditions])
    block(view.SETTLE[audit.verdict.level], [("*", text, "magenta") for text in audit.verdict.to_settle])
    if audit.compared:
        show_beside(audit.compared, console)
    _show_published(audit, console)
    for section in view.sections(audit):
        console.print()
        line(section.title, "bold")
        for card in section.cards:
            article = f" (Article {card.article})" if card.article else ""
            line(f"{card.result.rule} {card.result.name}{article}", "bold", indent=2)
            for finding in card.findings:
                mark, colour = MARKS[finding.state]
                waived = f" [{finding.waiver}]" if finding.waiver else ""
                hanging(mark, f"{finding.message}{waived}", colour, indent=4)
            if not card.findings:
                mark, colour = MARKS[State.CLEAR]
                hanging(mark, "Nothing found.", colour, indent=4)
    block(
        "Not checked", [(code, f"{name}: {reason}", "bright_black") for code, name, reason in view.not_checked(audit)]
    )
    block("Assumed", [("*", text, "bright_black") for text in audit.use_case["assumed"]])
    block("The stated use", [("*", f"{key}: {value}", "bright_black") for key, value in view.stated_use(audit)])
    console.print()
    line(f"{view.ROWS_AS_SAMPLE} {view.DISCLAIMER}", "bright_black")


def _show_published(audit: Audit, console: Console) -> None:
    """Print the tables to publish, without a colour: nothing in them is judged."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    def line(text: str, style: str = "", indent: int = 2) -> None:
        console.print(Padding(Text(printable(text), style=style), (0, 0, 0, indent), expand=False))

    for i, (result, tables) in enumerate(published.published(audit)):
        if i == 0:
            console.print()
            line(published.TITLE, "bold", indent=0)
            line(published.MEANING, indent=0)
        for tabled in tables:
            console.print()
            line(f"{result.rule} {tabled.title}", "bold")
            grid = Table(box=None, padding=(0, 2, 0, 0), header_style="")
            for title, number in zip(tabled.head, tabled.numbers, strict=True):
                grid.add_column(title, justify="right" if number else "left", no_wrap=number)
            for row in tabled.rows:
                grid.add_row(*(Text(printable(cell)) for cell in row))
            console.print(Padding(grid, (0, 0, 0, 2), expand=False))
            for note in tabled.notes:
                line(note)


def show_beside(compared: Comparison, console: Console) -> None:
    """Print two audits side by side."""
    from rich.padding import Padding
    from rich.text import Text

    def line(text: str, style: str = "", indent: int = 0) -> None:
        console.print(Padding(Text(printable(text), style=style), (0, 0, 0, indent), expand=False))

    console.print()
    line(f"Before and after: {' → '.join(compared.names)}", "bold")
    line(comparison.summary(compared), "red" if compared.worse else "green" if compared.better else "")
    for note in compared.notes:
        line(note, indent=2)
    for title, changes in comparison.changes(compared):
        line(title, "bold", indent=2)
        for told in changes:
            line(f"{told.rule} {told.happened}: {told.text}", indent=4)
    if numbers := comparison.rows(compared):
        line("Numbers", "bold", indent=2)
        for about, before, after, remark in numbers:
            line(f"{about}: {before} → {after}{f' ({remark})' if remark else ''}", indent=4)
    if more := comparison.unmoved(compared):
        line(f"{more:,} other impact ratios did not move beyond their intervals.", indent=2)
