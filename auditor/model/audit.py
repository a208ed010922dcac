"""A whole audit, and how it is saved and read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from auditor.errors import UnknownNameError
from auditor.format import brief, people
from auditor.model.comparison import Comparison
from auditor.model.dataset import Dataset, Provenance
from auditor.model.documentation import Documentation
from auditor.model.findings import Finding, Measure, Result, Verdict
from auditor.model.states import Level

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import TypeAdapter

SCHEMA: Literal["dataudit/audit/1"] = "dataudit/audit/1"


@dataclass(frozen=True)
class Recompute:
    """SQL that gives the counts of a group column from the data; without it, `note` states why there is no SQL."""

    sql: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Few:
    """Groups of under `least` rows, whose numbers no report shows, and those whose numbers would disclose them.

    `few` has, by group column, the levels of so few rows; `beside` those whose exact numbers, taken from the totals,
    would disclose them. Joint groups are named as findings name them. `pooled` are results in which the few are counted
    with the first of those beside; reports show these in place of the groups' own numbers, except for what `again`
    suppresses in such results.
    """

    least: int
    few: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pooled: tuple[Result, ...] = ()
    again: Few | None = None


@dataclass(frozen=True, repr=False)
class Audit:
    """A whole audit: the data, the use they were judged against, the results, the verdict.

    Its findings hold every number. Reports show no number that `few` suppresses, and the verdict rests on no such
    number. `compared` compares it with another one: the same data before columns or words were left out, or an older
    audit. `documentation` has, by code, how the rules of the results describe themselves, so that a saved audit
    explains itself wherever it is read; audits of old versions lack it. `recompute` has, by group column, the SQL that
    gives its counts.
    """

    dataset: Dataset
    use_case: Mapping[str, Any]
    results: tuple[Result, ...]
    verdict: Verdict
    provenance: Provenance
    compared: Comparison | None = None
    few: Few | None = None
    documentation: Mapping[str, Documentation] = field(default_factory=dict)
    recompute: Mapping[str, Recompute] = field(default_factory=dict)
    schema: Literal["dataudit/audit/1"] = SCHEMA

    __iter__: ClassVar[None] = None  # else `audit[0]` would be tried for it

    @property
    def fit(self) -> bool:
        """Whether the data are fit without conditions: no rule that the use needs was left out or is inconclusive."""
        return self.verdict.level is Level.FIT

    def __bool__(self) -> bool:
        raise TypeError(
            "an audit is neither true nor false; write audit.fit, or compare audit.verdict.level with 'fit', "
            "'fit_with_conditions', 'unfit', 'cannot_tell'"
        )

    def __getitem__(self, rule: str) -> Result:
        """Return the result of a rule by its code, its name or a former name; UnknownNameError with a hint."""
        return self.result(rule)

    def __contains__(self, rule: object) -> bool:
        try:
            return isinstance(rule, str) and self.result(rule) is not None
        except UnknownNameError:
            return False

    def findings(self, rule: str | None = None) -> Iterator[Finding]:
        """Return every finding, or those of one rule, in the order of the results.

        Raises:
            UnknownNameError: The audit has no rule of that code or name.
        """
        results = self.results if rule is None else (self.result(rule),)  # at once, not when the first is taken
        return (finding for result in results for finding in result.findings)

    def result(self, rule: str) -> Result:
        """Return the result of a rule by its code, its name or a former name; UnknownNameError with a hint."""
        from auditor.audit.lookup import result

        return result(self, rule)

    def impact_ratio(self, group: str, level: str) -> Measure:
        """Return the impact ratio of a level of a group column, with its interval: 1 for the reference itself.

        It is the selection rate of the level, divided by that of the reference (OUT001). Its `value` is None where it
        is unknown.

        Raises:
            UnknownNameError: The audit has no such group or level, or did not compare it.
        """
        from auditor.audit.lookup import impact_ratio

        return impact_ratio(self, group, level)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a pandas frame, a row per measure: rule, state, subject, measure, value, …."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "rule": result.rule,
                    "state": str(finding.state),
                    "severity": str(result.severity),
                    **finding.subject,
                    "measure": name,
                    "value": measure.value,
                    "low": measure.low,
                    "high": measure.high,
                    "n": measure.n,
                    "limit": measure.limit,
                }
                for result in self.results
                for finding in result.findings
                for name, measure in finding.measures.items()
            ]
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the sheets of the workbook as pandas frames: groups, actions, findings, measures, proxies, terms, ….

        They hold what may be published: see `few`.
        """
        import pandas as pd

        from auditor.reporter.showing import shown
        from auditor.reporter.table import plain_fields, plain_value
        from auditor.reporter.tables import tables

        return {
            table.key: pd.DataFrame(
                [[plain_value(field, row) for field in plain_fields(table)] for row in table.rows],
                columns=[field.key for field in plain_fields(table)],
            )
            for table in tables(shown(self))
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain JSON values, every number in full; `from_dict` reads it back unchanged.

        `save` writes what may be shown: see `few`.
        """
        data: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return {"schema": data.pop("schema"), **data}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Audit:
        """Read what `to_dict` wrote; ValueError when it is not an audit."""
        return _adapter().validate_python(_with_decisions(data))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Audit:
        """Read a saved audit (.json); SourceError where it is not one, or not whole."""
        from auditor.reporter.json import read

        return read(os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to `path`; its suffix picks the format, as for `--report`."""
        from auditor.audit.output import write_reports

        write_reports(self, [os.fspath(path)])

    def __repr__(self) -> str:
        from auditor.reporter.showing import shown

        found = [
            f"{finding.rule} {finding.headline or finding.message}"
            for result in shown(self).results
            for finding in result.findings
            if result.rule in self.verdict.because and finding.severity is not None
        ]
        because = ", ".join(self.verdict.because)
        return brief(
            "Audit",
            f"of {self.dataset.name}, {people(self.dataset.rows)} rows: {self.verdict.level}",
            f"because: {because}" if because else "",
            *found[:2],
            "write audit.verdict, audit['OUT001'], audit.to_frame(), audit.save('report.html')",
        )

    def _repr_html_(self) -> str:
        from auditor.reporter import notebook

        return notebook(self)


def _with_decisions(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a saved audit in today's shape: until 0.1 the decisions on reading were plain sentences."""
    dataset = data.get("dataset") if isinstance(data, Mapping) else None
    if not isinstance(dataset, Mapping) or "notes" not in dataset:
        return data
    kept = {key: value for key, value in dataset.items() if key != "notes"}
    return {**data, "dataset": {"reading": [{"text": text} for text in dataset["notes"]], **kept}}


@cache
def _adapter() -> TypeAdapter[Audit]:
    from pydantic import TypeAdapter

    return TypeAdapter(Audit)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a saved audit."""
    return _adapter().json_schema(mode="serialization")
