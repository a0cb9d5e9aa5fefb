"""Words of texts beside the log: found, sorted by, and gone once the texts are erased."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.incident import commands as c
from ledger.domain.subject import SubjectErased
from ledger.domain.text import marked_ids
from ledger.policy import shipped
from ledger.store.mapper import EnvelopeMapper
from ledger.store.text_records import TextsErased
from ledger.vocabulary import ErasureReason
from projections import queries
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
from projections.engine.generations import begin, create, find, next_number
from projections.engine.projection import Row
from projections.engine.statements import write_rows
from projections.incident_words import INCIDENT_WORDS
from projections.queries.incidents import IncidentFilters, register_plan
from projections.queries.rca import RcaFilters
from projections.queries.whole import whole
from projections.register import REGISTER
from projections.words import query_words
from tests.contract.samples import seal_all
from tests.harness.commands import report_incident
from tests.unit.projections.places import File, Place
from tests.unit.projections.topic import Reader, Topic, topic_partition
from tests.unit.projections.toy import rows
from tests.unit.projections.world import World, world

PRIVATE = f'{shipped()}\n[privacy]\nbeside = ["persons"]\n'
SEED = 20_261_130
NOW = "2026-03-02T00:00:00.000000Z"


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    """Free text of persons lies beside the log."""
    with world(tmp_path, views) as opened:
        opened.adopt(PRIVATE)
        yield opened


def report(ledger: World, number: int, title: str, description: str = "") -> None:
    made = c.Report(title=title, system="search", description=description)
    request = report_incident(incident=UUID(int=number), report=made)
    ledger.executor.execute(request, ledger.context())


def amend(ledger: World, number: int, field: str, to: str) -> None:
    ledger.do(UUID(int=number), c.Amend(field=field, to=to, reason="Wrong before."))


def words(ledger: World) -> dict[int, Row]:
    return {UUID(of).int: row for (of,), row in rows(ledger.views, INCIDENT_WORDS).items()}


def found(ledger: World, query: str) -> list[int]:
    page = queries.incidents.register(ledger.views, IncidentFilters(q=query_words(query)))
    return sorted(UUID(row["incident"]).int for row in page.rows)


def by_title(ledger: World, sort: str = "title", **given: Any) -> list[int]:
    page = queries.incidents.register(ledger.views, IncidentFilters(), sort=sort, **given)
    return [UUID(row["incident"]).int for row in page.rows]


def erase(ledger: World, *texts: str, stream: str | None = None) -> None:
    """What an erasure appends: the event, and what it does to the texts, at once."""
    streams = dict.fromkeys(row.stream for row in ledger.store.texts.rows(texts).values())
    event = SubjectErased(
        at=ledger.now, texts=texts, streams=tuple(streams), reason=ErasureReason.REQUEST
    )
    recorded = Recorded(
        event=event,
        stream=stream or f"subject/{uuid4()}",
        version=1,
        leaf=-1,
        id=str(uuid4()),
        recorded_at=ledger.now,
        actor="airledger",
        source="airledger",
        correlation="c",
    )
    new = EnvelopeMapper(CODEC).to_new_event(recorded)
    ledger.store.append([new], [TextsErased(ids=texts)])


def titles_of(ledger: World, *numbers: int) -> list[str]:
    """The ids of the texts that are these incidents' titles."""
    known = words(ledger)
    return [known[number]["title_text"] for number in numbers]


def test_words_of_a_text_beside_the_log_are_found_and_other_read_models_have_its_mark(
    ledger: World,
) -> None:
    report(ledger, 1, "Assistant named Marlene Dietrich", "Told by Quentin")
    amend(ledger, 1, "description", "Told by Rosalind")
    ledger.catch_up()

    assert [[1], [1], []] == [found(ledger, each) for each in ("marlene", "rosalind", "quentin")]
    [row] = rows(ledger.views, REGISTER).values()
    ids = [*marked_ids(row["title"]), *marked_ids(row["description"])]
    assert ids == [words(ledger)[1][name] for name in ("title_text", "description_text")]
    assert {"Assistant named Marlene Dietrich", "Told by Rosalind"} == set(
        ledger.store.texts.readable(ids).values()
    )


