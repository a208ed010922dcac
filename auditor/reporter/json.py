"""The audit as JSON, as `Audit.to_dict` has it."""

from __future__ import annotations

import json

from auditor.model import Audit


def render(audit: Audit) -> str:
    """Return the audit as indented JSON; every number in full."""
    return json.dumps(audit.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
