"""Markdown of texts that are written in the code: docstrings, meanings of options, defaults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MADE = "*Made from the code by `python -m tests.generated`.*"
_CODE = re.compile(r"(`[^`]*`)")


def prose(text: str) -> str:
    r"""Return a text with what Markdown and HTML would read as mark-up escaped, outside of code.

    >>> prose("a_b < `c|d` [x]")
    'a_b &lt; `c|d` \\[x\\]'
    """
    parts = _CODE.split(text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"([*\[\]])", r"\\\1", parts[i].replace("<", "&lt;"))
    return "".join(parts)


def cell(text: str) -> str:
    r"""Return a text as a cell of a table, on one line.

    >>> cell("one | two")
    'one \\| two'
    """
    return " ".join(text.split()).replace("|", r"\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    lines = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""]


def paragraphs(doc: str) -> list[str]:
    """Return the paragraphs of a docstring, each on one line, without examples of the prompt and of Google's sections."""
    found = [" ".join(part.split()) for part in doc.strip().split("\n\n")]
    return [
        prose(part) for part in found if not part.startswith(">>>") and not re.match(r"(Args|Returns|Raises):", part)
    ]
