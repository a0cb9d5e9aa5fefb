"""A ledger's data directory: store, key, kept checkpoint."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.sealing import KeptCheckpoint, Sealer, StoreLogReader, open_signer
from ledger.store.port import LogState
from ledger.store.sqlite import SQLiteStore
from ledger.transparency.audit import Audit, audit
from tests.contract.samples import event


class House:
    """A store with its sealer, and what may befall them."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ledger.db"
        self.key = directory / "log.key"
        self.kept = KeptCheckpoint(self.key)
        self.store = SQLiteStore(self.path)
        self.count = 0

    def sealer(self) -> Sealer:
        """One more sealer, as another process would have it."""
        return Sealer(self.store, open_signer(self.key, origin=None, create=True), self.kept)

    def append(self, count: int) -> None:
        first, self.count = self.count, self.count + count
        self.store.append([event("a", number + 1) for number in range(first, self.count)])

    def state(self) -> LogState:
        state = self.store.log_state()
        assert state is not None
        return state

    def audit(self, older: bytes | None = None) -> Audit:
        return audit(StoreLogReader(self.store), self.state().vkey, older=older)

    def tamper(self, *statements: str) -> None:
        """Somebody edits the file behind the program's back."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def copy(self, name: str) -> Path:
        """A backup of the store alone, whole and consistent."""
        target = self.path.with_name(name)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        return target

    def restore(self, backup: Path) -> None:
        """The store as it was, beside the key and checkpoint as they are."""
        self.store.close()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copy(backup, self.path)
        self.store = SQLiteStore(self.path)
        self.count = self.store.size()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.store.close()
