"""dataudit: does this data set suit its stated use?

>>> import auditor
>>> sorted(auditor.__all__)  # doctest: +NORMALIZE_WHITESPACE
['ArgumentError', 'Audit', 'AuditError', 'CheckOptions', 'ColumnError', 'Comparison', 'Finding', 'Level', 'Measure',
 'OutcomeError', 'OutputError', 'Result', 'RoleError', 'Severity', 'SourceError', 'State', 'TallyOptions',
 'UnknownNameError', 'UseCase', 'UseCaseError', 'Verdict', 'check', 'compare', 'tally']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.audit.check import check, tally
    from auditor.audit.compare import compare
    from auditor.audit.options import CheckOptions, TallyOptions
    from auditor.errors import (
        ArgumentError,
        AuditError,
        ColumnError,
        OutcomeError,
        OutputError,
        RoleError,
        SourceError,
        UnknownNameError,
        UseCaseError,
    )
    from auditor.model import Audit, Comparison, Finding, Level, Measure, Result, Severity, State, Verdict
    from auditor.use.usecase import UseCase

    __version__: str

__all__ = [
    "ArgumentError",
    "Audit",
    "AuditError",
    "CheckOptions",
    "ColumnError",
    "Comparison",
    "Finding",
    "Level",
    "Measure",
    "OutcomeError",
    "OutputError",
    "Result",
    "RoleError",
    "Severity",
    "SourceError",
    "State",
    "TallyOptions",
    "UnknownNameError",
    "UseCase",
    "UseCaseError",
    "Verdict",
    "check",
    "compare",
    "tally",
]

_HOMES = {
    "auditor.audit.check": ("check", "tally"),
    "auditor.audit.compare": ("compare",),
    "auditor.audit.options": ("CheckOptions", "TallyOptions"),
    "auditor.errors": (
        "ArgumentError", "AuditError", "ColumnError", "OutcomeError", "OutputError", "RoleError", "SourceError",
        "UnknownNameError", "UseCaseError",
    ),
    "auditor.model": (
        "Audit", "Comparison", "Finding", "Level", "Measure", "Result", "Severity", "State", "Verdict",
    ),
    "auditor.use.usecase": ("UseCase",),
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import auditor` is instant."""
    if name == "__version__":
        from importlib.metadata import version

        return version("dataudit")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'auditor' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
