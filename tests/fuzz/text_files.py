"""Tables as text: CSV in many dialects, JSON and JSON lines, well-formed or nearly so."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import date, datetime
from typing import Any

from tests.fuzz import hostile
from tests.fuzz.tables import Made

ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "cp1252",
    "latin-1",
    "utf-32",
    "shift_jis",
    "utf-7",
)


def plain(value: object) -> str:
    """Return a value as CSV has it."""
    return "" if value is None else str(value)


def as_csv(made: Made) -> str:
    """Return a table as the plainest CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(made.columns)
    writer.writerows([plain(value) for value in row] for row in zip(*made.columns.values(), strict=True))
    return out.getvalue()


def odd_csv(random: random.Random, made: Made) -> tuple[str, bytes]:
    """Return a file name and bytes: any separator, quotes, line ends, encoding, and rows that are too short or long."""
    separator = random.choice((",", ",", ",", ",", "\t", ";", "|", random.choice((" ", ":", "\x01", "^"))))
    quoting: Any = random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    ends = random.choice(("\n", "\n", "\r\n", "\r", "mixed"))
    comma = random.random() < 0.15
    day = random.choice(("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%b %d, %Y"))
    blank = random.choice(("", "", "", "NA", "NULL", "-", "?", '""', "nan"))

    def cell(value: Any) -> str:
        if value is None:
            return blank
        if isinstance(value, float) and comma:
            return str(value).replace(".", ",")
        if isinstance(value, date) and value.year >= 1000:
            return value.strftime(day)
        return str(value)

    rows = [list(made.columns), *([cell(v) for v in row] for row in zip(*made.columns.values(), strict=True))]
    if random.random() < 0.1 and len(rows[0]) > 1:
        rows[0][1] = rows[0][0]  # the same name twice
    if random.random() < 0.1:
        del rows[0]
    if random.random() < 0.2:
        for _ in range(random.randint(1, 4)):
            row = random.choice(rows)
            if random.random() < 0.5:
                del row[random.randint(0, len(row)) :]
            else:
                row += [hostile.level(random)] * random.randint(1, 3)
    if random.random() < 0.1:
        rows.insert(0, [random.choice(("# a remark", "Report of 2020", "sep=;", ""))])
    if random.random() < 0.1:
        rows.append([random.choice(("Total", "", "-- 12 rows --"))])
    lines = []
    for row in rows:
        out = io.StringIO()
        try:
            csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="", escapechar="\\").writerow(row)
        except (csv.Error, ValueError):
            out = io.StringIO(separator.join(row))
        lines.append(out.getvalue())
    text = "".join(line + (random.choice(("\n", "\r\n", "\r")) if ends == "mixed" else ends) for line in lines)
    if random.random() < 0.1:
        text = text.rstrip("\r\n")
    data = text.encode(
        random.choice(ENCODINGS if random.random() < 0.3 else ("utf-8",)),
        random.choice(("replace", "ignore", "xmlcharrefreplace")),
    )
    return random.choice(("d.csv", "d.csv", "d.tsv", "d.txt", "d.dat", "d")), data


def json_value(value: object) -> object:
    """Return a value as JSON can have it; NaN stays, for some writers write it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def as_jsonl(made: Made) -> str:
    """Return a table as JSON lines."""
    rows = (
        dict(zip(made.columns, map(json_value, row), strict=True)) for row in zip(*made.columns.values(), strict=True)
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def odd_json(random: random.Random, made: Made) -> tuple[str, bytes]:
    """Return a file name and bytes: records, lines, columns or a wrapped list, with nested and odd values."""
    rows: list[Any] = [
        dict(zip(made.columns, map(json_value, row), strict=True)) for row in zip(*made.columns.values(), strict=True)
    ]
    if random.random() < 0.3:
        for _ in range(random.randint(1, 5)):
            row = random.choice(rows)
            row[hostile.name(random)] = odd_value(random)
    if random.random() < 0.2:
        for row in random.sample(rows, min(3, len(rows))):
            row.pop(next(iter(row), ""), None)
    if random.random() < 0.05:
        rows[random.randrange(len(rows))] = random.choice((None, 5, "x", [], [1, 2]))
    ascii_only = random.random() < 0.3
    shape = random.randrange(6)
    if shape <= 2:
        text = "".join(json.dumps(row, ensure_ascii=ascii_only) + random.choice(("\n", "\n", "\r\n")) for row in rows)
        name = random.choice(("d.jsonl", "d.ndjson", "d.json"))
    else:
        value: Any = rows
        if shape == 4:
            value = {"data": rows, "meta": odd_value(random)}
        elif shape == 5:
            value = {name: list(map(json_value, values)) for name, values in made.columns.items()}
        text, name = json.dumps(value, ensure_ascii=ascii_only, indent=random.choice((None, 1))), "d.json"
    if random.random() < 0.1:
        text = text.replace('"', '"\\ud800', 1) if random.random() < 0.5 else "\ufeff" + text
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1"))
    return name, text.encode(encoding, "replace")


def odd_value(random: random.Random) -> object:
    """Return a value that a table hardly holds."""
    return random.choice(
        (None, True, -0.0, 1e400, 10**40, "", "x" * 5000, [], {}, [1, [2, [3]]], {"a": {"b": None}}, hostile.level(random),
         {hostile.name(random): hostile.level(random)}, float("nan"), ["a", 1, None])
    )  # fmt: skip
