"""The audit in a terminal: a screen with the answer, the verdict last, where the eye is; all findings on request."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from auditor.format import printable, shortened
from auditor.model import Action, Audit, Comparison, Level, Series
from auditor.reporter import answer, comparison, page, published, trends, view
from auditor.reporter.bins import Bin, binned, label
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
    Bin.BLOCKING: ("!!", "red"),
    Bin.RESOLVE: (" !", "yellow"),
    Bin.INFORMATION: (" i", ""),
    Bin.INCONCLUSIVE: (" ?", "magenta"),
    Bin.PASSED: (" .", "green"),
    Bin.NOT_RUN: (" -", "bright_black"),
}
MOST_ACTIONS = 5
MOST_WARNINGS = 3
WIDTH = 100


def render(audit: Audit) -> str:
    """Return the whole report as plain text, 100 columns wide: every finding, the verdict last."""
    return _plain(lambda console: show_all(audit, console))


def render_answer(audit: Audit) -> str:
    """Return the answer as plain text, 100 columns wide: at most 25 lines, the verdict last."""
    return _plain(lambda console: show(audit, console))


def render_verdict(audit: Audit) -> str:
    """Return the verdict as one line."""
    return _plain(lambda console: show_verdict(audit, console))


def render_beside(compared: Comparison) -> str:
    """Return two audits side by side as plain text, 100 columns wide."""
    return _plain(lambda console: show_beside(compared, console))


def _plain(shown: Callable[[Console], None]) -> str:
    """Return what is printed to a console that is no terminal: one width everywhere, so that a log reads as meant."""
    from rich.console import Console

    out = io.StringIO()
    shown(
        Console(file=out, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False, highlight=False)
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


class _Printer:
    """What is printed, line by line: every text without characters that drive a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """Print a paragraph, broken at the width of the console."""
        from rich.padding import Padding
        from rich.text import Text

        if not text:
            self.console.print()
            return
        self.console.print(Padding(Text(printable(text), style=style), (0, 0, 0, indent), expand=False))

    def one(self, text: str, style: str = "", indent: int = 0) -> None:
        """Print a line, cut at the width of the console."""
        self.line(shortened(text, max(20, self.console.width - indent)), style, indent)

    def hanging(self, mark: str, text: str, style: str = "", indent: int = 0) -> None:
        """Print a paragraph behind a mark, its lines below one another."""
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        mark = printable(mark)
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=len(mark), no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(Text(mark, style=style), Text(printable(text)))
        self.console.print(Padding(grid, (0, 0, 0, indent), expand=False))

    def block(self, title: str, items: list[tuple[str, str, str]]) -> None:
        """Print a title and paragraphs behind marks, where there are some."""
        if items:
            self.line()
            self.line(title, "bold")
            for mark, text, style in items:
                self.hanging(mark, text, style, indent=2)


def show(audit: Audit, console: Console) -> None:
    """Print the answer: counts, reasons, the first actions, and the verdict last; at most 25 lines."""
    audit = showable(audit)
    to = _Printer(console)
    to.one(" · ".join([audit.dataset.name, *answer.data_line(audit)]))
    to.one(" · ".join([*(text for _, text in answer.counts(audit)), answer.covered(audit)]))
    warnings = view.urgent(audit)
    for text in warnings[: MOST_WARNINGS - (len(warnings) > MOST_WARNINGS)]:
        to.one(f"! {text}", "yellow")
    if len(warnings) > MOST_WARNINGS:
        to.one(f"! and {len(warnings) - MOST_WARNINGS + 1} more to check on how the data were read (-v)", "yellow")
    _reasons(to, audit)
    _actions(to, audit)
    if audit.compared is not None:
        to.line()
        to.one(comparison.summary(audit.compared), "red" if audit.compared.worse else "")
    to.line()
    show_verdict(audit, console)


