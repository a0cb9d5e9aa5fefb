"""A long history straight through the store: as many incidents as asked for, sealed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from uuid import NAMESPACE_URL, UUID, uuid5

from consumers.container.ledger import Ledger, new_id
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Event, Recorded, stream_id
from ledger.domain.incident import events as e
from ledger.policy.times import month_in
from ledger.store.mapper import EnvelopeMapper
from ledger.vocabulary import Severity

EVENTS_PER_INCIDENT = 2
_PER_APPEND = 5_000
_DAY = timedelta(days=1)
_NOW = datetime.now(UTC)


def fill(
    ledger: Ledger, *, incidents: int, first: int = 0, apart: timedelta = timedelta(minutes=5)
) -> int:
    """Appends and seals incidents of two events each, the newest of now; returns the log's size.

    They are numbered from `first` on. One in ten is still open, so that every query has something
    to find and something to leave out.
    """
    mapper = EnvelopeMapper(CODEC)
    numbers = range(first, first + incidents)
    events = (mapper.to_new_event(each) for each in _recorded(numbers, apart))
    while batch := list(islice(events, _PER_APPEND)):
        ledger.store.append(batch)
    return ledger.sealer.seal().size


def _recorded(numbers: range, apart: timedelta) -> Iterator[Recorded]:
    leaf = count()
    for number in numbers:
        of = uuid5(NAMESPACE_URL, f"incident-{number}")
        at = _NOW - apart * (numbers.stop - number)
        for version, event in enumerate(_story(number, at), start=1):
            yield Recorded(
                event=event,
                stream=stream_id("incident", of),
                version=version,
                leaf=next(leaf),
                id=new_id(),
                recorded_at=at,
                actor="source/bench",
                source="source/bench",
                correlation=str(of),
            )


def _story(number: int, at: datetime) -> Iterator[Event]:
    title = f"p95 latency above 2 s on instance {number}"
    severity = list(Severity)[number % len(Severity)]
    yield e.IncidentDetected(
        at=at,
        title=title,
        system=f"assistant-{number % 20}",
        severity=severity,
        source="bench",
        basis="alert",
        month=month_in(at, UTC),
        rca_due=at + _DAY,
        at_risk_at=at + _DAY * 3 / 4,
        counts=True,
        impact_ended_at=at + timedelta(minutes=number % 600),
    )
    if number % 10:
        yield e.Dismissed(at=at, reason="A false alarm.") if number % 3 else e.Closed(at=at)
    else:
        yield e.AlertLinked(at=at, alert=UUID(int=number), title=title)
