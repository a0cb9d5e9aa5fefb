"""A large body is appended in chunks, in one order, with others in between."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import receive as intake_module
from consumers.intake.chunks import CHUNK_SIGNALS, WHOLE_SIGNALS
from consumers.intake.parsed import ParsedBody
from consumers.intake.receive import Intake
from ledger.domain.alert import AlertFired
from ledger.domain.catalogue import CODEC
from ledger.errors import Overloaded, Unavailable
from ledger.vocabulary import SourceKind
from tests.harness.homes import settings_of
from tests.unit.execute.desk import DEADLINE, WatchedStore

NUMBER = WHOLE_SIGNALS + 100


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    try:
        yield ledger
    finally:
        ledger.close()


def intake_of(ledger: Ledger) -> Intake:
    return Intake(ledger.services)


def body(*names: str, severity: str = "info", status: str = "firing", missing: int = 0) -> bytes:
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "Down", "severity": severity, "n": name},
            "startsAt": "2026-11-22T09:21:11Z",
            "endsAt": "2026-11-22T09:31:11Z" if status == "resolved" else "0001-01-01T00:00:00Z",
            "fingerprint": name,
        }
        for name in names
    ]
    head = {"version": "4", "groupKey": "g", "receiver": "r", "status": "firing"}
    return json.dumps({**head, "alerts": alerts, "truncatedAlerts": missing}).encode()


def fired(ledger: Ledger) -> list[str]:
    entries = ledger.store.read(0, 1_000_000, sealed=False)
    events = (CODEC.decode(entry.stored, entry.leaf).event for entry in entries)
    return [event.alert.labels["n"] for event in events if isinstance(event, AlertFired)]


def test_others_are_recorded_between_the_chunks_of_a_large_body(ledger: Ledger) -> None:
    watched = WatchedStore(ledger.store)
    names = [f"{number:05}" for number in range(NUMBER)]

    async def both() -> tuple[int, int]:
        intake = intake_of(ledger)
        large = asyncio.create_task(
            intake.receive("large", SourceKind.ALERTMANAGER, body(*names, missing=3), {})
        )
        assert await asyncio.to_thread(watched.arrived.wait, DEADLINE)
        small = await intake.receive("small", SourceKind.ALERTMANAGER, body("small"), {})
        return (await large).recorded, small.recorded

    assert (NUMBER, 1) == asyncio.run(both())
    assert CHUNK_SIGNALS + 1 >= max(watched.appends)
    order = fired(ledger)
    assert order.index("small") < NUMBER
    assert names == [name for name in order if name != "small"]
    stored = ledger.store.read(0, 100_000, sealed=False)
    assert 1 == sum(b"alerts_truncated" in each.stored for each in stored)


def test_the_order_of_a_large_body_changes_nothing_and_what_was_heard_of_comes_first(
    ledger: Ledger,
) -> None:
    names = [f"{number:05}" for number in range(NUMBER)]

    async def take(source: str, text: bytes) -> int:
        taken = await intake_of(ledger).receive(source, SourceKind.ALERTMANAGER, text, {})
        return taken.recorded

    assert 1 == asyncio.run(take("s", body(names[-1])))
    assert NUMBER - 1 == asyncio.run(take("s", body(*reversed(names))))
    assert [names[-1], *names[:-1]] == fired(ledger)
    assert NUMBER == asyncio.run(take("s", body(*names, status="resolved")))


def test_a_source_whose_large_bodies_are_in_hand_is_overloaded_alone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "WAITING_OF_A_SOURCE", NUMBER - 1)
    watched = WatchedStore(ledger.store)
    watched.hold()
    names = [f"{number:05}" for number in range(NUMBER)]

    async def all_of_them() -> tuple[int, int]:
        intake = intake_of(ledger)
        first = asyncio.create_task(intake.receive("a", SourceKind.ALERTMANAGER, body(*names), {}))
        assert await asyncio.to_thread(watched.arrived.wait, DEADLINE)
        with pytest.raises(Overloaded):
            await intake.receive("a", SourceKind.ALERTMANAGER, body(*names), {})
        other = asyncio.create_task(intake.receive("b", SourceKind.ALERTMANAGER, body("b"), {}))
        watched.gate.set()
        return (await first).recorded, (await other).recorded

    assert (NUMBER, 1) == asyncio.run(all_of_them())


def test_a_process_that_ends_does_not_wait_for_a_body_that_takes_long(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, parsing, go_on = (threading.Event() for _ in range(3))

    def parse(*_: object) -> ParsedBody:
        parsing.set()
        go_on.wait(DEADLINE)
        return ParsedBody()

    async def received() -> None:
        intake = Intake(ledger.services, ending=ending.is_set)
        large = body(*(f"{number:05}" for number in range(200)))
        under_way = asyncio.create_task(intake.receive("large", SourceKind.ALERTMANAGER, large, {}))
        assert await asyncio.to_thread(parsing.wait, DEADLINE)
        ending.set()
        try:
            await asyncio.wait_for(under_way, DEADLINE)
        finally:
            go_on.set()

    monkeypatch.setattr(intake_module, "parse", parse)
    monkeypatch.setattr(intake_module, "DROPPED_AFTER_SECONDS", 0.5)
    with pytest.raises(Unavailable, match="about to end"):
        asyncio.run(received())
    assert [] == fired(ledger)
