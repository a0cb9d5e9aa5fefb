"""Texts beside the log by what has them: a record with its alerts, and an author."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from ledger.domain.alert import ALERT, descriptions_in
from ledger.domain.envelope import id_of, kind_of
from ledger.domain.incident.events import Absorbed, AlertLinked
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.text import outside_texts
from ledger.store.decoding import events_in
from ledger.store.port import Store
from ledger.store.text_records import TextRow

TEXTS_PER_READ = 1_000
STREAMS_PER_READ = 100


class Place(NamedTuple):
    """A text by its id, and a stream that has it: those of a signal have one title in several."""

    text: str
    stream: str


class RecordTexts:
    """Finds the texts of records. What an alert said is read once, however many ask for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._alerts: dict[str, dict[str, set[UUID]]] = {}

    def of(self, stream: str) -> set[Place]:
        """The texts of a record with every stream that has them, erased ones too.

        These are the stream's own and, of an incident, what its alerts said; of an alert, also its
        titles in incidents. Empty for a stream without events. Raises UnknownEvent, Unavailable.
        """
        events = self._events([stream])[stream]
        own = {Place(text, stream) for event in events for text in _named(event)}
        match kind_of(stream):
            case INCIDENT.kind:
                return own | self._said_by(_alerts_of(events), UUID(id_of(stream)))
            case ALERT.kind:
                self._alerts[stream] = _incidents_by_text(events)
                return own | self._in_incidents(stream)
            case _:
                return own

    def of_text(self, row: TextRow) -> set[Place]:
        """A text with every stream that has it. Raises UnknownEvent, Unavailable."""
        own = {Place(row.id, row.stream)}
        if kind_of(row.stream) != ALERT.kind:
            return own
        incidents = self.incidents_by_text([row.stream])[row.stream].get(row.id, set())
        return own | {Place(row.id, INCIDENT.stream(each)) for each in incidents}

    def incidents_by_text(self, alerts: Iterable[str]) -> dict[str, dict[str, set[UUID]]]:
        """Of each of these streams of alerts the incidents that its texts belong to, by their ids.

        Raises UnknownEvent, Unavailable.
        """
        wanted = list(dict.fromkeys(alerts))
        unread = [each for each in wanted if each not in self._alerts]
        for at in range(0, len(unread), STREAMS_PER_READ):
            for stream, events in self._events(unread[at : at + STREAMS_PER_READ]).items():
                self._alerts[stream] = _incidents_by_text(events)
        return {each: self._alerts[each] for each in wanted}

    def _said_by(self, alerts: Iterable[UUID], incident: UUID) -> set[Place]:
        return {
            Place(text, stream)
            for stream, by_text in self.incidents_by_text(map(ALERT.stream, alerts)).items()
            for text, incidents in by_text.items()
            if incident in incidents
        }

    def _in_incidents(self, alert: str) -> set[Place]:
        by_text = self.incidents_by_text([alert])[alert]
        incidents = {each for named in by_text.values() for each in named}
        found = {
            Place(text, INCIDENT.stream(each)) for text, named in by_text.items() for each in named
        }
        of = UUID(id_of(alert))
        for stream, events in self._events(map(INCIDENT.stream, incidents)).items():
            linked = (each for each in events if isinstance(each, AlertLinked) and each.alert == of)
            found |= {Place(text, stream) for event in linked for text in _named(event)}
        return found

    def _events(self, streams: Iterable[str]) -> dict[str, list[Any]]:
        loaded = self._store.load(dict.fromkeys(streams, 0))
        return {stream: list(events_in(entries)) for stream, entries in loaded.items()}


def texts_by(store: Store, author: str) -> Iterator[TextRow]:
    """The texts of an author in the order of their ids, erased ones too. Raises Unavailable."""
    after = ""
    while rows := store.texts.of_author(author, after, TEXTS_PER_READ):
        yield from rows
        after = rows[-1].id


def _alerts_of(events: Iterable[Any]) -> dict[UUID, None]:
    """The alerts that were ever part of an incident, also by a merge."""
    found: dict[UUID, None] = {}
    for event in events:
        if isinstance(event, AlertLinked):
            found[event.alert] = None
        elif isinstance(event, Absorbed):
            found |= dict.fromkeys(event.alerts)
            found |= {each.alert: None for each in event.stale or ()}
    return found


def _incidents_by_text(events: Iterable[Any]) -> dict[str, set[UUID]]:
    found: dict[str, set[UUID]] = {}
    for alert, incidents in descriptions_in(events):
        for text in _named(alert):
            found.setdefault(text, set()).update(incidents)
    return found


def _named(event: Any) -> Iterator[str]:
    return (each.text for each in outside_texts(event))
