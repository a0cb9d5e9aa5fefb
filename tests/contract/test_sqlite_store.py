"""SQLite holds the store's contract."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from eventsourcing.sqlite import SQLiteConnection

from ledger.store.sqlite import SQLiteStore
from tests.contract.samples import Interrupt, Opener
from tests.contract.store_contract import StoreContract


class TestSQLiteStore(StoreContract):
    """On a file in a directory of its own."""

    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return partial(SQLiteStore, tmp_path / "ledger.db")

    @pytest.fixture
    def interrupted(self, monkeypatch: pytest.MonkeyPatch) -> Interrupt:
        commit = SQLiteConnection.commit

        @contextmanager
        def interrupted(
            when: Literal["before", "after"], error: Exception | None
        ) -> Iterator[None]:
            def fail(connection: SQLiteConnection) -> None:
                if when == "after":
                    commit(connection)
                raise error or sqlite3.OperationalError("disk I/O error")

            with monkeypatch.context() as patch:
                patch.setattr(SQLiteConnection, "commit", fail)
                yield

        return interrupted
