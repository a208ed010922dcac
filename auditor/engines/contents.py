"""What a column holds in sampled rows, for models that embed it: texts, cleaned and masked as words are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.counts.tally import Tally
from auditor.engines.corpus import corpora
from auditor.engines.masking import masker, masks
from auditor.engines.sample import IN_ALL, PER_GROUP, document_rows
from auditor.loaders.source import Source
from auditor.use.roles import Seen

if TYPE_CHECKING:
    import pandas as pd

CONTENT = "(content)"


@dataclass(frozen=True)
class Contents:
    """Rows with a value in one column, drawn as in `Sample`, and these values; `of` is how many such rows there are."""

    rows: pd.DataFrame
    of: int
    items: list[str]


def contents(
    source: Source, tally: Tally, seen: Mapping[str, Seen], column: str, terms: Sequence[str], seed: int, most: int
) -> Contents:
    """Draw at most `most` rows with a text in a column, without the terms that are masked.

    No mask stays in their place: a model would read where the words stood, and no word is counted there (TXT004).
    """
    (corpus,) = corpora(source, [column])
    table = document_rows(
        source, tally, seen, column, {CONTENT: corpus.text}, seed, min(PER_GROUP, most), min(IN_ALL, most)
    )
    masked = masker(terms) if terms else str
    items = [_without_masks(masked(text)) if terms else text for text in table.column(CONTENT).to_pylist()]
    return Contents(table.drop_columns([CONTENT]).to_pandas(), tally.rows - tally.columns[column].missing, items)


def _without_masks(text: str) -> str:
    for mask in masks():
        text = text.replace(mask, "")
    return text
