"""The samples audited again equal `reports/`; charts aside, whose text widths depend on the machine's fonts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.golden import write


def _rounded(value: Any) -> Any:
    """Numbers to nine digits: the last ones are the libraries' own."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _comparable(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return _rounded(json.loads(text))
    return re.sub(r"<svg.*?</svg>", "<svg/>", text, flags=re.DOTALL)


def test_the_samples_audited_again_equal_the_reports(tmp_path: Path) -> None:
    for path in write(tmp_path):
        kept = ROOT / "reports" / path.name
        if not kept.exists():
            pytest.fail(f"reports/{path.name} is missing: run python -m tests.golden")
        assert _comparable(path) == _comparable(kept), f"{path.name} differs: run python -m tests.golden and read why"
