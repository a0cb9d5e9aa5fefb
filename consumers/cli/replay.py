"""`airledger replay`: streams the exact stored bytes in log order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from cyclopts import Parameter

from consumers.cli.arguments import require_text, told_time
from consumers.cli.errors import report
from consumers.cli.files import private_file
from consumers.cli.printing import write_bytes
from consumers.cli.session import Json, Session, SessionArg
from consumers.cli.times import has_offset
from ledger.errors import Invalid

if TYPE_CHECKING:
    from consumers.read_service.events import Selection

LAST_LEAF = 2**53 - 1
"""The largest leaf index, as over HTTP."""
_MOST_DIGITS = 18


def replay(
    *,
    first: Annotated[
        str, Parameter(name="--from", help="The first leaf index, or a time of recording.")
    ] = "0",
    last: Annotated[
        str | None,
        Parameter(name="--to", help="The last leaf index, or a time or day; inclusive."),
    ] = None,
    subject: Annotated[
        str | None, Parameter(help="Only its events: incident/<id>, INC-<n>, alert/<id>, ...")
    ] = None,
    of_type: Annotated[
        str | None, Parameter(name="--type", help="Only events of this type: incident.closed.v1.")
    ] = None,
    texts: Annotated[
        Path | None,
        Parameter(help="File to write the texts beside the log to that the events name."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Print sealed events: each line is the exact stored bytes of one, in log order.

    A time is written as 2026-11-01, "yesterday 14:00" or with its offset, and compared with when an
    event was recorded. On a terminal control characters are escaped; a pipe and a file get the
    exact bytes. With --texts, the texts that these events name are written to a file, one a line,
    as airledger store repair --texts and airledger text check read them; it holds what people
    wrote: keep it as secret as the ledger, and no longer than they may be read.
    """
    begin = _Bound.parse("--from", first, session)
    end = _Bound.parse("--to", last, session, ends=True)
    from consumers.read_service.events import Selection

    require_text("--subject", subject)
    selected = Selection(begin.leaf or 0, end.leaf, subject, of_type, begin.at, end.at)
    with _events(session, selected, texts) as found:
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


class _Bound(NamedTuple):
    """An end of what is replayed: a leaf index, a time, or neither."""

    leaf: int | None = None
    at: datetime | None = None

    @classmethod
    def parse(cls, name: str, text: str | None, session: Session, *, ends: bool = False) -> Self:
        """The bound that a text gives; a day's end with `ends`. Raises Invalid."""
        if text is None:
            return cls()
        if re.fullmatch(r"-?\d+", text, re.ASCII) is None:
            require_text(name, text)
            exact = has_offset(text)
            times = session.times()
            parsed = times.parse if exact else partial(told_time, times=times)
            return cls(at=parsed(name, text, ends=ends))
        leaf = int(text) if len(text) <= _MOST_DIGITS else -1
        if not 0 <= leaf <= LAST_LEAF:
            raise Invalid(
                f"{name} {text} is invalid: leaf indices start at 0 and end at {LAST_LEAF}.",
                remedy="See airledger incident timeline for those of an incident.",
            )
        return cls(leaf=leaf)


@contextmanager
def _events(
    session: Session, selected: "Selection", texts: Path | None
) -> Iterator[Iterator[Iterable[bytes]]]:
    """The sealed events; of a ledger that was migrated away, too. Writes their texts to a file."""
    from consumers.container.backends import has_left, open_store
    from consumers.read_service.events import selected_events

    settings = session.settings()
    if session.server() is None and has_left(settings):
        if texts is not None:
            raise Invalid(
                "The texts beside this log moved with it.", remedy="Replay it where it is now."
            )
        with closing(open_store(settings, left=True)) as store:
            yield selected_events(store, selected)
        return
    with session.open_client(views=False) as client:
        if texts is None:
            yield client.events(selected)
            return
        from consumers.maintenance.text_lines import write_texts

        with private_file(texts) as file:
            yield write_texts(client.events(selected), client.texts, file.write)


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
            remedy=f"There are {', '.join(_like(name))}.",
        )


def _like(name: str) -> Sequence[str]:
    """The names of event types of the same kind of stream; every one if there is none."""
    from ledger.domain.catalogue import CODEC

    names = sorted(CODEC.names)
    kind = name.partition(".")[0]
    return [each for each in names if each.startswith(f"{kind}.")] or names


def _warn_of_type(name: str | None) -> None:
    from ledger.domain.catalogue import CODEC

    if name is None or name in CODEC.names:
        return
    close = get_close_matches(name, CODEC.names, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    report(f"No event type {name!r} is known to this program.{meant}")
