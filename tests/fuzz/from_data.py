"""Kinds that make data and audit them: every form of file, names in every role, broken bytes, flags, init, redact."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.fuzz import binary_files, flags, from_saved, hostile, mutate, tables, text_files, toml_files
from tests.fuzz.case import DONE, Case, Step
from tests.fuzz.tables import Made

Writer = Callable[[random.Random, Made, Case], str]


def _csv(random: random.Random, made: Made, case: Case) -> str:
    return case.put(*text_files.odd_csv(random, made))


def _json(random: random.Random, made: Made, case: Case) -> str:
    return case.put(*text_files.odd_json(random, made))


def _parquet(random: random.Random, made: Made, case: Case) -> str:
    return case.put("d.parquet", binary_files.parquet(random, made))


def _arrow(random: random.Random, made: Made, case: Case) -> str:
    return case.put(random.choice(("d.arrow", "d.feather", "d.arrows", "d")), binary_files.feather(random, made))


def _excel(random: random.Random, made: Made, case: Case) -> str:
    return case.put("d.xlsx", binary_files.workbook(random, made))


def _sqlite(random: random.Random, made: Made, case: Case) -> str:
    binary_files.sqlite(random, made, case.folder / "d.sqlite")
    return "d.sqlite"


def _duckdb(random: random.Random, made: Made, case: Case) -> str:
    binary_files.duckdb_file(random, made, case.folder / "d.duckdb")
    return "d.duckdb"


def _compressed(random: random.Random, made: Made, case: Case) -> str:
    name, data = (text_files.odd_csv if random.random() < 0.6 else text_files.odd_json)(random, made)
    suffix, data = binary_files.compressed(random, data)
    return case.put(f"{name if random.random() < 0.9 else 'd'}{suffix}", data)


WRITERS: dict[str, Writer] = {
    "csv": _csv, "json": _json, "parquet": _parquet, "arrow": _arrow, "excel": _excel, "sqlite": _sqlite,
    "duckdb": _duckdb, "gz": _compressed,
}  # fmt: skip


def checked(random: random.Random, made: Made, path: str, more: list[str] | None = None) -> Step:
    """Return an audit of a file, with the roles of its table and reports."""
    asked, outputs = flags.reports(random)
    return Step(
        flags.words(["check", path, *made.flags(random), *asked, *flags.models(random), *(more or [])]), outputs
    )


def audited(form: str) -> Callable[[random.Random, Case], None]:
    """Return the kind that writes a hard table in a form and audits it."""

    def make(random: random.Random, case: Case) -> None:
        made = tables.wild(random)
        path = WRITERS[form](random, made, case)
        case.steps.append(checked(random, made, path))

    return make


def names(random: random.Random, case: Case) -> None:
    """Well-formed data whose names are hard in every role."""
    made = tables.tame(random)
    hard = hostile.unlike(random, len(made.names))
    made = made.renamed(dict(zip(made.names, hard, strict=True)))
    form = random.choice(("csv", "parquet", "jsonl"))
    content = {"csv": text_files.as_csv, "jsonl": text_files.as_jsonl}.get(form)
    path = case.put(f"d.{form}", content(made) if content else binary_files.parquet(random, made, odd=False))
    case.steps.append(checked(random, made, path))


def broken(random: random.Random, case: Case) -> None:
    """A file of any form with a few bytes broken."""
    made = tables.wild(random)
    path = WRITERS[random.choice(tuple(WRITERS))](random, made, case)
    file = case.folder / path
    file.write_bytes(mutate.bytes_of(random, file.read_bytes()))
    case.steps.append(checked(random, made, path))


def any_flags(random: random.Random, case: Case) -> None:
    """Any command with options drawn at random."""
    made = tables.wild(random) if random.random() < 0.3 else tables.tame(random, roles=tables.some(random))
    form = random.choice(("csv", "csv", "parquet", "sqlite", "json"))
    plain = random.random() < 0.6
    files = [case.put("d.csv", text_files.as_csv(made)) if plain else WRITERS[form](random, made, case)]
    case.put("a.json", json.dumps(from_saved.audit(0)[0]))
    case.put("e.tally", json.dumps(from_saved.tally(0)[0]))
    files.append(case.put("t.txt", toml_files.terms(random)))
    files.append(case.put("u.toml", toml_files.document(toml_files.use_case(random, made, files[0]))))
    case.steps.append(flags.drawn(random, case, made, [files[0], *files]))


def use_case(random: random.Random, case: Case) -> None:
    """A use case, a policy, a population or a list of terms, right or spoilt."""
    made = tables.wild(random) if random.random() < 0.4 else tables.tame(random, roles=tables.some(random))
    path = case.put("d.csv", text_files.as_csv(made))
    kind = random.choice(("use", "use", "use", "policy", "population", "csv", "terms"))
    if kind == "use":
        case.put("u.toml", toml_files.spoilt(random, toml_files.use_case(random, made, path)))
        asked, outputs = flags.reports(random)
        case.steps.append(Step(flags.words(["check", "--use-case=u.toml", *asked, *flags.models(random)]), outputs))
        return
    if kind == "policy":
        more = [f"--policy={case.put('own.toml', toml_files.spoilt(random, toml_files.policy(random)))}"]
    elif kind == "population":
        tables_ = {"population": toml_files.population(random, made)}
        more = [f"--reference={case.put('p.toml', toml_files.spoilt(random, tables_))}"]
    elif kind == "csv":
        rows = [f"{g},{level},{n}" for g, of in toml_files.population(random, made).items() for level, n in of.items()]
        text = "\n".join(["group,level," + random.choice(("share", "percent", "count", "x")), *rows]) + "\n"
        data = text.encode("utf-8", "replace")
        more = [f"--reference={case.put('p.csv', data if random.random() < 0.7 else mutate.bytes_of(random, data))}"]
    else:
        more = [f"--redact={case.put('t.txt', toml_files.terms(random))}"]
    case.steps.append(checked(random, made, path, more))


def redact(random: random.Random, case: Case) -> None:
    """A masked copy, of any form, which is then audited."""
    made = tables.wild(random) if random.random() < 0.5 else tables.tame(random)
    path = WRITERS[random.choice(tuple(WRITERS))](random, made, case)
    terms = case.put("t.txt", toml_files.terms(random))
    copy = f"copy{random.choice(('.csv', '.parquet', '.jsonl'))}"
    text = [f"--text={made.names['text']}"] if "text" in made.names and random.random() < 0.7 else []
    command = ["redact", path, f"--terms={terms}", "-o", copy, *text]
    case.steps.append(Step(flags.words(command), (copy,), DONE, data=(copy,)))


def init(random: random.Random, case: Case) -> None:
    """A first use case from the data, which is then read."""
    made = tables.wild(random)
    path = WRITERS[random.choice(tuple(WRITERS))](random, made, case)
    case.steps.append(Step(flags.words(["init", path, "-o", "u.toml"]), ("u.toml",), DONE))
    if random.random() < 0.3:
        case.steps.append(Step(("check", "--use-case=u.toml", "--no-models", "--report=r.json"), ("r.json",)))


def stream(random: random.Random, case: Case) -> None:
    """Data on standard input."""
    made = tables.wild(random)
    form = random.choice(tuple(WRITERS))
    file = case.folder / WRITERS[form](random, made, case)
    step = checked(random, made, "-")
    step.stdin = file.read_bytes() if random.random() < 0.8 else mutate.bytes_of(random, file.read_bytes())
    file.unlink()
    case.steps.append(step)


def folder(random: random.Random, case: Case) -> None:
    """A folder or a pattern of several files, alike or not."""
    made = tables.wild(random)
    (case.folder / "many").mkdir()
    for i in range(random.randint(1, 3)):
        form = random.choice(("csv", "csv", "parquet", "json"))
        file = case.folder / WRITERS[form](random, made if random.random() < 0.8 else tables.wild(random), case)
        file.rename(case.folder / "many" / f"{i}{file.suffix}")
    case.steps.append(checked(random, made, random.choice(("many", "many/*", "many/*.csv", "many/[0-9].*"))))
