"""Public views of the quarantine: pages of entries, and one entry with its body."""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

import msgspec
from msgspec.structs import replace

from consumers.access.people import display_names
from consumers.intake.parsed import PARTS_LISTED
from consumers.intake.quarantine import ALTERED, find, kept_body
from consumers.intake.quarantine_headers import RECORD
from consumers.read_service.items import Items
from consumers.text_safety import without_marks
from ledger.domain.text import unmarked
from ledger.errors import Invalid
from ledger.policy.times import time_text
from ledger.store.port import Store
from ledger.store.side_ports import NEWEST_FIRST, QUARANTINE_SORTS, Place
from ledger.store.side_records import CUT_BYTES, Quarantined, QuarantineState
from projections.queries.ordering import unknown_sort
from projections.queries.paging import decode_cursor, encode_cursor

STATES: tuple[str, ...] = get_args(QuarantineState)
PARTS_IN_LIST = 5
"""The number of refused parts that a list shows for an entry."""
HEADER_IN_LIST = 1_000
"""The maximum length of a header in a list; longer ones are omitted."""
BODY_SHOWN = CUT_BYTES
"""The number of bytes of a body in an answer; all of it is a separate download."""


class QuarantineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with the beginning of its stored body; invalid UTF-8 becomes U+FFFD.

    `body_omitted` counts the remaining bytes. `warning` is set if the stored body differs from what
    arrived, by its digest, or is truncated; else it is empty.
    """

    entry: Quarantined
    body: str
    body_omitted: int
    warning: str

    @property
    def altered(self) -> bool:
        """Whether the stored body differs from what arrived."""
        return self.warning == ALTERED


def entries(
    store: Store,
    *,
    state: str | None = None,
    source: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> Items[Quarantined]:
    """A page of entries, newest first unless sorted otherwise. Blocking.

    They have only short headers and first parts. Raises Invalid for an unknown state or sort, or an
    invalid cursor.
    """
    if state is not None and state not in STATES:
        raise Invalid(
            f"Unknown quarantine state {state!r}.",
            errors=[("state", f"expected one of {', '.join(STATES)}")],
        )
    sort = sort or NEWEST_FIRST
    column = sort.removeprefix("-")
    if column not in QUARANTINE_SORTS:
        raise unknown_sort("The quarantine", sort, QUARANTINE_SORTS)
    cursors = f"quarantine {sort}"
    before: Place | None = None
    if cursor is not None:
        key = int if column in {"seen", "size"} else str
        before = tuple(decode_cursor(cursors, cursor, [key, str, str]))
    found = store.quarantine.entries(
        state=state, source=source, sort=sort, before=before, limit=limit + 1
    )
    visible = found[:limit]
    following = None
    if len(found) > limit:
        following = encode_cursor(cursors, _place(visible[-1], column))
    names = display_names(store)
    listed = [_first_parts(each, PARTS_IN_LIST, _short(each.headers)) for each in visible]
    return Items(items=[_with_names(each, names) for each in listed], next=following)


def _place(entry: Quarantined, column: str) -> Place:
    """Where an entry stands in a list that is sorted by this column."""
    value = getattr(entry, column)
    key = time_text(value) if isinstance(value, datetime) else value
    return (key, time_text(entry.arrived_at), entry.id)


def entry(store: Store, name: str) -> QuarantineEntry:
    """An entry with the beginning of its body. Raises NotFound. Blocking."""
    found = find(store, name)
    body = kept_body(store, found)
    content = body.content[:BODY_SHOWN]
    return QuarantineEntry(
        entry=_with_names(limit_parts(found), display_names(store)),
        body=unmarked(content.decode(errors="replace")),
        body_omitted=len(body.content) - len(content),
        warning=body.warning,
    )


def closed_entry(store: Store, name: str) -> Quarantined:
    """An entry after it was retried or dismissed. Raises NotFound. Blocking."""
    return _with_names(limit_parts(find(store, name)), display_names(store))


def _with_names(entry: Quarantined, names: Mapping[str, str]) -> Quarantined:
    """The entry with the name of the person who closed it in place of the id, without marks."""
    entry = without_marks(entry)
    if entry.closed_by is None:
        return entry
    return replace(entry, closed_by=names.get(entry.closed_by, entry.closed_by))


def _short(headers: Mapping[str, str]) -> dict[str, str]:
    """The short headers, without a CloudEvent's attributes and a record's own headers."""
    return {
        name: text
        for name, text in headers.items()
        if name != RECORD and not name.startswith("ce-") and len(text) <= HEADER_IN_LIST
    }


def limit_parts(found: Quarantined) -> Quarantined:
    """An entry with a limited number of parts: earlier releases stored every part."""
    return _first_parts(found, PARTS_LISTED, found.headers)


def _first_parts(found: Quarantined, most: int, headers: dict[str, str]) -> Quarantined:
    omitted = found.parts_omitted + max(0, len(found.parts) - most)
    return replace(found, parts=found.parts[:most], parts_omitted=omitted, headers=headers)
