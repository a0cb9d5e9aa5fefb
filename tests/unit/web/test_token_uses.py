"""The last use of tokens: noted at once, written behind the requests, some at a time."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.access import token_uses
from consumers.access.token_uses import NOTED_EVERY, TokenUses
from ledger.errors import Unavailable
from ledger.store.side_records import SideWrite
from ledger.store.sqlite import SQLiteStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = 10


class Watched(SQLiteStore):
    """Counts the writes that it is given, and can refuse them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writes: list[list[SideWrite]] = []
        self.read_only = False

    def append(self, events: object, side_writes: object = ()) -> range:
        self.writes.append(list(side_writes))  # type: ignore[call-overload]
        if self.read_only:
            raise Unavailable("The store is read-only.")
        return super().append(events, side_writes)  # type: ignore[arg-type]


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - there is nothing to wait for but the store
            await asyncio.sleep(0.005)


async def written(store: Watched, count: int) -> None:
    await until(lambda: len(store.writes) >= count)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(token_uses, "WRITTEN_AFTER_SECONDS", 0.02)
    return Watched(tmp_path / "ledger.db")


async def test_uses_of_some_tokens_are_one_write_and_the_same_one_is_not_written_again(
    store: Watched,
) -> None:
    clock = Clock()
    uses = TokenUses(store, clock)
    for _ in range(100):
        for digest in ("d1", "d2", "d3"):
            uses.note(digest)
    await written(store, 1)
    clock.now = NOON + NOTED_EVERY - timedelta(seconds=1)
    uses.note("d1")
    clock.now = NOON + NOTED_EVERY
    uses.note("d2")
    await written(store, 2)
    await until(lambda: store.access.token_uses().get("d2") != NOON)

    assert [3, 1] == [len(each) for each in store.writes]
    assert {"d1": NOON, "d2": clock.now, "d3": NOON} == store.access.token_uses()
    store.close()


async def test_a_store_that_is_read_only_is_not_asked_again_at_once(store: Watched) -> None:
    store.read_only = True
    clock = Clock()
    uses = TokenUses(store, clock)
    uses.note("d1")
    await written(store, 1)
    uses.note("d1")
    store.read_only = False
    clock.now = NOON + NOTED_EVERY
    uses.note("d1")
    await written(store, 2)
    await until(lambda: bool(store.access.token_uses()))

    assert {"d1": clock.now} == store.access.token_uses()
    store.close()
