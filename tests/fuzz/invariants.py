"""What must hold after every command, whatever it was given."""

from __future__ import annotations

import json
import re
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import pages
from tests.fuzz.case import Step


def _forbidden() -> re.Pattern[str]:
    """Return what no output may hold: controls but the line feed, what turns or hides text, halves of characters."""
    joiners = "\u200c\u200d"
    chars = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") and char not in joiners + "\n"
    ]
    return re.compile(f"[{''.join(map(re.escape, chars))}]")


FORBIDDEN = _forbidden()
FAULT = re.compile(
    r"Traceback \(most recent|fault of dataudit|internal error|panicked at|thread '.*' panicked", re.IGNORECASE
)
LEVELS = {"unfit": 1, "cannot_tell": 3, "fit": 0, "fit_with_conditions": 0, "not_judged": 0}
Tree = dict[str, bytes]


@dataclass(frozen=True)
class Ended:
    """How a step ended: its exit code, what it printed, the folder before and after, and what TMPDIR holds."""

    code: int | str
    out: bytes
    err: bytes
    before: Tree
    after: Tree
    left: tuple[str, ...] = ()


def tree(folder: Path) -> Tree:
    """Return the files below a folder and their bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def broken(step: Step, ended: Ended) -> Iterator[tuple[str, str]]:
    """Yield each invariant that does not hold, with what was seen."""
    out, err = (data.decode("utf-8", "replace") for data in (ended.out, ended.err))
    if fault := FAULT.search(err + out):
        yield "no fault", f"{fault[0]}: {' | '.join(err.strip().splitlines()[-6:])}"
    if ended.code not in step.codes:
        yield "exit code", f"{ended.code}: {err[-300:]!r}"
    for name, text in (("stdout", out), ("stderr", err)):
        if found := FORBIDDEN.search(text):
            yield "no control character", _near(name, text, found)
    if ended.left:
        yield "nothing left in TMPDIR", ", ".join(ended.left)
    for name, data in ended.before.items():
        if name not in step.outputs and ended.after.get(name) != data:
            yield "inputs untouched", name
    if ended.code in (2, 130):
        yield from _refused(out, err, ended)
    elif ended.code in step.codes:
        yield from _done(step, ended, out, err)


def _near(name: str, text: str, found: re.Match[str]) -> str:
    return f"{name}: {text[max(0, found.start() - 60) : found.end() + 30]!a}"


def _refused(out: str, err: str, ended: Ended) -> Iterator[tuple[str, str]]:
    lines = err.splitlines()
    several = bool(lines) and "is the outcome? " in lines[0]  # the one error with a list
    if not err.startswith("dataudit: ") or not err.endswith("\n") or (len(lines) != 1 and not several):
        yield "one line", repr(err[-600:])
    if out and ended.code == 2:
        yield "nothing printed with exit code 2", repr(out[:200])
    if written := sorted(name for name in ended.after if ended.after[name] != ended.before.get(name)):
        yield "nothing written with exit code 2", ", ".join(written)


def _done(step: Step, ended: Ended, out: str, err: str) -> Iterator[tuple[str, str]]:
    if new := sorted(set(ended.after) - set(ended.before) - set(step.outputs)):
        yield "nothing else written", ", ".join(map(ascii, new))
    for name in step.outputs:
        if name not in ended.after:
            yield "every report written", name
        elif name not in step.data:
            yield from _output(name, ended.after[name], ended.code, step)
    if "--format=json" in step.words:
        yield from _json("stdout", out, ended.code, step)
    for line in err.splitlines():
        if not step.call and not re.match(r"(wrote |[\d,]+ values? masked)", line):
            yield "only what was written on stderr", repr(line[:300])
            break


def _output(name: str, data: bytes, code: int | str, step: Step) -> Iterator[tuple[str, str]]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield "reports are UTF-8", f"{name}: {error}"
        return
    if found := FORBIDDEN.search(text):
        yield "no control character", _near(name, text, found)
    if not text.endswith("\n"):
        yield "reports are whole", f"{name} ends in {text[-40:]!r}"
    suffix = Path(name).suffix
    if suffix == ".html":
        yield from (("HTML of the program alone", f"{name}: {found}") for found in dict.fromkeys(pages.html(text)))
    elif suffix == ".md":
        yield from (
            ("Markdown of the program alone", f"{name}: {found}") for found in dict.fromkeys(pages.markdown(text))
        )
    elif suffix in (".json", ".tally"):
        yield from _json(name, text, code, step)
    elif suffix == ".toml":
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            yield "TOML is TOML", f"{name}: {error}"


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _json(name: str, text: str, code: int | str, step: Step) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        yield "strict JSON", f"{name}: {error}"
        return
    results = data.get("results", []) if isinstance(data, dict) and step.words[:1] in ((), ("check",)) else []
    for result in results:
        if result.get("failed"):
            yield "no rule failed", f"{result['rule']}: {result.get('reason')}"
    if (
        results
        and not step.call
        and not any(word.startswith(("--only", "--skip", "--fail-on", "--drop", "--redact")) for word in step.words)
    ):
        level = data["verdict"]["level"]
        if LEVELS.get(level) != code:
            yield "the exit code is the verdict's", f"{level}: {code}"


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{number} is too large")
    return value
