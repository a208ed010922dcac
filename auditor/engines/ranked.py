"""Places in lists by a score, as SQL: a column beside the others."""

from __future__ import annotations

from dataclasses import replace

from auditor.loaders.source import Source, quoted
from auditor.use.ranking import Ranking

PLACE = "BIGINT"  # its type


def ranked(source: Source, by: Ranking) -> Source:
    """Return the source with a column of places; people of one score share the first of their places.

    Who has no score has no place. The column is no part of a record: it is made of other rows, too.
    """
    within = f"PARTITION BY {quoted(by.list_column)} " if by.list_column else ""
    order = f"CAST({quoted(by.score)} AS DOUBLE) {'DESC' if by.highest else 'ASC'} NULLS LAST"
    place = f"CASE WHEN {quoted(by.score)} IS NOT NULL THEN rank() OVER ({within}ORDER BY {order}) END"
    relation = f"(SELECT *, CAST({place} AS {PLACE}) AS {quoted(by.name)} FROM {source.relation})"
    fields = {**source.fields, by.name: PLACE}
    return replace(
        source, relation=relation, fields=fields, whole=source.record, reading=(*source.reading, by.decision)
    )
