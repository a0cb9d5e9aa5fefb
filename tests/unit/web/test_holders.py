"""Looking tokens up: many at once in one look, which begins after all of them had arrived."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from consumers.access.token_lookup import TokenLookup
from consumers.access.tokens import token_digest
from ledger.errors import Unavailable
from ledger.store.side_records import TokenRevoked, TokenRow
from ledger.store.sqlite import SQLiteStore
from ledger.store.sqlite.access import SQLiteAccess
from ledger.store.sqlite.datastore import LedgerDatastore
from ledger.store.sqlite.place import OpenFile
from tests.contract.samples import token

DEADLINE = 10
ANN, BOB = "a" * 32, "b" * 32


class WatchedAccess(SQLiteAccess):
    """Notes the looks it is given, and can hold them at a gate or fail them."""

    def __init__(self, path: Path) -> None:
        path.touch()
        super().__init__(LedgerDatastore(OpenFile(path)))
        self.looks: list[str] = []
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()

    def close(self) -> None:
        self._datastore.close()

    def token(self, digest: str) -> TokenRow | None:
        self.looks.append(digest)
        found = super().token(digest)
        self.arrived.set()
        if not self.gate.wait(DEADLINE):
            raise TimeoutError
        if self.failing:
            raise Unavailable("The store cannot do it.")
        return found


class WatchedStore(SQLiteStore):
    """A store whose tokens are looked up through `access`."""

    access: WatchedAccess

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.access = WatchedAccess(path)

    def close(self) -> None:
        self.access.close()
        super().close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchedStore]:
    store = WatchedStore(tmp_path / "ledger.db")
    store.append([], [token(token_digest(ANN), "ann"), token(token_digest(BOB), "bob")])
    yield store
    store.close()


def names(rows: Iterable[TokenRow | None]) -> list[str | None]:
    return [row.holder_name if row else None for row in rows]


async def test_all_that_ask_at_the_same_time_share_one_look_for_each_token(
    store: WatchedStore,
) -> None:
    holders = TokenLookup(store)

    found = await asyncio.gather(*(holders.of(each) for each in (ANN, BOB, ANN, "x", ANN)))

    assert ["ann", "bob", "ann", None, "ann"] == names(found)
    assert [token_digest(ANN), token_digest(BOB)] == store.access.looks


async def test_who_asks_while_a_look_is_under_way_is_answered_by_the_next(
    store: WatchedStore, tmp_path: Path
) -> None:
    holders = TokenLookup(store)
    store.access.gate.clear()
    before = asyncio.create_task(holders.of(ANN))
    assert await asyncio.to_thread(store.access.arrived.wait, DEADLINE)
    other = SQLiteStore(tmp_path / "ledger.db")  # as another process has it
    other.append([], [TokenRevoked(holder_kind="token", holder_name="ann")])
    other.close()

    after = asyncio.create_task(holders.of(ANN))
    await asyncio.sleep(0)
    store.access.gate.set()

    assert ["ann", None] == names(await asyncio.gather(before, after))


async def test_a_look_that_fails_is_the_error_of_those_who_asked_and_of_nobody_else(
    store: WatchedStore,
) -> None:
    holders = TokenLookup(store)
    store.access.failing = True
    failed = await asyncio.gather(holders.of(ANN), holders.of(BOB), return_exceptions=True)
    store.access.failing = False

    assert [Unavailable, Unavailable] == [type(each) for each in failed]
    assert ["ann"] == names([await holders.of(ANN)])


async def test_who_goes_away_takes_nobody_along(store: WatchedStore) -> None:
    holders = TokenLookup(store)
    store.access.gate.clear()
    gone, staying = (asyncio.create_task(holders.of(ANN)) for _ in range(2))
    assert await asyncio.to_thread(store.access.arrived.wait, DEADLINE)

    gone.cancel()
    store.access.gate.set()

    assert ["ann"] == names([await staying])
    assert gone.cancelled()
