"""What opens a database is printed nowhere: addresses, queries and commands show only what is known to be harmless."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.loaders.credentials import scrubbed, shown, shown_command, shown_query

PASSWORDS = ("hunter2", "hun ter2", "hun'ter2", 'hun"ter2', "hun@ter2", "hun/ter2", "hun:ter2", "hun?ter2", "hun#ter2", "hun;ter2", "hun&ter2", "hün2ter")  # fmt: skip


def _leaks(password: str, text: str) -> bool:
    """Whether a text holds the password, plain or encoded, or a part of three characters of it."""
    parts = {password[i : i + 3] for i in range(len(password) - 2)}
    return any(part in text for part in parts if part.isalnum() and part not in ("ter",)) or quote(password) in text


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "scheme", ["postgresql://", "postgres://", "POSTGRESQL://", "https://", "s3a://", "jdbc:postgresql://"]
)
def test_an_address_is_shown_without_user_and_password(password: str, scheme: str) -> None:
    for written in (password, quote(password, safe="")):
        for address in (
            f"{scheme}zoe:{written}@db.example:5433/hr",
            f"{scheme}db.example/hr?password={written}",
            f"{scheme}db.example/hr?p%61ssword={written}&user=zoe",
            f"{scheme}db.example/hr?sslmode=require&sig={written}",
            f"{scheme}zoe:{written}@/hr?host=/var/run",
            # Of zoe:hun@ter2 without a host, ter2 is the host.
            *([f"{scheme}zoe:{written}/hr", f"{scheme}zoe:{written}"] if "@" not in written else []),
        ):
            for text in (
                shown(address),
                shown_command(["dataudit", "check", address]),
                shown_command(["dataudit", "check", "--sql", f"select * from '{address}'"]),
                shown_command(["dataudit", f"--master={address}"]),
                shown_query(f"select * from read_parquet('{address.replace(chr(39), chr(39) * 2)}')"),
            ):
                assert not _leaks(password, text) and "zoe" not in text, (address, text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select * from 'data/*.parquet' where year >= 2005", "select * from 'data/*.parquet' where year >= 2005"),
        ("select x from t where region <> 'test' and day > '2024-01-31'", "select x from t where region <> 'test' and day > '2024-01-31'"),
        ("select * from t where password = 'abc'", "select * from t where password = '…'"),
        ("select * from dblink('host=h user=u password=p', 'select 1')", "select * from dblink('…', 'select 1')"),
        ("create secret (type s3, key_id 'AKIA', secret 'abc/def')", "create secret (type s3, key_id '…', secret '…')"),
        ("select $$hid den$$, E'x\\'y' -- token: zz\n from t /* pw */", "select '…', '…' from t"),
        ("select * from t where k = 'eyJhbGciOiJIUzI1NiIsInR5cCI6'", "select * from t where k = '…'"),
        ("select * from t where u = 'ann@example.org'", "select * from t where u = '…'"),
        ("select 'unterminated", "…"),
    ],
)  # fmt: skip
def test_a_query_is_shown_without_texts_that_may_open_something(query: str, expected: str) -> None:
    assert " ".join(shown_query(query).replace(" ,", ",").split()) == expected.replace(" ,", ",")


def test_a_librarys_words_are_shown_without_what_was_typed() -> None:
    typed = "postgresql://zoe:s3%20cret@db.example/hr?api_key=kk1"
    said = scrubbed("FATAL: no user zoe with 's3 cret' (s3%20cret, kk1) at db.example, planning", typed)
    assert said == "FATAL: no user … with '…' (…, …) at db.example, planning"


def test_neither_reports_nor_errors_repeat_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("gender,hired\n" + "f,yes\nm,no\nf,no\nm,yes\n" * 20)
    monkeypatch.chdir(tmp_path)
    query = "select * from 'a.csv' where 'password=hun ter2' <> '' and gender <> 'AccountKey=hun''ter2=='"
    words = [
        "check",
        "--sql",
        query,
        "--target",
        "hired",
        "--report",
        "a.json",
        "--report",
        "a.html",
        "--only",
        "OUT001",
    ]
    monkeypatch.setattr("sys.argv", ["dataudit", *words])
    done = CliRunner().invoke(main, [*words, "--fail-on", "never"])
    assert done.exit_code == 0, done.output
    said = (
        done.output
        + (tmp_path / "a.json").read_text(encoding="utf-8")
        + (tmp_path / "a.html").read_text(encoding="utf-8")
    )
    assert not re.search(r"\bhun\b|hunter|ter2|AccountKey", said)  # the rules cite Chung
    command = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["provenance"]["command"]
    assert command.startswith("dataudit check --sql 'select * from ")
    for data in (
        "https://zoe:hunter2@x/y.csv",
        "s3://zoe:hun ter2@x/y.csv",
        "postgresql:zoe:hunter2@h/d",
        "ftp://x/?sig=hunter2",
    ):
        refused = CliRunner().invoke(main, ["check", data, "--target", "hired"])
        assert refused.exit_code == 2 and refused.output.count("\n") == 1
        assert "hun" not in refused.output and "zoe" not in refused.output
    with pytest.raises(AuditError) as caught:
        auditor.check(sql="select * from read_csv('nothing.csv', secret => 'hunter2')", target="x")
    assert "hunter2" not in str(caught.value)
