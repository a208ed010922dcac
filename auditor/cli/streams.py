"""Where the command line writes to: any code page, and a reader who may have stopped reading."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from auditor.errors import OutputError

# Signs that mean something, in characters that every code page has: a minus that became "?" would change a number.
SIGNS = {
    "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{RIGHTWARDS ARROW}": "->", "\N{LEFTWARDS ARROW}": "<-", "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{MULTIPLICATION SIGN}": "x", "\N{MIDDLE DOT}": "/",
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{BLACK VERTICAL RECTANGLE}": "[]",
    "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ",
}  # fmt: skip
READABLE = "dataudit-readable"


def _readable(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # it is asked for when writing alone
    return "".join(SIGNS.get(char, "?") for char in error.object[error.start : error.end]), error.end


codecs.register_error(READABLE, _readable)


class Console:
    """A text stream that replaces what its code page lacks, and falls silent when its reader stops.

    It offers no `buffer`, so that no library writes past it.
    """

    buffer = None

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str | bytes) -> int:
        """Write what the code page holds of a text; bytes are UTF-8 (Click writes the completion of shells so)."""
        if isinstance(text, bytes):
            if not text:  # likewise a question, to be answered: this is no stream of bytes
                raise TypeError("a text is written, not bytes")
            text = text.decode()
        if text == "":  # libraries find out so what kind of stream it is, and let no error of it be known
            return 0
        code_page = self._stream.encoding or "utf-8"
        with self._reader():
            self._stream.write(text.encode(code_page, READABLE).decode(code_page))
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._reader():
            self._stream.flush()

    @contextmanager
    def _reader(self) -> Iterator[None]:
        """Fall silent when the reader has stopped; OutputError where the text cannot be written for another reason."""
        try:
            yield
        except BrokenPipeError:
            self._silence()
        except OSError as error:
            self._silence()
            raise OutputError(f"the output cannot be written: {error.strerror or error}") from None

    def _silence(self) -> None:
        """Let what is still to come go nowhere, also what is flushed when the process ends."""
        with suppress(OSError, ValueError):  # it is no file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def consoles() -> Iterator[None]:
    """Make standard output and error safe to write to, be they closed, a pipe, or of any code page."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: else the next file that is opened would get its number
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdin, sys.stdout, sys.stderr
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 # for the life of the process
    streams = [stream or open(os.devnull, "w", encoding="utf-8") for stream in before[1:]]  # noqa: SIM115 # likewise
    sys.stdout, sys.stderr = (cast(TextIO, Console(stream)) for stream in streams)
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
