"""What the site adds to the pages: files beside docs/ that they link to, and formulas as MathML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

LINK = re.compile(r"(?<=\]\()(?P<path>(?!\w+:|#)[^)#\s]*)(?P<rest>#[^)\s]*)?(?=\))")
INLINE = re.compile(r"\$`([^`\n]+)`\$")  # as code hosts have it
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def math(source: str, *_: object, **__: object) -> str:
    """Return a block of formulas in LaTeX, one per line, as MathML."""
    return "".join(f'<p class="formula">{convert(line, display="block")}</p>' for line in source.splitlines() if line)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let the fence `math`, which code hosts show as well, make formulas."""
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
    fences.append({"name": "math", "class": "formula", "format": math})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files beside docs/ that pages link to, and those that these link to: texts as pages, others as is."""
    root = Path(config.docs_dir).parent
    waiting = [
        (file.src_uri, Path(file.abs_src_path).read_text(encoding="utf-8"))
        for file in files.documentation_pages()
        if file.abs_src_path
    ]
    while waiting:
        source, text = waiting.pop()
        for there in _outside(source, text):
            if files.get_file_from_path(_inside(there)) is not None or not (root / there).exists():
                continue
            path = root / there
            if path.suffix == ".md":
                content = path.read_text(encoding="utf-8")
                files.append(File.generated(config, _inside(there), content=content))
                waiting.append((_inside(there), content))
            elif path.is_file():
                files.append(File.generated(config, _inside(there), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to the copies of their files; a link to a folder is left as its text."""
    source = page.file.src_uri

    def there(match: re.Match[str]) -> str:
        target = _target(source, match["path"])
        outside = target.startswith("../")
        if not match["path"] or not (outside or source.startswith("project/")):
            return match[0]
        inside = _inside(target.removeprefix("../")) if outside else target
        return posixpath.relpath(inside, posixpath.dirname(source) or ".") + (match["rest"] or "")

    linked = LINK.sub(there, _without_folders(markdown, source, Path(config.docs_dir).parent))
    # In a <span>, so that a formula at the head of a line is no block.
    return INLINE.sub(lambda formula: f"<span>{convert(formula[1])}</span>", linked)


def _without_folders(markdown: str, source: str, root: Path) -> str:
    """Return a page with the text of links to folders beside docs/ in their place: a site has no folders."""

    def kept(match: re.Match[str]) -> str:
        target = _target(source, match["path"])
        return match["text"] if target.startswith("../") and (root / target[3:]).is_dir() else match[0]

    return re.sub(r"\[(?P<text>[^\]]*)\]\((?P<path>(?!\w+:|#)[^)#\s]+)\)", kept, markdown)


def _outside(source: str, text: str) -> Iterator[str]:
    """Yield what a page links to that is not in docs/, from the top of the repository."""
    for match in LINK.finditer(FENCE.sub("", text)):
        target = _target(source, match["path"])
        if match["path"] and target.startswith("../"):
            yield target.removeprefix("../")


def _target(source: str, path: str) -> str:
    """Return where a link leads, from docs/; the copy of a file beside docs/ links as its original does.

    >>> _target("data.md", "../SECURITY.md"), _target("project/reports/README.md", "hiring.md")
    ('../SECURITY.md', '../reports/hiring.md')
    >>> _target("howto/ll144.md", "../rules.md"), _target("project/README.md", "docs/rules.md")
    ('rules.md', 'rules.md')
    """
    if source.startswith("project/"):
        source = "../" + source.removeprefix("project/")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    return target.removeprefix("../docs/")


def _inside(path: str) -> str:
    """Return where the copy of a file beside docs/ is in the site.

    >>> _inside(".github/CONTRIBUTING.md")
    'project/github/CONTRIBUTING.md'
    """
    return f"project/{path.lstrip('.')}"
