"""Which incident a webhook of another system is about, and what it said of it before. Blocking."""

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from consumers.commands.references import reference
from consumers.commands.ticket_addresses import comparable
from consumers.intake.parsed import ForeignTicket
from consumers.intake.ticket_index import incidents_with_ticket
from ledger.domain.access import HolderKind
from ledger.domain.alert import ALERT
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.identity import alert_id
from ledger.domain.incident.events import OwnerAssigned
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.state import Incident
from ledger.errors import NotFound, Refused
from ledger.store.port import Entry, Store
from ledger.vocabulary import Status

_OWN_KEY = re.compile(r"airledger-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""The key of an incident's tickets and notifications, see `Message.ticket_key`."""


class NotOurs(NotFound):
    """What a webhook is about is no incident of this ledger: there is nothing to do."""


class IncidentsByTicket:
    """Finds incidents by what another system says of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ticket: ForeignTicket) -> UUID:
        """The incident that is meant; of a merged one, the one that continues it.

        A key of ours goes before an address on record, that before a label of ours, and that before
        an alert's key. Of several, it is the one that is open. Raises NotOurs, and Refused where
        several are, or where the ticket has an incident's label and is not on record.
        """
        found = self._followed(self._named_by(ticket))
        if len(found) > 1:
            still_open = [each for each, state in found.items() if state.status is Status.OPEN]
            if len(still_open) == 1:
                return still_open[0]
            names = ", ".join(sorted(self._reference(each) for each in found))
            raise Refused(
                "several_incidents",
                f"{ticket.name} in {ticket.system} is a ticket of several incidents: {names}.",
                remedy="Command the one that is meant by hand, and dismiss this entry; or merge "
                "them, and retry it.",
            )
        for each in found:
            return each
        raise NotOurs(
            f"No incident has {ticket.name} of {ticket.system} as a ticket on record, and no alert "
            "or notification went there under its key.",
            remedy="Where one should, record the ticket: airledger incident ticket REF --url URL.",
        )

    def last_owner_by(self, incident: UUID, actor: str) -> str | None:
        """Whom this actor assigned last; None where it never did."""
        owner = None
        for each in self._recorded(INCIDENT.stream(incident)):
            if each.actor == actor and isinstance(each.event, OwnerAssigned):
                owner = each.event.owner
        return owner

    def _named_by(self, ticket: ForeignTicket) -> set[UUID]:
        if found := self._known((ticket.key,)):
            return found
        for address in ticket.addresses:
            found |= self._with_ticket(address)
        if found:
            return found
        if found := self._known(ticket.labels):
            for each in found:
                self._require_on_record(each, ticket)
            return found
        return self._with_alert(ticket.key) if ticket.key else set()

    def _known(self, keys: Iterable[str]) -> set[UUID]:
        """The incidents that keys of ours name, and that there are."""
        ids = (UUID(found[1]) for key in keys if (found := _OWN_KEY.fullmatch(key)))
        return {each for each in ids if self._state(each).status is not None}

    def _with_ticket(self, address: str) -> set[UUID]:
        return {
            each
            for each in incidents_with_ticket(self._store, address)
            if comparable(address) in map(comparable, self._state(each).tickets)
        }

    def _require_on_record(self, incident: UUID, ticket: ForeignTicket) -> None:
        """Raises Refused where a label alone, which anybody may set, names the incident."""
        on_record = map(comparable, self._state(incident).tickets)
        if not any(url.endswith(ticket.path) for url in on_record):
            ref = self._reference(incident)
            raise Refused(
                "ticket_not_on_record",
                f"{ticket.name} in {ticket.system} has the label of {ref}, and is no ticket of "
                "it on record.",
                remedy=f"Record it: airledger incident ticket {ref} --url URL; then retry this.",
            )

    def _with_alert(self, key: str) -> set[UUID]:
        """The incidents of the newest episodes of alerts of this key, of any source."""
        names = {row.holder_name for row in self._store.access.tokens(HolderKind.SOURCE)}
        streams = {ALERT.stream(alert_id(name, key)): 0 for name in names}
        episodes = (
            ALERT.folded(each.event for each in _decoded(entries))
            for entries in self._store.load(streams).values()
        )
        return {each.incident for each in episodes if each.incident is not None}

    def _followed(self, incidents: Iterable[UUID]) -> dict[UUID, Incident]:
        """These, or where one was merged, the one that continues it."""
        found = {}
        for each in incidents:
            incident, state, seen = each, self._state(each), {each}
            while (into := state.merged_into) is not None and into not in seen:
                seen.add(into)
                incident, state = into, self._state(into)
            found[incident] = state
        return found

    def _state(self, incident: UUID) -> Incident:
        recorded = self._recorded(INCIDENT.stream(incident))
        state: Incident = INCIDENT.folded(each.event for each in recorded)
        return state

    def _recorded(self, stream: str) -> list[Recorded]:
        return list(_decoded(self._store.load({stream: 0})[stream]))

    def _reference(self, incident: UUID) -> str:
        stream = INCIDENT.stream(incident)
        return reference(self._store.load({stream: 0})[stream][0].leaf)


def _decoded(entries: Iterable[Entry]) -> Iterator[Recorded]:
    return (CODEC.decode(entry.stored, entry.leaf) for entry in entries)
