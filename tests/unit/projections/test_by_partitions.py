"""Read models fed by a topic: partitions on their own, and one effect whatever repeats itself."""

import random
from dataclasses import replace

import pytest

from ledger.errors import Fork, Unavailable
from ledger.store.sqlite import SQLiteStore
from projections.engine import (
    CheckpointOffsets,
    PartitionProjector,
    PartitionRebuild,
    Projection,
    Projector,
    Record,
    ViewsDatabase,
    digest,
    position,
    positions_of,
    rebuild_all,
)
from projections.engine.partition_projector import SeekRange
from tests.unit.projections.places import Place
from tests.unit.projections.topic import PARTITIONS, Reader, Topic
from tests.unit.projections.toy import BOTH, INVENTED, NEW, OLD, OTHERS, TOTALS, Log, totals

ALL = (TOTALS, OTHERS, BOTH)
SEED = 20_261_123


@pytest.fixture
def topic(store: SQLiteStore) -> Topic:
    return Topic(store)


def reader(views: ViewsDatabase, topic: Topic, *, of: int = 1, most: int = 10_000) -> Reader:
    return Reader(PartitionProjector(views, OLD, ALL, topic=of, texts=topic.texts), topic, most)


def fill(log: Log, streams: int = 9, numbers: int = 4) -> None:
    for number in range(streams):
        log.add(f"{'other' if number % 3 == 0 else 'toy'}/{number}", *range(numbers))


def digests(views: ViewsDatabase) -> list[str]:
    return [digest(views, each) for each in ALL]


def as_from_store(place: Place, store: SQLiteStore) -> list[str]:
    """What a projector that follows the store makes of the same log."""
    with place.another().opened() as views:
        Projector(store, views, OLD, ALL).catch_up()
        return digests(views)


def test_rows_are_those_of_the_store_and_the_position_waits_for_the_checkpoint(
    views: ViewsDatabase, place: Place, log: Log, store: SQLiteStore, topic: Topic
) -> None:
    fill(log)
    covered = topic.relay()
    reading = reader(views, topic)
    reading.give(*range(PARTITIONS))
    reading.step()
    before = position(views, ALL)
    reading.step(covered)

    assert (0, store.size()) == (before, position(views, ALL))
    assert as_from_store(place, store) == digests(views)
    assert not reading.projector.is_behind(covered)


def test_a_position_moves_when_the_last_partition_has_reached_the_checkpoint(
    views: ViewsDatabase, log: Log, store: SQLiteStore, topic: Topic
) -> None:
    fill(log)
    covered = topic.relay()
    one, other = reader(views, topic), reader(views, topic)
    one.give(0, 1)
    one.step(covered)
    early = position(views, ALL)
    other.give(2)
    other.step()
    known = one.projector.is_behind(covered)
    one.step(covered)

    assert (0, True, store.size()) == (early, known, position(views, ALL))


@pytest.mark.parametrize("number", range(4))
def test_repeats_rebalances_and_zombies_have_one_effect(
    views: ViewsDatabase, place: Place, log: Log, store: SQLiteStore, number: int
) -> None:
    chance = random.Random(SEED + number)
    topic = Topic(store, chance)
    readers = [reader(views, topic, most=3) for _ in range(3)]
    seen = 0
    for turn in range(25):
        log.add(f"{chance.choice(['toy', 'other'])}/{turn % 7}-", *range(chance.randint(1, 5)))
        topic.relay()
        if chance.random() < 0.5:  # some are told, and one that is not goes on with what it had
            for each in chance.sample(readers, 2):
                each.give(*chance.sample(range(PARTITIONS), chance.randint(0, PARTITIONS)))
        for each in chance.sample(readers, 3):
            each.step(topic.covered if chance.random() < 0.7 else None)
        assert seen <= (seen := position(views, ALL)) <= topic.covered.size
    reader(views, topic).catch_up()

    assert store.size() == position(views, ALL)
    assert as_from_store(place, store) == digests(views)