def _reasons(to: _Printer, audit: Audit) -> None:
    reasons = answer.reasons(audit)
    if reasons:
        to.line()
        to.line("Main reasons", "bold")
        for i, reason in enumerate(reasons):
            to.hanging(f"{i + 1}", f"{reason.text} [{reason.code}]", "bold", indent=1)
        if further := answer.further(audit):
            to.one(f"and {len(further)} more: {', '.join(code for code, _ in further)}", indent=1)


def _actions(to: _Printer, audit: Audit) -> None:
    actions = audit.verdict.actions
    if actions:
        to.line()
        to.line("Required actions", "bold")
        for action in actions[:MOST_ACTIONS]:
            to.one(_action(action), indent=1)
        if len(actions) > MOST_ACTIONS:
            to.one(f"and {len(actions) - MOST_ACTIONS} more (-v lists them)", indent=1)
    elif audit.verdict.to_settle:
        to.line()
        to.line(view.SETTLE[audit.verdict.level], "bold")
        for text in audit.verdict.to_settle[:MOST_ACTIONS]:
            to.one(text, indent=1)


def _action(action: Action) -> str:
    most = 3
    more = f" and {len(action.applies) - most} more" if len(action.applies) > most else ""
    applies = f": {', '.join(action.applies[:most])}{more}" if action.applies else ""
    return f"{action.what}{applies} ({action.owner})"


def show_verdict(audit: Audit, console: Console) -> None:
    """Print the verdict in a line."""
    verdict, meaning = answer.verdict(audit)
    style = f"bold {COLOURS[audit.verdict.level]}"
    about = "for" if answer.is_assumed(audit) else "for:"
    _Printer(console).line(f"{verdict.upper()} {about} {answer.use(audit)}. {meaning}", style)


def show_all(audit: Audit, console: Console) -> None:
    """Print the whole report: how the data were read, every finding by bin, what did not run, and then the answer."""
    audit = showable(audit)
    to = _Printer(console)
    to.line(" · ".join([audit.dataset.name, *answer.data_line(audit)]))
    to.block("The stated use", [("*", f"{key}: {value}", "bright_black") for key, value in view.stated_use(audit)])
    to.block("Assumptions", [("*", text, "bright_black") for text in audit.use_case["assumed"]])
    to.block(
        view.READING,
        [("!", text, "yellow") if warning else ("*", text, "bright_black") for warning, text in view.reading(audit)],
    )
    if audit.compared is not None:
        show_beside(audit.compared, console)
    _show_published(audit, console)
    for bin_, judged in reversed(binned(audit).items()):
        if judged and bin_ is not Bin.NOT_RUN:
            mark, colour = MARKS[bin_]
            to.line()
            to.line(bin_.words, "bold")
            for of in judged:
                to.line(f"{of.result.rule} {of.result.name}", "bold", indent=2)
                for finding in of.findings:
                    waived = f" [{finding.waiver}]" if finding.waiver else ""
                    to.hanging(mark, f"{label(of.result, finding)}: {finding.message}{waived}", colour, indent=4)
                if not of.findings:
                    to.hanging(mark, "No issue found.", colour, indent=4)
    missed = [(code, f"{name}: {reason}", "bright_black") for code, name, reason in page.not_run(audit)]
    to.block("Not run", missed)
    to.block("Required actions", [("*", _whole(action), "yellow") for action in audit.verdict.actions])
    to.block(view.SETTLE[audit.verdict.level], [("*", text, "magenta") for text in audit.verdict.to_settle])
    to.line()
    to.line(" ".join([*answer.explained(audit), view.ROWS_AS_SAMPLE, view.DISCLAIMER]), "bright_black")
    to.line()
    to.line(" · ".join([*(text for _, text in answer.counts(audit)), answer.covered(audit)]))
    _reasons(to, audit)
    to.line()
    show_verdict(audit, console)


def _whole(action: Action) -> str:
    applies = f": {', '.join(action.applies)}" if action.applies else ""
    return f"{action.what}{applies}. Owner: {action.owner}. Done when: {action.done} [{', '.join(action.rules)}]"


