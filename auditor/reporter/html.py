"""The audit as one HTML file: nothing fetched, readable without JavaScript, every value from the data escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from auditor.format import listed as listed_names
from auditor.format import people, printable, without_flags
from auditor.model import Audit
from auditor.reporter import answer, comparison, page, published, trends, view
from auditor.reporter.showing import shown

MOST_ACTIONS = 3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment, Template


def render(audit: Audit) -> str:
    """Return the report as a whole HTML page."""
    audit = shown(audit)
    return _template("report.html").render(**_context(audit))


def render_snippet(audit: Audit) -> str:
    """Return the report as a fragment for a notebook cell: the answer in a few lines, and the whole report in a fold.

    Sites that show notebooks of strangers remove or escape all but the plainest tags. The answer is written in these.
    Notebooks set innerHTML, which attaches no shadow roots; a frame with its page in `srcdoc` shows everywhere.
    """
    from markupsafe import escape

    title = escape(f"Data audit of {audit.dataset.name}")
    style = "width: 100%; height: 45rem; border: 0"
    page = render(audit).replace("&", "&amp;").replace("'", "&#39;")  # an attribute in quotes needs no more
    frame = f'<iframe title="{title}" style="{style}" srcdoc=\'{page}\'></iframe>'
    return f"{_answer(shown(audit))}\n<details><summary>The whole report</summary>{frame}</details>"


def _answer(audit: Audit) -> str:
    """Return the verdict, its main reasons and the first actions in tags that every sanitiser leaves in place."""
    from markupsafe import escape

    def listed(kind: str, items: Sequence[str]) -> str:
        inside = "".join(f"<li>{escape(printable(item))}</li>" for item in items)
        return f"\n<{kind}>{inside}</{kind}>" if items else ""

    words, meaning = answer.verdict(audit)
    about = "for" if answer.is_assumed(audit) else "for:"
    reasons = [f"{reason.text} [{reason.code}]" for reason in answer.reasons(audit)]
    actions = [f"{of.what}{f': {listed_names(of.applies)}' if of.applies else ''}" for of in audit.verdict.actions]
    todo = actions or list(audit.verdict.to_settle)
    title = "Required actions" if actions else view.SETTLE[audit.verdict.level]
    more = f" ({MOST_ACTIONS} of {len(todo)})" if len(todo) > MOST_ACTIONS else ""
    head = (
        f"{escape(printable(audit.dataset.name))}, {people(audit.dataset.rows)} rows: <strong>{escape(words)}</strong>"
    )
    text = f"{head} {about} {escape(printable(answer.use(audit)))}. {escape(printable(meaning))}"
    text += listed("ol", reasons)
    return f"{text}\n<strong>{title}{more}</strong>{listed('ul', todo[:MOST_ACTIONS])}" if todo else text


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
        "trends": trends,
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
