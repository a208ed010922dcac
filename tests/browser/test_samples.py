"""The shipped reports in a real browser: charts that can be read on a phone, no fault of accessibility, two pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python
import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
REPORTS = ["hiring", "callbacks", "recruiting", "pay"]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
OPEN_ALL = "document.querySelectorAll('details').forEach(of => of.open = true)"


@pytest.fixture
def opened(chromium: Browser) -> Iterator[list[Page]]:
    """The pages that a test opens, closed behind it."""
    pages: list[Page] = []
    yield pages
    for page in pages:
        page.context.close()


def _open(chromium: Browser, opened: list[Page], name: str, width: int = 1280, scheme: str = "light") -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    page = context.new_page()
    opened.append(page)
    page.goto((ROOT / "reports" / f"{name}.html").as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", REPORTS)
def test_axe_finds_no_violation_with_all_folds_open(
    chromium: Browser, opened: list[Page], name: str, scheme: str
) -> None:
    page = _open(chromium, opened, name, scheme=scheme)
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run().then(of => of.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 120))]))"
    )
    assert found == []


@pytest.mark.parametrize("name", REPORTS)
def test_every_text_of_a_chart_is_large_enough_on_a_phone(chromium: Browser, opened: list[Page], name: str) -> None:
    page = _open(chromium, opened, name, width=390)
    sizes = page.evaluate(
        """[...document.querySelectorAll('.chart svg text')].filter(of => of.textContent).map(of => {
          const svg = of.closest('svg');
          return parseFloat(getComputedStyle(of).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
        })"""
    )
    assert sizes
    assert min(sizes) >= 11


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", REPORTS)
def test_no_two_texts_of_a_chart_overlap(chromium: Browser, opened: list[Page], name: str, width: int) -> None:
    page = _open(chromium, opened, name, width=width)
    overlapping = page.evaluate(
        """() => { const found = [];
          for (const svg of document.querySelectorAll('.chart svg')) {
            const boxes = [...svg.querySelectorAll('text')].filter(of => of.textContent.trim())
              .map(of => [of.textContent, of.getBoundingClientRect(), of.getCTM().b]);
            for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
              const [[a, x, s], [b, y, t]] = [boxes[i], boxes[j]];
              if (Math.abs(s) > 0.01 || Math.abs(t) > 0.01) continue;  // of turned text the box is no measure
              const wide = Math.min(x.right, y.right) - Math.max(x.left, y.left);
              const high = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top);
              if (wide > 1 && high > 3) found.push([a, b]);
            } }
          return found; }"""
    )
    assert overlapping == []


@pytest.mark.parametrize("name", REPORTS)
def test_no_word_is_broken_on_a_tablet(chromium: Browser, opened: list[Page], name: str) -> None:
    page = _open(chromium, opened, name, width=768)
    broken = page.evaluate(
        """() => { const found = [], range = document.createRange();
          const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) { const node = walk.currentNode;
            if (node.parentElement.closest('code, svg, .permalink') || !node.parentElement.checkVisibility()) continue;
            for (const match of node.data.matchAll(/[A-Za-z0-9_]+/g)) {
              range.setStart(node, match.index); range.setEnd(node, match.index + match[0].length);
              const lines = new Set([...range.getClientRects()].map(of => Math.round(of.top)));
              if (lines.size > 1) found.push(match[0]); } }
          return found; }"""
    )
    assert broken == []


def test_the_hiring_report_can_be_taken_in(chromium: Browser, opened: list[Page]) -> None:
    page = _open(chromium, opened, "hiring")
    words = page.locator("main").inner_text().split()
    assert len(words) <= 2000


@pytest.mark.parametrize("name", REPORTS)
def test_the_summary_prints_on_two_pages(chromium: Browser, opened: list[Page], name: str) -> None:
    page = _open(chromium, opened, name)
    page.evaluate("document.querySelector('.appendix').remove()")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2


@pytest.mark.parametrize("name", REPORTS)
def test_a_link_opens_the_finding_it_names(chromium: Browser, opened: list[Page], name: str) -> None:
    page = _open(chromium, opened, name)
    target = page.locator(".finding").first.get_attribute("id")
    page.goto(f"{(ROOT / 'reports' / f'{name}.html').as_uri()}#{target}")
    assert page.locator(f"[id='{target}'] .inside").is_visible()


def test_tables_can_be_sorted_and_filtered(chromium: Browser, opened: list[Page]) -> None:
    page = _open(chromium, opened, "hiring")
    table = page.locator("table.sortable", has_text="Gap it reproduces")
    table.locator("thead button", has_text="Column").click()
    names = [cell.split()[0] for cell in table.locator("tbody th").all_inner_texts()]
    assert names == sorted(names)
    assert table.locator("[aria-sort=ascending]").count() == 1