def test_a_generation_that_the_store_fed_is_gone_on_with_and_one_of_kafka_is_filled_anew(
    views: ViewsDatabase, place: Place, log: Log, store: SQLiteStore, topic: Topic
) -> None:
    by_store = Projector(store, views, OLD, ALL)
    fill(log)
    by_store.catch_up()
    topic.relay()
    log.add("toy/1", 100)
    topic.relay()
    reading = reader(views, topic)
    reading.catch_up()
    gone_on = digests(views)
    log.add("toy/1", 1_000)
    topic.relay()
    reading.give(0)
    reading.step()  # ahead of its position, so what the store would fold is folded in part
    by_store.catch_up()
    anew = digests(views)
    reading.catch_up()

    expected = as_from_store(place, store)
    assert gone_on != expected
    assert expected == anew == digests(views)
    assert store.size() == position(views, ALL)


def test_a_rebuild_from_the_topic_one_from_the_store_and_the_live_one_agree(
    views: ViewsDatabase, log: Log, store: SQLiteStore
) -> None:
    topic = Topic(store, random.Random(SEED))
    fill(log)
    covered = topic.relay()
    reading = reader(views, topic)
    reading.catch_up()
    live = digests(views)
    rebuilding = PartitionRebuild(views, OLD, ALL, topic=1, texts=topic.texts)
    for each in range(PARTITIONS):
        rebuilding.fold(topic.partitions[each])
    rebuilding.index()
    switched = rebuilding.finish(covered)
    from_topic = digests(views)
    log.add("toy/1", 100)
    topic.relay()
    reading.step(topic.covered)
    later = position(views, ALL)
    log.add("toy/2", 7)
    by_store = Projector(store, views, OLD, ALL)
    rebuild_all(by_store, views, ALL, until=store.size())
    from_store = digests(views)
    topic.relay()
    reading.step(topic.covered)

    assert switched
    assert live == from_topic
    assert store.size() - 1 == later
    assert from_store == digests(views)


def test_the_store_goes_on_with_what_was_rebuilt_from_the_topic(
    views: ViewsDatabase, place: Place, log: Log, store: SQLiteStore, topic: Topic
) -> None:
    fill(log)
    covered = topic.relay()
    rebuilding = PartitionRebuild(views, OLD, ALL, topic=1, texts=topic.texts)
    for each in topic.partitions.values():
        rebuilding.fold(each)
    rebuilding.finish(covered)
    rebuilt = positions_of(views, ALL)
    log.add("toy/1", 100)
    by_store = Projector(store, views, OLD, ALL)
    by_store.catch_up()

    assert dict.fromkeys(("totals", "others", "both"), covered.size) == rebuilt
    assert store.size() == position(views, ALL)
    assert as_from_store(place, store) == digests(views)


def test_a_rebuild_that_is_behind_the_live_one_is_not_switched(
    views: ViewsDatabase, log: Log, topic: Topic
) -> None:
    fill(log)
    covered = topic.relay()
    rebuilding = PartitionRebuild(views, OLD, ALL, topic=1, texts=topic.texts)
    for each in topic.partitions.values():
        rebuilding.fold(each)
    log.add("toy/1", 100)
    newer = topic.relay()
    reader(views, topic).catch_up()
    early = rebuilding.finish(covered)
    for number, records in topic.partitions.items():
        rebuilding.fold(records[covered.offsets[number] :])

    assert (False, True) == (early, rebuilding.finish(newer))


def test_a_second_rebuild_takes_over(views: ViewsDatabase, log: Log, topic: Topic) -> None:
    fill(log)
    topic.relay()
    first = PartitionRebuild(views, OLD, ALL, topic=1, texts=topic.texts)
    PartitionRebuild(views, OLD, ALL, topic=1, texts=topic.texts)

    with pytest.raises(Unavailable, match="took over"):
        first.fold(topic.partitions[0])


