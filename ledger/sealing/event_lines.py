"""Stored events as they come back from elsewhere, one a line: a replay, an auditor's archive."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ledger.domain.access import AccessRevoked
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import Envelope
from ledger.domain.subject import SubjectErased
from ledger.errors import Invalid
from ledger.store.port import NewEvent
from ledger.store.side_records import SideWrite, TokenRevoked
from ledger.store.text_records import erasing_writes
from ledger.transparency.tiles import MAX_ENTRY_SIZE

_envelope = msgspec.json.Decoder(Envelope)


class Line(NamedTuple):
    """An event's stored bytes, and where they say that it belongs; lines are counted from 1."""

    number: int
    text: bytes
    envelope: Envelope
    version: int

    def event(self) -> NewEvent:
        """As a store takes it."""
        return NewEvent(self.envelope.subject, self.version, self.envelope.type, self.text)

    def side_writes(self) -> Iterator[SideWrite]:
        """What was revoked or erased since the copy was made stays so: tokens, texts, names."""
        if self.envelope.type not in {AccessRevoked.name, SubjectErased.name}:
            return
        match CODEC.decode(self.text, 0).event:
            case AccessRevoked(holder_kind=kind, holder_name=name):
                yield TokenRevoked(holder_kind=kind, holder_name=name)
            case SubjectErased() as erased:
                yield from erasing_writes(erased)
            case _:
                pass


def events_in(lines: Iterable[bytes]) -> Iterator[Line]:
    """The events in lines; empty lines are none. Raises Invalid for what is no event."""
    for number, line in enumerate(lines, start=1):
        text = line.removesuffix(b"\n")
        if not text:
            continue
        try:
            envelope = _envelope.decode(text)
            version = int(envelope.sequence)
        except (msgspec.MsgspecError, ValueError) as error:
            raise Invalid(
                f"Line {number} is no stored event: {error}.",
                remedy="Give what airledger replay or /v1/events prints, unchanged. Nothing was "
                "written from that line on.",
            ) from error
        if len(text) > MAX_ENTRY_SIZE:
            raise Invalid(f"Line {number} has {len(text)} bytes; no event has so many.")
        yield Line(number, text, envelope, version)
