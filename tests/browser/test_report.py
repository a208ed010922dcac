"""The report in a real browser: nothing is fetched or logged, and it can be read on every screen and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import auditor
from tests.conftest import rows_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]  # one browser, one report
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a frame whose column and level names are hostile, with a gap and a stated population."""
    counts = {EVIL: (500, 3000), "m&n": (900, 3000), "rare": (5, 12)}
    frame = rows_of(counts, group=EVIL).assign(other=["a", "b", "c"] * (6012 // 3))
    path = tmp_path_factory.mktemp("report") / "report.html"
    shares = {EVIL: {EVIL: 0.6, "m&n": 0.4}}
    auditor.check(frame, target="hired", groups=[EVIL], reference=shares, name=f"{EVIL}.csv").save(str(path))
    return path


Opened = Callable[..., "Page"]


@pytest.fixture
def open_page(chromium: Browser, report: Path) -> Iterator[Opened]:
    """Open the report and hold that it asks for nothing and says nothing in the console."""
    said: list[str] = []
    asked: list[str] = []
    pages = []

    def opened(width: int = 1280, height: int = 800, **options: Any) -> Page:
        page = chromium.new_page(viewport={"width": width, "height": height}, **options)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert said == []
    assert [url for url in asked if url != report.as_uri() and not url.startswith("data:")] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_one_screen_answers(open_page: Opened, width: int, height: int) -> None:
    page = open_page(width=width, height=height)
    for selector in ("h1", ".coverage", ".reasons li", ".reasons .bars"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
    assert page.locator("h1").inner_text() == "Unfit"
    assert "checks ran" in page.locator(".coverage").inner_text()


def test_a_hostile_name_shows_as_text(open_page: Opened) -> None:
    page = open_page()
    assert page.locator("script").count() == 1  # our own
    assert EVIL in page.locator("main .kicker").inner_text()
    assert any(EVIL in text for text in page.locator(".bars").all_inner_texts())


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_sticks_out_at_any_width(open_page: Opened, width: int) -> None:
    page = open_page(width=width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _contrast(page: Page, selector: str) -> float:
    """The WCAG contrast of an element's colour with the page behind it."""
    return float(
        page.evaluate(
            """selector => {
              const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
                .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
                return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
              const e = document.querySelector(selector);
              const style = getComputedStyle(e);
              const ink = e.closest('svg') ? style.fill : style.color;
              const back = getComputedStyle(document.body).backgroundColor;
              const [a, b] = [lum(ink), lum(back)].sort((x, y) => y - x);
              return (a + 0.05) / (b + 0.05); }""",
            selector,
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("selector", ["h1", "main p", ".small", ".state", "summary", "dt"])
def test_text_is_legible_in_light_and_dark(open_page: Opened, scheme: str, selector: str) -> None:
    assert _contrast(open_page(color_scheme=scheme), selector) >= 4.5


def test_dark_is_dark_and_pictures_follow(open_page: Opened) -> None:
    fills = {
        scheme: open_page(color_scheme=scheme).evaluate(
            "getComputedStyle(document.querySelector('.small-picture rect')).fill"
        )
        for scheme in ("light", "dark")
    }
    assert fills["light"] != fills["dark"]


def test_folds_open_by_keyboard(open_page: Opened) -> None:
    page = open_page()
    fold = page.locator("details").first
    assert fold.get_attribute("open") is None
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None


def test_the_sql_of_a_group_table_is_folded_and_can_be_copied(open_page: Opened) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    fold = page.locator("details.recompute").first
    assert not fold.locator("pre").is_visible()
    fold.locator("summary").click()
    assert fold.locator("pre").is_visible()
    fold.locator("button.copy").click()
    page.wait_for_function("document.querySelector('button.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == fold.locator("pre").evaluate("sql => sql.textContent")
    page.emulate_media(media="print")
    assert not fold.is_visible()
    assert page.locator(".only-print").is_visible()


def test_it_reads_without_javascript(open_page: Opened) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator(".finding").count() > 3
    page.locator(".finding summary").first.click()
    assert page.locator(".finding .inside").first.is_visible()


def test_print_shows_what_is_folded(open_page: Opened) -> None:
    page = open_page(color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("details table").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_a_notebook_cell_shows_the_report(chromium: Browser) -> None:
    """Notebooks set innerHTML; what a parser alone would do must not be needed."""
    frame = rows_of({"a": (500, 3000), EVIL: (900, 3000)})
    fragment = auditor.check(frame, target="hired", groups=["group"])._repr_html_()
    page = chromium.new_page()
    page.set_content("<h1>the notebook's own</h1><div id='cell'></div>")
    before = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
    page.evaluate("html => { document.querySelector('#cell').innerHTML = html }", fragment)
    assert "Unfit" in page.locator("#cell > strong").first.inner_text()
    page.locator("#cell summary").click()
    shown = page.frame_locator("#cell iframe").locator("h1")
    shown.wait_for()
    assert shown.inner_text() == "Unfit"
    assert page.frame_locator("#cell iframe").locator("svg").count() >= 3
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == before
    page.close()
