"""The statements of a program of commit d5443e7, on a store that a newer one migrates meanwhile.

They are written here as that program sends them, by position and without names of columns: today's
code must not change them with itself.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

import psycopg

_PG_LOCK = 0x6169726C6564676


class OldProgram(Protocol):
    """A process of before with the store open."""

    def admits(self) -> bool:
        """Whether it would open the store anew."""

    def append(self, stream: str, version: int, state: bytes) -> int:
        """Appends an event, with rows of the tables beside it; returns the leaf."""

    def read(self) -> list[bytes]:
        """Every stored event, in log order."""

    def reading(self) -> AbstractContextManager[None]:
        """While one transaction reads; what is read in it is of one moment."""

    def close(self) -> None:
        """It ends."""


class OldOnSQLite:
    """On a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = sqlite3.connect(path, isolation_level=None, timeout=10, cached_statements=256)
        self._open.execute("PRAGMA journal_mode=WAL")

    def admits(self) -> bool:
        with closing(sqlite3.connect(self._path)) as anew:
            version: int = anew.execute("PRAGMA user_version").fetchone()[0]
        return version <= 2

    def append(self, stream: str, version: int, state: bytes) -> int:
        run = self._open.execute
        run("BEGIN IMMEDIATE")
        [(last,)] = run("SELECT coalesce(max(notification_id), 0) FROM stored_events").fetchall()
        run(
            "INSERT OR ROLLBACK INTO stored_events VALUES (?, ?, ?, ?, ?)",
            [last + 1, stream, version, "incident.communicated.v1", state],
        )
        name = f"{stream}/{version}"
        run("INSERT INTO ids_taken VALUES (?, ?)", ("signal", name))
        run("INSERT INTO idempotency VALUES (?, ?, ?, ?)", ("old", name, "2026", b"{}"))
        run("INSERT INTO last_heard VALUES (?, ?)", (name, "2026"))
        run("INSERT INTO positions VALUES (?, ?)", (name, 1))
        run("INSERT INTO month_members VALUES (?, ?, ?, ?, ?, ?)", (name, 1, "s", "m", 1, "open"))
        run("INSERT INTO watched VALUES (?, ?, ?)", ("rca", name, "9999"))
        run("INSERT INTO people VALUES (?, ?, ?)", (name, name, None))
        run("INSERT INTO bodies VALUES (?, ?, ?)", (name, b"", 0))
        run("COMMIT")
        return int(last)

    def read(self) -> list[bytes]:
        found = self._open.execute("SELECT state FROM stored_events ORDER BY notification_id")
        return [state for (state,) in found.fetchall()]

    @contextmanager
    def reading(self) -> Iterator[None]:
        self._open.execute("BEGIN")
        yield
        self._open.execute("COMMIT")

    def close(self) -> None:
        self._open.close()


class OldOnPostgres:
    """On a database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open = psycopg.connect(url, autocommit=True, prepare_threshold=None)

    def admits(self) -> bool:
        with psycopg.connect(self._url) as anew:
            row = anew.execute("SELECT version FROM airledger.schema_version").fetchone()
        return row == (1,)

    def append(self, stream: str, version: int, state: bytes) -> int:
        name = f"{stream}/{version}"
        subject = UUID(int=version)
        with self._open.transaction():
            run = self._open.execute
            run("SELECT pg_advisory_xact_lock(%s)", (_PG_LOCK,))
            [(last,)] = run(
                "SELECT coalesce(max(notification_id), 0) FROM airledger.stored_events"
            ).fetchall()
            run(
                "INSERT INTO airledger.stored_events VALUES (%s, %s, %s, %s, %s)",
                (stream, version, "incident.communicated.v1", state, last + 1),
            )
            run("INSERT INTO airledger.ids_taken VALUES (%s, %s)", ("signal", name.encode()))
            run(
                "INSERT INTO airledger.idempotency VALUES (%s, %s, %s, %s)",
                ("old", name.encode(), "2026", b"{}"),
            )
            run("INSERT INTO airledger.last_heard VALUES (%s, %s)", (subject, "2026"))
            run("INSERT INTO airledger.positions VALUES (%s, %s)", (name, 1))
            run(
                "INSERT INTO airledger.month_members VALUES (%s, %s, %s, %s, %s, %s)",
                (subject, 1, b"s", "m", True, "open"),
            )
            run("INSERT INTO airledger.watched VALUES (%s, %s, %s)", ("rca", subject, "9999"))
            run("INSERT INTO airledger.people VALUES (%s, %s, %s)", (name, name.encode(), None))
            run("INSERT INTO airledger.bodies VALUES (%s, %s, %s)", (name, b"", 0))
        return int(last)

    def read(self) -> list[bytes]:
        found = self._open.execute(
            "SELECT state FROM airledger.stored_events ORDER BY notification_id"
        )
        return [state for (state,) in found.fetchall()]

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._open.transaction():
            self._open.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    def close(self) -> None:
        self._open.close()
