"""A case run in this process, as the command line would run it: its own folder, streams and temporary folder."""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.case import Broken, Case, Step, random_of
from tests.fuzz.invariants import Ended, broken, tree
from tests.fuzz.kinds import KINDS, kind_of


def run(
    seed: str, number: int, kinds: tuple[str, ...] = (), keep: Path | None = None
) -> tuple[list[Broken], list[int]]:
    """Make a case and run it; return what is broken, and the exit codes of its steps.

    `keep` is a folder that its files stay in where something is broken.
    """
    random = random_of(seed, number)
    kind = kind_of(random, kinds)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as parent:
        folder, spare = Path(parent, "case"), Path(parent, "tmp")
        folder.mkdir()
        spare.mkdir()
        with _here(folder, spare):
            case = Case(folder, number)
            KINDS[kind].make(random, case)
            codes: list[int] = []
            found = [Broken(seed, number, kind, *each) for each in _run(case, spare, codes)]
        if found and keep:
            kept = keep / f"{seed}-{number}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            (kept / "broken.txt").write_text(
                "\n".join(each.line() for each in found) + "\n", encoding="utf-8", errors="replace"
            )
    return found, codes


def _run(case: Case, spare: Path, codes: list[int]) -> Iterator[tuple[str, str, str]]:
    """Run a case's steps, note their exit codes, and yield what is broken."""
    for step in case.steps:
        ended = _step(step, case.folder, spare)
        yield from ((invariant, detail, step.shown()) for invariant, detail in broken(step, ended))
        codes.append(ended.code if isinstance(ended.code, int) else -1)
    if case.relation:
        shown = " && ".join(step.shown() for step in case.steps)
        yield from (("the same audit", detail, shown) for detail in case.relation(codes))


def _step(step: Step, folder: Path, spare: Path) -> Ended:
    before = tree(folder)
    with _streams(step.stdin) as (out, err):
        code = _call(step)
    left = tuple(sorted(path.name for path in spare.iterdir()))
    for name in left:
        shutil.rmtree(spare / name, ignore_errors=True)
    return Ended(code, _read(out), _read(err), before, tree(folder), left)


def _call(step: Step) -> int | str:
    """Run a step; return its exit code, or what came out that is none."""
    from auditor.cli.commands import main

    asked, sys.argv = sys.argv, ["dataudit", *step.words]  # the audit records the command
    try:
        if step.call:
            return step.call()
        main(prog_name="dataudit")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else repr(ended.code)
    except BaseException as error:
        traceback.print_exc()
        return repr(error)
    finally:
        sys.argv = asked
        gc.collect(1)
    return 0


@contextmanager
def _here(folder: Path, spare: Path) -> Iterator[None]:
    """Work in a folder, with a temporary folder of its own."""
    before, asked, known = Path.cwd(), os.environ.get("TMPDIR"), tempfile.tempdir
    os.chdir(folder)
    os.environ["TMPDIR"], tempfile.tempdir = str(spare), None
    try:
        yield
    finally:
        os.chdir(before)
        tempfile.tempdir = known
        if asked is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = asked


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BufferedRandom, io.BufferedRandom]]:
    """Give this process other files for its three streams, those of native libraries included."""
    files = [_unlinked() for _ in range(3)]
    files[0].write(stdin)
    files[0].seek(0)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(number) for number in range(3)]
    before = sys.stdin, sys.stdout, sys.stderr
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 # closed below
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    try:
        yield files[1], files[2]
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.close()
        sys.stdin, sys.stdout, sys.stderr = before
        for number, old in enumerate(kept):
            os.dup2(old, number)
            os.close(old)
        files[0].close()


def _unlinked() -> io.BufferedRandom:
    descriptor = os.memfd_create("fuzz") if hasattr(os, "memfd_create") else tempfile.mkstemp()[0]
    return os.fdopen(descriptor, "w+b")


def _read(file: io.BufferedRandom) -> bytes:
    with file:
        file.seek(0)
        return file.read()
