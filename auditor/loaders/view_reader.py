"""A query over a DuckDB file -> a table in a file of its own; run as a program.

What a file's view makes up has no bound, and the engine's own limit of memory does not hold for every value. So the
query has a process of its own, with limits. It imports nothing of ours, to be quick to start.
"""

from __future__ import annotations

import json
import sys
from typing import Any

MEMORY = 5 * 2**29  # bytes of the process, where the system can limit them
FAILED = 2


def _limit(memory: int, seconds: float, written: int) -> None:
    try:
        import resource
    except ImportError:  # a system without it
        return
    wanted = {resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: max(1, int(seconds))}
    wanted |= {resource.RLIMIT_FSIZE: written, resource.RLIMIT_CORE: 0}
    for which, most in wanted.items():
        _, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY or most <= hard:
            resource.setrlimit(which, (most, hard))


def run(asked: dict[str, Any]) -> None:
    """Attach the file `given`, and write what `query` gives into the table `rows` of the file `into`."""
    import duckdb

    connection = duckdb.connect()
    for name, value in asked["settings"].items():
        connection.execute(f"SET {name} = {_literal(value)}").fetchall()
    connection.execute(f"ATTACH {_literal(asked['given'])} AS given (READ_ONLY)").fetchall()
    connection.execute(f"ATTACH {_literal(asked['into'])} AS into_").fetchall()
    for setting in asked["locks"]:
        connection.execute(f"SET {setting}").fetchall()
    connection.execute("USE given").fetchall()
    connection.execute(f"CREATE TABLE into_.rows AS FROM (\n{asked['query']}\n)").fetchall()
    connection.execute("USE memory").fetchall()
    connection.execute("DETACH into_").fetchall()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def main() -> None:
    """Do what standard input asks, as JSON; report on standard output what is wrong with the query."""
    asked = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    _limit(asked["memory"], asked["seconds"], asked["written"])
    import duckdb

    try:
        run(asked)
    except duckdb.OutOfMemoryException:
        sys.exit(1)
    except duckdb.Error as error:
        sys.stdout.write(json.dumps(str(error)))
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
