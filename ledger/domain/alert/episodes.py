"""Which incidents the descriptions of an alert belong to: what it said, as they show it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from ledger.domain.alert.events import (
    AlertChanged,
    AlertDetails,
    AlertEvent,
    AlertFired,
    AlertHeard,
)


class Described(NamedTuple):
    """An alert as an event describes it, and the incidents that were shown with it."""

    alert: AlertDetails
    incidents: set[UUID]


def descriptions_in(events: Iterable[AlertEvent]) -> Iterator[Described]:
    """The descriptions in an alert's events, which are given in order.

    One belongs to each incident that its episode was linked to until it was described anew; to the
    first one later, where there was none until then.
    """
    episode: list[Described] = []
    incident: UUID | None = None
    for event in events:
        if isinstance(event, AlertFired):
            yield from episode
            episode = []
        if isinstance(event, AlertFired | AlertChanged | AlertHeard):
            incident = event.incident
        alert = getattr(event, "alert", None)
        if isinstance(alert, AlertDetails):
            episode.append(Described(alert, set()))
        if incident is not None and episode:
            episode[-1].incidents.add(incident)
            for each in episode:
                if not each.incidents:
                    each.incidents.add(incident)
    yield from episode
