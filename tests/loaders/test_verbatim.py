"""A masked copy: what was not asked about stands in it byte for byte."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json
import os
import random
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.audit.redact import redact
from auditor.loaders.verbatim import copy

TEXTS = [f"She led the chess club in year {i} and wrote of it at length" for i in range(30)]


def masked(written: str) -> str:
    return written.replace("She", "▮").replace("she", "▮")


@pytest.mark.parametrize(
    "lines",
    [
        ["id,amount,text,big,day", *(f"{i:03},{i}.10,{t},{10**18 + i},05/06/2020" for i, t in enumerate(TEXTS))],
        ["id;amount;text", *(f'"{i:03}";1,{i:02};"{t}; and ""she"""' for i, t in enumerate(TEXTS))],
        ["id\ttext\tflag", *(f"{i}\t{t}\t{'NA' if i % 2 else 'Yes'}" for i, t in enumerate(TEXTS))],
        ["text", *TEXTS],
        ["# from the register", "id,text,n", *(f'{i},"{t}",1e3' for i, t in enumerate(TEXTS))],
        ["id, text, n", *(f'{i}, "{t}, so", 0x1F' for i, t in enumerate(TEXTS))],
        ["id,text,n", "", *(f'{i},"{t}",  7 ' for i, t in enumerate(TEXTS)), "", ""],
        ["id,text,n", *(f"{i},'{t}','a, b'" for i, t in enumerate(TEXTS))],
        ["id,text,n", *(f'{i},"{t} \\"she\\"","a, b"' for i, t in enumerate(TEXTS))],
        ["id,text,n", *(f'{i},"{t}\n and then, she",2' for i, t in enumerate(TEXTS))],
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_is_masked_and_every_other_byte_stays(tmp_path: Path, lines: list[str], end: str) -> None:
    data, out = tmp_path / "data.csv", tmp_path / "copy.csv"
    data.write_bytes("".join(line + end for line in lines).encode())
    redact(str(data), ["she"], str(out), ["text"])
    assert out.read_bytes().rstrip() == masked(data.read_bytes().decode()).encode().rstrip()


def test_a_mask_that_needs_quotes_gets_them(tmp_path: Path) -> None:
    """A law over random records: as fields, the copy is the data with its texts changed."""
    rng = random.Random(5)
    data, out = tmp_path / "data.csv", tmp_path / "copy"
    for _ in range(40):
        rows = [["a", "text", "z"]]
        rows += [["".join(rng.choices('ab ,"\n;1', k=rng.randint(1, 6))) + "x" for _ in range(3)] for _ in range(30)]
        stream = io.StringIO(newline="")
        csv.writer(stream, quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).writerows(rows)
        data.write_text(stream.getvalue(), encoding="utf-8", newline="")

        def change(text: str) -> str:
            return text.replace("b", ', "').replace("a", "")

        assert copy(str(data), out, ".csv", ["text"], change)
        with out.open(encoding="utf-8", newline="") as written:
            found = list(csv.reader(written))
        assert found == [rows[0], *([a, change(text), z] for a, text, z in rows[1:])]


def test_json_keeps_its_numbers_as_written(tmp_path: Path) -> None:
    data, out = tmp_path / "data.json", tmp_path / "copy.jsonl"
    lines = [
        f'{{"n": 1.10, "big": 12345678901234567890, "text": {json.dumps(text)}, "deep": {{"text": "she", "x": [1.0]}}}}'
        for text in TEXTS
    ]
    data.write_text(f"[{','.join(lines)}]", encoding="utf-8")
    redact(str(data), ["she"], str(out), ["text"])
    written = out.read_text(encoding="utf-8").splitlines()
    assert written == [line.replace("She led", "▮ led") for line in lines]
    redact(str(data), ["she"], str(out), ["text", "deep"])
    assert '"deep": {"text": "▮", "x": [1.0]}' in out.read_text(encoding="utf-8")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    data, out = tmp_path / "data.parquet", tmp_path / "copy.parquet"
    zoned = pa.array([datetime.datetime(2020, 1, 1)] * 30, pa.timestamp("ns", "Europe/Berlin"))
    table = pa.table(
        {
            "text": TEXTS,
            "paid": pa.array([decimal.Decimal("1.10")] * 30),
            "at": zoned,
            "time": pa.array([datetime.time(1)] * 30),
            "small": pa.array([1] * 30, pa.int8()),
            "same": pa.array(TEXTS).dictionary_encode(),
            "list": [[1, None]] * 30,
        }
    )
    pq.write_table(table, data)
    redact(str(data), ["she"], str(out), ["text", "same"])
    after = pq.read_table(out)
    assert after.schema == table.schema
    assert after.drop(["text", "same"]).equals(table.drop(["text", "same"]))
    assert after["text"].to_pylist() == after["same"].to_pylist() == [masked(text) for text in TEXTS]


def test_packed_data_and_a_pipe_are_copied_alike(tmp_path: Path) -> None:
    written = "id,amount,text\n" + "".join(f"{i:03},1.10,{text}\n" for i, text in enumerate(TEXTS))
    packed, pipe, out = tmp_path / "data.csv.gz", tmp_path / "pipe", tmp_path / "copy.csv"
    packed.write_bytes(gzip.compress(written.encode()))
    os.mkfifo(pipe)
    feeding = threading.Thread(target=pipe.write_text, args=(written,))
    feeding.start()
    for data in (packed, pipe):
        redact(str(data), ["she"], str(out), ["text"])
        assert out.read_text(encoding="utf-8") == masked(written)
    feeding.join()