TITLES = (
    "beta",
    "alpha",
    "Zulu",
    "",
    "alpha",
    "\u00e9clair",
    "x" * 250,
    "x" * 250 + "a",
    "\0",
    "B",
)


def test_lists_are_sorted_by_the_titles_themselves(ledger: World) -> None:
    for number, title in enumerate(TITLES, start=1):
        report(ledger, number, f"!{title}")
    ledger.catch_up()
    ordered = sorted(range(1, len(TITLES) + 1), key=lambda of: (f"!{TITLES[of - 1]}"[:200], of))

    for sort, expected in (("title", ordered), ("-title", ordered[::-1])):
        assert expected == by_title(ledger, sort)
        plan = register_plan(IncidentFilters(), sort, ())
        batches = whole(ledger.views, plan)
        assert expected == [UUID(row["incident"]).int for batch in batches for row in batch]
        for pages in (paged_register(ledger, sort), paged_clocks(ledger, sort)):
            assert expected == pages


def paged_register(ledger: World, sort: str) -> list[int]:
    listed: list[int] = []
    cursor = None
    while True:
        page = queries.incidents.register(
            ledger.views, IncidentFilters(), sort=sort, cursor=cursor, limit=3
        )
        listed += [UUID(row["incident"]).int for row in page.rows]
        if (cursor := page.next) is None:
            return listed


def paged_clocks(ledger: World, sort: str) -> list[int]:
    listed: list[int] = []
    cursor = None
    while True:
        page = queries.rca.clocks(
            ledger.views, RcaFilters(), now=NOW, sort=sort, cursor=cursor, limit=3
        )
        listed += [UUID(row["incident"]).int for row in page.rows]
        if (cursor := page.next) is None:
            return listed


def test_a_page_goes_on_where_the_one_before_ended_though_its_last_title_was_erased(
    ledger: World,
) -> None:
    for number in range(1, 7):
        report(ledger, number, f"title {number}")
    ledger.catch_up()
    first = queries.incidents.register(ledger.views, IncidentFilters(), sort="title", limit=3)
    erase(ledger, *titles_of(ledger, 3))
    ledger.catch_up()

    assert [4, 5, 6] == by_title(ledger, cursor=first.next)
    assert [3, 1, 2, 4, 5, 6] == by_title(ledger)


def test_erased_words_are_found_no_more_and_the_digest_is_equal(ledger: World) -> None:
    report(ledger, 1, "Assistant named Marlene", "Told by Quentin")
    report(ledger, 2, "Marlene again")
    ledger.catch_up()
    before = [digest(ledger.views, each) for each in PROJECTIONS]
    [row] = [row for number, row in words(ledger).items() if number == 1]
    erase(ledger, row["title_text"], row["description_text"])
    ledger.catch_up()

    assert [[2], [], []] == [found(ledger, each) for each in ("marlene", "named", "quentin")]
    assert [[1], [1, 2]] == [found(ledger, "inc-2"), found(ledger, "search")]
    assert before == [digest(ledger.views, each) for each in PROJECTIONS]
    kept = words(ledger)
    rebuild(ledger.projector, ledger.views, INCIDENT_WORDS, until=ledger.store.size())
    assert kept == words(ledger)
    assert before == [digest(ledger.views, each) for each in PROJECTIONS]
    assert [None] * len(PROJECTIONS) == [each.stopped for each in ledger.projector.progress]


