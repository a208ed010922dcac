"""The report as one page: its parts, each with tables, charts and findings; the templates only dress it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.format import people, without_flags
from auditor.model import Audit, Finding, Recompute, Result, State
from auditor.reporter.answer import headline, picture
from auditor.reporter.bins import Bin, Judged, anchor, binned, label
from auditor.reporter.cells import NOTHING, cell
from auditor.reporter.charts import bars
from auditor.reporter.charts.all import figures
from auditor.reporter.charts.figure import Figure
from auditor.reporter.groups import GROUPS, NOT_RECORDED, group_rows, lacks_outcomes, notes
from auditor.reporter.parts import Part, part_of
from auditor.reporter.table import Field, Row, Table, printable_sql
from auditor.reporter.tables import tables
from auditor.reporter.view import documentation, number_rows

OPEN_ROWS = 5
OPEN_LINES = 6  # findings of one rule in a bin that are not folded
CHARTED = ("REP004", "OUT006", "PRX003", "TXT004", "TXT001", "EMB002", "PAY002")  # a chart shows what their tables hold
OVERVIEW = ("pay-summary",)  # tables that stand beside those of the groups, before all findings
MOST_ROWS = 60
FOLDED = (Bin.INFORMATION, Bin.INCONCLUSIVE, Bin.PASSED)
RATIOS = "Lines are 95% confidence intervals; dashed is the threshold."
COUNTED_ELSEWHERE = "Only counts were given (tallies). The data are where they were counted, so there is no SQL."
# Colours of small pictures by what was found.
TONES = {
    State.SHOWN_STRONG: "bad",
    State.SHOWN: "bad",
    State.BORDERLINE: "warn",
    State.UNDETERMINED: "open",
    State.CLEAR: "good",
}
PROXY_TONES = {"carrier": "bad", "alias": "bad", "leak": "warn", "offset": "mark"}


@dataclass(frozen=True)
class Cell:
    """A cell: its text, markup of our own beside it, and whether it is a number."""

    text: str
    picture: str = ""
    number: bool = False
    code: bool = False


@dataclass(frozen=True)
class Shown:
    """A table as it is shown: the first rows, those in the fold, and how many are left out of both."""

    title: str
    head: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: tuple[tuple[Cell, ...], ...] = ()
    left_out: int = 0
    about: str = ""
    rule: str | None = None
    anchor: str = ""
    folded: bool = False
    recompute: Recompute | None = None


@dataclass(frozen=True)
class Line:
    """A finding: one line, and what is in its fold."""

    anchor: str
    code: str
    headline: str
    result: str
    tone: str
    picture: str
    finding: Finding
    numbers: tuple[list[str], ...]
    article: str | None


@dataclass(frozen=True)
class Bundle:
    """The findings of one bin in a part; checks that passed are named without one."""

    bin: Bin
    lines: tuple[Line, ...]
    checks: tuple[Result, ...] = ()

    @property
    def size(self) -> int:
        """How many findings or checks it holds."""
        return len(self.lines) + len(self.checks)

    @property
    def by_rule(self) -> list[tuple[str, tuple[Line, ...], tuple[Line, ...]]]:
        """The name of each rule, its first findings, and the others, which are folded."""
        rules: dict[str, list[Line]] = {}
        for line in self.lines:
            rules.setdefault(line.code, []).append(line)
        most = OPEN_LINES if self.bin not in FOLDED else MOST_ROWS
        return [(code, tuple(of[:most]), tuple(of[most:])) for code, of in rules.items()]


@dataclass(frozen=True)
class Chapter:
    """A part of the report with all its content."""

    part: Part
    tables: tuple[Shown, ...]
    figures: tuple[Figure, ...]
    open: tuple[Bundle, ...]
    folded: tuple[Bundle, ...]
    counts: Mapping[Bin, int] = field(default_factory=dict)
    missed: str = ""  # how many of its checks did not run, where most of them did not

    @property
    def empty(self) -> bool:
        """Whether it has no content."""
        return not (self.tables or self.figures or self.open or self.folded)


def chapters(audit: Audit) -> list[Chapter]:
    """Return the parts of the report, in order, without empty ones."""
    shown = list(_tables(audit))
    drawn = list(figures(audit))
    by_bin = binned(audit)
    found = []
    for part in Part:
        bundles = [bundle for each in Bin if each is not Bin.NOT_RUN and (bundle := _bundle(audit, by_bin, each, part))]
        chapter = Chapter(
            part,
            tuple(table for of, table in shown if of is part),
            tuple(figure for figure in drawn if part_of(figure.rule) is part),
            tuple(bundle for bundle in bundles if bundle.bin not in FOLDED),
            tuple(bundle for bundle in bundles if bundle.bin in FOLDED),
            {bundle.bin: bundle.size for bundle in bundles},
            _missed([result for result in audit.results if part_of(result.rule) is part]),
        )
        if not chapter.empty:
            found.append(chapter)
    return found


def _missed(results: Sequence[Result]) -> str:
    """Return that most checks of a part did not run, so that the few that passed are not read as an answer to it."""
    missed = sum(result.state is State.NOT_RUN for result in results)
    if 2 * missed <= len(results):
        return ""
    return f"{people(missed)} of the {people(len(results))} checks of this part did not run."


def _bundle(audit: Audit, by_bin: Mapping[Bin, Sequence[Judged]], of: Bin, part: Part) -> Bundle | None:
    here = [judged for judged in by_bin[of] if part_of(judged.result.rule) is part]
    lines = tuple(line for judged in here for line in _lines(audit, judged))
    checks = tuple(judged.result for judged in here if not judged.findings)
    return Bundle(of, lines, checks) if lines or checks else None


def _lines(audit: Audit, judged: Judged) -> Iterator[Line]:
    result = judged.result
    articles = (audit.use_case.get("policy") or {}).get("articles") or {}
    measures = documentation(audit, result).measures
    for finding in judged.findings:
        yield Line(
            anchor(result, finding),
            result.rule,
            headline(finding),
            label(result, finding),
            TONES.get(finding.state, "quiet"),
            picture(finding),
            finding,
            tuple(number_rows((finding,), measures)) if finding.measures else (),
            _cited(articles.get(result.rule)),
        )


def _cited(article: str | None) -> str | None:
    """Return an article of a law with its subject behind a colon."""
    return article and re.sub(r"(^|; )(\d+\S*(?: to \(\w\))?) (?=\w)", r"\1\2: ", article)


def _tables(audit: Audit) -> Iterator[tuple[Part, Shown]]:
    for group, of in group_rows(audit).items():
        yield (
            Part.GROUPS,
            replace(_groups(group, of), about=notes(audit, group, of), recompute=_recompute(audit, group)),
        )
    for table in tables(audit):
        if table.part is None or table.key in ("groups", "columns"):
            continue
        for about, rows in _parts(table):
            yield table.part, _shown(table, about, rows)


def _recompute(audit: Audit, group: str) -> Recompute | None:
    """Return the SQL of a group table, or why there is no SQL; older saved audits have neither."""
    if audit.provenance.engine == "tallies":
        return Recompute(None, COUNTED_ELSEWHERE)
    found = audit.recompute.get(group)
    return replace(found, sql=found.sql and printable_sql(found.sql)) if found else None


def _parts(table: Table) -> Iterator[tuple[str, list[Row]]]:
    parts: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows:
        parts.setdefault(tuple(str(row.get(key)) for key in table.split), []).append(row)
    for key, rows in parts.items():
        of = dict(zip(table.split, key, strict=True))
        yield _about(of), rows


def _about(of: Mapping[str, str]) -> str:
    text = f"{of['column']}, " if "column" in of else ""
    level = f": {of['level']}" if "level" in of else ""
    against = f" against {of['reference']}" if "reference" in of else ""
    return f"{text}{of.get('group', '')}{level}{against}".strip(", ")


def _shown(table: Table, about: str, rows: Sequence[Row]) -> Shown:
    fields = tuple(of for of in table.fields if of.key not in table.split or table.key == "joint-groups")
    fields = tuple(of for of in fields if any(cell(of, row) not in ("", NOTHING) for row in rows))
    pairs = {(row.get("level"), row.get("reference")) for row in rows}
    if table.rule == "PRX001" and len(pairs) == 1:  # the two groups are named in the title, not in every row
        ((level, reference),) = pairs
        about = f"{about}: {level} against {reference}"
        fields = tuple(of for of in fields if of.key not in ("level", "reference"))
    cells = [tuple(_cell(of, row, rows) for of in fields) for row in rows[:MOST_ROWS]]
    title = f"{table.title}: {about}" if about else table.title
    open_ = len(cells) if len(cells) <= OPEN_ROWS + 2 else OPEN_ROWS
    return Shown(
        title,
        fields,
        tuple(cells[:open_]),
        tuple(cells[open_:]),
        len(rows) - len(cells),
        table.about,
        table.rule,
        table.key if table.key in OVERVIEW else "",
        folded=table.rule in CHARTED,
    )


def _cell(of: Field, row: Row, rows: Sequence[Row]) -> Cell:
    drawn = ""
    value = row.get(of.key)
    if of.key == "carried_gap" and isinstance(value, int | float):
        most = max(abs(float(each.get("carried_gap") or 0)) for each in rows)
        drawn = bars.bar(abs(value), PROXY_TONES.get(str(row.get("kind")), "quiet"), top=most or 1.0)
    return Cell(cell(of, row), drawn, of.is_number and of.form not in ("proxy", "term"), of.form == "code")


def compares(tables: Sequence[Shown]) -> bool:
    """Whether one of the tables has impact ratios."""
    return any(of.key == "impact_ratio" for shown in tables for of in shown.head)


def _groups(group: str, rows: Sequence[dict[str, Any]]) -> Shown:
    """Return the table of a group column, each ratio with its interval drawn beside it."""
    fields = [of for of in GROUPS if any(row.get(of.key) is not None for row in rows)]
    fields = [of for of in fields if of.key != "known" or lacks_outcomes(rows)]
    made = []
    for row in rows:
        named = {**row, "level": NOT_RECORDED if row["level"] is None else row["level"]}
        made.append(tuple(Cell(cell(of, named), _ratio(of, row), of.is_number) for of in fields))
    anchor = f"group-{group}"
    selects = any(row.get("selection_rate") is not None for row in rows)
    title = f"Selection by {group}" if selects else f"People by {group}"
    return Shown(title, tuple(fields), tuple(made), anchor=anchor, rule="OUT001")


def _ratio(of: Field, row: Mapping[str, Any]) -> str:
    if of.key != "impact_ratio" or row.get("impact_ratio") is None:
        return ""
    state = row.get("state")
    tone = TONES.get(State(state), "quiet") if state else "quiet"
    low, high = (1.0, 1.0) if row.get("is_reference") else (row.get("ratio_low"), row.get("ratio_high"))
    return bars.interval(float(row["impact_ratio"]), low, high, row.get("limit"), tone)


def not_run(audit: Audit) -> list[tuple[str, str, str]]:
    """Return code, name and reason of each check that did not run, and of comparisons that were not made."""
    rules = [(r.rule, r.name, without_flags(r.reason or "")) for r in audit.results if r.state is State.NOT_RUN]
    single = [
        (result.rule, result.name, without_flags(finding.message))
        for result in audit.results
        for finding in result.findings
        if finding.state is State.NOT_RUN and result.state is not State.NOT_RUN
    ]
    return rules + single


def not_run_together(audit: Audit) -> list[tuple[list[tuple[str, str]], str]]:
    """Return code and name of the checks that did not run for one reason, and the reason, in the order of the first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code, name, reason in not_run(audit):
        found.setdefault(reason, []).append((code, name))
    return [(checks, reason) for reason, checks in found.items()]


def overview(chapters: Iterable[Chapter]) -> list[Shown]:
    """Return the tables of the groups, which come before all findings."""
    return [table for chapter in chapters for table in chapter.tables if table.anchor]


def contents(chapters: Iterable[Chapter]) -> list[tuple[str, str, str]]:
    """Return anchor, title and count of each part, for the list of contents."""
    found = []
    for chapter in chapters:
        urgent = sum(chapter.counts.get(each, 0) for each in (Bin.BLOCKING, Bin.RESOLVE))
        found.append((str(chapter.part), chapter.part.heading.split(":")[0], people(urgent) if urgent else ""))
    return found
