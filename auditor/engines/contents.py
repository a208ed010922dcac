"""What a column holds in sampled rows, for models that embed it: texts, cleaned and masked as words are; images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.counts.tally import Tally
from auditor.engines.corpus import corpora
from auditor.engines.masking import masker, masks
from auditor.engines.sample import IN_ALL, PER_GROUP, document_rows
from auditor.loaders.source import Source, quoted
from auditor.use.roles import Seen

if TYPE_CHECKING:
    import pandas as pd

CONTENT = "(content)"


@dataclass(frozen=True)
class Contents:
    """Rows with a value in one column, drawn as in `Sample`, and these values; `of` is how many such rows there are."""

    rows: pd.DataFrame
    of: int
    items: Sequence[str] | Sequence[bytes]


def contents(
    source: Source, tally: Tally, seen: Mapping[str, Seen], column: str, terms: Sequence[str], seed: int, most: int
) -> Contents:
    """Draw at most `most` rows with a text or an image in a column; texts without the terms that are masked.

    No mask stays in their place: a model would read where the words stood, and no word is counted there (TXT004).
    """
    images = source.images.get(column)
    sql = quoted(column) if images else corpora(source, [column])[0].text
    sizes = min(PER_GROUP, most), min(IN_ALL, most)
    table = document_rows(source, tally, seen, column, {CONTENT: sql}, seed, *sizes)
    found = table.column(CONTENT).to_pylist()
    if images:
        items: Sequence[str] | Sequence[bytes] = images.files(source.connection, found)
    else:
        items = _masked(found, terms) if terms else found
    return Contents(table.drop_columns([CONTENT]).to_pandas(), tally.rows - tally.columns[column].missing, items)


def _masked(texts: Sequence[str], terms: Sequence[str]) -> list[str]:
    masked = masker(terms)
    return [_without_masks(masked(text)) for text in texts]


def _without_masks(text: str) -> str:
    for mask in masks():
        text = text.replace(mask, "")
    return text
