"""What the tables of every TOML file share: no unknown keys, lists of one, numbers as texts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from auditor.format import spelled, without_null


def _texts(value: object) -> object:
    """Take one value for a list of one, and numbers and booleans for their text, as TOML users write both."""
    if value is None:
        return ()
    if hasattr(value, "tolist"):  # numpy and pandas
        value = value.tolist()
    items = value if isinstance(value, list | tuple | set) else [value]
    return tuple(_text(item) for item in items)


def is_empty(value: object) -> bool:
    """Whether a flag is empty."""
    return isinstance(value, list | tuple | dict) and not value


def _text(value: object) -> object:
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    return spelled(value) if isinstance(value, int | float | tuple) else value


def _name(value: object) -> object:
    text = _text(value)
    return without_null(text) if isinstance(text, str) else text


# Names of columns are of these four types, so that they are spelled as the loaded data spell them.
Key = Annotated[str, BeforeValidator(_name)]
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": ["string", "number"]}, mode="validation")]
# A number, or a comparison with one.
Cutting = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]}, mode="validation")]
_ONE = {"type": ["string", "number", "boolean"]}
Names = Annotated[
    tuple[Key, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE}]}, mode="validation"),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE}]}, mode="validation"),
]


def _by_column(value: object) -> object:
    """Take values without a column for those of every column, which `*` stands for."""
    return value if value is None or hasattr(value, "items") else {"*": value}


ByColumn = Annotated[
    dict[Key, Texts],
    BeforeValidator(_by_column),
    WithJsonSchema(
        {
            "anyOf": [
                _ONE,
                {"type": "array", "items": _ONE},
                {"type": "object", "additionalProperties": {"anyOf": [_ONE, {"type": "array", "items": _ONE}]}},
            ]
        },
        mode="validation",
    ),
]


class Table(BaseModel):
    """A table of a TOML file: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
