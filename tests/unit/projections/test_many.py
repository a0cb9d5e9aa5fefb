"""Lists where one sender named ever so many systems, incidents or alerts: each page is bounded."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from consumers import read_service
from consumers.access.readers import HOST
from consumers.container.ledger import Ledger
from consumers.reactor import ReviewProcess
from consumers.services import Services
from consumers.web.pages.incident import incident_page
from ledger.domain.incident.commands import Communicate, Report
from projections import queries
from projections.engine import ViewsDatabase
from projections.engine.generations import live_table
from projections.monthly_count import MONTHLY_COUNT
from projections.queries.counts import ReviewFilters
from projections.queries.incidents import IncidentFilters
from tests.harness.commands import report_incident
from tests.harness.texts import INLINE
from tests.unit.projections.world import World, world
from tests.unit.reactor.watch import new_id

NAMED = 1_000


@pytest.fixture
def many(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(tmp_path, views) as opened:
        yield opened


def shown_by(world: World) -> Ledger:
    """What reporting asks of a ledger."""
    return cast(
        "Ledger",
        SimpleNamespace(store=world.store, views=world.views, now=lambda: world.now, reader=HOST),
    )


_numbers = count(1)


def report(world: World, number: int, system: str = "chat") -> None:
    for _ in range(number):
        request = report_incident(
            incident=UUID(int=next(_numbers)), report=Report(title="It broke", system=system)
        )
        world.executor.execute(request, world.context())
        world.now += timedelta(seconds=1)


def size(items: Any) -> int:
    return len(msgspec.json.encode(items))


def test_a_page_of_the_counts_reads_no_more_systems_than_it_shows(many: World) -> None:
    report(many, 1)
    many.catch_up()
    systems = 37_000
    row = {"leaf": 0, "month": "2026-02", "counts": True, "status": "open", "counted": True}
    row |= {"near_miss": False, "averted": False}
    with many.views.begin(write=True) as connection:
        table = live_table(connection, MONTHLY_COUNT)
        assert table is not None
        for start in range(0, systems, 1_000):
            rows = [
                row | {"incident": f"i{n}", "system": f"s{n:05}", "detected_at": "2026-02-01"}
                for n in range(start, start + 1_000)
            ]
            connection.execute(table.insert(), rows)
    queries.counts.monthly_counts(many.views, limit=10)

    tracemalloc.start()
    try:
        page = queries.counts.monthly_counts(many.views, limit=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert ["chat", *(f"s{n:05}" for n in range(9))] == [each.system for each in page.counts]
    assert peak < 1_000_000
    following = queries.counts.monthly_counts(many.views, limit=10, cursor=page.next)
    assert [f"s{n:05}" for n in range(9, 19)] == [each.system for each in following.counts]


def test_a_month_names_its_first_incidents_and_counts_all(many: World) -> None:
    report(many, 1_100)
    many.catch_up()

    [month] = read_service.counts.monthly_counts(shown_by(many)).items

    first = [row["incident"] for row in _by_leaf(many)]
    assert (1_100, NAMED, NAMED) == (month.count, len(month.incidents), len(month.references))
    assert first[:NAMED] == month.incidents
    # With a threshold of 3 the fourth incident crosses it.
    assert _by_leaf(many)[3]["detected_at"] == month.crossed_at


def test_a_review_names_its_first_incidents_then_and_since(many: World) -> None:
    report(many, 150)
    many.catch_up()
    reviews = ReviewProcess(
        Services(many.store, many.executor, clock=lambda: many.now, new_id=new_id)
    )
    reviews.catch_up()
    many.adopt(INLINE.replace("more_than = 3", "more_than = 4"))
    report(many, 150, system="other")
    report(many, 1_000)
    many.catch_up()

    [review] = [
        each
        for each in read_service.counts.reviews(shown_by(many), ReviewFilters()).items
        if each.system == "chat"
    ]

    assert (4, 1_150, 1_146) == (review.count, review.count_now, review.later_count)
    assert NAMED == len(review.later) == len(review.later_references)
    chat = [row["incident"] for row in _by_leaf(many) if row["system"] == "chat"]
    assert chat[:4] == review.incidents
    assert chat[4 : 4 + NAMED] == review.later


def test_an_incident_names_its_first_alerts_and_counts_all(many: World) -> None:
    many.take(*(many.signal(f"k{number}") for number in range(1_100)))
    many.catch_up()
    ledger = shown_by(many)

    [incident] = read_service.incidents.register(ledger, IncidentFilters()).items

    assert (1_100, NAMED) == (incident.alerts_linked, len(set(incident.alerts)))
    assert incident.alerts == read_service.incidents.incident(ledger, incident.id).alerts
    assert (
        incident.alerts == read_service.incidents.view_from_stream(ledger, UUID(incident.id)).alerts
    )
    assert size(incident) < 50_000


def test_the_page_of_an_incident_shows_a_page_of_its_timeline(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(many, 1)
    incident = UUID(int=next(_numbers) - 1)
    for number in range(1_200):
        many.do(incident, Communicate(audience="all", message=f"Told {number}"))
    many.catch_up()
    ledger = shown_by(many)

    first = incident_page(ledger, str(incident))
    rest = incident_page(ledger, str(incident), first.next)

    assert (1_000, 201) == (len(first.groups), len(rest.groups))
    assert None is rest.next
    told = [each.entries[0].version for page in (first, rest) for each in page.groups]
    assert list(range(1, 1_202)) == told


def _by_leaf(world: World) -> list[Any]:
    return sorted(world.rows(MONTHLY_COUNT).values(), key=lambda row: row["leaf"])
