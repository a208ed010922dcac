"""HTML and Markdown read by real parsers: nothing stands in them but what the program itself writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

_EVERY = {"class", "id", "role", "aria-label", "aria-hidden", "aria-roledescription", "tabindex"}
_DRAWN = {
    "transform", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-miterlimit",
    "stroke-linecap", "stroke-linejoin", "opacity", "pointer-events", "display", "d", "x", "y", "x1", "x2", "y1", "y2", "cx",
    "cy", "r", "width", "height", "text-anchor", "font-family", "font-size", "font-weight", "font-style", "viewBox",
    "version", "xmlns", "xmlns:xlink", "dx", "dy", "clip-path",
}  # fmt: skip
_PLAIN = [
    "head",
    "body",
    "main",
    "header",
    "footer",
    "p",
    "b",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "section",
    "article",
    "div",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "span",
    "summary",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "td",
    "code",
    "pre",
    "em",
    "strong",
    "title",
]
_SVG = ("svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clippath", "clipPath")
TAGS: dict[str, set[str]] = {
    **dict.fromkeys(_PLAIN, _EVERY),
    **dict.fromkeys(_SVG, _EVERY | _DRAWN),
    "html": {"lang"},
    "meta": {"charset", "name", "content", "http-equiv"},
    "link": {"rel", "href"},
    "style": set(),
    "a": {"class", "href", "aria-label"},
    "th": {"scope", "class"},
    "details": {"class", "open", "id"},
    "section": _EVERY | {"data-verdict", "aria-labelledby"},
    "svg": _EVERY | _DRAWN | {"focusable"},
    "nav": _EVERY,
    "input": {"type", "id"},
    "label": {"for"},
    "script": set(),
}
OWN = {"style": "report.css", "script": "report.js"}  # each stands there once, as it is
TEXT = ("-text", "-comment", "-doctype", "!doctype", "#text")
LINKED = re.compile(r"://|\bwww\.|(?<![\w.+-])@[A-Za-z0-9]|(?<!\w)#\d|\bGH-\d", re.IGNORECASE)  # by sites like GitHub
COMMENT = "<!-- -->"  # the program's own: it keeps a site from making a link
NEVER = {"html_block", "html_inline", "link_open", "image", "fence", "code_block", "hr", "blockquote_open", "s_open"}


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    assert parser.linkify
    parser.linkify.set({"fuzzy_link": False})  # GitHub links no bare domains, but those that begin with www
    return parser


@cache
def own(name: str) -> str:
    """Return a file of the report's own, which stands in every page."""
    return (resources.files("auditor.reporter") / "templates" / name).read_text(encoding="utf-8")


def html(page: str) -> Iterator[str]:
    """Yield what stands in a page that no report has: other tags, attributes, addresses, styles."""
    if not page.rstrip().endswith("</html>"):
        yield "the page is not whole"
    root = LexborHTMLParser(page).root
    assert root is not None
    ours = dict.fromkeys(OWN, 0)
    for node in root.traverse(include_text=False):
        tag = node.tag or ""
        if tag in TEXT:
            if "comment" in tag:
                yield "a comment"
            continue
        if tag not in TAGS:
            yield f"tag <{tag}>"
            continue
        for key, value in node.attributes.items():
            if key not in TAGS[tag]:
                yield f"attribute {key} of <{tag}>"
            if key in ("href", "src") and not (value or "").startswith(("#", "data:")):
                yield f"address {value!r}"
            if re.search(r"url\(\s*['\"]?(?!#)|javascript:", value or "") and key not in ("aria-label", "content"):
                yield f"address in {key}: {value!r}"
        if tag in ours:
            ours[tag] += 1
            if node.text(deep=True).strip() != own(OWN[tag]).strip():
                yield f"another {tag}"
    for tag, n in ours.items():
        if n != 1:
            yield f"{n} of {tag}"


def markdown(text: str) -> Iterator[str]:
    """Yield what a reader would take for mark-up that no report has: HTML, links, pictures, code, rules, quotes."""
    firsts = 0
    for token in _markdown().parse(text):
        firsts += token.type == "heading_open" and token.tag == "h1"
        for each in (token, *(token.children or ())):
            if each.type in NEVER and each.content != COMMENT:
                yield f"{each.type} {each.content[:80]!r}"
            if each.type == "text" and (found := LINKED.search(each.content)):
                yield f"a link or a mention: {found[0]!r} in {each.content[:80]!r}"
    if firsts != 1:
        yield f"{firsts} headings of the first order"
