"""The pages of docs/reference/, made of the code: `python -m tests.generated` writes them, and a test holds them to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.reference import audit, commands, python, rules, use_case

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/rules.md": rules.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/python.md": python.page,
    "docs/reference/use-case.md": use_case.page,
    "docs/reference/audit.md": audit.page,
}
