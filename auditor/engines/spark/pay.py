"""The amounts of every row, brought from Spark: the columns of pay and those they are compared by, no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.counts.pay import PayRows
from auditor.engines.pay import needed, pay_rows
from auditor.engines.spark.expressions import named
from auditor.engines.spark.rows import SparkRows, arrow
from auditor.use.roles import Roles, Seen


def pay_there(rows: SparkRows, roles: Roles, seen: Mapping[str, Seen], *, blank_is_none: bool) -> PayRows:
    """Read the amounts of all rows of a frame; DuckDB spells their levels, as it does for rows on this machine."""
    names = needed(roles)
    fields = {name: kind for name, kind in rows.local.fields.items() if name in names}
    source = replace(rows.here(arrow(rows.frame.select(*map(named, names)))), fields=fields)
    try:
        return pay_rows(source, roles, seen, blank_is_none=blank_is_none)
    finally:
        source.close()
