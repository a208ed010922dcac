"""The notebook runs from its first cell to its last, as somebody who opens it runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "notebooks" / "hiring.ipynb"
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


# Of the libraries that speak with the kernel.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::ResourceWarning")
def test_the_notebook_runs_and_shows_the_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "docs" / "notebooks"
    folder.mkdir(parents=True)
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    first = shown[0][-1]["data"]
    assert "Unfit" in first["text/html"]
    assert len(first["text/plain"]) < 1500
    (ratio,) = shown[1]
    assert ratio["text"].startswith("0.51 [")
    assert not [out for cell in shown for out in cell if out.get("name") == "stderr"]
    assert {path.name for path in folder.iterdir()} == {"hiring.json", "hiring.checklist.md"}


def test_it_is_kept_without_outputs() -> None:
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
