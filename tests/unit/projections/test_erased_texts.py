"""Nothing of an erased text remains: in the file, and whatever order partitions are folded in."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.incident import commands as c
from projections.catalogue import PROJECTIONS
from projections.engine import (
    PartitionProjector,
    PartitionRebuild,
    Projector,
    ViewsDatabase,
    digest,
    rebuild,
)
from projections.engine.erasing import blank_other_generations, blanked, is_scrub_due, scrub
from projections.engine.generations import begin
from projections.engine.projection import Row
from projections.engine.statements import write_rows
from projections.incident_words import INCIDENT_WORDS
from tests.contract.samples import seal_all
from tests.unit.projections.outside import (
    PRIVATE,
    amend,
    erase,
    file_of,
    found,
    remain,
    report,
    titles_of,
    words,
)
from tests.unit.projections.places import File, Place
from tests.unit.projections.topic import Reader, Topic, topic_partition
from tests.unit.projections.toy import rows
from tests.unit.projections.world import World, world

SEED = 20_261_130


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    """Free text of persons lies beside the log."""
    with world(tmp_path, views) as opened:
        opened.adopt(PRIVATE)
        yield opened


def fill(ledger: World, chance: random.Random, count: int = 150) -> dict[str, str]:
    """Incidents and corrections of any length; a word of each text that is only in it, by its id.

    Pages of the file are split and joined meanwhile.
    """
    seen: set[str] = set()
    unique: dict[str, str] = {}
    for number in range(1, count + 1):
        filler = " ".join(f"lorem{chance.randint(0, 300)}" for _ in range(chance.randint(0, 60)))
        report(ledger, number, f"zqt{number}x", f"zqd{number}x {filler}")
        for corrected in chance.sample(range(1, number + 1), 1):
            more = " ".join(f"ipsum{chance.randint(0, 300)}" for _ in range(chance.randint(0, 90)))
            amend(ledger, corrected, "description", f"zqa{number}x {more}")
        if number % 11 == 0:
            ledger.catch_up()
    ledger.catch_up()
    for row in ledger.store.texts.page("", 10_000):
        word = (row.content or "").split(" ")[0]
        if word.startswith("zq"):
            assert word not in seen
            seen.add(word)
            unique[row.id] = word
    return unique


def test_nothing_of_an_erased_text_remains_in_the_file(ledger: World, place: Place) -> None:
    path, chance = file_of(place), random.Random(SEED)
    unique = fill(ledger, chance)
    rebuild(ledger.projector, ledger.views, INCIDENT_WORDS, until=ledger.store.size())
    erased = chance.sample(list(unique), len(unique) // 2)
    there = remain(path, [unique[each] for each in erased])
    for start in range(0, len(erased), 20):
        erase(ledger, *erased[start : start + 20])
        ledger.catch_up()
    kept = [word for of, word in unique.items() if of not in erased]
    held = [word for word in kept if found(ledger, word)]

    assert there
    assert [] == remain(path, [unique[each] for each in erased])
    assert [] == [word for of, word in unique.items() if of in erased and found(ledger, word)]
    assert [] == [word for word in held if word not in remain(path, held)]
    assert held
    ledger.do(UUID(int=1), c.Amend(field="title", to="Afterwards", reason="Wrong."))
    ledger.catch_up()
    assert [1] == found(ledger, "afterwards")


def test_a_reader_that_is_under_way_puts_off_the_end_of_it(ledger: World, place: Place) -> None:
    path = file_of(place)
    report(ledger, 1, "Marlene was here")
    ledger.catch_up()
    with place.opened() as other, other.begin() as reading:
        assert not is_scrub_due(reading)
        erase(ledger, *titles_of(ledger, 1))
        ledger.catch_up()
        waits = remain(path, ["marlene"])
        with ledger.views.begin() as connection:
            due = is_scrub_due(connection)
    ledger.catch_up()

    with ledger.views.begin() as connection:
        assert (True, False) == (due, is_scrub_due(connection))
    assert (["marlene"], []) == (waits, remain(path, ["marlene"]))


def reader(ledger: World, topic: Topic) -> Reader:
    texts = ledger.store.texts.readable
    return Reader(PartitionProjector(ledger.views, CODEC, PROJECTIONS, topic=1, texts=texts), topic)


def text_ids(ledger: World, *beginnings: str) -> list[str]:
    """The ids of texts that begin so."""
    stored = ledger.store.texts.page("", 10_000)
    return [row.id for row in stored if (row.content or "").startswith(beginnings)]


def as_from_store(ledger: World, place: Place) -> tuple[dict[Any, Row], str]:
    """The words, and their digest, that a projector which follows the store makes."""
    with place.another().opened() as views:
        Projector(ledger.store, views, CODEC, PROJECTIONS).catch_up()
        return rows(views, INCIDENT_WORDS), digest(views, INCIDENT_WORDS)


@pytest.mark.parametrize("first", [(), (0,), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_partitions_folded_in_any_order_keep_no_erased_word(
    ledger: World, place: Place, first: tuple[int, ...], order: tuple[int, ...]
) -> None:
    """Some have been folded before the erasure; then the others, and its own, one after another."""
    for number in range(1, 9):
        report(ledger, number, f"zq{number}x", f"Told by Quentin {number}")
        if number % 2:
            amend(ledger, number, "title", f"zr{number}x")
    seal_all(ledger.store)
    topic = Topic(ledger.store)
    topic.relay()
    one, other = reader(ledger, topic), reader(ledger, topic)
    one.give(*first)
    one.step()
    erase(ledger, *text_ids(ledger, "Told", "zq1", "zr3"))
    amend(ledger, 2, "description", "Told by Rosalind")
    seal_all(ledger.store)
    topic.relay()
    for number in order:
        for each in (one, other):
            each.give(number)
            each.step()
    other.catch_up()

    assert as_from_store(ledger, place) == (
        rows(ledger.views, INCIDENT_WORDS),
        digest(ledger.views, INCIDENT_WORDS),
    )
    assert [2] == found(ledger, "told")
    assert [[], [], [1], [2]] == [found(ledger, each) for each in ("zq1x", "zr3x", "zr1x", "zq2x")]
    with ledger.views.begin() as connection:
        assert not is_scrub_due(connection)
    if isinstance(place, File):
        assert [] == remain(place.path, ["quentin", "zq1x", "zr3x"])


def test_what_was_read_before_an_erasure_is_not_written_after_it(ledger: World) -> None:
    """Another process folds the erasure while this one has read the text, and not written it."""
    report(ledger, 1, "Marlene was here")
    seal_all(ledger.store)
    topic = Topic(ledger.store)
    topic.relay()
    of_incident = topic_partition(f"incident/{UUID(int=1)}")
    subjects = (f"subject/{uuid4()}" for _ in range(100))
    subject = next(each for each in subjects if topic_partition(each) != of_incident)
    folding: list[Thread] = []

    def overtaken(ids: Iterable[str]) -> dict[str, str]:
        texts = ledger.store.texts.readable(ids)
        erase(ledger, *texts, stream=subject)
        seal_all(ledger.store)
        topic.relay()
        other = reader(ledger, topic)
        other.give(topic_partition(subject))
        folding.append(Thread(target=other.step))
        folding[0].start()
        return texts

    slow = PartitionProjector(ledger.views, CODEC, PROJECTIONS, topic=1, texts=overtaken)
    reading = Reader(slow, topic)
    reading.give(of_incident)
    reading.step()
    folding[0].join()

    [row] = words(ledger).values()
    assert row["title_text"] is not None
    assert ("", "") == (row["title"], row["title_order"])


def test_a_rebuild_from_a_topic_has_the_words_that_are_left(ledger: World, place: Place) -> None:
    for number in range(1, 7):
        report(ledger, number, f"zq{number}x", "Told by Quentin")
    seal_all(ledger.store)
    topic = Topic(ledger.store)
    topic.relay()
    reader(ledger, topic).catch_up()
    texts = ledger.store.texts.readable
    rebuilding = PartitionRebuild(ledger.views, CODEC, PROJECTIONS, topic=1, texts=texts)
    read = {number: list(records) for number, records in topic.partitions.items()}
    for each in read.values():
        rebuilding.fold(each)
    erase(ledger, *text_ids(ledger, "zq1", "zq2", "Told"))
    seal_all(ledger.store)
    covered = topic.relay()
    reader(ledger, topic).catch_up()
    live = digest(ledger.views, INCIDENT_WORDS)
    for number, each in read.items():
        rebuilding.fold(topic.partitions[number][len(each) :])
    rebuilding.index()

    assert rebuilding.finish(covered)
    assert live == digest(ledger.views, INCIDENT_WORDS)
    assert as_from_store(ledger, place) == (rows(ledger.views, INCIDENT_WORDS), live)
    assert [[], [3]] == [found(ledger, each) for each in ("zq1x", "zq3x")]
    if isinstance(place, File):
        assert [] == remain(place.path, ["quentin", "zq1x", "zq2x"])


def test_nothing_remains_in_pages_from_which_rows_moved(views: ViewsDatabase, place: Place) -> None:
    """SQLite leaves copies of rows in pages that are split, whatever `secure_delete` says."""
    path, chance, count = file_of(place), random.Random(SEED), 3_000
    held: dict[int, list[str]] = {}
    rows: dict[int, Row] = {}

    def write(number: int, title: str) -> Row:
        held.setdefault(number, []).append(title)
        said = [title, *(f"w{chance.randint(0, 300)}" for _ in range(chance.randint(0, 90)))]
        texts = {"title": title, "title_order": title, "description": " ".join(sorted(said))}
        ids = {"title_text": f"t{number}", "description_text": f"d{number}"}
        none = dict.fromkeys(("reference", "system", "external_id"), "")
        rows[number] = {"incident": keys[number], "leaf": number, **none, **texts, **ids}
        return rows[number]

    keys = [str(UUID(int=chance.getrandbits(128))) for _ in range(count)]
    with views.begin(write=True) as connection:
        at = begin(connection, INCIDENT_WORDS)
    table = INCIDENT_WORDS.table(at.number)
    for start in range(0, count, 50):
        with views.begin(write=True) as connection:
            new = [write(number, f"zq{number}x") for number in range(start, start + 50)]
            write_rows(connection, table, new)
            again = {chance.randrange(start + 50) for _ in range(20)}
            write_rows(connection, table, [write(each, f"zr{start}n{each}x") for each in again])
    gone = chance.sample(range(count), count // 2)
    erased = {f"{kind}{number}" for number in gone for kind in "td"}
    with views.begin(write=True) as connection:
        kept = [blanked(rows[number], INCIDENT_WORDS.outside, erased) for number in gone]
        write_rows(connection, table, kept)
        blank_other_generations(connection, INCIDENT_WORDS, at.number, erased)
    scrub(views, PROJECTIONS)

    assert [] == remain(path, [word for number in gone for word in held[number]])
    there = [held[number][-1] for number in range(count) if number not in gone]
    assert there == remain(path, there)
