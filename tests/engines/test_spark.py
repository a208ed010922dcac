"""Spark against DuckDB: equal tallies, equal audits; types, samples, and the faces that lead there."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.preparing import prepared
from auditor.cli.commands import main
from auditor.counts.names import PLACES
from auditor.engines.engine import OnDuckDB
from auditor.engines.sample import FAVOURABLE, STRATUM, WEIGHT, level_of
from auditor.engines.spark import draw as spark_draw
from auditor.engines.spark.engine import OnSpark
from auditor.engines.spark.expressions import levelled
from auditor.engines.spark.rows import opened
from auditor.errors import AuditError
from auditor.loaders import open_source
from auditor.model import State
from auditor.use.assign import assign
from auditor.use.derivations import proposed
from auditor.use.ranking import ranking
from auditor.use.usecase import UseCase
from tests.benchmarks.generate import write
from tests.conftest import DATA, SAMPLES
from tests.engines.same import assert_equal

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.xdist_group("spark")


def _odd(rows: int = 15_000, seed: int = 4) -> pd.DataFrame:
    """Values of many types, missing ones among them; few enough for the peek to see them all."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2015-01-01 00:30", tz="Europe/Berlin")
    frame = pd.DataFrame(
        {
            "person": (np.arange(rows) // 2).astype(float),
            "sex": rng.choice(np.array(["f", "m", None, ""], dtype=object), rows, p=[0.4, 0.5, 0.05, 0.05]),
            "age": rng.integers(18, 80, rows).astype("int16"),
            "town": rng.choice(np.array(["x", "women's", "z", None], dtype=object), rows),
            "street": [f"s{i}" for i in np.minimum(rng.geometric(0.002, rows), 6_000)],
            "score": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)).astype("float32"),
            "when": start + pd.to_timedelta(rng.integers(0, 3_650 * 24, rows), unit="h"),
            "pay": rng.lognormal(10, 0.4, rows).round(2),
            "w": rng.random(rows),
            "flag": rng.random(rows) < 0.5,
            "half": rng.integers(0, 5, rows) / 2,
            "step": [Decimal(int(i)) / 4 for i in rng.integers(0, 9, rows)],
        }
    )
    frame.loc[::9, "person"] = None
    return frame


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The data as Parquet, which both engines read alike."""
    folder = tmp_path_factory.mktemp("spark")
    for name in ("hiring", "callbacks", "recruiting"):
        duckdb.read_csv(str(SAMPLES / f"{name}.csv")).write_parquet(str(folder / f"{name}.parquet"))
    _odd().to_parquet(folder / "odd.parquet")
    write(folder / "million.parquet", 1_000_000)
    return {path.stem: path for path in folder.iterdir()} | {"adult": DATA / "adult.parquet"}


ROLES: dict[str, list[dict[str, Any]]] = {
    "hiring": [{"label": {"column": "hired"}, "groups": {"columns": ["gender"]}}],
    "callbacks": [{"label": {"column": "received_callback"}, "groups": {"columns": ["race", "gender"]}}],
    "recruiting": [
        {
            "label": {
                "stages": ["screened", "interviewed", "offered", "hired"],
                "withdrawn": ["withdrawn"],
                "list": "requisition_id",
            },
            "groups": {"columns": ["gender", "age_group"]},
        },
        {
            "label": {"stages": ["screened", "offered"], "withdrawn": ["recommended"], "positive": "yes"},
            "groups": {"columns": ["gender"]},
        },
    ],
    "adult": [{"label": {"column": "income", "positive": ">50K"}, "groups": {"columns": ["sex", "race", "age"]}}],
    "million": [{"label": {"column": "hired"}, "groups": {"columns": ["gender", "race"]}}],
    "odd": [
        {
            "label": {"column": "pay"},
            "groups": {"columns": ["sex", "age:30,50"]},
            "features": {"time": "when", "id": "person", "strata": {"town": "", "half": ""}},
        },
        {"label": {"column": "flag"}, "groups": {"columns": ["sex", "half"]}, "features": {"weight": "w"}},
        {"label": {"column": "half", "positive": ["1", "2"]}, "groups": {"columns": ["step", "flag"]}},
    ],
}


@pytest.mark.parametrize(("name", "use"), [(name, use) for name, uses in ROLES.items() for use in uses])
def test_tallies_are_equal_cell_by_cell(
    spark: SparkSession, files: Mapping[str, Path], name: str, use: dict[str, Any]
) -> None:
    rows = OnSpark(opened(spark.read.parquet(str(files[name])), open_source))
    try:
        seen = rows.peek()
        roles = assign(seen, UseCase.model_validate(use), name)
        counted = rows.tally(roles, seen)
        with open_source(files[name]) as source:
            # Of a million rows each engine looks for twins among some, by a hash of its own.
            assert_equal(
                counted, OnDuckDB(source).tally(roles, seen, False, lambda message: None), twins=name != "million"
            )
    finally:
        rows.close()


@pytest.mark.parametrize("withdrawn", [["left"], ["gone"], []])
def test_outcomes_by_stages_are_those_of_the_file(spark: SparkSession, tmp_path: Path, withdrawn: list[str]) -> None:
    """Every path of four stages, with blanks, withdrawals and contradictions."""
    paths = list(itertools.product(["yes", "no", "left", None], repeat=4))
    frame = pd.DataFrame(paths, columns=["a", "b", "c", "d"])
    frame = pd.concat([frame.assign(group="f", gone="no"), frame.assign(group="m", gone=np.resize(["yes", "no"], 256))])
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "paths.parquet")
    label = {"column": "c", "positive": "yes", "stages": ["a", "b", "c", "d"], "withdrawn": withdrawn}
    use = UseCase.model_validate({"label": label, "groups": {"columns": ["group"]}})
    rows = OnSpark(opened(spark.read.parquet(str(tmp_path / "paths.parquet")), open_source))
    with open_source(tmp_path / "paths.parquet") as source:
        seen = rows.peek()
        roles = assign(seen, use, "paths")
        assert_equal(rows.tally(roles, seen), OnDuckDB(source).tally(roles, seen, False, lambda message: None))
    rows.close()


def test_places_by_a_score_are_those_of_the_file(spark: SparkSession, files: Mapping[str, Path]) -> None:
    use = UseCase.model_validate(
        {
            "label": {"column": "recommended", "list": "requisition_id", "rank": "score:highest"},
            "groups": {"columns": ["gender"]},
        }
    )
    there = OnSpark(opened(spark.read.parquet(str(files["recruiting"])), open_source))
    with open_source(files["recruiting"]) as source:
        here = OnDuckDB(source)
        by, use = ranking(use, here.fields, "recruiting")
        assert by is not None
        one, other = there.ranked(by), here.ranked(by)
        seen = other.peek()
        roles = assign(seen, use, "recruiting")
        tallies = one.tally(roles, seen), other.tally(roles, seen, False, lambda message: None)
        assert_equal(*tallies)
        assert tallies[0].derived[PLACES].missing == 15
    there.close()


def test_derived_features_are_those_of_the_file(spark: SparkSession, tmp_path: Path) -> None:
    """Times before 1970 and none, codes with letters and numbers with gaps, texts of many alphabets and with masks."""
    rng = np.random.default_rng(9)
    rows = 2_000
    words = np.array(
        ["Ça", "va?", "women's", "l’été", "НЕТ", "𝒜BC", "▮", "(so)", "–", "e\u0301té", "日本語", "'quoted'", "\\"]
    )
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], rows),
            "at": pd.Timestamp("1960-01-01 00:30") + pd.to_timedelta(rng.integers(0, 25 * 365 * 24, rows), unit="h"),
            "day": (pd.Timestamp("1965-06-01") + pd.to_timedelta(rng.integers(0, 9_000, rows), unit="D")).date,
            "zip": rng.integers(1_000, 99_999, rows).astype(float),
            "code": [f"{at}{i:04d}-x" for i, at in enumerate(rng.choice(["A", "B", "Ж"], rows))],
            "letter": [" ".join(of) for of in rng.choice(words, (rows, 9))],
            "hired": rng.choice(["yes", "no"], rows),
        }
    )
    frame.loc[::7, ["at", "day", "zip", "code", "letter"]] = None
    frame.to_parquet(tmp_path / "people.parquet")
    there = OnSpark(opened(spark.read.parquet(str(tmp_path / "people.parquet")), open_source))
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    with open_source(tmp_path / "people.parquet") as source:
        here = OnDuckDB(source)
        seen = here.peek()
        roles = assign(seen, use, "people")
        asked = proposed(roles, seen)
        one, other = there.derived(asked, seen), here.derived(asked, seen)
        theirs, ours = one.tally(roles, seen), other.tally(roles, seen, False, lambda message: None)
        assert_equal(theirs, ours)
        assert {of.source for of in theirs.derivations.values()} == {"at", "day", "zip", "code", "letter"}
        said = [[each.text for each in of if each.about == "derived features"] for of in (one.reading, other.reading)]
        assert said[0] == said[1] != []
        samples = [one.sample(theirs, seen, 0).rows, other.sample(ours, seen, 0).rows]
        for name in theirs.derivations:
            counts = [of[name].value_counts(dropna=False).to_dict() for of in samples]
            assert sorted(map(repr, counts[0].items())) == sorted(map(repr, counts[1].items()))
        # Terms are masked by a function of this machine: there the style of such a text is left out, and that is said.
        masked = there.derived(proposed(roles, seen, ["women's"]), seen)
        assert "letter" not in {of.source for of in masked.rows.derivations}
        assert any("masked words is not a feature: 'letter'" in each.text for each in masked.reading)
    there.close()


def test_matched_records_made_anew_without_a_leak_are_the_same(spark: SparkSession, files: Mapping[str, Path]) -> None:
    rows = OnSpark(opened(spark.read.parquet(str(files["callbacks"])), open_source))
    try:
        seen = rows.peek()
        roles = assign(seen, UseCase.model_validate(ROLES["callbacks"][0]), "callbacks")
        tally = rows.tally(roles, seen)
        kept = tuple(name for name in roles.features if name != "firstname")
        fewer = replace(tally, roles=replace(tally.roles, features=kept, leaks=("firstname",)))
        with open_source(files["callbacks"]) as source:
            theirs = OnDuckDB(source).matched(fewer, seen)
        assert_equal(rows.matched(fewer, seen), theirs)
        assert theirs.twins != tally.twins
    finally:
        rows.close()


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return bool(one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_near, one, other))
    return (
        math.isclose(one, other, rel_tol=1e-9) if isinstance(one, float) and isinstance(other, float) else one == other
    )


def test_an_audit_is_that_of_the_file_whatever_the_session_s_zone(
    spark: SparkSession, files: Mapping[str, Path], tmp_path: Path
) -> None:
    names = ["person", "sex", "when", "pay", "step", "flag"]
    pd.read_parquet(files["odd"])[names].to_parquet(tmp_path / "odd.parquet")
    zone = spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    flags: dict[str, Any] = {
        "target": "pay",
        "groups": "sex",
        "time": "when",
        "id": "person",
        "no_models": True,
    }
    try:
        there = auditor.check(spark.read.parquet(str(tmp_path / "odd.parquet")), **flags).to_dict()
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)
    here = auditor.check(tmp_path / "odd.parquet", **flags).to_dict()
    assert _near(there["results"], here["results"]) and _near(there["verdict"], here["verdict"])
    assert there["provenance"]["engine"] == f"spark {spark.version}" and here["provenance"]["engine"] == "duckdb"
    assert _near(there["dataset"]["columns"], here["dataset"]["columns"])
    why = "The rows were counted by Spark; no SQL for DuckDB gives these counts."
    assert there["recompute"] == {"sex": {"sql": None, "note": why}}
    assert here["recompute"]["sex"]["sql"]


def test_models_words_and_slices_are_those_of_the_file(
    spark: SparkSession, files: Mapping[str, Path], tmp_path: Path
) -> None:
    names = ["gender", "college", "years_experience", "test_score", "resume_text", "hired"]
    pd.read_parquet(files["hiring"])[names].to_parquet(tmp_path / "some.parquet")
    flags: dict[str, Any] = {"target": "hired", "groups": "gender", "only": ["OUT005", "PRX002", "TXT001", "TXT002"]}
    there = auditor.check(spark.read.parquet(str(tmp_path / "some.parquet")), **flags)
    here = auditor.check(tmp_path / "some.parquet", **flags)
    assert _near(there.to_dict()["results"], here.to_dict()["results"])


def test_the_peek_reaches_the_last_rows(spark: SparkSession) -> None:
    rows = opened(spark.range(0, 200_000, 1, 10), open_source)
    last, n = rows.local.connection.sql(f"SELECT max(id), count(*) FROM {rows.local.relation}").fetchall()[0]
    rows.local.close()
    # The chance that none of the last 2,000 is among a tenth of all is under 1e-80.
    assert last >= 198_000 and 19_000 < n < 20_200


def test_groups_that_the_peek_hardly_sees_get_bins_of_their_own(spark: SparkSession) -> None:
    """Two groups of 40 that lie side by side above 60,000 others: every one of the first is below the second."""
    who, pay = [*["staff"] * 60_000, *["a"] * 40, *["b"] * 40], [*range(60_000), *range(80_000, 80_080)]
    frame = spark.createDataFrame(pd.DataFrame({"who": who, "pay": pay}))
    use = UseCase.model_validate({"groups": {"reference": {"who": "b"}}})
    audit = auditor.check(frame, use_case=use, target="pay", groups="who", only=["OUT002"], no_models=True)
    deltas = {found.subject["level"]: found.measures["cliffs_delta"].value for found in audit.findings("OUT002")}
    assert deltas == {"staff": -1, "a": -1}


def test_a_view_of_the_user_s_is_left_alone(spark: SparkSession) -> None:
    spark.sql("SELECT 'mine' AS x").createOrReplaceTempView("data")
    frame = spark.sql("SELECT * FROM VALUES ('f', 'yes'), ('f', 'no'), ('m', 'no'), ('x', 'no') AS t(sex, hired)")
    audit = auditor.check(frame, sql="SELECT * FROM data WHERE sex <> 'm'", target="hired", groups="sex", only="OUT001")
    assert audit.dataset.rows == 3
    assert spark.sql("SELECT x FROM data").collect()[0][0] == "mine"


def test_a_dropped_column_still_tells_rows_apart(spark: SparkSession, files: Mapping[str, Path]) -> None:
    frame = spark.read.parquet(str(files["hiring"])).select("applicant_id", "gender", "referral", "clubs", "hired")
    flags: dict[str, Any] = {"target": "hired", "groups": "gender", "drop": "referral", "only": ["OUT", "QLT"]}
    there, here = auditor.check(frame, **flags), auditor.check(frame.toArrow(), **flags)
    assert there.compared == here.compared is not None
    assert _near(there.to_dict()["results"], here.to_dict()["results"])
    assert there.dataset.columns == here.dataset.columns


def test_a_sample_is_drawn_in_spark_by_person_and_enough_of_each_group(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(8)
    rows = 60_000
    sex = rng.choice(np.array(["f", "m", "x"], dtype=object), rows, p=[0.3, 0.69, 0.01])
    frame = pd.DataFrame(
        {
            "person": np.arange(rows) // 2,
            "sex": sex,
            "score": rng.normal(size=rows),
            "cv": rng.choice(
                ["plays chess well on most days of the week", "leads a team of many in a large city now"], rows
            ),
            "hired": np.where(rng.random(rows) < np.where(sex == "f", 0.2, 0.4), "yes", "no"),
        }
    )
    frame.to_parquet(tmp_path / "people.parquet")
    monkeypatch.setattr(spark_draw, "IN_ALL", 4_000)
    monkeypatch.setattr(spark_draw, "EVEN", 10_000)
    engine = OnSpark(opened(spark.read.parquet(str(tmp_path / "people.parquet")), open_source))
    try:
        seen = engine.peek()
        use = UseCase.model_validate(
            {"label": {"column": "hired"}, "groups": {"columns": ["sex"]}, "features": {"id": "person"}}
        )
        tally = engine.tally(assign(seen, use, "people"), seen)
        evenly, for_models = spark_draw.drawn(engine._counter, tally, 0)  # type: ignore[arg-type]
        found = evenly.connection.sql(f"FROM {evenly.relation}").df()
        for_all = for_models.connection.sql(f"FROM {for_models.relation}").df()
        evenly.close()
        # A person comes with all rows; shares are those of the data within four standard errors.
        assert (found.groupby("person").size() == 2).all() and 9_000 < len(found) < 11_000
        for level, share in frame["sex"].value_counts(normalize=True).items():
            error = math.sqrt(share * (1 - share) / len(found))
            assert abs((found["sex"] == level).mean() - share) < 4 * error
        assert found["person"].isin(frame["person"]).all()
        # Enough of each group: all of the small one, and no group's cap falls short.
        sizes = for_all.groupby("sex").size()
        assert sizes["x"] == (sex == "x").sum() and (sizes[["f", "m"]] >= (4_000 - sizes["x"]) // 2).all()
        assert len(for_all) < 6_000
        tally = engine.worded(engine.sliced(tally, seen, 0), seen, (), 0)
        assert tally.slices is not None and tally.slices.tested.endswith("of those not searched, chosen by a hash")
        assert tally.slices.n < 11_000 and tally.documents["cv"].documents <= 10_500
        assert any(of.text.startswith("Words were counted in ") for of in engine.reading)
        drawn = engine.sample(tally, seen, 0).rows
        assert drawn.groupby(STRATUM)[WEIGHT].sum().sum() == pytest.approx(rows)
        assert {FAVOURABLE, level_of("sex"), "score", "person"} <= set(drawn.columns)
    finally:
        engine.close()


def test_types_come_as_the_loaders_give_them(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT 1Y AS tiny, 2S AS small, 3 AS int, 4L AS big, 1.5F AS f, double('NaN') AS nan, -0.0D AS zero, "
        "1.25BD AS dec, true AS yes, DATE'2020-01-02' AS d, TIMESTAMP'2020-01-02 10:00:00+02:00' AS at, "
        "TIMESTAMP_NTZ'2020-01-02 10:00:00' AS plain, '' AS empty, 'x' AS `the \"odd\" one.`, array(1, 2) AS list, "
        "map('k', 1) AS map, struct(1 AS a) AS s, X'00FF' AS raw, NULL AS nothing, INTERVAL '1' DAY AS span"
    )
    rows = opened(frame, open_source)
    ((*values,),) = rows.local.connection.sql(f"FROM {rows.local.relation}").fetchall()
    rows.local.close()
    assert values[:-1] == [
        1, 2, 3, 4, 1.5, None, 0.0, Decimal("1.25"), True, datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 8),
        datetime.datetime(2020, 1, 2, 10), None, "x", "[1,2]", '{"k":1}', '{"a":1}', "00FF", None,
    ]  # fmt: skip
    assert values[-1].startswith("INTERVAL '1'") and rows.notes == ("times with a zone are read in UTC: 'at'",)
    assert list(rows.local.fields.values())[:5] == ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT"]


def test_a_time_is_the_same_in_whatever_zone_the_session_is(spark: SparkSession) -> None:
    rows = opened(spark.sql("SELECT TIMESTAMP_NTZ'2020-01-02 10:00:00' AS plain"), open_source)
    zone = spark.conf.get("spark.sql.session.timeZone") or "UTC"
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        (value,) = rows.values("plain", ["2020-01-02 10:00:00"])
        assert rows.frame.where(levelled("plain", [value]).isNotNull()).count() == 1
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)
        rows.local.close()


def test_missing_values_in_other_places_make_other_records(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT * FROM VALUES ('x', NULL, 1), (NULL, 'x', 1), ('x', NULL, 1), (NULL, NULL, NULL) AS t(a, b, n)"
    )
    rows = OnSpark(opened(frame, open_source))
    seen = rows.peek()
    repeats = rows.tally(assign(seen, UseCase(), "t"), seen).repeated_rows
    rows.close()
    assert (repeats.counted, repeats.distinct) == (4, 3)


def test_rows_of_counts_are_unfolded_and_wrong_ones_refused(spark: SparkSession) -> None:
    table = "SELECT * FROM VALUES ('f', 'yes', 3), ('f', 'no', 2), ('m', 'yes', 0), ('m', 'no', 4) AS t(sex, hired, n)"
    audit = auditor.check(spark.sql(table), target="hired", groups="sex", count="n")
    assert audit.dataset.rows == 9
    for wrong in ("-1", "1.5D", "NULL", "'many'"):
        with pytest.raises(AuditError, match="cannot count rows"):
            auditor.check(spark.sql(f"SELECT 'f' AS sex, {wrong} AS n"), count="n")
    with pytest.raises(AuditError, match="column 'm' is not in"):
        auditor.check(spark.sql(table), count="m")


def test_addresses_tables_and_queries_are_read(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: spark)
    frame = pd.read_csv(SAMPLES / "hiring.csv", usecols=["gender", "hired"])
    frame.to_csv(tmp_path / "hiring.csv", index=False)
    frame.to_parquet(tmp_path / "hiring.parquet")
    frame.to_parquet(tmp_path / "parts", partition_cols=["gender"])
    spark.read.parquet(str(tmp_path / "hiring.parquet")).createOrReplaceTempView("applicants")
    flags: dict[str, Any] = {"engine": "spark", "target": "hired", "groups": "gender", "only": "OUT001"}
    for audit in (
        auditor.check(tmp_path / "hiring.csv", **flags),
        auditor.check(str(tmp_path / "parts"), **flags),
        auditor.check(table="applicants", **flags),
        auditor.check(sql="SELECT * FROM applicants", **flags),
        auditor.check(tmp_path / "hiring.parquet", sql="SELECT * FROM data WHERE true;", **flags),
    ):
        assert audit.dataset.rows == len(frame)
        rates = frame["hired"].eq("yes").groupby(frame["gender"]).mean()
        measured = next(iter(audit.findings("OUT001"))).measures["impact_ratio"]
        assert measured.value == pytest.approx(rates["female"] / rates["male"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.parquet", "--engine", "spark"], "Path does not exist"),
        (["a.docx", "--engine", "spark"], "Spark reads it only if its name ends in one of"),
        (["--engine", "spark", "--table", "nope"], "nope"),
        (["--engine", "spark", "--sql", "DROP TABLE x"], "Spark: "),
        (["--engine", "spark", "--sql", "SELECT 1 AS a, 2 AS a"], "column 'a' occurs twice"),
        (["--engine", "spark", "--sql", "SELECT 1 AS a WHERE false"], "query has no rows"),
        (["s3://key:secret@bucket/x.parquet", "--engine", "spark"], "Spark: "),
        (["x.csv", "--master", "local[2]"], "a master is Spark's; give --engine spark with it"),
    ],
)
def test_what_spark_cannot_read_is_said_in_a_line(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: spark)
    done = CliRunner().invoke(main, ["check", *words, "--report", "r.html"])
    assert done.exit_code == 2, done.output
    assert said in done.stderr and len(done.stderr.splitlines()) == 1 and not Path("r.html").exists()
    assert "secret" not in done.output


def test_vectors_and_images_are_named_and_are_part_of_a_record(spark: SparkSession, tmp_path: Path) -> None:
    """Of 60 pairs of a woman and a man, 20 share vector and image; 30 women have no image, and 10 rows stand twice."""
    which = np.repeat(np.arange(60), 2)
    which[40:] = np.arange(100, 180)
    image = [{"bytes": b"\x89PNG\r\n\x1a\n" + bytes([i]) * 99, "path": None} for i in which]
    frame = pd.DataFrame(
        {
            "sex": ["f", "m"] * 60,
            "hired": ["no", "yes", "yes", "yes"] * 30,
            "grade": np.repeat(np.arange(60), 2).astype(str),
            "emb": pd.Series([np.array([i, 0.5, 1, 2], np.float32) for i in which], dtype=object),
            "photo": pd.Series([None if i >= 60 and i % 2 == 0 else of for i, of in enumerate(image)], dtype=object),
            "raw": [bytes([i, 255]) * 50 for i in which],
            "key": [bytes([i, 255]) for i in which % 7],
        }
    )
    frame.to_parquet(tmp_path / "people.parquet", index=False)
    pd.concat([frame, frame.iloc[-10:]]).to_parquet(tmp_path / "twice.parquet", index=False)
    flags: dict[str, Any] = {"target": "hired", "groups": "sex", "no_models": True}
    there = auditor.check(spark.read.parquet(str(tmp_path / "people.parquet")), **flags)
    here = auditor.check(tmp_path / "people.parquet", **flags)
    roles = [
        {column.name: (column.role, column.missing) for column in audit.dataset.columns} for audit in (there, here)
    ]
    assert roles[0] == roles[1]
    assert {name: roles[0][name] for name in ("emb", "photo", "raw", "key")} == {
        "emb": ("vector", 0), "photo": ("image", 30), "raw": ("binary", 0), "key": ("feature", 0),
    }  # fmt: skip
    assert _near(there.to_dict()["results"], here.to_dict()["results"])
    (pairs,) = [
        each.measures["pairs"].value for each in there.findings("LAB001") if each.subject["stratum"] == "identical"
    ]
    assert pairs == 20
    # Vectors and images make records so unlike that rows that agree are copies, among which no twins are looked for.
    flags["only"] = ["LAB001", "QLT001"]
    there = auditor.check(spark.read.parquet(str(tmp_path / "twice.parquet")), **flags)
    here = auditor.check(tmp_path / "twice.parquet", **flags)
    assert _near(there.to_dict()["results"], here.to_dict()["results"])
    assert [each.measures["duplicates"].value for each in there.findings("QLT001")] == [10]
    assert there.result("LAB001").state is State.NOT_RUN


def test_a_tally_made_by_spark_is_the_file_s_and_adds_up_with_one_made_by_duckdb(
    spark: SparkSession, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    rows = 6_000
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.integers(18, 80, rows),
            "town": rng.choice(["x", "y", "z"], rows),
            "year": rng.integers(2019, 2023, rows),
            "hired": rng.choice(["yes", "no"], rows),
        }
    )
    north, south = frame.iloc[:4_000], frame.iloc[4_000:].reset_index(drop=True)
    stated: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex"], "time": "year"}
    auditor.tally(north, tmp_path / "north.tally", name="north", **stated)
    auditor.tally(spark.createDataFrame(north), tmp_path / "spark.tally", name="north", **stated)
    auditor.tally(south, tmp_path / "south.tally", name="south", edges_from=tmp_path / "north.tally")
    auditor.tally(
        spark.createDataFrame(south), tmp_path / "spark_south.tally", name="south", edges_from=tmp_path / "spark.tally"
    )

    def audited(*names: str) -> list[Any]:
        audit = auditor.check([tmp_path / f"{name}.tally" for name in names], use_case=None)
        return [(of.rule, of.state, [(each.message, each.measures) for each in of.findings]) for of in audit.results]

    assert audited("spark") == audited("north")
    assert audited("spark", "spark_south") == audited("north", "south")
    whole = auditor.check(frame, **stated, only="OUT001").result("OUT001").findings[0]
    parts = auditor.check([tmp_path / "spark.tally", tmp_path / "spark_south.tally"]).result("OUT001").findings[0]
    assert (parts.state, parts.measures) == (whole.state, whole.measures)
    with pytest.raises(AuditError, match=r"omit --min-cell, or Spark"):
        auditor.tally(spark.createDataFrame(north), tmp_path / "few.tally", min_cell=10, **stated)
    assert not (tmp_path / "few.tally").exists()


@pytest.mark.parametrize("kind", ["arrays", "wide", "texts"])
def test_vectors_are_counted_and_drawn_as_here(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    """Arrays of Spark, numbered columns and texts of lists: the same counts, and the vectors of the same rows."""
    rng = np.random.default_rng(12)
    rows, width = 400, 20
    numbers = rng.normal(size=(rows, width)).astype(np.float32)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "hired": rng.choice(["yes", "no"], rows)})
    bad: dict[int, Any] = {0: None, 1: [0.0] * width}
    if kind != "wide":
        bad |= {2: [1.0, 2.0], 3: []}
    if kind == "arrays":
        bad |= {4: [math.inf, *[1.0] * (width - 1)], 5: [math.nan, *[1.0] * (width - 1)]}
    lists = [bad.get(i, of.tolist()) for i, of in enumerate(numbers)]
    if kind == "wide":
        plain = np.array([of or [math.nan] * width for of in lists], dtype=np.float32)
        frame = pd.concat([frame, pd.DataFrame(plain).add_prefix("emb_")], axis=1)
        pa_table = pa.Table.from_pandas(frame)
    else:
        texts = [None if of is None else str(of) for of in lists]
        emb = pa.array(lists, pa.list_(pa.float32())) if kind == "arrays" else pa.array(texts)
        pa_table = pa.Table.from_pandas(frame).append_column("emb", emb)
    pq.write_table(pa_table, tmp_path / "people.parquet")
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    there = OnSpark(opened(spark.read.parquet(str(tmp_path / "people.parquet")), open_source))
    try:
        with open_source(tmp_path / "people.parquet") as source:
            ready, ours = prepared(there, use), prepared(OnDuckDB(source), use)
            assert ready.roles == ours.roles and ready.roles.vectors == ("emb",)
            one = ready.rows.tally(ready.roles, ready.seen)
            other = ours.rows.tally(ours.roles, ours.seen, False, lambda message: None)
            assert_equal(one, other)
            assert one.vectors["emb"].lost == other.vectors["emb"].lost
            assert sum(one.vectors["emb"].lost.values()) == len(bad)
            samples = [of.vectors(tally, seen, 0)["emb"] for of, tally, seen in (
                (ready.rows, one, ready.seen), (ours.rows, other, ours.seen))]  # fmt: skip
        drawn = [
            sorted((row.tobytes(), level) for row, level in zip(of.values, of.rows[level_of("sex")], strict=True))
            for of in samples
        ]
        assert drawn[0] == drawn[1] and len(drawn[0]) == rows - len(bad) == samples[0].of
    finally:
        there.close()


@pytest.mark.parametrize(
    ("target", "more"), [("pay", {}), ("pay", {"id": "person"}), ("hired", {"positive": "yes", "cluster": "person"})]
)
def test_gaps_with_controls_are_equal(spark: SparkSession, target: str, more: dict[str, str]) -> None:
    """Cells that Spark counted, and rows read by DuckDB, give the same numbers."""
    frame = _odd(3_000).assign(hired=lambda of: np.where(of["pay"] * (of["age"] % 5) > 45_000, "yes", "no"))
    frame = frame[["person", "sex", "age", "town", "when", "pay", "hired"]]
    asked: dict[str, Any] = {"target": target, "groups": "sex", "only": "ADJ001", **more}
    asked["control"] = ["age", "town", "when"]
    there = auditor.check(spark.createDataFrame(frame.astype({"sex": object})), **asked).result("ADJ001")
    here = auditor.check(frame, **asked).result("ADJ001")
    assert [of.state for of in there.findings] == [of.state for of in here.findings] != []
    for one, other in zip(there.findings, here.findings, strict=True):
        assert one.subject == other.subject and one.measures.keys() == other.measures.keys()
        for name in one.measures:
            assert one.measures[name].value == pytest.approx(other.measures[name].value, rel=1e-6), name
            assert one.measures[name].low == pytest.approx(other.measures[name].low, rel=1e-6), name
