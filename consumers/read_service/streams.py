"""Public views of a stream of any kind: its state, and its events as sentences."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from consumers.access.people import PERSON, display_names
from consumers.access.texts import filled, with_texts
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.acting import acting_words, role_labels
from consumers.read_service.items import Items
from consumers.read_service.records import named_fields
from consumers.read_service.withholding import readable_events
from consumers.read_service.wording import fields_in_words, label_of
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import Recorded
from ledger.domain.stream_type import StreamType
from projections.fields import written_fields
from projections.values import acting_fields, time_text


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """A stream; `state` has the fields of its kind, `opened_at` is when its first event happened.

    Times are RFC 3339 in UTC.
    """

    id: str
    kind: str
    reference: str
    version: int
    opened_at: str
    state: dict[str, Any]


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a stream as a sentence; `leaf` is its index in the log.

    `fields` is what was written, by name, with people named. `acting` is the role that the actor
    acted in, or what the RACI would have refused, in words.
    """

    leaf: int
    version: int
    at: str
    recorded_at: str
    type: str
    actor: str
    text: str
    fields: dict[str, Any] = {}
    acting: str = ""

    @property
    def unsaid(self) -> list[tuple[str, Any]]:
        """The fields that the sentence does not contain, in words, as (label, value)."""
        return [
            (label_of(name), value)
            for name, value in fields_in_words(self.fields)
            if not _is_said(name, value, self.text)
        ]


def _is_said(name: str, value: Any, sentence: str) -> bool:
    """Whether a sentence contains a field: a text as it is, a number behind the field's name."""
    if isinstance(value, str):
        return value in sentence
    return isinstance(value, int) and f"{label_of(name)} {value} " in f"{sentence} "


def stream_view(ledger: Ledger, kind: StreamType, subject: UUID) -> StreamView:
    """A stream folded from its events. Raises NotFound. Blocking."""
    return _view(ledger, kind, subject, _events(ledger, kind, subject))


def stream_timeline(ledger: Ledger, kind: StreamType, subject: UUID) -> Items[TimelineEntry]:
    """Every event of a stream, in log order. Raises NotFound. Blocking."""
    return _timeline(ledger, kind, _events(ledger, kind, subject))


class WholeStream(NamedTuple):
    """A stream's state with its texts, its view, and its timeline, of events that are read once."""

    state: Any
    view: StreamView
    timeline: Items[TimelineEntry]


def whole_stream(ledger: Ledger, kind: StreamType, subject: UUID) -> WholeStream:
    """All of a stream. Raises NotFound. Blocking."""
    recorded = _events(ledger, kind, subject)
    state = with_texts(ledger.store, kind.folded(each.event for each in recorded))
    view = _view(ledger, kind, subject, recorded)
    return WholeStream(state, view, _timeline(ledger, kind, recorded))


def stream_with_timeline(
    ledger: Ledger, kind: StreamType, subject: UUID
) -> tuple[StreamView, Items[TimelineEntry]]:
    """Both, of events that are read once. Raises NotFound. Blocking."""
    recorded = _events(ledger, kind, subject)
    return _view(ledger, kind, subject, recorded), _timeline(ledger, kind, recorded)


def _view(
    ledger: Ledger, kind: StreamType, subject: UUID, recorded: Sequence[Recorded]
) -> StreamView:
    state = kind.folded(each.event for each in recorded)
    return StreamView(
        id=str(subject),
        kind=kind.kind,
        reference=reference(recorded[0].leaf, kind),
        version=recorded[-1].version,
        opened_at=time_text(recorded[0].event.at),
        state=msgspec.to_builtins(with_texts(ledger.store, state), str_keys=True),
    )


def _timeline(
    ledger: Ledger, kind: StreamType, recorded: Sequence[Recorded]
) -> Items[TimelineEntry]:
    names, labels = display_names(ledger.store), role_labels(ledger.store)
    say = kind.describe or (lambda event: event.name)
    said = filled(
        ledger.store, [(say(each.event), written_fields(each.event)) for each in recorded]
    )
    return Items(
        items=[
            TimelineEntry(
                leaf=each.leaf,
                version=each.version,
                at=time_text(each.event.at),
                recorded_at=time_text(each.recorded_at),
                type=each.event.name,
                actor=names.get(each.actor, each.actor),
                text=_with_names(text, names),
                fields=named_fields(fields, names),
                acting=acting_words(acting_fields(each.acting), names, labels),
            )
            for each, (text, fields) in zip(recorded, said, strict=True)
        ]
    )


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with the names of people in place of their ids."""
    return PERSON.sub(lambda found: names.get(found[0], found[0]), text)


def _events(ledger: Ledger, kind: StreamType, subject: UUID) -> Sequence[Recorded]:
    stream = kind.stream(subject)
    entries = ledger.store.load({stream: 0})[stream]
    if not entries:
        raise kind.unknown(subject)
    recorded = [READERS_CODEC.decode(entry.stored, entry.leaf) for entry in entries]
    return readable_events(ledger, kind, recorded)
