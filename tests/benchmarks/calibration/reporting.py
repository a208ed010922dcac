"""What came of the designs, as tables, and as figures to be compared with later."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import auditor

from .design import Kind
from .running import PROMISED, Figure, Row

INTRODUCTION = """# Error rates, measured

How often dataudit is wrong, and how often it sees a fault, on generated data of which the truth is known. Every figure
is a share of whole audits, with Wilson's 95 % interval. The claim is: of data without bias at most 5 % of audits show a
finding of a rule (near the limit counts, as it says that there is a difference), at most 3 % call clear what lies well
beyond the limit, and at least 94 % of the 95 % intervals hold the truth. A figure keeps it where it is within two
standard errors of the simulation.

`python -m tests.benchmarks.calibration` makes this page (`--markdown docs/calibration.md`) and ends with 1 where the
claim is broken; every change is held to a short version of it (`--short`). Each design is a few lines in
[tests/benchmarks/calibration/](../tests/benchmarks/calibration/); rounds are seeded, so that a figure can be repeated.
"""
WORDS = {
    Kind.FALSE_FINDING: "Data without bias: audits in which the rule shows something, at most 5 %.",
    Kind.FALSE_CLEAR: "Faults well beyond the limit: audits in which the rule says that all is clear, at most 3 %.",
    Kind.COVERAGE: "Intervals of 95 %: audits in which all that are printed hold the truth, at least 94 %.",
    Kind.POWER: "Planted faults: audits in which the rule shows them.",
}


@dataclass(frozen=True)
class Saved:
    """Figures of an earlier version, by design and look, and its commit."""

    commit: str = ""
    figures: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Saved:
        """Read what `saved` wrote; nothing, where there is no such file."""
        if not path.exists():
            return cls()
        written = json.loads(path.read_text())
        return cls(written["commit"], written["figures"])

    def figure(self, row: Row) -> Figure | None:
        """Return the figure of the same look of the same design."""
        found = self.figures.get(row.design.name, {}).get(_key(row))
        return Figure(*found) if found else None


def saved(rows: Sequence[Row], earlier: Saved) -> dict[str, Any]:
    """Return the figures as JSON has them, beside earlier ones of the same commit, unless these have more rounds."""
    now = commit()
    figures = {name: dict(of) for name, of in earlier.figures.items()} if earlier.commit == now else {}
    for row in rows:
        of, known = row.figure, figures.setdefault(row.design.name, {})
        if of.rounds + of.silent >= sum(known.get(_key(row), (0, 0, 0))[1:]):
            known[_key(row)] = [of.hits, of.rounds, of.silent]
    return {"commit": now, "date": date.today().isoformat(), "figures": figures}


def _key(row: Row) -> str:
    return f"{row.kind}: {row.look}"


def printed(row: Row, before: Saved) -> str:
    """Return a row as a line."""
    old = before.figure(row)
    was = f", before {_share(old)}" if old else ""
    return f"{row.kind}, {row.look}: {_share(row.figure)}{was}: {row.verdict(old)}"


def table(rows: Sequence[Row], before: Saved) -> str:
    """Return rows of one kind as a Markdown table."""
    lines = ["| design | what is true | rule | share | rounds | before | |", "|---|---|---|---|---:|---|---|"]
    for row in rows:
        old = before.figure(row)
        silent = f" ({row.figure.silent} without an answer)" if row.figure.silent else ""
        lines.append(
            f"| {row.design.name} | {row.design.true} | {row.look} | {_share(row.figure)} | "
            f"{row.figure.rounds}{silent} | {_share(old) if old else ''} | {row.verdict(old)} |"
        )
    return "\n".join(lines)


def _share(of: Figure) -> str:
    if not of.rounds:
        return "no answer"
    low, high = of.interval
    return f"{100 * of.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def markdown(rows: Sequence[Row], before: Saved, skipped: Mapping[str, str], minutes: float) -> str:
    """Return docs/calibration.md."""
    parts = [INTRODUCTION, _made(rows, before, minutes)]
    for kind in Kind:
        of_kind = [row for row in rows if row.kind is kind]
        if of_kind:
            broken = sum(row.fails(before.figure(row)) for row in of_kind)
            not_kept = f" {broken} of {len(of_kind)} are not as promised." if broken else ""
            parts.append(f"## {str(kind).capitalize()}\n\n{WORDS[kind]}{not_kept}\n\n{table(of_kind, before)}\n")
    if skipped:
        parts.append("## Not run\n\n" + "\n".join(f"- {name}: {why}" for name, why in skipped.items()) + "\n")
    return "\n".join(parts)


def _made(rows: Sequence[Row], before: Saved, minutes: float) -> str:
    was = f" “Before” is commit {before.commit}." if before.commit else ""
    promised = ", ".join(f"{kind} {100 * at:g} %" for kind, (at, _) in PROMISED.items())
    return (
        f"Made on {date.today().isoformat()} at commit {commit()}, with Python {platform.python_version()} on "
        f"{platform.machine()}, in {minutes:.0f} minutes: {len(rows)} figures (promised: {promised}).{was}\n"
    )


def commit() -> str:
    """Return the commit of the program that is measured, with a plus where files differ from it."""
    where = Path(auditor.__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=where, capture_output=True, text=True, check=False).stdout.strip()

    return git("rev-parse", "--short=7", "HEAD") + ("+" if git("status", "--porcelain", "--", str(where)) else "")
