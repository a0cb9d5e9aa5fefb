"""Signals through Kafka: every kind of message ends where it should, and the partition goes on."""

import asyncio
import json
import random
import sqlite3
from contextlib import closing

import psycopg
import pytest
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from consumers.intake import quarantine_retry
from consumers.intake.quarantine_headers import restored
from ledger.vocabulary import Scope, SourceKind
from tests.kafka.intake_harness import IntakeHarness, binary, native, of

pytestmark = pytest.mark.component("kafka")
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=utf-8")]


def structured(number: int, **given: object) -> bytes:
    event = {"specversion": "1.0", "id": f"{number}", "source": "tools", "type": "deploy.failed"}
    return json.dumps(event | given).encode()


async def test_signals_of_every_format_are_recorded(harness: IntakeHarness) -> None:
    harness.register("tools")
    published = [
        (native("a"), of("tools")),
        (native("b"), of("tools", None)),
        (json.dumps([json.loads(native(key)) for key in "cd"]).encode(), of("tools")),
        (structured(7, data={"title": "No deploy"}), STRUCTURED),
        (b'{"title": "Too hot"}', binary("oven.hot", 8, source="tools", subject="100 % ä")),
        (b"", binary("oven.cold", 9, source="tools")),
    ]
    await harness.topics.publish(published, partition=0)

    await harness.take_all(6)

    fired = harness.events("alert.fired.v1")
    wanted = ["a is down", "b is down", "c is down", "d is down", "No deploy", "Too hot"]
    assert [*wanted, "oven.cold"] == [event.alert.title for event in fired]
    assert "100 % ä" == fired[5].alert.labels["subject"]
    assert [] == harness.quarantine()


async def test_what_is_not_understood_is_set_aside_with_a_reason(harness: IntakeHarness) -> None:
    harness.register("tools")
    unknown = "x" * 300
    published = [
        (native("a"), []),
        (native("a"), of("nobody")),
        (native("b"), of(unknown)),
        (b"", of("tools")),
        (None, of("tools", None)),
        (b'{"title": "\xff"}', of("tools")),
        (native("c", description="x" * 2_000_000), of("tools")),
        (native("d"), of("tools", "smoke")),
        (native("e"), [("airledger-source", b"\xff\xfe")]),
        (native("f"), [*of("tools", None), ("ce_id", b"\xff")]),
        (structured(1, type="airledger.incident.close", subject="INC-1"), STRUCTURED),
        (structured(2, type="airledger.unheard"), STRUCTURED),
        (structured(3, source="elsewhere"), STRUCTURED),
        (native("good"), of("tools")),
    ]
    await harness.topics.publish(published, partition=2)

    await harness.take_all(len(published))

    reasons = harness.reasons()
    wanted = [
        "names no source",
        "no source 'nobody' in use",
        "no source 'xxx",
        "an empty value",
        "it is a tombstone",
        "is not UTF-8",
        "at most 1048576. Send",
        "airledger-kind is 'smoke'; known are alertmanager",
        "There is no source",
        "no %-encoded UTF-8",
        "accepts none, whatever the source's scope",
        "which is no command",
        "no source 'elsewhere' in use",
    ]
    assert [] == [want for want, reason in zip(wanted, reasons, strict=True) if want not in reason]
    assert ["good is down"] == [event.alert.title for event in harness.events("alert.fired.v1")]
    where = [
        (entry.headers["kafka-partition"], entry.headers["kafka-offset"])
        for entry in harness.quarantine()
    ]
    assert [("2", str(offset)) for offset in range(13)] == where
    assert {harness.topics.signals.name} == {e.headers["kafka-topic"] for e in harness.quarantine()}
    assert [unknown[:100], "tools"] == [harness.quarantine()[place].source for place in (2, 3)]


async def test_the_same_body_again_counts_up(harness: IntakeHarness) -> None:
    await harness.topics.publish([(native("a"), of("nobody"))] * 3, partition=0)

    await harness.take_all(3)

    assert [3] == [entry.seen for entry in harness.quarantine()]


