"""The rows behind the counts, brought from Spark where they are not independent people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.counts.tally import Tally
from auditor.engines.plans import modulus_for
from auditor.engines.spark.count import Counter
from auditor.engines.spark.expressions import hashed, named
from auditor.engines.spark.rows import arrow
from auditor.engines.units import COPIED, ROWS, recurring, sampling_unit, units, weighed
from auditor.use.roles import Seen


def with_units(counter: Counter, tally: Tally, seen: Mapping[str, Seen]) -> Tally:
    """Return the tally with its units, from rows that are looked at on this machine: all, or those of some units.

    Columns are counted in weights only where all rows are brought here.
    """
    from pyspark.sql import functions as F

    copies = not tally.aggregated and tally.repeated_rows.share >= COPIED
    if not recurring(tally) and not copies:
        return tally
    rows, unit = counter.rows, sampling_unit(tally)
    modulus = modulus_for(tally.rows, ROWS)
    frame = rows.frame
    if modulus > 1:
        of = F.xxhash64(named(unit)) if unit else hashed(rows.kinds, list(rows.record))
        frame = frame.where(F.pmod(of, F.lit(modulus)) == 0)
    table = arrow(frame.select(*map(named, rows.kinds), *(named(of.name) for of in rows.derivations)))
    source = replace(rows.here(table), fields=rows.local.fields, whole=rows.whole)
    seen = {**seen, **rows.beside}
    try:
        if modulus == 1:
            tally = weighed(source, tally, seen)
        return replace(tally, units=units(source, tally, seen, some=modulus > 1))
    finally:
        source.close()
