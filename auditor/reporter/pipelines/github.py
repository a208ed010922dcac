"""The audit as annotations of a GitHub workflow, and its first screen for the summary of a step.

The commands and their escapes: docs.github.com, "Workflow commands for GitHub Actions"; actions/toolkit, command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.format import printable
from auditor.model import Audit, Level
from auditor.reporter import answer
from auditor.reporter.bins import RESULTS, Bin, binned
from auditor.reporter.pipelines.place import Place, place
from auditor.reporter.showing import shown

COMMANDS = {Bin.BLOCKING: "error", Bin.RESOLVE: "warning"}
VERDICTS = {
    Level.FIT: "notice",
    Level.FIT_WITH_CONDITIONS: "warning",
    Level.UNFIT: "error",
    Level.CANNOT_TELL: "warning",
    Level.NOT_JUDGED: "notice",
}
MOST = 9  # of each kind: GitHub shows ten of a step, and one is the verdict


def render(audit: Audit) -> str:
    """Return a command for the verdict and for each finding that blocks the use or must be resolved, a line each."""
    return "".join(f"{line}\n" for line in _lines(shown(audit)))


def _lines(audit: Audit) -> Iterator[str]:
    words, meaning = answer.verdict(audit)
    text = [meaning, *(f"{of.text} ({of.code})" for of in answer.reasons(audit)), answer.covered(audit)]
    yield _command(VERDICTS[audit.verdict.level], Place(None), f"{words}: {audit.dataset.name}", text)
    parts = binned(audit)
    for bin_, command in COMMANDS.items():
        found = [(judged.result, of) for judged in parts[bin_] for of in judged.findings]
        for result, of in found[:MOST]:
            body = list(filter(None, (f"{RESULTS[of.state]}: {answer.headline(of)}", of.remedy)))
            yield _command(command, place(audit, result, of), f"{result.rule} {result.name}", body)
        if len(found) > MOST:
            yield f"And {len(found) - MOST} more: {bin_.words.lower()}."
    counts = [text for _, text in answer.counts(audit)]
    yield printable(f"{words}. {', '.join(counts)}. {answer.covered(audit)}.")


def _command(name: str, where: Place, title: str, text: Sequence[str]) -> str:
    """Return a workflow command: no part of it can begin another command or property.

    >>> print(_command("error", Place("a,b.toml", 3), "X: 100%", ["one", "two: 5%"]))
    ::error file=a%2Cb.toml,line=3,title=X%3A 100%25::one%0Atwo: 5%25
    """
    properties = [f"file={_property(where.path)},line={where.line}"] if where.path else []
    properties.append(f"title={_property(title)}")
    lines = "\n".join(printable(" ".join(line.split())) for line in text)
    return f"::{name} {','.join(properties)}::{_data(lines)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(" ".join(text.split()))).replace(":", "%3A").replace(",", "%2C")
