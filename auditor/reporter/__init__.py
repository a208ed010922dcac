"""Reporters: an audit to text. Nothing here looks at data; everything works from a saved audit too."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from auditor.model import Audit

# Suffix -> module; each has `render(audit) -> str`.
FORMATS = {
    ".html": "auditor.reporter.html",
    ".json": "auditor.reporter.json",
    ".md": "auditor.reporter.markdown",
    ".txt": "auditor.reporter.terminal",
}


def renderer(suffix: str) -> Callable[[Audit], str]:
    """Return the reporter of a suffix like `.html`."""
    render: Callable[[Audit], str] = import_module(FORMATS[suffix]).render
    return render


def notebook(audit: Audit) -> str:
    """Return the report for a notebook cell."""
    from auditor.reporter import html

    return html.render_snippet(audit)
