"""Options that a function takes by an unpacked TypedDict, shown where help is asked for: in Python and in notebooks."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import ParamSpec, TypeVar, get_type_hints

from auditor.audit.options import PARTS, meanings

P = ParamSpec("P")
R = TypeVar("R")
WIDTH = 100  # characters of a line of help


def explained(of: type) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function that takes the options of a TypedDict show each by its name, where help is asked for.

    Its signature then has a keyword for each, so that notebooks complete them, and its docstring explains them.
    """

    def explain(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_default(hint))  # types would fill a page
            for name, hint in get_type_hints(of).items()
        ]
        function.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined] # of help
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{_listed(of)}"
        return function

    return explain


def _default(hint: object) -> object:
    """Return what an option is that was not given; None is the value of most."""
    return {bool: False, int: 0}.get(hint) if isinstance(hint, type) else None


def _listed(of: type) -> str:
    """Return the options of a TypedDict with what they mean, part by part."""
    known, lines = meanings(of), ["Options, by their names (a keyword each):"]
    for part in PARTS:
        if shown := [name for name in meanings(part) if name in known]:
            lines += ["", *textwrap.wrap(" ".join((part.__doc__ or "").split()), WIDTH)]
            for name in shown:
                text = f"{name}: {known[name]}"
                lines += textwrap.wrap(text, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8)
    return "\n".join(lines)
