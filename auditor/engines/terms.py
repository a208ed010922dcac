"""Terms of a text column, counted over all documents: words and pairs of words by group and outcome.

The engine tokenises; words become numbers, kept in a file of their own; counts come from sorting numbers in batches.
Memory is bounded by the batch and the vocabulary, never by the documents.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from auditor.counts.extras import Documents
from auditor.counts.tally import Tally
from auditor.engines.document_units import MOST_COMPARED, NOT_COUNTED, OUTCOMES, counted_once, set_aside, ways
from auditor.engines.sql import group_key, outcome_sql
from auditor.engines.tokens import MASK, tokens
from auditor.engines.vocabulary import Vocabulary
from auditor.loaders.source import Source, literal, quoted
from auditor.stats.near_copies import ALIKE, ALIKE_ALL, common_pairs, common_words, minima, pair_counts
from auditor.use.roles import Seen

if TYPE_CHECKING:
    pass

BATCH_WORDS = 2_000_000
MOST_BATCH = 50_000
MOST_TERMS = 20_000  # kept, the commonest first
BUCKETS = 1 << 21  # that pairs are counted in at first: most are too rare, and to count each by groups takes long
LEAST_DOCUMENTS, LEAST_SHARE = 10, 0.001


@dataclass
class _Batch:
    """Where a batch of documents lies in the file: words as numbers, and per document their number and its cells.

    `cells` has a column per group column; NOT_COUNTED, where another document of its unit counts. `named` has a column
    per role that names a unit: hashes, or 0.
    """

    lengths: np.ndarray
    cells: np.ndarray
    hashes: np.ndarray
    named: np.ndarray
    at: int


def count_terms(
    source: Source, tally: Tally, seen: Mapping[str, Seen], column: str, text: str, masks: Sequence[str] = ()
) -> Documents:
    """Count the documents of a column that hold each word and each pair of neighbouring words, by group and outcome.

    `text` is the SQL of a document's text, `masks` the terms taken out of it. Of copies and near copies of a text, and
    of all that a person or a cluster wrote, one counts in every level of a group: which one is left to chance.
    """
    groups = tally.roles.groups
    levels = {group: [cell.level for cell in tally.cells(group) if cell.level is not None] for group in groups}
    with tempfile.TemporaryFile() as file:
        vocabulary = Vocabulary()
        batches = list(_read(source, tally, seen, levels, column, (text, tokens(text, masks)), vocabulary, file))
        _count_once(batches, file, vocabulary)
        cells = {group: OUTCOMES * (len(of) + 1) for group, of in levels.items()} or {"": OUTCOMES}
        counter = _Counter(file, batches, list(cells.values()))
        sizes = counter.sizes()
        documents = int(sizes[0].sum())
        guard = max(LEAST_DOCUMENTS, int(np.ceil(LEAST_SHARE * documents)))
        words = counter.words(len(vocabulary), guard, vocabulary.place(MASK))
        pairs, pair_counts = counter.pairs(words.numbers, guard, len(vocabulary))
    names = vocabulary.names()
    unigrams = [names[i] for i in words.numbers]
    bigrams = [f"{names[first]} {names[second]}" for first, second in pairs]
    counts = [np.concatenate(part) for part in zip(words.counts, pair_counts, strict=True)]
    total = counts[0].sum(axis=1)
    order = np.argsort(-total, kind="stable")[:MOST_TERMS]
    terms = [*unigrams, *bigrams]
    return Documents(
        column=column,
        terms=tuple(terms[i] for i in order),
        levels={group: tuple(of) for group, of in levels.items()},
        held={
            group: part[order].reshape(len(order), cells[group] // OUTCOMES, OUTCOMES)
            for group, part in zip(cells, counts, strict=True)
        },
        sizes={group: part.reshape(-1, OUTCOMES) for group, part in zip(cells, sizes, strict=True)},
        documents=documents,
        repeated=sum(len(batch.lengths) for batch in batches) - documents,
        empty=sum(int(((batch.lengths == 0) & (batch.cells[:, 0] >= 0)).sum()) for batch in batches),
        guard=guard,
        truncated=vocabulary.full or len(terms) > MOST_TERMS,
        aside=set_aside(tally.roles, sum(len(batch.lengths) for batch in batches)),
    )


def _read(
    source: Source,
    tally: Tally,
    seen: Mapping[str, Seen],
    levels: Mapping[str, Sequence[str]],
    column: str,
    text: tuple[str, str],
    vocabulary: Vocabulary,
    file: IO[bytes],
) -> Iterator[_Batch]:
    roles = tally.roles
    outcome = f"({outcome_sql(roles, seen)}) + 1"
    places = [
        f"coalesce(list_position([{', '.join(map(literal, of))}]::VARCHAR[], {group_key(group, roles, seen)}), 0)"
        for group, of in levels.items()
    ] or ["0"]
    cells = ", ".join(f"CAST({place} * {OUTCOMES} + {outcome} AS INTEGER) AS c{i}" for i, place in enumerate(places))
    named = "".join(
        f", coalesce(hash(CAST({quoted(name)} AS VARCHAR)), 0) AS u{i}" for i, name in enumerate(roles.units)
    )
    query = (
        f"SELECT {text[1]} AS words, {cells}, hash({text[0]}) AS h{named} FROM {source.relation} "
        f"WHERE {quoted(column)} IS NOT NULL"
    )
    rows = max(1, min(MOST_BATCH, int(BATCH_WORDS / max(1.0, seen[column].words))))
    for part in source.connection.sql(query).to_arrow_reader(rows):
        if not part.num_rows:
            continue
        words = part.column(0)
        lengths = np.diff(words.offsets.to_numpy()).astype(np.int64)
        numbers = vocabulary.numbers(words.flatten())
        at = file.seek(0, os.SEEK_CUR)
        file.write(numbers.tobytes())
        own, hashes, *names = (
            np.column_stack(
                [part.column(i).to_numpy(zero_copy_only=False) for i in of] or [np.empty((len(lengths), 0))]
            )
            for of in (
                range(1, len(places) + 1),
                [len(places) + 1],
                range(len(places) + 2, part.num_columns),
            )
        )
        yield _Batch(lengths, own, hashes[:, 0], names[0], at)


def _count_once(batches: Sequence[_Batch], file: IO[bytes], vocabulary: Vocabulary) -> None:
    """Mark in the cells of the batches which documents count: one of each unit."""
    if not batches:
        return
    file.flush()
    sizes = [len(batch.lengths) for batch in batches]
    too_common = common_words(vocabulary.occurrences, sum(sizes))
    by_pairs = too_common is None
    seen = np.zeros(len(vocabulary.occurrences), dtype=bool) if too_common is None else too_common
    common = np.append(seen, True)  # the last: no number, or masked
    if (mask := vocabulary.place(MASK)) >= 0:
        common[mask] = True

    def rare(batch: _Batch) -> tuple[np.ndarray, np.ndarray]:
        words, document = _words_in(file, batch)
        kept = ~common[words]
        return words[kept], document[kept]

    found = pairs = None
    if sum(sizes) <= MOST_COMPARED:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            if by_pairs:
                counts = np.sum([*threads.map(lambda of: pair_counts(*rare(of)), batches)], axis=0)
                pairs = common_pairs(counts, sum(sizes))
            found = np.concatenate(
                list(threads.map(lambda of: minima(*rare(of), len(of.lengths), common=pairs), batches))
            )
    hashes, named, cells = (
        np.concatenate([getattr(of, name) for of in batches]) for name in ("hashes", "named", "cells")
    )
    kept = counted_once(ways(hashes, found, list(named.T), ALIKE_ALL if by_pairs else ALIKE), cells)
    for batch, of in zip(batches, np.split(kept, np.cumsum(sizes)[:-1]), strict=True):
        batch.cells = np.where(of, batch.cells, NOT_COUNTED)


def _words_in(file: IO[bytes], batch: _Batch) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of a batch's documents as numbers, and the place of the document that each is in."""
    words = np.frombuffer(os.pread(file.fileno(), int(batch.lengths.sum()) * 4, batch.at), dtype=np.int32)
    return words, np.repeat(np.arange(len(batch.lengths)), batch.lengths)


