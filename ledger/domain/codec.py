"""Events to stored bytes and back.

Once released, the bytes of an event decode for ever: an older version is brought to the newest by
pure upcasters when it is read, never rewritten.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from ledger.domain.envelope import MAX_EVENT_BYTES, Acting, Envelope, Event, Recorded
from ledger.domain.text import unmarked_json
from ledger.errors import EventTooLarge, Invalid, UnknownEvent


def unknown_type(name: str) -> UnknownEvent:
    """The error for an event whose stored name is in no catalogue of this program."""
    return UnknownEvent(
        f"The event type {name!r} is not known to this program.",
        remedy="Upgrade airledger to the version that wrote it.",
    )


class Upcaster(NamedTuple):
    """Turns the data of one stored name into that of the next: `change` is a pure function."""

    to: str
    change: Callable[[dict[str, Any]], dict[str, Any]]


class Codec:
    """Encodes and decodes the events of one catalogue.

    `unmarked`: nothing in a decoded event is taken for a mark (see `ledger.domain.text`).
    """

    def __init__(
        self,
        events: Iterable[type[Event]],
        upcasters: Mapping[str, Upcaster] | None = None,
        *,
        unmarked: bool = False,
    ) -> None:
        self._unmarked = unmarked
        self._events = {event.name: event for event in events}
        self._decoders = {name: msgspec.json.Decoder(event) for name, event in self._events.items()}
        self._upcasters = dict(upcasters or {})
        self._envelope = msgspec.json.Decoder(Envelope)
        self._encoder = msgspec.json.Encoder()

    @property
    def names(self) -> frozenset[str]:
        """Every stored name that can be read, old versions included."""
        return frozenset(self._decoders) | frozenset(self._upcasters)

    def event_type(self, name: str) -> type[Event] | None:
        """What events of a stored name are once they are read; None for a name that is unknown."""
        while upcaster := self._upcasters.get(name):
            name = upcaster.to
        return self._events.get(name)

    def encode(self, recorded: Recorded) -> bytes:
        """The stored bytes of an event (its leaf index is not part of them).

        Raises EventTooLarge above 65,535 bytes, Invalid for text that has no UTF-8 form.
        """
        name = recorded.event.name
        try:
            stored = self._encoder.encode(self._enveloped(recorded))
        except UnicodeEncodeError as error:
            raise Invalid(
                f"The text of an event {name} has no UTF-8 form: {error.reason}.",
                remedy="Remove the lone surrogates from it.",
            ) from error
        if len(stored) > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"An event {name} would take {len(stored)} bytes; a log entry holds at most "
                f"{MAX_EVENT_BYTES}.",
                remedy="Shorten its text, and link to the long version.",
            )
        return stored

    def _enveloped(self, recorded: Recorded) -> Envelope:
        acting = recorded.acting
        return Envelope(
            specversion="1.0",
            id=recorded.id,
            source=recorded.source,
            type=recorded.event.name,
            subject=recorded.stream,
            time=recorded.event.at,
            recordedtime=recorded.recorded_at,
            sequence=f"{recorded.version:010d}",
            actor=recorded.actor,
            correlationid=recorded.correlation,
            causationid=recorded.causation or UNSET,
            policydigest=recorded.policy_digest or UNSET,
            bodydigest=recorded.body_digest or UNSET,
            actingrole=(acting and acting.role) or UNSET,
            actingfor=(acting and acting.holder) or UNSET,
            racirefusal=(acting and acting.refusal) or UNSET,
            datacontenttype="application/json",
            data=msgspec.Raw(self._encoder.encode(recorded.event)),
        )

    def decode(self, stored: bytes, leaf: int) -> Recorded:
        """The event behind stored bytes.

        Raises UnknownEvent for a type outside the catalogue, and for bytes that are no such event.
        """
        if self._unmarked:
            stored = unmarked_json(stored)
        try:
            envelope = self._envelope.decode(stored)
            event = self._event(envelope.type, envelope.data)
            version = int(envelope.sequence)
        except (msgspec.MsgspecError, ValueError) as error:
            raise UnknownEvent(
                f"The event at leaf {leaf} does not decode: {error}.",
                remedy="Run airledger verify; a newer program may have written it.",
            ) from error
        return Recorded(
            event=event,
            stream=envelope.subject,
            version=version,
            leaf=leaf,
            id=envelope.id,
            recorded_at=envelope.recordedtime,
            actor=envelope.actor,
            source=envelope.source,
            correlation=envelope.correlationid,
            causation=envelope.causationid or None,
            policy_digest=envelope.policydigest or None,
            body_digest=envelope.bodydigest or None,
            acting=_acting(envelope),
        )

    def _event(self, name: str, data: msgspec.Raw) -> Event:
        if decoder := self._decoders.get(name):
            return decoder.decode(data)
        if name not in self._upcasters:
            raise unknown_type(name)
        fields = msgspec.json.decode(data, type=dict[str, Any])
        while upcaster := self._upcasters.get(name):
            name, fields = upcaster.to, upcaster.change(fields)
        return self._event(name, msgspec.Raw(self._encoder.encode(fields)))


def _acting(envelope: Envelope) -> Acting | None:
    if not (envelope.actingrole or envelope.racirefusal):
        return None
    return Acting(
        role=envelope.actingrole or None,
        holder=envelope.actingfor or None,
        refusal=envelope.racirefusal or None,
    )
