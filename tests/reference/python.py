"""docs/reference/python.md: the public names of the package, with what they are and what they offer."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Iterator
from typing import Any

import auditor
from auditor import testing
from auditor.audit import options
from tests.reference.text import MADE, paragraphs, prose, table

FIRST = ("check", "compare", "tally", "Audit", "Verdict", "Result", "Finding", "Measure", "Comparison", "UseCase")

AUDITED = {"check": "data=None, *, use_case=None, **options", "tally": "data, output, *, use_case=None, **options"}


def page() -> str:
    """Return the page: functions, the options, classes, states, errors."""
    lines = ["# The Python package", "", MADE, ""]
    lines += ["`import auditor` and `import dataudit` are the same package. [By example](../python.md).", ""]
    rest = [name for name in auditor.__all__ if name not in (*FIRST, "CheckOptions", "TallyOptions")]
    for name in FIRST:
        lines += _audited(name) if name in AUDITED else _entry(name, getattr(auditor, name))
        if name == "tally":
            lines += _options()
    lines += [line for name in sorted(rest, key=_kind) for line in _entry(name, getattr(auditor, name))]
    lines += ["## auditor.testing", ""]
    for name in ("assert_fit", "assert_no"):
        lines += _function(name, getattr(testing, name), "###")
    return "\n".join(lines).rstrip() + "\n"


def _kind(name: str) -> tuple[bool, str]:
    return name.endswith("Error"), name


def _audited(name: str) -> Iterator[str]:
    """Yield a function that takes the options below; its own docstring has them all."""
    first = paragraphs(inspect.getdoc(getattr(auditor, name)) or "")[0]
    yield from (f"## {name}", "", f"`{name}({AUDITED[name]})`", "", first, "")
    yield from (f"The options are those of [`{name.title()}Options`](#checkoptions-and-tallyoptions).", "")


def _options() -> Iterator[str]:
    yield from ("## CheckOptions and TallyOptions", "")
    yield "The options of `check` and `tally`, typed for wrappers. Each flag of the command line has one of the same name."
    yield ""
    of_tally = set(options.meanings(options.TallyOptions))
    of_check = set(options.meanings(options.CheckOptions))
    for part in options.PARTS:
        yield from (f"**{prose(paragraphs(part.__doc__ or '')[0])}**", "")
        rows = [
            (
                f"`{name}`",
                prose(meaning),
                "both" if name in of_tally & of_check else "check" if name in of_check else "tally",
            )
            for name, meaning in options.meanings(part).items()
        ]
        yield from table(("option", "meaning", "of"), rows)


def _entry(name: str, of: Any) -> Iterator[str]:
    if not inspect.isclass(of):
        yield from _function(name, of, "##")
        return
    yield from (f"## {name}", "")
    if issubclass(of, Exception):
        bases = " and ".join(f"`{base.__name__}`" for base in of.__bases__)
        yield from (f"An error, of {bases}.", "")
    for text in paragraphs(inspect.cleandoc(of.__doc__ or "")):
        yield from (text, "")
    if issubclass(of, enum.Enum):
        yield from (f"Values: {', '.join(f'`{value.value}`' for value in of)}.", "")
        return
    if dataclasses.is_dataclass(of):
        names = [field.name for field in dataclasses.fields(of) if not field.name.startswith("_")]
        yield from (f"Fields: {', '.join(f'`{field}`' for field in names)}.", "")
    if not issubclass(of, Exception) and (members := [*_members(of)]):
        yield from table(("member", "what it does"), members)


def _members(of: type) -> Iterator[tuple[str, str]]:
    special = ("__getitem__",)
    for name, member in vars(of).items():
        if (name.startswith("_") and name not in special) or name in ("model_config", "model_fields"):
            continue
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(function, property):
            yield f"`{name}`", (paragraphs(inspect.getdoc(function) or "") or [""])[0]
        elif inspect.isfunction(function) and function.__doc__:
            shown = "[name]" if name == "__getitem__" else f".{name}{_signature(function)}"
            yield f"`{shown}`", paragraphs(inspect.getdoc(function) or "")[0]


def _function(name: str, of: Any, level: str) -> Iterator[str]:
    yield from (f"{level} {name}", "", f"`{name}{_signature(of)}`", "")
    for text in paragraphs(inspect.getdoc(of) or ""):
        yield from (text, "")


def _signature(of: Any) -> str:
    """Return the names and defaults of the parameters; types would not fit on a line."""
    parts = []
    parameters = [each for each in inspect.signature(of).parameters.values() if each.name not in ("self", "cls")]
    for i, each in enumerate(parameters):
        if each.kind is each.KEYWORD_ONLY and not any(
            p.kind in (p.VAR_POSITIONAL, p.KEYWORD_ONLY) for p in parameters[:i]
        ):
            parts.append("*")
        stars = "*" * (each.kind is each.VAR_POSITIONAL) + "**" * (each.kind is each.VAR_KEYWORD)
        default = "" if each.default is each.empty else f"={each.default!r}"
        parts.append(f"{stars}{each.name}{default}")
    return f"({', '.join(parts)})"
