"""The site of the documentation: every link and anchor leads somewhere, and nothing is fetched from elsewhere."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import chromium  # noqa: F401 # a fixture
from tests.conftest import ROOT
from tests.needs import absent
from tests.reference import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")
KEPT = ("mkdocs.yml", "auditor", "sample_data", "reports", "tests/data", "tests/benchmarks", ".github", "README.md",
        "CHANGELOG.md", "SECURITY.md", "LICENSE", "Dockerfile")  # fmt: skip
FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("link", "href"),
           ("object", "data"), ("embed", "src"), ("use", "href"), ("image", "href")}  # fmt: skip


def _build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    env = {"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "HOME": str(site.parent), "LANG": "C.UTF-8"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    if importlib.util.find_spec("mkdocs") is None:
        absent("DOCS", "mkdocs is not installed")
    folder = tmp_path_factory.mktemp("built") / "site"
    run = _build(ROOT, folder)
    assert run.returncode == 0, run.stderr
    return folder


class _Tags(HTMLParser):
    """Collects the attributes of all tags of a page, and the contents of its <style>."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def _pages(site: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(site.rglob("*.html")):
        yield path, path.read_text(encoding="utf-8")


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = dict(_pages(site))
    assert len(pages) > 25
    for path, text in pages.items():
        for tag, attributes in _Tags(text).found:
            if tag == "link" and attributes.get("rel") == "canonical":
                continue  # names an address, and fetches nothing
            for name, value in attributes.items():
                assert (tag, name) not in FETCHED or not re.match(r"\s*(?:https?:)?//", value), f"{path}: {value}"
    for path in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text(encoding="utf-8")), path


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    """Beside what the build checks: the copies of files, and anchors in them."""
    ids = {path: {of["id"] for _, of in _Tags(text).found if "id" in of} for path, text in _pages(site)}
    for path, text in _pages(site):
        if "reports" in path.parts or path.name == "404.html":
            continue
        for tag, attributes in _Tags(text).found:
            link = attributes.get("href", "") if tag == "a" else ""
            if re.match(r"\w+:|//", link) or link in ("", ".", "#"):
                continue
            to, _, anchor = link.partition("#")
            target = (path.parent / to).resolve() if to else path
            assert target.exists(), f"{path.relative_to(site)}: {link}"
            assert not anchor or target.suffix != ".html" or anchor in ids[target], f"{path.relative_to(site)}: {link}"


def test_broken_links_break_the_build(site: Path, tmp_path: Path) -> None:
    broken = {
        "(tutorial.md)": "(tutoriel.md)",
        "(methods.md)": "(methods.md#nothing)",
        "(../SECURITY.md)": "(../SAFE.md)",
    }
    for name in KEPT:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    page = tmp_path / "docs" / "index.md"
    text = page.read_text(encoding="utf-8")
    for old, new in broken.items():
        assert old in text
        text = text.replace(old, new)
    page.write_text(text, encoding="utf-8")
    run = _build(tmp_path, tmp_path / "site")
    assert run.returncode == 1
    assert "Aborted with 3 warnings" in run.stdout
    assert all(word in run.stderr for word in ("tutoriel.md", "#nothing", "SAFE.md"))


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_is_that_of_the_code(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == PAGES[page](), "run python -m tests.generated"


def test_every_rule_has_an_address(site: Path) -> None:
    from auditor.analyzers.catalog import all_rules

    text = (site / "reference" / "rules.html").read_text(encoding="utf-8")
    assert all(f'id="{code.lower()}"' in text for code in all_rules())


def test_the_verdicts_are_those_of_the_readme() -> None:
    tables = [
        (ROOT / name).read_text(encoding="utf-8").partition("| verdict | when | exit code |")[2].partition("\n\n")[0]
        for name in ("README.md", "docs/index.md")
    ]
    assert tables[0].count("\n") == 6
    assert tables[0] == tables[1]


def test_the_examples_of_the_hooks_are_right(site: Path) -> None:
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    assert doctest.testmod(hooks) == (0, 3)


def test_formulas_are_mathml(site: Path) -> None:
    text = (site / "methods.html").read_text(encoding="utf-8")
    assert text.count("<math ") > 40
    assert "<mfrac>" in text
    assert "\\frac" not in text
    assert "$`" not in text


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_the_screen_and_log_nothing(chromium: Browser, site: Path, width: int) -> None:  # noqa: F811
    page = chromium.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "tutorial", "methods", "data", "calibration", "reference/rules", "reference/commands",
                 "reference/use-case", "howto/ll144"):  # fmt: skip
        page.goto((site / f"{name}.html").as_uri())
        assert _overflow(page) <= 0, f"{name} at {width}"
    page.close()
    assert said == []
    assert [url for url in asked if not url.startswith((site.as_uri(), "data:", "blob:"))] == []


def _overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than the window."""
    wider: Any = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return int(wider)
