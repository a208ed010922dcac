"""The samples audited again equal `reports/`; charts aside, whose text widths depend on the machine's fonts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.analyzers.catalog import all_rules
from auditor.model import Audit
from auditor.reporter import renderer
from tests.conftest import ROOT
from tests.golden import write

# Processors add up in different orders, and a model's last digits follow: an area under the curve by this at most.
MODELS_DIFFER = 0.005
SAMPLES = sorted(path.stem for path in (ROOT / "reports").glob("*.json"))


def _alike(new: Any, old: Any, of_models: bool) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return new == pytest.approx(old, abs=MODELS_DIFFER if of_models else 0, rel=0 if of_models else 1e-9)
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(_alike(new[key], old[key], of_models) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_alike(*pair, of_models) for pair in zip(new, old, strict=True))
    if isinstance(old, str) and isinstance(new, str) and of_models:
        return re.sub(r"\d[\d.,]*", "#", new) == re.sub(r"\d[\d.,]*", "#", old)
    return bool(new == old)


def test_the_samples_audited_again_equal_the_reports(tmp_path: Path) -> None:
    with_models = {code for code, rule in all_rules().items() if rule.needs_models} | {"TXT002"}  # its counterfactual
    written = [path for path in write(tmp_path) if path.suffix == ".json"]
    assert [path.stem for path in written] == SAMPLES, "run python -m tests.golden"
    for path in written:
        new, old = (json.loads(file.read_text(encoding="utf-8")) for file in (path, ROOT / "reports" / path.name))
        for fresh, kept in zip(new.pop("results"), old.pop("results"), strict=True):
            same = _alike(fresh, kept, kept["rule"] in with_models)
            assert same, f"{path.name}: {kept['rule']} differs: run python -m tests.golden and read why"
        assert _alike(new, old, True), f"{path.name} differs: run python -m tests.golden and read why"


@pytest.mark.parametrize("suffix", [".html", ".md"])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_reports_are_rendered_from_their_audits(name: str, suffix: str) -> None:
    audit = Audit.from_dict(json.loads((ROOT / "reports" / f"{name}.json").read_text(encoding="utf-8")))
    kept = (ROOT / "reports" / f"{name}{suffix}").read_text(encoding="utf-8")
    texts = [re.sub(r"<svg.*?</svg>", "<svg/>", text, flags=re.DOTALL) for text in (renderer(suffix)(audit), kept)]
    assert texts[0] == texts[1], f"{name}{suffix} is not what its audit renders to: run python -m tests.golden"
