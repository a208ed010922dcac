"""One literal audit that every reporter renders; its names are as hostile as data can be."""

from __future__ import annotations

import pytest

from auditor.model import (
    Audit,
    Column,
    Dataset,
    Decision,
    Documentation,
    Finding,
    Level,
    Measure,
    Provenance,
    Result,
    Severity,
    State,
    Verdict,
)
from auditor.use.usecase import UseCase

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def audit() -> Audit:
    """A small audit: a shown gap of a group with a hostile name, one thing clear, one not run."""
    use = UseCase.model_validate({"label": {"column": EVIL, "positive": "y|es"}, "groups": {"columns": [EVIL]}})
    gap = Finding(
        State.SHOWN_STRONG,
        {"target": EVIL, "group": EVIL, "level": f"{EVIL}\x1b[31m", "reference": "*m_n*"},
        f"{EVIL} 10.0% against 20.0% for '*m_n*'.\x1b[31m",
        {
            "selection_rate": Measure(0.1, 0.08, 0.12, n=1000),
            "impact_ratio": Measure(0.5, 0.4, float("inf"), n=2000, limit=0.8),
            "z": Measure(-6.2, n=2000),
            "p_adjusted": Measure(1e-9, n=2000, limit=0.05),
        },
        remedy=f"Mend {EVIL}.",
    )
    rates = tuple(
        {"group": EVIL, "level": level, "rows": 1000, "n": 1000, "favourable": 100, "no_outcome": 0, "selection_rate": 0.1, "low": 0.08, "high": 0.12}
        for level in (EVIL, "*m_n*", None)
    )  # fmt: skip
    return Audit(
        Dataset(f"{EVIL}.csv", 2000, (Column(EVIL, "group", "VARCHAR", 3, 2), Column("x", "feature", "DOUBLE", 0, None)), "ab12", (Decision("Read as cp1252.", "encoding"),)),
        {**use.model_dump(mode="json"), "stated": False, "assumed": use.assumptions()},
        (
            Result("REP001", "group-under-represented", State.NOT_RUN, Severity.CONDITION, reason="no population"),
            Result("OUT001", "outcome-gap", State.SHOWN_STRONG, Severity.BLOCK, (gap,), table=rates),
            Result("QLT003", "uninformative-column", State.CLEAR, Severity.NOTE),
        ),
        Verdict(Level.UNFIT, ("OUT001",), (f"Mend {EVIL}.",), ("State the population.",), ("REP001",)),
        Provenance("0.1.0", 0, "duckdb", f"dataudit check '{EVIL}.csv'", "2026-01-01T00:00:00+00:00"),
        documentation={
            "OUT001": Documentation("outcome-gap", f"A group gets less {EVIL}.", {"Why it matters": f"Because of {EVIL}."}),
            "QLT003": Documentation("uninformative-column", "A column tells nothing.", {"Source": "Of its own."}),
        },
    )  # fmt: skip
