"""Small pictures in a line of text or a cell: a bar, a point with its interval, a threshold. Plain SVG, no library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as _escape

from auditor.format import printable

WIDTH, HEIGHT = 96, 14
PAD = 4


def escape(text: str) -> str:
    """Return a text of the data as markup can hold it."""
    return _escape(printable(text))


def bar(share: float, kind: str = "mark", top: float = 1.0, track: bool = True) -> str:
    """Return a bar from 0 to a share of `top`, on a track to it; decoration of a number that stands beside it."""
    length = max(0.0, min(1.0, share / top if top else 0.0)) * WIDTH
    body = f'<rect class="track" width="{WIDTH}" height="8" y="3"/>' if track else ""
    body += f'<rect class="{escape(kind)}" width="{length:.1f}" height="8" y="3"/>'
    return _svg(body, WIDTH)


def interval(
    value: float, low: float | None, high: float | None, line: float | None, kind: str, top: float = 1.25
) -> str:
    """Return a point with its interval on a scale from 0 to `top`, and a line at the threshold.

    An end beyond the scale is cut with an arrow; None is an end without a bound.
    """
    inner = WIDTH - 2 * PAD

    def at(number: float) -> float:
        return PAD + max(0.0, min(1.0, number / top)) * inner

    start, end = at(low if low is not None else 0.0), at(high if high is not None else top)
    parts = [f'<line class="axis" x1="{PAD}" x2="{WIDTH - PAD}" y1="7" y2="7"/>']
    if line is not None:
        parts.append(f'<line class="limit" x1="{at(line):.1f}" x2="{at(line):.1f}" y1="0" y2="{HEIGHT}"/>')
    parts.append(f'<line class="{escape(kind)}" x1="{start:.1f}" x2="{end:.1f}" y1="7" y2="7"/>')
    if high is None or high > top:
        parts.append(f'<path class="{escape(kind)}" d="M{WIDTH - PAD - 4} 3 L{WIDTH - PAD} 7 L{WIDTH - PAD - 4} 11"/>')
    if value <= top:
        parts.append(f'<circle class="{escape(kind)}" cx="{at(value):.1f}" cy="7" r="3.5"/>')
    return _svg("".join(parts), WIDTH)


def rows(items: Sequence[tuple[str, float, str]], top: float | None = None) -> str:
    """Return bars under one another, each with its name and its number: (name, share, text)."""
    most = top or max((share for _, share, _ in items), default=1.0) or 1.0
    lines = []
    for name, share, text in items:
        drawn = bar(share, top=most, track=top is not None)  # the longest of several is no whole
        lines.append(f'<span class="bar-name">{escape(name)}</span>{drawn}<span class="bar-text">{escape(text)}</span>')
    return f'<span class="bars">{"".join(lines)}</span>'


def _svg(body: str, width: float) -> str:
    return (
        f'<svg class="small-picture" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'aria-hidden="true" focusable="false">{body}</svg>'
    )
