"""The audit as JSON, as `Audit.to_dict` has it."""

from __future__ import annotations

import json

from auditor.errors import SourceError
from auditor.inputs import reading
from auditor.model import SCHEMA, Audit
from auditor.streams import in_json


def render(audit: Audit) -> str:
    """Return the audit as indented JSON; every number in full.

    Of a file name that is no Unicode the odd bytes are escaped, so that the text can be written.
    """
    text = json.dumps(audit.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    return in_json(text, "utf-8") + "\n"


def read(path: str) -> Audit:
    """Read a saved audit; SourceError where it is none, or not whole."""
    reading(path)
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise SourceError(f"'{path}' cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise SourceError(f"'{path}' is not JSON; render takes what --report audit.json wrote") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SourceError(f"'{path}' is not a saved audit: its schema is not '{SCHEMA}'")
    try:
        return Audit.from_dict(data)
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"'{path}' is not a whole audit: {str(error).splitlines()[0]}") from None
