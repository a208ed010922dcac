"""Arguments given in Python, checked against the annotations of the function that takes them."""

from __future__ import annotations

import functools
import inspect
import numbers
import os
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, Union, Unpack, get_args, get_origin, get_type_hints

from auditor.errors import ArgumentError, hint
from auditor.use.frame import Frame
from auditor.use.says import Says

P = ParamSpec("P")
R = TypeVar("R")

# Options that name columns, values or rules. Other libraries take the values themselves in their place.
OF_COLUMNS = frozenset((
    "target", "positive", "score", "prediction", "prediction_positive",
    "groups", "unknown", "time", "id", "cluster", "within", "vector", "weight", "count", "text",
    "replicate_weights", "survey_strata", "survey_psu", "stages", "stage", "list", "rank", "image",
    "embed", "drop", "only", "skip",
))  # fmt: skip
BESIDE = {"target": "y", "groups": "sensitive_features"}  # what takes values in place of a column's name
MOST_WORDS = 20  # from which on a list with a repeated value is a column, and not a list of names

WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    Path: "a path",
    tuple: "a tuple",
    Any: "anything",
    Frame: "a frame",
    types.NoneType: "None",
}

# What other libraries call an argument, and what it is called here.
SYNONYMS = {
    **dict.fromkeys(("label", "labels", "outcome", "target_column", "label_column"), "target"),
    **dict.fromkeys(("y_true",), "y"),
    **dict.fromkeys(("favourable", "favorable", "favorable_label", "pos_label", "positive_label"), "positive"),
    **dict.fromkeys(
        ("protected", "protected_attribute", "protected_attributes", "sensitive", "sensitive_attributes",
         "group_columns", "demographics"),
        "groups",
    ),
    **dict.fromkeys(("strata", "stratum", "control_features", "conditional_on"), "within"),
    **dict.fromkeys(("clusters", "cluster_id", "site"), "cluster"),
    **dict.fromkeys(("weights", "sample_weight", "sample_weights"), "weight"),
    **dict.fromkeys(("population", "benchmark"), "reference"),
    **dict.fromkeys(("random_state", "random_seed"), "seed"),
    **dict.fromkeys(("usecase", "config", "use"), "use_case"),
    **dict.fromkeys(("query",), "sql"),
    **dict.fromkeys(("date", "year", "period"), "time"),
    **dict.fromkeys(("rules",), "only"),
    **dict.fromkeys(("exclude_columns", "drop_columns"), "drop"),
    **dict.fromkeys(("df", "frame", "dataset", "path", "X"), "data"),
}  # fmt: skip
SAYS = Says(
    meant="; did you mean '{name}'?",
    mapping="a mapping ({keys} to {values})",
    list="a list (each {each})",
    full="a {kind} of other things",
    empty="an empty {kind}",
    other="of type {kind}",
)


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function refuse, in one line, what its annotations do not allow.

    Without this, a wrong type would come to light deep inside, in an error that names no argument, or in none at all.
    Of `**options: Unpack[T]` the keys of the TypedDict T are arguments like the others.
    """

    @functools.wraps(function)
    def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
        allowed, signature = _hints(function), _signature(function)
        for name in kwargs:
            if name not in allowed and name not in signature.parameters:
                raise ArgumentError(f"{function.__name__} takes no argument '{name}'{_meant(name, allowed)}")
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise ArgumentError(f"{function.__name__}: {error}") from None
        for name, value in {**given, **kwargs}.items():
            if name in OF_COLUMNS and _is_data(value):
                beside = BESIDE.get(name, "")
                known = beside in allowed or beside in signature.parameters
                raise ArgumentError(
                    f"{name} is {_named(value)} that holds values; name a column of the data, and "
                    + (f"give values for each row as {beside}" if known else "add to the data what is not in them")
                )
            if name in allowed and not _fits(value, allowed[name]):
                raise ArgumentError(f"{name} is {_named(value)}; it must be {_words(allowed[name])}")
        return function(*args, **kwargs)

    return refusing


@functools.cache
def _hints(function: Callable[..., object]) -> Mapping[str, Any]:
    """Return argument -> what it may be; the keys of an unpacked TypedDict stand for themselves."""
    found: dict[str, Any] = {}
    for name, allowed in get_type_hints(function).items():
        if get_origin(allowed) is Unpack:
            found |= get_type_hints(get_args(allowed)[0])
        elif name != "return":
            found[name] = allowed
    return found


def _meant(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for an argument that means the same elsewhere, or is spelt nearly so.

    >>> _meant("protected", ["groups", "target"]), _meant("group", ["groups", "target"]), _meant("label", ["table"])
    ("; did you mean 'groups'?", "; did you mean 'groups'?", '')
    """
    meant = SYNONYMS.get(name.lower())
    if meant is None:
        return hint(name, known)
    return SAYS("meant", name=meant) if meant in known else ""


@functools.cache
def _signature(function: Callable[..., object]) -> inspect.Signature:
    return inspect.signature(function)


def _fits(value: object, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in (Any, object):
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is tuple:
        return isinstance(value, tuple)
    if origin is Callable:
        return callable(value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(key, inner[0]) and _fits(each, inner[1]) for key, each in value.items()
        )
    if origin is not None:  # a sequence; what a library gives in its place serves as well
        listed = isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | Mapping)
        return listed and all(_fits(each, inner[0]) for each in value)  # type: ignore[attr-defined]
    return _is(value, hint)


def _is_data(value: object) -> bool:
    """Whether a value holds data, where names of columns or a few words are wanted: an error would print them."""
    if any(hasattr(value, name) for name in ("iloc", "__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")):
        return True
    dimensions: int = getattr(value, "ndim", 1)
    if dimensions > 1:
        return True
    if not isinstance(value, list | tuple | set) and not hasattr(value, "__array__"):
        return False
    words = [str(each) for each in value] if isinstance(value, Iterable) and dimensions else []
    return len(words) > MOST_WORDS and len({*words}) < len(words)


def _is(value: object, kind: type) -> bool:
    if kind is Path:
        return isinstance(value, os.PathLike)
    if kind is bool:  # numpy's truth values are of a type of their own
        return isinstance(value, bool) or type(value).__name__ == "bool"
    if kind in (int, float):
        number = numbers.Integral if kind is int else numbers.Real
        return isinstance(value, number) and not isinstance(value, bool)
    return isinstance(value, kind)


def _words(hint: Any) -> str:
    """Return a hint in words.

    >>> _words(str | int | None), _words(Mapping[str, list[str]])
    ('a text, a whole number or None', 'a mapping (a text to a list (each a text))')
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        words = list(dict.fromkeys(map(_words, inner)))
        return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return SAYS("mapping", keys=_words(inner[0]), values=_words(inner[1]))
    if origin is Callable:
        return "a function"
    if origin is not None and origin is not tuple:
        return SAYS("list", each=_words(inner[0]))
    kind = origin or hint
    return WORDS.get(kind) or f"a {kind.__name__}"


def _named(value: object) -> str:
    """Return the type of a value in words, not the value: it may be rows."""
    if isinstance(value, Mapping | list | tuple | set):
        return SAYS("full" if value else "empty", kind=type(value).__name__)
    return WORDS.get(type(value)) or SAYS("other", kind=type(value).__name__)
