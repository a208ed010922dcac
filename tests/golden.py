"""Audit the data in `sample_data/` again and write `reports/`: `python -m tests.golden`."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path

import auditor
from auditor.model import Audit
from tests.conftest import ROOT, SAMPLES

EPOCH = "1767225600"  # 2026-01-01, so that the same audit is the same bytes
SUFFIXES = (".html", ".json", ".md")


@functools.cache
def kept(name: str) -> Audit:
    """Return the audit of a sample as `reports/` has it: what an audit of today says, or test_golden fails."""
    return Audit.from_dict(json.loads((ROOT / "reports" / f"{name}.json").read_text(encoding="utf-8")))


def write(folder: Path) -> list[Path]:
    """Write the reports of every sample that has a use case; return their paths."""
    written = []
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    try:
        for use in sorted(SAMPLES.glob("*.use_case.toml")):
            name = use.name.removesuffix(".use_case.toml")
            data = next(path for suffix in (".csv", ".parquet") if (path := SAMPLES / f"{name}{suffix}").exists())
            audit = auditor.check(data, use_case=use)
            for suffix in SUFFIXES:
                path = folder / f"{name}{suffix}"
                audit.save(str(path))
                written.append(path)
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before
    return written


if __name__ == "__main__":
    for path in write(ROOT / "reports"):
        print(path.relative_to(ROOT))
