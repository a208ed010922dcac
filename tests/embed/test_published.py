"""First names, embedded by two real models: the areas computed before, by other code, on the same vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import auditor
from auditor.audit import embedding
from tests.embed.models import first_names, minilm, wordllama

# Areas under the curve of 5,048 names, for women against men: a linear discriminant of the vectors, the same with the
# direction of sex erased (LEACE) on other rows than those that it is tried on, and the least that neighbours reach.
AREAS = {"wordllama": (0.913, 0.647, 0.83), "minilm": (0.959, 0.679, 0.90)}


@pytest.mark.parametrize(("model", "name"), [(wordllama, "wordllama"), (minilm, "minilm")])
def test_a_name_gives_away_sex_and_still_does_with_its_direction_erased(
    model: Callable[[Path], Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "MOST", 6_000)
    frame = first_names()
    assert len(frame) == 5_048
    draw = np.random.default_rng(0).random(len(frame))
    frame["hired"] = np.where(draw < np.where(frame["sex"] == "m", 0.55, 0.33), "yes", "no")
    audit = auditor.check(
        frame,
        target="hired",
        positive="yes",
        groups="sex",
        embed={"first_name": model(tmp_path)},
        only=["EMB001", "EMB002"],
    )
    (raw,), (erased,) = (result.findings for result in audit.results if result.rule in ("EMB001", "EMB002"))
    linear, left, neighbours = AREAS[name]
    assert raw.subject["column"] == "embedding of first_name"
    assert raw.measures["auc_linear"].value == pytest.approx(linear, abs=0.01)
    assert erased.measures["auc_linear"].value == pytest.approx(left, abs=0.02)
    assert (erased.measures["auc_neighbours"].value or 0) >= neighbours
    assert (erased.measures["blind_gap_neighbours"].value or 0) <= -0.12
    assert abs(erased.measures["blind_gap"].value or 1) <= 0.05
    assert raw.state.found
    assert erased.state.found
