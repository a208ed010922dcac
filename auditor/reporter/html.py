"""The audit as one HTML file: nothing fetched, readable without JavaScript, every value from the data escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from auditor.format import people, printable, without_flags
from auditor.model import Audit
from auditor.reporter import answer, comparison, page, published, view
from auditor.reporter.showing import shown

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render(audit: Audit) -> str:
    """Return the report as a whole HTML page."""
    audit = shown(audit)
    return _template("report.html").render(**_context(audit))


def render_snippet(audit: Audit) -> str:
    """Return the report as a fragment for a notebook cell: a frame of its own, so that no styles leak.

    Notebooks set innerHTML, which attaches no shadow roots; a frame with its page in `srcdoc` shows everywhere.
    """
    from markupsafe import escape

    title = escape(f"Data audit of {audit.dataset.name}")
    style = "width: 100%; height: 45rem; border: 0"
    return f'<iframe title="{title}" style="{style}" srcdoc="{escape(render(audit))}"></iframe>'


def _context(audit: Audit) -> dict[str, Any]:
    from markupsafe import Markup

    verdict, meaning = answer.verdict(audit)
    chapters = page.chapters(audit)
    script = _own("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "audit": audit,
        "answer": answer,
        "verdict": verdict,
        "meaning": meaning,
        "chapters": chapters,
        "contents": page.contents(chapters),
        "not_run": page.not_run_together(audit),
        "page": page,
        "view": view,
        "people": people,
        "comparison": comparison,
        "published": published,
        # Our own files, and pictures that escape what they are made of.
        "css": Markup(_own("report.css")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
        "markup": Markup,
    }


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("auditor.reporter"),
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["without_flags"] = without_flags
    return made


def _safe(value: object) -> object:
    """Return text from the data without characters that turn the reading order; our own markup as it is."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _own(name: str) -> str:
    return (resources.files("auditor.reporter") / "templates" / name).read_text(encoding="utf-8")
