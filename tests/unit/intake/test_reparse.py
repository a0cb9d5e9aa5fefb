"""What earlier releases set aside, and what of it a retry reads now."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.access.tokens import grant_source
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.kafka_records import delivered
from consumers.intake.record_parser import parse_record
from ledger.errors import Refused
from ledger.execute import Context
from ledger.store.side_records import Body, Quarantined, QuarantinePart
from ledger.vocabulary import Scope, SourceKind
from tests.harness.homes import settings_of
from tests.unit.intake.bodies import ARRIVED_AT, event, payload
from tests.unit.intake.parsing import BINARY
from tests.unit.intake.records import Record

NATIVE = json.dumps({"title": "Down", "dedup_key": "k"}).encode()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(settings_of(tmp_path / "ledger"))
    for kind in SourceKind.NATIVE, SourceKind.PAGERDUTY, SourceKind.CLOUDEVENTS:
        context = Context(at=now(), actor="person/1", source="airledger", correlation=new_id())
        grant_source(opened.executor, context, kind, kind, Scope.PUBLISH)
    yield opened
    opened.close()


def put_into_quarantine(
    ledger: Ledger, kind: SourceKind, body: bytes, headers: dict[str, str] | None = None
) -> None:
    """An entry as an earlier release wrote it."""
    digest = hashlib.sha256(body).hexdigest()
    entry = Quarantined(
        id="entry",
        source=kind,
        source_kind=kind,
        arrived_at=ARRIVED_AT,
        last_seen_at=ARRIVED_AT,
        digest=digest,
        identity=digest,
        parts=(QuarantinePart(index=None, reason="Not yet."),),
        headers=headers or {},
        size=len(body),
    )
    ledger.store.append([], [Body(digest=digest, content=body, size=len(body)), entry])


def retried(ledger: Ledger) -> int:
    """How many signals of the entry are recorded by a retry."""
    store, executor = ledger.store, ledger.executor
    return quarantine_retry.retry(store, executor, "entry", actor="person/1", now=now()).recorded


@pytest.mark.parametrize("timestamp", ["2026-11-28T10:00:00", "2026-11-28 10:00 CET", 1764324000])
def test_an_event_of_pagerduty_with_an_odd_time_is_taken(ledger: Ledger, timestamp: object) -> None:
    body = json.dumps(event(payload=payload(timestamp=timestamp))).encode()
    put_into_quarantine(ledger, SourceKind.PAGERDUTY, body)
    assert 1 == retried(ledger)


def test_a_cloudevent_with_an_odd_time_is_taken(ledger: Ledger) -> None:
    put_into_quarantine(
        ledger, SourceKind.CLOUDEVENTS, b"", BINARY | {"ce-time": "2026-11-28T10:00:00"}
    )
    assert 1 == retried(ledger)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(NATIVE, mtime=0),
        b"\xef\xbb\xbf" + NATIVE,
        NATIVE.decode().encode("utf-16"),
    ],
    ids=["gzip", "mark", "UTF-16"],
)
def test_a_body_that_was_not_utf8_is_taken(ledger: Ledger, body: bytes) -> None:
    put_into_quarantine(ledger, SourceKind.NATIVE, body, {"content-type": "application/json"})
    assert 1 == retried(ledger)


def test_an_entry_of_kafka_without_its_record_is_read_by_the_headers_that_it_has(
    ledger: Ledger,
) -> None:
    where = {"kafka-topic": "airledger.signals", "kafka-partition": "1", "kafka-offset": "2"}
    put_into_quarantine(ledger, SourceKind.NATIVE, NATIVE, where | {"airledger-source": "native"})
    assert 1 == retried(ledger)


def test_a_record_whose_headers_were_cut_is_not_retried(ledger: Ledger) -> None:
    headers = [(f"ce_{name}", value) for name, value in (("id", b"1"), ("x", b"y" * 100_000))]
    read = parse_record(delivered(Record(headers=headers)), {}, ARRIVED_AT)
    notes = quarantine.side_writes_for(
        ledger.store, read.parsed, read.incoming, SourceKind.CLOUDEVENTS, "entry"
    )
    ledger.store.append([], notes)
    with pytest.raises(Refused) as refusal:
        retried(ledger)
    assert "headers_not_kept_whole" == refusal.value.rule


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_routing_key_in_a_record_is_masked_in_any_charset(codec: str) -> None:
    key = "R0UT1NGKEY" * 3 + "ab"
    body = json.dumps(event(routing_key=key)).encode(codec)
    record = Record(headers=[("airledger-kind", b"pagerduty")], value=body)
    read = parse_record(delivered(record), {}, ARRIVED_AT)
    assert [False] * 2 == [key.encode(of) in read.incoming.body for of in ("utf-8", "utf-16-le")]
    assert hashlib.sha256(read.incoming.body).hexdigest() == read.incoming.digest
