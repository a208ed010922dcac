"""`python -m tests.fuzz`: run many cases, say what is broken, and keep the files of what is."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from secrets import token_hex

from tests.fuzz.case import Broken, random_of
from tests.fuzz.kinds import KINDS, kind_of
from tests.fuzz.pool import run_all


def main() -> int:
    """Run the cases that the command line asks for; exit code 1 where an invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="the number of the first case")
    parser.add_argument("--seed", default=None, help="any word; default: a fresh one")
    parser.add_argument("--kinds", default="", help=f"some of: {', '.join(KINDS)}")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--case", metavar="SEED:K", help="run this one again, and keep its files")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-broken"), help="folder for the files of broken cases")
    asked = parser.parse_args()
    kinds = tuple(filter(None, asked.kinds.split(",")))
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"no kind is called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    seed, numbers = asked.seed or token_hex(4), range(asked.first, asked.first + asked.cases)
    if asked.case:
        seed, _, number = asked.case.rpartition(":")
        numbers, asked.workers = range(int(number), int(number) + 1), 1
    return _report(seed, numbers, kinds, asked.keep.resolve(), asked.workers)


def _report(seed: str, numbers: range, kinds: tuple[str, ...], keep: Path, workers: int) -> int:
    start, cases, failed = time.monotonic(), Counter[str](), Counter[str]()
    spent: dict[str, float] = {}
    slowest = (0.0, 0)
    found: list[Broken] = []

    def kind(number: int) -> str:
        return kind_of(random_of(seed, number), kinds)

    judged = Counter[str]()
    try:
        for number, seconds, broken, codes in run_all(seed, numbers, kinds, keep, workers, kind_of=kind):
            cases[kind(number)] += 1
            spent[kind(number)] = spent.get(kind(number), 0.0) + seconds
            slowest = max(slowest, (seconds, number))
            failed[kind(number)] += bool(broken)
            judged[kind(number)] += 2 not in codes
            for each in broken:
                print(each.line(), flush=True)
            found += broken
            if sum(cases.values()) % 100 == 0:
                done = f"{sum(cases.values())}/{len(numbers)}, {sum(failed.values())} broken"
                print(f"{done}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:  # what was found until then is told
        print("interrupted")
    took = time.monotonic() - start
    print(
        f"\nseed {seed}: {sum(cases.values())} cases in {took:.0f} s, {sum(failed.values())} broken; slowest {slowest[0]:.1f} s ({seed}:{slowest[1]})"
    )
    for name, n in cases.most_common():
        print(
            f"  {name:<9} {n:>6}  {1000 * spent[name] / n:>6.0f} ms  {judged[name] / n:>4.0%} not refused  {failed[name] or ''}"
        )
    for invariant, n in Counter(each.invariant for each in found).most_common():
        print(f"  {n:>6}  {invariant}")
    if found:
        option = f" --kinds {','.join(kinds)}" if kinds else ""
        print(f"files are in {keep}; again: python -m tests.fuzz --case {found[0].seed}:{found[0].number}{option}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
