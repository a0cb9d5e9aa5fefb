"""The register's filters, orders, search and export, as computed by hand, on both stores."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger.domain.incident import commands as c
from ledger.vocabulary import Category, Severity
from projections import queries
from projections.catalogue import PROJECTIONS
from projections.engine import ViewsDatabase, digest, rebuild_all
from projections.engine.generations import live_table
from projections.incident_words import INCIDENT_WORDS
from projections.queries import incidents as register_queries
from projections.queries import search
from projections.queries.incidents import IncidentFilters, register_plan
from projections.queries.period import period_of
from projections.queries.search import rows_in_order
from projections.queries.whole import whole
from projections.register import REGISTER, impact_of
from projections.words import matches, query_words, words_of
from tests.harness.commands import report_incident
from tests.unit.projections.world import World, world

TITLES = (
    "Checkout assistant answers with another customer's name",
    "Retrieval index is stale; p95 above 2 s",
    "=HYPERLINK in a title, 100 % of answers",
    "Zahlungsdienst \u00fcberlastet \u2013 Stra\u00dfe",
    "Same as INC-3, timeouts \0 again",
    "p95 latency above 2 s on instance 7",
)
SYSTEMS = ("checkout-assistant", "search", "rag_index")
OWNERS = ("person/1", "person/2", None)
QUERIES = (
    "checkout",
    "ANSWER customer",
    "p95 2",
    "strasse",
    "time inc-3",
    "INC-4",
    "100 %",
    "assist",
    "sistant",
    "nothing",
    "rag index",
    "ext-1",
    "s",
    "latency 7 instance above",
    "described",
)


@contextmanager
def filled_in(directory: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(directory, views) as opened:
        for number in range(18):
            of = UUID(int=number + 1)
            report = c.Report(
                title=TITLES[number % 6],
                system=SYSTEMS[number % 3],
                description=f"Described in case {number}" if number % 4 == 0 else "",
                external_id=f"EXT-{number % 5}" if number % 2 else None,
                severity=list(Severity)[number % 4] if number % 5 else None,
            )
            opened.executor.execute(report_incident(incident=of, report=report), opened.context())
            opened.now += timedelta(hours=7)
            if owner := OWNERS[number % 3]:
                opened.do(of, c.Assign(owner=owner))
            if number % 4 == 1:
                category = list(Category)[number % 3]
                opened.do(of, c.Classify(category=category, severity=Severity.HIGH))
            if number % 6 == 2:
                opened.do(of, c.Dismiss(reason="A false alarm."))
        opened.catch_up()
        yield opened


@pytest.fixture
def filled(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with filled_in(tmp_path, views) as opened:
        yield opened


@pytest.fixture(scope="module")
def read_only(
    shared_views: ViewsDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The same, one for all tests that change nothing in it."""
    with filled_in(tmp_path_factory.mktemp("search"), shared_views) as opened:
        yield opened


def found(world: World, filters: IncidentFilters, **given: Any) -> list[str]:
    page = queries.incidents.register(world.views, filters, **given)
    return [row["incident"] for row in page.rows]


def everything(world: World) -> list[dict[str, Any]]:
    return [dict(row) for row in queries.incidents.register(world.views, IncidentFilters()).rows]


def naive(row: dict[str, Any], query: str) -> bool:
    texts = (row["title"], row["description"], row["system"], row["external_id"] or "")
    words = " ".join(words_of(text) for text in (*texts, f"INC-{row['leaf']}"))
    return matches(words.split(), query_words(query))


