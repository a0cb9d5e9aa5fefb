"""`airledger replay`: streams the exact stored bytes in log order."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.arguments import require_text
from consumers.cli.errors import report
from consumers.cli.printing import write_bytes
from consumers.cli.session import Json, Session, SessionArg
from ledger.errors import Fork, Invalid

if TYPE_CHECKING:
    from ledger.store.port import Store

EVENTS_PER_READ = 250
"""The number of events held in memory; each has up to 64 KiB."""
_LAST_LEAF = (1 << 63) - 2


def replay(
    *,
    first: Annotated[int, Parameter(name="--from", help="The first leaf index.")] = 0,
    last: Annotated[
        int | None, Parameter(name="--to", help="The last leaf index, inclusive.")
    ] = None,
    subject: Annotated[
        str | None, Parameter(help="Only its events: incident/<id>, INC-<n>, alert/<id>, ...")
    ] = None,
    of_type: Annotated[
        str | None, Parameter(name="--type", help="Only events of this type: incident.closed.v1.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Print sealed events: each line is the exact stored bytes of one, in log order.

    On a terminal control characters are escaped; a pipe and a file get the exact bytes.
    """
    for name, value in (("--from", first), ("--to", last)):
        if value is not None and not 0 <= value <= _LAST_LEAF:
            raise Invalid(
                f"{name} {value} is invalid: leaf indices start at 0.",
                remedy="See airledger incident timeline for those of an incident.",
            )
    require_text("--subject", subject)
    with _store(session) as store:
        stream = _stream(store, subject)
        _warn_of_type(of_type)
        chunks = _require_known_type(_chunks(store, first, last, stream, of_type), of_type)
        if not json:
            for events in chunks:
                write_bytes(part for event in events for part in (event, b"\n"))
            return
        write_bytes([b'{"items": ['])
        separator = b"\n"
        for events in chunks:
            for event in events:
                write_bytes([separator, event])
                separator = b",\n"
        write_bytes([b"]}\n"])


@contextmanager
def _store(session: Session) -> "Iterator[Store]":
    """The sealed store of the ledger; one that was migrated away is read as it is."""
    from consumers.container.backends import has_left, open_store

    settings = session.settings()
    if has_left(settings):
        with closing(open_store(settings, left=True)) as store:
            yield store
        return
    with session.open_read(views=False) as ledger:
        yield ledger.store


def _chunks(
    store: "Store", first: int, last: int | None, stream: str | None, of_type: str | None
) -> Iterator[list[bytes]]:
    """The stored bytes from `first` to `last`, in chunks.

    Raises Fork at the first missing sealed event, so that a gap is not taken for the log's end.
    """
    state = store.log_state()
    sealed = state.size if state else 0
    at = first
    while last is None or at <= last:
        count = EVENTS_PER_READ if last is None else min(EVENTS_PER_READ, last + 1 - at)
        entries = store.read(at, count)
        whole = [entry for leaf, entry in enumerate(entries, at) if entry.leaf == leaf]
        yield [
            entry.stored
            for entry in whole
            if stream in {None, entry.stream} and of_type in {None, entry.type}
        ]
        at += len(whole)
        if len(whole) < len(entries) or (not entries and at < sealed):
            raise _missing_event(at, sealed)
        if not entries:
            return


def _require_known_type(chunks: Iterable[list[bytes]], name: str | None) -> Iterator[list[bytes]]:
    """Passes the chunks on. Raises Invalid at the end for an unknown type without any event."""
    from ledger.domain.catalogue import CODEC

    found = False
    for events in chunks:
        found = found or bool(events)
        yield events
    if name is not None and name not in CODEC.names and not found:
        raise Invalid(
            f"No event has the type {name!r}, and this program knows none of that name.",
            remedy="The names are in docs/reference/events.md; one is incident.closed.v1.",
        )


def _missing_event(leaf: int, sealed: int) -> Fork:
    return Fork(
        f"Event {leaf} is missing, and {sealed} were sealed: the replay stops before it.",
        remedy="Restore it from another copy: airledger store repair FILE. See airledger verify.",
    )


def _stream(store: "Store", subject: str | None) -> str | None:
    """The stream that a subject names; an incident also by its reference. Raises NotFound."""
    from consumers.commands.references import incident_id
    from ledger.domain.envelope import stream_id

    if subject is None:
        return None
    kind, slash, of = subject.partition("/")
    if slash and kind != "incident":
        return subject
    return stream_id("incident", incident_id(store, of if slash else subject))


def _warn_of_type(name: str | None) -> None:
    from ledger.domain.catalogue import CODEC

    if name is None or name in CODEC.names:
        return
    close = get_close_matches(name, CODEC.names, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    report(f"No event type {name!r} is known to this program.{meant}")
