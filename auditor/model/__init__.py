"""The values that leave the program: frozen, ordered, serialisable, and independent of how they are shown."""

from __future__ import annotations

from auditor.model.audit import SCHEMA as SCHEMA
from auditor.model.audit import Audit as Audit
from auditor.model.audit import Few as Few
from auditor.model.audit import Recompute as Recompute
from auditor.model.audit import json_schema as json_schema
from auditor.model.comparison import Change as Change
from auditor.model.comparison import Comparison as Comparison
from auditor.model.comparison import Direction as Direction
from auditor.model.comparison import Shift as Shift
from auditor.model.dataset import Column as Column
from auditor.model.dataset import Dataset as Dataset
from auditor.model.dataset import Decision as Decision
from auditor.model.dataset import Provenance as Provenance
from auditor.model.documentation import Ask as Ask
from auditor.model.documentation import Documentation as Documentation
from auditor.model.documentation import Quantity as Quantity
from auditor.model.documentation import Unit as Unit
from auditor.model.findings import Action as Action
from auditor.model.findings import Finding as Finding
from auditor.model.findings import Measure as Measure
from auditor.model.findings import Need as Need
from auditor.model.findings import Result as Result
from auditor.model.findings import Said as Said
from auditor.model.findings import Verdict as Verdict
from auditor.model.series import Order as Order
from auditor.model.series import Series as Series
from auditor.model.series import Track as Track
from auditor.model.series import Trend as Trend
from auditor.model.states import LeftOut as LeftOut
from auditor.model.states import Level as Level
from auditor.model.states import ProxyKind as ProxyKind
from auditor.model.states import Severity as Severity
from auditor.model.states import State as State
from auditor.model.states import TermKind as TermKind
