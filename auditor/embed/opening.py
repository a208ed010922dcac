"""A folder to the model in it: its files show what it is."""

from __future__ import annotations

from pathlib import Path

from auditor.embed.embedder import Embedder
from auditor.embed.folders import Folder
from auditor.embed.image import SETTINGS, Pictures
from auditor.embed.session import FILES, Network
from auditor.embed.static import WEIGHTS, Static, is_static
from auditor.embed.text import IDS, Text


def open_embedder(path: Path) -> Embedder:
    """Return the model in a folder: model2vec, an ONNX text model, or an ONNX image model.

    Raises:
        SourceError: There is no such folder, no model that can be used in it, or the extra is not installed.
    """
    folder = Folder(path)
    weights, network = folder.file(WEIGHTS), folder.file(*FILES)
    if weights is not None and is_static(weights):
        return Static(folder)
    if network is not None:
        opened = Network(folder, network)
        if IDS in opened.inputs:
            return Text(folder, opened)
        if folder.file(SETTINGS):
            return Pictures(folder, opened)
        if folder.file("tokenizer.json"):
            raise folder.error(f"{network.name} has no input '{IDS}' (it has: {', '.join(opened.inputs)})")
        raise folder.error(f"it has neither tokenizer.json, for texts, nor {SETTINGS}, for images")
    if weights is not None:
        return Static(folder)  # its error names what its weights lack
    folder.refuse_pickle()
    raise folder.error(f"it has neither {WEIGHTS} nor {FILES[0]}")
