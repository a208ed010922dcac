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
from auditor.use.frame import Frame

Name = str | int | tuple[object, ...]  # of a column, as a frame calls it
Names = Name | Sequence[Name] | None
Unknown = Mapping[str, Sequence[Any]] | str | Sequence[str] | None
Said = Callable[[str], None]
Reference = str | Path | Mapping[str, Any] | Frame | None
Several = str | Sequence[str] | None
Embed = Mapping[str, str | Path | Callable[..., Any]] | str | Sequence[str] | None


class StatedOptions(TypedDict, total=False):
    """What the columns are.

    What is not stated is guessed from names and values, and reported; "none" means that no column has a role. Columns
    are named as the data name them; in a frame a whole number, or a tuple of levels, is a name too.
    """

    target: Annotated[Name | None, "Outcome column; none, if the data have no outcome."]
    positive: Annotated[object, "Its favourable value, or '>= 50000'. A list gives several."]
    groups: Annotated[
        Names,
        "Column of a group, such as sex; age:25,40,65 cuts a number, or a date by its year, into bands, race:codes "
        "means that whole numbers are codes. A list names several.",
    ]
    unknown: Annotated[
        Unknown,
        "Levels that mean membership is not recorded (race=Unknown,Declined), in place of those recognised; race= for "
        "no such level. In Python also a mapping from group column to levels.",
    ]
    group_file: Annotated[
        str | Path | None,
        "Side file with the groups, joined by the key --on. Rows without a match, and keys that occur twice, are "
        "counted and reported. Without `groups`, all of its columns are groups.",
    ]
    on: Annotated[Name | None, "Key of --group-file, in both; a=b where the file calls it b."]
    time: Annotated[Name | None, "Column of the date or year."]
    id: Annotated[Name | None, "Column identifying the person."]
    cluster: Annotated[
        Name | None,
        "Column of what several people have in common: a site, an agency, a requisition, a template. Rows of one "
        "person or one cluster are not independent. Where both are named, folds keep clusters together if people stay "
        "within them, else people; the larger of the two variances counts.",
    ]
    within: Annotated[
        Names,
        "Compare within the levels of this column (strata). The use case may give the reason; a list names several.",
    ]
    vector: Annotated[
        Names,
        "Column with a vector in each row (an embedding), a pattern of numbered columns ('emb_*'), or a NumPy file "
        "beside the table (emb=vectors.npy). A list names several.",
    ]
    pay: Annotated[
        Name | None,
        "Column of basic pay, a worker per row, for the figures of pay reporting (PAY rules).",
    ]
    variable: Annotated[Names, "Column of variable pay, beside --pay. A list names several, which are added up."]
    hours: Annotated[Name | None, "Column of paid hours, beside --pay: pay is compared for an hour."]
    category: Annotated[
        Name | None, "Column of the category of workers, beside --pay: the same work, or work of equal value."
    ]
    weight: Annotated[Name | None, "Column of survey weights."]
    replicate_weights: Annotated[
        Name | None,
        "Pattern of the names of replicate weights, like 'PWGTP*', beside --weight: variances by successive "
        "difference.",
    ]
    survey_strata: Annotated[Name | None, "Column of the strata that a survey sampled within."]
    survey_psu: Annotated[Name | None, "Column of the primary sampling units of a survey."]
    count: Annotated[Name | None, "Column of frequencies, where a row counts several people."]


class SeparateOptions(TypedDict, total=False):
    """The outcome and the groups, given beside the data as in fairlearn; in Python only.

    They are joined to the rows of the data by position.
    """

    y: Annotated[
        object,
        "Values of the outcome, one for each row: a Series, an array, a list. Its column is called by the name of the "
        "Series, else 'y'. In place of `target`.",
    ]
    sensitive_features: Annotated[
        object,
        "Values of the groups, one for each row: a Series, an array, a frame, a mapping. A column without a name is "
        "called 'sensitive_feature_0', and so on. In place of `groups`.",
    ]


