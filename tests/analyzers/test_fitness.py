"""FIT005: a past decision is always shown, a measured outcome is not, silence declines."""

from __future__ import annotations

import pytest

import auditor
from auditor.model import State
from tests.conftest import rows_of

FRAME = rows_of({"a": (900, 3000), "b": (890, 3000)})


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("past_decision", State.SHOWN),
        ("measured_outcome", State.CLEAR),
        ("human_rating", State.CLEAR),
        (None, State.NOT_RUN),
    ],
)
def test_label_meaning(kind: str | None, state: State) -> None:
    label = {"column": "hired", "kind": kind, "stands_for": "job performance"}
    use = auditor.UseCase.model_validate({"label": label, "population": {"group": {"a": 0.5, "b": 0.5}}})
    audit = auditor.check(FRAME, groups=["group"], use_case=use)
    assert audit.result("FIT005").state is state
    expected = "fit_with_conditions" if state is State.SHOWN else "fit"
    assert audit.verdict.level == expected
