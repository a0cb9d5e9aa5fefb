"""What was measured over a window: the same sums one by one and grouped, read from an index."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from ledger.domain import metric as m
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.identity import system_id
from ledger.store.mapper import EnvelopeMapper
from ledger.vocabulary import Direction, Purpose
from projections.engine import SQLiteViews, ViewsDatabase
from projections.queries import objectives
from projections.queries.objectives import Asked, Measured, measured
from projections.values import time_text
from tests.unit.projections.world import World, world

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATENCY = Asked(
    metric="p95",
    unit="s",
    direction=Direction.LOWER,
    least=20,
    since=time_text(NOW - 24 * HOUR),
    comparison="<",
    target=2.0,
    targets={str(system_id("search")): 3.0},
)
NUMBERS = count()


@pytest.fixture
def ledger(tmp_path: Path, views: ViewsDatabase) -> Iterator[World]:
    with world(tmp_path, views) as opened:
        yield opened


def of(system: str, **more: Any) -> Asked:
    return LATENCY._replace(system_id=str(system_id(system)), **more)


def record(world: World, value: float, hours: float = 1, **given: Any) -> None:
    """One measurement of p95 that ended so many hours ago; `retracted`, it was taken back."""
    number, until = next(NUMBERS), NOW - hours * HOUR
    retracted = given.pop("retracted", False)
    unit = given.pop("unit", "s")
    of = m.measurement_id(
        m.RecordMeasurement(system="s", metric="p95", value=0, until=until, id=str(number))
    )
    facts: Mapping[str, Any] = {
        "system": "chat",
        "metric": "p95",
        "unit": unit,
        "standard_unit": unit,
        "standard_value": value,
        "direction": Direction.LOWER,
        "n": 100,
        "purpose": Purpose.MONITORING,
        **given,
    }
    events: list[m.Measured | m.Retracted] = [m.Measured(at=until, value=value, **facts)]
    if retracted:
        events.append(m.Retracted(at=until, reason="Wrong"))
    mapper = EnvelopeMapper(CODEC)
    for version, each in enumerate(events, start=1):
        recorded = Recorded(
            event=each,
            stream=m.METRIC.stream(of),
            version=version,
            leaf=0,
            id=str(of),
            recorded_at=until,
            actor="source/test",
            source="source/test",
            correlation=str(of),
        )
        world.store.append([mapper.to_new_event(recorded)])


def test_each_segment_is_summed_with_what_cannot_be_judged_of_it(ledger: World) -> None:
    for value in (1.0, 1.5, 4.0):
        record(ledger, value, hours=value)
    record(ledger, 9.0, n=19)
    record(ledger, 9.0, unit="ms")
    record(ledger, 9.0, direction=Direction.HIGHER)
    record(ledger, 9.0, n=0)
    record(ledger, 9.0, hours=25)
    record(ledger, 9.0, purpose=Purpose.EVALUATION)
    record(ledger, 9.0, retracted=True)
    record(ledger, 9.0, metric="p99")
    record(ledger, 9.0, system="other")
    record(ledger, 3.0, segment={"tier": "2"})
    record(ledger, 9.0, segment={"tier": "3"}, unit="ms")
    ledger.catch_up()

    whole, tier2, tier3 = measured(ledger.views, of("chat"))

    assert ("chat", "", 3, 4, 2) == (*whole[:1], *whole[2:6])
    assert (650.0, 300) == (whole.weighed, whole.samples)
    assert (1.0, time_text(NOW - HOUR)) == whole.newest
    assert ("tier=2", 1, 0, 0) == tier2[2:6]
    assert ("tier=3", 0, 1, 0, 0.0, 0, None) == tier3[2:]


def test_of_two_that_end_together_the_later_one_is_the_newest(ledger: World) -> None:
    for value in (1.0, 3.0, 2.0):
        record(ledger, value)
    ledger.catch_up()

    [found] = measured(ledger.views, of("chat"))

    assert (2.0, time_text(NOW - HOUR)) == found.newest


def test_a_system_is_named_as_its_newest_measurement_names_it(ledger: World) -> None:
    record(ledger, 1.0, hours=2, system="chat")
    record(ledger, 1.0, hours=1, system="Chat")
    ledger.catch_up()

    assert [("Chat", 2)] == [(each.system, each.judged) for each in measured(ledger.views, LATENCY)]


def test_values_are_summed_by_their_samples_only_where_that_is_asked_for(ledger: World) -> None:
    record(ledger, 1.0)
    ledger.catch_up()

    [found] = measured(ledger.views, of("chat", by_samples=False))

    assert (1, 1, 0.0, 0) == (found.judged, found.met, found.weighed, found.samples)


def test_a_segment_may_be_longer_than_what_an_index_takes(ledger: World) -> None:
    chosen = random.Random(1)
    label = ["".join(chr(chosen.randrange(0x4E00, 0x9FFF)) for _ in range(200)) for _ in range(20)]
    record(ledger, 1.0, segment=dict(zip(label[:10], label[10:], strict=True)))
    ledger.catch_up()

    [found] = measured(ledger.views, of("chat"))

    assert (1, 20 * 200 + 10 + 9 * 2) == (found.judged, len(found.segment))


def test_grouped_and_one_by_one_they_come_to_the_same(
    ledger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = random.Random(7)
    for _ in range(300):
        record(
            ledger,
            chosen.choice((1.0, 2.0, 2.5, 3.0, 3.5)),
            hours=chosen.randrange(36),
            system=chosen.choice(("chat", "search")),
            segment=chosen.choice(({}, {"tier": "1"}, {"tier": "2"})),
            unit=chosen.choice(("s", "s", "s", "ms", "")),
            n=chosen.choice((0, 19, 20, 50)),
            purpose=chosen.choice((Purpose.MONITORING, Purpose.MONITORING, Purpose.EVALUATION)),
            retracted=chosen.random() < 0.1,
        )
    ledger.catch_up()

    def each_alone() -> list[Measured]:
        return [
            each for system in ("chat", "search") for each in measured(ledger.views, of(system))
        ]

    apart = each_alone()
    monkeypatch.setattr(objectives, "MOST_APART", 1)

    assert 6 == len(apart)
    assert apart == each_alone() == measured(ledger.views, LATENCY)


def test_a_system_is_summed_from_an_index_and_sorted_nowhere(tmp_path: Path) -> None:
    with world(tmp_path) as ledger:
        for tier in ("", "2"):
            record(ledger, 1.0, segment={"tier": tier} if tier else {})
        ledger.catch_up()
        assert isinstance(ledger.views, SQLiteViews)
        plans: list[str] = []

        def explain(
            connection: Connection, cursor: object, sql: str, values: Any, *_: object
        ) -> None:
            if "measurements_v" in sql and not sql.startswith("EXPLAIN"):
                raw = connection.connection.cursor()
                raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)
                plans.append("; ".join(row[3] for row in raw.fetchall()))

        event.listen(ledger.views._engine, "before_cursor_execute", explain)
        assert 2 == len(measured(ledger.views, of("chat")))

        # The list of two series with its end, their sums, and the newest row of each.
        assert 7 == len(plans)
        assert all("system_id=? AND metric=? AND series" in plan for plan in plans)
        assert all("COVERING INDEX" in plan for plan in plans[:5])
        assert not any("GROUP BY" in plan for plan in plans)