class JudgingOptions(TypedDict, total=False):
    """What else rules need; a tally does not take these options."""

    text: Annotated[Names, "Column of free text. A list names several."]
    embed: Annotated[
        Embed,
        "Embed a column by a model on this machine: cv=FOLDER. The folder holds a model2vec model, or an ONNX model "
        "with its tokenizer or its preprocessor settings; nothing is looked up or downloaded. In Python also a mapping "
        "from column to folder, or to a function of a list of texts that returns an array, a row for each.",
    ]
    control: Annotated[
        Names,
        "Adjust gaps for this column by a regression. The use case may give the reason; a number enters with its "
        "square, or in bands (tenure:2,5). A list names several.",
    ]
    scale: Annotated[
        str | None,
        "How a numeric outcome is compared with controls: log, in percent, or plain, in its own units. Default: log, "
        "where all values are positive.",
    ]
    reference: Annotated[
        Reference,
        "The population: .csv (group,level,share), .toml, or the name of one that comes with the program. In Python "
        "also a mapping: group column -> level -> share or count; or a frame with the columns of the .csv.",
    ]
    policy: Annotated[
        str | Path | None,
        "Thresholds and severities: default, eeoc, nyc-ll144, eu-ai-act, eu-pay-2023-970, or a TOML file that extends "
        "one.",
    ]
    min_report_cell: Annotated[
        int | None,
        "Show no number that describes under N rows of a group (default: 5; 0 or 1 shows all). This applies to all "
        "reports, also to numbers that would disclose another; the audit itself has every number.",
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
        "Encoding of a text file (cp1252, utf-16), in place of the one detected. This and the next three override "
        "[data] of the use case.",
    ]
    skip_rows: Annotated[int | None, "Rows before the header."]
    sheet: Annotated[str | int | None, "Sheet of a workbook: its name, or its place from 1."]
    image: Annotated[
        Name | None,
        "Column of image files, as paths in the folder of the data, or of images. Their properties become columns, "
        "such as image.brightness.",
    ]
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
        "Memory that the engine may use (512MB, 4GiB); more goes to TMPDIR. Default: 2 GiB, or half of the machine's "
        "memory if that is less.",
    ]


class SelectionOptions(TypedDict, total=False):
    """Which rules run. A selection gives no verdict: where it shows nothing unfit, the level is "not_judged"."""

    only: Annotated[
        Several,
        "Run this rule or family (OUT001, REP) alone, without a verdict. The others are listed as not run; a list "
        "names several.",
    ]
    skip: Annotated[
        Several,
        "Leave out this rule or family. Where one of them could decide, there is no verdict, as with `only`; a list "
        "names several.",
    ]
    no_models: Annotated[bool, "Leave out the rules that fit models to sampled rows."]
    alternatives: Annotated[
        bool, "Look for columns without which a model predicts as well with a smaller gap (MDL002)."
    ]


class WhatIfOptions(TypedDict, total=False):
    """What is audited in addition to the data as they are: before and after side by side (`audit.compared`)."""

    drop: Annotated[Names, "Audit again without the column, and compare. A list names several."]
    redact: Annotated[
        str | Path | Sequence[str] | None,
        "Audit again with the terms of this file masked in the texts, and compare. In Python also a list of terms.",
    ]
    group_from_terms: Annotated[
        Several, "Make a group of the text: the documents that hold one of these terms, and the others."
    ]


class RunOptions(TypedDict, total=False):
    """How the audit is run."""

    seed: Annotated[int | None, "Seed of all sampling, a whole number from 0 (default: 0)."]
    command: Annotated[str | None, "The command of the audit, for its provenance."]
    progress: Annotated[
        Said | bool | None,
        "Called with a few words at each step. True shows them after two seconds, on a terminal or below the cell of a "
        "notebook; None or False shows nothing. Default: shown in a notebook alone.",
    ]
    save_vectors: Annotated[
        str | Path | None,
        "Write the vectors that --embed made to a Parquet file. They are of single rows, and may disclose their texts.",
    ]


class PartOptions(TypedDict, total=False):
    """How a tally is made that will be added to others, or leaves the site of its rows."""

    edges_from: Annotated[
        str | Path | None,
        "Count as that tally was, so that both can be added up. Its roles, edges and levels are used.",
    ]
    min_cell: Annotated[
        int,
        "Suppress every cell of under N rows. For a joint group with few of one outcome only the number of rows is "
        "published. Levels with such a cell, and smaller ones, are counted as all other values. Numbers are cut at "
        "round values. Where the counts of two columns together would disclose a small cell, one is not counted by its "
        "values. `auditor.audit.withholding` explains what this protects and what it does not.",
    ]


class TallyOptions(StatedOptions, SeparateOptions, ReadingOptions, EngineOptions, PartOptions, total=False):
    """The options of `auditor.tally`."""


class CheckOptions(
    StatedOptions,
    SeparateOptions,
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
    StatedOptions, SeparateOptions, JudgingOptions, ReadingOptions, EngineOptions, SelectionOptions, WhatIfOptions,
    PartOptions, RunOptions,
)  # fmt: skip


@functools.cache
def meanings(of: type = AnyOptions) -> Mapping[str, str]:
    """Return what each option of a TypedDict means: name -> sentences.

    >>> list(meanings(RunOptions))
    ['seed', 'command', 'progress', 'save_vectors']
    """
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(of, include_extras=True).items()}


def summary(name: str) -> str:
    """Return the first sentence of what an option means.

    >>> summary("sql")
    "Query whose rows are audited: a database's, or of files ('x.parquet')."
    """
    return re.split(r"(?<=\.) (?=[A-Z])", meanings()[name], maxsplit=1)[0]
