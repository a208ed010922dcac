"""Cases in processes of their own: one that crashes, hangs or grows is a finding, and the others go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.fuzz.case import Broken

SECONDS = 60.0  # of computing that a case may take
WAITING = 300.0  # in all, on a machine that is busy with other things
BYTES = 3 * 2**30  # that a process may hold
CASES = 400  # that a process runs before another takes its place
Run = Callable[[str, int, tuple[str, ...], Path | None], tuple[list[Broken], list[int]]]
Ran = tuple[int, float, list[Broken], list[int]]  # number, seconds, what is broken, exit codes


def _work(pipe: Connection, seed: str, kinds: tuple[str, ...], keep: Path | None, run: Run | None) -> None:
    import faulthandler

    if run is None:
        from tests.fuzz import execute

        run = execute.run

    stacks = _stacks_of(keep, os.getpid())
    stacks.parent.mkdir(parents=True, exist_ok=True)
    file = stacks.open("w", encoding="utf-8")  # for the life of the process
    faulthandler.enable(file)  # of a crash
    faulthandler.register(signal.SIGUSR1, file)  # of a hang
    while (number := pipe.recv()) is not None:
        start = time.monotonic()
        try:
            found, codes = run(seed, number, kinds, keep)
        except Exception as error:  # of the fuzzer
            import traceback

            text = f"{error!r}: {traceback.format_exc()[-1500:]}"
            found, codes = [Broken(seed, number, "?", "the fuzzer itself", text)], []
        pipe.send((number, time.monotonic() - start, found, codes))


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    keep: Path | None
    number: int | None = None
    since: float = 0.0
    computed: float = 0.0
    done: int = 0


def run_all(
    seed: str, numbers: Iterable[int], kinds: tuple[str, ...], keep: Path | None, workers: int = 2,
    seconds: float = SECONDS, kind_of: Callable[[int], str] = lambda number: "?",
    run: Run | None = None,
) -> Iterator[Ran]:  # fmt: skip
    """Run cases by their numbers, and yield each as it ends: its number, seconds, and what is broken."""
    context = multiprocessing.get_context("spawn")

    def started() -> _Worker:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, seed, kinds, keep, run), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, keep)

    waiting = iter(numbers)
    team = [started() for _ in range(workers)]

    def hand_out(worker: _Worker) -> None:
        worker.number = next(waiting, None)
        worker.since, worker.computed = time.monotonic(), _computed(worker.process.pid)
        if worker.number is not None:
            worker.pipe.send(worker.number)

    def replaced(worker: _Worker) -> _Worker:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        _stacks_of(keep, worker.process.pid).unlink(missing_ok=True)
        return started()

    for worker in team:
        hand_out(worker)
    try:
        while any(worker.number is not None for worker in team):
            ready = wait([worker.pipe for worker in team if worker.number is not None], timeout=0.5)
            for i, worker in enumerate(team):
                if worker.number is None:
                    continue
                number, ended = worker.number, ""
                if worker.pipe in ready:
                    try:
                        yield worker.pipe.recv()
                    except EOFError:
                        worker.process.join()
                        ended = f"the process ended with {worker.process.exitcode}"
                elif _computed(worker.process.pid) - worker.computed > seconds:
                    ended = f"over {seconds:g} seconds of computing"
                elif time.monotonic() - worker.since > WAITING:
                    ended = f"over {WAITING:g} seconds"
                elif _held(worker.process.pid) > BYTES:
                    ended = f"over {BYTES / 2**30:g} GB"
                else:
                    continue
                if ended:
                    ended += _stacks(worker)
                    found = [Broken(seed, number, kind_of(number), "neither crash, hang nor growth", ended)]
                    yield number, time.monotonic() - worker.since, found, []
                worker.done += 1
                if ended or worker.done >= CASES:
                    team[i] = worker = replaced(worker)
                hand_out(worker)
    finally:
        for worker in team:
            worker.process.kill()
            worker.process.join()
            _stacks_of(keep, worker.process.pid).unlink(missing_ok=True)


def _stacks(worker: _Worker) -> str:
    """Return where in Python a process hangs, or crashed."""
    process = worker.process.pid
    if worker.process.is_alive() and process:
        os.kill(process, signal.SIGUSR1)
        time.sleep(0.5)
    try:
        text = _stacks_of(worker.keep, process).read_text(encoding="utf-8")
    except OSError:
        return ""
    return " | " + " | ".join(line.strip() for line in text.splitlines()[:40])


def _stacks_of(keep: Path | None, process: int | None) -> Path:
    return (keep or Path(tempfile.gettempdir())) / f"stacks-{process}.txt"


def _held(process: int | None) -> int:
    """Return the bytes of memory that a process holds; 0 where the system does not say."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _computed(process: int | None) -> float:
    """Return the seconds of computing that a process has used; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