def _show_published(audit: Audit, console: Console) -> None:
    """Print the tables to publish, without a colour: nothing in them is judged."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    to = _Printer(console)
    for i, (result, tables) in enumerate(published.published(audit)):
        if i == 0:
            to.line()
            to.line(published.TITLE, "bold")
        to.line(published.meaning(result))
        for tabled in tables:
            to.line()
            to.line(f"{result.rule} {tabled.title}", "bold", indent=2)
            widths = _widths(tabled)
            if 2 + sum(2 + width for width in widths) > console.width:
                for text in _as_lines(tabled):
                    to.line(text, indent=2)
            else:
                grid = Table(box=None, padding=(0, 2, 0, 0), header_style="")
                for title, number, width in zip(tabled.head, tabled.numbers, widths, strict=True):
                    grid.add_column(Text(printable(title)), justify="right" if number else "left", min_width=width)
                for row in tabled.rows:
                    grid.add_row(*(Text(printable(cell)) for cell in row))
                console.print(Padding(grid, (0, 0, 0, 2), expand=False))
            for note in tabled.notes:
                to.line(note, indent=2)


def _widths(tabled: published.Tabled) -> list[int]:
    """Return how wide each column of a table must be, so that no value is broken; titles of numbers break at words."""

    def width(number: bool, title: str, values: Sequence[str]) -> int:
        return max(map(len, (*(title.split() if number else [title]), *values)))

    columns = zip(*tabled.rows, strict=True)
    return [width(*of) for of in zip(tabled.numbers, tabled.head, columns, strict=True)]


def _as_lines(tabled: published.Tabled) -> Iterator[str]:
    """Yield the rows of a table that is too wide as text: what it is about, then each number with its title."""
    for row in tabled.rows:
        about = [cell for cell, number in zip(row, tabled.numbers, strict=True) if not number]
        found = zip(tabled.head, row, tabled.numbers, strict=True)
        numbers = [f"{title} {cell}" for title, cell, number in found if number and cell != published.NOTHING]
        yield printable(f"{' · '.join(about)}: {'; '.join(numbers)}")


def show_beside(compared: Comparison, console: Console) -> None:
    """Print two audits side by side: what is better, worse and new first, the rest counted."""
    to = _Printer(console)
    to.line()
    to.line(f"Before and after: {' → '.join(compared.names)}", "bold")
    if compared.series is not None:
        _in_a_row(to, compared.series)
    to.line(comparison.summary(compared), "red" if compared.worse else "green" if compared.better else "")
    for note in compared.notes:
        to.line(note, indent=2)
    for title, lines in _changes(compared):
        to.line(title, "bold", indent=2)
        for text in lines:
            to.line(text, indent=4)


def _in_a_row(to: _Printer, series: Series) -> None:
    to.line(trends.summary(series))
    for note in series.notes:
        to.line(note, indent=2)
    titles = trends.head(series)[1:-1]
    for row in trends.rows(series):
        last = f"; {row[-1]}" if row[-1] else ""
        cells = [f"{title} {cell}" for title, cell in zip(titles, row[1:-1], strict=True)]
        to.line(row[0], "bold", indent=2)
        to.line(f"{' → '.join(cells)}{last}", indent=4)
    to.line(f"{trends.left_out(series)} {trends.LOOKS}".strip(), indent=2)
    to.line("The last two", "bold")


def _changes(compared: Comparison) -> Iterator[tuple[str, list[str]]]:
    for title, changes in comparison.changes(compared):
        yield title, [f"{change.rule} {change.happened}: {change.text}" for change in changes]
    if numbers := comparison.rows(compared):
        yield (
            "Numbers",
            [
                f"{about}: {before} → {after}{f' ({remark})' if remark else ''}"
                for about, before, after, remark in numbers
            ],
        )
    if unmoved := comparison.unmoved_text(compared):
        yield unmoved, []
