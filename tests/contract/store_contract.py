"""The contract of every store: `class TestOtherStore(StoreContract)` with its own fixtures."""

from collections.abc import Iterator

import pytest

from ledger.store.port import Store
from tests.contract.appending import AppendContract
from tests.contract.erasing import ErasingContract
from tests.contract.following import FollowingContract
from tests.contract.identifying import IdentifyingContract
from tests.contract.keeping import KeepingContract
from tests.contract.log_table import LogContract
from tests.contract.reads import ReadsContract
from tests.contract.repairing import RepairContract
from tests.contract.samples import Interrupt, Opener
from tests.contract.telling import TellingContract
from tests.contract.texts import TextsContract
from tests.contract.writing import WritersContract


class StoreContract(
    AppendContract,
    LogContract,
    KeepingContract,
    IdentifyingContract,
    FollowingContract,
    WritersContract,
    RepairContract,
    TellingContract,
    TextsContract,
    ReadsContract,
    ErasingContract,
):
    """A backend gives `opener` and `interrupted`."""

    @pytest.fixture
    def opener(self) -> Opener:
        """Opens a store, every time on the same data, empty at first."""
        raise NotImplementedError

    @pytest.fixture
    def interrupted(self) -> Interrupt:
        """Makes commits fail."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, opener: Opener) -> Iterator[Store]:
        store = opener()
        yield store
        store.close()
