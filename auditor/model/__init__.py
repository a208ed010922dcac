"""The values that leave the program: frozen, ordered, serialisable, and independent of how they are shown."""

from __future__ import annotations

from auditor.model.audit import SCHEMA, Audit, Few, json_schema
from auditor.model.comparison import Change, Comparison, Direction, Shift
from auditor.model.dataset import Column, Dataset, Decision, Provenance
from auditor.model.documentation import Ask, Documentation, Quantity, Unit
from auditor.model.findings import Action, Finding, Measure, Need, Result, Said, Verdict
from auditor.model.states import LeftOut, Level, ProxyKind, Severity, State, TermKind

__all__ = [
    "SCHEMA",
    "Action",
    "Ask",
    "Audit",
    "Change",
    "Column",
    "Comparison",
    "Dataset",
    "Decision",
    "Direction",
    "Documentation",
    "Few",
    "Finding",
    "LeftOut",
    "Level",
    "Measure",
    "Need",
    "Provenance",
    "ProxyKind",
    "Quantity",
    "Result",
    "Said",
    "Severity",
    "Shift",
    "State",
    "TermKind",
    "Unit",
    "Verdict",
    "json_schema",
]
