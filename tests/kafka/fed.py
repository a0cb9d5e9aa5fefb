"""Read models that this process feeds from Kafka, a relay beside them, and what both told."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from consumers.container.ledger import Ledger
from consumers.kafka import views as feed
from consumers.kafka.outbox_relay import Relay
from consumers.kafka.views import ViewsFeed
from consumers.topics.topics import CHECKPOINTS, EVENTS, topics
from ledger.domain.catalogue import CODEC
from ledger.store.port import Store
from projections.catalogue import PROJECTIONS
from projections.engine import (
    PartitionProjector,
    Projection,
    Projector,
    SQLiteViews,
    ViewsDatabase,
    digest,
    position,
)
from tests.harness.kafka import kafka_at, make_anew
from tests.kafka.intake_harness import eventually


class Told:
    """The newest state of a loop, and all that it was in."""

    def __init__(self) -> None:
        self.state, self.reason = "", ""
        self.states: list[str] = []

    def __call__(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason
        if self.states[-1:] != [state]:
            self.states.append(state)


class Refused(NamedTuple):
    """What a feed told when it stopped, and the digests of before and of then."""

    told: Told
    reason: str
    before: dict[str, str]
    kept: dict[str, str]


@asynccontextmanager
async def feeding(
    ledger: Ledger,
    views: ViewsDatabase,
    brokers: Sequence[str],
    projections: Sequence[Projection] = PROJECTIONS,
) -> AsyncIterator[Told]:
    """A feed at work, as one instance of a process of projectors has it."""
    told = Told()
    projector = PartitionProjector(
        views,
        CODEC,
        projections,
        topic=topics()[EVENTS].generation,
        texts=ledger.store.texts.readable,
    )
    async with _running(ViewsFeed(projector, ledger.store, kafka_at(brokers)).run(told)):
        yield told


@asynccontextmanager
async def relaying(store: Store, brokers: Sequence[str]) -> AsyncIterator[Told]:
    """A relay at work."""
    told = Told()
    async with _running(Relay(store, kafka_at(brokers)).run(told)):
        yield told


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def refused(
    ledger: Ledger, views: ViewsDatabase, brokers: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Refused]:
    """A feed that stopped, for its topic was made anew; a relay sends into that again."""
    monkeypatch.setattr(feed, "STOPPED_SECONDS", 0.5)
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
    before = digests(views)
    await make_anew(brokers, EVENTS, CHECKPOINTS)
    async with feeding(ledger, views, brokers) as told:
        await eventually(lambda: told.state == "stopped", "it is refused")
        found = Refused(told, told.reason, before, digests(views))
        async with relaying(ledger.store, brokers):
            yield found


async def until_fed(ledger: Ledger, views: ViewsDatabase, told: Told | None = None) -> int:
    """Waits until the read models are at the end of the log; its size."""
    state = ledger.store.log_state()
    size = state.size if state else 0
    try:
        await eventually(lambda: position(views, PROJECTIONS) >= size, f"{size} events are folded")
    except AssertionError as error:
        error.add_note(f"{told.state}: {told.reason}" if told else "")
        error.add_note(f"at {position(views, PROJECTIONS)}")
        raise
    return size


def digests(views: ViewsDatabase) -> dict[str, str]:
    return {each.name: digest(views, each) for each in PROJECTIONS}


def digests_of(store: Store, directory: Path) -> dict[str, str]:
    """Those of the pure fold: what one projector that follows the store makes, in a fresh file."""
    with closing(SQLiteViews(directory / f"alone-{time.monotonic_ns()}.db")) as alone:
        Projector(store, alone, CODEC, PROJECTIONS).catch_up()
        return digests(alone)
