"""The exact stored bytes of sealed events, selected by place, time, stream and type. Blocking."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from consumers.commands.references import incident_id
from ledger.domain.envelope import stream_id
from ledger.errors import Fork
from ledger.store.port import Entry, Store

EVENTS_PER_READ = 100
"""The number of events held in memory, twice for a client that does not read; each has up to 64
KiB.
"""


class Selection(NamedTuple):
    """Which events: leaf indices and times of recording, inclusive; a stream; a type.

    `subject` is as typed: incident/<id>, a reference, alert/<id>. None does not select.
    """

    first: int = 0
    last: int | None = None
    subject: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class _Recorded(msgspec.Struct):
    recordedtime: datetime


_RECORDED = msgspec.json.Decoder(_Recorded)


def _selects(
    stream: str | None, of_type: str | None, since: datetime | None, until: datetime | None
) -> Callable[[Entry], bool]:
    """Whether an entry is of this stream and type, and was recorded in this time."""

    def selected(entry: Entry) -> bool:
        if stream not in {None, entry.stream} or of_type not in {None, entry.type}:
            return False
        if since is None and until is None:
            return True
        at = _RECORDED.decode(entry.stored).recordedtime
        return (since is None or since <= at) and (until is None or at <= until)

    return selected


def selected_events(store: Store, selected: Selection) -> Iterator[list[bytes]]:
    """The stored bytes, some at a time, or none of some. Raises NotFound for an unknown incident.

    Raises Fork at the first missing sealed event, so that a gap is not taken for the log's end.
    """
    stream = _stream_of_subject(store, selected.subject)
    chosen = _selects(stream, selected.type, selected.since, selected.until)
    return _chunks(store, selected.first, selected.last, chosen)


def _stream_of_subject(store: Store, subject: str | None) -> str | None:
    """The stream that a subject names; an incident also by its reference. Raises NotFound."""
    if subject is None:
        return None
    kind, slash, of = subject.partition("/")
    if slash and kind != "incident":
        return subject
    return stream_id("incident", incident_id(store, of if slash else subject))


def _chunks(
    store: Store, first: int, last: int | None, chosen: Callable[[Entry], bool]
) -> Iterator[list[bytes]]:
    state = store.log_state()
    sealed = state.size if state else 0
    at = first
    while last is None or at <= last:
        count = EVENTS_PER_READ if last is None else min(EVENTS_PER_READ, last + 1 - at)
        entries = store.read(at, count)
        whole = [entry for leaf, entry in enumerate(entries, at) if entry.leaf == leaf]
        waiting = [[entry.stored for entry in whole if chosen(entry)]] if whole else []
        at += len(whole)
        is_cut = len(whole) < len(entries) or (not entries and at < sealed)
        ends = not entries
        del entries, whole
        if waiting:
            yield waiting.pop()  # while a reader takes nothing, it is not kept here as well
        if is_cut:
            raise _missing_event(at, sealed)
        if ends:
            return


def _missing_event(leaf: int, sealed: int) -> Fork:
    return Fork(
        f"Event {leaf} is missing, and {sealed} were sealed: the replay stops before it.",
        remedy="Restore it from another copy: airledger store repair FILE. See airledger verify.",
    )
