"""For type checkers alone: when a program runs, `dataudit.errors` is `auditor.errors` itself."""

from auditor.errors import *  # noqa: F403 # each name is what it is there
