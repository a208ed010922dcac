"""Reporters: an audit to text. Nothing here looks at data; everything works from a saved audit too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.reporter.formats import FORMATS, renderer

if TYPE_CHECKING:
    from auditor.model import Audit

__all__ = ["FORMATS", "notebook", "renderer"]


def notebook(audit: Audit) -> str:
    """Return the report for a notebook cell."""
    from auditor.reporter import html

    return html.render_snippet(audit)
