"""Quarantine beyond what a server shows: its quota, and a retry once a parser knows better."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.formats.registry import FORMATS
from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.receive import Intake, Received
from ledger.domain.alert import AlertFired, Signal, SignalStatus
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded, stream_id
from ledger.domain.identity import alert_id
from ledger.errors import Refused
from ledger.store.side_records import Quarantined, QuarantinePart
from ledger.vocabulary import SourceKind
from tests.harness.homes import settings_of
from tests.harness.tampering import tamper

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT = 65_536


@dataclass
class Desk:
    """An open ledger with an intake of its own clock, and a format whose parser can learn."""

    ledger: Ledger
    now: datetime = NOON
    known: set[bytes] = field(default_factory=set)

    def parse(self, incoming: Incoming) -> ParsedBody:
        """Each line is `key status`; those whose status is not known yet are refused."""
        signals, refused = [], []
        for index, line in enumerate(incoming.body.split(b"\n")):
            if incoming.part_indexes is not None and index not in incoming.part_indexes:
                continue
            key, _, status = line.partition(b" ")
            if status in {b"firing", b"resolved"} or line in self.known:
                signals.append(signal(key.decode(), status.decode()))
            else:
                refused.append(QuarantinePart(index=index, reason=f"Line {index} is unknown."))
        return ParsedBody(signals=tuple(signals), refused=tuple(refused))

    def take(self, body: bytes) -> Received:
        intake = Intake(replace(self.ledger.services, clock=self._clock))
        return asyncio.run(intake.receive("test", SourceKind.NATIVE, body, {"content-type": "x"}))

    def retry(self, body: bytes) -> None:
        self.now += timedelta(minutes=10)
        entry = self.entry(body)
        store, executor = self.ledger.store, self.ledger.executor
        quarantine_retry.retry(store, executor, entry.id, actor="person/1", now=self.now)

    def entry(self, body: bytes) -> Quarantined:
        digest = hashlib.sha256(body).hexdigest()
        (found,) = (e for e in self.ledger.store.quarantine.entries() if e.digest == digest)
        return found

    def history(self, key: str) -> list[Recorded]:
        stream = stream_id("alert", alert_id("test", key))
        entries = self.ledger.store.load({stream: 0})[stream]
        return [CODEC.decode(entry.stored, entry.leaf) for entry in entries]

    def _clock(self) -> datetime:
        return self.now


def signal(key: str, status: str) -> Signal:
    return Signal(
        source="test",
        dedup_key=key,
        status=SignalStatus.RESOLVED if status == "resolved" else SignalStatus.FIRING,
        title=key,
        labels={"alertname": "Test", "severity": "critical"},
        annotations={},
        starts_at=None,
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    try:
        made = Desk(ledger)
        learning = replace(FORMATS[SourceKind.NATIVE], parse=made.parse)
        monkeypatch.setitem(cast("dict[Any, Any]", FORMATS), SourceKind.NATIVE, learning)
        yield made
    finally:
        ledger.close()


def test_a_retry_records_what_was_refused_under_its_own_arrival_time(desk: Desk) -> None:
    body = b"one firing\ntwo smouldering"
    received = desk.take(body)
    assert (2, 1, 1) == (received.received, received.recorded, received.quarantined)
    with pytest.raises(Refused, match="Line 1 is unknown"):
        desk.retry(body)
    desk.known.add(b"two smouldering")
    desk.retry(body)
    (fired,) = desk.history("two")
    assert isinstance(fired.event, AlertFired)
    assert NOON == fired.event.arrived_at == fired.event.at
    assert 1 == len(desk.history("one"))  # the good part is not taken again
    entry = desk.entry(body)
    assert ("retried", "person/1", desk.now) == (entry.state, entry.closed_by, entry.closed_at)
    with pytest.raises(Refused, match="was retried"):
        desk.retry(body)


def test_a_retry_after_later_signals_is_recorded_as_late_and_opens_nothing(desk: Desk) -> None:
    body = b"one smouldering"
    desk.take(body)
    desk.now += timedelta(minutes=1)
    desk.take(b"one firing")
    desk.now += timedelta(minutes=1)
    desk.take(b"one resolved")
    desk.known.add(body)
    desk.retry(body)
    names = [event.event.name for event in desk.history("one")]
    assert ["alert.fired.v1", "alert.resolved.v1", "alert.late_recorded.v1"] == names


@pytest.mark.parametrize("size", ["same", "shorter", "longer"])
def test_a_kept_body_that_was_edited_is_not_taken_and_readers_are_warned(
    desk: Desk, size: str
) -> None:
    body = b"one smouldering"
    desk.take(body)
    desk.known |= {body, b"two smouldering"}
    data_dir = desk.ledger.settings.data_dir
    new = {"same": "two", "shorter": "t", "longer": "twelve"}[size]
    tamper(data_dir, f"UPDATE bodies SET content = replaced(content, 'one', '{new}')")

    with pytest.raises(Refused) as refusal:
        desk.retry(body)

    assert "body_altered" == refusal.value.rule
    assert f"sha256:{hashlib.sha256(body).hexdigest()}" in refusal.value.message
    assert "from a backup" in refusal.value.remedy
    assert ([], [], "open") == (desk.history("one"), desk.history("two"), desk.entry(body).state)
    found = quarantine.kept_body(desk.ledger.store, desk.entry(body))
    assert (True, f"{new} smouldering".encode()) == (found.altered, found.content)
    assert found.warning.startswith("The kept body is not what arrived")
    tamper(data_dir, f"UPDATE bodies SET content = replaced(content, '{new}', 'one')")
    desk.retry(body)
    assert 1 == len(desk.history("one"))


def test_a_kept_body_that_is_gone_or_emptied_is_not_taken(desk: Desk) -> None:
    body = b"one smouldering"
    desk.take(body)
    desk.known.add(body)
    for statement in ("UPDATE bodies SET content = zeroblob(0)", "DELETE FROM bodies"):
        tamper(desk.ledger.settings.data_dir, statement)
        with pytest.raises(Refused, match="not what arrived"):
            desk.retry(body)


def test_the_same_body_again_counts_up_and_opens_a_retried_entry_again(desk: Desk) -> None:
    body = b"one smouldering"
    desk.take(body)
    desk.now += timedelta(minutes=1)
    desk.take(body)
    entry = desk.entry(body)
    assert (2, NOON, desk.now) == (entry.seen, entry.arrived_at, entry.last_seen_at)
    desk.known.add(body)
    desk.retry(body)
    desk.known.clear()
    desk.take(body)
    again = desk.entry(body)
    assert (3, "open", None) == (again.seen, again.state, again.closed_by)


def test_beyond_its_quota_a_source_has_the_beginning_of_a_body_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = b"one " + b"a" * 100_000, b"two " + b"b" * 100_000
    monkeypatch.setattr(quarantine, "QUOTA_BYTES", 150_000)
    desk.take(first)
    desk.take(second)
    whole, cut = desk.entry(first), desk.entry(second)
    assert [(100_004, False), (100_004, True)] == [(e.size, e.truncated) for e in (whole, cut)]
    assert [first, second[:KEPT]] == [kept(desk, first), kept(desk, second)]
    assert ["Line 0 is unknown."] == [part.reason for part in cut.parts]
    desk.known |= {first, second}
    with pytest.raises(Refused) as refusal:
        desk.retry(second)
    assert "body_not_kept_whole" == refusal.value.rule
    assert "the source send it again" in refusal.value.remedy
    desk.retry(first)


def test_a_body_within_the_quota_again_is_kept_whole_at_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"one " + b"a" * 100_000
    monkeypatch.setattr(quarantine, "QUOTA_BYTES", 50_000)
    desk.take(body)
    monkeypatch.setattr(quarantine, "QUOTA_BYTES", 200_000)  # its cut entry counts
    desk.take(body)
    assert body == kept(desk, body)
    desk.known.add(body)
    desk.retry(body)
    assert 1 == len(desk.history("one"))


def test_what_is_closed_makes_room_for_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = b"one " + b"a" * 100_000, b"two " + b"b" * 100_000
    monkeypatch.setattr(quarantine, "QUOTA_BYTES", 150_000)
    desk.take(first)
    store, executor = desk.ledger.store, desk.ledger.executor
    entry = desk.entry(first).id
    quarantine_retry.dismiss(store, executor, entry, actor="person/1", reason="Noise.", now=NOON)
    desk.take(second)
    assert not desk.entry(second).truncated
    assert first == kept(desk, first)


def kept(desk: Desk, body: bytes) -> bytes:
    found = desk.ledger.store.quarantine.body(hashlib.sha256(body).hexdigest())
    assert found is not None
    return found.content
