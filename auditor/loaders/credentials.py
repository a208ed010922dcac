"""What may be printed of addresses, queries and commands: what is known to be harmless, and nothing else.

A password may hold any character and stand under any name, so that looking for it finds some of them only. An address
is taken apart as its loader does, a query by DuckDB's own tokenizer, and only the parts on an allow-list are printed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, unquote_plus

HIDDEN = "…"
# The flags of the program whose value is a query.
QUERIES = ("--sql",)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]*(?=://)|(?:postgres(?:ql)?|https?|s3[an]?)(?=:)", re.IGNORECASE)
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[\w.\-*%]*)(?::\d+)?"
_PLACE = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/[\w .:\-/\[\],%*={{}}]*)?")
# A text of a query that may be printed: a value, a date, a path or a pattern of paths.
_PLAIN = re.compile(r"[\w .,/*\-+<>()%]{0,60}")
_KEY_LIKE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/_\-]{20,}")  # long, of letters and digits, without a dot
_SECRET = re.compile(
    r"pass|pwd|secret|token|credential|signature|api_?key|access_?key|account_?key|key_?id|sas|auth|private",
    re.IGNORECASE,
)
_REACH = 3  # tokens before a text that may name it: PASSWORD 'x', password => 'x', "api_key" = ('x')


def shown(text: str) -> str:
    """Return an address without what opens it: its scheme, host, port and path. A path of this machine stays as it is.

    >>> print(shown("postgresql://ann:p@ss word@db.example:5433/hr?password=hunter2&sslmode=require"))
    postgresql://db.example:5433/hr
    >>> print(shown("https://files.example/a.csv?sig=abc"), shown("data/a@b.csv"), shown("postgresql:ann:x@host/hr"))
    https://files.example/a.csv data/a@b.csv postgresql:…
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    rest = text[scheme.end() + 1 :]
    if not rest.startswith("//"):
        return f"{scheme[0]}:{HIDDEN}"
    base, mark, setting = _parted(rest[2:])
    place = base.rpartition("@")[2]
    if (mark and "@" in setting) or not _PLACE.fullmatch(place):  # where a password ends is unclear
        place = HIDDEN
    return f"{scheme[0]}://{place}"


def shown_query(sql: str) -> str:
    """Return a query on one line, without remarks; texts that may open something are left out.

    >>> print(shown_query("select * from 's3://k:s@b/x.parquet'  where region <> 'test' and api_key = 'q' -- pw: z"))
    select * from 's3://b/x.parquet' where region <> 'test' and api_key = '…'
    """
    parts, named = [], [""]
    for token, kind in _tokens(sql):
        if kind == "comment":
            parts.append(" ")
        elif kind == "string_const":
            if len(token.strip()) < 2 or token.strip()[-1] not in "'$":  # where its texts end is unclear
                return HIDDEN
            parts.append(_shown_text(token, named[-_REACH:]))
        else:
            parts.append(token)
            named.append(token)
    return " ".join("".join(parts).split())


def shown_command(words: Sequence[str]) -> str:
    """Return a command as it may be typed again, without what opens a database.

    >>> print(shown_command(["dataudit", "check", "postgres://u:p@h/d", "--sql", "select 'a=b'", "--sql=select 'k://u:p@h'"]))
    dataudit check postgres://h/d --sql 'select '"'"'…'"'"'' '--sql=select '"'"'k://h'"'"''
    """
    shown_words = []
    for before, word in zip(["", *words], words, strict=False):
        flag, sign, value = word.partition("=")
        if before in QUERIES:
            shown_words.append(shown_query(word))
        elif flag in QUERIES and sign:
            shown_words.append(f"{flag}={shown_query(value)}")
        elif flag.startswith("--") and sign:
            shown_words.append(f"{flag}={shown(value)}")
        else:
            shown_words.append(shown(word))
    return shlex.join(shown_words)


def scrubbed(message: str, *typed: str | None) -> str:
    """Return a library's message, without the parts of an address or a query that are not to be printed.

    >>> print(scrubbed("no such user 'ann' at db.example", "postgresql://ann:secret@db.example/hr"))
    no such user '…' at db.example
    """
    hidden = {part for text in typed if text for part in _hidden(text) if part}
    for part in sorted(hidden, key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", HIDDEN, message)
    return message


def _parted(rest: str) -> tuple[str, str, str]:
    """Return an address before its settings, the sign that begins them, and the settings."""
    found = re.search(r"[?#;]", rest)
    return (rest[: found.start()], found[0], rest[found.end() :]) if found else (rest, "", "")


def _hidden(text: str) -> Iterator[str]:
    """Yield the parts of an address, or the texts of a query, that are not printed."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        for token, kind in _tokens(text) if " " in text or "'" in text else ():
            if kind == "comment" or (kind == "string_const" and _shown_text(token, ()) != token):
                yield from {token, token[1:-1]}
        return
    rest = text[scheme.end() + 1 :].removeprefix("//")
    base, _, setting = _parted(rest)
    secret = rest.rpartition("@")[0] if "@" in rest else ""
    named = base.rpartition("@")[0]
    pieces = [secret, named, *secret.split(":", 1), *named.split(":", 1)]
    for pair in setting.split("&"):
        key, _, value = pair.partition("=")
        if unquote(key) not in ("sslmode", "connect_timeout", "application_name", "host", "port", "dbname"):
            pieces.append(value)
    for piece in pieces:
        yield from {piece, unquote(piece), unquote_plus(piece)}


def _shown_text(token: str, before: Sequence[str]) -> str:
    """Return a text of a query, or dots for one that may open something."""
    body = token.strip()
    inner = body[1:-1].replace("''", "'") if len(body) > 1 and body[0] == body[-1] == "'" else None
    space = token[len(token.rstrip()) :]
    if inner is None or any(_SECRET.search(word) for word in before):
        return f"'{HIDDEN}'{space}"
    if _SCHEME.match(inner):
        return f"'{shown(inner)}'{space}"
    plain = _PLAIN.fullmatch(inner) and not _KEY_LIKE.search(inner)
    return token if plain else f"'{HIDDEN}'{space}"


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the tokens of a query, each with the space behind it and its kind; other databases' come out as near."""
    import duckdb

    found = duckdb.tokenize(sql)
    starts = [start for start, _ in found]
    encoded = sql.encode()  # places are counted in bytes
    for (start, kind), end in zip(found, [*starts[1:], len(encoded)], strict=True):
        yield encoded[start:end].decode(errors="replace"), kind.name