class _NoText(str):
    """A header's name as no client in good order sends it."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_a_header_whose_name_is_no_text_keeps_no_record_from_being_taken(
    harness: IntakeHarness, monkeypatch: pytest.MonkeyPatch, compression: str | None
) -> None:
    for module in (message_accumulator, producer):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
    harness.register("tools")
    name = harness.topics.signals.name
    async with harness.topics.producer(compression_type=compression, linger_ms=200) as client:
        sent = [
            await client.send(name, native(f"k{number}"), partition=number % 3, headers=headers)
            for number in range(12)
            for headers in ([*of("tools"), (_NoText("x") if number == 4 else "x", b"y")],)
        ]
        await asyncio.gather(*sent)

    await harness.take_all(12)

    titles = {event.alert.title for event in harness.events("alert.fired.v1")}
    assert {f"k{number} is down" for number in range(12)} == titles
    assert [] == harness.quarantine()


async def test_what_a_transaction_took_back_is_not_taken(harness: IntakeHarness) -> None:
    harness.register("tools")
    name = harness.topics.signals.name
    async with harness.topics.producer(transactional_id=name) as producer:

        async def send(key: str) -> None:
            headers = of("tools")
            await producer.send_and_wait(name, native(key), partition=0, headers=headers)

        await producer.begin_transaction()
        await send("taken back")
        await producer.abort_transaction()
        async with producer.transaction():
            await send("kept")

    # Each transaction leaves a mark of its own, so that what was kept has offset 2.
    await harness.take_all(3)

    assert ["kept is down"] == [e.alert.title for e in harness.events("alert.fired.v1")]


async def test_a_record_can_be_retried_once_its_source_was_added(harness: IntakeHarness) -> None:
    published = [(native("a"), of("late")), (native("b"), []), (structured(1), STRUCTURED)]
    await harness.topics.publish(published, partition=0)
    await harness.take_all(3)
    harness.register("late")
    harness.register("tools", SourceKind.CLOUDEVENTS, Scope.OPERATE)
    store, executor, now = harness.ledger.store, harness.ledger.executor, harness.ledger.now()

    of_late, of_nobody, of_tools = harness.quarantine()
    for entry in (of_late, of_tools):
        quarantine_retry.retry(store, executor, entry.id, actor="person/1", now=now)

    fired = [(event.alert.source, event.alert.title) for event in harness.events("alert.fired.v1")]
    assert [("late", "a is down"), ("tools", "deploy.failed")] == fired
    assert [of_nobody.id] == [entry.id for entry in harness.quarantine()]


async def test_a_cloudevent_with_headers_as_over_http_is_one(harness: IntakeHarness) -> None:
    harness.register("tools", SourceKind.CLOUDEVENTS)
    headers = [
        (name.replace("ce_", "ce-"), value)
        for name, value in binary("oven.hot", 8, source="tools", subject="100 % ä")
    ]
    both = [*binary("oven.hot", 9, source="tools"), ("ce-id", b"8"), ("ce-source", b"nobody")]
    published = [(b"{}", headers), (b"{}", both)]
    await harness.topics.publish(published, partition=0)

    await harness.take_all(2)

    fired = [event.alert for event in harness.events("alert.fired.v1")]
    assert [] == harness.reasons()
    assert ["tools 8", "tools 9"] == [alert.dedup_key for alert in fired]
    assert "100 % ä" == fired[0].labels["subject"]


async def test_a_retry_has_all_that_the_record_had(harness: IntakeHarness) -> None:
    headers = [
        *((name.replace("ce_", "ce-"), value) for name, value in binary("oven.hot", 8)),
        ("x-of-tomorrow", b"\xff\x00 %"),
        ("x-of-tomorrow", b""),
    ]
    await harness.topics.publish([(b'{"title": "Hot"}', headers)], partition=0)
    await harness.take_all(1)
    [entry] = harness.quarantine()
    [raw] = [each async for each in harness.raw(harness.topics.signals, 1)]
    found = restored(entry.headers, b'{"title": "Hot"}')
    assert found is not None
    assert found.raw is not None
    assert (list(raw.headers), raw.key, raw.timestamp) == (
        list(found.raw.headers),
        found.raw.key,
        found.raw.timestamp,
    )
    harness.register("ci", SourceKind.CLOUDEVENTS)

    store, executor, now = harness.ledger.store, harness.ledger.executor, harness.ledger.now()
    quarantine_retry.retry(store, executor, entry.id, actor="person/1", now=now)

    [fired] = harness.events("alert.fired.v1")
    assert ("Hot", "ci 8") == (fired.alert.title, fired.alert.dedup_key)


async def test_a_record_that_can_never_be_stored_is_set_aside_and_its_partition_goes_on(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    rng = random.Random(7)
    text = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(2_000))
    long = structured(1, id=text[:1_000], source=text[1_000:])
    refuse_marked(harness)
    published = [
        *((native(f"before{number}"), of("tools")) for number in range(3)),
        (native("poison-mark"), of("tools")),
        (long, [*STRUCTURED, *of("tools", None)]),
        *((native(f"after{number}"), of("tools")) for number in range(3)),
    ]
    await harness.topics.publish(published, partition=0)

    await harness.take_all(len(published))

    assert 7 == len(harness.events("alert.fired.v1"))
    [reason] = harness.reasons()
    assert "The store can never hold this" in reason


def refuse_marked(harness: IntakeHarness) -> None:
    """From here on the store refuses an event with a mark in it, as it refuses a wrong value."""
    settings = harness.ledger.settings
    if settings.embedded:
        with closing(sqlite3.connect(settings.ledger_path)) as file:
            file.execute(
                "CREATE TRIGGER refuse_marked BEFORE INSERT ON stored_events"
                " WHEN instr(NEW.state, CAST('poison-mark' AS BLOB))"
                " BEGIN SELECT length(zeroblob(2000000000)); END"
            )
        return
    with psycopg.connect(settings.store.url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION airledger.refuse_marked() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF position('poison-mark'::bytea IN NEW.state) > 0 THEN"
            " RAISE EXCEPTION 'marked' USING ERRCODE = 'program_limit_exceeded';"
            " END IF; RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER refuse_marked BEFORE INSERT ON airledger.stored_events"
            " FOR EACH ROW EXECUTE FUNCTION airledger.refuse_marked()"
        )


async def test_a_record_of_very_many_signals_is_taken_in_chunks_once(
    harness: IntakeHarness,
) -> None:
    harness.register("tools")
    many = json.dumps([json.loads(native(f"k{number:05}")) for number in range(2_100)]).encode()
    await harness.topics.publish([(native("a"), of("tools")), (many, of("tools"))], partition=0)

    await harness.take_all(2)

    assert 2_101 == len(harness.events("alert.fired.v1"))
    assert 2_101 == len({event.alert.title for event in harness.events("alert.fired.v1")})
