"""A ledger's data directory: store, key, kept checkpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.sealing import KeptCheckpoint, Sealer, StoreLogReader, open_signer
from ledger.store.port import LogState
from ledger.transparency.audit import Audit, audit
from tests.contract.samples import event
from tests.harness import tampering
from tests.harness.homes import pytest_generate_tests, store_of, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


class House:
    """A store with its sealer, and what may befall them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = directory / "log.key"
        self.kept = KeptCheckpoint(self.key)
        self.store = store_of(directory)
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
        """Somebody edits the store behind the program's back."""
        tampering.tamper(self.directory, *statements)

    def copy(self) -> str:
        """A backup of the store alone, whole and consistent."""
        self.store.close()
        backup = tampering.copy_of(self.directory)
        self.store = store_of(self.directory)
        return backup

    def restore(self, backup: str) -> None:
        """The store as it was, beside the key and checkpoint as they are."""
        self.store.close()
        tampering.put_back(self.directory, backup)
        self.store = store_of(self.directory)
        self.count = self.store.size()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.store.close()
