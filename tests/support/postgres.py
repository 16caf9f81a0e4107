"""A PostgreSQL server of the tests' own."""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from img2music.errors import LibraryError
from img2music.library.store import LibraryStore

ADMIN = "postgres"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """Folder of PostgreSQL's programs, the newest there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


class PostgresServer:
    """A server in a folder of its own, which ends with the tests."""

    def __init__(self, bin_folder: Path, **settings: str) -> None:
        self._bin = bin_folder
        self._make_folder()
        self._run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ADMIN}", "--auth=trust")
        self._set(**SETTINGS | settings, listen_addresses="127.0.0.1")
        self.start()
        self._numbers = itertools.count()
        self.sql("CREATE DATABASE template_library")
        LibraryStore.open(self.url("template_library"), create=True).close()

    def _make_folder(self) -> None:
        # PostgreSQL refuses to be run by root; and the name of a socket is short.
        self._as = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        if self._as:
            os.chown(self.folder, 65534, 65534)

    def _set(self, **told: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        told |= {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write("".join(f"{name} = '{value}'\n" for name, value in told.items()))

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._bin / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command, check=False, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.folder / "log"))

    def standby(self) -> "Standby":
        """Make a replica that reads all that is written here."""
        return Standby(self)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate", "--silent")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str, user: str = ADMIN, password: str = "") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, and give the rows of the last."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def database(self, template: str = "template_library") -> str:
        """Make a database, which holds an empty library, and give its name."""
        name = f"library_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")


class Standby(PostgresServer):
    """A replica of a server (hot standby)."""

    def __init__(self, main: PostgresServer) -> None:
        self._bin = main._bin
        self._main = main
        self._make_folder()
        copy = ("--checkpoint=fast", "--no-sync", "--write-recovery-conf")
        self._run("pg_basebackup", *copy, f"--dbname={main.url('postgres')}")
        self._set()
        self.start()

    def catch_up(self) -> None:
        """Wait until all is here that is written at the main server."""
        ((written,),) = self._main.sql("SELECT pg_switch_wal()::text")  # which is sent at once
        for _ in range(1200):
            if self.sql(f"SELECT pg_last_wal_replay_lsn() >= '{written}'") == [(True,)]:
                return
            time.sleep(0.05)
        raise AssertionError("the replica is behind after a minute")


def wait_until_free(lock: Callable[[], AbstractContextManager[None]]) -> None:
    """Wait for the lock of a process that is dead, of which a server learns a moment later."""
    for _ in range(200):
        with contextlib.suppress(LibraryError), lock():
            return
        time.sleep(0.05)
    raise AssertionError("it is held after ten seconds")