@pytest.mark.parametrize(("few", "first"), [(1_000, 1_000), (0, 1), (0, 1_000), (1_000, 1)])
@pytest.mark.parametrize("sort", ["-detected_at", "title"])
def test_a_search_finds_the_incidents_in_which_all_words_occur(
    read_only: World, monkeypatch: pytest.MonkeyPatch, few: int, first: int, sort: str
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(register_queries, "FIRST", first)
    rows = {row["incident"]: row for row in everything(read_only)}
    for query in QUERIES:
        filters = IncidentFilters(q=query_words(query))
        expected = {of for of, row in rows.items() if naive(row, query)}
        assert expected == set(found(read_only, filters, sort=sort)), query
        paged: list[str] = []
        cursor = None
        while True:
            page = queries.incidents.register(
                read_only.views, filters, sort=sort, cursor=cursor, limit=2
            )
            paged += [row["incident"] for row in page.rows]
            if (cursor := page.next) is None:
                break
        assert found(read_only, filters, sort=sort) == paged, query


def test_a_corrected_text_is_found_by_its_new_words_and_by_the_old_ones_no_more(
    filled: World,
) -> None:
    of = UUID(int=2)
    for field, to in (("title", "Renamed entirely"), ("external_id", "TICKET-9")):
        filled.do(of, c.Amend(field=field, to=to, reason="Wrong before."))
    filled.catch_up()

    for query, there in (("renamed", True), ("ticket", True), ("stale", False), ("ext", False)):
        assert there is (str(of) in found(filled, IncidentFilters(q=query_words(query)))), query


def test_a_rebuild_gives_the_same_words_and_an_index_that_is_kept_up_to_date(
    filled: World,
) -> None:
    before = digest(filled.views, INCIDENT_WORDS)
    rebuild_all(filled.projector, filled.views, PROJECTIONS, until=filled.store.size())
    assert before == digest(filled.views, INCIDENT_WORDS)
    rebuild_all(filled.projector, filled.views, PROJECTIONS, until=filled.store.size())

    filled.do(UUID(int=1), c.Amend(field="title", to="After the rebuild", reason="Wrong."))
    filled.catch_up()

    assert [str(UUID(int=1))] == found(filled, IncidentFilters(q=query_words("after rebuild")))
    rows = everything(filled)
    for query in QUERIES:
        expected = {row["incident"] for row in rows if naive(row, query)}
        assert expected == set(found(filled, IncidentFilters(q=query_words(query)))), query


Value = Callable[[dict[str, Any]], Any]


def last(members: Any) -> Callable[[Any], int]:
    order = [str(each) for each in members]
    return lambda value: order.index(value) if value in order else len(order)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("reference", lambda row: row["leaf"]),
        ("title", lambda row: row["title"].encode()),
        ("system", lambda row: row["system"]),
        ("severity", lambda row: last(Severity)(row["severity"])),
        ("category", lambda row: row["category"] or ""),
        ("status", lambda row: row["status"]),
        ("impact", lambda row: ["ongoing", "unknown", "ended"].index(impact_of(row))),
        ("owner", lambda row: last(["person/2", "person/1"])(row["owner"])),
        ("detected_at", lambda row: row["detected_at"]),
        ("started_at", lambda row: row["started_at"]),
        ("rca_due", lambda row: row["rca_due"]),
        ("month", lambda row: row["month"]),
    ],
)
def test_the_register_is_sorted_by_every_column_in_both_directions(
    read_only: World, sort: str, value: Value, falling: bool
) -> None:
    rows = {row["incident"]: row for row in everything(read_only)}
    given: dict[str, Any] = {
        "sort": f"-{sort}" if falling else sort,
        "owners": ["person/2", "person/1"],
    }
    order = found(read_only, IncidentFilters(), **given)

    expected = sorted(rows, key=lambda of: (value(rows[of]), of), reverse=falling)
    assert expected == order
    pages: list[str] = []
    cursor = None
    while True:
        page = queries.incidents.register(
            read_only.views, IncidentFilters(), cursor=cursor, limit=5, **given
        )
        pages += [row["incident"] for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert expected == pages


def test_owner_and_dates_let_those_through_that_match(read_only: World) -> None:
    rows = everything(read_only)
    for owner, ids in (("person/1", ("person/1",)), (None, ())):
        expected = {row["incident"] for row in rows if row["owner"] == owner}
        assert expected == set(found(read_only, IncidentFilters(owner=ids)))
    day = rows[9]["detected_at"][:10]
    of_day = {row["incident"] for row in rows if row["detected_at"].startswith(day)}
    assert of_day == set(found(read_only, IncidentFilters(detected=period_of(day, day))))
    exact = period_of(rows[9]["detected_at"], rows[9]["detected_at"])
    assert [rows[9]["incident"]] == found(read_only, IncidentFilters(detected=exact))


@pytest.mark.parametrize("sort", ["title", "owner", "-severity"])
def test_a_whole_list_and_its_first_page_have_the_order_of_the_list(
    read_only: World, sort: str
) -> None:
    """By owner without any person, too."""
    expected = found(read_only, IncidentFilters(), sort=sort)
    batches = whole(read_only.views, register_plan(IncidentFilters(), sort, ()))
    page = queries.incidents.register(read_only.views, IncidentFilters(), sort=sort, limit=5)
    assert expected == [row["incident"] for batch in batches for row in batch]
    assert expected[:5] == [row["incident"] for row in page.rows]


def test_what_changes_while_a_list_is_read_moves_no_row(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.whole, "ROWS_PER_BATCH", 4)
    before = found(filled, IncidentFilters(), sort="title")
    batches = whole(filled.views, register_plan(IncidentFilters(), "title", ()))
    read = [row["incident"] for row in next(batches)]
    for number, title in ((18, "  first"), (1, "zzz last")):
        filled.do(UUID(int=number), c.Amend(field="title", to=title, reason="Moves."))
    request = report_incident(
        incident=UUID(int=99), report=c.Report(title="New meanwhile", system="search")
    )
    filled.executor.execute(request, filled.context())
    filled.catch_up()
    read += [row["incident"] for batch in batches for row in batch]

    assert before == read
    assert before != found(filled, IncidentFilters(), sort="title")


def test_a_whole_list_is_read_in_little_memory_however_long_it_is(filled: World) -> None:
    template = queries.incidents.incident(filled.views, everything(filled)[0]["incident"])
    assert template is not None
    count = 8_000
    with filled.views.begin(write=True) as connection:
        table = live_table(connection, REGISTER)
        assert table is not None
        for start in range(0, count, 1_000):
            rows = [
                dict(template) | {"incident": f"i{number:06}", "leaf": 10_000 + number}
                for number in range(start, start + 1_000)
            ]
            connection.execute(table.insert(), rows)
    plan = register_plan(IncidentFilters(), "-reference", ())
    next(whole(filled.views, plan))

    tracemalloc.start()
    try:
        read = sum(len(batch) for batch in whole(filled.views, plan))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count + 18 == read
    assert peak < 6_000_000


@pytest.mark.parametrize(
    ("found", "wanted", "rows"),
    [(0, 101, None), (400, 101, 127), (20, 101, 2_526), (16, 101, None), (1, 1, 501)],
)
def test_a_page_of_a_common_word_is_searched_in_as_many_rows_as_it_probably_needs(
    found: int, wanted: int, rows: int | None
) -> None:
    assert rows == rows_in_order(found, wanted)
