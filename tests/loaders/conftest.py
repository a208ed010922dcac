"""A real PostgreSQL server, of this test run alone."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.needs import absent, program

PASSWORD = "s3cr:t@/p#w%41 a'b\"c"  # every character that an address gives a meaning to
BINARIES = ":".join([os.environ.get("PATH", ""), *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)])


@dataclass(frozen=True)
class Server:
    """A running server; `address` holds user and password."""

    port: int
    address: str

    @property
    def shown(self) -> str:
        """What may be said of it."""
        return f"postgresql://127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str) -> None:
        """Run statements, and keep what they do."""
        from adbc_driver_postgresql import dbapi

        with closing(dbapi.connect(self.address)) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def ingest(self, table: str, data: Any) -> None:
        """Make a table of Arrow data."""
        from adbc_driver_postgresql import dbapi

        with closing(dbapi.connect(self.address)) as connection, closing(connection.cursor()) as cursor:
            cursor.adbc_ingest(table, data, mode="replace")
            connection.commit()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that asks for a password, on a port that was free."""
    try:
        import adbc_driver_postgresql  # noqa: F401
    except ImportError:
        absent("POSTGRES", "the driver for PostgreSQL is not installed")
    initdb, control = (program("POSTGRES", (name,), BINARIES) for name in ("initdb", "pg_ctl"))
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path must be short
    run = _runner(folder)
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    data = str(folder / "data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        run(initdb, "-D", data, "-U", "auditor", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--locale=C",
            f"--pwfile={folder / 'password'}")  # fmt: skip
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(control, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Server(port, f"postgresql://auditor:{percent(PASSWORD)}@127.0.0.1:{port}/postgres")
        finally:
            run(control, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def percent(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _runner(folder: Path) -> Callable[..., None]:
    """Return a function that runs a command; not as root, for the server refuses that."""
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        names = [entry.pw_name for entry in pwd.getpwall()]
        entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def run(*command: str) -> None:
        # Into a file, not a pipe: the server keeps what it inherits open.
        with (folder / "said").open("w+") as said:
            done = subprocess.run(command, stdout=said, stderr=said, cwd=folder, check=False, **user)
            said.seek(0)
            assert done.returncode == 0, said.read()

    return run
