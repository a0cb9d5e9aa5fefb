"""Read models from Kafka, in the topics as shipped."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from consumers.container.ledger import Ledger, open_ledger
from consumers.kafka import offsets, stall_detector
from consumers.kafka import views as feed
from consumers.kafka.rebuild import rebuild
from consumers.kafka.topic_admin import apply
from consumers.topics.topics import CHECKPOINTS, EVENTS, topics
from infra.kafka.cluster import Cluster
from ledger.domain.catalogue import CODEC
from ledger.settings import Settings
from ledger.transparency.keys import Verifier, parse_verifier
from projections.catalogue import PROJECTIONS
from projections.engine import (
    PartitionRebuild,
    Projector,
    SQLiteViews,
    ViewsDatabase,
    digest,
    position,
    rebuild_all,
)
from tests.bench.history import fill
from tests.components import require
from tests.harness.kafka import kafka_at, make_anew
from tests.kafka.fed import (
    digests,
    digests_of,
    feeding,
    refused,
    relaying,
    until_fed,
)
from tests.kafka.intake_harness import eventually

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]

ENDS_WITHIN_SECONDS = 30


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A broker of a test's own that may die; it is not made yet."""
    require("kafka")
    cluster = Cluster(tmp_path / "kafka")
    yield cluster
    cluster.remove()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of 401 sealed events."""
    with closing(open_ledger(Settings(data_dir=tmp_path / "data"))) as ledger:
        fill(ledger, incidents=200)
        yield ledger


@pytest.fixture
def views(tmp_path: Path) -> Iterator[ViewsDatabase]:
    with closing(SQLiteViews(tmp_path / "views.db")) as views:
        yield views


def verifier_of(ledger: Ledger) -> Verifier:
    state = ledger.store.log_state()
    assert state is not None
    return parse_verifier(state.vkey)


async def rebuilt(ledger: Ledger, views: ViewsDatabase, brokers: list[str]) -> int:
    generation = topics()[EVENTS].generation
    building = PartitionRebuild(
        views, CODEC, PROJECTIONS, topic=generation, texts=ledger.store.texts.readable
    )
    return await rebuild(building, kafka_at(brokers), verifier_of(ledger), lambda *_: None)


async def test_kafka_the_store_and_a_rebuild_from_either_make_the_same_rows(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
        fill(ledger, incidents=50, first=200)
        size = await until_fed(ledger, views, told)
        live = digests(views)
        read = await rebuilt(ledger, views, brokers)
        from_kafka = digests(views)
        fill(ledger, incidents=20, first=250)
        await until_fed(ledger, views, told)
        gone_on = digests(views)
        expected = digests_of(ledger.store, tmp_path)
        by_store = Projector(ledger.store, views, CODEC, PROJECTIONS)
        rebuild_all(by_store, views, PROJECTIONS, until=ledger.store.size())
        from_store = digests(views)
        fill(ledger, incidents=5, first=270)
        await until_fed(ledger, views, told)

    assert size == read
    assert live == from_kafka
    assert expected == gone_on == from_store
    assert digests_of(ledger.store, tmp_path) == digests(views)
    assert ["running"] == told.states


async def test_what_a_relay_sends_again_is_dropped(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    async with feeding(ledger, views, brokers) as told:
        async with relaying(ledger.store, brokers):
            await until_fed(ledger, views, told)
        await make_anew(brokers, CHECKPOINTS)  # a relay that knows of nothing sends all again
        fill(ledger, incidents=50, first=200)
        async with relaying(ledger.store, brokers):
            await until_fed(ledger, views, told)
    read = await rebuilt(ledger, views, brokers)

    assert ledger.store.size() == read
    assert digests_of(ledger.store, tmp_path) == digests(views)


async def test_a_topic_made_anew_under_its_readers_is_refused_and_a_rebuild_mends_it(
    ledger: Ledger,
    views: ViewsDatabase,
    brokers: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with refused(ledger, views, brokers, monkeypatch) as found:
        by_store = Projector(ledger.store, views, CODEC, PROJECTIONS)
        rebuild_all(by_store, views, PROJECTIONS, until=ledger.store.size())
        fill(ledger, incidents=50, first=200)
        await until_fed(ledger, views, found.told)
        await eventually(lambda: found.told.state == "running", "it goes on")

    assert "ends at offset 0, and was read up to" in found.reason
    assert "airledger rebuild" in found.reason
    assert found.before == found.kept
    assert digests_of(ledger.store, tmp_path) == digests(views)


async def test_events_emptied_under_their_checkpoints_are_refused(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str]
) -> None:
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
    await make_anew(brokers, EVENTS)
    rebuild_all(Projector(ledger.store, views, CODEC, PROJECTIONS), views, PROJECTIONS, until=0)
    async with feeding(ledger, views, brokers) as told:
        await eventually(lambda: told.state == "stopped", "it is refused")

    assert "has events by its newest checkpoint up to" in told.reason
    assert "Make airledger.checkpoints anew" in told.reason


async def test_what_no_relay_sent_stops_the_feed_and_says_where_it_is(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str]
) -> None:
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
        producer = AIOKafkaProducer(bootstrap_servers=brokers)
        await producer.start()
        try:
            await producer.send_and_wait(EVENTS, b"{}", key=b"incident/1", partition=2)
        finally:
            await producer.stop()
        await eventually(lambda: told.state == "stopped", "it is refused")

    assert f"partition 2 of {EVENTS} is no event of a ledger" in told.reason


async def test_topics_of_another_ledger_are_refused(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    with closing(open_ledger(Settings(data_dir=tmp_path / "other"))) as other:
        async with relaying(other.store, brokers), feeding(ledger, views, brokers) as told:
            await eventually(lambda: told.state == "stopped", "it is refused")

    assert "none of this log's" in told.reason
    assert 0 == position(views, PROJECTIONS)


async def test_missing_brokers_are_waited_for_and_do_not_keep_anybody_from_ending(
    ledger: Ledger, views: ViewsDatabase, own_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall_detector, "CHECK_SECONDS", 1.0)
    for each in (feed, offsets, stall_detector):
        monkeypatch.setattr(each, "ANSWER_WITHIN_SECONDS", 3.0)
    own_cluster.make()
    brokers = own_cluster.bootstrap_servers
    async with feeding(ledger, views, brokers) as told, relaying(ledger.store, brokers):
        await eventually(lambda: told.state == "degraded", "there is no broker")
        await asyncio.to_thread(own_cluster.start)
        await apply(kafka_at(brokers), 1)
        await until_fed(ledger, views, told)
        own_cluster.kill(1)
        fill(ledger, incidents=50, first=200)
        await eventually(lambda: told.state == "degraded", "the broker is gone")
        await asyncio.to_thread(own_cluster.start)
        await until_fed(ledger, views, told)
        await eventually(lambda: told.state == "running", "it goes on")
        own_cluster.kill(1)
        fill(ledger, incidents=50, first=250)
        await eventually(lambda: told.state == "degraded", "the broker is gone for good")
        ending = time.monotonic()
    assert time.monotonic() - ending < ENDS_WITHIN_SECONDS


async def test_programs_with_other_versions_of_read_models_each_fill_theirs_from_every_partition(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    later = tuple(replace(each, version=each.version + 1) for each in PROJECTIONS)
    ledger.seal_and_project()
    size = ledger.store.size()

    async with (
        relaying(ledger.store, brokers),
        feeding(ledger, views, brokers),
        feeding(ledger, views, brokers, later),
    ):
        await eventually(lambda: position(views, PROJECTIONS) >= size, "those of before are filled")
        await eventually(lambda: position(views, later) >= size, "the later ones are filled")

    with closing(SQLiteViews(tmp_path / "from-the-store.db")) as filled:
        for each in (PROJECTIONS, later):
            Projector(ledger.store, filled, CODEC, each).catch_up()
            assert [digest(filled, one) for one in each] == [digest(views, one) for one in each]
