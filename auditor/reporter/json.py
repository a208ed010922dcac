"""The audit as JSON, as `Audit.to_dict` has it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.errors import SourceError
from auditor.format import in_json
from auditor.model import SCHEMA, Audit
from auditor.reporter.showing import shown
from auditor.use.inputs import SAVED, reading, too_large
from auditor.use.usecase import UseCase


def render(audit: Audit) -> str:
    """Return the audit as indented JSON; every number in full.

    Of a file name that is no Unicode the odd bytes are escaped, so that the text can be written.
    """
    text = json.dumps(shown(audit).to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    return in_json(text, "utf-8") + "\n"


def read(path: str) -> Audit:
    """Read a saved audit; SourceError where it is not a saved audit, or not whole."""
    reading(path)
    if too_large(path, SAVED):
        raise SourceError(f"'{path}' is larger than {SAVED // 2**20} MiB, the limit for a saved audit")
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file, parse_constant=_refuse, parse_float=_finite)
    except OSError as error:
        raise SourceError(f"'{path}' cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise SourceError(f"'{path}' is not JSON; render takes what --report audit.json wrote") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SourceError(f"'{path}' is not a saved audit: its schema is not '{SCHEMA}'")
    try:
        return Audit.from_dict({**data, "use_case": _use_case(data["use_case"])})
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise SourceError(f"'{path}' is not a whole audit: {str(error).splitlines()[0][:200]}") from None


@contextmanager
def as_saved(*paths: str) -> Iterator[None]:
    """Raise an error of one line where a saved audit cannot be shown: the records of its tables may be anything."""
    try:
        yield
    except BROKEN as error:
        named = " or ".join(f"'{path}'" for path in paths)
        why = f"{type(error).__name__}: {str(error)[:120]}"
        raise SourceError(f"{named} cannot be shown, its records are not as an audit has them ({why})") from error


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large for a number")
    return value


# What code does that meets another value than it expects.
BROKEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError, ZeroDivisionError, IndexError)


class _Policy(BaseModel):
    """What a saved audit states about its policy."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str
    title: str
    settles_not: str
    articles: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, str] = Field(default_factory=dict)


class _Files(BaseModel):
    """Where a saved audit has its files: paths, and lines of the use case by key."""

    model_config = ConfigDict(extra="ignore", strict=True)

    use_case: str | None = None
    data: str | None = None
    lines: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class _Said(BaseModel):
    """What a saved audit states about the use, beside the use itself."""

    model_config = ConfigDict(extra="ignore", strict=True)

    stated: bool = False
    assumed: list[str] = Field(default_factory=list)
    policy: _Policy | None = None
    files: _Files | None = None


def _use_case(saved: Any) -> dict[str, Any]:
    """Return the use of a saved audit with every key that reporters rely on; ValueError where it is not a use."""
    use = UseCase.model_validate({key: saved[key] for key in UseCase.model_fields if key in saved and key != "source"})
    beside = _Said.model_validate(dict(saved)).model_dump(mode="json")
    if beside["files"] is None:
        del beside["files"]  # as it was saved
    return {**use.plain(), **beside}
