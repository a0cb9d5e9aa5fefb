"""What quarantine keeps is bounded: parts, bytes and entries of a source, and what a list shows."""

import asyncio
import json
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.intake import list_limit, quarantine, quarantine_retry
from consumers.intake.receive import Intake, Received
from consumers.read_service import quarantine as shown
from ledger.errors import Invalid, Refused
from ledger.store.side_ports import QUARANTINE_SORTS
from ledger.vocabulary import SourceKind
from tests.harness.homes import settings_of


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    try:
        yield ledger
    finally:
        ledger.close()


def take(ledger: Ledger, body: bytes, kind: SourceKind = SourceKind.NATIVE) -> Received:
    intake = Intake(ledger.services)
    return asyncio.run(intake.receive("s", kind, body, {"content-type": "application/json"}))


def alertmanager(alerts: str) -> bytes:
    head = '{"version":"4","groupKey":"g","receiver":"r","status":"firing","alerts":'
    return f"{head}{alerts}}}".encode()


def test_beyond_a_thousand_refused_parts_are_counted_and_a_retry_takes_the_whole_body(
    ledger: Ledger,
) -> None:
    signals = [{"title": "good"}, *({"titel": n} for n in range(2_500))]

    received = take(ledger, json.dumps(signals).encode())

    assert (2_501, 1, 2_500) == (received.received, received.recorded, received.quarantined)
    [entry] = ledger.store.quarantine.entries()
    assert (1_000, 1_500) == (len(entry.parts), entry.parts_omitted)
    with pytest.raises(Refused, match="Still not understood"):
        quarantine_retry.retry(
            ledger.store, ledger.executor, entry.id, actor="person/1", now=ledger.now()
        )


@pytest.mark.parametrize("member", ["0", "{}", '[","]'])
def test_a_list_of_too_many_members_is_refused_as_a_whole(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    monkeypatch.setattr(list_limit, "MOST_MEMBERS", 5_000)
    body = f" [ {', '.join([member] * 5_001)}]"

    for kind, text in (
        (SourceKind.NATIVE, body.encode()),
        (SourceKind.CLOUDEVENTS, body.encode()),
        (SourceKind.ALERTMANAGER, alertmanager(body)),
    ):
        assert (1, 1) == ((it := take(ledger, text, kind)).received, it.quarantined)
    for entry in ledger.store.quarantine.entries():
        [part] = entry.parts
        assert part.index is None
        assert "more than 5000 members in one list" in part.reason


def test_as_many_members_as_are_read_and_many_commas_in_them_are_taken_one_by_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_limit, "MOST_MEMBERS", 20)
    signals = [{"title": f"a, b, [c, {n}", "labels": {"x": ",", "y": "}"}} for n in range(20)]

    assert 20 == take(ledger, json.dumps(signals).encode()).recorded


def test_beyond_a_number_of_entries_a_source_has_bodies_counted_in_one_that_says_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MOST_ENTRIES", 3)

    answers = [take(ledger, f'{{"titel": {n}}}'.encode()) for n in range(10)]

    assert [1] * 10 == [each.quarantined for each in answers]
    last, *kept = ledger.store.quarantine.entries()
    assert (3, 7, True) == (len(kept), last.seen, last.truncated)
    assert "3 open entries" in last.parts[0].reason
    assert ledger.store.quarantine.body(last.digest) is None


def test_headers_and_reasons_count_in_a_sources_quota(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [json.dumps([{"titel": k + n} for k in range(500)]).encode() for n in range(3)]
    monkeypatch.setattr(quarantine, "QUOTA_BYTES", 3 * len(bodies[0]))

    for body in bodies:
        take(ledger, body)

    assert ledger.store.quarantine.held("s").size > quarantine.QUOTA_BYTES
    held = ledger.store.quarantine.held("s")
    monkeypatch.setattr(quarantine, "MOST_BYTES", held.size)
    take(ledger, b'{"titel": 1}')
    assert "are counted here" in ledger.store.quarantine.entries()[0].parts[0].reason


def test_a_list_goes_on_at_its_cursor_with_short_headers_and_with_the_first_parts_alone(
    ledger: Ledger,
) -> None:
    for number in range(5):
        take(ledger, json.dumps([{"titel": k + number} for k in range(20)]).encode())

    pages, cursor = [], None
    while True:
        page = shown.entries(ledger.store, state=None, cursor=cursor, limit=2)
        pages.append(page.items)
        if (cursor := page.next) is None:
            break

    assert [2, 2, 1] == [len(page) for page in pages]
    entries = [each for page in pages for each in page]
    assert [each.id for each in ledger.store.quarantine.entries()] == [each.id for each in entries]
    assert {(5, 15, ("content-type",))} == {
        (len(e.parts), e.parts_omitted, tuple(e.headers)) for e in entries
    }
    with pytest.raises(Invalid):
        shown.entries(ledger.store, state=None, cursor="x", limit=2)
    with pytest.raises(Invalid):
        shown.entries(ledger.store, state="lost", cursor=None, limit=2)


@pytest.mark.parametrize("sort", [s for each in QUARANTINE_SORTS for s in (each, f"-{each}")])
def test_the_pages_of_a_sorted_list_hold_each_entry_once_in_order(
    ledger: Ledger, sort: str
) -> None:
    for number in (1, 22, 333, 4, 55, 4, 4, 22):
        take(ledger, json.dumps({"titel": number}).encode())
    usual = shown.entries(ledger.store, limit=10).items
    key = attrgetter(sort.removeprefix("-"))

    found, cursor = [], None
    for _ in range(3):
        page = shown.entries(ledger.store, source="s", sort=sort, cursor=cursor, limit=2)
        found += page.items
        cursor = page.next

    assert cursor is None
    assert sorted(usual, key=key, reverse=sort.startswith("-")) == found
    assert [] == shown.entries(ledger.store, source="other", sort=sort, limit=2).items


def test_a_sort_that_quarantine_does_not_have_and_a_cursor_of_another_sort_are_refused(
    ledger: Ledger,
) -> None:
    for number in range(3):
        take(ledger, json.dumps({"titel": number}).encode())

    with pytest.raises(Invalid) as refused:
        shown.entries(ledger.store, sort="entry", limit=2)
    [(field, expected)] = refused.value.errors
    assert "sort" == field
    assert f"expected one of {', '.join(QUARANTINE_SORTS)}, " in expected
    cursor = shown.entries(ledger.store, sort="seen", limit=2).next
    assert cursor
    for sort in (None, "-seen", "size", "source"):
        with pytest.raises(Invalid, match="cursor"):
            shown.entries(ledger.store, sort=sort, cursor=cursor, limit=2)


def test_an_answer_has_the_beginning_of_a_large_body_and_says_how_much_more_is_kept(
    ledger: Ledger,
) -> None:
    body = b'{"titel": "' + b"x" * 100_000 + b'"}'
    take(ledger, body)
    [entry] = ledger.store.quarantine.entries()

    found = shown.entry(ledger.store, entry.id)

    assert body[: shown.BODY_SHOWN].decode() == found.body
    assert len(body) - shown.BODY_SHOWN == found.body_omitted
    assert (20, "") == (len(entry.headers["content-type"]) + 4, found.warning)
