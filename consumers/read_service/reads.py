"""The record of reads as people see it: who read what, by the day."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from consumers.access.people import display_names, known_person
from consumers.container.ledger import Ledger
from consumers.read_service.incidents import references_of
from consumers.read_service.items import Items
from ledger.errors import Invalid
from ledger.store.read_records import OF_INCIDENTS, ReadRow
from projections.queries.paging import MAX_LIMIT, decode_cursor, encode_cursor

_SORT = "reads"
ROWS_PER_READ = MAX_LIMIT


class ReadView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody read of a subject on a day (UTC), and how often.

    `reader` is the name of whose opaque id `actor` is, or that id. `kind` is incident, timeline,
    texts, list, export or login; `subject` is the reference of an incident, the name of a list, or
    the way of a log-in: provider, link, token or command_line. Times are RFC 3339 in UTC.
    """

    day: str
    reader: str
    actor: str
    kind: str
    subject: str
    count: int
    first_at: str
    last_at: str


def reads(
    ledger: Ledger,
    *,
    day: str | None = None,
    reader: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[ReadView]:
    """The newest day first, then by reader, kind and subject; of a day or a reader where named.

    A reader is named as a person is, or by the id of another actor. Raises Invalid for what is no
    day and for an invalid cursor; NotFound and Refused as `known_person`. Blocking.
    """
    day = None if day is None else _day(day)
    actor = None if reader is None else known_person(ledger.store, reader) or reader
    place = None
    if cursor is not None:
        at, who, kind, subject = map(str, decode_cursor(_SORT, cursor, [str] * 4))
        place = at, who, kind, subject
    most = ROWS_PER_READ if limit is None else limit
    rows: list[ReadRow] = []
    while found := ledger.store.reads.page(day=day, reader=actor, behind=place, limit=most + 1):
        rows += found
        place = found[-1].place
        if limit is not None or len(found) <= most:
            break
    shown = rows if limit is None else rows[:limit]
    behind = encode_cursor(_SORT, shown[-1].place) if len(shown) < len(rows) else None
    return Items(items=_views(ledger, shown), next=behind)


def _day(text: str) -> str:
    """The day that a text names. Raises Invalid."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid(
            f"{text!r} is no day.", errors=[("day", "expected a day in UTC, such as 2026-03-01")]
        ) from error


def _views(ledger: Ledger, rows: Sequence[ReadRow]) -> list[ReadView]:
    names = display_names(ledger.store)
    incidents = {row.subject for row in rows if row.kind in OF_INCIDENTS}
    references = references_of(ledger, incidents) if incidents else {}
    return [_view(row, names, references) for row in rows]


def _view(row: ReadRow, names: Mapping[str, str], references: Mapping[str, str]) -> ReadView:
    return ReadView(
        day=row.day,
        reader=names.get(row.reader, row.reader),
        actor=row.reader,
        kind=row.kind,
        subject=references.get(row.subject, row.subject),
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
    )
