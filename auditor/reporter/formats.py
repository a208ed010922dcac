"""The formats that an audit can be written in: a module and an entry each; installed packages may add their own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditError, OutputError, hint

if TYPE_CHECKING:
    from auditor.model import Audit

    Rendered = str | bytes | Mapping[str, str]  # a text, bytes, or a folder's files
    Render = Callable[[Audit], Rendered]

GROUP = "dataudit.formats"  # of entry points: the name is a suffix, the value a function "module:name"
_SUFFIX = re.compile(r"(\.[a-z0-9_-]+)+")


@dataclass(frozen=True)
class Format:
    """A format: the suffix that picks it, the function that renders an audit to its text, and a word for readers.

    `render` is "module:function", imported when a report is written. `printed`: the word by which `--format` prints it.
    `package` is the name and version of the installed package that the format comes from, if it is not one of ours.
    `needs` is a function "module:function" that raises OutputError where the format cannot be written here. `whole` is
    a file name that asks for the format without its suffix.
    """

    suffix: str
    render: str
    description: str
    printed: str | None = None
    package: str | None = None
    needs: str | None = None
    whole: str | None = None

    def load(self) -> Render:
        """Import the function; OutputError in a line where another's package does not let itself be imported."""
        module, _, name = self.render.partition(":")
        if self.needs:
            where, _, needed = self.needs.partition(":")
            getattr(import_module(where), needed)()
        if self.package is None:
            render: Render = getattr(import_module(module), name)
            return render
        try:
            given = import_module(module)
            for part in name.split("."):
                given = getattr(given, part)
            if not callable(given):
                raise TypeError(f"{self.render} is no function")
        except (Exception, SystemExit) as error:  # whatever another's code does on import
            raise self._fault("cannot be loaded", error) from error
        return self._guarded(given)

    def _guarded(self, render: Callable[[Audit], object]) -> Render:
        """Return another's function as one that gives a text, or raises an error of one line that names the package.

        It is given what may be shown of an audit, which our own formats see to themselves.
        """
        from auditor.reporter.showing import shown

        def rendered(audit: Audit) -> str | bytes:
            allowed = shown(audit)
            try:
                text = render(allowed)
                if not isinstance(text, str | bytes):
                    raise TypeError(f"it gave {type(text).__name__}, not a text or bytes")
            except AuditError:
                raise
            except (Exception, SystemExit) as error:  # a fault of another's code is no fault of the audit
                raise self._fault("failed", error) from error
            return text

        return rendered

    def _fault(self, what: str, error: BaseException) -> OutputError:
        why = f"{type(error).__name__}: {error}"[:200]
        return OutputError(f"the format {self.suffix} of {self.package} {what} ({why})")