@dataclass(frozen=True)
class _Words:
    """Words in enough documents, and their counts per group column: shape (words, cells)."""

    numbers: np.ndarray
    counts: list[np.ndarray]


class _Counter:
    """Counts over the batches, a batch per thread; the file is read anew for each."""

    def __init__(self, file: IO[bytes], batches: Sequence[_Batch], cells: Sequence[int]) -> None:
        self._file, self._batches, self._cells = file, batches, cells

    def sizes(self) -> list[np.ndarray]:
        """Return the documents of every cell, per group column."""
        return [
            sum(
                (np.bincount(batch.cells[:, i] + 1, minlength=cells + 1)[1:] for batch in self._batches),
                np.zeros(cells, dtype=np.int64),
            )
            for i, cells in enumerate(self._cells)
        ]

    def words(self, vocabulary: int, guard: int, mask: int) -> _Words:
        """Return the words in at least `guard` documents, with their counts; the mask is no word."""
        totals = [np.zeros(vocabulary * cells, dtype=np.int64) for cells in self._cells]

        def one(at: int) -> list[tuple[np.ndarray, np.ndarray]]:
            words, documents = self._load(at)
            known = (words >= 0) & (words != mask)
            return self._grouped(at, words[known], documents[known])

        for found in self._each(one):
            for i, (codes, counts) in enumerate(found):
                totals[i][codes] += counts
        tables = [total.reshape(vocabulary, cells) for total, cells in zip(totals, self._cells, strict=True)]
        numbers = np.flatnonzero(tables[0].sum(axis=1) >= guard) if vocabulary else np.empty(0, dtype=np.int64)
        return _Words(numbers, [table[numbers] for table in tables])

    def pairs(self, words: np.ndarray, guard: int, vocabulary: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the pairs of neighbours in enough documents, as numbers of shape (pairs, 2), and their counts.

        No pair is in more documents than its rarer word, or than all pairs of its bucket occur; so that only pairs of
        kept words and full buckets are looked at.
        """
        n = len(words)
        place = np.full(vocabulary + 1, -1, dtype=np.int64)
        place[words] = np.arange(n)
        merged = [_Sums() for _ in self._cells]

        def neighbours(at: int) -> tuple[np.ndarray, np.ndarray]:
            numbers, documents = self._load(at)
            places = place[numbers]  # the last place of all is for words without a number
            both = (places[:-1] >= 0) & (places[1:] >= 0) & (documents[:-1] == documents[1:])
            return (places[:-1] * n + places[1:])[both], documents[:-1][both]

        occurrences = np.zeros(BUCKETS, dtype=np.int64)
        for counts in self._each(lambda at: np.bincount(_bucket(neighbours(at)[0]), minlength=BUCKETS)):
            occurrences += counts
        often = occurrences >= guard

        def one(at: int) -> list[tuple[np.ndarray, np.ndarray]]:
            codes, documents = neighbours(at)
            kept = often[_bucket(codes)]
            return self._grouped(at, codes[kept], documents[kept])

        for found in self._each(one):
            for sums, (codes, counts) in zip(merged, found, strict=True):
                sums.add(codes, counts)
        tables = []
        kept: np.ndarray | None = None
        for sums, cells in zip(merged, self._cells, strict=True):
            codes, counts = sums.whole()
            pair, cell = codes // cells, codes % cells
            if kept is None:
                distinct, where = np.unique(pair, return_inverse=True)
                kept = distinct[np.bincount(where, counts) >= guard] if len(distinct) else distinct
            at = np.searchsorted(kept, pair)
            there = (at < len(kept)) & (kept[np.minimum(at, len(kept) - 1)] == pair) if len(kept) else pair < 0
            table = np.zeros((len(kept), cells), dtype=np.int64)
            table[at[there], cell[there]] = counts[there]
            tables.append(table)
        chosen = kept if kept is not None else np.empty(0, dtype=np.int64)
        return np.column_stack([words[chosen // max(1, n)], words[chosen % max(1, n)]]), tables

    def _each(self, one: Callable[[int], Any]) -> Iterator[Any]:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            yield from threads.map(one, range(len(self._batches)))

    def _load(self, at: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the words of a batch's documents that count, and the document of each."""
        batch = self._batches[at]
        words, documents = _words_in(self._file, batch)
        keep = np.any(batch.cells >= 0, axis=1)
        if keep.all():
            return words, documents
        counted = keep[documents]
        return words[counted], documents[counted]

    def _grouped(self, at: int, codes: np.ndarray, documents: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (code x cells + cell, documents) per group column, each code once a document."""
        batch = self._batches[at]
        shift = max(1, len(batch.lengths).bit_length())
        keys = np.sort((codes.astype(np.int64) << shift) | documents)
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
        code, document = keys >> shift, keys & ((1 << shift) - 1)
        starts = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]])) if len(code) else code
        group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(code))))
        found = []
        for i, cells in enumerate(self._cells):
            cell = batch.cells[document, i]
            counted = cell >= 0
            table = np.bincount((group * cells + cell)[counted], minlength=len(starts) * cells)
            there = np.flatnonzero(table)
            found.append((code[starts][there // cells] * cells + there % cells, table[there]))
        return found


def _bucket(pairs: np.ndarray) -> np.ndarray:
    """Return the bucket of each pair, by the leading bits of a product (Knuth's multiplicative hash)."""
    bits = np.uint64(65 - BUCKETS.bit_length())
    return ((pairs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> bits).astype(np.int64)


class _Sums:
    """Sums by code over batches, merged when they have piled up."""

    PILE = 8_000_000

    def __init__(self) -> None:
        self._codes: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._piled = 0

    def add(self, codes: np.ndarray, counts: np.ndarray) -> None:
        self._codes.append(codes)
        self._counts.append(counts)
        self._piled += len(codes)
        if self._piled > self.PILE:
            codes, counts = self.whole()
            self._codes, self._counts, self._piled = [codes], [counts], 0

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """Return every code once, in order, and its sum."""
        if not any(len(codes) for codes in self._codes):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        codes, counts = np.concatenate(self._codes), np.concatenate(self._counts)
        order = np.argsort(codes, kind="stable")
        codes, counts = codes[order], counts[order]
        starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
        return codes[starts], np.add.reduceat(counts, starts)
