"""Credentials out of what is said: addresses and settings without the words that open a door."""

from __future__ import annotations

import re

MASK = "***"
_USER = re.compile(r"""(\b[a-z][\w+.-]*://)[^\s'"]*@""", re.IGNORECASE)
_SETTING = re.compile(
    r"""\b(\w*(?:password|passwd|passfile|pwd|secret|token|access_?key\w*|sslkey|credentials?)\s*(?:=|%3D)\s*)"""
    r"""('(?:[^'\\]|\\.|'')*'|"[^"]*"|[^\s&;,'")]+)""",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text without the user's name and password, be it an address, a command, an SQL query or an error.

    >>> print(masked("postgresql://ann:p@ss@db.example/hr?password=hunter2&sslmode=require"))
    postgresql://***@db.example/hr?password=***&sslmode=require
    """
    return _SETTING.sub(rf"\1{MASK}", _USER.sub(rf"\1{MASK}@", text))
