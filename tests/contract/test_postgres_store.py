"""PostgreSQL holds the store's contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal

import psycopg
import pytest

from ledger.store.postgres import PostgresStore
from tests.contract.samples import Interrupt, Opener
from tests.contract.store_contract import StoreContract
from tests.harness.postgres import Database


@pytest.mark.component("postgres")
class TestPostgresStore(StoreContract):
    """On a database of its own."""

    @pytest.fixture
    def opener(self, database: Database) -> Opener:
        return partial(PostgresStore, database.url)

    @pytest.fixture
    def interrupted(self, monkeypatch: pytest.MonkeyPatch) -> Interrupt:
        commit = psycopg.Connection.commit

        @contextmanager
        def interrupted(
            when: Literal["before", "after"], error: Exception | None
        ) -> Iterator[None]:
            """The first commit fails; `error` stands for a version that is taken."""
            left = [psycopg.errors.UniqueViolation() if error else psycopg.OperationalError("gone")]

            def fail(connection: psycopg.Connection) -> None:
                if not left:
                    return commit(connection)
                if when == "after":
                    commit(connection)
                raise left.pop()

            with monkeypatch.context() as patch:
                patch.setattr(psycopg.Connection, "commit", fail)
                yield

        return interrupted