# In the order in which they are named; a new one is a module with a function from an audit to a text, and a line here.
FORMATS = (
    Format(".html", "auditor.reporter.html:render", "one page with pictures, nothing fetched"),
    Format(".json", "auditor.reporter.json:render", "the saved audit, for `render` and `compare`", printed="json"),
    Format(".md", "auditor.reporter.markdown:render", "Markdown, for a review or an issue"),
    Format(".txt", "auditor.reporter.terminal:render", "plain text, as a terminal shows it", printed="text"),
    Format(".xlsx", "auditor.reporter.workbook:render", "a workbook, a sheet per table"),
    Format(".csv", "auditor.reporter.separated:render", "the measures, a row each"),
    Format(
        ".croissant.json",
        "auditor.reporter.descriptions.croissant:render",
        "a Croissant description with RAI, for data-set searches",
    ),
    Format(".card.md", "auditor.reporter.descriptions.card:render", "a dataset card of Hugging Face"),
    Format(
        ".datasheet.md",
        "auditor.reporter.descriptions.datasheet:render",
        "a datasheet; what an audit cannot answer stays open",
    ),
    Format(
        ".checklist.md",
        "auditor.reporter.descriptions.checklist:render",
        "AI Act, ISO/IEC 5259-2 and NIST: what was checked, and what people must write",
    ),
    Format(".sarif", "auditor.reporter.pipelines.sarif:render", "SARIF 2.1.0, for code scanning and editors"),
    Format(
        ".junit.xml", "auditor.reporter.pipelines.junit:render", "JUnit XML, a test case per check", whole="junit.xml"
    ),
    Format(".pdf", "auditor.reporter.pdf:render", "the page printed by Chromium", needs="auditor.reporter.pdf:browser"),
)
# What is printed alone, and has no suffix.
PRINTED = (
    Format("", "auditor.reporter.pipelines.github:render", "annotations of a GitHub workflow", printed="github"),
)
FOLDER = Format("/", "auditor.reporter.separated:render_folder", "a folder of CSV files, one per table")


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of our own formats; nothing is looked up for it."""
    return tuple(form.suffix for form in FORMATS)


def in_words() -> str:
    """Return our own suffixes as a sentence has them.

    >>> in_words()[:30], in_words()[-30:]
    ('.html, .json, .md, .txt, .xlsx', ' .junit.xml, .pdf or a folder/')
    """
    return f"{', '.join(suffixes())} or a folder{FOLDER.suffix}"


def printed() -> tuple[str, ...]:
    """Return the words by which `--format` prints a format.

    >>> printed()
    ('json', 'text', 'github')
    """
    return tuple(form.printed for form in (*FORMATS, *PRINTED) if form.printed)


def printing(word: str) -> Render:
    """Return the function of the format that is printed by a word; KeyError for an unknown one."""
    for form in (*FORMATS, *PRINTED):
        if form.printed == word:
            return form.load()
    raise KeyError(word)


def known() -> tuple[tuple[Format, ...], tuple[str, ...]]:
    """Return our own formats, then those of installed packages, and notes on what is left out of the latter."""
    found, notes = list(FORMATS), []
    for given in _installed():
        if isinstance(given, str):
            notes.append(given)
        elif taken := next((form for form in found if form.suffix == given.suffix), None):
            whose = taken.package or "dataudit"
            notes.append(f"the format {given.suffix} of {given.package} is left out: {whose} has one of that suffix")
        else:
            found.append(given)
    return tuple(found), tuple(notes)


@cache
def _installed() -> tuple[Format | str, ...]:
    """Return the formats that installed packages name, or a note on one that cannot be; none of them is imported."""
    return tuple(_named())


def _named() -> Iterator[Format | str]:
    from importlib.metadata import entry_points

    points = [(f"{of.dist.name} {of.dist.version}" if of.dist else "a package", of) for of in entry_points(group=GROUP)]
    for package, point in sorted(points, key=lambda pair: (pair[1].name, pair[0])):
        suffix = point.name.lower()
        if not _SUFFIX.fullmatch(suffix) or ":" not in point.value:
            yield f"the format '{point.name}' of {package} is left out: it is not written as .suffix = module:function"
        else:
            yield Format(suffix, point.value.partition("[")[0].strip(), f"of {package}", package=package)


def format_of(path: str) -> Format:
    """Return the format that a path asks for: the one of the longest suffix that its name ends in; OutputError."""
    if path.endswith(("/", os.sep)):
        return FOLDER
    name = os.path.basename(path).lower()
    if named := next((form for form in FORMATS if form.whole == name), None):
        return named
    endings = _endings(name)
    own = {form.suffix: form for form in FORMATS}
    if len(endings) == 1 and endings[0] in own:
        return own[endings[0]]  # no other package's can be longer, and none is looked up
    forms, notes = known()
    by_suffix = {form.suffix: form for form in forms}
    for ending in endings:
        if ending in by_suffix:
            return by_suffix[ending]
    every = [form.suffix for form in forms]
    left_out = f" ({'; '.join(notes)})" if notes else ""
    near = hint(os.path.splitext(path)[1], every)
    raise OutputError(f"report '{path}' must end in one of {', '.join(every)}{near}{left_out}")


def _endings(name: str) -> list[str]:
    """Return what may be the suffix of a file's name, longest first.

    >>> _endings("a.sarif.json"), _endings(".html"), _endings("a")
    (['.sarif.json', '.json'], [], [])
    """
    return [name[i:] for i in range(1, len(name)) if name[i] == "."]


def renderer(suffix: str) -> Callable[[Audit], Any]:
    """Return the function of the format of a suffix like `.html`; KeyError for an unknown one.

    It returns a text; bytes, where the format is no text (`.xlsx`, `.pdf`).
    """
    for form in known()[0]:
        if form.suffix == suffix:
            return form.load()
    raise KeyError(suffix)
