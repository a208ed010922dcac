"""What came of the designs, as tables, and as figures to be compared with later."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import auditor

from .design import Design, Kind
from .running import Figure, Row

INTRODUCTION = """# Error rates, measured

How often dataudit is wrong, and how often it sees a fault, on generated data with a known truth. Every figure
is a share of whole audits, with Wilson's 95% interval. The claim is: of data without bias at most 5% of audits show a
finding of a rule (near the threshold counts, as it claims a difference), at most 3% call clear what lies well
beyond the limit, and at least 94% of the 95% intervals hold the truth. A figure keeps it where it is within two
standard errors of the simulation.

`python -m tests.benchmarks.calibration` makes this page (`--markdown docs/calibration.md`) and ends with 1 where the
claim is broken; every change is held to a short version of it (`--short`). Each design is a few lines in
[tests/benchmarks/calibration/](../tests/benchmarks/calibration/); rounds are seeded, so that a figure can be repeated.
"""
WORDS = {
    Kind.FALSE_FINDING: "Data without bias: audits in which the rule shows something, at most 5%.",
    Kind.FALSE_CLEAR: "Faults well beyond the limit: audits in which the rule says that all is clear, at most 3%.",
    Kind.COVERAGE: "Intervals of 95%: audits in which all that are printed hold the truth, at least 94%.",
    Kind.POWER: "Planted faults: audits in which the rule shows them; no fewer than before, beyond chance.",
}


@dataclass(frozen=True)
class Saved:
    """Figures by design and look, the commit of the program that they are of, and the day."""

    commit: str = ""
    date: str = ""
    figures: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Saved:
        """Read what `written` wrote; nothing, where there is no such file."""
        return cls(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()

    def of_now(self) -> Saved:
        """Return the figures if they are of the program as it is, else none, with its commit and today."""
        now = commit()
        return Saved(now, date.today().isoformat(), self.figures if self.commit == now else {})

    def with_rows(self, rows: Sequence[Row]) -> Saved:
        """Return the figures with those of these rows, in place of any of fewer rounds."""
        figures = {name: dict(of) for name, of in self.figures.items()}
        for row in rows:
            of, known = row.figure, figures.setdefault(row.design.name, {})
            if of.rounds + of.silent >= sum(known.get(_key(row), (0, 0, 0))[1:]):
                known[_key(row)] = [of.hits, of.rounds, of.silent]
        return replace(self, figures=figures)

    def has(self, of: Design, rounds: int) -> bool:
        """Whether there are figures of so many rounds of a design."""
        rows = self.rows([of])
        return len(rows) == len(of.looks) and all(row.figure.rounds + row.figure.silent >= rounds for row in rows)

    def written(self) -> str:
        """Return it as JSON, each figure on a line."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        return re.sub(r"\[\s*(\d+),\s*(\d+),\s*(\d+)\s*\]", r"[\1, \2, \3]", text) + "\n"

    def figure(self, row: Row) -> Figure | None:
        """Return the figure of the same look of the same design."""
        found = self.figures.get(row.design.name, {}).get(_key(row))
        return Figure(*found) if found else None

    def rows(self, designs: Iterable[Design]) -> list[Row]:
        """Return the rows of those of the designs that have figures here."""
        bare = [Row(of, *key, Figure(0, 0)) for of in designs for key in of.looks]
        return [replace(row, figure=figure) for row in bare if (figure := self.figure(row)) is not None]


def newest(made: Sequence[Saved], designs: Iterable[Design]) -> list[Row]:
    """Return the rows of the designs, each from the last of the measurements that has figures of it."""
    each = ([one.rows([of]) for one in reversed(made)] for of in designs)
    return [row for measured in each for row in next(filter(None, measured), [])]


def _key(row: Row) -> str:
    return f"{row.kind}: {row.look}"


def printed(row: Row, before: Saved) -> str:
    """Return a row as a line."""
    old = before.figure(row)
    was = f", before {_share(old)}" if old else ""
    return f"{row.kind}, {row.look}: {_share(row.figure)}{was}: {row.verdict(old)}"


def table(rows: Sequence[Row], before: Saved) -> str:
    """Return rows of one kind as a Markdown table; what is true is said where a design begins."""
    lines = ["| design | rule or number | share | rounds | before | |", "|---|---|---|---:|---|---|"]
    name = ""
    for row in rows:
        old = before.figure(row)
        silent = f" ({row.figure.silent} without an answer)" if row.figure.silent else ""
        begins = "" if row.design.name == name else f"**{row.design.name}**: {row.design.true}"
        name = row.design.name
        lines.append(
            f"| {begins} | {row.look} | {_share(row.figure)} | {row.figure.rounds}{silent} | "
            f"{_share(old) if old else ''} | {row.verdict(old)} |"
        )
    return "\n".join(lines)


def _share(of: Figure) -> str:
    if not of.rounds:
        return "no answer"
    low, high = of.interval
    return f"{100 * of.share:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def markdown(rows: Sequence[Row], of: Sequence[Saved], before: Saved, skipped: Mapping[str, str]) -> str:
    """Return docs/calibration.md; `of` says when the rows were made, and of which commits."""
    was = f" “Before” is commit {before.commit}, on {before.date}." if before.commit else ""
    where = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    parts = [INTRODUCTION, f"Made of {_commits(of)}, with {where}: {len(rows)} figures.{was}\n"]
    for kind in Kind:
        of_kind = [row for row in rows if row.kind is kind]
        if of_kind:
            broken = sum(row.fails(before.figure(row)) for row in of_kind)
            kept = f"{len(of_kind) - broken} of {len(of_kind)} figures are as promised."
            parts.append(f"## {str(kind).capitalize()}\n\n{WORDS[kind]} {kept}\n\n{table(of_kind, before)}\n")
    if skipped:
        parts.append("## Not run\n\n" + "\n".join(f"- {name}: {why}" for name, why in skipped.items()) + "\n")
    return "\n".join(parts)


def _commits(of: Sequence[Saved]) -> str:
    if len(of) == 1:
        return f"commit {of[0].commit} on {of[0].date}"
    each = ", ".join(f"{one.commit} ({one.date}, {len(one.figures)} designs)" for one in of)
    return f"commits {each}; of a design in several, the last counts"


def commit() -> str:
    """Return the commit of the program that is measured, with a plus where files differ from it."""
    where = Path(auditor.__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=where, capture_output=True, text=True, check=False).stdout.strip()

    return git("rev-parse", "--short=7", "HEAD") + ("+" if git("status", "--porcelain", "--", str(where)) else "")
