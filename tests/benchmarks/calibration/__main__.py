"""Run the designs and print what came of them; see `--help`."""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .design import Design, Kind, all_designs, lacking
from .reporting import Saved, markdown, newest, printed, table
from .running import run

BEFORE = Path(__file__).parent / "before.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 when a promise is broken, 2 when no design is named so."""
    asked = _asked(arguments)
    chosen = [of for of in all_designs().values() if _named(of, asked.design) and (of.short or not asked.short)]
    if not chosen:
        print("no design is named so; --list names them all", file=sys.stderr)
        return 2
    if asked.list:
        for of in chosen:
            print(f"{of.name}: {of.true} ({', '.join(' '.join(key) for key in of.looks)})")
        return 0
    skipped = {of.name: why for of in chosen if (why := lacking(of))}
    chosen = [of for of in chosen if of.name not in skipped]
    rounds = {of.name: asked.rounds or (of.short if asked.short else of.rounds) for of in chosen}
    before = Saved.read(BEFORE)
    made = list(map(Saved.read, asked.figures)) or [_run(chosen, rounds, asked, before)]
    rows = newest(made, chosen)
    for kind in Kind:
        if of_kind := [row for row in rows if row.kind is kind]:
            print(f"\n## {kind}\n\n{table(of_kind, before)}")
    for name, why in skipped.items():
        print(f"not run: {name}: {why}")
    if asked.markdown:
        asked.markdown.write_text(markdown(rows, made, before, skipped), encoding="utf-8")
    broken = [row for row in rows if row.fails(before.figure(row))]
    print(f"\n{len(rows)} figures of {len(chosen)} designs, {len(broken)} not as promised")
    for row in broken:
        print(f"    {row.design.name}: {printed(row, before)}")
    return int(bool(broken))


def _run(chosen: Sequence[Design], rounds: Mapping[str, int], asked: argparse.Namespace, before: Saved) -> Saved:
    """Run the designs, say what comes of each, and write it down if that is asked for."""
    made = Saved.read(asked.save).of_now() if asked.save else Saved().of_now()
    left = [of for of in chosen if not (asked.resume and made.has(of, rounds[of.name]))]
    began = time.perf_counter()
    for place, (rows, seconds) in enumerate(run(left, rounds, asked.jobs), 1):
        minutes = (time.perf_counter() - began) / 60
        print(f"[{place}/{len(left)}, {minutes:.1f} min] {rows[0].design.name} ({seconds:.1f} s)", flush=True)
        for row in rows:
            print(f"    {printed(row, before)}", flush=True)
        made = made.with_rows(rows)
        if asked.save:
            asked.save.write_text(made.written(), encoding="utf-8")
    return made


def _named(of: Design, patterns: Sequence[str]) -> bool:
    return not patterns or any(
        fnmatch.fnmatch(text, pattern) for pattern in patterns for text in (of.name, *(kind for kind, _ in of.looks))
    )


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.calibration", description=__doc__)
    parser.add_argument("--design", action="append", default=[], help="its name or kind, or a pattern ('strata*')")
    parser.add_argument("--list", action="store_true", help="name the designs and what is true in them")
    parser.add_argument("--rounds", type=int, help="audits of each design, in place of its own number")
    parser.add_argument(
        "--short", action="store_true", help="the few designs, and rounds, that every change is held to"
    )
    parser.add_argument("--markdown", type=Path, help="write docs/calibration.md here")
    parser.add_argument("--save", type=Path, help="add the figures to those of the same commit in this JSON")
    parser.add_argument("--resume", action="store_true", help="leave out designs whose figures --save has already")
    parser.add_argument(
        "--figures",
        type=Path,
        action="append",
        default=[],
        help="run nothing: the figures of this JSON (of several, each design's are from the last that has it)",
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes (default: two)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