def test_a_word_of_the_event_itself_is_in_the_digest(tmp_path: Path, views: ViewsDatabase) -> None:
    with world(tmp_path, views) as ledger:
        report(ledger, 1, "In the event")
        ledger.catch_up()
        before = digest(views, INCIDENT_WORDS)
        with views.begin(write=True) as connection:
            [row] = words(ledger).values()
            live = find(connection, INCIDENT_WORDS, "live")
            assert live is not None
            table = INCIDENT_WORDS.table(live.number)
            write_rows(connection, table, [{**row, "title": "another"}])

        assert before != digest(views, INCIDENT_WORDS)


def test_a_text_that_was_replaced_is_erased_and_its_successor_stays(ledger: World) -> None:
    report(ledger, 1, "Before")
    ledger.catch_up()
    [old] = titles_of(ledger, 1)
    amend(ledger, 1, "title", "Afterwards")
    erase(ledger, old)
    ledger.catch_up()

    assert [[], [1]] == [found(ledger, "before"), found(ledger, "afterwards")]


def test_detection_correction_and_erasure_in_one_batch_leave_no_word(ledger: World) -> None:
    report(ledger, 1, "First words")
    amend(ledger, 1, "title", "Second words")
    report(ledger, 2, "Third words")
    erased = [row.id for row in ledger.store.texts.page("", 100) if row.content != "Wrong before."]
    erase(ledger, *erased)
    amend(ledger, 2, "title", "Fourth words")
    ledger.catch_up()

    assert [2] == found(ledger, "words")
    assert [2] == found(ledger, "fourth")


def test_an_erasure_of_a_text_that_no_row_has_changes_none(ledger: World) -> None:
    report(ledger, 1, "Stays")
    ledger.catch_up()
    before = words(ledger)
    event_of = [row.id for row in ledger.store.texts.page("", 100)]
    assert titles_of(ledger, 1) == event_of
    erase(ledger, str(uuid4()))
    ledger.catch_up()

    assert before == words(ledger)
    assert ledger.projector.progress[-1].next == ledger.store.size()


def test_the_texts_of_a_batch_are_read_at_once(
    ledger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 20):
        report(ledger, number, f"title {number}", f"description {number}")
    read: list[int] = []
    readable = ledger.store.texts.readable

    def counted(ids: Sequence[str]) -> dict[str, str]:
        read.append(len(set(ids)))
        return readable(ids)

    monkeypatch.setattr(ledger.store.texts, "readable", counted)
    ledger.catch_up()

    assert [38] == read


def test_a_generation_that_is_old_or_was_left_half_filled_keeps_no_erased_word(
    ledger: World,
) -> None:
    report(ledger, 1, "Marlene was here")
    ledger.catch_up()
    rebuild(ledger.projector, ledger.views, INCIDENT_WORDS, until=ledger.store.size())
    with ledger.views.begin() as connection:
        assert find(connection, INCIDENT_WORDS, "old") is not None
    left = left_half_filled(ledger)
    erase(ledger, *titles_of(ledger, 1))
    ledger.catch_up()

    with ledger.views.begin() as connection:
        assert find(connection, INCIDENT_WORDS, "old") is None
        kept = connection.execute(INCIDENT_WORDS.table(left).select()).mappings().one()
    assert ("", "") == (kept["title"], kept["title_order"])


def left_half_filled(ledger: World) -> int:
    """The number of a generation that a rebuild left behind, beside an old one."""
    with ledger.views.begin(write=True) as connection:
        number = next_number(connection, INCIDENT_WORDS)
        create(connection, INCIDENT_WORDS, number, "building")
        write_rows(connection, INCIDENT_WORDS.table(number), words(ledger).values())
    return number


def file_of(place: Place) -> Path:
    if not isinstance(place, File):
        pytest.skip("PostgreSQL's dead rows go when a table is vacuumed")
    return place.path


def remain(path: Path, names: Sequence[str]) -> list[str]:
    """Which of these words the files of the read models still have anywhere."""
    files = [path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-journal"))]
    raw = b"".join(each.read_bytes() for each in files if each.exists())
    return [name for name in names if name.encode() in raw]


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
