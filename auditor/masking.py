"""Credentials out of what is said: addresses and settings without the words that open a door."""

from __future__ import annotations

import re

MASK = "***"
_USER = re.compile(r"""(\b[a-z][\w+.-]*://)[^\s'"]*@""", re.IGNORECASE)
_NAME = re.compile(r"([?&]user(?:name)?(?:=|%3D))[^\s&;'\"]+", re.IGNORECASE)
_MISSPELT = re.compile(r"\b(postgres(?:ql)?:/{0,2})[^\s'\"@]*@", re.IGNORECASE)  # an address without its two slashes
_SETTING = re.compile(
    r"""\b(\w*(?:password|passwd|passfile|pwd|secret|token|access_?key\w*|sslkey|credentials?)\s*(?:=|%3D)\s*)"""
    r"""('(?:[^'\\]|\\.|'')*'|"[^"]*"|[^\s&;,'")]+)""",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text without the user's name and password, be it an address, a command, an SQL query or an error.

    >>> print(masked("postgresql://ann:p@ss@db.example/hr?password=hunter2&sslmode=require"))
    postgresql://***@db.example/hr?password=***&sslmode=require
    >>> print(masked("postgresql:ann:secret@db.example/hr and postgresql:///hr?user=ann&sslmode=require"))
    postgresql:***@db.example/hr and postgresql:///hr?user=***&sslmode=require
    """
    for pattern in (_USER, _MISSPELT):
        text = pattern.sub(rf"\1{MASK}@", text)
    for pattern in (_NAME, _SETTING):
        text = pattern.sub(rf"\1{MASK}", text)
    return text