def test_an_event_that_cannot_be_folded_stops_its_projection_alone_until_it_is_rebuilt(
    views: ViewsDatabase, log: Log, store: SQLiteStore, topic: Topic
) -> None:
    fill(log)
    log.add("toy/bad", 1, INVENTED, 2)
    log.add("toy/1", 100)
    covered = topic.relay()
    reading = reader(views, topic)
    reading.catch_up()
    stopped = {each.name: each.stopped for each in reading.projector.progress}
    behind = positions_of(views, ALL)
    upgraded = with_newer_program(views, topic)
    upgraded.catch_up()

    assert "toy.invented.v1" in str(stopped["totals"])
    assert stopped["others"] is None
    assert {"totals": 0, "others": covered.size, "both": 0} == behind
    assert covered.size == position(views, ALL)
    assert 3 == totals(views)["toy/bad"]


def with_newer_program(views: ViewsDatabase, topic: Topic) -> Reader:
    return Reader(PartitionProjector(views, NEW, ALL, topic=1, texts=topic.texts), topic)


@pytest.fixture
def read(views: ViewsDatabase, log: Log, store: SQLiteStore) -> Topic:
    """A topic that repeated itself, and was read to its end."""
    topic = Topic(store)
    fill(log)
    for records in topic.partitions.values():  # a relay that died before its checkpoint
        topic.relay()
        topic.covered = CheckpointOffsets(0, {})
        assert records
    topic.relay()
    reader(views, topic).catch_up()
    return topic


def test_another_topic_under_the_same_name_is_refused(
    views: ViewsDatabase, log: Log, store: SQLiteStore, read: Topic
) -> None:
    fill(log, streams=60, numbers=6)
    anew = Topic(store)
    anew.relay()
    reading = reader(views, anew)
    reading.give(*range(PARTITIONS))
    before = digests(views)

    with pytest.raises(Fork, match="the topic was replaced") as refused:
        reading.step(anew.covered)
    assert "airledger rebuild" in refused.value.remedy
    assert before == digests(views)


def test_another_generation_of_the_topic_is_refused_until_a_rebuild(
    views: ViewsDatabase, log: Log, store: SQLiteStore, read: Topic
) -> None:
    reading = reader(views, read, of=2)
    with pytest.raises(Fork, match="generation 1 of the topic, and this is generation 2"):
        reading.projector.seek_ranges([0])
    with pytest.raises(Fork, match="generation 1 of the topic"):
        reading.projector.fold([])
    rebuild_all(Projector(store, views, OLD, ALL), views, ALL, until=0)
    log.add("toy/1", 1)
    read.relay()
    reading.catch_up()

    assert store.size() == position(views, ALL)


def test_a_topic_that_lacks_events_is_told_by_its_checkpoint(
    views: ViewsDatabase, log: Log, topic: Topic
) -> None:
    fill(log)
    covered = topic.relay()
    lost = topic.partitions[0].pop(2)
    topic.partitions[0][2:] = [one_before(each) for each in topic.partitions[0][2:]]
    ends = {**covered.offsets, 0: covered.offsets[0] - 1}
    reading = reader(views, topic)
    reading.give(*range(PARTITIONS))

    assert lost.entry.leaf < covered.size
    with pytest.raises(Fork, match=f"has {covered.size - 1} events of the {covered.size}"):
        reading.step(CheckpointOffsets(covered.size, ends))
    assert 0 == position(views, ALL)


def one_before(record: Record) -> Record:
    return record._replace(offset=record.offset - 1)


def test_where_reading_begins_is_the_least_that_a_projection_needs(
    views: ViewsDatabase, log: Log, topic: Topic
) -> None:
    fill(log)
    topic.relay()
    few: tuple[Projection, ...] = (TOTALS,)
    newer = (replace(TOTALS, version=2),)
    Reader(PartitionProjector(views, OLD, few, topic=1, texts=topic.texts), topic).catch_up()
    end = len(topic.partitions[0])

    assert {0: SeekRange(0, end)} == reader(views, topic).projector.seek_ranges([0])
    for projections, range_ in ((few, SeekRange(end, end)), (newer, SeekRange(0, 0))):
        projector = PartitionProjector(views, OLD, projections, topic=1, texts=topic.texts)
        assert {0: range_} == projector.seek_ranges([0])
