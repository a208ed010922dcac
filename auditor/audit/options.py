"""The options of `check` and `tally`, each with its type and its meaning: the one place where they are written down.

The first sentence of a meaning is the command line's help as well. Nothing heavy is imported here, for that reason.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict, get_type_hints

from auditor.loaders.catalog import databases_in_words

Name = str | int | tuple[object, ...]  # of a column, as a frame calls it
Names = Name | Sequence[Name] | None
Unknown = Mapping[str, Sequence[Any]] | str | Sequence[str] | None
Said = Callable[[str], None]
Reference = str | Path | Mapping[str, Any] | None
Several = str | Sequence[str] | None


class StatedOptions(TypedDict, total=False):
    """What the columns are.

    What is not stated is guessed from names and values, and said; "none" says that no column has a role. Columns are
    named as the data name them; in a frame a whole number, or a tuple of levels, is a name too.
    """

    target: Annotated[Name | None, "Outcome column; none, where there is none."]
    positive: Annotated[object, "Its favourable value, or '>= 50000'. A list gives several."]
    groups: Annotated[
        Names,
        "Column saying who people are; age:25,40,65 cuts a number, or a date by its year, into bands, race:codes says "
        "that whole numbers are codes. A list names several.",
    ]
    unknown: Annotated[
        Unknown,
        "Levels that say membership is not recorded (race=Unknown,Declined), in place of those recognised; race= for "
        "no such level. In Python also a mapping from group column to levels.",
    ]
    time: Annotated[Name | None, "Column of the date or year."]
    id: Annotated[Name | None, "Column naming the person."]
    cluster: Annotated[
        Name | None,
        "Column of what several people have in common: a site, an agency, a requisition, a template. Rows of one "
        "person or one cluster are not independent. Where both are named, folds keep clusters together if people stay "
        "within them, else people; of the two variances the larger counts.",
    ]
    within: Annotated[
        Names,
        "Compare within the levels of this column (strata). The use case may give the reason; a list names several.",
    ]
    weight: Annotated[Name | None, "Column of survey weights."]
    replicate_weights: Annotated[
        Name | None,
        "Pattern of the names of replicate weights, like 'PWGTP*', beside --weight: variances by successive "
        "difference.",
    ]
    survey_strata: Annotated[Name | None, "Column of the strata that a survey sampled within."]
    survey_psu: Annotated[Name | None, "Column of the primary sampling units of a survey."]
    count: Annotated[Name | None, "Column of frequencies, where a row stands for several people."]


class JudgingOptions(TypedDict, total=False):
    """What rules need beside: a tally that is audited elsewhere does without."""

    text: Annotated[Names, "Column of free text. A list names several."]
    reference: Annotated[
        Reference,
        "The population: .csv (group,level,share), .toml, or the name of one that comes with the program. In Python "
        "also a mapping: group column -> level -> share or count.",
    ]
    policy: Annotated[
        str | Path | None,
        "Limits and severities: default, eeoc, nyc-ll144, eu-ai-act, or a TOML file that extends one.",
    ]
    min_report_cell: Annotated[
        int | None,
        "Show no number that describes under N rows of a group (default: 5; 0 or 1 shows all). It holds for what is "
        "written of the audit, also for numbers that would give another back; the audit itself has every number.",
    ]


class ReadingOptions(TypedDict, total=False):
    """Which data are read, and how."""

    table: Annotated[str | None, f"Table of a database ({databases_in_words()}), or of Spark's catalog."]
    sql: Annotated[
        str | None,
        "Query whose rows are audited: a database's, or of files ('x.parquet'). Over a file or a frame it is DuckDB's, "
        "and calls it `data`; without data it names its files itself.",
    ]
    encoding: Annotated[
        str | None,
        "Encoding of a text file (cp1252, utf-16), where it is not to be found out. This and the next two override "
        "[data] of the use case.",
    ]
    skip_rows: Annotated[int | None, "Rows before the header."]
    sheet: Annotated[str | int | None, "Sheet of a workbook: its name, or its place from 1."]
    name: Annotated[str | None, "What reports call the data (default: the file's name)."]


class EngineOptions(TypedDict, total=False):
    """Which engine counts, and what it may use."""

    engine: Annotated[
        str | None,
        "What counts: duckdb or spark, which reads s3:// and the like. Default: Spark for a Spark DataFrame, else "
        "DuckDB.",
    ]
    master: Annotated[
        str | None,
        "Spark's master: spark://…, local[4], yarn, or sc://… (Connect). Default: the running session, or this "
        "machine.",
    ]
    memory_limit: Annotated[
        str | None,
        "What the engine may hold (512MB, 4GiB); more goes to TMPDIR. Default: 2 GiB, or half of the machine's memory "
        "if that is less.",
    ]


class SelectionOptions(TypedDict, total=False):
    """Which rules run. A selection is no verdict: where it shows nothing unfit, the level is "not_judged"."""

    only: Annotated[
        Several,
        "Run this rule or family (OUT001, REP) alone, without a verdict. The others are not run, and said; a list "
        "names several.",
    ]
    skip: Annotated[
        Several,
        "Leave out this rule or family. Where one of them could decide, there is no verdict, as with `only`; a list "
        "names several.",
    ]
    no_models: Annotated[bool, "Leave out the rules that fit models to sampled rows."]


class WhatIfOptions(TypedDict, total=False):
    """What is audited beside the data as they are: before and after stand side by side (`audit.compared`)."""

    drop: Annotated[Names, "Audit as if the column were gone, beside before. A list names several."]
    redact: Annotated[
        str | Path | Sequence[str] | None,
        "Audit as if the terms of this file were masked in the texts, beside before. In Python also a list of terms.",
    ]
    group_from_terms: Annotated[
        Several, "Make a group of the text: the documents that hold one of these terms, and the others."
    ]


class RunOptions(TypedDict, total=False):
    """How the audit is run."""

    seed: Annotated[int | None, "Seed of whatever is sampled, a whole number from 0 (default: 0)."]
    command: Annotated[str | None, "How the audit was asked for, for its provenance."]
    progress: Annotated[Said | None, "Called with a few words at each step."]


class PartOptions(TypedDict, total=False):
    """How a tally is made that is to be added to others, or leaves the site of its rows."""

    edges_from: Annotated[
        str | Path | None,
        "Count as that tally was, so that both can be added up. Its roles, edges and levels are used.",
    ]
    min_cell: Annotated[
        int,
        "Let no cell of under N rows out. Of a joint group with few of one outcome only the number of rows is told, "
        "and levels with such a cell, and smaller ones, are counted among all other values. Numbers are cut at round "
        "places; of two columns whose counts give a small cell away together, one is not counted by its values. What "
        "this protects, and what it does not, is at the top of `auditor.audit.withholding`.",
    ]


class TallyOptions(StatedOptions, ReadingOptions, EngineOptions, PartOptions, total=False):
    """The options of `auditor.tally`."""


class CheckOptions(
    StatedOptions,
    JudgingOptions,
    ReadingOptions,
    EngineOptions,
    SelectionOptions,
    WhatIfOptions,
    RunOptions,
    total=False,
):
    """The options of `auditor.check`."""


class AnyOptions(CheckOptions, TallyOptions, total=False):
    """Every option there is."""


PARTS: tuple[type, ...] = (
    StatedOptions, JudgingOptions, ReadingOptions, EngineOptions, SelectionOptions, WhatIfOptions,
    PartOptions, RunOptions,
)  # fmt: skip


@functools.cache
def meanings(of: type = AnyOptions) -> Mapping[str, str]:
    """Return what each option of a TypedDict means: name -> sentences.

    >>> list(meanings(RunOptions))
    ['seed', 'command', 'progress']
    """
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(of, include_extras=True).items()}


def summary(name: str) -> str:
    """Return the first sentence of what an option means.

    >>> summary("sql")
    "Query whose rows are audited: a database's, or of files ('x.parquet')."
    """
    return re.split(r"(?<=\.) (?=[A-Z])", meanings()[name], maxsplit=1)[0]
