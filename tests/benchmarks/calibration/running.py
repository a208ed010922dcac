"""Running designs: each round has a seed of its own, so that neither processes nor their number change a figure."""

from __future__ import annotations

import math
import multiprocessing
import os
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from .design import Design, Kind, all_designs

CHUNK = 20
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Answers = Counter[tuple[tuple[Kind, str], bool | None]]

# By kind: the share that is promised, and whether it is the most (1) or the least (-1) that may be.
PROMISED: Mapping[Kind, tuple[float, int]] = {
    Kind.FALSE_FINDING: (0.05, 1),
    Kind.FALSE_CLEAR: (0.03, 1),
    Kind.COVERAGE: (0.94, -1),
}


@dataclass(frozen=True)
class Figure:
    """How often a look was so: `hits` of `rounds` audits that gave an answer; `silent` gave none."""

    hits: int
    rounds: int
    silent: int = 0

    @property
    def share(self) -> float:
        """The share; nan where no audit gave an answer."""
        return self.hits / self.rounds if self.rounds else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the share, as scipy has it."""
        from scipy.stats import binomtest

        if not self.rounds:
            return 0.0, 1.0
        bounds = binomtest(self.hits, self.rounds).proportion_ci(method="wilson")
        return float(bounds.low), float(bounds.high)


@dataclass(frozen=True)
class Row:
    """What came of one look of a design."""

    design: Design
    kind: Kind
    look: str
    figure: Figure

    def verdict(self, before: Figure | None = None) -> str:
        """Return "kept", "broken", "no answer", or of power "more", "less", "same" as before."""
        of = self.figure
        if self.kind is Kind.POWER:
            return "" if before is None else _against(of, before)
        if of.rounds <= of.silent:
            # A rule that declines shows nothing false; an interval that is not there covers nothing.
            return "no answer"
        promised, side = PROMISED[self.kind]
        beyond = side * (of.share - promised)
        return "broken" if beyond > 2 * math.sqrt(promised * (1 - promised) / of.rounds) + 1e-12 else "kept"

    def fails(self, before: Figure | None = None) -> bool:
        """Whether the promise is broken, an interval that was promised is not there, or a fault is found less often."""
        verdict = self.verdict(before)
        if verdict == "less":
            return not self.design.mended
        return verdict == "broken" or (verdict == "no answer" and self.kind is Kind.COVERAGE)


def _against(now: Figure, before: Figure) -> str:
    """Compare two shares, each of which has its own error."""
    error = math.sqrt(sum(max(of.share * (1 - of.share), 1 / of.rounds) / of.rounds for of in (now, before)))
    return (
        "less" if now.share < before.share - 2 * error else "more" if now.share > before.share + 2 * error else "same"
    )


def run(chosen: Sequence[Design], rounds: Mapping[str, int], jobs: int) -> Iterator[tuple[list[Row], float]]:
    """Yield the rows of each design, in order, with the processor seconds that it took; 0 jobs: in this process."""
    chunks = [
        (of.name, at, min(at + CHUNK, rounds[of.name])) for of in chosen for at in range(0, rounds[of.name], CHUNK)
    ]
    if not jobs:
        yield from _gathered(chosen, rounds, map(_chunk, chunks))
        return
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # read by the processes, before they load numpy
    # Not forked: DuckDB has threads of its own.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        futures: list[Future[tuple[Answers, float]]] = [pool.submit(_chunk, chunk) for chunk in chunks]
        yield from _gathered(chosen, rounds, (future.result() for future in futures))


def _gathered(
    chosen: Sequence[Design],
    rounds: Mapping[str, int],
    answers: Iterator[tuple[Answers, float]],
) -> Iterator[tuple[list[Row], float]]:
    for of in chosen:
        counts: Answers = Counter()
        seconds = 0.0
        for _ in range(math.ceil(rounds[of.name] / CHUNK)):
            found, took = next(answers)
            counts.update(found)
            seconds += took
        yield [Row(of, *key, _figure(key, counts)) for key in of.looks], seconds


def _figure(key: tuple[Kind, str], counts: Answers) -> Figure:
    hits, misses, silent = (counts[key, answer] for answer in (True, False, None))
    if key[0] is Kind.POWER:  # what does not run has not found the fault
        return Figure(hits, hits + misses + silent)
    return Figure(hits, hits + misses, silent)


def _chunk(chunk: tuple[str, int, int]) -> tuple[Answers, float]:
    """Return the answers of some rounds of a design, and the processor seconds that they took."""
    name, start, end = chunk
    of = all_designs()[name]
    counts: Answers = Counter()
    began = time.process_time()
    for place in range(start, end):
        audit = of.make(np.random.default_rng([zlib.crc32(name.encode()), place]))
        counts.update((key, look(audit)) for key, look in of.looks.items())
    return counts, time.process_time() - began
