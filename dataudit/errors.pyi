from auditor.errors import *  # noqa: F403 # for type checkers: when it runs, it is that module itself
