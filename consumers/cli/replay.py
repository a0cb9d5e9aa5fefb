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
from ledger.errors import Invalid

if TYPE_CHECKING:
    from consumers.read_service.events import Selection

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
    from consumers.read_service.events import Selection

    require_text("--subject", subject)
    selected = Selection(first, last, subject, of_type)
    with _events(session, selected) as found:
        _warn_of_type(of_type)
        chunks = _require_known_type(found, of_type)
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
def _events(session: Session, selected: "Selection") -> Iterator[Iterator[Iterable[bytes]]]:
    """The sealed events; of a ledger that was migrated away, too."""
    from consumers.container.backends import has_left, open_store
    from consumers.read_service.events import selected_events

    settings = session.settings()
    if session.server() is None and has_left(settings):
        with closing(open_store(settings, left=True)) as store:
            yield selected_events(store, selected)
        return
    with session.open_client(views=False) as client:
        yield client.events(selected)


def _require_known_type(
    chunks: Iterable[Iterable[bytes]], name: str | None
) -> Iterator[Iterable[bytes]]:
    """Passes the chunks on. Raises Invalid at the end for an unknown type without any event."""
    from ledger.domain.catalogue import CODEC

    found = False
    for chunk in chunks:
        events = list(chunk)
        found = found or bool(events)
        yield events
    if name is not None and name not in CODEC.names and not found:
        raise Invalid(
            f"No event has the type {name!r}, and this program knows none of that name.",
            remedy="The names are in docs/reference/events.md; one is incident.closed.v1.",
        )


def _warn_of_type(name: str | None) -> None:
    from ledger.domain.catalogue import CODEC

    if name is None or name in CODEC.names:
        return
    close = get_close_matches(name, CODEC.names, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    report(f"No event type {name!r} is known to this program.{meant}")
