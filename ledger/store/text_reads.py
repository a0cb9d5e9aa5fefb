"""Texts beside the log by what has them: a record with its alerts, and an author."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from ledger.domain.alert import ALERT, descriptions_in
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import id_of
from ledger.domain.incident.events import AlertLinked
from ledger.domain.text import outside_texts
from ledger.store.port import Entry, Store
from ledger.store.text_records import TextRow

TEXTS_PER_READ = 1_000
STREAMS_PER_READ = 100


def texts_of_record(store: Store, stream: str) -> dict[str, str]:
    """The stream that names each text of a record, by the texts' ids: erased ones too.

    These are the stream's own and, of an incident, what its alerts said. Empty for a stream without
    events. Raises UnknownEvent, Unavailable.
    """
    events = list(_events(store.load({stream: 0})[stream]))
    found = {text: stream for event in events for text in _named(event)}
    alerts = {event.alert: None for event in events if isinstance(event, AlertLinked)}
    for alert, by_text in incidents_by_text(store, map(ALERT.stream, alerts)):
        of = UUID(id_of(stream))
        found |= {text: alert for text, incidents in by_text.items() if of in incidents}
    return found


def incidents_by_text(
    store: Store, alerts: Iterable[str]
) -> Iterator[tuple[str, dict[str, set[UUID]]]]:
    """Streams of alerts, each with the incidents that its texts belong to, by their ids."""
    streams = list(alerts)
    for at in range(0, len(streams), STREAMS_PER_READ):
        some = dict.fromkeys(streams[at : at + STREAMS_PER_READ], 0)
        for stream, entries in store.load(some).items():
            yield stream, _incidents_by_text(_events(entries))


def _incidents_by_text(events: Iterable[Any]) -> dict[str, set[UUID]]:
    found: dict[str, set[UUID]] = {}
    for alert, incidents in descriptions_in(events):
        for text in _named(alert):
            found.setdefault(text, set()).update(incidents)
    return found


def texts_by(store: Store, author: str) -> Iterator[TextRow]:
    """The texts of an author in the order of their ids, erased ones too. Raises Unavailable."""
    after = ""
    while rows := store.texts.of_author(author, after, TEXTS_PER_READ):
        yield from rows
        after = rows[-1].id


def _events(entries: Iterable[Entry]) -> Iterator[Any]:
    return (CODEC.decode(entry.stored, entry.leaf).event for entry in entries)


def _named(event: Any) -> Iterator[str]:
    return (each.text for each in outside_texts(event))
