"""Text from data in Markdown is text: a reader of GitHub's dialect finds no mark-up, no link and no mention in it."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest
from markdown_it import MarkdownIt

import auditor
from auditor.reporter.markdown import escape, render

TEXTS = (
    "~~gone~~", "https://evil.example/x", "http://a.b", "www.evil.example", "ann@example.org", "@octocat", "#12", "GH-12",
    "![img](http://x/y.png)", "[a](b)", "<b>bold</b>", "<script>x</script>", "`code`", "**b** _i_ *i*", "| a | b |",
    "- item", "+ item", "1. item", "2) item", "> quote", "# head", "=====", "-----", "***", "```", "&amp; &lt;", "\\*a\\*",
    "$x$", "ftp://x", "mailto:a@b.c", "a\u202eb", "a\nb", "<!-- x -->", "<a href=x>", "[x]: http://y", "\t code", "x://y",
)  # fmt: skip
PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
assert PARSER.linkify
PARSER.linkify.set({"fuzzy_link": False})  # GitHub links no bare domains, but those that begin with www


class _Text(HTMLParser):
    """What a page shows, and the tags in it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown, self.tags = "", set[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.shown += data


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    for before in ("", "- ", "a ", "| x | "):
        page = _Text()
        page.feed(PARSER.render(f"{before}{escape(text)}\n"))
        assert page.tags <= {"p", "ul", "li"}, page.tags
        assert "www." not in escape(text) and "@oct" not in escape(text) and "#1" not in escape(text)
        expected = " ".join(text.split()).replace("\u202e", "\ufffd")
        assert page.shown.strip().removeprefix(before.strip("- ")).strip() == expected


def test_a_whole_report_has_no_other_elements_than_its_own() -> None:
    rows = [
        {"g": TEXTS[i % len(TEXTS)] + " " * (i % 2), "y": "yes" if i % 3 else "no", text: i % 5}
        for text in TEXTS[:1]
        for i in range(600)
    ]
    frame = pd.DataFrame(rows).rename(columns={"g": "<b>~~@x~~</b> https://x.example"})
    audit = auditor.check(
        frame,
        target="y",
        positive="yes",
        groups=["<b>~~@x~~</b> https://x.example"],
        no_models=True,
        name="# [a](http://x)",
    )
    page = _Text()
    page.feed(PARSER.render(render(audit)))
    assert page.tags <= {
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "em",
    }
